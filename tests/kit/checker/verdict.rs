//! The invariants of synchronising, each a pure function over what everybody holds once all is quiet.
//!
//! The ids are those of the design: I1 printed letters, I2 numbers, I3 logs, I4 equal records, I5 the stream of changes,
//! I6 quiet, I7 clocks, I8 restored and cloned desks, I10 scans, I12 what the screen said, I15 what was erased, I16
//! labels. I9 (central restored) is the same list after such a run: nothing in it is forgiven to a central that was restored.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use domain::{
    ids::{DeviceId, LetterId, OpId, ScanId},
    register::RegisterNumber,
};
use serde::{Deserialize, Serialize};
use wire::v1::Standing;

use super::{
    desk::REGISTER,
    words::{CentralDump, DeskDump, KnownDesk, OpDump},
};

/// The year of every number: no clerk of a run confirms a wrong day.
const YEAR: i16 = 2026;

/// A label that came out of a machine's printer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Register number as it stands on it.
    pub number: String,
    /// It says DUPLIKAT.
    pub duplicate: bool,
}

/// A machine's database was put back from an earlier copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The mark went back with it, as when the whole disk is restored.
    pub whole_disk: bool,
    /// The mark knew more than the copy.
    pub stale: bool,
    /// Numbers were locked once it was open.
    pub locked_at_start: bool,
    /// Letters that neither the copy nor central had: their paper is all there is.
    pub gone: BTreeSet<LetterId>,
}

/// One machine: a desk, or a clone of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// What it is called in reports.
    pub name: String,
    /// What it holds.
    pub dump: DeskDump,
    /// Letters that it ever had, before a restore too, with their numbers.
    pub known: BTreeMap<LetterId, String>,
    /// What its screen said: letter and number.
    pub told: Vec<(LetterId, String)>,
    /// Scans that its screen confirmed.
    pub attached: Vec<(LetterId, ScanId)>,
    /// What its printer printed.
    pub printed: Vec<Label>,
    /// Restored, if it was.
    pub restored: Option<Restored>,
    /// The last round with central, when all was healed.
    pub outcome: String,
    /// Whatever no desk may do: to end by itself, to hang, to give an unclear answer.
    pub broken: Vec<String>,
}

impl Machine {
    fn is_gone(&self, letter: LetterId) -> bool {
        self.restored.as_ref().is_some_and(|restored| restored.gone.contains(&letter))
    }
}

/// Everything that is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Central.
    pub central: CentralDump,
    /// The machines.
    pub machines: Vec<Machine>,
    /// The letters that were erased, each with the places where what was typed of it still stands.
    pub erased: BTreeMap<LetterId, Vec<String>>,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Violation {
    /// `I1` to `I16`.
    pub invariant: String,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.found)
    }
}

/// What one invariant finds.
type Check = fn(&Evidence) -> Vec<String>;

/// The invariants that are judged.
pub const INVARIANTS: [(&str, Check); 12] = [
    ("I1", printed_letters),
    ("I2", numbers),
    ("I3", logs),
    ("I4", equal_records),
    ("I5", stream),
    ("I6", quiet),
    ("I7", clocks),
    ("I8", restored_and_cloned),
    ("I10", scans),
    ("I12", screens),
    ("I15", erasures),
    ("I16", labels),
];

/// Judges all of them.
pub fn judge(evidence: &Evidence) -> Vec<Violation> {
    let violation = |invariant: &str, found| Violation { invariant: invariant.to_owned(), found };
    INVARIANTS
        .iter()
        .flat_map(|(invariant, check)| check(evidence).into_iter().map(|found| violation(invariant, found)))
        .collect()
}

fn known_desk(central: &CentralDump, device: DeviceId) -> Option<&KnownDesk> {
    central.desks.iter().find(|desk| desk.id == device)
}

fn counts(central: &CentralDump, device: DeviceId) -> bool {
    known_desk(central, device).is_some_and(|desk| desk.standing == Standing::Counts)
}

fn registrations(central: &CentralDump, letter: LetterId) -> usize {
    let registers = |op: &OpDump| op.kind == "letter_registered" && op.letter == Some(letter);
    central.ops.iter().filter(|found| registers(&found.op)).count()
}

/// I1: each letter whose label was printed is at central exactly once; what is held is there, too.
fn printed_letters(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for machine in &evidence.machines {
        let printed: BTreeSet<&str> = machine.printed.iter().map(|label| label.number.as_str()).collect();
        for number in printed {
            let letters: Vec<LetterId> =
                machine.known.iter().filter(|(_, of)| *of == number).map(|(letter, _)| *letter).collect();
            if letters.is_empty() {
                found.push(format!("{}: a label bears {number}, which is no letter's", machine.name));
            }
            for letter in letters.into_iter().filter(|letter| !machine.is_gone(*letter)) {
                // An erased operation does not say any more what it was: its letter is looked for.
                let times = if evidence.erased.contains_key(&letter) {
                    evidence.central.numbers.iter().filter(|(of, _)| *of == letter).count()
                } else {
                    registrations(&evidence.central, letter)
                };
                if times != 1 {
                    found.push(format!("{}: {number} was printed and is {times} times at central", machine.name));
                }
            }
        }
    }
    found
}

