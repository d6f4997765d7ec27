//! A central that was restored from a backup, once its desks have sent again what it lacks: what an administrator decided about
//! their operations holds as it did (I9).

use std::path::{Path, PathBuf};

use central::{
    accounts,
    admin_log::AdminLogError,
    audit::verify,
    backup::{self, BackupError, RecoveryKey, Report},
    erasure,
    symbols::{self, FromLabel},
    sync::{self, Settler},
};
use domain::{
    ids::{LetterId, OpId, ScanId},
    party::PartyName,
    register::{Register, RegisterNumber},
    rights::{RecordKind, Role},
    stage::Stage,
};
use kit::central_office::CentralOffice;
use tempfile::TempDir;
use wire::v1::{Acting, LetterState, OpBody, Outline, Refusal, TaskReason, UploadCreate, Verdict};

use crate::{
    central_accounts::{PASSWORD, clerk, sign_in},
    central_desk::{WireDesk, facts, letter, office, symbol},
};

/// A backup of an office.
struct Copy {
    folder: TempDir,
    file: PathBuf,
}

impl Copy {
    async fn of(office: &CentralOffice) -> Self {
        let folder = TempDir::new().expect("a folder");
        let key: RecoveryKey =
            backup::new_key(&folder.path().join("key.txt")).expect("a key").parse().expect("a public key");
        let file = backup::make(office.backup(folder.path(), key)).await.expect("a backup").file;
        Self { folder, file }
    }

    /// Puts the copy in the office's place, and lets central serve.
    async fn bring_back(&self, office: &mut CentralOffice) -> Report {
        office.stop().await;
        let report = self.restore(office).await.expect("brought back");
        office.start_again().await.expect("central serves");
        report
    }

    async fn restore(&self, office: &CentralOffice) -> Result<Report, BackupError> {
        backup::restore(office.restore(&self.file, &self.folder.path().join("key.txt"))).await
    }
}

/// Number, how it was settled, by whom and why.
type Held = (i64, Option<String>, Option<String>, Option<String>);

/// Everything that must be as it would be without a restore.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    letters: Vec<LetterState>,
    lost: Vec<(String, i64, Option<String>)>,
    held: Vec<Held>,
    /// Standing and last number of each desk.
    desks: Vec<(String, i64)>,
    fates: Vec<(i64, String, Option<String>)>,
    tasks: Vec<(String, bool)>,
    grants: Vec<(String, Option<String>)>,
    on_the_page: i64,
}

async fn seen(office: &CentralOffice) -> Seen {
    let pool = office.pool();
    let mut letters = office.letters().await;
    for letter in &mut letters {
        for task in &mut letter.tasks {
            // What comes again comes later.
            task.opened_at = jiff::Timestamp::UNIX_EPOCH;
        }
        letter.tasks.sort_by_key(|task| task.op_id);
    }
    macro_rules! rows {
        ($question:literal) => {
            sqlx::query_as($question).fetch_all(pool).await.expect("rows")
        };
    }
    let seen = Seen {
        letters,
        lost: rows!("SELECT symbol, n, reason FROM lost_number ORDER BY symbol, n"),
        held: rows!("SELECT seq, settled, settled_by, settled_why FROM held_operation ORDER BY device_id, seq, hash"),
        desks: rows!("SELECT standing, last_seq FROM device ORDER BY id"),
        fates: rows!("SELECT seq, fate, reason FROM operation ORDER BY device_id, seq"),
        tasks: rows!("SELECT reason, closed_at IS NULL FROM task WHERE letter_id IS NULL ORDER BY op_id, reason"),
        grants: rows!("SELECT symbol, ended FROM symbol_grant ORDER BY symbol, granted_at, id"),
        on_the_page: sqlx::query_scalar("SELECT count(*) FROM status_public").fetch_one(pool).await.expect("a count"),
    };
    let told = verify(pool, Some(office.log_file()), &[]).await.expect("verified");
    assert_eq!(told.findings, [], "the audit fits");
    seen
}

