//! Settings of the desk: nothing is hard-wired. Called by `src-tauri/src/commands/settings.rs` and read by every room.

mod devices;
mod store;
pub mod view;

use domain::{
    ErrorCode, FieldError, FieldErrors,
    letter::Access,
    marks::Teryt,
    register::{PointSymbol, Register},
    rights::Act,
    text,
};
use drivers::{
    label::{PrinterLink, PrinterSettings, SerialFlow},
    scan::ScannerAddress,
};
use sqlx::SqliteConnection;
use view::{PrinterLinkKind, SettingsDraft, SettingsView, SlipPage};

use wire::v1::EnrolAnswer;

pub use devices::{print_test_label, serial_ports, test_central, test_scan};

use crate::{Desk, DeskError, DeskEvent, enrolment, recovery, registers};

/// The settings, parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// As typed.
    pub draft: SettingsDraft,
    /// Commune's code; `None` until filled.
    pub teryt: Option<Teryt>,
    /// Symbol of this point.
    pub symbol: PointSymbol,
    /// Label printer; `None` when none is set up.
    pub printer: Option<PrinterSettings>,
    /// Multifunction device; `None` when none is set up.
    pub mfp: Option<ScannerAddress>,
    /// Central's base address without a slash at the end; `None` when none is set up.
    pub central: Option<String>,
    /// Public address of the status page without a slash at the end; `None` when none is set up.
    pub status_address: Option<String>,
}

impl Settings {
    /// Parses the form.
    ///
    /// # Errors
    /// Every wrong field. Empty fields are allowed: [`Settings::missing`] names what intake still needs.
    pub fn parse(draft: &SettingsDraft) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.keep(text::line("officeName", &draft.office_name, 80));
        errors.keep(text::line("officeTown", &draft.office_town, 60));
        let teryt = errors.keep(optional("teryt", &draft.teryt, ErrorCode::TerytWrong, |typed| {
            Teryt::try_from(typed.to_owned()).ok()
        }));
        let symbol = errors.keep(
            PointSymbol::try_from(draft.point_symbol.trim().to_uppercase())
                .map_err(|_| FieldError::new("pointSymbol", ErrorCode::SymbolWrong)),
        );
        errors.keep(register_symbol("incomingSymbol", &draft.incoming_symbol));
        errors.keep(register_symbol("outgoingSymbol", &draft.outgoing_symbol));
        let printer = errors.keep(parse_printer(draft));
        let mfp = errors.keep(optional("mfpAddress", &draft.mfp_address, ErrorCode::AddressWrong, |typed| {
            ScannerAddress::read(typed).ok()
        }));
        let central = errors.keep(parse_central(&draft.central_address));
        let status_address =
            errors.keep(optional("statusAddress", &draft.status_address, ErrorCode::AddressWrong, web_address));
        if !(1..=15).contains(&draft.lock_after_minutes) {
            errors.push(FieldError::over("lockAfterMinutes", ErrorCode::NotANumber, 15));
        }
        if !(100..=200).contains(&draft.text_scale) {
            errors.push(FieldError::over("textScale", ErrorCode::NotANumber, 200));
        }
        errors.into_result()?;
        let complete = || {
            Some(Self {
                draft: draft.clone(),
                teryt: teryt?,
                symbol: symbol?,
                printer: printer?,
                mfp: mfp?,
                central: central?,
                status_address: status_address?,
            })
        };
        // Every `None` above left its error behind, so this default is never seen.
        complete().ok_or_else(FieldErrors::default)
    }

    /// Fields that intake needs and nobody has filled.
    pub fn missing(&self) -> Vec<String> {
        let needed = [
            ("officeName", self.draft.office_name.trim().is_empty()),
            ("teryt", self.teryt.is_none()),
            ("incomingSymbol", self.draft.incoming_symbol.trim().is_empty()),
        ];
        needed.into_iter().filter(|(_, missing)| *missing).map(|(field, _)| field.to_owned()).collect()
    }

    /// The office's abbreviation of a register.
    pub fn register_symbol(&self, register: Register) -> &str {
        match register {
            Register::Incoming => self.draft.incoming_symbol.trim(),
            Register::Outgoing => self.draft.outgoing_symbol.trim(),
        }
    }

    /// Access of a new letter.
    pub fn default_access(&self) -> Access {
        self.draft.default_access
    }

    /// Format of the slip.
    pub fn slip_page(&self) -> SlipPage {
        self.draft.slip_page
    }
}

