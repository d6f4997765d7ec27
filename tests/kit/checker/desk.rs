//! The desk's process: the real use cases and workers, driven by lines of JSON. Run by the program `checker-desk`; its
//! clock stands until it is set, and its workers hurry.

use std::{
    collections::BTreeMap,
    io::{BufRead, Write},
    sync::Arc,
    time::Duration,
};

use desk::{
    Desk, DeskError, DeskPaths, clock::SystemEntropy, desk::DeskParts, enrolment, enrolment::view::EnrolDraft, intake,
    keys::KeyStore, labels, letters, lock::DirLock, scanning, session, settings, startup::open_desk, sync,
};
use domain::{
    ErrorCode,
    ids::{LabelJobId, LetterId, OpId, ScanId},
    party::PartyKind,
    register::RegisterNumber,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::v1::{Cursor, OpBody, Tip, bytes::canonical};

use super::words::{Answer, Ask, DeskDump, DeskSetup, LabelQuestion, OpDump, OwnLetter, OwnScan, Stand};
use crate::test_desk::{PASSWORD, SetClock};

/// Abbreviation of the incoming register in the settings of these desks.
pub const REGISTER: &str = "RPW";

/// The worker hurries, and gives up soon: a connection that fails on purpose must not cost a run its time.
fn pace() -> sync::Pace {
    let ms = Duration::from_millis;
    sync::Pace {
        poll: ms(60),
        first_pause: ms(20),
        longest_pause: ms(200),
        patience: sync::Patience { connect: ms(500), answer: ms(1_500) },
        chunk: 8 << 10,
        ..sync::Pace::default()
    }
}

/// When all is healed, a loaded machine is no reason to give up.
fn patient() -> sync::Pace {
    let patience = sync::Patience { connect: Duration::from_secs(20), answer: Duration::from_mins(1) };
    sync::Pace { patience, ..pace() }
}

struct Program {
    desk: Arc<Desk>,
    clock: Arc<SetClock>,
    worker: Option<(CancellationToken, JoinHandle<()>)>,
    talk: Option<sync::Conversation>,
}

/// Opens the desk, says that it is ready, and answers every line of the input until its end.
///
/// # Panics
/// When the desk does not open: the checker sees the process end.
pub async fn serve(setup: DeskSetup) {
    let clock = SetClock::at(&setup.clock);
    let parts = DeskParts {
        paths: DeskPaths { data: setup.folder.join("data"), mark: setup.folder.join("mark") },
        keys: KeyStore::File(setup.key.clone()),
        clock: Arc::clone(&clock) as _,
        entropy: Arc::new(SystemEntropy),
        machine: None,
        read_deadline: Duration::from_secs(30),
    };
    std::fs::create_dir_all(&parts.paths.data).expect("the data directory");
    let lock = DirLock::take(&parts.paths.data).expect("the lock is free");
    let desk = open_desk(parts, &lock).await.expect("the desk opens");
    enter(&desk, &setup).await;
    for statement in &setup.sabotage {
        let mut db = desk.read().await.expect("the database");
        sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *db).await.expect("a sabotage");
    }
    let ms = Duration::from_millis;
    let printing =
        labels::worker::Pace { blocked: ms(50), idle: ms(500), proof: ms(5), ..labels::worker::Pace::default() };
    tokio::spawn(labels::worker::run_at(Arc::clone(&desk), CancellationToken::new(), printing));
    let mut manners = scanning::Manners { min_free: 0, ..scanning::Manners::default() };
    manners.ask.dpi = 150;
    scanning::set_manners(&desk, manners);
    tokio::spawn(scanning::worker::run(Arc::clone(&desk), CancellationToken::new()));
    let stop = CancellationToken::new();
    let worker = tokio::spawn(sync::worker::run_at(Arc::clone(&desk), stop.clone(), pace()));
    let mut program = Program { desk, clock, worker: Some((stop, worker)), talk: None };

    let mut lines = input();
    let stand = program.stand().await.expect("how it stands");
    say(&Answer::Ready { stand });
    while let Some(line) = lines.recv().await {
        let answer = match serde_json::from_str(&line) {
            Ok(ask) => program.answer(ask).await,
            Err(error) => Answer::Broken { what: format!("not a question: {error}") },
        };
        say(&answer);
    }
    program.desk.close().await;
}