/// Says hello and sends everything again.
async fn again(desk: &mut WireDesk) -> Vec<Verdict> {
    desk.hello().await.expect("hello");
    desk.push_all().await
}

fn number(own: &str, n: u32) -> RegisterNumber {
    RegisterNumber { register: Register::Incoming, symbol: symbol(own), year: 2026, n }
}

fn from_label(n: u32, title: &str) -> FromLabel {
    FromLabel {
        number: number("K1", n),
        sender: PartyName::Unknown,
        title: title.to_owned(),
        received_on: jiff::civil::date(2026, 11, 23),
        by: "Jan Kowalik".to_owned(),
    }
}

async fn reenter(office: &CentralOffice, n: u32, title: &str) -> LetterState {
    symbols::reenter(&office.administrator(), office.teryt(), from_label(n, title)).await.expect("entered again")
}

async fn close(office: &CentralOffice, highest: u32) {
    let highest = [number("K1", highest)];
    symbols::close(&office.administrator(), &symbol("K1"), &highest, "Jan Kowalik", "spalony").await.expect("closed");
}

async fn lose(office: &CentralOffice, first: u32, last: u32) -> u64 {
    let by = office.administrator();
    symbols::lose(&by, &number("K1", first), last, "Jan Kowalik", "etykiet nie ma").await.expect("lost")
}

async fn erase(office: &CentralOffice, letter: LetterId) {
    let (by, files) = (office.administrator(), office.files());
    let name = letter.to_string();
    erasure::erase(&by, office.teryt(), &files, &name, "Jan Kowalik", "art. 17 RODO").await.expect("erased");
}

/// The file of what a letter says that was entered again.
fn content_of(office: &CentralOffice, letter: LetterId) -> PathBuf {
    office.log_file().contents().join(format!("{letter}.json"))
}

