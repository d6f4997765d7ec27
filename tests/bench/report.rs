//! The report: one line a figure.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

/// One measured figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    /// Its name, stable.
    pub(crate) name: &'static str,
    /// What was measured.
    pub(crate) value: f64,
    /// Unit of `value` and `reference`.
    pub(crate) unit: &'static str,
    /// What it is compared with in the same run.
    pub(crate) reference: Option<f64>,
    /// `value` ÷ `reference`.
    pub(crate) ratio: Option<f64>,
    /// The goal, in words.
    pub(crate) goal: String,
    /// Whether it is met.
    pub(crate) met: bool,
    /// Counts that the reader needs beside it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) counts: BTreeMap<String, f64>,
}

impl Figure {
    /// A figure that is compared with a peer: the ratio may be at most `limit`.
    pub(crate) fn ratio(name: &'static str, unit: &'static str, value: f64, reference: f64, limit: f64) -> Self {
        let ratio = value / reference;
        let goal = format!("ratio ≤ {limit}");
        let (reference, ratio, met) = (Some(reference), Some(ratio), ratio <= limit);
        Self { name, value, unit, reference, ratio, goal, met, counts: BTreeMap::new() }
    }

    /// A figure that a peer's is compared with: the peer's time in parts of ours must be at least `limit`.
    pub(crate) fn at_least(name: &'static str, unit: &'static str, peer: f64, ours: f64, limit: f64) -> Self {
        let ratio = peer / ours;
        let goal = format!("ratio ≥ {limit}");
        let (reference, ratio, met) = (Some(ours), Some(ratio), ratio >= limit);
        Self { name, value: peer, unit, reference, ratio, goal, met, counts: BTreeMap::new() }
    }

    /// A figure that may be at most `limit` itself.
    pub(crate) fn at_most(name: &'static str, unit: &'static str, value: f64, limit: f64) -> Self {
        let (goal, met) = (format!("≤ {limit} {unit}"), value <= limit);
        Self { name, value, unit, reference: None, ratio: None, goal, met, counts: BTreeMap::new() }
    }

    /// A figure that stands beside another for the reader: it has no goal.
    pub(crate) fn beside(name: &'static str, unit: &'static str, value: f64, reference: f64) -> Self {
        let (reference, ratio) = (Some(reference), Some(value / reference));
        Self { name, value, unit, reference, ratio, goal: "–".to_owned(), met: true, counts: BTreeMap::new() }
    }

    /// A figure without a goal.
    pub(crate) fn told(name: &'static str, unit: &'static str, value: f64) -> Self {
        Self {
            name,
            value,
            unit,
            reference: None,
            ratio: None,
            goal: "–".to_owned(),
            met: true,
            counts: BTreeMap::new(),
        }
    }

    /// The same figure with counts beside it.
    pub(crate) fn with(mut self, counts: BTreeMap<String, f64>) -> Self {
        self.counts.extend(counts);
        self
    }
}

/// All figures of a run.
#[derive(Default)]
pub(crate) struct Report(Vec<Figure>);

impl Report {
    pub(crate) fn add(&mut self, figures: Vec<Figure>) {
        self.0.extend(figures);
    }

    pub(crate) fn write(&self, path: &Path) {
        let json = serde_json::to_string_pretty(&self.0).expect("figures have a JSON form");
        std::fs::write(path, json + "\n").expect("the report is written");
    }

    #[expect(clippy::print_stdout, reason = "the table is what the command is for")]
    pub(crate) fn print(&self) {
        println!(
            "{:<28} {:>12} {:>12} {:<6} {:>7}  {:<14} met",
            "figure", "value", "reference", "unit", "ratio", "goal"
        );
        for figure in &self.0 {
            let number = |value: Option<f64>, places: usize| {
                value.map_or_else(|| "–".to_owned(), |value| format!("{value:.places$}"))
            };
            println!(
                "{:<28} {:>12.3} {:>12} {:<6} {:>7}  {:<14} {}",
                figure.name,
                figure.value,
                number(figure.reference, 3),
                figure.unit,
                number(figure.ratio, 2),
                figure.goal,
                if figure.met { "yes" } else { "NO" }
            );
            for (name, count) in &figure.counts {
                println!("    {name:<36} {count:>10.0}");
            }
        }
    }
}

/// The value below which `percent` of the samples lie.
pub(crate) fn percentile(samples: &mut [f64], percent: usize) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[(samples.len() * percent / 100).min(samples.len() - 1)]
}

/// Milliseconds of a duration.
pub(crate) fn ms(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
