//! All SQL of the directory.

use std::collections::BTreeMap;

use domain::{
    directory::{Absence, Membership, Person, Unit},
    ids::{AbsenceId, ClerkId, UnitId},
};
use jiff::civil::Date;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;
use wire::v1::DirectoryHash;

use super::{KeptUnit, ListedAbsence};
use crate::db::{Day, damaged};

/// A clerk in a unit.
pub(super) struct MemberRow {
    pub(super) unit: UnitId,
    pub(super) login: String,
    pub(super) head: bool,
}

/// Changes of the directory come one after another, and while no letter changes: what is shown of letters' units is neither
/// written from an older directory nor locked in another order. Taken before the locks of letters and of the office.
pub(crate) async fn lock(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('directory of ' || current_schema(), 0))")
        .execute(tx)
        .await
        .map(|_| ())
}

/// Letters change beside each other, but not while the directory does. Taken before their own locks.
pub(crate) async fn lock_for_letters(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock_shared(hashtextextended('directory of ' || current_schema(), 0))")
        .execute(tx)
        .await
        .map(|_| ())
}

/// By symbol.
pub(super) async fn units(tx: &mut PgConnection) -> sqlx::Result<Vec<KeptUnit>> {
    let rows = sqlx::query!("SELECT id, symbol, name, parent_id, neutral, closed FROM unit ORDER BY symbol")
        .fetch_all(tx)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(KeptUnit {
                unit: Unit {
                    id: UnitId(row.id),
                    symbol: row.symbol.parse().map_err(damaged)?,
                    name: row.name,
                    parent: row.parent_id.map(UnitId),
                },
                neutral: row.neutral,
                closed: row.closed,
            })
        })
        .collect()
}

