//! A clerk signs in: central is asked at once, beside the worker and with a token of its own. Called by `session`.

use domain::ErrorCode;
use wire::v1::{Refusal, SignIn, SignInAnswer};

use super::{Failed, Trouble, client::Central, greet, worker::Pace};
use crate::{Desk, DeskError};

/// What central says of a login and a password.
#[derive(Debug)]
pub(crate) enum Word {
    /// She may, in these roles.
    Welcome(SignInAnswer),
    /// Not this login with this password.
    Wrong,
    /// Too many tries; she comes again later.
    TooMany,
    /// Nobody answers, or none is set up: the desk's own verifier decides.
    Away,
}

/// Asks central.
///
/// # Errors
/// [`DeskError`] of the desk's own database. Central's troubles are [`Word::Away`].
pub(crate) async fn ask(desk: &Desk, login: &str, password: &str) -> Result<Word, DeskError> {
    let settings = desk.settings();
    let (Some(address), Some(office)) = (settings.central, settings.teryt) else { return Ok(Word::Away) };
    let patience = Pace::default().patience;
    let Ok(central) = Central::at(&address, &office, desk.pin(), patience) else { return Ok(Word::Away) };
    let question = SignIn { login: login.to_owned(), password: password.to_owned() };
    match talk(desk, &central, &question).await {
        Ok(answer) => Ok(Word::Welcome(answer)),
        Err(Failed::Trouble(Trouble::Refused(Refusal::SignInFailed))) => Ok(Word::Wrong),
        Err(Failed::Trouble(Trouble::Refused(Refusal::TooMany { .. }))) => Ok(Word::TooMany),
        Err(Failed::Trouble(trouble)) => {
            tracing::info!(%trouble, "signing in: central");
            Ok(Word::Away)
        }
        Err(Failed::Desk(DeskError::Refused(ErrorCode::NotConfigured))) => Ok(Word::Away),
        Err(Failed::Desk(error)) => Err(error),
    }
}

async fn talk(desk: &Desk, central: &Central, question: &SignIn) -> Result<SignInAnswer, Failed> {
    let key = greet::read_key(&mut *desk.read().await?).await?;
    let greeted = greet::hello(desk, central, &key).await?;
    Ok(central.sign_in(&greeted.token, question).await?)
}
