//! Tasks: what somebody must look at.

use desk::tasks::{
    self,
    view::{DecisionDraft, SettleDraft, TaskView},
};
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn tasks_list(front: State<'_, Front>) -> Result<Vec<TaskView>, CommandError> {
    let desk = front.desk().await?;
    Ok(tasks::open_tasks(&desk).await?)
}

#[tauri::command]
pub(crate) async fn tasks_settle(front: State<'_, Front>, draft: SettleDraft) -> Result<(), CommandError> {
    let desk = front.desk().await?;
    Ok(tasks::settle_task(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn tasks_decide(front: State<'_, Front>, draft: DecisionDraft) -> Result<(), CommandError> {
    let desk = front.desk().await?;
    Ok(tasks::decide_cancellation(&desk, draft).await?)
}
