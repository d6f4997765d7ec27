//! The office's identity provider (OpenID Connect): which one it is, and which subject there is which clerk.
//!
//! The command line sets it and links accounts; [`sign_in`] lets a linked clerk in. One rule decides who she is: the account that
//! an administrator linked to this subject of this issuer. No name, address or other claim is looked at, and no account is made.

mod sign_in;
mod talk;

use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use url::{Host, Url};

pub use self::{
    sign_in::{provider, sign_in_by_provider},
    talk::TalkError,
};
use super::{AccountError, Login, store};
use crate::admin_log::{self, AdminLogError, Administrator, Deed};

/// Most characters of an issuer and of a client's name.
const NAME_MAX: usize = 500;
/// Most characters of a subject (OpenID Connect Core 1.0, section 2).
const SUBJECT_MAX: usize = 255;
/// For so long the administrator may look who came whom nobody linked.
const STRANGERS_HOURS: i64 = 24;

/// Why the provider cannot be set, or an account not linked.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Not an issuer identifier.
    #[error("an issuer is an https:// address (http:// on this computer) without query or fragment")]
    Issuer,
    /// Not a client's name or secret.
    #[error("a client id and its secret are not empty and have no unprintable characters")]
    Client,
    /// The provider does not answer.
    #[error(transparent)]
    Away(TalkError),
    /// No provider is set.
    #[error("no identity provider is set")]
    Unset,
    /// Not a subject.
    #[error("a subject has 1 to 255 printable characters")]
    Subject,
    /// The account or the subject is linked otherwise.
    #[error("the account is linked to another subject, or the subject to another account: unlink it first")]
    Linked,
    /// Of the account, of the database, or of the administrator's log.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<sqlx::Error> for ProviderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Account(error.into())
    }
}

impl From<AdminLogError> for ProviderError {
    fn from(error: AdminLogError) -> Self {
        Self::Account(error.into())
    }
}

/// The provider, and as whom central is known there. Debug hides the secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// Issuer identifier, to the letter.
    pub(super) issuer: String,
    pub(super) client_id: String,
    /// Central proves itself by a secret.
    pub(super) confidential: bool,
    /// The secret; may be missing where one is needed, after a restore.
    pub(super) client_secret: Option<String>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({}, {}, ***)", self.issuer, self.client_id)
    }
}

impl Settings {
    /// Whether clerks can sign in by it.
    fn is_whole(&self) -> bool {
        self.confidential == self.client_secret.is_some()
    }
}

/// The provider as the administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownProvider {
    /// Issuer identifier.
    pub issuer: String,
    /// As whom central is known there.
    pub client_id: String,
    /// Central proves itself by a secret.
    pub confidential: bool,
    /// The secret is missing: it is in no log, and must be set again after a restore.
    pub secret_missing: bool,
    /// Who was vouched for and is linked to nobody, of the last day, newest first.
    pub strangers: Vec<Stranger>,
}

/// A subject that the provider vouched for and that is linked to no account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stranger {
    /// The subject.
    pub subject: String,
    /// The symbol of the desk where she stood.
    pub desk: String,
    /// When.
    pub at: Timestamp,
}

/// Sets the provider, after asking it for its configuration; replaces the one before. Links of another issuer wait for it.
///
/// # Errors
/// [`ProviderError::Issuer`], [`ProviderError::Client`], [`ProviderError::Away`] when it does not answer.
pub async fn set_provider(
    by: &Administrator<'_>,
    issuer: &str,
    client_id: &str,
    client_secret: Option<String>,
) -> Result<ShownProvider, ProviderError> {
    let (issuer, client_id) = (issuer.trim().to_owned(), client_id.trim().to_owned());
    let plain = |text: &str, most: usize| (1..=most).contains(&text.len()) && !text.chars().any(char::is_control);
    if issuer.len() > NAME_MAX || !is_issuer(&issuer) {
        return Err(ProviderError::Issuer);
    }
    if !plain(&client_id, NAME_MAX) || client_secret.as_deref().is_some_and(|secret| !plain(secret, NAME_MAX)) {
        return Err(ProviderError::Client);
    }
    let settings = Settings { issuer, client_id, confidential: client_secret.is_some(), client_secret };
    talk::Talk::with(&settings).await.map_err(ProviderError::Away)?;

    let mut tx = by.pool.begin().await?;
    store::set_provider(&mut tx, &settings).await?;
    let deed = Deed::ProviderSet {
        issuer: settings.issuer.clone(),
        client_id: settings.client_id.clone(),
        confidential: settings.confidential,
    };
    admin_log::record(&mut tx, by, &deed).await?;
    tx.commit().await?;
    Ok(shown(settings, Vec::new()))
}

