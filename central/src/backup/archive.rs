//! The file itself: a tar archive encrypted by age. First the manifest, then the dump, the administrator's log with what
//! lies beside it, the scans.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::Path,
    str::FromStr,
};

use age::{Decryptor, Encryptor, x25519::Identity};
use bytes::{Buf, Bytes};
use domain::ids::{LetterId, ScanId};
use futures::{StreamExt, stream::BoxStream};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use super::{BackupError, FORM, Manifest, RecoveryKey, ScanInBackup};
use crate::{
    admin_log::{Content, LogFile},
    scans::Files,
};

/// Bytes of a document that are written at once.
const PIECE: u64 = 256 << 10;

const MANIFEST: &str = "manifest.json";
const DUMP: &str = "database.dump";
const ADMIN_LOG: &str = "admin.log";
/// What letters say that were entered again, a file each.
const REENTERED: &str = "reentered";

/// Writes the archive beside its name and gives it the name when it is whole and on the disk.
pub(super) fn write(
    file: &Path,
    key: &RecoveryKey,
    manifest: &Manifest,
    dump: &Path,
    admin_log: Option<&LogFile>,
    scans: &Scans,
) -> Result<(), BackupError> {
    let unfinished = file.with_extension("unfinished");
    let failed = || BackupError::file(file);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let out = options.open(&unfinished).map_err(failed())?;
    let encryptor = Encryptor::with_recipients(std::iter::once(&key.0 as _)).map_err(|_| BackupError::PublicKey)?;
    let out = encryptor.wrap_output(BufWriter::new(out)).map_err(failed())?;
    let mut tar = tar::Builder::new(out);
    let json = serde_json::to_vec(manifest).map_err(|_| BackupError::Damaged("manifest"))?;
    add(&mut tar, MANIFEST, json.len() as u64, json.as_slice()).map_err(failed())?;
    add_file(&mut tar, DUMP, dump)?;
    if let Some(log) = admin_log.filter(|log| log.path().exists()) {
        add_file(&mut tar, ADMIN_LOG, log.path())?;
        for letter in Content::among(&log.contents())? {
            let path = Content::path(&log.contents(), letter);
            // One that was erased meanwhile is not there any more.
            if path.exists() {
                add_file(&mut tar, &format!("{REENTERED}/{letter}.json"), &path)?;
            }
        }
    }
    for scan in &manifest.scans {
        let document = scans.read(scan)?;
        let mut hashed = Hashed { inner: document.take(scan.bytes), hash: Sha256::new() };
        add(&mut tar, &format!("scans/{}.pdf", scan.id), scan.bytes, &mut hashed)
            .map_err(|_| BackupError::Scan(scan.id))?;
        if <[u8; 32]>::from(hashed.hash.finalize()) != scan.sha256 {
            return Err(BackupError::Scan(scan.id));
        }
    }
    let out = tar.into_inner().and_then(age::stream::StreamWriter::finish).map_err(failed())?;
    let out = out.into_inner().map_err(|error| BackupError::file(file)(error.into_error()))?;
    out.sync_all().map_err(failed())?;
    std::fs::rename(&unfinished, file).map_err(failed())?;
    if let Some(folder) = file.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed())?;
    }
    Ok(())
}

fn add_file<W: Write>(tar: &mut tar::Builder<W>, name: &str, path: &Path) -> Result<(), BackupError> {
    let file = File::open(path).map_err(BackupError::file(path))?;
    let size = file.metadata().map_err(BackupError::file(path))?.len();
    add(tar, name, size, BufReader::new(file).take(size)).map_err(BackupError::file(path))
}

fn add<W: Write>(tar: &mut tar::Builder<W>, name: &str, size: u64, content: impl Read) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    tar.append_data(&mut header, name, content)
}

/// What was unpacked: the dump and the log lie in the folder, the scans where they belong.
pub(super) struct Unpacked {
    pub(super) manifest: Manifest,
    pub(super) dump: std::path::PathBuf,
    pub(super) admin_log: Option<std::path::PathBuf>,
    /// The folder of what letters say that were entered again.
    pub(super) reentered: std::path::PathBuf,
}

