//! Proof of the checker: a rule is broken behind the program's back, and some invariant must turn red.
//!
//! No program has a switch for it: a sabotage is a statement in the desk's or central's own database (a trigger that
//! drops, forgets or repeats something), so that the code under test is the code that is shipped. What only the protocol's
//! core can show is proved by the simulator; `docs/testing.md` lists both.

use std::{path::Path, sync::Arc};

use super::{
    plan::{Plan, Trouble},
    play::{Sabotaged, play},
    power,
    verdict::Violation,
};
use crate::private_cluster::PrivateCluster;

/// Troubles one after the other, each with the desks that are cut off meanwhile.
type Troubles = &'static [(Trouble, &'static [usize])];

/// Where it shows.
enum Scene {
    /// In a run.
    Run { troubles: Troubles, desks: &'static [&'static str], central: &'static [&'static str] },
    /// In a power cut at the desk.
    CutAtTheDesk(&'static [&'static str]),
    /// In a power cut at central's database.
    CutAtCentral(&'static [&'static str]),
}

/// One broken rule.
pub struct Sabotage {
    /// Its name.
    pub name: &'static str,
    /// Invariants of which at least one must turn red.
    pub red: &'static [&'static str],
    scene: Scene,
}

/// What became of a sabotage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// An invariant turned red: which, and what it said first.
    Red(String),
    /// The checker saw nothing, or something else: it proves nothing about this rule.
    Missed(Vec<String>),
    /// This machine cannot set the scene.
    Skipped,
}

const QUIET: Troubles = &[(Trouble::None, &[]), (Trouble::None, &[])];

