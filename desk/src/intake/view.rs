//! The intake screen: the unfinished form and what surrounds it.

use domain::{ids::LetterId, label::LabelContent, letter::LetterDraft};
use serde::{Deserialize, Serialize};

use crate::labels::view::LabelView;

/// Everything the intake screen opens with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct IntakeView {
    /// The form: the unfinished one, or a fresh one with defaults.
    pub draft: LetterDraft,
    /// The draft held something when the screen opened.
    pub unfinished: bool,
    /// The number that the next letter will get, if nothing intervenes.
    pub next_number: Option<String>,
    /// The office day as ISO date.
    pub office_day: String,
    /// A question about the office day that must be answered before the next number.
    pub day_question: Option<DayQuestion>,
    /// Numbers are locked: the start check found this desk behind its mark.
    pub numbers_locked: Option<NumbersLocked>,
    /// Fields of the settings that intake misses; the form stays usable, registering does not.
    pub missing_settings: Vec<String>,
    /// The last letters, newest first.
    pub recent: Vec<RecentLetter>,
}

/// "Dziś jest 2.01.2027?": the clock moved in a way that the office day does not follow by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DayQuestion {
    /// The stored office day, ISO date.
    pub stored: String,
    /// The day that the clock claims, ISO date.
    pub claimed: String,
}

/// The last number that the database knows, shown beside "najwyższa etykieta?".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct NumbersLocked {
    /// Last number in the database, as people write it; `None` when there is none.
    pub last_number: Option<String>,
    /// Why.
    pub why: WhyLocked,
}

/// Why a desk takes no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WhyLocked {
    /// The database may be older than the labels on paper: the highest label opens it again.
    Behind,
    /// Central holds letters that this database lacks; no label helps, the administrator does.
    Older,
    /// Two machines write this desk's log; the administrator settles it.
    Forked,
    /// The administrator revoked the desk.
    Revoked,
    /// The symbol's numbers were handed over to another desk.
    Released,
    /// The database was opened by its recovery card, or on another machine than it was made on.
    Recovered,
    /// Central did not grant this desk the symbol of its settings, or closed its series.
    Ungranted,
}

/// A line of *Ostatnio przyjęte*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RecentLetter {
    /// Id.
    pub id: LetterId,
    /// Register number as people write it.
    pub number: String,
    /// Sender's name; empty is *brak danych*.
    pub sender: String,
    /// Title.
    pub title: String,
    /// What the letter says is not for this clerk: sender and title are left empty.
    pub outside: bool,
    /// Hour of registration in office time, `09:12`.
    pub hour: String,
    /// Number cancelled.
    pub cancelled: bool,
    /// The newest label of the letter.
    pub label: Option<LabelView>,
}

/// A letter just registered: what the screen shows at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// Id.
    pub id: LetterId,
    /// Register number as people write it: the hero of the screen.
    pub number: String,
    /// What its label bears.
    pub label: LabelContent,
    /// The status key on the slip, in fours.
    pub status_key: String,
}
