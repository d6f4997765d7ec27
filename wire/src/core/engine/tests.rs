//! The engine against a central made of numbers, with faults at every step: it never turns in circles, never believes
//! that something was read which was not, and always comes to rest with everything sent and read.

use domain::ids::OpId;
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::v1::{OpVerdict, Verdict};

/// More steps than any honest round needs here.
const STEPS_MAX: usize = 200;
const BATCH: u64 = 3;
const PAGE: u64 = 2;

/// What happens to one step.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Good,
    /// Nothing reached central.
    Lost,
    /// Central did it; the answer was lost.
    Unheard,
    TokenForgotten,
    Later,
    /// Central was set back to its beginning or to half of its history, with a new epoch or without.
    Restored {
        half: bool,
        new_epoch: bool,
    },
    /// Somebody writes a letter at another desk.
    OtherDesk,
    /// The clerk registers a letter meanwhile.
    Registered,
}

fn luck() -> impl Strategy<Value = Luck> {
    prop_oneof![
        6 => Just(Luck::Good),
        1 => Just(Luck::Lost),
        1 => Just(Luck::Unheard),
        1 => Just(Luck::TokenForgotten),
        1 => Just(Luck::Later),
        1 => any::<(bool, bool)>().prop_map(|(half, new_epoch)| Luck::Restored { half, new_epoch }),
        1 => Just(Luck::OtherDesk),
        2 => Just(Luck::Registered),
    ]
}

/// One change of central: which operation of the desk it holds, if one, and a digest that no other history repeats.
#[derive(Clone, Copy)]
struct Changed {
    seq: Option<u64>,
    digest: [u8; 32],
}

struct Central {
    epoch: Uuid,
    changes: Vec<Changed>,
    tokens: Vec<String>,
    made: u64,
}

impl Central {
    fn held(&self) -> u64 {
        self.changes.iter().filter_map(|change| change.seq).max().unwrap_or_default()
    }

    fn head(&self) -> u64 {
        self.changes.len() as u64
    }

    fn unique(&mut self) -> [u8; 32] {
        self.made += 1;
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&self.made.to_be_bytes());
        digest
    }

    fn add(&mut self, seq: Option<u64>) {
        let digest = self.unique();
        self.changes.push(Changed { seq, digest });
    }

    fn knows(&self, token: &str) -> bool {
        self.tokens.iter().any(|known| known == token)
    }

    fn restore(&mut self, half: bool, new_epoch: bool) {
        self.changes.truncate(if half { self.changes.len() / 2 } else { 0 });
        self.tokens.clear();
        if new_epoch {
            let digest = self.unique();
            self.epoch = Uuid::from_slice(&digest[..16]).expect("16 bytes");
        }
    }
}

struct Desk {
    tip: u64,
    acked: u64,
    pulled: u64,
    cursor: Option<Cursor>,
}

fn tip(seq: u64) -> Tip {
    Tip { seq, hash: [u8::from(seq > 0); 32] }
}

struct World {
    engine: Engine,
    central: Central,
    desk: Desk,
}

impl World {
    fn new() -> Self {
        let central = Central { epoch: Uuid::from_u128(1), changes: Vec::new(), tokens: Vec::new(), made: 1 };
        Self { engine: Engine::default(), central, desk: Desk { tip: 0, acked: 0, pulled: 0, cursor: None } }
    }

    fn round(&mut self, luck: &mut impl Iterator<Item = Luck>) -> Result<(), Trouble> {
        self.engine.begin_round();
        let ended = self.steps(luck);
        self.engine.end_round();
        ended
    }

    fn steps(&mut self, luck: &mut impl Iterator<Item = Luck>) -> Result<(), Trouble> {
        for _ in 0..STEPS_MAX {
            let stand =
                Stand { tip: tip(self.desk.tip), acked: self.desk.acked, cursor: self.desk.cursor, scans_wait: false };
            let step = self.engine.next(&stand);
            if step == Step::Rest {
                return Ok(());
            }
            let done = self.step(step, luck.next().unwrap_or(Luck::Good));
            let Err(trouble) = done else { continue };
            if self.engine.troubled(step, trouble) == Reaction::GiveUp {
                return Err(trouble);
            }
        }
        panic!("a round without an end");
    }

