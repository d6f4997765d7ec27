//! `cargo xtask bench [NAME…]`: measures the release build against peers or limits in the same run.
//!
//! Writes `target/bench/report.json` and prints it as a table. A missed goal is shown, not an error: speed is judged by
//! people who read the report.

mod catch_up;
#[path = "../journeys/central_desk.rs"]
#[expect(dead_code, reason = "the journeys' desk: not everything that it can is measured")]
mod central_desk;
mod crowds;
mod faults;
mod ingest;
mod label;
mod pouchdb;
mod register;
mod report;
mod search;
mod simulation;
mod slip;
mod status;
mod window;
mod wire;

use report::{Figure, Report};

/// A measurement and the figures it gives.
type Bench = (&'static [&'static str], fn(&std::path::Path) -> Vec<Figure>);

const BENCHES: [Bench; 18] = [
    (&["register_commit", "register_commit_vs_plain"], register::measure),
    (&["key_to_label"], label::measure),
    (&["window_start"], window::measure),
    (&["search_200k"], search::measure),
    (&["slip_pdf"], slip::measure),
    (&["wire_bytes"], wire::measure),
    (&["ingest_vs_copy"], ingest::measure),
    (&["push_vs_pouchdb", "pull_vs_pouchdb"], pouchdb::measure),
    (&["storm", "storm_memory"], crowds::storm),
    (&["pull_race"], crowds::pull_race),
    (&["snapshot_100k"], crowds::snapshot),
    (&["catch_up"], catch_up::measure),
    (&["status_timing"], status::measure),
    (&["fault_runs"], simulation::measure),
    (&["fault_runs"], faults::measure),
    (&["sabotage"], simulation::sabotage),
    (&["sabotage"], faults::sabotage),
    (&["fuzz"], simulation::fuzz),
];

fn main() -> std::process::ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let known: Vec<&str> = BENCHES.iter().flat_map(|(names, _)| names.iter().copied()).collect();
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
        eprintln!("no bench {unknown}; known are: {}", known.join(", "));
        return std::process::ExitCode::FAILURE;
    }
    let target = kit::window::built("bench").parent().and_then(|folder| folder.parent()).map(std::path::Path::to_owned);
    let folder = target.expect("bench lies in target/release").join("bench");
    std::fs::create_dir_all(&folder).expect("target/bench");

    let mut report = Report::default();
    for (names, measure) in BENCHES {
        if wanted.is_empty() || names.iter().any(|name| wanted.iter().any(|wanted| wanted == name)) {
            eprintln!("measuring {} …", names.join(", "));
            report.add(measure(&folder));
        }
    }
    report.write(&folder.join("report.json"));
    report.print();
    std::process::ExitCode::SUCCESS
}

/// A runtime for one measurement.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}
