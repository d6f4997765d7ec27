//! One machine of a run: the desk's process, its printer, its device, its line, its disk, and the clerk who sits there:
//! she tries again what a fault spoiled, names the highest label, and answers for doubtful ones by looking at them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use domain::{
    ErrorCode, calendar,
    ids::{LetterId, ScanId},
    stage::Stage,
};
use jiff::{Timestamp, ToSpan};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use uuid::Uuid;

use super::{
    central::{CentralProcess, Door},
    desk::REGISTER,
    plan::Work,
    verdict::{Label, Machine, Restored},
    words::{Answer, Ask, DeskDump, DeskSetup, Stand},
};
use crate::{
    chance::Chance,
    rough_line::RoughLine,
    sample_letters,
    small_disk::SmallDisk,
    test_desk::BEGIN,
    virtual_mfp::{FeederSheet, VirtualMfp},
    virtual_printer::{PrinterSetup, VirtualPrinter},
    window::built,
};

/// So many words are drawn from that none comes twice.
const WORDS: usize = 1_000_000_000;

/// A process that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_mins(2);

struct Process {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

/// A machine at work.
pub struct DeskMachine {
    /// What it is called in reports.
    pub name: String,
    /// Its line to central.
    pub line: RoughLine,
    /// Its small disk, where it has one.
    pub disk: Option<SmallDisk>,
    /// Pieces of work that it was asked for.
    pub asked: u32,
    door: Door,
    symbol: String,
    folder: PathBuf,
    log: PathBuf,
    key: PathBuf,
    process: Option<Process>,
    printer: VirtualPrinter,
    mfp: VirtualMfp,
    clock: Timestamp,
    sabotage: Vec<String>,
    chance: Chance,
    /// Letters that its screen confirmed, for choosing one.
    own: Vec<LetterId>,
    /// Papers that could not be registered yet.
    waiting: Vec<(LetterId, String)>,
    known: BTreeMap<LetterId, String>,
    /// What was typed into the form of a letter, each word in no other.
    typed: BTreeMap<LetterId, Vec<String>>,
    told: Vec<(LetterId, String)>,
    attached: Vec<(LetterId, ScanId)>,
    restored: Option<Restored>,
    outcome: String,
    broken: Vec<String>,
}

impl DeskMachine {
    /// A machine with a new desk, running.
    ///
    /// # Panics
    /// When a device or the process does not start.
    pub async fn start(
        symbol: &str,
        folder: &Path,
        central: &CentralProcess,
        chance: Chance,
        small_disk: bool,
        sabotage: Vec<String>,
    ) -> Self {
        let disk = if small_disk { SmallDisk::mount(24) } else { None };
        let place = disk.as_ref().map_or(folder, SmallDisk::path).to_owned();
        let mut machine = Self::set_up(&place, symbol, folder, central.listen, chance, sabotage).await;
        machine.disk = disk;
        machine.door = central.door(symbol, machine.line.listen).await;
        machine.run().await;
        machine
    }

    /// A machine with a new desk in a folder of the given disk, running; nobody is at the given address of central. What it
    /// says goes into `folder`.
    ///
    /// # Panics
    /// When a device or the process does not start.
    pub async fn start_in(
        disk: &Path,
        symbol: &str,
        folder: &Path,
        nowhere: SocketAddr,
        chance: Chance,
        sabotage: Vec<String>,
    ) -> Self {
        let mut machine = Self::set_up(disk, symbol, folder, nowhere, chance, sabotage).await;
        machine.run().await;
        machine
    }

    async fn set_up(
        disk: &Path,
        symbol: &str,
        folder: &Path,
        central: SocketAddr,
        mut chance: Chance,
        sabotage: Vec<String>,
    ) -> Self {
        let log = folder.join(format!("desk-{symbol}.log"));
        let folder = disk.join(symbol);
        fs::create_dir_all(&folder).expect("the desk's folder");
        let line = RoughLine::before(central, chance.branch()).await;
        Self {
            name: symbol.to_owned(),
            door: Door { address: format!("http://{}", line.listen), invitation: None },
            line,
            disk: None,
            asked: 0,
            symbol: symbol.to_owned(),
            folder,
            key: log.with_extension("key"),
            log,
            process: None,
            printer: VirtualPrinter::start(PrinterSetup::default()).await.expect("a printer"),
            mfp: VirtualMfp::start(0).await.expect("a device"),
            clock: BEGIN.parse().expect("a moment"),
            sabotage,
            chance,
            own: Vec::new(),
            waiting: Vec::new(),
            known: BTreeMap::new(),
            typed: BTreeMap::new(),
            told: Vec::new(),
            attached: Vec::new(),
            restored: None,
            outcome: String::new(),
            broken: Vec::new(),
        }
    }

