//! The office's clerks: logins, passwords, roles, and signing in at a desk.
//!
//! The command line makes and changes them; desks only ask. A password is kept as argon2id and stands in no log.

mod change;
mod judge;
mod password;
mod provider;
mod session;
mod sign_in;
mod store;
mod then;

use domain::{
    ids::{ClerkId, DeviceId},
    rights::{Role, Roles},
    text,
};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

pub use self::{
    change::change_password,
    judge::Judge,
    provider::{
        ProviderError, ShownProvider, Stranger, TalkError, clear_provider, link, provider, set_provider, show_provider,
        sign_in_by_provider, unlink,
    },
    session::Seated,
    sign_in::sign_in,
};
pub(crate) use self::{provider::has_provider, then::remember_rights};
use crate::{
    admin_log::{self, AdminLogError, Administrator, Deed},
    desks, directory,
    error::Error,
};

const NAME_MAX: usize = 60;

/// A login (login): small letters without diacritics, digits, dot, hyphen, underscore; 2 to 40 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login(String);

impl Login {
    /// Reads a login as typed: case and surrounding spaces do not matter.
    ///
    /// # Errors
    /// [`AccountError::Login`].
    pub fn read(typed: &str) -> Result<Self, AccountError> {
        let login = typed.trim().to_lowercase();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (2..=40).contains(&login.len())
            && login.starts_with(plain)
            && login.chars().all(|c| plain(c) || matches!(c, '.' | '-' | '_'));
        if fits { Ok(Self(login)) } else { Err(AccountError::Login) }
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A clerk as the administrator's list shows her.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedClerk {
    /// Id.
    pub id: ClerkId,
    /// Login.
    pub login: String,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// Whether she may sign in.
    pub active: bool,
    /// Her roles.
    pub roles: Roles,
    /// Her account is linked to one at the identity provider.
    pub linked: bool,
}

/// Why an account cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not a login.
    #[error(
        "a login has 2 to 40 small letters a-z, digits, dots, hyphens and underscores and begins with one of the first two"
    )]
    Login,
    /// A name is missing or too long, or has unprintable characters.
    #[error("given name and surname are needed, up to {NAME_MAX} characters each")]
    Name,
    /// The password is too short or too long.
    #[error("a password has {} to {} characters", domain::password::MIN, domain::password::MAX)]
    Password,
    /// The password stands on a list of common ones, or is made of the office's or the person's own words.
    #[error(
        "the password is too easy to guess: it is a common one, or made of names and words of the office; a phrase of several words does"
    )]
    Guessable,
    /// Somebody has this login, or had it: it is never given to another person.
    #[error("the login is taken")]
    Taken,
    /// Nobody has this login.
    #[error("no clerk with this login")]
    Unknown,
    /// The administrator's log cannot be written: nothing was changed.
    #[error(transparent)]
    Log(#[from] AdminLogError),
    /// Central failed.
    #[error(transparent)]
    Central(#[from] Error),
}

impl From<sqlx::Error> for AccountError {
    fn from(error: sqlx::Error) -> Self {
        Self::Central(error.into())
    }
}

/// A new account.
pub struct NewClerk<'a> {
    /// Login as typed.
    pub login: &'a str,
    /// Given name.
    pub given_name: &'a str,
    /// Surname.
    pub surname: &'a str,
    /// Password.
    pub password: String,
    /// Roles from the beginning.
    pub roles: &'a [Role],
}

