//! The log of a desk that counts no more, in a database that was restored from before: what the desk sent while it still counted
//! comes again, and comes into the hold, since nothing tells it from another branch. The administrator's log names the last
//! operation that counted. Once that one is here, the chain that leads to it is taken as it was then.

use std::collections::BTreeMap;

use domain::{
    ids::{DeviceId, LetterId},
    marks::Teryt,
};
use jiff::Timestamp;
use sqlx::PgConnection;
use wire::{
    core::push::{Batch, Fresh, StoredLog, Way, judge},
    v1::{LogOf, MAX_BATCH_BYTES, MAX_BATCH_OPS, Operation, Standing, Tip},
};

use super::{accept, store};
use crate::{desks::Desk, error::Error};

/// Notes where the operations of a desk ended that count. Where this database has them all, there is nothing to wait for.
///
/// # Errors
/// Those of the database.
pub(crate) async fn expect_log(tx: &mut PgConnection, desk: DeviceId, counted: Option<Tip>) -> sqlx::Result<()> {
    match counted {
        Some(counted) => store::expect_log(tx, desk, counted).await,
        None => Ok(()),
    }
}

/// Takes what counted, if all of it is here; the letters that it is about. Nobody is told yet.
///
/// # Errors
/// Those of the database and of a chain that is none of ours.
pub(super) async fn catch_up(
    tx: &mut PgConnection,
    office: &Teryt,
    desk: &Desk,
    now: Timestamp,
) -> Result<Vec<LetterId>, Error> {
    let Some(counted) = store::expected_log(tx, desk.id).await? else { return Ok(Vec::new()) };
    let (mut end, _) = store::lock_log(tx, desk.id).await?;
    let held = store::held_between(tx, desk.id, end.seq, counted.seq).await?;
    let Some(chain) = chain(held, end, counted) else { return Ok(Vec::new()) };
    let log = LogOf { office: office.clone(), device: desk.id };
    let mut letters = Vec::new();
    let mut left = &chain[..];
    while !left.is_empty() {
        let (ops, rest) = left.split_at(batch_of(left));
        let stored = StoredLog { end, standing: Standing::Counts, known: Vec::new() };
        let Way::Take(mut taking) = judge(Batch::trusted(&log, ops)?, stored)? else { return Ok(letters) };
        accept::take_all(tx, office, desk, &mut taking, now).await?;
        accept::witness(tx, desk.id, &taking, now).await?;
        let taken = taking.taken();
        letters.extend(taken.iter().filter_map(Fresh::letter_id));
        let hashes: Vec<_> = taken.iter().map(|fresh| fresh.operation.hash.to_vec()).collect();
        store::release_held(tx, desk.id, &hashes).await?;
        if hashes.len() < ops.len() {
            // One failed inside central: the rest is tried again with the next batch.
            return Ok(letters);
        }
        end = taking.tip();
        left = rest;
    }
    store::log_is_whole(tx, desk.id).await?;
    tracing::warn!(device = %desk.id, operations = chain.len(), "what counted of the desk's log is here again");
    Ok(letters)
}

/// The operations behind `end` up to `last`, in their order; `None` when one of them is missing.
fn chain(held: Vec<Operation>, end: Tip, last: Tip) -> Option<Vec<Operation>> {
    let mut by_hash: BTreeMap<[u8; 32], Operation> = held.into_iter().map(|one| (one.hash, one)).collect();
    let (mut chain, mut hash) = (Vec::new(), last.hash);
    while hash != end.hash {
        let operation = by_hash.remove(&hash)?;
        hash = operation.prev_hash;
        chain.push(operation);
    }
    chain.reverse();
    Some(chain)
}

/// How many operations make a batch; at least one.
fn batch_of(ops: &[Operation]) -> usize {
    let mut bytes = 0;
    let fits = ops.iter().take(MAX_BATCH_OPS).take_while(|operation| {
        bytes += operation.body.len();
        bytes <= MAX_BATCH_BYTES
    });
    fits.count().max(1)
}
