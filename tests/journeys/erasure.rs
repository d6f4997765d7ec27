//! A person's erasure: what her letter said is nowhere any more, at central and at every desk, and the books still add up.

use std::path::Path;

use central::{audit::verify, erasure};
use desk::{
    letters::{
        self,
        view::{CancellationDraft, CorrectionDraft, HistoryKind, StageDraft},
    },
    sync::{Conversation, Outcome},
};
use domain::{ErrorCode, letter::LetterDraft, stage::Stage};
use kit::test_desk::TestDesk;
use wire::v1::{LetterState, OpBody};

use crate::{
    office::{Office, pace},
    scan_reaches_central::scan_for,
    scope::places_of,
};

/// Words that stand in no other text.
const SECRET: [&str; 4] = ["Zenobiusz", "xylofon", "wprost", "qwertz"];

async fn register_secret(desk: &TestDesk) -> domain::ids::LetterId {
    let [name, title, remark, _] = SECRET.map(str::to_owned);
    let mut draft = LetterDraft { title, remarks: remark, ..desk.draft("Nowak", "Skarga").await };
    draft.sender.given_names = name;
    desk::intake::register_letter(&desk.desk, draft).await.expect("registered").id
}

async fn correct_secret(desk: &TestDesk, id: domain::ids::LetterId, title: &str) {
    let mut draft = letters::correction_of(&desk.desk, id).await.expect("the form").draft;
    draft.title = title.to_owned();
    letters::correct_letter(&desk.desk, CorrectionDraft { based_on: None, draft, reason: SECRET[3].to_owned() })
        .await
        .expect("corrected");
}

/// A correction that nobody finished.
async fn type_secret(desk: &TestDesk, id: domain::ids::LetterId) -> Result<(), desk::DeskError> {
    let draft = LetterDraft { title: SECRET[1].to_owned(), ..LetterDraft::empty(id) };
    let typed = CorrectionDraft { based_on: None, draft, reason: SECRET[2].to_owned() };
    letters::keep_correction(&desk.desk, typed).await
}

async fn erase(office: &Office, name: &str) -> erasure::Done {
    let files = office.central.files();
    erasure::erase(&office.central.administrator(), office.central.teryt(), &files, name, "Jan Kowalik", "art. 17 RODO")
        .await
        .expect("erased")
}

/// Every column of every table of central in which one of the words stands.
async fn places_at_central(office: &Office) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()",
    )
    .fetch_all(office.central.pool())
    .await
    .expect("tables");
    let mut found = Vec::new();
    for table in tables {
        for secret in SECRET {
            // A row as JSON shows bytes as hexadecimal digits.
            let hex = secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            let question =
                format!("SELECT count(*) FROM \"{table}\" WHERE to_jsonb(\"{table}\")::text ILIKE ANY (ARRAY[$1, $2])");
            let hits: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(question))
                .bind(format!("%{secret}%"))
                .bind(format!("%{hex}%"))
                .fetch_one(office.central.pool())
                .await
                .expect("a count");
            if hits > 0 {
                found.push(format!("{table}: {secret}"));
            }
        }
    }
    found
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

fn scans_of(desk: &TestDesk) -> Vec<String> {
    let data = &desk.parts().paths.data;
    ["documents", "pages", "thumbnails"].iter().flat_map(|shelf| files_below(&data.join("files").join(shelf))).collect()
}

