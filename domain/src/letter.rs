//! The incoming letter: what the form sends, what the register keeps.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    error_code::{ErrorCode, FieldError, FieldErrors},
    ids::LetterId,
    marks::DocumentIdentifier,
    party::{Party, PartyDraft},
    register::RegisterNumber,
    text,
};

/// A date as exact as the paper gives it (annex, field 3: YYYY, YYYY-MM or YYYY-MM-DD).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub enum PartialDate {
    /// Only the year is known.
    Year(i16),
    /// Year and month are known.
    Month(i16, i8),
    /// The full date.
    Day(Date),
}

/// The text is no date of the form YYYY, YYYY-MM or YYYY-MM-DD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date")]
pub struct NotADate;

impl PartialDate {
    /// Reads a date as clerks type it: `23.11.2026`, `23.11` (this year), `11.2026`, `2026`, or ISO.
    ///
    /// # Errors
    /// [`NotADate`] when it is none of these or does not exist (29 February 2027).
    pub fn read(typed: &str, today: Date) -> Result<Self, NotADate> {
        let typed = typed.trim().trim_end_matches('.');
        if let Ok(iso) = Self::try_from(typed.to_owned()) {
            return Ok(iso);
        }
        let parts: Vec<&str> = typed.split(['.', '-', '/', ' ']).filter(|part| !part.is_empty()).collect();
        let number = |text: &str| text.parse::<i16>().map_err(|_| NotADate);
        let small = |text: &str| text.parse::<i8>().map_err(|_| NotADate);
        match parts.as_slice() {
            [day, month, year] if year.len() == 4 => day_of(number(year)?, small(month)?, small(day)?),
            [day, month, year] if year.len() == 2 => day_of(2000 + number(year)?, small(month)?, small(day)?),
            [month, year] if year.len() == 4 => month_of(number(year)?, small(month)?),
            [day, month] => day_of(today.year(), small(month)?, small(day)?),
            _ => Err(NotADate),
        }
    }

    /// The first day the date may mean: what it is compared by.
    pub fn earliest(self) -> Date {
        match self {
            Self::Year(year) => jiff::civil::date(year, 1, 1),
            Self::Month(year, month) => jiff::civil::date(year, month, 1),
            Self::Day(day) => day,
        }
    }
}

fn day_of(year: i16, month: i8, day: i8) -> Result<PartialDate, NotADate> {
    plausible(year)?;
    Date::new(year, month, day).map(PartialDate::Day).map_err(|_| NotADate)
}

fn month_of(year: i16, month: i8) -> Result<PartialDate, NotADate> {
    plausible(year)?;
    if (1..=12).contains(&month) { Ok(PartialDate::Month(year, month)) } else { Err(NotADate) }
}

fn plausible(year: i16) -> Result<(), NotADate> {
    if (1900..=2999).contains(&year) { Ok(()) } else { Err(NotADate) }
}

impl TryFrom<String> for PartialDate {
    type Error = NotADate;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parts: Vec<&str> = text.split('-').collect();
        let number = |text: &str, length: usize| {
            (text.len() == length).then(|| text.parse::<i16>().ok()).flatten().ok_or(NotADate)
        };
        let small = |text: &str| number(text, 2).and_then(|n| i8::try_from(n).map_err(|_| NotADate));
        match parts.as_slice() {
            [year] => {
                let year = number(year, 4)?;
                plausible(year)?;
                Ok(Self::Year(year))
            }
            [year, month] => month_of(number(year, 4)?, small(month)?),
            [year, month, day] => day_of(number(year, 4)?, small(month)?, small(day)?),
            _ => Err(NotADate),
        }
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> Self {
        match date {
            PartialDate::Year(year) => format!("{year:04}"),
            PartialDate::Month(year, month) => format!("{year:04}-{month:02}"),
            PartialDate::Day(day) => day.to_string(),
        }
    }
}

/// Access to the letter (dostęp), metadata field 10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// *publiczny — dostępny w całości*.
    PublicWhole,
    /// *publiczny — dostępny w części*.
    PublicPart,
    /// *niepubliczny*.
    #[default]
    NonPublic,
}

/// Way of delivery (sposób dostarczenia), metadata field 15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// *osobiście*: handed over at the counter.
    #[default]
    InPerson,
    /// *list zwykły*.
    Ordinary,
    /// *list polecony*.
    Registered,
    /// *kurier lub goniec*.
    Messenger,
    /// *inny*.
    Other,
}

