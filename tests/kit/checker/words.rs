//! What the checker and a desk's process say to each other, a line of JSON each way; and what both sides' dumps hold.
//! Dumps are kept beside the plan of a run that went wrong: only invented people ever stand in them.

use std::{collections::BTreeMap, path::PathBuf};

use domain::{
    ErrorCode,
    ids::{DeviceId, LabelJobId, LetterId, OpId, ScanId},
    register::RegisterNumber,
    stage::Stage,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::v1::{Cursor, Standing, Tip, bytes};

/// What a desk's process is started with: its one argument, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeskSetup {
    /// Holds `data` and `mark`.
    pub folder: PathBuf,
    /// The file with its key, which stands for the operating system's store: not on the desk's disk.
    pub key: PathBuf,
    /// Its symbol.
    pub symbol: String,
    /// Port of its label printer on loopback.
    pub printer_port: u16,
    /// Base address of central, through the desk's line.
    pub central: String,
    /// What invites it there, for its first start; none where central takes any desk.
    pub invitation: Option<String>,
    /// Its multifunction device.
    pub mfp: String,
    /// What its clock says, RFC 3339; it stands until it is set.
    pub clock: String,
    /// Statements run on the database once it is open: how a sabotage enters a desk without the desk knowing.
    pub sabotage: Vec<String>,
}

/// What a desk is asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Register the paper; asked again for the same one after a fault.
    Register {
        /// Its form's id.
        letter: LetterId,
        /// Its sender.
        surname: String,
    },
    /// Correct a letter's title.
    Correct {
        /// Which.
        letter: LetterId,
        /// The title from now on.
        title: String,
    },
    /// Cancel a number.
    Cancel {
        /// Which.
        letter: LetterId,
    },
    /// Set stage and unit.
    SetStage {
        /// Which.
        letter: LetterId,
        /// The stage from now on.
        stage: Stage,
        /// The unit from now on.
        unit: String,
    },
    /// Scan what lies in the feeder and give it to a letter.
    Attach {
        /// Which.
        letter: LetterId,
    },
    /// Set the clock.
    SetClock {
        /// RFC 3339.
        moment: String,
    },
    /// Answer the question about the office day: the stored day still holds.
    KeepDay,
    /// Name the highest label found on paper.
    NameHighest {
        /// Register number as people write it; empty for none.
        number: String,
    },
    /// Which labels are in doubt?
    Questions,
    /// Answer for a label in doubt.
    AnswerLabel {
        /// Which.
        job: LabelJobId,
        /// It came out.
        printed: bool,
    },
    /// How does the desk stand?
    Stand,
    /// Play rounds with central until nothing waits on either side, at most so many; the worker rests from then on.
    Settle {
        /// Most rounds.
        rounds: u32,
    },
    /// Wait until no label is under way.
    AwaitLabels,
    /// Everything that the invariants are checked from.
    Dump,
    /// Where in its database does one of the words stand?
    Search {
        /// The words.
        words: Vec<String>,
    },
}

/// What a desk says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// The desk is open; said once, unasked.
    Ready {
        /// How it stands.
        stand: Stand,
    },
    /// Registered: what the screen shows.
    Registered {
        /// Register number as people write it.
        number: String,
    },
    /// Attached, as confirmed on the screen.
    Attached {
        /// The scan.
        scan: ScanId,
    },
    /// Done.
    Done,
    /// A clear refusal.
    Refused {
        /// Its code.
        code: ErrorCode,
    },
    /// Labels in doubt.
    Questions {
        /// Them.
        labels: Vec<LabelQuestion>,
    },
    /// How the desk stands.
    Stand {
        /// How.
        stand: Stand,
    },
    /// The rounds are over.
    Settled {
        /// The last round's outcome.
        outcome: String,
        /// Rounds played.
        rounds: u32,
        /// How the desk stands.
        stand: Stand,
    },
    /// Where words stand.
    Found {
        /// Tables and columns.
        places: Vec<String>,
    },
    /// The dump.
    Dump {
        /// It.
        dump: Box<DeskDump>,
    },
    /// Something that no use case may answer with.
    Broken {
        /// What.
        what: String,
    },
}

