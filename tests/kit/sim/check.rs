//! The invariants, read from the dumps of all models when all is quiet. Nothing here asks the protocol core.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{DeviceId, LetterId};
use wire::{
    core::push::Outcome,
    v1::{LetterState, Operation, Standing, TaskReason, Tip},
};

use super::{
    Violation,
    machine::{Label, Machine, sentinel},
    world::World,
};

/// Whether nothing is left to do: everything sent, read, printed and uploaded.
pub(super) fn is_quiet(world: &World) -> bool {
    (0..world.machines.len()).all(|place| unquiet(world, place).is_none())
}

fn standing(world: &World, device: DeviceId) -> Standing {
    world.central.db.devices.get(&device).map_or(Standing::Counts, |known| known.standing)
}

fn unquiet(world: &World, place: usize) -> Option<&'static str> {
    let machine = &world.machines[place];
    let db = &machine.disk.db;
    if !machine.up || !world.is_at_rest(place) {
        return Some("is at work");
    }
    if db.acked != machine.tip().seq {
        return Some("has not sent everything");
    }
    if db.labels.values().any(|label| *label != Label::Printed) {
        return Some("has not printed everything");
    }
    if standing(world, machine.device()) == Standing::Revoked {
        return None;
    }
    if db.cursor != Some(world.cursor_at_head()) {
        return Some("has not read everything");
    }
    let waits =
        |(scan, uploaded): (&domain::ids::ScanId, &bool)| !uploaded && world.central.db.scans.contains_key(scan);
    db.scans.iter().any(waits).then_some("has not uploaded everything")
}

/// Everything.
pub(super) fn everything(world: &World) -> Result<(), Violation> {
    for place in 0..world.machines.len() {
        if let Some(what) = unquiet(world, place) {
            return violated("I6", format!("machine {place} {what} in twenty minutes of quiet"));
        }
    }
    logs(world)?;
    papers(world)?;
    numbers(world)?;
    numbers_at_central(world)?;
    erasures(world)?;
    records(world)
}

fn violated(invariant: &'static str, what: String) -> Result<(), Violation> {
    Err(Violation { invariant, what })
}

/// Every operation of every disk is at central once, and central's logs are chains (I3, I8, I9).
fn logs(world: &World) -> Result<(), Violation> {
    for (place, machine) in world.machines.iter().enumerate() {
        for operation in &machine.disk.db.log {
            if !world.central.db.has(machine.device(), &operation.tip()) {
                let seq = operation.seq;
                return violated("I9", format!("operation {seq} of machine {place} is neither in the log nor held"));
            }
        }
        if machine.disk.db.pulled > machine.tip().seq {
            return violated("I4", format!("machine {place} believes to have read operations it never wrote"));
        }
    }
    for (id, device) in &world.central.db.devices {
        let mut before = Tip::START;
        for stored in &device.log {
            let operation = &stored.operation;
            if operation.seq != before.seq + 1 || operation.prev_hash != before.hash {
                return violated("I3", format!("operation {} of {id} does not follow {}", operation.seq, before.seq));
            }
            if world.central.db.held.contains_key(&(*id, operation.hash)) {
                return violated("I3", format!("operation {} of {id} counts and is held", operation.seq));
            }
            before = operation.tip();
        }
        if before != device.end {
            return violated("I3", format!("the log of {id} ends with {}, not {}", before.seq, device.end.seq));
        }
    }
    Ok(())
}

/// The letters that central has, applied or held, with how often each was registered.
fn registered(world: &World) -> BTreeMap<LetterId, u32> {
    let mut found: BTreeMap<LetterId, u32> = BTreeMap::new();
    let counted = world.central.db.devices.values().flat_map(|device| &device.log).map(|stored| &stored.operation);
    for operation in counted.chain(world.central.db.held.values()) {
        if let Some(letter) = world.registrations.get(&operation.hash) {
            *found.entry(*letter).or_default() += 1;
        }
    }
    found
}

/// Whether the letter was lost with a desk's disk before central had it for good: no protocol brings it back.
fn is_lost_for_good(world: &World, letter: LetterId) -> bool {
    let Some(hash) = world.destroyed_letters.get(&letter) else { return false };
    world.destroyed.contains(hash) && (world.central_was_restored || !world.central.ever.contains(hash))
}