/// What the settings screen opens with.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn settings(desk: &Desk) -> Result<SettingsView, DeskError> {
    let settings = desk.settings();
    let (numbering_fixed, symbol_fixed, card_saved_on) = {
        let mut db = desk.read().await?;
        let borne = store::has_letters(&mut db).await?;
        let others = registers::grants::held_symbols(&mut db).await?.iter().any(|symbol| *symbol != settings.symbol);
        // The office of an enrolled desk, and its symbol, are central's word.
        let fixed = borne || desk.enrolment().is_some();
        (fixed, fixed && !others, recovery::card_saved_on(&mut db).await?)
    };
    Ok(SettingsView {
        missing: settings.missing(),
        settings: settings.draft,
        enrolment: enrolment::bounds_view(desk),
        card_saved_on,
        numbering_fixed,
        symbol_fixed,
        data_folder: desk.paths().data.display().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Saves the settings; they hold from the next use on.
///
/// # Errors
/// [`DeskError::Draft`] with every wrong field. The office's code cannot change once a letter bears it or this
/// desk joined the office, nor can the symbol, but to another one that central granted to this desk ([`ErrorCode::NotAllowedNow`] at the field).
#[tracing::instrument(skip_all, err)]
pub async fn save_settings(desk: &Desk, draft: SettingsDraft) -> Result<SettingsView, DeskError> {
    crate::session::may_any(desk, Act::Settings)?;
    let parsed = Settings::parse(&draft)?;

    let mut tx = desk.begin().await?;
    if store::has_letters(&mut tx).await? || desk.enrolment().is_some() {
        let before = desk.settings();
        let mut errors = FieldErrors::default();
        let granted = registers::grants::held_symbols(&mut tx).await?.contains(&parsed.symbol);
        for (field, changed) in
            [("teryt", before.teryt != parsed.teryt), ("pointSymbol", before.symbol != parsed.symbol && !granted)]
        {
            if changed {
                errors.push(FieldError::new(field, ErrorCode::NotAllowedNow));
            }
        }
        errors.into_result()?;
    }
    store::save(&mut tx, &draft).await?;
    tx.commit().await?;

    take(desk, parsed);
    settings(desk).await
}

/// Reads the stored settings at start.
pub(crate) async fn load(db: &mut SqliteConnection) -> Result<Settings, DeskError> {
    match store::load(db).await? {
        Some(draft) => Ok(Settings::parse(&draft)?),
        None => Ok(Settings::default()),
    }
}

fn optional<T>(
    field: &str,
    typed: &str,
    wrong: ErrorCode,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, FieldError> {
    let typed = text::line(field, typed, 200)?;
    if typed.is_empty() {
        return Ok(None);
    }
    parse(&typed).map(Some).ok_or(FieldError::new(field, wrong))
}

// A register's symbol stands in the number between slashes and on every label.
fn register_symbol(field: &str, typed: &str) -> Result<String, FieldError> {
    let symbol = text::required_line(field, typed, 10)?;
    if symbol.contains(['/', ' ']) { Err(FieldError::new(field, ErrorCode::SymbolWrong)) } else { Ok(symbol) }
}

fn parse_printer(draft: &SettingsDraft) -> Result<Option<PrinterSettings>, FieldError> {
    let link = match draft.printer_link {
        PrinterLinkKind::None => return Ok(None),
        PrinterLinkKind::Tcp => {
            let host = text::required_line("printerHost", &draft.printer_host, 200)?;
            if host.contains(['/', ' ', '@']) {
                return Err(FieldError::new("printerHost", ErrorCode::AddressWrong));
            }
            let port = number("printerPort", &draft.printer_port, 9100, u32::from(u16::MAX))?;
            PrinterLink::Tcp { host, port: u16::try_from(port).unwrap_or(9100) }
        }
        PrinterLinkKind::Serial => PrinterLink::Serial {
            path: text::required_line("printerSerialPath", &draft.printer_serial_path, 200)?,
            baud: number("printerBaud", &draft.printer_baud, 9600, 921_600)?,
            flow: SerialFlow::default(),
        },
    };
    Ok(Some(PrinterSettings { link, dpi: draft.printer_dpi, size: draft.label_size }))
}

fn number(field: &str, typed: &str, default: u32, max: u32) -> Result<u32, FieldError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(default);
    }
    typed.parse().ok().filter(|number| (1..=max).contains(number)).ok_or(FieldError::over(
        field,
        ErrorCode::NotANumber,
        u64::from(max),
    ))
}

fn web_address(typed: &str) -> Option<String> {
    let address = reqwest::Url::parse(typed).ok()?;
    let plain = address.query().is_none() && address.fragment().is_none() && address.username().is_empty();
    let web = matches!(address.scheme(), "http" | "https") && address.has_host();
    (plain && web).then(|| address.as_str().trim_end_matches('/').to_owned())
}

/// An address that central may have; `None` for any other text.
pub(crate) fn central_address(typed: &str) -> Option<String> {
    parse_central(typed).ok().flatten()
}

/// Whether a letter bears this desk's number.
///
/// # Errors
/// Those of the database.
pub(crate) async fn has_letters(db: &mut SqliteConnection) -> Result<bool, DeskError> {
    Ok(store::has_letters(db).await?)
}

/// Writes what joining an office says about the settings: the office, this desk's symbol, where central is.
///
/// # Errors
/// Those of the database.
pub(crate) async fn join(
    db: &mut SqliteConnection,
    desk: &Desk,
    address: &str,
    office: &Teryt,
    answer: &EnrolAnswer,
) -> Result<Settings, DeskError> {
    let mut draft = desk.settings().draft;
    draft.teryt = office.as_str().to_owned();
    draft.point_symbol = answer.symbol.as_str().to_owned();
    draft.central_address = address.to_owned();
    if draft.office_name.trim().is_empty() {
        draft.office_name.clone_from(&answer.office_name);
    }
    let settings = Settings::parse(&draft)?;
    store::save(db, &draft).await?;
    Ok(settings)
}

/// Works by these settings from now on; they are saved already.
pub(crate) fn take(desk: &Desk, settings: Settings) {
    *desk.settings.write().unwrap_or_else(std::sync::PoisonError::into_inner) = settings;
    desk.wake.labels.notify_one();
    desk.wake.sync.notify_one();
    desk.announce(DeskEvent::SettingsChanged);
}

// Plain HTTP is spoken with this computer only; TLS with the holder of the key that this desk was enrolled with.
fn parse_central(typed: &str) -> Result<Option<String>, FieldError> {
    let Some(address) = optional("centralAddress", typed, ErrorCode::AddressWrong, web_address)? else {
        return Ok(None);
    };
    let allowed = reqwest::Url::parse(&address).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        url.scheme() == "https"
            || host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    if allowed { Ok(Some(address)) } else { Err(FieldError::new("centralAddress", ErrorCode::AddressNotLoopback)) }
}
