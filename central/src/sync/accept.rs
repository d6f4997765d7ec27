//! Push: keeps a desk's operations as received, applies them in order, and says what became of each.
//!
//! An operation whose chain holds is never lost: what cannot be applied is kept with a task. The whole batch is one
//! transaction; only a fault of ours (or of the database) makes the desk send it again.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use domain::ids::LetterId;
use jiff::Timestamp;
use sqlx::{Acquire, PgConnection};
use wire::v1::{
    MAX_BATCH_BYTES, MAX_BATCH_OPS, OP_SCHEMA, OpBody, OpVerdict, Operation, Push, PushAnswer, Refusal, Standing,
    TaskReason, Tip, Verdict,
    log::{ChainBroken, batch_is_signed, verify_chain},
};

use super::{hold, store};
use crate::{
    desks::{Desk, Sender},
    error::Error,
    extract::Message,
    letters::{
        Outcome,
        apply::{self, Origin},
    },
    router::Office,
};

/// After so many failures inside central an operation is parked and the push goes on.
const FAILURES_MAX: i32 = 3;

/// Takes a batch.
///
/// # Errors
/// [`Refusal::Malformed`] for an empty batch, [`Refusal::TooLarge`], [`Refusal::ChainBroken`],
/// [`Refusal::SignatureWrong`], [`Refusal::SchemaTooNew`], [`Refusal::Gap`].
pub async fn push(
    State(office): State<Office>,
    Sender(desk): Sender,
    Message(push): Message<Push>,
) -> Result<Json<PushAnswer>, Error> {
    let last = check(&office, &desk, &push)?;
    let now = office.clock.now();
    let mut tx = office.pool.begin().await?;
    let (end, standing) = store::lock_log(&mut tx, desk.id).await?;
    let fresh = match standing {
        Standing::Counts => compare(&mut tx, &desk, end, &push.ops).await?,
        Standing::Forked | Standing::Revoked => None,
    };
    let Some(fresh) = fresh else {
        let answer = hold::keep(&mut tx, &desk, standing, end, &push.ops, now).await?;
        tx.commit().await?;
        return Ok(Json(answer));
    };
    let bodies: Vec<Option<OpBody>> = fresh.iter().map(read_body).collect();
    let letters: BTreeSet<LetterId> = bodies.iter().flatten().map(OpBody::letter_id).collect();
    apply::lock(&mut tx, &office.teryt, &letters.iter().copied().collect::<Vec<_>>()).await?;

    let mut outcomes = Vec::new();
    let mut failed = false;
    for (operation, body) in fresh.iter().zip(&bodies) {
        let outcome = match take(&mut tx, &office, &desk, operation, body.as_ref(), now).await {
            Ok(outcome) => outcome,
            Err(error) if is_passing(&error) => return Err(error.into()),
            Err(error) => {
                Error::from(error).log();
                if store::add_failure(&mut tx, desk.id, operation.seq).await? < FAILURES_MAX {
                    failed = true;
                    break;
                }
                let outcome = Outcome::Kept(TaskReason::Internal);
                let letter = body.as_ref().map(OpBody::letter_id);
                store::add_operation(&mut tx, desk.id, operation, letter, now, outcome).await?;
                store::open_task(&mut tx, operation, letter, TaskReason::Internal, now).await?;
                outcome
            }
        };
        outcomes.push(outcome);
    }
    let taken = &fresh[..outcomes.len()];
    let tip = taken.last().map_or(end, Operation::tip);
    store::set_tip(&mut tx, desk.id, tip).await?;
    store::forget_failures(&mut tx, desk.id, tip.seq).await?;
    let changed: BTreeSet<LetterId> = bodies[..taken.len()].iter().flatten().map(OpBody::letter_id).collect();
    let state = super::announce(&mut tx, &changed.into_iter().collect::<Vec<_>>()).await?;
    tx.commit().await?;

    if failed {
        return Err(Refusal::Retry { after_seconds: 5 }.into());
    }
    tracing::info!(device = %desk.id, sent = push.ops.len(), taken = taken.len(), seq = tip.seq, "push");
    debug_assert!(tip.seq >= last.seq);
    let verdicts = verdicts(&push.ops, taken, &outcomes);
    Ok(Json(PushAnswer { verdicts, last: tip, epoch: state.epoch, head: state.head }))
}

