//! The one row of the office's authority.

use domain::marks::Teryt;
use jiff::Timestamp;
use sqlx::PgConnection;

use super::Authority;
use crate::db::{Instant, damaged};

pub(super) struct Kept {
    pub(super) private_key: Vec<u8>,
    pub(super) certificate: Vec<u8>,
}

pub(super) async fn office(tx: &mut PgConnection) -> sqlx::Result<Teryt> {
    let code = sqlx::query_scalar!("SELECT teryt FROM office_state").fetch_one(tx).await?;
    Teryt::try_from(code).map_err(damaged)
}

pub(super) async fn kept(tx: &mut PgConnection) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as!(Kept, "SELECT private_key, certificate FROM authority").fetch_optional(tx).await
}

/// Keeps an authority unless there is one.
pub(super) async fn keep(tx: &mut PgConnection, made: &Authority, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO authority (private_key, certificate, made_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        made.private_key(),
        made.certificate.as_ref(),
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}
