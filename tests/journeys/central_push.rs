//! Push: verdicts, repetition, and everything that a batch may have wrong with it.

use domain::{ids::LetterId, stage::Stage};
use reqwest::StatusCode;
use wire::v1::{MAX_BATCH_BYTES, OP_SCHEMA, OpBody, Refusal, Standing, TaskReason, Tip, Verdict, log::sign_batch};

use crate::central_desk::{WireDesk, facts, letter, letter_of, office, symbol};

fn task(reason: TaskReason) -> Verdict {
    Verdict::Task { reason }
}

#[tokio::test]
async fn a_letter_reaches_central_and_every_other_desk() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let mut other = WireDesk::connected(&central, 2, "K2").await;
    let (id, registered) = desk.register();
    let staged = desk.set_stage(id, None, Stage::HandedToUnit);
    assert_eq!(desk.push_all().await, [Verdict::Applied; 2]);

    let pulled = other.pull_all(100).await;
    let state = letter_of(pulled.last().expect("a change"));
    assert_eq!(Some(&state), central.letter("RPW/K1/1/2026").await.as_ref());
    assert_eq!(state.id, id);
    assert_eq!(state.facts, facts("Wniosek o wycięcie drzewa"));
    assert_eq!(state.registered_at, letter(id, &symbol("K1"), 1).registered_at, "to the nanosecond");
    assert_eq!((state.stage, state.unit.as_deref()), (Stage::HandedToUnit, Some("Referat Finansowy")));
    assert_eq!((state.last_ops.intake, state.last_ops.status), (registered, Some(staged)));
    let scanned = state.identifier.bars().to_lowercase();
    assert_eq!(central.letter(&scanned).await.map(|letter| letter.id), Some(id));
    assert_eq!(central.letter(&id.to_string()).await, Some(state));
}

#[tokio::test]
async fn batches_sent_again_in_any_order_leave_the_same_state() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let mut seed = 0x2026_1123_u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    let mut based_on = None;
    for round in 0..8 {
        let (id, registered) = desk.register();
        if round % 2 == 0 {
            based_on = Some(desk.set_stage(id, None, Stage::InProgress));
            desk.seal(&OpBody::LetterCorrected {
                letter_id: id,
                based_on: registered,
                facts: Box::new(facts("Poprawiony tytuł")),
                reason: "pomyłka".to_owned(),
                by: "Anna Wójcik".to_owned(),
                at: "2026-11-23T10:00:00Z".parse().expect("instant"),
            });
        }
    }
    assert!(based_on.is_some());
    // Slices of any start and length, most of them repetitions, some of them with a gap before.
    while central.letters().await.len() < 8 {
        let start = random(desk.sealed.len());
        let end = start + 1 + random(desk.sealed.len() - start);
        match desk.push(&desk.batch(&desk.sealed[start..end])).await {
            Ok(_) | Err((StatusCode::CONFLICT, Refusal::Gap { .. })) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    desk.push_all().await;
    let state = central.letters().await;
    let changes = desk.pull_all(100).await.len();
    assert_eq!(desk.push_all().await, vec![Verdict::Duplicate; desk.sealed.len()]);
    assert_eq!(central.letters().await, state);
    assert_eq!(desk.pull_all(100).await.len(), 0, "repetitions are no news after {changes} changes");
    assert!(state.iter().all(|letter| letter.tasks.is_empty()));
    let stored: i64 =
        sqlx::query_scalar("SELECT count(*) FROM operation").fetch_one(central.pool()).await.expect("operations");
    assert_eq!(stored, i64::try_from(desk.sealed.len()).expect("few"));
}

#[tokio::test]
async fn a_gap_and_a_broken_chain_are_told_apart() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    for _ in 0..4 {
        desk.register();
    }
    let refused = desk.push(&desk.batch(&desk.sealed[2..])).await.expect_err("a gap");
    assert_eq!(refused, (StatusCode::CONFLICT, Refusal::Gap { last: Tip::START }));
    desk.push(&desk.batch(&desk.sealed[..3])).await.expect("three");

    let mut swapped = desk.sealed.clone();
    swapped.swap(2, 3);
    let refused = desk.push(&desk.batch(&swapped)).await.expect_err("swapped");
    assert_eq!(refused, (StatusCode::UNPROCESSABLE_ENTITY, Refusal::ChainBroken { seq: 4 }));
    let mut changed = desk.sealed.clone();
    changed[3].body[20] ^= 1;
    let refused = desk.push(&desk.batch(&changed)).await.expect_err("changed");
    assert_eq!(refused, (StatusCode::UNPROCESSABLE_ENTITY, Refusal::ChainBroken { seq: 4 }));
    assert_eq!(desk.push_all().await[3], Verdict::Applied);
}

