//! The recovery card: its bytes for the preview, and the same bytes into a file.

use desk::recovery;
use tauri::{State, WebviewWindow, ipc::Response};

use super::files;
use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn recovery_card(front: State<'_, Front>) -> Result<Response, CommandError> {
    let desk = front.desk().await?;
    Ok(Response::new(recovery::card_pdf(&desk).await?))
}

/// `false` when the clerk closed the dialogue.
#[tauri::command]
pub(crate) async fn recovery_save_card(front: State<'_, Front>, window: WebviewWindow) -> Result<bool, CommandError> {
    let desk = front.desk().await?;
    let bytes = recovery::card_pdf(&desk).await?;
    let saved = files::save_pdf(&window, recovery::file_name(&desk), &bytes).await?;
    if saved {
        recovery::note_saved(&desk).await?;
    }
    Ok(saved)
}
