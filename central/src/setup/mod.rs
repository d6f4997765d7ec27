//! Makes a central out of nothing, step by step: looks at PostgreSQL, makes database, office and keys where they are missing, writes
//! the files that a service needs, and says what an administrator should change. Called by the command line; may be run again at
//! any time, and then makes nothing twice.

mod disks;
mod files;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use domain::marks::Teryt;
use serde::Serialize;

pub use self::disks::{Disks, Volume};
pub use self::files::{Known, known};
use crate::{
    backup::{self, RecoveryKey},
    clock::Clock,
    config::{DatabaseUrl, ScanPlace},
    db::{self, DatabaseError, OfficeName},
    held_file, trust,
};

/// Oldest PostgreSQL that central works on.
const POSTGRESQL: i32 = 15;

/// What is wanted.
#[derive(Debug)]
pub struct Wanted {
    /// The database.
    pub database_url: DatabaseUrl,
    /// The office.
    pub office: Teryt,
    /// What it is called.
    pub office_name: String,
    /// Where scans are, as it was said.
    pub scans: String,
    /// The same, read.
    pub place: ScanPlace,
    /// Folder of the administrator's log.
    pub admin_log: Option<PathBuf>,
    /// Public half of the recovery key.
    pub recovery_key: Option<RecoveryKey>,
    /// File for the secret half of a new one.
    pub recovery_key_file: Option<PathBuf>,
    /// Where desks speak to us.
    pub listen: SocketAddr,
    /// Where the public status page is.
    pub public_listen: SocketAddr,
    /// File of settings to be written.
    pub config: Option<PathBuf>,
    /// File of the service of systemd to be written.
    pub unit: Option<PathBuf>,
    /// What is known of this computer's disks.
    pub disks: Disks,
    /// The clock.
    pub clock: Clock,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is as it should be.
    Good,
    /// It was missing and was made.
    Made,
    /// It works, but an administrator should look at it.
    Warning,
    /// It cannot go on.
    Failed,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What was looked at: a stable name.
    pub what: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// In words.
    pub says: String,
}

/// What was found and done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Every step, in order.
    pub steps: Vec<Step>,
    /// The fingerprint of the office's key, as invitations hold it.
    pub fingerprint: Option<String>,
    /// Public half of the recovery key, for `central backup`.
    pub recovery_key: Option<String>,
}

impl Report {
    fn note(&mut self, what: &'static str, verdict: Verdict, says: impl Into<String>) {
        self.steps.push(Step { what, verdict, says: says.into() });
    }

    /// Whether everything that is needed is there.
    pub fn is_ready(&self) -> bool {
        self.steps.iter().all(|step| step.verdict != Verdict::Failed)
    }
}

/// Goes through all steps, as far as one can.
pub async fn setup(wanted: &Wanted) -> Report {
    let mut report = Report::default();
    let Some(data) = database(wanted, &mut report).await else { return report };
    office(wanted, &mut report).await;
    folders(wanted, data.as_deref(), &mut report);
    recovery_key(wanted, &mut report);
    written(wanted, &mut report);
    report
}

/// Where the server keeps its data, when it is this computer's and says so; `None` when nothing can go on.
async fn database(wanted: &Wanted, report: &mut Report) -> Option<Option<PathBuf>> {
    match db::make_database(&wanted.database_url).await {
        Ok(true) => report.note("database", Verdict::Made, "the database was made"),
        Ok(false) => report.note("database", Verdict::Good, "the database is there"),
        Err(error) => {
            report.note("database", Verdict::Failed, words(&error));
            return None;
        }
    }
    let server = match db::server(&wanted.database_url).await {
        Ok(server) => server,
        Err(error) => {
            report.note("postgresql", Verdict::Failed, words(&error));
            return None;
        }
    };
    let major = server.version / 10_000;
    if major < POSTGRESQL {
        let says = format!("PostgreSQL {major} is too old: {POSTGRESQL} or newer is needed");
        report.note("postgresql", Verdict::Failed, says);
        return None;
    }
    report.note("postgresql", Verdict::Good, format!("PostgreSQL {major}"));
    let there = db::offices(&wanted.database_url).await.is_ok_and(|offices| offices.contains(&wanted.office));
    if !(there || (server.makes_roles && server.makes_schemas)) {
        let says = "the database user may not make an office: it needs CREATEROLE, and CREATE on the database";
        report.note("rights", Verdict::Failed, says);
        return None;
    }
    if server.makes_databases {
        report.note("rights", Verdict::Good, "the database user may make offices and trial restores");
    } else {
        let says = "the database user may make no databases (CREATEDB): backups cannot be proved, and are not made";
        report.note("rights", Verdict::Warning, says);
    }
    Some(server.data)
}

async fn office(wanted: &Wanted, report: &mut Report) {
    let there = db::offices(&wanted.database_url).await.is_ok_and(|offices| offices.contains(&wanted.office));
    let pool = match made(wanted).await {
        Ok(pool) => pool,
        Err(error) => return report.note("office", Verdict::Failed, words(&error)),
    };
    let says = format!("office {}, {}", wanted.office.as_str(), wanted.office_name);
    report.note("office", if there { Verdict::Good } else { Verdict::Made }, says);
    match trust::fingerprint(&pool, &wanted.clock).await {
        Ok(fingerprint) => {
            report.note("authority", Verdict::Good, format!("the office's key has the fingerprint {fingerprint}"));
            report.fingerprint = Some(fingerprint.to_string());
        }
        Err(error) => report.note("authority", Verdict::Failed, words(&error)),
    }
    if let Err(error) = held_file::public_key(&pool, wanted.clock.now()).await {
        report.note("file_key", Verdict::Failed, words(&error));
    }
    pool.close().await;
}