/// Makes an account.
///
/// # Errors
/// [`AccountError`], saying which part does not do.
pub async fn add(by: &Administrator<'_>, new: NewClerk<'_>) -> Result<ListedClerk, AccountError> {
    let login = Login::read(new.login)?;
    let name = |typed| text::required_line("name", typed, NAME_MAX).map_err(|_| AccountError::Name);
    let (given_name, surname) = (name(new.given_name)?, name(new.surname)?);
    let hash = password::hash(new.password, &[&login.0, &given_name, &surname]).await?;
    let id = ClerkId(by.clock.new_id().map_err(Error::from)?);
    let now = by.clock.now();

    let mut tx = by.pool.begin().await?;
    let seen = logs_seen(&mut tx, None).await?;
    directory::lock(&mut tx).await?;
    if !store::insert(&mut tx, id, &login, &given_name, &surname, &hash, now).await? {
        return Err(AccountError::Taken);
    }
    for role in new.roles {
        store::grant(&mut tx, id, *role, now).await?;
    }
    let deed = Deed::ClerkAdded {
        id,
        login: login.0.clone(),
        given_name: given_name.clone(),
        surname: surname.clone(),
        password_hash: hash,
        roles: new.roles.to_vec(),
        at: now,
    };
    directory::publish(&mut tx, now).await?;
    record_after(&mut tx, by, seen, deed).await?;
    tx.commit().await?;

    let roles = new.roles.iter().copied().collect();
    Ok(ListedClerk { id, login: login.0, given_name, surname, active: true, roles, linked: false })
}

/// Every clerk, by surname.
///
/// # Errors
/// Those of the database.
pub async fn list(pool: &PgPool) -> Result<Vec<ListedClerk>, AccountError> {
    Ok(store::list(&mut *pool.acquire().await?).await?)
}

/// Gives a clerk another password.
///
/// # Errors
/// [`AccountError::Password`], [`AccountError::Unknown`].
pub async fn set_password(by: &Administrator<'_>, login: &str, password: String) -> Result<(), AccountError> {
    let login = Login::read(login)?;
    let clerk = store::credentials(by.pool, &login).await?.ok_or(AccountError::Unknown)?.clerk;
    let hash = hash_for(&clerk, password).await?;
    let mut tx = by.pool.begin().await?;
    put_password(&mut tx, by, clerk.id, hash).await?;
    tx.commit().await?;
    Ok(())
}

async fn hash_for(clerk: &ListedClerk, password: String) -> Result<String, AccountError> {
    password::hash(password, &[&clerk.login, &clerk.given_name, &clerk.surname]).await
}

async fn put_password(
    tx: &mut PgConnection,
    by: &Administrator<'_>,
    id: ClerkId,
    password_hash: String,
) -> Result<(), AccountError> {
    store::set_password(tx, id, &password_hash).await?;
    Ok(admin_log::record(tx, by, &Deed::PasswordSet { id, password_hash }).await?)
}

