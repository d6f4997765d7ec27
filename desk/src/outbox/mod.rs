//! The desk's log: appends one sealed operation in the caller's transaction. Sends nothing: see `sync`.

mod store;

use domain::ids::OpId;
use sqlx::SqliteConnection;
use wire::v1::{log, op::OpBody};

use crate::{Desk, DeskError};

/// Appends what happened to the log and returns the operation's id. The caller's commit makes it durable.
///
/// # Errors
/// [`domain::ErrorCode::NotConfigured`] without the office's TERYT code: it is part of every hash.
pub async fn append(desk: &Desk, db: &mut SqliteConnection, body: &OpBody) -> Result<OpId, DeskError> {
    let log = log_of(desk)?;
    let tip = store::tip(db).await?;
    let op_id = OpId(desk.new_uuid());
    let operation = log::seal(&log, tip, op_id, desk.random(), body);
    store::insert(db, &operation, body.letter_id(), desk.now()).await?;
    Ok(op_id)
}

/// Where the log ends.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn tip(db: &mut SqliteConnection) -> Result<log::Tip, DeskError> {
    Ok(store::tip(db).await?)
}

/// Whether the log holds an operation with this number and hash.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn holds(db: &mut SqliteConnection, tip: &log::Tip) -> Result<bool, DeskError> {
    Ok(*tip == log::Tip::START || store::hash_at(db, tip.seq).await?.is_some_and(|hash| hash == tip.hash))
}

/// Whose log this desk writes.
///
/// # Errors
/// [`domain::ErrorCode::NotConfigured`] without the office's TERYT code.
pub fn log_of(desk: &Desk) -> Result<log::LogOf, DeskError> {
    let office = desk.settings().teryt.ok_or(DeskError::Refused(domain::ErrorCode::NotConfigured))?;
    Ok(log::LogOf { office, device: desk.device() })
}
