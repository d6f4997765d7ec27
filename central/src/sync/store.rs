//! All SQL of the log and of the stream of changes.

use std::{borrow::Cow, ops::RangeInclusive};

use domain::{
    ids::{DeviceId, LetterId, OpId},
    rights::RecordKind,
};
use jiff::Timestamp;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;
use wire::{
    core::push::Outcome,
    v1::{AuditHead, Change, Operation, RawBody, Standing, Tip},
};

use super::{
    State,
    settlement::{Settlement, Way},
    stored::{Columns, remains_of_operation},
};
use crate::db::{Instant, damaged};

pub(super) async fn state(tx: &mut PgConnection) -> sqlx::Result<State> {
    let row = sqlx::query!("SELECT epoch, head, audit_n, audit_hash FROM office_state").fetch_one(tx).await?;
    let audit = audit_head(row.audit_n, row.audit_hash)?;
    Ok(State { epoch: row.epoch, head: row.head.try_into().map_err(damaged)?, audit })
}

/// Begins a new epoch after the given one; `false` when another transaction was faster.
pub(super) async fn begin_epoch(tx: &mut PgConnection, after: Uuid, epoch: Uuid) -> sqlx::Result<bool> {
    let begun = sqlx::query!("UPDATE office_state SET epoch = $2 WHERE epoch = $1", after, epoch).execute(tx).await?;
    Ok(begun.rows_affected() == 1)
}

/// Takes the next `n` numbers; other writers wait here until this transaction ends.
pub(super) async fn raise_head(tx: &mut PgConnection, n: u64) -> sqlx::Result<State> {
    let n = i64::try_from(n).map_err(damaged)?;
    let row = sqlx::query!("UPDATE office_state SET head = head + $1 RETURNING epoch, head, audit_n, audit_hash", n)
        .fetch_one(tx)
        .await?;
    let audit = audit_head(row.audit_n, row.audit_hash)?;
    Ok(State { epoch: row.epoch, head: row.head.try_into().map_err(damaged)?, audit })
}

fn audit_head(n: i64, hash: Vec<u8>) -> sqlx::Result<AuditHead> {
    let hash = hash.try_into().map_err(|_| damaged("audit hash"))?;
    Ok(AuditHead { n: n.try_into().map_err(damaged)?, hash })
}

/// A change to be written.
pub(super) struct NewChange {
    pub(super) n: u64,
    pub(super) digest: [u8; 32],
    pub(super) letter: LetterId,
    pub(super) body: String,
}

