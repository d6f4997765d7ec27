//! The office day, the lock and the last numbers.

use domain::register::{PointSymbol, Register, RegisterNumber};
use jiff::{Timestamp, civil::Date};
use sqlx::SqliteConnection;

use uuid::Uuid;
use wire::{
    core::grants::{GrantState, HeldGrant},
    v1::{Grant, NextNumber},
};

use super::{CentralsWord, mark::Series};

fn day(text: Option<String>) -> Option<Date> {
    text.and_then(|text| text.parse().ok())
}

pub(super) async fn office_day(db: &mut SqliteConnection) -> sqlx::Result<(Option<Date>, Option<Date>)> {
    let row = sqlx::query!("SELECT office_day, day_for_clock FROM desk_state WHERE id = 1").fetch_one(db).await?;
    Ok((day(row.office_day), day(row.day_for_clock)))
}

pub(super) async fn set_office_day(db: &mut SqliteConnection, day: Date, for_clock: Option<Date>) -> sqlx::Result<()> {
    let (day, for_clock) = (day.to_string(), for_clock.map(|day| day.to_string()));
    sqlx::query!("UPDATE desk_state SET office_day = ?, day_for_clock = ? WHERE id = 1", day, for_clock)
        .execute(db)
        .await?;
    Ok(())
}

/// How many labels were ever on their way to the printer.
pub(super) async fn labels_sent(db: &mut SqliteConnection) -> sqlx::Result<u64> {
    let sent = sqlx::query_scalar!("SELECT labels_sent FROM desk_state WHERE id = 1").fetch_one(db).await?;
    Ok(sent.cast_unsigned())
}

pub(super) async fn set_labels_sent(db: &mut SqliteConnection, sent: u64) -> sqlx::Result<()> {
    let sent = sent.cast_signed();
    sqlx::query!("UPDATE desk_state SET labels_sent = ? WHERE id = 1", sent).execute(db).await?;
    Ok(())
}

