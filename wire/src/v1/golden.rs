//! The messages as they stand on the wire. A changed snapshot is a broken promise to every desk in use.

use domain::{
    directory::{Absence, Directory, Membership, Person, Unit},
    ids::{AbsenceId, ClerkId, DeviceId, LetterId, OpId, ScanId, UnitId},
    letter::{Access, Delivery, Letter, LetterFacts, PartialDate},
    marks::{DocumentIdentifier, StatusKey, Teryt},
    party::{Address, Party, PartyName},
    register::{PointSymbol, Register, RegisterNumber},
    rights::{RecordKind, Role},
    stage::Stage,
};
use ed25519_dalek::SigningKey;
use jiff::{Timestamp, civil::date};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    changes::{Cancellation, Correction, LastOps, ScanState},
    log::{seal, sign_batch, sign_nonce},
    *,
};

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_5a00_0000_7000_8000_0000_0000_0000 + n)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("instant")
}

pub(crate) fn log_of() -> LogOf {
    LogOf { office: Teryt::try_from("2404082".to_owned()).expect("teryt"), device: DeviceId(id(1)) }
}

fn symbol() -> PointSymbol {
    PointSymbol::try_from("K1".to_owned()).expect("symbol")
}

fn letter() -> Letter {
    let number = RegisterNumber { register: Register::Incoming, symbol: symbol(), year: 2026, n: 1235 };
    Letter {
        id: LetterId(id(2)),
        identifier: DocumentIdentifier::of(&log_of().office, &number),
        number,
        registered_at: at("2026-11-23T08:14:05.25Z"),
        registered_by: "Anna Wójcik".to_owned(),
        facts: facts(),
    }
}

fn facts() -> LetterFacts {
    LetterFacts {
        sender: Party {
            name: PartyName::Person { surname: "Łozińska".to_owned(), given_names: "Zofia".to_owned() },
            address: Address {
                postcode: Some("42-282".to_owned()),
                town: Some("Kruszyna".to_owned()),
                street: None,
                building: Some("7".to_owned()),
                flat: None,
                po_box: None,
                country: "Polska".to_owned(),
                email: None,
            },
            identifier: None,
        },
        title: "Wniosek o wycięcie drzewa".to_owned(),
        letter_date: Some(PartialDate::Day(date(2026, 11, 20))),
        reference: None,
        received_on: date(2026, 11, 23),
        earlier_reason: None,
        posted_on: None,
        delivery: Delivery::InPerson,
        posting_number: None,
        attachments: 2,
        kind: None,
        access: Access::NonPublic,
        remarks: None,
        document_type: "Text".to_owned(),
    }
}

