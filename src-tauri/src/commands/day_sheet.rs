//! The sheet that closes a day: its bytes for the preview, and the same bytes into a file.

use desk::day_sheet;
use tauri::{State, WebviewWindow, ipc::Response};

use super::files;
use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn day_sheet_pdf(front: State<'_, Front>) -> Result<Response, CommandError> {
    let desk = front.desk().await?;
    Ok(Response::new(day_sheet::pdf(&desk).await?))
}

/// `false` when the clerk closed the dialogue.
#[tauri::command]
pub(crate) async fn day_sheet_save(front: State<'_, Front>, window: WebviewWindow) -> Result<bool, CommandError> {
    let desk = front.desk().await?;
    let (bytes, name) = (day_sheet::pdf(&desk).await?, day_sheet::file_name(&desk).await?);
    files::save_pdf(&window, name, &bytes).await
}
