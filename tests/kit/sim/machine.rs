//! A desk's machine as a model: a disk with database and mark, and what is lost with the power.
//!
//! The conversation is `wire::core::engine`, what central's word means is `wire::core::desk`, the office day is
//! `domain::office_day`. Each method is one transaction.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    calendar,
    ids::{DeviceId, LetterId, OpId, ScanId},
    letter::{Letter, LetterFacts},
    marks::DocumentIdentifier,
    office_day::{self, DayVerdict},
    party::{Address, Party, PartyName},
    register::{PointSymbol, Register, RegisterNumber},
    stage::Stage,
};
use jiff::{Timestamp, civil::Date};
use wire::{
    core::{
        desk::{
            CentralsWord, Comparison, MarkSays, OwnLog, acknowledged, compare, cut_to_batch, in_order, lost_numbers,
            may_number_at_start,
        },
        engine::{Engine, Fit, Stand, Trouble},
    },
    v1::{
        Change, ChangeBody, Cursor, HelloAnswer, LetterState, LogOf, OpBody, Operation, Outline, PullAnswer,
        PushAnswer, Remembered, Standing, Tip, log::seal,
    },
};

use super::{Sabotage, luck::Luck};

/// A letter that this desk registered.
#[derive(Clone)]
pub(super) struct OwnLetter {
    pub(super) number: RegisterNumber,
    day: Date,
    intake: (u64, OpId),
    status: Option<(u64, OpId)>,
    cancelled: bool,
}

/// A label on its way to paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Waits,
    Sending,
    Printed,
    /// The clerk must look whether it came out.
    Uncertain,
}

/// The desk's database: what a backup holds.
#[derive(Clone)]
pub(super) struct Database {
    pub(super) log: Vec<Operation>,
    pub(super) letters: BTreeMap<LetterId, OwnLetter>,
    pub(super) series: BTreeMap<i16, u32>,
    pub(super) lost: BTreeSet<(i16, u32)>,
    office_day: Option<Date>,
    day_for_clock: Option<Date>,
    pub(super) locked: bool,
    pub(super) word: CentralsWord,
    pub(super) acked: u64,
    pub(super) pulled: u64,
    pub(super) cursor: Option<Cursor>,
    /// Central's letters as shown.
    pub(super) shown: BTreeMap<LetterId, LetterState>,
    /// The generation that is being loaded after a new epoch.
    pub(super) loading: Option<BTreeMap<LetterId, LetterState>>,
    pub(super) labels: BTreeMap<LetterId, Label>,
    /// Labels that were ever on their way to the printer.
    labels_sent: u64,
    /// Own scans, and whether central has them.
    pub(super) scans: BTreeMap<ScanId, bool>,
    /// Letters that it heard are erased: nothing is said of them again.
    erased: BTreeSet<LetterId>,
}

/// The small file outside the database's folder.
#[derive(Clone)]
pub(super) struct Mark {
    tip: Tip,
    series: BTreeMap<i16, u32>,
    labels_sent: u64,
}

#[derive(Clone)]
pub(super) struct Disk {
    pub(super) db: Database,
    pub(super) mark: Option<Mark>,
}

/// A page that a sabotaged desk has not written yet, though its cursor has moved.
type Unwritten = (Vec<Change>, Cursor, u64);

#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own: power, round, and the checker's memory")]
pub(super) struct Machine {
    pub(super) log_of: LogOf,
    pub(super) symbol: PointSymbol,
    pub(super) disk: Disk,
    /// What a power cut leaves where nothing was flushed.
    pub(super) flushed: Option<Box<Database>>,
    pub(super) backups: Vec<Disk>,
    pub(super) up: bool,
    pub(super) incarnation: u32,
    pub(super) engine: Engine,
    pub(super) token: u64,
    pub(super) waits_for: Option<u64>,
    pub(super) failures: u32,
    pub(super) in_round: bool,
    /// Days that its clock is wrong by.
    pub(super) clock_wrong: i64,
    pub(super) unwritten: Option<Unwritten>,
    /// The checker's own memory: the database is older than the mark and nobody has noticed.
    pub(super) is_behind: bool,
    /// The checker's own memory: central said that this log is not the one it knows.
    pub(super) heard_misfit: bool,
    pub(super) sabotage: Option<Sabotage>,
}

