//! A clerk signs in: central is asked at once, beside the worker and with a token of its own. Called by `session`.

use domain::ErrorCode;
use wire::v1::{ChangePassword, Provider, ProviderSignIn, Refusal, SignIn, SignInAnswer};

use super::{Failed, Trouble, client::Central, greet, worker::Pace};
use crate::{Desk, DeskError, session};

/// What central says of a login and a password.
#[derive(Debug)]
pub(crate) enum Word {
    /// She may, in these roles.
    Welcome(SignInAnswer),
    /// Not this login with this password.
    Wrong,
    /// Too many tries; she comes again later.
    TooMany,
    /// The password that it is to be does not do.
    Guessable,
    /// The password may have been changed or not: nobody answered.
    Unknown,
    /// Nobody answers, or none is set up: the desk's own verifier decides.
    Away,
}

/// Asks central.
///
/// # Errors
/// [`DeskError`] of the desk's own database. Central's troubles are [`Word::Away`].
pub(crate) async fn ask(desk: &Desk, login: &str, password: &str) -> Result<Word, DeskError> {
    let question = SignIn { login: login.to_owned(), password: password.to_owned() };
    let asked = async |central: Central, token: String| central.sign_in(&token, &question).await;
    word(desk, asked).await
}

/// Asks central to take another password for a login.
///
/// # Errors
/// As [`ask`].
pub(crate) async fn change_password(desk: &Desk, change: &ChangePassword) -> Result<Word, DeskError> {
    let mut sent = false;
    let asked = async |central: Central, token: String| {
        sent = true;
        central.change_password(&token, change).await
    };
    let word = word(desk, asked).await?;
    if !(sent && matches!(word, Word::Away)) {
        return Ok(word);
    }
    // The answer was lost, and perhaps nothing but the answer.
    Ok(match ask(desk, &change.login, &change.new_password).await? {
        Word::Wrong => Word::Away,
        Word::Away | Word::TooMany | Word::Guessable | Word::Unknown => Word::Unknown,
        welcome @ Word::Welcome(_) => welcome,
    })
}

async fn word(
    desk: &Desk,
    asked: impl AsyncFnOnce(Central, String) -> Result<SignInAnswer, Trouble>,
) -> Result<Word, DeskError> {
    let settings = desk.settings();
    let (Some(address), Some(office)) = (settings.central, settings.teryt) else { return Ok(Word::Away) };
    let patience = Pace::default().patience;
    let Ok(central) = Central::at(&address, &office, desk.pin(), patience) else { return Ok(Word::Away) };
    match talk(desk, central, asked).await {
        Ok(answer) => Ok(Word::Welcome(answer)),
        Err(Failed::Trouble(Trouble::Refused(Refusal::SignInFailed))) => Ok(Word::Wrong),
        Err(Failed::Trouble(Trouble::Refused(Refusal::PasswordGuessable))) => Ok(Word::Guessable),
        Err(Failed::Trouble(Trouble::Refused(Refusal::TooMany { .. }))) => Ok(Word::TooMany),
        Err(Failed::Trouble(trouble)) => {
            tracing::info!(%trouble, "signing in: central");
            Ok(Word::Away)
        }
        Err(Failed::Desk(DeskError::Refused(ErrorCode::NotConfigured))) => Ok(Word::Away),
        Err(Failed::Desk(error)) => Err(error),
    }
}

async fn talk(
    desk: &Desk,
    central: Central,
    asked: impl AsyncFnOnce(Central, String) -> Result<SignInAnswer, Trouble>,
) -> Result<SignInAnswer, Failed> {
    let key = greet::read_key(&mut *desk.read().await?).await?;
    let greeted = greet::hello(desk, &central, &key).await?;
    Ok(asked(central, greeted.token).await?)
}

/// The way to the office's identity provider, as central tells it.
pub(crate) struct Way {
    central: Central,
    token: String,
    /// The provider.
    pub(crate) provider: Provider,
}

/// Asks central for the way to the identity provider.
///
/// # Errors
/// [`ErrorCode::ProviderAway`], also where central offers none any more; central's troubles; [`ErrorCode::NotConfigured`].
pub(crate) async fn way_by_provider(desk: &Desk) -> Result<Way, DeskError> {
    let settings = desk.settings();
    let none = DeskError::Refused(ErrorCode::NotConfigured);
    let (Some(address), Some(office)) = (settings.central, settings.teryt) else { return Err(none) };
    let way = async {
        let central = Central::at(&address, &office, desk.pin(), Pace::default().patience)?;
        let key = greet::read_key(&mut *desk.read().await?).await?;
        let token = greet::hello(desk, &central, &key).await?.token;
        let provider = central.provider(&token).await?;
        Ok(Way { central, token, provider })
    };
    way.await.map_err(|failed| refused(desk, failed))
}

/// Gives central what the browser brought.
///
/// # Errors
/// [`ErrorCode::ProviderFailed`], [`ErrorCode::ClerkUnlinked`], [`ErrorCode::ProviderAway`], [`ErrorCode::TooManyTries`]; central's
/// troubles.
pub(crate) async fn bring(desk: &Desk, way: &Way, brought: &ProviderSignIn) -> Result<SignInAnswer, DeskError> {
    let answer = way.central.sign_in_by_provider(&way.token, brought).await;
    answer.map_err(|trouble| refused(desk, trouble.into()))
}

fn refused(desk: &Desk, failed: Failed) -> DeskError {
    let trouble = match failed {
        Failed::Desk(error) => return error,
        Failed::Trouble(trouble) => trouble,
    };
    tracing::info!(%trouble, "signing in by the provider: central");
    DeskError::Refused(match trouble {
        Trouble::Refused(Refusal::SignInFailed) => ErrorCode::ProviderFailed,
        Trouble::Refused(Refusal::ClerkUnlinked) => ErrorCode::ClerkUnlinked,
        Trouble::Refused(Refusal::ProviderAway) => ErrorCode::ProviderAway,
        Trouble::Refused(Refusal::TooMany { .. }) => ErrorCode::TooManyTries,
        Trouble::Refused(Refusal::NotFound) => {
            session::note_offer(desk, false);
            ErrorCode::ProviderAway
        }
        other => other.code(),
    })
}