/// A label in doubt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LabelQuestion {
    /// Its job.
    pub job: LabelJobId,
    /// Register number as people write it.
    pub number: String,
    /// 0 unmarked, n DUPLIKAT.
    pub copy: u32,
}

/// How a desk stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// End of its log.
    pub tip: Tip,
    /// Acknowledged up to here.
    pub acked: u64,
    /// How far central's changes are read.
    pub cursor: Option<Cursor>,
    /// It takes no numbers.
    pub locked: bool,
    /// Central's word about it.
    pub word: String,
    /// The mark's tip, where there is a mark.
    pub mark: Option<Tip>,
    /// The log holds the mark's tip.
    pub mark_held: bool,
    /// Letters of its register.
    pub letters: u64,
    /// Scans that wait for central.
    pub scans_wait: u64,
}

/// One operation, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpDump {
    /// Number in the log.
    pub seq: u64,
    /// Id.
    pub op_id: OpId,
    /// Hash of the chain.
    #[serde(with = "bytes::hex32")]
    pub hash: [u8; 32],
    /// Its letter; `None` when unreadable.
    pub letter: Option<LetterId>,
    /// What it is, `letter_registered`.
    pub kind: String,
    /// The number that a registration gave.
    pub number: Option<RegisterNumber>,
}

/// A letter of a desk's own register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLetter {
    /// Id.
    pub id: LetterId,
    /// Number.
    pub number: RegisterNumber,
    /// Cancelled.
    pub cancelled: bool,
}

/// A scan at a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnScan {
    /// Id.
    pub id: ScanId,
    /// Its letter.
    pub letter: LetterId,
    /// Central has it, as the desk believes.
    pub uploaded: bool,
    /// The document can be read here and its hash is right.
    pub readable: bool,
}

/// What a desk holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskDump {
    /// Its id.
    pub device: DeviceId,
    /// How it stands.
    pub stand: Stand,
    /// Its log.
    pub ops: Vec<OpDump>,
    /// Its register.
    pub letters: Vec<OwnLetter>,
    /// Numbers of its register that stand on no paper we know.
    pub lost: Vec<RegisterNumber>,
    /// Last number of each series.
    pub series: Vec<RegisterNumber>,
    /// Central's records as pulled: canonical JSON by letter.
    pub pulled: BTreeMap<LetterId, String>,
    /// Scans.
    pub scans: Vec<OwnScan>,
    /// Changes that could not be read.
    pub raw_changes: u64,
}

/// A desk as central knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDesk {
    /// Id.
    pub id: DeviceId,
    /// Symbol.
    pub symbol: String,
    /// Whether it counts.
    pub standing: Standing,
    /// End of its log here.
    pub last: Tip,
}

/// An operation at central.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentralOp {
    /// Whose.
    pub device: DeviceId,
    /// The operation.
    pub op: OpDump,
    /// It is in the hold.
    pub held: bool,
}

/// A scan at central.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentralScan {
    /// Id.
    pub id: ScanId,
    /// Its letter.
    pub letter: LetterId,
    /// All bytes came and were verified, as central believes.
    pub stored: bool,
    /// The file has the hash.
    pub right: bool,
}

/// What central holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentralDump {
    /// Epoch.
    pub epoch: Uuid,
    /// Number of the last change.
    pub head: u64,
    /// Desks.
    pub desks: Vec<KnownDesk>,
    /// All operations, held ones included.
    pub ops: Vec<CentralOp>,
    /// The projection: canonical JSON by letter.
    pub letters: BTreeMap<LetterId, String>,
    /// Numbers of the letters.
    pub numbers: Vec<(LetterId, RegisterNumber)>,
    /// Numbers that central's own check finds not to be exactly one thing, and how many things they are.
    pub unclear: Vec<(RegisterNumber, u64)>,
    /// The newest change of each letter, canonical.
    pub changes: BTreeMap<LetterId, String>,
    /// Numbers of all changes.
    pub change_numbers: Vec<u64>,
    /// Scans.
    pub scans: Vec<CentralScan>,
}
