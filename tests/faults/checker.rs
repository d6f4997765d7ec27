//! The checker's short version: a few seeds, so that every change is met by desks, central and PostgreSQL as real
//! processes. `cargo xtask bench fault_runs` plays many.

use std::sync::Arc;

use kit::{
    checker::{
        self,
        plan::Plan,
        play::{Sabotaged, play},
    },
    private_cluster::PrivateCluster,
};

/// One over TLS in which central is restored by its own command, one over plain HTTP in which a desk is cloned.
const SEEDS: [u64; 2] = [1_000, 1_007];
const PHASES: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn after_any_history_of_faults_the_invariants_hold() {
    let cluster = Arc::new(PrivateCluster::start_durable().expect("PostgreSQL"));
    for seed in SEEDS {
        let plan = Plan::draw(seed, PHASES);
        let report = play(Arc::clone(&cluster), &plan, &checker::folder(), &Sabotaged::default()).await;
        assert!(report.letters > 0 && report.labels > 0 && !report.faults.is_empty(), "{report:?}");
        let found: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
        let again = format!("target/debug/checker --phases {PHASES} {seed}");
        assert!(found.is_empty(), "play it again with `{again}`; kept in {:?}:\n{}", report.kept, found.join("\n"));
    }
}
