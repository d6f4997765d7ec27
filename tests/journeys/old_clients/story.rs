//! How the golden logs of old clients were made: three weeks of an invented reception, in the words of the schema that the
//! client knew. Nothing of today's bodies takes part, so that a change of theirs changes no log; only the chain's rules do,
//! which are frozen.
//!
//! `cargo nextest run --run-ignored only -E 'test(the_golden_logs_are_written)'` writes a log that is missing. One that is there
//! is never written anew: desks of that time exist.

use domain::{
    ids::{DeviceId, OpId},
    marks::{DocumentIdentifier, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::v1::{
    LogOf, Operation, Tip,
    bytes::{canonical, to_hex},
    log::{sign_batch, sign_nonce},
};

/// The office days of three weeks, one of them a holiday.
const DAYS: [u8; 14] = [2, 3, 4, 5, 6, 9, 10, 12, 13, 16, 17, 18, 19, 20];
const LETTERS_A_DAY: u32 = 6;
/// Numbers that the clerk of the second client named lost.
const LOST: [u32; 2] = [43, 45];
const BATCH: usize = 100;

const PEOPLE: [(&str, &str); 7] = [
    ("Łozińska", "Zofia"),
    ("Nowakowski", "Piotr"),
    ("Żółkiewski", "Adam"),
    ("Śliwińska", "Ewa"),
    ("Ćwikliński", "Jan"),
    ("Jędrzejczyk", ""),
    ("Dąbrowska", "Maria Anna"),
];
const MATTERS: [&str; 6] = [
    "Wniosek o wycięcie drzewa",
    "Skarga na hałas",
    "Odwołanie od decyzji",
    "Podanie o zaświadczenie",
    "Zgłoszenie zjazdu z drogi",
    "Zaproszenie na zebranie wiejskie",
];
const UNITS: [&str; 3] = ["Referat Finansowy", "Referat Ochrony Środowiska", "Sekretariat"];

/// The document of a scan: its id in the words of a PDF.
pub(super) fn document(scan: &str) -> Vec<u8> {
    format!("%PDF-1.4\n% {scan}\n%%EOF\n").into_bytes()
}

/// Who states the clerk of the second client; the first knew of no such thing.
pub(super) const CLERK: Uuid = Uuid::from_u128(0x0193_5a00_0000_7000_8000_0000_0000_00c1);

/// The nonce that its golden hello signs.
pub(super) const NONCE: [u8; 32] = [9; 32];

struct Story {
    schema: u32,
    log: LogOf,
    symbol: PointSymbol,
    deeds: Vec<(String, OpId, Value)>,
}

/// A line of JSON for each request: the hello, then the pushes.
pub(super) fn tell(schema: u32) -> String {
    let log = LogOf {
        office: Teryt::try_from("2404082".to_owned()).expect("teryt"),
        device: DeviceId(Uuid::from_u128(0x0193_5a00_0000_7000_8000_0000_0000_0d00 + u128::from(schema))),
    };
    let symbol = PointSymbol::try_from("K1".to_owned()).expect("symbol");
    let mut story = Story { schema, log, symbol, deeds: Vec::new() };
    for letter in 1..=LETTERS_A_DAY * u32::try_from(DAYS.len()).expect("few") {
        story.letter(letter);
    }
    if schema > 1 {
        story.numbers();
    }
    story.sealed()
}

fn moment(day: usize, minute: u32) -> String {
    format!("2026-11-{:02}T{:02}:{:02}:00Z", DAYS[day], 7 + minute / 60, minute % 60)
}

fn hash(of: &[u8]) -> [u8; 32] {
    Sha256::digest(of).into()
}

impl Story {
    fn id(&self, kind: u128, n: u32) -> Uuid {
        let own = (u128::from(self.schema) << 40) + (kind << 32) + u128::from(n);
        Uuid::from_u128(0x0193_5a00_0000_7000_8000_0000_0000_0000 + own)
    }

    /// Notes what was done. The first client wrote beside it who did, and no more; the second in which role, too.
    fn then(&mut self, (day, minute): (usize, u32), role: &str, mut body: Value) -> OpId {
        let at = moment(day, minute);
        if body["kind"] != "letter_registered" {
            body["at"] = json!(at);
        }
        if body["kind"] != "letter_registered" && body["kind"] != "series_released" {
            body["by"] = json!("Anna Wójcik");
        }
        if self.schema > 1 && body["kind"] != "series_released" {
            body["acting"] = json!({ "clerk": CLERK, "role": role });
        }
        let op = OpId(self.id(1, u32::try_from(self.deeds.len()).expect("few")));
        self.deeds.push((at, op, body));
        op
    }

    fn facts(letter: u32, title: &str) -> Value {
        let place = letter as usize;
        let (surname, given_names) = PEOPLE[place % PEOPLE.len()];
        let name = if letter.is_multiple_of(5) {
            json!({ "kind": "organisation", "name": format!("Zakład Ślusarski {surname}") })
        } else {
            json!({ "kind": "person", "surname": surname, "givenNames": given_names })
        };
        json!({
            "access": if letter.is_multiple_of(11) { "public_part" } else { "non_public" },
            "attachments": letter % 4,
            "delivery": if letter.is_multiple_of(3) { "ordinary" } else { "in_person" },
            "documentType": "Text",
            "earlierReason": null,
            "kind": null,
            "letterDate": if letter.is_multiple_of(4) { json!("2026-10") } else { json!("2026-10-30") },
            "postedOn": null,
            "postingNumber": null,
            "receivedOn": &moment(((letter - 1) / LETTERS_A_DAY) as usize, 0)[..10],
            "reference": if letter.is_multiple_of(6) { json!(format!("OS.{letter}.2026")) } else { Value::Null },
            "remarks": null,
            "sender": {
                "address": {
                    "building": (letter % 90 + 1).to_string(), "country": "Polska", "email": null, "flat": null, "poBox": null,
                    "postcode": "42-282", "street": null, "town": "Kruszyna",
                },
                "identifier": null,
                "name": name,
            },
            "title": title,
        })
    }

    fn number(&self, letter: u32) -> RegisterNumber {
        let skipped = if self.schema > 1 && letter >= LOST[0] { LOST[1] - LOST[0] + 1 } else { 0 };
        RegisterNumber { register: Register::Incoming, symbol: self.symbol.clone(), year: 2026, n: letter + skipped }
    }

    fn letter(&mut self, letter: u32) {
        let day = ((letter - 1) / LETTERS_A_DAY) as usize;
        let minute = ((letter - 1) % LETTERS_A_DAY) * 60 + 5;
        // On the last day there is no next one.
        let next = (day + 1 < DAYS.len()).then_some((day + 1, minute));
        let (id, number) = (self.id(2, letter), self.number(letter));
        let title = MATTERS[letter as usize % MATTERS.len()];
        let mut intake = self.then(
            (day, minute),
            "reception",
            json!({
                "kind": "letter_registered",
                "letter": {
                    "facts": Self::facts(letter, title),
                    "id": id,
                    "identifier": DocumentIdentifier::of(&self.log.office, &number).as_str(),
                    "number": { "n": number.n, "register": "incoming", "symbol": "K1", "year": 2026 },
                    "registeredAt": moment(day, minute),
                    "registeredBy": "Anna Wójcik",
                },
                "statusHash": to_hex(&hash(id.as_bytes())),
                "unit": if letter.is_multiple_of(4) { json!(UNITS[2]) } else { Value::Null },
            }),
        );
        if letter.is_multiple_of(7) {
            let scan = self.id(3, letter);
            let document = document(&scan.to_string());
            self.then(
                (day, minute + 4),
                "reception",
                json!({
                    "kind": "scan_attached", "letterId": id, "scanId": scan, "pages": 1 + letter % 3,
                    "bytes": document.len(), "sha256": to_hex(&hash(&document)),
                }),
            );
        }
        if letter.is_multiple_of(3) {
            for turn in 0..=u32::from(letter.is_multiple_of(9)) {
                let facts = Self::facts(letter, &format!("{title} (poprawka {})", turn + 1));
                intake = self.then(
                    (day, minute + 10 + turn),
                    "reception",
                    json!({
                        "kind": "letter_corrected", "letterId": id, "basedOn": intake.0, "facts": facts,
                        "reason": "źle przepisany tytuł",
                    }),
                );
            }
        }
        if letter.is_multiple_of(2) {
            self.routed(letter, id, (day, minute + 20), next);
        } else if letter % 10 == 5 {
            self.then(
                (day, minute + 30),
                "reception",
                json!({ "kind": "letter_cancelled", "letterId": id, "reason": "wpisano dwa razy" }),
            );
        }
    }

    /// The letter goes to a unit; the first client knew one operation for unit and stage.
    fn routed(&mut self, letter: u32, id: Uuid, when: (usize, u32), next: Option<(usize, u32)>) {
        let unit = UNITS[letter as usize % 2];
        let handed = |unit: &[(&str, Value)]| {
            let mut body = json!({ "kind": "stage_set", "letterId": id, "basedOn": null, "stage": "handed_to_unit" });
            for (field, value) in unit {
                body[*field] = value.clone();
            }
            body
        };
        let (first, routing) = if self.schema == 1 {
            let both = self.then(when, "secretary", handed(&[("unit", json!(unit))]));
            (both, both)
        } else {
            let set = json!({ "kind": "unit_set", "letterId": id, "basedOn": null, "unit": unit });
            let routing = self.then(when, "secretary", set);
            (self.then((when.0, when.1 + 1), "secretary", handed(&[])), routing)
        };
        if let (Some(next), true) = (next, letter.is_multiple_of(6)) {
            let mut body = json!({ "kind": "stage_set", "letterId": id, "basedOn": first.0, "stage": "in_progress" });
            let taken_away = letter.is_multiple_of(12);
            if self.schema == 1 {
                body["unit"] = if taken_away { Value::Null } else { json!(unit) };
            }
            self.then(next, "secretary", body);
            if self.schema > 1 && taken_away {
                let body = json!({ "kind": "unit_set", "letterId": id, "basedOn": routing.0, "unit": null });
                self.then((next.0, next.1 + 1), "secretary", body);
            }
        }
        // What opens a task: a cancellation of a letter on its way, and a unit that names another base.
        let asks = if self.schema == 1 { letter == 8 } else { letter == 8 || letter == 16 };
        if asks {
            let body = json!({ "kind": "letter_cancelled", "letterId": id, "reason": "wpisano dwa razy" });
            let asked = self.then((when.0, when.1 + 10), "reception", body);
            if self.schema > 1 {
                self.then(
                    (when.0, when.1 + 20),
                    "secretary",
                    json!({
                        "kind": "cancellation_decided", "letterId": id, "asked": asked.0, "granted": letter == 8,
                        "reason": "tak zdecydowano",
                    }),
                );
            }
        }
        if self.schema > 1 && letter == 20 {
            let body = json!({ "kind": "unit_set", "letterId": id, "basedOn": null, "unit": UNITS[2] });
            let task = self.then((when.0, when.1 + 10), "secretary", body);
            let body = json!({ "kind": "task_settled", "letterId": id, "task": task.0 });
            self.then((when.0, when.1 + 20), "secretary", body);
        }
    }

    /// Numbers that were named lost, and the symbol that goes to another desk at the end.
    fn numbers(&mut self) {
        let between = ((LOST[0] - 1) / LETTERS_A_DAY) as usize;
        self.then(
            (between, 1),
            "reception",
            json!({
                "kind": "numbers_lost", "register": "incoming", "symbol": "K1", "year": 2026,
                "first": LOST[0], "last": LOST[1],
            }),
        );
        let last = LETTERS_A_DAY * u32::try_from(DAYS.len()).expect("few");
        let ends = json!([{ "register": "incoming", "year": 2026, "n": self.number(last).n }]);
        let end = json!({ "kind": "series_released", "symbol": "K1", "ends": ends });
        self.then((DAYS.len() - 1, 600), "reception", end);
    }

    fn sealed(mut self) -> String {
        // In the order of their hours; what was done at one moment stays as it was told.
        self.deeds.sort_by(|one, other| one.0.cmp(&other.0));
        let mut tip = Tip::START;
        let operations: Vec<Operation> = self
            .deeds
            .iter()
            .map(|(_, op_id, body)| {
                let mut operation = Operation {
                    seq: tip.seq + 1,
                    op_id: *op_id,
                    // The kinds that the first client knew still bore its number where their form had not changed.
                    schema_v: match body["kind"].as_str() {
                        _ if self.schema == 1 => 1,
                        Some("letter_registered" | "letter_corrected" | "letter_cancelled" | "scan_attached") => 1,
                        _ => 2,
                    },
                    salt: hash(op_id.0.as_bytes()),
                    body: canonical(body),
                    prev_hash: tip.hash,
                    hash: [0; 32],
                    erased: None,
                };
                operation.hash = operation.computed_hash(&self.log);
                tip = operation.tip();
                operation
            })
            .collect();
        let key = SigningKey::from_bytes(&[u8::try_from(self.schema).expect("small"); 32]);
        let hello = json!({
            "device": self.log.device,
            "last": tip,
            "nonce": base64(&NONCE),
            "office": "2404082",
            "program": "0.1.0",
            "publicKey": base64(&key.verifying_key().to_bytes()),
            "signature": base64(&sign_nonce(&key, &self.log, &NONCE)),
            "symbol": "K1",
        });
        let pushes = operations.chunks(BATCH).map(|ops| {
            let last = ops.last().expect("no empty chunk").hash;
            json!({ "ops": ops, "signature": base64(&sign_batch(&key, &self.log, &last)) })
        });
        let lines = std::iter::once(hello).chain(pushes).map(|line| format!("{line}\n"));
        lines.collect()
    }
}

fn base64(bytes: &[u8]) -> Value {
    struct Text<'a>(&'a [u8]);
    impl serde::Serialize for Text<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            wire::v1::bytes::base64::serialize(&self.0, serializer)
        }
    }
    serde_json::to_value(Text(bytes)).expect("text")
}
