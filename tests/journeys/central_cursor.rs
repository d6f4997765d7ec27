//! Pull: a cursor never passes an unseen change, and a history that was replaced is noticed.

use std::collections::BTreeSet;

use domain::stage::Stage;
use kit::central_office::CentralOffice;
use uuid::Uuid;
use wire::v1::{Cursor, PullAnswer, Remembered, Tip};

use crate::central_desk::{WireDesk, letter_of, office};

const WRITERS: u8 = 16;
const ROUNDS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_on_two_servers_and_no_change_is_passed_over() {
    let central = office().await;
    let second = central.second().await.expect("a second server");
    let mut writers = Vec::new();
    let mut shared = WireDesk::connected(&central, 100, "Z").await;
    let (common, _) = shared.register();
    shared.push_all().await;
    for n in 1..=WRITERS {
        let mut desk = WireDesk::connected(&central, n, &format!("W{}", char::from(b'A' + n))).await;
        if n % 2 == 0 {
            desk.address = format!("http://{}", second.desk_address);
        }
        writers.push(tokio::spawn(async move {
            for round in 0..ROUNDS {
                let (id, _) = desk.register();
                desk.set_stage(id, None, Stage::InProgress);
                // All writers contend for one letter as well.
                desk.set_stage(common, None, Stage::ALL[round % 4]);
                let from = desk.sealed.len() - 3;
                desk.push(&desk.batch(&desk.sealed[from..])).await.expect("a push");
            }
        }));
    }
    let mut reader = WireDesk::connected(&central, 101, "Y").await;
    let mut seen = Vec::new();
    while writers.iter().any(|writer| !writer.is_finished()) {
        seen.extend(reader.pull_all(7).await);
    }
    for writer in writers {
        writer.await.expect("a writer");
    }
    seen.extend(reader.pull_all(500).await);
    second.stop().await;

    let numbers: Vec<u64> = seen.iter().map(|change| change.n).collect();
    let dense: Vec<u64> = (1..=numbers.len() as u64).collect();
    assert_eq!(numbers, dense, "every number once, in order");
    let letters: BTreeSet<_> = seen.iter().map(|change| letter_of(change).id).collect();
    assert_eq!(letters.len(), usize::from(WRITERS) * ROUNDS + 1);
    // What was pulled last of each letter is what central holds.
    let mut pulled: Vec<_> = Vec::new();
    for letter in letters {
        let last = seen.iter().map(letter_of).rfind(|state| state.id == letter).expect("seen");
        pulled.push(last);
    }
    assert_eq!(pulled, central.letters().await);
}

#[tokio::test]
async fn pages_follow_each_other_and_an_empty_page_keeps_the_cursor() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    for _ in 0..5 {
        desk.register();
    }
    desk.push_all().await;
    let start = desk.cursor.expect("cursor");
    let PullAnswer::Changes { changes, scanned_up_to, head, .. } = desk.pull(start, 2).await else { panic!("epoch") };
    assert_eq!((changes.len(), scanned_up_to.head, head), (2, 2, 5));
    assert_eq!(scanned_up_to.digest, changes[1].digest);
    let PullAnswer::Changes { changes, .. } = desk.pull(scanned_up_to, 0).await else { panic!("epoch") };
    assert_eq!(changes.len(), 1, "a page holds one change at least");
    desk.pull_all(100).await;
    let end = desk.cursor.expect("cursor");
    let PullAnswer::Changes { changes, scanned_up_to, head, .. } = desk.pull(end, 100).await else { panic!("epoch") };
    assert_eq!((changes.len(), scanned_up_to, head), (0, end, 5));
}

