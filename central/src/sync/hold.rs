//! The hold: operations of a desk that does not count are kept as received, acknowledged, and not applied.
//!
//! A desk forks when two machines write one log: a cloned disk, or a database restored behind its mark. Central cannot
//! tell which of them bears the truth, so from then on neither counts. Held operations form a tree below the log; the
//! administrator settles it letter by letter.

use domain::{
    ids::{DeviceId, LetterId, OpId},
    marks::Teryt,
    register::RegisterNumber,
};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use wire::{
    core::{
        hold::Holding,
        push::{Batch, StoredLog, Way, body_of, judge},
    },
    v1::{LogOf, OpBody, Operation, PushAnswer, Standing, TaskReason, Tip, Verdict},
};

use super::{counted, settlement, store};
use crate::{
    admin_log::Deed,
    audit::{self, Entry},
    desks,
    desks::Desk,
    erasure,
    error::Error,
};

/// A held operation as the administrator's list shows it: nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldOperation {
    /// Whose.
    pub desk: DeviceId,
    /// Number in the desk's log; branches of a fork share numbers.
    pub seq: u64,
    /// The letter that it is about: what is settled names it.
    pub letter: Option<LetterId>,
    /// What it is, `letter_registered`; `unreadable` when it is no operation of ours.
    pub kind: &'static str,
    /// The register number that a registration gave.
    pub number: Option<RegisterNumber>,
    /// When central received it.
    pub received_at: Timestamp,
}

/// Everything in the hold that nobody has settled, by desk and number.
///
/// # Errors
/// Those of the database.
pub async fn held(pool: &PgPool) -> sqlx::Result<Vec<HeldOperation>> {
    let held = store::held(&mut *pool.acquire().await?).await?;
    let seen = held.into_iter().map(|(desk, operation, received_at)| {
        let body = body_of(&operation);
        let kind = body.as_ref().map_or("unreadable", OpBody::kind);
        let letter = operation.erased.map(|erased| erased.letter).or_else(|| body.as_ref().and_then(OpBody::letter_id));
        let number = match body {
            Some(OpBody::LetterRegistered { letter, .. }) => Some(letter.number),
            Some(_) | None => None,
        };
        HeldOperation { desk, seq: operation.seq, letter, kind, number, received_at }
    });
    Ok(seen.collect())
}

/// Keeps operations that a desk wrote into a file as if it had pushed them, in a transaction of their own; how many are new.
/// `None` when the desk counts.
///
/// # Errors
/// Those of [`Batch::trusted`] and [`judge`], and of the database.
pub(crate) async fn hold(
    pool: &PgPool,
    log: &LogOf,
    desk: &Desk,
    ops: &[Operation],
    now: Timestamp,
) -> Result<Option<usize>, Error> {
    let batch = Batch::trusted(log, ops)?;
    let mut tx = pool.begin().await?;
    let (end, standing) = store::lock_log(&mut tx, desk.id).await?;
    if standing == Standing::Counts {
        return Ok(None);
    }
    let known = store::hashes(&mut tx, desk.id, &batch.span(end)).await?;
    let kept = match judge(batch, StoredLog { end, standing, known })? {
        Way::Hold(holding) => keep(&mut tx, &log.office, desk, holding, now).await?,
        Way::Take(_) => return Ok(None),
    };
    tx.commit().await?;
    Ok(Some(kept.answer.verdicts.iter().filter(|told| told.verdict != Verdict::Duplicate).count()))
}

/// What became of a batch that does not count.
pub(super) struct Kept {
    /// What the desk is told.
    pub(super) answer: PushAnswer,
    /// The deed by which the desk stops counting, if it is by this batch. Nothing but a commit may follow it.
    pub(super) forked: Option<Deed>,
}

/// Keeps a batch that does not count; what is known already is a duplicate. In a restored database, what waited for it is done.
///
/// # Errors
/// Those of [`Holding::plan`] and of the database.
pub(super) async fn keep(
    tx: &mut PgConnection,
    office: &Teryt,
    desk: &Desk,
    holding: Holding<'_>,
    now: Timestamp,
) -> Result<Kept, Error> {
    let held = store::held_among(tx, desk.id, &holding.asks()).await?;
    let held = holding.plan(&held)?;
    let mut erased = Vec::new();
    for operation in &held.new {
        let gone = operation.erased.map(|erased| erased.letter);
        let letter = gone.or_else(|| body_of(operation).as_ref().and_then(OpBody::letter_id));
        match letter {
            Some(letter) if !erasure::among(tx, &[letter]).await?.is_empty() => {
                store::hold_operation(tx, desk.id, &operation.without_content(letter), Some(letter), now).await?;
                erased.push(letter);
            }
            letter => store::hold_operation(tx, desk.id, operation, letter, now).await?,
        }
    }
    let mut forked = None;
    if let Some(operation) = held.forks_at {
        let (end, _) = store::lock_log(tx, desk.id).await?;
        desks::mark_forked(tx, desk.id, now).await?;
        // Of the whole log and of no letter: what is held changes nothing that desks are told of a letter.
        open_fork_task(tx, operation.op_id, now).await?;
        forked = Some(Deed::DeskForked {
            desk: desk.id,
            public_key: desk.public_key,
            symbol: desk.symbol.clone(),
            counted: (end != Tip::START).then_some(end),
            op: operation.op_id,
            at: now,
        });
    }
    for letter in erased {
        store::settle_erased(tx, desk.id, letter, now).await?;
    }
    let new = held.new.len();
    let mut changed = counted::catch_up(tx, office, desk, now).await?;
    changed.extend(settlement::settle_waiting(tx, office).await?);
    store::set_held_task(tx, desk.id, now).await?;
    changed.sort_unstable();
    changed.dedup();
    let state = super::announce(tx, &changed).await?;
    if new > 0 {
        audit::append(tx, now, &Entry::BatchHeld { desk: desk.id, last: held.last() }).await?;
    }
    tracing::warn!(device = %desk.id, new, forks = forked.is_some(), "operations are held");
    Ok(Kept { answer: held.answer(state.epoch, state.head), forked })
}

/// Opens the task that a fork is.
///
/// # Errors
/// Those of the database.
pub(crate) async fn open_fork_task(tx: &mut PgConnection, op: OpId, at: Timestamp) -> sqlx::Result<()> {
    store::open_task(tx, op, None, None, TaskReason::Held, at).await
}