pub(super) async fn add_changes(tx: &mut PgConnection, changes: &[NewChange]) -> sqlx::Result<()> {
    let numbers: Vec<i64> = changes.iter().map(|change| signed(change.n)).collect::<Result<_, _>>()?;
    let digests: Vec<Vec<u8>> = changes.iter().map(|change| change.digest.to_vec()).collect();
    let letters: Vec<Uuid> = changes.iter().map(|change| change.letter.0).collect();
    let bodies: Vec<&str> = changes.iter().map(|change| change.body.as_str()).collect();
    sqlx::query!(
        "INSERT INTO change (n, digest, letter_id, body)
         SELECT * FROM unnest($1::int8[], $2::bytea[], $3::uuid[], $4::text[])",
        &numbers,
        &digests,
        &letters,
        &bodies as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The digest of a change; `None` when there is no such change.
pub(super) async fn digest(tx: &mut PgConnection, n: u64) -> sqlx::Result<Option<[u8; 32]>> {
    // A number beyond what a column holds is no change of ours.
    let Ok(n) = i64::try_from(n) else { return Ok(None) };
    let digest = sqlx::query_scalar!("SELECT digest FROM change WHERE n = $1", n).fetch_optional(tx).await?;
    digest.map(|digest| digest.try_into().map_err(|_| damaged("digest"))).transpose()
}

/// Changes behind a number, in order, each with the kind that its letter is by now.
pub(super) async fn changes(tx: &mut PgConnection, after: u64, limit: u32) -> sqlx::Result<Vec<(Change, RecordKind)>> {
    let rows = sqlx::query!(
        r#"SELECT change.n, digest, body, facts ->> 'kind' AS "kind?"
           FROM change LEFT JOIN letter ON letter.id = change.letter_id WHERE change.n > $1 ORDER BY change.n LIMIT $2"#,
        signed(after)?,
        i64::from(limit)
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let change = Change {
                n: row.n.try_into().map_err(damaged)?,
                digest: row.digest.try_into().map_err(|_| damaged("digest"))?,
                body: RawBody::from_text(row.body).map_err(|_| damaged("change"))?,
            };
            Ok((change, RecordKind::of_letter(row.kind.as_deref())))
        })
        .collect()
}

/// Locks the desk's log; says where it ends and whether the desk counts.
pub(super) async fn lock_log(tx: &mut PgConnection, device: DeviceId) -> sqlx::Result<(Tip, Standing)> {
    let row = sqlx::query!("SELECT last_seq, last_hash, standing FROM device WHERE id = $1 FOR UPDATE", device.0)
        .fetch_one(tx)
        .await?;
    let tip = Tip {
        seq: row.last_seq.try_into().map_err(damaged)?,
        hash: row.last_hash.try_into().map_err(|_| damaged("hash"))?,
    };
    Ok((tip, row.standing.parse().map_err(damaged)?))
}

/// Which of the operations with these hashes are held.
pub(super) async fn held_among(tx: &mut PgConnection, device: DeviceId, hashes: &[[u8; 32]]) -> sqlx::Result<Vec<Tip>> {
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    let rows = sqlx::query!(
        "SELECT seq, hash FROM held_operation WHERE device_id = $1 AND hash = ANY ($2)",
        device.0,
        &hashes
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Tip {
                seq: row.seq.try_into().map_err(damaged)?,
                hash: row.hash.try_into().map_err(|_| damaged("hash"))?,
            })
        })
        .collect()
}

/// Keeps an operation in the hold.
pub(super) async fn hold_operation(
    tx: &mut PgConnection,
    device: DeviceId,
    operation: &Operation,
    letter: Option<LetterId>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (body, commitment) = columns_of(operation);
    sqlx::query!(
        "INSERT INTO held_operation (device_id, hash, seq, op_id, schema_v, salt, body, prev_hash, received_at, letter_id,
                                     commitment)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        device.0,
        &operation.hash[..],
        signed(operation.seq)?,
        operation.op_id.0,
        i32::try_from(operation.schema_v).map_err(damaged)?,
        &operation.salt[..],
        &body[..],
        &operation.prev_hash[..],
        Instant(now) as _,
        letter.map(|letter| letter.0),
        commitment.as_ref().map(|commitment| &commitment[..])
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Everything held that nobody has settled, by desk and number, with the moment of its arrival.
pub(super) async fn held(tx: &mut PgConnection) -> sqlx::Result<Vec<(DeviceId, Operation, Timestamp)>> {
    let rows = sqlx::query!(
        r#"SELECT device_id, seq, op_id, schema_v, salt, body, prev_hash, hash, commitment, letter_id,
                  received_at AS "received_at: Instant"
           FROM held_operation WHERE settled IS NULL ORDER BY device_id, seq, received_at"#
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let columns = Columns {
                seq: row.seq,
                op_id: row.op_id,
                schema_v: row.schema_v,
                salt: row.salt,
                body: row.body,
                prev_hash: row.prev_hash,
                hash: row.hash,
                commitment: row.commitment,
                letter_id: row.letter_id,
            };
            Ok((DeviceId(row.device_id), columns.read()?, row.received_at.0))
        })
        .collect()
}

/// What is held of a letter and not settled, in the order of its numbers.
pub(super) async fn held_of_letter(
    tx: &mut PgConnection,
    device: DeviceId,
    letter: LetterId,
) -> sqlx::Result<Vec<Operation>> {
    let rows = sqlx::query_as!(
        Columns,
        "SELECT seq, op_id, schema_v, salt, body, prev_hash, hash, commitment, letter_id FROM held_operation
         WHERE device_id = $1 AND letter_id = $2 AND settled IS NULL ORDER BY seq, received_at",
        device.0,
        letter.0
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Columns::read).collect()
}

