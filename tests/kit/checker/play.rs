//! Plays a plan against the real processes, brings everything to rest, and has the evidence judged. A run that breaks an
//! invariant leaves plan, dumps and logs behind, in a folder that bears its seed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::ids::LetterId;
use serde::Serialize;
use tokio::sync::watch;

use super::{
    central::CentralProcess,
    machine::DeskMachine,
    plan::{Phase, Plan, SMALL_DISK, SYMBOLS, Trouble, Work},
    verdict::{self, Evidence, Violation},
};
use crate::{chance::Chance, private_cluster::PrivateCluster};

/// What is secretly broken in a run, to prove that the checker sees it.
#[derive(Clone, Debug, Default)]
pub struct Sabotaged {
    /// Statements on every desk's database, whenever it is opened.
    pub desks: Vec<String>,
    /// Statements on central's database, before the first desk speaks.
    pub central: Vec<&'static str>,
}

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunReport {
    /// Its seed.
    pub seed: u64,
    /// Faults injected, by kind.
    pub faults: BTreeMap<&'static str, u32>,
    /// Pieces of work.
    pub operations: u32,
    /// Letters at central, held ones included.
    pub letters: u32,
    /// Labels that came out.
    pub labels: u32,
    /// Invariants broken.
    pub violations: Vec<Violation>,
    /// Where the evidence was left, if any was.
    pub kept: Option<PathBuf>,
}

/// Rounds with central that must be enough for a desk to come to rest, once everything is well.
const ROUNDS: u32 = 20;
/// How often all desks take their turn: what one pushes the others pull.
const TURNS: usize = 4;

/// Plays a plan on a database of its own in the given cluster.
///
/// # Panics
/// When the machine cannot run it at all: no process, no port, no database.
pub async fn play(cluster: Arc<PrivateCluster>, plan: &Plan, folder: &Path, sabotaged: &Sabotaged) -> RunReport {
    let own = folder.join(plan.seed.to_string());
    let _ = fs::remove_dir_all(&own);
    fs::create_dir_all(&own).expect("a folder of the run's own");
    let mut run = Run::start(cluster, plan, &own, sabotaged).await;
    for phase in &plan.phases {
        run.phase(phase).await;
    }
    let (evidence, mut report) = run.end(plan.seed).await;
    report.violations.extend(verdict::judge(&evidence));
    if report.violations.is_empty() {
        let _ = fs::remove_dir_all(&own);
    } else {
        keep(&own, plan, &evidence, &report);
        report.kept = Some(own);
    }
    report
}

fn keep(folder: &Path, plan: &Plan, evidence: &Evidence, report: &RunReport) {
    let write = |name: &str, text: serde_json::Result<String>| {
        fs::write(folder.join(name), text.expect("a JSON form")).expect("the evidence is kept");
    };
    write("plan.json", serde_json::to_string_pretty(plan));
    write("evidence.json", serde_json::to_string_pretty(evidence));
    write("report.json", serde_json::to_string_pretty(report));
}

struct Run {
    folder: PathBuf,
    central: CentralProcess,
    machines: Vec<DeskMachine>,
    /// Central is put back by its own command.
    by_command: bool,
    faults: BTreeMap<&'static str, u32>,
    operations: u32,
    violations: Vec<Violation>,
}

impl Run {
    async fn start(cluster: Arc<PrivateCluster>, plan: &Plan, folder: &Path, sabotaged: &Sabotaged) -> Self {
        let central = CentralProcess::start(cluster, &format!("checker_{}", plan.seed), folder, plan.secure).await;
        central.sabotage(&sabotaged.central).await;
        let mut chance = Chance::of(!plan.seed);
        let mut machines = Vec::new();
        for (place, symbol) in SYMBOLS.into_iter().enumerate() {
            let (chance, small) = (chance.branch(), place == SMALL_DISK);
            let mut machine =
                DeskMachine::start(symbol, folder, &central, chance, small, sabotaged.desks.clone()).await;
            // A desk's first day is its clock's: the office opens before anything goes wrong.
            machine.work(&[Work::Register], None, || ()).await;
            machines.push(machine);
        }
        Self {
            folder: folder.to_owned(),
            central,
            machines,
            by_command: plan.restores_by_command(),
            faults: BTreeMap::new(),
            operations: 0,
            violations: Vec::new(),
        }
    }

    async fn phase(&mut self, phase: &Phase) {
        if phase.keep_copies {
            if self.by_command {
                self.central.back_up_by_command().await;
            } else {
                self.central.back_up().await;
            }
            for machine in &mut self.machines {
                machine.keep_copy().await;
            }
        }
        for (place, machine) in self.machines.iter().enumerate() {
            machine.line.heal();
            machine.line.rough(phase.rough[place % phase.rough.len()]);
        }
        for desk in &phase.parted {
            self.machines[*desk].line.part();
        }
        self.begin(phase.trouble).await;
        self.work(phase).await;
        for machine in &self.machines {
            machine.make_room();
        }
    }

