//! The scheduler: one queue of events in virtual time, a network with its faults, and what people and bad luck do.
//!
//! Everything that a program does between two commits is one event, so that a crash falls between any two of them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    calendar,
    ids::{DeviceId, LetterId, OpId, ScanId},
    marks::Teryt,
    register::{PointSymbol, RegisterNumber},
    stage::Stage,
};
use jiff::{Timestamp, ToSpan, civil::Date};
use wire::{
    core::engine::{Reaction, Step, Trouble},
    v1::{Cursor, LogOf, OpBody, Operation, Refusal, Tip, UnitChange},
};

use super::{
    Counts, Sabotage, Violation,
    central::{Answer, Central, Progress, Reply, Request},
    check,
    luck::Luck,
    machine::{Label, Machine},
    plan::{Act, Entry, LENGTH},
};

const DESKS: u128 = 3;
/// Two processes of central on one database.
const PROCESSES: usize = 2;
const PATIENCE: u64 = 8_000;
/// How long quiet may take after the last fault: longer means that something never arrives.
const QUIET: u64 = 1_200_000;
/// In this time every desk says hello once more than it must.
const HELLO_AGAIN: u64 = 340_000;
/// Glances for a moment in which no desk waits for an answer.
const GLANCES: u32 = 200;
/// No honest world has more.
const EVENTS_MAX: u64 = 400_000;

enum Event {
    Plan(Entry),
    /// The synchronising worker does its next step.
    Step {
        machine: usize,
        incarnation: u32,
    },
    /// The label worker does its next step.
    Print {
        machine: usize,
        incarnation: u32,
        letter: Option<LetterId>,
        stage: u8,
    },
    /// The clerk looks at what the screen asks.
    Look {
        machine: usize,
    },
    Arrive {
        process: usize,
        from: (usize, u64),
        request: Request,
    },
    Transaction(u64),
    Answered {
        from: (usize, u64),
        reply: Reply,
    },
    TimedOut {
        from: (usize, u64),
    },
    Boot(usize),
    BootCentral(usize),
    WritePage {
        machine: usize,
        incarnation: u32,
    },
    Flush {
        machine: usize,
        incarnation: u32,
    },
    /// The world looks whether all is quiet.
    Quiet,
}

struct Waiting {
    request: u64,
    step: Step,
    /// Where the batch ended, or which scan.
    sent: u64,
    scan: Option<ScanId>,
}

/// A label on paper.
pub(super) struct Paper {
    pub(super) device: DeviceId,
    pub(super) letter: LetterId,
    pub(super) number: RegisterNumber,
}

/// What the world does to one machine beside running it.
#[derive(Default)]
struct Fate {
    waiting: Option<Waiting>,
    tried: BTreeSet<ScanId>,
    crash_after: Option<(u64, bool)>,
    away_until: u64,
    poison: Option<u32>,
}

pub(super) struct World {
    now: u64,
    order: u64,
    events: u64,
    queue: BTreeMap<(u64, u64), Event>,
    luck: Luck,
    fates: Vec<Fate>,
    process_up: [bool; PROCESSES],
    process_crash: [Option<u64>; PROCESSES],
    days: i64,
    requests: u64,
    faults_end: bool,
    glances: u32,
    quiet_seen: u8,
    counts: Counts,
    sabotage: Option<Sabotage>,
    central_backups: Vec<super::central::Database>,
    pub(super) machines: Vec<Machine>,
    pub(super) central: Central,
    pub(super) papers: Vec<Paper>,
    /// Operations that a restored desk has lost, with the letters they registered.
    pub(super) destroyed: BTreeSet<[u8; 32]>,
    pub(super) destroyed_letters: BTreeMap<LetterId, [u8; 32]>,
    /// Letters on paper of which not even a mark knows any more.
    pub(super) forgotten: BTreeSet<LetterId>,
    /// Letters whose label waits on a disk that went back as a whole, though it had left.
    pub(super) unknowable_labels: BTreeSet<LetterId>,
    /// The operations that registered a letter, by their hashes: what an erased one said cannot be read any more.
    pub(super) registrations: BTreeMap<[u8; 32], LetterId>,
    pub(super) cloned: BTreeSet<DeviceId>,
    pub(super) central_was_restored: bool,
    violation: Option<Violation>,
}

