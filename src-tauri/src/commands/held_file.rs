//! What central has not got, into a file that central alone can open.

use desk::held_file::{self, view::HeldFileView};
use tauri::{State, WebviewWindow};

use super::files;
use crate::{app::Front, error::CommandError};

/// `None` when the clerk closed the dialogue.
#[tauri::command]
pub(crate) async fn held_file_save(
    front: State<'_, Front>,
    window: WebviewWindow,
) -> Result<Option<HeldFileView>, CommandError> {
    let desk = front.desk().await?;
    let Some(to) = files::ask(&window, held_file::file_name(&desk), ("Okienko", "okienko")).await else {
        return Ok(None);
    };
    Ok(Some(held_file::save(&desk, &to).await?))
}
