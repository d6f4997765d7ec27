//! What may still happen to a registered letter: correcting, cancelling, stage and unit.

use domain::{
    ErrorCode, FieldError, FieldErrors, calendar,
    letter::{IntakeDefaults, LetterDraft, LetterFacts, PartialDate},
    text,
};
use wire::v1::op::OpBody;

use super::{
    letter, note, store,
    store::LetterRow,
    view::{Cancellation, CancellationDraft, CorrectionDraft, FieldChange, HistoryKind, LetterView, StageDraft},
};
use crate::{Desk, DeskError, DeskEvent, outbox, people, registers, session};

const REASON_MAX: usize = 250;

/// Corrects a letter's facts: the old ones stay in the history and in the log.
///
/// The form is judged by the office day of the registration, so that a later correction asks no new questions.
///
/// # Errors
/// [`DeskError::Draft`] with every wrong field, `reason` among them; [`ErrorCode::NotAllowedNow`] for a cancelled letter.
#[tracing::instrument(skip_all, err)]
pub async fn correct_letter(desk: &Desk, draft: CorrectionDraft) -> Result<LetterView, DeskError> {
    let clerk = session::clerk(desk)?;
    let id = draft.draft.id;

    let mut tx = desk.begin().await?;
    let row = store::row(&mut tx, id).await?;
    let mut errors = FieldErrors::default();
    let parsed = draft.draft.validate(&IntakeDefaults { today: row.office_day });
    let facts = parsed.map_err(|wrong| errors.0.extend(wrong.0)).ok();
    let reason = errors.keep(text::required_line("reason", &draft.reason, REASON_MAX));
    errors.into_result()?;
    let (Some(facts), Some(reason)) = (facts, reason) else { return Err(FieldErrors::default().into()) };
    if row.cancelled.is_some() {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    let changes = differences(&draft_of(&row), &to_draft(&row, &facts));
    if changes.is_empty() {
        return Err(FieldErrors(vec![FieldError::new("reason", ErrorCode::NotAllowedNow)]).into());
    }
    let body = OpBody::LetterCorrected {
        letter_id: id,
        based_on: row.intake_op,
        facts: Box::new(facts.clone()),
        reason: reason.clone(),
        by: clerk.name.clone(),
        at: desk.now(),
    };
    let op = outbox::append(desk, &mut tx, &body).await?;
    let party = if facts.sender == row.letter.facts.sender {
        row.party_key
    } else {
        people::remember(desk, &mut tx, &facts.sender, row.office_day).await?
    };
    let corrected = domain::letter::Letter { facts, ..row.letter };
    store::correct(&mut tx, row.key, &corrected, party, op, &super::words_of(desk, &corrected)).await?;
    note(desk, &mut tx, id, &clerk.name, &HistoryKind::Corrected { changes, reason }).await?;
    tx.commit().await?;

    told(desk, id).await
}

/// Cancels a number: row, scan and number stay, with who, when and why.
///
/// # Errors
/// [`DeskError::Draft`] without a reason; [`ErrorCode::NotAllowedNow`] when it is cancelled already.
#[tracing::instrument(skip_all, err)]
pub async fn cancel_letter(desk: &Desk, draft: CancellationDraft) -> Result<LetterView, DeskError> {
    let clerk = session::clerk(desk)?;
    let mut errors = FieldErrors::default();
    let reason = errors.keep(text::required_line("reason", &draft.reason, REASON_MAX));
    errors.into_result()?;
    let reason = reason.unwrap_or_default();

    let mut tx = desk.begin().await?;
    let row = store::row(&mut tx, draft.letter_id).await?;
    if row.cancelled.is_some() {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    let at = desk.now();
    let body =
        OpBody::LetterCancelled { letter_id: draft.letter_id, reason: reason.clone(), by: clerk.name.clone(), at };
    outbox::append(desk, &mut tx, &body).await?;
    let cancellation =
        Cancellation { reason: reason.clone(), by: clerk.name.clone(), at: calendar::display_moment(at) };
    store::cancel(&mut tx, row.key, &cancellation).await?;
    note(desk, &mut tx, draft.letter_id, &clerk.name, &HistoryKind::Cancelled { reason }).await?;
    tx.commit().await?;
    desk.wake.labels.notify_one();

    told(desk, draft.letter_id).await
}

/// Sets stage and unit; the citizen's page follows when central has it.
///
/// # Errors
/// [`DeskError::Draft`] for a wrong unit; [`ErrorCode::NotAllowedNow`] for a cancelled letter.
#[tracing::instrument(skip_all, err)]
pub async fn set_stage(desk: &Desk, draft: StageDraft) -> Result<LetterView, DeskError> {
    let clerk = session::clerk(desk)?;
    let mut errors = FieldErrors::default();
    let unit = errors.keep(text::optional_line("unit", &draft.unit, 100));
    errors.into_result()?;
    let unit = unit.flatten();

    let mut tx = desk.begin().await?;
    let row = store::row(&mut tx, draft.letter_id).await?;
    if row.cancelled.is_some() {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    let today = registers::office_day(desk, &mut tx).await?;
    let body = OpBody::StageSet {
        letter_id: draft.letter_id,
        based_on: row.status_op,
        stage: draft.stage,
        unit: unit.clone(),
        by: clerk.name.clone(),
        at: desk.now(),
    };
    let op = outbox::append(desk, &mut tx, &body).await?;
    store::set_stage(&mut tx, row.key, draft.stage, unit.as_deref(), today, op).await?;
    let what = HistoryKind::StageSet { stage: draft.stage, unit };
    note(desk, &mut tx, draft.letter_id, &clerk.name, &what).await?;
    tx.commit().await?;

    told(desk, draft.letter_id).await
}

async fn told(desk: &Desk, id: domain::ids::LetterId) -> Result<LetterView, DeskError> {
    desk.wake.sync.notify_one();
    desk.announce(DeskEvent::LetterChanged { letter_id: id });
    letter(desk, id).await
}

pub(super) fn draft_of(row: &LetterRow) -> LetterDraft {
    to_draft(row, &row.letter.facts)
}

fn to_draft(row: &LetterRow, facts: &LetterFacts) -> LetterDraft {
    let none = || text::NONE_MARK.to_owned();
    let date = |date: PartialDate| match date {
        PartialDate::Day(day) => calendar::display_date(day),
        PartialDate::Month(year, month) => format!("{month:02}.{year}"),
        PartialDate::Year(year) => year.to_string(),
    };
    LetterDraft {
        id: row.letter.id,
        sender: people::draft_of(None, &facts.sender),
        title: facts.title.clone(),
        letter_date: facts.letter_date.map_or_else(none, date),
        future_date_confirmed: facts.letter_date.is_some_and(|date| date.earliest() > row.office_day),
        reference: facts.reference.clone().unwrap_or_else(none),
        received_on: calendar::display_date(facts.received_on),
        earlier_reason: facts.earlier_reason.clone().unwrap_or_default(),
        posted_on: facts.posted_on.map(date).unwrap_or_default(),
        delivery: facts.delivery,
        posting_number: facts.posting_number.clone().unwrap_or_default(),
        attachments: facts.attachments.to_string(),
        kind: facts.kind.clone().unwrap_or_default(),
        access: facts.access,
        unit: String::new(),
        remarks: facts.remarks.clone().unwrap_or_default(),
    }
}

// Field by field through the draft's JSON, so that a new field is compared without being named here.
fn differences(old: &LetterDraft, new: &LetterDraft) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let (old, new) = (serde_json::to_value(old), serde_json::to_value(new));
    if let (Ok(old), Ok(new)) = (old, new) {
        collect("", &old, &new, &mut changes);
    }
    changes
}

fn collect(path: &str, old: &serde_json::Value, new: &serde_json::Value, changes: &mut Vec<FieldChange>) {
    if let (Some(old), Some(new)) = (old.as_object(), new.as_object()) {
        for (name, old) in old.iter().filter(|(name, _)| !matches!(name.as_str(), "id" | "typed" | "partyId")) {
            let field = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            collect(&field, old, new.get(name).unwrap_or(&serde_json::Value::Null), changes);
        }
    } else if old != new && path != "futureDateConfirmed" {
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        changes.push(FieldChange { field: path.to_owned(), old: text(old), new: text(new) });
    }
}
