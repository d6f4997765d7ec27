//! The key that desks encrypt their files to. Any age program opens them by its secret half.

use age::{secrecy::ExposeSecret, x25519::Identity};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};

use super::{HeldFileError, store};

/// The public half, made with the office's key where that is missing.
///
/// # Errors
/// Those of the database; [`HeldFileError::Key`].
pub(crate) async fn public_key(pool: &PgPool, now: Timestamp) -> Result<String, HeldFileError> {
    Ok(secret(pool, now).await?.to_public().to_string())
}

/// The secret half.
pub(super) async fn secret(pool: &PgPool, now: Timestamp) -> Result<Identity, HeldFileError> {
    let mut tx = pool.begin().await?;
    if store::secret(&mut tx).await?.is_none() {
        // Another process of central may be the first.
        store::keep(&mut tx, Identity::generate().to_string().expose_secret(), now).await?;
    }
    let kept = store::secret(&mut tx).await?.ok_or(sqlx::Error::RowNotFound)?;
    tx.commit().await?;
    kept.parse().map_err(|_| HeldFileError::Key)
}

/// The secret half where there is one: what the administrator's log holds sealed is opened by it.
pub(crate) async fn kept_secret(tx: &mut PgConnection) -> sqlx::Result<Option<Identity>> {
    Ok(store::secret(tx).await?.and_then(|kept| kept.parse().ok()))
}
