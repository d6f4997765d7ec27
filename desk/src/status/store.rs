//! Counts what waits for the clerk.

use sqlx::SqliteConnection;

pub(super) async fn open_questions(db: &mut SqliteConnection) -> sqlx::Result<u32> {
    let labels =
        sqlx::query_scalar!("SELECT COUNT(*) FROM label_job WHERE state = 'uncertain'").fetch_one(&mut *db).await?;
    let batches = sqlx::query_scalar!(
        "SELECT COUNT(*) FROM scan_batch AS b
         WHERE open = 1 AND EXISTS (SELECT 1 FROM scan_page WHERE scan_page.batch_key = b.key)"
    )
    .fetch_one(&mut *db)
    .await?;
    Ok(u32::try_from(labels + batches).unwrap_or(u32::MAX))
}
