//! Central's rules against logs made of numbers, each case of a batch and a log once.

use domain::ids::OpId;
use uuid::Uuid;

use super::{
    desk::{
        CentralsWord, MarkSays, OwnLog, acknowledged, compare, cut_to_batch, in_order, lost_numbers,
        may_number_at_start,
    },
    engine::Fit,
    epoch::{self, Memory},
    hello::{Trace, end_of_log, trace},
    push::{Batch, Failure, Outcome, StoredLog, Taking, Way, judge},
    stream,
};
use crate::v1::{
    Change, Cursor, HelloAnswer, MAX_BATCH_BYTES, MAX_BATCH_OPS, Operation, PullAnswer, PushAnswer, RawBody, Refusal,
    Remembered, Standing, TaskReason, Tip, Verdict,
    golden::{log_of, stage_set},
    log::seal,
};

/// A log of `count` operations; two branches share everything up to `fork`.
fn chain(count: u64, branch: u8, fork: u64) -> Vec<Operation> {
    let mut tip = Tip::START;
    (1..=count)
        .map(|seq| {
            let salt = [if seq > fork { branch } else { 0 }; 32];
            let operation = seal(&log_of(), tip, OpId(Uuid::from_u128(seq.into())), salt, &stage_set());
            tip = operation.tip();
            operation
        })
        .collect()
}

fn tips(operations: &[Operation]) -> Vec<Tip> {
    operations.iter().map(Operation::tip).collect()
}

/// Central's log holds the first `held` operations of `log`.
fn stored(log: &[Operation], held: usize, standing: Standing, batch: &Batch<'_>) -> StoredLog {
    let end = log[..held].last().map_or(Tip::START, Operation::tip);
    let span = batch.span(end);
    let known = tips(&log[..held]).into_iter().filter(|tip| span.contains(&tip.seq)).collect();
    StoredLog { end, standing, known }
}

fn push<'a>(log: &[Operation], held: usize, standing: Standing, ops: &'a [Operation]) -> Result<Way<'a>, Refusal> {
    let batch = Batch::trusted(&log_of(), ops).expect("a chain");
    let stored = stored(log, held, standing, &batch);
    judge(batch, stored)
}

fn taking(way: Result<Way<'_>, Refusal>) -> Taking<'_> {
    match way {
        Ok(Way::Take(taking)) => taking,
        other => panic!("{other:?}"),
    }
}

fn verdicts(answer: &PushAnswer) -> Vec<Verdict> {
    answer.verdicts.iter().map(|verdict| verdict.verdict).collect()
}

const HELD: Verdict = Verdict::Task { reason: TaskReason::Held };

#[test]
fn a_batch_that_follows_is_taken_and_what_is_known_is_a_duplicate() {
    let log = chain(6, 1, 0);
    for (held, first, fresh) in [(0, 0, 6), (2, 2, 4), (4, 1, 2), (6, 0, 0), (6, 3, 0)] {
        let mut taking = taking(push(&log, held, Standing::Counts, &log[first..]));
        assert_eq!(taking.fresh().len(), fresh, "held {held}, sent from {first}");
        while taking.next().is_some() {
            taking.took(Outcome::Applied);
        }
        let answer = taking.answer(Uuid::nil(), 1).expect("taken");
        assert_eq!(answer.last, log[5].tip());
        let duplicates = verdicts(&answer).iter().filter(|verdict| **verdict == Verdict::Duplicate).count();
        assert_eq!((answer.verdicts.len(), duplicates), (6 - first, 6 - first - fresh));
    }
}

#[test]
fn a_gap_is_refused_with_the_logs_end() {
    let log = chain(6, 1, 0);
    let gap = |way: Result<Way<'_>, Refusal>| match way {
        Err(Refusal::Gap { last }) => last.seq,
        other => panic!("{other:?}"),
    };
    assert_eq!(gap(push(&log, 2, Standing::Counts, &log[3..])), 2);
    // The next number, but behind another operation than central's.
    let other = chain(6, 2, 2);
    assert_eq!(gap(push(&log, 4, Standing::Counts, &other[4..])), 4);
}

#[test]
fn another_operation_under_a_known_number_forks_the_desk_and_the_branch_is_held() {
    let (log, other) = (chain(4, 1, 2), chain(6, 2, 2));
    let Ok(Way::Hold(holding)) = push(&log, 4, Standing::Counts, &other[1..]) else { panic!("a fork") };
    assert_eq!(holding.asks(), tips(&other).iter().map(|tip| tip.hash).collect::<Vec<_>>());
    let held = holding.plan(&[]).expect("it follows what counts");
    assert_eq!(held.new.len(), 4);
    assert_eq!(held.forks_at.map(|operation| operation.seq), Some(3));
    let answer = held.answer(Uuid::nil(), 1);
    assert_eq!(answer.last, other[5].tip());
    assert_eq!(verdicts(&answer), [Verdict::Duplicate, HELD, HELD, HELD, HELD]);
}

