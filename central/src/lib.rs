//! The central server of an office: keeps what the desks register, tells the desks of each other's work, and shows
//! citizens the stage of their case.
//!
//! Started by the `central` binary and by the tests' kit. It never decides what a clerk may register: paper exists.

pub mod accounts;
pub mod admin;
pub mod clock;
pub mod config;
pub mod db;
pub mod desks;
pub mod error;
pub mod extract;
pub mod letters;
pub mod limit;
pub mod metrics;
pub mod route;
pub mod router;
pub mod scans;
pub mod serve;
pub mod status_page;
pub mod sync;

use std::{net::SocketAddr, sync::Arc};

use sqlx::PgPool;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub use self::{clock::Clock, config::Config};
use crate::{
    admin::Admin,
    db::DatabaseError,
    metrics::Metrics,
    route::Watch,
    router::{MAX_AT_WORK, Office},
    scans::Files,
    status_page::Page,
};

/// Central cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The desks' listener would be reachable from outside this computer, where nothing is encrypted yet.
    #[error(
        "the desks' address {0} is not of this computer: until the connection is encrypted only loopback is allowed"
    )]
    NotLoopback(SocketAddr),
    /// An address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
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
    /// The office's schema.
    pub pool: PgPool,
    public_pool: PgPool,
    stop: CancellationToken,
    listeners: JoinSet<()>,
}

impl Running {
    /// Stops: no new connection, requests at work end within ten seconds, then the database is let go.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.listeners.join_next().await.is_some() {}
        self.pool.close().await;
        self.public_pool.close().await;
    }
}

/// Starts central: database, migrations, the listeners.
///
/// # Errors
/// [`StartError`], saying what cannot be used.
pub async fn start(config: Config) -> Result<Running, StartError> {
    if !config.listen.ip().is_loopback() {
        return Err(StartError::NotLoopback(config.listen));
    }
    let pool = db::open(&config.database_url, &config.office, &config.clock).await?;
    let public_pool = db::open_public(&config.database_url, &config.office, &pool).await?;
    let files = Files::open(&config.scans, config.min_free_percent).map_err(StartError::Scans)?;
    let (desks, desk_address) = listen(config.listen).await?;
    let (public, status_address) = listen(config.public_listen).await?;
    let (admins, admin_address) = listen(config.admin_listen).await?;
    let watch = Watch { metrics: Metrics::new(), longest: config.longest_answer };

    let office = Office {
        pool: pool.clone(),
        teryt: config.office.clone(),
        files,
        clock: config.clock.clone(),
        at_work: Arc::new(Semaphore::new(MAX_AT_WORK)),
    };
    let page = Page {
        pool: public_pool.clone(),
        teryt: config.office,
        office_name: config.office_name.into(),
        clock: config.clock,
        trusted_proxy: config.trusted_proxy,
    };
    let admin = Admin { office: office.clone(), metrics: watch.metrics.clone() };
    let stop = CancellationToken::new();
    let mut listeners = JoinSet::new();
    listeners.spawn(serve::serve(desks, router::for_desks(office, &watch), stop.clone()));
    listeners.spawn(serve::serve(public, status_page::for_the_public(page, &watch), stop.clone()));
    listeners.spawn(serve::serve(admins, admin::for_the_administrator(admin, &watch), stop.clone()));
    tracing::info!(%desk_address, %status_address, %admin_address, "central listens");
    Ok(Running { desk_address, status_address, admin_address, pool, public_pool, stop, listeners })
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, error))?;
    let bound = listener.local_addr().map_err(|error| StartError::Listen(address, error))?;
    Ok((listener, bound))
}
