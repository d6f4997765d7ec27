//! Does again what a restored database lacks. Runs before the office is served.

use sqlx::PgPool;

use super::{AdminLogError, Deed, LogFile, Place, file::End, store};
use crate::{accounts, desks, erasure, symbols};

/// Does the deeds that the database lacks, in their order and in one transaction; answers how many.
///
/// # Errors
/// [`AdminLogError::Lacks`] when the file is the older one; else what failed. Then nothing is done.
pub async fn replay(pool: &PgPool, file: &LogFile) -> Result<u64, AdminLogError> {
    let mut tx = pool.begin().await?;
    let known = store::lock(&mut tx).await?;
    let locked = file.lock()?;
    if locked.compare(&known) == Place::FileLacks {
        return Err(AdminLogError::Lacks(known.n));
    }
    let missing = locked.entries.iter().skip_while(|entry| entry.n <= known.n);
    let mut done = 0;
    for entry in missing {
        match &entry.what {
            Deed::DeskRevoked { desk, public_key, symbol, at } => {
                desks::revoke_again(&mut tx, *desk, public_key, symbol, *at).await?;
                symbols::keep_for(&mut tx, *desk, symbol, *at).await?;
            }
            deed @ Deed::LetterErased { .. } => erasure::do_again(&mut tx, deed).await?,
            deed @ (Deed::DeskEnrolled { .. } | Deed::DeskBounded { .. }) => desks::do_again(&mut tx, deed).await?,
            deed @ (Deed::SymbolGranted { .. } | Deed::HandOverAsked { .. } | Deed::SymbolClosed { .. }) => {
                symbols::do_again(&mut tx, deed).await?;
            }
            deed @ (Deed::ClerkAdded { .. }
            | Deed::PasswordSet { .. }
            | Deed::ClerkDeactivated { .. }
            | Deed::RoleGranted { .. }
            | Deed::RoleRevoked { .. }) => accounts::do_again(&mut tx, deed).await?,
        }
        let end = End { n: entry.n, hash: entry.hash };
        store::set_end(&mut tx, &end).await?;
        super::note(&mut tx, entry.at, &entry.what, Some(&end)).await?;
        done += 1;
    }
    tx.commit().await?;
    Ok(done)
}
