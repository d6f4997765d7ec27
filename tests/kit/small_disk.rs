//! A disk so small that it fills up: a tmpfs, where the machine lets us mount one.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A mounted disk of a few megabytes; unmounted when dropped.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts a disk of so many megabytes; `None` where that is not allowed.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(Self { folder })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills what is free.
    pub fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.ballast()).expect("a file on the disk");
        let block = [0_u8; 4096];
        while file.write_all(&block).is_ok() {}
    }

    /// Frees what [`SmallDisk::fill`] took.
    pub fn empty(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast is removed");
    }

    /// Whether [`SmallDisk::fill`] filled it.
    pub fn is_filled(&self) -> bool {
        self.ballast().exists()
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}
