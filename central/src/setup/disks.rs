//! On which disks a folder lies, and whether what lies there is encrypted: as Linux tells in `/sys` and `/proc/self/mountinfo`.
//!
//! Seen is dm-crypt (LUKS) anywhere below the file system, also under LVM and RAID. Not seen are disks that encrypt themselves and
//! file systems that do (ZFS, fscrypt): there the answer is no, or nothing.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What is known of the disks of a computer.
#[derive(Debug)]
pub struct Disks {
    sys: PathBuf,
    mounts: String,
}

/// Where something lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The disks' names, `sda`.
    pub disks: BTreeSet<String>,
    /// Whether every byte passes through dm-crypt before it reaches a disk.
    pub encrypted: bool,
}

impl Disks {
    /// Those of this computer.
    pub fn of_this_computer() -> Self {
        Self::told_by(Path::new("/sys"), fs::read_to_string("/proc/self/mountinfo").unwrap_or_default())
    }

    /// Those that another `/sys` and another `/proc/self/mountinfo` tell of.
    pub fn told_by(sys: &Path, mounts: String) -> Self {
        Self { sys: sys.to_owned(), mounts }
    }

    /// Where a folder lies; `None` where that cannot be told (a network, memory, a container's own file system).
    #[cfg(unix)]
    pub fn of_folder(&self, folder: &Path) -> Option<Volume> {
        let device = std::os::unix::fs::MetadataExt::dev(&fs::metadata(folder).ok()?);
        self.of_device(numbers(device))
    }

    /// Nothing is known of other systems' disks.
    #[cfg(not(unix))]
    pub fn of_folder(&self, _: &Path) -> Option<Volume> {
        None
    }

    /// What lies behind a device's numbers.
    pub fn of_device(&self, (major, minor): (u64, u64)) -> Option<Volume> {
        let numbers = format!("{major}:{minor}");
        // Btrfs and others show a number of their own: the device stands in the table of mounts.
        let numbers = if major == 0 { self.mounted_from(&numbers)? } else { numbers };
        let place = fs::canonicalize(self.sys.join("dev/block").join(numbers)).ok()?;
        let mut disks = BTreeSet::new();
        let encrypted = walk(&place, &mut disks, 0)?;
        Some(Volume { disks, encrypted })
    }

    fn mounted_from(&self, numbers: &str) -> Option<String> {
        let source = self.mounts.lines().find_map(|line| {
            let (mount, file_system) = line.split_once(" - ")?;
            (mount.split(' ').nth(2)? == numbers).then_some(file_system.split(' ').nth(1)?)
        })?;
        let source = Path::new(source);
        if !source.starts_with("/dev") {
            return None;
        }
        let device = fs::canonicalize(source).unwrap_or_else(|_| source.to_owned());
        let told = fs::read_to_string(self.sys.join("class/block").join(device.file_name()?).join("dev")).ok()?;
        Some(told.trim().to_owned())
    }
}

/// Whether all below is encrypted; names the disks at the bottom.
fn walk(place: &Path, disks: &mut BTreeSet<String>, depth: u8) -> Option<bool> {
    // A device that lies upon itself is no device.
    if depth > 16 {
        return None;
    }
    let crypt = fs::read_to_string(place.join("dm/uuid")).is_ok_and(|uuid| uuid.starts_with("CRYPT-"));
    let below: Vec<PathBuf> = fs::read_dir(place.join("slaves"))
        .map(|entries| entries.flatten().filter_map(|entry| fs::canonicalize(entry.path()).ok()).collect())
        .unwrap_or_default();
    if below.is_empty() {
        let disk = if place.join("partition").exists() { place.parent()? } else { place };
        disks.insert(disk.file_name()?.to_string_lossy().into_owned());
        return Some(crypt);
    }
    let mut all = true;
    for device in below {
        all &= walk(&device, disks, depth + 1)?;
    }
    Some(crypt || all)
}

