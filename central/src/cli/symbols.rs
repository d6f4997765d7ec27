//! Commands about symbols: who numbers under which, granting, handing over, and whether every number is accounted for.

use std::io::Write;

use central::{Clock, db, symbols};
use clap::Subcommand;
use domain::{ids::DeviceId, register::PointSymbol};
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

fn symbol(text: &str) -> Result<PointSymbol, String> {
    PointSymbol::try_from(text.to_uppercase()).map_err(|_| "not at most two letters or digits".to_owned())
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
            symbols::grant(&pool, &clock, &symbol, DeviceId(desk), &by).await?;
            if json {
                return print_json(&json!({ "symbol": symbol, "desk": desk, "done": "granted" }));
            }
            writeln!(std::io::stdout(), "granted: {} to {desk}", symbol_or_dash(&symbol))?;
            Ok(())
        }
        SymbolCommand::HandOver { office, symbol, desk, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let holder = symbols::hand_over(&pool, &symbol, DeviceId(desk)).await?;
            if json {
                return print_json(&json!({ "symbol": symbol, "from": holder, "desk": desk, "done": "asked" }));
            }
            let symbol = symbol_or_dash(&symbol);
            writeln!(std::io::stdout(), "asked: {holder} releases {symbol} to {desk} at its next contact")?;
            Ok(())
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
