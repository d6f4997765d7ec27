//! What the window is told of a file for central.

use serde::{Deserialize, Serialize};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HeldFileView {
    /// Operations in it.
    pub operations: u32,
    /// Documents in it.
    pub scans: u32,
    /// Documents that cannot be read here and are not in it.
    pub left_out: u32,
}