impl World {
    pub(super) fn new(luck: Luck, plan: Vec<Entry>, sabotage: Option<Sabotage>) -> Self {
        let office = Teryt::try_from("2404082".to_owned()).expect("a TERYT code");
        let mut world = Self {
            now: 0,
            order: 0,
            events: 0,
            queue: BTreeMap::new(),
            luck,
            fates: Vec::new(),
            process_up: [true; PROCESSES],
            process_crash: [None; PROCESSES],
            days: 0,
            requests: 0,
            faults_end: false,
            glances: 0,
            quiet_seen: 0,
            counts: Counts { seeds: 1, ..Counts::default() },
            sabotage,
            central_backups: Vec::new(),
            machines: Vec::new(),
            central: Central::new(office.clone(), sabotage),
            papers: Vec::new(),
            destroyed: BTreeSet::new(),
            destroyed_letters: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            unknowable_labels: BTreeSet::new(),
            registrations: BTreeMap::new(),
            cloned: BTreeSet::new(),
            central_was_restored: false,
            violation: None,
        };
        let today = world.right_day();
        for n in 1..=DESKS {
            let log_of = LogOf { office: office.clone(), device: DeviceId(uuid::Uuid::from_u128(n)) };
            let symbol = PointSymbol::try_from(format!("K{n}")).expect("a symbol");
            world.add_machine(Machine::new(log_of, symbol, today, sabotage));
        }
        for entry in plan {
            world.at(entry.at, Event::Plan(entry));
        }
        world.at(LENGTH, Event::Quiet);
        world
    }

    /// Plays the world to its end.
    pub(super) fn run(mut self) -> Result<Counts, Violation> {
        while let Some(((at, _), event)) = self.queue.pop_first() {
            self.now = at;
            self.events += 1;
            if self.events > EVENTS_MAX {
                return Err(Violation { invariant: "I6", what: "the world comes to no end".to_owned() });
            }
            let ended = self.happens(event);
            if let Some(violation) = self.violation.take() {
                return Err(violation);
            }
            if ended {
                break;
            }
        }
        check::everything(&self)?;
        self.counts.operations = self.machines.iter().map(|machine| machine.disk.db.log.len() as u64).sum();
        self.counts.papers = self.papers.len() as u64;
        self.counts.changes = self.central.db.head();
        self.counts.erased = self.central.deeds.len() as u64;
        Ok(self.counts)
    }

    fn add_machine(&mut self, machine: Machine) {
        let place = self.machines.len();
        self.machines.push(machine);
        self.fates.push(Fate::default());
        self.after(1, 200, Event::Boot(place));
        self.after(500, 4_000, Event::Look { machine: place });
    }

    fn at(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.queue.insert((at, self.order), event);
    }

    fn after(&mut self, least: u64, most: u64, event: Event) {
        let wait = least + self.luck.below(most - least + 1);
        self.at(self.now + wait, event);
    }

    fn step_soon(&mut self, machine: usize, least: u64, most: u64) {
        let incarnation = self.machines[machine].incarnation;
        self.after(least, most, Event::Step { machine, incarnation });
    }

    fn print_soon(&mut self, machine: usize, letter: Option<LetterId>, stage: u8) {
        let incarnation = self.machines[machine].incarnation;
        let most = if self.sabotage == Some(Sabotage::MarkAfterLabel) && stage == 2 { 15_000 } else { 60 };
        self.after(5, most, Event::Print { machine, incarnation, letter, stage });
    }

