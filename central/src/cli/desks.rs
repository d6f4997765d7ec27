//! Commands about the office's desks: the list, what is held of those that do not count and how it is settled, revoking.

use std::io::Write;

use central::{
    Clock,
    admin_log::Administrator,
    db, desks,
    sync::{self, Settler},
};
use clap::{Args, Subcommand};
use domain::{
    ids::{DeviceId, LetterId},
    register::PointSymbol,
};
use uuid::Uuid;

use super::{
    Failure, Office,
    enrol::{self, SetBounds},
    print_json,
    symbols::symbol,
};

#[derive(Debug, Subcommand)]
pub(super) enum DeskCommand {
    /// Lists the desks: symbol, whether they count (counts, forked, revoked), operations, how many are held, last contact.
    #[command(after_help = "Example:\n  central desk list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Changes which kinds of records a desk may hold and which roles may be exercised there, from its next contact on.
    #[command(
        after_help = "Example:\n  central desk set-bounds 01939f2e-7c1a-7000-8000-000000000001 --kind letters --kind tax \
        --role tax_officer"
    )]
    SetBounds(SetBounds),
}

#[derive(Debug, Subcommand)]
pub(super) enum ForkCommand {
    /// Lists the held operations in the order of their numbers: desk, number in its log, letter, what it is, register
    /// number.
    #[command(after_help = "Example:\n  central fork list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Applies what is held of a letter, as if its desk counted.
    #[command(
        after_help = "Example:\n  central fork accept DESK LETTER --by 'Jan Kowalik' --why 'etykieta jest na piśmie'"
    )]
    Accept {
        #[command(flatten)]
        of: OfLetter,
    },
    /// Puts aside what is held of a letter; a number that no letter bears is then lost.
    #[command(after_help = "Example:\n  central fork discard DESK LETTER --by 'Jan Kowalik' --why 'wpis próbny'")]
    Discard {
        #[command(flatten)]
        of: OfLetter,
    },
    /// Says what a held letter is: the same paper as one that central has, or another paper that gets a new number under a
    /// symbol of central's own; its remarks name the label that it bears.
    #[command(
        after_help = "Examples:\n  central fork settle DESK LETTER --same-paper OTHER --by 'Jan Kowalik' --why 'kopia dysku'\n  \
        central fork settle DESK LETTER --new-symbol Z1 --by 'Jan Kowalik' --why 'kopia dysku'"
    )]
    Settle {
        #[command(flatten)]
        of: OfLetter,
        /// The id of the letter at central that is the same paper.
        #[arg(long, conflicts_with = "new_symbol", required_unless_present = "new_symbol")]
        same_paper: Option<Uuid>,
        /// The symbol of the new number: one that no desk has or had.
        #[arg(long, value_parser = symbol)]
        new_symbol: Option<PointSymbol>,
    },
}

/// Which held letter, and who settles it.
#[derive(Debug, Args)]
pub(super) struct OfLetter {
    #[command(flatten)]
    office: Office,
    /// The desk's id, as `fork list` shows it.
    desk: Uuid,
    /// The letter's id, as `fork list` shows it.
    letter: Uuid,
    /// Who settles it.
    #[arg(long)]
    by: String,
    /// Why.
    #[arg(long)]
    why: String,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: DeskCommand) -> Result<(), Failure> {
    match command {
        DeskCommand::List { office, json } => list(office, json).await,
        DeskCommand::SetBounds(options) => enrol::set_bounds(options).await,
    }
}

async fn list(office: Office, json: bool) -> Result<(), Failure> {
    let pool = db::open(&office.database_url, &office.office_teryt, &Clock::system()).await?;
    let desks = desks::list(&pool).await?;
    if json {
        return print_json(&desks);
    }
    let mut out = std::io::stdout().lock();
    for desk in desks {
        let (symbol, standing) = (symbol_or_dash(&desk.symbol), desk.standing.as_str());
        let (counted, held, seen) = (desk.operations, desk.held, desk.last_seen_at);
        writeln!(out, "{}  {symbol:2}  {standing:8}  {counted:>8}  {held:>6} held  {seen:.0}", desk.id)?;
    }
    Ok(())
}

pub(super) async fn fork(command: ForkCommand) -> Result<(), Failure> {
    match command {
        ForkCommand::List { office, json } => held(office, json).await,
        ForkCommand::Accept { of } => settle(of, Way::Accept).await,
        ForkCommand::Discard { of } => settle(of, Way::Discard).await,
        ForkCommand::Settle { of, same_paper, new_symbol } => match (same_paper, new_symbol) {
            (Some(other), _) => settle(of, Way::SamePaper(LetterId(other))).await,
            (None, Some(symbol)) => settle(of, Way::Anew(symbol)).await,
            // One of them is asked for before anything runs.
            (None, None) => Ok(()),
        },
    }
}

enum Way {
    Accept,
    Discard,
    SamePaper(LetterId),
    Anew(PointSymbol),
}

async fn settle(of: OfLetter, way: Way) -> Result<(), Failure> {
    let clock = Clock::system();
    let pool = db::open(&of.office.database_url, &of.office.office_teryt, &clock).await?;
    let log = of.office.log_file();
    let administrator = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
    let settler = Settler { administrator, office: &of.office.office_teryt, by: &of.by, why: &of.why };
    let (desk, letter) = (DeviceId(of.desk), LetterId(of.letter));
    let (how, operations) = match way {
        Way::Accept => ("accepted", sync::accept(settler, desk, letter).await?),
        Way::Discard => ("discarded", sync::discard(settler, desk, letter).await?),
        Way::SamePaper(other) => ("same paper", sync::same_paper(settler, desk, letter, other).await?),
        Way::Anew(symbol) => {
            let state = sync::register_anew(settler, desk, letter, &symbol).await?;
            return super::letters::show(&state, of.json);
        }
    };
    if of.json {
        return print_json(&serde_json::json!({ "letter": letter, "settled": how, "operations": operations }));
    }
    writeln!(std::io::stdout(), "{how}: {letter}, operations: {operations}")?;
    Ok(())
}

async fn held(office: Office, json: bool) -> Result<(), Failure> {
    let pool = db::open(&office.database_url, &office.office_teryt, &Clock::system()).await?;
    let held = sync::held(&pool).await?;
    if json {
        return print_json(&held);
    }
    let mut out = std::io::stdout().lock();
    for operation in held {
        let number = operation.number.as_ref().map_or_else(|| "-".to_owned(), |number| number.display("RPW"));
        let (desk, seq, kind) = (operation.desk, operation.seq, operation.kind);
        let letter = operation.letter.map_or_else(|| "-".to_owned(), |letter| letter.to_string());
        writeln!(out, "{desk}  {seq:>8}  {letter:36}  {kind:20}  {number}")?;
    }
    Ok(())
}

pub(super) async fn revoke(office: Office, desk: Uuid, json: bool) -> Result<(), Failure> {
    let clock = Clock::system();
    let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
    let log = office.log_file();
    let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
    if !desks::revoke(&by, DeviceId(desk)).await? {
        return Err(Failure::NoDesk(desk));
    }
    if json {
        return print_json(&serde_json::json!({ "revoked": desk }));
    }
    writeln!(std::io::stdout(), "revoked: {desk}")?;
    Ok(())
}

pub(super) fn symbol_or_dash(symbol: &PointSymbol) -> &str {
    if symbol.as_str().is_empty() { "-" } else { symbol.as_str() }
}
