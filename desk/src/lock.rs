//! One program a data directory: an exclusive lock, taken before SQLite opens anything and held until the end.
//! The holder leaves word where it can be reached, so that a second start raises the first window.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
};

use domain::ErrorCode;

use crate::error::DeskError;

/// The lock on a data directory. Released when dropped, and by the system when the program dies.
#[derive(Debug)]
pub struct DirLock {
    file: File,
}

impl DirLock {
    /// Takes the lock, or says that another program has it.
    ///
    /// # Errors
    /// [`ErrorCode::AlreadyRunning`] when it is held; [`DeskError::File`] when the directory cannot be written.
    pub fn take(folder: &Path) -> Result<Self, DeskError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(folder.join("okienko.lock"))
            .map_err(DeskError::file("open the lock file"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(DeskError::Refused(ErrorCode::AlreadyRunning)),
            Err(TryLockError::Error(source)) => Err(DeskError::File { what: "lock the data directory", source }),
        }
    }

    /// Leaves word for a second program: where the first can be reached. Kept beside the lock, which stays unreadable
    /// on systems with mandatory locks.
    ///
    /// # Errors
    /// [`DeskError::File`] when the file cannot be written.
    pub fn leave_word(&mut self, folder: &Path, word: &str) -> Result<(), DeskError> {
        self.file.seek(SeekFrom::Start(0)).map_err(DeskError::file("seek in the lock file"))?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file =
            options.open(folder.join("okienko.window")).map_err(DeskError::file("open the window's word"))?;
        file.write_all(word.as_bytes()).map_err(DeskError::file("write the window's word"))
    }

    /// The word that the holder of the lock left, if any.
    pub fn word_of_holder(folder: &Path) -> Option<String> {
        let mut word = String::new();
        File::open(folder.join("okienko.window")).ok()?.take(256).read_to_string(&mut word).ok()?;
        Some(word)
    }
}