/// Everything that needs no database. Returns where the batch ends.
fn check(office: &Office, desk: &Desk, push: &Push) -> Result<Tip, Refusal> {
    let first = push.ops.first().ok_or(Refusal::Malformed)?;
    let bytes: usize = push.ops.iter().map(|operation| operation.body.len()).sum();
    if push.ops.len() > MAX_BATCH_OPS || bytes > MAX_BATCH_BYTES {
        return Err(Refusal::TooLarge);
    }
    let log = desk.log(office);
    let before = Tip { seq: first.seq.checked_sub(1).ok_or(Refusal::Malformed)?, hash: first.prev_hash };
    let last = verify_chain(&log, before, &push.ops).map_err(|broken| match broken {
        ChainBroken::Seq { found, .. } => Refusal::ChainBroken { seq: found },
        ChainBroken::Link(seq) | ChainBroken::Hash(seq) => Refusal::ChainBroken { seq },
    })?;
    if last.seq > i64::MAX.unsigned_abs() {
        return Err(Refusal::Malformed);
    }
    if !batch_is_signed(&desk.public_key, &log, &last.hash, &push.signature) {
        return Err(Refusal::SignatureWrong);
    }
    if push.ops.iter().any(|operation| operation.schema_v > OP_SCHEMA) {
        return Err(Refusal::SchemaTooNew { known: OP_SCHEMA });
    }
    Ok(last)
}

/// Compares the batch with the log, and returns the operations that are new; `None` when the log forks here.
async fn compare<'a>(
    tx: &mut PgConnection,
    desk: &Desk,
    end: Tip,
    ops: &'a [Operation],
) -> Result<Option<&'a [Operation]>, Error> {
    let first = &ops[0];
    if first.seq > end.seq.saturating_add(1) {
        return Err(Refusal::Gap { last: end }.into());
    }
    if first.seq > end.seq {
        // The predecessor that the desk knows is another one than ours.
        return if first.prev_hash == end.hash { Ok(Some(ops)) } else { Err(Refusal::Gap { last: end }.into()) };
    }
    let overlap = ops.iter().take_while(|operation| operation.seq <= end.seq).count();
    let known = store::hashes(tx, desk.id, first.seq, ops[overlap - 1].seq).await?;
    let fits = ops.iter().map(Operation::tip).zip(known).all(|(sent, known)| sent == known);
    Ok(fits.then_some(&ops[overlap..]))
}

/// PostgreSQL's text holds no NUL, so a body with one is no operation of ours.
pub(super) fn read_body(operation: &Operation) -> Option<OpBody> {
    let body = (operation.schema_v >= 1).then(|| operation.read_body().ok()).flatten()?;
    (!body.to_canonical_json().windows(6).any(|window| window == b"\\u0000")).then_some(body)
}

/// Keeps and applies one operation; on an error nothing of it remains.
async fn take(
    tx: &mut PgConnection,
    office: &Office,
    desk: &Desk,
    operation: &Operation,
    body: Option<&OpBody>,
    now: Timestamp,
) -> sqlx::Result<Outcome> {
    let mut savepoint = tx.begin().await?;
    let outcome = if let Some(body) = body {
        let origin = Origin { office: &office.teryt, desk: Some((desk.id, &desk.symbol)) };
        apply::apply(&mut savepoint, origin, operation.op_id, body, now).await?
    } else {
        store::open_task(&mut savepoint, operation, None, TaskReason::Malformed, now).await?;
        Outcome::Kept(TaskReason::Malformed)
    };
    store::add_operation(&mut savepoint, desk.id, operation, body.map(OpBody::letter_id), now, outcome).await?;
    savepoint.commit().await?;
    Ok(outcome)
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

fn verdicts(ops: &[Operation], taken: &[Operation], outcomes: &[Outcome]) -> Vec<OpVerdict> {
    let duplicates = ops.len() - taken.len();
    let verdict = |place: usize| match place.checked_sub(duplicates).and_then(|place| outcomes.get(place)) {
        None => Verdict::Duplicate,
        Some(outcome) => outcome.reason().map_or(Verdict::Applied, |reason| Verdict::Task { reason }),
    };
    ops.iter()
        .enumerate()
        .map(|(place, operation)| OpVerdict { seq: operation.seq, op_id: operation.op_id, verdict: verdict(place) })
        .collect()
}
