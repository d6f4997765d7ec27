//! A real desk in a folder of its own: real SQLCipher file, settable clock, counted randomness, nobody's keyring.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use desk::{
    Desk, DeskError, DeskPaths,
    clock::{Clock, Entropy},
    desk::DeskParts,
    enrolment::view::{EnrolDraft, EnrolledView},
    intake::view::Registered,
    keys::KeyStore,
    lock::DirLock,
    session::view::FirstClerkDraft,
    settings::view::{PrinterLinkKind, SettingsDraft},
};
use domain::{letter::LetterDraft, party::PartyKind};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// A clock that stands until it is set.
#[derive(Debug)]
pub struct SetClock(Mutex<Timestamp>);

impl SetClock {
    /// A clock standing at the given moment.
    pub fn at(moment: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(moment.parse().expect("an RFC 3339 moment"))))
    }

    /// Sets it.
    pub fn set(&self, moment: &str) {
        *self.0.lock().expect("the clock's lock") = moment.parse().expect("an RFC 3339 moment");
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().expect("the clock's lock");
        *now += SignedDuration::try_from(by).expect("a short time");
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("the clock's lock")
    }
}

/// Randomness that counts: every run of a test sees the same bytes, and no two calls the same ones.
#[derive(Debug, Default)]
pub struct CountedEntropy(AtomicU64);

impl CountedEntropy {
    /// Randomness of another desk: its bytes never meet those of a desk with another seed.
    pub fn seeded(seed: u32) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(u64::from(seed) << 32)))
    }
}

impl Entropy for CountedEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        use sha2::{Digest, Sha256};
        for chunk in buffer.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let bytes = Sha256::digest(count.to_be_bytes());
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// A desk with everything it lives on.
pub struct TestDesk {
    /// The desk.
    pub desk: Arc<Desk>,
    /// Its clock.
    pub clock: Arc<SetClock>,
    lock: Option<DirLock>,
    parts: DeskParts,
    folder: TempDir,
}

/// The moment at which test desks begin: a Monday in November, 9:14 in the office.
pub const BEGIN: &str = "2026-11-23T08:14:00Z";

impl TestDesk {
    /// An open desk: first clerk Anna Lis signed in, office settings filled, no devices, no central.
    pub async fn new() -> Self {
        Self::with_seed(1).await
    }

    /// As [`TestDesk::new`], with its own randomness: a second desk beside the first.
    pub async fn with_seed(seed: u32) -> Self {
        let desk = Self::bare(seed).await.expect("a desk opens in an empty folder");
        desk.sign_up().await;
        desk.settings(|_| ()).await;
        desk
    }

    /// A desk before its first start.
    ///
    /// # Errors
    /// What opening says.
    pub async fn bare(seed: u32) -> Result<Self, DeskError> {
        Self::bare_in(tempfile::tempdir().expect("a folder for the desk"), seed).await
    }

    /// As [`TestDesk::new`], on the given disk.
    pub async fn on(disk: &Path) -> Self {
        let folder = tempfile::tempdir_in(disk).expect("a folder on the disk");
        let desk = Self::bare_in(folder, 1).await.expect("a desk opens in an empty folder");
        desk.sign_up().await;
        desk.settings(|_| ()).await;
        desk
    }

    /// As [`TestDesk::on`], without encryption: for comparing.
    pub async fn plain_on(disk: &Path) -> Self {
        let folder = tempfile::tempdir_in(disk).expect("a folder on the disk");
        let (parts, clock) = parts_in(&folder, 2);
        let lock = DirLock::take(&parts.paths.data).expect("the lock is free");
        let desk = desk::startup::open_plain_for_comparison(parts.clone()).await.expect("a desk opens");
        let desk = Self { desk, clock, lock: Some(lock), parts, folder };
        desk.sign_up().await;
        desk.settings(|_| ()).await;
        desk
    }

    async fn bare_in(folder: TempDir, seed: u32) -> Result<Self, DeskError> {
        let (parts, clock) = parts_in(&folder, seed);
        let lock = DirLock::take(&parts.paths.data)?;
        let desk = desk::startup::open_desk(parts.clone(), &lock).await?;
        Ok(Self { desk, clock, lock: Some(lock), parts, folder })
    }

    /// The desk that another process left in `folder` (data, mark and key in it); Anna Lis signs in.
    pub async fn reopened(folder: &Path) -> Self {
        let own = tempfile::tempdir().expect("a folder");
        let (mut parts, clock) = parts_in(&own, 3);
        parts.paths = DeskPaths { data: folder.join("data"), mark: folder.join("mark") };
        parts.keys = KeyStore::File(folder.join("key"));
        // As a clone of a virtual machine: nothing tells it from the first.
        parts.machine = None;
        let lock = DirLock::take(&parts.paths.data).expect("the other process is gone");
        let desk = desk::startup::open_desk(parts.clone(), &lock).await.expect("the desk opens");
        let desk = Self { desk, clock, lock: Some(lock), parts, folder: own };
        desk.sign_in().await;
        desk
    }

    /// Makes the first clerk, Anna Lis, and signs her in.
    pub async fn sign_up(&self) {
        let draft = FirstClerkDraft {
            given_name: "Anna".to_owned(),
            surname: "Lis".to_owned(),
            password: PASSWORD.to_owned(),
            password_again: PASSWORD.to_owned(),
        };
        desk::session::create_first_clerk(&self.desk, draft).await.expect("the first clerk");
    }

