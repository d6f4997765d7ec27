//! The symbols that this desk may number under, as central grants them; what central's word about them changes here.
//!
//! Until central has said anything, a desk grants itself the symbol of its settings: a first letter needs no network.

use domain::register::PointSymbol;
use sqlx::SqliteConnection;
use wire::{
    core::grants::{GrantState, HeldGrant, learn},
    v1::{Grant, OpBody, SeriesEnd},
};

use super::store;
use crate::{Desk, DeskError, intake::view::WhyLocked, outbox};

/// Grants the desk its own symbol as long as central has not said which ones it holds.
pub(super) async fn grant_oneself(db: &mut SqliteConnection, symbol: &PointSymbol) -> Result<(), DeskError> {
    Ok(store::grant_oneself(db, symbol).await?)
}

/// Why the symbol gives no numbers here, if so.
///
/// # Errors
/// [`DeskError::Store`].
pub(super) async fn refused(db: &mut SqliteConnection, symbol: &PointSymbol) -> Result<Option<WhyLocked>, DeskError> {
    if !store::grants_told(db).await? {
        return Ok(None);
    }
    let rows = store::grants(db).await?;
    let has = |state| rows.iter().any(|row| row.symbol == *symbol && row.state == state);
    Ok(if has(GrantState::Held) {
        None
    } else if has(GrantState::Released) {
        Some(WhyLocked::Released)
    } else {
        Some(WhyLocked::Ungranted)
    })
}

/// The symbols that give numbers here.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn held_symbols(db: &mut SqliteConnection) -> Result<Vec<PointSymbol>, DeskError> {
    let rows = store::grants(db).await?;
    Ok(rows.into_iter().filter(|row| row.state == GrantState::Held).map(|row| row.symbol).collect())
}

/// Writes what central grants, and what it grants no more; says whether anything changed. Called by `sync` inside its
/// transaction, before the numbers are compared: a series that another desk began goes on here where it ended there.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn hear(db: &mut SqliteConnection, told: &[Grant]) -> Result<bool, DeskError> {
    store::forget_own_grant(db).await?;
    let learned = learn(&store::grants(db).await?, told, false);
    let changed = !learned.add.is_empty() || !learned.withdraw.is_empty();
    for grant in learned.add {
        for first in &grant.first {
            store::begin_at(db, &grant.symbol, first).await?;
        }
        store::add_grant(db, &grant).await?;
    }
    for id in learned.withdraw {
        store::set_grant_state(db, id, GrantState::Withdrawn).await?;
    }
    Ok(changed)
}

/// Releases what the administrator hands over: the log says where each series ends, and no number is taken from the row
/// any more. Says whether there was any. Called by `sync` inside its transaction, once this log is known to be whole.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn release(desk: &Desk, db: &mut SqliteConnection, told: &[Grant]) -> Result<bool, DeskError> {
    let learned = learn(&store::grants(db).await?, told, true);
    for HeldGrant { id, symbol, .. } in &learned.release {
        let series = store::series(db).await?;
        let ends = series.into_iter().filter(|series| series.symbol == *symbol);
        let ends = ends.map(|series| SeriesEnd { register: series.register, year: series.year, n: series.n }).collect();
        let body = OpBody::SeriesReleased { symbol: symbol.clone(), ends, at: desk.now() };
        outbox::append(desk, db, &body).await?;
        store::set_grant_state(db, *id, GrantState::Released).await?;
    }
    Ok(!learned.release.is_empty())
}
