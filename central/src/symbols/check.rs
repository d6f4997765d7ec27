//! Whether each number up to the last is exactly one of letter (cancelled or not) and lost.

use domain::register::{PointSymbol, Register};
use serde::Serialize;
use sqlx::PgPool;

use super::store;

/// A number that is not exactly one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unclear {
    /// Register.
    pub register: Register,
    /// Symbol.
    pub symbol: PointSymbol,
    /// Year.
    pub year: i16,
    /// The number.
    pub n: u32,
    /// What it is: 0 for nothing, 2 for a letter that is also named lost.
    pub times: u32,
}

/// Every number of the office, up to the last of its series, that is not exactly one of letter and lost.
///
/// Numbers whose operations are still on their way from a desk, or held, are listed too.
///
/// # Errors
/// Those of the database.
pub async fn check(pool: &PgPool) -> sqlx::Result<Vec<Unclear>> {
    store::unclear(&mut *pool.acquire().await?).await
}
