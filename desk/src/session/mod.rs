//! Who sits at the desk: the first clerk, signing in, the lock. Called by `src-tauri/src/commands/session.rs`.
//!
//! Passwords are kept as argon2id and never leave this room. A lock hides the screen; workers go on.

mod password;
mod pin;
mod provider;
mod rights;
mod store;
mod tries;
pub mod view;
mod way_back;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{
    ErrorCode, FieldError, FieldErrors, calendar,
    ids::ClerkId,
    rights::{Role, Roles},
    text,
};
use jiff::{Timestamp, civil::Date};
pub use password::change_password;
pub use pin::set_pin;
pub(crate) use provider::note_offer;
pub use provider::{give_up, sign_in_by_provider};
use rights::Seated;
pub(crate) use rights::{acting, at_central, reads, witness};
pub use rights::{clerk, may, may_any, may_make};
use sqlx::SqliteConnection;
use tokio_util::sync::CancellationToken;
use view::{ClerkView, FirstClerkDraft, LoginDraft, SessionView, SignInDraft};
use wire::v1::SignInAnswer;

use crate::{
    Desk, DeskError, DeskEvent, audit, enrolment,
    sync::sign_in::{self, Word},
};

const NAME_MAX: usize = 60;
const LOGIN_MAX: usize = 40;

/// Who is signed in, in this process only: a restart asks again.
#[derive(Debug, Default)]
pub struct Session {
    clerk: Option<Seated>,
    locked: bool,
    /// The day of the last contact with central.
    contact: Option<Date>,
    /// When she last proved who she is: a PIN stands for it no longer than a working day.
    password_at: Option<Timestamp>,
    /// Her own session at central; `None` when this desk's verifier let her in.
    at_central: Option<String>,
    /// A clerk of central was at this desk before she sat down: a clerk of this desk alone is none of the office's any more.
    accounts: bool,
    /// Central offers the office's identity provider.
    provider: bool,
    /// A browser is waited for.
    attempt: Option<CancellationToken>,
}

/// Which screen the window shows.
///
/// # Errors
/// [`DeskError::Store`] when the clerks cannot be read.
pub async fn session_state(desk: &Desk) -> Result<SessionView, DeskError> {
    let (seated, locked, provider) = {
        let session = session(desk);
        (session.clerk.clone(), session.locked, session.provider)
    };
    if let Some(Seated { view, roles, .. }) = seated {
        let roles = enrolment::bounds(desk).ceiling.of(&roles);
        return Ok(if locked {
            let pin = pin::counts(desk, view.id).await?;
            SessionView::Locked { clerk: view, roles, pin, provider }
        } else {
            SessionView::SignedIn { clerk: view, roles }
        });
    }
    let clerks = store::clerks(&mut *desk.read().await?).await?;
    Ok(if clerks.is_empty() && !signs_in_at_central(desk) {
        SessionView::FirstStart
    } else {
        SessionView::SignedOut { clerks, provider }
    })
}

/// Whether no clerk was ever at this desk.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn nobody_yet(desk: &Desk) -> Result<bool, DeskError> {
    Ok(store::clerks(&mut *desk.read().await?).await?.is_empty())
}

// Where the office has accounts, nobody makes one here.
fn signs_in_at_central(desk: &Desk) -> bool {
    desk.enrolment().is_some_and(|enrolment| enrolment.accounts)
}

