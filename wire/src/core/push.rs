//! Central's side of a push: what a batch is to the desk's log, and what is said of each operation.
//!
//! Order of a driver's work: [`Batch::read`]; under the lock of the desk's log [`judge`]; then either [`Taking`], one
//! operation after another, or [`super::hold`]. All of it is one transaction.

use std::ops::RangeInclusive;

use domain::ids::{LetterId, OpId};
use uuid::Uuid;

use super::hold::Holding;
use crate::v1::{
    LogOf, MAX_BATCH_BYTES, MAX_BATCH_OPS, OP_SCHEMA, OpBody, OpVerdict, Operation, Push, PushAnswer, Refusal,
    Standing, TaskReason, Tip, Verdict,
    log::{ChainBroken, batch_is_signed, verify_chain},
};

/// After so many failures inside central an operation is parked and the push goes on.
const FAILURES_MAX: u32 = 3;
/// Seconds that a desk waits after a fault inside central.
const RETRY_SECONDS: u32 = 5;

/// A batch whose chain holds: at least one operation, numbers without a gap.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    ops: &'a [Operation],
    last: Tip,
}

impl<'a> Batch<'a> {
    /// Everything that needs no store, the signature included.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for an empty batch, [`Refusal::TooLarge`], [`Refusal::ChainBroken`],
    /// [`Refusal::SignatureWrong`], [`Refusal::SchemaTooNew`].
    pub fn read(log: &LogOf, public_key: &[u8; 32], push: &'a Push) -> Result<Self, Refusal> {
        let batch = Self::chained(log, &push.ops)?;
        if !batch_is_signed(public_key, log, &batch.last.hash, &push.signature) {
            return Err(Refusal::SignatureWrong);
        }
        batch.understood()
    }

    /// As [`Batch::read`] for operations whose origin is proved otherwise: a signed file, or a simulated desk.
    ///
    /// # Errors
    /// As [`Batch::read`], but for the signature.
    pub fn trusted(log: &LogOf, ops: &'a [Operation]) -> Result<Self, Refusal> {
        Self::chained(log, ops)?.understood()
    }

    fn chained(log: &LogOf, ops: &'a [Operation]) -> Result<Self, Refusal> {
        let first = ops.first().ok_or(Refusal::Malformed)?;
        let bytes: usize = ops.iter().map(|operation| operation.body.len()).sum();
        if ops.len() > MAX_BATCH_OPS || bytes > MAX_BATCH_BYTES {
            return Err(Refusal::TooLarge);
        }
        let before = Tip { seq: first.seq.checked_sub(1).ok_or(Refusal::Malformed)?, hash: first.prev_hash };
        let last = verify_chain(log, before, ops).map_err(|broken| match broken {
            ChainBroken::Seq { found, .. } => Refusal::ChainBroken { seq: found },
            ChainBroken::Link(seq) | ChainBroken::Hash(seq) => Refusal::ChainBroken { seq },
        })?;
        if last.seq > i64::MAX.unsigned_abs() { Err(Refusal::Malformed) } else { Ok(Self { ops, last }) }
    }

    // Known only by a later central: the whole push waits until this one is upgraded, and nothing is lost.
    fn understood(self) -> Result<Self, Refusal> {
        let newer = self.ops.iter().any(|operation| operation.schema_v > OP_SCHEMA);
        if newer { Err(Refusal::SchemaTooNew { known: OP_SCHEMA }) } else { Ok(self) }
    }

    /// The operations.
    pub fn ops(&self) -> &'a [Operation] {
        self.ops
    }

    /// Where the desk says the log ended before the batch.
    pub fn before(&self) -> Tip {
        Tip { seq: self.ops[0].seq - 1, hash: self.ops[0].prev_hash }
    }

    /// Where the log ends with the batch.
    pub fn last(&self) -> Tip {
        self.last
    }

    /// The numbers whose hashes [`judge`] must be told, when the log ends with `end`.
    pub fn span(&self, end: Tip) -> RangeInclusive<u64> {
        self.before().seq..=self.last.seq.min(end.seq)
    }
}

/// What central's store says of the desk's log, read under its lock.
#[derive(Clone, Debug)]
pub struct StoredLog {
    /// Where the operations that count end.
    pub end: Tip,
    /// Whether the desk counts.
    pub standing: Standing,
    /// The operations that count within [`Batch::span`], in order.
    pub known: Vec<Tip>,
}

