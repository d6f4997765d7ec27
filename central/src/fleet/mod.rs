//! The fleet: every desk of an office as the administrator sees it. Desks report once a minute; nothing of it is about a
//! letter or a person, and nothing depends on it.
//!
//! Called by the router, the command line and the administrator's listener.

mod store;

use axum::{Json, extract::State};
use domain::{ids::DeviceId, register::PointSymbol, rights::Scope};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use wire::v1::{DeviceState, Fingerprint, Refusal, Report, Reported, Standing};

use crate::{desks::Sender, erasure, error::Error, extract::Message, router::Office};

const AGAIN_SECONDS: u32 = 60;
const PROGRAM_MAX: usize = 60;
/// A desk that was not heard of for so long is silent: switched off, cut off, or broken.
pub const SILENT_AFTER_SECONDS: i64 = 15 * 60;

/// A desk as the administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetDesk {
    /// Id.
    #[schema(value_type = String, format = "uuid")]
    pub id: DeviceId,
    /// The symbol that it numbers under; an office with one reception may use the empty one.
    #[schema(value_type = String)]
    pub symbol: PointSymbol,
    /// Whether its operations count: `counts`, `forked` (two machines write its log), `revoked`.
    #[schema(value_type = String)]
    pub standing: Standing,
    /// Version of its program.
    pub program: String,
    /// Last contact by central's clock.
    #[schema(value_type = String, format = DateTime)]
    pub last_contact: Timestamp,
    /// No contact for a quarter of an hour.
    pub silent: bool,
    /// Operations that count.
    pub operations: u64,
    /// Operations that are held: those of a desk that does not count.
    pub held: u64,
    /// What it last told of itself; absent before its first report.
    pub report: Option<DeskReport>,
}

/// What a desk last told of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeskReport {
    /// When central received it.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// Operations and scans that it has not sent yet.
    pub unsent: u32,
    /// Since how many seconds the oldest of them waited when it reported, by its own clock.
    pub oldest_unsent_seconds: Option<u64>,
    /// Its label printer: `none`, `unknown`, `ready`, `attention`.
    #[schema(value_type = String)]
    pub label_printer: DeviceState,
    /// The kinds of records (`letters`, `trusted_profile`, `tax`) under which everything there was read: what was outside is
    /// gone from it. Absent while it is still being read, or with an older program.
    #[schema(value_type = Option<Vec<String>>)]
    pub read_scope: Option<Scope>,
    /// Fingerprint of the authority's key that it trusts. Absent without TLS, or with an older program.
    #[schema(value_type = Option<String>)]
    pub authority: Option<Fingerprint>,
    /// Its multifunction device, likewise.
    #[schema(value_type = String)]
    pub mfp: DeviceState,
}

/// Notes what a desk tells of itself. A revoked desk may report as well.
///
/// # Errors
/// [`Refusal::Malformed`] for a version that is none.
pub async fn report(
    State(office): State<Office>,
    Sender(desk): Sender,
    Message(report): Message<Report>,
) -> Result<Json<Reported>, Error> {
    if report.program.len() > PROGRAM_MAX || report.program.chars().any(char::is_control) {
        return Err(Refusal::Malformed.into());
    }
    let now = office.clock.now();
    store::note(&office.pool, desk.id, &report, now).await?;
    if !report.erased.is_empty() {
        erasure::confirm(&office.pool, desk.id, &report.erased, now).await?;
    }
    Ok(Json(Reported { again_seconds: AGAIN_SECONDS }))
}

/// Every desk of the office.
///
/// # Errors
/// Those of the database.
pub async fn fleet(pool: &PgPool, now: Timestamp) -> sqlx::Result<Vec<FleetDesk>> {
    store::fleet(pool, now).await
}
