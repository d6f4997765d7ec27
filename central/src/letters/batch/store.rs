//! SQL for many letters at once: one statement a table, whatever the number of letters.

use domain::ids::{DeviceId, LetterId};
use jiff::{ToSpan, civil::Date};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;
use wire::v1::{OpBody, changes::ScanState};

use super::super::{
    rules::Record,
    store::{KEY_YEARS, public_words},
};
use crate::db::damaged;

/// A document's row.
#[derive(Clone, Debug)]
pub(super) struct ScanRow {
    pub(super) letter: LetterId,
    pub(super) device: DeviceId,
    pub(super) scan: ScanState,
}

/// Whether nothing about these operations' letters needs a look at each: no operation waits for one, none gave way to another, no
/// number of theirs was named lost, and no document's id is known.
pub(super) async fn is_plain(tx: &mut PgConnection, bodies: &[&OpBody]) -> sqlx::Result<bool> {
    let letters: Vec<Uuid> = bodies.iter().filter_map(|body| body.letter_id()).map(|letter| letter.0).collect();
    let (mut registers, mut symbols, mut years, mut numbers, mut scans) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for body in bodies {
        match body {
            OpBody::LetterRegistered { letter, .. } => {
                registers.push(letter.number.register.as_str().to_owned());
                symbols.push(letter.number.symbol.as_str().to_owned());
                years.push(letter.number.year);
                numbers.push(i64::from(letter.number.n));
            }
            OpBody::ScanAttached { scan_id, .. } => scans.push(scan_id.0),
            _ => {}
        }
    }
    sqlx::query_scalar!(
        r#"SELECT NOT (
               EXISTS (SELECT FROM operation
                       WHERE letter_id = ANY ($1) AND fate = 'kept' AND reason = 'letter_unknown')
               OR EXISTS (SELECT FROM replaced_letter WHERE letter_id = ANY ($1))
               OR EXISTS (SELECT FROM lost_number
                          WHERE (register, symbol, year, n) IN (SELECT * FROM unnest($2::text[], $3::text[], $4::int2[], $5::int8[])))
               OR EXISTS (SELECT FROM scan WHERE id = ANY ($6))
           ) AS "plain!""#,
        &letters,
        &registers,
        &symbols,
        &years,
        &numbers,
        &scans
    )
    .fetch_one(tx)
    .await
}

/// Columns of many letters, side by side.
#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    facts: Vec<Value>,
    stages: Vec<String>,
    changed_on: Vec<String>,
    changed_by: Vec<String>,
    units: Vec<Option<String>>,
    units_set_by: Vec<Option<String>>,
    corrected: Vec<Option<Value>>,
    cancelled: Vec<Option<Value>>,
    intake: Vec<Uuid>,
    routing: Vec<Option<Uuid>>,
    status: Vec<Option<Uuid>>,
}

impl Columns {
    fn of(records: &[&Record]) -> sqlx::Result<Self> {
        let mut columns = Self::default();
        for Record { state, .. } in records {
            columns.ids.push(state.id.0);
            columns.facts.push(json(&state.facts)?);
            columns.stages.push(state.stage.as_str().to_owned());
            columns.changed_on.push(state.stage_changed_on.to_string());
            columns.changed_by.push(state.stage_changed_by.clone());
            columns.units.push(state.unit.clone());
            columns.units_set_by.push(state.unit_set_by.clone());
            columns.corrected.push(state.corrected.as_ref().map(json).transpose()?);
            columns.cancelled.push(state.cancelled.as_ref().map(json).transpose()?);
            columns.intake.push(state.last_ops.intake.0);
            columns.routing.push(state.last_ops.routing.map(|op| op.0));
            columns.status.push(state.last_ops.status.map(|op| op.0));
        }
        Ok(columns)
    }
}

fn json(value: &impl serde::Serialize) -> sqlx::Result<Value> {
    serde_json::to_value(value).map_err(damaged)
}

/// Writes new letters; `false` when one of their numbers is taken.
pub(super) async fn insert(tx: &mut PgConnection, records: &[&Record]) -> sqlx::Result<bool> {
    if records.is_empty() {
        return Ok(true);
    }
    let columns = Columns::of(records)?;
    let registers: Vec<String> = records.iter().map(|one| one.state.number.register.as_str().to_owned()).collect();
    let symbols: Vec<String> = records.iter().map(|one| one.state.number.symbol.as_str().to_owned()).collect();
    let years: Vec<i16> = records.iter().map(|one| one.state.number.year).collect();
    let numbers: Vec<i64> = records.iter().map(|one| i64::from(one.state.number.n)).collect();
    let identifiers: Vec<String> = records.iter().map(|one| one.state.identifier.as_str().to_owned()).collect();
    let registered_at: Vec<String> = records.iter().map(|one| one.state.registered_at.to_string()).collect();
    let registered_by: Vec<String> = records.iter().map(|one| one.state.registered_by.clone()).collect();
    let devices: Vec<Uuid> = records.iter().map(|one| one.state.registered_on.0).collect();
    let hashes: Vec<Vec<u8>> = records.iter().map(|one| one.status_hash.to_vec()).collect();
    let inserted = sqlx::query!(
        "INSERT INTO letter (id, register, symbol, year, n, identifier, registered_at, registered_by, device_id, facts,
                             stage, stage_changed_on, stage_changed_by, unit, unit_set_by, corrected, cancelled,
                             intake_op, routing_op, status_op, status_hash)
         SELECT id, register, symbol, year, n, identifier, registered_at, registered_by, device_id, facts, stage,
                changed_on::date, changed_by, unit, unit_set_by, corrected, cancelled, intake, routing, status, hash
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int2[], $5::int8[], $6::text[], $7::text[], $8::text[],
                     $9::uuid[], $10::jsonb[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
                     $16::jsonb[], $17::jsonb[], $18::uuid[], $19::uuid[], $20::uuid[], $21::bytea[])
              AS new (id, register, symbol, year, n, identifier, registered_at, registered_by, device_id, facts, stage,
                      changed_on, changed_by, unit, unit_set_by, corrected, cancelled, intake, routing, status, hash)
         ON CONFLICT DO NOTHING",
        &columns.ids,
        &registers,
        &symbols,
        &years,
        &numbers,
        &identifiers,
        &registered_at,
        &registered_by,
        &devices,
        &columns.facts,
        &columns.stages,
        &columns.changed_on,
        &columns.changed_by,
        &columns.units as _,
        &columns.units_set_by as _,
        &columns.corrected as _,
        &columns.cancelled as _,
        &columns.intake,
        &columns.routing as _,
        &columns.status as _,
        &hashes
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == records.len() as u64)
}

