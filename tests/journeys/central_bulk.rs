//! A batch that is written in a few statements leaves what the same operations leave one after another.

use domain::{
    ids::{LetterId, OpId, ScanId},
    stage::Stage,
};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    chance::Chance,
    test_desk::BEGIN,
};
use uuid::Uuid;
use wire::v1::{LetterState, OpBody, Operation, Tip, UnitChange, log::seal_by};

use crate::central_desk::{WireDesk, facts, letter, status_key, teryt};

const DESKS: u8 = 2;
const BATCHES: usize = 8;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_5a00_0000_7000_8000_0000_0000_0000 + n)
}

/// What a desk says: ids, and bodies that rest on what it knows of its letters, and sometimes on what it no longer knows.
fn batch(
    desk: &WireDesk,
    chance: &mut Chance,
    drawn: &mut u128,
    letters: &mut Vec<(LetterId, Vec<OpId>)>,
) -> Vec<(OpId, OpBody)> {
    let (by, at) = ("Anna Wójcik".to_owned(), "2026-11-23T09:00:00Z".parse().expect("instant"));
    let mut batch = Vec::new();
    for _ in 0..=chance.below(24) {
        *drawn += 2;
        let op = OpId(id(*drawn));
        if letters.is_empty() || chance.percent(35) {
            let letter_id = LetterId(id(*drawn + 1));
            let n = u32::try_from(*drawn).expect("small");
            let body = OpBody::LetterRegistered {
                letter: Box::new(letter(letter_id, &desk.symbol, n)),
                unit: chance.percent(50).then(|| "Sekretariat".to_owned()),
                status_hash: status_key(n).hash(&teryt()),
            };
            letters.push((letter_id, vec![op]));
            batch.push((op, body));
            continue;
        }
        let place = chance.below(letters.len());
        let (letter_id, known) = (letters[place].0, letters[place].1.clone());
        let based_on = *chance.one_of(&known);
        let status = (known.len() > 1).then_some(based_on);
        let (by, stage) = (by.clone(), *chance.one_of(&[Stage::Registered, Stage::InProgress, Stage::Closed]));
        let body = match chance.below(6) {
            0 => OpBody::StageSet { letter_id, based_on: status, stage, unit: UnitChange::Keep, by, at },
            1 => OpBody::UnitSet { letter_id, based_on: status, unit: Some("Referat Finansowy".to_owned()), by, at },
            2 => OpBody::LetterCorrected {
                letter_id,
                based_on,
                facts: Box::new(facts(&format!("Tytuł {drawn}"))),
                reason: "pomyłka".to_owned(),
                by,
                at,
            },
            3 => OpBody::ScanAttached {
                scan_id: ScanId(id(*drawn + 1)),
                letter_id,
                pages: 2,
                bytes: 9,
                sha256: [7; 32],
                by,
                at,
            },
            4 if chance.percent(20) => OpBody::LetterCancelled { letter_id, reason: "dwa razy".to_owned(), by, at },
            4 => OpBody::StageSet { letter_id, based_on: status, stage, unit: UnitChange::Set(None), by, at },
            _ => OpBody::RecordViewed { subject: letter_id, what: wire::v1::Viewed::Record, by, at },
        };
        if !body.is_audit() {
            letters[place].1.push(op);
        }
        batch.push((op, body));
    }
    batch
}

fn seal(desk: &WireDesk, tip: Tip, bodies: &[(OpId, OpBody)]) -> Vec<Operation> {
    let mut tip = tip;
    let sealed = bodies.iter().map(|(op, body)| {
        let operation = seal_by(&desk.log, tip, *op, [7; 32], body, None);
        tip = operation.tip();
        operation
    });
    sealed.collect()
}

/// No body of ours: a batch that holds it goes one operation after another, and no letter hears of it.
fn unreadable(desk: &WireDesk, tip: Tip, n: u128) -> Operation {
    let mut operation = seal(
        desk,
        tip,
        &[(OpId(id(n)), OpBody::SignedIn { by: String::new(), at: "2026-11-23T09:00:00Z".parse().expect("instant") })],
    )
    .remove(0);
    operation.schema_v = 1;
    operation.body = b"{}".to_vec();
    operation.hash = operation.computed_hash(&desk.log);
    operation
}

async fn office() -> CentralOffice {
    let clock = central::Clock::of(|| BEGIN.parse().expect("a moment"));
    CentralOffice::start(CentralSetup { clock, ..CentralSetup::default() }).await.expect("central")
}

async fn letters_of(central: &CentralOffice) -> Vec<LetterState> {
    let mut letters = central.letters().await;
    letters.sort_by_key(|letter| letter.id);
    letters
}

/// What desks are told last of each letter, the public page, and what became of each operation of a letter.
async fn told(central: &CentralOffice) -> Vec<String> {
    let mut rows = Vec::new();
    for question in [
        "SELECT DISTINCT ON (letter_id) body FROM change ORDER BY letter_id, n DESC",
        "SELECT encode(hash, 'hex') || stage || changed_on || coalesce(unit, '-') || expires_on FROM status_public ORDER BY hash",
        "SELECT op_id || fate || coalesce(reason, '') || coalesce(letter_id::text, '') FROM operation
         WHERE reason IS DISTINCT FROM 'malformed' ORDER BY op_id",
    ] {
        rows.extend(sqlx::query_scalar::<_, String>(question).fetch_all(central.pool()).await.expect("rows"));
    }
    rows
}

#[tokio::test]
async fn a_batch_at_once_leaves_what_its_operations_leave_one_after_another() {
    let mut plain = 0;
    for seed in 1..=6 {
        let (at_once, one_by_one) = (office().await, office().await);
        let mut chance = Chance::of(seed);
        let (mut drawn, mut letters) = (0, Vec::new());
        let mut desks = Vec::new();
        for n in 1..=DESKS {
            let name = format!("K{n}");
            desks.push((
                WireDesk::connected(&at_once, n, &name).await,
                WireDesk::connected(&one_by_one, n, &name).await,
            ));
        }
        let mut tips = vec![(Tip::START, Tip::START); DESKS.into()];
        for _ in 0..BATCHES {
            let place = chance.below(DESKS.into());
            let (fast, slow) = &desks[place];
            let bodies = batch(fast, &mut chance, &mut drawn, &mut letters);
            let sealed = seal(fast, tips[place].0, &bodies);
            let answer = fast.push(&fast.batch(&sealed)).await.expect("taken");
            tips[place].0 = answer.last;
            plain += u32::from(answer.verdicts.iter().all(|one| one.verdict == wire::v1::Verdict::Applied));

            drawn += 2;
            let first = unreadable(slow, tips[place].1, drawn);
            let mut sealed = vec![first.clone()];
            sealed.extend(seal(slow, first.tip(), &bodies));
            let others = slow.push(&slow.batch(&sealed)).await.expect("taken");
            tips[place].1 = others.last;
            let verdicts = |answer: &wire::v1::PushAnswer, skip| {
                answer.verdicts.iter().skip(skip).map(|one| one.verdict).collect::<Vec<_>>()
            };
            assert_eq!(verdicts(&answer, 0), verdicts(&others, 1), "seed {seed}");
        }
        assert_eq!(letters_of(&at_once).await, letters_of(&one_by_one).await, "seed {seed}");
        assert_eq!(told(&at_once).await, told(&one_by_one).await, "seed {seed}");
    }
    assert!(plain > 6, "{plain} batches were plain");
}
