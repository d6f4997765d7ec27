//! Commands that erase what letters say, and list which desks have not confirmed.

use std::io::Write;

use central::{
    Clock,
    admin_log::Administrator,
    db,
    erasure::{self, Done, Listed},
    scans::Files,
};
use clap::Subcommand;
use domain::register::{Register, RegisterNumber};

use super::{Failure, Office, print_json, scans::Scans};

#[derive(Debug, Subcommand)]
pub(super) enum EraseCommand {
    /// Erases what a letter says, for good: number, kind and stage stay, for the register. Say neither name nor title in --why.
    #[command(
        after_help = "Example:\n  central erase letter RPW/K1/12/2026 --scans /srv/okienko/scans --by 'Jan Kowalik' \\\n    \
        --why 'art. 17 ust. 1 lit. d RODO, sprawa IOD.1431.7.2026'\n\n\
        Desks erase at their next contact; `central erase list` shows those that have not. Backups keep what they hold until they \
        are thrown away; a restored central erases again before it serves."
    )]
    Letter {
        #[command(flatten)]
        office: Office,
        /// Register number, document identifier or id.
        letter: String,
        #[command(flatten)]
        scans: Box<Scans>,
        /// Who erases.
        #[arg(long)]
        by: String,
        /// Why: the provision and the case.
        #[arg(long)]
        why: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists erasures, newest first, each with the desks that have not confirmed it.
    #[command(after_help = "Example:\n  central erase list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: EraseCommand) -> Result<(), Failure> {
    let clock = Clock::system();
    match command {
        EraseCommand::Letter { office, letter, scans, by, why, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let files = Files::open(&scans.place()?, 0).map_err(central::StartError::Scans)?;
            let log = office.log_file();
            let administrator = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let done = erasure::erase(&administrator, &office.office_teryt, &files, &letter, &by, &why).await?;
            if json { print_json(&done) } else { show(&done) }
        }
        EraseCommand::List { office, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let listed = erasure::list(&pool).await?;
            if json { print_json(&listed) } else { show_list(&listed) }
        }
    }
}

fn show(done: &Done) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let (operations, scans) = (done.operations, done.scans);
    writeln!(out, "{} erased: {operations} operations, {scans} documents", number(&done.number))?;
    writeln!(out, "desks erase at their next contact: central erase list")?;
    Ok(())
}

fn show_list(listed: &[Listed]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for one in listed {
        let named = one.number.as_ref().map_or("-".to_owned(), number);
        writeln!(out, "{named}  {}  {}: {}", one.erased_at, one.erased_by, one.why)?;
        for desk in &one.unconfirmed {
            writeln!(
                out,
                "  not confirmed: desk {} {} ({}, last contact {})",
                desk.desk,
                desk.symbol.as_str(),
                desk.standing.as_str(),
                desk.last_seen_at
            )?;
        }
    }
    Ok(())
}

fn number(number: &RegisterNumber) -> String {
    number.display(match number.register {
        Register::Incoming => "RPW",
        Register::Outgoing => "RPWych",
    })
}
