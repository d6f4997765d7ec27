//! Rows of the log.

use domain::ids::{LetterId, OpId, ScanId};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::log::{Erased, Operation, Tip};

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
    letter: Option<LetterId>,
    audit: bool,
    now: Timestamp,
) -> sqlx::Result<()> {
    let letter = letter.map(|letter| letter.0);
    let (seq, now) = (operation.seq.cast_signed(), now.to_string());
    let (salt, prev_hash, hash) = (&operation.salt[..], &operation.prev_hash[..], &operation.hash[..]);
    sqlx::query!(
        "INSERT INTO op (seq, op_id, schema_v, salt, body, prev_hash, hash, letter_id, at, audit)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        operation.op_id.0,
        operation.schema_v,
        salt,
        operation.body,
        prev_hash,
        hash,
        letter,
        now,
        audit
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn after(db: &mut SqliteConnection, seq: u64, limit: i64) -> sqlx::Result<Vec<Operation>> {
    let seq = seq.cast_signed();
    let rows = sqlx::query!(
        r#"SELECT seq, op_id AS "op_id: Uuid", schema_v AS "schema_v: u32", salt, body, prev_hash, hash, commitment,
                  letter_id AS "letter_id: Uuid"
           FROM op WHERE seq > ? ORDER BY seq LIMIT ?"#,
        seq,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let letter = LetterId(row.letter_id.unwrap_or_default());
            let erased = row.commitment.map(|commitment| Erased { commitment: hash32(&commitment), letter });
            Operation {
                seq: row.seq.cast_unsigned(),
                op_id: OpId(row.op_id),
                schema_v: row.schema_v,
                salt: hash32(&row.salt),
                body: if erased.is_some() { Vec::new() } else { row.body },
                prev_hash: hash32(&row.prev_hash),
                hash: hash32(&row.hash),
                erased,
            }
        })
        .collect())
}

/// Takes salt and body out of every operation about a letter; the chain stays.
pub(super) async fn forget(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<()> {
    let rows = sqlx::query!("SELECT seq, salt, body FROM op WHERE letter_id = ? AND commitment IS NULL", letter.0)
        .fetch_all(&mut *db)
        .await?;
    for row in rows {
        let commitment = Sha256::new().chain_update(&row.salt).chain_update(&row.body).finalize();
        let (commitment, nothing) = (&commitment[..], &[0; 32][..]);
        sqlx::query!(
            "UPDATE op SET salt = ?, body = CAST('{}' AS BLOB), commitment = ? WHERE seq = ?",
            nothing,
            commitment,
            row.seq
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// When the first operation behind the given one that is no entry of the audit was written.
pub(super) async fn work_since(db: &mut SqliteConnection, seq: u64) -> sqlx::Result<Option<String>> {
    let seq = seq.cast_signed();
    sqlx::query_scalar!("SELECT at FROM op WHERE seq > ? AND audit = 0 ORDER BY seq LIMIT 1", seq)
        .fetch_optional(db)
        .await
}

pub(super) async fn work_behind(db: &mut SqliteConnection, seq: u64) -> sqlx::Result<u64> {
    let seq = seq.cast_signed();
    let waiting = sqlx::query_scalar!("SELECT COUNT(*) FROM op WHERE seq > ? AND audit = 0", seq).fetch_one(db).await?;
    Ok(waiting.cast_unsigned())
}

pub(super) async fn attached_at(
    db: &mut SqliteConnection,
    letter: LetterId,
    scan: ScanId,
) -> sqlx::Result<Option<String>> {
    let scan = scan.to_string();
    sqlx::query_scalar!(
        "SELECT at FROM op WHERE letter_id = ? AND json_extract(CAST(body AS TEXT), '$.scanId') = ? ORDER BY seq LIMIT 1",
        letter.0,
        scan
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn letters_between(db: &mut SqliteConnection, after: u64, up_to: u64) -> sqlx::Result<Vec<LetterId>> {
    let (after, up_to) = (after.cast_signed(), up_to.cast_signed());
    let ids = sqlx::query_scalar!(
        r#"SELECT DISTINCT letter_id AS "id!: Uuid" FROM op
           WHERE seq > ? AND seq <= ? AND letter_id IS NOT NULL ORDER BY seq"#,
        after,
        up_to
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(LetterId).collect())
}

pub(super) async fn is_own(db: &mut SqliteConnection, op: OpId) -> sqlx::Result<bool> {
    Ok(sqlx::query_scalar!("SELECT EXISTS (SELECT 1 FROM op WHERE op_id = ?)", op.0).fetch_one(db).await? != 0)
}

pub(super) async fn seq_of(db: &mut SqliteConnection, op: OpId) -> sqlx::Result<Option<u64>> {
    let seq = sqlx::query_scalar!("SELECT seq FROM op WHERE op_id = ?", op.0).fetch_optional(db).await?;
    Ok(seq.map(i64::cast_unsigned))
}

pub(super) async fn has_behind(
    db: &mut SqliteConnection,
    letter: LetterId,
    kind: &str,
    seq: u64,
) -> sqlx::Result<bool> {
    let seq = seq.cast_signed();
    let found = sqlx::query_scalar!(
        "SELECT EXISTS (SELECT 1 FROM op WHERE letter_id = ? AND seq > ?
                        AND json_extract(CAST(body AS TEXT), '$.kind') = ?)",
        letter.0,
        seq,
        kind
    )
    .fetch_one(db)
    .await?;
    Ok(found != 0)
}
