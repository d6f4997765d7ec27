//! All SQL of symbols and lost numbers.

use domain::{
    ids::DeviceId,
    register::{PointSymbol, Register, RegisterNumber},
};
use jiff::Timestamp;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;
use wire::v1::{Grant, NextNumber, SeriesEnd};

use super::{ListedGrant, Standing, Unclear, register_named};
use crate::db::{Instant, damaged};

/// Who asks for a symbol.
#[derive(Clone, Copy, Debug)]
pub(super) enum Claim<'a> {
    /// Only one that nobody ever had.
    Unused(&'a str),
    /// One that nobody has now.
    Free(&'a str),
}

/// Writes a grant; `false` when the symbol is not to be had.
pub(super) async fn add(
    tx: &mut PgConnection,
    id: Uuid,
    symbol: &PointSymbol,
    desk: DeviceId,
    first: &[NextNumber],
    now: Timestamp,
    claim: Claim<'_>,
) -> sqlx::Result<bool> {
    let (by, unused) = match claim {
        Claim::Unused(by) => (by, true),
        Claim::Free(by) => (by, false),
    };
    let added = sqlx::query!(
        "INSERT INTO symbol_grant (id, symbol, device_id, first, granted_at, granted_by)
         SELECT $1, $2, $3, $4, $5, $6
         WHERE NOT $7 OR NOT EXISTS (SELECT FROM symbol_grant WHERE symbol = $2)
         ON CONFLICT (symbol) WHERE ended IS NULL DO NOTHING",
        id,
        symbol.as_str(),
        desk.0,
        Json(first) as _,
        Instant(now) as _,
        by,
        unused
    )
    .execute(tx)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Takes back what a desk without operations got by its hellos.
pub(super) async fn forget_claims(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM symbol_grant WHERE device_id = $1 AND granted_by = 'hello' AND ended IS NULL", desk.0)
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn of_desk(tx: &mut PgConnection, desk: DeviceId, released: bool) -> sqlx::Result<Vec<PointSymbol>> {
    let symbols = sqlx::query_scalar!(
        "SELECT DISTINCT symbol FROM symbol_grant
         WHERE device_id = $1 AND ($2 OR ended IS DISTINCT FROM 'released') ORDER BY symbol",
        desk.0,
        released
    )
    .fetch_all(tx)
    .await?;
    symbols.into_iter().map(|symbol| PointSymbol::try_from(symbol).map_err(damaged)).collect()
}

pub(super) async fn told(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<Vec<Grant>> {
    let rows = sqlx::query!(
        r#"SELECT id, symbol, first AS "first: Json<Vec<NextNumber>>", hand_over_to IS NOT NULL AS "release!"
           FROM symbol_grant WHERE device_id = $1 AND ended IS NULL ORDER BY symbol"#,
        desk.0
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let symbol = PointSymbol::try_from(row.symbol).map_err(damaged)?;
            Ok(Grant { id: row.id, symbol, first: row.first.0, release: row.release })
        })
        .collect()
}

/// Ends the desk's grant of the symbol; the desk that gets it next, if one was named. `None` when it holds none.
pub(super) async fn end(
    tx: &mut PgConnection,
    desk: DeviceId,
    symbol: &PointSymbol,
    how: &str,
    now: Timestamp,
) -> sqlx::Result<Option<Option<DeviceId>>> {
    let next = sqlx::query_scalar!(
        "UPDATE symbol_grant SET ended = $3, ended_at = $4
         WHERE device_id = $1 AND symbol = $2 AND ended IS NULL RETURNING hand_over_to",
        desk.0,
        symbol.as_str(),
        how,
        Instant(now) as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(next.map(|next| next.map(DeviceId)))
}

/// Closes the symbol's standing grant.
pub(super) async fn close(
    tx: &mut PgConnection,
    symbol: &PointSymbol,
    by: &str,
    why: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE symbol_grant SET ended = 'closed', ended_at = $2, ended_by = $3, ended_why = $4
         WHERE symbol = $1 AND ended IS NULL",
        symbol.as_str(),
        Instant(now) as _,
        by,
        why
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes the highest label of a series.
pub(super) async fn close_series(tx: &mut PgConnection, highest: &RegisterNumber) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO closed_series AS s (register, symbol, year, last) VALUES ($1, $2, $3, $4)
         ON CONFLICT (register, symbol, year) DO UPDATE SET last = greatest(s.last, excluded.last)",
        highest.register.as_str(),
        highest.symbol.as_str(),
        highest.year,
        i64::from(highest.n)
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn forget_tokens(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM token WHERE device_id = $1", desk.0).execute(tx).await?;
    Ok(())
}

/// The last number of each series of a symbol: letters, lost ones, the highest label of a closed series, and what letters got
/// anew whose operations are still to come again.
pub(super) async fn ends(tx: &mut PgConnection, symbol: &PointSymbol) -> sqlx::Result<Vec<SeriesEnd>> {
    let rows = sqlx::query!(
        r#"SELECT register AS "register!", year AS "year!", max(n) AS "n!"
           FROM (SELECT register, year, n FROM letter WHERE symbol = $1
                 UNION ALL SELECT register, year, n FROM lost_number WHERE symbol = $1
                 UNION ALL SELECT register, year, last FROM closed_series WHERE symbol = $1
                 UNION ALL SELECT register, year, number FROM settlement WHERE symbol = $1 AND NOT done) AS number
           GROUP BY register, year ORDER BY register, year"#,
        symbol.as_str()
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (register, n) = (register_named(&row.register)?, row.n.try_into().map_err(damaged)?);
            Ok(SeriesEnd { register, year: row.year, n })
        })
        .collect()
}

/// Numbers to name lost.
pub(super) struct NewLost<'a> {
    pub(super) register: Register,
    pub(super) symbol: &'a PointSymbol,
    pub(super) year: i16,
    pub(super) by: &'a str,
    pub(super) at: &'a str,
    pub(super) reason: Option<&'a str>,
}

/// Names the numbers lost that no letter bears; those that were not lost before.
pub(super) async fn add_lost(
    tx: &mut PgConnection,
    lost: &NewLost<'_>,
    first: u32,
    last: u32,
) -> sqlx::Result<Vec<u32>> {
    let new = sqlx::query_scalar!(
        "INSERT INTO lost_number (register, symbol, year, n, named_by, named_at, reason)
         SELECT $1, $2, $3, n, $6, $7, $8 FROM generate_series($4::bigint, $5::bigint) AS n
         WHERE NOT EXISTS (SELECT FROM letter WHERE register = $1 AND symbol = $2 AND year = $3 AND letter.n = n.n)
         ON CONFLICT (register, symbol, year, n) DO NOTHING RETURNING n",
        lost.register.as_str(),
        lost.symbol.as_str(),
        lost.year,
        i64::from(first),
        i64::from(last),
        lost.by,
        lost.at,
        lost.reason
    )
    .fetch_all(tx)
    .await?;
    let mut new = new.into_iter().map(|n| n.try_into().map_err(damaged)).collect::<sqlx::Result<Vec<u32>>>()?;
    new.sort_unstable();
    Ok(new)
}

/// How many of the numbers are lost.
pub(super) async fn count_lost(tx: &mut PgConnection, lost: &NewLost<'_>, first: u32, last: u32) -> sqlx::Result<u64> {
    let named = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM lost_number
           WHERE register = $1 AND symbol = $2 AND year = $3 AND n BETWEEN $4 AND $5"#,
        lost.register.as_str(),
        lost.symbol.as_str(),
        lost.year,
        i64::from(first),
        i64::from(last)
    )
    .fetch_one(tx)
    .await?;
    named.try_into().map_err(damaged)
}

pub(super) async fn forget_lost(tx: &mut PgConnection, number: &RegisterNumber) -> sqlx::Result<bool> {
    let found = sqlx::query!(
        "DELETE FROM lost_number WHERE register = $1 AND symbol = $2 AND year = $3 AND n = $4",
        number.register.as_str(),
        number.symbol.as_str(),
        number.year,
        i64::from(number.n)
    )
    .execute(tx)
    .await?;
    Ok(found.rows_affected() == 1)
}

pub(super) async fn is_closed(tx: &mut PgConnection, symbol: &PointSymbol) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM symbol_grant WHERE symbol = $1 AND ended = 'closed') AS "closed!""#,
        symbol.as_str()
    )
    .fetch_one(tx)
    .await
}