#[tokio::test]
async fn only_the_desk_s_own_signature_over_this_batch_counts() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let thief = WireDesk::connected(&central, 2, "K2").await;
    desk.register();
    desk.register();
    let mut push = desk.batch(&desk.sealed);
    push.signature = sign_batch(&thief.key, &desk.log, &desk.tip().hash);
    assert_eq!(desk.push(&push).await.expect_err("other key").1, Refusal::SignatureWrong);
    push.signature = sign_batch(&desk.key, &desk.log, &desk.sealed[0].hash);
    assert_eq!(desk.push(&push).await.expect_err("other batch").1, Refusal::SignatureWrong);
    // Another desk replays what it overheard: the chain is not its own.
    assert_eq!(thief.push(&desk.batch(&desk.sealed)).await.expect_err("replayed").1, Refusal::ChainBroken { seq: 1 });
    assert_eq!(central.letters().await.len(), 0);
    assert_eq!(desk.push_all().await, [Verdict::Applied; 2]);
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_and_delays_nothing() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let (id, _) = desk.register();
    for body in [&b"rubbish"[..], b"{\"kind\":\"unheard_of\"}", b"\xff\xfe"] {
        let mut operation = desk.sealed[0].clone();
        operation.seq = desk.tip().seq + 1;
        operation.prev_hash = desk.tip().hash;
        operation.body = body.to_vec();
        operation.hash = operation.computed_hash(&desk.log);
        desk.sealed.push(operation);
    }
    // PostgreSQL's text has no NUL; a body that smuggles one in is kept like any other rubbish.
    let mut with_nul = letter(LetterId(desk.new_id()), &symbol("K1"), 9);
    with_nul.facts.title = "a\0b".to_owned();
    desk.seal(&OpBody::LetterRegistered { letter: Box::new(with_nul), unit: None, status_hash: [1; 32] });
    desk.set_stage(id, None, Stage::Closed);
    let malformed = task(TaskReason::Malformed);
    assert_eq!(desk.push_all().await, [Verdict::Applied, malformed, malformed, malformed, malformed, Verdict::Applied]);
    assert_eq!(central.letter(&id.to_string()).await.map(|letter| letter.stage), Some(Stage::Closed));
}

#[tokio::test]
async fn a_newer_schema_and_too_large_batches_are_refused_whole() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    desk.register();
    let mut newer = desk.sealed.clone();
    newer[1].schema_v = OP_SCHEMA + 1;
    newer[1].hash = newer[1].computed_hash(&desk.log);
    let refused = desk.push(&desk.batch(&newer)).await.expect_err("newer");
    assert_eq!(refused, (StatusCode::CONFLICT, Refusal::SchemaTooNew { known: OP_SCHEMA }));
    assert_eq!(desk.push(&desk.batch(&[])).await.expect_err("empty").1, Refusal::Malformed);

    let (id, _) = desk.register();
    for _ in 0..99 {
        desk.set_stage(id, None, Stage::Closed);
    }
    assert_eq!(desk.sealed.len(), 102);
    assert_eq!(desk.push(&desk.batch(&desk.sealed)).await.expect_err("102 operations").1, Refusal::TooLarge);
    let mut large = desk.sealed[0].clone();
    large.body = vec![b' '; MAX_BATCH_BYTES + 1];
    large.hash = large.computed_hash(&desk.log);
    let refused = desk.push(&desk.batch(&[large.clone()])).await.expect_err("over a MiB");
    assert_eq!(refused, (StatusCode::PAYLOAD_TOO_LARGE, Refusal::TooLarge));
    large.body = vec![b' '; 4 * MAX_BATCH_BYTES];
    let refused = desk.push(&desk.batch(&[large])).await.expect_err("over the route's limit");
    assert_eq!(refused, (StatusCode::PAYLOAD_TOO_LARGE, Refusal::TooLarge));
    assert_eq!(central.letters().await.len(), 0);
}

#[tokio::test]
async fn what_comes_before_its_letter_waits_for_it() {
    let central = office().await;
    let mut reception = WireDesk::connected(&central, 1, "K1").await;
    let mut unit = WireDesk::connected(&central, 2, "K2").await;
    let (id, _) = reception.register();
    let first = unit.set_stage(id, None, Stage::HandedToUnit);
    unit.set_stage(id, Some(first), Stage::InProgress);
    assert_eq!(unit.push_all().await, [task(TaskReason::LetterUnknown); 2]);
    assert_eq!(unit.pull_all(10).await.len(), 0);

    assert_eq!(reception.push_all().await, [Verdict::Applied]);
    let state = central.letter(&id.to_string()).await.expect("the letter");
    assert_eq!((state.stage, state.tasks.len()), (Stage::InProgress, 0));
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM operation WHERE fate = 'kept'")
        .fetch_one(central.pool())
        .await
        .expect("operations");
    assert_eq!(waiting, 0);
}

