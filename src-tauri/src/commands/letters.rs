//! The register and one letter.

use desk::letters::{
    self,
    view::{CancellationDraft, CorrectionDraft, CorrectionView, LetterView, RegisterPage, RegisterQuery, StageDraft},
};
use domain::ids::LetterId;
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn letters_list(front: State<'_, Front>, query: RegisterQuery) -> Result<RegisterPage, CommandError> {
    let desk = front.desk().await?;
    Ok(letters::register_page(&desk, query).await?)
}

#[tauri::command]
pub(crate) async fn letters_get(front: State<'_, Front>, id: LetterId) -> Result<LetterView, CommandError> {
    let desk = front.desk().await?;
    Ok(letters::letter(&desk, id).await?)
}

#[tauri::command]
pub(crate) async fn letters_draft_of(front: State<'_, Front>, id: LetterId) -> Result<CorrectionView, CommandError> {
    let desk = front.desk().await?;
    Ok(letters::correction_of(&desk, id).await?)
}

#[tauri::command]
pub(crate) async fn letters_keep_correction(
    front: State<'_, Front>,
    draft: CorrectionDraft,
) -> Result<(), CommandError> {
    let desk = front.desk().await?;
    Ok(letters::keep_correction(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn letters_discard_correction(
    front: State<'_, Front>,
    id: LetterId,
) -> Result<CorrectionView, CommandError> {
    let desk = front.desk().await?;
    Ok(letters::discard_correction(&desk, id).await?)
}

#[tauri::command]
pub(crate) async fn letters_correct(
    front: State<'_, Front>,
    draft: CorrectionDraft,
) -> Result<LetterView, CommandError> {
    let desk = front.desk().await?;
    Ok(letters::correct_letter(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn letters_cancel(
    front: State<'_, Front>,
    draft: CancellationDraft,
) -> Result<LetterView, CommandError> {
    let desk = front.desk().await?;
    Ok(letters::cancel_letter(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn letters_set_stage(front: State<'_, Front>, draft: StageDraft) -> Result<LetterView, CommandError> {
    let desk = front.desk().await?;
    Ok(letters::set_stage(&desk, draft).await?)
}
