//! What `sync` asks: which documents central has not got, their bytes, and that it has them now.

use bytes::Bytes;
use domain::{
    ErrorCode,
    ids::{LetterId, ScanId},
};
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::store::{self, LocalCopy};
use crate::{
    Desk, DeskError, DeskEvent,
    vault::{self, Shelf},
};

/// A document that waits for central.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingScan {
    /// Document.
    pub id: ScanId,
    /// Whose.
    pub letter_id: LetterId,
    /// Size of the PDF in bytes.
    pub bytes: u64,
    /// SHA-256 of the PDF.
    pub sha256: [u8; 32],
}

/// Documents that central has not confirmed, oldest first.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn waiting_uploads(desk: &Desk) -> Result<Vec<WaitingScan>, DeskError> {
    store::waiting(&mut *desk.read().await?).await
}

/// The whole PDF from this disk, its hash compared with the journal's.
///
/// # Errors
/// [`ErrorCode::NotFound`] for an unknown document; [`ErrorCode::DiskFault`] when file or hash do not fit.
pub async fn read_document(desk: &Desk, id: ScanId) -> Result<Bytes, DeskError> {
    let known = store::scan(&mut *desk.read().await?, id).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))?;
    let content = vault::fetch(desk, Shelf::Documents, id.0).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))?;
    if <[u8; 32]>::from(Sha256::digest(&content)) == known.sha256 {
        Ok(content)
    } else {
        tracing::error!(scan = %id, "a document's hash is not the journal's");
        Err(DeskError::Refused(ErrorCode::DiskFault))
    }
}

/// At most `length` bytes of the PDF from `offset` on; less only at its end. Each piece is authenticated by itself.
///
/// # Errors
/// As [`read_document`].
pub async fn read_document_range(desk: &Desk, id: ScanId, offset: u64, length: u64) -> Result<Bytes, DeskError> {
    let content = vault::fetch_range(desk, Shelf::Documents, id.0, offset, length).await?;
    content.ok_or(DeskError::Refused(ErrorCode::NotFound))
}

/// Central has the document and has verified its hash. Repeating it is harmless; the local copy stays.
///
/// # Errors
/// [`ErrorCode::NotFound`] for an unknown document; [`DeskError::Store`].
pub async fn uploaded(desk: &Desk, id: ScanId) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    let known = store::scan(&mut tx, id).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))?;
    store::set_uploaded(&mut tx, id, desk.now()).await?;
    tx.commit().await?;

    desk.announce(DeskEvent::LetterChanged { letter_id: known.letter_id });
    Ok(())
}

/// Central says that it lacks a document: one that it had once, before it was restored, waits for its upload again.
/// Called by `sync` inside its transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn is_missing_at_central(db: &mut SqliteConnection, id: ScanId) -> Result<(), DeskError> {
    match store::set_waiting(db, id).await? {
        Some(LocalCopy::Here) => tracing::info!(scan = %id, "central lacks a scan that it had; it is uploaded again"),
        Some(LocalCopy::Gone) => {
            tracing::error!(scan = %id, "central lacks a scan that two of its backups hold, and the copy here is gone");
        }
        None => {}
    }
    Ok(())
}

/// A letter was erased: its documents and their pages leave the journal; the files to be removed. Called by `erasure` inside
/// the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn forget(db: &mut SqliteConnection, letter: LetterId) -> Result<Vec<(Shelf, Uuid)>, DeskError> {
    let (documents, pages) = store::forget_of_letter(db, letter).await?;
    let documents = documents.into_iter().map(|id| (Shelf::Documents, id));
    let pages = pages.into_iter().flat_map(|id| [(Shelf::Pages, id), (Shelf::Thumbnails, id)]);
    Ok(documents.chain(pages).collect())
}

/// A change with at most this number shows a document as stored: central cannot lose it without its history being another one.
/// Called by `sync` inside its transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn is_stored_at_central(db: &mut SqliteConnection, id: ScanId, n: u64) -> Result<(), DeskError> {
    Ok(store::set_confirmed(db, id, n).await?)
}

/// Central is greeted anew, and may have been put back to a backup since it answered for an upload that no pulled letter
/// shows yet: such documents are offered again, and what central still has costs a question.
/// Called by `sync` inside its transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn offer_unconfirmed(db: &mut SqliteConnection) -> Result<(), DeskError> {
    Ok(store::forget_unconfirmed(db).await?)
}

/// Central's history is another one: whatever it had of documents is offered again, and what it still has costs a question.
/// Called by `sync` inside its transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn offer_again(db: &mut SqliteConnection) -> Result<(), DeskError> {
    Ok(store::forget_uploads(db).await?)
}
