//! The desk hands over operations; central says of each what became of it.

use domain::ids::OpId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    bytes,
    log::{Operation, Tip},
};

/// Up to [`super::MAX_BATCH_OPS`] operations in the order of their numbers, of [`super::MAX_BATCH_BYTES`] at most.
///
/// The first may be any that central already has, or the one that follows; a batch sent twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Push {
    /// The operations.
    pub ops: Vec<Operation>,
    /// [`super::log::sign_batch`] over the last operation's hash.
    #[serde(with = "bytes::base64")]
    pub signature: [u8; 64],
}

/// What became of one operation. In each case central holds it and its number is behind [`PushAnswer::last`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// Applied.
    Applied,
    /// Central had it already.
    Duplicate,
    /// Applied with a flag, or kept (held) without being applied; somebody at the office must look.
    Task {
        /// Why.
        reason: TaskReason,
    },
}

/// Why an operation became a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskReason {
    /// Kept: the body is no operation of its schema.
    Malformed,
    /// Kept until the letter arrives, then applied.
    LetterUnknown,
    /// Kept: another letter bears the number.
    NumberTaken,
    /// Kept: the letter was registered before with other content.
    LetterRegisteredTwice,
    /// Applied: the number's symbol is not this desk's.
    SymbolNotGranted,
    /// Applied: the document identifier is not the one of the number.
    IdentifierDiffers,
    /// Applied: another operation had changed the same facts; both texts stay.
    Overlap,
    /// Kept: the letter is on its way in the office, somebody decides.
    CancellationAsked,
    /// Kept: only the registering desk cancels.
    NotTheRegisteringDesk,
    /// Applied: the letter is cancelled.
    LetterCancelled,
    /// Kept: the document's id is taken by another document.
    ScanIdTaken,
    /// The clerk whom the desk states may not do this, or not at this desk: applied where paper exists (registering,
    /// cancelling, attaching), else kept.
    NotPermitted,
    /// Applied: the letter's number had been named lost; it stands on the letter's paper.
    LostNumberFound,
    /// Applied: central had entered the letter again from its label, and otherwise; the desk's facts stand.
    ReentryDiffers,
    /// Applied as far as it goes: some of the numbers are no lost ones, a letter bears them.
    NumberNotLost,
    /// Kept: nobody asked the desk to release the symbol, or it does not hold it.
    ReleaseNotAsked,
    /// Held: the desk has forked or is revoked; the administrator settles it.
    Held,
    /// Applied: the letter was registered anew under another number, and its paper still bears the label of the first.
    NewLabel,
    /// Kept: applying it failed three times inside central.
    Internal,
    /// A reason of a newer central.
    #[serde(other)]
    Other,
}

impl TaskReason {
    /// The name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::LetterUnknown => "letter_unknown",
            Self::NumberTaken => "number_taken",
            Self::LetterRegisteredTwice => "letter_registered_twice",
            Self::SymbolNotGranted => "symbol_not_granted",
            Self::IdentifierDiffers => "identifier_differs",
            Self::Overlap => "overlap",
            Self::CancellationAsked => "cancellation_asked",
            Self::NotTheRegisteringDesk => "not_the_registering_desk",
            Self::LetterCancelled => "letter_cancelled",
            Self::ScanIdTaken => "scan_id_taken",
            Self::NotPermitted => "not_permitted",
            Self::LostNumberFound => "lost_number_found",
            Self::ReentryDiffers => "reentry_differs",
            Self::NumberNotLost => "number_not_lost",
            Self::ReleaseNotAsked => "release_not_asked",
            Self::Held => "held",
            Self::NewLabel => "new_label",
            Self::Internal => "internal",
            Self::Other => "other",
        }
    }
}

/// The verdict on one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpVerdict {
    /// Its number.
    pub seq: u64,
    /// Its id.
    pub op_id: OpId,
    /// What became of it.
    pub verdict: Verdict,
}

/// One verdict for each operation sent, in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushAnswer {
    /// The verdicts.
    pub verdicts: Vec<OpVerdict>,
    /// Where the desk's log ends at central now.
    pub last: Tip,
    /// Central's epoch.
    pub epoch: Uuid,
    /// Number of central's last change: pull when the cursor is behind it.
    pub head: u64,
}
