//! The symbols of the office's desks: who numbers under which, since when, from which number on.
//!
//! Granting, handing over and closing are commands of the administrator, never operations of a desk. Only the release of
//! a symbol is the desk's own word: it alone knows its last number. Until enrolment decides, a desk that says hello with
//! a symbol that nobody has or had is granted it.

mod apply;
mod check;
mod close;
mod command;
mod store;

use domain::{
    ids::DeviceId,
    register::{PointSymbol, Register, RegisterNumber},
};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;
use wire::v1::{Grant, NextNumber};

pub(crate) use self::{
    apply::{apply, was_lost},
    close::reenter_again,
    command::{do_again, grant_invited, keep_for, may_be_granted},
};
pub use self::{
    check::{Unclear, check},
    close::{CENTRAL, FromLabel, close, lose, reenter},
    command::{SymbolError, grant, hand_over, list},
};
use crate::{admin_log::Deed, clock::Clock, error::Error};

/// How a grant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The desk numbers under it.
    Stands,
    /// The desk is asked to release it.
    HandingOver,
    /// The desk released it.
    Released,
    /// The administrator closed its series.
    Closed,
}

impl Standing {
    /// The name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::HandingOver => "handing_over",
            Self::Released => "released",
            Self::Closed => "closed",
        }
    }
}

/// A grant as the administrator's list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedGrant {
    /// The symbol.
    pub symbol: PointSymbol,
    /// Whose it is or was.
    pub desk: DeviceId,
    /// How it stands.
    pub standing: Standing,
    /// The desk that gets it next.
    pub hand_over_to: Option<DeviceId>,
    /// Since when.
    pub granted_at: Timestamp,
    /// By whom; `hello` at a desk's first contact.
    pub granted_by: String,
    /// Until when.
    pub ended_at: Option<Timestamp>,
    /// Where the desk began in series of others.
    pub first: Vec<NextNumber>,
}

/// Grants the symbol to the desk if nobody has or had it. Called by `desks::hello` for a desk whose log is empty: what
/// it got before by a hello is free again, nothing bears it.
///
/// # Errors
/// Those of the database and of random bytes. `false` when the symbol is another's.
pub(crate) async fn claim(
    tx: &mut PgConnection,
    clock: &Clock,
    desk: DeviceId,
    symbol: &PointSymbol,
) -> Result<bool, Error> {
    store::forget_claims(tx, desk).await?;
    Ok(store::add(tx, clock.new_id()?, symbol, desk, &[], clock.now(), store::Claim::Unused("hello")).await?)
}

/// The symbols that are or were the desk's.
///
/// # Errors
/// Those of the database.
pub(crate) async fn ever_of(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<Vec<PointSymbol>> {
    store::of_desk(tx, desk, true).await
}

/// The symbols whose numbers count when the desk gives them: what it holds, and what was closed over its head, for a desk
/// that comes back knows best what it gave. What it released itself is another's.
///
/// # Errors
/// Those of the database.
pub(crate) async fn numbered_by(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<Vec<PointSymbol>> {
    store::of_desk(tx, desk, false).await
}

/// What the desk is told that it holds.
///
/// # Errors
/// Those of the database.
pub(crate) async fn told(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<Vec<Grant>> {
    store::told(tx, desk).await
}

/// The next free number of each series of a symbol.
///
/// # Errors
/// Those of the database.
pub(crate) async fn next_numbers(tx: &mut PgConnection, symbol: &PointSymbol) -> sqlx::Result<Vec<NextNumber>> {
    let ends = store::ends(tx, symbol).await?;
    Ok(ends.into_iter().map(|end| NextNumber { register: end.register, year: end.year, next_n: end.n + 1 }).collect())
}

/// The next free number of one series.
///
/// # Errors
/// Those of the database.
pub(crate) async fn next_number(
    tx: &mut PgConnection,
    register: Register,
    symbol: &PointSymbol,
    year: i16,
) -> sqlx::Result<RegisterNumber> {
    let ends = store::ends(tx, symbol).await?;
    let last = ends.iter().find(|end| (end.register, end.year) == (register, year)).map_or(0, |end| end.n);
    Ok(RegisterNumber { register, symbol: symbol.clone(), year, n: last + 1 })
}

/// Makes sure that central itself numbers under the symbol: one that nobody ever had becomes its own. Answers the deed; `None`
/// when it is central's already.
///
/// # Errors
/// [`SymbolError::Taken`] when it is or was a desk's.
pub(crate) async fn of_central(
    tx: &mut PgConnection,
    clock: &Clock,
    symbol: &PointSymbol,
    by: &str,
) -> Result<Option<Deed>, SymbolError> {
    if store::holder(tx, symbol).await? == Some(CENTRAL) {
        return Ok(None);
    }
    let (id, at) = (clock.new_id().map_err(Error::from)?, clock.now());
    if !store::add(tx, id, symbol, CENTRAL, &[], at, store::Claim::Unused(by)).await? {
        return Err(SymbolError::Taken);
    }
    let (symbol, by) = (symbol.clone(), by.to_owned());
    Ok(Some(Deed::SymbolGranted { id, symbol, desk: CENTRAL, first: Vec::new(), by, at }))
}

/// Names one number lost unless a letter bears it; whether it was not lost before and is now.
///
/// # Errors
/// Those of the database.
pub(crate) async fn lose_one(
    tx: &mut PgConnection,
    number: &RegisterNumber,
    by: &str,
    why: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let RegisterNumber { register, symbol, year, n } = number;
    let (at, reason) = (&now.to_string(), Some(why));
    let lost = store::NewLost { register: *register, symbol, year: *year, by, at, reason };
    Ok(!store::add_lost(tx, &lost, *n, *n).await?.is_empty())
}

fn register_named(name: &str) -> sqlx::Result<Register> {
    [Register::Incoming, Register::Outgoing]
        .into_iter()
        .find(|register| register.as_str() == name)
        .ok_or_else(|| crate::db::damaged("register"))
}
