//! How the start went.

use desk::startup::StartupView;
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn startup_state(front: State<'_, Front>) -> Result<StartupView, CommandError> {
    Ok(front.startup().await)
}