/// Writes what operations change of letters.
pub(super) async fn update(tx: &mut PgConnection, records: &[&Record]) -> sqlx::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(records)?;
    sqlx::query!(
        "UPDATE letter
         SET facts = new.facts, stage = new.stage, stage_changed_on = changed_on::date,
             stage_changed_by = changed_by, unit = new.unit, unit_set_by = new.unit_set_by, corrected = new.corrected,
             cancelled = new.cancelled, intake_op = intake, routing_op = routing, status_op = status
         FROM unnest($1::uuid[], $2::jsonb[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
                     $9::jsonb[], $10::uuid[], $11::uuid[], $12::uuid[])
              AS new (id, facts, stage, changed_on, changed_by, unit, unit_set_by, corrected, cancelled, intake, routing,
                      status)
         WHERE letter.id = new.id",
        &columns.ids,
        &columns.facts,
        &columns.stages,
        &columns.changed_on,
        &columns.changed_by,
        &columns.units as _,
        &columns.units_set_by as _,
        &columns.corrected as _,
        &columns.cancelled as _,
        &columns.intake,
        &columns.routing as _,
        &columns.status as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Shows the letters on the public page as they are now; cancelled ones are not shown.
pub(super) async fn publish(tx: &mut PgConnection, records: &[&Record]) -> sqlx::Result<()> {
    let (gone, shown): (Vec<&Record>, Vec<&Record>) =
        records.iter().copied().partition(|record| record.state.cancelled.is_some());
    if !gone.is_empty() {
        let hashes: Vec<Vec<u8>> = gone.iter().map(|record| record.status_hash.to_vec()).collect();
        sqlx::query!("DELETE FROM status_public WHERE hash = ANY ($1)", &hashes).execute(&mut *tx).await?;
    }
    if shown.is_empty() {
        return Ok(());
    }
    let hashes: Vec<Vec<u8>> = shown.iter().map(|record| record.status_hash.to_vec()).collect();
    let stages: Vec<String> = shown.iter().map(|record| record.state.stage.as_str().to_owned()).collect();
    let changed_on: Vec<String> = shown.iter().map(|record| record.state.stage_changed_on.to_string()).collect();
    let units: Vec<Option<String>> = shown.iter().map(|record| public_words(&record.state)).collect();
    let expires = |record: &&Record| {
        let expires = record.state.stage_changed_on.checked_add(KEY_YEARS.years());
        expires.unwrap_or(Date::MAX).to_string()
    };
    let expires_on: Vec<String> = shown.iter().map(expires).collect();
    sqlx::query!(
        "INSERT INTO status_public (hash, stage, changed_on, unit, expires_on)
         SELECT hash, stage, changed_on::date, CASE WHEN new.words IS NOT NULL THEN coalesce(name, '') END, expires_on::date
         FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[])
              AS new (hash, stage, changed_on, words, expires_on)
              LEFT JOIN (public_unit JOIN unit ON unit.id = unit_id AND NOT neutral) ON public_unit.words = new.words
         ON CONFLICT (hash) DO UPDATE SET stage = excluded.stage, changed_on = excluded.changed_on, unit = excluded.unit,
             expires_on = excluded.expires_on",
        &hashes,
        &stages,
        &changed_on,
        &units as _,
        &expires_on
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes documents' rows in their order; `false` when one of their ids is taken.
pub(super) async fn insert_scans(tx: &mut PgConnection, scans: &[ScanRow]) -> sqlx::Result<bool> {
    if scans.is_empty() {
        return Ok(true);
    }
    let ids: Vec<Uuid> = scans.iter().map(|row| row.scan.scan_id.0).collect();
    let letters: Vec<Uuid> = scans.iter().map(|row| row.letter.0).collect();
    let devices: Vec<Uuid> = scans.iter().map(|row| row.device.0).collect();
    let pages: Vec<i64> = scans.iter().map(|row| i64::from(row.scan.pages)).collect();
    let bytes: Vec<i64> =
        scans.iter().map(|row| i64::try_from(row.scan.bytes).map_err(damaged)).collect::<Result<_, _>>()?;
    let hashes: Vec<Vec<u8>> = scans.iter().map(|row| row.scan.sha256.to_vec()).collect();
    let by: Vec<String> = scans.iter().map(|row| row.scan.by.clone()).collect();
    let at: Vec<String> = scans.iter().map(|row| row.scan.at.to_string()).collect();
    let inserted = sqlx::query!(
        "INSERT INTO scan (id, letter_id, device_id, pages, bytes, sha256, attached_by, attached_at)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int8[], $5::int8[], $6::bytea[], $7::text[], $8::text[])
         ON CONFLICT (id) DO NOTHING",
        &ids,
        &letters,
        &devices,
        &pages,
        &bytes,
        &hashes,
        &by,
        &at
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == scans.len() as u64)
}