/// Makes the first clerk of this desk and signs her in.
///
/// # Errors
/// [`DeskError::Draft`] with every wrong field; [`ErrorCode::AlreadySetUp`] when a clerk exists, or
/// the office has accounts at central.
#[tracing::instrument(skip_all, err)]
pub async fn create_first_clerk(desk: &Desk, draft: FirstClerkDraft) -> Result<SessionView, DeskError> {
    if signs_in_at_central(desk) {
        return Err(DeskError::Refused(ErrorCode::AlreadySetUp));
    }
    let mut errors = FieldErrors::default();
    let given_name = errors.keep(text::required_line("givenName", &draft.given_name, NAME_MAX));
    let surname = errors.keep(text::required_line("surname", &draft.surname, NAME_MAX));
    let about = [draft.given_name.as_str(), &draft.surname];
    if errors.keep(domain::password::check("password", &draft.password, &about)).is_some()
        && draft.password != draft.password_again
    {
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

    let view = clerk_view(id, &given_name, &surname);
    sit_down(desk, Seated { view, roles: Roles::of_a_lone_desk(), of_central: false }, None).await?;
    session_state(desk).await
}

/// Signs in, or unlocks: the lock takes the PIN of who locked it, too. A wrong password and an unknown clerk take the same time and give the same answer.
///
/// Central is asked about its own clerks first; while it is away, this desk's verifier decides.
///
/// # Errors
/// [`ErrorCode::SignInFailed`]; [`ErrorCode::TooManyTries`]; [`ErrorCode::CentralNeeded`] for a clerk without a verifier here;
/// [`ErrorCode::PinFailed`] and [`ErrorCode::PinSpent`] where a PIN was typed into the lock.
#[tracing::instrument(skip_all, err)]
pub async fn sign_in(desk: &Desk, draft: SignInDraft) -> Result<SessionView, DeskError> {
    if pin::is_meant(desk, draft.clerk, &draft.password).await? {
        pin::unlock(desk, draft.clerk, draft.password).await?;
        desk.announce(DeskEvent::SessionChanged);
        return session_state(desk).await;
    }
    let found = store::known(&mut *desk.read().await?, draft.clerk).await?;
    let Some(known) = found else {
        verify_password(draft.password, hash_password("nobody's password".to_owned()).await?).await?;
        return Err(DeskError::Refused(ErrorCode::SignInFailed));
    };
    if let Some(login) = known.login.clone() {
        return sign_in_at_central(desk, &login, draft.password, Some(known)).await;
    }
    check_here(desk, &known, draft.password).await?;
    let seated = Seated { view: known.view, roles: Roles::of_a_lone_desk(), of_central: false };
    sit_down(desk, seated, None).await?;
    session_state(desk).await
}

/// Signs a clerk of central in by her login, whether or not she was at this desk before.
///
/// # Errors
/// As [`sign_in`]; [`DeskError::Draft`] without a login.
#[tracing::instrument(skip_all, err)]
pub async fn sign_in_by_login(desk: &Desk, draft: LoginDraft) -> Result<SessionView, DeskError> {
    let mut errors = FieldErrors::default();
    let login = errors.keep(text::required_line("login", &draft.login, LOGIN_MAX));
    errors.into_result()?;
    let login = login.unwrap_or_default().to_lowercase();
    let known = store::by_login(&mut *desk.read().await?, &login).await?;
    sign_in_at_central(desk, &login, draft.password, known).await
}

async fn sign_in_at_central(
    desk: &Desk,
    login: &str,
    password: String,
    known: Option<store::Known>,
) -> Result<SessionView, DeskError> {
    match sign_in::ask(desk, login, &password).await? {
        Word::Welcome(answer) => welcome(desk, answer, password).await?,
        Word::Wrong => {
            // The password that this desk knows is refused: it is another now, or she signs in no more, and what this desk keeps
            // of her counts for nothing. A slip of the finger takes nothing from her.
            if let Some(known) = known
                && !known.hash.is_empty()
                && verify_password(password, known.hash).await?
            {
                let mut tx = desk.begin().await?;
                store::forget_verifier(&mut tx, known.view.id).await?;
                tx.commit().await?;
            }
            return Err(DeskError::Refused(ErrorCode::SignInFailed));
        }
        Word::TooMany => return Err(DeskError::Refused(ErrorCode::TooManyTries)),
        // Nobody gave it a new one.
        Word::Guessable | Word::Unknown => return Err(DeskError::Refused(ErrorCode::SignInFailed)),
        Word::Away => {
            let Some(known) = known.filter(|known| !known.hash.is_empty()) else {
                return Err(DeskError::Refused(ErrorCode::CentralNeeded));
            };
            check_here(desk, &known, password).await?;
            sit_down(desk, Seated { view: known.view, roles: known.roles, of_central: true }, None).await?;
        }
    }
    session_state(desk).await
}

/// This desk's own verifier decides, and counts the tries.
async fn check_here(desk: &Desk, known: &store::Known, password: String) -> Result<(), DeskError> {
    tries::begin(desk, known.view.id).await?;
    if !verify_password(password, known.hash.clone()).await? {
        return Err(DeskError::Refused(ErrorCode::SignInFailed));
    }
    tries::end(desk, known.view.id).await
}

/// Keeps what central says of a clerk, with a verifier of this desk's own; none for an administrator.
async fn welcome(desk: &Desk, answer: SignInAnswer, password: String) -> Result<(), DeskError> {
    let administers = answer.roles.has(Role::Administrator);
    let hash = if administers { String::new() } else { hash_password(password).await? };
    let mut tx = desk.begin().await?;
    store::put(&mut tx, &answer, Some(&hash), desk.now()).await?;
    tx.commit().await?;
    tries::end(desk, answer.clerk).await?;
    let view = clerk_view(answer.clerk, &answer.given_name, &answer.surname);
    sit_down(desk, Seated { view, roles: answer.roles, of_central: true }, answer.session).await
}

/// Notes that central answered today. Called by `sync` after every round that went well.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn note_contact(desk: &Desk) -> Result<(), DeskError> {
    let today = calendar::civil_day(desk.now());
    if session(desk).contact == Some(today) {
        return Ok(());
    }
    let mut tx = desk.begin().await?;
    store::set_contact(&mut tx, today).await?;
    tx.commit().await?;
    session(desk).contact = Some(today);
    Ok(())
}