/// Marks what is settled.
pub(super) async fn settle(tx: &mut PgConnection, settlement: &Settlement) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE held_operation SET settled = $3, settled_at = $4, settled_by = $5, settled_why = $6
         WHERE device_id = $1 AND hash = ANY ($2) AND settled IS NULL",
        settlement.desk.0,
        &settlement.hashes(),
        settlement.way.as_str(),
        Instant(settlement.at) as _,
        settlement.by,
        settlement.why
    )
    .execute(&mut *tx)
    .await?;
    set_held_task(tx, settlement.desk, settlement.at).await
}

/// Marks what is held of a letter that was erased: nothing is left of it to be settled.
pub(super) async fn settle_erased(
    tx: &mut PgConnection,
    device: DeviceId,
    letter: LetterId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE held_operation SET settled = 'discarded', settled_at = $3, settled_by = '', settled_why = 'erased'
         WHERE device_id = $1 AND letter_id = $2 AND settled IS NULL",
        device.0,
        letter.0,
        Instant(now) as _
    )
    .execute(&mut *tx)
    .await?;
    set_held_task(tx, device, now).await
}

/// The task of a desk's fork is open while anything of the desk's is held that nobody has settled.
pub(super) async fn set_held_task(tx: &mut PgConnection, device: DeviceId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE task
         SET closed_at = CASE WHEN EXISTS (SELECT FROM held_operation WHERE device_id = $1 AND settled IS NULL) THEN NULL
                         ELSE coalesce(closed_at, $2) END
         WHERE reason = 'held' AND op_id IN (SELECT op_id FROM held_operation WHERE device_id = $1)",
        device.0,
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps a settlement; one that is not done waits.
pub(super) async fn add_settlement(tx: &mut PgConnection, settlement: &Settlement, done: bool) -> sqlx::Result<()> {
    let (same_as, number) = match &settlement.way {
        Way::SamePaper { other } => (Some(other.0), None),
        Way::ReRegistered { number } => (None, Some(number)),
        Way::Accepted | Way::Discarded => (None, None),
    };
    sqlx::query!(
        "INSERT INTO settlement (device_id, letter_id, same_as, register, symbol, year, number, deed, done)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        settlement.desk.0,
        settlement.letter.0,
        same_as,
        number.map(|number| number.register.as_str()),
        number.map(|number| number.symbol.as_str()),
        number.map(|number| number.year),
        number.map(|number| i64::from(number.n)),
        Json(settlement) as _,
        done
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether any settlement waits.
pub(super) async fn any_settlement_waits(tx: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM settlement WHERE NOT done) AS "waits!""#).fetch_one(tx).await
}

/// The settlements that wait, in the order in which they were done first.
pub(super) async fn waiting_settlements(tx: &mut PgConnection) -> sqlx::Result<Vec<(i64, Settlement)>> {
    let rows = sqlx::query!(r#"SELECT n, deed AS "deed: Json<Settlement>" FROM settlement WHERE NOT done ORDER BY n"#)
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.n, row.deed.0)).collect())
}

pub(super) async fn settlement_is_done(tx: &mut PgConnection, n: i64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE settlement SET done = true WHERE n = $1", n).execute(tx).await?;
    Ok(())
}

/// What is held of a settlement's operations, in their order, and whether it is settled.
pub(super) async fn held_by_hash(
    tx: &mut PgConnection,
    settlement: &Settlement,
) -> sqlx::Result<Vec<(Operation, bool)>> {
    let rows = sqlx::query!(
        r#"SELECT seq, op_id, schema_v, salt, body, prev_hash, hash, commitment, letter_id, settled IS NOT NULL AS "settled!"
           FROM held_operation WHERE device_id = $1 AND hash = ANY ($2) ORDER BY seq, received_at"#,
        settlement.desk.0,
        &settlement.hashes()
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let columns = Columns {
                seq: row.seq,
                op_id: row.op_id,
                schema_v: row.schema_v,
                salt: row.salt,
                body: row.body,
                prev_hash: row.prev_hash,
                hash: row.hash,
                commitment: row.commitment,
                letter_id: row.letter_id,
            };
            Ok((columns.read()?, row.settled))
        })
        .collect()
}

