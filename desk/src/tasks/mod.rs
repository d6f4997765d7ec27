//! What somebody at the office must look at: flags and questions of central, with both versions where two people said
//! something of the same facts. Called by `src-tauri/src/commands/tasks.rs` and, inside its transactions, by `sync`.
//!
//! A task is settled by an operation, so every desk and central close it together; nothing is decided by leaving it alone.

mod decide;
mod settle;
mod store;
pub mod view;

use domain::{
    calendar,
    ids::{LetterId, OpId},
    rights::Act,
};
use serde_json::json;
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::{LetterState, LetterTask, TaskReason};

pub use decide::decide_cancellation;
pub use settle::settle_task;
use view::{OverlapView, TaskLetter, TaskView, TaskWay};

use crate::{Desk, DeskError, letters, session};

/// Every open task, oldest first.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`]; [`DeskError::Store`].
pub async fn open_tasks(desk: &Desk) -> Result<Vec<TaskView>, DeskError> {
    session::may_any(desk, Act::ReadRegister)?;
    let settings = desk.settings();
    let mut db = desk.read().await?;
    let mut tasks = Vec::new();
    for row in store::open(&mut db).await? {
        let letter = match row.letter {
            Some(letter) if letters::exists(&mut db, letter).await? => Some(letters::row(&mut db, letter).await?),
            Some(_) | None => None,
        };
        let told = row.told.unwrap_or_default();
        let readable = letter.as_ref().is_none_or(|letter| session::reads(desk, letter.kind()));
        let told = if readable { told } else { store::Told { overlap: None, ..told } };
        let overlap = match (&letter, told.overlap) {
            (Some(letter), Some(overlap)) => Some(OverlapView {
                earlier_by: overlap.earlier_by,
                later_by: told.by.clone(),
                changes: letters::differing(letter, &overlap.versions),
            }),
            (None, _) | (_, None) => None,
        };
        tasks.push(TaskView {
            id: row.key.to_string(),
            way: way(&row.kind, row.op.is_some() && letter.is_some(), overlap.is_some()),
            reason: row.kind,
            since: calendar::display_moment(row.since),
            by: told.by,
            letter: letter.map(|row| TaskLetter {
                id: row.letter.id,
                number: row.letter.number.display(settings.register_symbol(row.letter.number.register)),
                sender: if readable { row.letter.facts.sender.name.display() } else { String::new() },
                title: if readable { row.letter.facts.title } else { String::new() },
            }),
            overlap,
            cancellation: told.cancellation,
        });
    }
    Ok(tasks)
}

/// How many tasks are open.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn count(db: &mut SqliteConnection) -> Result<u32, DeskError> {
    Ok(store::count(db).await?)
}

/// How many tasks are open about a letter.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn of_letter(db: &mut SqliteConnection, letter: LetterId) -> Result<u32, DeskError> {
    Ok(store::of_letter(db, letter).await?)
}

/// Opens what central said of an own operation, inside the caller's transaction; once for each operation and reason.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn open(
    desk: &Desk,
    db: &mut SqliteConnection,
    letter: Option<LetterId>,
    op: OpId,
    reason: &str,
) -> Result<(), DeskError> {
    Ok(store::insert(db, letter, Some(op), reason, &json!({}), desk.now()).await?)
}

/// Opens a task for a change that this program cannot read, inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn open_unreadable(
    desk: &Desk,
    db: &mut SqliteConnection,
    epoch: Uuid,
    n: u64,
) -> Result<(), DeskError> {
    let told = json!({ "epoch": epoch, "n": n });
    Ok(store::insert(db, None, None, "change_unreadable", &told, desk.now()).await?)
}

/// A letter was erased: so are the words of its tasks, and nobody has anything to do about them.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn forget(db: &mut SqliteConnection, letter: LetterId) -> Result<(), DeskError> {
    Ok(store::forget(db, letter).await?)
}

/// Makes the letter's tasks those that central names; one that was settled here waits for central's answer.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn take_over(
    desk: &Desk,
    db: &mut SqliteConnection,
    letter: &LetterState,
    contained: u64,
) -> Result<(), DeskError> {
    for task in &letter.tasks {
        store::put(db, letter.id, task, contained).await?;
    }
    store::close_others(db, letter, desk.now()).await
}

// What a clerk can do about it.
fn way(reason: &str, reachable: bool, shows_versions: bool) -> TaskWay {
    let known = |reason: TaskReason| reason.as_str();
    match reason {
        _ if !reachable => TaskWay::Administrator,
        reason
            if shows_versions
                && [TaskReason::Overlap, TaskReason::ReentryDiffers].into_iter().any(|can| reason == known(can)) =>
        {
            TaskWay::Choose
        }
        reason if reason == known(TaskReason::CancellationAsked) => TaskWay::Decide,
        reason
            if [
                TaskReason::Overlap,
                TaskReason::ReentryDiffers,
                TaskReason::LostNumberFound,
                TaskReason::LetterCancelled,
                TaskReason::IdentifierDiffers,
                TaskReason::SymbolNotGranted,
                TaskReason::NotPermitted,
                TaskReason::NotTheRegisteringDesk,
                TaskReason::NewLabel,
            ]
            .into_iter()
            .any(|can| reason == known(can)) =>
        {
            TaskWay::Acknowledge
        }
        _ => TaskWay::Administrator,
    }
}

/// A task as central tells it, kept with the row.
fn told(task: &LetterTask) -> store::Told {
    store::Told { by: task.by.clone(), overlap: task.overlap.clone(), cancellation: task.cancellation.clone() }
}
