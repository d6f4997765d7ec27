//! The context of every use case: database, clock, randomness, settings, who is signed in, whom to tell.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use domain::ids::DeviceId;
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;
use wire::v1::Fingerprint;

use crate::{
    clock::{Clock, Entropy, SystemClock, SystemEntropy},
    db::{Db, Reading, Tx},
    enrolment::Enrolment,
    error::DeskError,
    event::DeskEvent,
    keys::KeyStore,
    session::Session,
    settings::Settings,
    status::Board,
};

/// Where a desk keeps what it keeps.
#[derive(Clone, Debug)]
pub struct DeskPaths {
    /// Database, encrypted scans, lock.
    pub data: PathBuf,
    /// The mark (last numbers and last hash): outside the data directory and its backups.
    pub mark: PathBuf,
}

/// What a desk is built with; tests put a fixed clock and counting randomness here.
#[derive(Clone)]
pub struct DeskParts {
    /// Places.
    pub paths: DeskPaths,
    /// Key store.
    pub keys: KeyStore,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The machine's own id; `None` where it has none.
    pub machine: Option<String>,
    /// Longest time for an ordinary read: 250 ms at a real desk.
    pub read_deadline: std::time::Duration,
}

impl DeskParts {
    /// A real desk's parts.
    pub fn real(paths: DeskPaths) -> Self {
        Self {
            paths,
            keys: KeyStore::from_environment(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            machine: machine_uid::get().ok(),
            read_deadline: std::time::Duration::from_millis(250),
        }
    }
}

/// One desk.
pub struct Desk {
    pub(crate) db: Db,
    pub(crate) parts: DeskParts,
    pub(crate) device: DeviceId,
    pub(crate) settings: RwLock<Settings>,
    enrolment: RwLock<Option<Enrolment>>,
    pub(crate) session: Mutex<Session>,
    pub(crate) board: Board,
    pub(crate) wake: Wake,
    pub(crate) scanning: crate::scanning::Room,
    watch: Mutex<crate::audit::Watch>,
    events: broadcast::Sender<DeskEvent>,
}

/// What wakes the workers before their time.
#[derive(Default)]
pub(crate) struct Wake {
    /// A label was queued, or the clerk says "ask again".
    pub(crate) labels: Notify,
    /// An operation or a scan waits for central.
    pub(crate) sync: Notify,
}

impl Desk {
    pub(crate) fn new(
        db: Db,
        parts: DeskParts,
        device: DeviceId,
        settings: Settings,
        enrolment: Option<Enrolment>,
    ) -> Self {
        let (events, _) = broadcast::channel(256);
        Self {
            db,
            parts,
            device,
            settings: RwLock::new(settings),
            enrolment: RwLock::new(enrolment),
            session: Mutex::default(),
            board: Board::default(),
            wake: Wake::default(),
            scanning: crate::scanning::Room::default(),
            watch: Mutex::default(),
            events,
        }
    }

    /// Removes the copy from before the last upgrade: it holds what was erased since.
    ///
    /// # Errors
    /// [`DeskError::File`].
    pub(crate) async fn forget_copy(&self) -> Result<(), DeskError> {
        self.db.forget_copy().await
    }

    /// Empties the write-ahead log.
    ///
    /// # Errors
    /// As [`Db::empty_wal`].
    pub(crate) async fn empty_wal(&self) -> Result<(), DeskError> {
        self.db.empty_wal().await
    }

    /// What the audit remembers between two entries.
    pub(crate) fn watch(&self) -> std::sync::MutexGuard<'_, crate::audit::Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a write transaction.
    ///
    /// # Errors
    /// As [`Db::begin`].
    pub async fn begin(&self) -> Result<Tx, DeskError> {
        self.db.begin().await
    }

    /// Lends the connection for reading.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read(&self) -> Result<Reading, DeskError> {
        self.db.read().await
    }

    /// Now, by this desk's clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.parts.clock.now()
    }

    /// A new UUIDv7 (RFC 9562): time from the desk's clock, the rest random.
    pub fn new_uuid(&self) -> Uuid {
        let mut random = [0; 10];
        self.parts.entropy.fill(&mut random);
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.parts.entropy.fill(&mut bytes);
        bytes
    }

    /// This desk's id.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// Places.
    pub fn paths(&self) -> &DeskPaths {
        &self.parts.paths
    }

    /// The key lies in a file: the window warns for as long as it does.
    pub fn key_in_file(&self) -> bool {
        matches!(self.parts.keys, KeyStore::File(_))
    }

    /// The settings as they stand.
    pub fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What this desk was told when it joined its office; `None` before.
    pub fn enrolment(&self) -> Option<Enrolment> {
        self.enrolment.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key that central must hold; `None` before this desk joined an office.
    pub(crate) fn pin(&self) -> Option<Fingerprint> {
        self.enrolment.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|enrolment| enrolment.fingerprint)
    }

    pub(crate) fn set_enrolment(&self, enrolment: Enrolment) {
        *self.enrolment.write().unwrap_or_else(PoisonError::into_inner) = Some(enrolment);
    }

    /// Tells whoever listens. Nobody listening is no error.
    pub fn announce(&self, event: DeskEvent) {
        let _ = self.events.send(event);
    }

    /// Listens to what this desk announces.
    pub fn listen(&self) -> broadcast::Receiver<DeskEvent> {
        self.events.subscribe()
    }

    /// Closes the database; the desk is not used afterwards.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// Writes a small file so that after a power cut it is either the old or the new one, whole. Blocking.
///
/// # Errors
/// [`DeskError::File`] naming the step that failed.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), DeskError> {
    let draft = path.with_extension("new");
    let mut file = std::fs::File::create(&draft).map_err(DeskError::file("create a small file"))?;
    file.write_all(bytes).map_err(DeskError::file("write a small file"))?;
    file.sync_all().map_err(DeskError::file("sync a small file"))?;
    drop(file);
    std::fs::rename(&draft, path).map_err(DeskError::file("rename a small file"))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Makes what was renamed or made in a folder survive a power cut. Blocking.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> Result<(), DeskError> {
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(DeskError::file("sync a folder"))
}

// Windows has no handle on a folder that could be flushed; NTFS journals the rename.
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
pub(crate) fn sync_folder(_: &Path) -> Result<(), DeskError> {
    Ok(())
}
