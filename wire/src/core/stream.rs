//! The stream of changes that desks pull: its numbers, its digests, and what a cursor is to it.
//!
//! Numbers are dense and grow in the order of commits: a transaction takes its range last of all, when it holds every
//! other lock, and commits. So a cursor never passes a change that is not yet to be seen.

use std::ops::RangeInclusive;

use uuid::Uuid;

use crate::v1::{AuditHead, Change, Cursor, DirectoryHash, PullAnswer, log::hash_parts};

/// Most bytes of bodies in one page, roughly: a page always holds at least one change.
const PAGE_BYTES: usize = 4 << 20;

/// The numbers of `count` changes when the head was raised by them to `head`.
pub fn range_up_to(head: u64, count: u64) -> RangeInclusive<u64> {
    head + 1 - count..=head
}

/// The digest of a change: of its epoch, its number, its body in canonical JSON, and the digest before it (zeros before
/// the first). So it stands for everything up to it: after a restore the same change may come to stand at the same number
/// behind others, and a cursor there has not seen those.
pub fn digest_of(before: &[u8; 32], epoch: Uuid, n: u64, body: &[u8]) -> [u8; 32] {
    hash_parts(&[b"okienko-change-1", epoch.as_bytes(), before, &n.to_be_bytes(), body])
}

/// Whether the cursor lies in this history. `digest` is that of the change at the cursor's head, if there is one.
pub fn knows(cursor: &Cursor, epoch: Uuid, digest: Option<&[u8; 32]>) -> bool {
    let same = match cursor.head {
        0 => *cursor == Cursor::start(epoch),
        _ => digest == Some(&cursor.digest),
    };
    cursor.epoch == epoch && same
}

/// The page behind a known cursor. `changes` follow the cursor in order; `head`, `audit` and the directory's hash were read before
/// them.
pub fn page(
    cursor: Cursor,
    mut changes: Vec<Change>,
    head: u64,
    audit: AuditHead,
    directory: Option<DirectoryHash>,
) -> PullAnswer {
    let mut bytes = 0;
    let fitting = changes.iter().take_while(|change| {
        let fits = bytes < PAGE_BYTES;
        bytes += change.body.text().len();
        fits
    });
    changes.truncate(fitting.count());
    let scanned_up_to =
        changes.last().map_or(cursor, |change| Cursor { head: change.n, digest: change.digest, ..cursor });
    // A head that the page has passed meanwhile is no news.
    let head = head.max(scanned_up_to.head);
    PullAnswer::Changes { changes, scanned_up_to, head, audit: Some(audit), directory }
}
