//! Settles a task: what the clerk brings back from the earlier version, then the word that she looked at it.

use domain::{ErrorCode, ids::LetterId, rights::Act};
use sqlx::SqliteConnection;
use wire::v1::OpBody;

use super::{
    store::{self, TaskRow},
    view::SettleDraft,
    way,
};
use crate::{Desk, DeskError, DeskEvent, letters, outbox, session, tasks::view::TaskWay};

/// Settles a task that a clerk can settle. One transaction writes the correction and the word.
///
/// # Errors
/// [`ErrorCode::NotFound`] for a task that is closed; [`ErrorCode::NotAllowedNow`] for one that is not settled so, or where the
/// letter is cancelled; [`DeskError::Draft`] when the chosen fields do not go together.
#[tracing::instrument(skip_all, err)]
pub async fn settle_task(desk: &Desk, draft: SettleDraft) -> Result<(), DeskError> {
    let clerk = session::may_any(desk, Act::Settle)?;

    let mut tx = desk.begin().await?;
    let task = find(&mut tx, &draft.task).await?;
    let (Some(letter), Some(op)) = (task.letter, task.op) else {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    };
    session::may(desk, Act::Settle, letters::kind_of(&mut tx, letter).await?)?;
    let overlap = task.told.and_then(|told| told.overlap);
    match way(&task.kind, true, overlap.is_some()) {
        TaskWay::Choose | TaskWay::Acknowledge => {}
        TaskWay::Decide | TaskWay::Administrator => return Err(DeskError::Refused(ErrorCode::NotAllowedNow)),
    }
    if let Some(overlap) = overlap.filter(|_| !draft.earlier.is_empty()) {
        letters::bring_back(desk, &mut tx, &clerk, letter, &overlap.versions, &draft.earlier).await?;
    }
    let body = OpBody::TaskSettled { letter_id: letter, task: op, by: clerk.name.clone(), at: desk.now() };
    let settled = outbox::append(desk, &mut tx, &body).await?;
    store::settle(&mut tx, letter, op, settled, desk.now()).await?;
    tx.commit().await?;

    told(desk, letter);
    Ok(())
}

/// The open task that the window names.
pub(super) async fn find(db: &mut SqliteConnection, task: &str) -> Result<TaskRow, DeskError> {
    let not_found = || DeskError::Refused(ErrorCode::NotFound);
    let key = task.parse().map_err(|_| not_found())?;
    store::find(db, key).await?.ok_or_else(not_found)
}

pub(super) fn told(desk: &Desk, letter: LetterId) {
    desk.wake.sync.notify_one();
    desk.announce(DeskEvent::LetterChanged { letter_id: letter });
    desk.announce(DeskEvent::StatusChanged);
}
