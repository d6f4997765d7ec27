//! A document that comes as a whole, from a file of a desk that cannot send: verified and stored like an uploaded one.

use bytes::Bytes;
use domain::{
    ids::{DeviceId, ScanId},
    marks::Teryt,
};
use sqlx::PgPool;
use wire::v1::{Refusal, UploadCreate};

use super::{
    Files,
    files::Whole,
    store::{self, ScanRow},
};
use crate::{clock::Clock, error::Error, letters::apply};

/// What is done with a document.
pub(crate) enum Begun {
    /// Central has it.
    Known,
    /// Central knows no letter of this desk that it belongs to.
    Unknown,
    /// Its bytes are taken.
    Wanted(Box<Document>),
}

/// A document on its way into the store.
pub(crate) struct Document {
    id: ScanId,
    row: ScanRow,
    whole: Whole,
}

/// Begins a document that the desk announces. Asks for no room to spare: an administrator does this, and the write itself tells.
///
/// # Errors
/// [`Refusal::ScanDiffers`]; those of the database and of the store.
pub(crate) async fn begin(
    pool: &PgPool,
    files: &Files,
    desk: DeviceId,
    announced: &UploadCreate,
) -> Result<Begun, Error> {
    let id = announced.scan_id;
    let Some(row) = store::scan(pool, id).await?.filter(|row| row.device == desk) else { return Ok(Begun::Unknown) };
    if row.bytes != announced.bytes || row.sha256 != announced.sha256 {
        return Err(Refusal::ScanDiffers.into());
    }
    if row.stored {
        return Ok(Begun::Known);
    }
    let whole = files.begin(id).await?;
    Ok(Begun::Wanted(Box::new(Document { id, row, whole })))
}

impl Document {
    /// Takes the next bytes.
    pub(crate) async fn put(&mut self, bytes: Bytes) -> Result<(), object_store::Error> {
        self.whole.put(bytes).await
    }

    /// Stores the document and tells the desks; `false` when its letter was erased meanwhile.
    ///
    /// # Errors
    /// [`Refusal::HashDiffers`], after which nothing is stored; those of the database and of the store.
    pub(crate) async fn end(self, pool: &PgPool, files: &Files, office: &Teryt, clock: &Clock) -> Result<bool, Error> {
        let parts = store::parts(pool, self.id).await?;
        if !self.whole.end(&self.row.sha256).await? {
            return Err(Refusal::HashDiffers.into());
        }
        let stored = set_stored(pool, files, office, clock, self.id, &self.row).await?;
        files.remove_parts(&parts).await;
        Ok(stored)
    }
}

/// Notes that a document is there as a whole and tells the desks; `false` when its letter was erased meanwhile, and then the
/// bytes are gone.
pub(super) async fn set_stored(
    pool: &PgPool,
    files: &Files,
    office: &Teryt,
    clock: &Clock,
    id: ScanId,
    row: &ScanRow,
) -> Result<bool, Error> {
    let mut tx = pool.begin().await?;
    apply::lock(&mut tx, office, &[row.letter]).await?;
    if !store::set_stored(&mut tx, id, clock.now()).await? {
        drop(tx);
        files.erase(id).await;
        return Ok(false);
    }
    crate::sync::announce(&mut tx, &[row.letter]).await?;
    tx.commit().await?;
    tracing::info!(scan = %id, bytes = row.bytes, "scan stored");
    Ok(true)
}
