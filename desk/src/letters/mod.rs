//! Letters in the register: the list, one letter's page, correcting, cancelling, stage and unit.
//! Called by `src-tauri/src/commands/letters.rs` and, inside their transactions, by `intake` and `scanning`.
//!
//! Nothing here is ever deleted: a correction keeps the old value, a cancelled number keeps its row.

mod change;
mod correction;
pub(crate) mod entering;
mod list;
mod pulled;
mod store;
pub mod view;

use domain::{
    calendar,
    ids::{LetterId, OpId},
    letter::Letter,
    register::{Register, RegisterNumber},
    rights::{Act, RecordKind},
    text,
};
use jiff::{Timestamp, civil::Date};
use sqlx::SqliteConnection;

pub(crate) use change::{bring_back, differing};
pub use change::{cancel_letter, correct_letter, set_stage};
pub use correction::{correction_of, discard_correction, keep_correction};
pub use list::register_page;
pub(crate) use pulled::{erase, take_over};
pub(crate) use store::row;
use view::{HistoryEntry, HistoryKind, LetterView, ScanView};
use wire::v1::changes::ScanState;

use crate::{Desk, DeskError, audit, erasure, labels, people, scanning, session, sync, tasks};

/// A letter's row as the intake screen lists it.
pub(crate) struct Recent {
    pub(crate) id: LetterId,
    pub(crate) number: RegisterNumber,
    pub(crate) sender: String,
    pub(crate) title: String,
    pub(crate) registered_at: Timestamp,
    pub(crate) cancelled: bool,
    pub(crate) kind: RecordKind,
}

/// The last letters, newest first.
pub(crate) async fn recent(db: &mut SqliteConnection, limit: u32) -> Result<Vec<Recent>, DeskError> {
    store::recent(db, limit).await
}

/// Whether a letter with this id is registered.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn exists(db: &mut SqliteConnection, id: LetterId) -> Result<bool, DeskError> {
    Ok(store::exists(db, id).await?)
}

/// The kind of record that a letter is; that of the general register where this desk does not know it.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn kind_of(db: &mut SqliteConnection, id: LetterId) -> Result<RecordKind, DeskError> {
    Ok(RecordKind::of_letter(store::document_kind(db, id).await?.as_deref()))
}

/// Units that letters were meant for, most recent first.
pub(crate) async fn units(db: &mut SqliteConnection) -> Result<Vec<String>, DeskError> {
    Ok(store::units(db).await?)
}

/// Writes a registered letter inside the caller's transaction, with its search words and history.
pub(crate) async fn insert(
    desk: &Desk,
    db: &mut SqliteConnection,
    letter: &Letter,
    unit: Option<&str>,
    office_day: Date,
    op: OpId,
) -> Result<(), DeskError> {
    let party = people::remember(desk, db, &letter.facts.sender, office_day).await?;
    let words = words_of(desk, letter);
    store::insert(db, letter, unit, office_day, party, op, &words).await
}

/// Adds a line to a letter's history inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn note(
    desk: &Desk,
    db: &mut SqliteConnection,
    id: LetterId,
    who: &str,
    what: &HistoryKind,
) -> Result<(), DeskError> {
    store::note(db, id, desk.now(), who, what).await
}

/// One letter with everything around it.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`]; [`domain::ErrorCode::NotFound`]; [`DeskError::Store`].
pub async fn letter(desk: &Desk, id: LetterId) -> Result<LetterView, DeskError> {
    session::may_any(desk, Act::ReadRegister)?;
    let kind = kind_of(&mut *desk.read().await?, id).await?;
    session::may(desk, Act::ReadLetter, kind)?;
    let view = view_of(desk, id).await?;
    audit::opened(desk, id).await?;
    Ok(view)
}

/// Whether only number and state of the letter are here.
///
/// # Errors
/// [`ErrorCode::NotFound`]; [`DeskError::Store`].
pub(crate) async fn is_outline(db: &mut SqliteConnection, id: LetterId) -> Result<bool, DeskError> {
    Ok(store::row(db, id).await?.intake_op.0.is_nil())
}

/// A scan that another desk made.
fn elsewhere(scan: &ScanState) -> ScanView {
    ScanView { id: scan.scan_id, pages: scan.pages, bytes: scan.bytes, uploaded: scan.stored, here: false, mine: false }
}

/// The same, for whoever was asked already.
pub(crate) async fn view_of(desk: &Desk, id: LetterId) -> Result<LetterView, DeskError> {
    let settings = desk.settings();
    let mut connection = desk.read().await?;
    let row = store::row(&mut connection, id).await?;
    let labels = labels::of_letter(desk, &mut connection, id).await?;
    let scan = match scanning::scan_of(&mut connection, id).await? {
        Some(scan) => Some(scan),
        None => sync::scans_at_central(&mut connection, id).await?.last().map(elsewhere),
    };
    let status_key = store::status_key(&mut connection, id).await?;
    let history = store::history(&mut connection, id).await?;
    let tasks = tasks::of_letter(&mut connection, id).await?;
    let erased = erasure::is_erased(&mut connection, id).await?;
    let synced = row.synced && scan.as_ref().is_none_or(|scan| scan.uploaded || !scan.here);
    let clerk_mark = mark_of(&row.letter.registered_by);
    Ok(LetterView {
        number: row.letter.number.display(settings.register_symbol(row.letter.number.register)),
        registered: calendar::display_moment(row.letter.registered_at),
        label: labels::content_of(desk, &row.letter, &clerk_mark, row.office_day),
        stage: row.stage,
        unit: row.unit,
        stage_changed_on: row.stage_changed_on,
        cancelled: row.cancelled,
        erased,
        registered_here: row.registered_here,
        tasks,
        labels,
        scan,
        status_key,
        synced,
        history: history
            .into_iter()
            .map(|(at, by, what)| HistoryEntry { at: calendar::display_moment(at), by, what })
            .collect(),
        letter: row.letter,
    })
}

/// The words under which the register list finds a letter: sender, title, number, reference, identifier.
fn words_of(desk: &Desk, letter: &Letter) -> String {
    let settings = desk.settings();
    let number = letter.number.display(settings.register_symbol(Register::Incoming));
    let parts = [
        letter.facts.sender.name.display(),
        letter.facts.title.clone(),
        number,
        letter.facts.reference.clone().unwrap_or_default(),
        letter.identifier.bars(),
    ];
    text::fold(&parts.join(" "))
}

// "Anna Lis" → "A. Lis": the mark as the label bears it.
fn mark_of(name: &str) -> String {
    match name.split_once(' ') {
        Some((given, surname)) => {
            given.chars().next().map_or_else(|| surname.to_owned(), |initial| format!("{initial}. {surname}"))
        }
        None => name.to_owned(),
    }
}
