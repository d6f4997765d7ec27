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
    let erased = locked.erased();
    let (mut done, mut changed, mut clean) = (0, Vec::new(), false);
    for entry in missing {
        match &entry.what {
            Deed::DeskRevoked { desk, public_key, symbol, counted, at } => {
                desks::revoke_again(&mut tx, *desk, public_key, symbol, *at).await?;
                symbols::keep_for(&mut tx, *desk, symbol, *at).await?;
                sync::expect_log(&mut tx, *desk, *counted).await?;
            }
            Deed::DeskForked { desk, public_key, symbol, counted, op, at } => {
                desks::fork_again(&mut tx, *desk, public_key, symbol, *at).await?;
                symbols::keep_for(&mut tx, *desk, symbol, *at).await?;
                sync::expect_log(&mut tx, *desk, *counted).await?;
                sync::open_fork_task(&mut tx, *op, *at).await?;
            }
            Deed::HeldSettled(settlement) => sync::settle_again(&mut tx, settlement).await?,
            Deed::LogsSeen { logs } => accounts::remember_rights(&mut tx, logs).await?,
            deed @ Deed::LetterErased { remains, .. } => {
                erasure::do_again(&mut tx, deed).await?;
                changed.push(remains.id);
                clean = true;
            }
            // Its number and state come with its erasure, that of the letter which took its place, or with neither.
            Deed::LetterReentered { letter, .. } if erased.contains(letter) => {}
            Deed::LetterReentered { letter, op, commitment, at, .. } => {
                let content = locked.content(*letter)?.filter(|content| content.commitment() == *commitment);
                let content = content.ok_or(AdminLogError::Content(*letter))?;
                symbols::reenter_again(&mut tx, file.office(), *letter, *op, content.body(), *at).await?;
                changed.push(*letter);
            }
            deed @ (Deed::DeskEnrolled { .. } | Deed::DeskBounded { .. }) => desks::do_again(&mut tx, deed).await?,
            deed @ (Deed::SymbolGranted { .. }
            | Deed::HandOverAsked { .. }
            | Deed::SymbolClosed { .. }
            | Deed::NumbersLost { .. }) => symbols::do_again(&mut tx, deed).await?,
            deed @ (Deed::ClerkAdded { .. }
            | Deed::PasswordSet { .. }
            | Deed::ClerkDeactivated { .. }
            | Deed::RoleGranted { .. }
            | Deed::RoleRevoked { .. }
            | Deed::ProviderSet { .. }
            | Deed::ProviderCleared
            | Deed::ClerkLinked { .. }
            | Deed::ClerkSeated { .. }
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
    if done > 0 {
        changed.extend(sync::settle_waiting(&mut tx, file.office()).await?);
    }
    // Who read on behind the copy hears of it by a change of its own.
    changed.sort_unstable();
    changed.dedup();
    sync::announce(&mut tx, &changed).await?;
    tx.commit().await?;
    if clean {
        erasure::clean(pool).await?;
    }
    // What an erasure could not remove, and what was written for a deed that was never done.
    if let Err(error) = locked.sweep() {
        tracing::warn!(%error, "what an erased letter said could not be removed; it is tried again at the next start");
    }
    Ok(done)
}
