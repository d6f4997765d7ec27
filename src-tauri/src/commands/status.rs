//! The status line.

use desk::status::{self, view::StatusView};
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn status_line(front: State<'_, Front>) -> Result<StatusView, CommandError> {
    let desk = front.desk().await?;
    Ok(status::status_line(&desk).await?)
}
