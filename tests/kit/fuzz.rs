//! Malformed, deep and oversized bodies against every decoder of `wire`: whatever comes, it is read or refused, no more.
//!
//! Half of the inputs are frozen messages with something changed, so that they get far; the rest is rubbish. The same seed
//! gives the same inputs. Central's routes read a body by nothing but these decoders (`central/src/extract.rs`).

use domain::{ids::DeviceId, marks::Teryt};
use serde::de::DeserializeOwned;
use wire::{
    core::push::{Batch, body_of},
    v1::{
        Challenge, Change, ChangeBody, Hello, HelloAnswer, LogOf, OpBody, Operation, Pull, PullAnswer, Push,
        PushAnswer, Refusal, UploadCreate, UploadState,
        sign_in::{Provider, ProviderSignIn, SignIn, SignInAnswer},
    },
};

use crate::chance::Chance;

/// Frozen messages, as `wire` keeps them.
const MESSAGES: [&str; 16] = [
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__challenge.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__hello.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__hello_answer.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__op_bodies_schema_1.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__op_with_acting.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__operation.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__pull.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__pull_changes.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__pull_new_epoch.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__push.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__push_answer.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__refusals.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__sign_in.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__sign_in_answer.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__upload_create.snap"),
    include_str!("../../wire/src/v1/snapshots/wire__v1__golden__upload_state.snap"),
];

/// What the decoders made of the inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fuzzed {
    /// Inputs.
    pub inputs: u64,
    /// Inputs that one decoder or more took.
    pub taken: u64,
}

/// Feeds so many inputs to every decoder. A panic is the failure.
pub fn feed(inputs: u64, seed: u64) -> Fuzzed {
    let seeds: Vec<Vec<u8>> = MESSAGES.iter().flat_map(|snapshot| messages(snapshot)).collect();
    let mut chance = Chance::of(seed);
    let mut fuzzed = Fuzzed { inputs, taken: 0 };
    for _ in 0..inputs {
        let input = input(&mut chance, &seeds);
        fuzzed.taken += u64::from(decode(&input));
    }
    fuzzed
}

// A snapshot's text after its head; one that holds a message a line gives several.
fn messages(snapshot: &str) -> Vec<Vec<u8>> {
    let text = snapshot.splitn(3, "---\n").nth(2).unwrap_or(snapshot).trim();
    if serde_json::from_str::<serde_json::Value>(text).is_ok() {
        return vec![text.as_bytes().to_vec()];
    }
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

fn input(chance: &mut Chance, seeds: &[Vec<u8>]) -> Vec<u8> {
    match chance.below(20) {
        0 => (0..chance.below(200)).map(|_| chance.draw().to_le_bytes()[0]).collect(),
        1 => {
            let (open, deep) = (*chance.one_of(&["[", "{\"a\":", "[{\"ops\":"]), chance.below(3_000));
            open.repeat(deep).into_bytes()
        }
        2 => format!("{{\"token\":\"{}\"}}", "x".repeat(chance.below(40_000))).into_bytes(),
        _ => {
            let mut input = chance.one_of(seeds).clone();
            for _ in 0..chance.below(4) {
                change(chance, &mut input, seeds);
            }
            input
        }
    }
}

/// Pieces that readers of JSON, numbers, dates and names have stumbled over.
const PIECES: [&str; 18] = [
    "null",
    "-1",
    "0",
    "1e999",
    "18446744073709551616",
    "1.5",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "true",
    "\"-9999-12-31\"",
    "\"9999-12-31T23:59:59Z\"",
    "\"ż\"",
    "\"/../\"",
    "\"kind\":",
    "\u{feff}",
];

fn change(chance: &mut Chance, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let place = chance.below(input.len() + 1);
    let end = (place + chance.below(12)).min(input.len());
    match chance.below(6) {
        0 if place < input.len() => input[place] ^= 1 << chance.below(8),
        1 => drop(input.drain(place..end)),
        2 => input.truncate(place),
        3 => {
            let piece = input[place..end].to_vec();
            input.splice(place..place, piece);
        }
        4 => {
            // A value in another's place.
            let value = input[place..].iter().position(|byte| *byte == b':').map_or(place, |colon| place + colon + 1);
            let rest = input[value..].iter().position(|byte| matches!(byte, b',' | b'}' | b']')).unwrap_or_default();
            input.splice(value..value + rest, chance.one_of(&PIECES).bytes());
        }
        _ => {
            let other = chance.one_of(seeds);
            let from = chance.below(other.len());
            let to = (from + chance.below(80)).min(other.len());
            input.splice(place..end, other[from..to].iter().copied());
        }
    }
}

fn decode(input: &[u8]) -> bool {
    let mut taken = reads::<Challenge>(input) | reads::<Hello>(input) | reads::<HelloAnswer>(input);
    taken |= reads::<Pull>(input) | reads::<PushAnswer>(input) | reads::<Refusal>(input) | reads::<OpBody>(input);
    taken |= reads::<UploadCreate>(input) | reads::<UploadState>(input) | reads::<ChangeBody>(input);
    taken |= reads::<SignIn>(input) | reads::<SignInAnswer>(input);
    taken |= reads::<Provider>(input) | reads::<ProviderSignIn>(input);
    if let Ok(answer) = serde_json::from_slice::<PullAnswer>(input) {
        taken = true;
        if let PullAnswer::Changes { changes, .. } = answer {
            taken |= changes.iter().map(Change::read_body).any(|body| body.is_ok());
        }
    }
    if let Ok(operation) = serde_json::from_slice::<Operation>(input) {
        taken |= body_of(&operation).is_some();
    }
    if let Ok(push) = serde_json::from_slice::<Push>(input) {
        let office = Teryt::try_from("2404082".to_owned()).expect("a TERYT code");
        let log = LogOf { office, device: DeviceId(uuid::Uuid::from_u128(1)) };
        taken |= Batch::read(&log, &[7; 32], &push).is_ok() | Batch::trusted(&log, &push.ops).is_ok();
        taken |= push.ops.iter().any(|operation| body_of(operation).is_some());
    }
    // An operation's body comes as bytes of its own.
    let bare = Operation {
        seq: 1,
        op_id: domain::ids::OpId(uuid::Uuid::nil()),
        schema_v: 1,
        salt: [0; 32],
        body: input.to_vec(),
        prev_hash: [0; 32],
        hash: [0; 32],
        erased: None,
    };
    taken | body_of(&bare).is_some()
}

fn reads<T: DeserializeOwned>(input: &[u8]) -> bool {
    serde_json::from_slice::<T>(input).is_ok()
}
