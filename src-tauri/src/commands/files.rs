//! Papers and tables that leave the program through the system's own dialogue.

use std::path::{Path, PathBuf};

use domain::ErrorCode;
use tauri::WebviewWindow;

use crate::error::CommandError;

/// Asks where to, and writes; `false` when the clerk closed the dialogue.
pub(super) async fn save_pdf(window: &WebviewWindow, name: String, bytes: &[u8]) -> Result<bool, CommandError> {
    save_with(window, name, ("PDF", "pdf"), bytes, &[]).await
}

/// The same for a file of a kind and others beside it, named like it with a further extension.
pub(super) async fn save_with(
    window: &WebviewWindow,
    name: String,
    (kind, extension): (&str, &str),
    bytes: &[u8],
    beside: &[(&str, &[u8])],
) -> Result<bool, CommandError> {
    let Some(file) = ask(window, name, (kind, extension)).await else { return Ok(false) };
    write(&file, bytes).await?;
    for (further, bytes) in beside {
        let mut name = file.as_os_str().to_owned();
        name.push(".");
        name.push(further);
        write(Path::new(&name), bytes).await?;
    }
    Ok(true)
}

/// Asks where to; `None` when the clerk closed the dialogue.
pub(super) async fn ask(window: &WebviewWindow, name: String, (kind, extension): (&str, &str)) -> Option<PathBuf> {
    let dialogue = rfd::AsyncFileDialog::new().set_parent(window).set_file_name(name).add_filter(kind, &[extension]);
    dialogue.save_file().await.map(|file| file.path().to_owned())
}

async fn write(path: &Path, bytes: &[u8]) -> Result<(), ErrorCode> {
    tokio::fs::write(path, bytes).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
        _ => ErrorCode::DiskFault,
    })
}
