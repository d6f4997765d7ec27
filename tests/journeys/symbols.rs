//! Symbols: granted by central, handed over from desk to desk, and what is lost told to central.

use central::symbols::FromLabel;
use desk::letters::view::{CorrectionDraft, StageDraft};
use desk::{
    intake::{self, view::WhyLocked},
    sync::{Conversation, Outcome},
};
use domain::{
    ErrorCode,
    ids::DeviceId,
    letter::LetterDraft,
    party::PartyName,
    register::{PointSymbol, Register, RegisterNumber},
    stage::Stage,
};
use kit::{central_office::CentralOffice, test_desk::TestDesk};

use crate::{
    lost_history::copy,
    office::{Office, pace},
};

fn symbol(text: &str) -> PointSymbol {
    PointSymbol::try_from(text.to_owned()).expect("a symbol")
}

async fn desk_under(office: &Office, seed: u32, own: &str) -> (TestDesk, Conversation) {
    let desk = TestDesk::with_seed(seed).await;
    let address = office.proxy.address.clone();
    desk.settings(|draft| {
        draft.central_address = address;
        draft.point_symbol = own.to_owned();
    })
    .await;
    let sync = Conversation::new(desk.desk.clone(), pace());
    (desk, sync)
}

async fn refused(desk: &TestDesk) -> (ErrorCode, Option<WhyLocked>) {
    let draft = desk.draft("Maj", "Wniosek").await;
    let refused = intake::register_letter(&desk.desk, draft).await.expect_err("no number");
    let view = intake::open(&desk.desk).await.expect("the form");
    (refused.code(), view.numbers_locked.map(|locked| locked.why))
}

async fn hand_over(central: &CentralOffice, own: &str, to: DeviceId) {
    central::symbols::hand_over(&central.administrator(), &symbol(own), to).await.expect("the holder is asked");
}

async fn unclear(central: &CentralOffice) -> Vec<(String, u32, u32)> {
    let unclear = central::symbols::check(central.pool()).await.expect("the numbers");
    unclear.into_iter().map(|number| (number.symbol.as_str().to_owned(), number.n, number.times)).collect()
}

#[tokio::test]
async fn a_symbol_goes_on_at_another_desk_behind_the_last_number_of_the_first() {
    let mut office = Office::open().await;
    office.desk.settings(|draft| draft.point_symbol = "K1".to_owned()).await;
    let (second, mut sync) = desk_under(&office, 2, "K2").await;
    office.desk.register("Nowak", "Skarga").await;
    assert_eq!(second.register("Kowal", "Wniosek").await.number, "RPW/K2/1/2026");
    office.round().await;
    assert_eq!(sync.round().await, Outcome::Quiet);

    hand_over(&office.central, "K1", second.desk.device()).await;
    // The holder does not know yet: what it gives until then counts.
    assert_eq!(office.desk.register("Lis", "Odwołanie").await.number, "RPW/K1/2/2026");
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(refused(&office.desk).await, (ErrorCode::SymbolNotHeld, Some(WhyLocked::Released)));

    assert_eq!(sync.round().await, Outcome::Quiet);
    second.settings(|draft| draft.point_symbol = "K1".to_owned()).await;
    assert_eq!(second.register("Kowal", "Petycja").await.number, "RPW/K1/3/2026");
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert_eq!(second.register("Kowal", "Skarga").await.number, "RPW/K1/4/2026");
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(unclear(&office.central).await, []);
    for letter in office.central.letters().await {
        assert_eq!(letter.tasks, [], "{}", letter.number.display("RPW"));
    }

    // Offline, too, and after a restart.
    let office = office.restart_desk().await;
    assert_eq!(refused(&office.desk).await, (ErrorCode::SymbolNotHeld, Some(WhyLocked::Released)));
}

#[tokio::test]
async fn a_symbol_comes_back_under_a_new_grant() {
    let mut office = Office::open().await;
    let (second, mut sync) = desk_under(&office, 2, "K2").await;
    office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    hand_over(&office.central, "", second.desk.device()).await;
    office.round().await;
    sync.round().await;
    second.settings(|draft| draft.point_symbol = String::new()).await;
    assert_eq!(second.register("Kowal", "Petycja").await.number, "RPW/2/2026");
    sync.round().await;

    hand_over(&office.central, "", office.desk.desk.device()).await;
    sync.round().await;
    assert_eq!(refused(&second).await, (ErrorCode::SymbolNotHeld, Some(WhyLocked::Released)));
    office.round().await;
    assert_eq!(office.desk.register("Nowak", "Wniosek").await.number, "RPW/3/2026");
    office.round().await;
    assert_eq!(unclear(&office.central).await, []);
}

#[tokio::test]
async fn a_released_symbol_is_not_released_again_from_an_older_database() {
    let mut office = Office::open().await;
    let (second, mut sync) = desk_under(&office, 2, "K2").await;
    office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    sync.round().await;
    office.desk.end().await;
    let (data, copied) = (office.desk.parts().paths.data.clone(), office.desk.folder().join("copy"));
    copy(&data, &copied);
    let mut office = office.restart_desk().await;
    hand_over(&office.central, "", second.desk.device()).await;
    office.round().await;

    office.desk.end().await;
    std::fs::remove_dir_all(&data).expect("the disk is gone");
    copy(&copied, &data);
    let office = office.restart_desk().await;
    let (code, why) = refused(&office.desk).await;
    assert_eq!((code, why), (ErrorCode::NumbersLocked, Some(WhyLocked::Behind)), "the mark knows of the release");
}

