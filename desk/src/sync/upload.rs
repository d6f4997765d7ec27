//! Uploads one scanned document in chunks that survive cuts: create, offset, chunks, finish (after the tus protocol).
//!
//! Called by `sync::worker` once the operation of the scan is acknowledged. Central verifies the whole hash; only its
//! word `stored` counts. Never touches the database.

use bytes::Bytes;
use domain::ids::ScanId;
use wire::v1::{Refusal, UploadCreate, UploadState};

use super::{client::Central, engine::Trouble};

/// How often one upload may be sent back to an earlier offset before it is left for the next round.
const SETBACKS: u8 = 2;

/// Brings the document to central and returns when central has verified it.
///
/// # Errors
/// [`Trouble::Unreachable`] when the connection was cut: the next call goes on at the last whole chunk; the refusals of
/// an upload; [`Trouble::Rubbish`] when central's numbers make no sense.
pub(super) async fn upload(
    central: &Central,
    token: &str,
    announced: &UploadCreate,
    document: &Bytes,
    chunk_bytes: usize,
) -> Result<(), Trouble> {
    let scan = announced.scan_id;
    let mut setbacks = 0;
    let mut state = central.create_upload(token, announced).await?;
    while !state.stored {
        let step = match next_chunk(&state, document, chunk_bytes)? {
            Some(chunk) => send(central, token, scan, state.offset, chunk).await,
            None => central.finish_upload(token, scan).await,
        };
        state = match step {
            Ok(next) if next.stored || next.offset > state.offset => next,
            Ok(_) => return Err(Trouble::Rubbish("an upload that does not move on")),
            // Another try of ours got further, or central dropped what had another hash: ask where to go on.
            Err(trouble @ Trouble::Refused(Refusal::OffsetDiffers { .. } | Refusal::HashDiffers)) => {
                setbacks += 1;
                if setbacks > SETBACKS {
                    return Err(trouble);
                }
                central.upload_state(token, scan).await?
            }
            Err(trouble) => return Err(trouble),
        };
    }
    Ok(())
}

// A chunk that central took without saying so costs this one chunk: the offset tells.
async fn send(central: &Central, token: &str, scan: ScanId, offset: u64, chunk: Bytes) -> Result<UploadState, Trouble> {
    central.send_chunk(token, scan, offset, chunk).await
}

/// The bytes to send next; `None` when central holds all of them.
fn next_chunk(state: &UploadState, document: &Bytes, chunk_bytes: usize) -> Result<Option<Bytes>, Trouble> {
    const NONSENSE: Trouble = Trouble::Rubbish("an offset outside the document");
    let offset = usize::try_from(state.offset).map_err(|_| NONSENSE)?;
    if state.bytes != document.len() as u64 || offset > document.len() {
        return Err(NONSENSE);
    }
    let end = document.len().min(offset + chunk_bytes.max(1));
    Ok((offset < end).then(|| document.slice(offset..end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_follow_each_other_to_the_end_and_nonsense_is_told() {
        let document = Bytes::from_static(b"0123456789");
        let chunk = |offset, bytes| next_chunk(&UploadState { offset, bytes, stored: false }, &document, 4);
        assert_eq!(chunk(0, 10), Ok(Some(Bytes::from_static(b"0123"))));
        assert_eq!(chunk(8, 10), Ok(Some(Bytes::from_static(b"89"))));
        assert_eq!(chunk(10, 10), Ok(None));
        assert!(chunk(11, 10).is_err());
        assert!(chunk(0, 11).is_err());
        assert!(chunk(u64::MAX, 10).is_err());
    }
}