/// I2: each number up to the last is exactly one of letter (cancelled or not) and lost; none stands on two papers.
fn numbers(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for machine in &evidence.machines {
        let of_letters = machine.dump.letters.iter().map(|letter| &letter.number);
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for number in of_letters.chain(&machine.dump.lost) {
            *times.entry(number.display(REGISTER)).or_default() += 1;
        }
        for last in &machine.dump.series {
            for n in 1..=last.n {
                let number = RegisterNumber { n, ..last.clone() }.display(REGISTER);
                match times.remove(&number).unwrap_or_default() {
                    1 => {}
                    0 => found.push(format!("{}: {number} is neither a letter nor lost", machine.name)),
                    times => found.push(format!("{}: {number} is {times} things at once", machine.name)),
                }
            }
        }
        for number in times.keys() {
            found.push(format!("{}: {number} lies behind the last number", machine.name));
        }
    }

    let mut papers: BTreeMap<String, BTreeSet<LetterId>> = BTreeMap::new();
    let mut excused = BTreeSet::new();
    for machine in &evidence.machines {
        for (letter, number) in &machine.known {
            papers.entry(number.clone()).or_default().insert(*letter);
            // A whole disk put back knows nothing of what it had not yet told anybody.
            let whole_disk = machine.restored.as_ref().is_some_and(|restored| restored.whole_disk);
            if whole_disk && machine.is_gone(*letter) || !counts(&evidence.central, machine.dump.device) {
                excused.insert(number.clone());
            }
        }
    }
    for (letter, number) in &evidence.central.numbers {
        papers.entry(number.display(REGISTER)).or_default().insert(*letter);
    }
    for (number, letters) in papers {
        if letters.len() > 1 && !excused.contains(&number) {
            found.push(format!("{number} stands on {} papers, and no fork was reported", letters.len()));
        }
    }
    // What a desk gave that counts no more is held: central knows its numbers once somebody has settled them.
    let held: BTreeSet<&str> = evidence
        .central
        .desks
        .iter()
        .filter(|desk| desk.standing != Standing::Counts)
        .map(|desk| desk.symbol.as_str())
        .collect();
    for (number, times) in &evidence.central.unclear {
        if !held.contains(number.symbol.as_str()) {
            found.push(format!("central: {} is {times} things by its own check", number.display(REGISTER)));
        }
    }
    let mut at_central = BTreeSet::new();
    for (_, number) in &evidence.central.numbers {
        if !at_central.insert(number.display(REGISTER)) {
            found.push(format!("central: {} is two letters'", number.display(REGISTER)));
        }
    }
    found
}

/// I3: whatever was sent again, cut or reordered, central has each desk's log once, whole and in order; and its letters
/// are what the logs say.
fn logs(evidence: &Evidence) -> Vec<String> {
    let central = &evidence.central;
    let mut found = Vec::new();
    let mut all = BTreeSet::new();
    for op in &central.ops {
        if !all.insert((op.device, op.op.seq, op.op.hash)) {
            found.push(format!("central: operation {} of {} is there twice", op.op.seq, op.device));
        }
    }
    for desk in &central.desks {
        let counted: Vec<&OpDump> =
            central.ops.iter().filter(|op| op.device == desk.id && !op.held).map(|op| &op.op).collect();
        if !counted.iter().map(|op| op.seq).eq(1..=counted.len() as u64) {
            found.push(format!("central: the log of {} is not dense", desk.symbol));
        }
        let end = counted.last().map(|op| (op.seq, op.hash));
        if end.unwrap_or((0, [0; 32])) != (desk.last.seq, desk.last.hash) {
            found.push(format!("central: the log of {} does not end where it is said to", desk.symbol));
        }
    }
    for machine in &evidence.machines {
        let missing =
            machine.dump.ops.iter().filter(|op| !all.contains(&(machine.dump.device, op.seq, op.hash))).count();
        if missing > 0 {
            found.push(format!("{}: {missing} operations are not at central", machine.name));
        }
    }
    found.extend(projection(central, &evidence.erased));
    found
}

