//! What the screen of tasks shows and sends.

use domain::ids::LetterId;
use serde::{Deserialize, Serialize};

use crate::letters::view::FieldChange;

/// Something that somebody must look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TaskView {
    /// Id on this desk.
    pub id: String,
    /// Why, as in `wire::v1::TaskReason`.
    pub reason: String,
    /// Since when, office time `23.11.2026 09:14`.
    pub since: String,
    /// Who caused it; empty when nobody is known.
    pub by: String,
    /// The letter, where this desk knows it.
    pub letter: Option<TaskLetter>,
    /// Both versions, where two people said something of the same facts.
    pub overlap: Option<OverlapView>,
    /// Why the number is to be cancelled, where that is asked.
    pub cancellation: Option<String>,
    /// What can be done about it here.
    pub way: TaskWay,
}

/// The letter that a task is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TaskLetter {
    /// Id.
    pub id: LetterId,
    /// Register number as people write it.
    pub number: String,
    /// Sender's name; empty is *brak danych*.
    pub sender: String,
    /// Title.
    pub title: String,
}

/// Two versions: the later one stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct OverlapView {
    /// Who wrote the earlier one.
    pub earlier_by: String,
    /// Who wrote the later one.
    pub later_by: String,
    /// Each differing field: `old` is the earlier text, `new` the later one.
    pub changes: Vec<FieldChange>,
}

/// What a clerk can do about a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TaskWay {
    /// Choose between two versions, field by field.
    Choose,
    /// Grant or refuse a cancellation.
    Decide,
    /// See to it, and say that it is done.
    Acknowledge,
    /// Nothing here: the administrator sees to it.
    Administrator,
}

/// Settling a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SettleDraft {
    /// Which task.
    pub task: String,
    /// The fields, as in [`FieldChange::field`], that are brought back from the earlier version.
    pub earlier: Vec<String>,
}

/// Deciding on a cancellation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DecisionDraft {
    /// Which task.
    pub task: String,
    /// Whether the number is cancelled.
    pub granted: bool,
    /// Why.
    pub reason: String,
}
