//! What a clerk does with labels: asks for a further copy, answers for a doubtful one, has the printer asked again.
//! Called by `src-tauri/src/commands/labels.rs`. Prints nothing: see `labels::worker`.

use domain::{
    ErrorCode, FieldErrors,
    ids::{LabelJobId, LetterId},
    label::{LabelContent, LabelEvent, LabelState},
    rights::Act,
    text,
};
use sqlx::SqliteConnection;

use super::{
    journal, store,
    view::{LabelAnswer, LabelView},
};
use crate::{
    Desk, DeskError, DeskEvent, erasure,
    letters::{self, view::HistoryKind},
    session,
};

const REASON_MAX: usize = 250;

/// The reason kept with a duplicate that takes the place of a label which did not come out.
const DID_NOT_COME_OUT: &str = "etykieta nie wyszła z drukarki";

/// Queues a further copy of a letter's label, marked DUPLIKAT, and says so in the letter's history.
///
/// Any desk that may label the letter prints one: the desk that registered it may be gone, or the letter may have got another
/// number since. The one unmarked label is that of the registration alone.
///
/// While the last copy still waits or is on its way, nothing is added: the printer is asked again and that copy is
/// returned, so that a second key press prints no second label. A copy in doubt counts as not printed.
///
/// # Errors
/// [`DeskError::Draft`] without a reason; [`ErrorCode::NotAllowedNow`] for a letter that is cancelled, erased or outside the scope;
/// [`ErrorCode::NotFound`].
#[tracing::instrument(skip_all, err)]
pub async fn reprint(desk: &Desk, letter_id: LetterId, reason: &str) -> Result<LabelView, DeskError> {
    let clerk = session::may_any(desk, Act::Label)?;
    let mut errors = FieldErrors::default();
    let reason = errors.keep(text::required_line("reason", reason, REASON_MAX));
    errors.into_result()?;
    let reason = reason.unwrap_or_default();
    session::may(desk, Act::Label, letters::kind_of(&mut *desk.read().await?, letter_id).await?)?;
    if letters::is_outline(&mut *desk.read().await?, letter_id).await? {
        // What a label says of its letter is not here.
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    let content = letters::view_of(desk, letter_id).await?.label;

    let mut tx = desk.begin().await?;
    if store::is_cancelled(&mut tx, letter_id).await? || erasure::is_erased(&mut tx, letter_id).await? {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    let last = store::of_letter(&mut tx, letter_id).await?.pop();
    match last.as_ref().map(|last| last.state) {
        Some(
            LabelState::Queued
            | LabelState::Checking
            | LabelState::Blocked { .. }
            | LabelState::Sending
            | LabelState::Sent,
        ) => {}
        Some(LabelState::Uncertain | LabelState::Confirmed | LabelState::Reprinted | LabelState::Cancelled) | None => {
            if let Some(last) = last.as_ref().filter(|last| last.state == LabelState::Uncertain) {
                missed(desk, &mut tx, last.id).await?;
            }
            let copy = last.map_or(1, |last| last.copy + 1);
            queue_copy(desk, &mut tx, letter_id, LabelContent { copy, ..content }, &reason, &clerk.name).await?;
        }
    }
    let newest = newest(&mut tx, letter_id).await?;
    tx.commit().await?;

    desk.wake.labels.notify_one();
    desk.announce(DeskEvent::LabelChanged { letter_id });
    Ok(newest)
}

/// The clerk answers "czy etykieta wyszła?": confirmed, or replaced by a copy marked DUPLIKAT.
///
/// Returns the newest label of the letter: the confirmed one, or the queued copy. A cancelled letter gets no copy.
///
/// # Errors
/// [`ErrorCode::NotAllowedNow`] when the label is not in doubt; [`ErrorCode::NotFound`].
#[tracing::instrument(skip_all, err)]
pub async fn answer(desk: &Desk, id: LabelJobId, answer: LabelAnswer) -> Result<LabelView, DeskError> {
    let clerk = session::may_any(desk, Act::Label)?;
    let letter_id = {
        let job = store::job(&mut *desk.read().await?, id).await?;
        job.ok_or(DeskError::Refused(ErrorCode::NotFound))?.letter
    };
    session::may(desk, Act::Label, letters::kind_of(&mut *desk.read().await?, letter_id).await?)?;
    let content = letters::view_of(desk, letter_id).await?.label;

    let mut tx = desk.begin().await?;
    let job = store::job(&mut tx, id).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))?;
    if job.state != LabelState::Uncertain {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    match answer {
        LabelAnswer::Printed => {
            journal::move_in(desk, &mut tx, &job, &[LabelEvent::SeenByClerk]).await?;
        }
        LabelAnswer::NotPrinted => {
            missed(desk, &mut tx, id).await?;
            if !job.cancelled {
                let copy = newest(&mut tx, letter_id).await?.copy + 1;
                let content = LabelContent { copy, ..content };
                queue_copy(desk, &mut tx, letter_id, content, DID_NOT_COME_OUT, &clerk.name).await?;
            }
        }
    }
    let newest = newest(&mut tx, letter_id).await?;
    tx.commit().await?;

    desk.wake.labels.notify_one();
    desk.announce(DeskEvent::LabelChanged { letter_id });
    Ok(newest)
}

/// The printer is asked again now: the clerk mended something.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`].
pub async fn retry(desk: &Desk) -> Result<(), DeskError> {
    session::may_any(desk, Act::Label)?;
    desk.wake.labels.notify_one();
    Ok(())
}

async fn missed(desk: &Desk, db: &mut SqliteConnection, id: LabelJobId) -> Result<(), DeskError> {
    let job = store::job(db, id).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))?;
    journal::move_in(desk, db, &job, &[LabelEvent::MissedByClerk]).await?;
    Ok(())
}

async fn queue_copy(
    desk: &Desk,
    db: &mut SqliteConnection,
    letter: LetterId,
    content: LabelContent,
    reason: &str,
    who: &str,
) -> Result<(), DeskError> {
    store::insert(db, LabelJobId(desk.new_uuid()), letter, &content, Some(reason), desk.now()).await?;
    let what = HistoryKind::LabelReprinted { copy: content.copy, reason: reason.to_owned() };
    letters::note(desk, db, letter, who, &what).await
}

async fn newest(db: &mut SqliteConnection, letter: LetterId) -> Result<LabelView, DeskError> {
    store::of_letter(db, letter).await?.pop().ok_or(DeskError::Refused(ErrorCode::NotFound))
}
