//! `central fleet`: every desk, whether it is heard of, what waits at it, how its devices are.

use std::io::Write;

use central::{
    Clock, db,
    fleet::{self, FleetDesk},
};

use super::{Failure, Office, print_json};

pub(super) async fn show(office: Office, json: bool) -> Result<(), Failure> {
    let clock = Clock::system();
    let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
    let fleet = fleet::fleet(&pool, clock.now()).await?;
    if json {
        return print_json(&fleet);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:36}  {:2}  {:8}  {:10}  {:20}  {:>6}  {:>7}  {:9}  {:9}",
        "desk", "", "standing", "program", "last contact", "unsent", "oldest", "printer", "mfp"
    )?;
    for desk in &fleet {
        let symbol = if desk.symbol.as_str().is_empty() { "-" } else { desk.symbol.as_str() };
        let (unsent, oldest, printer, mfp) = told(desk);
        let silent = if desk.silent { "  SILENT" } else { "" };
        let (id, standing, program) = (desk.id.to_string(), desk.standing.as_str(), &desk.program);
        let contact = format!("{:.0}", desk.last_contact);
        writeln!(
            out,
            "{id:36}  {symbol:2}  {standing:8}  {program:10}  {contact:20}  {unsent:>6}  {oldest:>7}  {printer:9}  \
             {mfp:9}{silent}"
        )?;
    }
    Ok(())
}

fn told(desk: &FleetDesk) -> (String, String, &'static str, &'static str) {
    let dash = || "-".to_owned();
    desk.report.as_ref().map_or_else(
        || (dash(), dash(), "-", "-"),
        |report| {
            let oldest = report.oldest_unsent_seconds.map_or_else(dash, waited);
            (report.unsent.to_string(), oldest, report.label_printer.as_str(), report.mfp.as_str())
        },
    )
}

/// `45s`, `12m`, `3h`, `9d`.
fn waited(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        172_800.. => format!("{}d", seconds / 86_400),
    }
}
