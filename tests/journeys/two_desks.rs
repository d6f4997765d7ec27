//! Two desks of one office: each numbers under its own symbol, both hold the same of central's records.

use desk::sync::{Conversation, Outcome, Trouble};
use domain::{ErrorCode, stage::Stage};
use kit::test_desk::TestDesk;
use wire::v1::Refusal;

use crate::office::{Office, pace};

pub(crate) async fn second_desk(office: &Office, symbol: &str) -> (TestDesk, Conversation) {
    let second = TestDesk::with_seed(2).await;
    let address = office.proxy.address.clone();
    second
        .settings(|draft| {
            draft.central_address = address;
            draft.point_symbol = symbol.to_owned();
        })
        .await;
    let sync = Conversation::new(second.desk.clone(), pace());
    (second, sync)
}

/// Central's records as a desk holds them, in a canonical order.
async fn records(desk: &TestDesk) -> Vec<(Vec<u8>, i64, String)> {
    let mut db = desk.desk.read().await.expect("the database");
    sqlx::query_as("SELECT letter_id, n, body FROM central_letter ORDER BY letter_id")
        .fetch_all(&mut *db)
        .await
        .expect("records")
}

#[tokio::test]
async fn both_desks_end_with_the_same_records_and_these_are_centrals() {
    let mut office = Office::open().await;
    let (second, mut sync) = second_desk(&office, "K2").await;
    for n in 0..3 {
        office.desk.register("Nowak", &format!("Okno pierwsze {n}")).await;
        let registered = second.register("Kowal", &format!("Okno drugie {n}")).await;
        assert_eq!(registered.number, format!("RPW/K2/{}/2026", n + 1));
        office.round().await;
        assert_eq!(sync.round().await, Outcome::Quiet);
    }
    let letters = office.central.letters().await;
    assert_eq!(letters.len(), 6);
    office.central.set_stage(letters[1].id, Stage::Closed, None).await;
    office.round().await;
    sync.round().await;

    let first = records(&office.desk).await;
    assert_eq!(first, records(&second).await);
    let held: Vec<String> = first.into_iter().map(|(_, _, body)| body).collect();
    let letters = office.central.letters().await;
    let central: Vec<String> = letters.iter().map(|letter| serde_json::to_string(letter).expect("JSON")).collect();
    assert_eq!(held, central);
}

#[tokio::test]
async fn a_second_desk_under_the_same_symbol_gets_no_numbers() {
    let mut office = Office::open().await;
    office.round().await;
    let (second, mut sync) = second_desk(&office, "").await;
    assert_eq!(sync.round().await, Outcome::Away(Trouble::Refused(Refusal::SymbolTaken)));
    let draft = second.draft("Kowal", "Skarga").await;
    let refused = desk::intake::register_letter(&second.desk, draft.clone()).await.expect_err("refused");
    assert_eq!(refused.code(), ErrorCode::NumbersLocked);

    second.settings(|draft| draft.point_symbol = "K2".to_owned()).await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    let registered = desk::intake::register_letter(&second.desk, draft).await.expect("registered");
    assert_eq!(registered.number, "RPW/K2/1/2026");
}

#[tokio::test]
async fn a_symbol_changed_after_the_first_greeting_is_centrals_too_and_locks_nothing() {
    let mut office = Office::open().await;
    office.round().await;
    office.desk.settings(|draft| draft.point_symbol = "K5".to_owned()).await;
    assert_eq!(office.round().await, Outcome::Quiet);
    let registered = office.desk.register("Nowak", "Wniosek").await;
    assert_eq!(registered.number, "RPW/K5/1/2026");
    assert_eq!(office.round().await, Outcome::Quiet);
    office.all_is_quiet().await;
    assert_eq!(office.tasks().await, Vec::<String>::new(), "central took the letter without a question");

    let (second, mut sync) = second_desk(&office, "").await;
    assert_eq!(sync.round().await, Outcome::Quiet, "the former symbol is free");
    assert_eq!(second.register("Kowal", "Skarga").await.number, "RPW/1/2026");
}

#[tokio::test]
async fn the_administrator_hears_how_a_desk_is() {
    let office = Office::open().await;
    let now_and_then = desk::sync::Pace { report: std::time::Duration::ZERO, ..pace() };
    let mut sync = Conversation::new(office.desk.desk.clone(), now_and_then);
    office.desk.register("Nowak", "Skarga").await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    let fleet = central::fleet::fleet(office.central.pool(), jiff::Timestamp::UNIX_EPOCH).await.expect("the fleet");
    let [told] = fleet.as_slice() else { panic!("one desk: {fleet:?}") };
    let report = told.report.as_ref().expect("a report");
    assert_eq!((report.unsent, report.oldest_unsent_seconds), (0, None));
    assert_eq!(report.mfp, wire::v1::DeviceState::None);
    assert_eq!(told.operations, 2, "a letter and a sign-in");
}
