//! Joining an office: an invitation from its administrator tells whom to trust and lets this desk in once.
//!
//! Called by `src-tauri/src/commands/enrolment.rs`; `sync` speaks with central by what is kept here, `session` stays within
//! the bounds. Nothing is sent before central has shown the key that the invitation names.

mod store;
pub mod view;

use domain::{ErrorCode, FieldError, FieldErrors, marks::Teryt, rights::Act, text};
use sqlx::SqliteConnection;
use view::{BoundsView, EnrolDraft, EnrolledView};
use wire::v1::{Bounds, EnrolAnswer, Fingerprint, Invitation};

use crate::{Desk, DeskError, DeskEvent, session, settings, sync};

/// What the desk was told when it joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The office.
    pub office: Teryt,
    /// Of the key that signs central's certificates.
    pub fingerprint: Fingerprint,
    /// What may be held here, and what may be done here.
    pub bounds: Bounds,
    /// The office has accounts: nobody works here without one.
    pub accounts: bool,
}

/// Reads the kept enrolment at start.
pub(crate) async fn load(db: &mut SqliteConnection) -> Result<Option<Enrolment>, DeskError> {
    store::load(db).await
}

/// What bounds this desk: nothing before it joined an office.
pub(crate) fn bounds(desk: &Desk) -> Bounds {
    desk.enrolment().map_or_else(Bounds::none, |enrolment| enrolment.bounds)
}

/// What bounds this desk, for the settings; `None` before it joined an office.
pub(crate) fn bounds_view(desk: &Desk) -> Option<BoundsView> {
    let bounds = desk.enrolment()?.bounds;
    Some(BoundsView { kinds: bounds.scope.iter().collect(), roles: bounds.ceiling.0.iter().collect() })
}

/// Joins the office of an invitation. The same invitation may be given again when its answer was lost.
///
/// Before the first clerk anybody may do it; afterwards whoever may change the settings.
///
/// # Errors
/// [`DeskError::Draft`] with the wrong fields, also where this desk has numbered for another office;
/// [`ErrorCode::CentralUnreachable`], [`ErrorCode::CentralNotTrusted`] when another key is shown there,
/// [`ErrorCode::InvitationUnknown`], [`ErrorCode::DeskRevoked`], [`ErrorCode::SymbolNotHeld`] when this desk's labels bear
/// another symbol than the invitation's or the symbol is another desk's.
#[tracing::instrument(skip_all, err)]
pub async fn join(desk: &Desk, draft: EnrolDraft) -> Result<EnrolledView, DeskError> {
    if !session::nobody_yet(desk).await? {
        session::may_any(desk, Act::Settings)?;
    }
    let (address, invitation) = read(&draft)?;
    let before = desk.settings();
    let borne = settings::has_letters(&mut *desk.read().await?).await?;
    if borne && before.teryt.as_ref().is_some_and(|office| *office != invitation.office) {
        return Err(DeskError::Draft(FieldErrors(vec![FieldError::new("invitation", ErrorCode::NotAllowedNow)])));
    }
    let symbol = borne.then_some(before.symbol);
    let answer = sync::enrol::ask(desk, &address, &invitation, symbol).await?;
    keep(desk, address, &invitation, answer).await
}

fn read(draft: &EnrolDraft) -> Result<(String, Invitation), DeskError> {
    // A scanned code holds both, whichever field it was scanned into.
    let scanned = [&draft.address, &draft.invitation].into_iter().find_map(|typed| {
        let (address, letters) = typed.trim().split_once(char::is_whitespace)?;
        address.contains("://").then(|| (address.to_owned(), letters.to_owned()))
    });
    let (address, letters) = scanned.unwrap_or_else(|| (draft.address.clone(), draft.invitation.clone()));
    let mut errors = FieldErrors::default();
    let address = errors.keep(text::required_line("address", &address, 200).and_then(|typed| {
        // Without TLS nobody would have to show the key.
        let address = settings::central_address(&typed).filter(|address| address.starts_with("https:"));
        address.ok_or_else(|| FieldError::new("address", ErrorCode::AddressWrong))
    }));
    let invitation = errors.keep(text::required_line("invitation", &letters, 200).and_then(|typed| {
        Invitation::read(&typed).map_err(|_| FieldError::new("invitation", ErrorCode::InvitationWrong))
    }));
    errors.into_result()?;
    // Each `None` left its error behind.
    address.zip(invitation).ok_or(DeskError::Refused(ErrorCode::InvitationWrong))
}

async fn keep(
    desk: &Desk,
    address: String,
    invitation: &Invitation,
    answer: EnrolAnswer,
) -> Result<EnrolledView, DeskError> {
    let enrolment = Enrolment {
        office: invitation.office.clone(),
        fingerprint: invitation.fingerprint,
        bounds: answer.bounds.clone(),
        accounts: answer.accounts,
    };
    let view = EnrolledView {
        office_name: answer.office_name.clone(),
        symbol: answer.symbol.clone(),
        kinds: enrolment.bounds.scope.iter().collect(),
        roles: enrolment.bounds.ceiling.0.iter().collect(),
        accounts: enrolment.accounts,
    };
    let mut tx = desk.begin().await?;
    store::save(&mut tx, &enrolment, desk.now()).await?;
    let joined = settings::join(&mut tx, desk, &address, &enrolment.office, &answer).await?;
    tx.commit().await?;

    desk.set_enrolment(enrolment);
    settings::take(desk, joined);
    desk.announce(DeskEvent::SessionChanged);
    Ok(view)
}

/// Keeps the bounds that central told at a hello.
///
/// # Errors
/// Those of the database.
pub(crate) async fn keep_bounds(desk: &Desk, bounds: Bounds) -> Result<(), DeskError> {
    let Some(known) = desk.enrolment().filter(|known| known.bounds != bounds) else { return Ok(()) };
    let mut tx = desk.begin().await?;
    store::save_bounds(&mut tx, &bounds).await?;
    tx.commit().await?;
    desk.set_enrolment(Enrolment { bounds, ..known });
    desk.announce(DeskEvent::SessionChanged);
    Ok(())
}

/// Trusts the key that the pinned one certified to be its successor, and the pinned one no more.
///
/// # Errors
/// Those of the database.
pub(crate) async fn follow(desk: &Desk, successor: Fingerprint) -> Result<(), DeskError> {
    let Some(known) = desk.enrolment() else { return Ok(()) };
    let mut tx = desk.begin().await?;
    store::save_fingerprint(&mut tx, successor).await?;
    tx.commit().await?;
    tracing::warn!(key = %successor, "central's authority has a new key, certified by the one before; it is trusted from now on");
    desk.set_enrolment(Enrolment { fingerprint: successor, ..known });
    Ok(())
}
