//! The office's units and people, as every desk of it reads them.

use domain::directory::Directory;
use serde::{Deserialize, Serialize};

use super::bytes;

/// SHA-256 of the directory's canonical JSON as central keeps it; opaque to the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DirectoryHash(#[serde(with = "bytes::hex32")] pub [u8; 32]);

/// The directory, with the hash by which the answer to a pull names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryAnswer {
    /// Its hash.
    pub hash: DirectoryHash,
    /// The directory.
    pub directory: Directory,
}
