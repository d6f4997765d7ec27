//! The command line: `setup`, `serve`, `office`, `demo`, `letter set-stage`, `letter show`, `desk`, `enrol`, `authority`, `revoke`, `fork`,
//! `import-held`, `user`, `role`, `oidc`, `unit`, `absence`, `import-units`, `symbol`, `verify-audit`, `erase`, `recovery-key`, `backup`, `restore`.

mod audit;
mod authority;
mod backups;
mod desks;
mod directory;
mod enrol;
mod erasures;
mod failure;
mod fleet;
mod held_files;
mod letters;
mod offices;
mod oidc;
mod scans;
mod setup;
mod supervisor;
mod symbols;
mod users;

use std::{
    io::{IsTerminal, Write},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use self::scans::Scans;
use central::{
    Clock, Config,
    admin_log::{Administrator, LogFile},
    config::{Admission, DatabaseUrl, NewOffice, Transport},
    db::{self, OfficeName},
    demo,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::marks::Teryt;
use serde::Serialize;
use uuid::Uuid;

pub(crate) use self::failure::report;
use self::{
    audit::VerifyAudit,
    authority::AuthorityCommand,
    backups::{Backup, NewKey, Restore},
    desks::{DeskCommand, ForkCommand},
    directory::{AbsenceCommand, ImportUnits, UnitCommand},
    enrol::Enrol,
    erasures::EraseCommand,
    failure::Failure,
    held_files::ImportHeld,
    letters::LetterCommand,
    offices::OfficeCommand,
    oidc::OidcCommand,
    setup::Setup,
    symbols::SymbolCommand,
    users::{RoleCommand, UserCommand},
};

/// The central server of an office.
#[derive(Debug, Parser)]
#[command(
    name = "central",
    version,
    after_help = "Exit codes: 0 done, 1 a fault, 2 wrong usage, 3 no such letter, desk, symbol, unit, clerk or provider."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How the log on stderr is written.
    #[arg(long, global = true, env = "CENTRAL_LOG_FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// A line of JSON an event, for programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a central out of nothing: looks at PostgreSQL and the disks, makes database, office and keys where they are missing,
    /// and writes the files of a service. May be run again at any time: nothing is made twice, nothing that stands is changed.
    #[command(
        after_help = "Example:\n  central setup --database-url postgres://okienko@127.0.0.1/okienko --office-teryt 2404082 \\\n    \
        --office-name 'Urząd Gminy Kruszyna' --scans /srv/okienko/scans --admin-log /mnt/other-disk/okienko \\\n    \
        --recovery-key-file key.txt --config central.env --unit okienko-central.service\n\n\
        What is missing is taken from --config, then asked for at the terminal. LOOK is a warning, FAILED ends with 1."
    )]
    Setup(Box<Setup>),
    /// Serves the desks and the public status page until it is told to stop (Ctrl+C or SIGTERM).
    #[command(after_help = "Prints one line of JSON when it listens:\n\
        \x20 {\"desks\":\"https://…\",\"status\":\"http://…\",\"admin\":\"http://…\"}\n\n\
        Example:\n  central serve --database-url postgres://okienko@127.0.0.1/okienko --scans /srv/okienko/scans \\\n\
        \x20   --office-teryt 2404082 --office-name 'Urząd Gminy Kruszyna' --public-listen 127.0.0.1:8080")]
    Serve(Serve),
    /// Makes and lists the offices of a database.
    Office {
        #[command(subcommand)]
        command: OfficeCommand,
    },
    /// Fills an empty office with invented units, clerks, desks and letters, to look at the commands and the status page. An office
    /// that holds anything is refused.
    #[command(
        after_help = "Example:\n  central demo\n\nAfterwards: central fleet; central letter show RPW/D1/1/2026; central unit list"
    )]
    Demo {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows or changes one letter.
    Letter {
        #[command(subcommand)]
        command: LetterCommand,
    },
    /// Shows the office's desks and changes their bounds.
    Desk {
        #[command(subcommand)]
        command: DeskCommand,
    },
    /// Invites a desk: prints letters and a QR code that are good once and for a quarter of an hour. They hold a code and the
    /// fingerprint of this office's key.
    #[command(
        after_help = "Example:\n  central enrol --symbol K2 --kind letters --role reception --address https://10.0.0.5:8710"
    )]
    Enrol(Enrol),
    /// Shows and replaces the key that desks know this office's central by.
    Authority {
        #[command(subcommand)]
        command: AuthorityCommand,
    },
    /// Shows every desk: last contact, program, what waits at it, how its devices are.
    #[command(after_help = "Example:\n  central fleet --json")]
    Fleet {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows and settles what is held of desks that do not count.
    Fork {
        #[command(subcommand)]
        command: ForkCommand,
    },
    /// Puts what a desk wrote into a file because it could not send (revoked, forked, cut off for good) into the hold, where
    /// `central fork` settles it letter by letter. Doing it again is harmless.
    #[command(after_help = "Example:\n  central import-held /media/usb/K1.okienko --scans /srv/okienko/scans\n\n\
        The desk writes the file in its window: Settings, Central. Documents are stored once their letters are settled: import \
        the same file again then. Another office's file, a changed one, and one of a desk that counts are refused.")]
    ImportHeld(ImportHeld),
    /// Shows, grants and hands over the symbols that desks number under.
    Symbol {
        #[command(subcommand)]
        command: SymbolCommand,
    },
    /// Makes, lists and changes the clerks' accounts.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Grants, revokes and lists roles.
    Role {
        #[command(subcommand)]
        command: RoleCommand,
    },
    /// Sets, shows and forgets the identity provider by which clerks may sign in (OpenID Connect).
    Oidc {
        #[command(subcommand)]
        command: OidcCommand,
    },
    /// Makes, changes, closes and lists the organisational units and who works in them.
    Unit {
        #[command(subcommand)]
        command: UnitCommand,
    },
    /// Notes, lists and takes back who is away and who stands in.
    Absence {
        #[command(subcommand)]
        command: AbsenceCommand,
    },
    /// Adds and changes units as a table says: the whole table or, when a row does not do, nothing.
    #[command(after_help = "Example:\n  central import-units units.csv\n\n\
        The table's first line names the columns: symbol,name,parent,neutral or symbol;nazwa;nadrzędna;neutralna. `parent` is \
        another unit's symbol, `neutral` is yes or tak where the public page shows the office's name instead.")]
    ImportUnits(ImportUnits),
    /// Erases what letters say (RODO), and lists which desks have not confirmed.
    Erase {
        #[command(subcommand)]
        command: EraseCommand,
    },
    /// Compares the audit with all that it binds: its chain, the desks' logs, the administrator's log, and the heads that desks
    /// and day sheets kept. Ends with 1 when something does not fit.
    #[command(
        after_help = "Example:\n  central verify-audit --head 2026-11-23/01939f2e-7c1a-7000-8000-000000000001/1204/9f2c…\n\n\
        What a restore took along is shown as a break, not as a finding: compare it with the day of the restore."
    )]
    VerifyAudit(VerifyAudit),
    /// Makes a recovery key: its public half is printed, its secret half opens every backup.
    #[command(after_help = "Example:\n  central recovery-key key.txt")]
    RecoveryKey(NewKey),
    /// Copies an office (database, scans, administrator's log) into one file that only the recovery key opens, and proves by a
    /// trial restore that it can be brought back.
    #[command(
        after_help = "Example:\n  central backup --scans /srv/okienko/scans --into /mnt/backup --recovery-key age1…\n\n\
        Make the recovery key once with `central recovery-key`; its secret half belongs into the office's safe, not on this computer.\n\
        Needs PostgreSQL's pg_dump and pg_restore, and a database user that may create databases."
    )]
    Backup(Backup),
    /// Brings an office back from a backup. Central must not serve it meanwhile; the desks then send again what is missing.
    #[command(
        after_help = "Example:\n  central restore /mnt/backup/okienko-2404082-20261123T080000Z.age --key-file key.txt \\\n    \
        --scans /srv/okienko/scans"
    )]
    Restore(Restore),
    /// Revokes a desk: from its next contact on it takes no numbers and reads nothing; what it still sends is held.
    #[command(after_help = "Example:\n  central revoke 01939f2e-7c1a-7000-8000-000000000001")]
    Revoke {
        #[command(flatten)]
        office: Office,
        /// The desk's id, as `desk list` shows it.
        desk: Uuid,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct Serve {
    /// The PostgreSQL database; put it into the environment when it holds a password.
    #[arg(long, env = "CENTRAL_DATABASE_URL", hide_env_values = true)]
    database_url: DatabaseUrl,
    /// Serves this office alone, making it where it is missing; without it, every office of the database is served.
    #[arg(long, env = "CENTRAL_OFFICE_TERYT", value_parser = teryt, requires = "office_name")]
    office_teryt: Option<Teryt>,
    /// The name of that office, as the status page shows it.
    #[arg(long, env = "CENTRAL_OFFICE_NAME", requires = "office_teryt")]
    office_name: Option<String>,
    /// Where the desks speak to us.
    #[arg(long, env = "CENTRAL_LISTEN", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How the desks speak to us: by TLS under this office's own authority, or by plain HTTP for a trial on this computer.
    #[arg(long, env = "CENTRAL_TRANSPORT", default_value = "tls")]
    transport: TransportName,
    /// Where the public status page is.
    #[arg(long, env = "CENTRAL_PUBLIC_LISTEN", default_value = "127.0.0.1:0")]
    public_listen: SocketAddr,
    /// Where health, readiness and metrics are told; nothing can be changed there.
    #[arg(long, default_value = "127.0.0.1:0")]
    admin_listen: SocketAddr,
    #[command(flatten)]
    scans: Scans,
    /// Folder of the administrator's log, on another disk than the database: what was done with accounts, roles and desks
    /// is written there, too, and done again after the database was restored from a backup.
    #[arg(long, env = "CENTRAL_ADMIN_LOG")]
    admin_log: Option<PathBuf>,
    /// Which desks are let in: those alone that were enrolled or seen before, or, for a trial, any.
    #[arg(long, env = "CENTRAL_ADMISSION", default_value = "known")]
    admission: AdmissionName,
    /// Address of the proxy before the status page whose X-Forwarded-For is believed.
    #[arg(long)]
    trusted_proxy: Option<IpAddr>,
}

#[derive(Debug, Args)]
struct Office {
    /// The PostgreSQL database; put it into the environment when it holds a password.
    #[arg(long, env = "CENTRAL_DATABASE_URL", hide_env_values = true)]
    database_url: DatabaseUrl,
    /// The office's TERYT code, seven digits.
    #[arg(long, env = "CENTRAL_OFFICE_TERYT", value_parser = teryt)]
    office_teryt: Teryt,
    /// Folder of the administrator's log, on another disk than the database; the same as `serve` is given.
    #[arg(long, env = "CENTRAL_ADMIN_LOG")]
    admin_log: Option<PathBuf>,
}

impl Office {
    fn log_file(&self) -> Option<LogFile> {
        self.admin_log.as_deref().map(|folder| LogFile::of(folder, &self.office_teryt))
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AdmissionName {
    /// A desk that was never seen is let in, and its key is pinned.
    FirstHello,
    /// A desk that was never seen is refused.
    Known,
}

impl From<AdmissionName> for Admission {
    fn from(name: AdmissionName) -> Self {
        match name {
            AdmissionName::FirstHello => Self::FirstHello,
            AdmissionName::Known => Self::Known,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TransportName {
    /// TLS 1.3.
    Tls,
    /// Plain HTTP on loopback.
    Plain,
}

impl From<TransportName> for Transport {
    fn from(name: TransportName) -> Self {
        match name {
            TransportName::Tls => Self::Tls,
            TransportName::Plain => Self::Plain,
        }
    }
}

fn teryt(text: &str) -> Result<Teryt, String> {
    Teryt::try_from(text.to_owned()).map_err(|_| "not seven digits".to_owned())
}

impl Cli {
    pub(crate) async fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Setup(options) => setup::setup(*options).await,
            Command::Serve(options) => serve(options).await,
            Command::Office { command } => offices::run(command).await,
            Command::Demo { office, json } => fill(office, json).await,
            Command::Letter { command } => letters::run(command).await,
            Command::Desk { command } => desks::run(command).await,
            Command::Enrol(options) => enrol::enrol(options).await,
            Command::Authority { command } => authority::run(command).await,
            Command::Fleet { office, json } => fleet::show(office, json).await,
            Command::Fork { command } => desks::fork(command).await,
            Command::ImportHeld(options) => held_files::import(options).await,
            Command::Revoke { office, desk, json } => desks::revoke(office, desk, json).await,
            Command::Symbol { command } => symbols::run(command).await,
            Command::Erase { command } => erasures::run(command).await,
            Command::VerifyAudit(options) => audit::verify(options).await,
            Command::RecoveryKey(options) => backups::new_key(&options),
            Command::Backup(options) => backups::backup(options).await,
            Command::Restore(options) => backups::restore(options).await,
            Command::User { command } => users::user(command).await,
            Command::Role { command } => users::role(command).await,
            Command::Oidc { command } => oidc::run(command).await,
            Command::Unit { command } => directory::unit(command).await,
            Command::Absence { command } => directory::absence(command).await,
            Command::ImportUnits(options) => directory::import_units(options).await,
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                report(&failure);
                ExitCode::from(failure.exit_code())
            }
        }
    }
}

async fn fill(office: Office, json: bool) -> Result<(), Failure> {
    let clock = Clock::system();
    let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
    let log = office.log_file();
    let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
    let filled = demo::fill(&by, &office.office_teryt).await?;
    if json {
        return print_json(&filled);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} units, {} clerks, {} desks", filled.units, filled.clerks, filled.desks)?;
    writeln!(out, "{} letters; one has the status key {}", filled.letters, filled.status_key)?;
    Ok(())
}

#[derive(Serialize)]
struct Listening {
    desks: String,
    status: String,
    admin: String,
}

async fn serve(options: Serve) -> Result<(), Failure> {
    // Asked for before anything starts, so that an early signal is not lost.
    let stop = stop_signal()?;
    let named = options.office_teryt.zip(options.office_name);
    let transport = Transport::from(options.transport);
    let central = central::start(Config {
        database_url: options.database_url,
        listen: options.listen,
        transport,
        public_listen: options.public_listen,
        admin_listen: options.admin_listen,
        longest_answer: Duration::from_mins(10),
        scans: options.scans.place()?,
        admin_log: options.admin_log,
        office: named.map(|(teryt, name)| NewOffice { teryt, name: OfficeName { name, host: None } }),
        admission: options.admission.into(),
        trusted_proxy: options.trusted_proxy,
        min_free_percent: 10,
        clock: Clock::system(),
    })
    .await?;
    print_json(&Listening {
        desks: format!("{}://{}", transport.scheme(), central.desk_address),
        status: format!("http://{}", central.status_address),
        admin: format!("http://{}", central.admin_address),
    })?;
    supervisor::ready();
    tokio::select! {
        () = stop => {}
        () = supervisor::keep_telling() => {}
    }
    supervisor::stopping();
    tracing::info!("stopping");
    central.stop().await;
    Ok(())
}

#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a signal to wait for, only ending the process stops it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// One line: from the terminal without showing it, else from stdin.
fn read_secret(prompt: &str) -> std::io::Result<String> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password(prompt);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn print_json(answer: &impl Serialize) -> Result<(), Failure> {
    let line = serde_json::to_string(answer).map_err(std::io::Error::from)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
