//! What the desks pull: central's records, one change after another.

use domain::{
    ids::{DeviceId, LetterId, OpId, ScanId},
    letter::LetterFacts,
    marks::DocumentIdentifier,
    register::RegisterNumber,
    stage::Stage,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use super::{audit::AuditHead, bytes, directory::DirectoryHash, outline::Outline, tasks::LetterTask};

/// How far a desk has read central's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// Central's epoch.
    pub epoch: Uuid,
    /// Number of the last change read; 0 before the first.
    pub head: u64,
    /// Digest of that change; zeros before the first. By it central notices that its own history was replaced.
    #[serde(with = "bytes::hex32")]
    pub digest: [u8; 32],
}

impl Cursor {
    /// Before the first change of an epoch.
    pub fn start(epoch: Uuid) -> Self {
        Self { epoch, head: 0, digest: [0; 32] }
    }
}

/// Asks for the changes behind a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pull {
    /// Read so far.
    pub cursor: Cursor,
    /// Most changes wanted, 1 to [`super::MAX_PAGE`].
    pub limit: u32,
}

/// A page, or the news that the cursor belongs to a history that is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase", try_from = "AnswerAsSent")]
pub enum PullAnswer {
    /// Changes in the order of their numbers, to be applied together with the cursor in one transaction.
    Changes {
        /// The changes; empty when there is nothing new.
        changes: Vec<Change>,
        /// The cursor after them.
        scanned_up_to: Cursor,
        /// Number of central's last change: ask again at once while it is larger than the cursor's.
        head: u64,
        /// Where central's audit ends; `None` with an older central.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audit: Option<AuditHead>,
        /// The directory as it is now: a desk that holds another one asks for it. `None` with an older central.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        directory: Option<DirectoryHash>,
    },
    /// Start from [`Cursor::start`] of this epoch into a new generation.
    NewEpoch {
        /// The epoch.
        epoch: Uuid,
    },
}

/// A [`PullAnswer`] field by field: read so, the bodies of a page stay text (serde keeps no raw text behind a tag).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerAsSent {
    kind: AnswerKind,
    changes: Option<Vec<Change>>,
    scanned_up_to: Option<Cursor>,
    head: Option<u64>,
    #[serde(default)]
    audit: Option<AuditHead>,
    #[serde(default)]
    directory: Option<DirectoryHash>,
    epoch: Option<Uuid>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerKind {
    Changes,
    NewEpoch,
}

impl TryFrom<AnswerAsSent> for PullAnswer {
    type Error = &'static str;

    fn try_from(sent: AnswerAsSent) -> Result<Self, Self::Error> {
        match sent.kind {
            AnswerKind::Changes => Ok(Self::Changes {
                changes: sent.changes.ok_or("no changes")?,
                scanned_up_to: sent.scanned_up_to.ok_or("no cursor")?,
                head: sent.head.ok_or("no head")?,
                audit: sent.audit,
                directory: sent.directory,
            }),
            AnswerKind::NewEpoch => Ok(Self::NewEpoch { epoch: sent.epoch.ok_or("no epoch")? }),
        }
    }
}

/// One change. The body stays raw, so that one which a desk cannot read does not stop the page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Number: dense, growing in the order of commits.
    pub n: u64,
    /// Digest, opaque to the desk.
    #[serde(with = "bytes::hex32")]
    pub digest: [u8; 32],
    /// A [`ChangeBody`].
    pub body: RawBody,
}

impl Change {
    /// Reads the body.
    ///
    /// # Errors
    /// When it is of a kind or form that this program does not know.
    pub fn read_body(&self) -> Result<ChangeBody, serde_json::Error> {
        self.body.read()
    }
}

/// The JSON text of a [`ChangeBody`], which is handed on as it came.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawBody(Box<RawValue>);

impl RawBody {
    /// The text of a body.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn of(body: &impl Serialize) -> Result<Self, serde_json::Error> {
        Self::from_text(String::from_utf8_lossy(&bytes::canonical(&serde_json::to_value(body)?)).into_owned())
    }

    /// A text.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn from_text(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// The text in canonical form.
    ///
    /// # Errors
    /// When it is deeper than any JSON that is read.
    pub fn canonical(&self) -> Result<Vec<u8>, serde_json::Error> {
        Ok(bytes::canonical(&serde_json::from_str::<Value>(self.text())?))
    }

    fn read(&self) -> Result<ChangeBody, serde_json::Error> {
        // Nearly all are letters. Behind a tag serde reads everything twice.
        let tag = serde_json::from_str::<Tag>(self.text());
        if tag.is_ok_and(|tag| matches!(tag.kind, TagKind::Letter)) {
            return serde_json::from_str(self.text()).map(ChangeBody::Letter);
        }
        serde_json::from_str(self.text())
    }
}