/// Whether the text stands in any table of central, or in any file beside the administrator's log.
async fn stands_anywhere(office: &CentralOffice, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()",
    )
    .fetch_all(office.pool())
    .await
    .expect("tables");
    let hex = text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    for table in tables {
        let question =
            format!("SELECT count(*) FROM \"{table}\" WHERE to_jsonb(\"{table}\")::text ILIKE ANY (ARRAY[$1, $2])");
        let hits: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(question))
            .bind(format!("%{text}%"))
            .bind(format!("%{hex}%"))
            .fetch_one(office.pool())
            .await
            .expect("a count");
        if hits > 0 {
            found.push(table);
        }
    }
    let log = office.log_file().path().parent().expect("its folder");
    for file in files_below(log) {
        if std::fs::read_to_string(&file).expect("a text").contains(text) {
            found.push(file.display().to_string());
        }
    }
    found
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() { found.extend(files_below(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

#[tokio::test]
async fn lost_numbers_and_letters_entered_again_are_there_before_anybody_is_served() {
    let mut office = office().await;
    let mut dead = WireDesk::connected(&office, 1, "K1").await;
    let mut other = WireDesk::connected(&office, 2, "K2").await;
    dead.register();
    dead.push_all().await;
    let copy = Copy::of(&office).await;
    dead.register();
    dead.push_all().await;
    let (third, _) = dead.register();
    close(&office, 6).await;
    let entered = reenter(&office, 3, "Skarga").await;
    assert_eq!(lose(&office, 1, 6).await, 3, "4, 5 and 6: the others are letters");
    assert_eq!(lose(&office, 4, 5).await, 2, "named lost again, which is no deed");
    let found = reenter(&office, 6, "Znalezione za szafą").await;
    other.hello().await.expect("hello");
    other.set_stage(entered.id, None, Stage::InProgress);
    assert_eq!(other.push_all().await, [Verdict::Applied]);
    let before = seen(&office).await;

    let report = copy.bring_back(&mut office).await;
    assert_eq!(report.done_again, 4, "closed, entered again, lost, and one that was found");
    let letters = office.letters().await;
    let kept: Vec<_> = letters.iter().map(|letter| (letter.number.n, letter.facts.title.as_str())).collect();
    assert!(kept.contains(&(3, "Skarga")) && kept.contains(&(6, "Znalezione za szafą")), "{kept:?}");
    assert_eq!(letters.iter().find(|letter| letter.id == found.id).map(|letter| letter.last_ops), Some(found.last_ops));
    let lost: Vec<i64> =
        sqlx::query_scalar("SELECT n FROM lost_number ORDER BY n").fetch_all(office.pool()).await.expect("numbers");
    assert_eq!(lost, [4, 5], "the second letter is on its way, and is not lost");

    // The desk that is gone sends nothing of what nobody had: as far as central had heard of it.
    dead.hello().await.expect("hello");
    let had = dead.sealed[..2].to_vec();
    assert_eq!(dead.push(&dead.batch(&had)).await.expect("a push").verdicts[1].verdict, Verdict::Applied);
    again(&mut other).await;
    assert_eq!(seen(&office).await, before);

    // Its disk is found after all: the re-entry gives way as ever.
    assert_eq!(again(&mut dead).await[2], Verdict::Task { reason: TaskReason::ReentryDiffers });
    assert_eq!(office.letter("RPW/K1/3/2026").await.expect("the letter").id, third);
}

#[tokio::test]
async fn what_an_erased_letter_said_that_was_entered_again_is_nowhere_and_its_number_keeps_its_place() {
    const SECRET: &str = "xylofon";
    let mut office = office().await;
    let mut dead = WireDesk::connected(&office, 1, "K1").await;
    dead.title = format!("{SECRET} z etykiety");
    dead.push_all_of_one_letter().await;
    let first = Copy::of(&office).await;
    close(&office, 3).await;
    assert_eq!(lose(&office, 2, 2).await, 1);
    let alone = reenter(&office, 2, &format!("{SECRET} pierwszy")).await;
    let replaced = reenter(&office, 3, &format!("{SECRET} drugi")).await;
    let contents = office.log_file().contents();
    let log = std::fs::read_to_string(office.log_file().path()).expect("the log");
    assert!(!log.contains(SECRET) && log.contains(&alone.id.to_string()), "the log itself names ids");
    let file = std::fs::read_to_string(content_of(&office, alone.id)).expect("its own file");
    assert!(file.contains(SECRET));
    #[cfg(unix)]
    for path in [contents.clone(), content_of(&office, alone.id)] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: its owner's alone", path.display());
    }
    let second = Copy::of(&office).await;

    // One desk comes back with the original of the second; then both are erased.
    dead.hello().await.expect("hello");
    dead.seal(&OpBody::NumbersLost {
        register: Register::Incoming,
        symbol: symbol("K1"),
        year: 2026,
        first: 2,
        last: 2,
        by: "Anna Wójcik".to_owned(),
        at: "2026-11-23T09:00:00Z".parse().expect("instant"),
    });
    let id = LetterId(dead.new_id());
    let mut original = letter(id, &symbol("K1"), 3);
    original.facts.title = dead.title.clone();
    dead.seal(&OpBody::LetterRegistered { letter: Box::new(original), unit: None, status_hash: [9; 32] });
    dead.push_all().await;
    let stands = office.letter("RPW/K1/3/2026").await.expect("the letter");
    assert_eq!((stands.id, stands.replaces), (id, Some(replaced.id)));
    erase(&office, alone.id).await;
    erase(&office, id).await;
    erase(&office, office.letter("RPW/K1/1/2026").await.expect("the first").id).await;
    assert_eq!(stands_anywhere(&office, SECRET).await, [] as [String; 0]);
    assert_eq!(files_below(&contents), [] as [PathBuf; 0]);
    let before = seen(&office).await;

    for copy in [first, second] {
        copy.bring_back(&mut office).await;
        assert_eq!(stands_anywhere(&office, SECRET).await, [] as [String; 0], "before anybody is served");
        assert_eq!(symbols::check(office.pool()).await.expect("the numbers"), [], "2 and 3 keep their places");
        again(&mut dead).await;
        assert_eq!(
            stands_anywhere(&office, SECRET).await,
            [] as [String; 0],
            "what it sent again came without content"
        );
        let after = seen(&office).await;
        assert_eq!((told(&after), &after.lost), (told(&before), &before.lost));
    }
}

/// Erased letters as desks are told of them.
fn told(seen: &Seen) -> Vec<Outline> {
    seen.letters.iter().map(|letter| Outline::of(letter, RecordKind::Letters)).collect()
}

impl WireDesk {
    async fn push_all_of_one_letter(&mut self) {
        self.register();
        assert_eq!(self.push_all().await, [Verdict::Applied]);
    }
}

#[tokio::test]
async fn content_that_is_gone_is_asked_for_and_comes_from_a_backup() {
    let mut office = office().await;
    let mut dead = WireDesk::connected(&office, 1, "K1").await;
    dead.push_all_of_one_letter().await;
    let first = Copy::of(&office).await;
    close(&office, 2).await;
    let entered = reenter(&office, 2, "Skarga").await;
    let second = Copy::of(&office).await;
    let file = content_of(&office, entered.id);
    let text = std::fs::read_to_string(&file).expect("its file");

    office.stop().await;
    std::fs::remove_file(&file).expect("removed");
    let refused = first.restore(&office).await.expect_err("it cannot be made up");
    assert!(format!("{refused:?}").contains("Content("), "{refused:?}");
    assert!(!refused.to_string().contains("Skarga") && refused.to_string().contains(&entered.id.to_string()));
    office.start_again().await.expect_err("nobody is served");
    std::fs::write(&file, text.replace("Skarga", "Pochwała")).expect("another text");
    office.start_again().await.expect_err("nor with another text");
    std::fs::remove_file(&file).expect("removed");

    // The later backup has it, though the database in it needs it no more.
    second.restore(&office).await.expect("brought back");
    assert_eq!(std::fs::read_to_string(&file).expect("its file"), text);
    first.restore(&office).await.expect("brought back");
    office.start_again().await.expect("central serves");
    assert_eq!(office.letter("RPW/K1/2/2026").await.expect("the letter").id, entered.id);

    // What was written for a deed that was never done is swept away.
    let orphan = content_of(&office, LetterId(uuid::Uuid::from_u128(7)));
    std::fs::write(&orphan, &text).expect("written");
    office.stop().await;
    office.start_again().await.expect("central serves");
    assert!(!orphan.exists() && file.exists());
}

#[tokio::test]
async fn nothing_of_it_is_done_that_cannot_be_written_down() {
    let office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.push_all_of_one_letter().await;
    close(&office, 3).await;
    let mut clone = WireDesk::connected(&office, 1, "K1").await;
    clone.ids_from(1 << 40);
    registered(&mut clone, 1);
    let before = seen(&office).await;
    let log = office.log_file().path().to_owned();
    let whole = std::fs::read_to_string(&log).expect("the log");
    std::fs::write(&log, whole.replace("\"n\":1", "\"n\":2")).expect("damaged");

    let lost = symbols::lose(&office.administrator(), &number("K1", 2), 2, "Jan Kowalik", "nie ma").await;
    assert!(matches!(lost, Err(symbols::SymbolError::Log(AdminLogError::Damaged(1)))), "{lost:?}");
    let entered = symbols::reenter(&office.administrator(), office.teryt(), from_label(2, "Skarga")).await;
    assert!(matches!(entered, Err(symbols::SymbolError::Log(AdminLogError::Damaged(1)))), "{entered:?}");
    let forked = clone.push(&clone.batch(&clone.sealed)).await.expect_err("the clone comes again");
    assert!(matches!(forked.1, Refusal::Retry { .. }), "{forked:?}");
    std::fs::write(&log, whole).expect("mended");
    assert_eq!(seen(&office).await, before);

    assert_eq!(clone.push_all().await, [Verdict::Task { reason: TaskReason::Held }]);
    let letter = sync::held(office.pool()).await.expect("the hold")[0].letter.expect("a letter");
    let held = seen(&office).await;
    let whole = std::fs::read_to_string(&log).expect("the log");
    std::fs::write(&log, whole.replace("\"n\":1", "\"n\":2")).expect("damaged");
    let settled = sync::register_anew(settler(&office), clone.log.device, letter, &symbol("Z1")).await;
    assert!(matches!(settled, Err(sync::SettleError::Log(AdminLogError::Damaged(1)))), "{settled:?}");
    std::fs::write(&log, whole).expect("mended");
    assert_eq!(seen(&office).await, held);
}

fn registered(clone: &mut WireDesk, n: u32) -> LetterId {
    let id = LetterId(clone.new_id());
    let letter = Box::new(letter(id, &symbol("K1"), n));
    let status_hash = [u8::try_from(n).expect("small") + 100; 32];
    clone.seal(&OpBody::LetterRegistered { letter, unit: None, status_hash });
    id
}

fn scanned(clone: &mut WireDesk, letter: LetterId) -> ScanId {
    let scan_id = ScanId(clone.new_id());
    clone.attach(letter, &UploadCreate { scan_id, bytes: 10, sha256: [4; 32] });
    scan_id
}

fn settler(office: &CentralOffice) -> Settler<'_> {
    Settler { administrator: office.administrator(), office: office.teryt(), by: "Jan Kowalik", why: "kopia dysku" }
}

#[tokio::test]
async fn a_settled_fork_stays_settled_whichever_branch_comes_again_first() {
    let mut office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    let mut other = WireDesk::connected(&office, 2, "K2").await;
    desk.push_all_of_one_letter().await;
    let early = Copy::of(&office).await;
    // The desk counted up to its third letter; of the last one nobody had heard when its clone came.
    let ((second, _), (third, _)) = (desk.register(), desk.register());
    desk.push_all().await;
    let (of_another_desk, _) = other.register();
    other.push_all().await;
    let mut clone = WireDesk::connected(&office, 1, "K1").await;
    clone.ids_from(1 << 40);
    clone.sealed = desk.sealed[..1].to_vec();
    let another_paper = registered(&mut clone, 2);
    let page = scanned(&mut clone, another_paper);
    let accepted = registered(&mut clone, 5);
    let discarded = registered(&mut clone, 6);
    let same = registered(&mut clone, 3);
    let same_page = scanned(&mut clone, same);
    clone.set_stage(of_another_desk, None, Stage::InProgress);
    assert!(clone.push_all().await[1..].iter().all(|verdict| *verdict == Verdict::Task { reason: TaskReason::Held }));
    let late = Copy::of(&office).await;

    let settler = settler(&office);
    let device = clone.log.device;
    let anew = sync::register_anew(settler, device, another_paper, &symbol("Z1")).await.expect("a new number");
    assert_eq!(anew.scans.iter().map(|scan| scan.scan_id).collect::<Vec<_>>(), [page]);
    sync::accept(settler, device, accepted).await.expect("accepted");
    sync::accept(settler, device, of_another_desk).await.expect("what it said of another desk's letter");
    sync::discard(settler, device, discarded).await.expect("discarded");
    sync::same_paper(settler, device, same, third).await.expect("the same paper");
    // The desk itself goes on: held, and settled as well.
    desk.register();
    desk.hello().await.expect("hello");
    assert_eq!(desk.push_all().await[3], Verdict::Task { reason: TaskReason::Held });
    let before = seen(&office).await;
    assert_eq!(before.letters.iter().find(|letter| letter.id == third).expect("the third").scans[0].scan_id, same_page);
    assert!(before.letters.iter().any(|letter| letter.id == second));
    assert!(before.letters.iter().any(|letter| letter.id == of_another_desk && letter.stage == Stage::InProgress));

    for clone_first in [true, false] {
        early.bring_back(&mut office).await;
        let waiting: Vec<String> = sqlx::query_scalar("SELECT standing FROM device ORDER BY id")
            .fetch_all(office.pool())
            .await
            .expect("standings");
        assert_eq!(waiting[0], "forked", "before anybody is served");
        for turn in [clone_first, !clone_first] {
            again(if turn { &mut clone } else { &mut desk }).await;
        }
        again(&mut other).await;
        assert_eq!(seen(&office).await, before, "clone first: {clone_first}");
    }
    late.bring_back(&mut office).await;
    again(&mut desk).await;
    assert_eq!(seen(&office).await, before, "what is held there is settled before anybody is served");
}

#[tokio::test]
async fn a_number_that_a_settled_letter_got_is_given_to_no_other_while_it_is_on_its_way() {
    let mut office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.push_all_of_one_letter().await;
    let copy = Copy::of(&office).await;
    desk.register();
    desk.push_all().await;
    let mut clone = WireDesk::connected(&office, 1, "K1").await;
    clone.ids_from(1 << 40);
    clone.sealed = desk.sealed[..1].to_vec();
    let first = registered(&mut clone, 2);
    clone.push_all().await;
    sync::register_anew(settler(&office), clone.log.device, first, &symbol("Z1")).await.expect("a new number");

    copy.bring_back(&mut office).await;
    let (third, _) = desk.register();
    again(&mut desk).await;
    let anew = sync::register_anew(settler(&office), desk.log.device, third, &symbol("Z1")).await.expect("a number");
    assert_eq!(anew.number.n, 2, "the first one stands on a label");
    again(&mut clone).await;
    assert_eq!(office.letter("RPW/Z1/1/2026").await.expect("the letter").id, first);
    assert_eq!(symbols::check(office.pool()).await.expect("the numbers"), []);
}

#[tokio::test]
async fn what_a_revoked_desk_had_sent_while_it_counted_counts_again() {
    let mut office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.push_all_of_one_letter().await;
    let copy = Copy::of(&office).await;
    for _ in 0..120 {
        desk.register();
    }
    desk.push_all().await;
    assert!(central::desks::revoke(&office.administrator(), desk.log.device).await.expect("revoked"));
    let (unsent, _) = desk.register();
    assert_eq!(desk.push_all().await.last(), Some(&Verdict::Task { reason: TaskReason::Held }));
    let before = seen(&office).await;
    assert_eq!((before.letters.len(), before.held.len()), (121, 1));

    copy.bring_back(&mut office).await;
    assert_eq!(office.letters().await.len(), 1);
    desk.hello().await.expect("hello");
    desk.push(&desk.batch(&desk.sealed[..90])).await.expect("a push");
    assert_eq!(office.letters().await.len(), 1, "nothing tells it from another branch yet");
    again(&mut desk).await;
    assert_eq!(seen(&office).await, before);
    assert_eq!(sync::accept(settler(&office), desk.log.device, unsent).await.expect("accepted"), 1);
}

const REFUSED: Verdict = Verdict::Task { reason: TaskReason::NotPermitted };

impl WireDesk {
    async fn sits(&mut self, login: &str, role: Role) {
        let clerk = sign_in(self, login, PASSWORD).await.expect("signed in").clerk;
        self.acting = Some(Acting { clerk, role });
    }

    fn corrects(&mut self, letter_id: LetterId, based_on: OpId, title: &str) -> OpId {
        self.seal(&OpBody::LetterCorrected {
            letter_id,
            based_on,
            facts: Box::new(facts(title)),
            reason: "pomyłka".to_owned(),
            by: "Anna Wójcik".to_owned(),
            at: "2026-11-23T10:00:00Z".parse().expect("instant"),
        })
    }
}

#[tokio::test]
async fn what_comes_again_is_judged_by_what_held_when_it_came_first() {
    let mut office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.push_all_of_one_letter().await;
    let copy = Copy::of(&office).await;

    // Nobody is stated, and the office has no accounts: it counts.
    let (letter, registered) = desk.register();
    let first = desk.corrects(letter, registered, "przed kontami");
    assert_eq!(desk.push_all().await[1..], [Verdict::Applied, Verdict::Applied]);
    clerk(&office, "a.wojcik", &[Role::Reception]).await;
    desk.corrects(letter, first, "bez nazwiska");
    assert_eq!(desk.push_all().await[3], REFUSED);
    // She signs in here for the first time after the copy.
    desk.sits("a.wojcik", Role::Reception).await;
    let second = desk.corrects(letter, first, "z nazwiskiem");
    desk.acting = desk.acting.map(|acting| Acting { role: Role::Secretary, ..acting });
    desk.set_stage(letter, None, Stage::InProgress);
    assert_eq!(desk.push_all().await[4..], [Verdict::Applied, REFUSED]);
    // A role comes, and goes again.
    let by = office.administrator();
    accounts::grant(&by, "a.wojcik", Role::Secretary).await.expect("granted");
    let stage = desk.set_stage(letter, None, Stage::HandedToUnit);
    assert_eq!(desk.push_all().await[6], Verdict::Applied);
    accounts::revoke(&by, "a.wojcik", Role::Secretary).await.expect("revoked");
    desk.set_stage(letter, Some(stage), Stage::Closed);
    assert_eq!(desk.push_all().await[7], REFUSED);
    desk.acting = desk.acting.map(|acting| Acting { role: Role::Reception, ..acting });
    let third = desk.corrects(letter, second, "ostatnia");
    assert_eq!(desk.push_all().await[8], Verdict::Applied);
    accounts::deactivate(&by, "a.wojcik").await.expect("deactivated");
    desk.corrects(letter, third, "po zamknięciu konta");
    assert_eq!(desk.push_all().await[9], REFUSED);
    let before = seen(&office).await;
    assert_eq!(before.letters[1].facts.title, "ostatnia");

    copy.bring_back(&mut office).await;
    // In other batches than before.
    desk.hello().await.expect("hello");
    for ops in desk.sealed.chunks(3) {
        desk.push(&desk.batch(ops)).await.expect("a push");
    }
    assert_eq!(seen(&office).await, before);
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM rights_then").fetch_one(office.pool()).await.expect("a count");
    assert_eq!(kept, 0, "of no more use");
}

#[tokio::test]
async fn an_erasure_takes_along_what_is_held_of_the_same_paper() {
    const SECRET: &str = "xylofon";
    let mut office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.push_all_of_one_letter().await;
    let copy = Copy::of(&office).await;
    let (second, _) = desk.register();
    desk.push_all().await;
    let mut clone = WireDesk::connected(&office, 1, "K1").await;
    clone.ids_from(1 << 40);
    clone.sealed = desk.sealed[..1].to_vec();
    let id = LetterId(clone.new_id());
    let mut same = letter(id, &symbol("K1"), 2);
    same.facts.title = SECRET.to_owned();
    clone.seal(&OpBody::LetterRegistered { letter: Box::new(same), unit: None, status_hash: [9; 32] });
    clone.push_all().await;
    sync::same_paper(settler(&office), clone.log.device, id, second).await.expect("the same paper");
    assert!(!stands_anywhere(&office, SECRET).await.is_empty());
    erase(&office, second).await;
    assert_eq!(stands_anywhere(&office, SECRET).await, [] as [String; 0]);
    copy.bring_back(&mut office).await;
    for desk in [&mut clone, &mut desk] {
        again(desk).await;
    }
    assert_eq!(stands_anywhere(&office, SECRET).await, [] as [String; 0]);
    seen(&office).await;
}
