//! A clerk's own session at central: for what is done there and is no operation. It is bound to the desk at which she signed in
//! and ends by itself, with her account, or with a new password.

use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{
    ids::{ClerkId, DeviceId},
    rights::{Act, Roles},
};
use jiff::{Timestamp, ToSpan};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use wire::v1::{Refusal, path};

use super::store;
use crate::{clock::random, desks::Desk, error::Error, router::Office};

/// A working day.
const HOURS: i64 = 12;

/// A clerk in her own session, at the desk whose token the request bears.
#[derive(Clone, Debug)]
pub struct Seated {
    /// The desk.
    pub desk: Desk,
    /// Who.
    pub id: ClerkId,
    /// Given name and surname.
    pub name: String,
    /// Her roles within the desk's ceiling.
    pub roles: Roles,
}

impl Seated {
    /// Whether she may do this with any kind of record.
    ///
    /// # Errors
    /// [`Refusal::ClerkUnknown`], as for a session that is none: which of them is not said.
    pub fn may(&self, act: Act) -> Result<(), Refusal> {
        self.roles.for_any(act).map(|_| ()).ok_or(Refusal::ClerkUnknown)
    }
}

impl FromRequestParts<Office> for Seated {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, office: &Office) -> Result<Self, Error> {
        let desk = Desk::from_request_parts(parts, office).await?;
        let token = parts.headers.get(path::CLERK_HEADER).and_then(|value| value.to_str().ok());
        let hash = hash_of(token.ok_or(Refusal::ClerkUnknown)?);
        let found = store::of_session(&office.pool, &hash, desk.id, office.clock.now()).await?;
        let (id, name, roles) = found.ok_or(Refusal::ClerkUnknown)?;
        let roles = desk.bounds.ceiling.of(&roles);
        Ok(Self { desk, id, name, roles })
    }
}

/// Opens one; the answer is its token.
pub(super) async fn open(
    tx: &mut PgConnection,
    clerk: ClerkId,
    desk: DeviceId,
    now: Timestamp,
) -> Result<String, Error> {
    let token = BASE64_URL_SAFE_NO_PAD.encode(random::<32>()?);
    store::add_session(tx, &hash_of(&token), clerk, desk, now, now + HOURS.hours()).await?;
    Ok(token)
}

fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