fn status_hash() -> [u8; 32] {
    StatusKey::from_random([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).hash(&log_of().office)
}

pub(crate) fn stage_set() -> OpBody {
    OpBody::StageSet {
        letter_id: LetterId(id(2)),
        based_on: None,
        stage: Stage::HandedToUnit,
        unit: UnitChange::Set(Some("Referat Ochrony Środowiska".to_owned())),
        by: "Anna Wójcik".to_owned(),
        at: at("2026-11-23T09:00:00Z"),
    }
}

fn bodies_of_schema_2() -> Vec<OpBody> {
    vec![
        OpBody::SeriesReleased {
            symbol: symbol(),
            ends: vec![SeriesEnd { register: Register::Incoming, year: 2026, n: 1235 }],
            at: at("2026-11-23T08:40:00Z"),
        },
        OpBody::NumbersLost {
            register: Register::Incoming,
            symbol: symbol(),
            year: 2026,
            first: 1236,
            last: 1239,
            by: "Anna Wójcik".to_owned(),
            at: at("2026-11-23T08:45:00Z"),
        },
    ]
}

fn bodies_of_schema_3() -> Vec<OpBody> {
    let by = || "Anna Wójcik".to_owned();
    vec![
        OpBody::RecordViewed {
            subject: LetterId(id(2)),
            what: Viewed::Document,
            by: by(),
            at: at("2026-11-24T10:00:00Z"),
        },
        OpBody::RecordsFound { subjects: vec![LetterId(id(2))], by: by(), at: at("2026-11-24T10:01:00Z") },
        OpBody::SignedIn { by: by(), at: at("2026-11-24T10:02:00Z") },
        OpBody::AuditHeadSeen {
            seen: HeadSeen { day: date(2026, 11, 23), epoch: id(20), head: audit_head() },
            at: at("2026-11-24T10:03:00Z"),
        },
    ]
}

fn audit_head() -> AuditHead {
    AuditHead { n: 12, hash: [0x0d; 32] }
}

fn bodies() -> Vec<OpBody> {
    let by = || "Anna Wójcik".to_owned();
    vec![
        OpBody::LetterRegistered {
            letter: Box::new(letter()),
            unit: Some("Sekretariat".to_owned()),
            status_hash: status_hash(),
        },
        OpBody::LetterCorrected {
            letter_id: LetterId(id(2)),
            based_on: OpId(id(11)),
            facts: Box::new(LetterFacts { attachments: 3, ..facts() }),
            reason: "źle policzone załączniki".to_owned(),
            by: by(),
            at: at("2026-11-23T08:20:00Z"),
        },
        OpBody::LetterCancelled {
            letter_id: LetterId(id(2)),
            reason: "wpisano dwa razy".to_owned(),
            by: by(),
            at: at("2026-11-23T08:30:00Z"),
        },
        stage_set(),
        OpBody::ScanAttached {
            scan_id: ScanId(id(3)),
            letter_id: LetterId(id(2)),
            pages: 3,
            bytes: 123_456,
            sha256: [0xab; 32],
            by: by(),
            at: at("2026-11-23T08:16:00Z"),
        },
    ]
}

/// Bodies that came later; those before stay as they are.
fn later_bodies() -> Vec<OpBody> {
    let by = || "Anna Wójcik".to_owned();
    vec![
        OpBody::StageSet {
            letter_id: LetterId(id(2)),
            based_on: Some(OpId(id(14))),
            stage: Stage::Closed,
            unit: UnitChange::Keep,
            by: by(),
            at: at("2026-11-24T09:00:00Z"),
        },
        OpBody::UnitSet {
            letter_id: LetterId(id(2)),
            based_on: Some(OpId(id(14))),
            unit: None,
            by: by(),
            at: at("2026-11-24T09:01:00Z"),
        },
        OpBody::TaskSettled {
            letter_id: LetterId(id(2)),
            task: OpId(id(14)),
            by: by(),
            at: at("2026-11-24T09:02:00Z"),
        },
        OpBody::CancellationDecided {
            letter_id: LetterId(id(2)),
            asked: OpId(id(13)),
            granted: true,
            reason: "wpisano dwa razy".to_owned(),
            by: by(),
            at: at("2026-11-24T09:03:00Z"),
        },
    ]
}

fn bodies_of_schema_4() -> Vec<OpBody> {
    let by = || "Anna Wójcik".to_owned();
    vec![OpBody::StatusKeyIssued {
        letter_id: LetterId(id(2)),
        status_hash: [0xcd; 32],
        by: by(),
        at: at("2026-11-24T09:04:00Z"),
    }]
}

fn operations() -> Vec<Operation> {
    let log = log_of();
    let mut tip = Tip::START;
    bodies()
        .iter()
        .zip(11..)
        .map(|(body, n)| {
            let operation = seal(&log, tip, OpId(id(n)), [u8::try_from(n).expect("small"); 32], body);
            tip = operation.tip();
            operation
        })
        .collect()
}

pub(crate) fn letter_state() -> LetterState {
    let letter = letter();
    LetterState {
        id: letter.id,
        number: letter.number,
        identifier: letter.identifier,
        registered_at: letter.registered_at,
        registered_by: letter.registered_by,
        registered_on: DeviceId(id(1)),
        facts: letter.facts,
        stage: Stage::InProgress,
        stage_changed_on: date(2026, 11, 24),
        stage_changed_by: "Jan Kowalik".to_owned(),
        unit: Some("Referat Ochrony Środowiska".to_owned()),
        unit_set_by: Some("Jan Kowalik".to_owned()),
        corrected: Some(Correction {
            reason: "literówka".to_owned(),
            by: "Anna Wójcik".to_owned(),
            at: at("2026-11-23T08:20:00Z"),
        }),
        cancelled: Some(Cancellation {
            reason: "wpisano dwa razy".to_owned(),
            by: "Anna Wójcik".to_owned(),
            at: at("2026-11-23T08:30:00Z"),
        }),
        scans: vec![ScanState {
            scan_id: ScanId(id(3)),
            pages: 3,
            bytes: 123_456,
            sha256: [0xab; 32],
            by: "Anna Wójcik".to_owned(),
            at: at("2026-11-23T08:16:00Z"),
            stored: true,
        }],
        replaces: None,
        last_ops: LastOps { intake: OpId(id(11)), routing: Some(OpId(id(14))), status: Some(OpId(id(14))), key: None },
        tasks: vec![LetterTask {
            op_id: OpId(id(14)),
            reason: "overlap".to_owned(),
            opened_at: at("2026-11-24T08:20:00Z"),
            by: "Jan Kowalik".to_owned(),
            overlap: Some(Overlap {
                earlier_by: "Anna Wójcik".to_owned(),
                versions: Versions::Status { earlier: Stage::Closed, later: Stage::InProgress },
            }),
            cancellation: None,
        }],
    }
}

fn cursor() -> Cursor {
    Cursor { epoch: id(20), head: 7, digest: [0x0c; 32] }
}

/// As JSON, having checked that it reads back as the same message.
fn frozen<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &T) -> String {
    let text = serde_json::to_string(message).expect("json");
    let back: T = serde_json::from_str(&text).expect("the same message");
    assert_eq!(&back, message);
    indented(&text)
}

