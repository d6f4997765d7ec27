//! Asks central to let this desk in, beside the worker. Called by `enrolment`.

use domain::{ErrorCode, register::PointSymbol};
use wire::v1::{Enrol, EnrolAnswer, Invitation, LogOf, Refusal, enrol::sign_code};

use super::{
    Trouble,
    client::Central,
    greet::{PROGRAM, read_key},
    worker::Pace,
};
use crate::{Desk, DeskError};

/// Answers an invitation. `symbol`: the one on the labels that this desk has printed.
///
/// # Errors
/// As `enrolment::join`.
pub(crate) async fn ask(
    desk: &Desk,
    address: &str,
    invitation: &Invitation,
    symbol: Option<PointSymbol>,
) -> Result<EnrolAnswer, DeskError> {
    let key = read_key(&mut *desk.read().await?).await?;
    let log = LogOf { office: invitation.office.clone(), device: desk.device() };
    let enrol = Enrol {
        code: invitation.code,
        device: log.device,
        public_key: key.verifying_key().to_bytes(),
        signature: sign_code(&key, &log, invitation.code),
        symbol,
        program: PROGRAM.to_owned(),
    };
    let refused = |trouble: Trouble| {
        tracing::info!(%trouble, "joining the office");
        DeskError::Refused(code_of(trouble))
    };
    let patience = Pace::default().patience;
    let central = Central::at(address, &invitation.office, Some(invitation.fingerprint), patience).map_err(refused)?;
    central.enrol(&enrol).await.map_err(refused)
}

fn code_of(trouble: Trouble) -> ErrorCode {
    match trouble {
        Trouble::Refused(Refusal::InvitationUnknown) => ErrorCode::InvitationUnknown,
        Trouble::Refused(Refusal::Revoked) => ErrorCode::DeskRevoked,
        Trouble::Refused(Refusal::SymbolTaken | Refusal::SymbolDiffers) => ErrorCode::SymbolNotHeld,
        Trouble::Refused(Refusal::TooMany { .. }) => ErrorCode::TooManyTries,
        other => other.code(),
    }
}
