//! A clerk gives herself another password: counted and answered as signing in is, and every other session of hers ends.

use axum::{Json, extract::State};
use wire::v1::{ChangePassword, Refusal, SignInAnswer};

use super::{AccountError, hash_for, put_password, sign_in};
use crate::{
    admin_log::Administrator,
    audit::{self, Entry},
    desks::Desk,
    error::Error,
    extract::Message,
    router::Office,
};

/// Sets the password, where the present one fits.
///
/// # Errors
/// [`Refusal::SignInFailed`] and [`Refusal::TooMany`] as for signing in; [`Refusal::PasswordGuessable`] for one that does not do.
pub async fn change_password(
    State(office): State<Office>,
    desk: Desk,
    Message(change): Message<ChangePassword>,
) -> Result<Json<SignInAnswer>, Error> {
    let now = office.clock.now();
    let key = sign_in::key_of(&change.login);
    let clerk = sign_in::prove(&office, &desk, &change.login, &key, change.password, now).await?;
    let hash = hash_for(&clerk, change.new_password).await.map_err(told)?;
    let by = Administrator { pool: &office.pool, clock: &office.clock, log: office.admin_log.as_ref() };
    let name = format!("{} {}", clerk.given_name, clerk.surname);
    let entry = Entry::PasswordChanged { desk: desk.id, clerk: clerk.id, by: name };
    let mut tx = office.pool.begin().await?;
    put_password(&mut tx, &by, clerk.id, hash).await.map_err(told)?;
    audit::append(&mut tx, now, &entry).await?;
    tx.commit().await?;
    tracing::info!(device = %desk.id, clerk = %clerk.id, "gave herself another password");
    sign_in::let_in(&office, &desk, clerk, &key, now).await
}

fn told(error: AccountError) -> Error {
    match error {
        AccountError::Password | AccountError::Guessable => Refusal::PasswordGuessable.into(),
        AccountError::Login | AccountError::Name | AccountError::Taken | AccountError::Unknown => {
            Refusal::SignInFailed.into()
        }
        AccountError::Log(error) => error.into(),
        AccountError::Central(error) => error,
    }
}