/// JSON without a space as people read it, its fields in their order: what is kept raw in a message has no other indentation.
fn indented(text: &str) -> String {
    let (mut out, mut depth, mut in_text, mut escaped) = (String::new(), 0, false, false);
    let mut rest = text.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    while let Some(c) = rest.next() {
        if in_text {
            out.push(c);
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' if rest.next_if(|next| matches!(next, '}' | ']')).is_some() => {
                out.push_str(if c == '{' { "{}" } else { "[]" });
            }
            '{' | '[' => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_text = c == '"';
                out.push(c);
            }
        }
    }
    out
}

#[test]
fn operation_bodies() {
    let texts: Vec<String> =
        bodies().iter().map(|body| String::from_utf8(body.to_canonical_json()).expect("utf-8")).collect();
    insta::assert_snapshot!("op_bodies_schema_1", texts.join("\n"));
    let texts: Vec<String> =
        later_bodies().iter().map(|body| String::from_utf8(body.to_canonical_json()).expect("utf-8")).collect();
    insta::assert_snapshot!("op_bodies_schema_1_later", texts.join("\n"));
    assert!(later_bodies().iter().all(|body| body.schema() == 2), "an older central holds the push and loses nothing");
    assert!(bodies().iter().all(|body| body.schema() == 1), "what was sealed before is sealed the same");
    let texts: Vec<String> =
        bodies_of_schema_2().iter().map(|body| String::from_utf8(body.to_canonical_json()).expect("utf-8")).collect();
    insta::assert_snapshot!("op_bodies_schema_2", texts.join("\n"));
    let texts: Vec<String> =
        bodies_of_schema_3().iter().map(|body| String::from_utf8(body.to_canonical_json()).expect("utf-8")).collect();
    insta::assert_snapshot!("op_bodies_schema_3", texts.join("\n"));
    assert!(bodies_of_schema_3().iter().all(|body| body.is_audit() && body.letter_id().is_none()));
    let texts: Vec<String> =
        bodies_of_schema_4().iter().map(|body| String::from_utf8(body.to_canonical_json()).expect("utf-8")).collect();
    insta::assert_snapshot!("op_bodies_schema_4", texts.join("\n"));
    assert!(bodies_of_schema_4().iter().all(|body| body.schema() == 4));
    let later = later_bodies().into_iter().chain(bodies_of_schema_2()).chain(bodies_of_schema_3());
    let later = later.chain(bodies_of_schema_4());
    for body in bodies().into_iter().chain(later) {
        assert_eq!(serde_json::from_slice::<OpBody>(&body.to_canonical_json()).expect("the same body"), body);
    }
}

