//! The office's desks: first contact, keys, symbols and tokens.
//!
//! A desk comes in by an invitation ([`invite`]), which bounds it. Where an administrator lets anybody in
//! ([`crate::config::Admission`]), a desk's public key is pinned at first contact and nothing bounds it. Called by the router and, for the token,
//! by every other route.

mod enrol;
mod hello;
mod store;

use domain::{ids::DeviceId, register::PointSymbol};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use wire::v1::{Bounds, LogOf, Refusal, Standing};

pub(crate) use self::enrol::do_again;
pub use self::{
    enrol::{Bounded, Guest, InviteError, Invited, bound, enrol, invite},
    hello::{challenge, hello},
};
use crate::{
    admin_log::{self, AdminLogError, Administrator, Deed, LogEnd},
    error::Error,
    router::Office,
};

/// Most bytes of what a desk's program calls itself.
const PROGRAM_MAX: usize = 60;

/// A desk that speaks with a valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Id.
    pub id: DeviceId,
    /// Pinned public key.
    pub public_key: [u8; 32],
    /// The symbol that it last said hello with.
    pub symbol: PointSymbol,
    /// Whether what it sends counts.
    pub standing: Standing,
    /// What it may hold, and what may be done there.
    pub bounds: Bounds,
}

/// A desk that may hand over operations: any, the revoked one included. What does not count is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(pub Desk);

impl Desk {
    /// Whose log this desk sends.
    pub fn log(&self, office: &Office) -> LogOf {
        LogOf { office: office.teryt.clone(), device: self.id }
    }
}

/// A desk as the administrator's list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedDesk {
    /// Id.
    pub id: DeviceId,
    /// The symbol that it last said hello with.
    pub symbol: PointSymbol,
    /// Whether what it sends counts.
    pub standing: Standing,
    /// The program it ran at its last contact.
    pub program: String,
    /// Operations that count.
    pub operations: u64,
    /// Operations that are held.
    pub held: u64,
    /// What it may hold, and what may be done there.
    #[serde(flatten)]
    pub bounds: Bounds,
    /// When it was enrolled; `None` for one that was pinned at its first contact.
    pub enrolled_at: Option<Timestamp>,
    /// First contact.
    pub first_seen_at: Timestamp,
    /// Last contact.
    pub last_seen_at: Timestamp,
}

/// Every desk of the office.
///
/// # Errors
/// Those of the database.
pub async fn list(pool: &PgPool) -> sqlx::Result<Vec<ListedDesk>> {
    store::list(&mut *pool.acquire().await?).await
}

/// Revokes a desk: from its next contact on it reads nothing, takes no numbers, and what it still sends is held.
/// `false` when there is no such desk or it is revoked already.
///
/// # Errors
/// Those of the database.
pub async fn revoke(by: &Administrator<'_>, id: DeviceId) -> Result<bool, AdminLogError> {
    let at = by.clock.now();
    let mut tx = by.pool.begin().await?;
    let revoked = store::stop_counting(&mut tx, id, Standing::Revoked, at).await?;
    if revoked {
        let (public_key, symbol) = store::key_and_symbol(&mut tx, id).await?;
        let counted = store::log_ends(&mut tx, Some(id)).await?.pop().map(|log| log.end);
        admin_log::record(&mut tx, by, &Deed::DeskRevoked { desk: id, public_key, symbol, counted, at }).await?;
    }
    tx.commit().await?;
    Ok(revoked)
}

/// Revokes a desk again in a database that lacks it: the desk itself may be missing there.
///
/// # Errors
/// Those of the database.
pub async fn revoke_again(
    tx: &mut PgConnection,
    id: DeviceId,
    public_key: &[u8; 32],
    symbol: &PointSymbol,
    at: Timestamp,
) -> sqlx::Result<()> {
    store::insert_known(tx, id, public_key, symbol, at).await?;
    store::stop_counting(tx, id, Standing::Revoked, at).await.map(|_| ())
}

/// As [`revoke_again`], for a desk that had forked.
///
/// # Errors
/// Those of the database.
pub async fn fork_again(
    tx: &mut PgConnection,
    id: DeviceId,
    public_key: &[u8; 32],
    symbol: &PointSymbol,
    at: Timestamp,
) -> sqlx::Result<()> {
    store::insert_known(tx, id, public_key, symbol, at).await?;
    mark_forked(tx, id, at).await
}

/// Where the logs of the desks end that have sent anything, of one desk or of all. They stay so until the transaction ends.
///
/// # Errors
/// Those of the database.
pub(crate) async fn log_ends(tx: &mut PgConnection, desk: Option<DeviceId>) -> sqlx::Result<Vec<LogEnd>> {
    store::log_ends(tx, desk).await
}

/// Notes that two machines write the desk's log.
///
/// # Errors
/// Those of the database.
pub async fn mark_forked(tx: &mut PgConnection, id: DeviceId, now: Timestamp) -> sqlx::Result<()> {
    store::stop_counting(tx, id, Standing::Forked, now).await.map(|_| ())
}

/// The desk that a token was given to.
///
/// # Errors
/// [`Refusal::TokenUnknown`] for a token that is unknown or has lived too long.
pub async fn of_token(office: &Office, token: &str) -> Result<Desk, Error> {
    let row = store::by_token(&office.pool, &hash_of(token), office.clock.now()).await?;
    row.ok_or_else(|| Refusal::TokenUnknown.into())
}

/// A desk by its id.
///
/// # Errors
/// Those of the database.
pub(crate) async fn find(pool: &PgPool, id: DeviceId) -> sqlx::Result<Option<Desk>> {
    store::by_id(pool, id).await
}

fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
