//! Clients of older versions (I14): three weeks of their work, as the bytes that they send, drain whole into a central of today,
//! and a desk of today reads every letter. The logs lie in `golden`, made once ([`story`]) and never again.
//!
//! The first client knew operations of schema 1: a kind less for the unit, none for tasks and numbers, and a field less, who
//! acted. The second knew schema 2, two before today's.

mod story;

use std::{collections::BTreeMap, path::PathBuf};

use desk::sync::{Conversation, Outcome};
use domain::{ids::LetterId, register::PointSymbol};
use kit::{central_office::CentralOffice, test_desk::TestDesk};
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire::v1::{Operation, bytes::to_hex};

use crate::office::{open_central, pace};

/// SHA-256 of the golden logs: whoever changes one breaks a promise to desks in use.
const LOGS: [(u32, &str); 2] = [
    (1, "e999a7be8fdbbf76b8865e14b30644ec842f6d787b32bd40c3f35358959016ae"),
    (2, "b2c3f69e25d1a3cc79dfe538fbcfda14fd47bfd45f43fe719fcb6f6948b2cf40"),
];

fn file(schema: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("journeys/golden/client_of_schema_{schema}.jsonl"))
}

#[test]
#[ignore = "writes a golden log that is missing: see story.rs"]
fn the_golden_logs_are_written() {
    for (schema, _) in LOGS {
        if !file(schema).exists() {
            std::fs::write(file(schema), story::tell(schema)).expect("written");
        }
    }
}

/// An old client: what it sends is read from its log, byte by byte.
struct OldClient {
    hello: String,
    pushes: Vec<String>,
    ops: Vec<Value>,
    http: Client,
    address: String,
    token: String,
}