#[test]
fn who_acted_stands_beside_the_body() {
    let acting = Acting { clerk: ClerkId(id(30)), role: Role::Reception };
    let operation = log::seal_by(&log_of(), Tip::START, OpId(id(11)), [11; 32], &stage_set(), Some(&acting));
    insta::assert_snapshot!("op_with_acting", String::from_utf8(operation.body.clone()).expect("utf-8"));
    assert_eq!(operation.read_body().expect("the body reads as before"), stage_set());
    assert_eq!(operation.read_acting().expect("who acted"), Some(acting));
    assert_eq!(operations()[0].read_acting().expect("nobody is stated"), None);

    let newer = Operation { body: br#"{"kind":"stage_set","acting":{"role":"king"}}"#.to_vec(), ..operation };
    assert!(newer.read_acting().is_err(), "no role of ours is not nobody");
}

#[test]
fn operation() {
    insta::assert_snapshot!("operation", frozen(&operations()[0]));
    let erased = operations()[0].without_content(LetterId(id(2)));
    insta::assert_snapshot!("operation_without_content", frozen(&erased));
    // The whole chain behind one hash: any change in the recipe shows here.
    let last = operations().pop().expect("operations");
    insta::assert_snapshot!("chain_hash", bytes::to_hex(&last.hash));
    assert_eq!(log::verify_chain(&log_of(), Tip::START, &operations()), Ok(last.tip()));
}

#[test]
fn hello_and_its_answer() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let challenge = Challenge { nonce: [5; 32] };
    insta::assert_snapshot!("challenge", frozen(&challenge));
    let hello = Hello {
        office: log_of().office,
        device: log_of().device,
        public_key: key.verifying_key().to_bytes(),
        nonce: challenge.nonce,
        signature: sign_nonce(&key, &log_of(), &challenge.nonce),
        symbol: symbol(),
        program: "0.1.0".to_owned(),
        last: Tip::START,
        remembered: None,
    };
    insta::assert_snapshot!("hello", frozen(&hello));
    let remembered = Remembered { epoch: id(20), acknowledged: operations()[4].tip() };
    insta::assert_snapshot!("hello_of_a_desk_that_remembers", frozen(&Hello { remembered: Some(remembered), ..hello }));
    let answer = HelloAnswer {
        token: "not-a-real-token".to_owned(),
        token_seconds: 43_200,
        epoch: id(20),
        last: operations()[4].tip(),
        standing: Standing::Counts,
        head: 7,
        central_time: at("2026-11-23T08:14:05Z"),
        next_numbers: vec![NextNumber { register: Register::Incoming, year: 2026, next_n: 1236 }],
        grants: None,
        bounds: None,
        provider: false,
        file_key: None,
        backed_up_head: None,
        op_schema: 1,
    };
    insta::assert_snapshot!("hello_answer", frozen(&answer));
    let first = vec![NextNumber { register: Register::Incoming, year: 2026, next_n: 1201 }];
    let granted = Grant { id: id(40), symbol: symbol(), first, release: false };
    let released = Grant { id: id(41), release: true, first: Vec::new(), ..granted.clone() };
    let answer = HelloAnswer { grants: Some(vec![granted, released]), op_schema: OP_SCHEMA, ..answer };
    insta::assert_snapshot!("hello_answer_with_grants", frozen(&answer));
    let answer = HelloAnswer { bounds: Some(bounds()), ..answer };
    insta::assert_snapshot!("hello_answer_with_bounds", frozen(&answer));
    let answer = HelloAnswer { provider: true, ..answer };
    insta::assert_snapshot!("hello_answer_with_provider", frozen(&answer));
    let answer = HelloAnswer { file_key: Some("age1not-a-real-key".to_owned()), ..answer };
    insta::assert_snapshot!("hello_answer_with_file_key", frozen(&answer));
}

