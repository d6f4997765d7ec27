//! All SQL of the desks.

use domain::{ids::DeviceId, register::PointSymbol};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use wire::{
    core::hello::KnownDesk,
    v1::{Bounds, Enrol, Hello, Standing, Tip},
};

use super::{Desk, Guest, ListedDesk};
use crate::{
    admin_log::LogEnd,
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
    let row = sqlx::query!(
        r#"SELECT public_key, standing, last_seq, last_hash,
                  EXISTS (SELECT FROM operation WHERE device_id = $1 AND letter_id IS NOT NULL) AS "numbered!"
           FROM device WHERE id = $1"#,
        id.0
    )
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
        numbered: row.numbered,
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
        "SELECT device.id, public_key, symbol, standing, scope, ceiling FROM token JOIN device ON device.id = token.device_id
         WHERE hash = $1 AND expires_at >= $2",
        &hash[..],
        Instant(now) as _
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let bounds = read_bounds(&row.scope, &row.ceiling)?;
        desk(DeviceId(row.id), row.public_key, row.symbol, &row.standing, bounds)
    })
    .transpose()
}

pub(super) async fn by_id(pool: &PgPool, id: DeviceId) -> sqlx::Result<Option<Desk>> {
    let row = sqlx::query!("SELECT public_key, symbol, standing, scope, ceiling FROM device WHERE id = $1", id.0)
        .fetch_optional(pool)
        .await?;
    row.map(|row| desk(id, row.public_key, row.symbol, &row.standing, read_bounds(&row.scope, &row.ceiling)?))
        .transpose()
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

/// Where the logs end that anything stands in; other transactions add nothing to them until this one ends.
pub(super) async fn log_ends(tx: &mut PgConnection, desk: Option<DeviceId>) -> sqlx::Result<Vec<LogEnd>> {
    let rows = sqlx::query!(
        "SELECT id, last_seq, last_hash FROM device WHERE $1::uuid IS NULL OR id = $1 ORDER BY id FOR NO KEY UPDATE",
        desk.map(|desk| desk.0)
    )
    .fetch_all(tx)
    .await?;
    let mut ends = Vec::new();
    for row in rows.into_iter().filter(|row| row.last_seq > 0) {
        let seq = row.last_seq.try_into().map_err(damaged)?;
        let hash = row.last_hash.try_into().map_err(|_| damaged("hash"))?;
        ends.push(LogEnd { desk: DeviceId(row.id), end: Tip { seq, hash } });
    }
    Ok(ends)
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
        r#"SELECT id, symbol, standing, program, last_seq, scope, ceiling, enrolled_at AS "enrolled_at: Instant",
                  first_seen_at AS "first_seen_at: Instant",
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
                bounds: read_bounds(&row.scope, &row.ceiling)?,
                enrolled_at: row.enrolled_at.map(|at| at.0),
                first_seen_at: row.first_seen_at.0,
                last_seen_at: row.last_seen_at.0,
            })
        })
        .collect()
}

fn desk(id: DeviceId, public_key: Vec<u8>, symbol: String, standing: &str, bounds: Bounds) -> sqlx::Result<Desk> {
    Ok(Desk {
        id,
        public_key: public_key.try_into().map_err(|_| damaged("public key"))?,
        symbol: PointSymbol::try_from(symbol).map_err(damaged)?,
        standing: standing.parse().map_err(damaged)?,
        bounds,
    })
}

fn read_bounds(scope: &[String], ceiling: &[String]) -> sqlx::Result<Bounds> {
    Ok(Bounds {
        scope: scope.iter().map(|kind| kind.parse().map_err(damaged)).collect::<sqlx::Result<_>>()?,
        ceiling: ceiling.iter().map(|role| role.parse().map_err(damaged)).collect::<sqlx::Result<_>>()?,
    })
}

fn names(bounds: &Bounds) -> (Vec<String>, Vec<String>) {
    let kinds = bounds.scope.iter().map(|kind| kind.as_str().to_owned());
    let roles = bounds.ceiling.0.iter().map(|role| role.as_str().to_owned());
    (kinds.collect(), roles.collect())
}

pub(super) async fn bounds(tx: &mut PgConnection, id: DeviceId) -> sqlx::Result<Bounds> {
    let row = sqlx::query!("SELECT scope, ceiling FROM device WHERE id = $1", id.0).fetch_one(tx).await?;
    read_bounds(&row.scope, &row.ceiling)
}

