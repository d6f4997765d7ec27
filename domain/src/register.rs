//! Registers and their numbers.

use serde::{Deserialize, Serialize};

/// A register of the office (rejestr).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Register {
    /// *rejestr przesyłek wpływających* (RPW).
    Incoming,
    /// *rejestr przesyłek wychodzących* (RPWych).
    Outgoing,
}

impl Register {
    /// First letter of the document identifier: W incoming, N outgoing.
    pub fn letter(self) -> char {
        match self {
            Self::Incoming => 'W',
            Self::Outgoing => 'N',
        }
    }

    /// The stable name used in databases and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }
}

/// Symbol of a chancellery point (symbol punktu kancelaryjnego): at most two of `A-Z0-9`; empty in an office with one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub struct PointSymbol(String);

impl PointSymbol {
    /// The symbol's characters; empty for the office's only point.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not a symbol of at most two capital letters or digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a symbol of at most two capital letters or digits")]
pub struct NotASymbol;

impl TryFrom<String> for PointSymbol {
    type Error = NotASymbol;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        // A lone `0` would share the identifier `W0-…` with the empty symbol.
        let fits = text.len() <= 2 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) && text != "0";
        if fits { Ok(Self(text)) } else { Err(NotASymbol) }
    }
}

impl From<PointSymbol> for String {
    fn from(symbol: PointSymbol) -> Self {
        symbol.0
    }
}

/// A register number (numer w rejestrze): dense from 1 within (register, symbol, year); never taken back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RegisterNumber {
    /// Which register.
    pub register: Register,
    /// The point that numbers.
    pub symbol: PointSymbol,
    /// Year of registration, four digits.
    pub year: i16,
    /// Running number from 1.
    pub n: u32,
}

impl RegisterNumber {
    /// As people write it: `RPW/K1/1234/2026`, or `RPW/1/2026` with the empty symbol.
    ///
    /// `register_symbol` is the office's own abbreviation of the register (a setting).
    pub fn display(&self, register_symbol: &str) -> String {
        if self.symbol.as_str().is_empty() {
            format!("{register_symbol}/{}/{}", self.n, self.year)
        } else {
            format!("{register_symbol}/{}/{}/{}", self.symbol.as_str(), self.n, self.year)
        }
    }
}
