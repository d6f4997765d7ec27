//! The desk's database: SQLite with SQLCipher, one connection, every commit on the disk before it is believed.
//!
//! `sqlx` admits a SQLite whose WAL checkpoint races between two connections of one file (mended in 3.51.3), hence one.
//! A search runs under a deadline; a COMMIT whose outcome is unknown closes and reopens the file before anybody is told.

use std::{
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::ErrorCode;
use sqlx::{
    Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::RwLock;

use crate::{error::DeskError, keys::DatabaseKey};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/desk");

/// A registered letter changes a few bytes on each of some 35 pages, and every changed page is enciphered and written
/// whole: small pages halve the work of a commit. Part of the file's format: never to be changed without re-writing it.
const PAGE_SIZE: &str = "2048";

/// How the database is opened. Debug never shows the key.
#[derive(Clone, Debug)]
pub struct DbOptions {
    /// The file.
    pub path: PathBuf,
    /// Its key; `None` opens a plain file, which only the benches do, to compare.
    pub key: Option<DatabaseKey>,
    /// Longest time for an ordinary read.
    pub read_deadline: Duration,
}

/// The open database.
#[derive(Debug)]
pub struct Db {
    pool: RwLock<SqlitePool>,
    options: DbOptions,
    deadline: Arc<Deadline>,
    /// Closed for good.
    ended: AtomicBool,
}

/// An open write transaction (`BEGIN IMMEDIATE`).
pub type Tx = Transaction<'static, Sqlite>;

// Milliseconds since `start` after which a read is ended; 0 means none.
#[derive(Debug)]
struct Deadline {
    start: Instant,
    at: AtomicU64,
}

impl Deadline {
    fn passed(&self) -> bool {
        let at = self.at.load(Ordering::Relaxed);
        at != 0 && self.now() > at
    }

    #[expect(clippy::cast_possible_truncation, reason = "a program does not run for 500 million years")]
    fn now(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }
}

/// A connection lent for reading, under the read deadline.
pub struct Reading {
    connection: PoolConnection<Sqlite>,
    deadline: Arc<Deadline>,
}

impl Deref for Reading {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.deadline.at.store(0, Ordering::Relaxed);
    }
}

impl Db {
    /// Opens the database, checks that it is encrypted, keeps a verified copy before any migration, and migrates.
    ///
    /// # Errors
    /// [`ErrorCode::DatabaseDamaged`], [`ErrorCode::DatabaseNewer`], or what SQLite says.
    pub async fn open(options: DbOptions) -> Result<Self, DeskError> {
        let existed = tokio::fs::try_exists(&options.path).await.unwrap_or(false);
        let deadline = Arc::new(Deadline { start: Instant::now(), at: AtomicU64::new(0) });
        let pool = connect(&options, &deadline).await?;
        let db = Self { pool: RwLock::new(pool), options, deadline, ended: AtomicBool::new(false) };
        if db.options.key.is_some() {
            db.refuse_plain_text().await?;
        }
        db.refuse_newer(existed).await?;
        if existed && db.has_pending_migrations().await? {
            db.keep_verified_copy().await?;
        }
        db.migrate().await?;
        Ok(db)
    }

    /// Begins a write transaction. The one connection is taken until it ends.
    ///
    /// # Errors
    /// [`ErrorCode::Busy`] when the connection is not free within 2 s, or what SQLite says.
    pub async fn begin(&self) -> Result<Tx, DeskError> {
        loop {
            let pool = self.pool.read().await.clone();
            match pool.begin_with("BEGIN IMMEDIATE").await {
                Err(sqlx::Error::PoolClosed) => self.open_if_closed().await?,
                // SQLite ends a transaction by itself on a full disk or an I/O error; the driver goes on counting it
                // and would refuse every later one.
                Err(sqlx::Error::InvalidSavePointStatement) => self.reopen().await?,
                begun => return Ok(begun?),
            }
        }
    }

    /// Lends the connection for reading, under the read deadline.
    ///
    /// # Errors
    /// As [`Db::begin`].
    pub async fn read(&self) -> Result<Reading, DeskError> {
        let connection = loop {
            let pool = self.pool.read().await.clone();
            match pool.acquire().await {
                Err(sqlx::Error::PoolClosed) => self.open_if_closed().await?,
                acquired => break acquired?,
            }
        };
        let limit = u64::try_from(self.options.read_deadline.as_millis()).unwrap_or(u64::MAX);
        self.deadline.at.store(self.deadline.now().saturating_add(limit), Ordering::Relaxed);
        Ok(Reading { connection, deadline: Arc::clone(&self.deadline) })
    }

    /// Closes the file and opens it again: whatever a failed COMMIT left is then either there or not.
    ///
    /// # Errors
    /// What SQLite says when the file cannot be opened again.
    pub async fn reopen(&self) -> Result<(), DeskError> {
        let mut pool = self.pool.write().await;
        pool.close().await;
        *pool = connect(&self.options, &self.deadline).await?;
        Ok(())
    }

    // Somebody else closed the file after a failed COMMIT; if it could not be opened again then, it is tried again now.
    async fn open_if_closed(&self) -> Result<(), DeskError> {
        let mut pool = self.pool.write().await;
        if self.ended.load(Ordering::Relaxed) {
            return Err(DeskError::Store(sqlx::Error::PoolClosed));
        }
        if pool.is_closed() {
            *pool = connect(&self.options, &self.deadline).await?;
        }
        Ok(())
    }

    /// Writes everything into the database's own file and empties the write-ahead log.
    ///
    /// # Errors
    /// [`ErrorCode::Busy`] when the connection is not free, or what SQLite says.
    pub async fn empty_wal(&self) -> Result<(), DeskError> {
        let mut connection = self.read().await?;
        // Longer than a read may take: nothing is read here.
        connection.deadline.at.store(0, Ordering::Relaxed);
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await?;
        Ok(())
    }

    /// Closes the file for good, checkpointing what is in the WAL.
    pub async fn close(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.pool.read().await.close().await;
    }

    /// The database's key, for what is derived from it.
    pub(crate) fn key(&self) -> Option<&DatabaseKey> {
        self.options.key.as_ref()
    }

    async fn refuse_plain_text(&self) -> Result<(), DeskError> {
        let mut connection = self.read().await?;
        let version: Option<String> =
            sqlx::query_scalar("PRAGMA cipher_version").fetch_optional(&mut *connection).await?;
        match version {
            Some(version) if !version.is_empty() => Ok(()),
            _ => Err(DeskError::Unexpected { what: "SQLCipher is missing", source: "empty cipher_version".into() }),
        }
    }

    async fn applied_versions(&self) -> Result<Vec<i64>, DeskError> {
        let mut connection = self.read().await?;
        let known: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'")
                .fetch_optional(&mut *connection)
                .await?;
        if known.is_none() {
            return Ok(Vec::new());
        }
        Ok(sqlx::query_scalar("SELECT version FROM _sqlx_migrations").fetch_all(&mut *connection).await?)
    }

    async fn refuse_newer(&self, existed: bool) -> Result<(), DeskError> {
        let newest = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
        if existed && self.applied_versions().await?.into_iter().any(|version| version > newest) {
            return Err(DeskError::Refused(ErrorCode::DatabaseNewer));
        }
        Ok(())
    }

    async fn has_pending_migrations(&self) -> Result<bool, DeskError> {
        let applied = self.applied_versions().await?;
        Ok(!applied.is_empty() && MIGRATIONS.iter().any(|migration| !applied.contains(&migration.version)))
    }

    // The copy is encrypted by the same key: VACUUM INTO inherits it. It is opened and checked before anything changes.
    /// Removes the copy from before the last upgrade, where there is one.
    ///
    /// # Errors
    /// [`DeskError::File`].
    pub(crate) async fn forget_copy(&self) -> Result<(), DeskError> {
        let copy = self.options.path.with_extension("before-upgrade.db");
        if tokio::fs::try_exists(&copy).await.unwrap_or(false) {
            tokio::fs::remove_file(&copy).await.map_err(DeskError::file("remove the older copy"))?;
        }
        Ok(())
    }

    async fn keep_verified_copy(&self) -> Result<(), DeskError> {
        self.forget_copy().await?;
        let copy = self.options.path.with_extension("before-upgrade.db");
        let target = copy.to_string_lossy().into_owned();
        {
            let pool = self.pool.read().await.clone();
            let mut connection = pool.acquire().await?;
            sqlx::query("VACUUM INTO ?").bind(&target).execute(&mut *connection).await?;
        }
        let options = DbOptions { path: copy, ..self.options.clone() };
        let pool = connect(&options, &self.deadline).await?;
        let verdict: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await?;
        pool.close().await;
        if verdict == "ok" { Ok(()) } else { Err(DeskError::Refused(ErrorCode::DatabaseDamaged)) }
    }

    async fn migrate(&self) -> Result<(), DeskError> {
        let pool = self.pool.read().await.clone();
        MIGRATIONS.run(&pool).await.map_err(DeskError::unexpected("migrate the desk's database"))?;
        // Options of the stored indexes. Words of a deleted row leave them at once, not at some later merge. Merges that
        // cannot wait come after 64 small segments instead of 16, so that few clerks ever wait for one. A segment's
        // page fits into one of ours.
        for statement in [
            "INSERT INTO letter_fts (letter_fts, rank) VALUES ('secure-delete', 1)",
            "INSERT INTO letter_fts (letter_fts, rank) VALUES ('crisismerge', 64)",
            "INSERT INTO letter_fts (letter_fts, rank) VALUES ('pgsz', 1900)",
            "INSERT INTO party_fts (party_fts, rank) VALUES ('secure-delete', 1)",
            "INSERT INTO party_fts (party_fts, rank) VALUES ('crisismerge', 64)",
            "INSERT INTO party_fts (party_fts, rank) VALUES ('pgsz', 1900)",
        ] {
            sqlx::query(statement).execute(&pool).await?;
        }
        Ok(())
    }
}

async fn connect(options: &DbOptions, deadline: &Arc<Deadline>) -> Result<SqlitePool, DeskError> {
    let mut connect = SqliteConnectOptions::new().filename(&options.path).create_if_missing(true);
    connect = match &options.key {
        Some(key) => connect
            .pragma("key", key.pragma().as_str().to_owned())
            .pragma("cipher_page_size", PAGE_SIZE)
            // For the copy that VACUUM INTO attaches.
            .pragma("cipher_default_page_size", PAGE_SIZE),
        None => connect.pragma("page_size", PAGE_SIZE),
    };
    let connect = connect
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .pragma("cell_size_check", "ON")
        // KiB: every page read again is deciphered again.
        .pragma("cache_size", "-16000")
        .busy_timeout(Duration::from_secs(2));
    let deadline = Arc::clone(deadline);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(2))
        .after_connect(move |connection, _| {
            let deadline = Arc::clone(&deadline);
            Box::pin(async move {
                connection.lock_handle().await?.set_progress_handler(1000, move || !deadline.passed());
                Ok(())
            })
        })
        .connect_with(connect)
        .await;
    pool.map_err(|error| match crate::error::store_code(&error) {
        ErrorCode::DatabaseDamaged => DeskError::Refused(ErrorCode::DatabaseDamaged),
        _ => DeskError::Store(error),
    })
}

/// The file name of the database inside the data directory.
pub(crate) fn file_in(folder: &Path) -> PathBuf {
    folder.join("okienko.db")
}
