//! Senders known from earlier letters.

use desk::people::{
    self,
    view::{IdentifierCheck, PartySuggestion},
};
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn people_suggest(
    front: State<'_, Front>,
    typed: String,
) -> Result<Vec<PartySuggestion>, CommandError> {
    let desk = front.desk().await?;
    Ok(people::suggest(&desk, &typed).await?)
}

#[tauri::command]
pub(crate) async fn people_check_identifier(typed: String) -> Result<IdentifierCheck, CommandError> {
    Ok(people::check_identifier(&typed))
}
