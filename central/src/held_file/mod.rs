//! Files of desks that do not count and cannot send: `central import-held` puts their operations into the hold, as if they
//! had been pushed, and their documents where central has settled the letter.
//!
//! Called by the command line; desks are told the key at hello. Applies nothing: see `sync::settle`, and
//! `docs/decisions/0021-held-files.md`.

mod import;
mod key;
mod read;
mod store;

use domain::{ids::DeviceId, marks::Teryt};
use wire::v1::Refusal;

pub use self::import::{Import, Imported, ImportedScans, import};
pub(crate) use self::key::{kept_secret, public_key};
use crate::error::Error;

/// A file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum HeldFileError {
    /// It cannot be read.
    #[error("{0} cannot be read")]
    File(String, #[source] std::io::Error),
    /// It is no file of a desk.
    #[error("this is no file that a desk wrote for central")]
    NotOurs,
    /// It was encrypted to another key.
    #[error("this office's key does not open the file: it was written for another office")]
    WrongKey,
    /// It is of another office.
    #[error("the file is of office {}", .0.as_str())]
    OtherOffice(Teryt),
    /// The desk is not known here.
    #[error("no desk {0}")]
    NoDesk(DeviceId),
    /// The desk's key signed something else.
    #[error("the file is not signed by the key of desk {0}")]
    Signature(DeviceId),
    /// It was changed, cut or put together wrongly.
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    /// A newer program wrote it.
    #[error("a newer program wrote the file: this central must be upgraded first")]
    TooNew,
    /// The desk counts: its operations would be taken twice.
    #[error("desk {0} counts and sends by itself; if it cannot, `central revoke {0}` first")]
    Counts(DeviceId),
    /// What comes before the file's first operation is not here.
    #[error("central lacks what comes before operation {0} of the desk's log")]
    Gap(u64),
    /// The secret key in the database is none.
    #[error("the office's key for files cannot be read")]
    Key,
    /// Central failed.
    #[error(transparent)]
    Central(#[from] Error),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
}

impl HeldFileError {
    fn refused(refusal: Refusal, first: u64) -> Self {
        match refusal {
            Refusal::Gap { .. } => Self::Gap(first),
            Refusal::SchemaTooNew { .. } => Self::TooNew,
            other => Self::Central(other.into()),
        }
    }
}
