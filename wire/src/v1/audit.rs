//! The audit: what was done and seen, by whom; read by the data-protection officer alone, at central and in her own session.
//!
//! Desks write what happens there into their logs; central notes each batch that it takes, and its own deeds, in a chain
//! of its own ([`entry_hash`]). Its head travels with every page of changes, so that desks witness central.

use domain::{ids::ClerkId, marks::Teryt, register::PointSymbol};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{bytes, log::hash_parts};

/// Most entries in one page.
pub const MAX_AUDIT_PAGE: u32 = 200;
/// Most days between the first and the last that are asked for at once.
pub const MAX_AUDIT_DAYS: i32 = 366;
/// Most entries of one export.
pub const MAX_AUDIT_EXPORT: usize = 20_000;

/// Where central's audit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditHead {
    /// Number of the last entry; 0 before the first.
    pub n: u64,
    /// Its hash; zeros before the first.
    #[serde(with = "bytes::hex32")]
    pub hash: [u8; 32],
}

impl AuditHead {
    /// Before the first entry.
    pub const START: Self = Self { n: 0, hash: [0; 32] };
}

/// The hash of an entry: of the office, the hash before it, its number, its moment, and its body in canonical JSON.
pub fn entry_hash(office: &Teryt, before: &[u8; 32], n: u64, at: Timestamp, body: &[u8]) -> [u8; 32] {
    let (n, at) = (n.to_be_bytes(), at.to_string());
    hash_parts(&[b"okienko-audit-1", office.as_str().as_bytes(), before, &n, at.as_bytes(), body])
}

/// Which entries are asked for: all that hold every condition, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditQuery {
    /// First day, in office time.
    pub from: Date,
    /// Last day, at most [`MAX_AUDIT_DAYS`] later.
    pub to: Date,
    /// Only about this letter: its document identifier or register number, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
    /// Only by this clerk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk: Option<ClerkId>,
    /// Behind this place, as the page before named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A page of entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    /// Where central's audit ends now.
    pub head: AuditHead,
    /// The clerks that may be asked for.
    pub clerks: Vec<AuditClerk>,
}

/// A clerk by name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditClerk {
    /// Id.
    pub id: ClerkId,
    /// Given name and surname.
    pub name: String,
}

impl std::fmt::Debug for AuditClerk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuditClerk({}, ***)", self.id)
    }
}

/// What was done or seen. Nothing of what a letter says stands in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// When central heard of it, by its clock.
    pub at: Timestamp,
    /// When it was, by the desk's clock; `None` for what happened at central.
    pub told_at: Option<Timestamp>,
    /// The desk's symbol; `None` for what happened at central.
    pub desk: Option<PointSymbol>,
    /// Who: a clerk's name as the desk states it, an administrator's, or nobody.
    pub by: String,
    /// What: the kind of an operation or of an entry of central's own, like `record_viewed`.
    pub what: String,
    /// Document identifiers of the letters that it is about, the first ones.
    pub letters: Vec<String>,
    /// How many letters it is about.
    pub letter_count: u32,
    /// Why central made a task of it, if so.
    pub reason: Option<String>,
}

impl std::fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuditEntry({}, {}, ***)", self.at, self.what)
    }
}

/// An export: a table whose bytes the office's authority signed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditExport {
    /// The table: CSV in UTF-8.
    #[serde(with = "bytes::base64")]
    pub csv: Vec<u8>,
    /// ECDSA on P-256 with SHA-256 over the table's bytes, in DER.
    #[serde(with = "bytes::base64")]
    pub signature: Vec<u8>,
    /// The authority's certificate, in PEM: its key proves the signature.
    pub certificate: String,
}

impl std::fmt::Debug for AuditExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditExport(***)")
    }
}

/// What of a letter was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Viewed {
    /// Its page: facts, history, tasks.
    Record,
    /// A scanned document.
    Document,
}

/// One audit head that a desk kept: the last that it heard on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeadSeen {
    /// The day, by the desk's stored office day.
    pub day: Date,
    /// Central's epoch then.
    pub epoch: uuid::Uuid,
    /// The head.
    #[serde(flatten)]
    pub head: AuditHead,
}
