//! Brings an office back: scans first, then the database in one transaction, then what the administrator did since.

use std::path::PathBuf;

use domain::marks::Teryt;

use super::{
    BackupError, Report,
    archive::{self, Unpacked},
    key,
    postgres::Server,
};
use crate::{
    admin_log::{self, LogFile},
    clock::Clock,
    config::DatabaseUrl,
    db,
    scans::Files,
};

/// What is brought back, and to where.
#[derive(Debug)]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// File with the secret half of the recovery key.
    pub key_file: PathBuf,
    /// The database.
    pub database_url: DatabaseUrl,
    /// The office.
    pub office: Teryt,
    /// Where scans are; those that are there stay.
    pub files: Files,
    /// Folder for the dump while it is plain, on an encrypted volume; made where missing.
    pub scratch: PathBuf,
    /// The administrator's log as it is now; where its file is gone, or one beside it, that of the backup is put there.
    pub admin_log: Option<LogFile>,
    /// Whether an office that is there is thrown away.
    pub replace: bool,
    /// The clock.
    pub clock: Clock,
}

/// Brings the office back. Nobody may serve it meanwhile.
///
/// Desks that remember more than this database begin a new epoch by themselves at their next contact, and send again what
/// is missing.
///
/// # Errors
/// [`BackupError`], saying which step failed. Until the database was restored in whole, the office that was there stands.
pub async fn restore(restore: Restore) -> Result<Report, BackupError> {
    let secret = key::secret(&restore.key_file)?;
    let there = db::offices(&restore.database_url).await?.contains(&restore.office);
    if there && !restore.replace {
        return Err(BackupError::OfficeIsThere);
    }
    // A central that serves would show the desks an office that is half of yesterday.
    if there && db::is_worked_on(&restore.database_url).await? {
        return Err(BackupError::WorkedOn);
    }
    std::fs::create_dir_all(&restore.scratch).map_err(BackupError::file(&restore.scratch))?;
    let scratch = tempfile::Builder::new()
        .prefix(".restore-")
        .tempdir_in(&restore.scratch)
        .map_err(BackupError::file(&restore.scratch))?;
    let (file, folder) = (restore.file.clone(), scratch.path().to_owned());
    let scans = archive::Scans { files: restore.files.clone(), runtime: tokio::runtime::Handle::current() };
    let office = restore.office.clone();
    let unpacking = tokio::task::spawn_blocking(move || {
        archive::unpack(&file, &secret, &folder, &scans, |manifest| {
            if manifest.office == office { Ok(()) } else { Err(BackupError::OtherOffice(manifest.office.clone())) }
        })
    });
    let Unpacked { manifest, dump, admin_log, reentered } =
        unpacking.await.unwrap_or(Err(BackupError::Damaged("the archive")))?;

    let server = Server::of(&restore.database_url)?;
    let aside = if there { Some(db::put_aside(&restore.database_url, &restore.office).await?) } else { None };
    let filled = fill(&restore, &server, &dump).await;
    match (&filled, aside) {
        (Ok(()), Some(aside)) => db::throw_away(&restore.database_url, &restore.office, &aside).await?,
        (Err(_), Some(aside)) => db::take_back(&restore.database_url, &restore.office, &aside).await?,
        (Ok(()) | Err(_), None) => {}
    }
    filled?;

    let pool = db::open(&restore.database_url, &restore.office, &restore.clock).await?;
    let done_again = match &restore.admin_log {
        None => 0,
        Some(log) => {
            if let (false, Some(kept)) = (log.path().exists(), &admin_log) {
                if let Some(folder) = log.path().parent() {
                    std::fs::create_dir_all(folder).map_err(BackupError::file(folder))?;
                }
                std::fs::copy(kept, log.path()).map_err(BackupError::file(log.path()))?;
            }
            log.bring_back(&reentered)?;
            admin_log::replay(&pool, log).await?
        }
    };
    pool.close().await;
    let rows = manifest.tables.iter().map(|(_, rows)| rows).sum();
    let (made_at, scans) = (manifest.made_at, manifest.scans.len());
    Ok(Report { file: restore.file, made_at, rows, scans, done_again })
}

async fn fill(restore: &Restore, server: &Server, dump: &std::path::Path) -> Result<(), BackupError> {
    db::make(&restore.database_url, &restore.office).await?;
    let (schema, role) = (db::schema(&restore.office), db::office_role(&restore.office));
    server.restore(&schema, Some(&role), dump).await
}
