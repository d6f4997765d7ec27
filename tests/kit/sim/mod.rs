//! The simulator: desks and central as models around the real protocol core, under every fault, from a seed.
//!
//! A world is a plan (what clerks do and what breaks, with its hour) and the chances of a network; both come from the
//! seed, and no clock, thread or file takes part. When the plan is over the faults stop, and after a while of quiet the
//! invariants are read from the dumps of all models. A violation names its seed and the smallest part of the plan that
//! still shows it; `OKIENKO_SEED` plays it again (`docs/testing.md`).
//!
//! [`Sabotage`] breaks a *driver*, never the core: by it the tests prove that the checks find what they are there for.

mod central;
mod check;
mod luck;
mod machine;
mod plan;
mod world;

use self::{luck::Luck, plan::Entry, world::World};

/// Changes in one page: small, so that a history takes several.
const PAGE: usize = 7;
/// Worlds within which every sabotage must be found.
const SABOTAGED_SEEDS: u64 = 1_000;
/// Operations in one batch, likewise.
const BATCH: usize = 5;

/// A careless program, for the tests of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A desk's COMMIT does not reach the disk at once.
    SkipFsync,
    /// Central answers a push before it has committed.
    AcknowledgeBeforeCommit,
    /// A desk stores the cursor first and the page's changes after.
    CursorBeforeData,
    /// Central takes a batch for new without comparing it with the log.
    DropDedup,
    /// A desk believes that its log fits whatever a hello says.
    SkipHelloCheck,
    /// Central goes on from a cursor whose digest differs.
    IgnoreDigest,
    /// An operation that fails inside central is tried again for ever.
    RetryEachOperation,
    /// Central numbers its changes before it holds the other locks (a bare sequence).
    NumberBeforeLock,
    /// A desk starts without comparing its database with the mark.
    SkipStartCheck,
    /// A label leaves before the mark is written.
    MarkAfterLabel,
    /// Central acknowledges what belongs into the hold and does not keep it.
    ForgetHeld,
    /// A restored central does not erase again what the administrator's log names.
    ForgetErasures,
    /// A desk that hears of an erasure leaves its own log as it is.
    KeepOwnLog,
}

impl Sabotage {
    /// Every one.
    pub const ALL: [Self; 13] = [
        Self::SkipFsync,
        Self::AcknowledgeBeforeCommit,
        Self::CursorBeforeData,
        Self::DropDedup,
        Self::SkipHelloCheck,
        Self::IgnoreDigest,
        Self::RetryEachOperation,
        Self::NumberBeforeLock,
        Self::SkipStartCheck,
        Self::MarkAfterLabel,
        Self::ForgetHeld,
        Self::ForgetErasures,
        Self::KeepOwnLog,
    ];

    /// The invariants by which it may be found; by another one it was found by accident.
    pub fn shows_in(self) -> &'static [&'static str] {
        match self {
            Self::SkipFsync => &["I1", "I2", "I8", "I9"],
            Self::AcknowledgeBeforeCommit => &["I1", "I3", "I4", "I6", "I9"],
            Self::CursorBeforeData | Self::IgnoreDigest => &["I4", "I5", "I9"],
            Self::DropDedup => &["I1", "I3", "I9"],
            Self::RetryEachOperation => &["I6"],
            Self::NumberBeforeLock => &["I4", "I5", "I6"],
            Self::SkipHelloCheck | Self::SkipStartCheck | Self::MarkAfterLabel => &["I2", "I8"],
            Self::ForgetHeld => &["I1", "I6", "I9"],
            Self::ForgetErasures | Self::KeepOwnLog => &["I15"],
        }
    }

    /// The stable name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SkipFsync => "skip_fsync",
            Self::AcknowledgeBeforeCommit => "acknowledge_before_commit",
            Self::CursorBeforeData => "cursor_before_data",
            Self::DropDedup => "drop_dedup",
            Self::SkipHelloCheck => "skip_hello_check",
            Self::IgnoreDigest => "ignore_digest",
            Self::RetryEachOperation => "retry_each_operation",
            Self::NumberBeforeLock => "number_before_lock",
            Self::SkipStartCheck => "skip_start_check",
            Self::MarkAfterLabel => "mark_after_label",
            Self::ForgetHeld => "forget_held",
            Self::ForgetErasures => "forget_erasures",
            Self::KeepOwnLog => "keep_own_log",
        }
    }
}

/// What went wrong in a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, as in the design: `I1` … `I16`.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

