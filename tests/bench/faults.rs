//! `fault_runs`: violations of the invariants in runs of real processes, with what was injected beside them.
//! `sabotage`: broken rules that the checker did not notice; `OKIENKO_SABOTAGE` names a part of those to commit.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use kit::{
    checker::{
        self,
        plan::Plan,
        play::{RunReport, Sabotaged, play},
        sabotage::{self, Noticed},
    },
    private_cluster::PrivateCluster,
};

use crate::{report::Figure, runtime};

/// Seeds of one report, unless `OKIENKO_SEEDS` says another number; each takes some ten seconds.
const SEEDS: u64 = 24;
const PHASES: usize = 8;

pub(crate) fn measure(folder: &Path) -> Vec<Figure> {
    let seeds = std::env::var("OKIENKO_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let reports = runtime().block_on(async {
        let cluster = Arc::new(PrivateCluster::start_durable().expect("PostgreSQL"));
        let mut reports = Vec::new();
        for seed in 0..seeds {
            let plan = Plan::draw(seed, PHASES);
            let report = play(Arc::clone(&cluster), &plan, &checker::folder(), &Sabotaged::default()).await;
            for violation in &report.violations {
                eprintln!("seed {seed}: {violation}");
            }
            if let Some(kept) = &report.kept {
                eprintln!("play it again: target/release/checker --phases {PHASES} {seed}; kept in {}", kept.display());
            }
            reports.push(report);
        }
        reports
    });
    write(&folder.join("fault_runs.json"), &reports);
    figures(&reports)
}

fn write(path: &Path, reports: &[RunReport]) {
    let json = serde_json::to_string_pretty(reports).expect("reports have a JSON form");
    std::fs::write(path, json + "\n").expect("the report is written");
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn figures(reports: &[RunReport]) -> Vec<Figure> {
    let sum = |count: fn(&RunReport) -> u32| f64::from(reports.iter().map(count).sum::<u32>());
    let violations: usize = reports.iter().map(|report| report.violations.len()).sum();
    let mut faults: BTreeMap<&'static str, u32> = BTreeMap::new();
    for (fault, times) in reports.iter().flat_map(|report| &report.faults) {
        *faults.entry(fault).or_default() += times;
    }
    let beside: BTreeMap<String, f64> = [
        ("seeds", reports.len() as f64),
        ("operations", sum(|report| report.operations)),
        ("letters", sum(|report| report.letters)),
        ("labels", sum(|report| report.labels)),
    ]
    .into_iter()
    .map(|(name, count)| (name.to_owned(), count))
    .chain(faults.into_iter().map(|(fault, times)| (format!("fault: {fault}"), f64::from(times))))
    .collect();
    vec![Figure::at_most("fault_runs", "violations", violations as f64, 0.0).with(beside)]
}

/// Sabotages use seeds of their own, so that what they leave behind lies apart.
const SABOTAGED: u64 = 1_000_000;

pub(crate) fn sabotage(_: &Path) -> Vec<Figure> {
    let folder = checker::folder().join("sabotage");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (mut missed, mut red, mut skipped) = (0_u32, 0_u32, 0_u32);
    runtime().block_on(async {
        let cluster = Arc::new(PrivateCluster::start_durable().expect("PostgreSQL"));
        let wanted = std::env::var("OKIENKO_SABOTAGE").unwrap_or_default();
        let all = sabotage::ALL.iter().enumerate();
        for (place, sabotage) in all.filter(|(_, sabotage)| sabotage.name.contains(&wanted)) {
            match sabotage.commit(&cluster, &folder, SABOTAGED + 2 * place as u64).await {
                Noticed::Red(found) => {
                    red += 1;
                    eprintln!("red     {} — {found}", sabotage.name);
                }
                Noticed::Missed(found) => {
                    missed += 1;
                    eprintln!("MISSED  {} — {found:?}", sabotage.name);
                }
                Noticed::Skipped => {
                    skipped += 1;
                    eprintln!("skipped {}", sabotage.name);
                }
            }
        }
    });
    let beside = [("turned red", red), ("skipped", skipped)];
    let beside = beside.into_iter().map(|(name, count)| (name.to_owned(), f64::from(count))).collect();
    vec![Figure::at_most("sabotage", "missed", f64::from(missed), 0.0).with(beside)]
}
