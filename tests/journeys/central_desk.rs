//! A desk reduced to its log: it seals, signs and sends by hand, so that every kind of misbehaviour can be tried.

use domain::{
    ids::{DeviceId, LetterId, OpId, ScanId},
    letter::{Letter, LetterFacts},
    marks::{DocumentIdentifier, StatusKey, Teryt},
    party::{Address, Party, PartyName},
    register::{PointSymbol, Register, RegisterNumber},
    stage::Stage,
};
use ed25519_dalek::SigningKey;
use kit::central_office::CentralOffice;
use reqwest::{Method, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;
use wire::v1::{
    Acting, Challenge, Change, ChangeBody, Cursor, Hello, HelloAnswer, LetterState, LogOf, OpBody, Operation, Pull,
    PullAnswer, Push, PushAnswer, Refusal, Remembered, Tip, UnitChange, UploadCreate, UploadState, Verdict,
    log::{seal_by, sign_batch, sign_nonce},
    path,
};

pub(crate) struct WireDesk {
    pub(crate) address: String,
    pub(crate) log: LogOf,
    pub(crate) key: SigningKey,
    pub(crate) symbol: PointSymbol,
    pub(crate) token: String,
    /// Everything ever sealed.
    pub(crate) sealed: Vec<Operation>,
    pub(crate) cursor: Option<Cursor>,
    /// What it says in its hello that central told it before.
    pub(crate) remembered: Option<Remembered>,
    /// Whom the desk states.
    pub(crate) acting: Option<Acting>,
    /// Title of the letters that it registers.
    pub(crate) title: String,
    client: reqwest::Client,
    ids: u128,
    numbers: u32,
}

pub(crate) fn teryt() -> Teryt {
    Teryt::try_from("2404082".to_owned()).expect("teryt")
}

pub(crate) fn symbol(text: &str) -> PointSymbol {
    PointSymbol::try_from(text.to_owned()).expect("symbol")
}

pub(crate) fn status_key(n: u32) -> StatusKey {
    let mut bytes = [0xA5; 10];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    StatusKey::from_random(bytes)
}

pub(crate) fn facts(title: &str) -> LetterFacts {
    LetterFacts::brief(
        Party {
            name: PartyName::Person { surname: "Łozińska".to_owned(), given_names: "Zofia".to_owned() },
            address: Address { town: Some("Kruszyna".to_owned()), country: "Polska".to_owned(), ..Address::default() },
            identifier: None,
        },
        title.to_owned(),
        jiff::civil::date(2026, 11, 23),
    )
}

/// The letter with the n-th number of a symbol.
pub(crate) fn letter(id: LetterId, own: &PointSymbol, n: u32) -> Letter {
    let number = RegisterNumber { register: Register::Incoming, symbol: own.clone(), year: 2026, n };
    Letter {
        id,
        identifier: DocumentIdentifier::of(&teryt(), &number),
        number,
        registered_at: "2026-11-23T08:14:05.123456789Z".parse().expect("instant"),
        registered_by: "Anna Wójcik".to_owned(),
        facts: facts("Wniosek o wycięcie drzewa"),
    }
}

impl WireDesk {
    /// A desk with an id and key of its own that has not yet said hello.
    pub(crate) fn new(central: &CentralOffice, n: u8, own: &str) -> Self {
        Self::at(central.desk_address.clone(), teryt(), n, own)
    }

    /// The same of any office, at any address.
    pub(crate) fn at(address: String, office: Teryt, n: u8, own: &str) -> Self {
        Self {
            address,
            log: LogOf { office, device: DeviceId(Uuid::from_u128(u128::from(n) << 64)) },
            key: SigningKey::from_bytes(&[n; 32]),
            symbol: symbol(own),
            token: String::new(),
            sealed: Vec::new(),
            cursor: None,
            remembered: None,
            acting: None,
            title: "Wniosek o wycięcie drzewa".to_owned(),
            client: reqwest::Client::new(),
            ids: u128::from(n) << 96,
            numbers: 0,
        }
    }

    /// A desk that has said hello.
    pub(crate) async fn connected(central: &CentralOffice, n: u8, own: &str) -> Self {
        let mut desk = Self::new(central, n, own);
        desk.hello().await.expect("hello");
        desk
    }

    pub(crate) fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    /// Lets ids begin elsewhere, so that those of two desks differ.
    pub(crate) fn ids_from(&mut self, start: u128) {
        self.ids += start;
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Response {
        self.send_to(Some(self.log.office.as_str()), method, path, body).await
    }

    /// Sends to the door of an office, or names none.
    pub(crate) async fn send_to(&self, door: Option<&str>, method: Method, path: &str, body: Vec<u8>) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.address));
        if let Some(office) = door {
            request = request.header(wire::v1::path::OFFICE_HEADER, office);
        }
        request.bearer_auth(&self.token).body(body).send().await.expect("an answer")
    }

    /// Sends bytes as a pressed message.
    pub(crate) async fn send_pressed(&self, path: &str, bytes: Vec<u8>) -> Response {
        let request = self.client.post(format!("{}{path}", self.address)).header("content-encoding", "zstd");
        let request = request.header(wire::v1::path::OFFICE_HEADER, self.log.office.as_str());
        request.bearer_auth(&self.token).body(bytes).send().await.expect("an answer")
    }

    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        message: &impl Serialize,
    ) -> Result<T, (StatusCode, Refusal)> {
        read(self.send(method, path, serde_json::to_vec(message).expect("json")).await).await
    }

    pub(crate) async fn challenge(&self) -> Challenge {
        self.ask(Method::POST, path::CHALLENGE, &()).await.expect("a challenge")
    }

    pub(crate) fn hello_message(&self, nonce: [u8; 32]) -> Hello {
        Hello {
            office: self.log.office.clone(),
            device: self.log.device,
            public_key: self.key.verifying_key().to_bytes(),
            nonce,
            signature: sign_nonce(&self.key, &self.log, &nonce),
            symbol: self.symbol.clone(),
            program: "0.1.0".to_owned(),
            last: self.tip(),
            remembered: self.remembered,
        }
    }

    pub(crate) async fn hello(&mut self) -> Result<HelloAnswer, (StatusCode, Refusal)> {
        let challenge: Challenge = self.ask(Method::POST, path::CHALLENGE, &()).await?;
        let hello = self.hello_message(challenge.nonce);
        let answer: HelloAnswer = self.ask(Method::POST, path::HELLO, &hello).await?;
        self.token.clone_from(&answer.token);
        self.cursor.get_or_insert(Cursor::start(answer.epoch));
        Ok(answer)
    }

    pub(crate) fn tip(&self) -> Tip {
        self.sealed.last().map_or(Tip::START, Operation::tip)
    }

    /// Seals one more operation, stating who acts.
    pub(crate) fn seal(&mut self, body: &OpBody) -> OpId {
        let op_id = OpId(self.new_id());
        self.sealed.push(seal_by(&self.log, self.tip(), op_id, [7; 32], body, self.acting.as_ref()));
        op_id
    }

    /// Seals the registration of the next number.
    pub(crate) fn register(&mut self) -> (LetterId, OpId) {
        self.numbers += 1;
        let id = LetterId(self.new_id());
        let mut letter = letter(id, &self.symbol, self.numbers);
        letter.facts.title.clone_from(&self.title);
        let body = OpBody::LetterRegistered {
            letter: Box::new(letter),
            unit: None,
            status_hash: status_key(self.numbers).hash(&teryt()),
        };
        (id, self.seal(&body))
    }

    pub(crate) fn set_stage(&mut self, letter_id: LetterId, based_on: Option<OpId>, stage: Stage) -> OpId {
        self.seal(&OpBody::StageSet {
            letter_id,
            based_on,
            stage,
            unit: UnitChange::Set(Some("Referat Finansowy".to_owned())),
            by: "Anna Wójcik".to_owned(),
            at: "2026-11-23T09:00:00Z".parse().expect("instant"),
        })
    }

    pub(crate) fn attach(&mut self, letter_id: LetterId, create: &UploadCreate) -> OpId {
        self.seal(&OpBody::ScanAttached {
            scan_id: create.scan_id,
            letter_id,
            pages: 1,
            bytes: create.bytes,
            sha256: create.sha256,
            by: "Anna Wójcik".to_owned(),
            at: "2026-11-23T09:00:00Z".parse().expect("instant"),
        })
    }

    pub(crate) fn batch(&self, ops: &[Operation]) -> Push {
        let last = ops.last().map_or([0; 32], |operation| operation.hash);
        Push { signature: sign_batch(&self.key, &self.log, &last), ops: ops.to_vec() }
    }

    pub(crate) async fn push(&self, push: &Push) -> Result<PushAnswer, (StatusCode, Refusal)> {
        self.ask(Method::POST, path::PUSH, push).await
    }

    /// Pushes everything ever sealed, and returns the verdicts.
    pub(crate) async fn push_all(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for ops in self.sealed.chunks(wire::v1::MAX_BATCH_OPS) {
            let answer = self.push(&self.batch(ops)).await.expect("a push");
            verdicts.extend(answer.verdicts.into_iter().map(|verdict| verdict.verdict));
        }
        verdicts
    }

    pub(crate) async fn pull(&self, cursor: Cursor, limit: u32) -> PullAnswer {
        self.ask(Method::POST, path::PULL, &Pull { cursor, limit }).await.expect("a page")
    }

    /// Pulls to the head and moves the cursor; panics when the epoch changed.
    pub(crate) async fn pull_all(&mut self, limit: u32) -> Vec<Change> {
        let mut all = Vec::new();
        loop {
            let cursor = self.cursor.expect("hello comes first");
            let PullAnswer::Changes { changes, scanned_up_to, head, .. } = self.pull(cursor, limit).await else {
                panic!("another epoch")
            };
            all.extend(changes);
            self.cursor = Some(scanned_up_to);
            if scanned_up_to.head >= head {
                return all;
            }
        }
    }

    pub(crate) async fn create_upload(&self, create: &UploadCreate) -> Result<UploadState, (StatusCode, Refusal)> {
        self.ask(Method::POST, path::SCANS, create).await
    }

    pub(crate) async fn chunk(
        &self,
        scan: ScanId,
        offset: u64,
        bytes: &[u8],
    ) -> Result<UploadState, (StatusCode, Refusal)> {
        read(self.send(Method::PATCH, &path::scan_chunk(scan, offset), bytes.to_vec()).await).await
    }

    pub(crate) async fn finish(&self, scan: ScanId) -> Result<UploadState, (StatusCode, Refusal)> {
        read(self.send(Method::POST, &path::scan_finish(scan), Vec::new()).await).await
    }
}

pub(crate) fn letter_of(change: &Change) -> LetterState {
    let ChangeBody::Letter(state) = change.read_body().expect("a letter") else { panic!("an outline") };
    *state
}

pub(crate) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, (StatusCode, Refusal)> {
    let status = response.status();
    let body = response.bytes().await.expect("a whole body");
    if status.is_success() {
        Ok(serde_json::from_slice(&body).expect("the answer"))
    } else {
        Err((status, serde_json::from_slice(&body).expect("a refusal as the body")))
    }
}

pub(crate) async fn office() -> CentralOffice {
    CentralOffice::start(kit::central_office::CentralSetup::default()).await.expect("central")
}