fn projection(central: &CentralDump, erased: &BTreeMap<LetterId, Vec<String>>) -> Vec<String> {
    let mut found = Vec::new();
    let mut registered = BTreeSet::new();
    // Within one desk the order is the log's; between desks whichever came last decides, and any is right.
    let mut last: BTreeMap<(LetterId, &str, DeviceId), OpId> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for op in central.ops.iter().filter(|op| !op.held) {
        let Some(letter) = op.op.letter else { continue };
        known.insert(op.op.op_id);
        match op.op.kind.as_str() {
            "letter_registered" => {
                registered.insert(letter);
                last.insert((letter, "intake", op.device), op.op.op_id);
            }
            "letter_corrected" => {
                last.insert((letter, "intake", op.device), op.op.op_id);
            }
            "stage_set" => {
                last.insert((letter, "status", op.device), op.op.op_id);
            }
            _ => {}
        }
    }
    let shown: BTreeSet<LetterId> = central.letters.keys().copied().collect();
    // What was erased stands in no log any more.
    let erased: BTreeSet<LetterId> = erased.keys().copied().collect();
    registered.retain(|letter| !erased.contains(letter));
    let shown: BTreeSet<LetterId> = shown.difference(&erased).copied().collect();
    for letter in registered.difference(&shown) {
        found.push(format!("central: letter {letter} is in the log and not in the register"));
    }
    for letter in shown.difference(&registered) {
        found.push(format!("central: letter {letter} is in the register and not in the log"));
    }
    for (letter, text) in central.letters.iter().filter(|(letter, _)| !erased.contains(letter)) {
        let state: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        for group in ["intake", "status"] {
            let Some(op) = state["lastOps"][group].as_str().and_then(|id| id.parse::<OpId>().ok()) else { continue };
            let of_letter = || last.iter().filter(|((of, kind, _), _)| of == letter && *kind == group);
            // What central itself did is in no desk's log.
            if known.contains(&op) && of_letter().count() > 0 && !of_letter().any(|(_, last)| *last == op) {
                found.push(format!("central: the {group} of letter {letter} is not the last one of any desk"));
            }
        }
    }
    found
}

/// I4: what desks pulled equals central's projection, byte for byte.
fn equal_records(evidence: &Evidence) -> Vec<String> {
    let central = &evidence.central;
    let mut found = Vec::new();
    if central.changes != central.letters {
        found.push("central: the newest changes are not the letters as they stand".to_owned());
    }
    for machine in &evidence.machines {
        if known_desk(central, machine.dump.device).is_some_and(|desk| desk.standing == Standing::Revoked) {
            continue;
        }
        let pulled = &machine.dump.pulled;
        let differ = central.letters.iter().filter(|(letter, state)| pulled.get(letter) != Some(state)).count();
        let surplus = pulled.keys().filter(|letter| !central.letters.contains_key(letter)).count();
        if differ + surplus > 0 {
            found
                .push(format!("{}: {differ} letters differ from central's, {surplus} are unknown there", machine.name));
        }
        if machine.dump.raw_changes > 0 {
            found.push(format!("{}: {} changes could not be read", machine.name, machine.dump.raw_changes));
        }
    }
    found
}

/// I5: the numbers of the changes are dense up to the head, so that no cursor can have passed one that came later.
fn stream(evidence: &Evidence) -> Vec<String> {
    let central = &evidence.central;
    let dense = central.change_numbers.iter().copied().eq(1..=central.head);
    if dense { Vec::new() } else { vec![format!("central: the changes up to {} are not dense", central.head)] }
}

/// I6: with central reachable and nobody doing anything, the outbox empties and the pulled head reaches central's.
fn quiet(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for machine in &evidence.machines {
        let (stand, name) = (&machine.dump.stand, &machine.name);
        if !(machine.outcome == "Quiet" || machine.outcome.starts_with("Held")) {
            found.push(format!("{name}: the last round with central ended as {}", machine.outcome));
        }
        if stand.acked != stand.tip.seq {
            found.push(format!("{name}: {} of {} operations are acknowledged", stand.acked, stand.tip.seq));
        }
        // The scan of a held operation waits with it, for the administrator.
        if stand.scans_wait > 0 && counts(&evidence.central, machine.dump.device) {
            found.push(format!("{name}: {} scans still wait", stand.scans_wait));
        }
        let read = stand.cursor.map(|cursor| (cursor.epoch, cursor.head));
        if read != Some((evidence.central.epoch, evidence.central.head)) {
            found.push(format!("{name}: central's changes are read up to {read:?}, not {}", evidence.central.head));
        }
    }
    found
}

/// I7: no number's year follows a wrong clock.
fn clocks(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for machine in &evidence.machines {
        let of_letters = machine.dump.letters.iter().map(|letter| &letter.number);
        for number in of_letters.chain(&machine.dump.series).filter(|number| number.year != YEAR) {
            found.push(format!("{}: {} bears the year of a wrong clock", machine.name, number.display(REGISTER)));
        }
    }
    found
}

