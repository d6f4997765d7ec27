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

pub(super) async fn doubt_waiting(db: &mut SqliteConnection, now: Timestamp) -> Result<(), DeskError> {
    let state = LabelState::Uncertain;
    let (body, tag, now) = (serde_json::to_string(&state)?, state.as_str(), now.to_string());
    sqlx::query!(
        "UPDATE label_job SET body = ?, state = ?, changed_at = ? WHERE state IN ('queued', 'checking', 'blocked')",
        body,
        tag,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
