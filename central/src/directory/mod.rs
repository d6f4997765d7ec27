//! The office's directory: organisational units, who works in them, who is away. Kept by the administrator's commands, read by
//! every desk, and the reason why the public page names units and never people.
//!
//! Every change is a deed of the administrator's log and is published at once: the desks' copy is written anew, and so is what
//! the page says of letters' units. Called by the command line, by `accounts` when a clerk comes or goes, and at start.

mod deed;
mod import;
mod store;

use axum::{Json, extract::State};
use domain::{
    calendar,
    directory::{Absence, Directory, NAME_MAX, NotAUnitSymbol, Unit, UnitSymbol, public_key},
    ids::{AbsenceId, ClerkId, UnitId},
    rights::RecordKind,
    text,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use wire::v1::{DirectoryAnswer, Refusal, bytes::canonical};

pub use self::{
    deed::DirectoryDeed,
    import::{ImportError, Imported, import},
};
pub(crate) use self::{
    deed::carry_out,
    store::{lock, lock_for_letters, published_hash},
};
use crate::{
    accounts::{self, AccountError},
    admin_log::{self, AdminLogError, Administrator, Deed},
    desks::Desk,
    error::Error,
    router::Office,
};

/// A unit as central keeps it. Written into the administrator's log for ever: no field is ever renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptUnit {
    /// Id, symbol, name, parent.
    #[serde(flatten)]
    pub unit: Unit,
    /// Citizens read the office's name instead of its own.
    pub neutral: bool,
    /// No letter is given to it any more.
    pub closed: bool,
}

/// A unit as the administrator's list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedUnit {
    /// The unit.
    #[serde(flatten)]
    pub kept: KeptUnit,
    /// Symbol of the unit that it belongs to.
    pub parent_symbol: Option<UnitSymbol>,
    /// Who works in it.
    pub members: Vec<Member>,
}

/// Who works in a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Login.
    pub login: String,
    /// Whether she is its head.
    pub head: bool,
}

/// An absence as the administrator's list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedAbsence {
    /// Id.
    pub id: AbsenceId,
    /// Who is away.
    pub login: String,
    /// First day.
    pub first_day: Date,
    /// Last day.
    pub last_day: Date,
    /// Login of whoever stands in.
    pub deputy: Option<String>,
}

/// Why the directory cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Not a symbol.
    #[error(transparent)]
    Symbol(#[from] NotAUnitSymbol),
    /// The name is missing or too long, or has unprintable characters.
    #[error("a unit's name has 1 to {NAME_MAX} characters")]
    Name,
    /// A unit has this symbol.
    #[error("the symbol {0} is taken")]
    Taken(String),
    /// No unit has this symbol.
    #[error("no unit with the symbol {0}")]
    NoUnit(String),
    /// The unit belongs to itself, or to one that belongs to it.
    #[error("the unit {0} would belong to itself")]
    Circle(String),
    /// Nobody has this login.
    #[error("no clerk with the login {0}")]
    NoClerk(String),
    /// Neither yes nor no.
    #[error("{0} is neither yes (tak) nor no (nie)")]
    Neutral(String),
    /// The absence ends before it begins.
    #[error("the last day comes before the first")]
    Days,
    /// A clerk cannot stand in for herself.
    #[error("a clerk cannot stand in for herself")]
    OwnDeputy,
    /// No absence has this id.
    #[error("no absence {0}")]
    NoAbsence(AbsenceId),
    /// The administrator's log cannot be written: nothing was changed.
    #[error(transparent)]
    Log(#[from] AdminLogError),
    /// Central failed.
    #[error(transparent)]
    Central(#[from] Error),
}

impl From<sqlx::Error> for DirectoryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Central(error.into())
    }
}

/// What becomes of the unit that a unit belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ParentChange {
    /// As before.
    #[default]
    Keep,
    /// It belongs to none.
    Leave,
    /// It belongs to the one with this symbol.
    Join(String),
}

/// What changes of a unit; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UnitChange {
    /// Name.
    pub name: Option<String>,
    /// The unit that it belongs to.
    pub parent: ParentChange,
    /// Citizens read the office's name instead of its own.
    pub neutral: Option<bool>,
    /// No letter is given to it any more.
    pub closed: Option<bool>,
}