    /// Starts the process where it does not run; how the desk then stands.
    pub async fn run(&mut self) -> Option<Stand> {
        if self.process.is_some() {
            return None;
        }
        let setup = DeskSetup {
            folder: self.folder.clone(),
            key: self.key.clone(),
            symbol: self.symbol.clone(),
            printer_port: self.printer.address().port(),
            central: self.door.address.clone(),
            invitation: self.door.invitation.clone(),
            mfp: self.mfp.url(),
            clock: self.clock.to_string(),
            sabotage: self.sabotage.clone(),
        };
        let log = fs::File::options().create(true).append(true).open(&self.log).expect("the desk's log");
        let mut child = Command::new(built("checker-desk"))
            .arg(serde_json::to_string(&setup).expect("a setup has a JSON form"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("a desk starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let input = child.stdin.take().expect("its input");
        let mut process = Process { child, input, lines };
        match hear(&mut process).await {
            Ok(Some(Answer::Ready { stand })) => {
                self.process = Some(process);
                Some(stand)
            }
            other => {
                self.broken.push(format!("it did not start: {other:?}"));
                None
            }
        }
    }

    /// Kills the process.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.child.kill().await;
        }
    }

    /// The disk with the desk is elsewhere now.
    pub fn move_to(&mut self, folder: &Path) {
        folder.clone_into(&mut self.folder);
    }

    /// What its screen said: letter and number.
    pub fn told(&self) -> &[(LetterId, String)] {
        &self.told
    }

    /// Ends the process in peace.
    async fn end(&mut self) {
        if let Some(Process { mut child, input, lines }) = self.process.take() {
            drop(input);
            if tokio::time::timeout(PATIENCE, child.wait()).await.is_err() {
                self.broken.push("it does not end".to_owned());
            }
            drop(lines);
        }
    }

    /// Asks; `None` when the process is gone, which is written down unless somebody killed it.
    pub async fn ask(&mut self, ask: Ask) -> Option<Answer> {
        let process = self.process.as_mut()?;
        let question = format!("{ask:?}");
        if let Err(error) = tell(process, &ask).await {
            self.broken.push(format!("it ended by itself before {question}: {error}"));
            self.kill().await;
            return None;
        }
        match hear(process).await {
            Ok(Some(Answer::Broken { what })) => {
                self.broken.push(format!("{question}: {what}"));
                Some(Answer::Broken { what })
            }
            Ok(Some(answer)) => Some(answer),
            other => {
                self.broken.push(format!("it ended or hung at {question}: {other:?}"));
                self.kill().await;
                None
            }
        }
    }

    /// Does a phase's work, one piece after the other; `done` is called after each. Killed at a piece, it is started
    /// again and the clerk does that piece once more.
    pub async fn work(&mut self, work: &[Work], kill: Option<(usize, usize)>, done: impl Fn()) {
        for (place, piece) in work.iter().enumerate() {
            self.asked += 1;
            let ask = self.ask_of(*piece);
            if let Ask::Register { letter, surname: word } | Ask::Correct { letter, title: word } = &ask {
                self.typed.entry(*letter).or_default().push(word.clone());
            }
            match kill.filter(|(at, _)| *at == place) {
                Some((_, turns)) => self.be_killed(ask, turns).await,
                None => self.see_to(ask).await,
            }
            done();
        }
    }

    fn ask_of(&mut self, work: Work) -> Ask {
        let own = self.own.clone();
        let pick = |draw: u64| own.get(usize::try_from(draw % own.len().max(1) as u64).unwrap_or_default()).copied();
        let asked = match work {
            Work::Register => None,
            Work::Correct(draw) => {
                pick(draw).map(|letter| Ask::Correct { letter, title: format!("Pismo{}", self.chance.below(WORDS)) })
            }
            Work::Cancel(draw) => pick(draw).map(|letter| Ask::Cancel { letter }),
            Work::SetStage(draw) => pick(draw).map(|letter| {
                let stage = *self.chance.one_of(&[Stage::HandedToUnit, Stage::InProgress, Stage::Closed]);
                Ask::SetStage { letter, stage, unit: format!("Referat {}", self.chance.below(9)) }
            }),
            Work::Attach(draw) => pick(draw).map(|letter| Ask::Attach { letter }),
        };
        // Nothing there yet to work on: the next paper, then.
        asked.unwrap_or_else(|| {
            let id = (u128::from(self.chance.draw()) << 64) | u128::from(self.chance.draw());
            let letter = LetterId(uuid::Builder::from_random_bytes(Uuid::from_u128(id).into_bytes()).into_uuid());
            Ask::Register { letter, surname: format!("Nowak{}", self.chance.below(WORDS)) }
        })
    }

    /// What was typed of these letters.
    pub fn typed(&self, letters: &[LetterId]) -> Vec<String> {
        letters.iter().filter_map(|letter| self.typed.get(letter)).flatten().cloned().collect()
    }

    /// Where one of the words stands in its database.
    pub async fn search(&mut self, words: &[String]) -> Vec<String> {
        match self.ask(Ask::Search { words: words.to_vec() }).await {
            Some(Answer::Found { places }) => places,
            _ => Vec::new(),
        }
    }

    async fn be_killed(&mut self, ask: Ask, turns: usize) {
        if let Ask::Attach { .. } = ask {
            self.load_feeder();
        }
        if let Some(process) = &mut self.process
            && tell(process, &ask).await.is_err()
        {
            self.broken.push("it ended by itself".to_owned());
        }
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        // It may have answered before it died: then the clerk saw it.
        if let Some(Process { mut child, input, mut lines }) = self.process.take() {
            let _ = child.kill().await;
            drop(input);
            while let Ok(Some(line)) = lines.next_line().await {
                if let (Ok(answer), Ask::Register { letter, .. }) = (serde_json::from_str(&line), &ask) {
                    self.note(*letter, &answer);
                }
            }
        }
        self.mfp.unload();
        self.make_room();
        self.run().await;
        self.see_to(ask).await;
    }

    fn load_feeder(&self) {
        let letter = sample_letters::named("04-odwolanie").expect("a letter");
        self.mfp.unload();
        self.mfp.load([FeederSheet::of(&letter, 0)]);
    }

    /// Asks as a clerk does: answers what must be answered first, and keeps the paper when it does not work.
    async fn see_to(&mut self, ask: Ask) {
        for _ in 0..3 {
            if let Ask::Attach { .. } = ask {
                self.load_feeder();
            }
            let Some(answer) = self.ask(ask.clone()).await else { return };
            match (&ask, answer) {
                (Ask::Register { letter, .. }, answer @ Answer::Registered { .. }) => {
                    self.note(*letter, &answer);
                    return;
                }
                (Ask::Attach { letter }, Answer::Attached { scan }) => {
                    self.attached.push((*letter, scan));
                    return;
                }
                (_, Answer::Refused { code: ErrorCode::OfficeDayUnconfirmed }) => {
                    self.ask(Ask::KeepDay).await;
                }
                (Ask::Register { letter, surname }, Answer::Refused { code: ErrorCode::NumbersLocked }) => {
                    let number = self.highest_label();
                    let named = self.ask(Ask::NameHighest { number }).await;
                    if !matches!(named, Some(Answer::Done)) {
                        self.waiting.push((*letter, surname.clone()));
                        return;
                    }
                }
                (ask, Answer::Refused { code }) => {
                    if let Ask::Register { letter, surname } = ask {
                        self.waiting.push((*letter, surname.clone()));
                    }
                    if !is_clear(ask, code) {
                        self.broken.push(format!("{ask:?} was refused with {code:?}"));
                    }
                    return;
                }
                _ => return,
            }
        }
        if let Ask::Register { letter, surname } = ask {
            self.waiting.push((letter, surname));
        }
    }

    fn note(&mut self, letter: LetterId, answer: &Answer) {
        if let Answer::Registered { number } = answer {
            self.told.push((letter, number.clone()));
            self.known.insert(letter, number.clone());
            if !self.own.contains(&letter) {
                self.own.push(letter);
            }
        }
    }

    /// Letters that its screen confirmed.
    pub fn letters(&self) -> Vec<LetterId> {
        self.own.clone()
    }

    /// What it did that no desk may do.
    pub fn trouble(&self) -> &[String] {
        &self.broken
    }

    /// The labels that came out of this machine's printer.
    pub fn printed(&self) -> Vec<Label> {
        self.printer.labels().iter().filter_map(|label| read_label(&label.zpl)).collect()
    }

    fn highest_label(&self) -> String {
        let n = |label: &Label| label.number.rsplit('/').nth(1).and_then(|n| n.parse::<u32>().ok());
        let highest = self.printed().into_iter().max_by_key(n);
        highest.map(|label| label.number).unwrap_or_default()
    }

    /// Sets the clock so many years off, or right again.
    pub async fn set_clock(&mut self, years: i16) {
        let right: Timestamp = BEGIN.parse().expect("a moment");
        let then = calendar::in_office(right).checked_add(i64::from(years).years()).expect("a date");
        self.clock = then.timestamp();
        self.ask(Ask::SetClock { moment: self.clock.to_string() }).await;
    }

    /// Frees the small disk, where it is full.
    pub fn make_room(&self) {
        if let Some(disk) = self.disk.as_ref().filter(|disk| disk.is_filled()) {
            disk.empty();
        }
    }

    fn copied(&self) -> PathBuf {
        self.log.with_extension("copy")
    }

    /// Keeps a copy of the whole disk, as a backup at night does; the desk is closed meanwhile.
    pub async fn keep_copy(&mut self) {
        self.end().await;
        copy_folder(&self.folder, &self.copied());
        self.run().await;
    }

    /// Puts the database back from the copy, with the mark or without.
    pub async fn put_back(&mut self, whole_disk: bool, central: &CentralProcess) {
        let dump = self.dump().await;
        if let Some(dump) = &dump {
            self.learn(dump);
        }
        self.kill().await;
        let printed: BTreeSet<String> = self.printed().into_iter().map(|label| label.number).collect();
        fs::remove_dir_all(self.folder.join("data")).expect("the disk is gone");
        copy_folder(&self.copied().join("data"), &self.folder.join("data"));
        if whole_disk {
            let _ = fs::remove_dir_all(self.folder.join("mark"));
            copy_folder(&self.copied().join("mark"), &self.folder.join("mark"));
        }
        // What central holds is asked before the desk can speak again.
        let at_central = match &dump {
            Some(dump) => central.hashes_of(dump.device).await,
            None => Vec::new(),
        };
        let Some(stand) = self.run().await else { return };
        let Some(after) = self.dump().await else { return };
        let left: BTreeSet<LetterId> = after.letters.iter().map(|letter| letter.id).collect();
        let registered = |letter: &LetterId| {
            dump.iter().flat_map(|dump| &dump.ops).any(|op| {
                op.kind == "letter_registered"
                    && op.letter == Some(*letter)
                    && at_central.iter().any(|tip| tip.seq == op.seq && tip.hash == op.hash)
            })
        };
        let gone: BTreeSet<LetterId> =
            self.known.keys().filter(|letter| !left.contains(letter) && !registered(letter)).copied().collect();
        // A number that was only on the screen, and that nobody else knows, stands nowhere any more.
        let unwritten = |letter: &LetterId| {
            gone.contains(letter) && self.known.get(letter).is_none_or(|number| !printed.contains(number))
        };
        let forgotten: BTreeSet<LetterId> = self.known.keys().filter(|letter| unwritten(letter)).copied().collect();
        self.known.retain(|letter, _| !forgotten.contains(letter));
        self.told.retain(|(letter, _)| !forgotten.contains(letter));
        self.attached.retain(|(letter, _)| !forgotten.contains(letter));
        self.own.retain(|letter| left.contains(letter));
        self.restored = Some(Restored {
            whole_disk,
            stale: stand.mark.is_some() && !stand.mark_held,
            locked_at_start: stand.locked,
            gone,
        });
    }

    /// Copies the disk to another machine; both go on.
    pub async fn clone_to(&mut self, folder: &Path, central: &CentralProcess) -> Self {
        self.ask(Ask::AwaitLabels).await;
        if let Some(dump) = self.dump().await {
            self.learn(&dump);
        }
        self.end().await;
        let name = format!("{}-clone", self.name);
        let copy = folder.join(&name);
        copy_folder(&self.folder, &copy);
        self.run().await;
        let line = RoughLine::before(central.listen, self.chance.branch()).await;
        // Who is copied was invited before.
        let scheme = if self.door.invitation.is_some() { "https" } else { "http" };
        let door = Door { address: format!("{scheme}://{}", line.listen), invitation: self.door.invitation.clone() };
        let mut clone = Self {
            line,
            door,
            disk: None,
            asked: 0,
            symbol: self.symbol.clone(),
            folder: copy,
            key: self.key.clone(),
            log: folder.join(format!("desk-{name}.log")),
            name,
            process: None,
            printer: VirtualPrinter::start(PrinterSetup::default()).await.expect("a printer"),
            mfp: VirtualMfp::start(0).await.expect("a device"),
            clock: self.clock,
            sabotage: self.sabotage.clone(),
            chance: self.chance.branch(),
            own: self.own.clone(),
            waiting: Vec::new(),
            known: self.known.clone(),
            typed: self.typed.clone(),
            told: Vec::new(),
            attached: Vec::new(),
            restored: None,
            outcome: String::new(),
            broken: Vec::new(),
        };
        clone.run().await;
        clone
    }

    fn learn(&mut self, dump: &DeskDump) {
        self.known.extend(dump.letters.iter().map(|letter| (letter.id, letter.number.display(REGISTER))));
    }

    async fn dump(&mut self) -> Option<DeskDump> {
        match self.ask(Ask::Dump).await {
            Some(Answer::Dump { dump }) => Some(*dump),
            _ => None,
        }
    }

    /// Everything is well again: the clerk registers the papers that still lie there and answers for doubtful labels.
    pub async fn tidy_up(&mut self) {
        self.line.heal();
        self.make_room();
        self.run().await;
        self.set_clock(0).await;
        for (letter, surname) in std::mem::take(&mut self.waiting) {
            self.see_to(Ask::Register { letter, surname }).await;
        }
        // Answering may queue a duplicate, which may be doubted, too, but not for ever: the printer is well.
        for _ in 0..5 {
            self.ask(Ask::AwaitLabels).await;
            let Some(Answer::Questions { labels }) = self.ask(Ask::Questions).await else { return };
            if labels.is_empty() {
                return;
            }
            let printed = self.printed();
            for label in labels {
                let out = printed.iter().any(|out| out.number == label.number && out.duplicate == (label.copy > 0));
                self.ask(Ask::AnswerLabel { job: label.job, printed: out }).await;
            }
        }
        self.broken.push("labels stay in doubt".to_owned());
    }

    /// Plays rounds until nothing waits; how far central's changes are read then.
    pub async fn settle(&mut self, rounds: u32) -> Option<u64> {
        match self.ask(Ask::Settle { rounds }).await {
            Some(Answer::Settled { outcome, stand, .. }) => {
                self.outcome = outcome;
                stand.cursor.map(|cursor| cursor.head)
            }
            _ => None,
        }
    }

    /// What this machine brings before the judge; `None` when it cannot be asked.
    pub async fn evidence(&mut self) -> Option<Machine> {
        let dump = self.dump().await?;
        self.learn(&dump);
        Some(Machine {
            name: self.name.clone(),
            dump,
            known: self.known.clone(),
            told: self.told.clone(),
            attached: self.attached.clone(),
            printed: self.printed(),
            restored: self.restored.clone(),
            outcome: self.outcome.clone(),
            broken: self.broken.clone(),
        })
    }
}

async fn tell(process: &mut Process, ask: &Ask) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    process.input.write_all(&line).await
}

/// `Ok(None)` when the process is gone.
async fn hear(process: &mut Process) -> Result<Option<Answer>, String> {
    let line = tokio::time::timeout(PATIENCE, process.lines.next_line()).await.map_err(|_| "no answer".to_owned())?;
    let Some(line) = line.map_err(|error| error.to_string())? else { return Ok(None) };
    serde_json::from_str(&line).map(Some).map_err(|error| error.to_string())
}

/// Refusals that tell the clerk what is the matter.
fn is_clear(ask: &Ask, code: ErrorCode) -> bool {
    use ErrorCode::{
        Busy, DiskFault, DiskFull, DiskLow, NotAllowedNow, NotFound, NumbersLocked, OutcomeUnknown, SymbolNotHeld,
    };
    match code {
        DiskFull | DiskFault | OutcomeUnknown | Busy | NumbersLocked | SymbolNotHeld => true,
        // A cancelled letter takes no more; a letter registered on the lost half of a disk is not there.
        NotAllowedNow | NotFound => !matches!(ask, Ask::Register { .. }),
        DiskLow | ErrorCode::ScanInterrupted | ErrorCode::ScanStopped => matches!(ask, Ask::Attach { .. }),
        _ => false,
    }
}

fn read_label(zpl: &[u8]) -> Option<Label> {
    let text = String::from_utf8_lossy(zpl);
    let begin = text.find(&format!("{REGISTER}/"))?;
    let is_of_number = |letter: char| letter.is_ascii_alphanumeric() || letter == '/';
    let number = text[begin..].chars().take_while(|letter| is_of_number(*letter)).collect();
    Some(Label { number, duplicate: text.contains("DUPLIKAT") })
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else if entry.file_name() != "ballast" {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}
