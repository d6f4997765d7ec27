//! The multifunction device and what came out of it.

use desk::scanning::{
    self,
    view::{BatchClosed, BatchView, GroupDecision, PageSize},
};
use domain::ids::{BatchId, LetterId, PageId, ScanId};
use tauri::State;
use tauri::ipc::Response;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn scanning_open(front: State<'_, Front>) -> Result<Option<BatchView>, CommandError> {
    let desk = front.desk().await?;
    Ok(scanning::open(&desk).await?)
}

#[tauri::command]
pub(crate) async fn scanning_start(front: State<'_, Front>) -> Result<BatchView, CommandError> {
    let desk = front.desk().await?;
    Ok(scanning::start(&desk).await?)
}

#[tauri::command]
pub(crate) async fn scanning_stop(front: State<'_, Front>) -> Result<BatchView, CommandError> {
    let desk = front.desk().await?;
    Ok(scanning::stop(&desk).await?)
}

#[tauri::command]
pub(crate) async fn scanning_decide(
    front: State<'_, Front>,
    batch_id: BatchId,
    group: usize,
    decision: GroupDecision,
) -> Result<BatchView, CommandError> {
    let desk = front.desk().await?;
    Ok(scanning::decide(&desk, batch_id, group, decision).await?)
}

#[tauri::command]
pub(crate) async fn scanning_undo(front: State<'_, Front>, batch_id: BatchId) -> Result<BatchView, CommandError> {
    let desk = front.desk().await?;
    Ok(scanning::undo(&desk, batch_id).await?)
}

#[tauri::command]
pub(crate) async fn scanning_accept_incomplete(
    front: State<'_, Front>,
    batch_id: BatchId,
) -> Result<BatchView, CommandError> {
    let desk = front.desk().await?;
    Ok(scanning::accept_incomplete(&desk, batch_id).await?)
}

#[tauri::command]
pub(crate) async fn scanning_close(front: State<'_, Front>, batch_id: BatchId) -> Result<BatchClosed, CommandError> {
    let desk = front.desk().await?;
    Ok(scanning::close(&desk, batch_id).await?)
}

#[tauri::command]
pub(crate) async fn scanning_discard(front: State<'_, Front>, batch_id: BatchId) -> Result<(), CommandError> {
    let desk = front.desk().await?;
    Ok(scanning::discard(&desk, batch_id).await?)
}

#[tauri::command]
pub(crate) async fn scanning_page_image(
    front: State<'_, Front>,
    page_id: PageId,
    size: PageSize,
) -> Result<Response, CommandError> {
    let desk = front.desk().await?;
    Ok(Response::new(scanning::page_image(&desk, page_id, size).await?))
}

#[tauri::command]
pub(crate) async fn scanning_document(
    front: State<'_, Front>,
    letter_id: LetterId,
    scan_id: ScanId,
) -> Result<Response, CommandError> {
    let desk = front.desk().await?;
    Ok(Response::new(scanning::document(&desk, letter_id, scan_id).await?))
}