/// The lines of the input, read by a thread of their own.
fn input() -> mpsc::UnboundedReceiver<String> {
    let (said, heard) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if said.send(line).is_err() {
                return;
            }
        }
    });
    heard
}

fn say(answer: &Answer) {
    let mut line = serde_json::to_vec(answer).expect("answers have a JSON form");
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: the input ends next.
    let _ = out.write_all(&line).and_then(|()| out.flush());
}

async fn enter(desk: &Desk, setup: &DeskSetup) {
    use session::view::{FirstClerkDraft, SessionView, SignInDraft};
    let password = PASSWORD.to_owned();
    match session::session_state(desk).await.expect("the session") {
        SessionView::FirstStart => {
            if let Some(scanned) = &setup.invitation {
                let draft = EnrolDraft { address: scanned.clone(), ..EnrolDraft::default() };
                enrolment::join(desk, draft).await.expect("the desk is let in");
            }
            let draft = FirstClerkDraft {
                given_name: "Anna".to_owned(),
                surname: "Lis".to_owned(),
                password_again: password.clone(),
                password,
            };
            session::create_first_clerk(desk, draft).await.expect("the first clerk");
        }
        SessionView::SignedOut { clerks, .. } => {
            let clerk = clerks.first().expect("a clerk").id;
            session::sign_in(desk, SignInDraft { clerk, password }).await.expect("signed in");
        }
        SessionView::SignedIn { .. } | SessionView::Locked { .. } => {}
    }
    let before = settings::settings(desk).await.expect("settings").settings;
    let mut draft = before.clone();
    draft.office_name = "Urząd Gminy Kruszyna".to_owned();
    draft.teryt = "2404082".to_owned();
    draft.point_symbol.clone_from(&setup.symbol);
    draft.printer_link = settings::view::PrinterLinkKind::Tcp;
    draft.printer_host = "127.0.0.1".to_owned();
    draft.printer_port = setup.printer_port.to_string();
    draft.central_address.clone_from(&setup.central);
    draft.mfp_address.clone_from(&setup.mfp);
    if draft != before {
        settings::save_settings(desk, draft).await.expect("settings are saved");
    }
}

fn refused(error: &DeskError) -> Answer {
    match error {
        DeskError::Draft(errors) => Answer::Broken { what: format!("wrong fields: {errors:?}") },
        other => Answer::Refused { code: other.code() },
    }
}

impl Program {
    async fn answer(&mut self, ask: Ask) -> Answer {
        match self.try_answer(ask).await {
            Ok(answer) => answer,
            Err(error) => refused(&error),
        }
    }