/// What a clerk does to a letter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Correct,
    Cancel,
    SetStage,
    AttachScan,
}

impl Machine {
    /// A desk that was set up on the right day: from then on its office day is a stored value.
    pub(super) fn new(log_of: LogOf, symbol: PointSymbol, today: Date, sabotage: Option<Sabotage>) -> Self {
        let db = Database {
            log: Vec::new(),
            letters: BTreeMap::new(),
            series: BTreeMap::new(),
            lost: BTreeSet::new(),
            office_day: Some(today),
            day_for_clock: None,
            locked: false,
            word: CentralsWord::Fits,
            acked: 0,
            pulled: 0,
            cursor: None,
            shown: BTreeMap::new(),
            loading: None,
            labels: BTreeMap::new(),
            labels_sent: 0,
            scans: BTreeMap::new(),
            erased: BTreeSet::new(),
        };
        Self {
            log_of,
            symbol,
            disk: Disk { db, mark: None },
            flushed: None,
            backups: Vec::new(),
            up: false,
            incarnation: 0,
            engine: Engine::default(),
            token: 0,
            waits_for: None,
            failures: 0,
            in_round: false,
            clock_wrong: 0,
            unwritten: None,
            is_behind: false,
            heard_misfit: false,
            sabotage,
        }
    }

    /// Another machine with the same disk.
    pub(super) fn cloned(&self) -> Self {
        let mut clone = Self::new(self.log_of.clone(), self.symbol.clone(), Date::MIN, self.sabotage);
        clone.disk = self.disk.clone();
        clone
    }

    pub(super) fn device(&self) -> DeviceId {
        self.log_of.device
    }

    pub(super) fn tip(&self) -> Tip {
        self.disk.db.log.last().map_or(Tip::START, Operation::tip)
    }

    pub(super) fn holds(&self, tip: &Tip) -> bool {
        let at = |seq: u64| self.disk.db.log.get(usize::try_from(seq).ok()?.checked_sub(1)?);
        *tip == Tip::START || at(tip.seq).is_some_and(|operation| operation.hash == tip.hash)
    }

    /// The last operation that central is known to have.
    pub(super) fn acknowledged(&self) -> Tip {
        let place = usize::try_from(self.disk.db.acked).unwrap_or_default().checked_sub(1);
        place.and_then(|place| self.disk.db.log.get(place)).map_or(Tip::START, Operation::tip)
    }

    /// What central told it before.
    pub(super) fn remembered(&self) -> Option<Remembered> {
        let cursor = self.disk.db.cursor?;
        Some(Remembered { epoch: cursor.epoch, acknowledged: self.acknowledged() })
    }

    pub(super) fn stand(&self) -> Stand {
        let db = &self.disk.db;
        // A scan is uploaded once its operation is acknowledged.
        let scans_wait = self.uploads().next().is_some();
        Stand { tip: self.tip(), acked: db.acked, cursor: db.cursor, scans_wait }
    }

    /// Own scans that central is not known to have.
    pub(super) fn uploads(&self) -> impl Iterator<Item = ScanId> {
        self.disk.db.scans.iter().filter(|(_, uploaded)| !**uploaded).map(|(scan, _)| *scan)
    }

    pub(super) fn uploaded(&mut self, scan: Option<ScanId>) {
        if let Some(uploaded) = scan.and_then(|scan| self.disk.db.scans.get_mut(&scan)) {
            *uploaded = true;
        }
    }

    pub(super) fn batch_after(&self, seq: u64) -> Vec<Operation> {
        let behind = usize::try_from(seq).unwrap_or_default();
        cut_to_batch(self.disk.db.log.iter().skip(behind).take(super::BATCH).cloned().collect())
    }

