//! The one row of the office's key for files.

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::db::Instant;

pub(super) async fn secret(tx: &mut PgConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT secret FROM file_key").fetch_optional(tx).await
}

/// Keeps a key unless there is one.
pub(super) async fn keep(tx: &mut PgConnection, secret: &str, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO file_key (secret, made_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        secret,
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}