    async fn try_answer(&mut self, ask: Ask) -> Result<Answer, DeskError> {
        let desk = &self.desk;
        match ask {
            Ask::Register { letter, surname } => {
                let mut draft = intake::open(desk).await?.draft;
                draft.id = letter;
                draft.sender.kind = PartyKind::Person;
                draft.sender.surname = surname;
                draft.sender.town = "Kruszyna".to_owned();
                draft.title = "Wniosek".to_owned();
                draft.letter_date = "-".to_owned();
                draft.reference = "-".to_owned();
                let registered = intake::register_letter(desk, draft).await?;
                return Ok(Answer::Registered { number: registered.number });
            }
            Ask::Correct { letter, title } => {
                let mut draft = letters::correction_of(desk, letter).await?.draft;
                draft.title = title;
                let correction =
                    letters::view::CorrectionDraft { based_on: None, draft, reason: "pomyłka w tytule".to_owned() };
                letters::correct_letter(desk, correction).await?;
            }
            Ask::Cancel { letter } => {
                let draft = letters::view::CancellationDraft { letter_id: letter, reason: "pomyłka".to_owned() };
                letters::cancel_letter(desk, draft).await?;
            }
            Ask::SetStage { letter, stage, unit } => {
                letters::set_stage(desk, letters::view::StageDraft { letter_id: letter, stage, unit }).await?;
            }
            Ask::Attach { letter } => return self.attach(letter).await,
            Ask::SetClock { moment } => self.clock.set(&moment),
            Ask::KeepDay => {
                if let Some(question) = intake::open(desk).await?.day_question {
                    intake::confirm_day(desk, &question.stored).await?;
                }
            }
            Ask::NameHighest { number } => {
                intake::name_highest_label(desk, &number).await?;
            }
            Ask::Questions => return self.questions().await,
            Ask::AnswerLabel { job, printed } => {
                use labels::view::LabelAnswer;
                let answer = if printed { LabelAnswer::Printed } else { LabelAnswer::NotPrinted };
                labels::answer(desk, job, answer).await?;
            }
            Ask::Stand => return Ok(Answer::Stand { stand: self.stand().await? }),
            Ask::Settle { rounds } => return self.settle(rounds).await,
            Ask::AwaitLabels => self.await_labels().await?,
            Ask::Dump => return Ok(Answer::Dump { dump: Box::new(self.dump().await?) }),
            Ask::Search { words } => return Ok(Answer::Found { places: self.search(&words).await? }),
        }
        Ok(Answer::Done)
    }

    async fn attach(&self, letter: LetterId) -> Result<Answer, DeskError> {
        use scanning::view::{BatchStateView, GroupDecision};
        let desk = &self.desk;
        // What a killed program left half scanned is scanned again.
        if let Some(left) = scanning::open(desk).await? {
            scanning::discard(desk, left.id).await?;
        }
        let number = letters::letter(desk, letter).await?.number;
        let mut events = desk.listen();
        scanning::start(desk).await?;
        let batch = loop {
            match scanning::open(desk).await? {
                Some(batch) if batch.state != BatchStateView::Scanning => break batch,
                Some(_) | None => {
                    let _ = events.recv().await;
                }
            }
        };
        if let BatchStateView::Uncertain { why } | BatchStateView::Failed { why } = batch.state {
            scanning::discard(desk, batch.id).await?;
            return Ok(Answer::Refused { code: why });
        }
        let batch = scanning::decide(desk, batch.id, 0, GroupDecision::AssignTo { number }).await?;
        scanning::close(desk, batch.id).await?;
        let scan = letters::letter(desk, letter).await?.scan;
        scan.map(|scan| Answer::Attached { scan: scan.id }).ok_or(DeskError::Refused(ErrorCode::NotFound))
    }

    async fn questions(&self) -> Result<Answer, DeskError> {
        let mut db = self.desk.read().await?;
        let rows = sqlx::query("SELECT id, content, copy FROM label_job WHERE state = 'uncertain' ORDER BY key")
            .fetch_all(&mut *db)
            .await?;
        let labels = rows
            .into_iter()
            .map(|row| {
                let content: domain::label::LabelContent = serde_json::from_str(row.get("content"))?;
                Ok(LabelQuestion { job: LabelJobId(row.get("id")), number: content.number, copy: row.get("copy") })
            })
            .collect::<Result<_, DeskError>>()?;
        Ok(Answer::Questions { labels })
    }

    async fn await_labels(&self) -> Result<(), DeskError> {
        let mut events = self.desk.listen();
        loop {
            let under_way: i64 = {
                let mut db = self.desk.read().await?;
                sqlx::query_scalar(
                    "SELECT COUNT(*) FROM label_job WHERE state IN ('queued', 'checking', 'blocked', 'sending', 'sent')",
                )
                .fetch_one(&mut *db)
                .await?
            };
            if under_way == 0 {
                return Ok(());
            }
            let _ = events.recv().await;
        }
    }

