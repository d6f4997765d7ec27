//! The unfinished form and what stands around it.

use domain::{
    calendar,
    ids::{ClerkId, LetterId},
    letter::LetterDraft,
    register::Register,
    rights::Act,
};
use sqlx::SqliteConnection;

use super::{
    store,
    view::{IntakeView, RecentLetter},
};
use crate::{Desk, DeskError, labels, letters, registers, session};

/// How many letters *Ostatnio przyjęte* shows.
const RECENT: u32 = 8;

/// What the intake screen opens with: the clerk's unfinished form as she left it, or a fresh one.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`]; [`DeskError::Store`].
pub async fn open(desk: &Desk) -> Result<IntakeView, DeskError> {
    let clerk = session::may_any(desk, Act::Register)?;
    let settings = desk.settings();
    let mut connection = desk.read().await?;
    let kept = store::draft(&mut connection, clerk.id).await?;
    let (day, day_question) = registers::look_at_day(desk, &mut connection).await?;
    let next = registers::next_number(desk, &mut connection, Register::Incoming, day.year()).await?;
    let locked = registers::lock_state(desk, &mut connection).await?;
    let mut recent = Vec::new();
    for row in letters::recent(&mut connection, RECENT).await? {
        let label = labels::newest_of(desk, &mut connection, row.id).await?;
        let outside = !session::reads(desk, row.kind);
        let (sender, title) = if outside { (String::new(), String::new()) } else { (row.sender, row.title) };
        recent.push(RecentLetter {
            id: row.id,
            number: row.number.display(settings.register_symbol(row.number.register)),
            sender,
            title,
            outside,
            hour: calendar::in_office(row.registered_at).strftime("%H:%M").to_string(),
            cancelled: row.cancelled,
            label,
        });
    }
    drop(connection);
    let missing_settings = settings.missing();
    Ok(IntakeView {
        unfinished: kept.is_some(),
        draft: kept.unwrap_or_else(|| fresh(desk)),
        next_number: (locked.is_none() && missing_settings.is_empty())
            .then(|| next.display(settings.register_symbol(Register::Incoming))),
        office_day: day.to_string(),
        day_question,
        numbers_locked: locked,
        missing_settings,
        recent,
    })
}

/// Keeps the unfinished form: after every key, before a lock, at Esc. Nothing typed is ever lost.
///
/// A form whose letter is registered already is not kept: its last key arrived late.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`]; [`DeskError::Store`].
pub async fn keep_draft(desk: &Desk, draft: LetterDraft) -> Result<(), DeskError> {
    let clerk = session::may_any(desk, Act::Register)?;
    let mut tx = desk.begin().await?;
    if !letters::exists(&mut tx, draft.id).await? {
        store::keep_draft(&mut tx, clerk.id, &draft, desk.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Empties the form, because the clerk said so.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`]; [`DeskError::Store`].
pub async fn discard_draft(desk: &Desk) -> Result<IntakeView, DeskError> {
    let clerk = session::may_any(desk, Act::Register)?;
    let mut tx = desk.begin().await?;
    store::forget_draft(&mut tx, clerk.id).await?;
    tx.commit().await?;
    open(desk).await
}

/// Central's clerks are these: what another one of them left unfinished is for whoever has no form of her own, inside the caller's
/// transaction. The paper lies on the counter.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn leave_drafts(db: &mut SqliteConnection, there: &[ClerkId]) -> Result<(), DeskError> {
    store::leave_drafts(db, there).await
}

/// Answers the question about the office day.
///
/// # Errors
/// As [`registers::confirm_day`].
pub async fn confirm_day(desk: &Desk, day: &str) -> Result<IntakeView, DeskError> {
    registers::confirm_day(desk, day).await?;
    open(desk).await
}

/// Answers "najwyższa etykieta?".
///
/// # Errors
/// As [`registers::name_highest_label`].
pub async fn name_highest_label(desk: &Desk, text: &str) -> Result<IntakeView, DeskError> {
    registers::name_highest_label(desk, text).await?;
    open(desk).await
}

fn fresh(desk: &Desk) -> LetterDraft {
    LetterDraft { access: desk.settings().default_access(), ..LetterDraft::empty(LetterId(desk.new_uuid())) }
}
