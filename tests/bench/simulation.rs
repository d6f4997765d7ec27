//! `fault_runs_simulated`: violations of the invariants in ten thousand simulated worlds, with the counts beside them.
//! `sabotage_simulated`: careless programs that the simulator does not find.
//! `fuzz`: a million malformed, deep and oversized bodies against every decoder (`OKIENKO_INPUTS` says another number); a
//! crash ends the bench.

use std::{path::Path, time::Instant};

use kit::{
    fuzz,
    sim::{self, Counts, Sabotage},
};
use serde_json::json;

use crate::report::Figure;

/// Worlds of one report, unless `OKIENKO_WORLDS` says another number.
const SEEDS: u64 = 10_000;
/// Inputs of one report, unless `OKIENKO_INPUTS` says another number.
const INPUTS: u64 = 1_000_000;

fn number(variable: &str, unless_set: u64) -> u64 {
    std::env::var(variable).ok().and_then(|set| set.parse().ok()).unwrap_or(unless_set)
}

pub(crate) fn measure(folder: &Path) -> Vec<Figure> {
    let seeds = number("OKIENKO_WORLDS", SEEDS);
    let start = Instant::now();
    let (mut counts, mut violations) = (Counts::default(), Vec::new());
    for seed in 0..seeds {
        match sim::play(seed, None) {
            Ok(played) => counts.add(played),
            Err(found) => {
                eprintln!("{found}");
                violations.push(json!({ "invariant": found.violation.invariant, "replay": found.replay() }));
            }
        }
    }
    let Counts { seeds: played, faults, operations, papers, changes, erased } = counts;
    let line = json!({
        "seeds": seeds, "played": played, "faults": faults, "operations": operations, "papers": papers,
        "changes": changes, "erased": erased, "violations": violations, "seconds": start.elapsed().as_secs(),
    });
    eprintln!("{line}");
    std::fs::write(folder.join("simulated_runs.json"), format!("{line}\n")).expect("the report is written");
    let beside = [
        ("seeds", seeds),
        ("faults", faults),
        ("operations", operations),
        ("labels", papers),
        ("changes", changes),
        ("erased", erased),
        ("seconds", start.elapsed().as_secs()),
    ];
    let beside = beside.into_iter().map(|(name, n)| (name.to_owned(), count(n))).collect();
    vec![Figure::at_most("fault_runs_simulated", "violations", count(violations.len() as u64), 0.0).with(beside)]
}

pub(crate) fn sabotage(_: &Path) -> Vec<Figure> {
    let mut missed = 0_u64;
    for sabotage in Sabotage::ALL {
        if let Some(found) = sim::find(sabotage) {
            eprintln!("red     {} — {} in seed {}", sabotage.as_str(), found.violation.invariant, found.seed);
        } else {
            missed += 1;
            eprintln!("MISSED  {}", sabotage.as_str());
        }
    }
    vec![Figure::at_most("sabotage_simulated", "missed", count(missed), 0.0)]
}

pub(crate) fn fuzz(_: &Path) -> Vec<Figure> {
    let start = Instant::now();
    let fuzzed = fuzz::feed(number("OKIENKO_INPUTS", INPUTS), 2);
    let beside = [("inputs", fuzzed.inputs), ("taken", fuzzed.taken), ("seconds", start.elapsed().as_secs())];
    let beside = beside.into_iter().map(|(name, n)| (name.to_owned(), count(n))).collect();
    vec![Figure::at_most("fuzz", "crashes", 0.0, 0.0).with(beside)]
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(of: u64) -> f64 {
    of as f64
}