    fn step(&mut self, step: Step, luck: Luck) -> Result<(), Trouble> {
        const LOST: Trouble = Trouble::Unreachable("lost");
        let heard = match luck {
            Luck::Good => true,
            Luck::Lost => return Err(LOST),
            Luck::Unheard => false,
            Luck::TokenForgotten => {
                self.central.tokens.clear();
                true
            }
            Luck::Later => return Err(Refusal::Retry { after_seconds: 1 }.into()),
            Luck::Restored { half, new_epoch } => {
                self.central.restore(half, new_epoch);
                true
            }
            Luck::OtherDesk => {
                self.central.add(None);
                true
            }
            Luck::Registered => {
                self.desk.tip += 1;
                true
            }
        };
        if step != Step::Hello && !self.central.knows(self.engine.token()) {
            return Err(Refusal::TokenUnknown.into());
        }
        match step {
            Step::Hello => {
                let answer = self.answer_hello();
                if !heard {
                    return Err(LOST);
                }
                self.heard_hello(answer);
                Ok(())
            }
            Step::Push { after } => {
                let sent = self.desk.tip.min(after + BATCH);
                let held = self.central.held();
                if after > held {
                    return Err(Refusal::Gap { last: tip(held) }.into());
                }
                for seq in held + 1..=sent {
                    self.central.add(Some(seq));
                }
                if !heard {
                    return Err(LOST);
                }
                let verdict = OpVerdict { seq: sent, op_id: OpId(Uuid::nil()), verdict: Verdict::Applied };
                let answer = PushAnswer {
                    verdicts: vec![verdict],
                    last: tip(self.central.held()),
                    epoch: self.central.epoch,
                    head: self.central.head(),
                };
                self.engine.pushed(sent, &answer, &self.desk.cursor.expect("a cursor"))?;
                self.desk.acked = answer.last.seq;
                Ok(())
            }
            Step::Pull { cursor } => {
                if !heard {
                    return Err(LOST);
                }
                self.pull(&cursor)
            }
            Step::Upload | Step::Rest => Ok(()),
        }
    }

    fn answer_hello(&mut self) -> HelloAnswer {
        let token = format!("{:?}", self.central.unique());
        self.central.tokens.push(token.clone());
        HelloAnswer {
            token,
            token_seconds: 1,
            epoch: self.central.epoch,
            last: tip(self.central.held()),
            standing: Standing::Counts,
            head: self.central.head(),
            central_time: Timestamp::UNIX_EPOCH,
            next_numbers: Vec::new(),
            grants: None,
            bounds: None,
            provider: false,
            file_key: None,
            backed_up_head: None,
            op_schema: 1,
        }
    }

    fn heard_hello(&mut self, answer: HelloAnswer) {
        let own = tip(self.desk.tip);
        let fit = judge(&answer.last, &own, answer.last.seq <= own.seq);
        assert_eq!(fit, Fit::Fits);
        self.desk.acked = answer.last.seq;
        self.desk.pulled = self.desk.pulled.min(answer.last.seq);
        if self.engine.restarts() || self.desk.cursor.is_none_or(|cursor| cursor.epoch != answer.epoch) {
            self.desk.cursor = Some(Cursor::start(answer.epoch));
        }
        self.engine.greeted(answer, fit);
    }

