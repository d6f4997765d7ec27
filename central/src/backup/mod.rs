//! Backups of one office: database, scans and administrator's log in one file that only the recovery key opens.
//!
//! A backup counts only when a trial restore showed the same rows and every scan its own hash. Made and brought back by the
//! command line; PostgreSQL's own `pg_dump` and `pg_restore` do the work on the database.

mod archive;
mod key;
mod make;
mod postgres;
mod restore;
mod store;

use std::path::PathBuf;

use domain::marks::Teryt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use wire::v1::bytes;

pub use self::{
    key::{RecoveryKey, new_key, public_half},
    make::{Backup, make},
    restore::{Restore, restore},
};
use crate::{
    admin_log::{AdminLogError, ReplayError},
    db::DatabaseError,
};

/// Number of the last change that two proved backups hold; `None` where there are no two. Desks are told: what central had by
/// then, they may let go.
///
/// # Errors
/// Those of the database.
pub(crate) async fn held_twice(tx: &mut PgConnection) -> sqlx::Result<Option<u64>> {
    store::held_twice(tx).await
}

/// A backup cannot be made, or not brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The text is no public recovery key.
    #[error("not a public recovery key (it begins with age1)")]
    PublicKey,
    /// The file holds no secret recovery key.
    #[error("the key file holds no secret recovery key (a line that begins with AGE-SECRET-KEY-1)")]
    SecretKey,
    /// The secret key is not the one that the backup was made for.
    #[error("this key does not open the backup")]
    WrongKey,
    /// A file or folder cannot be used.
    #[error("{0} cannot be read or written")]
    File(String, #[source] std::io::Error),
    /// The file is no backup of this program, or broken.
    #[error("the backup is damaged: {0}")]
    Damaged(&'static str),
    /// The backup is of another office.
    #[error("the backup is of office {}", .0.as_str())]
    OtherOffice(Teryt),
    /// The office is there already.
    #[error("the database holds this office: to put the backup in its place, say --replace")]
    OfficeIsThere,
    /// Somebody works on the office that is to be replaced.
    #[error("central or one of its commands works on this database: stop it first")]
    WorkedOn,
    /// A program of PostgreSQL failed; it said why on stderr.
    #[error("{0} failed")]
    Program(&'static str),
    /// A scan that the database names is not in its place, or its hash is another.
    #[error("scan {0} is not there, or not what the database says")]
    Scan(uuid::Uuid),
    /// The place of scans takes no scan.
    #[error("scan {0} cannot be written")]
    Storage(uuid::Uuid, #[source] Box<object_store::Error>),
    /// The trial restore showed other rows than the database.
    #[error("the trial restore differs in table {0}: the backup was thrown away")]
    Trial(String),
    /// The administrator's log.
    #[error(transparent)]
    AdminLog(#[from] AdminLogError),
    /// What the restored database lacks cannot be done again.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
}

impl BackupError {
    fn file(what: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.display().to_string();
        move |error| Self::File(what, error)
    }
}

/// What stands at the beginning of every backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    /// Form of the file.
    form: u32,
    office: Teryt,
    made_at: Timestamp,
    program: String,
    /// Number of the last change.
    head: i64,
    scans: Vec<ScanInBackup>,
    /// Tables with the number of their rows.
    tables: Vec<(String, i64)>,
}

const FORM: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanInBackup {
    id: uuid::Uuid,
    bytes: u64,
    #[serde(with = "bytes::hex32")]
    sha256: [u8; 32],
}

/// A backup that was made and proved, or brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The file.
    pub file: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
    /// Rows of all tables.
    pub rows: i64,
    /// Scans.
    pub scans: usize,
    /// Deeds of the administrator's log that were done again; 0 for a backup that was just made.
    pub done_again: u64,
}
