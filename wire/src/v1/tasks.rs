//! What somebody at the office must look at, as the desks are told of it with the letter.

use domain::{ids::OpId, letter::LetterFacts, stage::Stage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An open task of a letter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LetterTask {
    /// The operation that opened it: what settles the task names this.
    pub op_id: OpId,
    /// Why, as in [`super::TaskReason`].
    pub reason: String,
    /// When it was opened, by central's clock.
    pub opened_at: Timestamp,
    /// Whose operation opened it; empty when its body says nobody.
    #[serde(default)]
    pub by: String,
    /// What two people said of the same facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
    /// Why the number is to be cancelled, where that is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<String>,
}

impl std::fmt::Debug for LetterTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LetterTask({}, {}, ***)", self.op_id, self.reason)
    }
}

/// Two versions of one group of facts: the later one stands, neither text is lost.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overlap {
    /// Who said what stood before.
    pub earlier_by: String,
    /// Both versions.
    pub versions: Versions,
}

impl std::fmt::Debug for Overlap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Overlap(***)")
    }
}

/// The group of facts, and both versions of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "group", rename_all = "snake_case")]
pub enum Versions {
    /// Facts of the intake.
    Intake {
        /// What stood before.
        earlier: Box<LetterFacts>,
        /// What stands.
        later: Box<LetterFacts>,
    },
    /// Unit.
    Routing {
        /// What stood before.
        earlier: Option<String>,
        /// What stands.
        later: Option<String>,
    },
    /// Stage.
    Status {
        /// What stood before.
        earlier: Stage,
        /// What stands.
        later: Stage,
    },
}

impl std::fmt::Debug for Versions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Versions(***)")
    }
}
