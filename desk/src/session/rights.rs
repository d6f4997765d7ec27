//! Who may do what at this desk: asked by every use case before it reads or writes, and when an operation states its author.

use domain::{
    ErrorCode, calendar,
    rights::{Act, RecordKind, Roles},
};
use jiff::civil::Date;
use wire::v1::Acting;

use super::{session, view::ClerkView};
use crate::{Desk, DeskError, enrolment};

/// Working days without central after which only intake, labels and scanning stay open to a clerk of central.
const DAYS_ALONE: u32 = 14;

/// What is known of the clerk at the desk.
#[derive(Clone, Debug)]
pub(super) struct Seated {
    pub(super) view: ClerkView,
    pub(super) roles: Roles,
    /// A clerk of central: operations state her.
    pub(super) of_central: bool,
}

/// Whoever is signed in.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`] when nobody is, or the screen is locked.
pub fn clerk(desk: &Desk) -> Result<ClerkView, DeskError> {
    let session = session(desk);
    let seated = session.clerk.as_ref().filter(|_| !session.locked);
    seated.map(|seated| seated.view.clone()).ok_or(DeskError::Refused(ErrorCode::NotSignedIn))
}

/// The clerk at the desk, if she may do this with a record of this kind.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`] when nobody is, or the screen is locked; [`ErrorCode::NotPermitted`] when none of her roles
/// may, this desk's ceiling forbids the one that may, or its scope the record; [`ErrorCode::CentralTooLongAway`] after two weeks without central;
/// [`ErrorCode::AccountNeeded`] for a clerk of this desk alone where clerks of central have signed in.
pub fn may(desk: &Desk, act: Act, kind: RecordKind) -> Result<ClerkView, DeskError> {
    let bounds = enrolment::bounds(desk);
    check(desk, act, |roles| {
        let within = bounds.scope.has(kind) || !act.needs_scope();
        within && bounds.ceiling.of(roles).for_act(act, kind).is_some()
    })
}

/// The clerk at the desk, if she may make a letter one of this kind. Whoever may correct it as what it is was asked before.
///
/// # Errors
/// As [`may`].
pub fn may_make(desk: &Desk, kind: RecordKind) -> Result<ClerkView, DeskError> {
    let bounds = enrolment::bounds(desk);
    check(desk, Act::Correct, |roles| bounds.ceiling.of(roles).for_making(kind).is_some())
}

/// As [`may`], for what is not about one record, or not about one that is known yet.
///
/// # Errors
/// As [`may`].
pub fn may_any(desk: &Desk, act: Act) -> Result<ClerkView, DeskError> {
    let bounds = enrolment::bounds(desk);
    check(desk, act, |roles| bounds.ceiling.of(roles).for_any(act).is_some())
}

/// Whether the clerk at the desk may see what a record of this kind says.
pub(crate) fn reads(desk: &Desk, kind: RecordKind) -> bool {
    may(desk, Act::ReadLetter, kind).is_ok()
}

/// Who acts, as an operation states it; `None` for a clerk of this desk alone.
pub(crate) fn acting(desk: &Desk, act: Act, kind: RecordKind) -> Option<Acting> {
    let bounds = enrolment::bounds(desk);
    let session = session(desk);
    let seated = session.clerk.as_ref().filter(|seated| seated.of_central)?;
    let roles = bounds.ceiling.of(&seated.roles);
    let role = roles.for_act(act, kind).or_else(|| roles.for_any(act))?;
    Some(Acting { clerk: seated.view.id, role })
}

/// Who looks, as an entry of the audit states it; `None` for a clerk of this desk alone.
pub(crate) fn witness(desk: &Desk) -> Option<Acting> {
    let bounds = enrolment::bounds(desk);
    let session = session(desk);
    let seated = session.clerk.as_ref().filter(|seated| seated.of_central)?;
    let role = bounds.ceiling.of(&seated.roles).iter().next()?;
    Some(Acting { clerk: seated.view.id, role })
}

/// The token of the clerk's own session at central.
///
/// # Errors
/// [`ErrorCode::SignInAgain`] when central did not see her sign in.
pub(crate) fn at_central(desk: &Desk) -> Result<String, DeskError> {
    session(desk).at_central.clone().ok_or(DeskError::Refused(ErrorCode::SignInAgain))
}

fn check(desk: &Desk, act: Act, allowed: impl FnOnce(&Roles) -> bool) -> Result<ClerkView, DeskError> {
    let session = session(desk);
    let seated = session.clerk.as_ref().filter(|_| !session.locked);
    let seated = seated.ok_or(DeskError::Refused(ErrorCode::NotSignedIn))?;
    if !allowed(&seated.roles) {
        return Err(DeskError::Refused(ErrorCode::NotPermitted));
    }
    // What she did otherwise would count nowhere: central takes no word of nobody in an office that has accounts.
    if !seated.of_central && session.accounts && !act.stays_open() {
        return Err(DeskError::Refused(ErrorCode::AccountNeeded));
    }
    let today = calendar::civil_day(desk.now());
    if seated.of_central && !act.stays_open() && is_alone(session.contact, today) {
        return Err(DeskError::Refused(ErrorCode::CentralTooLongAway));
    }
    Ok(seated.view.clone())
}

/// Whether more than two weeks of working days lie between the last contact and today. A clock that went back counts none.
fn is_alone(contact: Option<Date>, today: Date) -> bool {
    let Some(mut day) = contact else { return false };
    let mut days = 0;
    while day < today && days <= DAYS_ALONE {
        let Ok(next) = day.tomorrow() else { return false };
        day = next;
        days += u32::from(calendar::is_working_day(day));
    }
    days > DAYS_ALONE
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn two_weeks_are_fourteen_working_days() {
        let contact = Some(date(2026, 11, 23));
        assert!(!is_alone(None, date(2030, 1, 1)), "central was never there");
        assert!(!is_alone(contact, date(2026, 11, 23)));
        // Three weekends, no holiday: Friday 11 December is the fourteenth day.
        assert!(!is_alone(contact, date(2026, 12, 11)));
        assert!(!is_alone(contact, date(2026, 12, 13)), "a Sunday counts for nothing");
        assert!(is_alone(contact, date(2026, 12, 14)));
        assert!(!is_alone(contact, date(2016, 1, 1)), "a clock that went back");
    }
}
