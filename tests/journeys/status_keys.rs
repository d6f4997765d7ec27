//! A citizen lost her slip: another desk gives the case a new key, and the old one opens nothing any more.

use desk::{
    DeskError,
    letters::{self, view::HistoryKind},
    slip,
    sync::Outcome,
};
use domain::ErrorCode;

use crate::{office::Office, two_desks::second_desk};

#[tokio::test]
async fn a_new_key_issued_at_another_desk_takes_the_place_of_the_one_before() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Łozińska", "Wniosek o wycięcie drzewa").await;
    office.round().await;
    let (second, mut sync) = second_desk(&office, "K2").await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    let seen = letters::letter(&second.desk, registered.id).await.expect("the letter");
    assert_eq!(seen.status_key, None, "a key stays at its desk");

    let view = slip::issue_key(&second.desk, registered.id).await.expect("a new key");
    let key = view.status_key.expect("in clear");
    assert_ne!(key, registered.status_key);
    assert!(office.status_page(&registered.status_key).await.contains("zarejestrowano"), "central has not heard of it");
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert!(office.status_page(&key).await.contains("zarejestrowano"));
    assert!(office.status_page(&registered.status_key).await.contains("Nie ma sprawy o tym kluczu."));
    let shown: i64 = sqlx::query_scalar("SELECT count(*) FROM status_public")
        .fetch_one(office.central.pool())
        .await
        .expect("the page's table");
    assert_eq!(shown, 1);

    // The desk that registered it prints the dead key on no slip.
    assert_eq!(office.round().await, Outcome::Quiet);
    let view = office.letter(registered.id).await;
    assert_eq!(view.status_key, None);
    assert_eq!(view.history.last().map(|line| &line.what), Some(&HistoryKind::KeyIssued));
    assert!(slip::pdf(&office.desk.desk, registered.id).await.is_ok(), "a slip without a key");
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.letter(registered.id).await.history.len(), view.history.len(), "told once");

    // And what happens to the letter goes on under the new key.
    office.central.set_stage(registered.id, domain::stage::Stage::Closed, None).await;
    assert!(office.status_page(&key).await.contains("teraz: </span>zakończono"));
}

#[tokio::test]
async fn of_two_keys_issued_at_once_the_later_one_counts_and_its_desk_keeps_it() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    let (second, mut sync) = second_desk(&office, "K2").await;
    sync.round().await;
    let first = slip::issue_key(&second.desk, registered.id).await.expect("a key").status_key.expect("in clear");
    sync.round().await;
    // This desk has not heard of it, and what it issues comes after.
    let last = slip::issue_key(&office.desk.desk, registered.id).await.expect("a key").status_key.expect("in clear");
    for _ in 0..2 {
        assert_eq!(office.round().await, Outcome::Quiet);
        assert_eq!(sync.round().await, Outcome::Quiet);
    }
    assert_eq!(office.letter(registered.id).await.status_key.as_ref(), Some(&last));
    let seen = letters::letter(&second.desk, registered.id).await.expect("the letter");
    assert_eq!(seen.status_key, None, "the earlier one is dead");
    assert!(office.status_page(&last).await.contains("zarejestrowano"));
    assert!(office.status_page(&first).await.contains("Nie ma sprawy"));

    // Whoever hears of the letter only now is told of no new key when something else happens to it.
    let third = kit::test_desk::TestDesk::with_seed(3).await;
    third
        .settings(|draft| {
            draft.central_address.clone_from(&office.proxy.address);
            draft.point_symbol = "K3".to_owned();
        })
        .await;
    let mut sync = desk::sync::Conversation::new(third.desk.clone(), crate::office::pace());
    sync.round().await;
    office.central.set_stage(registered.id, domain::stage::Stage::Closed, None).await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    let history = letters::letter(&third.desk, registered.id).await.expect("the letter").history;
    assert!(history.iter().all(|line| line.what != HistoryKind::KeyIssued), "{history:?}");
}

#[tokio::test]
async fn a_cancelled_letter_gets_no_key() {
    let office = Office::open().await;
    let registered = office.desk.register("Nowak", "Skarga").await;
    let reason = "wpisano dwa razy".to_owned();
    let draft = letters::view::CancellationDraft { letter_id: registered.id, reason };
    letters::cancel_letter(&office.desk.desk, draft).await.expect("cancelled");
    let refused = slip::issue_key(&office.desk.desk, registered.id).await;
    assert!(matches!(refused, Err(DeskError::Refused(ErrorCode::NotAllowedNow))), "{refused:?}");
}
