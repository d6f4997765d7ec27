//! Encrypted files beside the database: received pages, their thumbnails, the documents made of them.
//! Called by `scanning`. Knows no batch and no letter; a file bears the id of what it holds and nothing else.
//!
//! Form of a file: magic, nonce, file key wrapped by a key derived from the database's, length of the content; then
//! chunks of [`CHUNK`] bytes, each sealed with XChaCha20-Poly1305 under the file key. A chunk's nonce is its number and
//! whether it is the last one, so that a missing, doubled or moved chunk is noticed (the STREAM construction, Hoang,
//! Reyhanitabar, Rogaway, Vizár 2015). The wrapping binds shelf, id and length: one file never passes for another.

use std::{
    fs::{self, File},
    io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{Desk, DeskError, clock::Entropy, desk::sync_folder};

const MAGIC: &[u8; 8] = b"OKNFILE1";
const NONCE: usize = 24;
const TAG: usize = 16;
const WRAPPED: usize = 32 + TAG;
const HEAD: usize = MAGIC.len() + NONCE + WRAPPED + 8;
/// Content of one chunk in bytes.
const CHUNK: usize = 64 * 1024;
/// Extension of a file that is not whole yet.
const DRAFT: &str = "new";

/// What kind of file it is: a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// Pages as received, byte for byte.
    Pages,
    /// Small pictures of pages of an open batch.
    Thumbnails,
    /// PDF documents attached to letters.
    Documents,
}

impl Shelf {
    /// Every shelf.
    pub(crate) const ALL: [Self; 3] = [Self::Pages, Self::Thumbnails, Self::Documents];

    /// The folder's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Thumbnails => "thumbnails",
            Self::Documents => "documents",
        }
    }
}

/// The folder of encrypted files, with the key that wraps theirs. Every method blocks.
#[derive(Clone)]
struct Vault {
    root: PathBuf,
    key: Zeroizing<[u8; 32]>,
    entropy: Arc<dyn Entropy>,
}

/// Writes a file so that it is either whole and on the disk or not there.
///
/// # Errors
/// [`DeskError::File`] naming the step that failed.
pub(crate) async fn keep(desk: &Desk, shelf: Shelf, id: Uuid, content: Bytes) -> Result<(), DeskError> {
    let vault = Vault::of(desk)?;
    blocking(move || vault.write(shelf, id, &content)).await
}

/// Reads a whole file; `None` when there is none.
///
/// # Errors
/// [`DeskError::File`] for a file that was changed, cut or belongs to another key.
pub(crate) async fn fetch(desk: &Desk, shelf: Shelf, id: Uuid) -> Result<Option<Bytes>, DeskError> {
    fetch_range(desk, shelf, id, 0, u64::MAX).await
}

/// Reads at most `length` bytes of the content from `offset` on; `None` when there is no such file.
///
/// # Errors
/// As [`fetch`].
pub(crate) async fn fetch_range(
    desk: &Desk,
    shelf: Shelf,
    id: Uuid,
    offset: u64,
    length: u64,
) -> Result<Option<Bytes>, DeskError> {
    let vault = Vault::of(desk)?;
    blocking(move || vault.read(shelf, id, offset, length)).await
}

/// Deletes files; those that are not there are no error.
///
/// # Errors
/// [`DeskError::File`] when the disk refuses.
pub(crate) async fn remove(desk: &Desk, shelf: Shelf, ids: Vec<Uuid>) -> Result<(), DeskError> {
    let vault = Vault::of(desk)?;
    blocking(move || vault.delete(shelf, &ids)).await
}

/// Deletes what was being written when the program died. Call it before anything is written.
///
/// # Errors
/// [`DeskError::File`] when the disk refuses.
pub(crate) async fn forget_drafts(desk: &Desk) -> Result<(), DeskError> {
    let vault = Vault::of(desk)?;
    blocking(move || vault.forget_drafts()).await
}

/// Bytes that a program without privileges may still write to the disk of the data directory.
///
/// # Errors
/// [`DeskError::File`] when the system does not say.
pub(crate) async fn free_space(desk: &Desk) -> Result<u64, DeskError> {
    let folder = desk.paths().data.clone();
    blocking(move || fs4::available_space(folder).map_err(DeskError::file("ask for free space"))).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DeskError> + Send + 'static,
) -> Result<T, DeskError> {
    tokio::task::spawn_blocking(work).await.map_err(DeskError::unexpected("work on an encrypted file"))?
}