    /// Saves the settings of an invented desk of the office of Kruszyna, changed as the caller says.
    pub async fn settings(&self, change: impl FnOnce(&mut SettingsDraft)) {
        let mut draft = desk::settings::settings(&self.desk).await.expect("settings").settings;
        draft.office_name = "Urząd Gminy Kruszyna".to_owned();
        draft.office_town = "Kruszyna".to_owned();
        draft.teryt = "2404082".to_owned();
        change(&mut draft);
        desk::settings::save_settings(&self.desk, draft).await.expect("settings are saved");
    }

    /// Joins an office by what its invitation's code holds.
    ///
    /// # Errors
    /// What joining says.
    pub async fn join(&self, scanned: &str) -> Result<EnrolledView, DeskError> {
        let draft = EnrolDraft { address: scanned.to_owned(), ..EnrolDraft::default() };
        desk::enrolment::join(&self.desk, draft).await
    }

    /// Points the label printer at a TCP port of this computer.
    pub async fn printer_at(&self, port: u16) {
        self.settings(|draft| {
            draft.printer_link = PrinterLinkKind::Tcp;
            draft.printer_host = "127.0.0.1".to_owned();
            draft.printer_port = port.to_string();
        })
        .await;
    }

    /// A complete form about the given matter, with a fresh id.
    pub async fn draft(&self, surname: &str, title: &str) -> LetterDraft {
        let mut draft = desk::intake::open(&self.desk).await.expect("the intake form").draft;
        draft.sender.kind = PartyKind::Person;
        draft.sender.surname = surname.to_owned();
        draft.sender.given_names = "Barbara".to_owned();
        draft.sender.town = "Kruszyna".to_owned();
        draft.title = title.to_owned();
        draft.letter_date = "20.11.2026".to_owned();
        draft.reference = "-".to_owned();
        draft
    }

    /// A complete form with the given remarks.
    pub async fn draft_with_remarks(&self, surname: &str, remarks: &str) -> LetterDraft {
        LetterDraft { remarks: remarks.to_owned(), ..self.draft(surname, "Pismo").await }
    }

    /// Registers a letter about the given matter.
    pub async fn register(&self, surname: &str, title: &str) -> Registered {
        let draft = self.draft(surname, title).await;
        desk::intake::register_letter(&self.desk, draft).await.expect("the letter is registered")
    }

    /// Ends and opens again in a new desk, as a restart does; Anna Lis signs in.
    pub async fn restart(mut self) -> Self {
        self.end().await;
        let lock = DirLock::take(&self.parts.paths.data).expect("the lock is free");
        self.desk = desk::startup::open_desk(self.parts.clone(), &lock).await.expect("the desk opens again");
        self.lock = Some(lock);
        self.sign_in().await;
        self
    }

    /// Closes the file and gives up the lock, as a program that ends does.
    pub async fn end(&mut self) {
        self.desk.close().await;
        drop(self.lock.take());
    }

    /// Signs Anna Lis in.
    pub async fn sign_in(&self) {
        use desk::session::view::{SessionView, SignInDraft};
        let state = desk::session::session_state(&self.desk).await.expect("the session");
        let SessionView::SignedOut { clerks, .. } = state else { return };
        let clerk = clerks.first().expect("a clerk").id;
        let draft = SignInDraft { clerk, password: PASSWORD.to_owned() };
        desk::session::sign_in(&self.desk, draft).await.expect("Anna Lis signs in");
    }

    /// What the desk is opened with, for opening it in another way.
    pub fn parts(&self) -> &DeskParts {
        &self.parts
    }

    /// The folder that holds data, mark and key.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.parts.paths.data.join("okienko.db")
    }
}

/// Ends a test's thread only after the driver's threads.
///
/// A driver's thread closes its file after the last connection is gone. A process that ends meanwhile runs SQLCipher's
/// exit handler, which takes the keys away from under that thread: it would die of that.
struct OutlivesDrivers;

thread_local! {
    static OUTLIVES_DRIVERS: OutlivesDrivers = const { OutlivesDrivers };
}

impl Drop for OutlivesDrivers {
    #[expect(clippy::disallowed_methods, reason = "the end of a driver's thread is no event for anybody")]
    fn drop(&mut self) {
        let begin = std::time::Instant::now();
        while drivers_live() && begin.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn drivers_live() -> bool {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return false };
    threads.flatten().any(|thread| {
        std::fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name.starts_with("sqlx-sqlite"))
    })
}

/// Anna Lis's password.
pub const PASSWORD: &str = "zielona brama 7";

fn parts_in(folder: &TempDir, seed: u32) -> (DeskParts, Arc<SetClock>) {
    OUTLIVES_DRIVERS.with(|_| ());
    let clock = SetClock::at(BEGIN);
    let parts = DeskParts {
        paths: DeskPaths { data: folder.path().join("data"), mark: folder.path().join("mark") },
        keys: KeyStore::File(folder.path().join("key")),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        entropy: CountedEntropy::seeded(seed),
        machine: Some(format!("maszyna {seed}")),
        // A loaded test machine is no reason to end a statement.
        read_deadline: Duration::from_secs(30),
    };
    std::fs::create_dir_all(&parts.paths.data).expect("the data directory");
    (parts, clock)
}