    fn moment(&self) -> Timestamp {
        let start: Timestamp = "2026-12-28T08:00:00Z".parse().expect("a moment");
        start + (self.days * 24).hours() + i64::try_from(self.now).unwrap_or_default().milliseconds()
    }

    fn right_day(&self) -> Date {
        calendar::civil_day(self.moment())
    }

    fn clock(&self, machine: usize) -> Timestamp {
        self.moment() + (self.machines[machine].clock_wrong * 24).hours()
    }

    fn violate(&mut self, invariant: &'static str, what: String) {
        self.violation.get_or_insert(Violation { invariant, what });
    }

    /// Counts a fault, unless faults are over. Says whether it happens.
    fn mishap(&mut self, percent: usize) -> bool {
        let happens = !self.faults_end && self.luck.percent(percent);
        self.counts.faults += u64::from(happens);
        happens
    }

    // A machine may die between any two of its events.
    fn lives(&mut self, machine: usize, incarnation: u32) -> bool {
        if !self.machines[machine].up || self.machines[machine].incarnation != incarnation {
            return false;
        }
        match self.fates[machine].crash_after {
            Some((0, power)) => {
                self.fates[machine].crash_after = None;
                self.crash(machine, power);
                false
            }
            Some((left, power)) => {
                self.fates[machine].crash_after = Some((left - 1, power));
                true
            }
            None => true,
        }
    }

    fn crash(&mut self, machine: usize, power: bool) {
        self.machines[machine].crash(power);
        self.fates[machine].waiting = None;
        self.after(500, 5_000, Event::Boot(machine));
    }

    fn writes(&mut self, machine: usize) {
        self.machines[machine].unflushed();
        if self.sabotage == Some(Sabotage::SkipFsync) {
            let incarnation = self.machines[machine].incarnation;
            self.after(500, 3_000, Event::Flush { machine, incarnation });
        }
    }

    fn happens(&mut self, event: Event) -> bool {
        match event {
            Event::Plan(entry) => self.plan(&entry),
            Event::Step { machine, incarnation } => {
                if self.lives(machine, incarnation) && self.fates[machine].waiting.is_none() {
                    self.step(machine);
                }
            }
            Event::Print { machine, incarnation, letter, stage } => {
                if self.lives(machine, incarnation) {
                    self.print(machine, letter, stage);
                }
            }
            Event::Look { machine } => self.look(machine),
            Event::Arrive { process, from, request } => self.arrive(process, from, request),
            Event::Transaction(id) => self.transaction(id),
            Event::Answered { from, reply } => self.answered(from, reply),
            Event::TimedOut { from: (machine, request) } => {
                if let Some(waiting) = self.fates[machine].waiting.take_if(|waiting| waiting.request == request) {
                    self.troubled(machine, &waiting, Trouble::Unreachable("no answer in time"));
                }
            }
            Event::Boot(machine) => {
                if !self.machines[machine].up {
                    self.machines[machine].boot();
                    self.step_soon(machine, 1, 2_000);
                    self.print_soon(machine, None, 0);
                }
            }
            Event::BootCentral(process) => {
                if !self.process_up[process] {
                    self.central.replay();
                    self.process_up[process] = true;
                }
            }
            Event::WritePage { machine, incarnation } => {
                if self.lives(machine, incarnation) {
                    self.machines[machine].write_page();
                }
            }
            Event::Flush { machine, incarnation } => {
                if self.machines[machine].incarnation == incarnation {
                    self.machines[machine].flushed = None;
                }
            }
            Event::Quiet => return self.quiet(),
        }
        false
    }

    // The synchronising worker.

