//! Papers that leave the program through the system's own dialogue.

use domain::ErrorCode;
use tauri::WebviewWindow;

use crate::error::CommandError;

/// Asks where to, and writes; `false` when the clerk closed the dialogue.
pub(super) async fn save_pdf(window: &WebviewWindow, name: String, bytes: &[u8]) -> Result<bool, CommandError> {
    let dialogue = rfd::AsyncFileDialog::new().set_parent(window).set_file_name(name).add_filter("PDF", &["pdf"]);
    let Some(file) = dialogue.save_file().await else { return Ok(false) };
    file.write(bytes).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
        _ => ErrorCode::DiskFault,
    })?;
    Ok(true)
}
