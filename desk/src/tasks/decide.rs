//! Decides on a cancellation that was asked for: the letter had been routed, so its desk could not cancel it alone.

use domain::{ErrorCode, FieldErrors, rights::Act, text};
use wire::v1::{OpBody, TaskReason};

use super::{
    settle::{find, told},
    store,
    view::DecisionDraft,
};
use crate::{Desk, DeskError, letters, outbox, session};

const REASON_MAX: usize = 250;

/// Grants or refuses a cancellation; central cancels, and every desk follows.
///
/// # Errors
/// [`DeskError::Draft`] without a reason; [`ErrorCode::NotFound`] for a task that is closed; [`ErrorCode::NotAllowedNow`] for
/// one that asks nothing.
#[tracing::instrument(skip_all, err)]
pub async fn decide_cancellation(desk: &Desk, draft: DecisionDraft) -> Result<(), DeskError> {
    let clerk = session::may_any(desk, Act::Decide)?;
    let mut errors = FieldErrors::default();
    let reason = errors.keep(text::required_line("reason", &draft.reason, REASON_MAX));
    errors.into_result()?;
    let reason = reason.unwrap_or_default();

    let mut tx = desk.begin().await?;
    let task = find(&mut tx, &draft.task).await?;
    let (Some(letter), Some(op)) = (task.letter, task.op) else {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    };
    session::may(desk, Act::Decide, letters::kind_of(&mut tx, letter).await?)?;
    if task.kind != TaskReason::CancellationAsked.as_str() {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    let (granted, by, at) = (draft.granted, clerk.name, desk.now());
    let body = OpBody::CancellationDecided { letter_id: letter, asked: op, granted, reason, by, at };
    let decided = outbox::append(desk, &mut tx, &body).await?;
    store::settle(&mut tx, letter, op, decided, desk.now()).await?;
    tx.commit().await?;

    told(desk, letter);
    Ok(())
}
