//! What a desk may not hold is not sent to it, and leaves it when it may no longer be there.

use central::{
    accounts::{self, NewClerk},
    desks,
};
use desk::{
    letters::{
        self,
        view::{CancellationDraft, CorrectionDraft},
    },
    session::view::LoginDraft,
    sync::{Conversation, Outcome},
};
use domain::{
    ErrorCode,
    letter::LetterDraft,
    rights::{RecordKind, Role},
};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    test_desk::{BEGIN, PASSWORD, TestDesk},
};
use wire::v1::Bounds;

use crate::office::pace;

/// Words that stand in no other text.
const SECRET: [&str; 3] = ["Zenobiusz", "xylofon", "wprost"];

struct Place {
    desk: TestDesk,
    sync: Conversation,
}

impl Place {
    /// A desk that joined within these bounds, with a clerk of central at it.
    async fn joined(central: &CentralOffice, seed: u32, symbol: &str, bounds: Bounds, login: &str) -> Self {
        let desk = TestDesk::bare(seed).await.expect("a new desk");
        desk.join(&central.invite_within(symbol, bounds).await).await.expect("let in");
        let draft = LoginDraft { login: login.to_owned(), password: PASSWORD.to_owned() };
        desk::session::sign_in_by_login(&desk.desk, draft).await.expect("signed in");
        desk.settings(|_| ()).await;
        let sync = Conversation::new(desk.desk.clone(), pace());
        Self { desk, sync }
    }

    async fn rounds(&mut self) {
        for _ in 0..2 {
            assert_eq!(self.sync.round().await, Outcome::Quiet);
        }
    }

    async fn rows(&self) -> Vec<(String, String, bool)> {
        let page = letters::register_page(&self.desk.desk, letters::view::RegisterQuery::default())
            .await
            .expect("the register");
        let mut rows: Vec<_> = page.rows.into_iter().map(|row| (row.number, row.title, row.outside)).collect();
        rows.sort();
        rows
    }

    async fn places_of_secrets(&self) -> Vec<String> {
        places_of(&self.desk, &SECRET).await
    }
}

/// Every place of the database, its search index included, where one of the words stands.
pub(crate) async fn places_of(desk: &TestDesk, secrets: &[&str]) -> Vec<String> {
    let mut db = desk.desk.read().await.expect("the database");
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .fetch_all(&mut *db)
        .await
        .expect("tables");
    let mut found = Vec::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
            .bind(&table)
            .fetch_all(&mut *db)
            .await
            .expect("columns");
        for column in columns.iter().filter(|column| **column != table && *column != "rank") {
            for secret in secrets {
                // The index keeps words folded; a page of it is searched as bytes.
                let question = format!(
                    "SELECT count(*) FROM \"{table}\" WHERE instr(lower(CAST(\"{column}\" AS BLOB)), CAST(? AS BLOB)) > 0
                        OR instr(CAST(\"{column}\" AS BLOB), CAST(? AS BLOB)) > 0"
                );
                let hits: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(question))
                    .bind(secret.to_lowercase())
                    .bind(*secret)
                    .fetch_one(&mut *db)
                    .await
                    .expect("a count");
                if hits > 0 {
                    found.push(format!("{table}.{column}: {secret}"));
                }
            }
        }
    }
    found
}

fn bounds(kinds: &[RecordKind], roles: &[Role]) -> Bounds {
    Bounds { scope: kinds.iter().copied().collect(), ceiling: roles.iter().copied().collect() }
}

async fn office() -> CentralOffice {
    let clock = central::Clock::of(|| BEGIN.parse().expect("a moment"));
    let central = CentralOffice::start(CentralSetup { clock, ..CentralSetup::of_an_office() }).await;
    let central = central.expect("central starts");
    for (login, roles) in [("z.maj", &[Role::Reception][..]), ("e.dab", &[Role::Reception, Role::TaxOfficer])] {
        let password = PASSWORD.to_owned();
        let new = NewClerk { login, given_name: "Ewa", surname: "Dąb", password, roles };
        accounts::add(&central.administrator(), new).await.expect("an account");
    }
    central
}

fn secret(draft: LetterDraft, kind: &str) -> LetterDraft {
    let [name, title, remark] = SECRET.map(str::to_owned);
    let mut draft = LetterDraft { title, kind: kind.to_owned(), remarks: remark, ..draft };
    draft.sender.given_names = name;
    draft
}