/// Every letter on paper is at central once (I1); no number stands on two papers but through a fork that was told (I2);
/// no label is printed twice (I16).
fn papers(world: &World) -> Result<(), Violation> {
    let found = registered(world);
    let mut bearers: BTreeMap<(&str, i16, u32), BTreeSet<LetterId>> = BTreeMap::new();
    let mut copies: BTreeMap<LetterId, u32> = BTreeMap::new();
    for paper in &world.papers {
        let times = found.get(&paper.letter).copied().unwrap_or_default();
        if times != 1 && !(times == 0 && is_lost_for_good(world, paper.letter)) {
            return violated("I1", format!("the letter {} on paper is {times} times at central", paper.number.n));
        }
        let number = (paper.number.symbol.as_str(), paper.number.year, paper.number.n);
        bearers.entry(number).or_default().insert(paper.letter);
        *copies.entry(paper.letter).or_default() += 1;
        let knowable = !world.cloned.contains(&paper.device) && !world.unknowable_labels.contains(&paper.letter);
        if copies[&paper.letter] > 1 && knowable {
            return violated("I16", format!("the label of {} was printed twice unmarked", paper.number.n));
        }
    }
    for paper in &world.papers {
        let number = (paper.number.symbol.as_str(), paper.number.year, paper.number.n);
        // A letter that is gone still bears its number where the mark, or the machine's twin, remembers it.
        let unknowable = |letter: &LetterId| {
            let remembered = !world.forgotten.contains(letter) && !world.cloned.contains(&paper.device);
            is_lost_for_good(world, *letter) && !remembered
        };
        let alive = bearers[&number].iter().filter(|letter| !unknowable(letter)).count();
        if alive > 1 && standing(world, paper.device) == Standing::Counts {
            return violated("I2", format!("{} stands on {alive} papers and no fork was told", paper.number.n));
        }
    }
    Ok(())
}

/// Each number up to the last is a letter (cancelled or not) or lost, and not both (I2).
fn numbers(world: &World) -> Result<(), Violation> {
    for (place, machine) in world.machines.iter().enumerate() {
        let mut borne: BTreeMap<(i16, u32), u32> = BTreeMap::new();
        for letter in machine.disk.db.letters.values() {
            *borne.entry((letter.number.year, letter.number.n)).or_default() += 1;
        }
        for number in &machine.disk.db.lost {
            *borne.entry(*number).or_default() += 1;
        }
        for (year, last) in &machine.disk.db.series {
            for n in 1..=*last {
                let times = borne.get(&(*year, n)).copied().unwrap_or_default();
                if times != 1 {
                    return violated("I2", format!("{n}/{year} of machine {place} is borne {times} times"));
                }
            }
        }
    }
    Ok(())
}

/// At central, too, each number up to the last is a letter or lost, and not both (I2). The numbers of a desk that does
/// not count are held with its operations; one that central failed on is parked, and somebody looks at it.
fn numbers_at_central(world: &World) -> Result<(), Violation> {
    let db = &world.central.db;
    let parked = |device: &DeviceId| {
        let log = db.devices.get(device).into_iter().flat_map(|known| &known.log);
        log.into_iter().any(|stored| stored.outcome == Outcome::Kept(TaskReason::Internal))
    };
    let knows_all =
        |machine: &&Machine| standing(world, machine.device()) == Standing::Counts && !parked(&machine.device());
    for machine in world.machines.iter().filter(knows_all) {
        for (year, last) in &machine.disk.db.series {
            for n in 1..=*last {
                let key = (machine.symbol.as_str().to_owned(), *year, n);
                let (letter, lost) = (db.numbers.contains_key(&key), db.lost.contains(&key));
                if letter == lost {
                    let what = if letter { "a letter and lost" } else { "neither a letter nor lost" };
                    return violated("I2", format!("{n}/{year} of {} is {what} at central", machine.symbol.as_str()));
                }
            }
        }
    }
    Ok(())
}

