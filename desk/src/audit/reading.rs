//! The data-protection officer reads the audit at central, in her own session.

use domain::{ErrorCode, FieldError, FieldErrors, calendar, letter::PartialDate, rights::Act};
use jiff::{ToSpan, civil::Date};
use wire::v1::{
    AuditQuery,
    audit::{AuditEntry, AuditExport, AuditPage, MAX_AUDIT_DAYS},
};

use super::view::{AuditClerkView, AuditDraft, AuditEntryView, AuditPageView};
use crate::{
    Desk, DeskError, session,
    sync::audit::{self, Word},
};

/// Reads a page.
///
/// # Errors
/// [`DeskError::Draft`] with every wrong field; [`ErrorCode::NotPermitted`]; [`ErrorCode::SignInAgain`] without a session at
/// central; [`ErrorCode::CentralUnreachable`].
#[tracing::instrument(skip_all, err)]
pub async fn read(desk: &Desk, draft: AuditDraft) -> Result<AuditPageView, DeskError> {
    session::may_any(desk, Act::Audit)?;
    let query = query_of(desk, &draft)?;
    let page = match audit::read(desk, &session::at_central(desk)?, &query).await? {
        Word::Said(page) => page,
        Word::Refused(why) => return Err(refused(why)),
    };
    Ok(view_of(page, &query))
}

/// The same entries as a signed table.
///
/// # Errors
/// As [`read`].
#[tracing::instrument(skip_all, err)]
pub async fn export(desk: &Desk, draft: AuditDraft) -> Result<AuditExport, DeskError> {
    session::may_any(desk, Act::Audit)?;
    let query = query_of(desk, &AuditDraft { after: None, ..draft })?;
    match audit::export(desk, &session::at_central(desk)?, &query).await? {
        Word::Said(export) => Ok(export),
        Word::Refused(why) => Err(refused(why)),
    }
}

fn query_of(desk: &Desk, draft: &AuditDraft) -> Result<AuditQuery, DeskError> {
    let today = calendar::civil_day(desk.now());
    let mut errors = FieldErrors::default();
    let mut day = |field: &str, typed: &str, otherwise: Date| match typed.trim() {
        "" => otherwise,
        typed => match PartialDate::read(typed, today) {
            Ok(PartialDate::Day(day)) => day,
            Ok(PartialDate::Month(..) | PartialDate::Year(_)) | Err(_) => {
                errors.push(FieldError::new(field, ErrorCode::NotADate));
                otherwise
            }
        },
    };
    let to = day("to", &draft.to, today);
    let from = day("from", &draft.from, to.saturating_sub(30.days()));
    let days = from.until(to).map_or(-1, |span| span.get_days());
    if !(0..=MAX_AUDIT_DAYS).contains(&days) {
        errors.push(FieldError::new("from", ErrorCode::PeriodWrong));
    }
    errors.into_result()?;
    let letter = Some(draft.letter.trim().to_owned()).filter(|letter| !letter.is_empty());
    Ok(AuditQuery { from, to, letter, clerk: draft.clerk, after: draft.after.clone() })
}

fn refused(why: ErrorCode) -> DeskError {
    match why {
        ErrorCode::NotFound => DeskError::from(FieldErrors(vec![FieldError::new("letter", why)])),
        ErrorCode::TooManyEntries => DeskError::from(FieldErrors(vec![FieldError::new("from", why)])),
        other => DeskError::Refused(other),
    }
}

fn view_of(page: AuditPage, query: &AuditQuery) -> AuditPageView {
    AuditPageView {
        entries: page.entries.into_iter().map(entry_of).collect(),
        next: page.next,
        from: calendar::display_date(query.from),
        to: calendar::display_date(query.to),
        head: u32::try_from(page.head.n).unwrap_or(u32::MAX),
        clerks: page.clerks.into_iter().map(|clerk| AuditClerkView { id: clerk.id, name: clerk.name }).collect(),
    }
}

fn entry_of(entry: AuditEntry) -> AuditEntryView {
    let at = calendar::display_moment(entry.at);
    let told_at = entry.told_at.map(calendar::display_moment).filter(|told| *told != at);
    let named = u32::try_from(entry.letters.len()).unwrap_or(u32::MAX);
    AuditEntryView {
        at,
        told_at,
        desk: entry.desk.map(|symbol| symbol.as_str().to_owned()),
        by: entry.by,
        what: entry.what,
        further: entry.letter_count.saturating_sub(named),
        letters: entry.letters,
        reason: entry.reason,
    }
}
