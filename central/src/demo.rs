//! Fills an empty office with invented units, clerks, desks and letters, so that an administrator can look at the commands, the fleet
//! and the status page without a desk. Called by the command line, and by nobody on an office that works.
//!
//! All of it goes the way of the real thing: the desks are invited, join, sign and push their logs, and tell how they are. Their keys
//! are thrown away and nobody knows the clerks' passwords, so nobody can go on in their name.

use std::sync::Arc;

use axum::extract::State;
use domain::{
    calendar,
    ids::{ClerkId, DeviceId, LetterId, OpId},
    letter::{Letter, LetterFacts},
    marks::{DocumentIdentifier, StatusKey, Teryt},
    party::{Address, Party, PartyName},
    register::{PointSymbol, Register, RegisterNumber},
    rights::Role,
    stage::Stage,
};
use ed25519_dalek::SigningKey;
use jiff::ToSpan;
use serde::Serialize;
use tokio::sync::Semaphore;
use wire::v1::{
    Acting, Bounds, DeviceState, Enrol, LogOf, OpBody, Operation, Push, Refusal, Report, SignIn, Tip, UnitChange,
    enrol::sign_code,
    log::{seal_by, sign_batch},
};

use crate::{
    accounts::{self, AccountError, NewClerk},
    admin_log::Administrator,
    clock::random,
    config::{Admission, ScanPlace},
    desks::{self, Guest, InviteError, Sender},
    directory::{self, DirectoryError, ImportError},
    error::Error,
    extract::Message,
    fleet, held_file,
    router::{MAX_AT_WORK, MAX_WAITING, Office},
    scans::Files,
    sync,
};

/// The units of the invented office, as `central import-units` reads them.
pub const UNITS: &str = "symbol;nazwa;nadrzędna;neutralna\n\
    OR;Referat Organizacyjny;;\n\
    FN;Referat Finansowy;;\n\
    FN.P;Stanowisko do spraw podatków i opłat;FN;\n\
    GP;Referat Gospodarki Przestrzennej;;\n\
    OŚ;Referat Ochrony Środowiska;;\n\
    USC;Urząd Stanu Cywilnego;;\n\
    GOPS;Gminny Ośrodek Pomocy Społecznej;;tak\n";

/// Login, given name, surname, role. The first registers, the second sets stages.
const CLERKS: [(&str, &str, &str, Role); 4] = [
    ("a.wojcik", "Anna", "Wójcik", Role::Reception),
    ("j.kowalik", "Jan", "Kowalik", Role::Secretary),
    ("z.maj", "Zofia", "Maj", Role::TaxOfficer),
    ("i.lis", "Irena", "Lis", Role::DataProtectionOfficer),
];

/// Symbol, label printer, multifunction device, what waits.
const DESKS: [(&str, DeviceState, DeviceState, u32); 2] =
    [("D1", DeviceState::Ready, DeviceState::Ready, 0), ("D2", DeviceState::Attention, DeviceState::None, 3)];

/// Surname, given names, matter.
const LETTERS: [(&str, &str, &str); 12] = [
    ("Łozińska", "Barbara", "Wniosek o warunki zabudowy"),
    ("Nowakowski", "Piotr", "Skarga na hałas"),
    ("Żółkiewski", "Adam", "Podanie o zaświadczenie"),
    ("Śliwińska", "Maria", "Zgłoszenie wycinki drzew"),
    ("Ćwikliński", "Tomasz", "Wniosek o dodatek mieszkaniowy"),
    ("Zielińska", "Ewa", "Odwołanie od decyzji"),
    ("Dąbrowski", "Marek", "Wniosek o odpis aktu urodzenia"),
    ("Jędrzejczyk", "Alicja", "Pismo w sprawie drogi gminnej"),
    ("Piątkowska", "Hanna", "Wniosek o dowóz dziecka do szkoły"),
    ("Wróblewski", "Jerzy", "Zgłoszenie awarii oświetlenia"),
    ("Maciejewska", "Teresa", "Wniosek o zajęcie pasa drogowego"),
    ("Grześkowiak", "Paweł", "Zaproszenie na zebranie wiejskie"),
];

const PROGRAM: &str = concat!("okienko ", env!("CARGO_PKG_VERSION"), " (demo)");

