//! Rows of the log.

use domain::ids::LetterId;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use wire::v1::log::{Operation, Tip};

fn hash32(bytes: &[u8]) -> [u8; 32] {
    <[u8; 32]>::try_from(bytes).unwrap_or_default()
}

pub(super) async fn tip(db: &mut SqliteConnection) -> sqlx::Result<Tip> {
    let row = sqlx::query!("SELECT seq, hash FROM op ORDER BY seq DESC LIMIT 1").fetch_optional(db).await?;
    Ok(row.map_or(Tip::START, |row| Tip { seq: row.seq.cast_unsigned(), hash: hash32(&row.hash) }))
}

pub(super) async fn hash_at(db: &mut SqliteConnection, seq: u64) -> sqlx::Result<Option<[u8; 32]>> {
    let seq = seq.cast_signed();
    let hash = sqlx::query_scalar!("SELECT hash FROM op WHERE seq = ?", seq).fetch_optional(db).await?;
    Ok(hash.map(|hash| hash32(&hash)))
}

pub(super) async fn insert(
    db: &mut SqliteConnection,
    operation: &Operation,
    letter: LetterId,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (seq, now) = (operation.seq.cast_signed(), now.to_string());
    let (salt, prev_hash, hash) = (&operation.salt[..], &operation.prev_hash[..], &operation.hash[..]);
    sqlx::query!(
        "INSERT INTO op (seq, op_id, schema_v, salt, body, prev_hash, hash, letter_id, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        operation.op_id.0,
        operation.schema_v,
        salt,
        operation.body,
        prev_hash,
        hash,
        letter.0,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
