//! Commands about the office's identity provider (OpenID Connect). A secret comes from a prompt or from stdin, never as an argument.

use std::io::Write;

use central::{
    Clock,
    accounts::{self, ShownProvider},
    admin_log::Administrator,
    db,
};
use clap::Subcommand;
use serde_json::json;

use super::{Failure, Office, print_json, read_secret};

#[derive(Debug, Subcommand)]
pub(super) enum OidcCommand {
    /// Sets the identity provider, after asking it for its configuration. Desks offer it from their next contact on.
    #[command(
        after_help = "Examples:\n  central oidc set --issuer https://konta.gmina.pl/realms/urzad --client-id okienko\n  \
        central oidc set --issuer https://konta.gmina.pl/realms/urzad --client-id okienko --client-secret < secret.txt\n\n\
        At the provider: authorization code with PKCE, redirect address http://127.0.0.1/zalogowano with any port, scope \
        openid, and the claim auth_time in the ID token. Then link each account: central user link."
    )]
    Set {
        #[command(flatten)]
        office: Office,
        /// The provider's issuer identifier, to the letter.
        #[arg(long)]
        issuer: String,
        /// As whom central is known there.
        #[arg(long)]
        client_id: String,
        /// Central proves itself by a secret: it is asked for, or read from stdin where that is no terminal.
        #[arg(long)]
        client_secret: bool,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows the identity provider, and who of the last day came from it and is linked to no account.
    #[command(after_help = "Example:\n  central oidc show --json")]
    Show {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forgets the identity provider; passwords go on, links stay for the day on which it is set again.
    #[command(after_help = "Example:\n  central oidc clear")]
    Clear {
        #[command(flatten)]
        office: Office,
        /// Answers in JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: OidcCommand) -> Result<(), Failure> {
    let clock = Clock::system();
    match command {
        OidcCommand::Set { office, issuer, client_id, client_secret, json } => {
            let secret = if client_secret { Some(read_secret("Client secret: ")?) } else { None };
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let shown = accounts::set_provider(&by, &issuer, &client_id, secret).await?;
            print(Some(&shown), json)
        }
        OidcCommand::Show { office, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            print(accounts::show_provider(&pool, clock.now()).await?.as_ref(), json)
        }
        OidcCommand::Clear { office, json } => {
            let pool = db::open(&office.database_url, &office.office_teryt, &clock).await?;
            let log = office.log_file();
            let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
            let done = if accounts::clear_provider(&by).await? { "cleared" } else { "there was none" };
            if json {
                return print_json(&json!({ "done": done }));
            }
            writeln!(std::io::stdout(), "{done}")?;
            Ok(())
        }
    }
}

fn print(shown: Option<&ShownProvider>, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(&shown);
    }
    let mut out = std::io::stdout().lock();
    let Some(shown) = shown else {
        writeln!(out, "no identity provider is set")?;
        return Ok(());
    };
    let secret = match (shown.confidential, shown.secret_missing) {
        (false, _) => "no secret",
        (true, false) => "with a secret",
        (true, true) => "its secret is missing: set it again",
    };
    writeln!(out, "{}  {}  {secret}", shown.issuer, shown.client_id)?;
    for stranger in &shown.strangers {
        writeln!(out, "linked to nobody: {}  at {}  {}", stranger.subject, stranger.desk, stranger.at)?;
    }
    Ok(())
}
