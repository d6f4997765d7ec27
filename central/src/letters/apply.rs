//! Applies one operation to the letters, inside the caller's transaction, which holds the letter's lock.

use domain::{
    ids::{DeviceId, LetterId, OpId},
    rights::RecordKind,
};
use jiff::Timestamp;
use sqlx::PgConnection;
use wire::{
    core::push::Outcome,
    v1::{ChangeBody, Erasure, LetterState, OpBody, Outline, TaskReason},
};

pub use super::rules::Origin;
use super::{
    rules::{Decision, Flag, Record, decide, take_place_of},
    store::{self, NewScan, Task},
};
use crate::symbols;

pub(crate) use super::store::lock;

/// Applies the operation, opens its task, and applies what had waited for its letter.
///
/// # Errors
/// Those of the database; the caller rolls back to before the operation.
pub async fn apply(
    tx: &mut PgConnection,
    origin: Origin<'_>,
    op_id: OpId,
    body: &OpBody,
    now: Timestamp,
) -> sqlx::Result<Outcome> {
    let outcome = apply_one(tx, origin, op_id, body, now).await?;
    if let OpBody::LetterRegistered { letter, .. } = body
        && !matches!(outcome, Outcome::Kept(_))
    {
        for waiting in store::waiting(tx, letter.id).await? {
            let Ok(body) = serde_json::from_slice::<OpBody>(&waiting.body) else { continue };
            // Nothing that waits for a letter gives a number.
            let origin = Origin { desk: Some((waiting.device, &[])), ..origin };
            store::close_waiting_task(tx, waiting.op_id, now).await?;
            let outcome = apply_one(tx, origin, waiting.op_id, &body, now).await?;
            store::set_fate(tx, &waiting, outcome.fate(), outcome.reason()).await?;
        }
    }
    Ok(outcome)
}

async fn apply_one(
    tx: &mut PgConnection,
    origin: Origin<'_>,
    op_id: OpId,
    body: &OpBody,
    now: Timestamp,
) -> sqlx::Result<Outcome> {
    // What is about numbers goes to `symbols`.
    let Some(mut letter) = body.letter_id() else { return Ok(Outcome::Kept(TaskReason::Malformed)) };
    let mut known = store::load(tx, letter).await?;
    if known.is_none()
        && let Some(successor) = store::successor(tx, letter).await?
    {
        // The desk named a re-entry, whose place another letter has taken since.
        (letter, known) = (successor, store::load(tx, successor).await?);
    }
    let is_new = known.is_none();
    let mut overlap = None;
    let outcome = match decide(known, origin, op_id, body) {
        Decision::Nothing => Outcome::Applied,
        Decision::Keep(reason) => {
            // The document may come before its letter: its upload needs the row.
            if reason == TaskReason::LetterUnknown {
                insert_scan(tx, origin, letter, body).await?;
            }
            Outcome::Kept(reason)
        }
        Decision::AddScan(flag) => {
            if insert_scan(tx, origin, letter, body).await? {
                flag.map_or(Outcome::Applied, Outcome::Flagged)
            } else {
                Outcome::Kept(TaskReason::ScanIdTaken)
            }
        }
        Decision::Store(mut record, mut flag) => {
            let written = if is_new {
                let inserted = store::insert(tx, &record).await?;
                let reentry = if inserted || record.state.registered_on == symbols::CENTRAL {
                    None
                } else {
                    store::give_way(tx, &record.state.number, letter, now).await?
                };
                match reentry {
                    None => inserted,
                    Some(reentry) => {
                        let differs = take_place_of(&mut record, &reentry.state);
                        flag = flag.or(differs);
                        let issued = reentry.state.last_ops.key;
                        if issued.is_some() {
                            // The citizen has the key of the re-entry.
                            (record.status_hash, record.state.last_ops.key) = (reentry.status_hash, issued);
                        }
                        let written = store::insert(tx, &record).await?;
                        store::set_key(tx, &record).await?;
                        store::update(tx, &record).await?;
                        written
                    }
                }
            } else {
                if matches!(body, OpBody::StatusKeyIssued { .. }) {
                    store::set_key(tx, &record).await?;
                }
                store::update(tx, &record).await?;
                true
            };
            if written {
                store::publish(tx, &record).await?;
                let found = is_new && symbols::was_lost(tx, &record.state.number).await?;
                match flag {
                    Some(Flag { reason, overlap: both }) => {
                        overlap = both;
                        Outcome::Flagged(reason)
                    }
                    None if found => Outcome::Flagged(TaskReason::LostNumberFound),
                    None => Outcome::Applied,
                }
            } else {
                Outcome::Kept(TaskReason::NumberTaken)
            }
        }
        Decision::Settle(task, record) => {
            if let Some(record) = record {
                store::update(tx, &record).await?;
                store::publish(tx, &record).await?;
            }
            store::close_tasks(tx, letter, task, now).await?;
            Outcome::Applied
        }
    };
    if let Some(reason) = outcome.reason() {
        let cancellation = match body {
            OpBody::LetterCancelled { reason: why, .. } if reason == TaskReason::CancellationAsked => Some(why.clone()),
            _ => None,
        };
        let task = Task { by: body.by().to_owned(), overlap, cancellation };
        store::open_task(tx, op_id, letter, reason, &task, now).await?;
    }
    Ok(outcome)
}

async fn insert_scan(tx: &mut PgConnection, origin: Origin<'_>, letter: LetterId, body: &OpBody) -> sqlx::Result<bool> {
    let OpBody::ScanAttached { scan_id, pages, bytes, sha256, by, at, .. } = body else { return Ok(true) };
    let device: DeviceId = origin.desk.map_or(DeviceId(uuid::Uuid::nil()), |(device, _)| device);
    let scan = NewScan { id: *scan_id, letter, device, pages: *pages, bytes: *bytes, sha256, by, at: *at };
    store::insert_scan(tx, &scan).await
}

/// The letter as desks are told of it; `None` while only waiting operations name it. For a re-entry that gave way, the
/// letter that took its place.
///
/// # Errors
/// Those of the database.
pub async fn state(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Option<LetterState>> {
    Ok(record(tx, letter).await?.map(|record| record.state))
}

async fn record(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Option<Record>> {
    let mut record = store::load(tx, letter).await?;
    if record.is_none()
        && let Some(successor) = store::successor(tx, letter).await?
    {
        record = store::load(tx, successor).await?;
    }
    Ok(record)
}

/// The change by which desks hear of the letter: whole, or what is left of it.
///
/// # Errors
/// As [`state`].
pub async fn change(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Option<ChangeBody>> {
    Ok(record(tx, letter).await?.map(|record| match record.erased {
        None => ChangeBody::Letter(Box::new(record.state)),
        Some(erasure) => {
            let kind = RecordKind::of_letter(record.state.facts.kind.as_deref());
            ChangeBody::Erased(Box::new(Erasure { erasure, outline: Outline::of(&record.state, kind) }))
        }
    }))
}

/// Keeps an operation that began at central itself.
///
/// # Errors
/// Those of the database.
pub async fn keep_act(tx: &mut PgConnection, op_id: OpId, body: &OpBody, now: Timestamp) -> sqlx::Result<()> {
    store::add_central_act(tx, op_id, &body.to_canonical_json(), now).await
}
