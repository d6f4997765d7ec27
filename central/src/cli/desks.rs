//! Commands about the office's desks: the list, what is held of those that do not count, revoking.

use std::io::Write;

use central::{Clock, admin_log::Administrator, db, desks, sync};
use clap::Subcommand;
use domain::{ids::DeviceId, register::PointSymbol};
use uuid::Uuid;

use super::{Failure, Office, print_json};

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
}

#[derive(Debug, Subcommand)]
pub(super) enum ForkCommand {
    /// Lists the held operations in the order of their numbers: desk, number in its log, what it is, register number.
    #[command(after_help = "Example:\n  central fork list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn list(office: Office, json: bool) -> Result<(), Failure> {
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

pub(super) async fn held(office: Office, json: bool) -> Result<(), Failure> {
    let pool = db::open(&office.database_url, &office.office_teryt, &Clock::system()).await?;
    let held = sync::held(&pool).await?;
    if json {
        return print_json(&held);
    }
    let mut out = std::io::stdout().lock();
    for operation in held {
        let number = operation.number.as_ref().map_or_else(|| "-".to_owned(), |number| number.display("RPW"));
        let (desk, seq, kind) = (operation.desk, operation.seq, operation.kind);
        writeln!(out, "{desk}  {seq:>8}  {kind:20}  {number}")?;
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
