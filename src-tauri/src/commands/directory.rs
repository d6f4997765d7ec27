//! The office's units and people.

use desk::directory;
use domain::directory::Addressee;
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn directory_addressees(front: State<'_, Front>) -> Result<Vec<Addressee>, CommandError> {
    let desk = front.desk().await?;
    Ok(directory::addressees(&desk).await?)
}
