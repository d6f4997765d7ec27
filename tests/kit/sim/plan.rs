//! What clerks, administrators and bad luck do in a world, and when: the part of a seed that can be cut down.

use super::{luck::Luck, machine::Deed};

/// Milliseconds in which the plan happens.
pub(super) const LENGTH: u64 = 90_000;
const DESKS: u64 = 3;

#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// A letter is registered.
    Register,
    /// A letter is changed.
    Change(Deed),
    /// Central itself sets the stage of a letter.
    CentralSetsStage,
    /// The program or the power ends after so many more events of this machine, and comes back.
    CrashDesk { power: bool, after: u64 },
    /// The network of this machine is gone for so many milliseconds.
    Partition { millis: u64 },
    /// A backup of the machine's disk.
    BackUpDesk,
    /// The database is replaced by the last backup; the mark stays.
    RestoreDatabase,
    /// Database and mark are replaced by the last backup.
    RestoreDisk,
    /// Another machine comes up with a copy of the disk.
    CloneDesk,
    /// The clock is wrong by so many days.
    Clock { days: i64 },
    /// So many days pass.
    Days { days: i64 },
    /// One process of central ends after so many more events of its, and comes back.
    CrashCentral { after: u64 },
    /// A backup of central's database.
    BackUpCentral,
    /// Central's database is replaced by its last backup, behind its back.
    RestoreCentral,
    /// Central forgets its tokens.
    ForgetTokens,
    /// The next operation of this machine fails inside central: so many times, or for good.
    Poison { times: u32 },
    /// The administrator revokes the desk.
    Revoke,
    /// The administrator erases a letter.
    Erase,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Milliseconds since the world began.
    pub(super) at: u64,
    /// Which machine, modulo how many there are.
    pub(super) machine: usize,
    pub(super) act: Act,
    /// Where its own chances come from, so that leaving out another entry changes none of them.
    pub(super) seed: u64,
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>6} ms  machine {}  {:?}", self.at, self.machine, self.act)
    }
}

pub(super) fn of_seed(seed: u64) -> Vec<Entry> {
    let mut luck = Luck::new(seed);
    let (deeds, faults) = (12 + luck.below(25), luck.below(13));
    let mut plan: Vec<Entry> = (0..deeds).map(|_| entry(&mut luck, deed)).collect();
    plan.extend((0..faults).map(|_| entry(&mut luck, fault)));
    if luck.percent(40) {
        plan.extend(old_disk_in_the_dark(&mut luck));
    }
    // A restore needs something to go back to.
    plan.extend((0..=luck.below(3)).map(|_| entry(&mut luck, |_| Act::BackUpDesk)));
    plan.extend((0..=luck.below(2)).map(|_| entry(&mut luck, |_| Act::BackUpCentral)));
    if luck.percent(30) {
        plan.extend((0..=luck.below(2)).map(|_| entry(&mut luck, |_| Act::Erase)));
    }
    plan.sort_by_key(|entry| entry.at);
    plan
}

fn entry(luck: &mut Luck, act: impl Fn(&mut Luck) -> Act) -> Entry {
    let (at, machine) = (luck.below(LENGTH), luck.place(usize::try_from(DESKS).unwrap_or(1)));
    Entry { at, machine, act: act(luck), seed: luck.next() }
}

// Chance alone seldom finds the hour in which nobody but the mark could know: letters are registered and an old disk comes
// back (or a twin comes up) while central is out of reach.
fn old_disk_in_the_dark(luck: &mut Luck) -> Vec<Entry> {
    let machine = luck.place(usize::try_from(DESKS).unwrap_or(1));
    let mut at = luck.below(LENGTH / 2);
    let mut story = Vec::new();
    let mut then = |luck: &mut Luck, wait: u64, act: Act| {
        at += 50 + luck.below(wait);
        story.push(Entry { at, machine, act, seed: luck.next() });
    };
    let restore = match luck.below(5) {
        0..=2 => Act::RestoreDatabase,
        3 => Act::RestoreDisk,
        _ => Act::CloneDesk,
    };
    then(luck, 1_000, Act::Register);
    then(luck, 4_000, Act::BackUpDesk);
    then(luck, 500, Act::Partition { millis: 40_000 });
    if luck.percent(30) {
        then(luck, 100, Act::Days { days: 4 });
    }
    then(luck, 3_000, Act::Register);
    then(luck, 3_000, Act::Register);
    then(luck, 6_000, restore);
    for _ in 0..3 {
        then(luck, 6_000, Act::Register);
    }
    story
}

fn deed(luck: &mut Luck) -> Act {
    match luck.below(20) {
        0..=9 => Act::Register,
        10..=11 => Act::Change(Deed::Correct),
        12 => Act::Change(Deed::Cancel),
        13..=15 => Act::Change(Deed::SetStage),
        16..=17 => Act::Change(Deed::AttachScan),
        18 => Act::CentralSetsStage,
        _ => Act::Days { days: i64::try_from(luck.below(6)).unwrap_or_default() },
    }
}

fn fault(luck: &mut Luck) -> Act {
    match luck.below(24) {
        0..=3 => Act::CrashDesk { power: luck.percent(70), after: luck.below(8) },
        4..=7 => Act::Partition { millis: 1000 + luck.below(40_000) },
        8 => Act::RestoreDatabase,
        9 => Act::RestoreDisk,
        10 => Act::CloneDesk,
        11..=12 => Act::Clock { days: if luck.percent(50) { 3650 } else { -3650 } },
        13..=16 => Act::CrashCentral { after: luck.below(8) },
        17..=19 => Act::RestoreCentral,
        20 => Act::ForgetTokens,
        21..=22 => Act::Poison { times: if luck.percent(50) { 1 } else { u32::MAX } },
        _ => Act::Revoke,
    }
}