/// Ends a clerk's signing in; what she did stays hers.
///
/// # Errors
/// [`AccountError::Unknown`].
pub async fn deactivate(by: &Administrator<'_>, login: &str) -> Result<(), AccountError> {
    let login = Login::read(login)?;
    let mut tx = by.pool.begin().await?;
    let seen = logs_seen(&mut tx, None).await?;
    directory::lock(&mut tx).await?;
    let id = store::find(&mut tx, &login).await?.ok_or(AccountError::Unknown)?;
    store::deactivate(&mut tx, id).await?;
    directory::publish(&mut tx, by.clock.now()).await?;
    record_after(&mut tx, by, seen, Deed::ClerkDeactivated { id }).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a clerk a role; `false` when she has it.
///
/// # Errors
/// [`AccountError::Unknown`].
pub async fn grant(by: &Administrator<'_>, login: &str, role: Role) -> Result<bool, AccountError> {
    let login = Login::read(login)?;
    let at = by.clock.now();
    let mut tx = by.pool.begin().await?;
    let seen = logs_seen(&mut tx, None).await?;
    let id = store::find(&mut tx, &login).await?.ok_or(AccountError::Unknown)?;
    let granted = store::grant(&mut tx, id, role, at).await?;
    if granted {
        record_after(&mut tx, by, seen, Deed::RoleGranted { id, role, at }).await?;
    }
    tx.commit().await?;
    Ok(granted)
}

/// Takes a role from a clerk; `false` when she has it not.
///
/// # Errors
/// [`AccountError::Unknown`].
pub async fn revoke(by: &Administrator<'_>, login: &str, role: Role) -> Result<bool, AccountError> {
    let login = Login::read(login)?;
    let mut tx = by.pool.begin().await?;
    let seen = logs_seen(&mut tx, None).await?;
    let id = store::find(&mut tx, &login).await?.ok_or(AccountError::Unknown)?;
    let revoked = store::revoke(&mut tx, id, role).await?;
    if revoked {
        record_after(&mut tx, by, seen, Deed::RoleRevoked { id, role }).await?;
    }
    tx.commit().await?;
    Ok(revoked)
}

/// The deed that comes before one that changes what clerks or desks may do: where the logs ended by then, so that operations which
/// a desk sends again to a restored central are judged as they were. No operation is judged until the transaction ends. `None`
/// while no desk has sent anything. Comes first in the transaction: a push locks in this order, too.
///
/// # Errors
/// Those of the database.
pub(crate) async fn logs_seen(tx: &mut PgConnection, desk: Option<DeviceId>) -> sqlx::Result<Option<Deed>> {
    let logs = desks::log_ends(tx, desk).await?;
    Ok((!logs.is_empty()).then_some(Deed::LogsSeen { logs }))
}

/// Writes a deed that changes what clerks or desks may do, behind that of [`logs_seen`].
///
/// # Errors
/// Those of [`admin_log::record`].
pub(crate) async fn record_after(
    tx: &mut PgConnection,
    by: &Administrator<'_>,
    seen: Option<Deed>,
    deed: Deed,
) -> Result<(), AdminLogError> {
    for deed in seen.into_iter().chain([deed]) {
        admin_log::record(tx, by, &deed).await?;
    }
    Ok(())
}

/// The clerk with this login, locked.
///
/// # Errors
/// [`AccountError::Login`], [`AccountError::Unknown`].
pub(crate) async fn find(tx: &mut PgConnection, login: &str) -> Result<ClerkId, AccountError> {
    store::find(tx, &Login::read(login)?).await?.ok_or(AccountError::Unknown)
}

/// Whether the office has any account.
///
/// # Errors
/// Those of the database.
pub async fn any(pool: &PgPool) -> sqlx::Result<bool> {
    store::any(&mut *pool.acquire().await?).await
}

/// Does a deed of the administrator's log again, in a database that lacks it.
///
/// # Errors
/// Those of the database.
pub async fn do_again(tx: &mut PgConnection, deed: &Deed) -> sqlx::Result<()> {
    match deed {
        Deed::ClerkAdded { id, login, given_name, surname, password_hash, roles, at } => {
            store::insert(tx, *id, &Login(login.clone()), given_name, surname, password_hash, *at).await?;
            for role in roles {
                store::grant(tx, *id, *role, *at).await?;
            }
            Ok(())
        }
        Deed::PasswordSet { id, password_hash } => store::set_password(tx, *id, password_hash).await,
        Deed::ClerkDeactivated { id } => store::deactivate(tx, *id).await,
        Deed::RoleGranted { id, role, at } => store::grant(tx, *id, *role, *at).await.map(|_| ()),
        Deed::RoleRevoked { id, role } => store::revoke(tx, *id, *role).await.map(|_| ()),
        Deed::ProviderSet { issuer, client_id, confidential } => {
            store::set_provider_again(tx, issuer, client_id, *confidential).await
        }
        Deed::ProviderCleared => store::clear_provider(tx).await.map(|_| ()),
        Deed::ClerkLinked { id, issuer, subject, at } => store::link(tx, *id, issuer, subject, *at).await.map(|_| ()),
        Deed::ClerkUnlinked { id } => store::unlink(tx, *id).await.map(|_| ()),
        Deed::ClerkSeated { clerk, desk, at } => store::note_at_desk(tx, *clerk, *desk, *at).await.map(|_| ()),
        Deed::Directory(_)
        | Deed::DeskRevoked { .. }
        | Deed::SymbolGranted { .. }
        | Deed::HandOverAsked { .. }
        | Deed::DeskEnrolled { .. }
        | Deed::DeskBounded { .. }
        | Deed::SymbolClosed { .. }
        | Deed::AuthorityReplaced { .. }
        | Deed::LetterReentered { .. }
        | Deed::NumbersLost { .. }
        | Deed::DeskForked { .. }
        | Deed::HeldSettled(_)
        | Deed::LogsSeen { .. }
        | Deed::LetterErased { .. } => Ok(()),
    }
}
