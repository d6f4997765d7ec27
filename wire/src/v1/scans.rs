//! Upload of a scanned document after the manner of tus: create, ask for the offset, send chunks, finish.
//!
//! The scan's operation must have been pushed before. A cut connection costs one chunk at most.

use domain::ids::ScanId;
use serde::{Deserialize, Serialize};

use super::bytes;

/// Announces an upload. Repeating it is harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadCreate {
    /// The document.
    pub scan_id: ScanId,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file.
    #[serde(with = "bytes::hex32")]
    pub sha256: [u8; 32],
}

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadState {
    /// Bytes that central holds for good: the next chunk begins here.
    pub offset: u64,
    /// Size of the whole.
    pub bytes: u64,
    /// The whole is stored and its hash was verified.
    pub stored: bool,
}
