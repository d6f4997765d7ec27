//! What may still happen to a registered letter: correcting, cancelling, stage and unit.

use domain::{
    ErrorCode, FieldError, FieldErrors, calendar,
    ids::{LetterId, OpId},
    letter::{IntakeDefaults, LetterDraft, LetterFacts, PartialDate},
    rights::{Act, RecordKind},
    stage::Stage,
    text,
};
use sqlx::SqliteConnection;
use wire::v1::{OpBody, UnitChange, Versions};

use super::{
    correction, note, store,
    store::LetterRow,
    view::{Cancellation, CancellationDraft, CorrectionDraft, FieldChange, HistoryKind, LetterView, StageDraft},
    view_of,
};
use crate::{
    Desk, DeskError, DeskEvent, directory, erasure, outbox, people, registers, session, session::view::ClerkView,
};

const REASON_MAX: usize = 250;

/// Corrects a letter's facts: the old ones stay in the history and in the log.
///
/// The form is judged by the office day of the registration, so that a later correction asks no new questions.
///
/// # Errors
/// [`DeskError::Draft`] with every wrong field, `reason` among them; [`ErrorCode::NotAllowedNow`] for a cancelled letter.
#[tracing::instrument(skip_all, err)]
pub async fn correct_letter(desk: &Desk, draft: CorrectionDraft) -> Result<LetterView, DeskError> {
    let clerk = session::may_any(desk, Act::Correct)?;
    let id = draft.draft.id;

    let mut tx = desk.begin().await?;
    let row = store::row(&mut tx, id).await?;
    session::may(desk, Act::Correct, row.kind())?;
    refuse_erased(&mut tx, row.letter.id).await?;
    let mut errors = FieldErrors::default();
    let parsed = draft.draft.validate(&IntakeDefaults { today: row.office_day });
    let facts = parsed.map_err(|wrong| errors.0.extend(wrong.0)).ok();
    let reason = errors.keep(text::required_line("reason", &draft.reason, REASON_MAX));
    errors.into_result()?;
    let (Some(facts), Some(reason)) = (facts, reason) else { return Err(FieldErrors::default().into()) };
    session::may_make(desk, RecordKind::of_letter(facts.kind.as_deref()))?;
    if row.cancelled.is_some() {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    if row.letter.facts == facts {
        return Err(FieldErrors(vec![FieldError::new("reason", ErrorCode::NotAllowedNow)]).into());
    }
    let based_on = draft.based_on.unwrap_or(row.intake_op);
    correct(desk, &mut tx, &clerk, row, facts, Because { reason, based_on }).await?;
    correction::forget(&mut tx, &clerk, id).await?;
    tx.commit().await?;

    told(desk, id).await
}

// Of a letter whose content was erased nothing is said again.
pub(super) async fn refuse_erased(tx: &mut SqliteConnection, letter: LetterId) -> Result<(), DeskError> {
    if erasure::is_erased(tx, letter).await? { Err(DeskError::Refused(ErrorCode::NotAllowedNow)) } else { Ok(()) }
}

/// Why a correction is made, and on what it rests.
struct Because {
    reason: String,
    /// The operation whose facts the clerk saw.
    based_on: OpId,
}

async fn correct(
    desk: &Desk,
    tx: &mut SqliteConnection,
    clerk: &ClerkView,
    row: LetterRow,
    facts: LetterFacts,
    Because { reason, based_on }: Because,
) -> Result<(), DeskError> {
    let id = row.letter.id;
    let changes = changes(&row, &facts);
    let body = OpBody::LetterCorrected {
        letter_id: id,
        based_on,
        facts: Box::new(facts.clone()),
        reason: reason.clone(),
        by: clerk.name.clone(),
        at: desk.now(),
    };
    let op = outbox::append(desk, tx, &body).await?;
    let party = if facts.sender == row.letter.facts.sender {
        row.party_key
    } else {
        people::remember(desk, tx, &facts.sender, row.office_day).await?
    };
    let corrected = domain::letter::Letter { facts, ..row.letter };
    store::correct(tx, row.key, &corrected, party, op, &super::words_of(desk, &corrected)).await?;
    // A sender whom no letter names any more is nobody's: what was wrong is not proposed again, and an erasure finds all of it.
    if let Some(before) = row.party_key.filter(|before| Some(*before) != party) {
        people::forget(tx, before).await?;
    }
    note(desk, tx, id, &clerk.name, &HistoryKind::Corrected { changes, reason }).await
}

/// Cancels a number: row, scan and number stay, with who, when and why.
///
/// # Errors
/// [`DeskError::Draft`] without a reason; [`ErrorCode::NotAllowedNow`] when it is cancelled already, or another desk's.
#[tracing::instrument(skip_all, err)]
pub async fn cancel_letter(desk: &Desk, draft: CancellationDraft) -> Result<LetterView, DeskError> {
    let clerk = session::may_any(desk, Act::Cancel)?;
    let mut errors = FieldErrors::default();
    let reason = errors.keep(text::required_line("reason", &draft.reason, REASON_MAX));
    errors.into_result()?;
    let reason = reason.unwrap_or_default();

    let mut tx = desk.begin().await?;
    let row = store::row(&mut tx, draft.letter_id).await?;
    session::may(desk, Act::Cancel, row.kind())?;
    refuse_erased(&mut tx, row.letter.id).await?;
    if row.cancelled.is_some() || !row.registered_here {
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
    let clerk = session::may_any(desk, Act::SetStage)?;
    let mut errors = FieldErrors::default();
    let unit = errors.keep(text::optional_line("unit", &draft.unit, 100));
    errors.into_result()?;
    let mut tx = desk.begin().await?;
    let row = store::row(&mut tx, draft.letter_id).await?;
    session::may(desk, Act::SetStage, row.kind())?;
    refuse_erased(&mut tx, row.letter.id).await?;
    if row.cancelled.is_some() {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    // Words that nobody touched stay as they are, whatever the directory calls the unit by now.
    let unit = unit.flatten();
    let unit = if unit == row.unit { unit } else { directory::resolve(&mut tx, unit).await? };
    // Two groups of facts, each with the operation it is based on: who changes the stage says nothing of the unit.
    if row.unit != unit {
        change_unit(desk, &mut tx, &clerk, &row, unit).await?;
    }
    if row.stage != draft.stage {
        change_stage(desk, &mut tx, &clerk, &row, draft.stage).await?;
    }
    tx.commit().await?;

    told(desk, draft.letter_id).await
}

async fn change_stage(
    desk: &Desk,
    tx: &mut SqliteConnection,
    clerk: &ClerkView,
    row: &LetterRow,
    stage: Stage,
) -> Result<(), DeskError> {
    let today = registers::office_day(desk, tx).await?;
    let body = OpBody::StageSet {
        letter_id: row.letter.id,
        based_on: row.status_op,
        stage,
        unit: UnitChange::Keep,
        by: clerk.name.clone(),
        at: desk.now(),
    };
    let op = outbox::append(desk, tx, &body).await?;
    store::set_stage(tx, row.key, stage, today, op).await?;
    note(desk, tx, row.letter.id, &clerk.name, &HistoryKind::StageSet { stage }).await
}

async fn change_unit(
    desk: &Desk,
    tx: &mut SqliteConnection,
    clerk: &ClerkView,
    row: &LetterRow,
    unit: Option<String>,
) -> Result<(), DeskError> {
    let body = OpBody::UnitSet {
        letter_id: row.letter.id,
        based_on: row.unit_op,
        unit: unit.clone(),
        by: clerk.name.clone(),
        at: desk.now(),
    };
    let op = outbox::append(desk, tx, &body).await?;
    store::set_unit(tx, row.key, unit.as_deref(), op).await?;
    note(desk, tx, row.letter.id, &clerk.name, &HistoryKind::UnitSet { unit }).await
}

/// The reason kept with a correction that brings back what another correction had overwritten.
const BROUGHT_BACK: &str = "wybrano wcześniejszą wersję";

/// Brings back, inside the caller's transaction, what a later change had overwritten: the named fields of the intake, or
/// the whole group where it is one field.
///
/// # Errors
/// [`DeskError::Draft`] when the mixture is no valid letter; [`ErrorCode::NotAllowedNow`] for a cancelled letter.
pub(crate) async fn bring_back(
    desk: &Desk,
    tx: &mut SqliteConnection,
    clerk: &ClerkView,
    id: LetterId,
    versions: &Versions,
    fields: &[String],
) -> Result<(), DeskError> {
    let row = store::row(tx, id).await?;
    if row.cancelled.is_some() {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    match versions {
        Versions::Intake { earlier, .. } => {
            let mixed = mixture(&draft_of(&row), &to_draft(&row, earlier), fields)?;
            let facts = mixed.validate(&IntakeDefaults { today: row.office_day })?;
            if facts == row.letter.facts {
                return Ok(());
            }
            let based_on = row.intake_op;
            correct(desk, tx, clerk, row, facts, Because { reason: BROUGHT_BACK.to_owned(), based_on }).await
        }
        Versions::Routing { earlier, .. } if *earlier != row.unit => {
            change_unit(desk, tx, clerk, &row, earlier.clone()).await
        }
        Versions::Status { earlier, .. } if *earlier != row.stage => {
            change_stage(desk, tx, clerk, &row, *earlier).await
        }
        Versions::Routing { .. } | Versions::Status { .. } => Ok(()),
    }
}

/// How two versions differ, field by field, in the words of the form.
pub(crate) fn differing(row: &LetterRow, versions: &Versions) -> Vec<FieldChange> {
    match versions {
        Versions::Intake { earlier, later } => differences(&to_draft(row, earlier), &to_draft(row, later)),
        Versions::Routing { earlier, later } => {
            let text = |unit: &Option<String>| unit.clone().unwrap_or_default();
            vec![FieldChange { field: "unit".to_owned(), old: text(earlier), new: text(later) }]
        }
        Versions::Status { earlier, later } => {
            let text = |stage: Stage| stage.as_str().to_owned();
            vec![FieldChange { field: "stage".to_owned(), old: text(*earlier), new: text(*later) }]
        }
    }
}

/// What a correction to these facts changes, in the words of the form.
pub(super) fn changes(row: &LetterRow, facts: &LetterFacts) -> Vec<FieldChange> {
    differences(&draft_of(row), &to_draft(row, facts))
}

// The form as it stands, with the named fields from the other: by their JSON, so that no field is named here.
fn mixture(base: &LetterDraft, other: &LetterDraft, fields: &[String]) -> Result<LetterDraft, DeskError> {
    let (mut base, other) = (serde_json::to_value(base)?, serde_json::to_value(other)?);
    for field in fields {
        let place = format!("/{}", field.replace('.', "/"));
        if let (Some(to), Some(from)) = (base.pointer_mut(&place), other.pointer(&place)) {
            *to = from.clone();
        }
        if field == "letterDate" {
            base["futureDateConfirmed"] = other["futureDateConfirmed"].clone();
        }
        if field.starts_with("sender.") {
            base["sender"]["typed"] = serde_json::Value::String(String::new());
        }
    }
    Ok(serde_json::from_value(base)?)
}

async fn told(desk: &Desk, id: LetterId) -> Result<LetterView, DeskError> {
    desk.wake.sync.notify_one();
    desk.announce(DeskEvent::LetterChanged { letter_id: id });
    view_of(desk, id).await
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
