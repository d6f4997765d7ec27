//! `ingest_vs_copy`: what central's guarantees cost. All rows that the operations of eight desks produce are written by plain
//! `COPY` into the same tables, which takes a part of the time in which central takes the operations.

use std::{path::Path, time::Instant};

use kit::central_office::{CentralOffice, CentralSetup};
use reqwest::{Client, StatusCode};
use sqlx::{Connection, PgConnection, postgres::PgPoolCopyExt};
use wire::{
    pressed,
    v1::{MAX_BATCH_OPS, Verdict, path},
};

use crate::{
    central_desk::WireDesk,
    report::{Figure, percentile},
    runtime,
};

const DESKS: u8 = 8;
const LETTERS: u32 = 1_000;
/// Every fourth letter is handed to a unit as well.
const HANDED_ON: usize = 4;
const RUNS: usize = 3;
/// The tables that a push writes, those that others refer to first.
const TABLES: [&str; 5] = ["letter", "operation", "status_public", "change", "audit_entry"];

pub(crate) fn measure(_: &Path) -> Vec<Figure> {
    runtime().block_on(async {
        let (mut ingest, mut copied, mut operations) = (Vec::new(), Vec::new(), 0);
        for _ in 0..RUNS {
            let run = run().await;
            ingest.push(run.0);
            copied.push(run.1);
            operations = run.2;
        }
        // As the issue names it: COPY's time in parts of central's, and the larger the better.
        let (ingest, copied) = (percentile(&mut ingest, 50), percentile(&mut copied, 50));
        let counts = [
            ("operations".to_owned(), f64::from(operations)),
            ("operations a second".to_owned(), f64::from(operations) / ingest),
        ];
        vec![Figure::at_least("ingest_vs_copy", "s", copied, ingest, 0.20).with(counts.into())]
    })
}

/// Seconds of central, seconds of `COPY`, operations.
async fn run() -> (f64, f64, u32) {
    let central = CentralOffice::start(CentralSetup::default()).await.expect("central");
    let mut desks = Vec::new();
    let mut operations = 0;
    for n in 1..=DESKS {
        let mut desk = WireDesk::connected(&central, n, &format!("K{n}")).await;
        for letter in 0..LETTERS as usize {
            let (id, _) = desk.register();
            if letter % HANDED_ON == 0 {
                desk.set_stage(id, None, domain::stage::Stage::HandedToUnit);
            }
        }
        operations += u32::try_from(desk.sealed.len()).expect("few");
        // What a desk does before it sends is not central's time.
        let batches = desk.sealed.chunks(MAX_BATCH_OPS).map(|ops| {
            let json = serde_json::to_vec(&desk.batch(ops)).expect("json");
            pressed::press(&json).expect("pressed")
        });
        let batches: Vec<Vec<u8>> = batches.collect();
        desks.push((desk, batches));
    }

    let start = Instant::now();
    let mut sending = tokio::task::JoinSet::new();
    for (desk, batches) in desks {
        let (url, token, office) =
            (format!("{}{}", desk.address, path::PUSH), desk.token.clone(), desk.log.office.as_str().to_owned());
        sending.spawn(async move {
            let client = Client::new();
            let mut answers = Vec::new();
            for batch in batches {
                let request = client.post(&url).bearer_auth(&token).header(path::OFFICE_HEADER, &office);
                let answer = request.header("content-encoding", pressed::ENCODING).body(batch).send().await;
                let answer = answer.expect("an answer");
                assert_eq!(answer.status(), StatusCode::OK);
                answers.push(answer.bytes().await.expect("a body"));
            }
            answers
        });
    }
    let answers = sending.join_all().await.concat();
    let ingest = start.elapsed().as_secs_f64();
    let verdicts = answers
        .iter()
        .flat_map(|answer| serde_json::from_slice::<wire::v1::PushAnswer>(answer).expect("an answer").verdicts);
    assert!(verdicts.map(|one| one.verdict).all(|verdict| verdict == Verdict::Applied), "all of it is plain");
    (ingest, copy(&central).await, operations)
}

/// Writes the same rows into the same tables, in one transaction of one connection.
async fn copy(central: &CentralOffice) -> f64 {
    let pool = central.pool();
    let mut rows = Vec::new();
    for table in TABLES {
        let mut out = pool.copy_out_raw(&format!("COPY {table} TO STDOUT")).await.expect("rows");
        let mut bytes = Vec::new();
        while let Some(part) = futures::StreamExt::next(&mut out).await {
            bytes.extend_from_slice(&part.expect("a part"));
        }
        rows.push((table, bytes));
    }
    sqlx::query("TRUNCATE letter, operation, status_public, change, audit_entry").execute(pool).await.expect("emptied");
    let mut connection = pool.acquire().await.expect("a connection");
    let start = Instant::now();
    let mut tx = PgConnection::begin(&mut connection).await.expect("a transaction");
    for (table, bytes) in &rows {
        let mut into = tx.copy_in_raw(&format!("COPY {table} FROM STDIN")).await.expect("a copy");
        into.send(bytes.as_slice()).await.expect("sent");
        into.finish().await.expect("written");
    }
    tx.commit().await.expect("committed");
    start.elapsed().as_secs_f64()
}
