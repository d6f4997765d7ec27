//! States of one run of the feeder. *Complete* is claimed only when every sign agrees; else the clerk looks.

use serde::{Deserialize, Serialize};

/// What went wrong with a run of the feeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ScanTrouble {
    /// No paper in the feeder.
    FeederEmpty,
    /// Paper jam, or two sheets drawn at once.
    FeederJam,
    /// The device is open.
    CoverOpen,
    /// The device says another number of pages than were received.
    CountDiffers,
    /// A page came without its end, empty, or as no picture.
    BrokenPage,
    /// No answer in time, or the connection was cut.
    Silent,
    /// No connection.
    Unreachable,
    /// The device is busy with something else.
    Busy,
    /// The job was stopped at the device.
    Aborted,
    /// An answer we do not understand.
    Protocol,
    /// The program ended while pages were coming.
    Interrupted,
    /// A page could not be stored.
    NotStored,
    /// Too little room on the disk to go on.
    DiskLow,
}

impl ScanTrouble {
    /// All troubles.
    pub const ALL: [Self; 13] = [
        Self::FeederEmpty,
        Self::FeederJam,
        Self::CoverOpen,
        Self::CountDiffers,
        Self::BrokenPage,
        Self::Silent,
        Self::Unreachable,
        Self::Busy,
        Self::Aborted,
        Self::Protocol,
        Self::Interrupted,
        Self::NotStored,
        Self::DiskLow,
    ];

    /// The stable name used in databases.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FeederEmpty => "feeder_empty",
            Self::FeederJam => "feeder_jam",
            Self::CoverOpen => "cover_open",
            Self::CountDiffers => "count_differs",
            Self::BrokenPage => "broken_page",
            Self::Silent => "silent",
            Self::Unreachable => "unreachable",
            Self::Busy => "busy",
            Self::Aborted => "aborted",
            Self::Protocol => "protocol",
            Self::Interrupted => "interrupted",
            Self::NotStored => "not_stored",
            Self::DiskLow => "disk_low",
        }
    }
}

/// State of a batch (partia skanów).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BatchState {
    /// Pages are coming.
    Scanning,
    /// The device ended without a fault and its count equals the pages stored, or the clerk said that all are here.
    Complete,
    /// Pages were received, but whether all, nobody knows: the clerk looks at the last one.
    Uncertain {
        /// Why.
        why: ScanTrouble,
    },
    /// No page was received.
    Failed {
        /// Why.
        why: ScanTrouble,
    },
    /// Pages are attached to their letters.
    Closed,
    /// The clerk threw the batch away.
    Discarded,
}

/// What happens to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchEvent {
    /// The feeder is empty, the job completed, the counts agree.
    Ended,
    /// The run ended in another way with pages received.
    Doubted(ScanTrouble),
    /// The run ended with no page received.
    Failed(ScanTrouble),
    /// The clerk puts the rest back and goes on, or tries again.
    Resumed,
    /// The clerk: "the last page shown is the last one".
    SaidComplete,
    /// Pages were attached, no question open.
    Closed,
    /// The clerk throws the batch away.
    Discarded,
}

/// The state does not allow the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a batch that is {state} cannot be {event:?}")]
pub struct BatchNotAllowed {
    /// Name of the state, which stays as it was.
    pub state: &'static str,
    /// The event refused.
    pub event: BatchEvent,
}

/// The stored text names no batch state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such batch state")]
pub struct UnknownBatchState;

