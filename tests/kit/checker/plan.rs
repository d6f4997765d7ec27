//! Draws what happens in a run: work at the desks and at central, and what goes wrong meanwhile. Pure: a seed and a
//! length give the same plan for ever, which is how a run is played again.

use serde::{Deserialize, Serialize};

use crate::chance::Chance;

/// Desks of the office.
pub const SYMBOLS: [&str; 3] = ["A1", "B2", "C3"];
/// The desk whose disk is small enough to be filled.
pub const SMALL_DISK: usize = 2;

/// What a clerk does. Numbers choose among the letters that are there by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Registers a paper.
    Register,
    /// Corrects a title.
    Correct(u64),
    /// Cancels a number.
    Cancel(u64),
    /// Sets stage and unit.
    SetStage(u64),
    /// Scans a page for a letter.
    Attach(u64),
}

/// What goes wrong in a phase, beside the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// A desk is killed in the middle of the given piece of work.
    KillDesk {
        /// Which desk.
        desk: usize,
        /// Its place in the phase's work.
        at: usize,
        /// How long it gets, in turns of the checker's own loop.
        turns: usize,
    },
    /// Central is killed.
    KillCentral,
    /// PostgreSQL stops at once and recovers.
    RestartDatabase,
    /// A desk is cut off.
    PartDesk {
        /// Which desk.
        desk: usize,
    },
    /// All desks are cut off.
    PartAll,
    /// A desk's clock jumps.
    Clock {
        /// Which desk.
        desk: usize,
        /// Years forward or back.
        years: i16,
    },
    /// Nothing more.
    None,
    /// The small disk is full.
    DiskFull,
    /// A desk's database is put back from its copy; the mark stays.
    RestoreDesk {
        /// Which desk.
        desk: usize,
    },
    /// A desk's whole disk is put back from its copy, the mark with it.
    RestoreDisk {
        /// Which desk.
        desk: usize,
    },
    /// A desk is copied, and both go on working.
    CloneDesk {
        /// Which desk.
        desk: usize,
    },
    /// Central's database is put back from its backup, behind its back.
    RestoreCentral,
    /// The administrator puts the office back from a backup, by central's own command.
    RestoreByCommand,
}

impl Trouble {
    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::KillDesk { .. } => "desk killed",
            Self::KillCentral => "central killed",
            Self::RestartDatabase => "PostgreSQL stopped at once",
            Self::PartDesk { .. } | Self::PartAll => "cut off",
            Self::Clock { .. } => "clock off by 10 years",
            Self::None => "nothing",
            Self::DiskFull => "disk full",
            Self::RestoreDesk { .. } => "desk's database restored",
            Self::RestoreDisk { .. } => "desk's whole disk restored",
            Self::CloneDesk { .. } => "desk cloned",
            Self::RestoreCentral => "central restored behind its back",
            Self::RestoreByCommand => "central restored by its own command",
        }
    }
}

/// Some work, and one trouble in the middle of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// What each desk does.
    pub work: Vec<Vec<Work>>,
    /// Letters whose stage central sets meanwhile.
    pub office: Vec<u64>,
    /// The letter that the administrator erases meanwhile.
    pub erase: Option<u64>,
    /// Of a hundred new connections so many meet a fault, for each desk's line.
    pub rough: Vec<usize>,
    /// Desks that are cut off meanwhile, beside what else goes wrong.
    pub parted: Vec<usize>,
    /// What goes wrong.
    pub trouble: Trouble,
    /// After so many pieces of work of all desks together, where the trouble is central's.
    pub after: usize,
    /// A copy of every desk and a backup of central are kept when the phase begins.
    pub keep_copies: bool,
}

/// A whole run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its seed.
    pub seed: u64,
    /// Desks are invited and speak TLS; else plain HTTP, in which a fault meets a request and not a handshake.
    pub secure: bool,
    /// Its phases.
    pub phases: Vec<Phase>,
}

/// Which history is put back or doubled in a run: one of them at most, or real loss could hide behind another.
#[derive(Clone, Copy)]
enum History {
    None,
    RestoreDesk,
    RestoreDisk,
    CloneDesk,
    RestoreCentral,
    RestoreByCommand,
}