fn bounds() -> Bounds {
    Bounds { scope: [RecordKind::Letters].into_iter().collect(), ceiling: [Role::Reception].into_iter().collect() }
}

#[test]
fn enrolment() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let enrol = Enrol {
        code: [9; 8],
        device: log_of().device,
        public_key: key.verifying_key().to_bytes(),
        signature: enrol::sign_code(&key, &log_of(), [9; 8]),
        symbol: None,
        program: "0.1.0".to_owned(),
    };
    insta::assert_snapshot!("enrol", frozen(&enrol));
    insta::assert_snapshot!("enrol_of_a_desk_with_a_symbol", frozen(&Enrol { symbol: Some(symbol()), ..enrol }));
    let answer = EnrolAnswer {
        device: log_of().device,
        office_name: "Urząd Gminy Kruszyna".to_owned(),
        symbol: symbol(),
        bounds: bounds(),
        accounts: true,
        central_time: at("2026-11-23T08:14:05Z"),
    };
    insta::assert_snapshot!("enrol_answer", frozen(&answer));
    let invitation =
        Invitation { office: log_of().office, code: [9; 8], fingerprint: Fingerprint::of_key(b"a key of central") };
    insta::assert_snapshot!("invitation", invitation.letters());
}

#[test]
fn a_role_and_a_kind_of_next_year_are_left_out() {
    let text = r#"{"scope":["letters","waste"],"ceiling":["reception","archivist"]}"#;
    assert_eq!(serde_json::from_str::<Bounds>(text).expect("bounds"), bounds());
}

#[test]
fn push_and_its_answer() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let ops = operations();
    let push = Push { signature: sign_batch(&key, &log_of(), &ops[4].hash), ops: ops[3..].to_vec() };
    insta::assert_snapshot!("push", frozen(&push));
    let verdicts = [
        Verdict::Applied,
        Verdict::Duplicate,
        Verdict::Task { reason: TaskReason::Overlap },
        Verdict::Task { reason: TaskReason::LetterUnknown },
        Verdict::Applied,
    ];
    let answer = PushAnswer {
        verdicts: ops
            .iter()
            .zip(verdicts)
            .map(|(op, verdict)| OpVerdict { seq: op.seq, op_id: op.op_id, verdict })
            .collect(),
        last: ops[4].tip(),
        epoch: id(20),
        head: 9,
    };
    insta::assert_snapshot!("push_answer", frozen(&answer));
    assert_eq!(serde_json::from_str::<TaskReason>("\"a_reason_of_next_year\"").expect("any reason"), TaskReason::Other);
}

#[test]
fn task_reasons_have_one_name() {
    for reason in [
        TaskReason::Malformed,
        TaskReason::LetterUnknown,
        TaskReason::NumberTaken,
        TaskReason::LetterRegisteredTwice,
        TaskReason::SymbolNotGranted,
        TaskReason::IdentifierDiffers,
        TaskReason::Overlap,
        TaskReason::CancellationAsked,
        TaskReason::NotTheRegisteringDesk,
        TaskReason::LetterCancelled,
        TaskReason::ScanIdTaken,
        TaskReason::NotPermitted,
        TaskReason::LostNumberFound,
        TaskReason::NumberNotLost,
        TaskReason::ReentryDiffers,
        TaskReason::ReleaseNotAsked,
        TaskReason::NewLabel,
        TaskReason::Internal,
        TaskReason::Other,
    ] {
        assert_eq!(serde_json::to_string(&reason).expect("json"), format!("\"{}\"", reason.as_str()));
    }
}

