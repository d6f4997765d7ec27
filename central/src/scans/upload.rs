//! Create, offset, chunk, finish. Every step may be repeated; none needs the one before to have been heard of.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use domain::ids::ScanId;
use serde::Deserialize;
use wire::v1::{MAX_SCAN_BYTES, Refusal, UploadCreate, UploadState};

use super::{
    document,
    store::{self, ScanRow},
};
use crate::{
    desks::Desk,
    error::Error,
    extract::{Body, Message},
    router::Office,
};

/// Announces an upload; its operation must have been pushed before, by this desk.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::ScanDiffers`], [`Refusal::TooLarge`], [`Refusal::StorageFull`].
pub async fn create(
    State(office): State<Office>,
    desk: Desk,
    Message(create): Message<UploadCreate>,
) -> Result<Json<UploadState>, Error> {
    let scan = own_scan(&office, &desk, create.scan_id).await?;
    if scan.bytes != create.bytes || scan.sha256 != create.sha256 {
        return Err(Refusal::ScanDiffers.into());
    }
    if scan.bytes > MAX_SCAN_BYTES {
        return Err(Refusal::TooLarge.into());
    }
    if !scan.stored && !office.files.has_room() {
        return Err(Refusal::StorageFull.into());
    }
    Ok(Json(progress(&office, create.scan_id, &scan).await?))
}

/// Says how far an upload is.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn state(
    State(office): State<Office>,
    desk: Desk,
    Path(id): Path<ScanId>,
) -> Result<Json<UploadState>, Error> {
    let scan = own_scan(&office, &desk, id).await?;
    Ok(Json(progress(&office, id, &scan).await?))
}

/// Where a chunk begins.
#[derive(Debug, Deserialize)]
pub struct Offset {
    offset: u64,
}

/// Takes a chunk, which is kept as a whole or not at all.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Malformed`] for an empty chunk, [`Refusal::OffsetDiffers`] where it does not
/// begin at the end of what is held, [`Refusal::TooLarge`] where it reaches beyond the document,
/// [`Refusal::StorageFull`].
pub async fn chunk(
    State(office): State<Office>,
    desk: Desk,
    Path(id): Path<ScanId>,
    Query(Offset { offset }): Query<Offset>,
    Body(bytes): Body,
) -> Result<Json<UploadState>, Error> {
    let scan = own_scan(&office, &desk, id).await?;
    let before = progress(&office, id, &scan).await?;
    if before.offset != offset {
        return Err(Refusal::OffsetDiffers { offset: before.offset }.into());
    }
    if bytes.is_empty() {
        return Err(Refusal::Malformed.into());
    }
    let length = bytes.len() as u64;
    if offset + length > scan.bytes {
        return Err(Refusal::TooLarge.into());
    }
    if !office.files.has_room() {
        return Err(Refusal::StorageFull.into());
    }
    let object = office.files.put_part(id, office.clock.new_id()?, bytes).await?;
    let added = store::add_part(&office.pool, id, offset, length, &object).await;
    if added.is_err() {
        // Its letter was erased meanwhile, or the database is gone: the next try sends it again.
        office.files.remove_parts(std::slice::from_ref(&object)).await;
    }
    if added? {
        Ok(Json(UploadState { offset: offset + length, ..before }))
    } else {
        // Another connection of the desk was faster with the same chunk.
        office.files.remove_parts(&[object]).await;
        let now = progress(&office, id, &scan).await?;
        Err(Refusal::OffsetDiffers { offset: now.offset }.into())
    }
}

/// Joins the chunks once all are there, verifies the whole, and tells the desks.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::OffsetDiffers`] while bytes are missing, [`Refusal::HashDiffers`] after which
/// the upload begins anew.
pub async fn finish(
    State(office): State<Office>,
    desk: Desk,
    Path(id): Path<ScanId>,
) -> Result<Json<UploadState>, Error> {
    let scan = own_scan(&office, &desk, id).await?;
    let before = progress(&office, id, &scan).await?;
    if before.stored {
        return Ok(Json(before));
    }
    if before.offset != scan.bytes {
        return Err(Refusal::OffsetDiffers { offset: before.offset }.into());
    }
    let parts = store::parts(&office.pool, id).await?;
    if !office.files.join(id, &parts, &scan.sha256).await? {
        store::remove_parts(&office.pool, id).await?;
        office.files.remove_parts(&parts).await;
        tracing::warn!(scan = %id, "an uploaded scan has another hash");
        return Err(Refusal::HashDiffers.into());
    }
    if !document::set_stored(&office.pool, &office.files, &office.teryt, &office.clock, id, &scan).await? {
        return Err(Refusal::NotFound.into());
    }
    office.files.remove_parts(&parts).await;
    Ok(Json(UploadState { stored: true, ..before }))
}

async fn own_scan(office: &Office, desk: &Desk, id: ScanId) -> Result<ScanRow, Error> {
    let scan = store::scan(&office.pool, id).await?;
    scan.filter(|scan| scan.device == desk.id).ok_or_else(|| Refusal::NotFound.into())
}

async fn progress(office: &Office, id: ScanId, scan: &ScanRow) -> Result<UploadState, Error> {
    let offset = if scan.stored { scan.bytes } else { store::offset(&office.pool, id).await? };
    Ok(UploadState { offset, bytes: scan.bytes, stored: scan.stored })
}
