//! The file: one line of JSON a deed, flushed to the disk, locked against a second process.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use domain::{ids::LetterId, marks::Teryt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::v1::{bytes, log::hash_parts};

use super::{AdminLogError, Content, Deed};

/// Where a log ends: number and hash of its last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Number; 0 before the first.
    pub(super) n: u64,
    /// Hash; zeros before the first.
    pub(super) hash: [u8; 32],
}

impl End {
    /// Before the first entry.
    pub(super) const START: Self = Self { n: 0, hash: [0; 32] };
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Number: dense, from 1.
    pub n: u64,
    /// When, by central's clock.
    pub at: Timestamp,
    /// What was done.
    pub what: Deed,
    /// SHA-256 over the hash before, the number, the moment and the deed.
    #[serde(with = "bytes::hex32")]
    pub hash: [u8; 32],
}

/// How the file and the database stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Both end with the same entry.
    Same,
    /// The file goes on behind the database's last entry.
    FileIsAhead,
    /// The database's last entry is not in the file.
    FileLacks,
}

/// The file of one office's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    path: PathBuf,
    office: Teryt,
}

impl LogFile {
    /// The office's file in the folder; nothing is opened yet.
    pub fn of(folder: &Path, office: &Teryt) -> Self {
        Self { path: folder.join(format!("{}.log", office.as_str())), office: office.clone() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of what letters that were entered again say, a file each ([`Content`]).
    pub fn contents(&self) -> PathBuf {
        self.path.with_extension("reentered")
    }

    /// Puts files from a backup where this log needs one and has none. What was erased since stays away.
    ///
    /// # Errors
    /// [`AdminLogError::File`]; [`AdminLogError::Damaged`].
    pub(crate) fn bring_back(&self, folder: &Path) -> Result<(), AdminLogError> {
        let locked = self.lock()?;
        for letter in locked.needed() {
            if locked.content(letter)?.is_none()
                && let Some(content) = Content::read(folder, letter)?
            {
                locked.keep(letter, &content)?;
            }
        }
        Ok(())
    }

    /// The office.
    pub(super) fn office(&self) -> &Teryt {
        &self.office
    }

    /// Opens the file, made where missing and readable by its owner alone, and keeps other processes off it.
    pub(super) fn lock(&self) -> Result<Locked, AdminLogError> {
        let failed = |error| AdminLogError::File(self.path.display().to_string(), error);
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path).map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        // A line without its end was never answered for: the next one takes its place.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let entries = read(&self.office, &text[..whole])?;
        Ok(Locked { file, whole: whole as u64, entries, log: self.clone() })
    }
}

/// The file, locked and read. Dropping it lets others in.
#[derive(Debug)]
pub(super) struct Locked {
    file: File,
    whole: u64,
    pub(super) entries: Vec<Entry>,
    log: LogFile,
}

impl Locked {
    /// How the file stands to where the database ends.
    pub(super) fn compare(&self, known: &End) -> Place {
        let held = match known.n.checked_sub(1) {
            None => known.hash == End::START.hash,
            Some(before) => usize::try_from(before)
                .ok()
                .and_then(|place| self.entries.get(place))
                .is_some_and(|entry| entry.hash == known.hash),
        };
        if !held {
            return Place::FileLacks;
        }
        if self.entries.len() as u64 > known.n { Place::FileIsAhead } else { Place::Same }
    }

    /// Adds a deed behind the given end and flushes it.
    pub(super) fn append(mut self, end: &End, deed: &Deed, now: Timestamp) -> Result<End, AdminLogError> {
        let n = end.n + 1;
        let hash = hash_of(&self.log.office, &end.hash, n, now, deed);
        let entry = Entry { n, at: now, what: deed.clone(), hash };
        let written = self.write(&entry);
        written.map_err(|error| AdminLogError::File(self.log.path.display().to_string(), error))?;
        Ok(End { n, hash })
    }

    /// What a letter that was entered again says; `None` where there is no such file.
    pub(super) fn content(&self, letter: LetterId) -> Result<Option<Content>, AdminLogError> {
        Content::read(&self.log.contents(), letter)
    }

    /// Writes and flushes what a letter that is entered again says. The deed that names it comes afterwards.
    pub(super) fn keep(&self, letter: LetterId, content: &Content) -> Result<(), AdminLogError> {
        content.write(&self.log.contents(), letter)
    }

    /// The letters that entries name as erased, with their re-entries.
    pub(super) fn erased(&self) -> BTreeSet<LetterId> {
        let mut erased = BTreeSet::new();
        for entry in &self.entries {
            if let Deed::LetterErased { remains, reentries, .. } = &entry.what {
                erased.insert(remains.id);
                erased.extend(reentries);
            }
        }
        erased
    }

    /// The letters whose content this log needs: entered again, and not erased.
    pub(super) fn needed(&self) -> BTreeSet<LetterId> {
        let erased = self.erased();
        let entered = self.entries.iter().filter_map(|entry| match &entry.what {
            Deed::LetterReentered { letter, .. } => Some(*letter),
            _ => None,
        });
        entered.filter(|letter| !erased.contains(letter)).collect()
    }

