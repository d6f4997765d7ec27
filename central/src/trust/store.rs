//! The rows of the office's authority, one for each key that it ever had.

use domain::{ids::DeviceId, marks::Teryt, register::PointSymbol};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};

use super::{Authority, Doubter};
use crate::db::{Instant, damaged};

/// A key of the authority.
pub(super) struct Kept {
    pub(super) n: i16,
    /// PKCS #8; `None` once a successor signs.
    pub(super) private_key: Option<Vec<u8>>,
    /// Signed by itself.
    pub(super) certificate: Vec<u8>,
    /// Signed by the key before; `None` for the first.
    pub(super) new_with_old: Option<Vec<u8>>,
    pub(super) made_at: Instant,
    pub(super) signs_from: Instant,
}

pub(super) async fn office(tx: &mut PgConnection) -> sqlx::Result<Teryt> {
    let code = sqlx::query_scalar!("SELECT teryt FROM office_state").fetch_one(tx).await?;
    Teryt::try_from(code).map_err(damaged)
}

/// Every key, the first one first.
pub(super) async fn kept(tx: &mut PgConnection) -> sqlx::Result<Vec<Kept>> {
    sqlx::query_as!(
        Kept,
        r#"SELECT n, private_key, certificate, new_with_old, made_at AS "made_at: Instant", signs_from AS "signs_from: Instant"
           FROM authority ORDER BY n"#
    )
    .fetch_all(tx)
    .await
}

/// Keeps the first key unless there is one.
pub(super) async fn keep_first(tx: &mut PgConnection, made: &Authority, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO authority (n, private_key, certificate, made_at, signs_from) VALUES (1, $1, $2, $3, $3)
         ON CONFLICT DO NOTHING",
        made.private_key(),
        made.certificate.as_ref(),
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Waits until nobody else replaces the key.
pub(super) async fn lock(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT FROM authority ORDER BY n FOR UPDATE").fetch_all(tx).await.map(drop)
}

/// Keeps a further key, unless there is one with its number.
pub(super) async fn keep_next(tx: &mut PgConnection, next: &Kept) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO authority (n, private_key, certificate, new_with_old, made_at, signs_from) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
        next.n,
        next.private_key.as_deref(),
        &next.certificate,
        next.new_with_old.as_deref(),
        next.made_at as _,
        next.signs_from as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes the secrets of the keys before this one.
pub(super) async fn forget_before(tx: &mut PgConnection, n: i16) -> sqlx::Result<()> {
    sqlx::query!("UPDATE authority SET private_key = NULL WHERE n < $1 AND private_key IS NOT NULL", n)
        .execute(tx)
        .await?;
    Ok(())
}

/// The desks that count, joined by an invitation, and did not tell that they trust this key.
pub(super) async fn doubters(pool: &PgPool, fingerprint: &[u8]) -> sqlx::Result<Vec<Doubter>> {
    let rows = sqlx::query!(
        r#"SELECT id, symbol, last_seen_at AS "last_seen_at: Instant"
           FROM device LEFT JOIN device_report ON device_report.device_id = id
           WHERE standing = 'counts' AND enrolled_at IS NOT NULL AND authority IS DISTINCT FROM $1
           ORDER BY symbol, id"#,
        fingerprint
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Doubter {
                desk: DeviceId(row.id),
                symbol: PointSymbol::try_from(row.symbol).map_err(damaged)?,
                last_contact: row.last_seen_at.0,
            })
        })
        .collect()
}