impl BatchState {
    /// The state after an event.
    ///
    /// # Errors
    /// [`BatchNotAllowed`] when the event does not belong to this state; the batch stays as it was.
    pub fn on(self, event: BatchEvent) -> Result<Self, BatchNotAllowed> {
        use BatchEvent as E;
        let next = match self {
            Self::Scanning => match event {
                E::Ended => Some(Self::Complete),
                E::Doubted(why) => Some(Self::Uncertain { why }),
                E::Failed(why) => Some(Self::Failed { why }),
                E::Resumed | E::SaidComplete | E::Closed | E::Discarded => None,
            },
            Self::Complete => match event {
                // Forgotten sheets are put in and scanned on.
                E::Resumed => Some(Self::Scanning),
                E::Closed => Some(Self::Closed),
                E::Discarded => Some(Self::Discarded),
                E::Ended | E::Doubted(_) | E::Failed(_) | E::SaidComplete => None,
            },
            Self::Uncertain { why: _ } => match event {
                E::Resumed => Some(Self::Scanning),
                E::SaidComplete => Some(Self::Complete),
                E::Discarded => Some(Self::Discarded),
                E::Ended | E::Doubted(_) | E::Failed(_) | E::Closed => None,
            },
            Self::Failed { why: _ } => match event {
                E::Resumed => Some(Self::Scanning),
                E::Discarded => Some(Self::Discarded),
                E::Ended | E::Doubted(_) | E::Failed(_) | E::SaidComplete | E::Closed => None,
            },
            Self::Closed | Self::Discarded => None,
        };
        next.ok_or(BatchNotAllowed { state: self.as_str(), event })
    }

    /// The state a batch wakes up in after the program died.
    #[must_use]
    pub fn after_crash(self) -> Self {
        match self {
            Self::Scanning => Self::Uncertain { why: ScanTrouble::Interrupted },
            Self::Complete => Self::Complete,
            Self::Uncertain { why } => Self::Uncertain { why },
            Self::Failed { why } => Self::Failed { why },
            Self::Closed => Self::Closed,
            Self::Discarded => Self::Discarded,
        }
    }

    /// The stable name used in databases; the trouble is stored beside it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scanning => "scanning",
            Self::Complete => "complete",
            Self::Uncertain { why: _ } => "uncertain",
            Self::Failed { why: _ } => "failed",
            Self::Closed => "closed",
            Self::Discarded => "discarded",
        }
    }

    /// What went wrong, if something did.
    pub fn why(self) -> Option<ScanTrouble> {
        match self {
            Self::Uncertain { why } | Self::Failed { why } => Some(why),
            Self::Scanning | Self::Complete | Self::Closed | Self::Discarded => None,
        }
    }

    /// Reads what [`as_str`](Self::as_str) and [`ScanTrouble::as_str`] wrote.
    ///
    /// # Errors
    /// [`UnknownBatchState`] for another name, a trouble missing, or one too many.
    pub fn parse(state: &str, why: Option<&str>) -> Result<Self, UnknownBatchState> {
        let why = why
            .map(|name| ScanTrouble::ALL.into_iter().find(|known| known.as_str() == name).ok_or(UnknownBatchState))
            .transpose()?;
        match (state, why) {
            ("scanning", None) => Ok(Self::Scanning),
            ("complete", None) => Ok(Self::Complete),
            ("uncertain", Some(why)) => Ok(Self::Uncertain { why }),
            ("failed", Some(why)) => Ok(Self::Failed { why }),
            ("closed", None) => Ok(Self::Closed),
            ("discarded", None) => Ok(Self::Discarded),
            (_, Some(_) | None) => Err(UnknownBatchState),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const STATES: [BatchState; 6] = [
        BatchState::Scanning,
        BatchState::Complete,
        BatchState::Uncertain { why: ScanTrouble::FeederJam },
        BatchState::Failed { why: ScanTrouble::FeederEmpty },
        BatchState::Closed,
        BatchState::Discarded,
    ];

    const EVENTS: [BatchEvent; 7] = [
        BatchEvent::Ended,
        BatchEvent::Doubted(ScanTrouble::CountDiffers),
        BatchEvent::Failed(ScanTrouble::Unreachable),
        BatchEvent::Resumed,
        BatchEvent::SaidComplete,
        BatchEvent::Closed,
        BatchEvent::Discarded,
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
        let troubled = ScanTrouble::ALL.map(|why| BatchState::Uncertain { why });
        for state in STATES.into_iter().chain(troubled) {
            assert_eq!(BatchState::parse(state.as_str(), state.why().map(ScanTrouble::as_str)), Ok(state));
        }
        for (state, why) in [("failed", None), ("closed", Some("silent")), ("failed", Some("x")), ("", None)] {
            assert_eq!(BatchState::parse(state, why), Err(UnknownBatchState));
        }
    }
}
