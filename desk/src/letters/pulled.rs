//! What central's word does to the register's rows: letters of other desks are entered, what others changed is taken over.
//! Called by `sync`, inside its transaction. An own change that central has not answered yet stays laid over.

use domain::{calendar, ids::OpId, letter::Letter};
use sqlx::SqliteConnection;
use wire::v1::{LetterState, changes::LastOps};

use super::{
    change, correction, note, store,
    store::LetterRow,
    view::{Cancellation, HistoryKind},
};
use crate::{Desk, DeskError, labels, outbox, people};

/// Takes over what central says of a letter. `contained`: own operations up to this number are in what it says.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn take_over(
    desk: &Desk,
    db: &mut SqliteConnection,
    state: &LetterState,
    contained: u64,
) -> Result<(), DeskError> {
    if let Some(replaced) = state.replaces
        && !store::exists(db, state.id).await?
    {
        // Its desk came back: what this desk wrote about the re-entry stays with the letter.
        store::take_place_of(db, replaced, state).await?;
    }
    if !store::exists(db, state.id).await? {
        return enter(desk, db, state).await;
    }
    let row = store::row(db, state.id).await?;
    if state.is_outline() {
        return withdraw(desk, db, state, &row).await;
    }
    stage_and_unit(desk, db, state).await?;
    status_key(desk, db, state, contained).await?;
    cancellation(desk, db, state, &row, contained).await?;
    facts(desk, db, state, row, contained).await
}

async fn enter(desk: &Desk, db: &mut SqliteConnection, state: &LetterState) -> Result<(), DeskError> {
    let letter = letter_of(state);
    let cancelled = state.cancelled.as_ref().map(cancellation_of);
    let (day, words) = (calendar::civil_day(state.registered_at), super::words_of(desk, &letter));
    if !store::insert_foreign(db, state, cancelled.as_ref(), day, &words).await? {
        // Two papers bear one number: central's task says so, and the own letter stays.
        return Ok(());
    }
    if state.is_outline() {
        return Ok(());
    }
    store::note(db, state.id, state.registered_at, &state.registered_by, &HistoryKind::Registered).await?;
    // Issued before anybody here heard of the letter: no news later.
    is_news(db, state.last_ops.key).await?;
    stage_and_unit(desk, db, state).await
}

// What may not be here leaves: facts, words to search by, what history and tasks tell of them. What this desk registered itself
// stays: its own log holds it anyway, and so does the paper on its counter.
async fn withdraw(
    desk: &Desk,
    db: &mut SqliteConnection,
    state: &LetterState,
    row: &LetterRow,
) -> Result<(), DeskError> {
    if !row.registered_here {
        take_away(desk, db, state, row).await?;
    }
    match &state.cancelled {
        Some(cancelled) if row.cancelled.is_none() || !row.registered_here => {
            store::cancel(db, row.key, &cancellation_of(cancelled)).await
        }
        Some(_) | None => Ok(()),
    }
}

async fn take_away(
    desk: &Desk,
    db: &mut SqliteConnection,
    state: &LetterState,
    row: &LetterRow,
) -> Result<(), DeskError> {
    let letter = letter_of(state);
    store::forget_words_for_good(db).await?;
    store::correct(db, row.key, &letter, None, state.last_ops.intake, &super::words_of(desk, &letter)).await?;
    store::withdraw(db, row.key, state.id).await?;
    correction::forget_all(db, state.id).await?;
    if let Some(party) = row.party_key {
        people::forget(db, party).await?;
    }
    Ok(store::uncancel(db, row.key).await?)
}

/// Takes away all that the register says of a letter whose content was erased, whoever registered it: number and state stay.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn erase(desk: &Desk, db: &mut SqliteConnection, state: &LetterState) -> Result<(), DeskError> {
    if !store::exists(db, state.id).await? {
        return Ok(());
    }
    let row = store::row(db, state.id).await?;
    take_away(desk, db, state, &row).await?;
    store::forget_status_key(db, state.id).await?;
    labels::forget_reasons(db, state.id).await?;
    if let Some(cancelled) = &state.cancelled {
        store::cancel(db, row.key, &cancellation_of(cancelled)).await?;
    }
    note(desk, db, state.id, "", &HistoryKind::Erased).await
}

