//! Making a central out of nothing. What is not said is taken from the file of settings, then asked for at the terminal.

use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
    path::PathBuf,
};

use central::{
    Clock,
    backup::RecoveryKey,
    config::DatabaseUrl,
    setup::{self, Disks, Known, Report, Verdict, Wanted},
};
use clap::Args;
use domain::marks::Teryt;

use super::{
    Failure, print_json,
    scans::{SECRET, StorageOptions},
    teryt,
};

#[derive(Debug, Args)]
pub(super) struct Setup {
    /// The PostgreSQL database, made where missing; put it into the environment when it holds a password.
    #[arg(long, env = "CENTRAL_DATABASE_URL", hide_env_values = true)]
    database_url: Option<DatabaseUrl>,
    /// The office's TERYT code, seven digits.
    #[arg(long, env = "CENTRAL_OFFICE_TERYT", value_parser = teryt)]
    office_teryt: Option<Teryt>,
    /// The office's name, as the status page shows it.
    #[arg(long, env = "CENTRAL_OFFICE_NAME")]
    office_name: Option<String>,
    /// Where scanned documents are: a folder, made where missing, or a bucket, s3://bucket/prefix.
    #[arg(long, env = "CENTRAL_SCANS", value_name = "PLACE")]
    scans: Option<String>,
    #[command(flatten)]
    storage: StorageOptions,
    /// Folder of the administrator's log, on another disk than the database; made where missing.
    #[arg(long, env = "CENTRAL_ADMIN_LOG")]
    admin_log: Option<PathBuf>,
    /// Public half of a recovery key that is there already (age1…).
    #[arg(long, env = "CENTRAL_RECOVERY_KEY")]
    recovery_key: Option<RecoveryKey>,
    /// File for the secret half of a new recovery key, where there is none yet; one that is there is used again.
    #[arg(long)]
    recovery_key_file: Option<PathBuf>,
    /// Where the desks will speak to central.
    #[arg(long, env = "CENTRAL_LISTEN")]
    listen: Option<SocketAddr>,
    /// Where the public status page will be.
    #[arg(long, env = "CENTRAL_PUBLIC_LISTEN")]
    public_listen: Option<SocketAddr>,
    /// File of settings, written where missing; what it says already is not asked for again.
    #[arg(long)]
    config: Option<PathBuf>,
    /// File for the service of systemd, written where missing.
    #[arg(long)]
    unit: Option<PathBuf>,
    /// Answers in JSON, and asks nothing.
    #[arg(long)]
    json: bool,
}

pub(super) async fn setup(options: Setup) -> Result<(), Failure> {
    let json = options.json;
    let wanted = wanted(options)?;
    let report = setup::setup(&wanted).await;
    if json {
        print_json(&report)?;
    } else {
        show(&report, &wanted)?;
    }
    if report.is_ready() { Ok(()) } else { Err(Failure::NotReady) }
}

fn wanted(options: Setup) -> Result<Wanted, Failure> {
    let known = match &options.config {
        Some(file) => setup::known(file)?,
        None => Known::new(),
    };
    let asks = Asks { known, json: options.json };
    let database_url =
        asks.value(options.database_url, "CENTRAL_DATABASE_URL", "database-url", "PostgreSQL (postgres://…)")?;
    let office = match options.office_teryt {
        Some(office) => office,
        None => {
            teryt(&asks.value(None::<String>, "CENTRAL_OFFICE_TERYT", "office-teryt", "TERYT code, seven digits")?)
                .map_err(|_| Failure::Wrong("office-teryt"))?
        }
    };
    let office_name = asks.value(options.office_name, "CENTRAL_OFFICE_NAME", "office-name", "the office's name")?;
    let scans =
        asks.value(options.scans, "CENTRAL_SCANS", "scans", "where scans are: a folder, or s3://bucket/prefix")?;
    // A service starts in another folder.
    let whole = |path: PathBuf| std::path::absolute(path);
    let scans = if scans.contains("://") { scans } else { whole(scans.into())?.display().to_string() };
    let secret = std::env::var(SECRET).ok().or_else(|| asks.known.get(SECRET).cloned());
    let storage = StorageOptions {
        s3_endpoint: asks.kept(options.storage.s3_endpoint, "CENTRAL_S3_ENDPOINT")?,
        s3_region: asks.kept(options.storage.s3_region, "CENTRAL_S3_REGION")?,
        s3_access_key_id: asks.kept(options.storage.s3_access_key_id, "CENTRAL_S3_ACCESS_KEY_ID")?,
    };
    let place = storage.place(&scans, secret)?;
    let port = |port| SocketAddr::from(([127, 0, 0, 1], port));
    Ok(Wanted {
        database_url,
        office,
        office_name,
        scans,
        place,
        admin_log: asks.kept(options.admin_log, "CENTRAL_ADMIN_LOG")?.map(whole).transpose()?,
        recovery_key: asks.kept(options.recovery_key, "CENTRAL_RECOVERY_KEY")?,
        recovery_key_file: options.recovery_key_file,
        listen: asks.kept(options.listen, "CENTRAL_LISTEN")?.unwrap_or_else(|| port(8710)),
        public_listen: asks.kept(options.public_listen, "CENTRAL_PUBLIC_LISTEN")?.unwrap_or_else(|| port(8080)),
        config: options.config.map(whole).transpose()?,
        unit: options.unit,
        disks: Disks::of_this_computer(),
        clock: Clock::system(),
    })
}

/// Where values come from that were not said.
struct Asks {
    known: Known,
    json: bool,
}

impl Asks {
    /// As said, else as kept.
    fn kept<T: std::str::FromStr>(&self, said: Option<T>, name: &'static str) -> Result<Option<T>, Failure> {
        if said.is_some() {
            return Ok(said);
        }
        self.known.get(name).map(|kept| kept.parse().map_err(|_| Failure::Wrong(name))).transpose()
    }

    /// As said, else as kept, else as answered at the terminal.
    fn value<T: std::str::FromStr>(
        &self,
        said: Option<T>,
        name: &'static str,
        flag: &'static str,
        question: &str,
    ) -> Result<T, Failure> {
        if let Some(value) = self.kept(said, name)? {
            return Ok(value);
        }
        if self.json || !std::io::stdin().is_terminal() {
            return Err(Failure::Missing(flag));
        }
        write!(std::io::stderr(), "{question}: ")?;
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        let line = line.trim();
        if line.is_empty() { Err(Failure::Missing(flag)) } else { line.parse().map_err(|_| Failure::Wrong(flag)) }
    }
}

fn show(report: &Report, wanted: &Wanted) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for step in &report.steps {
        let verdict = match step.verdict {
            Verdict::Good => "good",
            Verdict::Made => "made",
            Verdict::Warning => "LOOK",
            Verdict::Failed => "FAILED",
        };
        writeln!(out, "{verdict:6}  {:12}  {}", step.what, step.says)?;
    }
    if let Some(key) = &report.recovery_key {
        writeln!(out, "\nrecovery key: {key}")?;
    }
    if report.is_ready() {
        let desks = wanted.listen;
        writeln!(out, "\nready. Next: central serve; central user add; central enrol --address https://{desks}")?;
    }
    Ok(())
}
