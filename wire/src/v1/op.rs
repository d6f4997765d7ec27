//! Bodies of operations: what a desk says happened. Each kind is accepted for ever, so no field here is ever renamed; a
//! kind that came later has a later schema ([`OpBody::schema`]).

use domain::{
    ids::{ClerkId, LetterId, OpId, ScanId},
    letter::{Letter, LetterFacts},
    register::{PointSymbol, Register},
    rights::{Act, Role},
    stage::Stage,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    audit::{HeadSeen, Viewed},
    bytes,
};

/// Who acted and in which role, as the desk states it: written beside the body's own fields, absent in older operations
/// and in those of a desk whose clerks are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acting {
    /// Who.
    pub clerk: ClerkId,
    /// In which role.
    pub role: Role,
}

/// The last number of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesEnd {
    /// Register.
    pub register: Register,
    /// Year.
    pub year: i16,
    /// The number.
    pub n: u32,
}

/// What happened at the desk. Instants (`at`) are the desk's clock: told, never used to decide anything.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum OpBody {
    /// A letter was entered in the register.
    LetterRegistered {
        /// The letter with its number.
        letter: Box<Letter>,
        /// Unit or person it is meant for.
        unit: Option<String>,
        /// What central keeps instead of the status key: [`domain::marks::StatusKey::hash`].
        #[serde(with = "bytes::hex32")]
        status_hash: [u8; 32],
    },
    /// A letter's facts were corrected; the old ones stay in the log.
    LetterCorrected {
        /// Which letter.
        letter_id: LetterId,
        /// The operation that set the facts which the clerk saw, own unsent ones included.
        based_on: OpId,
        /// All facts, as they are after the correction.
        facts: Box<LetterFacts>,
        /// Why.
        reason: String,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A letter was cancelled; its number, row and scans stay.
    LetterCancelled {
        /// Which letter.
        letter_id: LetterId,
        /// Why.
        reason: String,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A letter's stage was set; by older desks its unit too.
    StageSet {
        /// Which letter.
        letter_id: LetterId,
        /// The operation that set the stage which the clerk saw; `None` when only registration had.
        based_on: Option<OpId>,
        /// The stage from now on.
        stage: Stage,
        /// The unit from now on.
        #[serde(default, skip_serializing_if = "UnitChange::is_keep")]
        unit: UnitChange,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A letter's unit was set (dekretacja).
    UnitSet {
        /// Which letter.
        letter_id: LetterId,
        /// The operation that set the unit which the clerk saw; `None` when only registration had.
        based_on: Option<OpId>,
        /// The unit from now on; `None` is no unit.
        unit: Option<String>,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A scanned document belongs to a letter; its bytes follow by upload.
    ScanAttached {
        /// The document.
        scan_id: ScanId,
        /// Which letter.
        letter_id: LetterId,
        /// Number of pages.
        pages: u32,
        /// Size of the file in bytes.
        bytes: u64,
        /// SHA-256 of the file.
        #[serde(with = "bytes::hex32")]
        sha256: [u8; 32],
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// Somebody looked at the tasks that an operation opened; what she changed came before as operations of their own.
    TaskSettled {
        /// Which letter.
        letter_id: LetterId,
        /// The operation that opened them.
        task: OpId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// The secretary decided on a cancellation that was asked for.
    CancellationDecided {
        /// Which letter.
        letter_id: LetterId,
        /// The operation that asked.
        asked: OpId,
        /// Whether the number is cancelled.
        granted: bool,
        /// Why.
        reason: String,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// The desk takes no more numbers under a symbol that the administrator hands over. Schema 2.
    SeriesReleased {
        /// The symbol.
        symbol: PointSymbol,
        /// Where each of its series ends.
        ends: Vec<SeriesEnd>,
        /// When.
        at: Timestamp,
    },
    /// Numbers that stand on no paper which the desk knows: its database was an older one. Schema 2.
    NumbersLost {
        /// Register.
        register: Register,
        /// Symbol.
        symbol: PointSymbol,
        /// Year.
        year: i16,
        /// The first.
        first: u32,
        /// The last; the same one for a single number.
        last: u32,
        /// Who named the highest label.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A letter got a new status key; the one before opens nothing any more. Schema 4.
    StatusKeyIssued {
        /// Which letter.
        letter_id: LetterId,
        /// What central keeps instead of the key: [`domain::marks::StatusKey::hash`].
        #[serde(with = "bytes::hex32")]
        status_hash: [u8; 32],
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A letter was opened: an entry of the audit, which changes nothing. Schema 3.
    RecordViewed {
        /// Which letter.
        subject: LetterId,
        /// What of it.
        what: Viewed,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A search settled, and these letters were shown; what was typed is not kept. Schema 3.
    RecordsFound {
        /// The letters, in the order shown.
        subjects: Vec<LetterId>,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A clerk signed in by this desk's own verifier: central did not see it. Schema 3.
    SignedIn {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// The last head of central's audit that this desk heard on a day. Schema 3.
    AuditHeadSeen {
        /// The head.
        seen: HeadSeen,
        /// When.
        at: Timestamp,
    },
}

/// What becomes of the unit when a stage is set. In JSON no field keeps it, `null` is no unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "Option<String>")]
pub enum UnitChange {
    /// As before.
    #[default]
    Keep,
    /// This one; `None` is no unit.
    Set(Option<String>),
}

impl UnitChange {
    /// Whether the unit stays.
    pub fn is_keep(&self) -> bool {
        *self == Self::Keep
    }
}

impl From<Option<String>> for UnitChange {
    fn from(unit: Option<String>) -> Self {
        Self::Set(unit)
    }
}

impl From<UnitChange> for Option<String> {
    fn from(change: UnitChange) -> Self {
        match change {
            UnitChange::Keep => None,
            UnitChange::Set(unit) => unit,
        }
    }
}

/// The field beside the body's own ones.
const ACTING: &str = "acting";

impl Acting {
    /// Reads who acted from an operation's bytes; `None` where the desk states nobody.
    ///
    /// # Errors
    /// When what stands there names no clerk, or no role that this program knows.
    pub(super) fn read(body: &[u8]) -> Result<Option<Self>, serde_json::Error> {
        #[derive(Deserialize)]
        struct Beside {
            acting: Option<Acting>,
        }
        serde_json::from_slice::<Beside>(body).map(|beside| beside.acting)
    }
}

impl OpBody {
    /// The schema in which the kind first came, or its form: an older central reads a stage without a unit as one that takes the
    /// unit away, so it must not read it at all.
    pub fn schema(&self) -> u32 {
        match self {
            Self::LetterRegistered { .. }
            | Self::LetterCorrected { .. }
            | Self::LetterCancelled { .. }
            | Self::StageSet { unit: UnitChange::Set(_), .. }
            | Self::ScanAttached { .. } => 1,
            Self::StageSet { unit: UnitChange::Keep, .. }
            | Self::UnitSet { .. }
            | Self::TaskSettled { .. }
            | Self::CancellationDecided { .. }
            | Self::SeriesReleased { .. }
            | Self::NumbersLost { .. } => 2,
            Self::RecordViewed { .. }
            | Self::RecordsFound { .. }
            | Self::SignedIn { .. }
            | Self::AuditHeadSeen { .. } => 3,
            Self::StatusKeyIssued { .. } => 4,
        }
    }

    /// Whether it is an entry of the audit: it says what was seen, and changes nothing.
    pub fn is_audit(&self) -> bool {
        matches!(
            self,
            Self::RecordViewed { .. } | Self::RecordsFound { .. } | Self::SignedIn { .. } | Self::AuditHeadSeen { .. }
        )
    }

    /// The letters that the audit shows it with: those that it changes or that were seen.
    pub fn subjects(&self) -> Vec<LetterId> {
        match self {
            Self::RecordViewed { subject, .. } => vec![*subject],
            Self::RecordsFound { subjects, .. } => subjects.clone(),
            other => other.letter_id().into_iter().collect(),
        }
    }

    /// When it was, by the desk's clock.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::LetterRegistered { letter, .. } => letter.registered_at,
            Self::LetterCorrected { at, .. }
            | Self::LetterCancelled { at, .. }
            | Self::StageSet { at, .. }
            | Self::UnitSet { at, .. }
            | Self::ScanAttached { at, .. }
            | Self::TaskSettled { at, .. }
            | Self::CancellationDecided { at, .. }
            | Self::StatusKeyIssued { at, .. }
            | Self::SeriesReleased { at, .. }
            | Self::NumbersLost { at, .. }
            | Self::RecordViewed { at, .. }
            | Self::RecordsFound { at, .. }
            | Self::SignedIn { at, .. }
            | Self::AuditHeadSeen { at, .. } => *at,
        }
    }

    /// The letter that it changes; `None` when it is about numbers, or an entry of the audit.
    pub fn letter_id(&self) -> Option<LetterId> {
        match self {
            Self::LetterRegistered { letter, .. } => Some(letter.id),
            Self::LetterCorrected { letter_id, .. }
            | Self::LetterCancelled { letter_id, .. }
            | Self::StageSet { letter_id, .. }
            | Self::UnitSet { letter_id, .. }
            | Self::ScanAttached { letter_id, .. }
            | Self::TaskSettled { letter_id, .. }
            | Self::CancellationDecided { letter_id, .. }
            | Self::StatusKeyIssued { letter_id, .. } => Some(*letter_id),
            Self::SeriesReleased { .. }
            | Self::NumbersLost { .. }
            | Self::RecordViewed { .. }
            | Self::RecordsFound { .. }
            | Self::SignedIn { .. }
            | Self::AuditHeadSeen { .. } => None,
        }
    }

    /// Who did it, as the desk tells; nobody when the desk did it by itself.
    pub fn by(&self) -> &str {
        match self {
            Self::LetterRegistered { letter, .. } => &letter.registered_by,
            Self::LetterCorrected { by, .. }
            | Self::LetterCancelled { by, .. }
            | Self::StageSet { by, .. }
            | Self::UnitSet { by, .. }
            | Self::ScanAttached { by, .. }
            | Self::TaskSettled { by, .. }
            | Self::CancellationDecided { by, .. }
            | Self::StatusKeyIssued { by, .. }
            | Self::NumbersLost { by, .. }
            | Self::RecordViewed { by, .. }
            | Self::RecordsFound { by, .. }
            | Self::SignedIn { by, .. } => by,
            Self::SeriesReleased { .. } | Self::AuditHeadSeen { .. } => "",
        }
    }

    /// The kind's name as in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LetterRegistered { .. } => "letter_registered",
            Self::LetterCorrected { .. } => "letter_corrected",
            Self::LetterCancelled { .. } => "letter_cancelled",
            Self::StageSet { .. } => "stage_set",
            Self::UnitSet { .. } => "unit_set",
            Self::ScanAttached { .. } => "scan_attached",
            Self::TaskSettled { .. } => "task_settled",
            Self::CancellationDecided { .. } => "cancellation_decided",
            Self::StatusKeyIssued { .. } => "status_key_issued",
            Self::SeriesReleased { .. } => "series_released",
            Self::NumbersLost { .. } => "numbers_lost",
            Self::RecordViewed { .. } => "record_viewed",
            Self::RecordsFound { .. } => "records_found",
            Self::SignedIn { .. } => "signed_in",
            Self::AuditHeadSeen { .. } => "audit_head_seen",
        }
    }

    /// What the clerk did, in the words of the table of rights; `None` when the desk did it by itself, and for the audit: what was
    /// seen is noted whether or not it might be.
    pub fn act(&self) -> Option<Act> {
        match self {
            // Who may give numbers may say which are lost.
            Self::LetterRegistered { .. } | Self::NumbersLost { .. } => Some(Act::Register),
            Self::LetterCorrected { .. } => Some(Act::Correct),
            Self::LetterCancelled { .. } => Some(Act::Cancel),
            Self::StageSet { .. } | Self::UnitSet { .. } => Some(Act::SetStage),
            Self::ScanAttached { .. } => Some(Act::Scan),
            Self::TaskSettled { .. } => Some(Act::Settle),
            Self::CancellationDecided { .. } => Some(Act::Decide),
            Self::StatusKeyIssued { .. } => Some(Act::Slip),
            Self::SeriesReleased { .. }
            | Self::RecordViewed { .. }
            | Self::RecordsFound { .. }
            | Self::SignedIn { .. }
            | Self::AuditHeadSeen { .. } => None,
        }
    }

    /// The bytes that an operation hashes and carries.
    pub fn to_canonical_json(&self) -> Vec<u8> {
        self.stated_by(None)
    }

    /// The bytes, with who acted beside the body's own fields.
    pub fn stated_by(&self, acting: Option<&Acting>) -> Vec<u8> {
        // Strings, integers and strings as keys only: such a value always has a JSON form.
        let mut value = serde_json::to_value(self).expect("a body has a JSON form");
        if let Some(acting) = acting {
            value[ACTING] = serde_json::to_value(acting).expect("two names have a JSON form");
        }
        bytes::canonical(&value)
    }
}

impl std::fmt::Debug for OpBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.letter_id() {
            Some(letter) => write!(f, "{}({letter}, ***)", self.kind()),
            None => write!(f, "{}(***)", self.kind()),
        }
    }
}