/// Makes a unit, or opens one that was closed.
///
/// # Errors
/// [`DirectoryError`], saying which part does not do.
pub async fn add_unit(by: &Administrator<'_>, symbol: &str, change: UnitChange) -> Result<ListedUnit, DirectoryError> {
    let symbol: UnitSymbol = symbol.parse()?;
    let mut tx = by.pool.begin().await?;
    store::lock(&mut tx).await?;
    let known = store::units(&mut tx).await?;
    let before = match known.iter().find(|one| one.unit.symbol == symbol) {
        Some(open) if !open.closed => return Err(DirectoryError::Taken(symbol.into())),
        Some(closed) => closed.clone(),
        None => KeptUnit {
            unit: Unit {
                id: UnitId(by.clock.new_id().map_err(Error::from)?),
                symbol,
                name: String::new(),
                parent: None,
            },
            neutral: false,
            closed: false,
        },
    };
    let change = UnitChange { closed: Some(false), ..change };
    keep(tx, by, known, before, change).await
}

/// Changes a unit.
///
/// # Errors
/// [`DirectoryError`], saying which part does not do.
pub async fn change_unit(
    by: &Administrator<'_>,
    symbol: &str,
    change: UnitChange,
) -> Result<ListedUnit, DirectoryError> {
    let mut tx = by.pool.begin().await?;
    store::lock(&mut tx).await?;
    let known = store::units(&mut tx).await?;
    let before = find(&known, symbol)?.clone();
    keep(tx, by, known, before, change).await
}

async fn keep(
    mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
    by: &Administrator<'_>,
    mut known: Vec<KeptUnit>,
    mut kept: KeptUnit,
    change: UnitChange,
) -> Result<ListedUnit, DirectoryError> {
    if let Some(name) = &change.name {
        kept.unit.name = name_of(name)?;
    }
    match &change.parent {
        ParentChange::Keep => {}
        ParentChange::Leave => kept.unit.parent = None,
        ParentChange::Join(symbol) => kept.unit.parent = Some(find(&known, symbol)?.unit.id),
    }
    kept.neutral = change.neutral.unwrap_or(kept.neutral);
    kept.closed = change.closed.unwrap_or(kept.closed);
    known.retain(|one| one.unit.id != kept.unit.id);
    known.push(kept.clone());
    refuse_circles(&known)?;
    perform(&mut tx, by, DirectoryDeed::UnitsKept { units: vec![kept.clone()] }).await?;
    let listed = listed(&mut tx).await?.into_iter().find(|one| one.kept.unit.id == kept.unit.id);
    tx.commit().await?;
    listed.ok_or_else(|| DirectoryError::NoUnit(kept.unit.symbol.into()))
}

fn name_of(typed: &str) -> Result<String, DirectoryError> {
    text::required_line("name", typed, NAME_MAX).map_err(|_| DirectoryError::Name)
}

fn find<'a>(known: &'a [KeptUnit], symbol: &str) -> Result<&'a KeptUnit, DirectoryError> {
    let wanted: UnitSymbol = symbol.parse()?;
    known.iter().find(|one| one.unit.symbol == wanted).ok_or_else(|| DirectoryError::NoUnit(wanted.into()))
}

/// From each unit the way up ends.
fn refuse_circles(units: &[KeptUnit]) -> Result<(), DirectoryError> {
    for start in units {
        let mut above = start.unit.parent;
        for _ in units {
            above = above.and_then(|id| units.iter().find(|one| one.unit.id == id)).and_then(|one| one.unit.parent);
        }
        if above.is_some() {
            return Err(DirectoryError::Circle(start.unit.symbol.clone().into()));
        }
    }
    Ok(())
}

/// Does a deed, publishes what it changes and writes it into the administrator's log; `false` when it changes nothing.
async fn perform(tx: &mut PgConnection, by: &Administrator<'_>, deed: DirectoryDeed) -> Result<bool, DirectoryError> {
    let changed = carry_out(tx, &deed).await?;
    if changed {
        publish(tx, by.clock.now()).await?;
        admin_log::record(tx, by, &Deed::Directory(deed)).await?;
    }
    Ok(changed)
}

/// Every unit, by symbol, the closed ones included.
///
/// # Errors
/// Those of the database.
pub async fn list(pool: &PgPool) -> Result<Vec<ListedUnit>, DirectoryError> {
    Ok(listed(&mut *pool.acquire().await?).await?)
}

