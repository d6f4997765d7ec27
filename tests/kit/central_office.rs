//! A central server with everything it needs: a private PostgreSQL cluster, a folder for scans, two free ports.
//!
//! Used by the demo office, the journeys and the benches. The server is the `central` library in this process, over
//! real sockets; it can be stopped and started again on the same ports, with its database as it was.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use central::{
    Clock, Config, Running, StartError,
    admin_log::{Administrator, LogFile},
    backup::{Backup, RecoveryKey, Restore},
    config::{Admission, Bucket, ScanPlace, Transport},
    desks::{self, Guest},
    directory,
    letters::{
        self, apply,
        set_stage::{StageChange, set_stage},
    },
    scans::Files,
};
use domain::{ids::DeviceId, ids::LetterId, marks::Teryt, register::PointSymbol, stage::Stage};
use sqlx::PgPool;
use tempfile::TempDir;
use wire::v1::{Bounds, LetterState, UnitChange};

pub use crate::private_cluster::{NoCluster, PrivateCluster};

/// Central could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum NoCentral {
    /// No database.
    #[error(transparent)]
    Cluster(#[from] NoCluster),
    /// No folder for scans.
    #[error("no folder for scans")]
    Folder(#[source] std::io::Error),
    /// Central refuses to start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// What the office is and how central runs.
#[derive(Clone, Debug)]
pub struct CentralSetup {
    /// TERYT code.
    pub teryt: Teryt,
    /// Name, as the status page shows it.
    pub office_name: String,
    /// Clock.
    pub clock: Clock,
    /// Scans are refused when less of the disk is free, in percent.
    pub min_free_percent: u8,
    /// The folder of scans; a temporary one when `None`.
    pub scans: Option<PathBuf>,
    /// The bucket of scans, in place of a folder.
    pub bucket: Option<Bucket>,
    /// How desks are spoken with.
    pub transport: Transport,
    /// Which desks are let in.
    pub admission: Admission,
}

impl CentralSetup {
    /// As an office runs it: TLS, and only desks that were invited.
    pub fn of_an_office() -> Self {
        Self { transport: Transport::Tls, admission: Admission::Known, ..Self::default() }
    }
}

impl Default for CentralSetup {
    /// The commune office of Kruszyna, on the computer's clock, open to any desk of this computer.
    fn default() -> Self {
        Self {
            teryt: Teryt::try_from("2404082".to_owned()).expect("a TERYT code"),
            office_name: "Urząd Gminy Kruszyna".to_owned(),
            clock: Clock::system(),
            // A developer's disk is often nearly full, and the demo's scans are small.
            min_free_percent: 0,
            scans: None,
            bucket: None,
            transport: Transport::Plain,
            admission: Admission::FirstHello,
        }
    }
}

pub use central::demo::UNITS;

/// Settings of a central that any desk of this computer may try.
pub fn trial(database_url: &str, scans: PathBuf, office: Teryt, office_name: &str) -> Config {
    Config {
        transport: Transport::Plain,
        admission: Admission::FirstHello,
        ..Config::new(database_url, scans, office, office_name)
    }
}

/// A central server at work, or stopped for a while.
#[derive(Debug)]
pub struct CentralOffice {
    /// Where desks connect: `http://127.0.0.1:PORT`, or `https:` in an office. Stays the same over a restart.
    pub desk_address: String,
    /// Where the public status page is: `http://127.0.0.1:PORT`. Stays the same over a restart.
    pub status_address: String,
    /// Where the administrator's listener is: `http://127.0.0.1:PORT`. Stays the same over a restart.
    pub admin_address: String,
    /// The database.
    pub database_url: String,
    /// The folder of scans.
    pub scans: PathBuf,
    teryt: Teryt,
    config: Config,
    log_file: LogFile,
    running: Option<Running>,
    // Dropped last: the server needs both to its end.
    _folder: Option<TempDir>,
    _log: TempDir,
    cluster: Arc<PrivateCluster>,
}

impl CentralOffice {
    /// Starts a cluster and central on it.
    ///
    /// # Errors
    /// [`NoCentral`], with [`NoCluster::Missing`] where PostgreSQL is not installed.
    pub async fn start(setup: CentralSetup) -> Result<Self, NoCentral> {
        Self::start_on(Arc::new(PrivateCluster::start()?), "postgres", setup).await
    }

    /// Starts central on a database of a running cluster, making the database where its name is not `postgres`.
    ///
    /// # Errors
    /// [`NoCentral`].
    pub async fn start_on(
        cluster: Arc<PrivateCluster>,
        database: &str,
        setup: CentralSetup,
    ) -> Result<Self, NoCentral> {
        let database_url = if database == "postgres" { cluster.url() } else { cluster.create_database(database)? };
        let (scans, folder) = if let Some(folder) = setup.scans {
            (folder, None)
        } else {
            let folder = TempDir::new().map_err(NoCentral::Folder)?;
            (folder.path().to_owned(), Some(folder))
        };
        let mut config = Config::new(&database_url, scans.clone(), setup.teryt.clone(), &setup.office_name);
        config.clock = setup.clock;
        let log = TempDir::new().map_err(NoCentral::Folder)?;
        config.admin_log = Some(log.path().to_owned());
        let log_file = LogFile::of(log.path(), &setup.teryt);
        config.min_free_percent = setup.min_free_percent;
        if let Some(bucket) = setup.bucket {
            config.scans = ScanPlace::Bucket(bucket);
        }
        config.transport = setup.transport;
        config.admission = setup.admission;
        let running = central::start(config.clone()).await?;
        config.listen = running.desk_address;
        config.public_listen = running.status_address;
        config.admin_listen = running.admin_address;
        Ok(Self {
            desk_address: format!("{}://{}", setup.transport.scheme(), running.desk_address),
            status_address: format!("http://{}", running.status_address),
            admin_address: format!("http://{}", running.admin_address),
            database_url,
            scans,
            teryt: setup.teryt,
            config,
            log_file,
            running: Some(running),
            _folder: folder,
            _log: log,
            cluster,
        })
    }

    /// The office's TERYT code.
    pub fn teryt(&self) -> &Teryt {
        &self.teryt
    }

    /// The desks' listener as a socket address, for a proxy before it.
    pub fn desk_socket(&self) -> SocketAddr {
        self.config.listen
    }

    /// The administrator at work, whose deeds go into the log as well.
    pub fn administrator(&self) -> Administrator<'_> {
        Administrator { pool: self.pool(), clock: &self.config.clock, log: Some(&self.log_file) }
    }

    /// Makes the office's units ([`UNITS`]).
    ///
    /// # Panics
    /// When they cannot be made.
    pub async fn make_units(&self) {
        directory::import(&self.administrator(), UNITS.as_bytes()).await.expect("units");
    }

    /// Invites a desk that may hold and do everything: address and letters, as the scanned code holds them.
    ///
    /// # Panics
    /// When it cannot be invited.
    pub async fn invite(&self, symbol: &str) -> String {
        self.invite_within(symbol, Bounds::none()).await
    }

    /// Invites a desk within bounds.
    ///
    /// # Panics
    /// When it cannot be invited.
    pub async fn invite_within(&self, symbol: &str, bounds: Bounds) -> String {
        self.invite_again(symbol, bounds, None).await
    }

    /// Invites a desk that is known already and holds the symbol.
    ///
    /// # Panics
    /// When it cannot be invited.
    pub async fn invite_again(&self, symbol: &str, bounds: Bounds, known: Option<DeviceId>) -> String {
        let symbol = PointSymbol::try_from(symbol.to_owned()).expect("a symbol");
        let guest = Guest { symbol, bounds, by: "Jan Kowalik".to_owned(), known };
        let invited = desks::invite(&self.administrator(), &self.teryt, &guest).await.expect("an invitation");
        format!("{} {}", self.desk_address, invited.invitation.letters())
    }

    /// The place of scans.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn files(&self) -> Files {
        Files::open(&self.config.scans, 0).expect("the place of scans")
    }

    /// The file of the administrator's log.
    pub fn log_file(&self) -> &LogFile {
        &self.log_file
    }

    /// What a backup of this office needs.
    pub fn backup(&self, into: &Path, key: RecoveryKey) -> Backup {
        Backup {
            database_url: self.config.database_url.clone(),
            office: self.teryt.clone(),
            files: self.files(),
            scratch: self.scans.clone(),
            admin_log: Some(self.log_file.clone()),
            into: into.to_owned(),
            key,
            clock: self.config.clock.clone(),
        }
    }

    /// What brings a backup back into this office's place.
    pub fn restore(&self, file: &Path, key_file: &Path) -> Restore {
        Restore {
            file: file.to_owned(),
            key_file: key_file.to_owned(),
            database_url: self.config.database_url.clone(),
            office: self.teryt.clone(),
            files: self.files(),
            scratch: self.scans.clone(),
            admin_log: Some(self.log_file.clone()),
            replace: true,
            clock: self.config.clock.clone(),
        }
    }

    /// The cluster, for another central beside this one.
    pub fn cluster(&self) -> Arc<PrivateCluster> {
        Arc::clone(&self.cluster)
    }

    /// A second central process's worth of server on the same database, on ports of its own.
    ///
    /// # Errors
    /// [`NoCentral`].
    pub async fn second(&self) -> Result<Running, NoCentral> {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(central::start(self.config_on(loopback)).await?)
    }

    fn config_on(&self, free: SocketAddr) -> Config {
        Config { listen: free, public_listen: free, admin_listen: free, ..self.config.clone() }
    }

    /// Takes central off the network; its database and scans stay.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Puts central back on the same ports.
    ///
    /// # Errors
    /// [`NoCentral`].
    pub async fn start_again(&mut self) -> Result<(), NoCentral> {
        if self.running.is_none() {
            self.running = Some(central::start(self.config.clone()).await?);
        }
        Ok(())
    }

    /// Connections to the office's schema. Panics while central is stopped.
    pub fn pool(&self) -> &PgPool {
        &self.running.as_ref().expect("central is stopped").offices[0].pool
    }

    /// A letter as central knows it: by register number, document identifier or id.
    pub async fn letter(&self, name: &str) -> Option<LetterState> {
        let mut tx = self.pool().begin().await.expect("central's database");
        let id = letters::find(&mut tx, self.teryt(), name).await.expect("central's database")?;
        apply::state(&mut tx, id).await.expect("central's database")
    }

    /// All letters at central, in the order of their ids.
    pub async fn letters(&self) -> Vec<LetterState> {
        let mut tx = self.pool().begin().await.expect("central's database");
        let ids: Vec<uuid::Uuid> =
            sqlx::query_scalar("SELECT id FROM letter ORDER BY id").fetch_all(&mut *tx).await.expect("letters");
        let mut letters = Vec::new();
        for id in ids {
            letters.extend(apply::state(&mut tx, LetterId(id)).await.expect("central's database"));
        }
        letters
    }

    /// Sets stage and unit as `central letter set-stage` does.
    pub async fn set_stage(&self, letter: LetterId, stage: Stage, unit: Option<&str>) -> Option<LetterState> {
        let unit = unit.map_or(UnitChange::Keep, |unit| UnitChange::Set(Some(unit.to_owned())));
        let change = StageChange { stage, unit, by: "Sekretariat".to_owned() };
        set_stage(self.pool(), self.teryt(), &self.config.clock, letter, change).await.expect("central's database")
    }
}
