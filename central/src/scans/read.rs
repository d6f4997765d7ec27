//! Reading a stored document: through its letter only.

use axum::{
    body::Body,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use domain::ids::{LetterId, ScanId};
use wire::v1::Refusal;

use super::store;
use crate::{desks::Desk, error::Error, router::Office};

/// Gives the document's bytes.
///
/// # Errors
/// [`Refusal::NotFound`] when the letter has no such document, its bytes are not all here yet, or the desk may not hold
/// letters of its kind.
pub async fn read(
    State(office): State<Office>,
    desk: Desk,
    Path((letter, scan)): Path<(LetterId, ScanId)>,
) -> Result<Response, Error> {
    let row = store::scan(&office.pool, scan).await?;
    let row = row.filter(|row| row.letter == letter && row.stored).ok_or(Refusal::NotFound)?;
    if !desk.bounds.scope.has(row.kind) {
        return Err(Refusal::NotFound.into());
    }
    let bytes = office.files.read(scan).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_LENGTH, row.bytes.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}
