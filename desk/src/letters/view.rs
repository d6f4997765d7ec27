//! The register list and one letter's page.

use domain::{
    ids::{LetterId, OpId, ScanId},
    label::LabelContent,
    letter::Letter,
    stage::Stage,
};
use serde::{Deserialize, Serialize};

use crate::labels::view::LabelView;

/// What the register list asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct RegisterQuery {
    /// Words searched in sender, title, number and reference; empty lists everything.
    pub text: String,
    /// Continue after this row, as given by [`RegisterPage::next`].
    pub after: Option<String>,
}

/// One page of the register list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RegisterPage {
    /// Rows.
    pub rows: Vec<RegisterRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    /// Letters in the register altogether (not only those found).
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub total: u64,
}

/// One row of the register list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "four marks of a row, each shown by itself")]
pub struct RegisterRow {
    /// Id.
    pub id: LetterId,
    /// Register number as people write it.
    pub number: String,
    /// Date of receipt, ISO.
    pub received_on: String,
    /// Sender's name; empty is *brak danych*.
    pub sender: String,
    /// Title.
    pub title: String,
    /// What the letter says is not for this clerk: sender, title and reference are left empty.
    pub outside: bool,
    /// What the letter said was erased.
    pub erased: bool,
    /// Sender's reference; `None` is *brak znaku*.
    pub reference: Option<String>,
    /// Stage.
    pub stage: Stage,
    /// Unit.
    pub unit: Option<String>,
    /// Cancelled.
    pub cancelled: bool,
    /// Pages of its scan; 0 when not scanned.
    pub pages: u32,
    /// The label waits for an answer or is blocked.
    pub label_waits: bool,
    /// Central has it.
    pub synced: bool,
}

/// One letter with everything around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LetterView {
    /// The letter with its facts as they stand now.
    pub letter: Letter,
    /// Register number as people write it.
    pub number: String,
    /// Moment of registration in office time, `23.11.2026 09:14`.
    pub registered: String,
    /// Stage.
    pub stage: Stage,
    /// Unit.
    pub unit: Option<String>,
    /// Office day of the last change of stage, ISO.
    pub stage_changed_on: String,
    /// Cancelled: why.
    pub cancelled: Option<Cancellation>,
    /// Its content was erased (RODO): number and state are all there is.
    pub erased: bool,
    /// Registered at this desk: only here it is cancelled, and its label printed.
    pub registered_here: bool,
    /// Open tasks about it.
    pub tasks: u32,
    /// What its label bears.
    pub label: LabelContent,
    /// Its labels, oldest first.
    pub labels: Vec<LabelView>,
    /// Its scan: the one that was made at this desk, else the last one that another desk made.
    pub scan: Option<ScanView>,
    /// The status key while this desk still knows it (30 days).
    pub status_key: Option<String>,
    /// Central has everything of this letter.
    pub synced: bool,
    /// What happened to it, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// A cancelled number: it stays, with who, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Cancellation {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When, office time `23.11.2026 09:14`.
    pub at: String,
}

/// The scanned document of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ScanView {
    /// Id.
    pub id: ScanId,
    /// Pages.
    pub pages: u32,
    /// Size of the PDF in bytes.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub bytes: u64,
    /// Central has the file and has verified it.
    pub uploaded: bool,
    /// The file is here; else it is read from central when somebody looks at it.
    pub here: bool,
    /// This desk made it.
    pub mine: bool,
}

/// One line of a letter's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When, office time `23.11.2026 09:14`.
    pub at: String,
    /// Who; empty for central.
    pub by: String,
    /// What.
    pub what: HistoryKind,
}

/// What a line of history tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum HistoryKind {
    /// Registered.
    Registered,
    /// Facts corrected: (field, old, new) of each, and why.
    Corrected {
        /// Changed fields with old and new text.
        changes: Vec<FieldChange>,
        /// Why.
        reason: String,
    },
    /// Number cancelled.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// The cancellation became a question for the secretary: the letter had been routed.
    CancellationAsked,
    /// Stage changed.
    StageSet {
        /// New stage.
        stage: Stage,
    },
    /// Unit changed.
    UnitSet {
        /// New unit.
        unit: Option<String>,
    },
    /// Scan attached.
    ScanAttached {
        /// Pages.
        pages: u32,
    },
    /// A further label printed.
    LabelReprinted {
        /// Copy number.
        copy: u32,
        /// Why.
        reason: String,
    },
    /// It got a new status key.
    KeyIssued,
    /// Slip made.
    SlipMade,
    /// What it said was erased.
    Erased,
}

/// Old and new text of a corrected field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Field name as in the draft.
    pub field: String,
    /// Before.
    pub old: String,
    /// After.
    pub new: String,
}

/// Correcting a letter: the form again, with a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CorrectionDraft {
    /// The operation whose facts the form was filled from; `None`: those of now. What came meanwhile and is not overwritten unseen:
    /// central makes a task of the two versions.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub based_on: Option<OpId>,
    /// All facts as they should stand; `draft.id` names the letter.
    pub draft: domain::letter::LetterDraft,
    /// Why.
    pub reason: String,
}

/// The form of a correction as it opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CorrectionView {
    /// The operation whose facts the form was filled from.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub based_on: OpId,
    /// The letter's facts, or what the clerk made of them.
    pub draft: domain::letter::LetterDraft,
    /// Why, as far as it was typed.
    pub reason: String,
    /// She left it unfinished.
    pub unfinished: bool,
    /// Somebody else corrected the letter since she began.
    pub overtaken: bool,
}

/// Cancelling a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CancellationDraft {
    /// Which letter.
    pub letter_id: LetterId,
    /// Why.
    pub reason: String,
}

/// Changing stage and unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct StageDraft {
    /// Which letter.
    pub letter_id: LetterId,
    /// Stage.
    pub stage: Stage,
    /// Unit; empty means none.
    pub unit: String,
}
