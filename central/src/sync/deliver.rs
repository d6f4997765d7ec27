//! Pull: the changes behind a desk's cursor, or the news that its history is gone.

use axum::{Json, extract::State};
use wire::v1::{Cursor, MAX_PAGE, Pull, PullAnswer};

use super::store;
use crate::{desks::Desk, error::Error, extract::Message, router::Office};

/// Most bytes of bodies in one page, roughly: a page always holds at least one change.
const PAGE_BYTES: usize = 4 << 20;

/// Gives a page.
///
/// # Errors
/// Those of the database.
pub async fn pull(
    State(office): State<Office>,
    _desk: Desk,
    Message(pull): Message<Pull>,
) -> Result<Json<PullAnswer>, Error> {
    let mut tx = office.pool.begin().await?;
    let state = store::state(&mut tx).await?;
    let Cursor { epoch, head, digest } = pull.cursor;
    let known = epoch == state.epoch
        && match head {
            0 => digest == Cursor::start(epoch).digest,
            _ => store::digest(&mut tx, head).await?.is_some_and(|known| known == digest),
        };
    if !known {
        return Ok(Json(PullAnswer::NewEpoch { epoch: state.epoch }));
    }
    let mut changes = store::changes(&mut tx, head, pull.limit.clamp(1, MAX_PAGE)).await?;
    let mut bytes = 0;
    let fitting = changes.iter().take_while(|change| {
        let fits = bytes < PAGE_BYTES;
        bytes += change.body.to_string().len();
        fits
    });
    changes.truncate(fitting.count());
    let scanned_up_to =
        changes.last().map_or(pull.cursor, |change| Cursor { epoch, head: change.n, digest: change.digest });
    // Read before the page: a head that the page has passed meanwhile is no news.
    let head = state.head.max(scanned_up_to.head);
    Ok(Json(PullAnswer::Changes { changes, scanned_up_to, head }))
}
