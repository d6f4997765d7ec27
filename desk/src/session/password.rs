//! A clerk gives herself another password: at central where the office has accounts, at this desk where it works alone.

use domain::{ErrorCode, FieldError, FieldErrors, password, rights::Role};
use wire::v1::ChangePassword;

use super::{check_here, hash_password, rights, session, store, tries, view::PasswordDraft};
use crate::{
    Desk, DeskError,
    sync::sign_in::{self, Word},
};

/// Sets the password of the clerk at the desk. Asks for the present one: an open screen is nobody. The PIN stays.
///
/// # Errors
/// [`DeskError::Draft`] with every wrong field, [`ErrorCode::SignInFailed`] at the present password; [`ErrorCode::NotSignedIn`];
/// [`ErrorCode::CentralUnreachable`] for a clerk of central while it is away; [`ErrorCode::PasswordUnsure`] when it went away in the middle;
/// [`ErrorCode::TooManyTries`].
#[tracing::instrument(skip_all, err)]
pub async fn change_password(desk: &Desk, draft: PasswordDraft) -> Result<(), DeskError> {
    let clerk = rights::clerk(desk)?;
    let known = store::known(&mut *desk.read().await?, clerk.id).await?;
    let known = known.ok_or(DeskError::Refused(ErrorCode::NotSignedIn))?;
    let about = [known.login.as_deref().unwrap_or_default(), &known.view.name];
    let mut errors = FieldErrors::default();
    if draft.password.is_empty() {
        errors.push(FieldError::new("password", ErrorCode::Required));
    }
    if errors.keep(password::check("newPassword", &draft.new_password, &about)).is_some()
        && draft.new_password != draft.new_password_again
    {
        errors.push(FieldError::new("newPasswordAgain", ErrorCode::PasswordsDiffer));
    }
    errors.into_result()?;
    let at = |field, code| DeskError::from(FieldErrors(vec![FieldError::new(field, code)]));

    let Some(login) = known.login.clone() else {
        check_here(desk, &known, draft.password).await.map_err(|error| match error {
            DeskError::Refused(ErrorCode::SignInFailed) => at("password", ErrorCode::SignInFailed),
            other => other,
        })?;
        return keep_verifier(desk, &known, Some(draft.new_password)).await;
    };
    let change = ChangePassword { login, password: draft.password, new_password: draft.new_password.clone() };
    match sign_in::change_password(desk, &change).await? {
        Word::Welcome(answer) => {
            // As at signing in: an administrator opens no desk without central.
            let verified = (!answer.roles.has(Role::Administrator)).then_some(draft.new_password);
            keep_verifier(desk, &known, verified).await?;
            tries::end(desk, clerk.id).await?;
            // Her session from before the change has ended. Whoever took the desk over meanwhile has her own.
            let mut session = session(desk);
            if session.clerk.as_ref().is_some_and(|seated| seated.view.id == clerk.id) {
                session.at_central = answer.session;
                session.password_at = Some(desk.now());
            }
            Ok(())
        }
        Word::Wrong => Err(at("password", ErrorCode::SignInFailed)),
        Word::Guessable => Err(at("newPassword", ErrorCode::PasswordGuessable)),
        Word::TooMany => Err(DeskError::Refused(ErrorCode::TooManyTries)),
        Word::Unknown => Err(DeskError::Refused(ErrorCode::PasswordUnsure)),
        Word::Away => Err(DeskError::Refused(ErrorCode::CentralUnreachable)),
    }
}

async fn keep_verifier(desk: &Desk, known: &store::Known, password: Option<String>) -> Result<(), DeskError> {
    let Some(password) = password else { return Ok(()) };
    let hash = hash_password(password).await?;
    let mut tx = desk.begin().await?;
    store::set_verifier(&mut tx, known.view.id, &hash).await?;
    tx.commit().await?;
    Ok(())
}
