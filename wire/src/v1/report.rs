//! What a desk tells of itself for the administrator: nothing in it is about a letter or a person.

use domain::rights::Scope;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Fingerprint;

/// How a desk is. Lost reports do no harm: the next one says it all again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of the desk's program.
    pub program: String,
    /// Operations and scans that central has not yet acknowledged.
    pub unsent: u32,
    /// For how many seconds the oldest of them has waited, by the desk's own clock, which may be years off.
    pub oldest_unsent_seconds: Option<u64>,
    /// The label printer.
    pub label_printer: DeviceState,
    /// The multifunction device.
    pub mfp: DeviceState,
    /// The scope under which everything here was read: what is outside it is not here. `None` while it is being read anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_scope: Option<Scope>,
    /// The key of the authority by which the desk takes central for central; `None` without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Fingerprint>,
    /// Erasures that were carried through here, and that central has not yet noted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<Uuid>,
}

/// How a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// None is set up.
    None,
    /// Not asked yet.
    #[default]
    Unknown,
    /// Ready or at work.
    Ready,
    /// Somebody must do something at the device.
    Attention,
    /// A state of a newer desk.
    #[serde(other)]
    Other,
}

impl DeviceState {
    /// The name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Ready => "ready",
            Self::Attention => "attention",
            Self::Other => "other",
        }
    }
}

/// Central has noted the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    /// Seconds until the next report is welcome.
    pub again_seconds: u32,
}
