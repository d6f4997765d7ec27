//! Registers of this desk: the office day, the next number, and the proof that the desk is not behind itself.
//!
//! A number is taken inside the transaction that writes its letter and is never taken back. The mark (last numbers and
//! last hash) lies outside the database's folder; it is written before a label's first byte leaves.

pub(crate) mod grants;
mod mark;
mod store;

use domain::{
    ErrorCode, calendar,
    letter::PartialDate,
    marks::DocumentIdentifier,
    office_day::{self, DayVerdict},
    register::{Register, RegisterNumber},
    rights::Act,
};
use jiff::civil::Date;
use sqlx::SqliteConnection;
use wire::{
    core::desk::{CentralsWord, MarkSays, lost_numbers, may_number_at_start},
    v1::OpBody,
};

use crate::{
    Desk, DeskError,
    intake::view::{DayQuestion, NumbersLocked, WhyLocked},
    labels, outbox,
};

use mark::Series;
pub use mark::write_mark;

/// The office day (dzień urzędowy) inside the caller's transaction, moved forward where it may move by itself.
///
/// # Errors
/// [`ErrorCode::OfficeDayUnconfirmed`] when a clerk must confirm it first.
#[doc(alias = "dzień urzędowy")]
pub async fn office_day(desk: &Desk, db: &mut SqliteConnection) -> Result<Date, DeskError> {
    let (stored, confirmed_for) = store::office_day(db).await?;
    match office_day::judge(stored, confirmed_for, calendar::civil_day(desk.now())) {
        DayVerdict::Holds { day, moved } => {
            if moved {
                store::set_office_day(db, day, None).await?;
                crate::slip::forget_old_keys(db, day).await?;
            }
            Ok(day)
        }
        DayVerdict::Ask { .. } => Err(DeskError::Refused(ErrorCode::OfficeDayUnconfirmed)),
    }
}

/// The office day for showing, and the question about it, if there is one.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn look_at_day(desk: &Desk, db: &mut SqliteConnection) -> Result<(Date, Option<DayQuestion>), DeskError> {
    let (stored, confirmed_for) = store::office_day(db).await?;
    Ok(match office_day::judge(stored, confirmed_for, calendar::civil_day(desk.now())) {
        DayVerdict::Holds { day, .. } => (day, None),
        DayVerdict::Ask { stored, claimed } => {
            (stored, Some(DayQuestion { stored: stored.to_string(), claimed: claimed.to_string() }))
        }
    })
}

/// The clerk answers the question: today is what the clock claims, or the stored day still holds.
///
/// # Errors
/// [`ErrorCode::NotAllowedNow`] for any other day, and for a day before one that a number bears.
#[tracing::instrument(skip_all, err)]
pub async fn confirm_day(desk: &Desk, day: &str) -> Result<(), DeskError> {
    crate::session::may_any(desk, Act::Register)?;
    let refused = DeskError::Refused(ErrorCode::NotAllowedNow);
    let Ok(PartialDate::Day(day)) = PartialDate::try_from(day.to_owned()) else { return Err(refused) };
    let claimed = calendar::civil_day(desk.now());

    let mut tx = desk.begin().await?;
    let (stored, _) = store::office_day(&mut tx).await?;
    let borne = store::last_borne_day(&mut tx).await?;
    if !office_day::may_confirm(day, stored, claimed, borne) {
        return Err(refused);
    }
    store::set_office_day(&mut tx, day, Some(claimed)).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes the next number of the register. The caller's commit makes it taken.
///
/// # Errors
/// [`ErrorCode::NumbersLocked`] while the start check is open; [`ErrorCode::SymbolNotHeld`] under a symbol that central
/// did not grant to this desk, or that it released.
pub async fn take_next_number(
    desk: &Desk,
    db: &mut SqliteConnection,
    register: Register,
    year: i16,
) -> Result<RegisterNumber, DeskError> {
    let symbol = desk.settings().symbol;
    grants::grant_oneself(db, &symbol).await?;
    if grants::refused(db, &symbol).await?.is_some() && !store::is_locked(db).await? {
        return Err(DeskError::Refused(ErrorCode::SymbolNotHeld));
    }
    let n = store::take_next(db, register, &symbol, year).await?;
    let n = n.ok_or(DeskError::Refused(ErrorCode::NumbersLocked))?;
    Ok(RegisterNumber { register, symbol, year, n })
}

/// The number that the next letter would get.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn next_number(
    desk: &Desk,
    db: &mut SqliteConnection,
    register: Register,
    year: i16,
) -> Result<RegisterNumber, DeskError> {
    let symbol = desk.settings().symbol;
    let n = store::last_number(db, register, &symbol, year).await? + 1;
    Ok(RegisterNumber { register, symbol, year, n })
}

