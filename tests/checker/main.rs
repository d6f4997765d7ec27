//! `checker [--phases N] SEED…`: plays the runs of the given seeds and says what they came to. Exit code 1 when an
//! invariant was broken; the evidence then lies in `target/checker/SEED`.

use std::{process::ExitCode, sync::Arc};

use kit::{
    checker::{
        plan::Plan,
        play::{Sabotaged, play},
    },
    private_cluster::PrivateCluster,
};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
async fn main() -> ExitCode {
    let mut phases = 8;
    let mut seeds = Vec::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let number = if word == "--phases" { words.next() } else { Some(word.clone()) };
        match (word == "--phases", number.and_then(|number| number.parse::<u64>().ok())) {
            (true, Some(number)) => phases = usize::try_from(number).unwrap_or(phases),
            (false, Some(seed)) => seeds.push(seed),
            (_, None) => {
                eprintln!("usage: checker [--phases N] SEED…");
                return ExitCode::from(2);
            }
        }
    }
    let cluster = match PrivateCluster::start_durable() {
        Ok(cluster) => Arc::new(cluster),
        Err(error) => {
            eprintln!("checker: {error}");
            return ExitCode::FAILURE;
        }
    };
    let folder = kit::checker::folder();
    let mut broken = 0;
    for seed in seeds {
        let plan = Plan::draw(seed, phases);
        let report = play(Arc::clone(&cluster), &plan, &folder, &Sabotaged::default()).await;
        println!("{}", serde_json::to_string(&report).expect("a report has a JSON form"));
        broken += report.violations.len();
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
