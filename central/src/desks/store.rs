//! All SQL of the desks.

use domain::{
    ids::DeviceId,
    register::PointSymbol,
    rights::{Ceiling, Scope},
};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use wire::{
    core::hello::KnownDesk,
    v1::{Hello, Standing, Tip},
};

use super::{Desk, ListedDesk};
use crate::{
    db::{Instant, damaged},
    symbols,
};

pub(super) async fn challenges(pool: &PgPool, now: Timestamp) -> sqlx::Result<i64> {
    sqlx::query!("DELETE FROM challenge WHERE expires_at < $1", Instant(now) as _).execute(pool).await?;
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM challenge"#).fetch_one(pool).await
}

pub(super) async fn add_challenge(pool: &PgPool, nonce: &[u8; 32], expires_at: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO challenge (nonce, expires_at) VALUES ($1, $2)", &nonce[..], Instant(expires_at) as _)
        .execute(pool)
        .await?;
    Ok(())
}

/// Spends a nonce; `false` when it is not ours, was spent, or is too old.
pub(super) async fn take_challenge(tx: &mut PgConnection, nonce: &[u8; 32], now: Timestamp) -> sqlx::Result<bool> {
    let taken =
        sqlx::query!("DELETE FROM challenge WHERE nonce = $1 AND expires_at >= $2", &nonce[..], Instant(now) as _)
            .execute(tx)
            .await?;
    Ok(taken.rows_affected() == 1)
}

/// Pins a desk at first contact. Does nothing when the desk is known.
pub(super) async fn add_device(tx: &mut PgConnection, hello: &Hello, now: Timestamp) -> sqlx::Result<bool> {
    let added = sqlx::query!(
        "INSERT INTO device (id, public_key, symbol, program, last_hash, first_seen_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING",
        hello.device.0,
        &hello.public_key[..],
        hello.symbol.as_str(),
        hello.program,
        &Tip::START.hash[..],
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(added.rows_affected() == 1)
}

pub(super) async fn device(tx: &mut PgConnection, id: DeviceId) -> sqlx::Result<KnownDesk> {
    let row = sqlx::query!("SELECT public_key, standing, last_seq, last_hash FROM device WHERE id = $1", id.0)
        .fetch_one(&mut *tx)
        .await?;
    Ok(KnownDesk {
        public_key: row.public_key.try_into().map_err(|_| damaged("public key"))?,
        symbols: symbols::ever_of(tx, id).await?,
        standing: row.standing.parse().map_err(damaged)?,
        last: Tip {
            seq: row.last_seq.try_into().map_err(damaged)?,
            hash: row.last_hash.try_into().map_err(|_| damaged("hash"))?,
        },
    })
}

pub(super) async fn touch(tx: &mut PgConnection, hello: &Hello, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE device SET symbol = $2, program = $3, last_seen_at = $4 WHERE id = $1",
        hello.device.0,
        hello.symbol.as_str(),
        hello.program,
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn add_token(
    tx: &mut PgConnection,
    hash: &[u8; 32],
    device: DeviceId,
    now: Timestamp,
    expires_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM token WHERE expires_at < $1", Instant(now) as _).execute(&mut *tx).await?;
    sqlx::query!(
        "INSERT INTO token (hash, device_id, expires_at) VALUES ($1, $2, $3)",
        &hash[..],
        device.0,
        Instant(expires_at) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn by_token(pool: &PgPool, hash: &[u8; 32], now: Timestamp) -> sqlx::Result<Option<Desk>> {
    let row = sqlx::query!(
        "SELECT device.id, public_key, symbol, standing FROM token JOIN device ON device.id = token.device_id
         WHERE hash = $1 AND expires_at >= $2",
        &hash[..],
        Instant(now) as _
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| desk(DeviceId(row.id), row.public_key, row.symbol, &row.standing)).transpose()
}

/// Ends a desk's counting; `false` when it did not count any more or is not known.
pub(super) async fn stop_counting(
    tx: &mut PgConnection,
    id: DeviceId,
    standing: Standing,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        "UPDATE device SET standing = $2, standing_since = $3
         WHERE id = $1 AND (standing = 'counts' OR standing = 'forked' AND $2 = 'revoked')",
        id.0,
        standing.as_str(),
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(changed.rows_affected() == 1)
}

pub(super) async fn key_and_symbol(tx: &mut PgConnection, id: DeviceId) -> sqlx::Result<([u8; 32], PointSymbol)> {
    let row = sqlx::query!("SELECT public_key, symbol FROM device WHERE id = $1", id.0).fetch_one(tx).await?;
    let key = row.public_key.try_into().map_err(|_| damaged("public key"))?;
    Ok((key, PointSymbol::try_from(row.symbol).map_err(damaged)?))
}

/// Writes a desk that a restored database does not know; its symbol may be another's there, then it is left out.
pub(super) async fn insert_known(
    tx: &mut PgConnection,
    id: DeviceId,
    public_key: &[u8; 32],
    symbol: &PointSymbol,
    at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO device (id, public_key, symbol, program, last_hash, first_seen_at, last_seen_at)
         VALUES ($1, $2, $3, '', decode(repeat('00', 32), 'hex'), $4, $4) ON CONFLICT DO NOTHING",
        id.0,
        &public_key[..],
        symbol.as_str(),
        Instant(at) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Every desk, with what the administrator asks about.
pub(super) async fn list(tx: &mut PgConnection) -> sqlx::Result<Vec<ListedDesk>> {
    let rows = sqlx::query!(
        r#"SELECT id, symbol, standing, program, last_seq, first_seen_at AS "first_seen_at: Instant",
                  last_seen_at AS "last_seen_at: Instant",
                  (SELECT count(*) FROM held_operation WHERE device_id = device.id AND settled IS NULL) AS "held!"
           FROM device ORDER BY symbol, id"#
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ListedDesk {
                id: DeviceId(row.id),
                symbol: PointSymbol::try_from(row.symbol).map_err(damaged)?,
                standing: row.standing.parse().map_err(damaged)?,
                program: row.program,
                operations: row.last_seq.try_into().map_err(damaged)?,
                held: row.held.try_into().map_err(damaged)?,
                first_seen_at: row.first_seen_at.0,
                last_seen_at: row.last_seen_at.0,
            })
        })
        .collect()
}

fn desk(id: DeviceId, public_key: Vec<u8>, symbol: String, standing: &str) -> sqlx::Result<Desk> {
    Ok(Desk {
        id,
        public_key: public_key.try_into().map_err(|_| damaged("public key"))?,
        symbol: PointSymbol::try_from(symbol).map_err(damaged)?,
        standing: standing.parse().map_err(damaged)?,
        scope: Scope::all(),
        ceiling: Ceiling::all(),
    })
}
