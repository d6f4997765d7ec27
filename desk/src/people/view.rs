//! Senders remembered from earlier letters, as the type-ahead list shows them.

use domain::{ids::PartyId, party::PartyDraft};
use serde::{Deserialize, Serialize};

/// One line of the type-ahead list under the sender field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PartySuggestion {
    /// Id.
    pub id: PartyId,
    /// Name, surname first.
    pub name: String,
    /// Town, street and number; empty when unknown.
    pub address: String,
    /// Kind and last three characters of the identifier: (`pesel`, `417`).
    pub identifier_hint: Option<(String, String)>,
    /// Number of letters from this sender.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub letters: u32,
    /// Office day of the last letter, ISO date.
    pub last_on: Option<String>,
    /// The draft filled with this sender's fields, taken over when the line is chosen.
    pub draft: PartyDraft,
}

/// What a typed identity number is: shown under the field while typing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum IdentifierCheck {
    /// No number.
    Empty,
    /// Recognised and checked.
    Valid {
        /// Which.
        kind: IdentifierKind,
    },
    /// Looks like one, but is wrong: the code of the field error.
    Wrong {
        /// Why.
        code: domain::ErrorCode,
    },
}

/// Kinds of identity numbers of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// PESEL.
    Pesel,
    /// NIP.
    Nip,
    /// REGON.
    Regon,
    /// KRS.
    Krs,
}