    async fn settle(&mut self, rounds: u32) -> Result<Answer, DeskError> {
        if let Some((stop, worker)) = self.worker.take() {
            stop.cancel();
            let _ = worker.await;
        }
        let mut talk = self.talk.take().unwrap_or_else(|| sync::Conversation::new(Arc::clone(&self.desk), patient()));
        let mut played = 0;
        let (outcome, stand) = loop {
            let outcome = talk.round().await;
            played += 1;
            let stand = self.stand().await?;
            let spoke = matches!(outcome, sync::Outcome::Quiet | sync::Outcome::Held(_));
            if spoke && stand.acked == stand.tip.seq && stand.scans_wait == 0 || played >= rounds {
                break (outcome, stand);
            }
        };
        self.talk = Some(talk);
        Ok(Answer::Settled { outcome: format!("{outcome:?}"), rounds: played, stand })
    }

    async fn stand(&self) -> Result<Stand, DeskError> {
        let scans_wait = scanning::waiting_uploads(&self.desk).await?.len() as u64;
        let mark = self.mark();
        let mut db = self.desk.read().await?;
        let tip = desk::outbox::tip(&mut db).await?;
        let mark_held = match &mark {
            Some(mark) => desk::outbox::holds(&mut db, mark).await?,
            None => false,
        };
        let sync = sqlx::query("SELECT acked_seq, epoch, head, digest FROM sync_state").fetch_one(&mut *db).await?;
        let epoch: Option<Uuid> = sync.get("epoch");
        let digest: Option<Vec<u8>> = sync.get("digest");
        let head: i64 = sync.get("head");
        let cursor = epoch.zip(digest.and_then(|digest| digest.try_into().ok())).map(|(epoch, digest)| Cursor {
            epoch,
            head: head.cast_unsigned(),
            digest,
        });
        let state = sqlx::query("SELECT locked, centrals_word FROM desk_state").fetch_one(&mut *db).await?;
        let letters: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM letter WHERE registered_on IS NULL").fetch_one(&mut *db).await?;
        Ok(Stand {
            tip,
            acked: sync.get::<i64, _>("acked_seq").cast_unsigned(),
            cursor,
            locked: state.get::<i64, _>("locked") != 0,
            word: state.get("centrals_word"),
            mark,
            mark_held,
            letters: letters.cast_unsigned(),
            scans_wait,
        })
    }