    /// What goes wrong before the work begins.
    async fn begin(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::PartDesk { desk } => self.machines[desk].line.part(),
            Trouble::PartAll => self.machines.iter().for_each(|machine| machine.line.part()),
            Trouble::Clock { desk, years } => self.machines[desk].set_clock(years).await,
            Trouble::DiskFull => match &self.machines[SMALL_DISK].disk {
                Some(disk) => disk.fill(),
                None => return,
            },
            Trouble::RestoreDesk { desk } => self.machines[desk].put_back(false, &self.central).await,
            Trouble::RestoreDisk { desk } => self.machines[desk].put_back(true, &self.central).await,
            Trouble::CloneDesk { desk } => {
                let clone = self.machines[desk].clone_to(&self.folder, &self.central).await;
                self.machines.push(clone);
            }
            Trouble::None => return,
            Trouble::KillDesk { .. }
            | Trouble::KillCentral
            | Trouble::RestartDatabase
            | Trouble::RestoreCentral
            | Trouble::RestoreByCommand => {}
        }
        *self.faults.entry(trouble.name()).or_default() += 1;
    }

    /// Everybody works at once; what goes wrong with central does so in the middle of it.
    async fn work(&mut self, phase: &Phase) {
        let done = watch::Sender::new(0);
        let letters: Vec<LetterId> = self.machines.iter().flat_map(DeskMachine::letters).collect();
        let central = &mut self.central;
        let desks = self.machines.iter_mut().enumerate().map(|(place, machine)| {
            let kill = match phase.trouble {
                Trouble::KillDesk { desk, at, turns } if desk == place => Some((at, turns)),
                _ => None,
            };
            let done = &done;
            // A clone does the work of the desk that it was copied from.
            let work = &phase.work[place % phase.work.len()];
            async move { machine.work(work, kill, || done.send_modify(|done| *done += 1)).await }
        });
        let office = async {
            for draw in &phase.office {
                set_stage(central, &letters, *draw).await;
            }
            let erased = match phase.erase {
                Some(draw) => central.erase(draw).await,
                None => false,
            };
            let mut progress = done.subscribe();
            let _ = progress.wait_for(|done| *done >= phase.after).await;
            match phase.trouble {
                Trouble::KillCentral => {
                    central.kill().await;
                    central.run().await;
                }
                Trouble::RestartDatabase => central.restart_database().await,
                Trouble::RestoreCentral => central.restore().await,
                Trouble::RestoreByCommand => central.restore_by_command().await,
                _ => {}
            }
            erased
        };
        let (_, erased) = tokio::join!(futures::future::join_all(desks), office);
        if erased {
            *self.faults.entry("letter erased").or_default() += 1;
        }
        self.operations += u32::try_from(phase.office.len()).unwrap_or_default();
    }

    /// Brings everything to rest and gathers the evidence.
    async fn end(mut self, seed: u64) -> (Evidence, RunReport) {
        for machine in &mut self.machines {
            machine.tidy_up().await;
        }
        for _ in 0..TURNS {
            let mut heads = Vec::new();
            for machine in &mut self.machines {
                heads.push(machine.settle(ROUNDS).await);
            }
            let head = self.central.head().await;
            if heads.iter().all(|read| *read == Some(head)) {
                break;
            }
        }
        let central = self.central.dump().await;
        let erased = self.search_for_erased().await;
        let mut machines = Vec::new();
        for machine in &mut self.machines {
            for (fault, times) in machine.line.injected() {
                *self.faults.entry(fault).or_default() += times;
            }
            self.operations += machine.asked;
            match machine.evidence().await {
                Some(evidence) => machines.push(evidence),
                None => self.violations.push(Violation {
                    invariant: "I12".to_owned(),
                    found: format!("{}: it cannot be asked any more: {:?}", machine.name, machine.trouble()),
                }),
            }
        }
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let report = RunReport {
            seed,
            faults: self.faults,
            operations: self.operations,
            letters: count(central.ops.iter().filter(|op| op.op.kind == "letter_registered").count()),
            labels: count(machines.iter().map(|machine| machine.printed.len()).sum()),
            violations: self.violations,
            kept: None,
        };
        (Evidence { central, machines, erased }, report)
    }

    /// Where anything that was typed of an erased letter still stands.
    async fn search_for_erased(&mut self) -> BTreeMap<LetterId, Vec<String>> {
        let mut found = BTreeMap::new();
        for letter in self.central.erased().await {
            let mut words: Vec<String> = self.machines.iter().flat_map(|machine| machine.typed(&[letter])).collect();
            words.sort();
            words.dedup();
            let mut places: Vec<String> =
                self.central.search(&words).await.into_iter().map(|place| format!("central: {place}")).collect();
            for machine in &mut self.machines {
                let at = machine.search(&words).await;
                places.extend(at.into_iter().map(|place| format!("{}: {place}", machine.name)));
            }
            found.insert(letter, places);
        }
        found
    }
}

async fn set_stage(central: &CentralProcess, letters: &[LetterId], draw: u64) {
    let stage = ["handed-to-unit", "in-progress", "closed"][usize::try_from(draw % 3).unwrap_or_default()];
    if let Some(letter) = letters.get(usize::try_from(draw % letters.len().max(1) as u64).unwrap_or_default()) {
        // A letter that central does not know yet is none for the secretary either.
        central.command(&["letter", "set-stage", &letter.to_string(), stage, "--unit", "Referat"]).await;
    }
}
