//! Applies one operation to the letters, inside the caller's transaction, which holds the letter's lock.

use domain::ids::{DeviceId, LetterId, OpId};
use jiff::Timestamp;
use sqlx::PgConnection;
use wire::{
    core::push::Outcome,
    v1::{LetterState, OpBody, TaskReason},
};

pub use super::rules::Origin;
use super::{
    rules::{Decision, Flag, decide},
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
    let Some(letter) = body.letter_id() else { return Ok(Outcome::Kept(TaskReason::Malformed)) };
    let known = store::load(tx, letter).await?;
    let is_new = known.is_none();
    let mut overlap = None;
    let outcome = match decide(known, origin, op_id, body) {
        Decision::Nothing => Outcome::Applied,
        Decision::Keep(reason) => {
            // The document may come before its letter: its upload needs the row.
            if reason == TaskReason::LetterUnknown {
                insert_scan(tx, origin, body).await?;
            }
            Outcome::Kept(reason)
        }
        Decision::AddScan(flag) => {
            if insert_scan(tx, origin, body).await? {
                flag.map_or(Outcome::Applied, Outcome::Flagged)
            } else {
                Outcome::Kept(TaskReason::ScanIdTaken)
            }
        }
        Decision::Store(record, flag) => {
            let written = if is_new {
                store::insert(tx, &record).await?
            } else {
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

async fn insert_scan(tx: &mut PgConnection, origin: Origin<'_>, body: &OpBody) -> sqlx::Result<bool> {
    let OpBody::ScanAttached { scan_id, letter_id, pages, bytes, sha256, by, at } = body else { return Ok(true) };
    let device: DeviceId = origin.desk.map_or(DeviceId(uuid::Uuid::nil()), |(device, _)| device);
    let scan = NewScan { id: *scan_id, letter: *letter_id, device, pages: *pages, bytes: *bytes, sha256, by, at: *at };
    store::insert_scan(tx, &scan).await
}

/// The letter as desks are told of it; `None` while only waiting operations name it.
///
/// # Errors
/// Those of the database.
pub async fn state(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Option<LetterState>> {
    store::load(tx, letter).await.map(|record| record.map(|record| record.state))
}
