//! Opens a file and walks through it from one end to the other, believing nothing that the manifest's signature does not hold.
//! Bytes of documents pass in pieces: a file may be larger than memory.

use std::{fs::File, io::BufReader, io::Read, path::Path, slice};

use age::{Decryptor, x25519::Identity};
use bytes::Bytes;
use domain::marks::Teryt;
use sha2::{Digest, Sha256};
use wire::{
    core::push::Batch,
    v1::{
        HeldManifest, LogOf, MAX_BATCH_BYTES, Operation, Refusal, Tip, UploadCreate,
        held_file::{self, FORM, MANIFEST, SIGNATURE},
    },
};

use super::HeldFileError;

/// Bytes of a document that are passed on at once.
const PIECE: usize = 256 << 10;
/// Operations in base64 with their fields.
const MAX_ENTRY: u64 = 4 * MAX_BATCH_BYTES as u64;

/// What comes by on the way.
#[derive(Debug)]
pub(super) enum Part {
    /// Operations that follow those before.
    Operations(Vec<Operation>),
    /// A document begins.
    Scan(UploadCreate),
    /// Bytes of it.
    Bytes(Bytes),
}

/// The manifest as it stands there, its bytes and the signature over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) manifest: HeldManifest,
    bytes: Vec<u8>,
    signature: [u8; 64],
}

impl Claim {
    /// Whether this key signed it.
    pub(super) fn is_signed(&self, public_key: &[u8; 32]) -> bool {
        held_file::is_signed(public_key, &self.manifest.log(), &self.bytes, &self.signature)
    }
}

type Opened = tar::Archive<age::stream::StreamReader<BufReader<File>>>;

fn open(file: &Path, secret: &Identity) -> Result<Opened, HeldFileError> {
    let input = File::open(file).map_err(|error| HeldFileError::File(file.display().to_string(), error))?;
    let decryptor = Decryptor::new_buffered(BufReader::new(input)).map_err(|_| HeldFileError::NotOurs)?;
    let plain = decryptor.decrypt(std::iter::once(secret as _)).map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => HeldFileError::WrongKey,
        _ => HeldFileError::Damaged("its head was changed"),
    })?;
    Ok(tar::Archive::new(plain))
}

/// What the file says it is.
pub(super) fn claim(file: &Path, secret: &Identity, office: &Teryt) -> Result<Claim, HeldFileError> {
    let mut archive = open(file, secret)?;
    claim_of(&mut entries(&mut archive)?, office)
}

/// Walks through the file, whose claim was judged before; each part that is shown fits the claim so far.
pub(super) fn walk(
    file: &Path,
    secret: &Identity,
    judged: &Claim,
    mut see: impl FnMut(Part) -> Result<(), HeldFileError>,
) -> Result<(), HeldFileError> {
    let mut archive = open(file, secret)?;
    let mut entries = entries(&mut archive)?;
    if claim_of(&mut entries, &judged.manifest.office)? != *judged {
        return Err(HeldFileError::Damaged("it changed while it was read"));
    }
    let mut awaited = Awaited::of(&judged.manifest);
    while let Some((name, mut entry)) = entries.next()? {
        if let Some(scan) = awaited.scan(&name)? {
            see(Part::Scan(scan.clone()))?;
            let mut hash = Sha256::new();
            let mut left = scan.bytes;
            loop {
                let mut piece = Vec::new();
                entry.by_ref().take(PIECE as u64).read_to_end(&mut piece).map_err(broken)?;
                if piece.is_empty() {
                    break;
                }
                hash.update(&piece);
                left = left.checked_sub(piece.len() as u64).ok_or(HeldFileError::Damaged("a document is too long"))?;
                see(Part::Bytes(piece.into()))?;
            }
            if <[u8; 32]>::from(hash.finalize()) != scan.sha256 {
                return Err(HeldFileError::Damaged("a document has another hash"));
            }
        } else {
            let ops: Vec<Operation> = serde_json::from_slice(&whole(&mut entry)?)
                .map_err(|_| HeldFileError::Damaged("operations cannot be read"))?;
            awaited.operations(&ops)?;
            see(Part::Operations(ops))?;
        }
    }
    awaited.end()
}

/// What must still come for the claim to be true.
struct Awaited<'a> {
    log: LogOf,
    tip: Tip,
    last: Tip,
    batches: u32,
    scans: slice::Iter<'a, UploadCreate>,
}

impl<'a> Awaited<'a> {
    fn of(manifest: &'a HeldManifest) -> Self {
        Self { log: manifest.log(), tip: manifest.after, last: manifest.last, batches: 0, scans: manifest.scans.iter() }
    }

