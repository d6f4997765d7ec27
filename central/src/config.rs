//! What central is told when it starts. Read by the command line; the tests' kit fills it itself.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use domain::marks::Teryt;
use url::{Host, Url};

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
    /// Where scanned documents are.
    pub scans: ScanPlace,
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
            scans: ScanPlace::Folder(scans),
            admin_log: None,
            office: Some(NewOffice { teryt: office, name: OfficeName { name: office_name.to_owned(), host: None } }),
            admission: Admission::Known,
            trusted_proxy: None,
            min_free_percent: 10,
            clock: Clock::system(),
        }
    }
}

/// Where scanned documents are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanPlace {
    /// A folder, made where missing.
    Folder(PathBuf),
    /// A bucket of a storage that speaks S3.
    Bucket(Bucket),
}

/// A bucket, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What every name in it begins with; may be empty.
    pub prefix: String,
    /// The storage; Amazon's in the region when `None`.
    pub endpoint: Option<Url>,
    /// Region.
    pub region: String,
    /// Who we are there.
    pub keys: BucketKeys,
}

/// A key at the storage; Debug hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketKeys {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl std::fmt::Debug for BucketKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BucketKeys(***)")
    }
}

/// The place of scans cannot be used as it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongPlace {
    /// Not `s3://bucket` or `s3://bucket/prefix`.
    #[error("a bucket is written s3://bucket or s3://bucket/prefix")]
    Form,
    /// Half of a key, or none.
    #[error("a bucket needs CENTRAL_S3_ACCESS_KEY_ID and CENTRAL_S3_SECRET_ACCESS_KEY")]
    NoKeys,
    /// Scans would travel in the clear.
    #[error("the S3 storage is spoken with by https, or on this computer")]
    NotEncrypted,
}

/// How a storage is reached, beside the bucket's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// The storage; Amazon's when `None`.
    pub endpoint: Option<Url>,
    /// Region; `us-east-1` when `None`, which many storages take for any.
    pub region: Option<String>,
    /// Who we are there.
    pub keys: Option<BucketKeys>,
}

impl ScanPlace {
    /// Reads a folder's path, or `s3://bucket/prefix`.
    ///
    /// # Errors
    /// [`WrongPlace`].
    pub fn read(text: &str, storage: Storage) -> Result<Self, WrongPlace> {
        let Some(bucket) = text.strip_prefix("s3://") else { return Ok(Self::Folder(PathBuf::from(text))) };
        let (name, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        let prefix = prefix.trim_matches('/');
        let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if !named
            || prefix.split('/').any(|part| part == "." || part == ".." || (part.is_empty() && !prefix.is_empty()))
        {
            return Err(WrongPlace::Form);
        }
        if let Some(endpoint) = &storage.endpoint
            && endpoint.scheme() != "https"
            && !is_here(endpoint)
        {
            return Err(WrongPlace::NotEncrypted);
        }
        Ok(Self::Bucket(Bucket {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: storage.endpoint,
            region: storage.region.unwrap_or_else(|| "us-east-1".to_owned()),
            keys: storage.keys.ok_or(WrongPlace::NoKeys)?,
        }))
    }

    /// The folder; `None` for a bucket.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Bucket(_) => None,
        }
    }
}

fn is_here(endpoint: &Url) -> bool {
    endpoint.scheme() == "http"
        && match endpoint.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(_)) | None => false,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(endpoint: &str) -> Storage {
        let keys = Some(BucketKeys { id: "klucz".to_owned(), secret: "nie-prawdziwy-sekret".to_owned() });
        Storage { endpoint: Some(Url::parse(endpoint).expect("an address")), region: None, keys }
    }

    #[test]
    fn a_place_of_scans_is_a_folder_or_a_bucket_that_nobody_listens_to() {
        let folder = ScanPlace::read("/srv/okienko/scans", Storage::default()).expect("a folder");
        assert_eq!(folder.folder(), Some(Path::new("/srv/okienko/scans")));
        for (text, name, prefix) in [
            ("s3://skany", "skany", ""),
            ("s3://skany/", "skany", ""),
            ("s3://skany/gmina/2404082/", "skany", "gmina/2404082"),
        ] {
            let place = ScanPlace::read(text, storage("https://s3.example:9000")).expect(text);
            let ScanPlace::Bucket(bucket) = &place else { panic!("{text}: {place:?}") };
            assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), (name, prefix), "{text}");
            assert_eq!((bucket.region.as_str(), place.folder()), ("us-east-1", None));
            assert!(!format!("{place:?}").contains("sekret") && !format!("{place:?}").contains("klucz"), "{place:?}");
        }
        for text in ["s3://", "s3:///skany", "s3://ska ny", "s3://skany/../inne", "s3://skany/a//b"] {
            assert_eq!(ScanPlace::read(text, storage("https://s3.example")), Err(WrongPlace::Form), "{text}");
        }
        assert_eq!(ScanPlace::read("s3://skany", Storage::default()), Err(WrongPlace::NoKeys));
        for (endpoint, done) in [
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000", true),
            ("http://10.0.0.7:9000", false),
            ("http://localhost:9000", false),
            ("ftp://127.0.0.1", false),
        ] {
            let read = ScanPlace::read("s3://skany", storage(endpoint));
            assert_eq!(read.is_ok(), done, "{endpoint}");
            assert!(done || read == Err(WrongPlace::NotEncrypted), "{endpoint}");
        }
    }
}