async fn listed(tx: &mut PgConnection) -> sqlx::Result<Vec<ListedUnit>> {
    let (units, members) = (store::units(tx).await?, store::members(tx).await?);
    let symbol = |id| units.iter().find(|one| one.unit.id == id).map(|one| one.unit.symbol.clone());
    let of = |id| {
        let members = members.iter().filter(move |member| member.unit == id);
        members.map(|member| Member { login: member.login.clone(), head: member.head }).collect()
    };
    let listed = units.iter().map(|kept| ListedUnit {
        parent_symbol: kept.unit.parent.and_then(symbol),
        members: of(kept.unit.id),
        kept: kept.clone(),
    });
    Ok(listed.collect())
}

/// Makes a clerk a member of a unit, or its head in the place of another.
///
/// # Errors
/// [`DirectoryError::NoUnit`], [`DirectoryError::NoClerk`].
pub async fn join(by: &Administrator<'_>, symbol: &str, login: &str, head: bool) -> Result<(), DirectoryError> {
    let mut tx = by.pool.begin().await?;
    store::lock(&mut tx).await?;
    let unit = find(&store::units(&mut tx).await?, symbol)?.unit.id;
    let clerk = clerk_named(&mut tx, login).await?;
    perform(&mut tx, by, DirectoryDeed::MemberSet { unit, clerk, head }).await?;
    Ok(tx.commit().await?)
}

/// Takes a clerk out of a unit; `false` when she was not in it.
///
/// # Errors
/// [`DirectoryError::NoUnit`], [`DirectoryError::NoClerk`].
pub async fn leave(by: &Administrator<'_>, symbol: &str, login: &str) -> Result<bool, DirectoryError> {
    let mut tx = by.pool.begin().await?;
    store::lock(&mut tx).await?;
    let unit = find(&store::units(&mut tx).await?, symbol)?.unit.id;
    let clerk = clerk_named(&mut tx, login).await?;
    let left = perform(&mut tx, by, DirectoryDeed::MemberRemoved { unit, clerk }).await?;
    tx.commit().await?;
    Ok(left)
}

async fn clerk_named(tx: &mut PgConnection, login: &str) -> Result<ClerkId, DirectoryError> {
    match accounts::find(tx, login).await {
        Ok(clerk) => Ok(clerk),
        Err(AccountError::Login | AccountError::Unknown) => Err(DirectoryError::NoClerk(login.trim().to_owned())),
        Err(AccountError::Central(error)) => Err(error.into()),
        Err(AccountError::Log(error)) => Err(error.into()),
        Err(AccountError::Name | AccountError::Password | AccountError::Guessable | AccountError::Taken) => {
            Err(DirectoryError::Name)
        }
    }
}

/// Notes that a clerk is away, both days included, and who stands in for her.
///
/// # Errors
/// [`DirectoryError::NoClerk`], [`DirectoryError::Days`], [`DirectoryError::OwnDeputy`].
pub async fn add_absence(
    by: &Administrator<'_>,
    login: &str,
    days: (Date, Date),
    deputy: Option<&str>,
) -> Result<ListedAbsence, DirectoryError> {
    let (first_day, last_day) = days;
    if last_day < first_day {
        return Err(DirectoryError::Days);
    }
    let id = AbsenceId(by.clock.new_id().map_err(Error::from)?);
    let mut tx = by.pool.begin().await?;
    store::lock(&mut tx).await?;
    let clerk = clerk_named(&mut tx, login).await?;
    let stands_in = match deputy {
        Some(deputy) => Some(clerk_named(&mut tx, deputy).await?),
        None => None,
    };
    if stands_in == Some(clerk) {
        return Err(DirectoryError::OwnDeputy);
    }
    let absence = Absence { id, clerk, first_day, last_day, deputy: stands_in };
    perform(&mut tx, by, DirectoryDeed::AbsenceKept { absence }).await?;
    let listed = store::listed_absences(&mut tx).await?.into_iter().find(|one| one.id == id);
    tx.commit().await?;
    listed.ok_or(DirectoryError::NoAbsence(id))
}

/// Takes an absence back.
///
/// # Errors
/// [`DirectoryError::NoAbsence`].
pub async fn remove_absence(by: &Administrator<'_>, id: AbsenceId) -> Result<(), DirectoryError> {
    let mut tx = by.pool.begin().await?;
    store::lock(&mut tx).await?;
    if !perform(&mut tx, by, DirectoryDeed::AbsenceRemoved { id }).await? {
        return Err(DirectoryError::NoAbsence(id));
    }
    Ok(tx.commit().await?)
}

