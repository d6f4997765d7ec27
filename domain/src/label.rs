//! The sticker on page one: what it bears, its sizes, and the states of one printed copy.

mod state;

use serde::{Deserialize, Serialize};

pub use self::state::{BlockReason, LabelEvent, LabelState, NotAllowed, UnknownLabelState};
use crate::marks::DocumentIdentifier;

/// Size of the label stock, width x height in millimetres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum LabelSize {
    /// 50 x 25 mm.
    #[default]
    #[serde(rename = "50x25")]
    Mm50x25,
    /// 50 x 30 mm.
    #[serde(rename = "50x30")]
    Mm50x30,
}

/// Resolution of the print head in dots per inch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Dpi {
    /// 203 dpi: 8 dots a millimetre.
    #[default]
    #[serde(rename = "203")]
    Dpi203,
    /// 300 dpi: 11.8 dots a millimetre.
    #[serde(rename = "300")]
    Dpi300,
}

/// What one label bears (devices: never the citizen's status key, never personal data in the codes).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LabelContent {
    /// The office's name, first line.
    pub office: String,
    /// Register number as people write it.
    pub number: String,
    /// Document identifier; the bars carry it without hyphens.
    pub identifier: DocumentIdentifier,
    /// Date and hour of receipt in office time, `23.11.2026 09:14`.
    pub received: String,
    /// Number of attachments.
    pub attachments: u32,
    /// The clerk's mark (initials and surname).
    pub clerk: String,
    /// 0 for the one unmarked label, n for the n-th DUPLIKAT.
    pub copy: u32,
}
