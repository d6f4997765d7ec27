//! Takes a file: judged as a whole first, so that of a file that is not whole nothing is taken.

use std::{path::PathBuf, sync::Arc};

use domain::{ids::DeviceId, marks::Teryt};
use serde::Serialize;
use sqlx::PgPool;
use tokio::sync::mpsc;
use wire::v1::{LogOf, Standing};

use super::{
    HeldFileError, key,
    read::{self, Part},
};
use crate::{
    clock::Clock,
    desks::{self, Desk},
    scans::{self, Document, Files},
    sync,
};

/// Pieces on their way from the file.
const ON_THE_WAY: usize = 4;

/// What is taken, and to where.
#[derive(Debug)]
pub struct Import {
    /// The office's schema.
    pub pool: PgPool,
    /// The office.
    pub office: Teryt,
    /// Where scans are.
    pub files: Files,
    /// The clock.
    pub clock: Clock,
    /// The file.
    pub file: PathBuf,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Whose it is.
    pub desk: DeviceId,
    /// Operations that were put into the hold.
    pub held: usize,
    /// Operations that central knew.
    pub known: usize,
    /// Documents.
    pub scans: ImportedScans,
}

/// What became of a file's documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedScans {
    /// Stored now.
    pub stored: usize,
    /// Central had them.
    pub known: usize,
    /// Nobody has settled their letters yet: import the file again afterwards.
    pub waiting: usize,
}

/// Puts a file's operations into the hold and stores the documents whose letters central has. Doing it again is harmless.
///
/// # Errors
/// [`HeldFileError`]; of a file that is refused nothing was taken, except by faults of ours.
pub async fn import(import: &Import) -> Result<Imported, HeldFileError> {
    let secret = Arc::new(key::secret(&import.pool, import.clock.now()).await?);
    let (file, office, opened) = (import.file.clone(), import.office.clone(), Arc::clone(&secret));
    let claim = blocking(move || read::claim(&file, &opened, &office)).await?;
    let id = claim.manifest.device;
    let desk = desks::find(&import.pool, id).await?.ok_or(HeldFileError::NoDesk(id))?;
    if !claim.is_signed(&desk.public_key) {
        return Err(HeldFileError::Signature(id));
    }
    if desk.standing == Standing::Counts {
        return Err(HeldFileError::Counts(id));
    }
    let (file, judged, opened) = (import.file.clone(), claim.clone(), Arc::clone(&secret));
    blocking(move || read::walk(&file, &opened, &judged, |_| Ok(()))).await?;

    let (sender, mut parts) = mpsc::channel(ON_THE_WAY);
    let file = import.file.clone();
    let reading = tokio::task::spawn_blocking(move || {
        // Whoever listened has failed and says why.
        read::walk(&file, &secret, &claim, |part| sender.blocking_send(part).map_err(|_| HeldFileError::NotOurs))
    });
    let taken = take(import, &desk, &mut parts).await;
    drop(parts);
    let read = reading.await.unwrap_or(Err(HeldFileError::Damaged("it cannot be read")));
    let imported = taken?;
    read?;
    tracing::warn!(device = %id, held = imported.held, known = imported.known, "a file was put into the hold");
    Ok(imported)
}

async fn take(import: &Import, desk: &Desk, parts: &mut mpsc::Receiver<Part>) -> Result<Imported, HeldFileError> {
    let log = LogOf { office: import.office.clone(), device: desk.id };
    let mut imported = Imported { desk: desk.id, held: 0, known: 0, scans: ImportedScans::default() };
    let mut document: Option<Box<Document>> = None;
    while let Some(part) = parts.recv().await {
        match part {
            Part::Operations(ops) => {
                let first = ops.first().map_or(0, |operation| operation.seq);
                let held = sync::hold(&import.pool, &log, desk, &ops, import.clock.now()).await;
                let held = held.map_err(|error| match error {
                    crate::error::Error::Refused(refusal) => HeldFileError::refused(refusal, first),
                    other => other.into(),
                })?;
                let held = held.ok_or(HeldFileError::Counts(desk.id))?;
                imported.held += held;
                imported.known += ops.len() - held;
            }
            Part::Scan(scan) => {
                end(import, document.take(), &mut imported.scans).await?;
                document = match scans::begin(&import.pool, &import.files, desk.id, &scan).await? {
                    scans::Begun::Known => {
                        imported.scans.known += 1;
                        None
                    }
                    scans::Begun::Unknown => {
                        imported.scans.waiting += 1;
                        None
                    }
                    scans::Begun::Wanted(document) => Some(document),
                };
            }
            Part::Bytes(bytes) => {
                if let Some(document) = &mut document {
                    document.put(bytes).await.map_err(crate::error::Error::from)?;
                }
            }
        }
    }
    end(import, document, &mut imported.scans).await?;
    Ok(imported)
}

async fn end(import: &Import, document: Option<Box<Document>>, scans: &mut ImportedScans) -> Result<(), HeldFileError> {
    let Some(document) = document else { return Ok(()) };
    if document.end(&import.pool, &import.files, &import.office, &import.clock).await? {
        scans.stored += 1;
    } else {
        scans.waiting += 1;
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HeldFileError> + Send + 'static,
) -> Result<T, HeldFileError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(HeldFileError::Damaged("it cannot be read")))
}
