//! What a letter that was entered again says, in a file of its own beside the administrator's log.
//!
//! The log itself can take nothing back, since each line is bound to the one before. So the deed names the letter, and binds
//! what it says by a commitment over a random salt: once the file is gone, nobody can tell from the log what stood in it. The file
//! is flushed before the line, removed by an erasure, and read when the deed is done again.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use domain::ids::LetterId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::v1::{OpBody, bytes};

use super::AdminLogError;
use crate::clock::random;

/// A registration with the salt of its commitment. Debug shows neither.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    #[serde(with = "bytes::hex32")]
    salt: [u8; 32],
    body: OpBody,
}

impl Content {
    /// With a salt of its own.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn of(body: OpBody) -> Result<Self, getrandom::Error> {
        Ok(Self { salt: random::<32>()?, body })
    }

    /// What the deed binds it by.
    pub fn commitment(&self) -> [u8; 32] {
        Sha256::new().chain_update(self.salt).chain_update(self.body.to_canonical_json()).finalize().into()
    }

    /// The registration.
    pub fn body(&self) -> &OpBody {
        &self.body
    }

    /// The letters of which the folder has a file.
    pub(crate) fn among(folder: &Path) -> Result<Vec<LetterId>, AdminLogError> {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed(folder))?,
        };
        let mut letters = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed(folder))?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            letters.extend(stem.and_then(|stem| LetterId::from_str(stem).ok()));
        }
        Ok(letters)
    }

    /// Where a letter's file is.
    pub(crate) fn path(folder: &Path, letter: LetterId) -> PathBuf {
        folder.join(format!("{letter}.json"))
    }

    pub(super) fn read(folder: &Path, letter: LetterId) -> Result<Option<Self>, AdminLogError> {
        let path = Self::path(folder, letter);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|_| AdminLogError::Content(letter)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path)(error)),
        }
    }

    pub(super) fn write(&self, folder: &Path, letter: LetterId) -> Result<(), AdminLogError> {
        let path = Self::path(folder, letter);
        let text = serde_json::to_vec(self).map_err(|_| AdminLogError::Content(letter))?;
        put(folder, &path, &text).map_err(failed(&path))
    }

    /// Keeps the files of these letters and no others.
    pub(super) fn retain(folder: &Path, letters: &BTreeSet<LetterId>) -> Result<(), AdminLogError> {
        let mut removed = false;
        for letter in Self::among(folder)?.into_iter().filter(|letter| !letters.contains(letter)) {
            let path = Self::path(folder, letter);
            std::fs::remove_file(&path).map_err(failed(&path))?;
            removed = true;
        }
        if removed {
            flush(folder).map_err(failed(folder))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content(***)")
    }
}

fn put(folder: &Path, path: &Path, text: &[u8]) -> std::io::Result<()> {
    if !folder.exists() {
        let mut making = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut making, 0o700);
        making.create(folder)?;
        if let Some(above) = folder.parent() {
            flush(above)?;
        }
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()?;
    flush(folder)
}

/// What was made or removed in a folder must be so after a power cut, too.
fn flush(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> AdminLogError {
    let path = path.display().to_string();
    move |error| AdminLogError::File(path, error)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn content(by: &str) -> Content {
        let at = "2026-11-23T08:00:00Z".parse().expect("instant");
        let letter_id = LetterId(Uuid::from_u128(1));
        Content::of(OpBody::TaskSettled {
            letter_id,
            task: domain::ids::OpId(Uuid::from_u128(2)),
            by: by.to_owned(),
            at,
        })
        .expect("random bytes")
    }

    #[test]
    fn a_commitment_tells_two_texts_apart_and_not_what_they_say() {
        let (one, again) = (content("Maj"), content("Maj"));
        assert_ne!(one.commitment(), again.commitment(), "a salt of its own");
        let changed = Content { body: content("Lis").body, ..one.clone() };
        assert_ne!(one.commitment(), changed.commitment());
        assert_eq!(format!("{one:?}"), "Content(***)");
    }

    #[test]
    fn files_are_read_back_and_only_those_that_are_needed_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("2404082.reentered");
        let [kept, gone] = [1, 2].map(|n| LetterId(Uuid::from_u128(n)));
        assert_eq!(Content::read(&folder, kept).expect("no folder yet"), None);
        Content::retain(&folder, &BTreeSet::new()).expect("nothing to remove");
        let content = content("Maj");
        for letter in [kept, gone] {
            content.write(&folder, letter).expect("written");
        }
        assert_eq!(Content::read(&folder, kept).expect("read"), Some(content));
        Content::retain(&folder, &BTreeSet::from([kept])).expect("swept");
        assert_eq!(Content::among(&folder).expect("the folder"), [kept]);
        std::fs::write(Content::path(&folder, kept), "{}").expect("damaged");
        let damaged = Content::read(&folder, kept).expect_err("no content");
        assert!(matches!(damaged, AdminLogError::Content(letter) if letter == kept), "{damaged:?}");
    }
}
