//! All SQL of the audit.

use std::collections::BTreeSet;

use domain::{
    ids::{ClerkId, DeviceId, LetterId},
    marks::Teryt,
    register::PointSymbol,
};
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;
use wire::v1::{AuditHead, Operation, Tip, audit::AuditClerk};

use crate::{
    db::{Instant, damaged},
    sync::Columns,
};

/// The office and its last entry; other writers wait until this transaction ends.
pub(super) async fn lock(tx: &mut PgConnection) -> sqlx::Result<(Teryt, AuditHead)> {
    let row = sqlx::query!("SELECT teryt, audit_n, audit_hash FROM office_state FOR UPDATE").fetch_one(tx).await?;
    let hash = row.audit_hash.try_into().map_err(|_| damaged("audit hash"))?;
    let head = AuditHead { n: row.audit_n.try_into().map_err(damaged)?, hash };
    Ok((Teryt::try_from(row.teryt).map_err(damaged)?, head))
}

/// The same, as this transaction sees it.
pub(super) async fn look(tx: &mut PgConnection) -> sqlx::Result<(Teryt, AuditHead)> {
    let row = sqlx::query!("SELECT teryt, audit_n, audit_hash FROM office_state").fetch_one(tx).await?;
    let hash = row.audit_hash.try_into().map_err(|_| damaged("audit hash"))?;
    let head = AuditHead { n: row.audit_n.try_into().map_err(damaged)?, hash };
    Ok((Teryt::try_from(row.teryt).map_err(damaged)?, head))
}

pub(super) async fn add(tx: &mut PgConnection, head: &AuditHead, at: Timestamp, body: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "WITH head AS (UPDATE office_state SET audit_n = $1, audit_hash = $4)
         INSERT INTO audit_entry (n, at, body, hash) VALUES ($1, $2, $3, $4)",
        signed(head.n)?,
        Instant(at) as _,
        body,
        &head.hash[..]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What is asked of the table, in its own terms: bytes that a body must hold.
pub(super) struct Wanted {
    pub(super) from: Timestamp,
    pub(super) before: Timestamp,
    pub(super) holds: Option<Vec<u8>>,
    pub(super) also: Option<Vec<u8>>,
    pub(super) after: Option<(Timestamp, String)>,
    pub(super) limit: i64,
}

/// An entry of a desk's log, of the hold, or of central's own.
pub(super) struct Row {
    pub(super) at: Timestamp,
    /// Its place among entries of the same moment.
    pub(super) place: String,
    pub(super) symbol: Option<PointSymbol>,
    pub(super) body: Vec<u8>,
    pub(super) reason: Option<String>,
}

pub(super) async fn entries(tx: &mut PgConnection, wanted: &Wanted) -> sqlx::Result<Vec<Row>> {
    let (after_at, after_place) = wanted.after.clone().unzip();
    let rows = sqlx::query!(
        r#"SELECT at AS "at!: Instant", place AS "place!", symbol, body AS "body!", reason
           FROM (
               SELECT received_at AS at, 'd' || device_id || lpad(seq::text, 19, '0') AS place, symbol, body, reason
               FROM operation JOIN device ON device.id = device_id
               WHERE received_at >= $1 AND received_at < $2
               UNION ALL
               SELECT received_at, 'h' || device_id || encode(hash, 'hex'), symbol, body, 'held'
               FROM held_operation JOIN device ON device.id = device_id
               WHERE received_at >= $1 AND received_at < $2
               UNION ALL
               SELECT at, 'c' || lpad(n::text, 19, '0'), NULL, convert_to(body, 'UTF8'), NULL
               FROM audit_entry
               WHERE at >= $1 AND at < $2 AND body::jsonb ->> 'kind' NOT IN ('batch_taken', 'batch_held')
           ) AS entry
           WHERE ($3::bytea IS NULL OR position($3 IN body) > 0) AND ($4::bytea IS NULL OR position($4 IN body) > 0)
               AND ($5::timestamptz IS NULL OR (at, place) < ($5, $6))
           ORDER BY at DESC, place DESC LIMIT $7"#,
        Instant(wanted.from) as _,
        Instant(wanted.before) as _,
        wanted.holds,
        wanted.also,
        after_at.map(Instant) as _,
        after_place,
        wanted.limit
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Row {
                at: row.at.0,
                place: row.place,
                symbol: row.symbol.map(PointSymbol::try_from).transpose().map_err(damaged)?,
                body: row.body,
                reason: row.reason,
            })
        })
        .collect()
}