pub(super) async fn last_borne_day(db: &mut SqliteConnection) -> sqlx::Result<Option<Date>> {
    let last =
        sqlx::query_scalar!(r#"SELECT MAX(office_day) AS "day: String" FROM letter WHERE registered_on IS NULL"#)
            .fetch_one(db)
            .await?;
    Ok(day(last))
}

pub(super) async fn is_locked(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    Ok(sqlx::query_scalar!("SELECT locked FROM desk_state WHERE id = 1").fetch_one(db).await? != 0)
}

/// Opened by its recovery card or on another machine: no more numbers, whatever central says.
pub(super) async fn is_drain_only(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    Ok(sqlx::query_scalar!("SELECT drain_only FROM desk_state WHERE id = 1").fetch_one(db).await? != 0)
}

pub(super) async fn centrals_word(db: &mut SqliteConnection) -> sqlx::Result<CentralsWord> {
    let word = sqlx::query_scalar!("SELECT centrals_word FROM desk_state WHERE id = 1").fetch_one(db).await?;
    CentralsWord::ALL
        .into_iter()
        .find(|known| known.as_str() == word)
        .ok_or_else(|| sqlx::Error::Decode("an unknown word of central".into()))
}

pub(super) async fn set_centrals_word(db: &mut SqliteConnection, word: CentralsWord) -> sqlx::Result<()> {
    let word = word.as_str();
    sqlx::query!("UPDATE desk_state SET centrals_word = ? WHERE id = 1 AND centrals_word <> ?", word, word)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn set_locked(db: &mut SqliteConnection, locked: bool) -> sqlx::Result<()> {
    sqlx::query!("UPDATE desk_state SET locked = ? WHERE id = 1", locked).execute(db).await?;
    Ok(())
}

pub(super) async fn last_number(
    db: &mut SqliteConnection,
    register: Register,
    symbol: &PointSymbol,
    year: i16,
) -> sqlx::Result<u32> {
    let (register, symbol) = (register.as_str(), symbol.as_str());
    let last = sqlx::query_scalar!(
        "SELECT last FROM series WHERE register = ? AND symbol = ? AND year = ?",
        register,
        symbol,
        year
    )
    .fetch_optional(db)
    .await?;
    Ok(last.map_or(0, |last| u32::try_from(last).unwrap_or(u32::MAX)))
}

/// Takes the next number in one statement; `None` while numbers are locked or the symbol is not held.
pub(super) async fn take_next(
    db: &mut SqliteConnection,
    register: Register,
    symbol: &PointSymbol,
    year: i16,
) -> sqlx::Result<Option<u32>> {
    let (register, symbol) = (register.as_str(), symbol.as_str());
    sqlx::query_scalar!(
        r#"INSERT INTO series (register, symbol, year, last)
           SELECT ?1, ?2, ?3, 1 FROM desk_state WHERE id = 1 AND locked = 0 AND drain_only = 0
               AND EXISTS (SELECT 1 FROM symbol_grant WHERE symbol = ?2 AND state = 'held')
           ON CONFLICT (register, symbol, year) DO UPDATE SET last = last + 1 RETURNING last AS "last: u32""#,
        register,
        symbol,
        year
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn set_last_number(db: &mut SqliteConnection, number: &RegisterNumber) -> sqlx::Result<()> {
    let (register, symbol) = (number.register.as_str(), number.symbol.as_str());
    sqlx::query!(
        "INSERT INTO series (register, symbol, year, last) VALUES (?, ?, ?, ?)
         ON CONFLICT (register, symbol, year) DO UPDATE SET last = excluded.last",
        register,
        symbol,
        number.year,
        number.n
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn series(db: &mut SqliteConnection) -> sqlx::Result<Vec<Series>> {
    let rows = sqlx::query!("SELECT register, symbol, year, last FROM series ORDER BY year DESC, register, symbol")
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Series {
                register: register_named(&row.register)?,
                symbol: PointSymbol::try_from(row.symbol).ok()?,
                year: i16::try_from(row.year).ok()?,
                n: u32::try_from(row.last).ok()?,
            })
        })
        .collect())
}

pub(super) async fn insert_lost(
    db: &mut SqliteConnection,
    number: &RegisterNumber,
    who: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    let (register, symbol, now) = (number.register.as_str(), number.symbol.as_str(), now.to_string());
    sqlx::query!(
        "INSERT INTO lost_number (register, symbol, year, n, who, at) VALUES (?, ?, ?, ?, ?, ?)",
        register,
        symbol,
        number.year,
        number.n,
        who,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn grants_told(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    Ok(sqlx::query_scalar!("SELECT grants_told FROM desk_state WHERE id = 1").fetch_one(db).await? != 0)
}

/// The desk's own word, under the nil id; nothing once central has spoken.
pub(super) async fn grant_oneself(db: &mut SqliteConnection, symbol: &PointSymbol) -> sqlx::Result<()> {
    let (own, symbol) = (Uuid::nil(), symbol.as_str());
    sqlx::query!(
        "INSERT INTO symbol_grant (id, symbol, state)
         SELECT ?, ?, 'held' FROM desk_state WHERE id = 1 AND grants_told = 0
         ON CONFLICT (id) DO UPDATE SET symbol = excluded.symbol",
        own,
        symbol
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Central has spoken.
pub(super) async fn forget_own_grant(db: &mut SqliteConnection) -> sqlx::Result<()> {
    let own = Uuid::nil();
    sqlx::query!("UPDATE desk_state SET grants_told = 1 WHERE id = 1 AND grants_told = 0").execute(&mut *db).await?;
    sqlx::query!("DELETE FROM symbol_grant WHERE id = ?", own).execute(db).await?;
    Ok(())
}

pub(super) async fn grants(db: &mut SqliteConnection) -> sqlx::Result<Vec<HeldGrant>> {
    let rows = sqlx::query!(r#"SELECT id AS "id: Uuid", symbol, state FROM symbol_grant ORDER BY symbol, id"#)
        .fetch_all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let state = GrantState::ALL.into_iter().find(|state| state.as_str() == row.state);
            Ok(HeldGrant {
                id: row.id,
                symbol: PointSymbol::try_from(row.symbol).map_err(|error| sqlx::Error::Decode(error.into()))?,
                state: state.ok_or_else(|| sqlx::Error::Decode("an unknown state of a grant".into()))?,
            })
        })
        .collect()
}

pub(super) async fn add_grant(db: &mut SqliteConnection, grant: &Grant) -> sqlx::Result<()> {
    let symbol = grant.symbol.as_str();
    sqlx::query!("INSERT INTO symbol_grant (id, symbol, state) VALUES (?, ?, 'held')", grant.id, symbol)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn set_grant_state(db: &mut SqliteConnection, id: Uuid, state: GrantState) -> sqlx::Result<()> {
    let state = state.as_str();
    sqlx::query!("UPDATE symbol_grant SET state = ? WHERE id = ?", state, id).execute(db).await?;
    Ok(())
}

/// Lets a series go on at the number given, unless it is there or further.
pub(super) async fn begin_at(db: &mut SqliteConnection, symbol: &PointSymbol, first: &NextNumber) -> sqlx::Result<()> {
    let (register, symbol, last) = (first.register.as_str(), symbol.as_str(), first.next_n.saturating_sub(1));
    if last == 0 {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO series (register, symbol, year, last) VALUES (?, ?, ?, ?)
         ON CONFLICT (register, symbol, year) DO UPDATE SET last = MAX(last, excluded.last)",
        register,
        symbol,
        first.year,
        last
    )
    .execute(db)
    .await?;
    Ok(())
}

fn register_named(name: &str) -> Option<Register> {
    [Register::Incoming, Register::Outgoing].into_iter().find(|register| register.as_str() == name)
}
