//! Writes what central has not got into one file, for a desk that may not send any more or cannot: signed by this desk's key,
//! readable by central alone. Called by `src-tauri/src/commands/held_file.rs`.
//!
//! Changes nothing here: should central answer after all, everything is sent as ever. See `central import-held`.

pub mod view;
mod write;

use std::{path::Path, sync::Arc};

use domain::ErrorCode;
use sha2::{Digest, Sha256};
use view::HeldFileView;
use wire::v1::{
    HeldManifest, UploadCreate,
    bytes::canonical,
    held_file::{self, FORM},
};

use crate::{
    Desk, DeskError, outbox,
    scanning::{self, WaitingScan},
    session, sync,
};

/// Bytes of a document that are read at once.
const PIECE: u64 = 1 << 20;

/// Writes the file. Whatever central may lack goes into it: operations since the last that came back in what was pulled, and
/// documents that it has not confirmed. One whose own file is damaged is left out, and said so.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`]; [`ErrorCode::FileKeyUnknown`] where central never told its key; [`ErrorCode::NothingToHandOver`];
/// [`DeskError::File`] when the disk refuses, and then no file is there.
#[tracing::instrument(skip_all, err)]
pub async fn save(desk: &Arc<Desk>, to: &Path) -> Result<HeldFileView, DeskError> {
    session::clerk(desk)?;
    let log = outbox::log_of(desk)?;
    let standing = sync::standing_for_a_file(desk).await?;
    let recipient = standing.file_key.ok_or(DeskError::Refused(ErrorCode::FileKeyUnknown))?;
    let (mut scans, mut left_out) = (Vec::new(), 0);
    for scan in scanning::waiting_uploads(desk).await? {
        if is_whole(desk, &scan).await? {
            scans.push(UploadCreate { scan_id: scan.id, bytes: scan.bytes, sha256: scan.sha256 });
        } else {
            tracing::error!(scan = %scan.id, "a scan cannot be read and is left out of the file");
            left_out += 1;
        }
    }
    let (after, last) = (standing.pulled, standing.tip);
    if after.seq == last.seq && scans.is_empty() && left_out == 0 {
        return Err(DeskError::Refused(ErrorCode::NothingToHandOver));
    }
    let view = HeldFileView {
        operations: u32::try_from(last.seq - after.seq).unwrap_or(u32::MAX),
        scans: u32::try_from(scans.len()).unwrap_or(u32::MAX),
        left_out,
    };
    let manifest = HeldManifest {
        form: FORM,
        office: log.office.clone(),
        device: log.device,
        program: sync::PROGRAM.to_owned(),
        made_at: desk.now(),
        after,
        last,
        scans,
    };
    let bytes = canonical(&serde_json::to_value(&manifest)?);
    let signature = held_file::sign(&standing.key, &log, &bytes);
    let (desk, to, runtime) = (Arc::clone(desk), to.to_owned(), tokio::runtime::Handle::current());
    let writing = tokio::task::spawn_blocking(move || {
        write::write(&write::File { desk, runtime, to, recipient, manifest, bytes, signature })
    });
    writing.await.map_err(DeskError::unexpected("write a file for central"))??;
    tracing::info!(operations = view.operations, scans = view.scans, "a file for central was written");
    Ok(view)
}

/// The name under which the file is saved: `centrala-K1.okienko`.
pub fn file_name(desk: &Desk) -> String {
    match desk.settings().symbol.as_str() {
        "" => "centrala.okienko".to_owned(),
        symbol => format!("centrala-{symbol}.okienko"),
    }
}

// Read through once before: of a document that fails in the middle the whole file would fail.
async fn is_whole(desk: &Desk, scan: &WaitingScan) -> Result<bool, DeskError> {
    let (mut hash, mut offset) = (Sha256::new(), 0);
    while offset < scan.bytes {
        match scanning::read_document_range(desk, scan.id, offset, PIECE).await {
            Ok(piece) if piece.is_empty() => return Ok(false),
            Ok(piece) => {
                offset += piece.len() as u64;
                hash.update(&piece);
            }
            Err(DeskError::Refused(_) | DeskError::File { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(<[u8; 32]>::from(hash.finalize()) == scan.sha256)
}
