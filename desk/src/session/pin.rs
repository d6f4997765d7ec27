//! The PIN of the screen lock: short, for a desk that locks after minutes. It opens the lock of whoever locked it and nothing
//! else: after a start, for another clerk and after too many tries only the password counts.

use domain::{ErrorCode, FieldError, FieldErrors, ids::ClerkId};

use jiff::SignedDuration;

use super::{check_here, hash_password, rights, session, store, verify_password, view::PinDraft};
use crate::{Desk, DeskError};

/// Fewest and most digits: a password is longer, so one field takes both.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=6;
/// Tries in a row; then the password.
const TRIES: u32 = 5;
/// A working day, as the clerk's own session at central.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(12);

/// Sets the PIN of the clerk at the desk, or takes it away where none is typed. Asks for her password: an open screen is nobody.
///
/// # Errors
/// [`DeskError::Draft`] with every wrong field; [`ErrorCode::NotSignedIn`]; [`ErrorCode::SignInFailed`] at the password;
/// [`ErrorCode::CentralNeeded`] for a clerk whose password this desk does not know.
#[tracing::instrument(skip_all, err)]
pub async fn set_pin(desk: &Desk, draft: PinDraft) -> Result<(), DeskError> {
    let clerk = rights::clerk(desk)?;
    let mut errors = FieldErrors::default();
    if !draft.pin.is_empty() {
        if !is_pin(&draft.pin) {
            errors.push(FieldError::new("pin", ErrorCode::PinWrong));
        } else if is_guessable(&draft.pin) {
            errors.push(FieldError::new("pin", ErrorCode::PinGuessable));
        } else if draft.pin != draft.pin_again {
            errors.push(FieldError::new("pinAgain", ErrorCode::PinsDiffer));
        }
    }
    errors.into_result()?;
    let known = store::known(&mut *desk.read().await?, clerk.id).await?;
    let known = known.filter(|known| !known.hash.is_empty()).ok_or(DeskError::Refused(ErrorCode::CentralNeeded))?;
    check_here(desk, &known, draft.password).await.map_err(|error| match error {
        DeskError::Refused(ErrorCode::SignInFailed) => {
            FieldErrors(vec![FieldError::new("password", ErrorCode::SignInFailed)]).into()
        }
        other => other,
    })?;
    let hash = if draft.pin.is_empty() { None } else { Some(hash_password(draft.pin).await?) };
    let mut tx = desk.begin().await?;
    store::set_pin(&mut tx, clerk.id, hash.as_deref()).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether what was typed to unlock is meant for the PIN: of the clerk who locked the screen, and of its form.
pub(super) async fn is_meant(desk: &Desk, clerk: ClerkId, typed: &str) -> Result<bool, DeskError> {
    Ok(is_pin(typed) && locked_by(desk) == Some(clerk) && counts(desk, clerk).await?)
}

/// Whether the clerk at the desk has a PIN that counts: tries are left, and her password is of today, so that an account that was
/// closed meanwhile does not live on behind it.
pub(super) async fn counts(desk: &Desk, clerk: ClerkId) -> Result<bool, DeskError> {
    let since = session(desk).password_at.map(|at| desk.now().duration_since(at));
    if since.is_none_or(|since| since.is_negative() || since > GOOD_FOR) {
        return Ok(false);
    }
    let pin = store::pin(&mut *desk.read().await?, clerk).await?;
    Ok(pin.is_some_and(|(_, tries)| tries < TRIES))
}

/// Unlocks by the PIN.
///
/// # Errors
/// [`ErrorCode::PinFailed`]; [`ErrorCode::PinSpent`] after too many tries.
pub(super) async fn unlock(desk: &Desk, clerk: ClerkId, typed: String) -> Result<(), DeskError> {
    // Committed before the PIN is looked at: pulling the plug takes no try back.
    let mut tx = desk.begin().await?;
    let Some((hash, tries)) = store::pin(&mut tx, clerk).await? else {
        return Err(DeskError::Refused(ErrorCode::PinSpent));
    };
    if tries >= TRIES {
        return Err(DeskError::Refused(ErrorCode::PinSpent));
    }
    store::set_pin_tries(&mut tx, clerk, tries + 1).await?;
    tx.commit().await?;
    if !verify_password(typed, hash).await? {
        let spent = tries + 1 >= TRIES;
        return Err(DeskError::Refused(if spent { ErrorCode::PinSpent } else { ErrorCode::PinFailed }));
    }
    forget_tries(desk, clerk).await?;
    session(desk).locked = false;
    Ok(())
}

/// Her password was right: the PIN counts again.
///
/// # Errors
/// [`DeskError::Store`].
pub(super) async fn forget_tries(desk: &Desk, clerk: ClerkId) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    store::set_pin_tries(&mut tx, clerk, 0).await?;
    tx.commit().await?;
    Ok(())
}

fn locked_by(desk: &Desk) -> Option<ClerkId> {
    let session = session(desk);
    session.clerk.as_ref().filter(|_| session.locked).map(|seated| seated.view.id)
}

fn is_pin(typed: &str) -> bool {
    DIGITS.contains(&typed.len()) && typed.bytes().all(|byte| byte.is_ascii_digit())
}

/// `1111`, `1234`, `6543`: what everybody tries first.
fn is_guessable(pin: &str) -> bool {
    let steps: Vec<i16> = pin.as_bytes().windows(2).map(|pair| i16::from(pair[1]) - i16::from(pair[0])).collect();
    steps.iter().all(|step| *step == 0) || steps.iter().all(|step| *step == 1) || steps.iter().all(|step| *step == -1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_four_to_six_digits_and_none_that_everybody_tries_first() {
        for pin in ["4821", "90517", "135790"] {
            assert!(is_pin(pin) && !is_guessable(pin), "{pin}");
        }
        for none in ["", "482", "4821379", "48a1", "４８２１", " 4821"] {
            assert!(!is_pin(none), "{none}");
        }
        for guessed in ["0000", "1234", "6543", "987654"] {
            assert!(is_pin(guessed) && is_guessable(guessed), "{guessed}");
        }
    }
}
