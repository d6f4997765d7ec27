//! A document that another desk scanned is read from central at once, beside the worker and with a token of its own. Called by
//! `scanning`; nothing of it is kept here.

use domain::{ErrorCode, ids::LetterId};
use sha2::{Digest, Sha256};
use wire::v1::{Refusal, changes::ScanState};

use super::{Failed, Trouble, client::Central, greet, worker::Pace};
use crate::{Desk, DeskError};

/// The document's bytes, their hash compared with the one that its operation told.
///
/// # Errors
/// [`ErrorCode::DocumentDamaged`] for other bytes; [`ErrorCode::NotFound`] where central does not give it to this desk; what
/// says that central is away; those of the desk's own database.
pub(crate) async fn fetch(desk: &Desk, letter: LetterId, scan: &ScanState) -> Result<Vec<u8>, DeskError> {
    let bytes = match talk(desk, letter, scan).await {
        Ok(bytes) => bytes,
        Err(Failed::Trouble(trouble)) => {
            tracing::info!(scan = %scan.scan_id, %trouble, "asking central for a document");
            return Err(DeskError::Refused(match trouble {
                Trouble::Refused(Refusal::NotFound) => ErrorCode::NotFound,
                other => other.code(),
            }));
        }
        Err(Failed::Desk(error)) => return Err(error),
    };
    if bytes.len() as u64 == scan.bytes && <[u8; 32]>::from(Sha256::digest(&bytes)) == scan.sha256 {
        Ok(bytes)
    } else {
        tracing::error!(scan = %scan.scan_id, "central's document is not the one that was attached");
        Err(DeskError::Refused(ErrorCode::DocumentDamaged))
    }
}

async fn talk(desk: &Desk, letter: LetterId, scan: &ScanState) -> Result<Vec<u8>, Failed> {
    let settings = desk.settings();
    let (Some(address), Some(office)) = (settings.central, settings.teryt) else {
        return Err(Failed::Desk(DeskError::Refused(ErrorCode::CentralNeeded)));
    };
    let central = Central::at(&address, &office, desk.pin(), Pace::default().patience)?;
    let key = greet::read_key(&mut *desk.read().await?).await?;
    let greeted = greet::hello(desk, &central, &key).await?;
    Ok(central.document(&greeted.token, letter, scan).await?)
}
