//! Commands about backups: making one, bringing one back, the recovery key.

use std::{io::Write, path::PathBuf};

use central::{
    Clock,
    backup::{self, RecoveryKey, Report},
};
use clap::Args;

use super::{Failure, Office, print_json};

#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    office: Office,
    /// Folder of scanned documents.
    #[arg(long)]
    scans: PathBuf,
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
    /// Folder of scanned documents; those that are there stay.
    #[arg(long)]
    scans: PathBuf,
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
    let made = backup::make(backup::Backup {
        database_url: options.office.database_url,
        office: options.office.office_teryt,
        scans: options.scans,
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
    let back = backup::restore(backup::Restore {
        file: options.file,
        key_file: options.key_file,
        database_url: options.office.database_url,
        office: options.office.office_teryt,
        scans: options.scans,
        admin_log,
        replace: options.replace,
        clock: Clock::system(),
    })
    .await?;
    show("brought back", &back, options.json)
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
