//! Every invariant is proved: the honest evidence breaks none, and each doctored one breaks the one it is meant for.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{DeviceId, LetterId, OpId, ScanId},
    register::{PointSymbol, Register, RegisterNumber},
};
use uuid::Uuid;
use wire::v1::{Cursor, Standing, Tip};

use super::{super::words::*, *};

const SYMBOLS: [&str; 2] = ["A1", "B2"];

fn device(desk: usize) -> DeviceId {
    DeviceId(Uuid::from_u128(10 + desk as u128))
}

fn letter(desk: usize, n: u32) -> LetterId {
    LetterId(Uuid::from_u128(1000 * (desk as u128 + 1) + u128::from(n)))
}

fn op(desk: usize, n: u32) -> OpId {
    OpId(Uuid::from_u128(2000 * (desk as u128 + 1) + u128::from(n)))
}

fn number(desk: usize, n: u32) -> RegisterNumber {
    let symbol = PointSymbol::try_from(SYMBOLS[desk].to_owned()).expect("a symbol");
    RegisterNumber { register: Register::Incoming, symbol, year: 2026, n }
}

fn hash(desk: usize, n: u32) -> [u8; 32] {
    [u8::try_from(100 * desk).expect("few") + u8::try_from(n).expect("few"); 32]
}

