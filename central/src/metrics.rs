//! What central counts about itself, as Prometheus reads it. No label and no value says anything about a person.
//!
//! Requests are counted by `route`, operations by `sync`; everything else is looked up when somebody asks
//! (`admin::metrics`).

use std::{sync::Arc, time::Duration};

use axum::http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
    registry::Registry,
};
use wire::v1::{DeviceState, Standing};

use crate::fleet::FleetDesk;

/// Which route of which listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RouteLabels {
    listener: &'static str,
    method: String,
    route: String,
}

impl RouteLabels {
    pub(crate) fn new(listener: &'static str, method: &Method, route: &str) -> Self {
        Self { listener, method: method.to_string(), route: route.to_owned() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    listener: &'static str,
    method: String,
    route: String,
    status: u16,
}

/// Which office.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfficeLabels {
    pub(crate) office: String,
}

/// Which desks of an office.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeskLabels {
    office: String,
    /// `all`, `silent`, `forked`, `attention`: the revoked aside.
    which: &'static str,
}

/// From a millisecond to the longest time that a route may take.
const SECONDS: [f64; 12] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0];

#[derive(Clone, Debug)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

/// Central's counters. Clones count together.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    registry: Registry,
    answers: Family<AnswerLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, Buckets>,
    connections: Gauge,
    disk_free: Gauge,
    offices: Family<OfficeLabels, Gauge>,
    desks: Family<DeskLabels, Gauge>,
    oldest: Family<OfficeLabels, Gauge>,
}

impl Metrics {
    /// Counters at nought.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("okienko");
        let answers = Family::default();
        let seconds = Family::new_with_constructor(Buckets);
        let (desks, oldest) = (Family::default(), Family::default());
        let (connections, disk_free, offices) = (Gauge::default(), Gauge::default(), Family::default());
        registry.register("answers", "Requests answered", answers.clone());
        registry.register("answer_seconds", "Time until an answer began", seconds.clone());
        registry.register("database_connections", "Open connections to the database", connections.clone());
        registry.register("scans_disk_free_bytes", "Free bytes on the disk of scans", disk_free.clone());
        registry.register("office_ready", "1 where the office's tables are usable", offices.clone());
        registry.register(
            "desks",
            "Desks that are not revoked: all, silent, forked, a device wants attention",
            desks.clone(),
        );
        registry.register("oldest_unsent_seconds", "Longest wait of an operation at a desk, as told", oldest.clone());
        Self(Arc::new(Counted { registry, answers, seconds, connections, disk_free, offices, desks, oldest }))
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, route: &RouteLabels, status: StatusCode, took: Duration) {
        let RouteLabels { listener, method, route: path } = route.clone();
        let labels = AnswerLabels { listener, method, route: path, status: status.as_u16() };
        self.0.answers.get_or_create(&labels).inc();
        self.0.seconds.get_or_create(route).observe(took.as_secs_f64());
    }

    /// Notes what is true now.
    pub(crate) fn note(&self, connections: u32, disk_free: Option<u64>) {
        self.0.connections.set(connections.into());
        self.0.disk_free.set(disk_free.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(-1));
    }

    /// Notes whether an office can be served.
    pub(crate) fn office(&self, office: &str, ready: bool) {
        self.0.offices.get_or_create(&OfficeLabels { office: office.to_owned() }).set(ready.into());
    }

    /// Notes how the desks of an office are.
    pub(crate) fn fleet(&self, office: &str, fleet: &[FleetDesk]) {
        let wants_attention = |desk: &FleetDesk| {
            let devices = desk.report.as_ref().map(|report| [report.label_printer, report.mfp]);
            devices.is_some_and(|devices| devices.contains(&DeviceState::Attention))
        };
        let count = |which: &'static str, counts: &dyn Fn(&FleetDesk) -> bool| {
            let desks = fleet.iter().filter(|desk| desk.standing != Standing::Revoked && counts(desk)).count();
            let labels = DeskLabels { office: office.to_owned(), which };
            self.0.desks.get_or_create(&labels).set(i64::try_from(desks).unwrap_or(i64::MAX));
        };
        count("all", &|_| true);
        count("silent", &|desk| desk.silent);
        count("forked", &|desk| desk.standing == Standing::Forked);
        count("attention", &wants_attention);
        let oldest = fleet.iter().filter_map(|desk| desk.report.as_ref()?.oldest_unsent_seconds).max();
        let oldest = i64::try_from(oldest.unwrap_or_default()).unwrap_or(i64::MAX);
        self.0.oldest.get_or_create(&OfficeLabels { office: office.to_owned() }).set(oldest);
    }

    /// Everything in the text form of OpenMetrics.
    ///
    /// # Errors
    /// When a value has no text form.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
