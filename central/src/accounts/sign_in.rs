//! Signing in at a desk. A wrong password, an unknown login and an inactive clerk take the same way and get the same answer.

use axum::{Json, extract::State};
use jiff::{Timestamp, ToSpan};
use sha2::{Digest, Sha256};
use wire::v1::{Refusal, SignIn, SignInAnswer};

use super::{ListedClerk, Login, password, session, store};
use crate::{
    admin_log::{self, Administrator, Deed},
    audit::{self, Entry},
    desks::Desk,
    error::Error,
    extract::Message,
    router::Office,
};

/// Tries that fail are counted for so long.
const WINDOW_MINUTES: i64 = 15;
/// Tries for one login within the window.
const OF_A_LOGIN: i64 = 10;
/// Tries at one desk within the window, for all logins.
const OF_A_DESK: i64 = 40;
const PASSWORD_BYTES_MAX: usize = 4 << 10;

/// Checks login and password, and says in which roles the clerk may act at this desk.
///
/// # Errors
/// [`Refusal::SignInFailed`]; [`Refusal::TooMany`] after too many tries for the login or at the desk.
pub async fn sign_in(
    State(office): State<Office>,
    desk: Desk,
    Message(question): Message<SignIn>,
) -> Result<Json<SignInAnswer>, Error> {
    let now = office.clock.now();
    let key = key_of(&question.login);
    let clerk = prove(&office, &desk, &question.login, &key, question.password, now).await?;
    let_in(&office, &desk, clerk, &key, now).await
}

/// Under what a login's tries are counted, whether or not it is one.
pub(super) fn key_of(login: &str) -> [u8; 32] {
    Sha256::digest(login.trim().to_lowercase().as_bytes()).into()
}

/// Whose login this is, if the password fits and she is active. Every try is counted.
pub(super) async fn prove(
    office: &Office,
    desk: &Desk,
    login: &str,
    key: &[u8; 32],
    password: String,
    now: Timestamp,
) -> Result<ListedClerk, Error> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Refusal::SignInFailed.into());
    }
    count_try(office, key, desk, now).await?;
    let known = match Login::read(login) {
        Ok(login) => store::credentials(&office.pool, &login).await?,
        Err(_) => None,
    };
    let (kept, clerk) = known.map(|known| (known.password_hash, known.clerk)).unzip();
    let fits = password::fits(password, kept).await;
    clerk.filter(|clerk| fits && clerk.active).ok_or_else(|| {
        tracing::info!(device = %desk.id, "signing in failed");
        Refusal::SignInFailed.into()
    })
}

/// Notes a try. Committed before it is counted, and counted before anything is looked at: of many tries at once no more than the
/// limit pass, whatever their order.
pub(super) async fn count_try(office: &Office, key: &[u8; 32], desk: &Desk, now: Timestamp) -> Result<(), Error> {
    store::add_try(&office.pool, key, desk.id, now, now - WINDOW_MINUTES.minutes()).await?;
    let tried = store::tries(&office.pool, key, desk.id).await?;
    if tried.of_login > OF_A_LOGIN || tried.of_desk > OF_A_DESK {
        tracing::warn!(device = %desk.id, "too many tries to sign in");
        return Err(Refusal::TooMany { after_seconds: seconds_left(tried.oldest.unwrap_or(now), now) }.into());
    }
    Ok(())
}

/// She proved who she is: her tries count no more, the desk may state her, and the audit has it.
pub(super) async fn let_in(
    office: &Office,
    desk: &Desk,
    clerk: ListedClerk,
    key: &[u8; 32],
    now: Timestamp,
) -> Result<Json<SignInAnswer>, Error> {
    let mut tx = office.pool.begin().await?;
    store::forget_tries(&mut tx, key, desk.id).await?;
    let first = store::note_at_desk(&mut tx, clerk.id, desk.id, now).await?;
    let session = session::open(&mut tx, clerk.id, desk.id, now).await?;
    let by = format!("{} {}", clerk.given_name, clerk.surname);
    audit::append(&mut tx, now, &Entry::SignedInAtCentral { desk: desk.id, clerk: clerk.id, by }).await?;
    if first {
        // A restored central must know it before the desk sends again what she did.
        let by = Administrator { pool: &office.pool, clock: &office.clock, log: office.admin_log.as_ref() };
        admin_log::record(&mut tx, &by, &Deed::ClerkSeated { clerk: clerk.id, desk: desk.id, at: now }).await?;
    }
    tx.commit().await?;
    tracing::info!(device = %desk.id, clerk = %clerk.id, "signed in");
    let roles = desk.bounds.ceiling.of(&clerk.roles);
    Ok(Json(SignInAnswer {
        clerk: clerk.id,
        login: clerk.login,
        given_name: clerk.given_name,
        surname: clerk.surname,
        roles,
        session: Some(session),
    }))
}

fn seconds_left(oldest: Timestamp, now: Timestamp) -> u32 {
    let ends = oldest + WINDOW_MINUTES.minutes();
    u32::try_from(ends.duration_since(now).as_secs()).unwrap_or_default().max(1)
}
