//! Paths below the address of central's listener for desks.

use domain::ids::{LetterId, ScanId};

/// Header by which a desk names its office, so that a central of several leads it there. Optional where there is one.
pub const OFFICE_HEADER: &str = "okienko-office";

/// Header with the token of a clerk's own session at central ([`super::SignInAnswer::session`]), beside the desk's.
pub const CLERK_HEADER: &str = "okienko-clerk";

/// POST: a desk joins the office by an invitation.
pub const ENROL: &str = "/v1/enrol";
/// POST: a nonce to sign.
pub const CHALLENGE: &str = "/v1/challenge";
/// POST: the desk says who and where it is, and receives a token.
pub const HELLO: &str = "/v1/hello";
/// POST: operations of the desk's log.
pub const PUSH: &str = "/v1/push";
/// POST: a page of changes behind a cursor.
pub const PULL: &str = "/v1/pull";
/// GET: the office's units and people.
pub const DIRECTORY: &str = "/v1/directory";
/// POST: a clerk signs in at a desk.
pub const SIGN_IN: &str = "/v1/sign-in";
/// POST: a clerk gives herself another password.
pub const PASSWORD: &str = "/v1/password";
/// GET: the office's identity provider. POST: a clerk signs in by what it says of her.
pub const PROVIDER: &str = "/v1/sign-in/provider";
/// POST: entries of the audit.
pub const AUDIT: &str = "/v1/audit";
/// POST: entries of the audit as a signed table.
pub const AUDIT_EXPORT: &str = "/v1/audit/export";
/// POST: how a desk is, for the administrator.
pub const REPORT: &str = "/v1/report";
/// POST: announces a scan's upload.
pub const SCANS: &str = "/v1/scans";

/// GET: how much of a scan central holds.
pub fn scan(scan: ScanId) -> String {
    format!("{SCANS}/{scan}")
}

/// PATCH: the next bytes of a scan, which begin at `offset`.
pub fn scan_chunk(scan: ScanId, offset: u64) -> String {
    format!("{SCANS}/{scan}?offset={offset}")
}

/// POST: every byte was sent; central compares the whole hash.
pub fn scan_finish(scan: ScanId) -> String {
    format!("{SCANS}/{scan}/finish")
}

/// GET: a stored scan, through its letter.
pub fn letter_scan(letter: LetterId, scan: ScanId) -> String {
    format!("/v1/letters/{letter}/scans/{scan}")
}
