//! Synchronising with central: pushes the log, pulls central's changes, uploads scans. Works from queues, in the
//! background: no use case ever waits for it, and nothing that central does becomes a clerk's error.
//!
//! `src-tauri/src/app.rs` starts [`worker::run`]; the status line shows what it reports. Nothing of one's own is deleted
//! here: an acknowledged operation stays in the log.

mod apply;
pub(crate) mod audit;
mod client;
pub(crate) mod document;
pub(crate) mod enrol;
mod greet;
mod report;
pub(crate) mod sign_in;
mod store;
mod tls;
mod upload;
pub mod worker;

pub use client::Patience;
pub use wire::core::engine::Trouble;
pub use worker::{Conversation, Outcome, Pace};

use domain::{ids::LetterId, marks::Teryt};
use ed25519_dalek::SigningKey;
use sqlx::SqliteConnection;
use wire::v1::{Fingerprint, Tip, changes::ScanState};

pub(crate) use self::greet::PROGRAM;
use crate::{Desk, DeskError, outbox};

/// Asks whoever is at the address for a challenge: it is there, and it is central. Says nothing of this desk.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn knock(
    address: &str,
    office: &Teryt,
    pin: Option<Fingerprint>,
    patience: Patience,
) -> Result<(), Trouble> {
    client::Central::at(address, office, pin, patience)?.challenge().await.map(|_| ())
}

/// Everything up to this number is acknowledged by central.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn acknowledged(db: &mut SqliteConnection) -> Result<u64, DeskError> {
    Ok(store::progress(db).await?.acked)
}

/// What a file for central is made by.
pub(crate) struct FileStanding {
    /// Whom it is encrypted to; `None` where central never told.
    pub(crate) file_key: Option<String>,
    /// This desk's key.
    pub(crate) key: SigningKey,
    /// Everything up to here came back in what was pulled: a restored central has it, too.
    pub(crate) pulled: Tip,
    /// Where the log ends.
    pub(crate) tip: Tip,
}

/// Reads what a file for central is made by.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn standing_for_a_file(desk: &Desk) -> Result<FileStanding, DeskError> {
    let mut db = desk.read().await?;
    let pulled = store::progress(&mut db).await?.pulled;
    Ok(FileStanding {
        file_key: store::file_key(&mut db).await?,
        key: greet::read_key(&mut db).await?,
        pulled: outbox::tip_at(&mut db, pulled).await?.unwrap_or(Tip::START),
        tip: outbox::tip(&mut db).await?,
    })
}

/// Number of the last change that two proved backups of central hold, as it last told.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn backed_up_head(db: &mut SqliteConnection) -> Result<Option<u64>, DeskError> {
    store::backed_up_head(db).await
}

/// A letter's documents as central last told of them, in the order in which they came.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn scans_at_central(db: &mut SqliteConnection, letter: LetterId) -> Result<Vec<ScanState>, DeskError> {
    Ok(store::letter(db, letter).await?.map(|state| state.scans).unwrap_or_default())
}

/// Changes about a letter that this program could not read are gone, inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn forget_raw(db: &mut SqliteConnection, letter: LetterId) -> Result<(), DeskError> {
    Ok(store::forget_raw_of(db, letter).await?)
}

/// Why a step failed: central's side or ours.
#[derive(Debug)]
enum Failed {
    Trouble(Trouble),
    Desk(DeskError),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<DeskError> for Failed {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Desk(error.into())
    }
}
