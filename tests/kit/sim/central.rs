//! Central as a model: tables in memory, transactions in stages with their locks, two processes on one database.
//!
//! Every verdict comes from `wire::core` and `central::letters::rules`; here stand only the tables, and the order in
//! which a transaction locks, writes and commits.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use central::letters::rules::{Decision, Origin, Record, decide};
use domain::{
    ids::{DeviceId, LetterId, OpId, ScanId},
    marks::Teryt,
    register::{PointSymbol, Register},
    rights::RecordKind,
};
use jiff::Timestamp;
use uuid::Uuid;
use wire::{
    core::{
        epoch::{self, Memory},
        hello::end_of_log,
        push::{Batch, Failure, Outcome, StoredLog, Way, judge},
        stream,
    },
    v1::{
        AuditHead, Change, ChangeBody, Cursor, Erasure, HelloAnswer, LetterState, LetterTask, LogOf, NextNumber,
        OP_SCHEMA, OpBody, Operation, Outline, Overlap, PullAnswer, PushAnswer, RawBody, Refusal, Remembered, Standing,
        TaskReason, Tip, changes::ScanState,
    },
};

use super::Sabotage;

/// What a desk asks for. A token is a number here.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Hello { device: DeviceId, symbol: PointSymbol, last: Tip, remembered: Option<Remembered> },
    Push { token: u64, ops: Rc<[Operation]> },
    Pull { token: u64, cursor: Cursor },
    Upload { token: u64, scan: ScanId },
}

/// What it is answered.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Hello(u64, HelloAnswer),
    Push(PushAnswer),
    Pull(PullAnswer),
    Stored,
}

pub(super) type Reply = Result<Answer, Refusal>;

/// An operation of a desk's log with its fate.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) operation: Operation,
    pub(super) letter: Option<LetterId>,
    pub(super) outcome: Outcome,
}

#[derive(Clone)]
pub(super) struct Device {
    pub(super) symbol: PointSymbol,
    pub(super) standing: Standing,
    pub(super) end: Tip,
    pub(super) log: Vec<Stored>,
}

#[derive(Clone)]
pub(super) struct Scan {
    letter: LetterId,
    state: ScanState,
}

#[derive(Clone)]
pub(super) struct Task {
    op: OpId,
    letter: Option<LetterId>,
    pub(super) reason: TaskReason,
    overlap: Option<Overlap>,
    open: bool,
}

impl Task {
    /// What it says of its letter.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(&self.overlap).unwrap_or_default()
    }

    fn told(&self) -> LetterTask {
        LetterTask {
            op_id: self.op,
            reason: self.reason.as_str().to_owned(),
            opened_at: Timestamp::UNIX_EPOCH,
            by: String::new(),
            overlap: self.overlap.clone(),
            cancellation: None,
        }
    }
}

/// Central's database: what a backup holds.
#[derive(Clone)]
pub(super) struct Database {
    pub(super) epoch: Uuid,
    pub(super) devices: BTreeMap<DeviceId, Device>,
    pub(super) held: BTreeMap<(DeviceId, [u8; 32]), Operation>,
    pub(super) letters: BTreeMap<LetterId, Record>,
    pub(super) numbers: BTreeMap<(String, i16, u32), LetterId>,
    pub(super) lost: BTreeSet<(String, i16, u32)>,
    pub(super) scans: BTreeMap<ScanId, Scan>,
    scan_order: Vec<ScanId>,
    pub(super) tasks: Vec<Task>,
    failures: BTreeMap<(DeviceId, u64), u32>,
    pub(super) changes: BTreeMap<u64, Change>,
    tokens: BTreeMap<u64, DeviceId>,
    /// How many of the administrator's erasures it holds.
    deeds: usize,
    // Only a sabotaged central counts ahead of its commits.
    sequence: u64,
}

impl Database {
    pub(super) fn new(epoch: Uuid) -> Self {
        Self {
            epoch,
            devices: BTreeMap::new(),
            held: BTreeMap::new(),
            letters: BTreeMap::new(),
            numbers: BTreeMap::new(),
            lost: BTreeSet::new(),
            scans: BTreeMap::new(),
            scan_order: Vec::new(),
            tasks: Vec::new(),
            failures: BTreeMap::new(),
            changes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            deeds: 0,
            sequence: 0,
        }
    }