/// What happens with a batch.
#[derive(Clone, Debug)]
pub enum Way<'a> {
    /// It fits: its new operations are kept and applied.
    Take(Taking<'a>),
    /// The desk does not count, or the log forks here: what is new is held.
    Hold(Holding<'a>),
}

/// Compares a batch with the log.
///
/// # Errors
/// [`Refusal::Gap`] when the log has nothing that the batch could follow: the desk compares by a hello.
pub fn judge(batch: Batch<'_>, stored: StoredLog) -> Result<Way<'_>, Refusal> {
    let StoredLog { end, standing, known } = stored;
    if standing != Standing::Counts {
        return Ok(Way::Hold(Holding::new(batch, standing, end, known)));
    }
    let first = batch.ops[0].seq;
    if first > end.seq {
        // The next number, but the desk knows another predecessor than ours: nothing to follow here either.
        let follows = batch.before() == end;
        return if follows {
            Ok(Way::Take(Taking::new(batch, batch.ops, end)))
        } else {
            Err(Refusal::Gap { last: end })
        };
    }
    let overlap = batch.ops.iter().take_while(|operation| operation.seq <= end.seq).count();
    let ours = known.iter().filter(|tip| tip.seq >= first);
    let fits = batch.ops[..overlap].iter().map(Operation::tip).eq(ours.copied());
    Ok(if fits {
        Way::Take(Taking::new(batch, &batch.ops[overlap..], end))
    } else {
        Way::Hold(Holding::new(batch, standing, end, known))
    })
}

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Applied.
    Applied,
    /// Applied, with a task.
    Flagged(TaskReason),
    /// Kept, with a task.
    Kept(TaskReason),
}

impl Outcome {
    /// The stable name of its fate.
    pub fn fate(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Flagged(_) => "flagged",
            Self::Kept(_) => "kept",
        }
    }

    /// Why somebody must look.
    pub fn reason(self) -> Option<TaskReason> {
        match self {
            Self::Applied => None,
            Self::Flagged(reason) | Self::Kept(reason) => Some(reason),
        }
    }
}

/// What a failure inside central means for the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// What came before is kept; the desk sends the rest again.
    Stop,
    /// The operation is kept with this outcome and the push goes on.
    Park(Outcome),
}

/// An operation that central lacks.
#[derive(Clone, Debug)]
pub struct Fresh<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// Its body; `None` when it is none that central can apply.
    pub body: Option<OpBody>,
}

impl Fresh<'_> {
    /// The letter that it is about, or was before its content was erased.
    pub fn letter_id(&self) -> Option<LetterId> {
        let erased = self.operation.erased.map(|erased| erased.letter);
        erased.or_else(|| self.body.as_ref().and_then(OpBody::letter_id))
    }
}

/// A batch on its way into the log, one operation after another.
#[derive(Clone, Debug)]
pub struct Taking<'a> {
    batch: Batch<'a>,
    fresh: Vec<Fresh<'a>>,
    end: Tip,
    outcomes: Vec<Outcome>,
    stopped: bool,
}

impl<'a> Taking<'a> {
    fn new(batch: Batch<'a>, fresh: &'a [Operation], end: Tip) -> Self {
        let fresh = fresh.iter().map(|operation| Fresh { operation, body: body_of(operation) }).collect();
        Self { batch, fresh, end, outcomes: Vec::new(), stopped: false }
    }

    /// The operations that central lacks.
    pub fn fresh(&self) -> &[Fresh<'a>] {
        &self.fresh
    }

    /// The operation to keep and apply now; `None` when the batch is through.
    pub fn next(&self) -> Option<&Fresh<'a>> {
        self.fresh.get(self.outcomes.len()).filter(|_| !self.stopped)
    }

    /// [`Taking::next`] is kept.
    pub fn took(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// [`Taking::next`] failed inside central, by now so many times. Nothing of it remains.
    pub fn failed(&mut self, failures: u32) -> Failure {
        if failures < FAILURES_MAX {
            self.stopped = true;
            return Failure::Stop;
        }
        Failure::Park(Outcome::Kept(TaskReason::Internal))
    }

    /// The operations kept so far.
    pub fn taken(&self) -> &[Fresh<'a>] {
        &self.fresh[..self.outcomes.len()]
    }

    /// Where the log ends with them.
    pub fn tip(&self) -> Tip {
        self.taken().last().map_or(self.end, |fresh| fresh.operation.tip())
    }

    /// What the desk is told, once it is committed.
    ///
    /// # Errors
    /// [`Refusal::Retry`] when an operation failed: what was kept before it comes back as duplicate.
    pub fn answer(&self, epoch: Uuid, head: u64) -> Result<PushAnswer, Refusal> {
        if self.stopped {
            return Err(Refusal::Retry { after_seconds: RETRY_SECONDS });
        }
        let duplicates = self.batch.ops.len() - self.fresh.len();
        let known = self.batch.ops[..duplicates].iter().map(|operation| verdict_on(operation, Verdict::Duplicate));
        let taken = self.fresh.iter().zip(&self.outcomes).map(|(fresh, outcome)| {
            verdict_on(fresh.operation, outcome.reason().map_or(Verdict::Applied, |reason| Verdict::Task { reason }))
        });
        Ok(PushAnswer { verdicts: known.chain(taken).collect(), last: self.tip(), epoch, head })
    }
}

pub(super) fn verdict_on(operation: &Operation, verdict: Verdict) -> OpVerdict {
    let (seq, op_id): (u64, OpId) = (operation.seq, operation.op_id);
    OpVerdict { seq, op_id, verdict }
}

/// The body of an operation that central can apply. PostgreSQL's text holds no NUL, so one with it is none of ours.
pub fn body_of(operation: &Operation) -> Option<OpBody> {
    const NUL: &[u8] = b"\\u0000";
    let holds_nul = |text: &[u8]| text.windows(NUL.len()).any(|window| window == NUL);
    let body = (operation.schema_v >= 1).then(|| operation.read_body().ok()).flatten()?;
    // The bytes may hold one in a field that is none of the body's.
    (!holds_nul(&operation.body) || !holds_nul(&body.to_canonical_json())).then_some(body)
}
