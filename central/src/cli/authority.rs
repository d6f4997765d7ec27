//! Commands about the key that desks know central by: which there were, which desks do not follow yet, the next one.

use std::io::Write;

use central::{
    Clock,
    admin_log::Administrator,
    db,
    trust::{self, Standing},
};
use clap::Subcommand;

use super::{Failure, Office, desks::symbol_or_dash, print_json};

#[derive(Debug, Subcommand)]
pub(super) enum AuthorityCommand {
    /// Shows the fingerprints of the keys, the present one last, and the desks that do not trust that one yet.
    #[command(after_help = "Example:\n  central authority show --json")]
    Show {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Replaces the key. The present one certifies the next, which signs half a minute later; desks follow by themselves, whenever
    /// they come. No desk is invited anew.
    #[command(
        after_help = "Example:\n  central authority replace --by 'Jan Kowalik' --why 'kopia zapasowa zginęła z sejfu'\n\n\
        Afterwards make a backup. Whoever has the old key can still pass for central with desks that `central authority show` \
        lists: switch them on, or invite them anew."
    )]
    Replace {
        #[command(flatten)]
        office: Office,
        /// Who replaces it.
        #[arg(long)]
        by: String,
        /// Why.
        #[arg(long)]
        why: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: AuthorityCommand) -> Result<(), Failure> {
    let clock = Clock::system();
    match command {
        AuthorityCommand::Show { office, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let standing = trust::standing(&pool, &clock).await?;
            if json { print_json(&standing) } else { show(&standing) }
        }
        AuthorityCommand::Replace { office, by, why, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let administrator = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let standing = trust::replace(&administrator, &by, &why).await?;
            if json { print_json(&standing) } else { show(&standing) }
        }
    }
}

fn show(standing: &Standing) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for key in &standing.keys {
        writeln!(out, "{}  signs from {:.0}", key.fingerprint, key.signs_from)?;
    }
    for desk in &standing.not_following {
        let (symbol, contact) = (symbol_or_dash(&desk.symbol), desk.last_contact);
        writeln!(out, "does not follow yet: desk {} {symbol}, last contact {contact:.0}", desk.desk)?;
    }
    Ok(())
}
