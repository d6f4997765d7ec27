//! Rows of tasks.

use domain::ids::{LetterId, OpId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::{LetterState, LetterTask, Overlap};

use crate::DeskError;

/// What central tells of a task beside its reason.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Told {
    pub(super) by: String,
    pub(super) overlap: Option<Overlap>,
    pub(super) cancellation: Option<String>,
}

/// An open task.
pub(super) struct TaskRow {
    pub(super) key: i64,
    pub(super) letter: Option<LetterId>,
    pub(super) op: Option<OpId>,
    pub(super) kind: String,
    pub(super) told: Option<Told>,
    pub(super) since: Timestamp,
}

macro_rules! task_rows {
    ($db:expr, $sql:literal $(, $argument:expr)*) => {{
        let rows = sqlx::query!($sql $(, $argument)*).fetch_all($db).await?;
        rows.into_iter()
            .map(|row| {
                Ok(TaskRow {
                    key: row.key,
                    letter: row.letter_id.map(LetterId),
                    op: row.op_id.map(OpId),
                    kind: row.kind,
                    told: serde_json::from_str(&row.detail).ok(),
                    since: row.made_at.parse().map_err(DeskError::unexpected("a stored moment"))?,
                })
            })
            .collect::<Result<Vec<_>, DeskError>>()?
    }};
}

pub(super) async fn open(db: &mut SqliteConnection) -> Result<Vec<TaskRow>, DeskError> {
    Ok(task_rows!(
        db,
        r#"SELECT key, letter_id AS "letter_id: Uuid", op_id AS "op_id: Uuid", kind, detail, made_at
           FROM task WHERE done_at IS NULL ORDER BY key LIMIT 500"#
    ))
}

/// The open task with this key.
pub(super) async fn find(db: &mut SqliteConnection, key: i64) -> Result<Option<TaskRow>, DeskError> {
    let mut rows = task_rows!(
        db,
        r#"SELECT key, letter_id AS "letter_id: Uuid", op_id AS "op_id: Uuid", kind, detail, made_at
           FROM task WHERE done_at IS NULL AND key = ?"#,
        key
    );
    Ok(rows.pop())
}

pub(super) async fn count(db: &mut SqliteConnection) -> sqlx::Result<u32> {
    sqlx::query_scalar!(r#"SELECT COUNT(*) AS "n!: u32" FROM task WHERE done_at IS NULL"#).fetch_one(db).await
}

pub(super) async fn of_letter(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<u32> {
    sqlx::query_scalar!(r#"SELECT COUNT(*) AS "n!: u32" FROM task WHERE letter_id = ? AND done_at IS NULL"#, letter.0)
        .fetch_one(db)
        .await
}

/// Opens a task unless the same one is there.
pub(super) async fn insert(
    db: &mut SqliteConnection,
    letter: Option<LetterId>,
    op: Option<OpId>,
    kind: &str,
    detail: &serde_json::Value,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (letter, op) = (letter.map(|letter| letter.0), op.map(|op| op.0));
    let (detail, now) = (detail.to_string(), now.to_string());
    sqlx::query!(
        "INSERT INTO task (letter_id, op_id, kind, detail, made_at)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (
             SELECT 1 FROM task WHERE op_id IS ?2 AND kind = ?3 AND (?2 IS NOT NULL OR detail = ?4))",
        letter,
        op,
        kind,
        detail,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes a task as central tells it; one that was settled by an own operation behind `contained` stays settled.
pub(super) async fn put(
    db: &mut SqliteConnection,
    letter: LetterId,
    task: &LetterTask,
    contained: u64,
) -> Result<(), DeskError> {
    let (detail, opened_at) = (serde_json::to_string(&super::told(task))?, task.opened_at.to_string());
    let contained = contained.cast_signed();
    sqlx::query!(
        "INSERT INTO task (letter_id, op_id, kind, detail, made_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (op_id, kind) WHERE op_id IS NOT NULL DO UPDATE SET
             letter_id = excluded.letter_id, detail = excluded.detail, made_at = excluded.made_at,
             done_at = CASE WHEN EXISTS (SELECT 1 FROM op WHERE op.op_id = task.settled_op AND op.seq > ?6)
                            THEN task.done_at END",
        letter.0,
        task.op_id.0,
        task.reason,
        detail,
        opened_at,
        contained
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Closes the letter's tasks that central no longer names.
pub(super) async fn close_others(
    db: &mut SqliteConnection,
    letter: &LetterState,
    now: Timestamp,
) -> Result<(), DeskError> {
    let now = now.to_string();
    let mut open = Vec::with_capacity(letter.tasks.len());
    for task in &letter.tasks {
        open.push(format!("{}/{}", task.op_id.0.simple(), task.reason));
    }
    let open = serde_json::to_string(&open)?;
    sqlx::query!(
        "UPDATE task SET done_at = ? WHERE letter_id = ? AND done_at IS NULL
             AND lower(hex(op_id)) || '/' || kind NOT IN (SELECT value FROM json_each(?))",
        now,
        letter.id.0,
        open
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Closes the tasks that an operation opened about a letter: settled here by an own operation.
pub(super) async fn settle(
    db: &mut SqliteConnection,
    letter: LetterId,
    task: OpId,
    by: OpId,
    now: Timestamp,
) -> sqlx::Result<()> {
    let now = now.to_string();
    sqlx::query!(
        "UPDATE task SET done_at = ?, settled_op = ? WHERE letter_id = ? AND op_id = ? AND done_at IS NULL",
        now,
        by.0,
        letter.0,
        task.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn forget(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM task WHERE letter_id = ?", letter.0).execute(db).await?;
    Ok(())
}
