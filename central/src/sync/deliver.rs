//! Pull: the changes behind a desk's cursor, or the news that its history is gone.

use axum::{Json, extract::State};
use wire::{
    core::{
        epoch::{self, Memory},
        stream,
    },
    v1::{MAX_PAGE, Pull, PullAnswer},
};

use super::store;
use crate::{desks::Desk, error::Error, extract::Message, router::Office};

/// Gives a page.
///
/// # Errors
/// Those of the database and of random bytes.
pub async fn pull(
    State(office): State<Office>,
    _desk: Desk,
    Message(pull): Message<Pull>,
) -> Result<Json<PullAnswer>, Error> {
    let mut tx = office.pool.begin().await?;
    let state = store::state(&mut tx).await?;
    let digest = store::digest(&mut tx, pull.cursor.head).await?;
    if epoch::of_cursor(&pull.cursor, state.epoch, digest.as_ref()) == Memory::Lost {
        let begun = super::begin_epoch(&mut tx, &office.clock, state.epoch).await?;
        tx.commit().await?;
        return Ok(Json(PullAnswer::NewEpoch { epoch: begun.epoch }));
    }
    if !stream::knows(&pull.cursor, state.epoch, digest.as_ref()) {
        return Ok(Json(PullAnswer::NewEpoch { epoch: state.epoch }));
    }
    let changes = store::changes(&mut tx, pull.cursor.head, pull.limit.clamp(1, MAX_PAGE)).await?;
    Ok(Json(stream::page(pull.cursor, changes, state.head)))
}