/// Unpacks an archive. `accept` looks at the manifest before anything else is read; scans are in their place once their hash was
/// right.
pub(super) fn unpack(
    file: &Path,
    secret: &Identity,
    folder: &Path,
    scans: &Scans,
    accept: impl FnOnce(&Manifest) -> Result<(), BackupError>,
) -> Result<Unpacked, BackupError> {
    let input = File::open(file).map_err(BackupError::file(file))?;
    let decryptor =
        Decryptor::new_buffered(BufReader::new(input)).map_err(|_| BackupError::Damaged("not an age file"))?;
    let plain = decryptor.decrypt(std::iter::once(secret as _)).map_err(|_| BackupError::WrongKey)?;
    let mut tar = tar::Archive::new(plain);
    let mut entries = tar.entries().map_err(BackupError::file(file))?;
    let broken = |_| BackupError::Damaged("the archive ends too early or was changed");

    let first = entries.next().ok_or(BackupError::Damaged("empty"))?.map_err(broken)?;
    if first.path().map_err(broken)?.as_ref() != Path::new(MANIFEST) {
        return Err(BackupError::Damaged("no manifest"));
    }
    let manifest: Manifest = serde_json::from_reader(first).map_err(|_| BackupError::Damaged("manifest"))?;
    if manifest.form != FORM {
        return Err(BackupError::Damaged("made by a newer program"));
    }
    accept(&manifest)?;

    let (dump, log, reentered) = (folder.join(DUMP), folder.join(ADMIN_LOG), folder.join(REENTERED));
    std::fs::create_dir(&reentered).map_err(BackupError::file(&reentered))?;
    let (mut dumped, mut logged, mut awaited) = (false, false, manifest.scans.iter());
    for entry in entries {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        match name.as_str() {
            DUMP => {
                copy(&mut entry, &dump)?;
                dumped = true;
            }
            ADMIN_LOG => {
                copy(&mut entry, &log)?;
                logged = true;
            }
            // No name from the archive becomes a path: here it is an id, below the manifest says which come, in which order.
            name if name.starts_with(REENTERED) => {
                let letter =
                    name.strip_prefix(REENTERED).and_then(|name| name.strip_prefix('/')?.strip_suffix(".json"));
                let letter = letter.and_then(|letter| LetterId::from_str(letter).ok());
                let letter = letter.ok_or(BackupError::Damaged("a re-entered letter without an id"))?;
                copy(&mut entry, &Content::path(&reentered, letter))?;
            }
            _ => {
                let scan = awaited.next().ok_or(BackupError::Damaged("a document too many"))?;
                if name != format!("scans/{}.pdf", scan.id) {
                    return Err(BackupError::Damaged("a document out of its order"));
                }
                scans.write(&mut entry, scan)?;
            }
        }
    }
    if !dumped || awaited.next().is_some() {
        return Err(BackupError::Damaged("the archive ends too early"));
    }
    Ok(Unpacked { manifest, dump, admin_log: logged.then_some(log), reentered })
}

fn copy(from: &mut impl Read, to: &Path) -> Result<(), BackupError> {
    let mut out = File::create(to).map_err(BackupError::file(to))?;
    std::io::copy(from, &mut out).map_err(|_| BackupError::Damaged("a part cannot be read"))?;
    out.sync_all().map_err(BackupError::file(to))
}

/// The place of scans for a thread that may wait.
pub(super) struct Scans {
    pub(super) files: Files,
    pub(super) runtime: Handle,
}

impl Scans {
    fn read(&self, scan: &ScanInBackup) -> Result<Document<'_>, BackupError> {
        let stream = self.runtime.block_on(self.files.read(ScanId(scan.id)));
        let stream = stream.map_err(|_| BackupError::Scan(scan.id))?;
        Ok(Document { runtime: &self.runtime, stream, piece: Bytes::new() })
    }

    fn write(&self, from: &mut impl Read, scan: &ScanInBackup) -> Result<(), BackupError> {
        let failed = |error: object_store::Error| BackupError::Storage(scan.id, Box::new(error));
        let mut whole = self.runtime.block_on(self.files.begin(ScanId(scan.id))).map_err(failed)?;
        loop {
            let mut piece = Vec::new();
            from.by_ref()
                .take(PIECE)
                .read_to_end(&mut piece)
                .map_err(|_| BackupError::Damaged("a part cannot be read"))?;
            if piece.is_empty() {
                break;
            }
            self.runtime.block_on(whole.put(piece.into())).map_err(failed)?;
        }
        let right = self.runtime.block_on(whole.end(&scan.sha256)).map_err(failed)?;
        if right { Ok(()) } else { Err(BackupError::Scan(scan.id)) }
    }
}

/// A stored document, read piece by piece.
struct Document<'a> {
    runtime: &'a Handle,
    stream: BoxStream<'static, Result<Bytes, object_store::Error>>,
    piece: Bytes,
}

impl Read for Document<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.piece.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                Some(piece) => self.piece = piece.map_err(std::io::Error::other)?,
                None => return Ok(0),
            }
        }
        let n = buffer.len().min(self.piece.len());
        self.piece.split_to(n).copy_to_slice(&mut buffer[..n]);
        Ok(n)
    }
}

struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}
