//! How the start went, and the way back in by the recovery card.

use desk::startup::StartupView;
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn startup_state(front: State<'_, Front>) -> Result<StartupView, CommandError> {
    Ok(front.startup().await)
}

#[tauri::command]
pub(crate) async fn startup_recover(front: State<'_, Front>, letters: String) -> Result<StartupView, CommandError> {
    front.recover(letters).await?;
    Ok(front.startup().await)
}
