//! Registers an incoming letter: one transaction writes its number, row, label job and outbox entry.

use domain::{
    ErrorCode, calendar,
    ids::LetterId,
    letter::{IntakeDefaults, Letter, LetterDraft},
    marks::{DocumentIdentifier, StatusKey},
    register::Register,
    rights::Act,
    text,
};
use wire::v1::op::OpBody;

use super::{store, view::Registered};
use crate::{Desk, DeskError, DeskEvent, directory, labels, letters, outbox, registers, session, slip};

/// Enters a letter in the incoming register (rejestr przesyłek wpływających, RPW).
///
/// The number is taken inside the transaction, so a refused letter never burns one. The form's id is the letter's:
/// registering the same form twice gives the same letter, and after an error at COMMIT the id tells what became of it.
///
/// # Errors
/// [`DeskError::Draft`] lists every wrong field; [`ErrorCode::OfficeDayUnconfirmed`], [`ErrorCode::NumbersLocked`] and
/// [`ErrorCode::NotConfigured`] ask for something first; [`DeskError::Store`] if the database refuses, and then no
/// number is taken; [`ErrorCode::OutcomeUnknown`] when even that could not be established.
#[doc(alias = "rejestr przesyłek wpływających")]
#[tracing::instrument(skip_all, err)]
pub async fn register_letter(desk: &Desk, draft: LetterDraft) -> Result<Registered, DeskError> {
    let clerk = session::may_any(desk, Act::Register)?;
    let settings = desk.settings();
    let office = settings.teryt.clone().filter(|_| settings.missing().is_empty());
    let office = office.ok_or(DeskError::Refused(ErrorCode::NotConfigured))?;

    let mut tx = desk.begin().await?;
    if letters::exists(&mut tx, draft.id).await? {
        drop(tx);
        return registered(desk, draft.id).await;
    }
    let today = registers::office_day(desk, &mut tx).await?;
    let facts = draft.validate(&IntakeDefaults { today })?;
    let unit = text::optional_line("unit", &draft.unit, 100).unwrap_or_default();
    let unit = directory::resolve(&mut tx, unit).await?;
    let number = registers::take_next_number(desk, &mut tx, Register::Incoming, today.year()).await?;
    let letter = Letter {
        id: draft.id,
        identifier: DocumentIdentifier::of(&office, &number),
        number,
        registered_at: desk.now(),
        registered_by: clerk.name.clone(),
        facts,
    };
    let key = StatusKey::from_random(desk.random());
    let body = OpBody::LetterRegistered {
        letter: Box::new(letter.clone()),
        unit: unit.clone(),
        status_hash: key.hash(&office),
    };
    let op = outbox::append(desk, &mut tx, &body).await?;
    letters::insert(desk, &mut tx, &letter, unit.as_deref(), today, op).await?;
    let label = labels::content_of(desk, &letter, &clerk.mark, today);
    labels::enqueue(desk, &mut tx, letter.id, &label).await?;
    slip::keep_key(&mut tx, letter.id, &key, today).await?;
    store::forget_form(&mut tx, letter.id).await?;
    commit_or_find_out(desk, tx, letter.id).await?;

    desk.wake.labels.notify_one();
    desk.wake.sync.notify_one();
    desk.announce(DeskEvent::LetterRegistered { letter_id: letter.id });
    let number = letter.number.display(settings.register_symbol(Register::Incoming));
    Ok(Registered { id: letter.id, number, label, status_key: key.display() })
}

// After any error at COMMIT the file is closed and opened again, and the id is looked up before anything is said.
async fn commit_or_find_out(desk: &Desk, tx: crate::db::Tx, id: LetterId) -> Result<(), DeskError> {
    let Err(error) = tx.commit().await else { return Ok(()) };
    tracing::error!(%error, "COMMIT failed; looking whether the letter is there");
    let unknown = |_| DeskError::Refused(ErrorCode::OutcomeUnknown);
    desk.db.reopen().await.map_err(unknown)?;
    let mut connection = desk.read().await.map_err(unknown)?;
    if letters::exists(&mut connection, id).await.map_err(|_| DeskError::Refused(ErrorCode::OutcomeUnknown))? {
        Ok(())
    } else {
        Err(error.into())
    }
}

async fn registered(desk: &Desk, id: LetterId) -> Result<Registered, DeskError> {
    let view = letters::view_of(desk, id).await?;
    let status_key = view.status_key.unwrap_or_default();
    Ok(Registered { id, number: view.number, label: view.label, status_key })
}

/// The office's day and hour as the label and the slip say them: the receipt, with the hour when it is the same day.
pub(crate) fn receipt_text(letter: &Letter, office_day: jiff::civil::Date) -> String {
    let day = calendar::display_date(letter.facts.received_on);
    if letter.facts.received_on == office_day {
        format!("{day} {}", calendar::in_office(letter.registered_at).strftime("%H:%M"))
    } else {
        day
    }
}
