//! The journal's moves: a copy changes its state by [`LabelEvent`]s alone, in a transaction, and is told afterwards.
//! Used by the worker and the use cases of this room. Speaks to no printer.

use domain::{
    ids::LabelJobId,
    label::{BlockReason, LabelEvent, LabelState},
};
use sqlx::SqliteConnection;

use super::store::{self, Job};
use crate::{Desk, DeskError, DeskEvent, db::Tx};

/// Copies to which something may still happen, oldest first.
pub(super) async fn open_jobs(desk: &Desk) -> Result<Vec<Job>, DeskError> {
    store::open_jobs(&mut *desk.read().await?).await
}

/// Moves a copy inside the caller's transaction.
pub(super) async fn move_in(
    desk: &Desk,
    db: &mut SqliteConnection,
    job: &Job,
    events: &[LabelEvent],
) -> Result<LabelState, DeskError> {
    let state = events
        .iter()
        .try_fold(job.state, |state, event| state.on(*event))
        .map_err(DeskError::unexpected("move a label in the journal"))?;
    store::set_state(db, job.id, state, desk.now()).await?;
    Ok(state)
}

/// The worker asks the printer about a copy; one that waits no longer (its desk was found behind itself) stays as it is.
pub(super) async fn begin_checking(desk: &Desk, id: LabelJobId) -> Result<LabelState, DeskError> {
    step_by(desk, id, |job| match job.state {
        LabelState::Queued | LabelState::Blocked { .. } => vec![LabelEvent::Asked],
        _ => Vec::new(),
    })
    .await
}

/// Moves a copy from the state in which the journal holds it.
pub(super) async fn step(desk: &Desk, id: LabelJobId, event: LabelEvent) -> Result<LabelState, DeskError> {
    step_by(desk, id, |_| vec![event]).await
}

/// The printer is ready: the copy becomes *sending*, durably; it is given up when its letter was cancelled meanwhile, and
/// stays as it is when it waits no longer.
pub(super) async fn begin_sending(desk: &Desk, id: LabelJobId) -> Result<LabelState, DeskError> {
    let mut tx = desk.begin().await?;
    let job = store::job(&mut tx, id).await?.ok_or(DeskError::Refused(domain::ErrorCode::NotFound))?;
    let events = match (job.cancelled, job.state) {
        (_, state) if !waits(state) => return Ok(state),
        (true, _) => giving_up(job.state),
        (false, LabelState::Checking) => vec![LabelEvent::Ready],
        (false, _) => vec![LabelEvent::Asked, LabelEvent::Ready],
    };
    let state = move_in(desk, &mut tx, &job, &events).await?;
    if state == LabelState::Sending {
        store::count_sent(&mut tx).await?;
    }
    commit(desk, tx).await?;
    tell(desk, std::slice::from_ref(&job));
    Ok(state)
}

/// One copy cannot be printed now, whatever the printer says.
pub(super) async fn block(desk: &Desk, id: LabelJobId, reason: BlockReason) -> Result<LabelState, DeskError> {
    step_by(desk, id, |job| if waits(job.state) { blocking(job.state, reason) } else { Vec::new() }).await
}

/// What waits cannot be printed now, and says why; copies of cancelled letters are given up.
pub(super) async fn block_waiting(desk: &Desk, reason: BlockReason) -> Result<(), DeskError> {
    move_waiting(desk, |job| blocking(job.state, reason)).await
}

/// Copies of cancelled letters are given up.
pub(super) async fn give_up_cancelled(desk: &Desk) -> Result<(), DeskError> {
    move_waiting(desk, |_| Vec::new()).await
}

/// Whether a copy waits for the printer, not a byte of it on its way.
pub(super) fn waits(state: LabelState) -> bool {
    match state {
        LabelState::Queued | LabelState::Checking | LabelState::Blocked { .. } => true,
        LabelState::Sending
        | LabelState::Sent
        | LabelState::Confirmed
        | LabelState::Uncertain
        | LabelState::Reprinted
        | LabelState::Cancelled => false,
    }
}

/// The program died: every open copy wakes up in the state that a crash leaves it.
pub(super) async fn wake_up(desk: &Desk) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    let mut changed = Vec::new();
    for job in store::open_jobs(&mut tx).await? {
        let state = job.state.after_crash();
        if state != job.state {
            store::set_state(&mut tx, job.id, state, desk.now()).await?;
            changed.push(job);
        }
    }
    commit(desk, tx).await?;
    tell(desk, &changed);
    Ok(())
}

/// The start check failed: whatever waits may be on paper already. Inside the caller's transaction.
pub(super) async fn doubt_waiting(desk: &Desk, db: &mut SqliteConnection) -> Result<(), DeskError> {
    for job in store::open_jobs(db).await?.into_iter().filter(|job| waits(job.state)) {
        move_in(desk, db, &job, &[LabelEvent::StartCheckFailed]).await?;
    }
    Ok(())
}

async fn step_by(
    desk: &Desk,
    id: LabelJobId,
    events: impl FnOnce(&Job) -> Vec<LabelEvent>,
) -> Result<LabelState, DeskError> {
    let mut tx = desk.begin().await?;
    let job = store::job(&mut tx, id).await?.ok_or(DeskError::Refused(domain::ErrorCode::NotFound))?;
    let events = events(&job);
    if events.is_empty() {
        return Ok(job.state);
    }
    let state = move_in(desk, &mut tx, &job, &events).await?;
    commit(desk, tx).await?;
    tell(desk, std::slice::from_ref(&job));
    Ok(state)
}

async fn move_waiting(desk: &Desk, events: impl Fn(&Job) -> Vec<LabelEvent>) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    let mut changed = Vec::new();
    for job in store::open_jobs(&mut tx).await?.into_iter().filter(|job| waits(job.state)) {
        let events = if job.cancelled { giving_up(job.state) } else { events(&job) };
        if !events.is_empty() {
            move_in(desk, &mut tx, &job, &events).await?;
            changed.push(job);
        }
    }
    commit(desk, tx).await?;
    tell(desk, &changed);
    Ok(())
}

fn blocking(state: LabelState, reason: BlockReason) -> Vec<LabelEvent> {
    match state {
        LabelState::Blocked { reason: known } if known == reason => Vec::new(),
        LabelState::Checking => vec![LabelEvent::Refused(reason)],
        _ => vec![LabelEvent::Asked, LabelEvent::Refused(reason)],
    }
}

// A copy that is being checked is put down before it is given up.
fn giving_up(state: LabelState) -> Vec<LabelEvent> {
    match state {
        LabelState::Checking => vec![LabelEvent::Refused(BlockReason::Other), LabelEvent::Cancelled],
        _ => vec![LabelEvent::Cancelled],
    }
}

// After an error at COMMIT the file is closed and opened again, so that the next round reads what is really there.
async fn commit(desk: &Desk, tx: Tx) -> Result<(), DeskError> {
    let Err(error) = tx.commit().await else { return Ok(()) };
    desk.db.reopen().await?;
    Err(error.into())
}

fn tell(desk: &Desk, jobs: &[Job]) {
    for job in jobs {
        desk.announce(DeskEvent::LabelChanged { letter_id: job.letter });
    }
}