#[tokio::test]
async fn what_a_letter_said_is_nowhere_any_more_and_every_desk_says_so() {
    let mut office = Office::open().await;
    office.round().await;
    let id = register_secret(&office.desk).await;
    let other = office.desk.register("Kowal", "Inne pismo").await;
    scan_for(&office, "RPW/1/2026").await;
    correct_secret(&office.desk, id, "xylofon i drugi").await;
    assert_eq!(office.round().await, Outcome::Quiet);

    // Another desk read it, corrected it, and has a correction that central never heard of.
    let second = TestDesk::with_seed(7).await;
    second
        .settings(|draft| {
            draft.central_address.clone_from(&office.proxy.address);
            draft.point_symbol = "K2".to_owned();
        })
        .await;
    let mut sync = Conversation::new(second.desk.clone(), pace());
    sync.round().await;
    correct_secret(&second, id, "xylofon z drugiego stanowiska").await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    office.round().await;
    correct_secret(&second, id, "xylofon niewysłany").await;
    for desk in [&office.desk, &second] {
        type_secret(desk, id).await.expect("kept");
        let kept = places_of(desk, &["wprost"]).await;
        assert!(kept.iter().any(|place| place.contains("correction_draft")), "{kept:?}");
    }
    assert!(!places_at_central(&office).await.is_empty() && !places_of(&second, &SECRET).await.is_empty());
    assert_eq!(scans_of(&office.desk).len(), 2, "a document and the page that it was made of");

    let done = erase(&office, &id.to_string()).await;
    assert_eq!((done.letter, done.scans), (id, 1));
    assert_eq!(places_at_central(&office).await, [] as [String; 0]);
    assert_eq!(files_below(&office.central.scans), [] as [String; 0]);
    let listed = erasure::list(office.central.pool()).await.expect("the list");
    let waiting = |listed: &[erasure::Listed]| {
        listed[0].unconfirmed.iter().map(|desk| desk.symbol.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(waiting(&listed), ["", "K2"]);

    office.round().await;
    office.round().await;
    assert_eq!(places_of(&office.desk, &SECRET).await, [] as [String; 0]);
    assert_eq!(scans_of(&office.desk), [] as [String; 0]);
    let listed = erasure::list(office.central.pool()).await.expect("the list");
    assert_eq!(waiting(&listed), ["K2"], "one has confirmed");
    for _ in 0..3 {
        sync.round().await;
    }
    // Her last key comes after the erasure.
    for desk in [&office.desk, &second] {
        assert_eq!(type_secret(desk, id).await.expect_err("nothing is kept of it").code(), ErrorCode::NotAllowedNow);
    }
    assert_eq!(places_of(&office.desk, &SECRET).await, [] as [String; 0]);
    assert_eq!(places_of(&second, &SECRET).await, [] as [String; 0]);
    assert_eq!(
        places_at_central(&office).await,
        [] as [String; 0],
        "the correction that was under way came without content"
    );
    let listed = erasure::list(office.central.pool()).await.expect("the list");
    assert_eq!(waiting(&listed), [] as [String; 0]);

    // Number and state remain, nothing can be said of it again, and the other letter is as it was.
    let view = office.letter(id).await;
    assert!(view.erased && view.letter.facts.title.is_empty() && view.scan.is_none() && view.status_key.is_none());
    assert_eq!(view.number, "RPW/1/2026");
    let [only] = &view.history[..] else { panic!("{:?}", view.history) };
    assert_eq!(only.what, HistoryKind::Erased);
    let stage = StageDraft { letter_id: id, stage: Stage::Closed, unit: String::new() };
    let refused = letters::set_stage(&office.desk.desk, stage).await.expect_err("nothing is said of it");
    assert_eq!(refused.code(), ErrorCode::NotAllowedNow);
    let cancel = CancellationDraft { letter_id: id, reason: "xylofon".to_owned() };
    let refused = letters::cancel_letter(&office.desk.desk, cancel).await.expect_err("nor cancelled");
    assert_eq!(refused.code(), ErrorCode::NotAllowedNow);
    assert_eq!(office.letter(other.id).await.letter.facts.title, "Inne pismo");
    assert_eq!(office.tasks().await, [] as [String; 0]);
    let page =
        letters::register_page(&office.desk.desk, letters::view::RegisterQuery::default()).await.expect("a page");
    assert_eq!(page.rows.iter().map(|row| row.erased).collect::<Vec<_>>(), [false, true]);

    // The chains are whole, at central and at the desks, whose next work is taken.
    let told = verify(office.central.pool(), Some(office.central.log_file()), &[]).await.expect("verified");
    assert_eq!(told.findings, []);
    office.desk.register("Maj", "Po usunięciu").await;
    second.register("Lis", "Po usunięciu, drugie stanowisko").await;
    assert_eq!((office.round().await, sync.round().await), (Outcome::Quiet, Outcome::Quiet));
    assert_eq!(office.central.letters().await.len(), 4);
}

#[tokio::test]
async fn a_restored_central_erases_again_before_it_serves_and_takes_nothing_back_from_desks() {
    let mut office = Office::open().await;
    office.round().await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let key_file = folder.path().join("key.txt");
    let public: central::backup::RecoveryKey =
        central::backup::new_key(&key_file).expect("a key").parse().expect("a public key");
    // One letter is in the backup, the other came after it.
    let early = register_secret(&office.desk).await;
    office.round().await;
    let file = central::backup::make(office.central.backup(folder.path(), public)).await.expect("a backup").file;
    let late = register_secret(&office.desk).await;
    let stage = StageDraft { letter_id: early, stage: Stage::InProgress, unit: "Sekretariat".to_owned() };
    letters::set_stage(&office.desk.desk, stage).await.expect("a stage");
    office.round().await;
    let before: Vec<LetterState> = office.central.letters().await;
    for letter in [early, late] {
        erase(&office, &letter.to_string()).await;
    }
    // This desk has not heard of it yet.
    office.central.stop().await;
    central::backup::restore(office.central.restore(&file, &key_file)).await.expect("brought back");
    office.central.start_again().await.expect("central serves");
    assert_eq!(places_at_central(&office).await, [] as [String; 0], "erased again before it serves");
    assert_eq!(office.central.letters().await.len(), 2, "the number of the later letter keeps its place");

    office.fresh_worker();
    for _ in 0..3 {
        assert_eq!(office.round().await, Outcome::Quiet);
    }
    assert_eq!(places_at_central(&office).await, [] as [String; 0], "what it sent again came without content");
    assert_eq!(places_of(&office.desk, &SECRET).await, [] as [String; 0]);
    let after = office.central.letters().await;
    let numbers = |letters: &[LetterState]| letters.iter().map(|letter| letter.number.clone()).collect::<Vec<_>>();
    assert_eq!(numbers(&after), numbers(&before));
    let stages = |letters: &[LetterState]| letters.iter().map(|letter| letter.stage).collect::<Vec<_>>();
    assert_eq!(stages(&after), stages(&before), "the stage is no content: it is what the copy had not yet");
    assert!(after.iter().all(|letter| letter.tasks.is_empty()), "{after:?}");
    let listed = erasure::list(office.central.pool()).await.expect("the list");
    assert!(listed.len() == 2 && listed.iter().all(|one| one.unconfirmed.is_empty()), "{listed:?}");
    let told = verify(office.central.pool(), Some(office.central.log_file()), &[]).await.expect("verified");
    assert_eq!(told.findings, []);
}

#[tokio::test]
async fn an_erasure_is_said_for_and_a_forged_one_takes_nothing_away() {
    let mut office = Office::open().await;
    office.round().await;
    let id = office.desk.register("Nowak", "Skarga").await.id;
    office.round().await;
    let files = office.central.files();
    for (name, who, why) in
        [("RPW/1/2026", " ", "art. 17"), ("RPW/1/2026", "Jan", ""), ("RPW/9/2026", "Jan", "art. 17")]
    {
        let asked =
            erasure::erase(&office.central.administrator(), office.central.teryt(), &files, name, who, why).await;
        assert!(asked.is_err(), "{name} {who} {why}");
    }
    // A desk that sends an operation without its content, of a letter that nobody erased: it is kept, with a task.
    correct_secret(&office.desk, id, "xylofon").await;
    let mut db = office.desk.desk.begin().await.expect("a transaction");
    sqlx::query("UPDATE op SET commitment = zeroblob(32) WHERE seq = (SELECT MAX(seq) FROM op)")
        .execute(&mut *db)
        .await
        .expect("forged");
    db.commit().await.expect("committed");
    assert_ne!(office.round().await, Outcome::Quiet, "a forged commitment breaks the chain");
    assert_eq!(office.central.letters().await[0].facts.title, "Skarga");
    let audited = sqlx::query_scalar::<_, Vec<u8>>("SELECT body FROM operation ORDER BY seq")
        .fetch_all(office.central.pool())
        .await
        .expect("bodies");
    assert!(audited.iter().all(|body| serde_json::from_slice::<OpBody>(body).is_ok()), "nothing was taken away");
}