/// What was erased is nowhere, at central or at a desk that may read; its number and state stay (I15). Backups keep what they
/// have, and so does the disk of a revoked desk, which hears of nothing.
fn erasures(world: &World) -> Result<(), Violation> {
    if world.central.deeds.is_empty() {
        return Ok(());
    }
    let db = &world.central.db;
    let json = |state: &LetterState| serde_json::to_vec(state).expect("a letter has a JSON form");
    let mut said: Vec<(String, Vec<u8>)> = Vec::new();
    let mut says = |whose: String, parts: Vec<Vec<u8>>| said.push((whose, parts.join(&b'\n')));
    let bodies = |log: &mut dyn Iterator<Item = &Operation>| log.map(|operation| operation.body.clone()).collect();
    for (id, device) in &db.devices {
        says(format!("central's log of {id}"), bodies(&mut device.log.iter().map(|stored| &stored.operation)));
    }
    says("the hold".to_owned(), bodies(&mut db.held.values()));
    let letters = db.letters.iter().map(|(id, record)| (id, json(&record.state)));
    says("central's letters".to_owned(), letters.map(|(_, text)| text).collect());
    let changes = db.changes.values().map(|change| change.body.text().as_bytes().to_vec());
    says("central's changes".to_owned(), changes.collect());
    says("central's tasks".to_owned(), db.tasks.iter().map(|task| task.text().into_bytes()).collect());
    let reading = |machine: &&Machine| standing(world, machine.device()) != Standing::Revoked;
    for (place, machine) in world.machines.iter().enumerate().filter(|(_, machine)| reading(machine)) {
        let own = &machine.disk.db;
        says(format!("the log of machine {place}"), bodies(&mut own.log.iter()));
        let shown = own.shown.values().chain(own.loading.iter().flat_map(BTreeMap::values));
        says(format!("what machine {place} shows"), shown.map(json).collect());
    }
    for deed in &world.central.deeds {
        let (remains, sentinel) = (&deed.remains, sentinel(deed.remains.id));
        let holds = |text: &Vec<u8>| text.windows(sentinel.len()).any(|part| part == sentinel.as_bytes());
        if let Some((whose, _)) = said.iter().find(|(_, text)| holds(text)) {
            return violated("I15", format!("{whose}: what an erased letter said"));
        }
        let kept = db.letters.get(&remains.id).map(|record| &record.state);
        let stays =
            kept.is_some_and(|kept| kept.number == remains.number && kept.cancelled.is_some() == remains.cancelled);
        if !stays {
            return violated("I15", format!("{} was erased with its number or state", remains.number.n));
        }
        let at_desks = world.machines.iter().filter(reading).flat_map(|machine| machine.disk.db.scans.keys());
        if db.scans.keys().chain(at_desks).any(|scan| deed.scans.contains(scan)) {
            return violated("I15", format!("a document of {} was not erased", remains.number.n));
        }
    }
    Ok(())
}

/// Every desk that may read shows what central holds, and nothing else (I4); every scan that counts is stored (I10).
fn records(world: &World) -> Result<(), Violation> {
    let db = &world.central.db;
    let projection: BTreeMap<LetterId, LetterState> =
        db.letters.keys().filter_map(|id| Some((*id, db.projection(*id)?))).collect();
    let reading = |machine: &&Machine| standing(world, machine.device()) != Standing::Revoked;
    for (place, machine) in world.machines.iter().enumerate().filter(|(_, machine)| reading(machine)) {
        if machine.disk.db.shown != projection {
            let differs = |id: &&LetterId| machine.disk.db.shown.get(id) != projection.get(id);
            let ids: BTreeSet<&LetterId> = projection.keys().chain(machine.disk.db.shown.keys()).collect();
            let count = ids.iter().filter(|id| differs(id)).count();
            return violated("I4", format!("machine {place} shows {count} letters otherwise than central"));
        }
        for scan in machine.disk.db.scans.keys().filter(|scan| db.scans.contains_key(scan)) {
            if !db.is_stored(*scan) {
                return violated("I10", format!("a scan of machine {place} is not at central"));
            }
        }
    }
    Ok(())
}
