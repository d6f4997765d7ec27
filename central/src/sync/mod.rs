//! The log between desks and central: push, pull, and the numbers that order everything.
//!
//! One transaction, one range of numbers: [`announce`] comes after every other row lock and right before the commit,
//! so that a cursor never passes a change that is not yet visible.

mod accept;
mod bulk;
mod counted;
mod deliver;
mod hold;
mod settle;
mod settlement;
mod store;
mod stored;

use domain::ids::{DeviceId, LetterId};
use sqlx::PgConnection;
use uuid::Uuid;
use wire::{
    core::stream,
    v1::{AuditHead, ChangeBody, Tip, bytes::canonical},
};

use self::store::NewChange;
pub use self::{
    accept::push,
    deliver::pull,
    hold::{HeldOperation, held},
    settle::{SettleError, Settler, accept, discard, register_anew, same_paper},
    settlement::{OperationHash, Settlement, Way},
};
pub(crate) use self::{
    counted::expect_log,
    hold::{hold, open_fork_task},
    settlement::{settle_again, settle_waiting},
    stored::{Columns, remains_of},
};
use crate::{
    audit::{self, Entry},
    clock::Clock,
    error::Error,
    letters::apply,
};

/// Epoch and last number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Epoch.
    pub epoch: Uuid,
    /// Number of the last change.
    pub head: u64,
    /// Where the audit ends.
    pub audit: AuditHead,
}

/// Epoch and last number as this transaction sees them.
///
/// # Errors
/// Those of the database.
pub async fn state(tx: &mut PgConnection) -> sqlx::Result<State> {
    store::state(tx).await
}

/// Whether central has an operation of the desk with this number and hash, in its log or in the hold.
///
/// # Errors
/// Those of the database.
pub async fn has(tx: &mut PgConnection, device: DeviceId, tip: &Tip) -> sqlx::Result<bool> {
    let counted = store::hashes(tx, device, &(tip.seq..=tip.seq)).await?;
    Ok(counted.contains(tip) || holds(tx, device, tip).await?)
}

/// Begins a new epoch after the given one: a desk proved that central is an earlier one of itself. Every desk then reads
/// the changes anew and sends again what is missing. Takes the office's own row: nothing but a commit may follow. Says how
/// the office stands then, whoever began the epoch.
///
/// # Errors
/// Those of the database and of random bytes.
pub async fn begin_epoch(tx: &mut PgConnection, clock: &Clock, after: Uuid) -> Result<State, Error> {
    let epoch = clock.new_id()?;
    if store::begin_epoch(tx, after, epoch).await? {
        audit::append(tx, clock.now(), &Entry::EpochBegun { before: after, epoch }).await?;
        tracing::warn!(%epoch, "central lacks what a desk was told: restored from a backup; a new epoch begins");
    }
    Ok(store::state(tx).await?)
}

/// Whether an operation of the desk with this number and hash is held.
///
/// # Errors
/// Those of the database.
pub async fn holds(tx: &mut PgConnection, device: DeviceId, tip: &Tip) -> sqlx::Result<bool> {
    Ok(store::held_seq(tx, device, &tip.hash).await? == Some(tip.seq))
}

/// Gives the changed letters their numbers and writes them for the desks. Only a commit may follow.
///
/// # Errors
/// Those of the database; [`Error::Damaged`] when a letter has no JSON form.
pub async fn announce(tx: &mut PgConnection, letters: &[LetterId]) -> Result<State, Error> {
    let mut told = Vec::new();
    for letter in letters {
        if let Some(change) = apply::change(tx, *letter).await? {
            told.push((*letter, change));
        }
    }
    tell(tx, told).await
}

/// As [`announce`], for whoever knows how the letters stand.
async fn tell(tx: &mut PgConnection, told: Vec<(LetterId, ChangeBody)>) -> Result<State, Error> {
    let mut bodies = Vec::with_capacity(told.len());
    for (letter, change) in told {
        bodies.push((letter, canonical(&serde_json::to_value(change)?)));
    }
    if bodies.is_empty() {
        return Ok(store::state(tx).await?);
    }
    let state = store::raise_head(tx, bodies.len() as u64).await?;
    let numbers = stream::range_up_to(state.head, bodies.len() as u64);
    let mut digest = store::digest(tx, numbers.start() - 1).await?.unwrap_or_default();
    let mut changes = Vec::with_capacity(bodies.len());
    for (n, (letter, body)) in numbers.zip(bodies) {
        digest = stream::digest_of(&digest, state.epoch, n, &body);
        changes.push(NewChange { n, digest, letter, body: String::from_utf8_lossy(&body).into_owned() });
    }
    store::add_changes(tx, &changes).await?;
    Ok(state)
}