async fn made(wanted: &Wanted) -> Result<sqlx::PgPool, DatabaseError> {
    db::make(&wanted.database_url, &wanted.office).await?;
    let pool = db::open(&wanted.database_url, &wanted.office, &wanted.clock).await?;
    let host = db::office_name(&pool).await.map_err(DatabaseError::Open)?.host;
    let name = OfficeName { name: wanted.office_name.clone(), host };
    db::name_office(&pool, &name).await.map_err(DatabaseError::Open)?;
    Ok(pool)
}

fn folders(wanted: &Wanted, data: Option<&Path>, report: &mut Report) {
    let mut places: Vec<(&'static str, &Path)> = Vec::new();
    match wanted.place.folder() {
        Some(folder) if folder_made("scans", folder, report) => places.push(("the scans", folder)),
        Some(_) => {}
        None => {
            report.note("scans", Verdict::Good, "scans lie in a bucket; whether that is encrypted, its storage tells");
        }
    }
    match &wanted.admin_log {
        Some(folder) if folder_made("admin_log", folder, report) => places.push(("the administrator's log", folder)),
        Some(_) => {}
        None => {
            let says = "there is no administrator's log (--admin-log): what is done with accounts, roles and desks after a \
                        backup is lost with the database";
            report.note("admin_log", Verdict::Warning, says);
        }
    }
    let database = data.and_then(|data| wanted.disks.of_folder(data));
    if let (Some(log), Some(database)) = (&wanted.admin_log, &database) {
        match wanted.disks.of_folder(log) {
            Some(volume) if volume.disks.is_disjoint(&database.disks) => {
                report.note("disks", Verdict::Good, "the administrator's log and the database lie on different disks");
            }
            Some(volume) => {
                let both: Vec<&str> = volume.disks.intersection(&database.disks).map(String::as_str).collect();
                let says = format!("the administrator's log and the database both lie on {}", both.join(", "));
                report.note("disks", Verdict::Warning, says + ": whoever loses it loses both");
            }
            None => report.note("disks", Verdict::Warning, "on which disk the administrator's log lies cannot be told"),
        }
    } else if wanted.admin_log.is_some() {
        let says = "on which disk the database lies cannot be told: the administrator's log belongs on another one";
        report.note("disks", Verdict::Warning, says);
    }
    let mut volumes: Vec<(&str, Option<Volume>)> =
        places.into_iter().map(|(name, folder)| (name, wanted.disks.of_folder(folder))).collect();
    volumes.push(("the database", database));
    let named = |wrong: fn(&Option<Volume>) -> bool| {
        let names: Vec<&str> = volumes.iter().filter(|(_, volume)| wrong(volume)).map(|(name, _)| *name).collect();
        names.join(", ")
    };
    let plain = named(|volume| volume.as_ref().is_some_and(|volume| !volume.encrypted));
    let unknown = named(Option::is_none);
    if !plain.is_empty() {
        let says = format!("no encrypted volume (LUKS) below: {plain}. A stolen disk can be read");
        report.note("encryption", Verdict::Warning, says);
    }
    if !unknown.is_empty() {
        report.note(
            "encryption",
            Verdict::Warning,
            format!("whether the volume is encrypted cannot be told: {unknown}"),
        );
    }
    if plain.is_empty() && unknown.is_empty() {
        report.note("encryption", Verdict::Good, "everything lies on encrypted volumes");
    }
}

fn folder_made(what: &'static str, folder: &Path, report: &mut Report) -> bool {
    let there = folder.is_dir();
    if let Err(error) = std::fs::create_dir_all(folder) {
        report.note(what, Verdict::Failed, format!("{}: {error}", folder.display()));
        return false;
    }
    report.note(what, if there { Verdict::Good } else { Verdict::Made }, folder.display().to_string());
    true
}

fn recovery_key(wanted: &Wanted, report: &mut Report) {
    if let Some(key) = &wanted.recovery_key {
        report.note("recovery_key", Verdict::Good, "backups are encrypted to the recovery key");
        report.recovery_key = Some(key.to_string());
        return;
    }
    let Some(file) = &wanted.recovery_key_file else {
        let says = "there is no recovery key (--recovery-key-file): no backup can be made";
        return report.note("recovery_key", Verdict::Warning, says);
    };
    let made = !file.exists();
    let public = if made { backup::new_key(file) } else { backup::public_half(file) };
    match public {
        Ok(public) => {
            let verdict = if made { Verdict::Made } else { Verdict::Good };
            let says =
                format!("its secret half is in {}: into the safe with it, and off this computer", file.display());
            report.note("recovery_key", verdict, says);
            report.recovery_key = Some(public);
        }
        Err(error) => report.note("recovery_key", Verdict::Failed, words(&error)),
    }
}

fn written(wanted: &Wanted, report: &mut Report) {
    if let Some(file) = &wanted.config {
        let text = files::config(wanted, report.recovery_key.as_deref());
        files::write("config", file, &text, 0o640, files::same_settings, report);
    }
    if let Some(file) = &wanted.unit {
        files::write("unit", file, &files::unit(wanted), 0o644, |found, text| found == text, report);
        let folders: Vec<&Path> = wanted.place.folder().into_iter().chain(wanted.admin_log.as_deref()).collect();
        if folders.iter().any(|folder| is_root_s(folder)) {
            let named: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            let says = format!("the service's user must own its folders: chown -R okienko: {}", named.join(" "));
            report.note("owner", Verdict::Warning, says);
        }
    }
}

#[cfg(unix)]
fn is_root_s(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    folder.metadata().is_ok_and(|folder| folder.uid() == 0)
}

#[cfg(not(unix))]
fn is_root_s(_: &Path) -> bool {
    false
}

/// An error with its causes. Addresses and passwords stand in none of them.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
