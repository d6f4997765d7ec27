//! First contact of a connection: central asks for a signature, the desk says where its log ends.

use domain::{
    ids::DeviceId,
    marks::Teryt,
    register::{PointSymbol, Register},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    bytes,
    enrol::Bounds,
    log::{LogOf, Tip},
};

/// A nonce to sign, good for one [`Hello`] within a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Challenge {
    /// Random bytes.
    #[serde(with = "bytes::base64")]
    pub nonce: [u8; 32],
}

/// The desk says who it is and proves that it holds its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// The office that the desk is set up for.
    pub office: Teryt,
    /// The desk.
    pub device: DeviceId,
    /// Its ed25519 public key; pinned at first contact.
    #[serde(with = "bytes::base64")]
    pub public_key: [u8; 32],
    /// The nonce of the [`Challenge`].
    #[serde(with = "bytes::base64")]
    pub nonce: [u8; 32],
    /// [`super::log::sign_nonce`].
    #[serde(with = "bytes::base64")]
    pub signature: [u8; 64],
    /// The symbol that the desk numbers under.
    pub symbol: PointSymbol,
    /// Version of the desk's program.
    pub program: String,
    /// Where the desk's log ends, unsent operations included.
    pub last: Tip,
    /// What central told the desk before; `None` before the first contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<Remembered>,
}

/// What a desk remembers of central: by it a restored central notices that it is an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remembered {
    /// Central's epoch then.
    pub epoch: Uuid,
    /// The last operation that central acknowledged.
    pub acknowledged: Tip,
}

impl Hello {
    /// Whose log the desk says it keeps.
    pub fn log(&self) -> LogOf {
        LogOf { office: self.office.clone(), device: self.device }
    }
}

/// The next free number of one of the desk's series, as far as central knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextNumber {
    /// Register.
    pub register: Register,
    /// Year.
    pub year: i16,
    /// The number after the highest that central knows.
    pub next_n: u32,
}

/// A symbol that central granted to the desk, for good and for all years.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Id: a symbol that comes back to a desk comes under another one.
    pub id: Uuid,
    /// The symbol.
    pub symbol: PointSymbol,
    /// The first number to take in each series that another desk began; one not listed begins at 1.
    pub first: Vec<NextNumber>,
    /// The administrator hands the symbol over to another desk: this one is asked to release it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub release: bool,
}

/// Whether a desk's operations count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They are applied.
    #[default]
    Counts,
    /// Two machines wrote one log: the operations of both are held, neither takes numbers.
    Forked,
    /// The administrator revoked the desk: what it sends is held.
    Revoked,
}

impl Standing {
    /// The name as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Forked => "forked",
            Self::Revoked => "revoked",
        }
    }
}

impl std::str::FromStr for Standing {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Counts, Self::Forked, Self::Revoked]
            .into_iter()
            .find(|standing| standing.as_str() == text)
            .ok_or("an unknown standing")
    }
}

/// Central knows the desk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelloAnswer {
    /// Bearer token of the requests that follow; a secret.
    pub token: String,
    /// Seconds that the token lives, by central's clock.
    pub token_seconds: u32,
    /// Central's epoch: changes only when central was restored.
    pub epoch: Uuid,
    /// Where the desk's log ends at central, held operations included. The desk compares: with a higher seq here, or
    /// another hash at the same seq, the desk is not the one that wrote those operations (restored or cloned).
    pub last: Tip,
    /// Whether the desk's operations count. A desk that does not count takes no numbers.
    pub standing: Standing,
    /// Number of central's last change.
    pub head: u64,
    /// Central's clock.
    pub central_time: Timestamp,
    /// The series of the hello's symbol that central knows, while the desk holds it; a series not listed begins at 1.
    pub next_numbers: Vec<NextNumber>,
    /// The symbols that the desk holds; `None` from a central that does not grant any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<Grant>>,
    /// What the desk may hold, and what may be done there; `None` from a central that bounds no desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// Clerks may sign in by the office's identity provider, too; no from an older central.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provider: bool,
    /// Public key (age1…) of the files that a desk writes where it cannot send; `None` from an older central.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_key: Option<String>,
    /// Number of the last change that two proved backups of central hold: of what central had by then, the desk may let its own copies
    /// go. `None` where there are no two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backed_up_head: Option<u64>,
    /// Newest schema of operations that central understands.
    pub op_schema: u32,
}

impl std::fmt::Debug for HelloAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HelloAnswer(epoch {}, seq {}, head {}, ***)", self.epoch, self.last.seq, self.head)
    }
}
