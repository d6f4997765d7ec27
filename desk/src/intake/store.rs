//! The one row of the unfinished form, and the clear status keys.

use domain::letter::LetterDraft;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::DeskError;

pub(super) async fn draft(db: &mut SqliteConnection) -> Result<Option<LetterDraft>, DeskError> {
    let body = sqlx::query_scalar!("SELECT body FROM draft WHERE id = 1").fetch_optional(db).await?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

pub(super) async fn keep_draft(
    db: &mut SqliteConnection,
    draft: &LetterDraft,
    now: Timestamp,
) -> Result<(), DeskError> {
    let (body, now) = (serde_json::to_string(draft)?, now.to_string());
    sqlx::query!(
        "INSERT INTO draft (id, body, saved_at) VALUES (1, ?, ?)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at",
        body,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn forget_draft(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM draft").execute(db).await?;
    Ok(())
}
