//! Labels: the journal of printed copies and the worker that brings them to paper.
//!
//! A label is queued in the transaction that registers its letter; it is printed from the journal, never from a screen.
//! At most one label of a number is unmarked: every further copy says DUPLIKAT.

mod copies;
mod journal;
mod store;
pub mod view;
pub mod worker;

use domain::{
    ids::{LabelJobId, LetterId},
    label::LabelContent,
    letter::Letter,
};
use jiff::civil::Date;
use sqlx::SqliteConnection;
use view::LabelView;

pub use copies::{answer, reprint, retry};

use crate::{Desk, DeskError, intake};

/// What the label of a letter bears.
pub fn content_of(desk: &Desk, letter: &Letter, clerk_mark: &str, office_day: Date) -> LabelContent {
    let settings = desk.settings();
    LabelContent {
        office: settings.draft.office_name.trim().to_owned(),
        number: letter.number.display(settings.register_symbol(letter.number.register)),
        identifier: letter.identifier.clone(),
        received: intake::register::receipt_text(letter, office_day),
        attachments: letter.facts.attachments,
        clerk: clerk_mark.to_owned(),
        copy: 0,
    }
}

/// Queues the one unmarked label of a letter inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn enqueue(
    desk: &Desk,
    db: &mut SqliteConnection,
    letter: LetterId,
    content: &LabelContent,
) -> Result<(), DeskError> {
    store::insert(db, LabelJobId(desk.new_uuid()), letter, content, None, desk.now()).await
}

/// The newest label of a letter.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn newest_of(
    desk: &Desk,
    db: &mut SqliteConnection,
    letter: LetterId,
) -> Result<Option<LabelView>, DeskError> {
    Ok(of_letter(desk, db, letter).await?.pop())
}

/// A letter was erased: why copies of its label were asked for is gone, too. A label itself says nothing of the letter.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn forget_reasons(db: &mut SqliteConnection, letter: LetterId) -> Result<(), DeskError> {
    Ok(store::forget_reasons(db, letter).await?)
}

/// The labels of a letter, oldest first.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn of_letter(_: &Desk, db: &mut SqliteConnection, letter: LetterId) -> Result<Vec<LabelView>, DeskError> {
    store::of_letter(db, letter).await
}

/// The start check failed: whatever waits may be on paper already.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn doubt_waiting(desk: &Desk, db: &mut SqliteConnection) -> Result<(), DeskError> {
    journal::doubt_waiting(desk, db).await
}