// What old clients read of the answers, by the names of that time; what came later they pass over.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HelloAnswerThen {
    token: String,
    #[expect(dead_code, reason = "the old client needs it to be there")]
    token_seconds: u32,
    epoch: String,
    last: Value,
    standing: String,
    head: u64,
    #[expect(dead_code, reason = "the old client needs it to be there")]
    central_time: String,
    #[expect(dead_code, reason = "the old client needs it to be there")]
    next_numbers: Vec<Value>,
    op_schema: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PushAnswerThen {
    verdicts: Vec<VerdictThen>,
    last: Value,
    epoch: String,
    head: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerdictThen {
    seq: u64,
    op_id: String,
    verdict: KindThen,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum KindThen {
    Applied,
    Duplicate,
    Task { reason: String },
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum PageThen {
    Changes {
        changes: Vec<ChangeThen>,
        scanned_up_to: Value,
        head: u64,
    },
    #[expect(dead_code, reason = "as it was")]
    NewEpoch {
        epoch: String,
    },
}

#[derive(Deserialize)]
struct ChangeThen {
    n: u64,
    #[expect(dead_code, reason = "the old client needs it to be there")]
    digest: String,
    body: Value,
}

/// A letter as a client of schema 2 read it.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", rename = "letter")]
struct LetterThen {
    id: LetterId,
    number: Value,
    identifier: String,
    registered_at: String,
    registered_by: String,
    registered_on: String,
    facts: Value,
    stage: String,
    stage_changed_on: String,
    stage_changed_by: String,
    unit: Option<String>,
    unit_set_by: Option<String>,
    corrected: Option<Value>,
    cancelled: Option<Value>,
    scans: Vec<Value>,
    last_ops: LastOpsThen,
    tasks: Vec<TaskThen>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct LastOpsThen {
    intake: String,
    routing: Option<String>,
    status: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskThen {
    op_id: String,
    reason: String,
    opened_at: String,
    by: String,
}

impl OldClient {
    fn of_schema(schema: u32, address: &str) -> Self {
        let log = std::fs::read_to_string(file(schema)).expect("the golden log");
        let mut lines = log.lines().map(str::to_owned);
        let hello = lines.next().expect("a hello");
        let pushes: Vec<String> = lines.collect();
        let ops = pushes.iter().flat_map(|push| {
            let mut push: Value = serde_json::from_str(push).expect("JSON");
            push["ops"].as_array_mut().map(std::mem::take).expect("operations")
        });
        let http = Client::builder().no_proxy().build().expect("a client");
        let (ops, address) = (ops.collect(), address.to_owned());
        Self { hello, pushes, ops, http, address, token: String::new() }
    }

    async fn send<T: for<'de> Deserialize<'de>>(&self, method: Method, path: &str, body: impl Into<Vec<u8>>) -> T {
        let request = self.http.request(method, format!("{}{path}", self.address)).bearer_auth(&self.token);
        let answer = request.body(body.into()).send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("its text"));
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Says its golden hello; central asks for a signature under its nonce, as if by chance.
    async fn greet(&mut self, central: &CentralOffice) -> HelloAnswerThen {
        sqlx::query("INSERT INTO challenge (nonce, expires_at) VALUES ($1, '2026-11-23T08:15:00Z')")
            .bind(&story::NONCE[..])
            .execute(central.pool())
            .await
            .expect("a nonce");
        let hello: HelloAnswerThen = self.send(Method::POST, "/v1/hello", self.hello.clone()).await;
        self.token.clone_from(&hello.token);
        hello
    }

    fn last(&self) -> Value {
        let last = self.ops.last().expect("operations");
        json!({ "seq": last["seq"], "hash": last["hash"] })
    }

    /// Sends the whole log; the verdicts that are no plain yes, by the operation's number.
    async fn push_all(&self) -> BTreeMap<u64, KindThen> {
        let (mut verdicts, mut last) = (Vec::new(), Value::Null);
        for push in &self.pushes {
            let answer: PushAnswerThen = self.send(Method::POST, "/v1/push", push.clone()).await;
            assert!(!answer.epoch.is_empty() && answer.head > 0);
            verdicts.extend(answer.verdicts);
            last = answer.last;
        }
        assert_eq!(last, self.last(), "its outbox is empty");
        let named: Vec<(Value, Value)> =
            verdicts.iter().map(|verdict| (json!(verdict.seq), json!(verdict.op_id))).collect();
        let sent: Vec<(Value, Value)> = self.ops.iter().map(|op| (op["seq"].clone(), op["opId"].clone())).collect();
        assert_eq!(named, sent, "a verdict for each operation, in order");
        let told = verdicts.into_iter().filter(|verdict| verdict.verdict != KindThen::Applied);
        told.map(|verdict| (verdict.seq, verdict.verdict)).collect()
    }

    async fn upload(&self, scan: &Value) {
        let (id, bytes, sha256) = (scan["scanId"].as_str().expect("an id"), &scan["bytes"], &scan["sha256"]);
        let create = json!({ "scanId": id, "bytes": bytes, "sha256": sha256 }).to_string();
        let begun: Value = self.send(Method::POST, "/v1/scans", create).await;
        assert_eq!(begun["offset"], json!(0));
        let path = format!("/v1/scans/{id}?offset=0");
        let _: Value = self.send(Method::PATCH, &path, story::document(id)).await;
        let done: Value = self.send(Method::POST, &format!("/v1/scans/{id}/finish"), Vec::new()).await;
        assert_eq!(done["stored"], json!(true));
    }

    /// Reads to the head in pages; the last word of each letter.
    async fn pull_all(&self, epoch: &str) -> BTreeMap<LetterId, Value> {
        let mut letters = BTreeMap::new();
        let mut cursor = json!({ "epoch": epoch, "head": 0, "digest": "0".repeat(64) });
        loop {
            let pull = json!({ "cursor": cursor, "limit": 40 }).to_string();
            let page: PageThen = self.send(Method::POST, "/v1/pull", pull).await;
            let PageThen::Changes { changes, scanned_up_to, head } = page else { panic!("another epoch") };
            let mut before = cursor["head"].as_u64().expect("a number");
            for change in changes {
                assert_eq!(change.n, before + 1);
                before = change.n;
                let id = serde_json::from_value(change.body["id"].clone()).expect("a letter's id");
                letters.insert(id, change.body);
            }
            cursor = scanned_up_to;
            if cursor["head"].as_u64() >= Some(head) {
                return letters;
            }
        }
    }
}

/// What three weeks of operations come to, by the words of their own time.
#[derive(Debug, Default, PartialEq)]
struct Intended {
    n: Value,
    facts: Value,
    unit: Value,
    stage: Value,
    cancelled: bool,
    scans: Vec<Value>,
    tasks: Vec<&'static str>,
}

/// Reads the log without any type of today's.
fn intended(bodies: &[Value]) -> BTreeMap<LetterId, Intended> {
    let mut letters: BTreeMap<LetterId, Intended> = BTreeMap::new();
    for body in bodies {
        let kind = body["kind"].as_str().expect("a kind");
        let named = if kind == "letter_registered" { &body["letter"]["id"] } else { &body["letterId"] };
        let Ok(id) = serde_json::from_value(named.clone()) else { continue };
        let letter: &mut Intended = letters.entry(id).or_default();
        match kind {
            "letter_registered" => {
                letter.n = body["letter"]["number"]["n"].clone();
                letter.facts = body["letter"]["facts"].clone();
                letter.unit = body["unit"].clone();
                letter.stage = json!("registered");
            }
            "letter_corrected" => letter.facts = body["facts"].clone(),
            "stage_set" => {
                letter.stage = body["stage"].clone();
                if let Some(unit) = body.get("unit") {
                    letter.unit = unit.clone();
                }
            }
            "unit_set" => letter.unit = body["unit"].clone(),
            "letter_cancelled" if letter.stage == "registered" => letter.cancelled = true,
            // On its way in the office: the secretary is asked.
            "letter_cancelled" => letter.tasks.push("cancellation_asked"),
            "cancellation_decided" => {
                letter.cancelled = body["granted"] == true;
                letter.tasks.clear();
            }
            "task_settled" => letter.tasks.clear(),
            "scan_attached" => letter.scans.push(body["scanId"].clone()),
            other => panic!("the story has no {other}"),
        }
    }
    letters
}

async fn letters_at(central: &CentralOffice) -> BTreeMap<LetterId, Intended> {
    let as_intended = |letter: &wire::v1::LetterState| Intended {
        n: json!(letter.number.n),
        facts: serde_json::to_value(&letter.facts).expect("JSON"),
        unit: json!(letter.unit),
        stage: json!(letter.stage),
        cancelled: letter.cancelled.is_some(),
        scans: letter.scans.iter().filter(|scan| scan.stored).map(|scan| json!(scan.scan_id)).collect(),
        tasks: letter
            .task_reasons()
            .into_iter()
            .map(|reason| if reason == "cancellation_asked" { "cancellation_asked" } else { "another" })
            .collect(),
    };
    central.letters().await.iter().map(|letter| (letter.id, as_intended(letter))).collect()
}

/// The clerk whom the second client states: in the office's accounts with two roles, and at that desk once.
async fn employ(central: &CentralOffice, device: &Value) {
    let device: uuid::Uuid = serde_json::from_value(device.clone()).expect("an id");
    let statements = [
        "INSERT INTO clerk (id, login, given_name, surname, password_hash, created_at)
         VALUES ($1, 'a.wojcik', 'Anna', 'Wójcik', '-', now()) ON CONFLICT DO NOTHING",
        "INSERT INTO clerk_role (clerk_id, role, granted_at) SELECT $1, unnest(ARRAY['reception', 'secretary']), now()",
    ];
    for statement in statements {
        sqlx::query(statement).bind(story::CLERK).execute(central.pool()).await.expect("a clerk");
    }
    let statement = "INSERT INTO clerk_at_desk (clerk_id, device_id, first_at, last_at) VALUES ($1, $2, now(), now())";
    sqlx::query(statement).bind(story::CLERK).bind(device).execute(central.pool()).await.expect("at the desk");
}

/// Drains the client and reads all of it by its own eyes and by a desk of today's.
async fn drains(schema: u32, kinds: &[&str], expected: &[(&str, u32, &str)]) {
    let (_, written) = LOGS.into_iter().find(|(of, _)| *of == schema).expect("a log");
    let digest: [u8; 32] = Sha256::digest(std::fs::read(file(schema)).expect("the golden log")).into();
    assert_eq!(to_hex(&digest), written, "the golden log is as it was written");

    let central = open_central().await;
    let today = TestDesk::with_seed(2).await;
    let address = central.desk_address.clone();
    today
        .settings(|draft| {
            draft.central_address = address;
            draft.point_symbol = "K2".to_owned();
        })
        .await;
    let mut sync = Conversation::new(today.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Quiet);

    let mut old = OldClient::of_schema(schema, &central.desk_address);
    let hello = old.greet(&central).await;
    assert_eq!((hello.standing.as_str(), &hello.last["seq"]), ("counts", &json!(0)));
    assert!(hello.op_schema >= schema && hello.head == 0);
    if schema > 1 {
        let said: Value = serde_json::from_str(&old.hello).expect("JSON");
        employ(&central, &said["device"]).await;
        let symbol = PointSymbol::try_from("K1".to_owned()).expect("a symbol");
        central::symbols::hand_over(&central.administrator(), &symbol, today.desk.device()).await.expect("asked");
        // Whoever is asked says hello again.
        assert_eq!(old.greet(&central).await.standing, "counts");
    }

    let ops: Vec<Operation> =
        old.ops.iter().map(|op| serde_json::from_value(op.clone()).expect("an operation")).collect();
    let bodies: Vec<Value> = ops.iter().map(|op| serde_json::from_slice(&op.body).expect("JSON")).collect();
    let mut sent: Vec<&str> = bodies.iter().filter_map(|body| body["kind"].as_str()).collect();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent, kinds, "every kind of that schema");
    let days: std::collections::BTreeSet<&str> =
        bodies.iter().filter_map(|body| body["at"].as_str()?.get(..10)).collect();
    assert!(ops.len() >= 150 && days.len() >= 14, "three weeks of work");

    let letters = intended(&bodies);
    let told = old.push_all().await;
    let told: Vec<(&str, Value, KindThen)> = told
        .into_iter()
        .map(|(seq, verdict)| {
            let body = &bodies[usize::try_from(seq).expect("few") - 1];
            let id: LetterId = serde_json::from_value(body["letterId"].clone()).expect("about a letter");
            (body["kind"].as_str().expect("a kind"), letters[&id].n.clone(), verdict)
        })
        .collect();
    let expected: Vec<(&str, Value, KindThen)> = expected
        .iter()
        .map(|(kind, n, reason)| (*kind, json!(n), KindThen::Task { reason: (*reason).to_owned() }))
        .collect();
    assert_eq!(told, expected, "no task that a client of today would not cause");

    let again = old.push_all().await;
    assert!(again.len() == ops.len() && again.values().all(|verdict| *verdict == KindThen::Duplicate), "sent twice");
    let scans: Vec<&Value> = bodies.iter().filter(|body| body["kind"] == "scan_attached").collect();
    for scan in &scans {
        old.upload(scan).await;
    }
    assert!(scans.len() >= 10);

    // The old client reads what it sent, each letter in the words of its time, beside those of today's desk.
    let seen = old.pull_all(&hello.epoch).await;
    assert_eq!(seen.len(), letters.len());
    for (id, letter) in &letters {
        let read = LetterThen::deserialize(&seen[id]).unwrap_or_else(|error| panic!("{}: {error}", letter.n));
        let (number, facts) = (&read.number["n"], &read.facts);
        assert_eq!((number, facts, json!(read.unit)), (&letter.n, &letter.facts, letter.unit.clone()));
        assert_eq!((json!(read.stage), read.cancelled.is_some()), (letter.stage.clone(), letter.cancelled));
    }

    let by_number = |letters: BTreeMap<LetterId, Intended>| -> BTreeMap<u64, Intended> {
        letters.into_values().map(|letter| (letter.n.as_u64().unwrap_or_default(), letter)).collect()
    };
    let (at_central, letters) = (by_number(letters_at(&central).await), by_number(letters));
    for (n, letter) in &letters {
        assert_eq!(at_central.get(n), Some(letter), "letter {n}");
    }
    assert_eq!(at_central.len(), letters.len());

    assert_eq!(sync.round().await, Outcome::Quiet);
    let held: Vec<String> = {
        let mut db = today.desk.read().await.expect("the database");
        sqlx::query_scalar("SELECT body FROM central_letter ORDER BY letter_id").fetch_all(&mut *db).await
    }
    .expect("records");
    let states = central.letters().await;
    let states: Vec<String> = states.iter().map(|letter| serde_json::to_string(letter).expect("JSON")).collect();
    assert_eq!(held, states, "today's desk holds central's records");
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM operation WHERE reason = 'malformed'")
        .fetch_one(central.pool())
        .await
        .expect("operations");
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_client_of_the_first_schema_drains_whole() {
    let kinds = ["letter_cancelled", "letter_corrected", "letter_registered", "scan_attached", "stage_set"];
    drains(1, &kinds, &[("letter_cancelled", 8, "cancellation_asked")]).await;
}

#[tokio::test]
async fn a_client_two_schemas_old_drains_whole_and_hands_its_symbol_over() {
    let kinds = [
        "cancellation_decided",
        "letter_cancelled",
        "letter_corrected",
        "letter_registered",
        "numbers_lost",
        "scan_attached",
        "series_released",
        "stage_set",
        "task_settled",
        "unit_set",
    ];
    let tasks = [
        ("letter_cancelled", 8, "cancellation_asked"),
        ("letter_cancelled", 16, "cancellation_asked"),
        ("unit_set", 20, "overlap"),
    ];
    const { assert!(wire::v1::OP_SCHEMA >= 4, "two schemas came after it") };
    drains(2, &kinds, &tasks).await;
}