    fn step(&mut self, machine: usize) {
        let at = &mut self.machines[machine];
        if !at.in_round {
            at.in_round = true;
            at.engine.begin_round();
            self.fates[machine].tried.clear();
        }
        let stand = at.stand();
        let step = at.engine.next(&stand);
        let (mut sent, mut wanted) = (0, None);
        let request = match step {
            Step::Hello => Request::Hello {
                device: at.device(),
                symbol: at.symbol.clone(),
                last: at.tip(),
                remembered: at.remembered(),
            },
            Step::Push { after } => {
                let ops: Vec<Operation> = at.batch_after(after);
                sent = ops.last().map_or(after, |operation| operation.seq);
                Request::Push { token: at.token, ops: ops.into() }
            }
            Step::Pull { cursor } => Request::Pull { token: at.token, cursor },
            Step::Upload => {
                let tried = &self.fates[machine].tried;
                let Some(scan) = at.uploads().find(|scan| !tried.contains(scan)) else {
                    at.engine.uploaded();
                    return self.step_soon(machine, 1, 1);
                };
                wanted = Some(scan);
                Request::Upload { token: at.token, scan }
            }
            Step::Rest => {
                at.failures = 0;
                at.in_round = false;
                at.engine.end_round();
                return self.step_soon(machine, 3_750, 5_000);
            }
        };
        self.requests += 1;
        let from = (machine, self.requests);
        self.fates[machine].waiting = Some(Waiting { request: self.requests, step, sent, scan: wanted });
        self.at(self.now + PATIENCE, Event::TimedOut { from });
        let gone = self.now < self.fates[machine].away_until;
        if gone || self.mishap(4) {
            return;
        }
        if self.mishap(3) {
            // A proxy sends it twice; the second may come when the answer has long been read.
            let process = self.luck.place(PROCESSES);
            self.after(1, 12_000, Event::Arrive { process, from, request: request.clone() });
        }
        let late = if self.mishap(5) { 4_000 } else { 40 };
        let process = self.luck.place(PROCESSES);
        self.after(1, late, Event::Arrive { process, from, request });
    }

    fn arrive(&mut self, process: usize, from: (usize, u64), request: Request) {
        if self.process_up[process] {
            let id = self.central.begin(process, from, request);
            self.after(0, 10, Event::Transaction(id));
        } else {
            self.after(1, 20, Event::TimedOut { from });
        }
    }