/// Holds other transactions off what is held of a desk; of one that is not known nothing is.
pub(super) async fn lock_hold(tx: &mut PgConnection, device: DeviceId) -> sqlx::Result<()> {
    sqlx::query!("SELECT id FROM device WHERE id = $1 FOR UPDATE", device.0).fetch_optional(tx).await?;
    Ok(())
}

/// Notes how far the log of a desk counted that counts no more, where this database has less of it.
pub(super) async fn expect_log(tx: &mut PgConnection, device: DeviceId, counted: Tip) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO counted_log (device_id, seq, hash)
         SELECT $1, $2, $3 FROM device WHERE id = $1 AND last_seq < $2
         ON CONFLICT (device_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        device.0,
        signed(counted.seq)?,
        &counted.hash[..]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// How far the log of a desk counted, where what leads there is still to come again.
pub(super) async fn expected_log(tx: &mut PgConnection, device: DeviceId) -> sqlx::Result<Option<Tip>> {
    let row =
        sqlx::query!("SELECT seq, hash FROM counted_log WHERE device_id = $1", device.0).fetch_optional(tx).await?;
    row.map(|row| {
        Ok(Tip { seq: row.seq.try_into().map_err(damaged)?, hash: row.hash.try_into().map_err(|_| damaged("hash"))? })
    })
    .transpose()
}

pub(super) async fn log_is_whole(tx: &mut PgConnection, device: DeviceId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM counted_log WHERE device_id = $1", device.0).execute(tx).await?;
    Ok(())
}

/// What is held of a desk between two numbers, the first one left out.
pub(super) async fn held_between(
    tx: &mut PgConnection,
    device: DeviceId,
    after: u64,
    up_to: u64,
) -> sqlx::Result<Vec<Operation>> {
    let rows = sqlx::query_as!(
        Columns,
        "SELECT seq, op_id, schema_v, salt, body, prev_hash, hash, commitment, letter_id FROM held_operation
         WHERE device_id = $1 AND seq > $2 AND seq <= $3",
        device.0,
        signed(after)?,
        signed(up_to)?
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Columns::read).collect()
}

/// Takes operations out of the hold: they are in the log from now on.
pub(super) async fn release_held(tx: &mut PgConnection, device: DeviceId, hashes: &[Vec<u8>]) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM held_operation WHERE device_id = $1 AND hash = ANY ($2)", device.0, hashes)
        .execute(tx)
        .await?;
    Ok(())
}

/// The number of a held operation.
pub(super) async fn held_seq(tx: &mut PgConnection, device: DeviceId, hash: &[u8; 32]) -> sqlx::Result<Option<u64>> {
    let seq =
        sqlx::query_scalar!("SELECT seq FROM held_operation WHERE device_id = $1 AND hash = $2", device.0, &hash[..])
            .fetch_optional(tx)
            .await?;
    seq.map(|seq| seq.try_into().map_err(damaged)).transpose()
}

pub(super) async fn set_tip(tx: &mut PgConnection, device: DeviceId, tip: Tip) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE device SET last_seq = $2, last_hash = $3 WHERE id = $1",
        device.0,
        signed(tip.seq)?,
        &tip.hash[..]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Number and hash of the operations of the log between two numbers, both included, in order.
pub(super) async fn hashes(
    tx: &mut PgConnection,
    device: DeviceId,
    span: &RangeInclusive<u64>,
) -> sqlx::Result<Vec<Tip>> {
    let rows = sqlx::query!(
        "SELECT seq, hash FROM operation WHERE device_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq",
        device.0,
        signed(*span.start())?,
        signed(*span.end())?
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Tip {
                seq: row.seq.try_into().map_err(damaged)?,
                hash: row.hash.try_into().map_err(|_| damaged("hash"))?,
            })
        })
        .collect()
}

/// The body's column and the commitment's: of an erased operation, what stands for its content.
fn columns_of(operation: &Operation) -> (Cow<'_, [u8]>, Option<[u8; 32]>) {
    if operation.erased.is_none() {
        return (Cow::Borrowed(&operation.body), None);
    }
    let (commitment, remains) = remains_of_operation(operation);
    (Cow::Owned(remains), Some(commitment))
}