    pub(super) fn label_that_waits(&self) -> Option<LetterId> {
        self.disk.db.labels.iter().find(|(_, label)| **label == Label::Waits).map(|(letter, _)| *letter)
    }

    /// The clerk looks for the labels that may have come out; says whether one must be printed after all.
    pub(super) fn settle_uncertain(&mut self, on_paper: &BTreeSet<LetterId>) -> bool {
        let mut again = false;
        for (letter, label) in self.disk.db.labels.iter_mut().filter(|(_, label)| **label == Label::Uncertain) {
            let found = on_paper.contains(letter);
            *label = if found { Label::Printed } else { Label::Waits };
            again |= !found;
        }
        again
    }

    /// The disk holds an earlier state from now on.
    pub(super) fn restore(&mut self, backup: Disk, with_mark: bool) {
        self.disk.db = backup.db;
        if with_mark {
            self.disk.mark = backup.mark;
        }
        self.heard_misfit = false;
        self.is_behind = self.mark_says() == MarkSays::Ahead;
    }

    fn mark_says(&self) -> MarkSays {
        let Some(mark) = &self.disk.mark else { return MarkSays::Missing };
        let last = |year| self.disk.db.series.get(year).copied().unwrap_or_default();
        let held = self.holds(&mark.tip) && mark.series.iter().all(|(year, n)| last(year) >= *n);
        if held { MarkSays::Held } else { MarkSays::Ahead }
    }

    /// Before a transaction: what a power cut would leave, if nothing were flushed.
    pub(super) fn unflushed(&mut self) {
        if self.sabotage == Some(Sabotage::SkipFsync) && self.flushed.is_none() {
            self.flushed = Some(Box::new(self.disk.db.clone()));
        }
    }

    /// Starts on what the disk holds.
    pub(super) fn boot(&mut self) {
        self.up = true;
        self.engine = Engine::default();
        self.waits_for = None;
        self.in_round = false;
        self.unwritten = None;
        self.failures = 0;
        let says = self.mark_says();
        for label in self.disk.db.labels.values_mut().filter(|label| **label == Label::Sending) {
            *label = Label::Uncertain;
        }
        let left = self.disk.mark.as_ref().map_or(0, |mark| mark.labels_sent);
        if left > self.disk.db.labels_sent && self.sabotage != Some(Sabotage::SkipStartCheck) {
            self.doubt_waiting();
            self.disk.db.labels_sent = left;
        }
        if may_number_at_start(&self.tip(), says) || self.sabotage == Some(Sabotage::SkipStartCheck) {
            self.write_mark();
        } else {
            self.lock();
        }
    }

    /// The power is gone, or the program.
    pub(super) fn crash(&mut self, power: bool) {
        self.up = false;
        self.incarnation += 1;
        if let Some(flushed) = self.flushed.take().filter(|_| power) {
            self.disk.db = *flushed;
        }
    }

    pub(super) fn write_mark(&mut self) {
        self.disk.mark =
            Some(Mark { tip: self.tip(), series: self.disk.db.series.clone(), labels_sent: self.disk.db.labels_sent });
    }

    fn lock(&mut self) {
        if !self.disk.db.locked {
            self.disk.db.locked = true;
            self.doubt_waiting();
        }
    }

    fn doubt_waiting(&mut self) {
        for label in self.disk.db.labels.values_mut().filter(|label| **label == Label::Waits) {
            *label = Label::Uncertain;
        }
    }

    /// The label leaves: journal and mark know of it before its first byte does.
    pub(super) fn begin_sending(&mut self, letter: LetterId, mark: bool) {
        self.disk.db.labels.insert(letter, Label::Sending);
        self.disk.db.labels_sent += 1;
        if mark {
            self.write_mark();
        }
    }

    fn append(&mut self, luck: &mut Luck, body: &OpBody) -> (u64, OpId) {
        let op = OpId(luck.uuid());
        let operation = seal(&self.log_of, self.tip(), op, luck.bytes(), body);
        let seq = operation.seq;
        self.disk.db.log.push(operation);
        (seq, op)
    }