fn damaged(why: &'static str) -> DeskError {
    DeskError::File { what: "read an encrypted file", source: io::Error::new(ErrorKind::InvalidData, why) }
}

// Number of the chunk and whether it is the last: together with a key of its own for each file, never used twice.
fn chunk_nonce(number: u64, last: bool) -> XNonce {
    let mut nonce = [0; NONCE];
    nonce[NONCE - 9..NONCE - 1].copy_from_slice(&number.to_be_bytes());
    nonce[NONCE - 1] = u8::from(last);
    nonce.into()
}

fn chunks_of(length: u64) -> u64 {
    length.div_ceil(CHUNK as u64).max(1)
}

impl Vault {
    fn of(desk: &Desk) -> Result<Self, DeskError> {
        let key = desk.db.key().ok_or_else(|| DeskError::Unexpected {
            what: "encrypt a file",
            source: "a desk without encryption keeps no files".into(),
        })?;
        Ok(Self {
            root: desk.paths().data.join("files"),
            key: key.derive("okienko-files-1"),
            entropy: Arc::clone(&desk.parts.entropy),
        })
    }

    fn path(&self, place: Shelf, id: Uuid) -> PathBuf {
        self.root.join(place.name()).join(id.to_string())
    }

    fn bound(place: Shelf, id: Uuid, length: u64) -> Vec<u8> {
        [MAGIC.as_slice(), place.name().as_bytes(), id.as_bytes(), &length.to_be_bytes()].concat()
    }

    fn write(&self, place: Shelf, id: Uuid, content: &[u8]) -> Result<(), DeskError> {
        let folder = self.root.join(place.name());
        if !folder.is_dir() {
            fs::create_dir_all(&folder).map_err(DeskError::file("make a folder for files"))?;
            sync_folder(&self.root)?;
            sync_folder(self.root.parent().unwrap_or(Path::new(".")))?;
        }
        let path = self.path(place, id);
        let draft = path.with_extension(DRAFT);
        let written = self.write_draft(&draft, &Self::bound(place, id, content.len() as u64), content);
        let written = written.and_then(|()| {
            fs::rename(&draft, &path).map_err(DeskError::file("rename an encrypted file"))?;
            sync_folder(&folder)
        });
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written
    }

    fn write_draft(&self, draft: &Path, bound: &[u8], content: &[u8]) -> Result<(), DeskError> {
        let sealed = |_| DeskError::Unexpected { what: "encrypt a file", source: "the cipher refused".into() };
        let failed = || DeskError::file("write an encrypted file");
        let mut file_key = Zeroizing::new([0; 32]);
        self.entropy.fill(file_key.as_mut());
        let mut nonce = [0; NONCE];
        self.entropy.fill(&mut nonce);
        let wrapped =
            cipher(&self.key).encrypt(&nonce.into(), Payload { msg: file_key.as_ref(), aad: bound }).map_err(sealed)?;

        let file = File::create(draft).map_err(DeskError::file("make an encrypted file"))?;
        let mut file = BufWriter::with_capacity(CHUNK + TAG, file);
        for part in [MAGIC.as_slice(), &nonce, &wrapped, &(content.len() as u64).to_be_bytes()] {
            file.write_all(part).map_err(failed())?;
        }
        let cipher = cipher(&file_key);
        let last = chunks_of(content.len() as u64) - 1;
        let empty = content.is_empty().then_some(content);
        for (number, chunk) in (0..).zip(content.chunks(CHUNK).chain(empty)) {
            let chunk = cipher.encrypt(&chunk_nonce(number, number == last), chunk).map_err(sealed)?;
            file.write_all(&chunk).map_err(failed())?;
        }
        let file = file.into_inner().map_err(|error| failed()(error.into_error()))?;
        file.sync_all().map_err(DeskError::file("sync an encrypted file"))
    }

