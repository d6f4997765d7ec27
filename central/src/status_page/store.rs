//! The page's one query, on its own role.

use std::str::FromStr;

use domain::stage::Stage;
use jiff::civil::Date;
use sqlx::PgPool;

use crate::db::{Day, damaged};

pub(super) struct Status {
    pub(super) stage: Stage,
    pub(super) changed_on: Date,
    /// Empty where it is not to be told.
    pub(super) unit: Option<String>,
}

/// What the page may say of a key's hash on this day.
pub(super) async fn status(pool: &PgPool, hash: &[u8; 32], today: Date) -> sqlx::Result<Option<Status>> {
    let row = sqlx::query!(
        "SELECT stage, changed_on, unit FROM status_public WHERE hash = $1 AND expires_on >= $2",
        &hash[..],
        Day(today) as _
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Status {
            stage: Stage::from_str(&row.stage).map_err(damaged)?,
            changed_on: row.changed_on.0,
            unit: row.unit,
        })
    })
    .transpose()
}
