//! Signing in by what the identity provider says. The desk brings the code; central redeems it and is the judge.

use axum::{Json, extract::State};
use jiff::ToSpan;
use sha2::{Digest, Sha256};
use wire::v1::{Provider, ProviderSignIn, Refusal, SignInAnswer};

use super::{STRANGERS_HOURS, TalkError, talk::Talk};
use crate::{
    accounts::{sign_in as by_password, store},
    desks::Desk,
    error::Error,
    extract::Message,
    router::Office,
};

/// Most bytes of a code, a verifier, an address or a nonce.
const FIELD_MAX: usize = 8 << 10;

/// Tells a desk where to send a browser.
///
/// # Errors
/// [`Refusal::NotFound`] where no provider is set; [`Refusal::ProviderAway`].
pub async fn provider(State(office): State<Office>, _desk: Desk) -> Result<Json<Provider>, Error> {
    Ok(Json(talk(&office).await?.0.told()))
}

/// Signs in the clerk who is linked to whom the provider vouches for, in the same roles as by password.
///
/// # Errors
/// As [`provider`]; [`Refusal::SignInFailed`] when code or token do not hold; [`Refusal::ClerkUnlinked`] when no active account is
/// linked; [`Refusal::TooMany`] after too many tries at the desk.
pub async fn sign_in_by_provider(
    State(office): State<Office>,
    desk: Desk,
    Message(brought): Message<ProviderSignIn>,
) -> Result<Json<SignInAnswer>, Error> {
    let fields = [&brought.code, &brought.verifier, &brought.redirect_uri, &brought.nonce];
    if fields.iter().any(|field| field.is_empty() || field.len() > FIELD_MAX) {
        return Err(Refusal::Malformed.into());
    }
    let now = office.clock.now();
    // Who it is nobody knows yet: the tries are the desk's.
    let key: [u8; 32] = Sha256::digest(format!("provider at {}", desk.id)).into();
    by_password::count_try(&office, &key, &desk, now).await?;

    let (talk, issuer) = talk(&office).await?;
    let subject = talk.subject(brought, now).await.map_err(|why| refused(&desk, why))?;
    match store::clerk_of_subject(&office.pool, &issuer, &subject).await? {
        Some(clerk) if clerk.active => return by_password::let_in(&office, &desk, clerk, &key, now).await,
        Some(_) => {}
        None => {
            let since = now - STRANGERS_HOURS.hours();
            store::add_stranger(&office.pool, &issuer, &subject, desk.id, now, since).await?;
        }
    }
    tracing::info!(device = %desk.id, "signing in failed: no active account is linked");
    Err(Refusal::ClerkUnlinked.into())
}

async fn talk(office: &Office) -> Result<(Talk, String), Error> {
    let settings = store::provider(&mut *office.pool.acquire().await?).await?;
    let settings = settings.filter(super::Settings::is_whole).ok_or(Refusal::NotFound)?;
    let talk = Talk::with(&settings).await.map_err(|why| {
        tracing::warn!(%why, "signing in");
        Refusal::ProviderAway
    })?;
    Ok((talk, settings.issuer))
}

fn refused(desk: &Desk, why: TalkError) -> Error {
    tracing::info!(device = %desk.id, %why, "signing in failed");
    match why {
        TalkError::Away(_) => Refusal::ProviderAway.into(),
        TalkError::Refused(_) => Refusal::SignInFailed.into(),
    }
}
