//! All SQL of letters, their scans' rows, tasks and the public page's table.

use std::{collections::BTreeMap, str::FromStr};

use domain::{
    directory::public_key,
    ids::{DeviceId, LetterId, OpId, ScanId},
    marks::{DocumentIdentifier, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
    rights::RecordKind,
    stage::Stage,
};
use jiff::{Timestamp, ToSpan, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;
use wire::v1::{
    LetterState, LetterTask, Overlap, TaskReason,
    changes::{LastOps, ScanState},
};

use super::rules::Record;
use crate::{
    db::{Day, Instant, damaged},
    directory,
    symbols::CENTRAL,
};

/// How long the page answers after the last change of stage.
pub(in crate::letters) const KEY_YEARS: i32 = 2;

/// Holds other transactions off these letters, whether or not they exist yet, until this one ends.
pub(crate) async fn lock(tx: &mut PgConnection, office: &Teryt, letters: &[LetterId]) -> sqlx::Result<()> {
    directory::lock_for_letters(tx).await?;
    let mut keys: Vec<i64> = letters.iter().map(|letter| lock_key(office, *letter)).collect();
    // One order for everybody: two batches never wait for each other.
    keys.sort_unstable();
    keys.dedup();
    if !keys.is_empty() {
        sqlx::query!("SELECT pg_advisory_xact_lock(key) FROM unnest($1::int8[]) AS key", &keys).execute(tx).await?;
    }
    Ok(())
}

fn lock_key(office: &Teryt, letter: LetterId) -> i64 {
    let hash = Sha256::new().chain_update(office.as_str()).chain_update(letter.0.as_bytes()).finalize();
    let mut key = [0; 8];
    key.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(key)
}

/// The letter with its scans and open tasks.
pub(super) async fn load(tx: &mut PgConnection, id: LetterId) -> sqlx::Result<Option<Record>> {
    Ok(load_all(tx, &[id]).await?.remove(&id))
}

/// Those of the letters that are there, with scans and open tasks.
pub(in crate::letters) async fn load_all(
    tx: &mut PgConnection,
    letters: &[LetterId],
) -> sqlx::Result<BTreeMap<LetterId, Record>> {
    let ids: Vec<Uuid> = letters.iter().map(|letter| letter.0).collect();
    let rows = sqlx::query!(
        r#"SELECT id, register, symbol, year, n, identifier, registered_at, registered_by, device_id,
                  facts AS "facts: Json<domain::letter::LetterFacts>", stage, stage_changed_on, stage_changed_by, unit,
                  unit_set_by, corrected AS "corrected: Json<wire::v1::changes::Correction>",
                  cancelled AS "cancelled: Json<wire::v1::changes::Cancellation>",
                  intake_op, routing_op, status_op, key_op, status_hash, replaces, erased
           FROM letter WHERE id = ANY ($1)"#,
        &ids
    )
    .fetch_all(&mut *tx)
    .await?;
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (mut scans, mut tasks) = (scans(tx, &ids).await?, tasks(tx, &ids).await?);
    let mut records = BTreeMap::new();
    for row in rows {
        let id = LetterId(row.id);
        let state = LetterState {
            id,
            number: RegisterNumber {
                register: register(&row.register)?,
                symbol: PointSymbol::try_from(row.symbol).map_err(damaged)?,
                year: row.year,
                n: row.n.try_into().map_err(damaged)?,
            },
            identifier: identifier(row.identifier)?,
            registered_at: row.registered_at.parse().map_err(damaged)?,
            registered_by: row.registered_by,
            registered_on: DeviceId(row.device_id),
            facts: row.facts.0,
            stage: Stage::from_str(&row.stage).map_err(damaged)?,
            stage_changed_on: row.stage_changed_on.0,
            stage_changed_by: row.stage_changed_by,
            unit: row.unit,
            unit_set_by: row.unit_set_by,
            corrected: row.corrected.map(|corrected| corrected.0),
            cancelled: row.cancelled.map(|cancelled| cancelled.0),
            scans: scans.remove(&row.id).unwrap_or_default(),
            replaces: row.replaces.map(LetterId),
            last_ops: LastOps {
                intake: OpId(row.intake_op),
                routing: row.routing_op.map(OpId),
                key: row.key_op.map(OpId),
                status: row.status_op.map(OpId),
            },
            tasks: tasks.remove(&row.id).unwrap_or_default(),
        };
        let status_hash = row.status_hash.try_into().map_err(|_| damaged("status hash"))?;
        records.insert(id, Record { state, status_hash, erased: row.erased });
    }
    Ok(records)
}

async fn scans(tx: &mut PgConnection, letters: &[Uuid]) -> sqlx::Result<BTreeMap<Uuid, Vec<ScanState>>> {
    let rows = sqlx::query!(
        r#"SELECT letter_id, id, pages, bytes, sha256, attached_by, attached_at, stored_at IS NOT NULL AS "stored!"
           FROM scan WHERE letter_id = ANY ($1) ORDER BY arrival"#,
        letters
    )
    .fetch_all(tx)
    .await?;
    let mut scans = BTreeMap::<Uuid, Vec<ScanState>>::new();
    for row in rows {
        scans.entry(row.letter_id).or_default().push(ScanState {
            scan_id: ScanId(row.id),
            pages: row.pages.try_into().map_err(damaged)?,
            bytes: row.bytes.try_into().map_err(damaged)?,
            sha256: row.sha256.try_into().map_err(|_| damaged("scan hash"))?,
            by: row.attached_by,
            at: row.attached_at.parse().map_err(damaged)?,
            stored: row.stored,
        });
    }
    Ok(scans)
}

async fn tasks(tx: &mut PgConnection, letters: &[Uuid]) -> sqlx::Result<BTreeMap<Uuid, Vec<LetterTask>>> {
    let rows = sqlx::query!(
        r#"SELECT letter_id AS "letter_id!", op_id, reason, opened_at AS "opened_at: Instant",
                  told AS "told: Json<Task>"
           FROM task WHERE letter_id = ANY ($1) AND closed_at IS NULL ORDER BY id"#,
        letters
    )
    .fetch_all(tx)
    .await?;
    let mut tasks = BTreeMap::<Uuid, Vec<LetterTask>>::new();
    for row in rows {
        let Task { by, overlap, cancellation } = row.told.map(|told| told.0).unwrap_or_default();
        let (op_id, reason, opened_at) = (OpId(row.op_id), row.reason, row.opened_at.0);
        tasks.entry(row.letter_id).or_default().push(LetterTask {
            op_id,
            reason,
            opened_at,
            by,
            overlap,
            cancellation,
        });
    }
    Ok(tasks)
}

/// What a task shows beside its reason.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Task {
    pub(super) by: String,
    pub(super) overlap: Option<Overlap>,
    pub(super) cancellation: Option<String>,
}

/// Writes a new letter; `false` when another bears its number.
pub(super) async fn insert(tx: &mut PgConnection, record: &Record) -> sqlx::Result<bool> {
    let state = &record.state;
    let inserted = sqlx::query!(
        "INSERT INTO letter (id, register, symbol, year, n, identifier, registered_at, registered_by, device_id, facts,
                             stage, stage_changed_on, stage_changed_by, unit, intake_op, status_hash, replaces)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (register, symbol, year, n) DO NOTHING",
        state.id.0,
        state.number.register.as_str(),
        state.number.symbol.as_str(),
        state.number.year,
        i64::from(state.number.n),
        state.identifier.as_str(),
        state.registered_at.to_string(),
        state.registered_by,
        state.registered_on.0,
        Json(&state.facts) as _,
        state.stage.as_str(),
        Day(state.stage_changed_on) as _,
        state.stage_changed_by,
        state.unit,
        state.last_ops.intake.0,
        &record.status_hash[..],
        state.replaces.map(|letter| letter.0)
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Another status key opens the letter from now on: what the page shows under the one before goes.
pub(super) async fn set_key(tx: &mut PgConnection, record: &Record) -> sqlx::Result<()> {
    let id = record.state.id.0;
    sqlx::query!("DELETE FROM status_public WHERE hash = (SELECT status_hash FROM letter WHERE id = $1)", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "UPDATE letter SET status_hash = $2, key_op = $3 WHERE id = $1",
        id,
        &record.status_hash[..],
        record.state.last_ops.key.map(|op| op.0)
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes what operations change of a letter.
pub(super) async fn update(tx: &mut PgConnection, record: &Record) -> sqlx::Result<()> {
    let state = &record.state;
    sqlx::query!(
        "UPDATE letter SET facts = $2, stage = $3, stage_changed_on = $4, stage_changed_by = $5, unit = $6,
                           cancelled = $7, intake_op = $8, routing_op = $9, status_op = $10, unit_set_by = $11,
                           corrected = $12
         WHERE id = $1",
        state.id.0,
        Json(&state.facts) as _,
        state.stage.as_str(),
        Day(state.stage_changed_on) as _,
        state.stage_changed_by,
        state.unit,
        state.cancelled.as_ref().map(Json) as _,
        state.last_ops.intake.0,
        state.last_ops.routing.map(|op| op.0),
        state.last_ops.status.map(|op| op.0),
        state.unit_set_by,
        state.corrected.as_ref().map(Json) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Shows the letter on the public page as it is now; a cancelled one is not shown.
pub(super) async fn publish(tx: &mut PgConnection, record: &Record) -> sqlx::Result<()> {
    let state = &record.state;
    if state.cancelled.is_some() {
        sqlx::query!("DELETE FROM status_public WHERE hash = $1", &record.status_hash[..]).execute(tx).await?;
        return Ok(());
    }
    let expires_on = state.stage_changed_on.checked_add(KEY_YEARS.years()).unwrap_or(Date::MAX);
    sqlx::query!(
        "INSERT INTO status_public (hash, stage, changed_on, unit, expires_on)
         VALUES ($1, $2, $3, CASE WHEN $4::text IS NOT NULL
                             THEN coalesce((SELECT name FROM public_unit JOIN unit ON unit.id = unit_id
                                            WHERE words = $4 AND NOT neutral), '') END, $5)
         ON CONFLICT (hash) DO UPDATE SET stage = excluded.stage, changed_on = excluded.changed_on, unit = excluded.unit,
             expires_on = excluded.expires_on",
        &record.status_hash[..],
        state.stage.as_str(),
        Day(state.stage_changed_on) as _,
        public_words(state),
        Day(expires_on) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The words by which the public page finds the name of the letter's unit. Of tax and profile letters, which say too much of whoever
/// writes, it shows none: the office's name stands in its place, as it does for words that name no unit.
pub(in crate::letters) fn public_words(state: &LetterState) -> Option<String> {
    let unit = state.unit.as_deref()?;
    Some(match RecordKind::of_letter(state.facts.kind.as_deref()) {
        RecordKind::Letters => public_key(unit),
        RecordKind::TrustedProfile | RecordKind::Tax => String::new(),
    })
}

/// A scan's row as its operation tells it.
pub(super) struct NewScan<'a> {
    pub(super) id: ScanId,
    pub(super) letter: LetterId,
    pub(super) device: DeviceId,
    pub(super) pages: u32,
    pub(super) bytes: u64,
    pub(super) sha256: &'a [u8; 32],
    pub(super) by: &'a str,
    pub(super) at: Timestamp,
}

/// Writes a scan's row; `false` when another document bears its id.
pub(super) async fn insert_scan(tx: &mut PgConnection, scan: &NewScan<'_>) -> sqlx::Result<bool> {
    let Ok(bytes) = i64::try_from(scan.bytes) else { return Ok(false) };
    sqlx::query!(
        "INSERT INTO scan (id, letter_id, device_id, pages, bytes, sha256, attached_by, attached_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
        scan.id.0,
        scan.letter.0,
        scan.device.0,
        i64::from(scan.pages),
        bytes,
        &scan.sha256[..],
        scan.by,
        scan.at.to_string()
    )
    .execute(&mut *tx)
    .await?;
    // The row may be there from the time when the operation waited for its letter.
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM scan WHERE id = $1 AND letter_id = $2 AND device_id = $3 AND bytes = $4
                          AND sha256 = $5) AS "same!""#,
        scan.id.0,
        scan.letter.0,
        scan.device.0,
        bytes,
        &scan.sha256[..]
    )
    .fetch_one(tx)
    .await
}

pub(super) async fn open_task(
    tx: &mut PgConnection,
    op_id: OpId,
    letter: LetterId,
    reason: TaskReason,
    task: &Task,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO task (op_id, letter_id, reason, opened_at, told) VALUES ($1, $2, $3, $4, $5)",
        op_id.0,
        letter.0,
        reason.as_str(),
        Instant(now) as _,
        Json(task) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Closes the task that an operation opened by waiting for its letter.
pub(super) async fn close_waiting_task(tx: &mut PgConnection, op_id: OpId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE task SET closed_at = $2 WHERE op_id = $1 AND reason = 'letter_unknown' AND closed_at IS NULL",
        op_id.0,
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Closes the letter's tasks that an operation opened.
pub(super) async fn close_tasks(
    tx: &mut PgConnection,
    letter: LetterId,
    op_id: OpId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE task SET closed_at = $3 WHERE letter_id = $1 AND op_id = $2 AND closed_at IS NULL",
        letter.0,
        op_id.0,
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An operation that waits for its letter.
pub(super) struct Waiting {
    pub(super) device: DeviceId,
    pub(super) seq: i64,
    pub(super) op_id: OpId,
    pub(super) body: Vec<u8>,
}

/// The operations that wait for a letter, each desk's in its own order.
pub(super) async fn waiting(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Vec<Waiting>> {
    let rows = sqlx::query!(
        "SELECT device_id, seq, op_id, body FROM operation
         WHERE letter_id = $1 AND fate = 'kept' AND reason = 'letter_unknown'
         ORDER BY received_at, device_id, seq",
        letter.0
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Waiting { device: DeviceId(row.device_id), seq: row.seq, op_id: OpId(row.op_id), body: row.body })
        })
        .collect()
}

pub(super) async fn set_fate(
    tx: &mut PgConnection,
    waiting: &Waiting,
    fate: &str,
    reason: Option<TaskReason>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE operation SET fate = $3, reason = $4 WHERE device_id = $1 AND seq = $2",
        waiting.device.0,
        waiting.seq,
        fate,
        reason.map(TaskReason::as_str)
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn add_central_act(
    tx: &mut PgConnection,
    op_id: OpId,
    body: &[u8],
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO central_act (op_id, body, done_at) VALUES ($1, $2, $3)",
        op_id.0,
        body,
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes the re-entry under this number out of the register, for the letter that takes its place; `None` when the number
/// is no re-entry's. Its scans and tasks go over to that letter.
pub(super) async fn give_way(
    tx: &mut PgConnection,
    number: &RegisterNumber,
    to: LetterId,
    now: Timestamp,
) -> sqlx::Result<Option<Record>> {
    let Some(id) = by_number(tx, number).await? else { return Ok(None) };
    let Some(record) = load(tx, id).await? else { return Ok(None) };
    let Record { state, status_hash, .. } = &record;
    if state.registered_on != CENTRAL {
        return Ok(None);
    }
    sqlx::query!(
        "INSERT INTO replaced_letter (letter_id, by_letter, body, replaced_at) VALUES ($1, $2, $3, $4)",
        id.0,
        to.0,
        Json(state) as _,
        Instant(now) as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM status_public WHERE hash = $1", &status_hash[..]).execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM letter WHERE id = $1", id.0).execute(&mut *tx).await?;
    sqlx::query!("UPDATE scan SET letter_id = $2 WHERE letter_id = $1", id.0, to.0).execute(&mut *tx).await?;
    sqlx::query!("UPDATE task SET letter_id = $2 WHERE letter_id = $1", id.0, to.0).execute(tx).await?;
    Ok(Some(record))
}

/// The letter that took the place of a re-entry; `None` where there is none.
pub(super) async fn successor(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Option<LetterId>> {
    let by = sqlx::query_scalar!("SELECT by_letter FROM replaced_letter WHERE letter_id = $1", letter.0)
        .fetch_optional(tx)
        .await?;
    Ok(by.map(LetterId))
}

/// The letter with this register number.
pub(super) async fn by_number(tx: &mut PgConnection, number: &RegisterNumber) -> sqlx::Result<Option<LetterId>> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM letter WHERE register = $1 AND symbol = $2 AND year = $3 AND n = $4",
        number.register.as_str(),
        number.symbol.as_str(),
        number.year,
        i64::from(number.n)
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(LetterId))
}

/// The letter that a person names: a register number (`RPW/K1/12/2026`), a document identifier, or an id.
///
/// # Errors
/// Those of the database. `None` when there is no such letter.
pub async fn find(tx: &mut PgConnection, office: &Teryt, name: &str) -> sqlx::Result<Option<LetterId>> {
    if let Some(number) = super::set_stage::read_number(name) {
        return by_number(tx, &number).await;
    }
    if let Ok(identifier) = DocumentIdentifier::read(office, name) {
        let id = sqlx::query_scalar!("SELECT id FROM letter WHERE identifier = $1", identifier.as_str())
            .fetch_optional(tx)
            .await?;
        return Ok(id.map(LetterId));
    }
    let Ok(id) = LetterId::from_str(name) else { return Ok(None) };
    let id = sqlx::query_scalar!("SELECT id FROM letter WHERE id = $1", id.0).fetch_optional(tx).await?;
    Ok(id.map(LetterId))
}

/// The kind of record that a letter is; `None` when there is no such letter.
///
/// # Errors
/// Those of the database.
pub async fn record_kind(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Option<RecordKind>> {
    let kind = sqlx::query_scalar!(r#"SELECT facts ->> 'kind' AS kind FROM letter WHERE id = $1"#, letter.0)
        .fetch_optional(tx)
        .await?;
    Ok(kind.map(|kind| RecordKind::of_letter(kind.as_deref())))
}

fn register(text: &str) -> sqlx::Result<Register> {
    [Register::Incoming, Register::Outgoing]
        .into_iter()
        .find(|register| register.as_str() == text)
        .ok_or_else(|| damaged("register"))
}

// A flagged identifier may not be the number's, so it is taken as stored and not checked against the office.
fn identifier(text: String) -> sqlx::Result<DocumentIdentifier> {
    serde_json::from_value(serde_json::Value::String(text)).map_err(damaged)
}