#[tokio::test]
async fn numbers_lost_at_a_desk_are_lost_at_central() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Skarga").await;
    assert_eq!(office.round().await, Outcome::Quiet);
    office.desk.end().await;
    // The mark went with the disk: the desk asks for the highest label.
    std::fs::remove_dir_all(&office.desk.parts().paths.mark).expect("the mark");
    let mut office = office.restart_desk().await;
    intake::name_highest_label(&office.desk.desk, "4").await.expect("2, 3 and 4 are lost");
    assert_eq!(office.desk.register("Lis", "Odwołanie").await.number, "RPW/5/2026");
    assert_eq!(office.round().await, Outcome::Quiet);
    office.all_is_quiet().await;
    assert_eq!(unclear(&office.central).await, []);
    let lost: Vec<(i64, String)> = sqlx::query_as("SELECT n, named_by FROM lost_number ORDER BY n")
        .fetch_all(office.central.pool())
        .await
        .expect("the lost numbers");
    assert_eq!(lost, [2, 3, 4].map(|n| (n, "Anna Lis".to_owned())));
}

/// Number, id and title of the letters in a desk's register.
async fn register(desk: &TestDesk) -> Vec<(i64, uuid::Uuid, String)> {
    let mut db = desk.desk.read().await.expect("the database");
    sqlx::query_as("SELECT n, id, title FROM letter ORDER BY n").fetch_all(&mut *db).await.expect("the register")
}

#[tokio::test]
async fn a_letter_entered_again_gives_way_on_every_desk_when_its_own_desk_comes_back() {
    let mut office = Office::open().await;
    let (second, mut sync) = desk_under(&office, 2, "K2").await;
    office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    office.proxy.down().await;
    let unsent = office.desk.register("Lis", "Odwołanie od decyzji").await;
    office.proxy.up().await;

    let label = RegisterNumber { register: Register::Incoming, symbol: symbol(""), year: 2026, n: 2 };
    central::symbols::close(
        &office.central.administrator(),
        &symbol(""),
        std::slice::from_ref(&label),
        "Jan Kowalik",
        "dysk spalony",
    )
    .await
    .expect("closed");
    let label = FromLabel {
        number: label,
        sender: PartyName::Unknown,
        title: "Odwołanie".to_owned(),
        received_on: jiff::civil::date(2026, 11, 23),
        by: "Jan Kowalik".to_owned(),
    };
    let administrator = office.central.administrator();
    let reentry =
        central::symbols::reenter(&administrator, office.central.teryt(), label).await.expect("entered again");
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert_eq!(register(&second).await[1], (2, reentry.id.0, "Odwołanie".to_owned()));
    let stage = StageDraft { letter_id: reentry.id, stage: Stage::InProgress, unit: "Referat".to_owned() };
    desk::letters::set_stage(&second.desk, stage).await.expect("a stage");
    // The slip burnt with the desk: the citizen gets another key.
    let key = desk::slip::issue_key(&second.desk, reentry.id).await.expect("a key").status_key.expect("in clear");
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert!(office.status_page(&key).await.contains("teraz: </span>w toku"));

    // An unfinished correction goes along.
    let form = desk::letters::correction_of(&second.desk, reentry.id).await.expect("the form").draft;
    let draft = LetterDraft { title: "Odwołanie od".to_owned(), ..form };
    let typed = CorrectionDraft { based_on: None, draft, reason: String::new() };
    desk::letters::keep_correction(&second.desk, typed).await.expect("kept");

    office.fresh_worker();
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(refused(&office.desk).await, (ErrorCode::SymbolNotHeld, Some(WhyLocked::Ungranted)));
    assert_eq!(sync.round().await, Outcome::Quiet);
    let kept = desk::letters::correction_of(&second.desk, unsent.id).await.expect("the form");
    assert_eq!((kept.draft.id, kept.draft.title.as_str()), (unsent.id, "Odwołanie od"));
    assert!(kept.unfinished && kept.overtaken);
    for desk in [&office.desk, &second] {
        let letters = register(desk).await;
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[1], (2, unsent.id.0, "Odwołanie od decyzji".to_owned()));
    }
    let seen = desk::letters::letter(&second.desk, unsent.id).await.expect("the letter");
    assert_eq!(seen.stage, Stage::InProgress, "what was decided meanwhile stays");
    assert_eq!(seen.status_key, Some(key.clone()));
    assert_eq!(office.letter(unsent.id).await.stage, Stage::InProgress);
    assert!(office.status_page(&key).await.contains("teraz: </span>w toku"), "the citizen's last key goes on");
    assert!(office.status_page(&unsent.status_key).await.contains("Nie ma sprawy o tym kluczu."));
    assert_eq!(office.letter(unsent.id).await.status_key, None);
    assert_eq!(unclear(&office.central).await, []);
    let tasks = desk::tasks::open_tasks(&second.desk).await.expect("tasks");
    assert_eq!(tasks.len(), 1, "the two tell of the paper otherwise: {tasks:?}");
    assert!(tasks[0].overlap.is_some());
}