/// An office is not filled.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Somebody works there, or did.
    #[error("the office has letters, desks, units or accounts: a demonstration is for an empty one")]
    NotEmpty,
    /// An account cannot be made.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The units cannot be made.
    #[error(transparent)]
    Units(#[from] ImportError),
    /// The units cannot be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A desk cannot be invited.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// There is no folder for a moment.
    #[error("a folder for a moment cannot be made")]
    Folder(#[from] std::io::Error),
    /// The key for files.
    #[error(transparent)]
    FileKey(#[from] held_file::HeldFileError),
    /// Central failed.
    #[error(transparent)]
    Central(#[from] Error),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
}

/// What an office was filled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Filled {
    /// Units.
    pub units: usize,
    /// Accounts.
    pub clerks: usize,
    /// Desks.
    pub desks: usize,
    /// Letters.
    pub letters: usize,
    /// A key that the status page answers.
    pub status_key: String,
}

/// Fills an empty office.
///
/// # Errors
/// [`DemoError::NotEmpty`], before anything is done; else which part failed.
pub async fn fill(by: &Administrator<'_>, teryt: &Teryt) -> Result<Filled, DemoError> {
    if !is_empty(by).await? {
        return Err(DemoError::NotEmpty);
    }
    directory::import(by, UNITS.as_bytes()).await?;
    let (mut clerks, mut passwords) = (Vec::new(), Vec::new());
    for (login, given_name, surname, role) in CLERKS {
        let password = NobodysPassword::random()?;
        let new = NewClerk { login, given_name, surname, password: password.0.clone(), roles: &[role] };
        clerks.push(accounts::add(by, new).await?.id);
        passwords.push((login, password));
    }
    // Nothing of the demonstration has a scan.
    let nowhere = tempfile::tempdir()?;
    let place = ScanPlace::Folder(nowhere.path().to_owned());
    let office = Office {
        pool: by.pool.clone(),
        teryt: teryt.clone(),
        files: Files::open(&place, 0).map_err(Error::from)?,
        clock: by.clock.clone(),
        admin_log: by.log.cloned(),
        file_key: held_file::public_key(by.pool, by.clock.now()).await?.into(),
        admission: Admission::Known,
        at_work: Arc::new(Semaphore::new(MAX_AT_WORK)),
        waiting: Arc::new(Semaphore::new(MAX_WAITING)),
    };
    let status_key = StatusKey::from_random(random().map_err(Error::from)?);
    let mut letters = 0;
    for (at, (symbol, printer, mfp, unsent)) in DESKS.into_iter().enumerate() {
        let symbol = PointSymbol::try_from(symbol.to_owned()).map_err(|_| Error::from(Refusal::Malformed))?;
        let mut desk = DemoDesk::join(by, &office, symbol).await?;
        // Who never signed in at a desk is nobody there.
        for (login, password) in &passwords {
            desk.sign_in(&office, login, password).await?;
        }
        let own: Vec<_> = LETTERS.iter().skip(at).step_by(DESKS.len()).collect();
        for (n, letter) in (1..).zip(&own) {
            let key =
                if letters == 0 { status_key.clone() } else { StatusKey::from_random(random().map_err(Error::from)?) };
            desk.register(by, n, letter, &key, &clerks)?;
            letters += 1;
        }
        desk.push(&office).await?;
        desk.report(&office, (printer, mfp), unsent).await?;
    }
    let (units, clerks) = (directory::list(by.pool).await?.len(), clerks.len());
    Ok(Filled { units, clerks, desks: DESKS.len(), letters, status_key: status_key.display() })
}

async fn is_empty(by: &Administrator<'_>) -> Result<bool, DemoError> {
    let head = sync::state(&mut *by.pool.acquire().await?).await?.head;
    Ok(head == 0
        && desks::list(by.pool).await?.is_empty()
        && accounts::list(by.pool).await?.is_empty()
        && directory::list(by.pool).await?.is_empty())
}

/// A password that nobody hears of.
struct NobodysPassword(String);

impl NobodysPassword {
    fn random() -> Result<Self, Error> {
        Ok(Self(wire::v1::bytes::to_hex(&random()?)))
    }
}

/// A desk that lives as long as the command.
struct DemoDesk {
    log: LogOf,
    key: SigningKey,
    symbol: PointSymbol,
    sealed: Vec<Operation>,
}

impl DemoDesk {
    async fn join(by: &Administrator<'_>, office: &Office, symbol: PointSymbol) -> Result<Self, DemoError> {
        let guest =
            Guest { symbol: symbol.clone(), bounds: Bounds::none(), by: "central demo".to_owned(), known: None };
        let invited = desks::invite(by, &office.teryt, &guest).await?;
        let device = DeviceId(by.clock.new_id().map_err(Error::from)?);
        let log = LogOf { office: office.teryt.clone(), device };
        let key = SigningKey::from_bytes(&random().map_err(Error::from)?);
        let code = invited.invitation.code;
        let enrol = Enrol {
            code,
            device,
            public_key: key.verifying_key().to_bytes(),
            signature: sign_code(&key, &log, code),
            symbol: None,
            program: PROGRAM.to_owned(),
        };
        desks::enrol(State(office.clone()), Message(enrol)).await.map(drop)?;
        Ok(Self { log, key, symbol, sealed: Vec::new() })
    }

    async fn sign_in(&self, office: &Office, login: &str, password: &NobodysPassword) -> Result<(), DemoError> {
        let question = SignIn { login: login.to_owned(), password: password.0.clone() };
        let Sender(desk) = self.sender(office).await?;
        Ok(accounts::sign_in(State(office.clone()), desk, Message(question)).await.map(drop)?)
    }

    fn register(
        &mut self,
        by: &Administrator<'_>,
        n: u32,
        &(surname, given_names, title): &(&str, &str, &str),
        key: &StatusKey,
        clerks: &[ClerkId],
    ) -> Result<(), DemoError> {
        let now = by.clock.now() - i64::from(60 - n.min(59)).minutes();
        let today = calendar::civil_day(now);
        let number =
            RegisterNumber { register: Register::Incoming, symbol: self.symbol.clone(), year: today.year(), n };
        let id = LetterId(by.clock.new_id().map_err(Error::from)?);
        let name = PartyName::Person { surname: surname.to_owned(), given_names: given_names.to_owned() };
        let address = Address { town: Some("Kruszyna".to_owned()), country: "Polska".to_owned(), ..Address::default() };
        let letter = Letter {
            id,
            identifier: DocumentIdentifier::of(&self.log.office, &number),
            number,
            registered_at: now,
            registered_by: "Anna Wójcik".to_owned(),
            facts: LetterFacts::brief(Party { name, address, identifier: None }, title.to_owned(), today),
        };
        let status_hash = key.hash(&self.log.office);
        let body = OpBody::LetterRegistered { letter: Box::new(letter), unit: None, status_hash };
        self.seal(by, &body, clerks.first(), Role::Reception)?;
        let unit = UnitChange::Set(Some("Referat Organizacyjny (OR)".to_owned()));
        let stage = match n % 3 {
            0 => return Ok(()),
            1 => Stage::HandedToUnit,
            _ => Stage::InProgress,
        };
        let body =
            OpBody::StageSet { letter_id: id, based_on: None, stage, unit, by: "Jan Kowalik".to_owned(), at: now };
        self.seal(by, &body, clerks.get(1), Role::Secretary)
    }

    fn seal(
        &mut self,
        by: &Administrator<'_>,
        body: &OpBody,
        clerk: Option<&ClerkId>,
        role: Role,
    ) -> Result<(), DemoError> {
        let after = self.sealed.last().map_or(Tip::START, Operation::tip);
        let id = OpId(by.clock.new_id().map_err(Error::from)?);
        let acting = clerk.map(|clerk| Acting { clerk: *clerk, role });
        let salt = random().map_err(Error::from)?;
        self.sealed.push(seal_by(&self.log, after, id, salt, body, acting.as_ref()));
        Ok(())
    }

    async fn push(&self, office: &Office) -> Result<(), DemoError> {
        let Some(last) = self.sealed.last() else { return Ok(()) };
        let push = Push { ops: self.sealed.clone(), signature: sign_batch(&self.key, &self.log, &last.hash) };
        Ok(sync::push(State(office.clone()), self.sender(office).await?, Message(push)).await.map(drop)?)
    }

    async fn report(
        &self,
        office: &Office,
        (label_printer, mfp): (DeviceState, DeviceState),
        unsent: u32,
    ) -> Result<(), DemoError> {
        let oldest_unsent_seconds = (unsent > 0).then_some(25 * 60);
        let program = PROGRAM.to_owned();
        let report = Report {
            program,
            unsent,
            oldest_unsent_seconds,
            label_printer,
            mfp,
            read_scope: None,
            authority: None,
            erased: Vec::new(),
        };
        Ok(fleet::report(State(office.clone()), self.sender(office).await?, Message(report)).await.map(drop)?)
    }

    async fn sender(&self, office: &Office) -> Result<Sender, DemoError> {
        let desk = desks::find(&office.pool, self.log.device).await?;
        Ok(Sender(desk.ok_or_else(|| Error::from(Refusal::NotFound))?))
    }
}
