//! Inviting a desk, and changing what a desk may hold and what may be done there.

use std::io::{IsTerminal, Write};

use central::{
    Clock,
    admin_log::Administrator,
    db,
    desks::{self, Guest},
};
use clap::Args;
use domain::{
    ids::DeviceId,
    register::PointSymbol,
    rights::{RecordKind, Role},
};
use qrcode::{QrCode, render::unicode::Dense1x2};
use serde_json::json;
use uuid::Uuid;
use wire::v1::Bounds;

use super::{Failure, Office, print_json, symbols::symbol};

/// What a desk may hold, and what may be done there.
#[derive(Debug, Args)]
struct Bound {
    /// The kinds of records that the desk may hold (letters, trusted_profile, tax); once for each.
    #[arg(long = "kind", value_parser = kind, required = true)]
    kinds: Vec<RecordKind>,
    /// The roles that may be exercised there (reception, trusted_profile_officer, tax_officer, secretary,
    /// data_protection_officer, administrator), whoever sits at it; once for each.
    #[arg(long = "role", value_parser = role, required = true)]
    roles: Vec<Role>,
}

impl Bound {
    fn read(self) -> Bounds {
        Bounds { scope: self.kinds.into_iter().collect(), ceiling: self.roles.into_iter().collect() }
    }
}

#[derive(Debug, Args)]
pub(super) struct Enrol {
    #[command(flatten)]
    office: Office,
    /// The symbol that the desk will number under; an empty one is "".
    #[arg(long, value_parser = symbol)]
    symbol: PointSymbol,
    #[command(flatten)]
    bound: Bound,
    /// Central's address as the desk reaches it.
    #[arg(long, env = "CENTRAL_ADDRESS", value_parser = address)]
    address: String,
    /// A desk that is known already and holds the symbol, by its id: it came in at first contact, or must be invited again.
    #[arg(long)]
    desk: Option<Uuid>,
    /// Who invites it.
    #[arg(long, default_value = "centrala")]
    by: String,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SetBounds {
    #[command(flatten)]
    office: Office,
    /// The desk's id, as `desk list` shows it.
    desk: Uuid,
    #[command(flatten)]
    bound: Bound,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

fn kind(text: &str) -> Result<RecordKind, String> {
    text.parse().map_err(|_| "not one of letters, trusted_profile, tax".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|_| "no such role".to_owned())
}

fn address(text: &str) -> Result<String, String> {
    let wrong = || "no address such as https://10.0.0.5:8710".to_owned();
    let address = url::Url::parse(text).map_err(|_| wrong())?;
    let bare = address.path() == "/" && address.query().is_none() && address.username().is_empty();
    // An invited desk speaks TLS and nothing else.
    if address.scheme() == "https" && address.has_host() && bare {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(wrong())
    }
}

pub(super) async fn enrol(options: Enrol) -> Result<(), Failure> {
    let clock = Clock::system();
    let pool = db::open(&options.office.database_url, &options.office.office_teryt, &clock).await?;
    let log = options.office.log_file();
    let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
    let guest = Guest {
        symbol: options.symbol,
        bounds: options.bound.read(),
        by: options.by,
        known: options.desk.map(DeviceId),
    };
    let invited = desks::invite(&by, &options.office.office_teryt, &guest).await?;
    let (address, letters) = (options.address, invited.invitation.letters());
    let scanned = format!("{address} {letters}");
    if options.json {
        return print_json(&json!({
            "address": address,
            "invitation": letters,
            "scanned": scanned,
            "fingerprint": invited.invitation.fingerprint.to_string(),
            "symbol": guest.symbol,
            "bounds": guest.bounds,
            "expiresAt": invited.expires_at,
        }));
    }
    let mut out = std::io::stdout().lock();
    if let Ok(code) = QrCode::new(&scanned) {
        let picture = code.render::<Dense1x2>().build();
        // Black on white, whatever the terminal's colours: many readers want it so.
        let coloured = out.is_terminal();
        for line in picture.lines() {
            if coloured { writeln!(out, "\x1b[30;107m{line}\x1b[0m")? } else { writeln!(out, "{line}")? }
        }
    }
    writeln!(out, "address:     {address}\ninvitation:  {letters}\ngood until:  {:.0}", invited.expires_at)?;
    Ok(())
}

pub(super) async fn set_bounds(options: SetBounds) -> Result<(), Failure> {
    let clock = Clock::system();
    let pool = db::open(&options.office.database_url, &options.office.office_teryt, &clock).await?;
    let log = options.office.log_file();
    let by = Administrator { pool: &pool, clock: &clock, log: log.as_ref() };
    let bounded = desks::bound(&by, DeviceId(options.desk), options.bound.read()).await?;
    if options.json {
        return print_json(&bounded);
    }
    writeln!(std::io::stdout(), "bounded: {}", options.desk)?;
    Ok(())
}