    pub(super) fn head(&self) -> u64 {
        self.changes.last_key_value().map_or(0, |(n, _)| *n)
    }

    pub(super) fn forget_tokens(&mut self) {
        self.tokens.clear();
    }

    fn is_erased(&self, letter: LetterId) -> bool {
        self.letters.get(&letter).is_some_and(|record| record.erased.is_some())
    }

    /// The letter as desks show it: of an erased one what remains.
    pub(super) fn projection(&self, letter: LetterId) -> Option<LetterState> {
        let state = self.state(letter)?;
        Some(if self.is_erased(letter) { Outline::of(&state, RecordKind::Letters).letter() } else { state })
    }

    /// The change by which desks hear of the letter.
    fn told(&self, letter: LetterId) -> Option<ChangeBody> {
        let state = self.state(letter)?;
        Some(match self.letters.get(&letter)?.erased {
            None => ChangeBody::Letter(Box::new(state)),
            Some(erasure) => {
                ChangeBody::Erased(Box::new(Erasure { erasure, outline: Outline::of(&state, RecordKind::Letters) }))
            }
        })
    }

    fn state(&self, letter: LetterId) -> Option<LetterState> {
        let mut state = self.letters.get(&letter)?.state.clone();
        let scans = self.scan_order.iter().filter_map(|id| self.scans.get(id)).filter(|scan| scan.letter == letter);
        state.scans = scans.map(|scan| scan.state.clone()).collect();
        let tasks = self.tasks.iter().filter(|task| task.open && task.letter == Some(letter));
        state.tasks = tasks.map(Task::told).collect();
        Some(state)
    }

    fn apply(&mut self, origin: Origin<'_>, op: OpId, body: &OpBody) -> Outcome {
        let outcome = self.apply_one(origin, op, body);
        if let OpBody::LetterRegistered { letter, .. } = body
            && !matches!(outcome, Outcome::Kept(_))
        {
            self.apply_waiting(origin.office, letter.id);
        }
        outcome
    }

    fn apply_waiting(&mut self, office: &Teryt, letter: LetterId) {
        let waits = |stored: &Stored| {
            stored.letter == Some(letter) && stored.outcome == Outcome::Kept(TaskReason::LetterUnknown)
        };
        let waiting: Vec<(DeviceId, usize)> = self
            .devices
            .iter()
            .flat_map(|(id, device)| {
                let places = device.log.iter().enumerate().filter(|(_, stored)| waits(stored));
                places.map(|(place, _)| (*id, place)).collect::<Vec<_>>()
            })
            .collect();
        for (id, place) in waiting {
            let device = &self.devices[&id];
            let operation = device.log[place].operation.clone();
            let Ok(body) = operation.read_body() else { continue };
            let origin = Origin { office, desk: Some((id, &[])) };
            let outcome = self.apply_one(origin, operation.op_id, &body);
            for task in &mut self.tasks {
                task.open &= task.op != operation.op_id || task.reason != TaskReason::LetterUnknown;
            }
            if let Some(device) = self.devices.get_mut(&id) {
                device.log[place].outcome = outcome;
            }
        }
    }

