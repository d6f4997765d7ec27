//! The scanning screen.

use domain::ids::{BatchId, LetterId, PageId};
use serde::{Deserialize, Serialize};

/// The open batch, as the screen shows it while pages arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct BatchView {
    /// Id.
    pub id: BatchId,
    /// Start in office time, `23.11.2026 10:02`.
    pub started: String,
    /// State.
    pub state: BatchStateView,
    /// What the device calls itself.
    pub device: Option<String>,
    /// Pages in order of arrival.
    pub pages: Vec<PageView>,
    /// Letters found, in order, and stretches that wait for an answer. Pages set aside stand in `pages` only, and so do
    /// pages on which nobody has looked for a label yet.
    pub groups: Vec<GroupView>,
    /// Registered letters without a scan that were awaited, and whether they were found (N6).
    pub awaited: Vec<AwaitedLetter>,
    /// The batch can be closed: complete or accepted, and no open question.
    pub can_close: bool,
}

/// How the run of the feeder stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum BatchStateView {
    /// Pages arrive.
    Scanning,
    /// The device said so and its count equals ours.
    Complete,
    /// Look at the last page: it may not be the last of the stack.
    Uncertain {
        /// Why: `feeder_jam`, `page_broken`, `pages_missing`, `scan_interrupted`, `device_unreachable`, …
        why: domain::ErrorCode,
    },
    /// Nothing came.
    Failed {
        /// Why.
        why: domain::ErrorCode,
    },
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PageView {
    /// Id; the picture comes from `scan_page_image`.
    pub id: PageId,
    /// Place in the batch from 1.
    pub place: u32,
    /// The document identifier read on it, if ours.
    pub label: Option<String>,
    /// The bytes are no whole picture.
    pub broken: bool,
}

/// Pages that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// The letter they are proposed for.
    pub letter: Option<GroupLetter>,
    /// Their pages, in order.
    pub pages: Vec<PageId>,
    /// What the clerk must decide before the batch can be closed.
    pub question: Option<GroupQuestion>,
}

/// The letter a group is proposed for, shown back with sender and title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct GroupLetter {
    /// Id.
    pub id: LetterId,
    /// Register number as people write it.
    pub number: String,
    /// Sender's name; empty is *brak danych*.
    pub sender: String,
    /// Title.
    pub title: String,
    /// Number of attachments.
    pub attachments: u32,
}

/// Why a group needs the clerk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum GroupQuestion {
    /// The first page bears no label.
    NoLabel,
    /// The label belongs to another office or was misread.
    OtherOffice,
    /// The label is ours but no letter bears it.
    NotInRegister,
    /// The letter was cancelled.
    Cancelled,
    /// The letter has a scan already.
    AlreadyScanned,
    /// Two labels of ours on one page.
    TwoLabels,
    /// The same label twice in the batch.
    LabelTwice,
    /// A page is broken: it can only be set aside, after it was scanned again.
    BrokenPage,
}

/// A letter that was expected in the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AwaitedLetter {
    /// Id.
    pub id: LetterId,
    /// Register number as people write it.
    pub number: String,
    /// Pages found; `None` when it is not in the batch.
    pub pages: Option<u32>,
}

/// The clerk's decision about a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "decision", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum GroupDecision {
    /// The pages belong to the letter before them.
    JoinPrevious,
    /// The pages belong to the letter of this register number or document identifier, as typed or read.
    AssignTo {
        /// `12`, `RPW/12/2026` or `W0-26-000012-41`.
        number: String,
    },
    /// The pages are left out of this batch (they stay received and listed).
    SetAside,
}

/// Which picture of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PageSize {
    /// Small, for the strip.
    Thumbnail,
    /// As received.
    Full,
}

/// A batch was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct BatchClosed {
    /// Letters that got their scan.
    pub attached: Vec<GroupLetter>,
}
