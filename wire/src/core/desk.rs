//! What central's answers mean for the desk's own log, numbers and cursor; and the proof at start that the desk is not
//! behind itself.
//!
//! Driven by `desk/src/sync/apply.rs` and `desk/src/registers`, each inside one transaction.

use std::ops::RangeInclusive;

use super::engine::{Fit, judge};
use crate::v1::{Change, Cursor, HelloAnswer, MAX_BATCH_BYTES, MAX_BATCH_OPS, Operation, PushAnswer, Standing, Tip};

/// What central last said of this desk and its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CentralsWord {
    /// The log fits, and counts.
    Fits,
    /// Central holds operations that the log lacks: the database is an older copy, and the next letter would fork it.
    Older,
    /// Two machines write the log.
    Forked,
    /// The administrator revoked the desk.
    Revoked,
}

impl CentralsWord {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Fits, Self::Older, Self::Forked, Self::Revoked];

    /// The stable name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Older => "older",
            Self::Forked => "forked",
            Self::Revoked => "revoked",
        }
    }
}

/// What the desk's database and mark say when a hello is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnLog {
    /// Where the log ends.
    pub tip: Tip,
    /// It holds the operation that central names as the last.
    pub holds_centrals_last: bool,
    /// Every series is at least as far as central knows.
    pub numbers_in_front: bool,
    /// What the mark's operation says.
    pub mark: MarkSays,
    /// Numbers are locked.
    pub locked: bool,
    /// Everything up to this number is acknowledged.
    pub acked: u64,
    /// Everything up to this number is contained in what was pulled.
    pub pulled: u64,
    /// How far central's changes are read.
    pub cursor: Option<Cursor>,
}

/// What is then written, in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How the logs are to each other.
    pub fit: Fit,
    /// Central's word.
    pub word: CentralsWord,
    /// Whether numbers are locked from now on.
    pub locked: bool,
    /// Acknowledged from now on.
    pub acked: u64,
    /// Contained in what was pulled from now on.
    pub pulled: u64,
    /// The cursor from now on.
    pub cursor: Cursor,
    /// The cursor begins anew: a new generation is loaded, and own scans are offered again.
    pub anew: bool,
}

/// Compares central's word about the log with the log. `restart` begins the cursor anew even in the same epoch.
///
/// When the log fits, what central holds counts as acknowledged and no more: a restored central gets the rest again, and
/// in a new epoch a log that does not fit is sent from its beginning, for the hold.
pub fn compare(answer: &HelloAnswer, own: &OwnLog, restart: bool) -> Comparison {
    let fit = judge(&answer.last, &own.tip, own.holds_centrals_last);
    let word = match (answer.standing, fit) {
        (Standing::Revoked, _) => CentralsWord::Revoked,
        (Standing::Forked, _) | (Standing::Counts, Fit::Forked) => CentralsWord::Forked,
        (Standing::Counts, Fit::Behind) => CentralsWord::Older,
        (Standing::Counts, Fit::Fits) => CentralsWord::Fits,
    };
    // The mark may know of labels that left before central heard of them.
    let locked = word != CentralsWord::Fits || !own.numbers_in_front || (own.locked && own.mark == MarkSays::Ahead);
    let kept = own.cursor.filter(|cursor| cursor.epoch == answer.epoch && !restart);
    let (acked, pulled) = match (fit, kept) {
        (Fit::Fits, _) => (answer.last.seq, own.pulled.min(answer.last.seq)),
        (Fit::Behind | Fit::Forked, Some(_)) => (own.acked, own.pulled),
        // Central may have lost what it once acknowledged, and another branch may have taken its place.
        (Fit::Behind | Fit::Forked, None) => (0, 0),
    };
    let cursor = kept.unwrap_or(Cursor::start(answer.epoch));
    Comparison { fit, word, locked, acked, pulled, cursor, anew: kept.is_none() }
}

/// How far the log is acknowledged when a batch that ended with `sent` was answered.
///
/// Central may name a later end: what it holds beyond the batch need not be this log's, the next hello judges it.
pub fn acknowledged(answer: &PushAnswer, sent: u64) -> u64 {
    answer.last.seq.min(sent)
}

/// Whether numbers grow and lie between the two cursors: otherwise a page could put an older state over a newer one.
pub fn in_order(changes: &[Change], before: &Cursor, after: &Cursor) -> bool {
    let mut last = before.head;
    changes.iter().all(|change| {
        let follows = change.n > last && change.n <= after.head;
        last = change.n;
        follows
    })
}

/// Cuts operations that follow each other to what one push may carry; at least one remains where there was one.
pub fn cut_to_batch(mut ops: Vec<Operation>) -> Vec<Operation> {
    ops.truncate(MAX_BATCH_OPS);
    let mut bytes = 0;
    let too_many = ops.iter().position(|operation| {
        bytes += operation.body.len();
        bytes > MAX_BATCH_BYTES
    });
    ops.truncate(too_many.unwrap_or(ops.len()).max(1));
    ops
}

/// What the mark says against the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkSays {
    /// There is no mark.
    Missing,
    /// The log holds the mark's operation and, at start, every series is as far as the mark's.
    Held,
    /// The database lacks what the mark knows: it is not the one that wrote it, or an older one.
    Ahead,
}

/// Whether numbers may be taken at start without asking: only a desk that never worked may lack its mark.
pub fn may_number_at_start(tip: &Tip, mark: MarkSays) -> bool {
    match mark {
        MarkSays::Missing => tip.seq == 0,
        MarkSays::Held => true,
        MarkSays::Ahead => false,
    }
}

/// The numbers of a series that are lost when a clerk frees the numbers of a database that may be an older one.
///
/// `last` is the series' last number in the database; `named` the highest label that she found, `marked` the mark's last
/// number, each if there is one. What the mark knows is lost in every series, also where nobody looks for labels: the
/// office year may have changed between the copy and the day it came back.
pub fn lost_numbers(last: u32, named: Option<u32>, marked: Option<u32>) -> RangeInclusive<u32> {
    let highest = named.into_iter().chain(marked).fold(last, u32::max);
    last.saturating_add(1)..=highest
}
