//! All SQL of the fleet.

use domain::{ids::DeviceId, register::PointSymbol};
use jiff::Timestamp;
use sqlx::PgPool;
use wire::v1::{DeviceState, Fingerprint, Report};

use super::{DeskReport, FleetDesk, SILENT_AFTER_SECONDS};
use crate::db::{Instant, damaged};

pub(super) async fn note(pool: &PgPool, desk: DeviceId, report: &Report, now: Timestamp) -> sqlx::Result<()> {
    let waited = report.oldest_unsent_seconds.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    let kinds = report.read_scope.as_ref().map(|scope| scope.iter().map(|kind| kind.as_str().to_owned()));
    let kinds = kinds.map(Iterator::collect::<Vec<_>>);
    sqlx::query!(
        "WITH heard AS (UPDATE device SET program = $2, last_seen_at = $3 WHERE id = $1)
         INSERT INTO device_report (device_id, received_at, unsent, oldest_unsent_seconds, label_printer, mfp, read_scope, authority)
         VALUES ($1, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (device_id) DO UPDATE
         SET received_at = $3, unsent = $4, oldest_unsent_seconds = $5, label_printer = $6, mfp = $7,
             read_scope = $8, authority = $9",
        desk.0,
        report.program,
        Instant(now) as _,
        i64::from(report.unsent),
        waited,
        report.label_printer.as_str(),
        report.mfp.as_str(),
        kinds.as_deref(),
        report.authority.as_ref().map(|authority| &authority.0[..])
    )
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn fleet(pool: &PgPool, now: Timestamp) -> sqlx::Result<Vec<FleetDesk>> {
    let rows = sqlx::query!(
        r#"SELECT id, symbol, standing, program, last_seq, last_seen_at AS "last_seen_at: Instant",
                  (SELECT count(*) FROM held_operation WHERE held_operation.device_id = id) AS "held!",
                  received_at AS "received_at?: Instant", unsent AS "unsent?",
                  oldest_unsent_seconds, label_printer AS "label_printer?", mfp AS "mfp?", read_scope, authority
           FROM device LEFT JOIN device_report ON device_report.device_id = id ORDER BY symbol, id"#
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let report = match (row.received_at, row.unsent, row.label_printer, row.mfp) {
                (Some(received_at), Some(unsent), Some(label_printer), Some(mfp)) => Some(DeskReport {
                    received_at: received_at.0,
                    unsent: unsent.try_into().map_err(damaged)?,
                    oldest_unsent_seconds: row.oldest_unsent_seconds.map(u64::try_from).transpose().map_err(damaged)?,
                    label_printer: device_state(&label_printer),
                    mfp: device_state(&mfp),
                    read_scope: row.read_scope.map(|kinds| kinds.iter().filter_map(|kind| kind.parse().ok()).collect()),
                    authority: row.authority.and_then(|bytes| bytes.try_into().ok()).map(Fingerprint),
                }),
                _ => None,
            };
            let last_contact = row.last_seen_at.0;
            Ok(FleetDesk {
                id: DeviceId(row.id),
                symbol: PointSymbol::try_from(row.symbol).map_err(damaged)?,
                standing: row.standing.parse().map_err(damaged)?,
                program: row.program,
                last_contact,
                silent: now.duration_since(last_contact).as_secs() > SILENT_AFTER_SECONDS,
                operations: row.last_seq.try_into().map_err(damaged)?,
                held: row.held.try_into().map_err(damaged)?,
                report,
            })
        })
        .collect()
}

fn device_state(text: &str) -> DeviceState {
    let known = [DeviceState::None, DeviceState::Unknown, DeviceState::Ready, DeviceState::Attention];
    known.into_iter().find(|state| state.as_str() == text).unwrap_or(DeviceState::Other)
}
