//! The office's desks: first contact, keys, symbols and tokens.
//!
//! Until enrolment exists, a desk on loopback is accepted at first contact for the office served here and its public
//! key is pinned. Called by the router and, for the token, by every other route.

mod hello;
mod store;

use domain::{ids::DeviceId, register::PointSymbol};
use sha2::{Digest, Sha256};
use wire::v1::{LogOf, Refusal};

pub use self::hello::{challenge, hello};
use crate::{error::Error, router::Office};

/// A desk that speaks with a valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Id.
    pub id: DeviceId,
    /// Pinned public key.
    pub public_key: [u8; 32],
    /// The symbol that is its own.
    pub symbol: PointSymbol,
}

impl Desk {
    /// Whose log this desk sends.
    pub fn log(&self, office: &Office) -> LogOf {
        LogOf { office: office.teryt.clone(), device: self.id }
    }
}

/// The desk that a token was given to.
///
/// # Errors
/// [`Refusal::TokenUnknown`] for a token that is unknown or has lived too long.
pub async fn of_token(office: &Office, token: &str) -> Result<Desk, Error> {
    let row = store::by_token(&office.pool, &hash_of(token), office.clock.now()).await?;
    row.ok_or_else(|| Refusal::TokenUnknown.into())
}

fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
