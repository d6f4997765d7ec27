//! The office's database: connections bound to its schema, migrations at start, and our types as PostgreSQL stores them.
//!
//! Each office is a schema; which one is a property of the connection (`search_path`), so no query can reach another.

use std::{str::FromStr, time::Duration};

use domain::marks::Teryt;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use sqlx::{
    AssertSqlSafe, Connection, Decode, Encode, PgConnection, PgPool, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgConnectOptions, PgPoolOptions, PgTypeInfo, PgValueRef},
};

use crate::{clock::Clock, config::DatabaseUrl};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// A transaction on the office's schema.
pub type Tx = sqlx::Transaction<'static, Postgres>;

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address is none of PostgreSQL.
    #[error("the database address cannot be read")]
    Address(#[source] sqlx::Error),
    /// It does not answer or lets us not in.
    #[error("the database cannot be opened")]
    Open(#[source] sqlx::Error),
    /// Its tables could not be brought to this program's version.
    #[error("the database cannot be migrated")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The operating system gives no random bytes.
    #[error("no random bytes")]
    Random(#[source] getrandom::Error),
}

/// The name of the office's schema.
fn schema(office: &Teryt) -> String {
    format!("office_{}", office.as_str())
}

fn status_role(office: &Teryt) -> String {
    format!("okienko_status_{}", office.as_str())
}

fn options(url: &DatabaseUrl) -> Result<PgConnectOptions, DatabaseError> {
    // A slow or lost client must not hold a lock for ever: central's transactions take milliseconds.
    PgConnectOptions::from_str(&url.0).map_err(DatabaseError::Address).map(|options| {
        options.application_name("okienko-central").options([
            ("statement_timeout", "20s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ])
    })
}

/// Opens the office's schema, making it and its tables where missing.
///
/// # Errors
/// [`DatabaseError`], saying which step failed.
pub async fn open(url: &DatabaseUrl, office: &Teryt, clock: &Clock) -> Result<PgPool, DatabaseError> {
    let options = options(url)?;
    let mut setup = PgConnection::connect_with(&options).await.map_err(DatabaseError::Open)?;
    let create = format!("CREATE SCHEMA IF NOT EXISTS {}", schema(office));
    // Two servers that start at once may both try; the second finds the schema made.
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(create.clone())).execute(&mut setup).await
        && !error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    {
        return Err(DatabaseError::Open(error));
    }
    setup.close().await.map_err(DatabaseError::Open)?;

    let pool = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.options([("search_path", schema(office))]))
        .await
        .map_err(DatabaseError::Open)?;
    MIGRATIONS.run(&pool).await.map_err(DatabaseError::Migrate)?;
    let epoch = clock.new_id().map_err(DatabaseError::Random)?;
    sqlx::query!(
        "INSERT INTO office_state (teryt, epoch, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        office.as_str(),
        epoch,
        Instant(clock.now()) as _
    )
    .execute(&pool)
    .await
    .map_err(DatabaseError::Open)?;
    Ok(pool)
}

/// Connections of the public page: a role that reads the page's table and nothing else.
///
/// Where the database user may not make roles, the connections stay the user's own, read only, and the log says so.
///
/// # Errors
/// [`DatabaseError`], saying which step failed.
pub async fn open_public(url: &DatabaseUrl, office: &Teryt, pool: &PgPool) -> Result<PgPool, DatabaseError> {
    let mut public = options(url)?.options([
        ("search_path", schema(office)),
        ("default_transaction_read_only", "on".to_owned()),
        ("statement_timeout", "3s".to_owned()),
    ]);
    match restrict(office, pool).await {
        Ok(()) => public = public.options([("role", status_role(office))]),
        Err(error) => {
            tracing::warn!(
                code = code_of(&error),
                "no role of its own for the status page: its connections are read only"
            );
        }
    }
    PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(3))
        .connect_with(public)
        .await
        .map_err(DatabaseError::Open)
}

/// Whether the office's tables are exactly those of this program.
///
/// # Errors
/// Those of the database.
pub async fn is_migrated(pool: &PgPool) -> sqlx::Result<bool> {
    // Not known to the macros: the table is sqlx's own.
    let applied: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success").fetch_one(pool).await?;
    Ok(applied == MIGRATIONS.iter().map(|migration| migration.version).max())
}

async fn restrict(office: &Teryt, pool: &PgPool) -> Result<(), sqlx::Error> {
    let (schema, role) = (schema(office), status_role(office));
    let mut tx = pool.begin().await?;
    // Roles belong to the whole cluster: servers of several databases may start at once.
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SELECT pg_advisory_xact_lock(7021026);
         DO $$ BEGIN
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF;
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
         END $$;
         GRANT {role} TO CURRENT_USER;
         GRANT USAGE ON SCHEMA {schema} TO {role};
         GRANT SELECT ON status_public TO {role};"
    )))
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// What may be said of a database error in a log: its SQLSTATE or kind. Messages may hold values.
pub fn code_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.code().unwrap_or_default().into_owned(),
        sqlx::Error::Io(error) => format!("io {:?}", error.kind()),
        sqlx::Error::PoolTimedOut => "pool timed out".to_owned(),
        sqlx::Error::PoolClosed => "pool closed".to_owned(),
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index} cannot be decoded"),
        _ => "other".to_owned(),
    }
}

/// An instant as `timestamptz` stores it: whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant(pub Timestamp);

/// 1 January 2000, 00:00 UTC: what PostgreSQL counts from.
const PG_EPOCH: Timestamp = Timestamp::constant(946_684_800, 0);
const PG_EPOCH_DAY: Date = jiff::civil::date(2000, 1, 1);

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("timestamptz")
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = i64::try_from(self.0.duration_since(PG_EPOCH).as_micros())?;
        <i64 as Encode<Postgres>>::encode(micros, buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Instant {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        Ok(Self(PG_EPOCH.checked_add(SignedDuration::from_micros(micros))?))
    }
}

/// A civil date as `date` stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Date);

impl Type<Postgres> for Day {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("date")
    }
}

impl Encode<'_, Postgres> for Day {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let days = PG_EPOCH_DAY.until(self.0)?.get_days();
        <i32 as Encode<Postgres>>::encode(days, buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Day {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let days = <i32 as Decode<Postgres>>::decode(value)?;
        Ok(Self(PG_EPOCH_DAY.checked_add(days.days())?))
    }
}

/// A stored value that no program of ours writes.
pub fn damaged(cause: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(format!("stored value: {cause}").into())
}
