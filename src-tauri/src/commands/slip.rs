//! The confirmation slip: its bytes for the preview, and the same bytes into a file.

use desk::{letters::view::LetterView, slip};
use domain::ids::LetterId;
use tauri::{State, WebviewWindow, ipc::Response};

use super::files;
use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn slip_pdf(front: State<'_, Front>, letter_id: LetterId) -> Result<Response, CommandError> {
    let desk = front.desk().await?;
    Ok(Response::new(slip::pdf(&desk, letter_id).await?))
}

#[tauri::command]
pub(crate) async fn slip_issue_key(front: State<'_, Front>, letter_id: LetterId) -> Result<LetterView, CommandError> {
    let desk = front.desk().await?;
    Ok(slip::issue_key(&desk, letter_id).await?)
}

/// `false` when the clerk closed the dialogue.
#[tauri::command]
pub(crate) async fn slip_save(
    front: State<'_, Front>,
    window: WebviewWindow,
    letter_id: LetterId,
) -> Result<bool, CommandError> {
    let desk = front.desk().await?;
    let (bytes, name) = (slip::pdf(&desk, letter_id).await?, slip::file_name(&desk, letter_id).await?);
    if !files::save_pdf(&window, name, &bytes).await? {
        return Ok(false);
    }
    slip::note_made(&desk, letter_id).await?;
    Ok(true)
}
