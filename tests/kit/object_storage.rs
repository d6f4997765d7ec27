//! A storage that speaks S3 and that we did not write (`s3rver` of npm, run by Node), with its objects in a folder of its own. It
//! knows the ids of keys and checks no signature of version 4.
//!
//! Used by the journeys. `cargo xtask test` installs the package; the storage listens on loopback and ends with its owner.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use central::config::{Bucket, BucketKeys};
use tempfile::TempDir;

/// A storage at work, or stopped for a while.
#[derive(Debug)]
pub struct ObjectStorage {
    /// Where it is: `http://127.0.0.1:PORT`. Stays the same over a restart.
    pub address: String,
    process: Child,
    folder: TempDir,
}

impl ObjectStorage {
    /// Its one bucket.
    pub const BUCKET: &str = "okienko";
    /// The id of the key there, and the key.
    pub const KEY: &str = "S3RVER";

    /// Starts one on a free port, with an empty bucket.
    ///
    /// # Panics
    /// When Node or the package is missing.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let (process, address) = run(folder.path(), "0");
        Self { address, process, folder }
    }

    /// Takes it off the network; its objects stay.
    pub fn stop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Puts it back on the same port.
    ///
    /// # Panics
    /// When the port is taken meanwhile.
    pub fn start_again(&mut self) {
        let (_, port) = self.address.rsplit_once(':').expect("a port");
        let (process, address) = run(self.folder.path(), port);
        assert_eq!(address, self.address);
        self.process = process;
    }

    /// The bucket as central is told of it.
    ///
    /// # Panics
    /// Never: the address is one.
    pub fn bucket(&self, prefix: &str) -> Bucket {
        Bucket {
            name: Self::BUCKET.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: Some(self.address.parse().expect("an address")),
            region: "us-east-1".to_owned(),
            keys: BucketKeys { id: Self::KEY.to_owned(), secret: Self::KEY.to_owned() },
        }
    }

    /// The names of all objects.
    pub fn objects(&self) -> Vec<String> {
        let bucket = self.folder.path().join(Self::BUCKET);
        let mut names: Vec<String> = files(&bucket)
            .iter()
            .filter_map(|file| {
                file.strip_prefix(&bucket).ok()?.to_str()?.strip_suffix("._S3rver_object").map(str::to_owned)
            })
            .collect();
        names.sort();
        names
    }

    /// The bytes of an object.
    ///
    /// # Panics
    /// When there is none.
    pub fn object(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).expect("an object")
    }

    /// Loses an object, as a storage does that was put back.
    ///
    /// # Panics
    /// When there is none.
    pub fn lose(&self, name: &str) {
        std::fs::remove_file(self.file(name)).expect("an object");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(Self::BUCKET).join(format!("{name}._S3rver_object"))
    }
}

impl Drop for ObjectStorage {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(folder: &Path, port: &str) -> (Child, String) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("s3");
    assert!(home.join("node_modules/s3rver").is_dir(), "in {}: npm ci", home.display());
    let mut process = Command::new("node")
        .arg("storage.mjs")
        .arg(folder)
        .arg(port)
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node runs");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
    let said: serde_json::Value = serde_json::from_str(&line).expect("the storage listens");
    (process, said["address"].as_str().expect("an address").to_owned())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] })
        .collect()
}
