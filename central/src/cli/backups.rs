//! Commands about backups: making one, bringing one back, the recovery key.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use central::{
    Clock,
    backup::{self, RecoveryKey, Report},
    scans::Files,
};
use clap::Args;

use super::{Failure, Office, print_json, scans::Scans};

#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    office: Office,
    #[command(flatten)]
    scans: Scans,
    /// Folder for the dump while it is plain, on an encrypted volume; beside the scans where these are in a folder.
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// Folder of backups, best on another computer; made where missing.
    #[arg(long)]
    into: PathBuf,
    /// Public half of the recovery key (age1…).
    #[arg(long, env = "CENTRAL_RECOVERY_KEY")]
    recovery_key: RecoveryKey,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    office: Office,
    /// The backup.
    file: PathBuf,
    /// File with the secret half of the recovery key, from the office's safe.
    #[arg(long)]
    key_file: PathBuf,
    #[command(flatten)]
    scans: Scans,
    /// Folder for the dump while it is plain, on an encrypted volume; beside the scans where these are in a folder.
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// Throws away the office that is there, once the backup stands in its place.
    #[arg(long)]
    replace: bool,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct NewKey {
    /// File for the secret half; it must not be there yet. Print it, put it into the safe, remove it from this computer.
    secret: PathBuf,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn backup(options: Backup) -> Result<(), Failure> {
    let admin_log = options.office.log_file();
    let (files, scratch) = places(options.scans, options.scratch)?;
    let made = backup::make(backup::Backup {
        database_url: options.office.database_url,
        office: options.office.office_teryt,
        files,
        scratch,
        admin_log,
        into: options.into,
        key: options.recovery_key,
        clock: Clock::system(),
    })
    .await?;
    show("made and proved", &made, options.json)
}

pub(super) async fn restore(options: Restore) -> Result<(), Failure> {
    let admin_log = options.office.log_file();
    let (files, scratch) = places(options.scans, options.scratch)?;
    let back = backup::restore(backup::Restore {
        file: options.file,
        key_file: options.key_file,
        database_url: options.office.database_url,
        office: options.office.office_teryt,
        files,
        scratch,
        admin_log,
        replace: options.replace,
        clock: Clock::system(),
    })
    .await?;
    show("brought back", &back, options.json)
}

fn places(scans: Scans, scratch: Option<PathBuf>) -> Result<(Files, PathBuf), Failure> {
    let place = scans.place()?;
    let scratch = scratch.or_else(|| place.folder().map(Path::to_owned)).ok_or(Failure::NoScratch)?;
    // What there is room for does not concern an administrator who asked for it.
    let files = Files::open(&place, 0).map_err(central::StartError::Scans)?;
    Ok((files, scratch))
}

pub(super) fn new_key(options: &NewKey) -> Result<(), Failure> {
    let public = backup::new_key(&options.secret)?;
    if options.json {
        return print_json(&serde_json::json!({ "publicKey": public }));
    }
    writeln!(std::io::stdout(), "{public}")?;
    Ok(())
}

fn show(what: &str, report: &Report, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(report);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what}: {}", report.file.display())?;
    writeln!(out, "of {:.0}: {} rows, {} scans", report.made_at, report.rows, report.scans)?;
    if report.done_again > 0 {
        writeln!(out, "deeds of the administrator's log done again: {}", report.done_again)?;
    }
    Ok(())
}
