//! The file that a desk writes for central where it cannot send: a tar archive encrypted by age to the key of the hello.
//!
//! | entry | what it is |
//! |---|---|
//! | [`MANIFEST`] | canonical JSON of [`HeldManifest`] |
//! | [`SIGNATURE`] | [`sign`], 64 bytes, over the bytes of the manifest |
//! | [`operations`] | JSON of operations that follow each other, as many as one push may carry |
//! | [`scan`] | documents in the order of the manifest |
//!
//! The manifest names the log's end and every document's hash, so the one signature holds all of it.

use domain::{
    ids::{DeviceId, ScanId},
    marks::Teryt,
};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    UploadCreate,
    log::{self, LogOf, Tip, hash_parts},
};

/// The form that this program writes and reads.
pub const FORM: u32 = 1;
/// First entry.
pub const MANIFEST: &str = "manifest.json";
/// Second entry.
pub const SIGNATURE: &str = "manifest.sig";

/// What the file holds, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldManifest {
    /// Form of the file.
    pub form: u32,
    /// The office.
    pub office: Teryt,
    /// The desk.
    pub device: DeviceId,
    /// Version of the desk's program.
    pub program: String,
    /// By the desk's clock.
    pub made_at: Timestamp,
    /// The operation that the first one follows.
    pub after: Tip,
    /// The last operation; the same as `after` when there is none.
    pub last: Tip,
    /// The documents.
    pub scans: Vec<UploadCreate>,
}

impl HeldManifest {
    /// Whose log the file says it is of.
    pub fn log(&self) -> LogOf {
        LogOf { office: self.office.clone(), device: self.device }
    }
}

/// The name of the n-th batch of operations, beginning at 1.
pub fn operations(n: u32) -> String {
    format!("operations/{n:06}.json")
}

/// The name of a document.
pub fn scan(id: ScanId) -> String {
    format!("scans/{id}.pdf")
}

/// Signs the bytes of a manifest.
pub fn sign(key: &SigningKey, log: &LogOf, manifest: &[u8]) -> [u8; 64] {
    log::sign(key, &message(log, manifest))
}

/// Whether this key signed these bytes for this log.
pub fn is_signed(public_key: &[u8; 32], log: &LogOf, manifest: &[u8], signature: &[u8; 64]) -> bool {
    log::is_signed(public_key, &message(log, manifest), signature)
}

fn message(log: &LogOf, manifest: &[u8]) -> [u8; 32] {
    hash_parts(&[b"okienko-held-file-1", log.office.as_str().as_bytes(), log.device.0.as_bytes(), manifest])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::golden::log_of;

    #[test]
    fn a_signature_belongs_to_one_manifest_of_one_log() {
        let (key, log) = (SigningKey::from_bytes(&[7; 32]), log_of());
        let public = key.verifying_key().to_bytes();
        let signature = sign(&key, &log, b"{}");
        assert!(is_signed(&public, &log, b"{}", &signature));
        assert!(!is_signed(&public, &log, b"{ }", &signature));
        let other = LogOf { device: DeviceId(uuid::Uuid::from_u128(99)), ..log };
        assert!(!is_signed(&public, &other, b"{}", &signature));
    }
}