/// Numbers are locked: what the clerk is shown.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn lock_state(desk: &Desk, db: &mut SqliteConnection) -> Result<Option<NumbersLocked>, DeskError> {
    let settings = desk.settings();
    let why = match (store::centrals_word(db).await?, grants::refused(db, &settings.symbol).await?) {
        (CentralsWord::Fits | CentralsWord::Older, _) if store::is_drain_only(db).await? => WhyLocked::Recovered,
        (CentralsWord::Older, _) => WhyLocked::Older,
        (CentralsWord::Forked, _) => WhyLocked::Forked,
        (CentralsWord::Revoked, _) => WhyLocked::Revoked,
        (CentralsWord::Fits, Some(why)) => why,
        (CentralsWord::Fits, None) if store::is_locked(db).await? => WhyLocked::Behind,
        (CentralsWord::Fits, None) => return Ok(None),
    };
    let (day, _) = look_at_day(desk, db).await?;
    let number = next_number(desk, db, Register::Incoming, day.year()).await?;
    let last = (number.n > 1)
        .then(|| RegisterNumber { n: number.n - 1, ..number }.display(settings.register_symbol(Register::Incoming)));
    Ok(Some(NumbersLocked { last_number: last, why }))
}

/// Whether this log may be behind itself: the start check or central's word stands against it.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn is_locked(db: &mut SqliteConnection) -> Result<bool, DeskError> {
    Ok(store::is_locked(db).await?)
}

/// Opened by its recovery card, or on another machine: this database knows no last number.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn is_drain_only(db: &mut SqliteConnection) -> Result<bool, DeskError> {
    Ok(store::is_drain_only(db).await?)
}

/// The start check: compares the database with the mark and locks the numbers when the database may be the older one.
///
/// # Errors
/// [`DeskError::Store`]; a mark that cannot be read counts as missing.
pub async fn start_check(desk: &Desk) -> Result<(), DeskError> {
    let mark = mark::read_mark(desk).await;
    let mut tx = desk.begin().await?;
    let tip = outbox::tip(&mut tx).await?;
    let labels_before = store::labels_sent(&mut tx).await?;
    let says = match &mark {
        None => MarkSays::Missing,
        Some(mark) => {
            let mut held = outbox::holds(&mut tx, &mark.tip).await?;
            for series in &mark.series {
                let last = store::last_number(&mut tx, series.register, &series.symbol, series.year).await?;
                held &= last >= series.n;
            }
            if held { MarkSays::Held } else { MarkSays::Ahead }
        }
    };
    let fits = may_number_at_start(&tip, says);
    if !fits {
        tracing::warn!("the database is not the one that wrote the mark: numbers are locked");
        store::set_locked(&mut tx, true).await?;
        labels::doubt_waiting(desk, &mut tx).await?;
    }
    if let Some(mark) = mark.filter(|mark| fits && mark.labels > labels_before) {
        // The log is whole, so numbers are free; but labels left since this copy was made, and one that waits may be among them.
        tracing::warn!("labels left since this copy of the database: what waits is asked about");
        labels::doubt_waiting(desk, &mut tx).await?;
        store::set_labels_sent(&mut tx, mark.labels).await?;
    }
    tx.commit().await?;
    // A desk that never prints keeps a mark, too: from the first start on, a missing mark means a lost one.
    if fits { write_mark(desk).await } else { Ok(()) }
}

/// Keeps central's word about this desk. Called by `sync` inside its transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn set_centrals_word(db: &mut SqliteConnection, word: CentralsWord) -> Result<(), DeskError> {
    Ok(store::set_centrals_word(db, word).await?)
}

/// Central confirmed that this log is not behind: numbers are free. Called by `sync` inside its transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn unlock(db: &mut SqliteConnection) -> Result<(), DeskError> {
    Ok(store::set_locked(db, false).await?)
}

/// Central holds what this log lacks, or its symbol is another desk's: no more numbers, and whatever waits for the
/// printer may be on paper already. Called by `sync` inside its transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn lock(desk: &Desk, db: &mut SqliteConnection) -> Result<(), DeskError> {
    if !store::is_locked(db).await? {
        store::set_locked(db, true).await?;
        labels::doubt_waiting(desk, db).await?;
    }
    Ok(())
}