#[test]
fn pull_and_its_answers() {
    insta::assert_snapshot!("pull", frozen(&Pull { cursor: cursor(), limit: 200 }));
    let body = ChangeBody::Letter(Box::new(letter_state()));
    let change = Change { n: 7, digest: [0x0c; 32], body: RawBody::of(&body).expect("json") };
    assert_eq!(change.read_body().expect("a letter"), body);
    let page =
        PullAnswer::Changes { changes: vec![change], scanned_up_to: cursor(), head: 9, audit: None, directory: None };
    insta::assert_snapshot!("pull_changes", frozen(&page));
    let page = |directory| PullAnswer::Changes {
        changes: Vec::new(),
        scanned_up_to: cursor(),
        head: 9,
        audit: Some(audit_head()),
        directory,
    };
    insta::assert_snapshot!("pull_with_audit_head", frozen(&page(None)));
    insta::assert_snapshot!("pull_with_directory", frozen(&page(Some(DirectoryHash([0x0e; 32])))));
    let outline = Outline::for_desk(&letter_state(), RecordKind::Tax, &bounds().scope).expect("out of scope");
    let body = ChangeBody::Outline(Box::new(outline));
    let change = Change { n: 7, digest: [0x0c; 32], body: RawBody::of(&body).expect("json") };
    assert_eq!(change.read_body().expect("an outline"), body);
    insta::assert_snapshot!("pull_outline", frozen(&change));
    let outline = Outline::of(&letter_state(), RecordKind::Letters);
    let body = ChangeBody::Erased(Box::new(Erasure { erasure: id(50), outline }));
    let change = Change { n: 8, digest: [0x0c; 32], body: RawBody::of(&body).expect("json") };
    assert_eq!(change.read_body().expect("an erasure"), body);
    insta::assert_snapshot!("pull_erased", frozen(&change));
    insta::assert_snapshot!("pull_new_epoch", frozen(&PullAnswer::NewEpoch { epoch: id(21) }));
}

#[test]
fn a_change_of_an_unknown_kind_does_not_stop_the_page() {
    let text = r#"{"n":8,"digest":"00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff","body":{"kind":"comet"}}"#;
    let change: Change = serde_json::from_str(text).expect("a change");
    assert!(change.read_body().is_err());
}

#[test]
fn scan_upload() {
    let create = UploadCreate { scan_id: ScanId(id(3)), bytes: 123_456, sha256: [0xab; 32] };
    insta::assert_snapshot!("upload_create", frozen(&create));
    insta::assert_snapshot!("upload_state", frozen(&UploadState { offset: 65_536, bytes: 123_456, stored: false }));
}

#[test]
fn directory() {
    let unit = |n, symbol: &str, name: &str, parent| Unit {
        id: UnitId(id(n)),
        symbol: symbol.parse().expect("a symbol"),
        name: name.to_owned(),
        parent,
    };
    let person = |n, [login, given_name, surname]: [&str; 3], units| Person {
        clerk: ClerkId(id(n)),
        login: login.to_owned(),
        given_name: given_name.to_owned(),
        surname: surname.to_owned(),
        units,
    };
    let finance = UnitId(id(61));
    let directory = Directory {
        units: vec![
            unit(61, "FN", "Referat Finansowy", None),
            unit(62, "FN.P", "Stanowisko do spraw podatków", Some(finance)),
        ],
        people: vec![
            person(63, ["j.nowak", "Jan", "Nowak"], Vec::new()),
            person(
                64,
                ["a.wojcik", "Anna", "Wójcik"],
                vec![Membership { unit: finance, head: true }, Membership { unit: UnitId(id(62)), head: false }],
            ),
        ],
        absences: vec![Absence {
            id: AbsenceId(id(65)),
            clerk: ClerkId(id(64)),
            first_day: date(2026, 11, 23),
            last_day: date(2026, 11, 27),
            deputy: Some(ClerkId(id(63))),
        }],
    };
    let answer = DirectoryAnswer { hash: DirectoryHash([0x0e; 32]), directory };
    insta::assert_snapshot!("directory_answer", frozen(&answer));
}

