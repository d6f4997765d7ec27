//! The protocol's invariants in simulated worlds, and the proof that the checks find a careless program.
//!
//! `OKIENKO_SEED=…` plays one world again, as a violation names it; see `docs/testing.md`.

use kit::{
    fuzz,
    sim::{self, Counts, Sabotage},
};

/// Worlds in the ordinary run; `cargo xtask bench fault_runs` plays ten thousand.
const SEEDS: u64 = 2_000;

#[test]
fn whatever_happens_the_invariants_hold_when_all_is_quiet() {
    if let Ok(world) = std::env::var("OKIENKO_SEED") {
        let said = sim::replay(&world, None).map_err(|found| found.map(|found| found.to_string()));
        let counts = said.unwrap_or_else(|found| panic!("{}", found.as_deref().unwrap_or("no world has this name")));
        eprintln!("{counts:?}");
        return;
    }
    let counts = sim::play_all(0..SEEDS).unwrap_or_else(|found| panic!("{found}"));
    // A world in which nothing happens proves nothing.
    let Counts { faults, operations, papers, erased, .. } = counts;
    assert!(faults > 10 * SEEDS && operations > 10 * SEEDS && papers > 5 * SEEDS, "{counts:?}");
    assert!(erased > SEEDS / 4, "{counts:?}");
}

#[test]
fn every_sabotage_is_found() {
    for sabotage in Sabotage::ALL {
        assert!(sim::find(sabotage).is_some(), "{} is not found", sabotage.as_str());
    }
}

#[test]
fn a_violation_is_played_again_by_its_name() {
    let found = sim::find(Sabotage::CursorBeforeData).expect("found");
    let again =
        sim::replay(&found.replay(), Some(Sabotage::CursorBeforeData)).expect_err("the same again").expect("a world");
    assert_eq!((again.violation, again.plan), (found.violation, found.plan));
    assert!(again.kept.len() < 20, "what has nothing to do with it is left out");
    assert!(sim::replay("no world", None).is_err_and(|found| found.is_none()));
}

/// Inputs in the ordinary run; `cargo xtask bench fuzz` feeds a million.
const INPUTS: u64 = 20_000;

#[test]
fn whatever_is_sent_is_read_or_refused() {
    let fuzzed = fuzz::feed(INPUTS, 1);
    // Inputs that no decoder takes would test the reader of JSON alone, and ones that all are taken nothing.
    assert!(fuzzed.taken > INPUTS / 10 && fuzzed.taken < INPUTS * 9 / 10, "{fuzzed:?}");
}