    /// The document of this name; `None` for the next operations.
    fn scan(&mut self, name: &str) -> Result<Option<&'a UploadCreate>, HeldFileError> {
        if self.tip == self.last {
            // No name from the archive becomes a path: the manifest says what comes, in which order.
            let next = self.scans.next().filter(|scan| name == held_file::scan(scan.scan_id));
            return next.map(Some).ok_or(HeldFileError::Damaged("something out of its order"));
        }
        self.batches += 1;
        if name == held_file::operations(self.batches) {
            return Ok(None);
        }
        Err(HeldFileError::Damaged("something out of its order"))
    }

    fn operations(&mut self, ops: &[Operation]) -> Result<(), HeldFileError> {
        let batch = Batch::trusted(&self.log, ops).map_err(|refusal| match refusal {
            Refusal::SchemaTooNew { .. } => HeldFileError::TooNew,
            _ => HeldFileError::Damaged("the chain of operations does not hold"),
        })?;
        if batch.before() != self.tip || batch.last().seq > self.last.seq {
            return Err(HeldFileError::Damaged("the chain of operations does not hold"));
        }
        self.tip = batch.last();
        Ok(())
    }

    fn end(mut self) -> Result<(), HeldFileError> {
        let whole = self.tip == self.last && self.scans.next().is_none();
        if whole { Ok(()) } else { Err(HeldFileError::Damaged("it ends too early")) }
    }
}

struct Entries<'a>(tar::Entries<'a, age::stream::StreamReader<BufReader<File>>>);
type Entry<'a> = tar::Entry<'a, age::stream::StreamReader<BufReader<File>>>;

impl<'a> Entries<'a> {
    fn next(&mut self) -> Result<Option<(String, Entry<'a>)>, HeldFileError> {
        let Some(entry) = self.0.next() else { return Ok(None) };
        let entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        Ok(Some((name, entry)))
    }
}

fn entries(archive: &mut Opened) -> Result<Entries<'_>, HeldFileError> {
    archive.entries().map(Entries).map_err(broken)
}

fn claim_of(entries: &mut Entries<'_>, office: &Teryt) -> Result<Claim, HeldFileError> {
    let mut named = |name: &str| match entries.next()? {
        Some((found, mut entry)) if found == name => whole(&mut entry),
        Some(_) | None => Err(HeldFileError::NotOurs),
    };
    let bytes = named(MANIFEST)?;
    let signature = named(SIGNATURE)?.try_into().map_err(|_| HeldFileError::NotOurs)?;
    let form = serde_json::from_slice::<serde_json::Value>(&bytes).ok().and_then(|json| json["form"].as_u64());
    if form.is_some_and(|form| form > FORM.into()) {
        return Err(HeldFileError::TooNew);
    }
    let manifest: HeldManifest = serde_json::from_slice(&bytes).map_err(|_| HeldFileError::NotOurs)?;
    if manifest.office != *office {
        return Err(HeldFileError::OtherOffice(manifest.office));
    }
    Ok(Claim { manifest, bytes, signature })
}

fn whole(entry: &mut Entry<'_>) -> Result<Vec<u8>, HeldFileError> {
    let mut bytes = Vec::new();
    entry.by_ref().take(MAX_ENTRY + 1).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() as u64 > MAX_ENTRY { Err(HeldFileError::Damaged("an entry is too long")) } else { Ok(bytes) }
}

