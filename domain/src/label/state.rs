//! The states of one printed copy: at most one unmarked label per number, and nothing claimed that the printer did not do.
//! Called by `desk::labels` (journal and worker). Prints and stores nothing.

use serde::{Deserialize, Serialize};

/// Why a copy cannot be printed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// No label stock.
    MediaOut,
    /// No ribbon.
    RibbonOut,
    /// The print head is open.
    HeadOpen,
    /// The pause key was pressed.
    Paused,
    /// The cutter is stuck.
    Cutter,
    /// Connected, but no answer to the status question: media or ribbon out, head open, or another printer language.
    Silent,
    /// No connection.
    Unreachable,
    /// No printer in the settings.
    NotConfigured,
    /// The printer answers in another language.
    WrongLanguage,
    /// The printer reports something we have no word for.
    Other,
}

impl BlockReason {
    /// All reasons.
    pub const ALL: [Self; 10] = [
        Self::MediaOut,
        Self::RibbonOut,
        Self::HeadOpen,
        Self::Paused,
        Self::Cutter,
        Self::Silent,
        Self::Unreachable,
        Self::NotConfigured,
        Self::WrongLanguage,
        Self::Other,
    ];

    /// The stable name used in databases.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MediaOut => "media_out",
            Self::RibbonOut => "ribbon_out",
            Self::HeadOpen => "head_open",
            Self::Paused => "paused",
            Self::Cutter => "cutter",
            Self::Silent => "silent",
            Self::Unreachable => "unreachable",
            Self::NotConfigured => "not_configured",
            Self::WrongLanguage => "wrong_language",
            Self::Other => "other",
        }
    }
}

/// State of one copy of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LabelState {
    /// Committed with the registration.
    Queued,
    /// The printer's status was asked for.
    Checking,
    /// The printer cannot print now.
    Blocked {
        /// Why.
        reason: BlockReason,
    },
    /// Committed before the first byte leaves.
    Sending,
    /// The last byte was taken.
    Sent,
    /// The printer, or the clerk, says that the label came out.
    Confirmed,
    /// Cut, timed out or crashed after the first byte: the clerk is asked.
    Uncertain,
    /// Did not come out: a copy marked DUPLIKAT took its place.
    Reprinted,
    /// Never to be printed.
    Cancelled,
}

/// What happens to one copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelEvent {
    /// The worker asks the printer for its status.
    Asked,
    /// The printer cannot print.
    Refused(BlockReason),
    /// The printer is ready: to be committed before the first byte.
    Ready,
    /// The connection ended with not one byte taken: safe to try again by itself.
    NothingLeft(BlockReason),
    /// The last byte was taken and drained.
    Taken,
    /// Status or counters say that the label came out.
    Proved,
    /// Cut, timed out, or a fault reported while the label was under way.
    Doubted,
    /// The clerk: "wyszła".
    SeenByClerk,
    /// The clerk: "nie wyszła"; a new copy is queued in the same transaction.
    MissedByClerk,
    /// The letter was cancelled or the clerk gave the copy up before it was sent.
    Cancelled,
    /// The desk's start check failed: it may be behind itself, and this label may exist already.
    StartCheckFailed,
}

/// The state does not allow the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a label that is {state} cannot be {event:?}")]
pub struct NotAllowed {
    /// Name of the state, which stays as it was.
    pub state: &'static str,
    /// The event refused.
    pub event: LabelEvent,
}

/// The stored text names no label state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such label state")]
pub struct UnknownLabelState;

impl LabelState {
    /// The state after an event.
    ///
    /// # Errors
    /// [`NotAllowed`] when the event does not belong to this state; the copy stays as it was.
    pub fn on(self, event: LabelEvent) -> Result<Self, NotAllowed> {
        use LabelEvent as E;
        let next = match self {
            Self::Queued => match event {
                E::Asked => Some(Self::Checking),
                E::Cancelled => Some(Self::Cancelled),
                E::StartCheckFailed => Some(Self::Uncertain),
                E::Refused(_)
                | E::Ready
                | E::NothingLeft(_)
                | E::Taken
                | E::Proved
                | E::Doubted
                | E::SeenByClerk
                | E::MissedByClerk => None,
            },
            Self::Checking => match event {
                E::Refused(reason) => Some(Self::Blocked { reason }),
                E::Ready => Some(Self::Sending),
                E::StartCheckFailed => Some(Self::Uncertain),
                E::Asked
                | E::NothingLeft(_)
                | E::Taken
                | E::Proved
                | E::Doubted
                | E::SeenByClerk
                | E::MissedByClerk
                | E::Cancelled => None,
            },
            Self::Blocked { reason: _ } => match event {
                E::Asked => Some(Self::Checking),
                E::Cancelled => Some(Self::Cancelled),
                E::StartCheckFailed => Some(Self::Uncertain),
                E::Refused(_)
                | E::Ready
                | E::NothingLeft(_)
                | E::Taken
                | E::Proved
                | E::Doubted
                | E::SeenByClerk
                | E::MissedByClerk => None,
            },
            Self::Sending => match event {
                E::NothingLeft(reason) => Some(Self::Blocked { reason }),
                E::Taken => Some(Self::Sent),
                E::Doubted => Some(Self::Uncertain),
                E::Asked
                | E::Refused(_)
                | E::Ready
                | E::Proved
                | E::SeenByClerk
                | E::MissedByClerk
                | E::Cancelled
                | E::StartCheckFailed => None,
            },
            Self::Sent => match event {
                E::Proved => Some(Self::Confirmed),
                E::Doubted => Some(Self::Uncertain),
                E::Asked
                | E::Refused(_)
                | E::Ready
                | E::NothingLeft(_)
                | E::Taken
                | E::SeenByClerk
                | E::MissedByClerk
                | E::Cancelled
                | E::StartCheckFailed => None,
            },
            Self::Uncertain => match event {
                E::SeenByClerk => Some(Self::Confirmed),
                E::MissedByClerk => Some(Self::Reprinted),
                E::Asked
                | E::Refused(_)
                | E::Ready
                | E::NothingLeft(_)
                | E::Taken
                | E::Proved
                | E::Doubted
                | E::Cancelled
                | E::StartCheckFailed => None,
            },
            Self::Confirmed | Self::Reprinted | Self::Cancelled => None,
        };
        next.ok_or(NotAllowed { state: self.as_str(), event })
    }