/// Central's clerks are these: whoever else was one opens this desk no more, inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn forget_leavers(db: &mut SqliteConnection, there: &[ClerkId]) -> Result<(), DeskError> {
    store::forget_verifiers_but(db, there).await
}

/// Signs out whoever sits here as a clerk of central and is none of these. What she typed is kept as it was with her last key.
///
/// # Errors
/// As [`sign_out`].
pub(crate) async fn show_out_leavers(desk: &Desk, there: &[ClerkId]) -> Result<(), DeskError> {
    let left = session(desk).clerk.as_ref().is_some_and(|seated| seated.of_central && !there.contains(&seated.view.id));
    if left {
        sign_out(desk).await?;
    }
    Ok(())
}

/// Locks the screen. Without a clerk there is nothing to lock.
///
/// # Errors
/// [`DeskError::Store`] when the clerks cannot be read.
pub async fn lock(desk: &Desk) -> Result<SessionView, DeskError> {
    session(desk).locked = true;
    leave(desk).await;
    desk.announce(DeskEvent::SessionChanged);
    session_state(desk).await
}

/// Signs out.
///
/// # Errors
/// [`DeskError::Store`] when the clerks cannot be read.
pub async fn sign_out(desk: &Desk) -> Result<SessionView, DeskError> {
    {
        let mut session = session(desk);
        session.clerk = None;
        session.locked = false;
        session.at_central = None;
    }
    leave(desk).await;
    desk.announce(DeskEvent::SessionChanged);
    session_state(desk).await
}

/// Writes the search that she left. A lock and a sign-out wait for nothing: what cannot be written now is tried again.
async fn leave(desk: &Desk) {
    if let Err(error) = audit::settle(desk).await {
        tracing::error!(error = ?error.code(), "a search could not be noted; it is tried again");
    }
}

fn session(desk: &Desk) -> std::sync::MutexGuard<'_, Session> {
    desk.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn sit_down(desk: &Desk, seated: Seated, at_central: Option<String>) -> Result<(), DeskError> {
    // What the clerk before searched for is hers.
    audit::settle(desk).await?;
    let (contact, accounts) = {
        let mut db = desk.read().await?;
        (store::contact(&mut db).await?, store::any_of_central(&mut db).await?)
    };
    let (name, seen_by_central) = (seated.view.name.clone(), at_central.is_some());
    pin::forget_tries(desk, seated.view.id).await?;
    let password_at = Some(desk.now());
    {
        let mut session = session(desk);
        // Whoever signs in otherwise waits for no browser.
        if let Some(attempt) = session.attempt.take() {
            attempt.cancel();
        }
        let provider = session.provider;
        *session = Session {
            clerk: Some(seated),
            locked: false,
            contact,
            password_at,
            at_central,
            accounts,
            provider,
            attempt: None,
        };
    }
    if !seen_by_central {
        audit::signed_in(desk, name).await?;
    }
    desk.announce(DeskEvent::SessionChanged);
    Ok(())
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
