//! Labels as the window shows them.

use domain::{
    ids::{LabelJobId, LetterId},
    label::LabelState,
};
use serde::{Deserialize, Serialize};

/// One printed copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LabelView {
    /// Id.
    pub id: LabelJobId,
    /// Its letter.
    pub letter_id: LetterId,
    /// Register number as people write it.
    pub number: String,
    /// 0 unmarked, n DUPLIKAT.
    pub copy: u32,
    /// State.
    pub state: LabelState,
    /// When the state was entered, RFC 3339.
    pub changed_at: String,
    /// Why a duplicate was printed.
    pub reason: Option<String>,
}

/// The clerk's answer to "czy etykieta wyszła?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LabelAnswer {
    /// It came out.
    Printed,
    /// It did not: a further copy is printed, marked DUPLIKAT.
    NotPrinted,
}
