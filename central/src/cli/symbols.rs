//! Commands about symbols: who numbers under which, granting, handing over, closing, and whether every number is accounted
//! for.

use std::io::Write;

use central::{
    Clock,
    admin_log::Administrator,
    db,
    letters::set_stage::read_number,
    symbols::{self, FromLabel},
};
use clap::Subcommand;
use domain::{
    ids::DeviceId,
    party::PartyName,
    register::{PointSymbol, RegisterNumber},
};
use serde_json::json;
use uuid::Uuid;

use super::{Failure, Office, desks::symbol_or_dash, print_json};

#[derive(Debug, Subcommand)]
pub(super) enum SymbolCommand {
    /// Lists every grant there ever was: symbol, desk, how it stands (stands, handing_over, released, closed), since when,
    /// by whom.
    #[command(after_help = "Example:\n  central symbol list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Grants a desk a symbol that nobody has had, or that its last desk released: it goes on behind the last number.
    #[command(
        after_help = "Example:\n  central symbol grant K2 01939f2e-7c1a-7000-8000-000000000001 --by 'Jan Kowalik'"
    )]
    Grant {
        #[command(flatten)]
        office: Office,
        /// The symbol; an empty one is "".
        #[arg(value_parser = symbol)]
        symbol: PointSymbol,
        /// The desk's id, as `desk list` shows it.
        desk: Uuid,
        /// Who grants it, as `symbol list` shows.
        #[arg(long, default_value = "centrala")]
        by: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Hands a symbol over: its desk is asked to release it, and the other one goes on behind its last number.
    #[command(after_help = "Example:\n  central symbol hand-over K1 01939f2e-7c1a-7000-8000-000000000002")]
    HandOver {
        #[command(flatten)]
        office: Office,
        /// The symbol; an empty one is "".
        #[arg(value_parser = symbol)]
        symbol: PointSymbol,
        /// The id of the desk that gets it.
        desk: Uuid,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Closes a symbol whose desk is gone: nobody numbers under it again. Up to the highest labels each number is then a
    /// letter, re-entered (`symbol reenter`) where central has none, or lost (`symbol lose`).
    #[command(
        after_help = "Example:\n  central symbol close K1 --highest RPW/K1/212/2026 --by 'Jan Kowalik' --why 'dysk spalony'"
    )]
    Close {
        #[command(flatten)]
        office: Office,
        /// The symbol; an empty one is "".
        #[arg(value_parser = symbol)]
        symbol: PointSymbol,
        /// The number on the highest label found; once for each register and year.
        #[arg(long, value_parser = number)]
        highest: Vec<RegisterNumber>,
        /// Who closes it.
        #[arg(long)]
        by: String,
        /// Why.
        #[arg(long)]
        why: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Names numbers of a closed symbol lost: no paper with them was found.
    #[command(
        after_help = "Example:\n  central symbol lose RPW/K1/209/2026 --up-to 211 --by 'Jan Kowalik' --why 'etykiet nie ma'"
    )]
    Lose {
        #[command(flatten)]
        office: Office,
        /// The first number.
        #[arg(value_parser = number)]
        number: RegisterNumber,
        /// The last number; the first one alone where none is given.
        #[arg(long)]
        up_to: Option<u32>,
        /// Who says so.
        #[arg(long)]
        by: String,
        /// Why.
        #[arg(long)]
        why: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Enters a letter of a closed symbol again, from its label and paper.
    #[command(
        after_help = "Example:\n  central symbol reenter RPW/K1/208/2026 --title 'Skarga' --received-on 2026-11-23 \\\n  \
        \x20 --organisation 'Spółka Zielony Las' --by 'Jan Kowalik'"
    )]
    Reenter {
        #[command(flatten)]
        office: Office,
        /// The number on the label.
        #[arg(value_parser = number)]
        number: RegisterNumber,
        /// The letter's title.
        #[arg(long)]
        title: String,
        /// The day of receipt on the label.
        #[arg(long)]
        received_on: jiff::civil::Date,
        /// Surname of a person who sent it.
        #[arg(long, conflicts_with = "organisation")]
        surname: Option<String>,
        /// Given names of that person.
        #[arg(long, requires = "surname")]
        given_names: Option<String>,
        /// Name of an organisation that sent it; without any the sender is unknown.
        #[arg(long)]
        organisation: Option<String>,
        /// Who enters it.
        #[arg(long)]
        by: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists every number up to the last of its series that is not exactly one of letter, cancelled letter and lost.
    #[command(after_help = "Example:\n  central symbol check --json")]
    Check {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn symbol(text: &str) -> Result<PointSymbol, String> {
    PointSymbol::try_from(text.to_uppercase()).map_err(|_| "not at most two letters or digits".to_owned())
}

fn number(text: &str) -> Result<RegisterNumber, String> {
    read_number(text).ok_or_else(|| "no register number, such as RPW/K1/12/2026".to_owned())
}

pub(super) async fn run(command: SymbolCommand) -> Result<(), Failure> {
    let clock = Clock::system();
    match command {
        SymbolCommand::List { office, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let grants = symbols::list(&pool).await?;
            if json {
                return print_json(&grants);
            }
            let mut out = std::io::stdout().lock();
            for grant in grants {
                let (symbol, standing, since) =
                    (symbol_or_dash(&grant.symbol), grant.standing.as_str(), grant.granted_at);
                writeln!(out, "{symbol:2}  {}  {standing:12}  {since:.0}  {}", grant.desk, grant.granted_by)?;
            }
            Ok(())
        }
        SymbolCommand::Grant { office, symbol, desk, by, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by_whom = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            symbols::grant(&by_whom, &symbol, DeviceId(desk), &by).await?;
            if json {
                return print_json(&json!({ "symbol": symbol, "desk": desk, "done": "granted" }));
            }
            writeln!(std::io::stdout(), "granted: {} to {desk}", symbol_or_dash(&symbol))?;
            Ok(())
        }
        SymbolCommand::HandOver { office, symbol, desk, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by_whom = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let holder = symbols::hand_over(&by_whom, &symbol, DeviceId(desk)).await?;
            if json {
                return print_json(&json!({ "symbol": symbol, "from": holder, "desk": desk, "done": "asked" }));
            }
            let symbol = symbol_or_dash(&symbol);
            writeln!(std::io::stdout(), "asked: {holder} releases {symbol} to {desk} at its next contact")?;
            Ok(())
        }
        SymbolCommand::Close { office, symbol, highest, by, why, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by_whom = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let desk = symbols::close(&by_whom, &symbol, &highest, &by, &why).await?;
            if json {
                return print_json(&json!({ "symbol": symbol, "desk": desk, "done": "closed" }));
            }
            writeln!(std::io::stdout(), "closed: {} of {desk}", symbol_or_dash(&symbol))?;
            Ok(())
        }
        SymbolCommand::Lose { office, number, up_to, by, why, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by_whom = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let last = up_to.unwrap_or(number.n);
            let lost = symbols::lose(&by_whom, &number, last, &by, &why).await?;
            if json {
                return print_json(&json!({ "first": number, "last": last, "lost": lost }));
            }
            writeln!(std::io::stdout(), "lost: {lost}")?;
            Ok(())
        }
        SymbolCommand::Reenter { office, number, title, received_on, surname, given_names, organisation, by, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let sender = match (surname, organisation) {
                (Some(surname), _) => PartyName::Person { surname, given_names: given_names.unwrap_or_default() },
                (None, Some(name)) => PartyName::Organisation { name },
                (None, None) => PartyName::Unknown,
            };
            let label = FromLabel { number, sender, title, received_on, by };
            let log = office.log_file();
            let by_whom = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let state = symbols::reenter(&by_whom, &office.office_teryt, label).await?;
            super::letters::show(&state, json)
        }
        SymbolCommand::Check { office, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let unclear = symbols::check(&pool).await?;
            if json {
                return print_json(&unclear);
            }
            let mut out = std::io::stdout().lock();
            for number in unclear {
                let (register, symbol) = (number.register.as_str(), symbol_or_dash(&number.symbol));
                let what = if number.times == 0 { "nothing is known" } else { "more than one thing" };
                writeln!(out, "{register:8}  {symbol:2}  {}  {:>6}  {what}", number.year, number.n)?;
            }
            Ok(())
        }
    }
}