/// The document identifiers of those of the letters that are known.
pub(super) async fn identifiers(tx: &mut PgConnection, letters: &[LetterId]) -> sqlx::Result<Vec<(LetterId, String)>> {
    let ids: Vec<Uuid> = letters.iter().map(|letter| letter.0).collect();
    let rows = sqlx::query!("SELECT id, identifier FROM letter WHERE id = ANY ($1)", &ids).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|row| (LetterId(row.id), row.identifier)).collect())
}

pub(super) async fn clerks(tx: &mut PgConnection) -> sqlx::Result<Vec<AuditClerk>> {
    let rows = sqlx::query!("SELECT id, given_name, surname FROM clerk ORDER BY surname, given_name, login")
        .fetch_all(tx)
        .await?;
    let named = rows
        .into_iter()
        .map(|row| AuditClerk { id: ClerkId(row.id), name: format!("{} {}", row.given_name, row.surname) });
    Ok(named.collect())
}

/// An entry as it is stored.
pub(super) struct Stored {
    pub(super) n: u64,
    pub(super) at: Timestamp,
    pub(super) body: String,
    pub(super) hash: Vec<u8>,
}

pub(super) async fn chain(tx: &mut PgConnection, after: u64, limit: i64) -> sqlx::Result<Vec<Stored>> {
    let rows = sqlx::query!(
        r#"SELECT n, at AS "at: Instant", body, hash FROM audit_entry WHERE n > $1 ORDER BY n LIMIT $2"#,
        signed(after)?,
        limit
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| Ok(Stored { n: row.n.try_into().map_err(damaged)?, at: row.at.0, body: row.body, hash: row.hash }))
        .collect()
}

/// Every desk and where its log ends.
pub(super) async fn desks(tx: &mut PgConnection) -> sqlx::Result<Vec<(DeviceId, Tip)>> {
    let rows = sqlx::query!("SELECT id, last_seq, last_hash FROM device ORDER BY id").fetch_all(tx).await?;
    rows.into_iter()
        .map(|row| {
            let hash = row.last_hash.try_into().map_err(|_| damaged("hash"))?;
            Ok((DeviceId(row.id), Tip { seq: row.last_seq.try_into().map_err(damaged)?, hash }))
        })
        .collect()
}

/// Operations of a desk's log as received.
pub(super) async fn operations(
    tx: &mut PgConnection,
    desk: DeviceId,
    after: u64,
    limit: i64,
) -> sqlx::Result<Vec<Operation>> {
    let rows = sqlx::query_as!(
        Columns,
        "SELECT seq, op_id, schema_v, salt, body, prev_hash, hash, commitment, letter_id FROM operation
         WHERE device_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        desk.0,
        signed(after)?,
        limit
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Columns::read).collect()
}

/// What is held of desks that do not count.
pub(super) async fn held(tx: &mut PgConnection) -> sqlx::Result<Vec<(DeviceId, Operation)>> {
    let rows = sqlx::query!(
        "SELECT device_id, seq, op_id, schema_v, salt, body, prev_hash, hash, commitment, letter_id FROM held_operation"
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
            Ok((DeviceId(row.device_id), columns.read()?))
        })
        .collect()
}

/// Whether the desk's log has this operation.
pub(super) async fn has_operation(tx: &mut PgConnection, desk: DeviceId, tip: &Tip) -> sqlx::Result<bool> {
    let seq = i64::try_from(tip.seq).map_err(damaged)?;
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM operation WHERE device_id = $1 AND seq = $2 AND hash = $3) AS "has!""#,
        desk.0,
        seq,
        &tip.hash[..]
    )
    .fetch_one(tx)
    .await
}

/// Letters that were erased, those whose place one of them took, and held ones that are the same paper as one.
pub(super) async fn erased(tx: &mut PgConnection) -> sqlx::Result<BTreeSet<LetterId>> {
    let letters = sqlx::query_scalar!(
        r#"SELECT letter_id AS "id!" FROM erasure
           UNION SELECT replaced_letter.letter_id FROM replaced_letter JOIN erasure ON erasure.letter_id = by_letter
           UNION SELECT settlement.letter_id FROM settlement JOIN erasure ON erasure.letter_id = same_as"#
    )
    .fetch_all(tx)
    .await?;
    Ok(letters.into_iter().map(LetterId).collect())
}

/// The office's epoch.
pub(super) async fn epoch(tx: &mut PgConnection) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!("SELECT epoch FROM office_state").fetch_one(tx).await
}

fn signed(n: u64) -> sqlx::Result<i64> {
    i64::try_from(n).map_err(damaged)
}