/// Linux' major and minor number of a `dev_t`.
#[cfg(unix)]
fn numbers(device: u64) -> (u64, u64) {
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & !0xff);
    (major, minor)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A `/sys` of our own.
    struct Sys(tempfile::TempDir);

    impl Sys {
        fn new() -> Self {
            let sys = Self(tempfile::tempdir().expect("a folder"));
            for folder in ["dev/block", "class/block", "devices"] {
                fs::create_dir_all(sys.0.path().join(folder)).expect("a folder");
            }
            sys
        }

        fn add(&self, place: &str, numbers: &str, below: &[&str]) {
            let root = self.0.path();
            let home = root.join("devices").join(place);
            fs::create_dir_all(home.join("slaves")).expect("a folder");
            fs::write(home.join("dev"), format!("{numbers}\n")).expect("written");
            symlink(&home, root.join("dev/block").join(numbers)).expect("a link");
            symlink(&home, root.join("class/block").join(home.file_name().expect("a name"))).expect("a link");
            for place in below {
                let device = root.join("devices").join(place);
                symlink(&device, home.join("slaves").join(device.file_name().expect("a name"))).expect("a link");
            }
        }

        fn put(&self, file: &str, text: &str) {
            let file = self.0.path().join("devices").join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, text).expect("written");
        }

        fn disks(&self, mounts: &str) -> Disks {
            Disks::told_by(self.0.path(), mounts.to_owned())
        }
    }

    fn volume(disks: &[&str], encrypted: bool) -> Volume {
        Volume { disks: disks.iter().map(|disk| (*disk).to_owned()).collect(), encrypted }
    }

    #[test]
    fn a_folder_s_disks_and_their_encryption_are_found_below_volumes_and_raids() {
        let sys = Sys::new();
        sys.add("sda", "8:0", &[]);
        sys.add("sda/sda1", "8:1", &[]);
        sys.put("sda/sda1/partition", "1\n");
        sys.add("sda/sda2", "8:2", &[]);
        sys.put("sda/sda2/partition", "2\n");
        sys.add("sdb", "8:16", &[]);
        sys.add("sdc", "8:32", &[]);
        // LVM on LUKS on a partition.
        sys.add("dm-0", "253:0", &["sda/sda2"]);
        sys.put("dm-0/dm/uuid", "CRYPT-LUKS2-0f1e2d3c4b5a69788796a5b4c3d2e1f0-luks\n");
        sys.add("dm-1", "253:1", &["dm-0"]);
        sys.put("dm-1/dm/uuid", "LVM-abcdef\n");
        // A mirror of one encrypted half and one plain one; a LUKS on a mirror.
        sys.add("dm-2", "253:2", &["sdb"]);
        sys.put("dm-2/dm/uuid", "CRYPT-LUKS2-00112233445566778899aabbccddeeff-half\n");
        sys.add("md0", "9:0", &["dm-2", "sdc"]);
        sys.add("md1", "9:1", &["sdb", "sdc"]);
        sys.add("dm-3", "253:3", &["md1"]);
        sys.put("dm-3/dm/uuid", "CRYPT-LUKS1-00112233445566778899aabbccddeeff-whole\n");
        let mounts = "36 25 0:30 / /srv rw - btrfs /dev/dm-1 rw\n37 25 0:31 / /tmp rw - tmpfs tmpfs rw\n\
                      38 25 0:32 / /mnt rw - nfs4 10.0.0.7:/kopie rw";
        let disks = sys.disks(mounts);
        for (numbers, found) in [
            ((8, 1), Some(volume(&["sda"], false))),
            ((8, 16), Some(volume(&["sdb"], false))),
            ((253, 0), Some(volume(&["sda"], true))),
            ((253, 1), Some(volume(&["sda"], true))),
            ((9, 0), Some(volume(&["sdb", "sdc"], false))),
            ((253, 3), Some(volume(&["sdb", "sdc"], true))),
            ((0, 30), Some(volume(&["sda"], true))),
            ((0, 31), None),
            ((0, 32), None),
            ((0, 99), None),
            ((7, 0), None),
        ] {
            assert_eq!(disks.of_device(numbers), found, "{numbers:?}");
        }
    }

    #[test]
    fn a_device_number_is_read_as_linux_writes_it() {
        assert_eq!(numbers(0x0801), (8, 1));
        assert_eq!(numbers(0xfd00), (253, 0));
        assert_eq!(numbers(0x1_0301), (259, 1));
        assert_eq!(numbers(0x10_082c), (8, 300));
    }
}
