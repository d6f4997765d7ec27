//! Rows of the label journal.

use domain::{
    ids::{LabelJobId, LetterId},
    label::{LabelContent, LabelState},
};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::view::LabelView;
use crate::DeskError;

/// One copy in the journal, as the worker sees it.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: LabelJobId,
    pub(super) letter: LetterId,
    pub(super) content: LabelContent,
    pub(super) state: LabelState,
    /// Its letter's number is cancelled.
    pub(super) cancelled: bool,
}

pub(super) async fn insert(
    db: &mut SqliteConnection,
    id: LabelJobId,
    letter: LetterId,
    content: &LabelContent,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), DeskError> {
    let state = LabelState::Queued;
    let (body, tag, now) = (serde_json::to_string(&state)?, state.as_str(), now.to_string());
    let (copy, content) = (content.copy, serde_json::to_string(content)?);
    sqlx::query!(
        "INSERT INTO label_job (id, letter_id, copy, reason, content, body, state, changed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        id.0,
        letter.0,
        copy,
        reason,
        content,
        body,
        tag,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn of_letter(db: &mut SqliteConnection, letter: LetterId) -> Result<Vec<LabelView>, DeskError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: Uuid", copy AS "copy: u32", reason, content, body, changed_at
           FROM label_job WHERE letter_id = ? ORDER BY copy"#,
        letter.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let content: LabelContent = serde_json::from_str(&row.content)?;
            Ok(LabelView {
                id: LabelJobId(row.id),
                letter_id: letter,
                number: content.number,
                copy: row.copy,
                state: serde_json::from_str(&row.body)?,
                changed_at: row.changed_at,
                reason: row.reason,
            })
        })
        .collect()
}

/// Copies to which something may still happen, in the order in which they were queued.
pub(super) async fn open_jobs(db: &mut SqliteConnection) -> Result<Vec<Job>, DeskError> {
    let rows = sqlx::query!(
        r#"SELECT j.id AS "id: Uuid", j.letter_id AS "letter: Uuid", j.content, j.body,
                  l.cancelled IS NOT NULL AS "cancelled!: bool"
           FROM label_job j JOIN letter l ON l.id = j.letter_id
           WHERE j.state NOT IN ('confirmed', 'reprinted', 'cancelled') ORDER BY j.key"#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Job {
                id: LabelJobId(row.id),
                letter: LetterId(row.letter),
                content: serde_json::from_str(&row.content)?,
                state: serde_json::from_str(&row.body)?,
                cancelled: row.cancelled,
            })
        })
        .collect()
}

pub(super) async fn job(db: &mut SqliteConnection, id: LabelJobId) -> Result<Option<Job>, DeskError> {
    let row = sqlx::query!(
        r#"SELECT j.letter_id AS "letter: Uuid", j.content, j.body, l.cancelled IS NOT NULL AS "cancelled!: bool"
           FROM label_job j JOIN letter l ON l.id = j.letter_id WHERE j.id = ?"#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Job {
            id,
            letter: LetterId(row.letter),
            content: serde_json::from_str(&row.content)?,
            state: serde_json::from_str(&row.body)?,
            cancelled: row.cancelled,
        })
    })
    .transpose()
}

pub(super) async fn is_cancelled(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT cancelled IS NOT NULL AS "cancelled!: bool" FROM letter WHERE id = ?"#, letter.0)
        .fetch_one(db)
        .await
}

pub(super) async fn set_state(
    db: &mut SqliteConnection,
    id: LabelJobId,
    state: LabelState,
    now: Timestamp,
) -> Result<(), DeskError> {
    let (body, tag, now) = (serde_json::to_string(&state)?, state.as_str(), now.to_string());
    sqlx::query!("UPDATE label_job SET body = ?, state = ?, changed_at = ? WHERE id = ?", body, tag, now, id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Why copies were asked for is gone.
pub(super) async fn forget_reasons(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE label_job SET reason = NULL WHERE letter_id = ?", letter.0).execute(db).await?;
    Ok(())
}

/// One more label is on its way to the printer.
pub(super) async fn count_sent(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("UPDATE desk_state SET labels_sent = labels_sent + 1 WHERE id = 1").execute(db).await?;
    Ok(())
}
