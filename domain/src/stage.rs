//! Where a letter stands in the office: what the citizen's page may show.

use serde::{Deserialize, Serialize};

/// Stage of a case (etap sprawy) as the citizen sees it; says nothing about its content.
#[doc(alias = "etap")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// *zarejestrowano*: entered in the register.
    Registered,
    /// *przekazano do komórki*: handed to an organisational unit.
    HandedToUnit,
    /// *w toku*: somebody works on it.
    InProgress,
    /// *zakończono*: closed.
    Closed,
}

impl Stage {
    /// All stages in the order a case usually passes them.
    pub const ALL: [Self; 4] = [Self::Registered, Self::HandedToUnit, Self::InProgress, Self::Closed];

    /// The stable name used in databases and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::HandedToUnit => "handed_to_unit",
            Self::InProgress => "in_progress",
            Self::Closed => "closed",
        }
    }
}

impl std::str::FromStr for Stage {
    type Err = UnknownStage;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text).ok_or(UnknownStage)
    }
}

/// The text names no stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such stage")]
pub struct UnknownStage;