#[tokio::test]
async fn a_tax_letter_stands_at_a_desk_without_taxes_as_number_and_state_only() {
    let central = office().await;
    let every = bounds(&[RecordKind::Letters, RecordKind::Tax], &[Role::Reception, Role::TaxOfficer]);
    let mut taxes = Place::joined(&central, 1, "K1", every, "e.dab").await;
    let mut reception =
        Place::joined(&central, 2, "K2", bounds(&[RecordKind::Letters], &[Role::Reception]), "z.maj").await;
    let draft = secret(taxes.desk.draft("Bąk", "").await, "deklaracja podatkowa");
    let letter = desk::intake::register_letter(&taxes.desk.desk, draft).await.expect("registered");
    taxes.desk.register("Nowak", "Skarga").await;
    taxes.rounds().await;
    reception.rounds().await;

    let rows = reception.rows().await;
    assert_eq!(rows[0], ("RPW/K1/1/2026".to_owned(), String::new(), true));
    assert_eq!(rows[1], ("RPW/K1/2/2026".to_owned(), "Skarga".to_owned(), false));
    assert_eq!(reception.places_of_secrets().await, [""; 0]);
    assert!(!taxes.places_of_secrets().await.is_empty(), "where it belongs, the words are found");
    let refused = letters::correction_of(&reception.desk.desk, letter.id).await.expect_err("nothing to correct");
    assert_eq!(refused.code(), ErrorCode::NotPermitted);
    let refused =
        desk::labels::reprint(&reception.desk.desk, letter.id, "zgubiona").await.expect_err("nothing to label");
    assert_eq!(refused.code(), ErrorCode::NotAllowedNow);

    let refused = desk::slip::pdf(&reception.desk.desk, letter.id).await.expect_err("nothing to confirm");
    assert_eq!(refused.code(), ErrorCode::NotAllowedNow);

    // Its stage goes on being told.
    let stage = letters::view::StageDraft {
        letter_id: letter.id,
        stage: domain::stage::Stage::InProgress,
        unit: "Referat Finansowy".to_owned(),
    };
    letters::set_stage(&taxes.desk.desk, stage).await.expect("a stage");
    taxes.rounds().await;
    reception.rounds().await;
    let page = letters::register_page(&reception.desk.desk, letters::view::RegisterQuery::default()).await;
    let rows = page.expect("the register").rows;
    let seen = rows.iter().find(|row| row.id == letter.id).expect("number and state");
    assert_eq!((seen.stage, seen.unit.as_deref()), (domain::stage::Stage::InProgress, None));
    assert_eq!(reception.places_of_secrets().await, [""; 0]);
}

#[tokio::test]
async fn what_may_no_longer_be_here_leaves_and_comes_back_with_the_scope() {
    let central = office().await;
    let every = bounds(&[RecordKind::Letters, RecordKind::Tax], &[Role::Reception, Role::TaxOfficer]);
    let mut taxes = Place::joined(&central, 1, "K1", every.clone(), "e.dab").await;
    let mut other = Place::joined(&central, 2, "K2", every.clone(), "e.dab").await;
    let draft = secret(taxes.desk.draft("Bąk", "").await, "deklaracja podatkowa");
    let tax = desk::intake::register_letter(&taxes.desk.desk, draft).await.expect("registered");
    let plain = secret(taxes.desk.draft("Bąk", "").await, "skarga");
    let plain = desk::intake::register_letter(&taxes.desk.desk, plain).await.expect("registered");
    taxes.rounds().await;
    other.rounds().await;
    assert_eq!(other.rows().await.iter().filter(|row| row.1 == "xylofon" && !row.2).count(), 2);

    // The complaint turns out to be a tax matter: another text, and the history keeps the old one.
    let mut draft = letters::correction_of(&taxes.desk.desk, plain.id).await.expect("the letter").draft;
    draft.kind = "odwołanie od decyzji podatkowej".to_owned();
    draft.title = "xylofon wprost".to_owned();
    let corrected = CorrectionDraft { based_on: None, draft, reason: "Zenobiusz zadzwonił".to_owned() };
    letters::correct_letter(&taxes.desk.desk, corrected).await.expect("corrected");
    taxes.rounds().await;
    other.rounds().await;
    assert!(!other.places_of_secrets().await.is_empty());

    let reason = "dwa razy, mówi Zenobiusz".to_owned();
    let cancelled = letters::cancel_letter(&taxes.desk.desk, CancellationDraft { letter_id: tax.id, reason }).await;
    let cancelled = cancelled.expect("cancelled").cancelled.expect("cancelled");
    taxes.rounds().await;

    let form = letters::correction_of(&other.desk.desk, plain.id).await.expect("the form").draft;
    let typed = CorrectionDraft { based_on: None, draft: form, reason: "Zenobiusz dzwonił".to_owned() };
    letters::keep_correction(&other.desk.desk, typed).await.expect("kept");

    let narrow = bounds(&[RecordKind::Letters], &[Role::Reception]);
    desks::bound(&central.administrator(), other.desk.desk.device(), narrow).await.expect("narrowed");
    other.rounds().await;
    assert_eq!(other.places_of_secrets().await, [""; 0], "nothing that was said of it stays");
    assert!(other.rows().await.iter().all(|row| row.2));
    let again =
        Conversation::new(other.desk.desk.clone(), desk::sync::Pace { report: std::time::Duration::ZERO, ..pace() });
    other.sync = again;
    other.rounds().await;
    let fleet = central::fleet::fleet(central.pool(), BEGIN.parse().expect("a moment")).await.expect("the fleet");
    let confirmed = fleet.iter().find(|desk| desk.symbol.as_str() == "K2").and_then(|desk| desk.report.clone());
    let confirmed = confirmed.and_then(|report| report.read_scope).expect("the desk says so");
    assert_eq!(confirmed.iter().collect::<Vec<_>>(), [RecordKind::Letters]);

    desks::bound(&central.administrator(), other.desk.desk.device(), every).await.expect("widened");
    other.rounds().await;
    let draft = LoginDraft { login: "e.dab".to_owned(), password: PASSWORD.to_owned() };
    desk::session::sign_in_by_login(&other.desk.desk, draft).await.expect("signed in");
    let seen = letters::letter(&other.desk.desk, tax.id).await.expect("the letter");
    assert_eq!(seen.history.len(), 2, "it was registered and cancelled, and nobody corrected it");
    assert_eq!(seen.cancelled, Some(cancelled), "with its reason again");
    let titles: Vec<_> = other.rows().await.into_iter().map(|row| row.1).collect();
    assert_eq!(titles, ["xylofon", "xylofon wprost"]);
    for place in [taxes, other] {
        let hits = letters::register_page(
            &place.desk.desk,
            letters::view::RegisterQuery { text: "xylofon".to_owned(), ..letters::view::RegisterQuery::default() },
        );
        assert_eq!(hits.await.expect("the register").rows.len(), 2, "found by its words");
    }
}