    fn apply_one(&mut self, origin: Origin<'_>, op: OpId, body: &OpBody) -> Outcome {
        let Some(letter) = body.letter_id() else { return self.apply_numbers(op, body) };
        let known = self.letters.get(&letter).cloned();
        let is_new = known.is_none();
        let mut overlap = None;
        let flagged = |flag: Option<TaskReason>| flag.map_or(Outcome::Applied, Outcome::Flagged);
        let outcome = match decide(known, origin, op, body) {
            Decision::Nothing => Outcome::Applied,
            Decision::Keep(reason) => {
                if reason == TaskReason::LetterUnknown {
                    self.insert_scan(body);
                }
                Outcome::Kept(reason)
            }
            Decision::AddScan(flag) => {
                if self.insert_scan(body) {
                    flagged(flag)
                } else {
                    Outcome::Kept(TaskReason::ScanIdTaken)
                }
            }
            Decision::Store(record, flag) => {
                let number = &record.state.number;
                let key = (number.symbol.as_str().to_owned(), number.year, number.n);
                let found = is_new && self.lost.remove(&key);
                if is_new && *self.numbers.entry(key).or_insert(letter) != letter {
                    Outcome::Kept(TaskReason::NumberTaken)
                } else {
                    self.letters.insert(letter, *record);
                    let reason = flag.as_ref().map(|flag| flag.reason);
                    overlap = flag.and_then(|flag| flag.overlap);
                    flagged(reason.or(found.then_some(TaskReason::LostNumberFound)))
                }
            }
            Decision::Settle(settled, record) => {
                if let Some(record) = record {
                    self.letters.insert(letter, *record);
                }
                for task in self.tasks.iter_mut().filter(|task| task.letter == Some(letter)) {
                    task.open &= task.op != settled;
                }
                Outcome::Applied
            }
        };
        if let Some(reason) = outcome.reason() {
            self.tasks.push(Task { op, letter: Some(letter), reason, overlap, open: true });
        }
        outcome
    }

    /// Numbers named lost that no letter bears; a desk here releases nothing.
    fn apply_numbers(&mut self, op: OpId, body: &OpBody) -> Outcome {
        let OpBody::NumbersLost { symbol, year, first, last, .. } = body else {
            return Outcome::Kept(TaskReason::ReleaseNotAsked);
        };
        let mut outcome = Outcome::Applied;
        for n in *first..=*last {
            let key = (symbol.as_str().to_owned(), *year, n);
            if self.numbers.contains_key(&key) {
                outcome = Outcome::Flagged(TaskReason::NumberNotLost);
            } else {
                self.lost.insert(key);
            }
        }
        if let Some(reason) = outcome.reason() {
            self.tasks.push(Task { op, letter: None, reason, open: true, overlap: None });
        }
        outcome
    }

    fn insert_scan(&mut self, body: &OpBody) -> bool {
        let OpBody::ScanAttached { scan_id, letter_id, pages, bytes, sha256, by, at } = body else { return true };
        if let Some(known) = self.scans.get(scan_id) {
            return known.letter == *letter_id && known.state.sha256 == *sha256;
        }
        let (scan_id, pages, bytes, sha256, by, at) = (*scan_id, *pages, *bytes, *sha256, by.clone(), *at);
        let state = ScanState { scan_id, pages, bytes, sha256, by, at, stored: false };
        self.scans.insert(scan_id, Scan { letter: *letter_id, state });
        self.scan_order.push(scan_id);
        true
    }

    pub(super) fn is_stored(&self, scan: ScanId) -> bool {
        self.scans.get(&scan).is_some_and(|scan| scan.state.stored)
    }

    fn announce(&mut self, letters: &BTreeSet<LetterId>, taken: Option<u64>) {
        let told: Vec<ChangeBody> = letters.iter().filter_map(|letter| self.told(*letter)).collect();
        let count = told.len() as u64;
        let numbers = match taken {
            Some(first) => first..=first + count.saturating_sub(1),
            None => stream::range_up_to(self.head() + count, count),
        };
        let before = numbers.start().checked_sub(1).and_then(|before| self.changes.get(&before));
        let mut digest = before.map_or([0; 32], |change| change.digest);
        for (n, body) in numbers.zip(told) {
            let body = RawBody::of(&body).expect("a letter has a JSON form");
            digest = stream::digest_of(&digest, self.epoch, n, body.text().as_bytes());
            self.changes.insert(n, Change { n, digest, body });
        }
    }