    /// Registers a letter; `None` when numbers are locked or the day is not confirmed.
    pub(super) fn register(&mut self, luck: &mut Luck, now: Timestamp, right_day: Date) -> Option<LetterId> {
        let claimed = calendar::civil_day(now);
        let day = match office_day::judge(self.disk.db.office_day, self.disk.db.day_for_clock, claimed) {
            DayVerdict::Holds { day, moved } => {
                if moved {
                    (self.disk.db.office_day, self.disk.db.day_for_clock) = (Some(day), None);
                }
                day
            }
            DayVerdict::Ask { stored, claimed } => {
                // The clerk knows what day it is; where the clock does not, she keeps the stored one.
                let day = if claimed == right_day { claimed } else { stored };
                let borne = self.disk.db.letters.values().map(|letter| letter.day).max();
                if office_day::may_confirm(day, Some(stored), claimed, borne) {
                    (self.disk.db.office_day, self.disk.db.day_for_clock) = (Some(day), Some(claimed));
                }
                return None;
            }
        };
        if self.disk.db.locked {
            return None;
        }
        let year = day.year();
        let n = self.disk.db.series.entry(year).or_default();
        *n += 1;
        let number = RegisterNumber { register: Register::Incoming, symbol: self.symbol.clone(), year, n: *n };
        let id = LetterId(luck.uuid());
        let body = OpBody::LetterRegistered {
            letter: Box::new(Letter {
                id,
                identifier: DocumentIdentifier::of(&self.log_of.office, &number),
                number: number.clone(),
                registered_at: now,
                registered_by: "Anna Lis".to_owned(),
                facts: facts("Wniosek", id, day),
            }),
            unit: None,
            status_hash: luck.bytes(),
        };
        let intake = self.append(luck, &body);
        self.disk.db.letters.insert(id, OwnLetter { number, day, intake, status: None, cancelled: false });
        self.disk.db.labels.insert(id, Label::Waits);
        Some(id)
    }

    /// A clerk changes a letter, of this desk or as shown by central, on the base that she sees.
    pub(super) fn change(&mut self, luck: &mut Luck, deed: Deed, now: Timestamp) {
        let db = &self.disk.db;
        let mut known: Vec<LetterId> = db.letters.keys().chain(db.shown.keys()).copied().collect();
        known.sort_unstable();
        known.dedup();
        if known.is_empty() {
            return;
        }
        let id = known[luck.place(known.len())];
        let (own, shown) = (db.letters.get(&id), db.shown.get(&id));
        if own.is_some_and(|own| own.cancelled) || shown.is_some_and(|shown| shown.cancelled.is_some()) {
            return;
        }
        if db.erased.contains(&id) {
            return;
        }
        // Own operations that central's changes do not contain yet are laid over what it shows.
        let newer = |own: Option<(u64, OpId)>, shown: Option<Option<OpId>>| match (own, shown) {
            (Some((seq, op)), Some(_)) if seq > db.pulled => Some(op),
            (_, Some(shown)) => shown,
            (own, None) => own.map(|(_, op)| op),
        };
        let intake = newer(own.map(|own| own.intake), shown.map(|shown| Some(shown.last_ops.intake)));
        let status = newer(own.and_then(|own| own.status), shown.map(|shown| shown.last_ops.status));
        let (by, reason) = ("Jan Kowal".to_owned(), "pomyłka".to_owned());
        match deed {
            Deed::Correct => {
                let Some(based_on) = intake else { return };
                let matter = format!("Wniosek {}", luck.below(1000));
                let facts = Box::new(facts(&matter, id, calendar::civil_day(now)));
                let body = OpBody::LetterCorrected { letter_id: id, based_on, facts, reason, by, at: now };
                let done = self.append(luck, &body);
                if let Some(own) = self.disk.db.letters.get_mut(&id) {
                    own.intake = done;
                }
            }
            Deed::Cancel => {
                if own.is_none() {
                    return;
                }
                self.append(luck, &OpBody::LetterCancelled { letter_id: id, reason, by, at: now });
                if let Some(own) = self.disk.db.letters.get_mut(&id) {
                    own.cancelled = true;
                }
            }
            Deed::SetStage => {
                let stage = Stage::ALL[luck.place(Stage::ALL.len())];
                let unit = Some("Sekretariat".to_owned());
                let body = OpBody::StageSet { letter_id: id, based_on: status, stage, unit: unit.into(), by, at: now };
                let done = self.append(luck, &body);
                if let Some(own) = self.disk.db.letters.get_mut(&id) {
                    own.status = Some(done);
                }
            }
            Deed::AttachScan => {
                let scan_id = ScanId(luck.uuid());
                let sha256 = luck.bytes();
                let body = OpBody::ScanAttached { scan_id, letter_id: id, pages: 1, bytes: 10, sha256, by, at: now };
                self.append(luck, &body);
                self.disk.db.scans.insert(scan_id, false);
            }
        }
    }