#[test]
fn a_desk_that_does_not_count_is_held_wherever_its_branch_has_a_place() {
    let (log, other) = (chain(4, 1, 2), chain(6, 2, 2));
    for standing in [Standing::Forked, Standing::Revoked] {
        // What follows the log itself is held all the same, and no second fork is told.
        let longer = chain(5, 1, 2);
        let Ok(Way::Hold(holding)) = push(&log, 4, standing, &longer[4..]) else { panic!("held") };
        let held = holding.plan(&[]).expect("it follows");
        assert_eq!((held.new.len(), held.forks_at), (1, None));
        // A branch goes on behind what is held of it, and not behind nothing.
        let Ok(Way::Hold(holding)) = push(&log, 4, standing, &other[4..]) else { panic!("held") };
        assert_eq!(holding.clone().plan(&[]).err(), Some(Refusal::Gap { last: log[3].tip() }));
        let held = holding.plan(&tips(&other[3..5])).expect("its place is there");
        assert_eq!(held.new.iter().map(|operation| operation.seq).collect::<Vec<_>>(), [6]);
        assert_eq!(verdicts(&held.answer(Uuid::nil(), 1)), [Verdict::Duplicate, HELD]);
    }
}

#[test]
fn an_operation_that_fails_stops_the_batch_and_the_third_time_it_is_parked() {
    let log = chain(3, 1, 0);
    let mut first = taking(push(&log, 0, Standing::Counts, &log));
    first.took(Outcome::Applied);
    assert_eq!(first.failed(1), Failure::Stop);
    assert!(first.next().is_none());
    assert_eq!((first.taken().len(), first.tip()), (1, log[0].tip()), "what came before it is kept");
    assert_eq!(first.answer(Uuid::nil(), 1), Err(Refusal::Retry { after_seconds: 5 }));

    let mut third = taking(push(&log, 1, Standing::Counts, &log[1..]));
    let parked = Outcome::Kept(TaskReason::Internal);
    assert_eq!(third.failed(3), Failure::Park(parked));
    third.took(parked);
    third.took(Outcome::Flagged(TaskReason::Overlap));
    let answer = third.answer(Uuid::nil(), 1).expect("the push went on");
    assert_eq!(answer.last, log[2].tip());
    let task = |reason| Verdict::Task { reason };
    assert_eq!(verdicts(&answer), [task(TaskReason::Internal), task(TaskReason::Overlap)]);
}

#[test]
fn a_batch_that_is_none_is_refused_before_any_store_is_asked() {
    let log = chain(3, 1, 0);
    let read = |ops: &[Operation]| Batch::trusted(&log_of(), ops).map(|batch| batch.last()).err();
    assert_eq!(read(&[]), Some(Refusal::Malformed));
    assert_eq!(read(&[log[0].clone(), log[2].clone()]), Some(Refusal::ChainBroken { seq: 3 }));
    assert_eq!(read(&[Operation { seq: 0, ..log[0].clone() }]), Some(Refusal::Malformed));
    let mut changed = log.clone();
    changed[1].body.push(b' ');
    assert_eq!(read(&changed), Some(Refusal::ChainBroken { seq: 2 }));
    let mut newer = log[0].clone();
    newer.schema_v = 99;
    newer.hash = newer.computed_hash(&log_of());
    assert_eq!(read(&[newer]), Some(Refusal::SchemaTooNew { known: crate::v1::OP_SCHEMA }));
    assert_eq!(read(&chain(MAX_BATCH_OPS as u64 + 1, 1, 0)), Some(Refusal::TooLarge));
    assert_eq!(cut_to_batch(chain(MAX_BATCH_OPS as u64 + 1, 1, 0)).len(), MAX_BATCH_OPS);
    let large = |place: usize| Operation { body: vec![0; MAX_BATCH_BYTES / 2 + 1], ..log[place].clone() };
    assert_eq!(cut_to_batch(vec![large(0), large(1)]).len(), 1);
}

fn change(n: u64, size: usize) -> Change {
    Change { n, digest: [u8::try_from(n).expect("small"); 32], body: RawBody::of(&"x".repeat(size)).expect("JSON") }
}

#[test]
fn a_page_ends_with_its_last_change_and_is_never_empty_before_the_head() {
    let cursor = Cursor::start(Uuid::from_u128(1));
    let read = |changes, head| match stream::page(cursor, changes, head, crate::v1::AuditHead::START, None) {
        PullAnswer::Changes { changes, scanned_up_to, head, .. } => (changes.len(), scanned_up_to.head, head),
        PullAnswer::NewEpoch { .. } => panic!("a page"),
    };
    assert_eq!(read(Vec::new(), 0), (0, 0, 0));
    assert_eq!(read(vec![change(1, 1), change(2, 1)], 5), (2, 2, 5));
    assert_eq!(
        read(vec![change(1, 1), change(2, 1)], 1),
        (2, 2, 2),
        "the page passed the head that was read before it"
    );
    assert_eq!(read(vec![change(1, 5 << 20), change(2, 1)], 2), (1, 1, 2), "one change whatever its size");
    assert_eq!(stream::range_up_to(7, 3), 5..=7);
}

