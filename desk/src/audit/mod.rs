//! What was seen at this desk, for the data-protection officer; and her reading of it, which happens at central.
//!
//! A view is opening a letter or its document; a search is one entry once it has settled, with the letters that it showed
//! and never what was typed. Entries wait in a table of their own until central has said that this log is whole, and then stand
//! in the log: written into an older copy of it, they would fork it. Called by `letters`, `scanning`, `session` and `sync`.

mod reading;
mod store;
pub mod view;
mod watch;

use domain::{
    calendar,
    ids::{LetterId, ScanId},
};
use jiff::civil::Date;
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::{AuditHead, HeadSeen, OpBody, Viewed};

pub use self::reading::{export, read};
pub(crate) use self::watch::Watch;
use crate::{Desk, DeskError, outbox, session};

/// Entries written into the log by one transaction: a batch.
const HANDED_AT_ONCE: u32 = 100;

/// Notes that the clerk at the desk opened a letter. Looking again within a few minutes is the same look.
///
/// # Errors
/// [`DeskError::Store`]: what cannot be noted is not shown.
pub(crate) async fn opened(desk: &Desk, letter: LetterId) -> Result<(), DeskError> {
    saw(desk, letter, letter.0, Viewed::Record).await
}

/// Notes that the clerk at the desk opened a letter's document.
///
/// # Errors
/// As [`opened`].
pub(crate) async fn opened_document(desk: &Desk, letter: LetterId, scan: ScanId) -> Result<(), DeskError> {
    saw(desk, letter, scan.0, Viewed::Document).await
}

async fn saw(desk: &Desk, subject: LetterId, thing: Uuid, what: Viewed) -> Result<(), DeskError> {
    settle(desk).await?;
    let clerk = session::clerk(desk)?;
    let now = desk.now();
    if desk.watch().is_known(clerk.id, thing, now) {
        return Ok(());
    }
    note(desk, &OpBody::RecordViewed { subject, what, by: clerk.name, at: now }).await?;
    desk.watch().looked(clerk.id, thing, now);
    Ok(())
}

/// Keeps what a search shows until the clerk has stopped typing: the next search takes its place, the next page adds to it.
pub(crate) fn found(desk: &Desk, letters: Vec<LetterId>, further: bool) {
    let Ok(clerk) = session::clerk(desk) else { return };
    desk.watch().found(clerk.name, session::witness(desk), letters, further, desk.now());
}

/// Writes the search that the clerk has left, if there is one.
///
/// # Errors
/// [`DeskError::Store`]; then it is written at the next occasion.
pub(crate) async fn settle(desk: &Desk) -> Result<(), DeskError> {
    let searches = desk.watch().take(true, desk.now());
    write(desk, searches).await
}

/// The same, for a search at which nobody has typed for a moment. Called by `sync` between its rounds.
///
/// # Errors
/// [`DeskError::Store`]; then it is written at the next occasion.
pub(crate) async fn settle_quiet(desk: &Desk) -> Result<(), DeskError> {
    let searches = desk.watch().take(false, desk.now());
    write(desk, searches).await
}

async fn write(desk: &Desk, searches: Vec<watch::Search>) -> Result<(), DeskError> {
    if searches.is_empty() {
        return Ok(());
    }
    let written = write_all(desk, &searches).await;
    if written.is_err() {
        desk.watch().put_back(searches);
    }
    written
}

async fn write_all(desk: &Desk, searches: &[watch::Search]) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    for search in searches {
        let body = OpBody::RecordsFound { subjects: search.letters.clone(), by: search.by.clone(), at: search.at };
        store::add_waiting(&mut tx, &body, search.acting.as_ref()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The last head of central's audit that was heard up to a day.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn head_of(db: &mut SqliteConnection, day: Date) -> Result<Option<HeadSeen>, DeskError> {
    store::head_of(db, day).await
}

/// Notes that a clerk signed in by this desk's own verifier.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn signed_in(desk: &Desk, by: String) -> Result<(), DeskError> {
    note(desk, &OpBody::SignedIn { by, at: desk.now() }).await
}

/// Keeps where central's audit ends today, and makes the last head of an earlier day an entry, inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn heard(
    desk: &Desk,
    db: &mut SqliteConnection,
    epoch: Uuid,
    head: &AuditHead,
) -> Result<(), DeskError> {
    let today = calendar::civil_day(desk.now());
    store::keep_head(db, &HeadSeen { day: today, epoch, head: *head }).await?;
    for seen in store::untold_heads(db, today).await? {
        store::add_waiting(db, &OpBody::AuditHeadSeen { seen, at: desk.now() }, None).await?;
        store::set_told(db, seen.day).await?;
    }
    Ok(())
}

async fn note(desk: &Desk, body: &OpBody) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    store::add_waiting(&mut tx, body, session::witness(desk).as_ref()).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes what waits into the log. Called by `sync` once central has said that this log is whole and counts.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn hand_over(desk: &Desk) -> Result<(), DeskError> {
    if !store::any_waiting(&mut *desk.read().await?).await? {
        return Ok(());
    }
    let mut tx = desk.begin().await?;
    for waiting in store::waiting(&mut tx, HANDED_AT_ONCE).await? {
        outbox::append_as(desk, &mut tx, &waiting.body, waiting.acting.as_ref()).await?;
        store::forget_waiting(&mut tx, waiting.key).await?;
    }
    tx.commit().await?;
    Ok(())
}