/// The provider; `None` where none is set.
///
/// # Errors
/// Those of the database.
pub async fn show_provider(pool: &PgPool, now: Timestamp) -> Result<Option<ShownProvider>, ProviderError> {
    let mut tx = pool.begin().await?;
    let Some(settings) = store::provider(&mut tx).await? else { return Ok(None) };
    let strangers = store::strangers(&mut tx, &settings.issuer, now - STRANGERS_HOURS.hours()).await?;
    Ok(Some(shown(settings, strangers)))
}

fn shown(settings: Settings, strangers: Vec<Stranger>) -> ShownProvider {
    let secret_missing = !settings.is_whole();
    let Settings { issuer, client_id, confidential, .. } = settings;
    ShownProvider { issuer, client_id, confidential, secret_missing, strangers }
}

/// Forgets the provider; `false` when there was none. Links stay for the day on which its issuer is set again.
///
/// # Errors
/// Those of the database and of the administrator's log.
pub async fn clear_provider(by: &Administrator<'_>) -> Result<bool, ProviderError> {
    let mut tx = by.pool.begin().await?;
    let cleared = store::clear_provider(&mut tx).await?;
    if cleared {
        admin_log::record(&mut tx, by, &Deed::ProviderCleared).await?;
    }
    tx.commit().await?;
    Ok(cleared)
}

/// Links a clerk's account to a subject of the provider; `false` when it was linked so already.
///
/// # Errors
/// [`ProviderError::Unset`], [`AccountError::Unknown`], [`ProviderError::Subject`]; [`ProviderError::Linked`] when the account
/// or the subject is linked otherwise.
pub async fn link(by: &Administrator<'_>, login: &str, subject: &str) -> Result<bool, ProviderError> {
    let login = Login::read(login)?;
    if subject.is_empty() || subject.chars().count() > SUBJECT_MAX || subject.chars().any(char::is_control) {
        return Err(ProviderError::Subject);
    }
    let at = by.clock.now();
    let mut tx = by.pool.begin().await?;
    let Settings { issuer, .. } = store::provider(&mut tx).await?.ok_or(ProviderError::Unset)?;
    let id = store::find(&mut tx, &login).await?.ok_or(AccountError::Unknown)?;
    if store::is_linked(&mut tx, id, &issuer, subject).await? {
        return Ok(false);
    }
    if !store::link(&mut tx, id, &issuer, subject, at).await? {
        return Err(ProviderError::Linked);
    }
    let deed = Deed::ClerkLinked { id, issuer, subject: subject.to_owned(), at };
    admin_log::record(&mut tx, by, &deed).await?;
    tx.commit().await?;
    Ok(true)
}

/// Takes a clerk's links away and ends her sessions at central; `false` when she had none.
///
/// # Errors
/// [`AccountError::Unknown`].
pub async fn unlink(by: &Administrator<'_>, login: &str) -> Result<bool, ProviderError> {
    let login = Login::read(login)?;
    let mut tx = by.pool.begin().await?;
    let id = store::find(&mut tx, &login).await?.ok_or(AccountError::Unknown)?;
    let unlinked = store::unlink(&mut tx, id).await?;
    if unlinked {
        admin_log::record(&mut tx, by, &Deed::ClerkUnlinked { id }).await?;
    }
    tx.commit().await?;
    Ok(unlinked)
}

/// Whether clerks of this office can sign in by a provider, as desks are told at hello.
///
/// # Errors
/// Those of the database.
pub(crate) async fn has_provider(tx: &mut PgConnection) -> sqlx::Result<bool> {
    Ok(store::provider(tx).await?.is_some_and(|settings| settings.is_whole()))
}

/// Whether an address of the provider may be spoken with: by TLS, or on this computer.
fn is_safe(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

/// OpenID Connect Core 1.0, section 2: a URL without query or fragment.
fn is_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let bare = url.query().is_none() && url.fragment().is_none();
        is_safe(&url) && bare && url.username().is_empty() && url.password().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_spoken_with_by_tls_or_on_this_computer() {
        for good in [
            "https://konta.kruszyna.example",
            "https://k.example/realms/urzad",
            "http://127.0.0.1:9000",
            "http://[::1]:1",
        ] {
            assert!(is_issuer(good), "{good}");
        }
        for bad in [
            "",
            "konta.kruszyna.example",
            "http://konta.kruszyna.example",
            "http://localhost:9000",
            "http://127.0.0.1.example.pl",
            "https://k.example/?realm=urzad",
            "https://k.example/#urzad",
            "https://ktos:haslo@k.example",
            "ftp://127.0.0.1",
        ] {
            assert!(!is_issuer(bad), "{bad}");
        }
    }
}