/// All that real processes can show.
pub const ALL: [Sabotage; 12] = [
    Sabotage {
        name: "the desk skips the fsync",
        red: &["I12"],
        scene: Scene::CutAtTheDesk(&["PRAGMA synchronous = OFF"]),
    },
    Sabotage {
        name: "central acknowledges before its commit is on the disk",
        red: &["I3"],
        scene: Scene::CutAtCentral(&[
            "ALTER SYSTEM SET synchronous_commit = off",
            "ALTER SYSTEM SET wal_writer_delay = '10s'",
            "SELECT pg_reload_conf()",
        ]),
    },
    Sabotage {
        name: "central acknowledges an operation and does not keep it",
        red: &["I3"],
        scene: Scene::Run {
            troubles: QUIET,
            desks: &[],
            central: &[
                "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN IF NEW.seq % 4 = 0 THEN RETURN NULL; END IF; RETURN NEW; END'",
                "CREATE TRIGGER forget BEFORE INSERT ON operation FOR EACH ROW EXECUTE FUNCTION forget()",
            ],
        },
    },
    Sabotage {
        name: "the cursor moves before the data: a change is missing where it passed",
        red: &["I4", "I5"],
        scene: Scene::Run {
            troubles: QUIET,
            desks: &[],
            central: &[
                "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN IF NEW.n % 5 = 0 THEN RETURN NULL; END IF; RETURN NEW; END'",
                "CREATE TRIGGER forget BEFORE INSERT ON change FOR EACH ROW EXECUTE FUNCTION forget()",
            ],
        },
    },
    Sabotage {
        // What hellos remember finds a restored central as well: either rule alone would be covered by the other.
        name: "a differing digest is ignored and hello's memory, too: all digests are the same, and no epoch begins",
        red: &["I4"],
        scene: Scene::Run {
            troubles: &[
                (Trouble::None, &[]),
                (Trouble::None, &[]),
                (Trouble::RestoreCentral, &[1]),
                (Trouble::None, &[1]),
                (Trouble::None, &[1]),
                (Trouble::None, &[1]),
            ],
            desks: &[],
            central: &[
                "CREATE FUNCTION one_digest() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN NEW.digest := decode(repeat(''01'', 32), ''hex''); RETURN NEW; END'",
                "CREATE TRIGGER one_digest BEFORE INSERT ON change FOR EACH ROW EXECUTE FUNCTION one_digest()",
                "CREATE FUNCTION one_epoch() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN NEW.epoch := OLD.epoch; RETURN NEW; END'",
                "CREATE TRIGGER one_epoch BEFORE UPDATE ON office_state FOR EACH ROW EXECUTE FUNCTION one_epoch()",
            ],
        },
    },
    Sabotage {
        name: "the start check is skipped: nothing locks the numbers",
        red: &["I8"],
        scene: Scene::Run {
            troubles: &[
                (Trouble::None, &[]),
                (Trouble::None, &[]),
                (Trouble::None, &[]),
                (Trouble::RestoreDesk { desk: 0 }, &[0]),
            ],
            desks: &[
                "UPDATE desk_state SET locked = 0",
                "CREATE TRIGGER IF NOT EXISTS never_lock AFTER UPDATE OF locked ON desk_state WHEN NEW.locked = 1
                 BEGIN UPDATE desk_state SET locked = 0; END",
            ],
            central: &[],
        },
    },
    Sabotage {
        name: "hello's word is ignored: a clone goes on taking numbers",
        red: &["I8"],
        scene: Scene::Run {
            troubles: &[(Trouble::None, &[]), (Trouble::CloneDesk { desk: 0 }, &[]), (Trouble::None, &[])],
            desks: &["CREATE TRIGGER IF NOT EXISTS never_lock AFTER UPDATE OF locked ON desk_state WHEN NEW.locked = 1
                 BEGIN UPDATE desk_state SET locked = 0; END"],
            central: &[],
        },
    },
    Sabotage {
        name: "a label that came out is queued again at the start",
        red: &["I16"],
        scene: Scene::Run {
            troubles: &[(Trouble::None, &[]), (Trouble::KillDesk { desk: 0, at: 1, turns: 50 }, &[])],
            desks: &[r#"UPDATE label_job SET state = 'queued', body = '{"state":"queued"}' WHERE state = 'confirmed'"#],
            central: &[],
        },
    },
    Sabotage {
        name: "a letter takes two numbers",
        red: &["I2"],
        scene: Scene::Run {
            troubles: QUIET,
            desks: &["CREATE TRIGGER IF NOT EXISTS burn AFTER INSERT ON letter
                 BEGIN UPDATE series SET last = last + 1; END"],
            central: &[],
        },
    },
    Sabotage {
        name: "the office day follows the clock at every start",
        red: &["I7"],
        scene: Scene::Run {
            troubles: &[
                (Trouble::Clock { desk: 0, years: 10 }, &[]),
                (Trouble::KillDesk { desk: 0, at: 0, turns: 50 }, &[]),
                (Trouble::None, &[]),
            ],
            desks: &["UPDATE desk_state SET office_day = NULL, day_for_clock = NULL"],
            central: &[],
        },
    },
    Sabotage {
        name: "central says stored before the bytes are there",
        red: &["I10"],
        scene: Scene::Run {
            troubles: &[(Trouble::None, &[]), (Trouble::None, &[]), (Trouble::None, &[]), (Trouble::None, &[])],
            desks: &[],
            central: &[
                "CREATE FUNCTION believe() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN NEW.stored_at := now(); RETURN NEW; END'",
                "CREATE TRIGGER believe BEFORE INSERT ON scan FOR EACH ROW EXECUTE FUNCTION believe()",
            ],
        },
    },
    Sabotage {
        name: "a desk keeps in its log what was erased",
        red: &["I15"],
        scene: Scene::Run {
            troubles: QUIET,
            desks: &["CREATE TRIGGER IF NOT EXISTS keep BEFORE UPDATE OF body ON op BEGIN SELECT RAISE(IGNORE); END"],
            central: &[],
        },
    },
];

impl Sabotage {
    /// Commits it, and says whether the checker noticed. The same scene is played honestly first: what is red without a
    /// sabotage proves nothing about it.
    ///
    /// # Panics
    /// When the scene cannot be set though the machine could.
    pub async fn commit(&self, cluster: &Arc<PrivateCluster>, folder: &Path, seed: u64) -> Noticed {
        let Some(honest) = self.play(cluster, folder, seed, false).await else { return Noticed::Skipped };
        if !honest.is_empty() {
            return Noticed::Missed(honest.iter().map(|violation| format!("honestly, too: {violation}")).collect());
        }
        let Some(violations) = self.play(cluster, folder, seed + 1, true).await else { return Noticed::Skipped };
        let meant = violations.iter().find(|violation| self.red.contains(&violation.invariant.as_str()));
        match meant {
            Some(violation) => Noticed::Red(violation.to_string()),
            None => Noticed::Missed(violations.iter().map(ToString::to_string).collect()),
        }
    }

    async fn play(
        &self,
        cluster: &Arc<PrivateCluster>,
        folder: &Path,
        seed: u64,
        sabotaged: bool,
    ) -> Option<Vec<Violation>> {
        let of = |statements: &'static [&'static str]| if sabotaged { statements } else { &[] };
        let owned = |statements| of(statements).iter().map(|statement| (*statement).to_owned()).collect();
        match &self.scene {
            Scene::Run { troubles, desks, central } => {
                // The plan is the same for both; only the folder and the database are a seed's own.
                let mut plan = Plan { seed, ..Plan::directed(SCENES, troubles) };
                if let Some(last) = plan.phases.last_mut().filter(|_| self.red.contains(&"I15")) {
                    last.erase = Some(0);
                }
                let sabotaged = Sabotaged { desks: owned(desks), central: of(central).to_vec() };
                Some(play(Arc::clone(cluster), &plan, folder, &sabotaged).await.violations)
            }
            Scene::CutAtTheDesk(statements) => power::cut_at_the_desk(folder, owned(statements)).await,
            Scene::CutAtCentral(statements) => power::cut_at_central(folder, of(statements)).await,
        }
    }
}

/// What the scenes' work is drawn from.
const SCENES: u64 = 1_000_000;
