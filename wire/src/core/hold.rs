//! The hold: operations of a desk that does not count are kept as received, acknowledged, and not applied.
//!
//! A desk forks when two machines write one log. Held operations form a tree below the log: each follows another held
//! one or one that counts, so that every branch has its place.

use uuid::Uuid;

use super::push::{Batch, verdict_on};
use crate::v1::{OpVerdict, Operation, PushAnswer, Refusal, Standing, TaskReason, Tip, Verdict};

/// A batch on its way into the hold.
#[derive(Clone, Debug)]
pub struct Holding<'a> {
    batch: Batch<'a>,
    standing: Standing,
    end: Tip,
    counted: Vec<Tip>,
}

/// What is done with it.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// The operations to hold: neither counted nor held before.
    pub new: Vec<&'a Operation>,
    /// The first of them when it is by this batch that the desk stops counting: the desk forks, and one task says so.
    pub forks_at: Option<&'a Operation>,
    verdicts: Vec<OpVerdict>,
    last: Tip,
}

impl<'a> Holding<'a> {
    pub(super) fn new(batch: Batch<'a>, standing: Standing, end: Tip, counted: Vec<Tip>) -> Self {
        Self { batch, standing, end, counted }
    }

    /// The hashes of which [`Holding::plan`] must be told whether they are held.
    pub fn asks(&self) -> Vec<[u8; 32]> {
        let own = self.batch.ops().iter().map(|operation| operation.hash);
        std::iter::once(self.batch.before().hash).chain(own).collect()
    }

    /// Decides, knowing which operations of [`Holding::asks`] are held.
    ///
    /// # Errors
    /// [`Refusal::Gap`] when nothing that central has or holds comes before the batch.
    pub fn plan(self, held: &[Tip]) -> Result<Held<'a>, Refusal> {
        let before = self.batch.before();
        let known = |tip: &Tip| self.counted.contains(tip) || held.contains(tip);
        if before != Tip::START && !known(&before) {
            return Err(Refusal::Gap { last: self.end });
        }
        let (mut new, mut verdicts) = (Vec::new(), Vec::new());
        for operation in self.batch.ops() {
            let verdict = if known(&operation.tip()) {
                Verdict::Duplicate
            } else {
                new.push(operation);
                Verdict::Task { reason: TaskReason::Held }
            };
            verdicts.push(verdict_on(operation, verdict));
        }
        let forks_at = new.first().copied().filter(|_| self.standing == Standing::Counts);
        Ok(Held { new, forks_at, verdicts, last: self.batch.last() })
    }
}

impl Held<'_> {
    /// Where the desk's log ends with the batch.
    pub fn last(&self) -> Tip {
        self.last
    }

    /// What the desk is told, once it is committed: all of it is acknowledged.
    pub fn answer(self, epoch: Uuid, head: u64) -> PushAnswer {
        PushAnswer { verdicts: self.verdicts, last: self.last, epoch, head }
    }
}
