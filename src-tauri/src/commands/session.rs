//! Who sits at the desk.

use desk::session::{
    self,
    view::{FirstClerkDraft, LoginDraft, PasswordDraft, PinDraft, SessionView, SignInDraft},
};
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn session_state(front: State<'_, Front>) -> Result<SessionView, CommandError> {
    let desk = front.desk().await?;
    Ok(session::session_state(&desk).await?)
}

#[tauri::command]
pub(crate) async fn session_create_first_clerk(
    front: State<'_, Front>,
    draft: FirstClerkDraft,
) -> Result<SessionView, CommandError> {
    let desk = front.desk().await?;
    Ok(session::create_first_clerk(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn session_sign_in(front: State<'_, Front>, draft: SignInDraft) -> Result<SessionView, CommandError> {
    let desk = front.desk().await?;
    Ok(session::sign_in(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn session_sign_in_by_login(
    front: State<'_, Front>,
    draft: LoginDraft,
) -> Result<SessionView, CommandError> {
    let desk = front.desk().await?;
    Ok(session::sign_in_by_login(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn session_sign_in_by_provider(front: State<'_, Front>) -> Result<SessionView, CommandError> {
    let desk = front.desk().await?;
    Ok(session::sign_in_by_provider(&desk, |address| open::that_detached(address)).await?)
}

#[tauri::command]
pub(crate) async fn session_give_up(front: State<'_, Front>) -> Result<SessionView, CommandError> {
    let desk = front.desk().await?;
    Ok(session::give_up(&desk).await?)
}

#[tauri::command]
pub(crate) async fn session_set_pin(front: State<'_, Front>, draft: PinDraft) -> Result<(), CommandError> {
    let desk = front.desk().await?;
    Ok(session::set_pin(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn session_change_password(front: State<'_, Front>, draft: PasswordDraft) -> Result<(), CommandError> {
    let desk = front.desk().await?;
    Ok(session::change_password(&desk, draft).await?)
}

#[tauri::command]
pub(crate) async fn session_lock(front: State<'_, Front>) -> Result<SessionView, CommandError> {
    let desk = front.desk().await?;
    Ok(session::lock(&desk).await?)
}

#[tauri::command]
pub(crate) async fn session_sign_out(front: State<'_, Front>) -> Result<SessionView, CommandError> {
    let desk = front.desk().await?;
    Ok(session::sign_out(&desk).await?)
}