#[test]
fn a_cursor_is_known_by_its_digest_and_a_lost_one_proves_an_earlier_central() {
    let epoch = Uuid::from_u128(1);
    let cursor = Cursor { epoch, head: 3, digest: [3; 32] };
    assert!(stream::knows(&cursor, epoch, Some(&[3; 32])));
    for digest in [None, Some(&[4; 32])] {
        assert!(!stream::knows(&cursor, epoch, digest));
        assert_eq!(epoch::of_cursor(&cursor, epoch, digest), Memory::Lost);
        assert_eq!(epoch::of_cursor(&cursor, Uuid::from_u128(2), digest), Memory::Whole, "of an epoch that is over");
    }
    assert!(stream::knows(&Cursor::start(epoch), epoch, None));
    assert!(!stream::knows(&Cursor { digest: [1; 32], ..Cursor::start(epoch) }, epoch, None));
    let tip = Tip { seq: 3, hash: [3; 32] };
    let remembered = |epoch, acknowledged| Some(Remembered { epoch, acknowledged });
    assert_eq!(epoch::of_hello(remembered(epoch, tip).as_ref(), epoch, false), Memory::Lost);
    let over = Uuid::from_u128(2);
    for (memory, has) in [
        (remembered(epoch, tip), true),
        (remembered(epoch, Tip::START), false),
        (remembered(over, tip), false),
        (None, false),
    ] {
        assert_eq!(epoch::of_hello(memory.as_ref(), epoch, has), Memory::Whole, "{memory:?}");
    }
    let digest = stream::digest_of(&[0; 32], epoch, 1, b"x");
    assert_ne!(digest, stream::digest_of(&[0; 32], epoch, 2, b"x"));
    assert_ne!(digest, stream::digest_of(&[0; 32], Uuid::from_u128(2), 1, b"x"));
    assert_ne!(digest, stream::digest_of(&[1; 32], epoch, 1, b"x"), "another history");
}

#[test]
fn each_branch_of_a_fork_is_told_its_own_end() {
    let (desk, counted) = (Tip { seq: 3, hash: [3; 32] }, Tip { seq: 5, hash: [5; 32] });
    assert_eq!(end_of_log(desk, counted, true), desk);
    assert_eq!(end_of_log(desk, counted, false), counted);
    assert_eq!(trace(desk, counted), Trace::Behind);
    assert_eq!(trace(Tip { hash: [9; 32], ..counted }, counted), Trace::Differs);
    assert_eq!(trace(Tip { seq: 6, hash: [6; 32] }, counted), Trace::Fits);
}

fn answer(last: Tip, standing: Standing) -> HelloAnswer {
    HelloAnswer {
        token: String::new(),
        token_seconds: 1,
        epoch: Uuid::from_u128(1),
        last,
        standing,
        head: 0,
        central_time: jiff::Timestamp::UNIX_EPOCH,
        next_numbers: Vec::new(),
        grants: None,
        bounds: None,
        provider: false,
        file_key: None,
        backed_up_head: None,
        op_schema: 1,
    }
}

