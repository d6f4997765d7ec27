//! All SQL of uploads. The row of a scan itself is written by `letters`.

use domain::{
    ids::{DeviceId, LetterId, ScanId},
    rights::RecordKind,
};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};

use crate::db::{Instant, damaged};

/// A scan as its operation told it.
pub(super) struct ScanRow {
    pub(super) letter: LetterId,
    pub(super) device: DeviceId,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
    pub(super) stored: bool,
    /// Of its letter.
    pub(super) kind: RecordKind,
}

pub(super) async fn scan(pool: &PgPool, id: ScanId) -> sqlx::Result<Option<ScanRow>> {
    let row = sqlx::query!(
        r#"SELECT letter_id, scan.device_id, bytes, sha256, stored_at IS NOT NULL AS "stored!", facts ->> 'kind' AS kind
           FROM scan JOIN letter ON letter.id = letter_id WHERE scan.id = $1"#,
        id.0
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(ScanRow {
            letter: LetterId(row.letter_id),
            device: DeviceId(row.device_id),
            bytes: row.bytes.try_into().map_err(damaged)?,
            sha256: row.sha256.try_into().map_err(|_| damaged("scan hash"))?,
            stored: row.stored,
            kind: RecordKind::of_letter(row.kind.as_deref()),
        })
    })
    .transpose()
}

/// Bytes held of an upload.
pub(super) async fn offset(pool: &PgPool, id: ScanId) -> sqlx::Result<u64> {
    let held = sqlx::query_scalar!(
        r#"SELECT coalesce(max(starts + bytes), 0) AS "held!" FROM scan_part WHERE scan_id = $1"#,
        id.0
    )
    .fetch_one(pool)
    .await?;
    held.try_into().map_err(damaged)
}

/// Notes a chunk; `false` when the upload does not end where the chunk begins.
pub(super) async fn add_part(pool: &PgPool, id: ScanId, starts: u64, bytes: u64, object: &str) -> sqlx::Result<bool> {
    let starts = i64::try_from(starts).map_err(damaged)?;
    let bytes = i64::try_from(bytes).map_err(damaged)?;
    let added = sqlx::query!(
        "INSERT INTO scan_part (scan_id, starts, bytes, object)
         SELECT $1, $2, $3, $4
         WHERE $2 = (SELECT coalesce(max(starts + bytes), 0) FROM scan_part WHERE scan_id = $1)
           AND EXISTS (SELECT FROM scan WHERE id = $1 AND stored_at IS NULL)
         ON CONFLICT DO NOTHING",
        id.0,
        starts,
        bytes,
        object
    )
    .execute(pool)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The names of an upload's chunks in order.
pub(super) async fn parts(pool: &PgPool, id: ScanId) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("SELECT object FROM scan_part WHERE scan_id = $1 ORDER BY starts", id.0).fetch_all(pool).await
}

pub(super) async fn remove_parts(pool: &PgPool, id: ScanId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM scan_part WHERE scan_id = $1", id.0).execute(pool).await?;
    Ok(())
}

/// The document is there as a whole and verified; `false` when its row is gone, because its letter was erased meanwhile.
pub(super) async fn set_stored(tx: &mut PgConnection, id: ScanId, now: Timestamp) -> sqlx::Result<bool> {
    let stored =
        sqlx::query!("UPDATE scan SET stored_at = coalesce(stored_at, $2) WHERE id = $1", id.0, Instant(now) as _)
            .execute(&mut *tx)
            .await?;
    sqlx::query!("DELETE FROM scan_part WHERE scan_id = $1", id.0).execute(tx).await?;
    Ok(stored.rows_affected() == 1)
}