impl Plan {
    /// Draws a plan of so many phases.
    pub fn draw(seed: u64, phases: usize) -> Self {
        use History::{CloneDesk, None, RestoreByCommand, RestoreCentral, RestoreDesk, RestoreDisk};
        let mut chance = Chance::of(seed);
        // Every ten seeds in a row see every history, over TLS and without; the second time central is put back otherwise.
        let secure = (seed / 5).is_multiple_of(2);
        let restore = if secure { RestoreByCommand } else { RestoreCentral };
        let history =
            [restore, RestoreDesk, CloneDesk, RestoreDisk, None][usize::try_from(seed % 5).unwrap_or_default()];
        let (copied, put_back) = (phases / 4, phases * 2 / 3);
        let phases = (0..phases)
            .map(|place| {
                let mut phase = Phase::draw(&mut chance);
                phase.keep_copies = place == copied;
                // What is put back next knows nothing of this erasure.
                let erases = place + 1 == put_back || chance.percent(10);
                phase.erase = Some(chance.draw()).filter(|_| erases);
                if place == put_back && place > copied {
                    let desk = chance.below(SYMBOLS.len());
                    phase.trouble = match history {
                        None => phase.trouble,
                        RestoreDesk => Trouble::RestoreDesk { desk },
                        RestoreDisk => Trouble::RestoreDisk { desk },
                        CloneDesk => Trouble::CloneDesk { desk },
                        RestoreCentral => Trouble::RestoreCentral,
                        RestoreByCommand => Trouble::RestoreByCommand,
                    };
                }
                phase
            })
            .collect();
        Self { seed, secure, phases }
    }

    /// Whether central is put back by its own command, which needs a backup of its own.
    pub fn restores_by_command(&self) -> bool {
        self.phases.iter().any(|phase| phase.trouble == Trouble::RestoreByCommand)
    }

    /// A plan with these troubles one after the other, each with the desks that are cut off meanwhile; copies are kept
    /// when the second phase begins, and the lines are fair.
    pub fn directed(seed: u64, troubles: &[(Trouble, &[usize])]) -> Self {
        let mut chance = Chance::of(seed);
        let phases = troubles
            .iter()
            .enumerate()
            .map(|(place, (trouble, parted))| Phase {
                trouble: *trouble,
                parted: parted.to_vec(),
                rough: vec![0; SYMBOLS.len()],
                after: 0,
                keep_copies: place == 1,
                ..Phase::draw(&mut chance)
            })
            .collect();
        Self { seed, secure: false, phases }
    }
}

impl Phase {
    fn draw(chance: &mut Chance) -> Self {
        let work: Vec<Vec<Work>> =
            SYMBOLS.iter().map(|_| (0..3 + chance.below(5)).map(|_| Work::draw(chance)).collect()).collect();
        let pieces: usize = work.iter().map(Vec::len).sum();
        let desk = chance.below(SYMBOLS.len());
        let trouble = match chance.below(10) {
            0..3 => Trouble::KillDesk { desk, at: chance.below(work[desk].len()), turns: chance.below(400) },
            3 => Trouble::KillCentral,
            4 => Trouble::RestartDatabase,
            5 => Trouble::PartDesk { desk },
            6 => Trouble::PartAll,
            7 => Trouble::Clock { desk, years: if chance.percent(50) { 10 } else { -10 } },
            _ => Trouble::DiskFull,
        };
        Self {
            work,
            office: (0..chance.below(3)).map(|_| chance.draw()).collect(),
            erase: None,
            rough: SYMBOLS.iter().map(|_| *chance.one_of(&[0, 20, 60])).collect(),
            parted: if chance.percent(15) { vec![chance.below(SYMBOLS.len())] } else { Vec::new() },
            trouble,
            after: chance.below(pieces),
            keep_copies: false,
        }
    }
}

impl Work {
    fn draw(chance: &mut Chance) -> Self {
        match chance.below(100) {
            0..58 => Self::Register,
            58..72 => Self::Correct(chance.draw()),
            72..78 => Self::Cancel(chance.draw()),
            78..94 => Self::SetStage(chance.draw()),
            _ => Self::Attach(chance.draw()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_plan_and_a_few_seeds_every_trouble() {
        assert_eq!(Plan::draw(3, 8), Plan::draw(3, 8));
        let plans = (0..10).map(|seed| Plan::draw(seed, 8));
        let troubles: BTreeSet<&str> = plans.flat_map(|plan| plan.phases).map(|phase| phase.trouble.name()).collect();
        assert_eq!(troubles.len(), 11, "{troubles:?}");
    }
}
