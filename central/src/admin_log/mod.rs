//! The administrator's log: what an administrator did with accounts, roles and desks, on another disk than the database.
//!
//! Each deed is written and flushed before the command answers, in a file of its own for each office: one line of JSON a
//! deed, each bound to the one before by its hash. A database that was restored from a backup lacks the last deeds; central
//! does them again from this file before it serves anybody ([`replay`]). Read and written by the command line and at start.

mod content;
mod deed;
mod file;
mod replay;
mod store;

use std::collections::BTreeMap;

use domain::ids::LetterId;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use wire::v1::bytes;

use self::file::End;
pub use self::{
    content::Content,
    deed::{Deed, LogEnd, Run},
    file::{Entry, LogFile, Place},
    replay::{ReplayError, replay},
};
use crate::{audit, clock::Clock};

/// Deeds cannot be written or done again.
#[derive(Debug, thiserror::Error)]
pub enum AdminLogError {
    /// The file cannot be read or written.
    #[error("the administrator's log {0} cannot be used")]
    File(String, #[source] std::io::Error),
    /// A line is no deed, or does not follow the one before.
    #[error("the administrator's log is damaged at entry {0}")]
    Damaged(u64),
    /// The database has deeds that the file lacks.
    #[error("the administrator's log lacks entries up to {0} that the database has: bring the file back from a backup")]
    Lacks(u64),
    /// The file has deeds that the database lacks.
    #[error("the database lacks entries of the administrator's log: start central, which does them again")]
    Behind,
    /// What a letter that was entered again says is not in its file.
    #[error(
        "what the letter {0}, entered again, says is missing beside the administrator's log, or is not what the log says: bring \
         its file back from a backup"
    )]
    Content(LetterId),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
}

/// With what an administrator's command works.
#[derive(Clone, Copy, Debug)]
pub struct Administrator<'a> {
    /// The office's database.
    pub pool: &'a PgPool,
    /// The clock.
    pub clock: &'a Clock,
    /// The file; `None` where no administrator's log is kept.
    pub log: Option<&'a LogFile>,
}

/// Writes a deed, inside the transaction that does it: nothing but a commit may follow.
///
/// Without a file nothing is written. The office's row is locked, so deeds come one after another. Should the commit fail,
/// the deed stands in the file and is done at the next start: it was asked for.
///
/// # Errors
/// [`AdminLogError`]; then the caller rolls back, and nothing was done.
pub async fn record(tx: &mut PgConnection, by: &Administrator<'_>, deed: &Deed) -> Result<(), AdminLogError> {
    write(tx, by, deed, None).await
}

/// As [`record`], for a deed about a letter whose content stands in a file of its own, flushed before the deed's line.
///
/// # Errors
/// As [`record`].
pub async fn record_with(
    tx: &mut PgConnection,
    by: &Administrator<'_>,
    deed: &Deed,
    letter: LetterId,
    content: &Content,
) -> Result<(), AdminLogError> {
    write(tx, by, deed, Some((letter, content))).await
}

async fn write(
    tx: &mut PgConnection,
    by: &Administrator<'_>,
    deed: &Deed,
    content: Option<(LetterId, &Content)>,
) -> Result<(), AdminLogError> {
    let Some(file) = by.log else {
        note(tx, by.clock.now(), deed, None).await?;
        return Ok(());
    };
    let known = store::lock(tx).await?;
    let locked = file.lock()?;
    match locked.compare(&known) {
        Place::Same => {}
        Place::FileIsAhead => return Err(AdminLogError::Behind),
        Place::FileLacks => return Err(AdminLogError::Lacks(known.n)),
    }
    if let Some((letter, content)) = content {
        locked.keep(letter, content)?;
    }
    let end = locked.append(&known, deed, by.clock.now())?;
    store::set_end(tx, &end).await?;
    Ok(note(tx, by.clock.now(), deed, Some(&end)).await?)
}

/// Removes what letters said that were erased since they were entered again. Tried again at every start.
///
/// # Errors
/// [`AdminLogError::File`], naming what cannot be removed; [`AdminLogError::Damaged`].
pub fn sweep(file: &LogFile) -> Result<(), AdminLogError> {
    file.lock()?.sweep()
}

/// The hash of each line of the file, by its number.
///
/// # Errors
/// [`AdminLogError::File`]; [`AdminLogError::Damaged`].
pub fn hashes(file: &LogFile) -> Result<BTreeMap<u64, [u8; 32]>, AdminLogError> {
    Ok(file.lock()?.entries.iter().map(|entry| (entry.n, entry.hash)).collect())
}

/// Notes a deed in the audit, bound to its line of the file.
async fn note(tx: &mut PgConnection, now: Timestamp, deed: &Deed, end: Option<&End>) -> sqlx::Result<()> {
    let entry = audit::Entry::Deed {
        deed: deed.name().to_owned(),
        n: end.map(|end| end.n),
        hash: end.map(|end| bytes::to_hex(&end.hash)),
    };
    audit::append(tx, now, &entry).await?;
    Ok(())
}
