//! SQL of backups: what is to be copied, and whether two databases hold the same rows.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, PgConnection};

use super::ScanInBackup;
use crate::db::{Instant, damaged};

/// Holds this transaction's view for as long as a dump takes, and gives the name under which the dump sees it, too.
pub(super) async fn hold_snapshot(tx: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::raw_sql(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0",
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query_scalar!(r#"SELECT pg_export_snapshot() AS "name!""#).fetch_one(tx).await
}

pub(super) async fn head(tx: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!("SELECT head FROM office_state").fetch_one(tx).await
}

/// Every document whose bytes central holds.
pub(super) async fn scans(tx: &mut PgConnection) -> sqlx::Result<Vec<ScanInBackup>> {
    let rows = sqlx::query!("SELECT id, bytes, sha256 FROM scan WHERE stored_at IS NOT NULL ORDER BY id")
        .fetch_all(tx)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ScanInBackup {
                id: row.id,
                bytes: row.bytes.try_into().map_err(damaged)?,
                sha256: row.sha256.try_into().map_err(|_| damaged("scan hash"))?,
            })
        })
        .collect()
}

/// Each table with the number and a digest of its rows, whatever their order.
pub(super) async fn tables(tx: &mut PgConnection) -> sqlx::Result<Vec<(String, i64, String)>> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        // A name from the catalogue, quoted as PostgreSQL quotes it.
        let quoted: String = sqlx::query_scalar("SELECT quote_ident($1)").bind(&name).fetch_one(&mut *tx).await?;
        let digest = format!(
            "SELECT count(*), coalesce(md5(string_agg(row, '' ORDER BY row)), '')
             FROM (SELECT md5(one::text) AS row FROM {quoted} AS one) AS rows"
        );
        let (rows, digest): (i64, String) = sqlx::query_as(AssertSqlSafe(digest)).fetch_one(&mut *tx).await?;
        tables.push((name, rows, digest));
    }
    Ok(tables)
}

/// Notes a backup that was proved.
pub(super) async fn note(
    tx: &mut PgConnection,
    made_at: Timestamp,
    file: &str,
    head: i64,
    bytes: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO backup (made_at, file, head, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        Instant(made_at) as _,
        file,
        head,
        bytes
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Number of the last change that two backups hold.
pub(super) async fn held_twice(tx: &mut PgConnection) -> sqlx::Result<Option<u64>> {
    let head =
        sqlx::query_scalar!("SELECT head FROM backup ORDER BY head DESC OFFSET 1 LIMIT 1").fetch_optional(tx).await?;
    head.map(u64::try_from).transpose().map_err(damaged)
}