/// Keeps an operation as received.
pub(super) async fn add_operation(
    tx: &mut PgConnection,
    device: DeviceId,
    operation: &Operation,
    letter: Option<LetterId>,
    now: Timestamp,
    outcome: Outcome,
) -> sqlx::Result<()> {
    let (body, commitment) = columns_of(operation);
    sqlx::query!(
        "INSERT INTO operation (device_id, seq, op_id, schema_v, salt, body, prev_hash, hash, received_at, letter_id,
                                fate, reason, commitment)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        device.0,
        signed(operation.seq)?,
        operation.op_id.0,
        i32::try_from(operation.schema_v).map_err(damaged)?,
        &operation.salt[..],
        &body[..],
        &operation.prev_hash[..],
        &operation.hash[..],
        Instant(now) as _,
        letter.map(|letter| letter.0),
        outcome.fate(),
        outcome.reason().map(wire::v1::TaskReason::as_str),
        commitment.as_ref().map(|commitment| &commitment[..])
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps whole operations as received, all with the same outcome.
pub(super) async fn add_operations(
    tx: &mut PgConnection,
    device: DeviceId,
    operations: &[(&Operation, Option<LetterId>)],
    now: Timestamp,
    outcome: Outcome,
) -> sqlx::Result<()> {
    let (mut seqs, mut ids, mut schemas, mut letters) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (operation, letter) in operations {
        seqs.push(signed(operation.seq)?);
        ids.push(operation.op_id.0);
        schemas.push(i32::try_from(operation.schema_v).map_err(damaged)?);
        letters.push(letter.map(|letter| letter.0));
    }
    let column = |of: fn(&Operation) -> &[u8]| -> Vec<Vec<u8>> {
        operations.iter().map(|(operation, _)| of(operation).to_vec()).collect()
    };
    let (salts, bodies) = (column(|one| &one.salt), column(|one| &one.body));
    let (before, hashes) = (column(|one| &one.prev_hash), column(|one| &one.hash));
    sqlx::query!(
        "INSERT INTO operation (device_id, seq, op_id, schema_v, salt, body, prev_hash, hash, received_at, letter_id, fate,
                                reason)
         SELECT $1, seq, op_id, schema_v, salt, body, prev_hash, hash, $2, letter_id, $3, $4
         FROM unnest($5::int8[], $6::uuid[], $7::int4[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[], $12::uuid[])
              AS new (seq, op_id, schema_v, salt, body, prev_hash, hash, letter_id)",
        device.0,
        Instant(now) as _,
        outcome.fate(),
        outcome.reason().map(wire::v1::TaskReason::as_str),
        &seqs,
        &ids,
        &schemas,
        &salts,
        &bodies,
        &before,
        &hashes,
        &letters as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Opens a task about an operation, by whoever caused it.
pub(super) async fn open_task(
    tx: &mut PgConnection,
    operation: OpId,
    letter: Option<LetterId>,
    by: Option<&str>,
    reason: wire::v1::TaskReason,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO task (op_id, letter_id, reason, opened_at, told)
         VALUES ($1, $2, $3, $4, jsonb_build_object('by', $5::text))",
        operation.0,
        letter.map(|letter| letter.0),
        reason.as_str(),
        Instant(now) as _,
        by.unwrap_or_default()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that an operation failed inside central, and says how often it has by now.
pub(super) async fn add_failure(tx: &mut PgConnection, device: DeviceId, seq: u64) -> sqlx::Result<u32> {
    let failures = sqlx::query_scalar!(
        "INSERT INTO operation_failure AS f (device_id, seq, failures) VALUES ($1, $2, 1)
         ON CONFLICT (device_id, seq) DO UPDATE SET failures = f.failures + 1 RETURNING failures",
        device.0,
        signed(seq)?
    )
    .fetch_one(tx)
    .await?;
    failures.try_into().map_err(damaged)
}

pub(super) async fn forget_failures(tx: &mut PgConnection, device: DeviceId, up_to: u64) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM operation_failure WHERE device_id = $1 AND seq <= $2", device.0, signed(up_to)?)
        .execute(tx)
        .await?;
    Ok(())
}

fn signed(n: u64) -> sqlx::Result<i64> {
    i64::try_from(n).map_err(damaged)
}
