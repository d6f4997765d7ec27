//! Commands about one letter: its stage, and what may be shown of it.

use std::io::Write;

use central::{
    Clock, db,
    letters::{
        self, apply,
        set_stage::{StageChange, set_stage},
    },
};
use clap::{Subcommand, ValueEnum};
use domain::stage::Stage;
use serde::Serialize;
use wire::v1::{LetterState, UnitChange};

use super::{Failure, Office, print_json};

#[derive(Debug, Subcommand)]
pub(super) enum LetterCommand {
    /// Sets the stage that desks and the status page show.
    #[command(
        after_help = "Example:\n  central letter set-stage RPW/K1/12/2026 handed-to-unit --unit 'Referat Finansowy'"
    )]
    SetStage {
        #[command(flatten)]
        office: Office,
        /// Register number, document identifier or id.
        letter: String,
        /// The stage from now on.
        stage: StageName,
        /// The unit or person from now on, by symbol, login or name; an empty one removes it, none given keeps it.
        #[arg(long)]
        unit: Option<String>,
        /// Who changes it, as the letter's history shows.
        #[arg(long, default_value = "centrala")]
        by: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows number, stage, unit and scans of a letter; not its sender and title.
    #[command(after_help = "Example:\n  central letter show WK1-26-001235-82 --json")]
    Show {
        #[command(flatten)]
        office: Office,
        /// Register number, document identifier or id.
        letter: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum StageName {
    /// zarejestrowano
    #[value(alias = "registered", alias = "zarejestrowano")]
    Registered,
    /// przekazano do komórki
    #[value(alias = "handed_to_unit", alias = "przekazano")]
    HandedToUnit,
    /// w toku
    #[value(alias = "in_progress", alias = "w-toku")]
    InProgress,
    /// zakończono
    #[value(alias = "zakończono", alias = "zakonczono")]
    Closed,
}

impl From<StageName> for Stage {
    fn from(name: StageName) -> Self {
        match name {
            StageName::Registered => Self::Registered,
            StageName::HandedToUnit => Self::HandedToUnit,
            StageName::InProgress => Self::InProgress,
            StageName::Closed => Self::Closed,
        }
    }
}

pub(super) async fn run(command: LetterCommand) -> Result<(), Failure> {
    let clock = Clock::system();
    match command {
        LetterCommand::Show { office, letter, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let mut tx = pool.begin().await?;
            let id = letters::find(&mut tx, &office.office_teryt, &letter).await?;
            let state = match id {
                Some(id) => apply::state(&mut tx, id).await?,
                None => None,
            };
            show(&state.ok_or(Failure::NotFound(letter))?, json)
        }
        LetterCommand::SetStage { office, letter, stage, unit, by, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let mut tx = pool.begin().await?;
            let id = letters::find(&mut tx, &office.office_teryt, &letter).await?;
            tx.commit().await?;
            let Some(id) = id else { return Err(Failure::NotFound(letter)) };
            let unit = match unit {
                None => UnitChange::Keep,
                Some(unit) => {
                    let unit = central::directory::resolve(&pool, &unit).await?;
                    UnitChange::Set(Some(unit).filter(|unit| !unit.is_empty()))
                }
            };
            let change = StageChange { stage: stage.into(), unit, by };
            let state = set_stage(&pool, &office.office_teryt, &clock, id, change).await?;
            show(&state.ok_or(Failure::NotFound(letter))?, json)
        }
    }
}

/// What the command line shows of a letter: nothing of its content.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: String,
    number: String,
    identifier: &'a str,
    stage: Stage,
    stage_changed_on: String,
    unit: Option<&'a str>,
    cancelled: bool,
    scans: usize,
    scans_stored: usize,
    tasks: Vec<&'a str>,
}

pub(super) fn show(state: &LetterState, json: bool) -> Result<(), Failure> {
    let register = match state.number.register {
        domain::register::Register::Incoming => "RPW",
        domain::register::Register::Outgoing => "RPWych",
    };
    let shown = Shown {
        id: state.id.to_string(),
        number: state.number.display(register),
        identifier: state.identifier.as_str(),
        stage: state.stage,
        stage_changed_on: state.stage_changed_on.to_string(),
        unit: state.unit.as_deref(),
        cancelled: state.cancelled.is_some(),
        scans: state.scans.len(),
        scans_stored: state.scans.iter().filter(|scan| scan.stored).count(),
        tasks: state.task_reasons(),
    };
    if json {
        return print_json(&shown);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}  {}", shown.number, shown.identifier)?;
    writeln!(out, "stage   {} (since {})", shown.stage.as_str(), shown.stage_changed_on)?;
    writeln!(out, "unit    {}", shown.unit.unwrap_or("-"))?;
    writeln!(out, "scans   {} ({} stored)", shown.scans, shown.scans_stored)?;
    if shown.cancelled {
        writeln!(out, "cancelled")?;
    }
    if !shown.tasks.is_empty() {
        writeln!(out, "tasks   {}", shown.tasks.join(", "))?;
    }
    Ok(())
}