#[tokio::test]
async fn a_cursor_of_another_history_is_sent_back_to_the_start() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    desk.pull_all(100).await;
    let end = desk.cursor.expect("cursor");
    let elsewhere = Cursor { epoch: Uuid::from_u128(1), ..end };
    assert_eq!(desk.pull(elsewhere, 10).await, PullAnswer::NewEpoch { epoch: end.epoch });
    let mut epoch = end.epoch;
    for wrong in [
        Cursor { digest: [1; 32], ..end },
        Cursor { head: 2, ..end },
        Cursor { head: u64::MAX, ..end },
        Cursor { head: 0, ..end },
    ] {
        // Central showed this once and lacks it now: it is an earlier one of itself, and a new epoch begins.
        let PullAnswer::NewEpoch { epoch: begun } = desk.pull(Cursor { epoch, ..wrong }, 10).await else {
            panic!("{wrong:?}")
        };
        assert_ne!(begun, epoch, "{wrong:?}");
        assert_eq!(desk.pull(wrong, 10).await, PullAnswer::NewEpoch { epoch: begun }, "one loss, one epoch");
        epoch = begun;
    }
    desk.cursor = Some(Cursor::start(epoch));
    assert_eq!(desk.pull_all(100).await.len(), 1);
}

/// Central's tables as they were before the first operation.
const EMPTIED: [&str; 6] = [
    "DELETE FROM change",
    "DELETE FROM letter",
    "DELETE FROM status_public",
    "DELETE FROM operation",
    "UPDATE device SET last_seq = 0, last_hash = decode(repeat('00', 32), 'hex')",
    "UPDATE office_state SET head = 0",
];

#[tokio::test]
async fn what_was_acknowledged_and_is_gone_begins_one_epoch_for_all_desks() {
    let central = office().await;
    let mut desks = [WireDesk::connected(&central, 1, "K1").await, WireDesk::connected(&central, 2, "K2").await];
    let before = desks[0].cursor.expect("cursor").epoch;
    for desk in &mut desks {
        desk.register();
        desk.push_all().await;
        desk.remembered = Some(Remembered { epoch: before, acknowledged: desk.tip() });
        assert_eq!(desk.hello().await.expect("hello").epoch, before, "nothing is lost");
    }

    for statement in EMPTIED {
        sqlx::query(statement).execute(central.pool()).await.expect(statement);
    }
    let begun = desks[0].hello().await.expect("hello").epoch;
    assert_ne!(begun, before);
    for desk in &mut desks {
        let answer = desk.hello().await.expect("hello");
        assert_eq!((answer.epoch, answer.last), (begun, Tip::START), "what is missing is asked for again");
        desk.push_all().await;
        desk.remembered = Some(Remembered { epoch: begun, acknowledged: desk.tip() });
        assert_eq!(desk.hello().await.expect("hello").epoch, begun, "all is there again");
    }
}

#[tokio::test]
async fn the_same_change_at_the_same_number_of_another_history_is_another() {
    let central = office().await;
    let mut first = WireDesk::connected(&central, 1, "K1").await;
    let mut second = WireDesk::connected(&central, 2, "K2").await;
    let mut third = WireDesk::connected(&central, 3, "K3").await;
    first.register();
    second.register();
    third.register();
    first.push_all().await;
    second.push_all().await;
    first.pull_all(10).await;
    let end = first.cursor.expect("cursor");
    assert_eq!(end.head, 2);

    // Put back as it was before the first letter; then another desk comes first, and the second says the same again.
    for statement in EMPTIED {
        sqlx::query(statement).execute(central.pool()).await.expect(statement);
    }
    third.push_all().await;
    second.push_all().await;
    let PullAnswer::NewEpoch { epoch } = first.pull(end, 10).await else { panic!("another history goes on") };
    assert_ne!(epoch, end.epoch);
}

#[tokio::test]
async fn central_stops_and_starts_and_nobody_has_to_begin_anew() {
    let mut central: CentralOffice = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    desk.pull_all(10).await;
    central.stop().await;
    assert!(reqwest::get(&central.desk_address).await.is_err(), "off the network");
    central.start_again().await.expect("started again");
    desk.register();
    desk.push_all().await;
    assert_eq!(desk.pull_all(10).await.len(), 1);
}
