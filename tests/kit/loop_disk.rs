//! A disk that can lose its power: ext4 in a file, mounted over a loop device, where the machine lets us do that.
//!
//! The file system's shutdown ioctl stops it at once: nothing that was not yet on the disk reaches it any more. A copy of
//! the file is then what the next start finds.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A mounted disk; unmounted when dropped.
pub struct LoopDisk {
    folder: TempDir,
}

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: not even the journal is written out.
const SHUT_DOWN: &str = "import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

impl LoopDisk {
    /// Makes and mounts a disk of so many megabytes; `None` where that is not allowed.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let disk = Self::folder()?;
        let image = disk.image();
        fs::File::create(&image).and_then(|file| file.set_len(u64::from(megabytes) << 20)).ok()?;
        done(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image)).then_some(())?;
        // The shutdown is asked for by a line of Python: without it there is no power to lose.
        done(Command::new("python3").arg("--version")).then_some(())?;
        disk.mount_image().then_some(disk)
    }

    // Not in a private folder: PostgreSQL runs as a user of its own.
    fn folder() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("okienko-disk-").tempdir_in("/var/tmp").ok()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).ok()?;
        fs::create_dir(folder.path().join("mounted")).ok()?;
        Some(Self { folder })
    }

    fn mount_image(&self) -> bool {
        // Nothing reaches the disk by itself for a minute: what is there was flushed by somebody.
        let mounted = done(Command::new("mount").args(["-o", "loop,commit=60"]).arg(self.image()).arg(self.path()));
        mounted && fs::set_permissions(self.path(), fs::Permissions::from_mode(0o777)).is_ok()
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    /// The power is gone. Whoever has files open there gets errors.
    ///
    /// # Panics
    /// When the file system cannot be shut down.
    pub fn lose_power(&self) {
        let gone = done(Command::new("python3").args(["-c", SHUT_DOWN]).arg(self.path()));
        assert!(gone, "the file system is shut down");
    }

    /// The disk as the next start finds it.
    ///
    /// # Panics
    /// When it cannot be copied or mounted.
    #[must_use]
    pub fn after_power_loss(&self) -> Self {
        let next = Self::folder().expect("a folder");
        fs::copy(self.image(), next.image()).expect("a copy of the disk");
        assert!(next.mount_image(), "the disk is mounted again");
        next
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).stderr(Stdio::null()).status();
    }
}

fn done(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Whether such disks can be made here; says so when not.
pub fn mounted_or_notice(megabytes: u32, what: &str) -> Option<LoopDisk> {
    let disk = LoopDisk::mount(megabytes);
    if disk.is_none() {
        eprintln!("notice: this machine lets nobody mount a loop device; {what} is skipped");
    }
    disk
}
