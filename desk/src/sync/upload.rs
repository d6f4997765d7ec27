//! Uploads one scanned document in chunks that survive cuts: create, offset, chunks, finish (after the tus protocol).
//!
//! Called by `sync::worker` once the operation of the scan is acknowledged. Central verifies the whole hash; only its
//! word `stored` counts. Reads the document piece by piece and writes nothing.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use wire::{
    core::engine::Trouble,
    v1::{Refusal, UploadCreate, UploadState},
};

use super::{Failed, client::Central, store};
use crate::{
    Desk, DeskError, outbox,
    scanning::{self, WaitingScan},
};

/// How often one upload may be sent back to an earlier offset before it is left for the next round.
const SETBACKS: u8 = 2;

/// How an upload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Central has the document and has verified it.
    Done,
    /// Between two chunks there was a reason to stop ([`Course`]): it goes on later where it was.
    Paused,
}

/// What the uploads that are under way together have in common.
#[derive(Debug)]
pub(super) struct Course {
    /// Operations that are written meanwhile go first.
    letters_go_first: bool,
    halted: AtomicBool,
}

impl Course {
    pub(super) fn new(letters_go_first: bool) -> Self {
        Self { letters_go_first, halted: AtomicBool::new(false) }
    }

    /// No upload sends a further chunk; what is on the line arrives.
    pub(super) fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }

    async fn may_go_on(&self, desk: &Desk) -> Result<bool, DeskError> {
        if self.letters_go_first && !self.is_halted() && letters_wait(desk).await? {
            self.halt();
        }
        Ok(!self.is_halted())
    }
}

/// Brings the document to central and returns when central has verified it, or when its course is halted.
///
/// # Errors
/// [`Trouble::Unreachable`] when the connection was cut: the next call goes on at the last whole chunk; the refusals of
/// an upload; [`Trouble::Rubbish`] when central's numbers make no sense; what reading the document says.
pub(super) async fn upload(
    desk: &Desk,
    central: &Central,
    token: &str,
    scan: &WaitingScan,
    stride: &Stride,
    course: &Course,
) -> Result<Progress, Failed> {
    let announced = UploadCreate { scan_id: scan.id, bytes: scan.bytes, sha256: scan.sha256 };
    let mut setbacks = 0;
    let mut state = central.create_upload(token, &announced).await?;
    while !state.stored {
        if !course.may_go_on(desk).await? {
            return Ok(Progress::Paused);
        }
        let step = match next_chunk(&state, scan.bytes, stride.bytes())? {
            Some(length) => {
                let chunk = scanning::read_document_range(desk, scan.id, state.offset, length).await?;
                let began = Instant::now();
                let sent = central.send_chunk(token, scan.id, state.offset, chunk).await;
                stride.took(began.elapsed(), sent.is_ok());
                sent
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
    Ok(Progress::Done)
}

async fn letters_wait(desk: &Desk) -> Result<bool, DeskError> {
    let mut db = desk.read().await?;
    Ok(outbox::tip(&mut db).await?.seq > store::progress(&mut db).await?.acked)
}

/// How much of a document goes in one request: as much as the line carries in a second or so. Then an answer to wait for costs
/// little on a fast line, and a slow one is done before patience ends. All uploads share the line, and this.
#[derive(Debug)]
pub(super) struct Stride {
    bytes: AtomicU64,
    most: u64,
}

impl Stride {
    const FIRST: u64 = 256 << 10;
    const LEAST: u64 = 32 << 10;

    /// Never more than this.
    pub(super) fn up_to(most: u64) -> Self {
        Self { bytes: AtomicU64::new(Self::FIRST.min(most)), most }
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn took(&self, time: Duration, arrived: bool) {
        let bytes = self.bytes();
        if !arrived || time > Duration::from_secs(4) {
            self.bytes.store((bytes / 2).max(Self::LEAST.min(self.most)), Ordering::Relaxed);
        } else if time < Duration::from_secs(1) {
            self.bytes.store((bytes * 2).min(self.most), Ordering::Relaxed);
        }
    }
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

    #[test]
    fn a_fast_line_gets_larger_chunks_and_a_slow_one_smaller() {
        let (quick, slow) = (Duration::from_millis(200), Duration::from_secs(5));
        let stride = Stride::up_to(1 << 20);
        let after = |time, arrived| {
            stride.took(time, arrived);
            stride.bytes() >> 10
        };
        assert_eq!([after(quick, true), after(quick, true), after(quick, true)], [512, 1024, 1024]);
        assert_eq!(after(Duration::from_secs(2), true), 1024, "about right");
        assert_eq!([after(slow, true), after(quick, false), after(slow, true)], [512, 256, 128]);
        assert_eq!([after(slow, true), after(slow, true), after(slow, true)], [64, 32, 32]);
        assert_eq!(Stride::up_to(4 << 10).bytes(), 4 << 10);
    }
}
