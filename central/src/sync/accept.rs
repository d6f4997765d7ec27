//! Push: keeps a desk's operations as received, applies them in order, and says what became of each.
//!
//! An operation whose chain holds is never lost: what cannot be applied is kept with a task. The whole batch is one
//! transaction; only a fault of ours (or of the database) makes the desk send it again.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use domain::{
    ids::{DeviceId, LetterId},
    marks::Teryt,
    rights::Act,
};
use jiff::Timestamp;
use sqlx::{Acquire, PgConnection};
use wire::{
    core::push::{Batch, Failure, Fresh, Outcome, StoredLog, Taking, Way, judge},
    v1::{OpBody, Operation, Push, PushAnswer, TaskReason},
};

use super::{bulk, hold, settlement, store};
use crate::{
    accounts::Judge,
    admin_log::{self, Administrator},
    audit::{self, Entry},
    desks::{Desk, Sender},
    erasure,
    error::Error,
    extract::Message,
    letters::apply::{self, Origin},
    router::Office,
    symbols,
};

/// Takes a batch.
///
/// # Errors
/// Those of [`Batch::read`] and [`judge`]; a request to come again after a fault of ours.
pub async fn push(
    State(office): State<Office>,
    Sender(desk): Sender,
    Message(push): Message<Push>,
) -> Result<Json<PushAnswer>, Error> {
    let batch = Batch::read(&desk.log(&office), &desk.public_key, &push)?;
    let now = office.clock.now();

    let mut tx = office.pool.begin().await?;
    let (end, standing) = store::lock_log(&mut tx, desk.id).await?;
    let known = store::hashes(&mut tx, desk.id, &batch.span(end)).await?;
    let answer = match judge(batch, StoredLog { end, standing, known })? {
        Way::Take(mut taking) => {
            let told = take_all(&mut tx, &office.teryt, &desk, &mut taking, now).await?;
            let settled = settle_what_waited(&mut tx, &office.teryt, &taking).await?;
            let state = match told {
                Some(told) if settled.is_empty() => super::tell(&mut tx, told).await?,
                Some(_) | None => {
                    let mut changed = [letters_of(taking.taken()), settled].concat();
                    changed.sort_unstable();
                    changed.dedup();
                    super::announce(&mut tx, &changed).await?
                }
            };
            witness(&mut tx, desk.id, &taking, now).await?;
            taking.answer(state.epoch, state.head)
        }
        Way::Hold(holding) => {
            let kept = hold::keep(&mut tx, &office.teryt, &desk, holding, now).await?;
            if let Some(deed) = kept.forked {
                let by = Administrator { pool: &office.pool, clock: &office.clock, log: office.admin_log.as_ref() };
                admin_log::record(&mut tx, &by, &deed).await?;
            }
            Ok(kept.answer)
        }
    };
    tx.commit().await?;

    let answer = answer?;
    tracing::info!(device = %desk.id, sent = push.ops.len(), seq = answer.last.seq, "push");
    Ok(Json(answer))
}

/// In a restored database, a settlement may wait for a letter that comes from another desk.
async fn settle_what_waited(tx: &mut PgConnection, office: &Teryt, taking: &Taking<'_>) -> sqlx::Result<Vec<LetterId>> {
    let registers = |fresh: &Fresh<'_>| matches!(fresh.body, Some(OpBody::LetterRegistered { .. }));
    if !taking.taken().iter().any(registers) || !store::any_settlement_waits(tx).await? {
        return Ok(Vec::new());
    }
    settlement::settle_waiting(tx, office).await
}

/// Notes in the audit how far the desk's log is here.
pub(super) async fn witness(
    tx: &mut PgConnection,
    desk: DeviceId,
    taking: &Taking<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let Some(first) = taking.taken().first() else { return Ok(()) };
    let entry = Entry::BatchTaken { desk, first: first.operation.seq, last: taking.tip() };
    audit::append(tx, now, &entry).await?;
    Ok(())
}