    /// The clerk names the highest label she found; the numbers up to it are lost.
    pub(super) fn name_highest(&mut self, luck: &mut Luck, now: Timestamp, year: i16, highest: u32) {
        if !self.disk.db.locked || self.disk.db.word != CentralsWord::Fits {
            return;
        }
        let marked = self.disk.mark.as_ref().map(|mark| mark.series.clone()).unwrap_or_default();
        self.lose_numbers(luck, now, year, Some(highest), None);
        for (year, n) in marked {
            self.lose_numbers(luck, now, year, None, Some(n));
        }
        self.disk.db.locked = false;
        self.is_behind = false;
        self.write_mark();
    }

    fn lose_numbers(&mut self, luck: &mut Luck, now: Timestamp, year: i16, named: Option<u32>, marked: Option<u32>) {
        let last = self.disk.db.series.get(&year).copied().unwrap_or_default();
        let lost = lost_numbers(last, named, marked);
        if !lost.is_empty() {
            self.disk.db.series.insert(year, *lost.end());
            let (register, symbol, by) = (Register::Incoming, self.symbol.clone(), "Anna Lis".to_owned());
            let (first, last) = (*lost.start(), *lost.end());
            self.append(luck, &OpBody::NumbersLost { register, symbol, year, first, last, by, at: now });
            self.disk.db.lost.extend(lost.map(|n| (year, n)));
        }
    }

    pub(super) fn office_year(&self) -> Option<i16> {
        self.disk.db.office_day.map(Date::year)
    }

    /// Central answered a hello.
    pub(super) fn greeted(&mut self, token: u64, answer: HelloAnswer) {
        let fits = answer
            .next_numbers
            .iter()
            .all(|next| self.disk.db.series.get(&next.year).copied().unwrap_or_default() + 1 >= next.next_n);
        let own = OwnLog {
            tip: self.tip(),
            holds_centrals_last: self.holds(&answer.last),
            numbers_in_front: fits,
            mark: match &self.disk.mark {
                None => MarkSays::Missing,
                Some(mark) if self.holds(&mark.tip) => MarkSays::Held,
                Some(_) => MarkSays::Ahead,
            },
            locked: self.disk.db.locked,
            acked: self.disk.db.acked,
            pulled: self.disk.db.pulled,
            cursor: self.disk.db.cursor,
        };
        self.heard_misfit = !own.holds_centrals_last || answer.standing != Standing::Counts;
        let mut now = compare(&answer, &own, self.engine.restarts());
        if self.sabotage == Some(Sabotage::SkipHelloCheck) {
            now = Comparison { fit: Fit::Fits, word: CentralsWord::Fits, locked: own.locked, ..now };
        }
        self.disk.db.word = now.word;
        if now.locked {
            self.lock();
        } else {
            self.disk.db.locked = false;
        }
        (self.disk.db.acked, self.disk.db.pulled) = (now.acked, now.pulled);
        self.disk.db.cursor = Some(now.cursor);
        if now.anew {
            self.disk.db.loading = Some(BTreeMap::new());
            self.disk.db.scans.values_mut().for_each(|uploaded| *uploaded = false);
        } else {
            let shown = self.disk.db.shown.values().flat_map(|letter| &letter.scans);
            let stored: BTreeSet<ScanId> = shown.filter(|scan| scan.stored).map(|scan| scan.scan_id).collect();
            self.disk.db.scans.iter_mut().for_each(|(scan, uploaded)| *uploaded &= stored.contains(scan));
        }
        self.token = token;
        // The engine keeps a token as text; whether it has one is all that matters to it.
        self.engine.greeted(answer, now.fit);
    }