pub(super) async fn put_units(tx: &mut PgConnection, units: &[KeptUnit]) -> sqlx::Result<()> {
    for one in units {
        sqlx::query!(
            "INSERT INTO unit (id, symbol, name, parent_id, neutral, closed) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET symbol = $2, name = $3, parent_id = $4, neutral = $5, closed = $6",
            one.unit.id.0,
            one.unit.symbol.as_str(),
            one.unit.name,
            one.unit.parent.map(|parent| parent.0),
            one.neutral,
            one.closed
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// By login.
pub(super) async fn members(tx: &mut PgConnection) -> sqlx::Result<Vec<MemberRow>> {
    let rows = sqlx::query!(
        "SELECT unit_id, login, head FROM unit_member JOIN clerk ON clerk.id = clerk_id WHERE active ORDER BY login"
    )
    .fetch_all(tx)
    .await?;
    let member = rows.into_iter().map(|row| MemberRow { unit: UnitId(row.unit_id), login: row.login, head: row.head });
    Ok(member.collect())
}

/// A unit has one head: another one steps back.
pub(super) async fn set_member(tx: &mut PgConnection, unit: UnitId, clerk: ClerkId, head: bool) -> sqlx::Result<()> {
    if head {
        sqlx::query!("UPDATE unit_member SET head = false WHERE unit_id = $1 AND head", unit.0)
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query!(
        "INSERT INTO unit_member (unit_id, clerk_id, head) VALUES ($1, $2, $3)
         ON CONFLICT (unit_id, clerk_id) DO UPDATE SET head = $3",
        unit.0,
        clerk.0,
        head
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn remove_member(tx: &mut PgConnection, unit: UnitId, clerk: ClerkId) -> sqlx::Result<bool> {
    let removed = sqlx::query!("DELETE FROM unit_member WHERE unit_id = $1 AND clerk_id = $2", unit.0, clerk.0)
        .execute(tx)
        .await?;
    Ok(removed.rows_affected() == 1)
}

/// Active clerks, by surname, with all their units.
pub(super) async fn people(tx: &mut PgConnection) -> sqlx::Result<Vec<Person>> {
    let rows = sqlx::query!(
        "SELECT id, login, given_name, surname FROM clerk WHERE active ORDER BY surname, given_name, login"
    )
    .fetch_all(&mut *tx)
    .await?;
    let places = sqlx::query!(
        "SELECT clerk_id, unit_id, head FROM unit_member JOIN unit ON unit.id = unit_id ORDER BY head DESC, symbol"
    )
    .fetch_all(tx)
    .await?;
    let units_of = |clerk: Uuid| {
        let places = places.iter().filter(move |place| place.clerk_id == clerk);
        places.map(|place| Membership { unit: UnitId(place.unit_id), head: place.head }).collect()
    };
    let person = rows.into_iter().map(|row| Person {
        clerk: ClerkId(row.id),
        units: units_of(row.id),
        login: row.login,
        given_name: row.given_name,
        surname: row.surname,
    });
    Ok(person.collect())
}

pub(super) async fn put_absence(tx: &mut PgConnection, absence: &Absence) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO absence (id, clerk_id, first_day, last_day, deputy_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO NOTHING",
        absence.id.0,
        absence.clerk.0,
        Day(absence.first_day) as _,
        Day(absence.last_day) as _,
        absence.deputy.map(|deputy| deputy.0)
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn remove_absence(tx: &mut PgConnection, id: AbsenceId) -> sqlx::Result<bool> {
    let removed = sqlx::query!("DELETE FROM absence WHERE id = $1", id.0).execute(tx).await?;
    Ok(removed.rows_affected() == 1)
}

/// Those that are not over on this day.
pub(super) async fn absences_from(tx: &mut PgConnection, day: Date) -> sqlx::Result<Vec<Absence>> {
    let rows = sqlx::query!(
        r#"SELECT id, clerk_id, first_day AS "first_day: Day", last_day AS "last_day: Day", deputy_id
           FROM absence WHERE last_day >= $1 ORDER BY first_day, id"#,
        Day(day) as _
    )
    .fetch_all(tx)
    .await?;
    let absence = rows.into_iter().map(|row| Absence {
        id: AbsenceId(row.id),
        clerk: ClerkId(row.clerk_id),
        first_day: row.first_day.0,
        last_day: row.last_day.0,
        deputy: row.deputy_id.map(ClerkId),
    });
    Ok(absence.collect())
}

pub(super) async fn listed_absences(tx: &mut PgConnection) -> sqlx::Result<Vec<ListedAbsence>> {
    let rows = sqlx::query!(
        r#"SELECT absence.id, clerk.login, first_day AS "first_day: Day", last_day AS "last_day: Day",
                  deputy.login AS "deputy?"
           FROM absence JOIN clerk ON clerk.id = clerk_id LEFT JOIN clerk AS deputy ON deputy.id = deputy_id
           ORDER BY first_day DESC, absence.id DESC"#
    )
    .fetch_all(tx)
    .await?;
    let absence = rows.into_iter().map(|row| ListedAbsence {
        id: AbsenceId(row.id),
        login: row.login,
        first_day: row.first_day.0,
        last_day: row.last_day.0,
        deputy: row.deputy,
    });
    Ok(absence.collect())
}

pub(super) async fn published(pool: &PgPool) -> sqlx::Result<Option<(String, DirectoryHash)>> {
    let row = sqlx::query!("SELECT body, hash FROM directory").fetch_optional(pool).await?;
    row.map(|row| Ok((row.body, hash_of(row.hash)?))).transpose()
}

/// The hash of what is published.
pub(crate) async fn published_hash(tx: &mut PgConnection) -> sqlx::Result<Option<DirectoryHash>> {
    let hash = sqlx::query_scalar!("SELECT hash FROM directory").fetch_optional(tx).await?;
    hash.map(hash_of).transpose()
}

fn hash_of(stored: Vec<u8>) -> sqlx::Result<DirectoryHash> {
    stored.try_into().map(DirectoryHash).map_err(|_| damaged("directory's hash"))
}

/// Writes what desks read.
pub(super) async fn put_published(tx: &mut PgConnection, body: &str, hash: &[u8; 32]) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO directory (body, hash) VALUES ($1, $2)
         ON CONFLICT (single) DO UPDATE SET body = $1, hash = $2 WHERE directory.hash <> $2",
        body,
        &hash[..]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes which words mean which unit; others stay.
pub(super) async fn put_public_words(tx: &mut PgConnection, words: &BTreeMap<String, UnitId>) -> sqlx::Result<()> {
    let (keys, units): (Vec<String>, Vec<Uuid>) = words.iter().map(|(key, unit)| (key.clone(), unit.0)).unzip();
    sqlx::query!(
        "INSERT INTO public_unit (words, unit_id) SELECT * FROM unnest($1::text[], $2::uuid[])
         ON CONFLICT (words) DO UPDATE SET unit_id = excluded.unit_id WHERE public_unit.unit_id <> excluded.unit_id",
        &keys,
        &units
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What citizens read for which words; what is not among them is the office's.
pub(super) async fn shown_words(tx: &mut PgConnection) -> sqlx::Result<BTreeMap<String, String>> {
    let rows = sqlx::query!("SELECT words, name FROM public_unit JOIN unit ON unit.id = unit_id WHERE NOT neutral")
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.words, row.name)).collect())
}

/// Words in letters' fields with the kinds of documents that bear them, as far as the page shows such letters.
pub(super) async fn named_units(tx: &mut PgConnection) -> sqlx::Result<Vec<(String, Option<String>)>> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT letter.unit AS "unit!", facts ->> 'kind' AS kind
           FROM letter JOIN status_public ON hash = status_hash WHERE letter.unit IS NOT NULL"#
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.unit, row.kind)).collect())
}

/// Shows for letters that bear those words and are of that kind what stands in the third place.
pub(super) async fn show_units(
    tx: &mut PgConnection,
    named: Vec<(String, Option<String>, String)>,
) -> sqlx::Result<()> {
    let (mut units, mut kinds, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for (unit, kind, show) in named {
        units.push(unit);
        kinds.push(kind);
        shown.push(show);
    }
    sqlx::query!(
        "UPDATE status_public SET unit = new.shown
         FROM letter, unnest($1::text[], $2::text[], $3::text[]) AS new (unit, kind, shown)
         WHERE hash = status_hash AND letter.unit = new.unit AND coalesce(facts ->> 'kind', '') = coalesce(new.kind, '')
           AND coalesce(status_public.unit <> new.shown, true)",
        &units,
        &kinds as _,
        &shown
    )
    .execute(tx)
    .await?;
    Ok(())
}
