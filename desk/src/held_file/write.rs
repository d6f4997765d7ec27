//! The file itself: written beside its name, and given the name when it is whole and on the disk. Blocks.

use std::{
    fs,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use age::{Encryptor, x25519::Recipient};
use bytes::{Buf, Bytes};
use domain::ids::ScanId;
use tokio::runtime::Handle;
use wire::v1::{
    HeldManifest,
    held_file::{self, MANIFEST, SIGNATURE},
};

use super::PIECE;
use crate::{Desk, DeskError, outbox, scanning};

const WRITE: &str = "write a file for central";

/// What is written, and to where.
pub(super) struct File {
    pub(super) desk: Arc<Desk>,
    pub(super) runtime: Handle,
    pub(super) to: PathBuf,
    /// The public key (age1…).
    pub(super) recipient: String,
    pub(super) manifest: HeldManifest,
    /// Of the manifest, as they are signed.
    pub(super) bytes: Vec<u8>,
    pub(super) signature: [u8; 64],
}

pub(super) fn write(file: &File) -> Result<(), DeskError> {
    let mut unfinished = file.to.clone().into_os_string();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    let done = fill(file, &unfinished).and_then(|()| fs::rename(&unfinished, &file.to).map_err(DeskError::file(WRITE)));
    if done.is_err() {
        // What cannot be removed is encrypted, and no name that anybody would hand over.
        let _ = fs::remove_file(&unfinished);
    }
    done
}

fn fill(file: &File, unfinished: &Path) -> Result<(), DeskError> {
    let failed = || DeskError::file(WRITE);
    let recipient: Recipient = file.recipient.parse().map_err(DeskError::unexpected(WRITE))?;
    let encryptor =
        Encryptor::with_recipients(std::iter::once(&recipient as _)).map_err(DeskError::unexpected(WRITE))?;
    let out = BufWriter::new(fs::File::create(unfinished).map_err(failed())?);
    let mut tar = tar::Builder::new(encryptor.wrap_output(out).map_err(failed())?);
    add(&mut tar, MANIFEST, file.bytes.len() as u64, file.bytes.as_slice()).map_err(failed())?;
    add(&mut tar, SIGNATURE, 64, file.signature.as_slice()).map_err(failed())?;
    let (mut after, mut batch) = (file.manifest.after.seq, 0);
    while after < file.manifest.last.seq {
        let mut ops = file.runtime.block_on(async {
            let mut db = file.desk.read().await?;
            outbox::batch_after(&mut db, after).await
        })?;
        // What is written meanwhile waits for the next file.
        ops.retain(|operation| operation.seq <= file.manifest.last.seq);
        after = ops
            .last()
            .map(|last| last.seq)
            .ok_or_else(|| DeskError::Unexpected { what: WRITE, source: "the log ends too early".into() })?;
        batch += 1;
        let json = serde_json::to_vec(&ops)?;
        add(&mut tar, &held_file::operations(batch), json.len() as u64, json.as_slice()).map_err(failed())?;
    }
    for scan in &file.manifest.scans {
        let document = Document { file, id: scan.scan_id, offset: 0, piece: Bytes::new() };
        add(&mut tar, &held_file::scan(scan.scan_id), scan.bytes, document.take(scan.bytes)).map_err(failed())?;
    }
    let out = tar.into_inner().and_then(age::stream::StreamWriter::finish).map_err(failed())?;
    let out = out.into_inner().map_err(|error| failed()(error.into_error()))?;
    out.sync_all().map_err(failed())
}

fn add<W: Write>(tar: &mut tar::Builder<W>, name: &str, size: u64, content: impl Read) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    tar.append_data(&mut header, name, content)
}

/// A document of this desk, read piece by piece.
struct Document<'a> {
    file: &'a File,
    id: ScanId,
    offset: u64,
    piece: Bytes,
}

impl Read for Document<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() {
            let read = scanning::read_document_range(&self.file.desk, self.id, self.offset, PIECE);
            self.piece = self.file.runtime.block_on(read).map_err(io::Error::other)?;
            self.offset += self.piece.len() as u64;
        }
        let n = buffer.len().min(self.piece.len());
        self.piece.split_to(n).copy_to_slice(&mut buffer[..n]);
        Ok(n)
    }
}