    /// Central answered a batch that ended with `sent`.
    pub(super) fn pushed(&mut self, sent: u64, answer: &PushAnswer) -> Result<(), Trouble> {
        let cursor = self.disk.db.cursor.unwrap_or(Cursor::start(answer.epoch));
        self.engine.pushed(sent, answer, &cursor)?;
        self.disk.db.acked = acknowledged(answer, sent);
        Ok(())
    }

    /// Central answered a pull. Says whether a number was passed over.
    pub(super) fn pulled(&mut self, before: Cursor, answer: PullAnswer) -> Result<bool, Trouble> {
        match answer {
            PullAnswer::NewEpoch { epoch } => self.engine.new_epoch(&before, epoch).map(|()| false),
            PullAnswer::Changes { changes, scanned_up_to, head, .. } => {
                let contained = self.engine.read_page(&before, &scanned_up_to, head)?;
                if !in_order(&changes, &before, &scanned_up_to) {
                    return Err(Trouble::Rubbish("changes out of order"));
                }
                let passed = changes.len() as u64 != scanned_up_to.head - before.head;
                if let Some(contained) = contained {
                    self.disk.db.pulled = contained;
                }
                self.disk.db.cursor = Some(scanned_up_to);
                self.engine.pulled(&scanned_up_to, head);
                self.unwritten = Some((changes, scanned_up_to, head));
                if self.sabotage != Some(Sabotage::CursorBeforeData) {
                    self.write_page();
                }
                Ok(passed)
            }
        }
    }

    /// Writes the page whose cursor was stored: part of the same transaction, unless sabotaged.
    pub(super) fn write_page(&mut self) {
        let Some((changes, after, head)) = self.unwritten.take() else { return };
        for change in &changes {
            let letter = match change.read_body() {
                Ok(ChangeBody::Letter(letter)) => *letter,
                Ok(ChangeBody::Erased(told)) => {
                    self.erase(&told.outline);
                    told.outline.letter()
                }
                Ok(ChangeBody::Outline(_)) | Err(_) => continue,
            };
            let db = &mut self.disk.db;
            db.loading.as_mut().unwrap_or(&mut db.shown).insert(letter.id, letter);
        }
        let db = &mut self.disk.db;
        if after.head >= head
            && let Some(loaded) = db.loading.take()
        {
            db.shown = loaded;
        }
    }

    /// What the letter said leaves this desk's log; its documents go with it.
    fn erase(&mut self, told: &Outline) {
        let keeps = self.sabotage == Some(Sabotage::KeepOwnLog);
        let db = &mut self.disk.db;
        db.erased.insert(told.id);
        for operation in &mut db.log {
            let Ok(body) = operation.read_body() else { continue };
            if body.letter_id() != Some(told.id) {
                continue;
            }
            if let OpBody::ScanAttached { scan_id, .. } = body {
                db.scans.remove(&scan_id);
            }
            if !keeps {
                *operation = operation.without_content(told.id);
            }
        }
    }
}

/// What a letter says and nothing else does: by it the checks look for an erased one.
pub(super) fn sentinel(letter: LetterId) -> String {
    format!("sprawa {letter}")
}

/// Facts of an invented letter.
pub(super) fn facts(matter: &str, letter: LetterId, received_on: Date) -> LetterFacts {
    LetterFacts::brief(
        Party { name: PartyName::Unknown, address: Address::default(), identifier: None },
        format!("{matter}, {}", sentinel(letter)),
        received_on,
    )
}
