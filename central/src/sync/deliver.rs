//! Pull: the changes behind a desk's cursor, or the news that its history is gone.

use axum::{
    extract::State,
    http::{
        HeaderMap,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use domain::rights::{RecordKind, Scope};
use wire::{
    core::{
        epoch::{self, Memory},
        stream,
    },
    pressed,
    v1::{Change, ChangeBody, MAX_PAGE, Outline, Pull, PullAnswer, RawBody},
};

use super::store;
use crate::{desks::Desk, directory, error::Error, extract::Message, router::Office};

/// Gives a page: letters within the desk's scope whole, of the others number and state.
///
/// # Errors
/// Those of the database and of random bytes.
pub async fn pull(
    State(office): State<Office>,
    desk: Desk,
    headers: HeaderMap,
    Message(pull): Message<Pull>,
) -> Result<Response, Error> {
    let answer = page(&office, &desk, pull).await?;
    let json = serde_json::to_vec(&answer)?;
    let takes_pressed = headers.get(ACCEPT_ENCODING).is_some_and(|takes| takes == pressed::ENCODING);
    let plain = [(CONTENT_TYPE, "application/json")];
    Ok(match takes_pressed.then(|| pressed::press(&json)).flatten() {
        Some(pressed) => (plain, [(CONTENT_ENCODING, pressed::ENCODING)], pressed).into_response(),
        None => (plain, json).into_response(),
    })
}

async fn page(office: &Office, desk: &Desk, pull: Pull) -> Result<PullAnswer, Error> {
    let mut tx = office.pool.begin().await?;
    let state = store::state(&mut tx).await?;
    let digest = store::digest(&mut tx, pull.cursor.head).await?;
    if epoch::of_cursor(&pull.cursor, state.epoch, digest.as_ref()) == Memory::Lost {
        let begun = super::begin_epoch(&mut tx, &office.clock, state.epoch).await?;
        tx.commit().await?;
        return Ok(PullAnswer::NewEpoch { epoch: begun.epoch });
    }
    if !stream::knows(&pull.cursor, state.epoch, digest.as_ref()) {
        return Ok(PullAnswer::NewEpoch { epoch: state.epoch });
    }
    let changes = store::changes(&mut tx, pull.cursor.head, pull.limit.clamp(1, MAX_PAGE)).await?;
    let scope = &desk.bounds.scope;
    let changes = changes.into_iter().map(|(change, now)| within(scope, change, now)).collect::<Result<_, _>>()?;
    let directory = directory::published_hash(&mut tx).await?;
    Ok(stream::page(pull.cursor, changes, state.head, state.audit, directory))
}

/// A change as a desk with this scope may hear it. `now`: the kind that the letter is by now.
fn within(scope: &Scope, change: Change, now: RecordKind) -> Result<Change, Error> {
    if *scope == Scope::all() {
        return Ok(change);
    }
    let ChangeBody::Letter(state) = change.read_body()? else { return Ok(change) };
    match Outline::for_desk(&state, now, scope) {
        None => Ok(change),
        Some(outline) => {
            let body = RawBody::of(&ChangeBody::Outline(Box::new(outline)))?;
            Ok(Change { body, ..change })
        }
    }
}