    /// The state a copy wakes up in after the program died: what was being sent is never sent again by itself.
    #[must_use]
    pub fn after_crash(self) -> Self {
        match self {
            Self::Queued | Self::Checking => Self::Queued,
            Self::Sending | Self::Uncertain => Self::Uncertain,
            Self::Blocked { reason } => Self::Blocked { reason },
            // The worker asks the printer again.
            Self::Sent => Self::Sent,
            Self::Confirmed => Self::Confirmed,
            Self::Reprinted => Self::Reprinted,
            Self::Cancelled => Self::Cancelled,
        }
    }

    /// Whether nothing more happens to this copy.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Confirmed | Self::Reprinted | Self::Cancelled => true,
            Self::Queued
            | Self::Checking
            | Self::Blocked { reason: _ }
            | Self::Sending
            | Self::Sent
            | Self::Uncertain => false,
        }
    }

    /// The stable name used in databases; the reason of a block is stored beside it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Checking => "checking",
            Self::Blocked { reason: _ } => "blocked",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::Uncertain => "uncertain",
            Self::Reprinted => "reprinted",
            Self::Cancelled => "cancelled",
        }
    }

    /// Why the copy is blocked, if it is.
    pub fn reason(self) -> Option<BlockReason> {
        if let Self::Blocked { reason } = self { Some(reason) } else { None }
    }

    /// Reads what [`as_str`](Self::as_str) and [`BlockReason::as_str`] wrote.
    ///
    /// # Errors
    /// [`UnknownLabelState`] for another name, a block without a reason, or a reason without a block.
    pub fn parse(state: &str, reason: Option<&str>) -> Result<Self, UnknownLabelState> {
        let reason = reason
            .map(|name| BlockReason::ALL.into_iter().find(|known| known.as_str() == name).ok_or(UnknownLabelState))
            .transpose()?;
        match (state, reason) {
            ("queued", None) => Ok(Self::Queued),
            ("checking", None) => Ok(Self::Checking),
            ("blocked", Some(reason)) => Ok(Self::Blocked { reason }),
            ("sending", None) => Ok(Self::Sending),
            ("sent", None) => Ok(Self::Sent),
            ("confirmed", None) => Ok(Self::Confirmed),
            ("uncertain", None) => Ok(Self::Uncertain),
            ("reprinted", None) => Ok(Self::Reprinted),
            ("cancelled", None) => Ok(Self::Cancelled),
            (_, Some(_) | None) => Err(UnknownLabelState),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const STATES: [LabelState; 9] = [
        LabelState::Queued,
        LabelState::Checking,
        LabelState::Blocked { reason: BlockReason::HeadOpen },
        LabelState::Sending,
        LabelState::Sent,
        LabelState::Confirmed,
        LabelState::Uncertain,
        LabelState::Reprinted,
        LabelState::Cancelled,
    ];

    const EVENTS: [LabelEvent; 11] = [
        LabelEvent::Asked,
        LabelEvent::Refused(BlockReason::MediaOut),
        LabelEvent::Ready,
        LabelEvent::NothingLeft(BlockReason::Unreachable),
        LabelEvent::Taken,
        LabelEvent::Proved,
        LabelEvent::Doubted,
        LabelEvent::SeenByClerk,
        LabelEvent::MissedByClerk,
        LabelEvent::Cancelled,
        LabelEvent::StartCheckFailed,
    ];

    #[test]
    fn every_state_meets_every_event() {
        let mut table = String::new();
        for state in STATES {
            let _ = writeln!(table, "{state:?}, after a crash {:?}", state.after_crash());
            for event in EVENTS {
                let next = state.on(event).map_or_else(|_| "-".to_owned(), |next| format!("{next:?}"));
                let _ = writeln!(table, "    {event:?} -> {next}");
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let blocked = BlockReason::ALL.map(|reason| LabelState::Blocked { reason });
        for state in STATES.into_iter().chain(blocked) {
            let reason = state.reason().map(BlockReason::as_str);
            assert_eq!(LabelState::parse(state.as_str(), reason), Ok(state));
        }
        for (state, reason) in [("blocked", None), ("sent", Some("paused")), ("blocked", Some("x")), ("", None)] {
            assert_eq!(LabelState::parse(state, reason), Err(UnknownLabelState));
        }
    }
}
