//! Who sits at the desk: the first clerk, signing in, the lock. Called by `src-tauri/src/commands/session.rs`.
//!
//! Passwords are kept as argon2id and never leave this room. A lock hides the screen; workers go on.

mod store;
pub mod view;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{ErrorCode, FieldError, FieldErrors, ids::ClerkId, text};
use view::{ClerkView, FirstClerkDraft, SessionView, SignInDraft};

use crate::{Desk, DeskError, DeskEvent};

/// The least length of a password, in characters (NIST SP 800-63B-4, 3.1.1.2 asks for 8 where a second factor guards).
pub const PASSWORD_MIN: usize = 8;
const NAME_MAX: usize = 60;

/// Who is signed in, in this process only: a restart asks again.
#[derive(Debug, Default)]
pub struct Session {
    clerk: Option<ClerkView>,
    locked: bool,
}

/// Which screen the window shows.
///
/// # Errors
/// [`DeskError::Store`] when the clerks cannot be read.
pub async fn session_state(desk: &Desk) -> Result<SessionView, DeskError> {
    {
        let session = session(desk);
        if let Some(clerk) = session.clerk.clone() {
            return Ok(if session.locked { SessionView::Locked { clerk } } else { SessionView::SignedIn { clerk } });
        }
    }
    let clerks = store::clerks(&mut *desk.read().await?).await?;
    Ok(if clerks.is_empty() { SessionView::FirstStart } else { SessionView::SignedOut { clerks } })
}

/// Makes the first clerk of this desk and signs her in.
///
/// # Errors
/// [`DeskError::Draft`] with every wrong field; [`ErrorCode::AlreadySetUp`] when a clerk exists.
#[tracing::instrument(skip_all, err)]
pub async fn create_first_clerk(desk: &Desk, draft: FirstClerkDraft) -> Result<SessionView, DeskError> {
    let mut errors = FieldErrors::default();
    let given_name = errors.keep(text::required_line("givenName", &draft.given_name, NAME_MAX));
    let surname = errors.keep(text::required_line("surname", &draft.surname, NAME_MAX));
    if draft.password.chars().count() < PASSWORD_MIN {
        errors.push(FieldError::over("password", ErrorCode::PasswordTooShort, PASSWORD_MIN as u64));
    } else if draft.password != draft.password_again {
        errors.push(FieldError::new("passwordAgain", ErrorCode::PasswordsDiffer));
    }
    errors.into_result()?;
    let (given_name, surname) = given_name.zip(surname).unwrap_or_default();

    let hash = hash_password(draft.password).await?;
    let id = ClerkId(desk.new_uuid());
    let mut tx = desk.begin().await?;
    if !store::clerks(&mut tx).await?.is_empty() {
        return Err(DeskError::Refused(ErrorCode::AlreadySetUp));
    }
    store::insert(&mut tx, id, &given_name, &surname, &hash, desk.now()).await?;
    tx.commit().await?;

    sign_in_as(desk, clerk_view(id, &given_name, &surname));
    session_state(desk).await
}

/// Signs in, or unlocks. A wrong password and an unknown clerk take the same time and give the same answer.
///
/// # Errors
/// [`ErrorCode::SignInFailed`].
#[tracing::instrument(skip_all, err)]
pub async fn sign_in(desk: &Desk, draft: SignInDraft) -> Result<SessionView, DeskError> {
    let found = store::clerk_with_hash(&mut *desk.read().await?, draft.clerk).await?;
    let (clerk, hash) = match found {
        Some((clerk, hash)) => (Some(clerk), hash),
        None => (None, hash_password("nobody's password".to_owned()).await?),
    };
    let fits = verify_password(draft.password, hash).await?;
    match clerk {
        Some(clerk) if fits => {
            sign_in_as(desk, clerk);
            session_state(desk).await
        }
        Some(_) | None => Err(DeskError::Refused(ErrorCode::SignInFailed)),
    }
}

/// Locks the screen. Without a clerk there is nothing to lock.
///
/// # Errors
/// [`DeskError::Store`] when the clerks cannot be read.
pub async fn lock(desk: &Desk) -> Result<SessionView, DeskError> {
    session(desk).locked = true;
    desk.announce(DeskEvent::SessionChanged);
    session_state(desk).await
}

/// Signs out.
///
/// # Errors
/// [`DeskError::Store`] when the clerks cannot be read.
pub async fn sign_out(desk: &Desk) -> Result<SessionView, DeskError> {
    *session(desk) = Session::default();
    desk.announce(DeskEvent::SessionChanged);
    session_state(desk).await
}

/// The clerk at the desk: every use case that writes or shows a record asks first.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`] when nobody is, or the screen is locked.
pub fn clerk(desk: &Desk) -> Result<ClerkView, DeskError> {
    let session = session(desk);
    session.clerk.clone().filter(|_| !session.locked).ok_or(DeskError::Refused(ErrorCode::NotSignedIn))
}

fn session(desk: &Desk) -> std::sync::MutexGuard<'_, Session> {
    desk.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn sign_in_as(desk: &Desk, clerk: ClerkView) {
    *session(desk) = Session { clerk: Some(clerk), locked: false };
    desk.announce(DeskEvent::SessionChanged);
}

fn clerk_view(id: ClerkId, given_name: &str, surname: &str) -> ClerkView {
    let initial = given_name.chars().next().map(|c| format!("{c}. ")).unwrap_or_default();
    ClerkView { id, name: format!("{given_name} {surname}"), mark: format!("{initial}{surname}") }
}

// 19 MiB, two passes, one lane: the least that OWASP's password storage cheat sheet names for argon2id.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).unwrap_or_default())
}

async fn hash_password(password: String) -> Result<String, DeskError> {
    tokio::task::spawn_blocking(move || argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string()))
        .await
        .map_err(DeskError::unexpected("hash a password"))?
        .map_err(|_| DeskError::Unexpected { what: "hash a password", source: "argon2 refused".into() })
}

async fn verify_password(password: String, hash: String) -> Result<bool, DeskError> {
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(DeskError::unexpected("verify a password"))
}
