//! Labels.

use desk::labels::{
    self,
    view::{LabelAnswer, LabelView},
};
use domain::ids::{LabelJobId, LetterId};
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn labels_reprint(
    front: State<'_, Front>,
    letter_id: LetterId,
    reason: String,
) -> Result<LabelView, CommandError> {
    let desk = front.desk().await?;
    Ok(labels::reprint(&desk, letter_id, &reason).await?)
}

#[tauri::command]
pub(crate) async fn labels_answer(
    front: State<'_, Front>,
    id: LabelJobId,
    answer: LabelAnswer,
) -> Result<LabelView, CommandError> {
    let desk = front.desk().await?;
    Ok(labels::answer(&desk, id, answer).await?)
}

#[tauri::command]
pub(crate) async fn labels_retry(front: State<'_, Front>) -> Result<(), CommandError> {
    let desk = front.desk().await?;
    Ok(labels::retry(&desk).await?)
}
