//! Makes a backup: one view of the database for everything, a dump, a trial restore, then the encrypted file.

use std::path::{Path, PathBuf};

use domain::marks::Teryt;
use sqlx::{Connection, PgConnection};

use super::{BackupError, FORM, Manifest, RecoveryKey, Report, archive, postgres::Server, store};
use crate::{
    admin_log::LogFile,
    clock::Clock,
    config::DatabaseUrl,
    db::{self, DatabaseError},
    scans::Files,
};

/// What is to be backed up, and into which folder.
#[derive(Debug)]
pub struct Backup {
    /// The database.
    pub database_url: DatabaseUrl,
    /// The office.
    pub office: Teryt,
    /// Where scans are.
    pub files: Files,
    /// Folder for the dump while it is plain, on an encrypted volume; made where missing.
    pub scratch: PathBuf,
    /// The administrator's log, where one is kept.
    pub admin_log: Option<LogFile>,
    /// Folder of backups; made where missing.
    pub into: PathBuf,
    /// Who can open it.
    pub key: RecoveryKey,
    /// The clock.
    pub clock: Clock,
}

/// Makes and proves a backup. Central may serve meanwhile.
///
/// # Errors
/// [`BackupError`], saying which step failed; then no backup stands in the folder.
pub async fn make(backup: Backup) -> Result<Report, BackupError> {
    let pool = db::open(&backup.database_url, &backup.office, &backup.clock).await?;
    let server = Server::of(&backup.database_url)?;
    std::fs::create_dir_all(&backup.into).map_err(BackupError::file(&backup.into))?;
    // The dump is plain until it stands in the archive.
    std::fs::create_dir_all(&backup.scratch).map_err(BackupError::file(&backup.scratch))?;
    let scratch = tempfile::Builder::new()
        .prefix(".backup-")
        .tempdir_in(&backup.scratch)
        .map_err(BackupError::file(&backup.scratch))?;
    let dump = scratch.path().join("database.dump");

    let made_at = backup.clock.now();
    let mut view = pool.begin().await?;
    let snapshot = store::hold_snapshot(&mut view).await?;
    let schema = db::schema(&backup.office);
    server.dump(&schema, &snapshot, &dump).await?;
    let head = store::head(&mut view).await?;
    let scans = store::scans(&mut view).await?;
    let tables = store::tables(&mut view).await?;
    view.rollback().await?;

    try_restore(&server, &backup, &dump, &tables).await?;

    let name = format!("okienko-{}-{}.age", backup.office.as_str(), made_at.strftime("%Y%m%dT%H%M%SZ"));
    let manifest = Manifest {
        form: FORM,
        office: backup.office.clone(),
        made_at,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        head,
        scans,
        tables: tables.into_iter().map(|(name, rows, _)| (name, rows)).collect(),
    };
    let file = backup.into.join(&name);
    let rows = manifest.tables.iter().map(|(_, rows)| rows).sum();
    let report = Report { file: file.clone(), made_at, rows, scans: manifest.scans.len(), done_again: 0 };
    write(backup, manifest, dump, file.clone()).await?;

    let bytes = std::fs::metadata(&file).map_err(BackupError::file(&file))?.len();
    store::note(&mut *pool.acquire().await?, made_at, &name, head, bytes.cast_signed()).await?;
    pool.close().await;
    Ok(report)
}

async fn write(backup: Backup, manifest: Manifest, dump: PathBuf, file: PathBuf) -> Result<(), BackupError> {
    let scans = archive::Scans { files: backup.files, runtime: tokio::runtime::Handle::current() };
    let writing = tokio::task::spawn_blocking(move || {
        archive::write(&file, &backup.key, &manifest, &dump, backup.admin_log.as_ref(), &scans)
    });
    writing.await.unwrap_or(Err(BackupError::Damaged("the archive")))
}

/// Restores the dump into a database of its own and compares every table.
async fn try_restore(
    server: &Server,
    backup: &Backup,
    dump: &Path,
    tables: &[(String, i64, String)],
) -> Result<(), BackupError> {
    let id = backup.clock.new_id().map_err(DatabaseError::Random)?;
    let trial = format!("okienko_trial_{}", id.simple());
    let mut home = PgConnection::connect(&backup.database_url.0).await?;
    db::make_trial(&mut home, &trial).await?;
    let compared = compare(&server.database(&trial)?, &db::schema(&backup.office), dump, tables).await;
    db::drop_trial(&mut home, &trial).await?;
    home.close().await?;
    compared
}

async fn compare(
    trial: &Server,
    schema: &str,
    dump: &Path,
    tables: &[(String, i64, String)],
) -> Result<(), BackupError> {
    let mut inside = PgConnection::connect(&trial.url().0).await?;
    db::make_schema(&mut inside, schema).await?;
    trial.restore(schema, None, dump).await?;
    db::bind(&mut inside, schema).await?;
    let restored = store::tables(&mut inside).await?;
    inside.close().await?;
    let differing = tables.iter().find(|table| !restored.contains(table)).map(|(name, _, _)| name.clone());
    match differing {
        Some(name) => Err(BackupError::Trial(name)),
        None if restored.len() != tables.len() => Err(BackupError::Trial("(their number)".to_owned())),
        None => Ok(()),
    }
}