/// Where a new letter's facts differ from office to office; all are settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeDefaults {
    /// The stored office day: what *today* means.
    pub today: Date,
}

/// What the intake form sends: text as typed, saved after every key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LetterDraft {
    /// The letter's id, given to the form with its first key: registering twice cannot make two letters.
    pub id: LetterId,
    /// Sender.
    #[serde(default)]
    pub sender: PartyDraft,
    /// Title: what the letter is about, in a few words.
    #[serde(default)]
    pub title: String,
    /// Date on the letter, or `-` for *brak daty*.
    #[serde(default)]
    pub letter_date: String,
    /// The clerk confirmed that the date on the letter lies in the future.
    #[serde(default)]
    pub future_date_confirmed: bool,
    /// The sender's own reference (znak pisma), or `-` for *brak znaku*.
    #[serde(default)]
    pub reference: String,
    /// Date of receipt; empty means today.
    #[serde(default)]
    pub received_on: String,
    /// Why the receipt was earlier than today.
    #[serde(default)]
    pub earlier_reason: String,
    /// Date of posting (postmark).
    #[serde(default)]
    pub posted_on: String,
    /// Way of delivery.
    #[serde(default)]
    pub delivery: Delivery,
    /// Posting number of a registered item.
    #[serde(default)]
    pub posting_number: String,
    /// Number of attachments; empty means 0.
    #[serde(default)]
    pub attachments: String,
    /// Document kind.
    #[serde(default)]
    pub kind: String,
    /// Access.
    #[serde(default)]
    pub access: Access,
    /// Unit or person the letter is meant for.
    #[serde(default)]
    pub unit: String,
    /// Remarks.
    #[serde(default)]
    pub remarks: String,
}

/// The facts of a letter that a clerk can correct later, parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LetterFacts {
    /// Sender.
    pub sender: Party,
    /// Title.
    pub title: String,
    /// Date on the letter; `None` is *brak daty*.
    pub letter_date: Option<PartialDate>,
    /// The sender's reference; `None` is *brak znaku*.
    pub reference: Option<String>,
    /// Date of receipt: a deadline starts on it.
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub received_on: Date,
    /// Why the receipt was earlier than the registration.
    pub earlier_reason: Option<String>,
    /// Date of posting.
    pub posted_on: Option<PartialDate>,
    /// Way of delivery.
    pub delivery: Delivery,
    /// Posting number.
    pub posting_number: Option<String>,
    /// Number of attachments.
    pub attachments: u32,
    /// Document kind.
    pub kind: Option<String>,
    /// Access.
    pub access: Access,
    /// Remarks.
    pub remarks: Option<String>,
    /// Type (Dublin Core), *Text* for paper.
    pub document_type: String,
}

impl LetterFacts {
    /// A paper of which nothing is said but who sent it, about what, and when it came.
    pub fn brief(sender: Party, title: String, received_on: Date) -> Self {
        Self {
            sender,
            title,
            letter_date: None,
            reference: None,
            received_on,
            earlier_reason: None,
            posted_on: None,
            delivery: Delivery::InPerson,
            posting_number: None,
            attachments: 0,
            kind: None,
            access: Access::NonPublic,
            remarks: None,
            document_type: "Text".to_owned(),
        }
    }
}

/// A registered letter: its facts, and what registration gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// Id.
    pub id: LetterId,
    /// Register number.
    pub number: RegisterNumber,
    /// Document identifier.
    pub identifier: DocumentIdentifier,
    /// Moment of registration, automatic.
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub registered_at: Timestamp,
    /// Name of the clerk who registered it, as it stood then.
    pub registered_by: String,
    /// Facts.
    pub facts: LetterFacts,
}

const TITLE_MAX: usize = 250;
const REFERENCE_MAX: usize = 100;
const ATTACHMENTS_MAX: u32 = 9999;

impl LetterDraft {
    /// An empty form with the given id.
    pub fn empty(id: LetterId) -> Self {
        Self {
            id,
            sender: PartyDraft::default(),
            title: String::new(),
            letter_date: String::new(),
            future_date_confirmed: false,
            reference: String::new(),
            received_on: String::new(),
            earlier_reason: String::new(),
            posted_on: String::new(),
            delivery: Delivery::default(),
            posting_number: String::new(),
            attachments: String::new(),
            kind: String::new(),
            access: Access::default(),
            unit: String::new(),
            remarks: String::new(),
        }
    }

