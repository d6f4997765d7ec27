//! The audit as the data-protection officer's screen shows it.

use domain::ids::ClerkId;
use serde::{Deserialize, Serialize};

/// What she asks for, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct AuditDraft {
    /// First day, as written in the office; empty is a month before the last.
    pub from: String,
    /// Last day; empty is today.
    pub to: String,
    /// Register number or document identifier; empty is any.
    pub letter: String,
    /// Only by this clerk.
    pub clerk: Option<ClerkId>,
    /// Behind this place, as the page before named it.
    pub after: Option<String>,
}

/// A page of entries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AuditPageView {
    /// The entries.
    pub entries: Vec<AuditEntryView>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// First day that was asked for, as written in the office.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Number of central's last entry.
    pub head: u32,
    /// The clerks that may be asked for; only with the first page.
    pub clerks: Vec<AuditClerkView>,
}

/// A clerk to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AuditClerkView {
    /// Id.
    pub id: ClerkId,
    /// Given name and surname.
    pub name: String,
}

/// What was done or seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntryView {
    /// When central heard of it.
    pub at: String,
    /// When it was by the desk's clock, where that is another minute.
    pub told_at: Option<String>,
    /// The desk's symbol; `None` for what happened at central.
    pub desk: Option<String>,
    /// Who; empty for nobody.
    pub by: String,
    /// What, a stable name.
    pub what: String,
    /// Document identifiers of the letters that it is about, the first ones.
    pub letters: Vec<String>,
    /// How many letters there are besides.
    pub further: u32,
    /// Why central made a task of it.
    pub reason: Option<String>,
}
