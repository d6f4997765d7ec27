//! The audit of an office: who did and saw what, in a chain that the desks witness.
//!
//! Desks write what happens there into their own logs. Central adds an entry for each batch that it takes, which binds the
//! batch's last hash, and for each deed of its own. Entries are only ever added, each with the hash of the one before;
//! the head goes out with every page of changes, and comes back in the desks' logs. Read by the data-protection officer
//! in her own session; `verify-audit` compares everything with everything.

mod entry;
mod export;
mod read;
mod store;
mod verify;

use jiff::Timestamp;
use sqlx::PgConnection;
use wire::v1::{AuditHead, audit::entry_hash, bytes::canonical};

pub use self::{
    entry::Entry,
    export::export,
    read::read,
    verify::{Break, Finding, Verified, verify},
};

/// Adds an entry. Takes the office's own row: nothing but a commit may follow.
///
/// # Errors
/// Those of the database.
pub async fn append(tx: &mut PgConnection, now: Timestamp, entry: &Entry) -> sqlx::Result<AuditHead> {
    let (office, head) = store::lock(tx).await?;
    let body = canonical(&serde_json::to_value(entry).map_err(crate::db::damaged)?);
    // As the column keeps it.
    let at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    let n = head.n + 1;
    let head = AuditHead { n, hash: entry_hash(&office, &head.hash, n, at, &body) };
    store::add(tx, &head, at, &String::from_utf8_lossy(&body)).await?;
    Ok(head)
}
