//! `push_vs_pouchdb`, `pull_vs_pouchdb`: a desk and central against PouchDB on both sides, over loopback, with the same letters.
//!
//! Neither central's PostgreSQL (the kit's does not flush) nor PouchDB's LevelDB waits for the disk. The desk does, at every
//! acknowledgement and page; it also encrypts, speaks TLS and keeps a search index. Both sides connect anew within the measured time; nobody
//! says hello or waits for a poll in it.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use desk::sync::{Conversation, Outcome, Pace};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    test_desk::TestDesk,
};
use serde::Deserialize;

use crate::{report::Figure, runtime, wire::draft};

const LETTERS: u32 = 2_000;
const RUNS: usize = 3;

#[derive(Deserialize)]
struct Peer {
    push: f64,
    pull: f64,
    documents: u32,
}

pub(crate) fn measure(folder: &Path) -> Vec<Figure> {
    let (mut push, mut pull, mut peers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (documents, own_push, own_pull) = runtime().block_on(own());
        push.push(own_push);
        pull.push(own_pull);
        peers.push(peer(folder, &documents));
    }
    let median = |mut samples: Vec<f64>| crate::report::percentile(&mut samples, 50);
    let counts = [("letters".to_owned(), f64::from(LETTERS))];
    let peer_push = median(peers.iter().map(|peer| peer.push).collect());
    let peer_pull = median(peers.iter().map(|peer| peer.pull).collect());
    vec![
        Figure::at_least("push_vs_pouchdb", "s", peer_push, median(push), 4.0).with(counts.clone().into()),
        Figure::at_least("pull_vs_pouchdb", "s", peer_pull, median(pull), 8.0).with(counts.into()),
    ]
}

/// The letters as JSON, seconds of the push, seconds of another desk's pull.
async fn own() -> (Vec<String>, f64, f64) {
    let central = CentralOffice::start(CentralSetup::of_an_office()).await.expect("central");
    let mut desks = Vec::new();
    for (seed, symbol) in [(1, "K1"), (2, "K2")] {
        let desk = TestDesk::with_seed(seed).await;
        desk.join(&central.invite(symbol).await).await.expect("let in");
        let mut sync = Conversation::new(desk.desk.clone(), Pace::default());
        assert_eq!(sync.round().await, Outcome::Quiet);
        desks.push((desk, sync));
    }
    let mut reading = desks.pop().expect("the other desk");
    let writing = desks.pop().expect("a desk");
    for n in 1..=LETTERS {
        let empty = desk::intake::open(&writing.0.desk).await.expect("the form").draft;
        desk::intake::register_letter(&writing.0.desk, draft(empty, n)).await.expect("registered");
    }
    let documents: Vec<String> = {
        let mut db = writing.0.desk.read().await.expect("the database");
        let bodies = "SELECT CAST(body AS TEXT) FROM op WHERE letter_id IS NOT NULL ORDER BY seq";
        sqlx::query_scalar(bodies).fetch_all(&mut *db).await.expect("bodies")
    };
    assert_eq!(documents.len(), LETTERS as usize);

    // The push's time ends with the acknowledgement; what the desk then reads back is the other figure's business.
    let start = Instant::now();
    let (mut sync, writer) = (writing.1, writing.0);
    let round = tokio::spawn(async move { sync.round().await });
    let last = "SELECT MAX(last_seq) FROM device";
    while sqlx::query_scalar::<_, i64>(last).fetch_one(central.pool()).await.expect("a number") < i64::from(LETTERS) {
        // Now and then: whoever asks takes the time of whom he asks.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let push = start.elapsed().as_secs_f64();
    assert_eq!(round.await.expect("a round"), Outcome::Quiet);
    drop(writer);
    let start = Instant::now();
    assert_eq!(reading.1.round().await, Outcome::Quiet);
    let pull = start.elapsed().as_secs_f64();
    let total = desk::letters::register_page(&reading.0.desk, desk::letters::view::RegisterQuery::default()).await;
    assert_eq!(total.expect("a page").total, u64::from(LETTERS));
    (documents, push, pull)
}

fn peer(folder: &Path, documents: &[String]) -> Peer {
    let work = tempfile::tempdir().expect("a folder");
    let list = folder.join("pouchdb-documents.jsonl");
    std::fs::write(&list, documents.join("\n")).expect("written");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/pouchdb/peer.mjs");
    let output = Command::new("node")
        .arg(program)
        .arg(&list)
        .arg(work.path())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("Node runs the peer");
    assert!(output.status.success(), "the peer");
    let line = String::from_utf8(output.stdout).expect("utf-8");
    let peer: Peer = serde_json::from_str(line.lines().last().unwrap_or_default()).expect("the peer's figures");
    assert_eq!(peer.documents, LETTERS);
    peer
}
