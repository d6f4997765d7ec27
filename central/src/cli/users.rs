//! Commands about the office's clerks and their roles. A password comes from a prompt or from stdin, never as an argument.

use std::io::Write;

use central::{
    Clock,
    accounts::{self, NewClerk},
    admin_log::Administrator,
    db,
};
use clap::{Subcommand, ValueEnum};
use domain::rights::{Role, Roles};
use serde_json::json;

use super::{Failure, Office, print_json, read_secret};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Makes an account; the password is asked for, or read from stdin where that is no terminal.
    #[command(
        after_help = "Examples:\n  central user add a.wojcik --given-name Anna --surname Wójcik --role reception\n  \
        central user add a.wojcik --given-name Anna --surname Wójcik < password.txt"
    )]
    Add {
        #[command(flatten)]
        office: Office,
        /// Login: small letters, digits, dots, hyphens, underscores.
        login: String,
        /// Given name.
        #[arg(long)]
        given_name: String,
        /// Surname.
        #[arg(long)]
        surname: String,
        /// A role; may be given several times.
        #[arg(long = "role")]
        roles: Vec<RoleName>,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the accounts: login, name, whether active, roles.
    #[command(after_help = "Example:\n  central user list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Gives a clerk another password; it is asked for, or read from stdin where that is no terminal.
    #[command(after_help = "Example:\n  central user set-password a.wojcik")]
    SetPassword {
        #[command(flatten)]
        office: Office,
        /// Login.
        login: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Links an account to a subject of the identity provider: whoever proves there to be this subject signs in as this clerk.
    #[command(after_help = "Example:\n  central user link a.wojcik --subject 7f1c0a2e-5f5e-4f0e-9a55-2f6f1f3f8f11\n\n\
        The subject is the claim `sub`, which the provider gives once and to nobody else. Who came and is linked to nobody stands in \
        `central oidc show`.")]
    Link {
        #[command(flatten)]
        office: Office,
        /// Login.
        login: String,
        /// The subject.
        #[arg(long)]
        subject: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Takes an account's link to the identity provider away; the password goes on.
    #[command(after_help = "Example:\n  central user unlink a.wojcik")]
    Unlink {
        #[command(flatten)]
        office: Office,
        /// Login.
        login: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Ends a clerk's signing in; what she did stays hers.
    #[command(after_help = "Example:\n  central user deactivate a.wojcik")]
    Deactivate {
        #[command(flatten)]
        office: Office,
        /// Login.
        login: String,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RoleCommand {
    /// Gives a clerk a role.
    #[command(after_help = "Example:\n  central role grant a.wojcik secretary")]
    Grant {
        #[command(flatten)]
        office: Office,
        /// Login.
        login: String,
        /// The role.
        role: RoleName,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Takes a role from a clerk; her operations are judged by it from now on.
    #[command(after_help = "Example:\n  central role revoke a.wojcik secretary")]
    Revoke {
        #[command(flatten)]
        office: Office,
        /// Login.
        login: String,
        /// The role.
        role: RoleName,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists who has which roles.
    #[command(after_help = "Example:\n  central role list --json")]
    List {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleName {
    /// kancelaria
    Reception,
    /// potwierdzający profil zaufany
    TrustedProfileOfficer,
    /// referat podatkowy
    TaxOfficer,
    /// sekretarz
    Secretary,
    /// inspektor ochrony danych
    DataProtectionOfficer,
    /// administrator systemu
    Administrator,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Reception => Self::Reception,
            RoleName::TrustedProfileOfficer => Self::TrustedProfileOfficer,
            RoleName::TaxOfficer => Self::TaxOfficer,
            RoleName::Secretary => Self::Secretary,
            RoleName::DataProtectionOfficer => Self::DataProtectionOfficer,
            RoleName::Administrator => Self::Administrator,
        }
    }
}

pub(super) async fn user(command: UserCommand) -> Result<(), Failure> {
    let clock = Clock::system();
    match command {
        UserCommand::Add { office, login, given_name, surname, roles, json } => {
            let password = read_secret("Password: ")?;
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let roles: Vec<Role> = roles.into_iter().map(Role::from).collect();
            let new = NewClerk { login: &login, given_name: &given_name, surname: &surname, password, roles: &roles };
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let clerk = accounts::add(&by, new).await?;
            if json {
                return print_json(&clerk);
            }
            writeln!(std::io::stdout(), "{}  {} {}", clerk.login, clerk.given_name, clerk.surname)?;
        }
        UserCommand::List { office, json } => list(&office, json).await?,
        UserCommand::SetPassword { office, login, json } => {
            let password = read_secret("Password: ")?;
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            accounts::set_password(&by, &login, password).await?;
            done(json, "password set", &login)?;
        }
        UserCommand::Link { office, login, subject, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let linked = accounts::link(&by, &login, &subject).await?;
            done(json, if linked { "linked" } else { "was linked already" }, &login)?;
        }
        UserCommand::Unlink { office, login, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let unlinked = accounts::unlink(&by, &login).await?;
            done(json, if unlinked { "unlinked" } else { "was not linked" }, &login)?;
        }
        UserCommand::Deactivate { office, login, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            accounts::deactivate(&by, &login).await?;
            done(json, "deactivated", &login)?;
        }
    }
    Ok(())
}

pub(super) async fn role(command: RoleCommand) -> Result<(), Failure> {
    let clock = Clock::system();
    match command {
        RoleCommand::Grant { office, login, role, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let granted = accounts::grant(&by, &login, role.into()).await?;
            done(json, if granted { "granted" } else { "had it already" }, &login)
        }
        RoleCommand::Revoke { office, login, role, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let revoked = accounts::revoke(&by, &login, role.into()).await?;
            done(json, if revoked { "revoked" } else { "had it not" }, &login)
        }
        RoleCommand::List { office, json } => list(&office, json).await,
    }
}

async fn list(office: &Office, json: bool) -> Result<(), Failure> {
    let pool = db::open(&office.database_url, &office.office_teryt, &Clock::system()).await?;
    let clerks = accounts::list(&pool).await?;
    if json {
        return print_json(&clerks);
    }
    let mut out = std::io::stdout().lock();
    for clerk in clerks {
        let (login, active, roles) = (&clerk.login, if clerk.active { "active" } else { "-" }, names(&clerk.roles));
        let linked = if clerk.linked { "  linked" } else { "" };
        writeln!(out, "{login:20}  {active:6}  {} {}  {roles}{linked}", clerk.given_name, clerk.surname)?;
    }
    Ok(())
}

fn names(roles: &Roles) -> String {
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(",")
}

fn done(json: bool, what: &str, login: &str) -> Result<(), Failure> {
    if json {
        return print_json(&json!({ "login": login, "done": what }));
    }
    writeln!(std::io::stdout(), "{what}: {login}")?;
    Ok(())
}