/// Every absence, the last to begin first.
///
/// # Errors
/// Those of the database.
pub async fn absences(pool: &PgPool) -> Result<Vec<ListedAbsence>, DirectoryError> {
    Ok(store::listed_absences(&mut *pool.acquire().await?).await?)
}

/// Gives a desk the directory.
///
/// # Errors
/// [`Refusal::NotFound`] before it was ever published.
pub async fn read(State(office): State<Office>, _desk: Desk) -> Result<Json<DirectoryAnswer>, Error> {
    let (body, hash) = store::published(&office.pool).await?.ok_or(Refusal::NotFound)?;
    Ok(Json(DirectoryAnswer { hash, directory: serde_json::from_str(&body)? }))
}

/// Publishes what an older program, or a restore, left unpublished.
///
/// # Errors
/// As [`publish`].
pub async fn refresh(pool: &PgPool, now: Timestamp) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    store::lock(&mut tx).await?;
    publish(&mut tx, now).await?;
    Ok(tx.commit().await?)
}

/// Writes anew what desks read of the directory, and what citizens read of letters' units. Whoever changed the directory, or made
/// or ended an account, calls this inside the transaction.
///
/// # Errors
/// Those of the database.
pub async fn publish(tx: &mut PgConnection, now: Timestamp) -> Result<(), Error> {
    let units = store::units(tx).await?;
    let people = store::people(tx).await?;
    let absences = store::absences_from(tx, calendar::civil_day(now)).await?;
    let open = units.iter().filter(|one| !one.closed).map(|one| one.unit.clone());
    let mut directory = Directory { units: open.collect(), people, absences };
    for person in &mut directory.people {
        person.units.retain(|of| directory.units.iter().any(|unit| unit.id == of.unit));
    }
    let body = canonical(&serde_json::to_value(&directory)?);
    store::put_published(tx, &String::from_utf8_lossy(&body), &Sha256::digest(&body).into()).await?;

    note_words(tx).await?;
    let shown = store::shown_words(tx).await?;
    let named = store::named_units(tx).await?.into_iter().map(|(unit, kind)| {
        let shown = match RecordKind::of_letter(kind.as_deref()) {
            RecordKind::Letters => shown.get(&public_key(&unit)).cloned().unwrap_or_default(),
            RecordKind::TrustedProfile | RecordKind::Tax => String::new(),
        };
        (unit, kind, shown)
    });
    store::show_units(tx, named.collect()).await?;
    Ok(())
}

/// Keeps the words by which letters may name the units of now. Those of closed units, too: older letters name them.
///
/// # Errors
/// Those of the database.
pub(crate) async fn note_words(tx: &mut PgConnection) -> sqlx::Result<()> {
    let units = store::units(tx).await?.into_iter().map(|one| one.unit).collect();
    let directory = Directory { units, people: store::people(tx).await?, absences: Vec::new() };
    store::put_public_words(tx, &directory.public_words()).await
}

/// What a letter's field says for what was typed on the command line ([`Directory::resolve`]).
///
/// # Errors
/// Those of the database.
pub async fn resolve(pool: &PgPool, typed: &str) -> Result<String, Error> {
    let directory = match store::published(pool).await? {
        Some((body, _)) => serde_json::from_str(&body)?,
        None => Directory::default(),
    };
    Ok(directory.resolve(typed))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_unit_belongs_to_no_unit_below_it() {
        let unit = |n: u128, parent: Option<u128>| KeptUnit {
            unit: Unit {
                id: UnitId(Uuid::from_u128(n)),
                symbol: format!("U{n}").parse().expect("a symbol"),
                name: "Referat".to_owned(),
                parent: parent.map(|parent| UnitId(Uuid::from_u128(parent))),
            },
            neutral: false,
            closed: false,
        };
        assert!(refuse_circles(&[unit(1, None), unit(2, Some(1)), unit(3, Some(2))]).is_ok());
        assert!(refuse_circles(&[unit(1, Some(1))]).is_err());
        assert!(refuse_circles(&[unit(1, Some(3)), unit(2, Some(1)), unit(3, Some(2))]).is_err());
    }
}
