//! The central server of an office: keeps what the desks register, tells the desks of each other's work, and shows
//! citizens the stage of their case.
//!
//! Started by the `central` binary and by the tests' kit. It never decides what a clerk may register: paper exists.

pub mod accounts;
pub mod admin;
pub mod admin_log;
pub mod audit;
pub mod backup;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod desks;
pub mod directory;
pub mod erasure;
pub mod error;
pub mod extract;
pub mod fleet;
pub mod held_file;
pub mod letters;
pub mod limit;
pub mod metrics;
pub mod route;
pub mod router;
pub mod scans;
pub mod serve;
pub mod setup;
pub mod status_page;
pub mod symbols;
pub mod sync;
pub mod trust;

use std::{net::SocketAddr, sync::Arc};

use domain::marks::Teryt;
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use self::config::Transport;
pub use self::{clock::Clock, config::Config};
use crate::{
    admin::Admin,
    admin_log::{AdminLogError, LogFile, ReplayError},
    db::{DatabaseError, OfficeName},
    held_file::HeldFileError,
    metrics::Metrics,
    route::Watch,
    router::{MAX_AT_WORK, MAX_WAITING, Office},
    scans::Files,
    status_page::Page,
    trust::{Handshake, TrustError},
};

/// Central cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The desks' listener would be reachable from outside this computer without encryption.
    #[error("the desks' address {0} is not of this computer: plain HTTP is allowed on loopback only")]
    NotLoopback(SocketAddr),
    /// An address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The administrator's log cannot be read or written.
    #[error(transparent)]
    AdminLog(#[from] AdminLogError),
    /// What the database lacks cannot be done again.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The directory cannot be published.
    #[error(transparent)]
    Directory(#[from] error::Error),
    /// The office's certificates cannot be made.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The office's key for files of its desks cannot be made or read.
    #[error(transparent)]
    FileKey(#[from] HeldFileError),
    /// There is nobody to serve.
    #[error("the database holds no office that can be served: make one with `central office add`")]
    NoOffice,
    /// The folder of scans cannot be used.
    #[error("the folder of scans cannot be used")]
    Scans(#[source] object_store::Error),
}

/// A central server at work. Dropping it stops it at once; [`Running::stop`] lets requests at work end.
#[derive(Debug)]
pub struct Running {
    /// Where the desks' listener is.
    pub desk_address: SocketAddr,
    /// Where the status page is.
    pub status_address: SocketAddr,
    /// Where the administrator's listener is.
    pub admin_address: SocketAddr,
    /// The offices that are served.
    pub offices: Vec<Served>,
    stop: CancellationToken,
    listeners: JoinSet<()>,
}

/// An office that is served.
#[derive(Debug)]
pub struct Served {
    /// TERYT code.
    pub teryt: Teryt,
    /// The office's schema.
    pub pool: PgPool,
    public_pool: PgPool,
}

impl Running {
    /// Stops: no new connection, requests at work end within ten seconds, then the database is let go.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.listeners.join_next().await.is_some() {}
        for office in &self.offices {
            office.pool.close().await;
            office.public_pool.close().await;
        }
    }
}

/// Starts central: database, migrations, the listeners.
///
/// Of several offices one that cannot be served is left out, and the log says why.
///
/// # Errors
/// [`StartError`], saying what cannot be used.
pub async fn start(config: Config) -> Result<Running, StartError> {
    if config.transport == Transport::Plain && !config.listen.ip().is_loopback() {
        return Err(StartError::NotLoopback(config.listen));
    }
    let files = Files::open(&config.scans, config.min_free_percent).map_err(StartError::Scans)?;
    let (pages, left_out) = open_offices(&config).await?;
    for (pool, _) in &pages {
        erasure::sweep(pool, &files).await.map_err(DatabaseError::Open)?;
    }
    let (desks, desk_address) = listen(config.listen).await?;
    let (public, status_address) = listen(config.public_listen).await?;
    let (admins, admin_address) = listen(config.admin_listen).await?;
    let mut file_keys = Vec::with_capacity(pages.len());
    for (pool, _) in &pages {
        file_keys.push(held_file::public_key(pool, config.clock.now()).await?);
        // Made with the office, whether anybody asks for it or not: every backup holds it.
        trust::authority(pool, config.clock.now()).await?;
    }
    let of_offices = pages.iter().map(|(pool, page)| (page.teryt.clone(), pool.clone())).collect();
    let tls = match config.transport {
        Transport::Tls => Some(Handshake::of(of_offices, &config.clock).await?),
        Transport::Plain => None,
    };
    let watch = Watch { metrics: Metrics::new(), longest: config.longest_answer };

    let at_work = Arc::new(Semaphore::new(MAX_AT_WORK));
    let waiting = Arc::new(Semaphore::new(MAX_WAITING));
    let offices: Vec<Office> = pages
        .iter()
        .zip(file_keys)
        .map(|((pool, page), file_key)| Office {
            pool: pool.clone(),
            teryt: page.teryt.clone(),
            files: files.clone(),
            clock: config.clock.clone(),
            admin_log: config.admin_log.as_ref().map(|folder| LogFile::of(folder, &page.teryt)),
            file_key: file_key.into(),
            admission: config.admission,
            at_work: Arc::clone(&at_work),
            waiting: Arc::clone(&waiting),
        })
        .collect();
    let admin = Admin { offices: offices.clone(), left_out, files, metrics: watch.metrics.clone() };
    let served = pages.iter().map(|(pool, page)| Served {
        teryt: page.teryt.clone(),
        pool: pool.clone(),
        public_pool: page.pool.clone(),
    });
    let served = served.collect();
    let pages = pages.into_iter().map(|(_, page)| page).collect();
    let stop = CancellationToken::new();
    let mut listeners = JoinSet::new();
    listeners.spawn(serve::serve(desks, tls, router::for_desks(offices, &watch), stop.clone()));
    listeners.spawn(serve::serve(public, None, status_page::for_the_public(pages, &watch), stop.clone()));
    listeners.spawn(serve::serve(admins, None, admin::for_the_administrator(admin, &watch), stop.clone()));
    tracing::info!(%desk_address, %status_address, %admin_address, "central listens");
    Ok(Running { desk_address, status_address, admin_address, offices: served, stop, listeners })
}

/// The offices that can be served, and the codes of those that cannot.
async fn open_offices(config: &Config) -> Result<(Vec<(PgPool, Page)>, Vec<Teryt>), StartError> {
    if let Some(office) = &config.office {
        db::make(&config.database_url, &office.teryt).await?;
        let page = open_office(config, &office.teryt, Some(&office.name)).await?;
        return Ok((vec![page], Vec::new()));
    }
    let (mut pages, mut left_out) = (Vec::<(PgPool, Page)>::new(), Vec::new());
    for office in db::offices(&config.database_url).await? {
        match open_office(config, &office, None).await {
            Ok(page) => pages.push(page),
            Err(error) => {
                tracing::error!(office = office.as_str(), %error, "the office is not served");
                left_out.push(office);
            }
        }
    }
    if pages.is_empty() { Err(StartError::NoOffice) } else { Ok((pages, left_out)) }
}

async fn open_office(config: &Config, office: &Teryt, name: Option<&OfficeName>) -> Result<(PgPool, Page), StartError> {
    let pool = db::open(&config.database_url, office, &config.clock).await?;
    if let Some(folder) = &config.admin_log {
        let done = admin_log::replay(&pool, &LogFile::of(folder, office)).await?;
        if done > 0 {
            tracing::warn!(
                office = office.as_str(),
                done,
                "the database lacked deeds of the administrator's log: done again"
            );
        }
    }
    if let Some(name) = name {
        db::name_office(&pool, name).await.map_err(DatabaseError::Open)?;
    }
    directory::refresh(&pool, config.clock.now()).await?;
    let name = db::office_name(&pool).await.map_err(DatabaseError::Open)?;
    let page = Page {
        pool: db::open_public(&config.database_url, office).await?,
        teryt: office.clone(),
        office_name: name.name.into(),
        host: name.host,
        clock: config.clock.clone(),
        trusted_proxy: config.trusted_proxy,
    };
    Ok((pool, page))
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, error))?;
    let bound = listener.local_addr().map_err(|error| StartError::Listen(address, error))?;
    Ok((listener, bound))
}