    fn transaction(&mut self, id: u64) {
        let Some(open) = self.central.transactions.get(&id) else { return };
        let (process, from) = (open.process, open.reply_to);
        match &mut self.process_crash[process] {
            Some(0) => {
                self.process_crash[process] = None;
                self.process_up[process] = false;
                self.central.crash(process);
                self.after(500, 5_000, Event::BootCentral(process));
                return;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        match self.central.step(id) {
            Progress::GoOn => self.after(0, 12, Event::Transaction(id)),
            Progress::Early(reply) => {
                self.reply(from, reply);
                self.after(20, 400, Event::Transaction(id));
            }
            Progress::Done(Some(reply)) => self.reply(from, reply),
            Progress::Done(None) => {}
        }
    }

    fn reply(&mut self, from: Option<(usize, u64)>, reply: Reply) {
        let Some(from) = from else { return };
        let gone = self.now < self.fates[from.0].away_until;
        if gone || self.mishap(4) {
            return;
        }
        let late = if self.mishap(5) { 10_000 } else { 40 };
        self.after(1, late, Event::Answered { from, reply });
    }

    fn answered(&mut self, (machine, request): (usize, u64), reply: Reply) {
        let incarnation = self.machines[machine].incarnation;
        if !self.lives(machine, incarnation) {
            return;
        }
        let Some(waiting) = self.fates[machine].waiting.take_if(|waiting| waiting.request == request) else { return };
        self.writes(machine);
        let at = &mut self.machines[machine];
        let done = match reply {
            Ok(Answer::Hello(token, answer)) => {
                at.greeted(token, answer);
                Ok(false)
            }
            Ok(Answer::Push(answer)) => {
                let done = at.pushed(waiting.sent, &answer).map(|()| false);
                let (device, acknowledged) = (at.device(), at.acknowledged());
                if !self.central_was_restored
                    && !self.central.db.has(device, &acknowledged)
                    && acknowledged != Tip::START
                {
                    self.violate("I1", format!("operation {} is acknowledged and not at central", acknowledged.seq));
                }
                done
            }
            Ok(Answer::Pull(answer)) => match waiting.step {
                Step::Pull { cursor } => at.pulled(cursor, answer),
                Step::Hello | Step::Push { .. } | Step::Upload | Step::Rest => Ok(false),
            },
            Ok(Answer::Stored) => {
                at.uploaded(waiting.scan);
                Ok(false)
            }
            Err(Refusal::NotFound) if waiting.step == Step::Upload => {
                self.fates[machine].tried.extend(waiting.scan);
                Ok(false)
            }
            Err(refusal) => Err(refusal.into()),
        };
        if self.machines[machine].unwritten.is_some() {
            self.after(1, 500, Event::WritePage { machine, incarnation });
        }
        match done {
            Ok(passed) => {
                if passed {
                    self.violate("I5", format!("the cursor of machine {machine} passed a change that it has not seen"));
                }
                self.step_soon(machine, 1, 20);
            }
            Err(trouble) => self.troubled(machine, &waiting, trouble),
        }
    }

    fn troubled(&mut self, machine: usize, waiting: &Waiting, trouble: Trouble) {
        let at = &mut self.machines[machine];
        if !at.up {
            return;
        }
        match at.engine.troubled(waiting.step, trouble) {
            Reaction::GoOn => self.step_soon(machine, 1, 20),
            Reaction::GiveUp => {
                at.engine.end_round();
                at.in_round = false;
                at.failures = (at.failures + 1).min(4);
                let pause = 1_000 << at.failures;
                self.step_soon(machine, pause * 3 / 4, pause);
            }
        }
    }

    // The label worker and the clerk.

    fn print(&mut self, machine: usize, letter: Option<LetterId>, stage: u8) {
        let mark_first = self.sabotage != Some(Sabotage::MarkAfterLabel);
        let at = &mut self.machines[machine];
        match (stage, letter) {
            (0, _) => {
                let Some(letter) = at.label_that_waits() else { return };
                at.begin_sending(letter, mark_first);
                self.print_soon(machine, Some(letter), 1);
            }
            (1, Some(letter)) => {
                let number = at.disk.db.letters[&letter].number.clone();
                let device = at.device();
                self.papers.push(Paper { device, letter, number });
                self.print_soon(machine, Some(letter), 2);
            }
            (_, Some(letter)) => {
                if !mark_first {
                    at.write_mark();
                }
                at.disk.db.labels.insert(letter, Label::Printed);
                self.print_soon(machine, None, 0);
            }
            (_, None) => {}
        }
    }

    fn look(&mut self, machine: usize) {
        if self.machines[machine].up {
            let on_paper: BTreeSet<LetterId> = self.papers.iter().map(|paper| paper.letter).collect();
            let now = self.clock(machine);
            let at = &mut self.machines[machine];
            let again = at.settle_uncertain(&on_paper);
            if let Some(year) = at.office_year() {
                let found = |paper: &&Paper| paper.number.symbol == at.symbol && paper.number.year == year;
                let highest = self.papers.iter().filter(found).map(|paper| paper.number.n).max().unwrap_or_default();
                // Its own luck: whether numbers are lost changes nothing of what else happens.
                let mut luck = Luck::new(now.as_second().unsigned_abs() ^ machine as u64);
                at.name_highest(&mut luck, now, year, highest);
            }
            if again {
                self.print_soon(machine, None, 0);
            }
        }
        self.after(2_000, 6_000, Event::Look { machine });
    }

    fn plan(&mut self, entry: &Entry) {
        let mut luck = Luck::new(entry.seed);
        let machine = entry.machine % self.machines.len();
        let (clock, right_day) = (self.clock(machine), self.right_day());
        let up = self.machines[machine].up;
        let tip_before = self.machines[machine].tip();
        match entry.act {
            Act::Register => {
                if up {
                    self.writes(machine);
                    let done = self.machines[machine].register(&mut luck, clock, right_day);
                    if let Some(letter) = done {
                        self.registered(machine, letter, right_day);
                    }
                }
            }
            Act::Change(deed) => {
                if up {
                    self.writes(machine);
                    self.machines[machine].change(&mut luck, deed, clock);
                }
            }
            Act::CentralSetsStage => self.central_sets_stage(&mut luck),
            Act::Erase => self.erases(&mut luck),
            Act::CrashDesk { power, after } => {
                if up {
                    self.counts.faults += 1;
                    self.fates[machine].crash_after = Some((after, power));
                }
            }
            Act::Partition { millis } => {
                self.counts.faults += 1;
                self.fates[machine].away_until = self.now + millis;
            }
            Act::BackUpDesk => {
                let disk = self.machines[machine].disk.clone();
                self.machines[machine].backups.push(disk);
            }
            Act::RestoreDatabase => self.restore(machine, false),
            Act::RestoreDisk => self.restore(machine, true),
            Act::CloneDesk => {
                if self.machines.len() < 5 {
                    self.counts.faults += 1;
                    self.cloned.insert(self.machines[machine].device());
                    let clone = self.machines[machine].cloned();
                    self.add_machine(clone);
                }
            }
            Act::Clock { days } => {
                self.counts.faults += 1;
                self.machines[machine].clock_wrong = days;
            }
            Act::Days { days } => self.days += days,
            Act::CrashCentral { after } => {
                self.counts.faults += 1;
                self.process_crash[luck.place(PROCESSES)] = Some(after);
            }
            Act::BackUpCentral => self.central_backups.push(self.central.db.clone()),
            Act::RestoreCentral => {
                if let Some(backup) = self.central_backups.last().cloned() {
                    self.counts.faults += 1;
                    self.central_was_restored = true;
                    self.central.restore(backup);
                }
            }
            Act::ForgetTokens => {
                self.counts.faults += 1;
                self.central.db.forget_tokens();
            }
            Act::Poison { times } => {
                self.counts.faults += 1;
                self.fates[machine].poison = Some(times);
            }
            Act::Revoke => {
                self.counts.faults += 1;
                let device = self.machines[machine].device();
                if self.central.db.devices.contains_key(&device) {
                    self.central.revoke(device);
                }
            }
        }
        let at = &self.machines[machine];
        if let Some(last) = at.disk.db.log.last().filter(|last| last.seq > tip_before.seq)
            && let Some(times) = self.fates[machine].poison.take()
        {
            self.central.poison.insert(last.op_id, times);
        }
    }

    fn registered(&mut self, machine: usize, letter: LetterId, right_day: Date) {
        let at = &self.machines[machine];
        let number = at.disk.db.letters[&letter].number.clone();
        self.registrations.extend(at.disk.db.log.last().map(|operation| (operation.hash, letter)));
        if at.is_behind {
            self.violate("I8", format!("machine {machine} took {} from a restored database", number.n));
        }
        let at = &self.machines[machine];
        if at.heard_misfit {
            self.violate("I8", format!("machine {machine} took {} though central knows another log", number.n));
        }
        if number.year > right_day.year() || number.year < 2026 {
            self.violate("I7", format!("machine {machine} gave a number of {} in {}", number.year, right_day.year()));
        }
        self.print_soon(machine, None, 0);
        // The desk wakes its worker.
        self.step_soon(machine, 1, 50);
    }

    fn central_sets_stage(&mut self, luck: &mut Luck) {
        let letters: Vec<LetterId> = self.central.db.letters.keys().copied().collect();
        if letters.is_empty() {
            return;
        }
        let id = letters[luck.place(letters.len())];
        let body = OpBody::StageSet {
            letter_id: id,
            based_on: self.central.db.letters[&id].state.last_ops.status,
            stage: Stage::ALL[luck.place(Stage::ALL.len())],
            unit: UnitChange::Keep,
            by: "Sekretariat".to_owned(),
            at: self.moment(),
        };
        let process = luck.place(PROCESSES);
        if self.process_up[process] {
            let id = self.central.set_stage(process, OpId(luck.uuid()), body);
            self.after(0, 10, Event::Transaction(id));
        }
    }

    fn erases(&mut self, luck: &mut Luck) {
        let letters: Vec<LetterId> = self.central.db.letters.keys().copied().collect();
        let process = luck.place(PROCESSES);
        if self.process_up[process] && !letters.is_empty() {
            let id = self.central.erase(process, letters[luck.place(letters.len())]);
            self.after(0, 10, Event::Transaction(id));
        }
    }

    fn restore(&mut self, machine: usize, with_mark: bool) {
        let at = &mut self.machines[machine];
        let Some(backup) = at.backups.last().cloned() else { return };
        self.counts.faults += 1;
        for operation in at.disk.db.log.iter().skip(backup.db.log.len()) {
            self.destroyed.insert(operation.hash);
            if let Some(letter) = self.registrations.get(&operation.hash) {
                self.destroyed_letters.insert(*letter, operation.hash);
            }
        }
        if with_mark {
            let own = self.papers.iter().filter(|paper| paper.device == at.device());
            let gone = own.map(|paper| paper.letter).filter(|letter| !backup.db.letters.contains_key(letter));
            self.forgotten.extend(gone);
            // Nothing on a disk that went back as a whole tells that a label has left since.
            let waits = |letter: &LetterId| backup.db.labels.get(letter) == Some(&Label::Waits);
            let own = self.papers.iter().filter(|paper| paper.device == at.device());
            self.unknowable_labels.extend(own.map(|paper| paper.letter).filter(waits));
        }
        at.crash(false);
        at.restore(backup, with_mark);
        self.fates[machine].waiting = None;
        self.after(500, 3_000, Event::Boot(machine));
    }

    // Faults are over: everything comes up, and the world ends when three looks find it quiet, minutes apart.
    fn quiet(&mut self) -> bool {
        if !self.faults_end {
            self.faults_end = true;
            self.process_crash = [None; PROCESSES];
            for process in 0..PROCESSES {
                self.at(self.now, Event::BootCentral(process));
            }
            for machine in 0..self.machines.len() {
                self.fates[machine].crash_after = None;
                self.fates[machine].away_until = 0;
                self.at(self.now, Event::Boot(machine));
            }
        }
        // A desk that happens to ask for news at this moment is no unrest, unless it never stops.
        if self.fates.iter().any(|fate| fate.waiting.is_some()) && self.glances < GLANCES {
            self.glances += 1;
            self.after(20, 200, Event::Quiet);
            return false;
        }
        self.glances = 0;
        self.quiet_seen = if check::is_quiet(self) { self.quiet_seen + 1 } else { 0 };
        if self.quiet_seen == 3 || self.now > LENGTH + QUIET {
            return true;
        }
        // Between the first look and the second every desk has said hello again.
        let wait = if self.quiet_seen == 1 { HELLO_AGAIN } else { 6_000 };
        self.at(self.now + wait, Event::Quiet);
        false
    }

    pub(super) fn is_at_rest(&self, machine: usize) -> bool {
        self.fates[machine].waiting.is_none()
    }

    pub(super) fn cursor_at_head(&self) -> Cursor {
        let db = &self.central.db;
        let last = db.changes.last_key_value();
        last.map_or(Cursor::start(db.epoch), |(n, change)| Cursor { epoch: db.epoch, head: *n, digest: change.digest })
    }
}
