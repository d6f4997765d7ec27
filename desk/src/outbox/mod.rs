//! The desk's log: appends one sealed operation in the caller's transaction. Sends nothing: see `sync`.

mod store;

use domain::{
    ids::{LetterId, OpId, ScanId},
    rights::RecordKind,
};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use wire::{
    core::desk::cut_to_batch,
    v1::{Acting, MAX_BATCH_OPS, log, op::OpBody},
};

use crate::{Desk, DeskError, letters, session};

/// Appends what happened to the log and returns the operation's id. The caller's commit makes it durable.
///
/// # Errors
/// [`domain::ErrorCode::NotConfigured`] without the office's TERYT code: it is part of every hash.
pub async fn append(desk: &Desk, db: &mut SqliteConnection, body: &OpBody) -> Result<OpId, DeskError> {
    let acting = match body.act() {
        Some(act) => session::acting(desk, act, kind_of(db, body).await?),
        None => None,
    };
    append_as(desk, db, body, acting.as_ref()).await
}

/// As [`append`], stating who acted as the caller knows it.
///
/// # Errors
/// As [`append`].
pub(crate) async fn append_as(
    desk: &Desk,
    db: &mut SqliteConnection,
    body: &OpBody,
    acting: Option<&Acting>,
) -> Result<OpId, DeskError> {
    let log = log_of(desk)?;
    let tip = store::tip(db).await?;
    let op_id = OpId(desk.new_uuid());
    let operation = log::seal_by(&log, tip, op_id, desk.random(), body, acting);
    store::insert(db, &operation, body.letter_id(), body.is_audit(), desk.now()).await?;
    Ok(op_id)
}

/// The kind of record that an operation is about, as this desk knows it.
async fn kind_of(db: &mut SqliteConnection, body: &OpBody) -> Result<RecordKind, DeskError> {
    match (body, body.letter_id()) {
        (OpBody::LetterRegistered { letter, .. }, _) => Ok(RecordKind::of_letter(letter.facts.kind.as_deref())),
        (_, Some(letter)) => letters::kind_of(db, letter).await,
        (_, None) => Ok(RecordKind::Letters),
    }
}

/// Where the log ends.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn tip(db: &mut SqliteConnection) -> Result<log::Tip, DeskError> {
    Ok(store::tip(db).await?)
}

/// The operation with this number; `None` when the log has no such one.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn tip_at(db: &mut SqliteConnection, seq: u64) -> Result<Option<log::Tip>, DeskError> {
    if seq == log::Tip::START.seq {
        return Ok(Some(log::Tip::START));
    }
    Ok(store::hash_at(db, seq).await?.map(|hash| log::Tip { seq, hash }))
}

/// Whether the log holds an operation with this number and hash.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn holds(db: &mut SqliteConnection, tip: &log::Tip) -> Result<bool, DeskError> {
    Ok(*tip == log::Tip::START || store::hash_at(db, tip.seq).await?.is_some_and(|hash| hash == tip.hash))
}

/// The next batch behind an operation, in the order of their numbers: within what one push may carry, and at least one
/// operation where there is one.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn batch_after(db: &mut SqliteConnection, seq: u64) -> Result<Vec<log::Operation>, DeskError> {
    let limit = i64::try_from(MAX_BATCH_OPS).unwrap_or(i64::MAX);
    Ok(cut_to_batch(store::after(db, seq, limit).await?))
}

/// Since when work waits behind the given operation; `None` when none does. The audit is no work.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn waits_since(db: &mut SqliteConnection, acked: u64) -> Result<Option<Timestamp>, DeskError> {
    Ok(store::work_since(db, acked).await?.and_then(|at| at.parse().ok()))
}

/// How much work waits behind the given operation.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn waiting(db: &mut SqliteConnection, acked: u64) -> Result<u64, DeskError> {
    Ok(store::work_behind(db, acked).await?)
}

/// When the document was attached to its letter; `None` when the log knows nothing of it.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn attached_at(
    db: &mut SqliteConnection,
    letter: LetterId,
    scan: ScanId,
) -> Result<Option<Timestamp>, DeskError> {
    Ok(store::attached_at(db, letter, scan).await?.and_then(|at| at.parse().ok()))
}

/// The letters that the operations behind `after` up to `up_to` are about, each once.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn letters_between(
    db: &mut SqliteConnection,
    after: u64,
    up_to: u64,
) -> Result<Vec<LetterId>, DeskError> {
    Ok(store::letters_between(db, after, up_to).await?)
}

/// Whether the operation was written at this desk.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn is_own(db: &mut SqliteConnection, op: OpId) -> Result<bool, DeskError> {
    Ok(store::is_own(db, op).await?)
}

/// Whether the operation was written at this desk and stands behind the given one.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn is_behind(db: &mut SqliteConnection, op: OpId, seq: u64) -> Result<bool, DeskError> {
    Ok(store::seq_of(db, op).await?.is_some_and(|own| own > seq))
}

/// Whether an own operation of this kind, behind the given number, is about the letter.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn has_behind(
    db: &mut SqliteConnection,
    letter: LetterId,
    kind: &str,
    seq: u64,
) -> Result<bool, DeskError> {
    Ok(store::has_behind(db, letter, kind, seq).await?)
}

/// Takes the content of every operation about a letter out of the log, inside the caller's transaction. The chain stays provable.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn forget(db: &mut SqliteConnection, letter: LetterId) -> Result<(), DeskError> {
    Ok(store::forget(db, letter).await?)
}

/// Whose log this desk writes.
///
/// # Errors
/// [`domain::ErrorCode::NotConfigured`] without the office's TERYT code.
pub fn log_of(desk: &Desk) -> Result<log::LogOf, DeskError> {
    let office = desk.settings().teryt.ok_or(DeskError::Refused(domain::ErrorCode::NotConfigured))?;
    Ok(log::LogOf { office, device: desk.device() })
}
