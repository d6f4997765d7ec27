//! Many desks at one central: `storm` (all of them come back at once), `pull_race` (a cursor among writers), and what a new desk
//! has to read, `snapshot_100k`.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use desk::sync::{Conversation, Outcome, Pace};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    test_desk::TestDesk,
};
use tokio::task::JoinSet;
use wire::v1::{MAX_BATCH_OPS, MAX_PAGE, PullAnswer, Refusal};

use crate::{
    central_desk::WireDesk,
    report::{Figure, ms, percentile},
    runtime,
};

/// The most that this process ever held, in MB: central, and the clients beside it.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}

/// From now on the peak is a new one.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux forgets");
}

/// A desk with so many letters sealed and not sent.
async fn desk_with(central: &CentralOffice, n: u8, symbol: &str, letters: u32) -> WireDesk {
    let mut desk = WireDesk::connected(central, n, symbol).await;
    for _ in 0..letters {
        desk.register();
    }
    desk
}

fn symbol(n: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    // Two characters each: no one of them is the empty symbol's `0`.
    [DIGITS[10 + n / 36], DIGITS[n % 36]].map(char::from).iter().collect()
}

/// Sends all that is sealed, as patiently as a desk; answers how often it was asked to come again.
async fn push_patiently(desk: &WireDesk) -> u32 {
    let mut again = 0;
    for ops in desk.sealed.chunks(MAX_BATCH_OPS) {
        let batch = desk.batch(ops);
        loop {
            match desk.push(&batch).await {
                Ok(answer) => {
                    assert_eq!(answer.last.seq, ops.last().map_or(0, |last| last.seq), "all of it is acknowledged");
                    break;
                }
                Err((_, Refusal::Retry { after_seconds } | Refusal::TooMany { after_seconds })) => {
                    again += 1;
                    tokio::time::sleep(Duration::from_secs(after_seconds.into())).await;
                }
                Err((status, refusal)) => panic!("{status}: {refusal}"),
            }
        }
    }
    again
}

pub(crate) fn storm(_: &Path) -> Vec<Figure> {
    const DESKS: u8 = 200;
    const LETTERS: u32 = 30;
    runtime().block_on(async {
        let central = CentralOffice::start(CentralSetup::default()).await.expect("central");
        let mut desks = Vec::new();
        for n in 0..DESKS {
            desks.push(desk_with(&central, n + 1, &symbol(n.into()), LETTERS).await);
        }
        forget_peak();
        let start = Instant::now();
        let mut storm = JoinSet::new();
        for mut desk in desks {
            storm.spawn(async move {
                let mut again = 0;
                loop {
                    match desk.hello().await {
                        Ok(_) => break,
                        Err((_, Refusal::Retry { after_seconds } | Refusal::TooMany { after_seconds })) => {
                            again += 1;
                            tokio::time::sleep(Duration::from_secs(after_seconds.into())).await;
                        }
                        Err((status, refusal)) => panic!("{status}: {refusal}"),
                    }
                }
                again += push_patiently(&desk).await;
                (start.elapsed(), again)
            });
        }
        let ended = storm.join_all().await;
        let mut times: Vec<f64> = ended.iter().map(|(time, _)| ms(*time)).collect();
        let again: u32 = ended.iter().map(|(_, again)| again).sum();
        let kept: i64 =
            sqlx::query_scalar("SELECT count(*) FROM operation").fetch_one(central.pool()).await.expect("a count");
        assert_eq!(kept, i64::from(DESKS) * i64::from(LETTERS), "nothing is lost");
        let counts = [
            ("desks".to_owned(), f64::from(DESKS)),
            ("operations".to_owned(), f64::from(u32::from(DESKS) * LETTERS)),
            ("asked to come again".to_owned(), f64::from(again)),
            ("median ms".to_owned(), percentile(&mut times.clone(), 50)),
        ];
        vec![
            Figure::told("storm", "ms", percentile(&mut times, 99)).with(counts.into()),
            Figure::at_most("storm_memory", "MB", peak_memory(), 300.0),
        ]
    })
}

