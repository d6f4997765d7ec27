//! Reception's intake.

use desk::intake::{
    self,
    view::{IntakeView, Registered},
};
use domain::letter::LetterDraft;
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn intake_open(front: State<'_, Front>) -> Result<IntakeView, CommandError> {
    let desk = front.desk().await?;
    Ok(intake::open(&desk).await?)
}

#[tauri::command]
pub(crate) async fn intake_keep_draft(front: State<'_, Front>, draft: LetterDraft) -> Result<(), CommandError> {
    let desk = front.desk().await?;
    Ok(intake::keep_draft(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn intake_discard_draft(front: State<'_, Front>) -> Result<IntakeView, CommandError> {
    let desk = front.desk().await?;
    Ok(intake::discard_draft(&desk).await?)
}

#[tauri::command]
pub(crate) async fn intake_register(front: State<'_, Front>, draft: LetterDraft) -> Result<Registered, CommandError> {
    let desk = front.desk().await?;
    Ok(intake::register_letter(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn intake_confirm_day(front: State<'_, Front>, day: String) -> Result<IntakeView, CommandError> {
    let desk = front.desk().await?;
    Ok(intake::confirm_day(&desk, &day).await?)
}

#[tauri::command]
pub(crate) async fn intake_name_highest_label(
    front: State<'_, Front>,
    text: String,
) -> Result<IntakeView, CommandError> {
    let desk = front.desk().await?;
    Ok(intake::name_highest_label(&desk, &text).await?)
}