fn state(desk: usize, n: u32) -> String {
    format!(r#"{{"id":"{}","lastOps":{{"intake":"{}"}}}}"#, letter(desk, n), op(desk, n))
}

const SCAN: ScanId = ScanId(Uuid::from_u128(7));

/// Two desks with three letters each, one of them with a scan; everything sent, read and printed.
fn honest() -> Evidence {
    let epoch = Uuid::from_u128(1);
    let all = || (0..2).flat_map(|desk| (1..=3).map(move |n| (desk, n)));
    let operation = |desk, n| OpDump {
        seq: u64::from(n),
        op_id: op(desk, n),
        hash: hash(desk, n),
        letter: Some(letter(desk, n)),
        kind: "letter_registered".to_owned(),
        number: Some(number(desk, n)),
    };
    let letters: BTreeMap<LetterId, String> = all().map(|(desk, n)| (letter(desk, n), state(desk, n))).collect();
    let tip = |desk| Tip { seq: 3, hash: hash(desk, 3) };
    let central = CentralDump {
        epoch,
        head: 6,
        desks: (0..2)
            .map(|desk| KnownDesk {
                id: device(desk),
                symbol: SYMBOLS[desk].to_owned(),
                standing: Standing::Counts,
                last: tip(desk),
            })
            .collect(),
        ops: all().map(|(desk, n)| CentralOp { device: device(desk), op: operation(desk, n), held: false }).collect(),
        letters: letters.clone(),
        numbers: all().map(|(desk, n)| (letter(desk, n), number(desk, n))).collect(),
        unclear: Vec::new(),
        changes: letters.clone(),
        change_numbers: (1..=6).collect(),
        scans: vec![CentralScan { id: SCAN, letter: letter(0, 1), stored: true, right: true }],
    };
    let machine = |desk: usize| {
        let shown: Vec<_> = (1..=3).map(|n| (letter(desk, n), number(desk, n).display(REGISTER))).collect();
        Machine {
            name: SYMBOLS[desk].to_owned(),
            dump: DeskDump {
                device: device(desk),
                stand: Stand {
                    tip: tip(desk),
                    acked: 3,
                    cursor: Some(Cursor { epoch, head: 6, digest: [9; 32] }),
                    locked: false,
                    word: "fits".to_owned(),
                    mark: Some(tip(desk)),
                    mark_held: true,
                    letters: 3,
                    scans_wait: 0,
                },
                ops: (1..=3).map(|n| operation(desk, n)).collect(),
                letters: (1..=3)
                    .map(|n| OwnLetter { id: letter(desk, n), number: number(desk, n), cancelled: n == 2 })
                    .collect(),
                lost: Vec::new(),
                series: vec![number(desk, 3)],
                pulled: letters.clone(),
                scans: Vec::new(),
                raw_changes: 0,
            },
            known: shown.iter().cloned().collect(),
            printed: shown.iter().map(|(_, number)| Label { number: number.clone(), duplicate: false }).collect(),
            told: shown,
            attached: if desk == 0 { vec![(letter(0, 1), SCAN)] } else { Vec::new() },
            restored: None,
            outcome: "Quiet".to_owned(),
            broken: Vec::new(),
        }
    };
    Evidence { central, machines: vec![machine(0), machine(1)], erased: BTreeMap::new() }
}

/// The invariants that the doctored evidence breaks.
fn broken(doctor: impl FnOnce(&mut Evidence)) -> BTreeSet<String> {
    let mut evidence = honest();
    doctor(&mut evidence);
    assert_ne!(evidence, honest(), "something was doctored");
    judge(&evidence).into_iter().map(|violation| violation.invariant).collect()
}

fn breaks(invariant: &str, doctor: impl FnOnce(&mut Evidence)) {
    let found = broken(doctor);
    assert!(found.contains(invariant), "{invariant} should be broken, found {found:?}");
}

#[test]
fn honest_evidence_breaks_nothing() {
    assert_eq!(judge(&honest()), []);
}

#[test]
fn a_printed_letter_that_central_lacks_or_has_twice() {
    breaks("I1", |evidence| evidence.central.ops.retain(|op| op.op.letter != Some(letter(0, 2))));
    breaks("I1", |evidence| {
        let mut again = evidence.central.ops[0].clone();
        (again.op.seq, again.op.hash) = (4, [77; 32]);
        evidence.central.ops.push(again);
    });
    breaks("I1", |evidence| {
        evidence.machines[0].printed.push(Label { number: "RPW/A1/9/2026".to_owned(), duplicate: false });
    });
}

#[test]
fn a_number_that_is_nothing_two_things_or_on_two_papers() {
    breaks("I2", |evidence| evidence.machines[0].dump.letters.retain(|letter| letter.number.n != 2));
    breaks("I2", |evidence| evidence.machines[0].dump.lost.push(number(0, 2)));
    breaks("I2", |evidence| evidence.machines[0].dump.series[0].n = 2);
    breaks("I2", |evidence| {
        evidence.machines[1].known.insert(letter(1, 9), number(0, 2).display(REGISTER));
    });
    breaks("I2", |evidence| evidence.central.numbers[1].1 = number(0, 1));
    breaks("I2", |evidence| evidence.central.unclear.push((number(0, 4), 0)));
}

#[test]
fn a_lost_number_in_the_place_of_a_letter_is_no_fault() {
    let found = broken(|evidence| {
        evidence.machines[0].dump.series[0].n = 4;
        evidence.machines[0].dump.lost.push(number(0, 4));
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_log_with_a_hole_an_end_that_is_none_or_a_letter_out_of_nothing() {
    breaks("I3", |evidence| evidence.central.ops.retain(|found| found.op.op_id != op(0, 2)));
    breaks("I3", |evidence| evidence.central.desks[0].last.seq = 2);
    breaks("I3", |evidence| {
        let again = evidence.central.ops[0].clone();
        evidence.central.ops.push(again);
    });
    breaks("I3", |evidence| {
        evidence.central.letters.remove(&letter(0, 1));
    });
    breaks("I3", |evidence| {
        evidence.central.letters.insert(letter(1, 8), state(1, 8));
    });
    breaks("I3", |evidence| {
        let mut late = evidence.machines[0].dump.ops[2].clone();
        late.seq = 4;
        evidence.machines[0].dump.ops.push(late);
    });
}

#[test]
fn a_letter_that_does_not_rest_on_the_last_correction() {
    breaks("I3", |evidence| {
        let mut correction = evidence.central.ops[2].clone();
        correction.op.seq = 4;
        correction.op.op_id = op(0, 9);
        correction.op.hash = [44; 32];
        correction.op.kind = "letter_corrected".to_owned();
        evidence.machines[0].dump.ops.push(correction.op.clone());
        evidence.central.desks[0].last = Tip { seq: 4, hash: [44; 32] };
        evidence.central.ops.insert(3, correction);
    });
}

#[test]
fn records_that_differ_are_missing_or_unknown() {
    breaks("I4", |evidence| {
        evidence.machines[1].dump.pulled.insert(letter(0, 1), state(0, 2));
    });
    breaks("I4", |evidence| {
        evidence.machines[1].dump.pulled.remove(&letter(0, 1));
    });
    breaks("I4", |evidence| {
        evidence.machines[1].dump.pulled.insert(letter(0, 9), state(0, 9));
    });
    breaks("I4", |evidence| {
        evidence.central.changes.remove(&letter(0, 1));
    });
    breaks("I4", |evidence| evidence.machines[0].dump.raw_changes = 1);
}

#[test]
fn a_stream_with_a_hole() {
    breaks("I5", |evidence| {
        evidence.central.change_numbers.remove(3);
    });
    breaks("I5", |evidence| evidence.central.head = 7);
}

#[test]
fn a_desk_that_never_comes_to_rest() {
    breaks("I6", |evidence| evidence.machines[0].dump.stand.acked = 2);
    breaks("I6", |evidence| evidence.machines[0].dump.stand.scans_wait = 1);
    breaks("I6", |evidence| evidence.machines[0].dump.stand.cursor = None);
    breaks("I6", |evidence| evidence.machines[0].outcome = "Away(Unreachable)".to_owned());
    breaks("I6", |evidence| evidence.central.epoch = Uuid::from_u128(2));
}

#[test]
fn a_number_with_the_year_of_a_wrong_clock() {
    breaks("I7", |evidence| evidence.machines[0].dump.letters[2].number.year = 2036);
}

#[test]
fn a_restored_desk_that_takes_numbers() {
    let restored = |whole_disk, locked_at_start| {
        Some(Restored { whole_disk, stale: true, locked_at_start, gone: BTreeSet::new() })
    };
    breaks("I8", |evidence| evidence.machines[0].restored = restored(false, false));
    assert!(broken(|evidence| evidence.machines[0].restored = restored(false, true)).is_empty());
    assert!(broken(|evidence| evidence.machines[0].restored = restored(true, false)).is_empty());
    // Central knows more than the machine does.
    breaks("I8", |evidence| {
        evidence.machines[0].dump.ops.pop();
        evidence.machines[0].dump.stand.tip = Tip { seq: 2, hash: hash(0, 2) };
    });
}

#[test]
fn a_forked_desk_that_takes_numbers_and_one_that_does_not() {
    breaks("I8", |evidence| evidence.central.desks[0].standing = Standing::Forked);
    let found = broken(|evidence| {
        evidence.central.desks[0].standing = Standing::Forked;
        evidence.machines[0].dump.stand.locked = true;
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_scan_that_is_nowhere_or_another_one() {
    breaks("I10", |evidence| evidence.central.scans[0].right = false);
    breaks("I10", |evidence| evidence.central.scans.clear());
    breaks("I10", |evidence| {
        evidence.central.scans.clear();
        let own = OwnScan { id: SCAN, letter: letter(0, 1), uploaded: true, readable: true };
        evidence.machines[0].dump.scans.push(own);
    });
}

#[test]
fn a_screen_that_said_what_is_not_so() {
    breaks("I12", |evidence| evidence.machines[0].told[0].1 = number(0, 9).display(REGISTER));
    breaks("I12", |evidence| evidence.machines[0].told.push((letter(0, 9), number(0, 9).display(REGISTER))));
    breaks("I12", |evidence| evidence.machines[0].broken.push("it ended by itself".to_owned()));
    let found = broken(|evidence| {
        // The whole disk was put back: paper is all that is left of this letter.
        evidence.machines[0].told.push((letter(0, 9), number(0, 9).display(REGISTER)));
        let gone = BTreeSet::from([letter(0, 9)]);
        evidence.machines[0].restored = Some(Restored { whole_disk: true, gone, ..Restored::default() });
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn what_was_erased_and_stands_somewhere_or_took_its_number_along() {
    breaks("I15", |evidence| {
        evidence.erased.insert(letter(0, 1), vec!["A1: op.body".to_owned()]);
    });
    breaks("I15", |evidence| {
        evidence.erased.insert(letter(0, 2), Vec::new());
        evidence.central.numbers.retain(|(of, _)| *of != letter(0, 2));
    });
    let found = broken(|evidence| {
        evidence.erased.insert(letter(0, 1), Vec::new());
        let gone = |op: &mut OpDump| (op.kind, op.letter, op.number) = ("unreadable".to_owned(), None, None);
        gone(&mut evidence.central.ops[0].op);
        gone(&mut evidence.machines[0].dump.ops[0]);
        evidence.central.scans.clear();
    });
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_second_unmarked_label() {
    breaks("I16", |evidence| {
        let again = evidence.machines[0].printed[0].clone();
        evidence.machines[0].printed.push(again);
    });
    breaks("I16", |evidence| {
        let foreign = evidence.machines[0].printed[0].clone();
        evidence.machines[1].printed.push(foreign);
    });
    let found = broken(|evidence| {
        let again = Label { duplicate: true, ..evidence.machines[0].printed[0].clone() };
        evidence.machines[0].printed.push(again);
    });
    assert!(found.is_empty(), "{found:?}");
}