pub(crate) fn pull_race(_: &Path) -> Vec<Figure> {
    const WRITERS: u8 = 32;
    const LETTERS: u32 = 3_200;
    runtime().block_on(async {
        let mut central = CentralOffice::start(CentralSetup::default()).await.expect("central");
        let second = central.second().await.expect("a second process of central");
        let second_address = format!("http://{}", second.desk_address);
        let mut writers = Vec::new();
        for n in 0..WRITERS {
            let mut desk = desk_with(&central, n + 1, &symbol(n.into()), LETTERS).await;
            if n % 2 == 1 {
                desk.address.clone_from(&second_address);
            }
            writers.push(desk);
        }
        let mut reader = WireDesk::connected(&central, 200, "ZZ").await;
        reader.address.clone_from(&second_address);
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let reading = tokio::spawn(async move {
            let (mut seen, mut cursor) = (HashSet::new(), reader.cursor.expect("hello was said"));
            loop {
                // What is asked after the last writer ended is the end.
                let last_look = end.load(Ordering::SeqCst);
                let PullAnswer::Changes { changes, scanned_up_to, head, .. } = reader.pull(cursor, MAX_PAGE).await
                else {
                    panic!("another epoch")
                };
                seen.extend(changes.iter().map(|change| change.n));
                cursor = scanned_up_to;
                if last_look && scanned_up_to.head >= head {
                    return (seen, head);
                }
            }
        });
        let mut writing = JoinSet::new();
        for desk in writers {
            writing.spawn(async move { push_patiently(&desk).await });
        }
        writing.join_all().await;
        ended.store(true, Ordering::SeqCst);
        let (seen, head) = reading.await.expect("the reader");
        let written = u64::from(WRITERS) * u64::from(LETTERS);
        assert!(head >= written && written >= 100_000, "{head} changes of {written} letters");
        let missed = head - seen.len() as u64;
        second.stop().await;
        central.stop().await;
        #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
        let (missed, head) = (missed as f64, head as f64);
        let counts = [("writers".to_owned(), f64::from(WRITERS)), ("changes".to_owned(), head)];
        vec![Figure::at_most("pull_race", "missed", missed, 0.0).with(counts.into())]
    })
}

pub(crate) fn snapshot(_: &Path) -> Vec<Figure> {
    const DESKS: u8 = 8;
    const LETTERS: u32 = 12_500;
    runtime().block_on(async {
        let central = CentralOffice::start(CentralSetup::default()).await.expect("central");
        let mut writing = JoinSet::new();
        for n in 0..DESKS {
            let desk = desk_with(&central, n + 1, &symbol(n.into()), LETTERS).await;
            writing.spawn(async move { push_patiently(&desk).await });
        }
        writing.join_all().await;
        let new = TestDesk::with_seed(7).await;
        new.settings(|draft| {
            draft.central_address.clone_from(&central.desk_address);
            draft.point_symbol = "ZZ".to_owned();
        })
        .await;
        let mut sync = Conversation::new(new.desk.clone(), Pace::default());
        forget_peak();
        let start = Instant::now();
        assert_eq!(sync.round().await, Outcome::Quiet);
        let seconds = start.elapsed().as_secs_f64();
        let page = desk::letters::register_page(&new.desk, desk::letters::view::RegisterQuery::default()).await;
        let total = page.expect("a page").total;
        assert_eq!(total, u64::from(LETTERS) * u64::from(DESKS), "ready: every letter is there");
        let counts = [
            ("letters".to_owned(), f64::from(LETTERS * u32::from(DESKS))),
            ("peak MB with central".to_owned(), peak_memory()),
        ];
        vec![Figure::told("snapshot_100k", "s", seconds).with(counts.into())]
    })
}
