//! The confirmation slip: its bytes for the preview, and the same bytes into a file.

use desk::slip;
use domain::{ErrorCode, ids::LetterId};
use tauri::{State, WebviewWindow, ipc::Response};

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn slip_pdf(front: State<'_, Front>, letter_id: LetterId) -> Result<Response, CommandError> {
    let desk = front.desk().await?;
    Ok(Response::new(slip::pdf(&desk, letter_id).await?))
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
    let dialogue = rfd::AsyncFileDialog::new().set_parent(&window).set_file_name(name).add_filter("PDF", &["pdf"]);
    let Some(file) = dialogue.save_file().await else { return Ok(false) };
    file.write(&bytes).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
        _ => ErrorCode::DiskFault,
    })?;
    slip::note_made(&desk, letter_id).await?;
    Ok(true)
}
