//! The status line: it tells the truth about devices and the network.

use domain::{ErrorCode, label::BlockReason};
use serde::{Deserialize, Serialize};

/// The whole line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct StatusView {
    /// Label printer.
    pub printer: PrinterStatusView,
    /// Multifunction device.
    pub mfp: MfpStatusView,
    /// Central.
    pub central: CentralStatusView,
    /// Open questions: labels to answer for, batches to close.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub questions: u32,
    /// Open tasks: flags and questions of central.
    pub tasks: u32,
    /// The key lies in a file and not in the operating system's store: lasting warning.
    pub key_in_file: bool,
}

/// The label printer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum PrinterStatusView {
    /// None set up.
    #[default]
    None,
    /// Not asked yet.
    Unknown,
    /// Ready.
    Ready,
    /// Prints.
    Printing,
    /// Something must be done at the printer; so many labels wait.
    Blocked {
        /// Why.
        reason: BlockReason,
        /// Labels waiting.
        waiting: u32,
    },
}

/// The multifunction device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum MfpStatusView {
    /// None set up.
    #[default]
    None,
    /// Not asked yet.
    Unknown,
    /// Ready; paper in the feeder or not, where it says so.
    Ready {
        /// Paper lies in the feeder.
        loaded: Option<bool>,
    },
    /// Scans.
    Scanning,
    /// Faulty.
    Fault {
        /// Why.
        why: ErrorCode,
    },
}

/// Central.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum CentralStatusView {
    /// None set up.
    #[default]
    None,
    /// Not reached yet.
    Unknown,
    /// Reached.
    Online {
        /// Last contact in office time, `09:14:02`.
        at: String,
        /// Operations and scans waiting.
        waiting: u32,
    },
    /// Not reachable or refusing.
    Offline {
        /// Why.
        why: ErrorCode,
        /// Operations and scans waiting.
        waiting: u32,
        /// Since when the oldest waits, office time `23.11.2026 09:14`.
        oldest: Option<String>,
    },
}
