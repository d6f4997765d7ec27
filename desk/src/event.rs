//! What the desk announces after a commit, so that the window reads again what changed.

use domain::ids::{BatchId, LetterId};
use serde::{Deserialize, Serialize};

/// A change somebody may want to see. Carries ids only; whoever cares reads the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum DeskEvent {
    /// A letter was registered.
    LetterRegistered {
        /// Which.
        letter_id: LetterId,
    },
    /// A letter changed: facts, stage, scan, cancellation, synchronising.
    LetterChanged {
        /// Which.
        letter_id: LetterId,
    },
    /// A label changed its state.
    LabelChanged {
        /// Whose.
        letter_id: LetterId,
    },
    /// A batch got a page, a state or a decision.
    BatchChanged {
        /// Which.
        batch_id: BatchId,
    },
    /// The status line changed.
    StatusChanged,
    /// Signed in, locked, out.
    SessionChanged,
    /// Central told of other units or people.
    DirectoryChanged,
    /// Settings saved.
    SettingsChanged,
}