    /// Takes away what the letter said, or enters what remains of one that this database lacks.
    fn erase(&mut self, deed: &Deed) {
        let nothing = deed.remains.letter();
        let (letter, number) = (nothing.id, &nothing.number);
        let key = (number.symbol.as_str().to_owned(), number.year, number.n);
        if !self.letters.contains_key(&letter) && *self.numbers.entry(key).or_insert(letter) == letter {
            let record = Record { state: nothing.clone(), status_hash: [0; 32], erased: None };
            self.letters.insert(letter, record);
        }
        let Some(record) = self.letters.get_mut(&letter) else { return };
        (record.erased, record.status_hash) = (Some(deed.erasure), [0; 32]);
        let state = &mut record.state;
        (state.facts, state.cancelled) = (nothing.facts, nothing.cancelled);
        (state.corrected, state.unit, state.unit_set_by) = (None, None, None);
        (state.stage, state.stage_changed_on) = (nothing.stage, nothing.stage_changed_on);
        state.last_ops.status = nothing.last_ops.status;
        for task in self.tasks.iter_mut().filter(|task| task.letter == Some(letter)) {
            (task.open, task.overlap) = (false, None);
        }
        self.scans.retain(|_, scan| scan.letter != letter);
        self.scan_order.retain(|scan| self.scans.contains_key(scan));
        let logs = self.devices.values_mut().flat_map(|device| &mut device.log);
        for stored in logs.filter(|stored| stored.letter == Some(letter)) {
            stored.operation = stored.operation.without_content(letter);
        }
        for held in self.held.values_mut().filter(|held| subject(held) == Some(letter)) {
            *held = held.without_content(letter);
        }
        let body = self.told(letter).and_then(|told| RawBody::of(&told).ok());
        if let Some(body) = body {
            let is_about = |change: &&mut Change| match change.read_body().expect("a body of ours") {
                ChangeBody::Letter(state) => state.id == letter,
                ChangeBody::Outline(outline) => outline.id == letter,
                ChangeBody::Erased(erased) => erased.outline.id == letter,
            };
            for change in self.changes.values_mut().filter(is_about) {
                change.body = body.clone();
            }
        }
    }

    fn next_numbers(&self, symbol: &PointSymbol) -> Vec<NextNumber> {
        let mut highest: BTreeMap<i16, u32> = BTreeMap::new();
        for (of, year, n) in self.numbers.keys().chain(&self.lost) {
            if of == symbol.as_str() {
                let last = highest.entry(*year).or_default();
                *last = (*last).max(*n);
            }
        }
        let next = |(year, n)| NextNumber { register: Register::Incoming, year, next_n: n + 1 };
        highest.into_iter().map(next).collect()
    }

    /// Whether the operation is in the desk's log or in the hold.
    pub(super) fn has(&self, device: DeviceId, tip: &Tip) -> bool {
        let counted = self.devices.get(&device).is_some_and(|known| {
            let place = tip.seq.checked_sub(1).and_then(|place| usize::try_from(place).ok());
            place.and_then(|place| known.log.get(place)).is_some_and(|stored| stored.operation.tip() == *tip)
        });
        counted || self.held.get(&(device, tip.hash)).is_some_and(|held| held.seq == tip.seq)
    }
}

/// The letter that an operation is about, or was before its content was erased.
fn subject(operation: &Operation) -> Option<LetterId> {
    let erased = operation.erased.map(|erased| erased.letter);
    erased.or_else(|| operation.read_body().ok()?.letter_id())
}

/// An erasure as the administrator's log keeps it.
#[derive(Clone)]
pub(super) struct Deed {
    erasure: Uuid,
    pub(super) remains: Outline,
    pub(super) scans: Vec<ScanId>,
}

/// One transaction under way in one process.
pub(super) struct Transaction {
    pub(super) process: usize,
    /// Machine and number of the request that is answered at the end; central's own acts answer nobody.
    pub(super) reply_to: Option<(usize, u64)>,
    request: Work,
    stage: u8,
    locks: BTreeSet<Lock>,
    head: u64,
    early: Option<u64>,
    reply: Option<Reply>,
}