/// Where the log ended when the mark was written; `None` when there is no mark to read.
pub(crate) async fn marked_tip(desk: &Desk) -> Option<wire::v1::log::Tip> {
    mark::read_mark(desk).await.map(|mark| mark.tip)
}

/// The clerk names the highest label she finds (empty: none higher than the last number); the numbers up to it are lost,
/// and so are those that the mark knows, in every series.
///
/// # Errors
/// [`ErrorCode::NotFound`] at field `text` for a mark that is not this office's or register's;
/// [`ErrorCode::NumbersLocked`] where central's word stands against it: no label helps a log that lacks operations;
/// [`ErrorCode::SymbolNotHeld`] where the numbers are another desk's.
#[tracing::instrument(skip_all, err)]
pub async fn name_highest_label(desk: &Desk, text: &str) -> Result<(), DeskError> {
    let clerk = crate::session::may_any(desk, Act::Register)?;
    let marked = mark::read_mark(desk).await.map(|mark| mark.series).unwrap_or_default();
    let mut tx = desk.begin().await?;
    if store::centrals_word(&mut tx).await? != CentralsWord::Fits || store::is_drain_only(&mut tx).await? {
        return Err(DeskError::Refused(ErrorCode::NumbersLocked));
    }
    if grants::refused(&mut tx, &desk.settings().symbol).await?.is_some() {
        return Err(DeskError::Refused(ErrorCode::SymbolNotHeld));
    }
    let (day, _) = look_at_day(desk, &mut tx).await?;
    let next = next_number(desk, &mut tx, Register::Incoming, day.year()).await?;
    let highest = read_highest(desk, text, &next)?;
    lose_numbers(desk, &mut tx, &clerk.name, &RegisterNumber { n: next.n - 1, ..next }, highest, None).await?;
    for Series { register, symbol, year, n } in marked {
        let last = store::last_number(&mut tx, register, &symbol, year).await?;
        let last = RegisterNumber { register, symbol, year, n: last };
        lose_numbers(desk, &mut tx, &clerk.name, &last, None, Some(n)).await?;
    }
    store::set_locked(&mut tx, false).await?;
    tx.commit().await?;
    write_mark(desk).await
}

async fn lose_numbers(
    desk: &Desk,
    db: &mut SqliteConnection,
    who: &str,
    last: &RegisterNumber,
    named: Option<u32>,
    marked: Option<u32>,
) -> Result<(), DeskError> {
    let lost = lost_numbers(last.n, named, marked);
    for n in lost.clone() {
        store::insert_lost(db, &RegisterNumber { n, ..last.clone() }, who, desk.now()).await?;
    }
    if !lost.is_empty() {
        store::set_last_number(db, &RegisterNumber { n: *lost.end(), ..last.clone() }).await?;
        let RegisterNumber { register, symbol, year, .. } = last.clone();
        let (first, last, by) = (*lost.start(), *lost.end(), who.to_owned());
        let body = OpBody::NumbersLost { register, symbol, year, first, last, by, at: desk.now() };
        outbox::append(desk, db, &body).await?;
    }
    Ok(())
}

/// How many numbers one mistyped label may turn into lost ones.
const LOST_AT_ONCE: u32 = 5_000;

fn read_highest(desk: &Desk, typed: &str, next: &RegisterNumber) -> Result<Option<u32>, DeskError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let by_label =
        desk.settings().teryt.and_then(|office| DocumentIdentifier::read(&office, typed).ok()).and_then(|mark| {
            let (register, symbol, year, n) = mark.parts();
            let same =
                register == next.register && symbol == next.symbol && i16::from(year) == next.year.rem_euclid(100);
            same.then_some(n)
        });
    let by_number = || {
        let parts: Vec<&str> = typed.split('/').collect();
        match parts.as_slice() {
            [n] => n.parse().ok(),
            [.., n, year] if year.parse() == Ok(next.year) => n.parse().ok(),
            _ => None,
        }
    };
    by_label
        .or_else(by_number)
        .filter(|n| *n < next.n.saturating_add(LOST_AT_ONCE))
        .map(Some)
        .ok_or_else(|| domain::FieldErrors(vec![domain::FieldError::new("text", ErrorCode::NotFound)]).into())
}