/// I8: a database behind its mark is noticed at the start, any other second history at first contact: from then on no
/// machine of it takes numbers.
fn restored_and_cloned(evidence: &Evidence) -> Vec<String> {
    let central = &evidence.central;
    let mut found = Vec::new();
    for machine in &evidence.machines {
        if let Some(restored) = &machine.restored
            && restored.stale
            && !restored.whole_disk
            && !restored.locked_at_start
        {
            found.push(format!("{}: an older database opened and would have taken a number", machine.name));
        }
        let (stand, device) = (&machine.dump.stand, machine.dump.device);
        let same_log = known_desk(central, device).is_some_and(|desk| desk.last == stand.tip);
        if !(same_log && counts(central, device)) && stand.tip.seq > 0 && !stand.locked {
            found.push(format!("{}: its log is not the one that counts, and it takes numbers", machine.name));
        }
    }
    found
}

/// I10: what central says is stored has the right hash; a scan confirmed on a screen is there or still on the desk.
fn scans(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for scan in evidence.central.scans.iter().filter(|scan| scan.stored && !scan.right) {
        found.push(format!("central: scan {} is not the document that was scanned", scan.id));
    }
    for machine in &evidence.machines {
        let there = |letter| !machine.is_gone(letter) && !evidence.erased.contains_key(&letter);
        for (letter, id) in machine.attached.iter().filter(|(letter, _)| there(*letter)) {
            let at_central = evidence.central.scans.iter().any(|scan| scan.id == *id && scan.stored && scan.right);
            let at_desk = machine.dump.scans.iter().any(|scan| scan.id == *id && scan.readable);
            if !at_central && !at_desk && machine.restored.is_none() {
                found.push(format!("{}: scan {id} of letter {letter} is nowhere", machine.name));
            }
            if !at_central && at_desk && machine.dump.stand.scans_wait == 0 {
                found.push(format!("{}: scan {id} never reached central, and nothing waits", machine.name));
            }
        }
    }
    found
}

/// I12: a number on a screen has its row, one paper has one number, and every refusal was a clear one.
fn screens(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for machine in &evidence.machines {
        let name = &machine.name;
        let rows: BTreeMap<LetterId, String> =
            machine.dump.letters.iter().map(|letter| (letter.id, letter.number.display(REGISTER))).collect();
        for (letter, number) in &machine.told {
            let shown = evidence.central.numbers.iter().find(|(of, _)| of == letter);
            let shown = shown.map(|(_, number)| number.display(REGISTER));
            let row = rows.get(letter).or(shown.as_ref().filter(|_| machine.restored.is_some()));
            if row != Some(number) && !machine.is_gone(*letter) {
                found.push(format!("{name}: the screen said {number}, the register says {row:?}"));
            }
        }
        let mut last: BTreeMap<LetterId, &String> = BTreeMap::new();
        for (letter, number) in &machine.told {
            if last.insert(*letter, number).is_some_and(|before| before != number) {
                found.push(format!("{name}: one paper was shown two numbers"));
            }
        }
        found.extend(machine.broken.iter().map(|what| format!("{name}: {what}")));
    }
    found
}

/// I15: what was typed of an erased letter is nowhere, and its number stays.
fn erasures(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for (letter, places) in &evidence.erased {
        found.extend(
            places.iter().map(|place| format!("{place}: what letter {letter} said was erased and stands there")),
        );
        if !evidence.central.numbers.iter().any(|(of, _)| of == letter) {
            found.push(format!("central: letter {letter} was erased with its number"));
        }
    }
    found
}

/// I16: at most one unmarked label for a letter's number, and only the registering desk prints it.
fn labels(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    let mut unmarked: BTreeMap<(&str, LetterId), u32> = BTreeMap::new();
    for machine in &evidence.machines {
        let own: BTreeSet<&str> = machine.known.values().map(String::as_str).collect();
        for label in &machine.printed {
            let letters: Vec<LetterId> =
                machine.known.iter().filter(|(_, of)| **of == label.number).map(|(letter, _)| *letter).collect();
            if !own.contains(label.number.as_str()) {
                found.push(format!("{}: printed {}, which another desk registered", machine.name, label.number));
            }
            // Two letters under one number are I2's affair: which of them a label was for is not written on it.
            if let [letter] = letters[..]
                && !label.duplicate
            {
                *unmarked.entry((label.number.as_str(), letter)).or_default() += 1;
            }
        }
    }
    let twice = unmarked.into_iter().filter(|(_, times)| *times > 1);
    found.extend(twice.map(|((number, _), times)| format!("{number} has {times} unmarked labels")));
    found
}

#[cfg(test)]
mod tests;