    /// Removes the files that no entry needs, and flushes that: of letters that were erased, and of deeds that were never done.
    pub(super) fn sweep(&self) -> Result<(), AdminLogError> {
        Content::retain(&self.log.contents(), &self.needed())
    }

    fn write(&mut self, entry: &Entry) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.set_len(self.whole)?;
        self.file.seek(SeekFrom::Start(self.whole))?;
        self.file.write_all(&line)?;
        self.file.sync_all()?;
        // A file that was just made must be found after a power cut, too.
        if self.whole == 0
            && let Some(folder) = self.log.path.parent()
        {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

fn read(office: &Teryt, text: &str) -> Result<Vec<Entry>, AdminLogError> {
    let mut entries = Vec::new();
    let mut end = End::START;
    for line in text.lines() {
        let n = end.n + 1;
        let entry: Entry = serde_json::from_str(line).map_err(|_| AdminLogError::Damaged(n))?;
        if entry.n != n || entry.hash != hash_of(office, &end.hash, n, entry.at, &entry.what) {
            return Err(AdminLogError::Damaged(n));
        }
        end = End { n, hash: entry.hash };
        entries.push(entry);
    }
    Ok(entries)
}

fn hash_of(office: &Teryt, before: &[u8; 32], n: u64, at: Timestamp, deed: &Deed) -> [u8; 32] {
    let deed = serde_json::to_value(deed).map(|value| bytes::canonical(&value)).unwrap_or_default();
    let (n, at) = (n.to_be_bytes(), at.to_string());
    hash_parts(&[b"okienko-admin-1", office.as_str().as_bytes(), before, &n, at.as_bytes(), &deed])
}

#[cfg(test)]
mod tests {
    use domain::ids::ClerkId;
    use uuid::Uuid;

    use super::*;

    fn office() -> Teryt {
        Teryt::try_from("2404082".to_owned()).expect("teryt")
    }

    fn deed(n: u128) -> Deed {
        Deed::ClerkDeactivated { id: ClerkId(Uuid::from_u128(n)) }
    }

    fn now() -> Timestamp {
        "2026-11-23T08:00:00Z".parse().expect("instant")
    }

    fn three(folder: &Path) -> (LogFile, [End; 4]) {
        let log = LogFile::of(folder, &office());
        let mut ends = [End::START; 4];
        for n in 1..4 {
            let before = ends[n - 1];
            ends[n] = log.lock().expect("the file").append(&before, &deed(n as u128), now()).expect("written");
        }
        (log, ends)
    }

    #[test]
    fn entries_follow_each_other_and_tell_how_a_database_stands_to_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, ends) = three(folder.path());
        let locked = log.lock().expect("the file");
        let told: Vec<&Deed> = locked.entries.iter().map(|entry| &entry.what).collect();
        assert_eq!(told, [&deed(1), &deed(2), &deed(3)]);
        assert_eq!(locked.compare(&ends[3]), Place::Same);
        assert_eq!(locked.compare(&ends[1]), Place::FileIsAhead);
        assert_eq!(locked.compare(&End::START), Place::FileIsAhead);
        let beyond = End { n: 4, hash: [7; 32] };
        assert_eq!(locked.compare(&beyond), Place::FileLacks);
        let other = End { n: 2, hash: [7; 32] };
        assert_eq!(locked.compare(&other), Place::FileLacks, "another history");
    }

    #[test]
    fn a_changed_a_missing_and_a_swapped_entry_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, _) = three(folder.path());
        let text = std::fs::read_to_string(log.path()).expect("the text");
        let lines: Vec<&str> = text.lines().collect();
        let changed = lines[1].replace("000000000002", "000000000009");
        for (wrong, place) in [
            (format!("{}\n{changed}\n{}\n", lines[0], lines[2]), 2),
            (format!("{}\n{}\n", lines[0], lines[2]), 2),
            (format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2]), 1),
        ] {
            std::fs::write(log.path(), wrong).expect("written");
            let found = log.lock().expect_err("damaged");
            assert!(matches!(found, AdminLogError::Damaged(n) if n == place), "{found:?}");
        }
    }

    #[test]
    fn a_line_that_a_power_cut_broke_off_is_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, ends) = three(folder.path());
        let mut text = std::fs::read_to_string(log.path()).expect("the text");
        text.push_str("{\"n\":4,\"at\":\"2026");
        std::fs::write(log.path(), text).expect("written");
        let end = log.lock().expect("the file").append(&ends[3], &deed(4), now()).expect("written");
        let locked = log.lock().expect("the file");
        assert_eq!((locked.entries.len(), locked.compare(&end)), (4, Place::Same));
    }

    #[test]
    fn another_offices_file_is_no_file_of_this_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, _) = three(folder.path());
        let other = LogFile::of(folder.path(), &Teryt::try_from("1465011".to_owned()).expect("teryt"));
        std::fs::copy(log.path(), other.path()).expect("copied");
        assert!(matches!(other.lock(), Err(AdminLogError::Damaged(1))));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (log, _) = three(folder.path());
        let mode = std::fs::metadata(log.path()).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
