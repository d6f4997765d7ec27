//! What the window sends and is told when a desk joins an office.

use domain::{
    register::PointSymbol,
    rights::{RecordKind, Role},
};
use serde::{Deserialize, Serialize};

/// An invitation as typed or scanned. Debug shows nothing.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct EnrolDraft {
    /// Central's address; or address and letters, as the scanned code holds them.
    pub address: String,
    /// The invitation's letters.
    pub invitation: String,
}

impl std::fmt::Debug for EnrolDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnrolDraft(***)")
    }
}

/// The desk belongs to the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct EnrolledView {
    /// What the office is called.
    pub office_name: String,
    /// The symbol that this desk numbers under.
    pub symbol: PointSymbol,
    /// The kinds of records that may be here.
    pub kinds: Vec<RecordKind>,
    /// The roles that may be exercised here.
    pub roles: Vec<Role>,
    /// The office has accounts: whoever works here signs in with one.
    pub accounts: bool,
}

/// What bounds this desk, as the settings show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct BoundsView {
    /// The kinds of records that may be here.
    pub kinds: Vec<RecordKind>,
    /// The roles that may be exercised here.
    pub roles: Vec<Role>,
}
