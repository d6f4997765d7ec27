//! The hold: operations of a desk that does not count are kept as received, acknowledged, and not applied.
//!
//! A desk forks when two machines write one log: a cloned disk, or a database restored behind its mark. Central cannot
//! tell which of them bears the truth, so from then on neither counts. Held operations form a tree below the log; the
//! administrator settles it letter by letter.

use domain::{ids::DeviceId, register::RegisterNumber};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use wire::v1::{OpBody, OpVerdict, Operation, PushAnswer, Refusal, Standing, TaskReason, Tip, Verdict};

use super::{accept::read_body, store};
use crate::{desks, desks::Desk, error::Error};

/// A held operation as the administrator's list shows it: nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldOperation {
    /// Whose.
    pub desk: DeviceId,
    /// Number in the desk's log; branches of a fork share numbers.
    pub seq: u64,
    /// What it is, `letter_registered`; `unreadable` when it is no operation of ours.
    pub kind: &'static str,
    /// The register number that a registration gave.
    pub number: Option<RegisterNumber>,
    /// When central received it.
    pub received_at: Timestamp,
}

/// Everything in the hold, by desk and number.
///
/// # Errors
/// Those of the database.
pub async fn held(pool: &PgPool) -> sqlx::Result<Vec<HeldOperation>> {
    let held = store::held(&mut *pool.acquire().await?).await?;
    let seen = held.into_iter().map(|(desk, operation, received_at)| {
        let body = read_body(&operation);
        let kind = body.as_ref().map_or("unreadable", OpBody::kind);
        let number = match body {
            Some(OpBody::LetterRegistered { letter, .. }) => Some(letter.number),
            Some(_) | None => None,
        };
        HeldOperation { desk, seq: operation.seq, kind, number, received_at }
    });
    Ok(seen.collect())
}

/// Keeps a batch whose chain holds; what is known already is a duplicate.
///
/// # Errors
/// [`Refusal::Gap`] when nothing that central has or holds comes before the batch; those of the database.
pub(super) async fn keep(
    tx: &mut PgConnection,
    desk: &Desk,
    standing: Standing,
    log_end: Tip,
    ops: &[Operation],
    now: Timestamp,
) -> Result<PushAnswer, Error> {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return Err(Refusal::Malformed.into()) };
    let before = Tip { seq: first.seq - 1, hash: first.prev_hash };
    let counted = store::hashes(tx, desk.id, before.seq, last.seq.min(log_end.seq)).await?;
    let follows = before == Tip::START || counted.contains(&before) || super::holds(tx, desk.id, &before).await?;
    if !follows {
        return Err(Refusal::Gap { last: log_end }.into());
    }
    let mut verdicts = Vec::with_capacity(ops.len());
    let mut new = 0_u32;
    for operation in ops {
        let letter = read_body(operation).as_ref().map(OpBody::letter_id);
        let known =
            counted.contains(&operation.tip()) || !store::hold_operation(tx, desk.id, operation, letter, now).await?;
        if !known && standing == Standing::Counts && new == 0 {
            desks::mark_forked(tx, desk.id, now).await?;
            store::open_task(tx, operation, letter, TaskReason::Held, now).await?;
        }
        new += u32::from(!known);
        let verdict = if known { Verdict::Duplicate } else { Verdict::Task { reason: TaskReason::Held } };
        verdicts.push(OpVerdict { seq: operation.seq, op_id: operation.op_id, verdict });
    }
    let state = store::state(tx).await?;
    tracing::warn!(device = %desk.id, standing = standing.as_str(), new, seq = last.seq, "operations are held");
    Ok(PushAnswer { verdicts, last: last.tip(), epoch: state.epoch, head: state.head })
}
