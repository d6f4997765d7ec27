//! Commands about the office's units, who works in them, and who is away.

use std::{io::Write, path::PathBuf};

use central::{
    Clock,
    admin_log::{Administrator, LogFile},
    db,
    directory::{self, ListedAbsence, ListedUnit, ParentChange, UnitChange},
};
use clap::{Args, Subcommand};
use domain::{calendar::display_date, directory::UnitSymbol, ids::AbsenceId};
use jiff::civil::Date;
use serde_json::json;
use sqlx::PgPool;

use super::{Failure, Office, print_json};

#[derive(Debug, Subcommand)]
pub(super) enum UnitCommand {
    /// Makes a unit, or opens a closed one again.
    #[command(after_help = "Examples:\n  central unit add FN 'Referat Finansowy'\n  \
        central unit add GOPS 'Gminny Ośrodek Pomocy Społecznej' --neutral")]
    Add {
        #[command(flatten)]
        office: Office,
        /// Its symbol, as it begins a case's reference: FN, OŚ, OR.I.
        symbol: String,
        /// Its name.
        name: String,
        /// Symbol of the unit that it belongs to.
        #[arg(long)]
        parent: Option<String>,
        /// Its name says too much of whoever writes to it: the public page shows the office's name instead.
        #[arg(long)]
        neutral: bool,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Changes a unit's name, the unit that it belongs to, or what citizens read of it. Letters keep the words they bear.
    #[command(after_help = "Example:\n  central unit change FN --name 'Referat Budżetu i Finansów'")]
    Change {
        #[command(flatten)]
        office: Office,
        /// Its symbol.
        symbol: String,
        /// Its name from now on.
        #[arg(long)]
        name: Option<String>,
        /// Symbol of the unit that it belongs to from now on; '-' for none.
        #[arg(long)]
        parent: Option<String>,
        /// Whether the public page shows the office's name instead of its own.
        #[arg(long)]
        neutral: Option<bool>,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Closes a unit: no letter is given to it any more.
    #[command(after_help = "Example:\n  central unit close FN")]
    Close {
        #[command(flatten)]
        office: Office,
        /// Its symbol.
        symbol: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the units with their members; `*` marks the head.
    #[command(after_help = "Example:\n  central unit list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a clerk a member of a unit, or its head.
    #[command(after_help = "Example:\n  central unit join FN a.wojcik --head")]
    Join {
        #[command(flatten)]
        office: Office,
        /// The unit's symbol.
        symbol: String,
        /// The clerk's login.
        login: String,
        /// As its head, in the place of whoever was.
        #[arg(long)]
        head: bool,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Takes a clerk out of a unit.
    #[command(after_help = "Example:\n  central unit leave FN a.wojcik")]
    Leave {
        #[command(flatten)]
        office: Office,
        /// The unit's symbol.
        symbol: String,
        /// The clerk's login.
        login: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AbsenceCommand {
    /// Notes that a clerk is away, both days included; why is not asked.
    #[command(after_help = "Example:\n  central absence add a.wojcik 2026-12-01 2026-12-11 --deputy j.nowak")]
    Add {
        #[command(flatten)]
        office: Office,
        /// The clerk's login.
        login: String,
        /// First day, YYYY-MM-DD.
        first_day: Date,
        /// Last day, YYYY-MM-DD.
        last_day: Date,
        /// Login of whoever stands in for her.
        #[arg(long)]
        deputy: Option<String>,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the absences, the last to begin first.
    #[command(after_help = "Example:\n  central absence list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Takes an absence back.
    #[command(after_help = "Example:\n  central absence remove 01939f2e-7c1a-7000-8000-000000000001")]
    Remove {
        #[command(flatten)]
        office: Office,
        /// Its id, as `absence list` shows it.
        id: AbsenceId,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct ImportUnits {
    #[command(flatten)]
    office: Office,
    /// The table: CSV in UTF-8, comma or semicolon.
    file: PathBuf,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

/// An opened office and its administrator's log.
struct Opened {
    pool: PgPool,
    clock: Clock,
    log: Option<LogFile>,
}

impl Opened {
    async fn of(office: &Office) -> Result<Self, Failure> {
        let clock = Clock::system();
        let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
        Ok(Self { pool, clock, log: office.log_file() })
    }

    fn by(&self) -> Administrator<'_> {
        Administrator { pool: &self.pool, clock: &self.clock, log: self.log.as_ref() }
    }
}

pub(super) async fn unit(command: UnitCommand) -> Result<(), Failure> {
    match command {
        UnitCommand::Add { office, symbol, name, parent, neutral, json } => {
            let office = Opened::of(&office).await?;
            let parent = parent.map_or(ParentChange::Leave, ParentChange::Join);
            let change = UnitChange { name: Some(name), parent, neutral: Some(neutral), closed: None };
            print_unit(&directory::add_unit(&office.by(), &symbol, change).await?, json)
        }
        UnitCommand::Change { office, symbol, name, parent, neutral, json } => {
            let office = Opened::of(&office).await?;
            let parent = match parent {
                None => ParentChange::Keep,
                Some(none) if none == "-" => ParentChange::Leave,
                Some(symbol) => ParentChange::Join(symbol),
            };
            let change = UnitChange { name, parent, neutral, closed: None };
            print_unit(&directory::change_unit(&office.by(), &symbol, change).await?, json)
        }
        UnitCommand::Close { office, symbol, json } => {
            let office = Opened::of(&office).await?;
            let change = UnitChange { closed: Some(true), ..UnitChange::default() };
            print_unit(&directory::change_unit(&office.by(), &symbol, change).await?, json)
        }
        UnitCommand::List { office, json } => {
            let units = directory::list(&Opened::of(&office).await?.pool).await?;
            if json { print_json(&units) } else { units.iter().try_for_each(|unit| print_unit(unit, false)) }
        }
        UnitCommand::Join { office, symbol, login, head, json } => {
            let office = Opened::of(&office).await?;
            directory::join(&office.by(), &symbol, &login, head).await?;
            done(json, if head { "heads the unit" } else { "works in the unit" }, &login)
        }
        UnitCommand::Leave { office, symbol, login, json } => {
            let office = Opened::of(&office).await?;
            let left = directory::leave(&office.by(), &symbol, &login).await?;
            done(json, if left { "left the unit" } else { "was not in the unit" }, &login)
        }
    }
}

pub(super) async fn absence(command: AbsenceCommand) -> Result<(), Failure> {
    match command {
        AbsenceCommand::Add { office, login, first_day, last_day, deputy, json } => {
            let office = Opened::of(&office).await?;
            let days = (first_day, last_day);
            let absence = directory::add_absence(&office.by(), &login, days, deputy.as_deref()).await?;
            if json { print_json(&absence) } else { print_absence(&absence) }
        }
        AbsenceCommand::List { office, json } => {
            let absences = directory::absences(&Opened::of(&office).await?.pool).await?;
            if json { print_json(&absences) } else { absences.iter().try_for_each(print_absence) }
        }
        AbsenceCommand::Remove { office, id, json } => {
            let office = Opened::of(&office).await?;
            directory::remove_absence(&office.by(), id).await?;
            done(json, "taken back", &id.to_string())
        }
    }
}

pub(super) async fn import_units(options: ImportUnits) -> Result<(), Failure> {
    let table = std::fs::read(&options.file)?;
    let office = Opened::of(&options.office).await?;
    let imported = directory::import(&office.by(), &table).await?;
    if options.json {
        return print_json(&imported);
    }
    let (added, changed, same) = (imported.added, imported.changed, imported.same);
    writeln!(std::io::stdout(), "{added} added, {changed} changed, {same} as before")?;
    Ok(())
}

fn print_unit(unit: &ListedUnit, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(unit);
    }
    let kept = &unit.kept;
    let state = match (kept.closed, kept.neutral) {
        (true, _) => "closed",
        (false, true) => "neutral",
        (false, false) => "-",
    };
    let members: Vec<String> = unit
        .members
        .iter()
        .map(|member| if member.head { format!("*{}", member.login) } else { member.login.clone() })
        .collect();
    let (symbol, parent) = (kept.unit.symbol.as_str(), unit.parent_symbol.as_ref().map_or("-", UnitSymbol::as_str));
    writeln!(std::io::stdout(), "{symbol:12}  {parent:12}  {state:7}  {}  {}", kept.unit.name, members.join(","))?;
    Ok(())
}

fn print_absence(absence: &ListedAbsence) -> Result<(), Failure> {
    let deputy = absence.deputy.as_deref().unwrap_or("-");
    let (first, last) = (display_date(absence.first_day), display_date(absence.last_day));
    writeln!(std::io::stdout(), "{}  {first}  {last}  {:20}  {deputy}", absence.id, absence.login)?;
    Ok(())
}

fn done(json: bool, what: &str, subject: &str) -> Result<(), Failure> {
    if json {
        return print_json(&json!({ "subject": subject, "done": what }));
    }
    writeln!(std::io::stdout(), "{what}: {subject}")?;
    Ok(())
}
