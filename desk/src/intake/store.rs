//! The unfinished forms: one for each clerk, and one that is nobody's.

use domain::{
    ids::{ClerkId, LetterId},
    letter::LetterDraft,
};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::DeskError;

const NOBODY: Uuid = Uuid::nil();

/// The clerk's form; where she has none, the one that is nobody's.
pub(super) async fn draft(db: &mut SqliteConnection, clerk: ClerkId) -> Result<Option<LetterDraft>, DeskError> {
    let body = sqlx::query_scalar!(
        "SELECT body FROM draft WHERE clerk_id IN (?, ?) ORDER BY clerk_id DESC LIMIT 1",
        clerk.0,
        NOBODY
    )
    .fetch_optional(db)
    .await?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// Keeps the form as hers, whosever it was.
pub(super) async fn keep_draft(
    db: &mut SqliteConnection,
    clerk: ClerkId,
    draft: &LetterDraft,
    now: Timestamp,
) -> Result<(), DeskError> {
    forget_form(db, draft.id).await?;
    let (body, now) = (serde_json::to_string(draft)?, now.to_string());
    sqlx::query!(
        "INSERT INTO draft (clerk_id, body, saved_at) VALUES (?, ?, ?)
         ON CONFLICT (clerk_id) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at",
        clerk.0,
        body,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the form that this clerk is shown.
pub(super) async fn forget_draft(db: &mut SqliteConnection, clerk: ClerkId) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM draft
         WHERE clerk_id = (SELECT d.clerk_id FROM draft AS d WHERE d.clerk_id IN (?, ?) ORDER BY d.clerk_id DESC LIMIT 1)",
        clerk.0,
        NOBODY
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a letter's form: it is registered now.
pub(super) async fn forget_form(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<()> {
    let letter = letter.to_string();
    sqlx::query!("DELETE FROM draft WHERE body ->> 'id' = ?", letter).execute(db).await?;
    Ok(())
}

/// Forms of central's clerks who are not among these are nobody's from now on; where somebody's is nobody's already, they stay.
pub(super) async fn leave_drafts(db: &mut SqliteConnection, there: &[ClerkId]) -> Result<(), DeskError> {
    let there: Vec<String> = there.iter().map(|clerk| clerk.0.simple().to_string()).collect();
    let there = serde_json::to_string(&there)?;
    sqlx::query!(
        "UPDATE OR IGNORE draft SET clerk_id = ?
         WHERE clerk_id IN (SELECT id FROM clerk WHERE login IS NOT NULL AND id NOT IN (SELECT unhex(value) FROM json_each(?)))",
        NOBODY,
        there
    )
    .execute(db)
    .await?;
    Ok(())
}
