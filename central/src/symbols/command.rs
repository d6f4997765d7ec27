//! What the administrator does with symbols.

use domain::{ids::DeviceId, register::PointSymbol};
use sqlx::PgPool;

use super::{
    ListedGrant, next_numbers,
    store::{self, Claim},
};
use crate::{clock::Clock, error::Error};

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
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
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
    pool: &PgPool,
    clock: &Clock,
    symbol: &PointSymbol,
    to: DeviceId,
    by: &str,
) -> Result<(), SymbolError> {
    let (id, now) = (clock.new_id().map_err(Error::from)?, clock.now());
    let mut tx = pool.begin().await?;
    if store::is_closed(&mut tx, symbol).await? {
        return Err(SymbolError::Closed);
    }
    counting(&mut tx, to).await?;
    let first = next_numbers(&mut tx, symbol).await?;
    if !store::add(&mut tx, id, symbol, to, &first, now, Claim::Free(by)).await? {
        return Err(SymbolError::Taken);
    }
    store::forget_tokens(&mut tx, to).await?;
    tx.commit().await?;
    Ok(())
}

/// Asks the desk that holds the symbol to release it to another. The numbers pass once that desk has said its last one.
///
/// # Errors
/// [`SymbolError`].
pub async fn hand_over(pool: &PgPool, symbol: &PointSymbol, to: DeviceId) -> Result<DeviceId, SymbolError> {
    let mut tx = pool.begin().await?;
    let holder = store::holder(&mut tx, symbol).await?.ok_or(SymbolError::NotGranted)?;
    if holder == to {
        return Err(SymbolError::SameDesk);
    }
    counting(&mut tx, holder).await?;
    counting(&mut tx, to).await?;
    store::ask_release(&mut tx, symbol, to).await?;
    store::forget_tokens(&mut tx, holder).await?;
    tx.commit().await?;
    Ok(holder)
}

async fn counting(tx: &mut sqlx::PgConnection, desk: DeviceId) -> Result<(), SymbolError> {
    match store::counts(tx, desk).await? {
        None => Err(SymbolError::NoDesk(desk)),
        Some(false) => Err(SymbolError::DoesNotCount),
        Some(true) => Ok(()),
    }
}