enum Work {
    Asked(Request),
    /// An administrator or secretary sets the stage of a letter at central itself.
    SetStage(OpId, OpBody),
    /// The administrator erases a letter.
    Erase(LetterId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lock {
    Log(DeviceId),
    Letter(LetterId),
    Scan(ScanId),
    /// The end of the administrator's log.
    Deeds,
    Head,
}

/// What became of one stage.
pub(super) enum Progress {
    /// The next stage follows; so does a wait for a lock.
    GoOn,
    /// An answer leaves before the commit: only a sabotaged central does that.
    Early(Reply),
    /// It is over.
    Done(Option<Reply>),
}

/// Central's database and what its processes are doing with it.
pub(super) struct Central {
    pub(super) office: Teryt,
    pub(super) db: Database,
    pub(super) transactions: BTreeMap<u64, Transaction>,
    /// Kept on another disk: a restored central serves nobody until it is replayed.
    revoked: BTreeSet<DeviceId>,
    /// The same of erasures: a line is flushed before its deed is committed.
    pub(super) deeds: Vec<Deed>,
    /// Operations that fail inside central, for good or so many times.
    pub(super) poison: BTreeMap<OpId, u32>,
    /// Every operation that was ever committed here.
    pub(super) ever: BTreeSet<[u8; 32]>,
    made: u64,
    sabotage: Option<Sabotage>,
}

impl Central {
    pub(super) fn new(office: Teryt, sabotage: Option<Sabotage>) -> Self {
        Self {
            office,
            db: Database::new(Uuid::from_u128(1)),
            transactions: BTreeMap::new(),
            revoked: BTreeSet::new(),
            deeds: Vec::new(),
            poison: BTreeMap::new(),
            ever: BTreeSet::new(),
            made: 1,
            sabotage,
        }
    }

    fn unique(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    pub(super) fn begin(&mut self, process: usize, reply_to: (usize, u64), request: Request) -> u64 {
        self.open(process, Some(reply_to), Work::Asked(request))
    }

    pub(super) fn set_stage(&mut self, process: usize, op: OpId, body: OpBody) -> u64 {
        self.open(process, None, Work::SetStage(op, body))
    }

    pub(super) fn erase(&mut self, process: usize, letter: LetterId) -> u64 {
        self.open(process, None, Work::Erase(letter))
    }

    /// A process starts: what stands in the administrator's log and not in the database is done before it serves.
    pub(super) fn replay(&mut self) {
        let missing = self.deeds[self.db.deeds..].to_vec();
        self.db.deeds = self.deeds.len();
        let mut erased = BTreeSet::new();
        for deed in &missing {
            self.db.erase(deed);
            erased.insert(deed.remains.id);
        }
        self.db.announce(&erased, None);
    }

    fn open(&mut self, process: usize, reply_to: Option<(usize, u64)>, request: Work) -> u64 {
        let id = self.unique();
        let locks = BTreeSet::new();
        let opened = Transaction { process, reply_to, request, stage: 0, locks, head: 0, early: None, reply: None };
        self.transactions.insert(id, opened);
        id
    }

    /// A process dies: what it had not committed is gone.
    pub(super) fn crash(&mut self, process: usize) {
        self.transactions.retain(|_, transaction| transaction.process != process);
    }

    /// The database is replaced by an earlier one; what stands in the administrator's log is done again.
    pub(super) fn restore(&mut self, backup: Database) {
        self.transactions.clear();
        self.db = backup;
        for device in self.revoked.clone() {
            self.revoke(device);
        }
        if self.sabotage == Some(Sabotage::ForgetErasures) {
            self.db.deeds = self.deeds.len();
        }
        self.replay();
    }

    pub(super) fn revoke(&mut self, id: DeviceId) {
        self.revoked.insert(id);
        if let Some(device) = self.db.devices.get_mut(&id) {
            device.standing = Standing::Revoked;
        }
    }

    fn lock(&self, id: u64, wanted: &BTreeSet<Lock>) -> bool {
        let mut others = self.transactions.iter().filter(|(other, _)| **other != id);
        others.all(|(_, other)| other.locks.is_disjoint(wanted))
    }

    /// Does the next stage of a transaction.
    pub(super) fn step(&mut self, id: u64) -> Progress {
        let Some(mut transaction) = self.transactions.remove(&id) else { return Progress::Done(None) };
        let progress = self.stage(id, &mut transaction);
        if !matches!(progress, Progress::Done(_)) {
            self.transactions.insert(id, transaction);
        }
        progress
    }

    fn stage(&mut self, id: u64, transaction: &mut Transaction) -> Progress {
        match &transaction.request {
            Work::SetStage(op, body) => {
                let (op, body) = (*op, body.clone());
                let Some(letter) = body.letter_id() else { return Progress::Done(None) };
                if !self.take_locks(id, transaction, &[Lock::Letter(letter)]) {
                    return Progress::GoOn;
                }
                if self.db.letters.contains_key(&letter) {
                    let office = self.office.clone();
                    self.db.apply(Origin { office: &office, desk: None }, op, &body);
                    self.db.announce(&[letter].into(), None);
                }
                Progress::Done(None)
            }
            Work::Erase(letter) => {
                let letter = *letter;
                if transaction.stage < 3 {
                    if self.take_locks(id, transaction, &[Lock::Letter(letter), Lock::Deeds]) {
                        let Some(state) = self.db.state(letter) else { return Progress::Done(None) };
                        let known = self.db.letters.get(&letter).and_then(|record| record.erased);
                        let erasure = known.unwrap_or_else(|| Uuid::from_u128(self.unique().into()));
                        let remains = Outline::of(&state, RecordKind::Letters);
                        let scans = self.db.scans.iter().filter(|(_, scan)| scan.letter == letter);
                        let scans = scans.map(|(scan, _)| *scan).collect();
                        self.deeds.push(Deed { erasure, remains, scans });
                        transaction.stage = 3;
                    }
                    // The line is flushed; the commit follows, or a start does it.
                    return Progress::GoOn;
                }
                self.replay();
                Progress::Done(None)
            }
            Work::Asked(request) => {
                let request = request.clone();
                match self.asked(id, transaction, request) {
                    Ok(progress) => progress,
                    Err(refusal) => Progress::Done(Some(Err(refusal))),
                }
            }
        }
    }

    // Row locks first, the head last of all. A transaction that must wait holds what it has.
    fn take_locks(&self, id: u64, transaction: &mut Transaction, rows: &[Lock]) -> bool {
        if transaction.stage == 0 {
            let rows: BTreeSet<Lock> = rows.iter().copied().collect();
            if self.lock(id, &rows) {
                transaction.locks.extend(rows);
                transaction.stage = 1;
            }
            return false;
        }
        if transaction.stage == 1 {
            let head = [Lock::Head].into();
            if self.lock(id, &head) {
                transaction.locks.extend(head);
                transaction.stage = 2;
            }
            return false;
        }
        true
    }

    fn device_of(&self, token: u64) -> Result<DeviceId, Refusal> {
        self.db.tokens.get(&token).copied().ok_or(Refusal::TokenUnknown)
    }

    fn reader(&self, token: u64) -> Result<DeviceId, Refusal> {
        let id = self.device_of(token)?;
        if self.db.devices[&id].standing == Standing::Revoked { Err(Refusal::Revoked) } else { Ok(id) }
    }

    fn asked(&mut self, id: u64, transaction: &mut Transaction, request: Request) -> Result<Progress, Refusal> {
        let done = |answer| Ok(Progress::Done(Some(Ok(answer))));
        match request {
            Request::Hello { device, symbol, last, remembered } => done(self.hello(device, symbol, last, remembered)),
            Request::Push { token, ops } => {
                let device = self.device_of(token)?;
                self.push(id, transaction, device, &ops)
            }
            Request::Pull { token, cursor } => {
                self.reader(token)?;
                if transaction.stage == 0 {
                    // Its own statement, and so its own moment.
                    transaction.head = self.db.head();
                    transaction.stage = 1;
                    return Ok(Progress::GoOn);
                }
                done(Answer::Pull(self.pull(cursor, transaction.head)))
            }
            Request::Upload { token, scan } => {
                self.reader(token)?;
                if !self.db.scans.contains_key(&scan) {
                    return Err(Refusal::NotFound);
                }
                if !self.take_locks(id, transaction, &[Lock::Scan(scan), Lock::Letter(self.db.scans[&scan].letter)]) {
                    return Ok(Progress::GoOn);
                }
                if let Some(row) = self.db.scans.get_mut(&scan) {
                    row.state.stored = true;
                    let letter = row.letter;
                    self.db.announce(&[letter].into(), None);
                }
                done(Answer::Stored)
            }
        }
    }

    fn hello(&mut self, id: DeviceId, symbol: PointSymbol, last: Tip, remembered: Option<Remembered>) -> Answer {
        let fresh = || Device { symbol, standing: Standing::Counts, end: Tip::START, log: Vec::new() };
        self.db.devices.entry(id).or_insert_with(fresh);
        let has = remembered.is_none_or(|memory| self.db.has(id, &memory.acknowledged));
        if epoch::of_hello(remembered.as_ref(), self.db.epoch, has) == Memory::Lost {
            self.new_epoch();
        }
        let token = self.unique();
        self.db.tokens.insert(token, id);
        let device = &self.db.devices[&id];
        let held = self.db.held.get(&(id, last.hash)).is_some_and(|held| held.seq == last.seq);
        let answer = HelloAnswer {
            token: String::new(),
            token_seconds: 1,
            epoch: self.db.epoch,
            last: end_of_log(last, device.end, held),
            standing: device.standing,
            head: self.db.head(),
            central_time: jiff::Timestamp::UNIX_EPOCH,
            next_numbers: self.db.next_numbers(&device.symbol),
            // No desk of a simulation is handed a symbol: each has its own from the beginning.
            grants: None,
            bounds: None,
            provider: false,
            file_key: None,
            backed_up_head: None,
            op_schema: OP_SCHEMA,
        };
        Answer::Hello(token, answer)
    }

    fn new_epoch(&mut self) {
        self.db.epoch = Uuid::from_u128(self.unique().into());
    }

    fn pull(&mut self, cursor: Cursor, head: u64) -> PullAnswer {
        let digest = self.db.changes.get(&cursor.head).map(|change| change.digest);
        let digest = match self.sabotage {
            Some(Sabotage::IgnoreDigest) if cursor.epoch == self.db.epoch => Some(cursor.digest),
            _ => digest,
        };
        if epoch::of_cursor(&cursor, self.db.epoch, digest.as_ref()) == Memory::Lost {
            self.new_epoch();
        }
        if !stream::knows(&cursor, self.db.epoch, digest.as_ref()) {
            return PullAnswer::NewEpoch { epoch: self.db.epoch };
        }
        let changes = self.db.changes.range(cursor.head + 1..).take(super::PAGE).map(|(_, change)| change.clone());
        stream::page(cursor, changes.collect(), head, AuditHead::START, None)
    }

    fn push(
        &mut self,
        id: u64,
        transaction: &mut Transaction,
        device: DeviceId,
        ops: &[Operation],
    ) -> Result<Progress, Refusal> {
        if let Some(reply) = transaction.reply.take() {
            // Committed one event ago; a crash between loses the answer and nothing else.
            return Ok(Progress::Done(Some(reply)));
        }
        let log = LogOf { office: self.office.clone(), device };
        let batch = Batch::trusted(&log, ops)?;
        let mut rows = vec![Lock::Log(device)];
        rows.extend(ops.iter().filter_map(subject).map(Lock::Letter));
        if self.sabotage == Some(Sabotage::NumberBeforeLock) && transaction.early.is_none() {
            self.db.sequence = self.db.sequence.max(self.db.head());
            transaction.early = Some(self.db.sequence + 1);
            self.db.sequence += rows.len() as u64;
        }
        if !self.take_locks(id, transaction, &rows) {
            return Ok(Progress::GoOn);
        }
        if self.sabotage == Some(Sabotage::AcknowledgeBeforeCommit) && transaction.stage == 2 {
            transaction.stage = 3;
            let mut unwritten = self.db.clone();
            std::mem::swap(&mut unwritten, &mut self.db);
            let reply = self.commit_push(device, batch, None);
            self.db = unwritten;
            return Ok(Progress::Early(reply));
        }
        let early = transaction.early;
        let reply = self.commit_push(device, batch, early);
        transaction.locks.clear();
        transaction.reply = Some(reply);
        Ok(Progress::GoOn)
    }

    fn commit_push(&mut self, id: DeviceId, batch: Batch<'_>, early: Option<u64>) -> Reply {
        let device = &self.db.devices[&id];
        let (end, standing) = (device.end, device.standing);
        let span = batch.span(end);
        let known = device.log.iter().map(|stored| stored.operation.tip()).filter(|tip| span.contains(&tip.seq));
        let known: Vec<Tip> = known.collect();
        let mut stored = StoredLog { end, standing, known };
        if self.sabotage == Some(Sabotage::DropDedup) && standing == Standing::Counts {
            // As if nothing of the batch were known.
            stored = StoredLog { end: batch.before(), standing, known: Vec::new() };
        }
        match judge(batch, stored)? {
            Way::Take(mut taking) => {
                let mut changed = BTreeSet::new();
                while let Some(fresh) = taking.next() {
                    let (operation, letter, body) = (fresh.operation.clone(), fresh.letter_id(), fresh.body.clone());
                    let erased = letter.filter(|letter| self.db.is_erased(*letter));
                    let outcome = if self.fails(id, &operation) {
                        let failures = self.add_failure(id, operation.seq);
                        match taking.failed(failures) {
                            Failure::Stop => break,
                            Failure::Park(outcome) => {
                                let reason = TaskReason::Internal;
                                self.db.tasks.push(Task {
                                    op: operation.op_id,
                                    letter,
                                    reason,
                                    overlap: None,
                                    open: true,
                                });
                                outcome
                            }
                        }
                    } else if erased.is_some() {
                        Outcome::Applied
                    } else if let Some(body) = body {
                        let symbol = self.db.devices[&id].symbol.clone();
                        let office = self.office.clone();
                        let origin = Origin { office: &office, desk: Some((id, std::slice::from_ref(&symbol))) };
                        self.db.apply(origin, operation.op_id, &body)
                    } else {
                        Outcome::Kept(TaskReason::Malformed)
                    };
                    taking.took(outcome);
                    changed.extend(letter);
                    self.ever.insert(operation.hash);
                    let operation = erased.map_or(operation.clone(), |letter| operation.without_content(letter));
                    if let Some(device) = self.db.devices.get_mut(&id) {
                        device.log.push(Stored { operation, letter, outcome });
                    }
                }
                if let Some(device) = self.db.devices.get_mut(&id) {
                    device.end = taking.tip();
                }
                self.db.failures.retain(|(of, seq), _| *of != id || *seq > taking.tip().seq);
                self.db.announce(&changed, early);
                taking.answer(self.db.epoch, self.db.head()).map(Answer::Push)
            }
            Way::Hold(holding) => {
                let held: Vec<Tip> = holding
                    .asks()
                    .into_iter()
                    .filter_map(|hash| self.db.held.get(&(id, hash)))
                    .map(Operation::tip)
                    .collect();
                let plan = holding.plan(&held)?;
                for operation in &plan.new {
                    self.ever.insert(operation.hash);
                    if self.sabotage != Some(Sabotage::ForgetHeld) {
                        let erased = subject(operation).filter(|letter| self.db.is_erased(*letter));
                        let kept = erased.map_or((*operation).clone(), |letter| operation.without_content(letter));
                        self.db.held.insert((id, operation.hash), kept);
                    }
                }
                if let Some(operation) = plan.forks_at {
                    if let Some(device) = self.db.devices.get_mut(&id) {
                        device.standing = Standing::Forked;
                    }
                    let op = operation.op_id;
                    self.db.tasks.push(Task { op, letter: None, reason: TaskReason::Held, overlap: None, open: true });
                }
                Ok(Answer::Push(plan.answer(self.db.epoch, self.db.head())))
            }
        }
    }

    fn fails(&self, device: DeviceId, operation: &Operation) -> bool {
        let failed = self.db.failures.get(&(device, operation.seq)).copied().unwrap_or_default();
        self.poison.get(&operation.op_id).is_some_and(|times| failed < *times)
    }

    fn add_failure(&mut self, device: DeviceId, seq: u64) -> u32 {
        let failures = self.db.failures.entry((device, seq)).or_default();
        *failures += 1;
        // As if every failure were the first: the operation would come again for ever.
        if self.sabotage == Some(Sabotage::RetryEachOperation) { 1 } else { *failures }
    }
}
