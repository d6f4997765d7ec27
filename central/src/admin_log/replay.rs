//! Does again what a restored database lacks. Runs before the office is served.

use sqlx::PgPool;

use super::{AdminLogError, Deed, LogFile, Place, file::End, store};
use crate::{
    accounts, desks, directory, erasure,
    error::Error,
    symbols, sync,
    trust::{self, TrustError},
};

/// Deeds cannot be done again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be used.
    #[error(transparent)]
    AdminLog(#[from] AdminLogError),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
    /// What desks are told cannot be written.
    #[error(transparent)]
    Central(#[from] Error),
    /// The authority's key cannot be brought back.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// Does the deeds that the database lacks, in their order and in one transaction; answers how many.
///
/// # Errors
/// [`AdminLogError::Lacks`] when the file is the older one; else what failed. Then nothing is done.
pub async fn replay(pool: &PgPool, file: &LogFile) -> Result<u64, ReplayError> {
    let mut tx = pool.begin().await?;
    let known = store::lock(&mut tx).await?;
    let locked = file.lock()?;
    if locked.compare(&known) == Place::FileLacks {
        return Err(AdminLogError::Lacks(known.n).into());
    }
    let missing = locked.entries.iter().skip_while(|entry| entry.n <= known.n);
    let (mut done, mut erased) = (0, Vec::new());
    for entry in missing {
        match &entry.what {
            Deed::DeskRevoked { desk, public_key, symbol, at } => {
                desks::revoke_again(&mut tx, *desk, public_key, symbol, *at).await?;
                symbols::keep_for(&mut tx, *desk, symbol, *at).await?;
            }
            deed @ Deed::LetterErased { remains, .. } => {
                erasure::do_again(&mut tx, deed).await?;
                erased.push(remains.id);
            }
            deed @ (Deed::DeskEnrolled { .. } | Deed::DeskBounded { .. }) => desks::do_again(&mut tx, deed).await?,
            deed @ (Deed::SymbolGranted { .. } | Deed::HandOverAsked { .. } | Deed::SymbolClosed { .. }) => {
                symbols::do_again(&mut tx, deed).await?;
            }
            deed @ (Deed::ClerkAdded { .. }
            | Deed::PasswordSet { .. }
            | Deed::ClerkDeactivated { .. }
            | Deed::RoleGranted { .. }
            | Deed::RoleRevoked { .. }
            | Deed::ProviderSet { .. }
            | Deed::ProviderCleared
            | Deed::ClerkLinked { .. }
            | Deed::ClerkUnlinked { .. }) => accounts::do_again(&mut tx, deed).await?,
            deed @ Deed::AuthorityReplaced { .. } => trust::do_again(&mut tx, deed).await?,
            Deed::Directory(deed) => {
                directory::carry_out(&mut tx, deed).await?;
                directory::note_words(&mut tx).await?;
            }
        }
        let end = End { n: entry.n, hash: entry.hash };
        store::set_end(&mut tx, &end).await?;
        super::note(&mut tx, entry.at, &entry.what, Some(&end)).await?;
        done += 1;
    }
    // Who read on behind the copy hears of it by a change of its own.
    sync::announce(&mut tx, &erased).await?;
    tx.commit().await?;
    if !erased.is_empty() {
        erasure::clean(pool).await?;
    }
    Ok(done)
}