    /// Parses the form against the office day.
    ///
    /// # Errors
    /// [`FieldErrors`] with *every* wrong field, in the form's order.
    pub fn validate(&self, defaults: &IntakeDefaults) -> Result<LetterFacts, FieldErrors> {
        let mut errors = FieldErrors::default();
        let sender = self.sender.parse(&mut errors);
        let title = errors.keep(text::required_line("title", &self.title, TITLE_MAX));
        let letter_date = errors.keep(self.parse_letter_date(defaults.today));
        let reference = errors.keep(self.parse_reference());
        let received = errors.keep(self.parse_receipt(defaults.today));
        let posted_on = errors.keep(parse_posted_on(&self.posted_on, defaults.today));
        let posting_number = errors.keep(text::optional_line("postingNumber", &self.posting_number, 40));
        let attachments = errors.keep(parse_attachments(&self.attachments));
        let kind = errors.keep(text::optional_line("kind", &self.kind, REFERENCE_MAX));
        errors.keep(text::line("unit", &self.unit, REFERENCE_MAX));
        let remarks = errors.keep(text::optional_line("remarks", &self.remarks, 1000));
        errors.into_result()?;

        let complete = || {
            let (received_on, earlier_reason) = received?;
            Some(LetterFacts {
                sender: sender?,
                title: title?,
                letter_date: letter_date?,
                reference: reference?,
                received_on,
                earlier_reason,
                posted_on: posted_on?,
                delivery: self.delivery,
                posting_number: posting_number?,
                attachments: attachments?,
                kind: kind?,
                access: self.access,
                remarks: remarks?,
                document_type: "Text".to_owned(),
            })
        };
        // Every `None` above left its error behind, so this default is never seen.
        complete().ok_or_else(FieldErrors::default)
    }

    fn parse_letter_date(&self, today: Date) -> Result<Option<PartialDate>, FieldError> {
        if text::says_none(&self.letter_date) {
            return Ok(None);
        }
        if self.letter_date.trim().is_empty() {
            return Err(FieldError::new("letterDate", ErrorCode::Required));
        }
        let date = PartialDate::read(&self.letter_date, today)
            .map_err(|_| FieldError::new("letterDate", ErrorCode::NotADate))?;
        if date.earliest() > today && !self.future_date_confirmed {
            return Err(FieldError::new("letterDate", ErrorCode::FutureDateUnconfirmed));
        }
        Ok(Some(date))
    }

    fn parse_reference(&self) -> Result<Option<String>, FieldError> {
        if text::says_none(&self.reference) {
            return Ok(None);
        }
        text::required_line("reference", &self.reference, REFERENCE_MAX).map(Some)
    }

    fn parse_receipt(&self, today: Date) -> Result<(Date, Option<String>), FieldError> {
        if self.received_on.trim().is_empty() {
            return Ok((today, None));
        }
        let Ok(PartialDate::Day(day)) = PartialDate::read(&self.received_on, today) else {
            return Err(FieldError::new("receivedOn", ErrorCode::NotADate));
        };
        if day > today {
            return Err(FieldError::new("receivedOn", ErrorCode::DateInFuture));
        }
        if day == today {
            return Ok((day, None));
        }
        match text::optional_line("earlierReason", &self.earlier_reason, TITLE_MAX)? {
            Some(reason) => Ok((day, Some(reason))),
            None => Err(FieldError::new("earlierReason", ErrorCode::ReasonRequired)),
        }
    }
}

fn parse_posted_on(typed: &str, today: Date) -> Result<Option<PartialDate>, FieldError> {
    if typed.trim().is_empty() || text::says_none(typed) {
        return Ok(None);
    }
    let date = PartialDate::read(typed, today).map_err(|_| FieldError::new("postedOn", ErrorCode::NotADate))?;
    if date.earliest() > today { Err(FieldError::new("postedOn", ErrorCode::DateInFuture)) } else { Ok(Some(date)) }
}

fn parse_attachments(typed: &str) -> Result<u32, FieldError> {
    let typed = typed.trim();
    if typed.is_empty() || typed == text::NONE_MARK {
        return Ok(0);
    }
    typed
        .parse()
        .ok()
        .filter(|count| *count <= ATTACHMENTS_MAX && typed.bytes().all(|b| b.is_ascii_digit()))
        .ok_or(FieldError::over("attachments", ErrorCode::NotANumber, u64::from(ATTACHMENTS_MAX)))
}