#[test]
fn sign_in() {
    let question = SignIn { login: "a.wojcik".to_owned(), password: "nie prawdziwe hasło".to_owned() };
    insta::assert_snapshot!("sign_in", frozen(&question));
    let answer = SignInAnswer {
        clerk: ClerkId(id(30)),
        login: "a.wojcik".to_owned(),
        given_name: "Anna".to_owned(),
        surname: "Wójcik".to_owned(),
        roles: [Role::Reception, Role::Secretary].into_iter().collect(),
        session: None,
    };
    insta::assert_snapshot!("sign_in_answer", frozen(&answer));
    assert_eq!(format!("{question:?} {answer:?}").matches("***").count(), 2, "Debug hides them");
    let with_session = SignInAnswer { session: Some("not-a-real-session".to_owned()), ..answer.clone() };
    insta::assert_snapshot!("sign_in_answer_with_session", frozen(&with_session));
    let provider = Provider {
        issuer: "https://konta.kruszyna.example".to_owned(),
        client_id: "okienko".to_owned(),
        authorization_endpoint: "https://konta.kruszyna.example/auth".to_owned(),
    };
    insta::assert_snapshot!("provider", frozen(&provider));
    let brought = ProviderSignIn {
        code: "not-a-real-code".to_owned(),
        verifier: "not-a-real-verifier".to_owned(),
        redirect_uri: "http://127.0.0.1:40123/zalogowano".to_owned(),
        nonce: "not-a-real-nonce".to_owned(),
    };
    insta::assert_snapshot!("provider_sign_in", frozen(&brought));
    assert_eq!(format!("{brought:?}"), "ProviderSignIn(***)");
    let newer = frozen(&answer).replace("secretary", "a_role_of_next_year");
    let newer: SignInAnswer = serde_json::from_str(&newer).expect("a newer central's answer");
    assert_eq!(newer.roles.iter().collect::<Vec<_>>(), [Role::Reception]);
}

#[test]
fn audit() {
    let query = AuditQuery {
        from: date(2026, 11, 1),
        to: date(2026, 11, 23),
        letter: Some("WK1-26-001235-82".to_owned()),
        clerk: Some(ClerkId(id(30))),
        after: None,
    };
    insta::assert_snapshot!("audit_query", frozen(&query));
    let entry = audit::AuditEntry {
        at: at("2026-11-23T08:14:09Z"),
        told_at: Some(at("2026-11-23T08:14:05Z")),
        desk: Some(symbol()),
        by: "Anna Wójcik".to_owned(),
        what: "record_viewed".to_owned(),
        letters: vec!["WK1-26-001235-82".to_owned()],
        letter_count: 1,
        reason: None,
    };
    let clerk = audit::AuditClerk { id: ClerkId(id(30)), name: "Anna Wójcik".to_owned() };
    let page = AuditPage { entries: vec![entry], next: None, head: audit_head(), clerks: vec![clerk] };
    insta::assert_snapshot!("audit_page", frozen(&page));
    let hash = audit::entry_hash(&log_of().office, &[0; 32], 1, at("2026-11-23T08:14:09Z"), br#"{"kind":"deed"}"#);
    insta::assert_snapshot!("audit_entry_hash", bytes::to_hex(&hash));
}

#[test]
fn refusals() {
    let refusals = [
        Refusal::Retry { after_seconds: 5 },
        Refusal::TooMany { after_seconds: 60 },
        Refusal::Malformed,
        Refusal::TooLarge,
        Refusal::TokenUnknown,
        Refusal::NonceUnknown,
        Refusal::SignatureWrong,
        Refusal::OfficeUnknown,
        Refusal::DeviceKeyDiffers,
        Refusal::SymbolTaken,
        Refusal::SymbolDiffers,
        Refusal::Gap { last: Tip { seq: 4, hash: [0xee; 32] } },
        Refusal::NotEnrolled,
        Refusal::InvitationUnknown,
        Refusal::Revoked,
        Refusal::SignInFailed,
        Refusal::ClerkUnlinked,
        Refusal::ProviderAway,
        Refusal::ClerkUnknown,
        Refusal::ChainBroken { seq: 5 },
        Refusal::SchemaTooNew { known: 1 },
        Refusal::NotFound,
        Refusal::ScanDiffers,
        Refusal::OffsetDiffers { offset: 65_536 },
        Refusal::HashDiffers,
        Refusal::StorageFull,
    ];
    let texts: Vec<String> = refusals
        .iter()
        .map(|refusal| {
            frozen(refusal);
            serde_json::to_string(refusal).expect("json")
        })
        .collect();
    insta::assert_snapshot!("refusals", texts.join("\n"));
}