fn broken(_: std::io::Error) -> HeldFileError {
    HeldFileError::Damaged("it was changed, or ends too early")
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{DeviceId, LetterId, OpId, ScanId},
        stage::Stage,
    };
    use uuid::Uuid;
    use wire::v1::{OpBody, UnitChange, log::seal};

    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn log() -> LogOf {
        LogOf { office: "2404082".to_owned().try_into().expect("a code"), device: DeviceId(id(1)) }
    }

    fn operation(after: Tip, n: u128) -> Operation {
        let body = OpBody::StageSet {
            letter_id: LetterId(id(7)),
            based_on: None,
            stage: Stage::InProgress,
            unit: UnitChange::Keep,
            by: "Anna Lis".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        seal(&log(), after, OpId(id(n)), [n.to_le_bytes()[0]; 32], &body)
    }

    type Parts = Vec<(String, Vec<u8>)>;

    /// Two batches and two documents.
    fn parts() -> Parts {
        let first = operation(Tip::START, 1);
        let second = operation(first.tip(), 2);
        let documents: [&[u8]; 2] = [b"%PDF first", b"%PDF second"];
        let scans = documents.iter().zip(10..).map(|(bytes, n)| UploadCreate {
            scan_id: ScanId(id(n)),
            bytes: bytes.len() as u64,
            sha256: Sha256::digest(bytes).into(),
        });
        let manifest = HeldManifest {
            form: FORM,
            office: log().office,
            device: log().device,
            program: "test".to_owned(),
            made_at: jiff::Timestamp::UNIX_EPOCH,
            after: Tip::START,
            last: second.tip(),
            scans: scans.collect(),
        };
        let json = |value: serde_json::Result<Vec<u8>>| value.expect("JSON");
        vec![
            (MANIFEST.to_owned(), json(serde_json::to_vec(&manifest))),
            (SIGNATURE.to_owned(), vec![0; 64]),
            (held_file::operations(1), json(serde_json::to_vec(&[first]))),
            (held_file::operations(2), json(serde_json::to_vec(&[second]))),
            (held_file::scan(ScanId(id(10))), documents[0].to_vec()),
            (held_file::scan(ScanId(id(11))), documents[1].to_vec()),
        ]
    }

    /// Whoever knows the office's public key can put such a file together.
    fn packed(folder: &tempfile::TempDir, key: &Identity, parts: &Parts) -> std::path::PathBuf {
        let file = folder.path().join("file");
        let recipient = key.to_public();
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as _)).expect("a recipient");
        let out = encryptor.wrap_output(File::create(&file).expect("a file")).expect("age");
        let mut tar = tar::Builder::new(out);
        for (name, bytes) in parts {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, name, bytes.as_slice()).expect("added");
        }
        tar.into_inner().and_then(age::stream::StreamWriter::finish).expect("whole");
        file
    }

    /// What comes by of a file of these parts, when the claim is that of the true one.
    fn walked(change: impl FnOnce(&mut Parts)) -> Result<(usize, usize), HeldFileError> {
        let (folder, key) = (tempfile::tempdir().expect("a folder"), Identity::generate());
        let judged = claim(&packed(&folder, &key, &parts()), &key, &log().office)?;
        let mut parts = parts();
        change(&mut parts);
        let (mut operations, mut bytes) = (0, 0);
        walk(&packed(&folder, &key, &parts), &key, &judged, |part| {
            match part {
                Part::Operations(ops) => operations += ops.len(),
                Part::Scan(_) => {}
                Part::Bytes(piece) => bytes += piece.len(),
            }
            Ok(())
        })?;
        Ok((operations, bytes))
    }

    #[test]
    fn what_the_signed_manifest_does_not_hold_is_refused() {
        assert_eq!(walked(|_| ()).expect("whole"), (2, 21));
        let forged = |parts: &mut Parts, at: usize, n: u128, after: Tip| {
            parts[at].1 = serde_json::to_vec(&[operation(after, n)]).expect("JSON");
        };
        let first = operation(Tip::START, 1).tip();
        let refused = [
            ("another manifest", walked(|parts| parts[0].1.push(b' '))),
            ("another signature", walked(|parts| parts[1].1[0] = 1)),
            ("another first operation", walked(|parts| forged(parts, 2, 9, Tip::START))),
            ("another last operation", walked(|parts| forged(parts, 3, 9, first))),
            ("an operation is missing", walked(|parts| drop(parts.remove(3)))),
            ("an operation twice", walked(|parts| parts[3].1 = parts[2].1.clone())),
            ("an operation too many", {
                walked(|parts| {
                    let last = operation(first, 2);
                    let ops = [last.clone(), operation(last.tip(), 3)];
                    parts[3].1 = serde_json::to_vec(&ops).expect("JSON");
                })
            }),
            ("no operations", walked(|parts| parts[3].1 = b"[]".to_vec())),
            ("another document", walked(|parts| parts[4].1[5] = b'F')),
            ("a longer document", walked(|parts| parts[4].1.push(b' '))),
            ("a shorter document", walked(|parts| parts[4].1.truncate(9))),
            ("documents swapped", walked(|parts| parts.swap(4, 5))),
            ("a document is missing", walked(|parts| drop(parts.pop()))),
            ("a document too many", walked(|parts| parts.push((held_file::scan(ScanId(id(12))), Vec::new())))),
            ("a document under another name", walked(|parts| parts[5].0 = "../../etc/passwd.pdf".replace("../", "x/"))),
        ];
        for (what, done) in refused {
            assert!(matches!(done, Err(HeldFileError::Damaged(_))), "{what}: {done:?}");
        }
    }
}
