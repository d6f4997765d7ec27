//! A person's erasure carries through this desk (RODO art. 17): what a letter said leaves its row, the search index, the log,
//! the tasks, the scans and the write-ahead log; number and state stay. Called by `sync`; central is told when it is done.
//!
//! The rows go in the transaction that reads central's word. The files go afterwards, again and again until they are gone.

mod store;

use domain::ids::LetterId;
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::Erasure;

use crate::{
    Desk, DeskError, letters, outbox, scanning, sync, tasks,
    vault::{self, Shelf},
};

/// Takes away everything that this desk's database says of the letter, inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn carry_out(desk: &Desk, db: &mut SqliteConnection, told: &Erasure) -> Result<(), DeskError> {
    let letter = told.outline.id;
    // What this desk said of a re-entry whose place the letter took names that one.
    for letter in [Some(letter), told.outline.replaces].into_iter().flatten() {
        outbox::forget(db, letter).await?;
        let files = scanning::forget(db, letter).await?;
        store::note_files(db, &files).await?;
        tasks::forget(db, letter).await?;
        sync::forget_raw(db, letter).await?;
    }
    letters::erase(desk, db, &told.outline.letter()).await?;
    Ok(store::note(db, told.erasure, letter).await?)
}

/// Whether the letter's content was erased.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn is_erased(db: &mut SqliteConnection, letter: LetterId) -> Result<bool, DeskError> {
    Ok(store::is_erased(db, letter).await?)
}

/// Removes the files of erased letters and empties the write-ahead log. Called by `sync` before each round: a file that
/// cannot be removed is tried again.
///
/// # Errors
/// [`DeskError::File`], [`DeskError::Store`].
pub(crate) async fn finish(desk: &Desk) -> Result<(), DeskError> {
    let (files, waiting) = {
        let mut db = desk.read().await?;
        (store::files(&mut db).await?, store::any_under_way(&mut db).await?)
    };
    if !waiting {
        return Ok(());
    }
    for shelf in Shelf::ALL {
        let of_shelf = files.iter().filter(|(on, _)| *on == shelf).map(|(_, id)| *id).collect();
        vault::remove(desk, shelf, of_shelf).await?;
    }
    let mut tx = desk.begin().await?;
    store::forget_files(&mut tx, &files).await?;
    tx.commit().await?;
    desk.forget_copy().await?;
    // What the rows were before stands in the write-ahead log until it is emptied.
    desk.empty_wal().await?;
    let mut tx = desk.begin().await?;
    store::set_done(&mut tx).await?;
    tx.commit().await?;
    tracing::info!("an erasure was carried through");
    Ok(())
}

/// Erasures that were carried through here, and that central has not noted.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn to_confirm(db: &mut SqliteConnection) -> Result<Vec<Uuid>, DeskError> {
    Ok(store::to_confirm(db).await?)
}

/// Central has noted them.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn confirmed(desk: &Desk, erasures: &[Uuid]) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    for erasure in erasures {
        store::set_confirmed(&mut tx, *erasure).await?;
    }
    tx.commit().await?;
    Ok(())
}