/// The desk that holds the symbol; holds the row until the transaction ends.
pub(super) async fn holder(tx: &mut PgConnection, symbol: &PointSymbol) -> sqlx::Result<Option<DeviceId>> {
    let holder = sqlx::query_scalar!(
        "SELECT device_id FROM symbol_grant WHERE symbol = $1 AND ended IS NULL FOR UPDATE",
        symbol.as_str()
    )
    .fetch_optional(tx)
    .await?;
    Ok(holder.map(DeviceId))
}

pub(super) async fn ask_release(tx: &mut PgConnection, symbol: &PointSymbol, to: DeviceId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE symbol_grant SET hand_over_to = $2 WHERE symbol = $1 AND ended IS NULL",
        symbol.as_str(),
        to.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether the desk counts; `None` when there is no such desk.
pub(super) async fn counts(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!(r#"SELECT standing = 'counts' AS "counts!" FROM device WHERE id = $1"#, desk.0)
        .fetch_optional(tx)
        .await
}

pub(super) async fn list(tx: &mut PgConnection) -> sqlx::Result<Vec<ListedGrant>> {
    let rows = sqlx::query!(
        r#"SELECT symbol, device_id, first AS "first: Json<Vec<NextNumber>>", granted_at AS "granted_at: Instant",
                  granted_by, hand_over_to, ended, ended_at AS "ended_at: Instant"
           FROM symbol_grant ORDER BY symbol, granted_at, id"#
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let standing = match (row.ended.as_deref(), row.hand_over_to) {
                (None, None) => Standing::Stands,
                (None, Some(_)) => Standing::HandingOver,
                (Some("released"), _) => Standing::Released,
                (Some(_), _) => Standing::Closed,
            };
            Ok(ListedGrant {
                symbol: PointSymbol::try_from(row.symbol).map_err(damaged)?,
                desk: DeviceId(row.device_id),
                standing,
                hand_over_to: row.hand_over_to.map(DeviceId),
                granted_at: row.granted_at.0,
                granted_by: row.granted_by,
                ended_at: row.ended_at.map(|at| at.0),
                first: row.first.0,
            })
        })
        .collect()
}

pub(super) async fn unclear(tx: &mut PgConnection) -> sqlx::Result<Vec<Unclear>> {
    let rows = sqlx::query!(
        r#"WITH number AS (SELECT register, symbol, year, n FROM letter
                           UNION ALL SELECT register, symbol, year, n FROM lost_number),
                series AS (SELECT register, symbol, year, max(n) AS last
                           FROM (SELECT * FROM number UNION ALL SELECT register, symbol, year, last FROM closed_series) AS up_to
                           GROUP BY register, symbol, year)
           SELECT series.register AS "register!", series.symbol AS "symbol!", series.year AS "year!", one.n AS "n!",
                  count(number.n) AS "times!"
           FROM series CROSS JOIN LATERAL generate_series(1, series.last) AS one (n)
           LEFT JOIN number ON number.register = series.register AND number.symbol = series.symbol
               AND number.year = series.year AND number.n = one.n
           GROUP BY 1, 2, 3, 4 HAVING count(number.n) <> 1
           ORDER BY 1, 2, 3, 4"#
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Unclear {
                register: register_named(&row.register)?,
                symbol: PointSymbol::try_from(row.symbol).map_err(damaged)?,
                year: row.year,
                n: row.n.try_into().map_err(damaged)?,
                times: row.times.try_into().map_err(damaged)?,
            })
        })
        .collect()
}
