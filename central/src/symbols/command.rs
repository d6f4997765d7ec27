//! What the administrator does with symbols.

use domain::{ids::DeviceId, register::PointSymbol};
use sqlx::PgPool;
use uuid::Uuid;
use wire::v1::Refusal;

use super::{
    ListedGrant, next_numbers,
    store::{self, Claim, NewLost},
};
use crate::{
    admin_log::{self, AdminLogError, Administrator, Deed},
    clock::Clock,
    error::Error,
};

/// Why a command about a symbol does nothing.
#[derive(Debug, thiserror::Error)]
pub enum SymbolError {
    /// The symbol has its desk.
    #[error("the symbol is granted to a desk; it can be handed over")]
    Taken,
    /// Its series are closed: nobody numbers under it again.
    #[error("the symbol's series are closed for good")]
    Closed,
    /// No desk holds it.
    #[error("no desk holds the symbol")]
    NotGranted,
    /// There is no such desk.
    #[error("no desk {0}")]
    NoDesk(DeviceId),
    /// It is that desk's already.
    #[error("the desk holds the symbol already")]
    SameDesk,
    /// The desk does not count: it has forked or is revoked.
    #[error("the desk does not count")]
    DoesNotCount,
    /// A label is of another symbol.
    #[error("a label of another symbol")]
    AnotherSymbol,
    /// Its series are not closed: its desk alone says what became of its numbers.
    #[error("the symbol's series are not closed")]
    NotClosed,
    /// The number lies behind the highest label that was found.
    #[error("the number is none from 1 to {0}, the highest label found")]
    BehindHighest(u32),
    /// A letter bears the number.
    #[error("a letter bears the number")]
    NumberTaken,
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
    /// The administrator's log cannot be written: nothing was changed.
    #[error(transparent)]
    Log(#[from] AdminLogError),
    /// Central failed.
    #[error(transparent)]
    Central(#[from] Error),
}

/// Every grant there ever was, by symbol and time.
///
/// # Errors
/// Those of the database.
pub async fn list(pool: &PgPool) -> sqlx::Result<Vec<ListedGrant>> {
    store::list(&mut *pool.acquire().await?).await
}

/// Grants a symbol that nobody has had, or that its last desk released: the desk goes on behind the last number.
///
/// # Errors
/// [`SymbolError`].
pub async fn grant(
    administrator: &Administrator<'_>,
    symbol: &PointSymbol,
    to: DeviceId,
    by: &str,
) -> Result<(), SymbolError> {
    let clock = administrator.clock;
    let (id, at) = (clock.new_id().map_err(Error::from)?, clock.now());
    let mut tx = administrator.pool.begin().await?;
    if store::is_closed(&mut tx, symbol).await? {
        return Err(SymbolError::Closed);
    }
    counting(&mut tx, to).await?;
    let first = next_numbers(&mut tx, symbol).await?;
    if !store::add(&mut tx, id, symbol, to, &first, at, Claim::Free(by)).await? {
        return Err(SymbolError::Taken);
    }
    store::forget_tokens(&mut tx, to).await?;
    let deed = Deed::SymbolGranted { id, symbol: symbol.clone(), desk: to, first, by: by.to_owned(), at };
    admin_log::record(&mut tx, administrator, &deed).await?;
    tx.commit().await?;
    Ok(())
}

/// Asks the desk that holds the symbol to release it to another. The numbers pass once that desk has said its last one.
///
/// # Errors
/// [`SymbolError`].
pub async fn hand_over(
    administrator: &Administrator<'_>,
    symbol: &PointSymbol,
    to: DeviceId,
) -> Result<DeviceId, SymbolError> {
    let mut tx = administrator.pool.begin().await?;
    let holder = store::holder(&mut tx, symbol).await?.ok_or(SymbolError::NotGranted)?;
    if holder == to {
        return Err(SymbolError::SameDesk);
    }
    counting(&mut tx, holder).await?;
    counting(&mut tx, to).await?;
    store::ask_release(&mut tx, symbol, to).await?;
    store::forget_tokens(&mut tx, holder).await?;
    let deed = Deed::HandOverAsked { symbol: symbol.clone(), from: holder, to };
    admin_log::record(&mut tx, administrator, &deed).await?;
    tx.commit().await?;
    Ok(holder)
}

/// Whether an invited desk may get the symbol: nobody else holds it, and its series are not closed.
///
/// # Errors
/// [`SymbolError::Closed`], [`SymbolError::Taken`].
pub(crate) async fn may_be_granted(
    tx: &mut sqlx::PgConnection,
    symbol: &PointSymbol,
    to: Option<DeviceId>,
) -> Result<(), SymbolError> {
    if store::is_closed(tx, symbol).await? {
        return Err(SymbolError::Closed);
    }
    match store::holder(tx, symbol).await? {
        None => Ok(()),
        Some(holder) if Some(holder) == to => Ok(()),
        Some(_) => Err(SymbolError::Taken),
    }
}

/// Grants an invited desk its symbol, in the caller's transaction. Answers the deed; `None` when it is the desk's already.
///
/// # Errors
/// [`Refusal::SymbolTaken`] when it was given away or closed meanwhile.
pub(crate) async fn grant_invited(
    tx: &mut sqlx::PgConnection,
    clock: &Clock,
    symbol: &PointSymbol,
    to: DeviceId,
    by: &str,
) -> Result<Option<Deed>, Error> {
    if store::holder(tx, symbol).await? == Some(to) {
        return Ok(None);
    }
    let (id, at, first) = (clock.new_id()?, clock.now(), next_numbers(tx, symbol).await?);
    if store::is_closed(tx, symbol).await? || !store::add(tx, id, symbol, to, &first, at, Claim::Free(by)).await? {
        return Err(Refusal::SymbolTaken.into());
    }
    Ok(Some(Deed::SymbolGranted { id, symbol: symbol.clone(), desk: to, first, by: by.to_owned(), at }))
}

async fn counting(tx: &mut sqlx::PgConnection, desk: DeviceId) -> Result<(), SymbolError> {
    match store::counts(tx, desk).await? {
        None => Err(SymbolError::NoDesk(desk)),
        Some(false) => Err(SymbolError::DoesNotCount),
        Some(true) => Ok(()),
    }
}

/// Does a deed again in a database that lacks it.
///
/// # Errors
/// Those of the database.
pub(crate) async fn do_again(tx: &mut sqlx::PgConnection, deed: &Deed) -> sqlx::Result<()> {
    match deed {
        Deed::SymbolGranted { id, symbol, desk, first, by, at } => {
            // It was free then: whoever held it before had released it, and sends that again.
            if let Some(holder) = store::holder(tx, symbol).await? {
                store::end(tx, holder, symbol, "released", *at).await?;
            }
            store::add(tx, *id, symbol, *desk, first, *at, Claim::Free(by)).await.map(|_| ())
        }
        Deed::HandOverAsked { symbol, from, to } => {
            if store::holder(tx, symbol).await? == Some(*from) {
                store::ask_release(tx, symbol, *to).await?;
            }
            Ok(())
        }
        Deed::SymbolClosed { symbol, desk, highest, by, why, at } => {
            keep_for(tx, *desk, symbol, *at).await?;
            store::close(tx, symbol, by, why, *at).await?;
            for number in highest {
                store::close_series(tx, number).await?;
            }
            Ok(())
        }
        Deed::NumbersLost { register, symbol, year, runs, by, why, at } => {
            let at = &at.to_string();
            let lost = NewLost { register: *register, symbol, year: *year, by, at, reason: Some(why) };
            for run in runs {
                store::add_lost(tx, &lost, run.first, run.last).await?;
            }
            Ok(())
        }
        Deed::ClerkAdded { .. }
        | Deed::PasswordSet { .. }
        | Deed::ClerkDeactivated { .. }
        | Deed::RoleGranted { .. }
        | Deed::RoleRevoked { .. }
        | Deed::ProviderSet { .. }
        | Deed::ProviderCleared
        | Deed::ClerkLinked { .. }
        | Deed::ClerkUnlinked { .. }
        | Deed::DeskEnrolled { .. }
        | Deed::DeskBounded { .. }
        | Deed::DeskRevoked { .. }
        | Deed::Directory(_)
        | Deed::AuthorityReplaced { .. }
        | Deed::LetterReentered { .. }
        | Deed::DeskForked { .. }
        | Deed::HeldSettled(_)
        | Deed::LogsSeen { .. }
        | Deed::ClerkSeated { .. }
        | Deed::LetterErased { .. } => Ok(()),
    }
}

/// Keeps a symbol for its desk in a database from before its first contact: nobody else may claim it.
///
/// # Errors
/// Those of the database.
pub(crate) async fn keep_for(
    tx: &mut sqlx::PgConnection,
    desk: DeviceId,
    symbol: &PointSymbol,
    at: jiff::Timestamp,
) -> sqlx::Result<()> {
    // An id that desk and symbol give: done again, it is the same.
    let id = symbol.as_str().bytes().fold(desk.0.as_u128(), |id, byte| id.rotate_left(8) ^ u128::from(byte));
    store::add(tx, Uuid::from_u128(id), symbol, desk, &[], at, Claim::Unused("hello")).await.map(|_| ())
}
