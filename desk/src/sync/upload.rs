//! Uploads one scanned document in chunks that survive cuts: create, offset, chunks, finish (after the tus protocol).
//!
//! Called by `sync::worker` once the operation of the scan is acknowledged. Central verifies the whole hash; only its
//! word `stored` counts. Reads the document piece by piece and writes nothing.

use wire::{
    core::engine::Trouble,
    v1::{Refusal, UploadCreate, UploadState},
};

use super::{Failed, client::Central};
use crate::{
    Desk,
    scanning::{self, WaitingScan},
};

/// How often one upload may be sent back to an earlier offset before it is left for the next round.
const SETBACKS: u8 = 2;

/// Brings the document to central and returns when central has verified it.
///
/// # Errors
/// [`Trouble::Unreachable`] when the connection was cut: the next call goes on at the last whole chunk; the refusals of
/// an upload; [`Trouble::Rubbish`] when central's numbers make no sense; what reading the document says.
pub(super) async fn upload(
    desk: &Desk,
    central: &Central,
    token: &str,
    scan: &WaitingScan,
    chunk_bytes: u64,
) -> Result<(), Failed> {
    let announced = UploadCreate { scan_id: scan.id, bytes: scan.bytes, sha256: scan.sha256 };
    let mut setbacks = 0;
    let mut state = central.create_upload(token, &announced).await?;
    while !state.stored {
        let step = match next_chunk(&state, scan.bytes, chunk_bytes)? {
            Some(length) => {
                let chunk = scanning::read_document_range(desk, scan.id, state.offset, length).await?;
                central.send_chunk(token, scan.id, state.offset, chunk).await
            }
            None => central.finish_upload(token, scan.id).await,
        };
        state = match step {
            Ok(next) if next.stored || next.offset > state.offset => next,
            Ok(_) => return Err(Trouble::Rubbish("an upload that does not move on").into()),
            // A chunk arrived though its answer did not, or central dropped what had another hash: ask where to go on.
            Err(trouble @ Trouble::Refused(Refusal::OffsetDiffers { .. } | Refusal::HashDiffers)) => {
                setbacks += 1;
                if setbacks > SETBACKS {
                    return Err(trouble.into());
                }
                central.upload_state(token, scan.id).await?
            }
            Err(trouble) => return Err(trouble.into()),
        };
    }
    Ok(())
}

/// The length of the next chunk; `None` when central holds every byte.
fn next_chunk(state: &UploadState, bytes: u64, chunk_bytes: u64) -> Result<Option<u64>, Trouble> {
    if state.bytes != bytes || state.offset > bytes {
        return Err(Trouble::Rubbish("an offset outside the document"));
    }
    let left = bytes - state.offset;
    Ok((left > 0).then(|| left.min(chunk_bytes.max(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_follow_each_other_to_the_end_and_nonsense_is_told() {
        let chunk = |offset, bytes| next_chunk(&UploadState { offset, bytes, stored: false }, 10, 4);
        assert_eq!(chunk(0, 10), Ok(Some(4)));
        assert_eq!(chunk(8, 10), Ok(Some(2)));
        assert_eq!(chunk(10, 10), Ok(None));
        assert!(chunk(11, 10).is_err());
        assert!(chunk(0, 11).is_err());
        assert!(chunk(u64::MAX, 10).is_err());
    }
}