    /// Every column of the database, the search index included, where one of the words stands.
    async fn search(&self, words: &[String]) -> Result<Vec<String>, DeskError> {
        let mut db = self.desk.read().await?;
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'").fetch_all(&mut *db).await?;
        let mut found = Vec::new();
        for table in tables {
            let columns: Vec<String> =
                sqlx::query_scalar("SELECT name FROM pragma_table_info(?)").bind(&table).fetch_all(&mut *db).await?;
            for column in columns.iter().filter(|column| **column != table && *column != "rank") {
                for word in words {
                    // The index keeps words folded; a page of it is searched as bytes.
                    let question = format!(
                        "SELECT count(*) FROM \"{table}\"
                         WHERE instr(lower(CAST(\"{column}\" AS BLOB)), CAST(lower(?1) AS BLOB)) > 0
                             OR instr(CAST(\"{column}\" AS BLOB), CAST(?1 AS BLOB)) > 0"
                    );
                    let hits: i64 = sqlx::query_scalar(AssertSqlSafe(question)).bind(word).fetch_one(&mut *db).await?;
                    if hits > 0 {
                        found.push(format!("{table}.{column}"));
                    }
                }
            }
        }
        Ok(found)
    }

    // The mark's form is the desk's own affair; where its log ended then is all that is asked here.
    fn mark(&self) -> Option<Tip> {
        let path = self.desk.paths().mark.join(format!("{}.mark", self.desk.device()));
        let mark: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        serde_json::from_value(mark.get("tip")?.clone()).ok()
    }

    async fn dump(&self) -> Result<DeskDump, DeskError> {
        let stand = self.stand().await?;
        let (ops, letters, lost, series, pulled, scans, raw_changes) = {
            let mut db = self.desk.read().await?;
            (
                ops(&mut db).await?,
                own_letters(&mut db).await?,
                numbers(&mut db, "SELECT register, symbol, year, n FROM lost_number ORDER BY year, symbol, n").await?,
                numbers(&mut db, "SELECT register, symbol, year, last AS n FROM series ORDER BY year, symbol").await?,
                pulled(&mut db).await?,
                sqlx::query("SELECT id, letter_id, sha256, uploaded_at IS NOT NULL AS uploaded FROM scan ORDER BY key")
                    .fetch_all(&mut *db)
                    .await?,
                sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM raw_change").fetch_one(&mut *db).await?,
            )
        };
        let mut own_scans = Vec::new();
        for row in scans {
            let id = ScanId(row.get("id"));
            let hash: Vec<u8> = row.get("sha256");
            let document = scanning::read_document(&self.desk, id).await;
            let readable = document.is_ok_and(|document| Sha256::digest(&document).as_slice() == hash);
            let (letter, uploaded) = (LetterId(row.get("letter_id")), row.get("uploaded"));
            own_scans.push(OwnScan { id, letter, uploaded, readable });
        }
        Ok(DeskDump {
            device: self.desk.device(),
            stand,
            ops,
            letters,
            lost,
            series,
            pulled,
            scans: own_scans,
            raw_changes: raw_changes.cast_unsigned(),
        })
    }
}

/// An operation's body without its content.
pub(super) fn op_dump(seq: i64, op_id: Uuid, hash: Vec<u8>, body: &[u8]) -> OpDump {
    let body = serde_json::from_slice::<OpBody>(body).ok();
    let number = match &body {
        Some(OpBody::LetterRegistered { letter, .. }) => Some(letter.number.clone()),
        Some(_) | None => None,
    };
    OpDump {
        seq: seq.cast_unsigned(),
        op_id: OpId(op_id),
        hash: hash.try_into().unwrap_or_default(),
        letter: body.as_ref().and_then(OpBody::letter_id),
        kind: body.as_ref().map_or("unreadable", OpBody::kind).to_owned(),
        number,
    }
}

async fn ops(db: &mut SqliteConnection) -> sqlx::Result<Vec<OpDump>> {
    let rows = sqlx::query("SELECT seq, op_id, hash, body FROM op ORDER BY seq").fetch_all(db).await?;
    let dump = |row: &sqlx::sqlite::SqliteRow| {
        op_dump(row.get("seq"), row.get("op_id"), row.get("hash"), &row.get::<Vec<u8>, _>("body"))
    };
    Ok(rows.iter().map(dump).collect())
}

async fn own_letters(db: &mut SqliteConnection) -> Result<Vec<OwnLetter>, DeskError> {
    let rows = sqlx::query(
        "SELECT id, register, symbol, year, n, cancelled IS NOT NULL AS cancelled FROM letter
         WHERE registered_on IS NULL ORDER BY key",
    )
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let (id, cancelled) = (LetterId(row.get("id")), row.get("cancelled"));
            Ok(OwnLetter { id, number: number(row)?, cancelled })
        })
        .collect()
}

async fn numbers(db: &mut SqliteConnection, query: &'static str) -> Result<Vec<RegisterNumber>, DeskError> {
    sqlx::query(query).fetch_all(db).await?.iter().map(number).collect()
}

fn number(row: &sqlx::sqlite::SqliteRow) -> Result<RegisterNumber, DeskError> {
    let fields = serde_json::json!({
        "register": row.get::<String, _>("register"),
        "symbol": row.get::<String, _>("symbol"),
        "year": row.get::<i64, _>("year"),
        "n": row.get::<i64, _>("n"),
    });
    Ok(serde_json::from_value(fields)?)
}

async fn pulled(db: &mut SqliteConnection) -> Result<BTreeMap<LetterId, String>, DeskError> {
    let rows = sqlx::query("SELECT letter_id, body FROM central_letter").fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let body: Value = serde_json::from_str(row.get("body"))?;
            Ok((LetterId(row.get("letter_id")), String::from_utf8_lossy(&canonical(&body)).into_owned()))
        })
        .collect()
}
