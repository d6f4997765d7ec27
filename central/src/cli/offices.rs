//! Commands about the offices of a database: making one, the list.

use std::io::Write;

use central::{
    Clock,
    config::DatabaseUrl,
    db::{self, DatabaseError, OfficeName},
};
use clap::{Args, Subcommand};
use domain::marks::Teryt;
use serde::Serialize;

use super::{Failure, print_json, teryt};

#[derive(Debug, Args)]
pub(super) struct Database {
    /// The PostgreSQL database; put it into the environment when it holds a password.
    #[arg(long, env = "CENTRAL_DATABASE_URL", hide_env_values = true)]
    database_url: DatabaseUrl,
}

#[derive(Debug, Subcommand)]
pub(super) enum OfficeCommand {
    /// Makes an office: its schema, its roles, its tables. One that is there already is given the name and host.
    #[command(
        after_help = "Example:\n  central office add 2404082 --name 'Urząd Gminy Kruszyna' --host sprawa.kruszyna.example\n\n\
        The database user needs CREATEROLE, and CREATE on the database."
    )]
    Add {
        #[command(flatten)]
        database: Database,
        /// The office's TERYT code, seven digits.
        #[arg(value_parser = teryt)]
        teryt: Teryt,
        /// The office's name, as the status page shows it.
        #[arg(long)]
        name: String,
        /// Host name of the office's status page; needed where central serves several offices.
        #[arg(long, value_parser = host)]
        host: Option<String>,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the offices: code, name, host, whether their tables are those of this program.
    #[command(after_help = "Example:\n  central office list --json")]
    List {
        #[command(flatten)]
        database: Database,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Listed {
    teryt: Teryt,
    name: Option<String>,
    host: Option<String>,
    state: &'static str,
}

pub(super) async fn run(command: OfficeCommand) -> Result<(), Failure> {
    match command {
        OfficeCommand::Add { database, teryt, name, host, json } => {
            add(&database.database_url, teryt, OfficeName { name, host }, json).await
        }
        OfficeCommand::List { database, json } => list(&database.database_url, json).await,
    }
}

async fn add(url: &DatabaseUrl, teryt: Teryt, name: OfficeName, json: bool) -> Result<(), Failure> {
    for other in db::offices(url).await?.into_iter().filter(|other| *other != teryt) {
        let (Some(host), Some(known)) = (&name.host, db::look(url, &other).await?.name) else { continue };
        if known.host.as_ref() == Some(host) {
            return Err(Failure::HostTaken { host: host.clone(), office: other });
        }
    }
    db::make(url, &teryt).await?;
    let pool = db::open(url, &teryt, &Clock::system()).await?;
    db::name_office(&pool, &name).await?;
    if json {
        return print_json(&Listed { teryt, name: Some(name.name), host: name.host, state: "ready" });
    }
    writeln!(std::io::stdout(), "{}  {}  {}", teryt.as_str(), name.name, name.host.as_deref().unwrap_or("-"))?;
    Ok(())
}

async fn list(url: &DatabaseUrl, json: bool) -> Result<(), Failure> {
    let mut offices = Vec::new();
    for teryt in db::offices(url).await? {
        let looked = match db::look(url, &teryt).await {
            Ok(looked) => looked,
            // A schema of that name whose role is not ours to take.
            Err(DatabaseError::NoOffice(_)) => db::Look { name: None, state: "not ours" },
            Err(error) => return Err(error.into()),
        };
        let (name, host) = looked.name.map_or((None, None), |name| (Some(name.name), name.host));
        offices.push(Listed { teryt, name, host, state: looked.state });
    }
    if json {
        return print_json(&offices);
    }
    let mut out = std::io::stdout().lock();
    for office in offices {
        let (name, host) = (office.name.as_deref().unwrap_or("-"), office.host.as_deref().unwrap_or("-"));
        writeln!(out, "{}  {:8}  {name}  {host}", office.teryt.as_str(), office.state)?;
    }
    Ok(())
}

/// A host name in lower case, without a port.
fn host(text: &str) -> Result<String, String> {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.len() <= 253 && name.split('.').all(label) { Ok(name) } else { Err("not a host name".to_owned()) }
}