/// Keeps and applies what is new, up to the first operation that fails inside central: all at once where everything is plain,
/// and then what desks are told of it is known; else one after another.
pub(super) async fn take_all(
    tx: &mut PgConnection,
    office: &Teryt,
    desk: &Desk,
    taking: &mut Taking<'_>,
    now: Timestamp,
) -> Result<Option<bulk::Told>, Error> {
    apply::lock(tx, office, &letters_of(taking.fresh())).await?;
    let mut rights = Judge::of(tx, desk).await?;
    let erased = erasure::among(tx, &letters_of(taking.fresh())).await?;
    if erased.is_empty() {
        match bulk::take_all(tx, office, desk, &mut rights, taking, now).await {
            Ok(Some(told)) => {
                for _ in 0..taking.fresh().len() {
                    taking.took(Outcome::Applied);
                }
                note_tip(tx, desk, &rights, taking).await?;
                return Ok(Some(told));
            }
            Err(error) if is_passing(&error) => return Err(error.into()),
            // Something is not plain, or fails: what becomes of it is found one after another.
            Ok(None) | Err(_) => {}
        }
    }
    while let Some(fresh) = taking.next() {
        let (operation, letter) = (fresh.operation, fresh.letter_id());
        let gone = letter.filter(|letter| erased.contains(letter));
        let taken = match gone {
            Some(letter) => take_erased(tx, desk, operation, letter, now).await,
            None => take(tx, office, desk, &mut rights, fresh, now).await,
        };
        match taken {
            Ok(outcome) => taking.took(outcome),
            Err(error) if is_passing(&error) => return Err(error.into()),
            Err(error) => {
                Error::from(error).log();
                let failures = store::add_failure(tx, desk.id, operation.seq).await?;
                match taking.failed(failures) {
                    Failure::Stop => {}
                    Failure::Park(outcome) => {
                        // Of an erased letter nothing is kept, parked or not.
                        let kept = gone.map_or_else(|| operation.clone(), |letter| operation.without_content(letter));
                        store::add_operation(tx, desk.id, &kept, letter, now, outcome).await?;
                        store::open_task(tx, operation.op_id, letter, None, TaskReason::Internal, now).await?;
                        taking.took(outcome);
                    }
                }
            }
        }
    }
    note_tip(tx, desk, &rights, taking).await?;
    Ok(None)
}

async fn note_tip(tx: &mut PgConnection, desk: &Desk, rights: &Judge, taking: &Taking<'_>) -> sqlx::Result<()> {
    let tip = taking.tip();
    rights.took(tx, desk, tip.seq).await?;
    store::set_tip(tx, desk.id, tip).await?;
    store::forget_failures(tx, desk.id, tip.seq).await
}

fn letters_of(operations: &[Fresh<'_>]) -> Vec<LetterId> {
    let letters: BTreeSet<LetterId> = operations.iter().filter_map(Fresh::letter_id).collect();
    letters.into_iter().collect()
}

/// Keeps an operation about a letter that was erased without its content, whatever that was.
async fn take_erased(
    tx: &mut PgConnection,
    desk: &Desk,
    operation: &Operation,
    letter: LetterId,
    now: Timestamp,
) -> sqlx::Result<Outcome> {
    let operation = operation.without_content(letter);
    let mut savepoint = tx.begin().await?;
    store::add_operation(&mut savepoint, desk.id, &operation, Some(letter), now, Outcome::Applied).await?;
    savepoint.commit().await?;
    Ok(Outcome::Applied)
}

/// Keeps and applies one operation; on an error nothing of it remains.
async fn take(
    tx: &mut PgConnection,
    office: &Teryt,
    desk: &Desk,
    rights: &mut Judge,
    fresh: &Fresh<'_>,
    now: Timestamp,
) -> sqlx::Result<Outcome> {
    let operation = fresh.operation;
    let mut savepoint = tx.begin().await?;
    let outcome = if let Some(body) = &fresh.body {
        let permitted = rights.permits(&mut savepoint, desk, operation, body).await?;
        if !permitted {
            let (letter, by) = (body.letter_id(), Some(body.by()));
            store::open_task(&mut savepoint, operation.op_id, letter, by, TaskReason::NotPermitted, now).await?;
        }
        if permitted || body.act().is_some_and(Act::is_about_paper) {
            let outcome = apply_one(&mut savepoint, office, desk, operation, body, now).await?;
            if outcome == Outcome::Applied && !permitted { Outcome::Flagged(TaskReason::NotPermitted) } else { outcome }
        } else {
            Outcome::Kept(TaskReason::NotPermitted)
        }
    } else {
        store::open_task(&mut savepoint, operation.op_id, None, None, TaskReason::Malformed, now).await?;
        Outcome::Kept(TaskReason::Malformed)
    };
    store::add_operation(&mut savepoint, desk.id, operation, fresh.letter_id(), now, outcome).await?;
    savepoint.commit().await?;
    Ok(outcome)
}

/// Applies an operation about a letter to the letters, one about numbers to the symbols.
async fn apply_one(
    tx: &mut PgConnection,
    office: &Teryt,
    desk: &Desk,
    operation: &Operation,
    body: &OpBody,
    now: Timestamp,
) -> sqlx::Result<Outcome> {
    if body.is_audit() {
        return Ok(Outcome::Applied);
    }
    if body.letter_id().is_none() {
        let outcome = symbols::apply(tx, desk.id, operation.op_id, body, now).await?;
        if let Some(reason) = outcome.reason() {
            store::open_task(tx, operation.op_id, None, Some(body.by()), reason, now).await?;
        }
        return Ok(outcome);
    }
    let symbols = if matches!(body, OpBody::LetterRegistered { .. }) {
        symbols::numbered_by(tx, desk.id).await?
    } else {
        Vec::new()
    };
    let origin = Origin { office, desk: Some((desk.id, &symbols)) };
    apply::apply(tx, origin, operation.op_id, body, now).await
}

/// A fault of the connection or of the moment, not of the operation: it must not count against the operation.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Connection, transaction rollback (deadlock), resources, operator intervention (timeout), system.
            ["08", "25", "40", "53", "55", "57", "58"].contains(&code.get(..2).unwrap_or_default())
        }),
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}