#[test]
fn only_a_log_that_fits_in_front_of_mark_and_central_takes_numbers() {
    let tip = |seq| Tip { seq, hash: [1; 32] };
    let own = OwnLog {
        tip: tip(5),
        holds_centrals_last: true,
        numbers_in_front: true,
        mark: MarkSays::Held,
        locked: true,
        acked: 4,
        pulled: 4,
        cursor: None,
    };
    let fits = compare(&answer(tip(2), Standing::Counts), &own, false);
    assert_eq!((fits.word, fits.locked, fits.acked, fits.pulled), (CentralsWord::Fits, false, 2, 2));
    let beyond = OwnLog { holds_centrals_last: false, ..own };
    let same_epoch = Some(Cursor::start(answer(tip(6), Standing::Counts).epoch));
    let older = compare(&answer(tip(6), Standing::Counts), &OwnLog { cursor: same_epoch, ..beyond }, false);
    assert_eq!((older.fit, older.word, older.locked, older.acked), (Fit::Behind, CentralsWord::Older, true, 4));
    let sent_again = compare(&answer(tip(6), Standing::Counts), &beyond, false);
    assert_eq!((sent_again.acked, sent_again.pulled), (0, 0), "another epoch may have lost what was acknowledged");
    let forked = compare(&answer(tip(5), Standing::Counts), &beyond, false);
    assert_eq!((forked.fit, forked.word, forked.locked), (Fit::Forked, CentralsWord::Forked, true));
    for (standing, word) in [(Standing::Forked, CentralsWord::Forked), (Standing::Revoked, CentralsWord::Revoked)] {
        let now = compare(&answer(tip(2), standing), &own, false);
        assert_eq!((now.word, now.locked), (word, true));
    }
    for locked in [OwnLog { numbers_in_front: false, ..own }, OwnLog { mark: MarkSays::Ahead, ..own }] {
        assert!(compare(&answer(tip(2), Standing::Counts), &locked, false).locked);
    }
    // A mark that cannot be matched locks at start; it does not lock a desk at work.
    assert!(
        !compare(&answer(tip(2), Standing::Counts), &OwnLog { mark: MarkSays::Ahead, locked: false, ..own }, false)
            .locked
    );

    assert!(may_number_at_start(&Tip::START, MarkSays::Missing));
    assert!(!may_number_at_start(&tip(1), MarkSays::Missing));
    assert!(may_number_at_start(&tip(1), MarkSays::Held));
    assert!(!may_number_at_start(&Tip::START, MarkSays::Ahead));
}

#[test]
fn a_cursor_begins_anew_in_another_epoch_and_when_told_so() {
    let here = Uuid::from_u128(1);
    let at = |epoch| Some(Cursor { epoch, head: 4, digest: [4; 32] });
    let own = |cursor| OwnLog {
        tip: Tip::START,
        holds_centrals_last: true,
        numbers_in_front: true,
        mark: MarkSays::Held,
        locked: false,
        acked: 0,
        pulled: 0,
        cursor,
    };
    let answer = answer(Tip::START, Standing::Counts);
    assert_eq!(Some(compare(&answer, &own(at(here)), false).cursor), at(here));
    for (cursor, restart) in [(None, false), (at(Uuid::from_u128(2)), false), (at(here), true)] {
        let now = compare(&answer, &own(cursor), restart);
        assert_eq!((now.cursor, now.anew), (Cursor::start(here), true));
    }
}

#[test]
fn a_branch_whose_operations_a_restored_central_lost_is_sent_from_its_beginning() {
    let tip = |seq| Tip { seq, hash: [1; 32] };
    let own = |cursor| OwnLog {
        tip: tip(5),
        holds_centrals_last: false,
        numbers_in_front: true,
        mark: MarkSays::Held,
        locked: false,
        acked: 5,
        pulled: 4,
        cursor,
    };
    let cursor = |epoch| Some(Cursor::start(Uuid::from_u128(epoch)));
    for last in [Tip { seq: 5, hash: [2; 32] }, Tip { seq: 9, hash: [2; 32] }] {
        let answer = answer(last, Standing::Counts);
        let now = |cursor| compare(&answer, &own(cursor), false);
        assert_eq!((now(cursor(1)).acked, now(cursor(1)).pulled), (5, 4), "central has what it acknowledged");
        assert_eq!((now(cursor(2)).acked, now(cursor(2)).pulled), (0, 0), "a new epoch: it may have lost it");
    }
}

#[test]
fn no_more_counts_as_acknowledged_than_was_sent() {
    let answer =
        |seq| PushAnswer { verdicts: Vec::new(), last: Tip { seq, hash: [1; 32] }, epoch: Uuid::nil(), head: 0 };
    assert_eq!(acknowledged(&answer(5), 5), 5);
    assert_eq!(acknowledged(&answer(9), 5), 5, "central holds another branch's operations, too");
}

#[test]
fn changes_out_of_order_are_none_of_ours() {
    let cursor = |head| Cursor { epoch: Uuid::nil(), head, digest: [0; 32] };
    let changes = |numbers: &[u64]| numbers.iter().map(|n| change(*n, 1)).collect::<Vec<_>>();
    assert!(in_order(&changes(&[3, 4, 7]), &cursor(2), &cursor(7)));
    for wrong in [&[2, 3][..], &[3, 3], &[4, 3], &[3, 8]] {
        assert!(!in_order(&changes(wrong), &cursor(2), &cursor(7)), "{wrong:?}");
    }
}

#[test]
fn what_label_or_mark_knows_beyond_the_database_is_lost() {
    let lost = |last, named, marked| lost_numbers(last, named, marked).collect::<Vec<_>>();
    assert_eq!(lost(3, None, None), [0; 0]);
    assert_eq!(lost(3, Some(5), None), [4, 5]);
    assert_eq!(lost(3, None, Some(4)), [4]);
    assert_eq!(lost(3, Some(4), Some(6)), [4, 5, 6]);
    assert_eq!(lost(3, Some(2), Some(1)), [0; 0], "labels of what the database has");
}