#[derive(Deserialize)]
struct Tag {
    kind: TagKind,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TagKind {
    Letter,
    #[serde(other)]
    Other,
}

impl PartialEq for RawBody {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for RawBody {}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({}, ***)", self.n)
    }
}

/// What changed, as it is afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeBody {
    /// A letter: replaces whatever the desk held of it.
    Letter(Box<LetterState>),
    /// A letter outside the desk's scope: replaces whatever the desk held of it, which then may not be there any more.
    Outline(Box<Outline>),
    /// A letter whose content was erased for good: replaces whatever the desk held of it, whoever registered it, and takes it out
    /// of the desk's own log.
    Erased(Box<Erasure>),
}

/// What remains of an erased letter: number and state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// The erasure, which desks confirm.
    pub erasure: Uuid,
    /// Number and state.
    #[serde(flatten)]
    pub outline: Outline,
}

/// A letter as central knows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LetterState {
    /// Id.
    pub id: LetterId,
    /// Register number.
    pub number: RegisterNumber,
    /// Document identifier.
    pub identifier: DocumentIdentifier,
    /// Moment of registration, by the registering desk.
    pub registered_at: Timestamp,
    /// Who registered it.
    pub registered_by: String,
    /// The desk that registered it: only it cancels.
    pub registered_on: DeviceId,
    /// Facts.
    pub facts: LetterFacts,
    /// Stage.
    pub stage: Stage,
    /// Day of the stage's last change, in Warsaw.
    pub stage_changed_on: Date,
    /// Who changed it last.
    pub stage_changed_by: String,
    /// Unit.
    pub unit: Option<String>,
    /// Who set it last; `None` while only the registration has.
    #[serde(default)]
    pub unit_set_by: Option<String>,
    /// The last correction of its facts.
    #[serde(default)]
    pub corrected: Option<Correction>,
    /// Set when the letter is cancelled.
    pub cancelled: Option<Cancellation>,
    /// Scanned documents in the order in which they came.
    pub scans: Vec<ScanState>,
    /// The letter that central had entered again from its label while this one's desk was gone: it is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<LetterId>,
    /// The operations that the facts of each group come from.
    pub last_ops: LastOps,
    /// Open tasks about the letter, in the order in which they came.
    pub tasks: Vec<LetterTask>,
}

impl LetterState {
    /// Whether it stands for a letter of which only number and state may be known ([`Outline::letter`]).
    pub fn is_outline(&self) -> bool {
        self.last_ops.intake.0.is_nil()
    }

    /// Why its tasks are open, in their order.
    pub fn task_reasons(&self) -> Vec<&str> {
        self.tasks.iter().map(|task| task.reason.as_str()).collect()
    }
}

impl std::fmt::Debug for LetterState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LetterState({}, {}, ***)", self.id, self.stage.as_str())
    }
}

/// Who corrected a letter's facts, when and why.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When, by the desk's clock.
    pub at: Timestamp,
}

impl std::fmt::Debug for Correction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Correction({}, ***)", self.at)
    }
}

/// Who cancelled a letter, when and why.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancellation {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When, by the desk's clock.
    pub at: Timestamp,
}

impl std::fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cancellation({}, ***)", self.at)
    }
}

/// The last operation of each group of facts: what a correction names as its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastOps {
    /// Facts of the intake.
    pub intake: OpId,
    /// Unit; `None` while only the registration has set it.
    pub routing: Option<OpId>,
    /// Stage; `None` while only the registration has set it.
    pub status: Option<OpId>,
    /// The status key; `None` while it is that of the registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<OpId>,
}

/// A scanned document of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanState {
    /// Id.
    pub scan_id: ScanId,
    /// Number of pages.
    pub pages: u32,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file.
    #[serde(with = "bytes::hex32")]
    pub sha256: [u8; 32],
    /// Who attached it.
    pub by: String,
    /// When, by the desk's clock.
    pub at: Timestamp,
    /// Central holds the verified bytes.
    pub stored: bool,
}