    fn read(&self, place: Shelf, id: Uuid, offset: u64, length: u64) -> Result<Option<Bytes>, DeskError> {
        let failed = || DeskError::file("read an encrypted file");
        let mut file = match File::open(self.path(place, id)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed()(error)),
        };
        let mut head = [0; HEAD];
        file.read_exact(&mut head).map_err(failed())?;
        let (magic, rest) = head.split_at(MAGIC.len());
        let (nonce, rest) = rest.split_at(NONCE);
        let (wrapped, whole) = rest.split_at(WRAPPED);
        if magic != MAGIC {
            return Err(damaged("not a file of ours"));
        }
        let whole = u64::from_be_bytes(whole.try_into().unwrap_or_default());
        let nonce = XNonce::try_from(nonce).map_err(|_| damaged("its head is cut"))?;
        let key = cipher(&self.key)
            .decrypt(&nonce, Payload { msg: wrapped, aad: &Self::bound(place, id, whole) })
            .map_err(|_| damaged("its head was changed, or it belongs to another key, shelf or id"))?;
        let key = Zeroizing::new(key);
        let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| damaged("its key has another length"))?;

        let count = chunks_of(whole);
        let on_disk = file.metadata().map_err(failed())?.len();
        if on_disk != HEAD as u64 + whole + count * TAG as u64 {
            return Err(damaged("its length does not fit"));
        }
        let from = offset.min(whole);
        let to = from.saturating_add(length).min(whole);
        let first = from / CHUNK as u64;
        let end = if to == from { first } else { (to - 1) / CHUNK as u64 + 1 };
        let end = if whole == 0 { 1 } else { end };
        file.seek(SeekFrom::Start(HEAD as u64 + first * (CHUNK + TAG) as u64)).map_err(failed())?;
        let mut content = Vec::with_capacity(usize::try_from(to - from).unwrap_or_default() + CHUNK);
        let mut sealed = vec![0; CHUNK + TAG];
        for number in first..end {
            let last = number + 1 == count;
            let size = if last { whole - number * CHUNK as u64 } else { CHUNK as u64 };
            let sealed = &mut sealed[..usize::try_from(size).unwrap_or(CHUNK) + TAG];
            file.read_exact(sealed).map_err(failed())?;
            let chunk = cipher
                .decrypt(&chunk_nonce(number, last), &*sealed)
                .map_err(|_| damaged("a chunk was changed or moved"))?;
            content.extend_from_slice(&chunk);
        }
        let skipped = usize::try_from(from - first * CHUNK as u64).unwrap_or_default().min(content.len());
        let wanted = usize::try_from(to - from).unwrap_or_default();
        Ok(Some(Bytes::from(content).slice(skipped..skipped + wanted)))
    }

    fn forget_drafts(&self) -> Result<(), DeskError> {
        let failed = || DeskError::file("look for unfinished files");
        for place in [Shelf::Pages, Shelf::Thumbnails, Shelf::Documents] {
            let folder = match fs::read_dir(self.root.join(place.name())) {
                Ok(folder) => folder,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(failed()(error)),
            };
            for entry in folder {
                let path = entry.map_err(failed())?.path();
                if path.extension().is_some_and(|extension| extension == DRAFT) {
                    fs::remove_file(path).map_err(failed())?;
                }
            }
        }
        Ok(())
    }

    fn delete(&self, place: Shelf, ids: &[Uuid]) -> Result<(), DeskError> {
        for id in ids {
            match fs::remove_file(self.path(place, *id)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(DeskError::File { what: "delete an encrypted file", source: error }),
            }
        }
        let folder = self.root.join(place.name());
        if folder.is_dir() { sync_folder(&folder) } else { Ok(()) }
    }
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn vault(folder: &Path, key: u8) -> Vault {
        Vault { root: folder.join("files"), key: Zeroizing::new([key; 32]), entropy: Arc::new(SystemEntropy) }
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|n| u8::try_from(n % 251).unwrap_or_default()).collect()
    }

    #[test]
    fn what_is_written_is_read_back_whole_and_in_parts() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = vault(folder.path(), 1);
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17] {
            let (id, content) = (Uuid::from_u128(length as u128), content(length));
            vault.write(Shelf::Pages, id, &content).expect("written");
            let read = |offset: usize, count: usize| {
                let (offset, count) = (offset as u64, count as u64);
                vault.read(Shelf::Pages, id, offset, count).expect("readable").expect("there")
            };
            assert_eq!(read(0, usize::MAX), content, "{length}");
            for (offset, count) in [(0, 10), (5, CHUNK), (CHUNK - 3, 7), (CHUNK, CHUNK), (2 * CHUNK + 1, 5 * CHUNK)] {
                let from = offset.min(length);
                assert_eq!(read(offset, count), content[from..(from + count).min(length)], "{length} {offset} {count}");
            }
        }
        assert!(vault.read(Shelf::Pages, Uuid::from_u128(9), 0, 1).expect("no error").is_none());
    }

    #[test]
    fn every_change_of_a_file_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = vault(folder.path(), 1);
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        vault.write(Shelf::Pages, id, &content(2 * CHUNK + 100)).expect("written");
        vault.write(Shelf::Pages, other, &content(2 * CHUNK + 100)).expect("written");
        let path = vault.path(Shelf::Pages, id);
        let right = fs::read(&path).expect("bytes");
        let refused = |bytes: &[u8], what: &str| {
            fs::write(&path, bytes).expect("written");
            assert!(vault.read(Shelf::Pages, id, 0, u64::MAX).is_err(), "{what}");
        };
        for at in [0, 8, 40, HEAD - 1, HEAD, HEAD + CHUNK + TAG, right.len() - 1] {
            let mut wrong = right.clone();
            wrong[at] ^= 1;
            refused(&wrong, "a bit changed");
        }
        let sealed = CHUNK + TAG;
        for length in [0, HEAD - 1, HEAD, HEAD + sealed, HEAD + 2 * sealed, right.len() - 1] {
            refused(&right[..length], "cut");
        }
        refused(&[right.as_slice(), b"x"].concat(), "longer");
        let (head, chunks) = right.split_at(HEAD);
        let swapped = [head, &chunks[sealed..2 * sealed], &chunks[..sealed], &chunks[2 * sealed..]].concat();
        refused(&swapped, "two chunks swapped");
        let foreign = fs::read(vault.path(Shelf::Pages, other)).expect("bytes");
        refused(&foreign, "another file under this id");
        let mixed = [head, &foreign[HEAD..]].concat();
        refused(&mixed, "another file's chunks");
        // The head's length shortened to one chunk: the chunk was not sealed as the last one.
        let mut short = right[..HEAD + sealed].to_vec();
        short[HEAD - 8..HEAD].copy_from_slice(&(CHUNK as u64).to_be_bytes());
        refused(&short, "cut at a chunk's border with the length changed");
        fs::write(&path, &right).expect("written");
        assert!(vault.read(Shelf::Pages, id, 0, u64::MAX).is_ok());
        fs::create_dir_all(vault.root.join("documents")).expect("a shelf");
        fs::copy(&path, vault.path(Shelf::Documents, id)).expect("copied");
        assert!(vault.read(Shelf::Documents, id, 0, u64::MAX).is_err(), "another shelf");
        let stranger = Vault { key: Zeroizing::new([2; 32]), ..vault.clone() };
        assert!(stranger.read(Shelf::Pages, id, 0, u64::MAX).is_err(), "another key");
    }

    #[test]
    fn nothing_legible_and_no_draft_stays_on_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = vault(folder.path(), 1);
        let id = Uuid::from_u128(1);
        vault.write(Shelf::Documents, id, b"pani Lis prosi o rozlozenie na raty").expect("written");
        let bytes = fs::read(vault.path(Shelf::Documents, id)).expect("bytes");
        assert!(!bytes.windows(4).any(|window| window == b"pani"));
        let names = || fs::read_dir(vault.root.join("documents")).expect("a folder").count();
        assert_eq!(names(), 1);
        fs::write(vault.path(Shelf::Documents, id).with_extension(DRAFT), "half").expect("a draft");
        vault.forget_drafts().expect("forgotten");
        assert_eq!(names(), 1, "the draft is gone, the file is not");
        vault.delete(Shelf::Documents, &[id, Uuid::from_u128(7)]).expect("deleted");
        assert_eq!(names(), 0);
    }
}
