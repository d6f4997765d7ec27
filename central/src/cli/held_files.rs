//! Taking a file of a desk that could not send.

use std::{io::Write, path::PathBuf};

use central::{
    Clock, db,
    held_file::{self, Import},
    scans::Files,
};
use clap::Args;

use super::{Failure, Office, print_json, scans::Scans};

#[derive(Debug, Args)]
pub(super) struct ImportHeld {
    #[command(flatten)]
    office: Office,
    /// The file.
    file: PathBuf,
    #[command(flatten)]
    scans: Scans,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn import(options: ImportHeld) -> Result<(), Failure> {
    let clock = Clock::system();
    let pool = db::open(&options.office.database_url, &options.office.office_teryt, &clock).await?;
    let files = Files::open(&options.scans.place()?, 0).map_err(central::StartError::Scans)?;
    let import = Import { pool, office: options.office.office_teryt, files, clock, file: options.file };
    let imported = held_file::import(&import).await?;
    if options.json {
        return print_json(&imported);
    }
    let scans = imported.scans;
    let mut out = std::io::stdout().lock();
    writeln!(out, "desk {}: {} operations held, {} known", imported.desk, imported.held, imported.known)?;
    writeln!(out, "scans: {} stored, {} known, {} waiting", scans.stored, scans.known, scans.waiting)?;
    if imported.held > 0 {
        writeln!(out, "settle them letter by letter: central fork list")?;
    }
    if scans.waiting > 0 {
        writeln!(
            out,
            "keep the file until the letters are settled, and import it again for the scans of those that were accepted; then destroy it"
        )?;
    }
    Ok(())
}
