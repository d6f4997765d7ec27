//! Rows of unfinished corrections.

use domain::ids::{ClerkId, LetterId, OpId};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::CorrectionDraft;
use crate::DeskError;

/// What the clerk typed, and the operation that the form was filled from.
pub(super) async fn kept(
    db: &mut SqliteConnection,
    clerk: ClerkId,
    letter: LetterId,
) -> Result<Option<(CorrectionDraft, OpId)>, DeskError> {
    let row = sqlx::query!(
        r#"SELECT body, based_on AS "based_on: Uuid" FROM correction_draft WHERE clerk_id = ? AND letter_id = ?"#,
        clerk.0,
        letter.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((serde_json::from_str(&row.body)?, OpId(row.based_on)))).transpose()
}

/// Keeps what is typed; what the form was filled from stays as it was with the first key.
pub(super) async fn keep(
    db: &mut SqliteConnection,
    clerk: ClerkId,
    draft: &CorrectionDraft,
    based_on: OpId,
    now: Timestamp,
) -> Result<(), DeskError> {
    let (letter, body, now) = (draft.draft.id, serde_json::to_string(draft)?, now.to_string());
    sqlx::query!(
        "INSERT INTO correction_draft (clerk_id, letter_id, based_on, body, saved_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (clerk_id, letter_id) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at",
        clerk.0,
        letter.0,
        based_on.0,
        body,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn forget(db: &mut SqliteConnection, clerk: ClerkId, letter: LetterId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM correction_draft WHERE clerk_id = ? AND letter_id = ?", clerk.0, letter.0)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn forget_all(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM correction_draft WHERE letter_id = ?", letter.0).execute(db).await?;
    Ok(())
}