    fn pull(&mut self, cursor: &Cursor) -> Result<(), Trouble> {
        let place = usize::try_from(cursor.head).expect("small");
        let known =
            place == 0 || self.central.changes.get(place - 1).is_some_and(|found| found.digest == cursor.digest);
        if cursor.epoch != self.central.epoch || !known {
            return self.engine.new_epoch(cursor, self.central.epoch);
        }
        let head = self.central.head();
        let read = head.min(cursor.head + PAGE);
        let after = match usize::try_from(read).expect("small") {
            0 => *cursor,
            read_to => Cursor { epoch: cursor.epoch, head: read, digest: self.central.changes[read_to - 1].digest },
        };
        if let Some(contained) = self.engine.read_page(cursor, &after, head)? {
            let behind = usize::try_from(after.head).expect("small");
            let unread = self.central.changes[behind..].iter().filter_map(|change| change.seq).min();
            assert!(unread.is_none_or(|unread| contained < unread), "{contained} counts as read, {unread:?} is not");
            self.desk.pulled = contained;
        }
        self.desk.cursor = Some(after);
        self.engine.pulled(&after, head);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_everything_is_sent_and_read_in_the_end(
        registered in 0..8_u64,
        luck in prop::collection::vec(luck(), 0..60),
    ) {
        let mut world = World::new();
        world.desk.tip = registered;
        let mut luck = luck.into_iter().peekable();
        let mut rounds = 0;
        while luck.peek().is_some() {
            rounds += 1;
            prop_assert!(rounds <= 100, "faults are used up");
            let _ = world.round(&mut luck);
        }
        prop_assert!(world.round(&mut std::iter::empty()).is_ok());
        let World { central, desk, .. } = &world;
        prop_assert_eq!(central.held(), desk.tip);
        prop_assert_eq!((desk.acked, desk.pulled), (desk.tip, desk.tip));
        let cursor = desk.cursor.expect("a cursor");
        prop_assert_eq!((cursor.epoch, cursor.head), (central.epoch, central.head()));
    }
}

#[test]
fn what_does_not_fit_is_sent_into_the_hold_and_hello_says_what_the_desk_has_become() {
    let stand = |acked, cursor| Stand { tip: tip(3), acked, cursor, scans_wait: false };
    let behind = (tip(4), Fit::Behind, ErrorCode::DeskBehind);
    let forked = (Tip { seq: 2, hash: [9; 32] }, Fit::Forked, ErrorCode::DeskForked);
    for (central, expected, code) in [behind, forked] {
        assert_eq!(judge(&central, &tip(3), false), expected);
        let mut world = World::new();
        world.engine.begin_round();
        let answer = HelloAnswer { last: central, ..world.answer_hello() };
        let cursor = Cursor::start(answer.epoch);
        assert_eq!(world.engine.next(&stand(1, None)), Step::Hello);
        world.engine.greeted(answer, expected);
        assert_eq!(world.engine.held(), Some(code));
        assert_eq!(world.engine.next(&stand(1, Some(cursor))), Step::Push { after: 1 });

        let verdict = |seq| OpVerdict {
            seq,
            op_id: OpId(Uuid::from_u128(u128::from(seq))),
            verdict: Verdict::Task { reason: TaskReason::Held },
        };
        let answer = PushAnswer { verdicts: vec![verdict(2), verdict(3)], last: tip(3), epoch: cursor.epoch, head: 0 };
        world.engine.pushed(3, &answer, &cursor).expect("all of it is held");
        assert_eq!(world.engine.next(&stand(3, Some(cursor))), Step::Hello);
        let answer = HelloAnswer { last: tip(3), standing: Standing::Forked, ..world.answer_hello() };
        world.engine.greeted(answer, Fit::Fits);
        assert_eq!(world.engine.held(), Some(ErrorCode::DeskForked));
        assert_eq!(world.engine.next(&stand(3, Some(cursor))), Step::Pull { cursor });
        assert_eq!(world.engine.read_page(&cursor, &cursor, 0), Ok(None), "nothing of this log counts as read");
        world.engine.pulled(&cursor, 0);
        assert_eq!(world.engine.next(&stand(3, Some(cursor))), Step::Rest);
        world.engine.end_round();
        assert_eq!(world.engine.next(&stand(3, Some(cursor))), Step::Hello, "asked again next time");
    }
}

#[test]
fn a_revoked_desk_hands_over_what_it_has_and_reads_nothing() {
    let mut world = World::new();
    world.engine.begin_round();
    let answer = HelloAnswer { standing: Standing::Revoked, ..world.answer_hello() };
    let cursor = Cursor::start(answer.epoch);
    let stand = |acked| Stand { tip: tip(3), acked, cursor: Some(cursor), scans_wait: true };
    world.engine.greeted(answer, Fit::Fits);
    assert_eq!(world.engine.held(), Some(ErrorCode::DeskRevoked));
    assert_eq!(world.engine.next(&stand(1)), Step::Push { after: 1 });
    assert_eq!(world.engine.next(&stand(3)), Step::Rest);
}

#[test]
fn a_desk_that_is_revoked_between_two_hellos_asks_what_it_has_become() {
    let mut world = World::new();
    world.engine.begin_round();
    let answer = world.answer_hello();
    let cursor = Cursor::start(answer.epoch);
    let stand = Stand { tip: tip(3), acked: 3, cursor: Some(cursor), scans_wait: false };
    world.engine.greeted(answer, Fit::Fits);
    assert_eq!(world.engine.next(&stand), Step::Pull { cursor });
    assert_eq!(world.engine.troubled(Step::Pull { cursor }, Refusal::Revoked.into()), Reaction::GoOn);
    assert_eq!(world.engine.next(&stand), Step::Hello);
}

#[test]
fn hello_is_said_again_from_time_to_time() {
    let mut world = World::new();
    let answer = world.answer_hello();
    let cursor = Cursor::start(answer.epoch);
    let stand = Stand { tip: tip(0), acked: 0, cursor: Some(cursor), scans_wait: false };
    world.engine.begin_round();
    world.engine.greeted(answer, Fit::Fits);
    for _ in 0..ROUNDS_BETWEEN_HELLOS {
        world.engine.begin_round();
        assert_eq!(world.engine.next(&stand), Step::Pull { cursor });
        world.engine.end_round();
    }
    world.engine.begin_round();
    assert_eq!(world.engine.next(&stand), Step::Hello);
}

#[test]
fn an_older_copy_counts_nothing_as_read_that_it_never_wrote() {
    let mut world = World::new();
    world.engine.begin_round();
    let answer = world.answer_hello();
    let cursor = Cursor::start(answer.epoch);
    world.engine.greeted(HelloAnswer { last: tip(9), ..answer }, Fit::Behind);
    let answer = PushAnswer { verdicts: Vec::new(), last: tip(9), epoch: cursor.epoch, head: 0 };
    world.engine.pushed(4, &answer, &cursor).expect("duplicates");
    assert_eq!(world.engine.read_page(&cursor, &cursor, 0), Ok(Some(4)));
}

#[test]
fn an_answer_that_would_repeat_itself_for_ever_is_rubbish() {
    let mut world = World::new();
    world.engine.begin_round();
    let answer = world.answer_hello();
    let cursor = Cursor::start(answer.epoch);
    world.engine.greeted(answer, Fit::Fits);
    let pushed = |seq| PushAnswer { verdicts: Vec::new(), last: tip(seq), epoch: cursor.epoch, head: 9 };
    assert!(world.engine.pushed(5, &pushed(4), &cursor).is_err());
    assert!(world.engine.pushed(5, &pushed(5), &cursor).is_ok());
    assert!(world.engine.new_epoch(&cursor, cursor.epoch).is_err(), "a new epoch behind its own beginning");
    let other = Cursor { head: 3, digest: [3; 32], ..cursor };
    let elsewhere = Cursor { epoch: Uuid::from_u128(77), ..other };
    assert!(world.engine.read_page(&other, &cursor, 9).is_err(), "back");
    assert!(world.engine.read_page(&cursor, &elsewhere, 9).is_err(), "into another epoch");
    assert!(world.engine.read_page(&other, &other, 9).is_err(), "standing still before the head");
    assert!(world.engine.read_page(&other, &other, 3).is_ok());
}

#[test]
fn a_central_that_forgets_its_own_tokens_is_left_alone() {
    let mut world = World::new();
    world.engine.begin_round();
    let mut hellos = 0;
    loop {
        let answer = world.answer_hello();
        world.engine.greeted(answer, Fit::Fits);
        hellos += 1;
        let pull = Step::Pull { cursor: Cursor::start(Uuid::from_u128(1)) };
        match world.engine.troubled(pull, Refusal::TokenUnknown.into()) {
            Reaction::GoOn => assert_eq!(
                world.engine.next(&Stand { tip: tip(0), acked: 0, cursor: None, scans_wait: false }),
                Step::Hello
            ),
            Reaction::GiveUp => break,
        }
    }
    assert_eq!(hellos, usize::from(HELLOS_IN_A_ROUND));
}

#[test]
fn the_time_that_central_asks_for_is_given_within_reason() {
    let asked = |after_seconds| Trouble::from(Refusal::Retry { after_seconds }).wait_at_least().as_secs();
    assert_eq!((asked(7), asked(1_000_000)), (7, 60));
    assert_eq!(Trouble::Unreachable("x").wait_at_least(), Duration::ZERO);
}
