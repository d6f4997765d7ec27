//! What central is told when it starts. Read by the command line; the tests' kit fills it itself.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use domain::marks::Teryt;

use crate::{clock::Clock, db::OfficeName};

/// An office that central is to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOffice {
    /// TERYT code; names its schema and its roles.
    pub teryt: Teryt,
    /// What it is called.
    pub name: OfficeName,
}

/// Which desks are let in at hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Any: a desk that was never seen is pinned at its first hello.
    FirstHello,
    /// Only those that were enrolled, or pinned before.
    Known,
}

/// How desks are spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS 1.3 under the office's own authority.
    Tls,
    /// Plain HTTP, for a trial on this computer alone.
    Plain,
}

impl Transport {
    /// The scheme of the desks' address.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Tls => "https",
            Self::Plain => "http",
        }
    }
}

/// Settings of one central server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where PostgreSQL is and which database is ours. Holds a password: never logged.
    pub database_url: DatabaseUrl,
    /// Listener for the desks.
    pub listen: SocketAddr,
    /// How they are spoken with there: plain HTTP on loopback only.
    pub transport: Transport,
    /// Listener of the public status page.
    pub public_listen: SocketAddr,
    /// Listener of the administrator: health, metrics, fleet.
    pub admin_listen: SocketAddr,
    /// No request may take longer than this, whatever the tables of routes say.
    pub longest_answer: Duration,
    /// Folder of scanned documents.
    pub scans: PathBuf,
    /// Folder of the administrator's log; none is kept when `None`.
    pub admin_log: Option<PathBuf>,
    /// The office to serve, made where missing; every office of the database when `None`.
    pub office: Option<NewOffice>,
    /// Which desks are let in.
    pub admission: Admission,
    /// The proxy whose `X-Forwarded-For` is believed, if one stands before the status page.
    pub trusted_proxy: Option<IpAddr>,
    /// Scans are refused when less of the disk is free, in percent.
    pub min_free_percent: u8,
    /// The clock.
    pub clock: Clock,
}

impl Config {
    /// Settings with a free port for each listener and everything else at its default.
    pub fn new(database_url: &str, scans: PathBuf, office: Teryt, office_name: &str) -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            database_url: DatabaseUrl(database_url.to_owned()),
            listen: loopback,
            transport: Transport::Tls,
            public_listen: loopback,
            admin_listen: loopback,
            longest_answer: Duration::from_mins(10),
            scans,
            admin_log: None,
            office: Some(NewOffice { teryt: office, name: OfficeName { name: office_name.to_owned(), host: None } }),
            admission: Admission::Known,
            trusted_proxy: None,
            min_free_percent: 10,
            clock: Clock::system(),
        }
    }
}

/// Address of a database; Debug hides it, since it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(***)")
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}
