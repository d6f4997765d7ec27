//! Applies what a desk says of its numbers: which are lost, and where a symbol that it releases ends.
//!
//! Called by `sync::accept` in the push's transaction, under the lock of the desk's log.

use domain::{
    ids::{DeviceId, OpId},
    register::{PointSymbol, RegisterNumber},
};
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;
use wire::{
    core::push::Outcome,
    v1::{NextNumber, OpBody, SeriesEnd, TaskReason},
};

use super::store::{self, Claim, NewLost};

/// How many numbers one operation may name lost: more is none of ours.
const LOST_AT_ONCE: u32 = 20_000;

/// Applies the operation. The grant that may come of it bears the operation's id.
///
/// # Errors
/// Those of the database; the caller rolls back to before the operation.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    desk: DeviceId,
    op_id: OpId,
    body: &OpBody,
    now: Timestamp,
) -> sqlx::Result<Outcome> {
    if let OpBody::SeriesReleased { symbol, ends, .. } = body {
        return release(tx, desk, symbol, ends, op_id.0, now).await;
    }
    let OpBody::NumbersLost { register, symbol, year, first, last, by, at } = body else {
        return Ok(Outcome::Kept(TaskReason::Malformed));
    };
    if *first == 0 || last < first || last - first >= LOST_AT_ONCE {
        return Ok(Outcome::Kept(TaskReason::Malformed));
    }
    if !store::of_desk(tx, desk, false).await?.contains(symbol) {
        return Ok(Outcome::Kept(TaskReason::SymbolNotGranted));
    }
    let lost = NewLost { register: *register, symbol, year: *year, by, at: &at.to_string(), reason: None };
    store::add_lost(tx, &lost, *first, *last).await?;
    let named = store::count_lost(tx, &lost, *first, *last).await?;
    let all = u64::from(last - first + 1);
    Ok(if named == all { Outcome::Applied } else { Outcome::Flagged(TaskReason::NumberNotLost) })
}

async fn release(
    tx: &mut PgConnection,
    desk: DeviceId,
    symbol: &PointSymbol,
    ends: &[SeriesEnd],
    next_grant: Uuid,
    now: Timestamp,
) -> sqlx::Result<Outcome> {
    let Some(next_desk) = store::end(tx, desk, symbol, "released", now).await? else {
        return Ok(Outcome::Kept(TaskReason::ReleaseNotAsked));
    };
    let Some(next_desk) = next_desk else {
        // It will give no more numbers; who goes on is the administrator's word alone.
        return Ok(Outcome::Flagged(TaskReason::ReleaseNotAsked));
    };
    let known = store::ends(tx, symbol).await?;
    store::add(tx, next_grant, symbol, next_desk, &first_after(&known, ends), now, Claim::Free("hand-over")).await?;
    // Both say hello again at once: the new desk hears that it may number.
    store::forget_tokens(tx, next_desk).await?;
    tracing::info!(from = %desk, to = %next_desk, "a symbol is handed over");
    Ok(Outcome::Applied)
}

/// Where the next desk begins: behind what the desk says, and behind every number that central knows.
fn first_after(known: &[SeriesEnd], told: &[SeriesEnd]) -> Vec<NextNumber> {
    let mut first: Vec<NextNumber> = Vec::new();
    for SeriesEnd { register, year, n } in known.iter().chain(told) {
        let next_n = n.saturating_add(1);
        match first.iter_mut().find(|next| (next.register, next.year) == (*register, *year)) {
            Some(next) => next.next_n = next.next_n.max(next_n),
            None => first.push(NextNumber { register: *register, year: *year, next_n }),
        }
    }
    first
}

/// Whether the number was named lost; then it is no more: its letter was found.
///
/// # Errors
/// Those of the database.
pub(crate) async fn was_lost(tx: &mut PgConnection, number: &RegisterNumber) -> sqlx::Result<bool> {
    store::forget_lost(tx, number).await
}