/// Bounds a desk; `false` when there is none.
pub(super) async fn set_bounds(tx: &mut PgConnection, id: DeviceId, bounds: &Bounds) -> sqlx::Result<bool> {
    let (scope, ceiling) = names(bounds);
    let set = sqlx::query!("UPDATE device SET scope = $2, ceiling = $3 WHERE id = $1", id.0, &scope, &ceiling)
        .execute(tx)
        .await?;
    Ok(set.rows_affected() == 1)
}

/// Notes that a desk came in by an invitation, and its bounds.
pub(super) async fn note_enrolment(
    tx: &mut PgConnection,
    enrol: &Enrol,
    bounds: &Bounds,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!("UPDATE device SET program = $2 WHERE id = $1", enrol.device.0, enrol.program)
        .execute(&mut *tx)
        .await?;
    set_enrolled(tx, enrol.device, now).await?;
    set_bounds(tx, enrol.device, bounds).await.map(|_| ())
}

pub(super) async fn is_enrolled(tx: &mut PgConnection, id: DeviceId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM device WHERE id = $1 AND enrolled_at IS NOT NULL) AS "enrolled!""#,
        id.0
    )
    .fetch_one(tx)
    .await
}

pub(super) async fn set_enrolled(tx: &mut PgConnection, id: DeviceId, at: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("UPDATE device SET enrolled_at = $2 WHERE id = $1", id.0, Instant(at) as _).execute(tx).await?;
    Ok(())
}

pub(super) async fn forget_tokens(tx: &mut PgConnection, id: DeviceId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM token WHERE device_id = $1", id.0).execute(tx).await?;
    Ok(())
}

/// An invitation as it is kept.
pub(super) struct KeptInvitation {
    pub(super) guest: Guest,
    pub(super) expires_at: Timestamp,
    pub(super) used_by: Option<(DeviceId, [u8; 32])>,
}

pub(super) async fn add_invitation(
    tx: &mut PgConnection,
    code_hash: &[u8; 32],
    guest: &Guest,
    now: Timestamp,
    expires_at: Timestamp,
) -> sqlx::Result<()> {
    let (scope, ceiling) = names(&guest.bounds);
    sqlx::query!(
        "INSERT INTO invitation (code_hash, symbol, scope, ceiling, made_by, made_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &code_hash[..],
        guest.symbol.as_str(),
        &scope,
        &ceiling,
        guest.by,
        Instant(now) as _,
        Instant(expires_at) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Invitations that nobody used in time.
pub(super) async fn forget_invitations(tx: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM invitation WHERE device_id IS NULL AND expires_at < $1", Instant(now) as _)
        .execute(tx)
        .await?;
    Ok(())
}

/// The invitation of a code; of two desks with the same one the second waits for the first.
pub(super) async fn lock_invitation(
    tx: &mut PgConnection,
    code_hash: &[u8; 32],
) -> sqlx::Result<Option<KeptInvitation>> {
    let row = sqlx::query!(
        r#"SELECT symbol, scope, ceiling, made_by, expires_at AS "expires_at: Instant", device_id, public_key
           FROM invitation WHERE code_hash = $1 FOR UPDATE"#,
        &code_hash[..]
    )
    .fetch_optional(tx)
    .await?;
    row.map(|row| {
        let public_key = row.public_key.map(|key| key.try_into().map_err(|_| damaged("public key"))).transpose()?;
        Ok(KeptInvitation {
            guest: Guest {
                symbol: PointSymbol::try_from(row.symbol).map_err(damaged)?,
                bounds: read_bounds(&row.scope, &row.ceiling)?,
                by: row.made_by,
                known: None,
            },
            expires_at: row.expires_at.0,
            used_by: row.device_id.map(DeviceId).zip(public_key),
        })
    })
    .transpose()
}

pub(super) async fn use_invitation(
    tx: &mut PgConnection,
    code_hash: &[u8; 32],
    desk: DeviceId,
    public_key: &[u8; 32],
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE invitation SET device_id = $2, public_key = $3 WHERE code_hash = $1",
        &code_hash[..],
        desk.0,
        &public_key[..]
    )
    .execute(tx)
    .await?;
    Ok(())
}