async fn facts(
    desk: &Desk,
    db: &mut SqliteConnection,
    state: &LetterState,
    row: LetterRow,
    contained: u64,
) -> Result<(), DeskError> {
    let op = state.last_ops.intake;
    if row.intake_op == op || outbox::is_behind(db, row.intake_op, contained).await? {
        return Ok(());
    }
    let key = row.key;
    let party = row.party_key.filter(|_| row.letter.facts.sender == state.facts.sender);
    let changes = change::changes(&row, &state.facts);
    let letter = Letter { facts: state.facts.clone(), ..row.letter };
    store::correct(db, key, &letter, party, op, &super::words_of(desk, &letter)).await?;
    if let Some(before) = row.party_key.filter(|before| Some(*before) != party) {
        people::forget(db, before).await?;
    }
    if row.intake_op.0.is_nil() {
        // It may be here now: nobody corrected anything.
        store::set_registered_by(db, key, &state.registered_by).await?;
        store::note(db, state.id, state.registered_at, &state.registered_by, &HistoryKind::Registered).await?;
        let Some(cancelled) = &state.cancelled else { return Ok(()) };
        store::cancel(db, key, &cancellation_of(cancelled)).await?;
        let what = HistoryKind::Cancelled { reason: cancelled.reason.clone() };
        return store::note(db, state.id, cancelled.at, &cancelled.by, &what).await;
    }
    let Some(correction) = state.corrected.as_ref().filter(|_| !changes.is_empty()) else { return Ok(()) };
    if is_news(db, Some(op)).await? {
        let what = HistoryKind::Corrected { changes, reason: correction.reason.clone() };
        note(desk, db, state.id, &correction.by, &what).await?;
    }
    Ok(())
}

async fn cancellation(
    desk: &Desk,
    db: &mut SqliteConnection,
    state: &LetterState,
    row: &LetterRow,
    contained: u64,
) -> Result<(), DeskError> {
    match (&row.cancelled, &state.cancelled) {
        (None, Some(cancelled)) => {
            store::cancel(db, row.key, &cancellation_of(cancelled)).await?;
            let what = HistoryKind::Cancelled { reason: cancelled.reason.clone() };
            note(desk, db, state.id, &cancelled.by, &what).await
        }
        (Some(_), None) if !outbox::has_behind(db, state.id, "letter_cancelled", contained).await? => {
            store::uncancel(db, row.key).await?;
            note(desk, db, state.id, "", &HistoryKind::CancellationAsked).await
        }
        (Some(_), None | Some(_)) | (None, None) => Ok(()),
    }
}

async fn stage_and_unit(desk: &Desk, db: &mut SqliteConnection, state: &LetterState) -> Result<(), DeskError> {
    let LastOps { routing, status, .. } = state.last_ops;
    let new_stage = is_news(db, status).await?;
    // An older desk sets both by one operation.
    let new_unit = if routing == status { new_stage } else { is_news(db, routing).await? };
    if new_unit {
        let by = state.unit_set_by.as_deref().unwrap_or_default();
        note(desk, db, state.id, by, &HistoryKind::UnitSet { unit: state.unit.clone() }).await?;
    }
    if new_stage {
        note(desk, db, state.id, &state.stage_changed_by, &HistoryKind::StageSet { stage: state.stage }).await?;
    }
    Ok(())
}

// Another desk gave the letter another key: the one that is known here opens nothing any more, unless it comes after that.
async fn status_key(
    desk: &Desk,
    db: &mut SqliteConnection,
    state: &LetterState,
    contained: u64,
) -> Result<(), DeskError> {
    if outbox::has_behind(db, state.id, "status_key_issued", contained).await? {
        return Ok(());
    }
    if is_news(db, state.last_ops.key).await? {
        store::forget_status_key(db, state.id).await?;
        note(desk, db, state.id, "", &HistoryKind::KeyIssued).await?;
    }
    Ok(())
}

// An operation of somebody else that no line of the history tells yet.
async fn is_news(db: &mut SqliteConnection, op: Option<OpId>) -> Result<bool, DeskError> {
    let Some(op) = op else { return Ok(false) };
    Ok(!outbox::is_own(db, op).await? && store::note_once(db, op).await?)
}

pub(super) fn letter_of(state: &LetterState) -> Letter {
    Letter {
        id: state.id,
        number: state.number.clone(),
        identifier: state.identifier.clone(),
        registered_at: state.registered_at,
        registered_by: state.registered_by.clone(),
        facts: state.facts.clone(),
    }
}

pub(super) fn cancellation_of(cancelled: &wire::v1::changes::Cancellation) -> Cancellation {
    Cancellation {
        reason: cancelled.reason.clone(),
        by: cancelled.by.clone(),
        at: calendar::display_moment(cancelled.at),
    }
}