/// What happened in a world, or in many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Worlds.
    pub seeds: u64,
    /// Faults: messages lost, late or doubled, crashes, restores, clones, wrong clocks.
    pub faults: u64,
    /// Operations written at desks.
    pub operations: u64,
    /// Letters on paper.
    pub papers: u64,
    /// Changes numbered by central.
    pub changes: u64,
    /// Letters erased.
    pub erased: u64,
}

impl Counts {
    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.faults += other.faults;
        self.operations += other.operations;
        self.papers += other.papers;
        self.changes += other.changes;
        self.erased += other.erased;
    }
}

/// A violation, and how to see it again.
#[derive(Clone, Debug)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// The smallest part of the plan that was found to show it.
    pub kept: Vec<usize>,
    /// The plan's entries, one a line.
    pub plan: Vec<String>,
    /// What went wrong.
    pub violation: Violation,
}

impl Found {
    /// What `OKIENKO_SEED` must say to play this again.
    pub fn replay(&self) -> String {
        let kept: Vec<String> = self.kept.iter().map(usize::to_string).collect();
        format!("{}:{}", self.seed, kept.join(","))
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Violation { invariant, what } = &self.violation;
        writeln!(f, "{invariant} is violated: {what}")?;
        writeln!(f, "  OKIENKO_SEED={}", self.replay())?;
        self.plan.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// Plays many worlds.
///
/// # Errors
/// The first [`Found`].
pub fn play_all(seeds: std::ops::Range<u64>) -> Result<Counts, Box<Found>> {
    let mut counts = Counts::default();
    for seed in seeds {
        counts.add(play(seed, None)?);
    }
    Ok(counts)
}

/// Plays worlds from seed 0 on until one shows the sabotage; `None` when none of a thousand does.
pub fn find(sabotage: Sabotage) -> Option<Box<Found>> {
    let shows = |found: &Found| sabotage.shows_in().contains(&found.violation.invariant);
    (0..SABOTAGED_SEEDS).filter_map(|seed| play(seed, Some(sabotage)).err()).find(|found| shows(found))
}

/// Plays one world.
///
/// # Errors
/// [`Found`] with the plan cut down.
pub fn play(seed: u64, sabotage: Option<Sabotage>) -> Result<Counts, Box<Found>> {
    let plan = plan::of_seed(seed);
    let all: Vec<usize> = (0..plan.len()).collect();
    match play_part(seed, &plan, &all, sabotage) {
        Ok(counts) => Ok(counts),
        Err(violation) => Err(Box::new(shrink(seed, &plan, all, violation, sabotage))),
    }
}

/// Plays what [`Found::replay`] names: a seed, or a seed with the entries of its plan that are kept.
///
/// # Errors
/// [`Found`], or nothing at all when the text names no world.
pub fn replay(text: &str, sabotage: Option<Sabotage>) -> Result<Counts, Option<Box<Found>>> {
    let (seed, kept) = text.split_once(':').unwrap_or((text, ""));
    let seed: u64 = seed.trim().parse().map_err(|_| None)?;
    let plan = plan::of_seed(seed);
    let kept: Vec<usize> = kept.split(',').filter_map(|place| place.trim().parse().ok()).collect();
    let kept = if kept.is_empty() { (0..plan.len()).collect() } else { kept };
    play_part(seed, &plan, &kept, sabotage).map_err(|violation| Some(Box::new(found(seed, &plan, kept, violation))))
}

fn play_part(seed: u64, plan: &[Entry], kept: &[usize], sabotage: Option<Sabotage>) -> Result<Counts, Violation> {
    let entries = kept.iter().filter_map(|place| plan.get(*place)).cloned().collect();
    World::new(Luck::new(seed ^ 0x6f6b_6965_6e6b_6f00), entries, sabotage).run()
}

// Leaves out halves, quarters, … single entries, as long as the same invariant is violated.
fn shrink(
    seed: u64,
    plan: &[Entry],
    mut kept: Vec<usize>,
    mut violation: Violation,
    sabotage: Option<Sabotage>,
) -> Found {
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        while start < kept.len() {
            let end = (start + size).min(kept.len());
            let fewer: Vec<usize> = [&kept[..start], &kept[end..]].concat();
            match play_part(seed, plan, &fewer, sabotage) {
                Err(other) if other.invariant == violation.invariant => (kept, violation) = (fewer, other),
                Err(_) | Ok(_) => start = end,
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    found(seed, plan, kept, violation)
}

fn found(seed: u64, plan: &[Entry], kept: Vec<usize>, violation: Violation) -> Found {
    let plan = kept.iter().filter_map(|place| plan.get(*place)).map(ToString::to_string).collect();
    Found { seed, kept, plan, violation }
}