#[tokio::test]
async fn overlaps_strange_symbols_and_taken_numbers_become_tasks() {
    let central = office().await;
    let mut one = WireDesk::connected(&central, 1, "K1").await;
    let mut two = WireDesk::connected(&central, 2, "K2").await;
    let (id, _) = one.register();
    one.push_all().await;
    two.set_stage(id, None, Stage::InProgress);
    assert_eq!(two.push_all().await, [Verdict::Applied]);
    one.set_stage(id, None, Stage::HandedToUnit);
    assert_eq!(one.push_all().await, [Verdict::Duplicate, task(TaskReason::Overlap)]);
    let cancel = OpBody::LetterCancelled {
        letter_id: id,
        reason: "wpisano dwa razy".to_owned(),
        by: "Anna Wójcik".to_owned(),
        at: "2026-11-23T10:00:00Z".parse().expect("instant"),
    };
    one.seal(&cancel);
    assert_eq!(one.push_all().await[2], task(TaskReason::CancellationAsked));
    let state = central.letter(&id.to_string()).await.expect("the letter");
    assert_eq!(state.task_reasons(), ["overlap", "cancellation_asked"]);
    assert!(state.cancelled.is_none());

    let foreign = letter(LetterId(two.new_id()), &symbol("K1"), 2);
    two.seal(&OpBody::LetterRegistered { letter: Box::new(foreign), unit: None, status_hash: [2; 32] });
    let taken = letter(LetterId(two.new_id()), &symbol("K1"), 1);
    two.seal(&OpBody::LetterRegistered { letter: Box::new(taken), unit: None, status_hash: [3; 32] });
    assert_eq!(two.push_all().await[1..], [task(TaskReason::SymbolNotGranted), task(TaskReason::NumberTaken)]);
    assert_eq!(central.letters().await.len(), 2);
}

#[tokio::test]
async fn from_a_fork_on_both_branches_are_kept_acknowledged_and_not_applied() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    for _ in 0..3 {
        desk.register();
    }
    desk.push_all().await;
    let letter = central.letters().await[0].id;
    let mut clone = WireDesk::connected(&central, 1, "K1").await;
    clone.sealed = desk.sealed[..2].to_vec();
    clone.set_stage(letter, None, Stage::Closed);
    clone.set_stage(letter, None, Stage::InProgress);

    let held = Verdict::Task { reason: TaskReason::Held };
    let answer = clone.push(&clone.batch(&clone.sealed)).await.expect("kept");
    let verdicts: Vec<Verdict> = answer.verdicts.iter().map(|verdict| verdict.verdict).collect();
    assert_eq!(verdicts, [Verdict::Duplicate, Verdict::Duplicate, held, held]);
    assert_eq!(answer.last, clone.tip(), "all of it is acknowledged");
    let again = clone.push(&clone.batch(&clone.sealed[2..])).await.expect("sent twice");
    assert!(again.verdicts.iter().all(|verdict| verdict.verdict == Verdict::Duplicate));

    // The first machine goes on behind its own end, a third one behind the clone's first step.
    desk.set_stage(letter, None, Stage::Closed);
    assert_eq!(desk.push_all().await[3], held);
    let mut third = WireDesk::connected(&central, 1, "K1").await;
    third.sealed = clone.sealed[..3].to_vec();
    third.set_stage(letter, None, Stage::HandedToUnit);
    let answer = third.push(&third.batch(&third.sealed[3..])).await.expect("kept");
    assert_eq!(answer.verdicts[0].verdict, held);
    let mut stranger = WireDesk::connected(&central, 1, "K1").await;
    for _ in 0..5 {
        stranger.set_stage(letter, None, Stage::Closed);
    }
    let refused = stranger.push(&stranger.batch(&stranger.sealed[4..])).await.expect_err("nothing before it");
    assert!(matches!(refused.1, Refusal::Gap { .. }));

    for desk in [&mut desk, &mut clone, &mut third] {
        let answer = desk.hello().await.expect("known");
        assert_eq!((answer.standing, answer.last), (Standing::Forked, desk.tip()), "each branch has its own end");
    }
    assert!(central.letters().await.iter().all(|letter| letter.stage == Stage::Registered));
    let tasks: i64 = sqlx::query_scalar("SELECT count(*) FROM task WHERE reason = 'held'")
        .fetch_one(central.pool())
        .await
        .expect("tasks");
    assert_eq!(tasks, 1, "one task for one fork");
}
