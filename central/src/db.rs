//! The office's database: connections bound to its schema, migrations at start, and our types as PostgreSQL stores them.
//!
//! Each office is a schema that a role of its own owns. Which office is a property of the connection (`search_path` and
//! `role`): no statement names a schema, and the role can reach no other.

use std::{cmp::Ordering, path::PathBuf, str::FromStr, time::Duration};

use domain::marks::Teryt;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use sqlx::{
    AssertSqlSafe, Connection, Decode, Encode, PgConnection, PgPool, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    migrate::MigrateError,
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
    /// The office has no schema here.
    #[error("the database holds no office {0}: make it with `central office add`")]
    NoOffice(String),
    /// The office's schema and roles cannot be made.
    #[error("office {office} cannot be made: the database user needs CREATEROLE, and CREATE on the database")]
    Make {
        /// Its TERYT code.
        office: String,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// The database itself cannot be made.
    #[error(
        "the database cannot be made: the database user needs CREATEDB, and a name of letters, digits and underscores"
    )]
    MakeDatabase(#[source] sqlx::Error),
    /// A newer program has worked on the office's tables.
    #[error("the tables of office {office} are newer than this program (migration {version}): install a newer central")]
    Newer {
        /// Its TERYT code.
        office: String,
        /// The first migration that this program does not know.
        version: i64,
    },
    /// Its tables could not be brought to this program's version.
    #[error("the database cannot be migrated")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The operating system gives no random bytes.
    #[error("no random bytes")]
    Random(#[source] getrandom::Error),
}

/// The name of the office's schema.
pub(crate) fn schema(office: &Teryt) -> String {
    format!("office_{}", office.as_str())
}

/// The role that owns the schema and reaches nothing else.
pub(crate) fn office_role(office: &Teryt) -> String {
    format!("okienko_office_{}", office.as_str())
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

/// Makes a database beside the office's, for a trial restore. The name is ours: letters, digits, underscores.
pub(crate) async fn make_trial(home: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"))).execute(home).await.map(|_| ())
}

/// Drops a trial's database, whoever still looks at it.
pub(crate) async fn drop_trial(home: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(home).await.map(|_| ())
}

/// Makes an office's schema in a trial's database.
pub(crate) async fn make_schema(trial: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).execute(trial).await.map(|_| ())
}

/// Binds a connection of a trial to the schema.
pub(crate) async fn bind(trial: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(format!("SET search_path = {schema}"))).execute(trial).await.map(|_| ())
}

/// What a server is, and what the database user may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// As `server_version_num`: 150007.
    pub(crate) version: i32,
    pub(crate) makes_roles: bool,
    pub(crate) makes_schemas: bool,
    pub(crate) makes_databases: bool,
    /// Where its data are, when it is on this computer and says so.
    pub(crate) data: Option<PathBuf>,
}

/// Asks the server.
pub(crate) async fn server(url: &DatabaseUrl) -> Result<Server, DatabaseError> {
    let mut connection = PgConnection::connect_with(&options(url)?).await.map_err(DatabaseError::Open)?;
    let (version, makes_roles, makes_schemas, makes_databases, data) =
        sqlx::query_as::<_, (i32, bool, bool, bool, Option<String>)>(
            "SELECT current_setting('server_version_num')::int, rolsuper OR rolcreaterole,
                    has_database_privilege(current_database(), 'CREATE'), rolsuper OR rolcreatedb,
                    (SELECT setting FROM pg_settings WHERE name = 'data_directory'
                     AND (inet_server_addr() IS NULL OR inet_server_addr() << inet '127.0.0.0/8'
                          OR inet_server_addr() = inet '::1'))
             FROM pg_roles WHERE rolname = current_user",
        )
        .fetch_one(&mut connection)
        .await
        .map_err(DatabaseError::Open)?;
    connection.close().await.map_err(DatabaseError::Open)?;
    Ok(Server { version, makes_roles, makes_schemas, makes_databases, data: data.map(PathBuf::from) })
}

/// Makes the database where it is missing; whether it was.
pub(crate) async fn make_database(url: &DatabaseUrl) -> Result<bool, DatabaseError> {
    let options = options(url)?;
    let missing = match PgConnection::connect_with(&options).await {
        Ok(connection) => {
            connection.close().await.map_err(DatabaseError::Open)?;
            return Ok(false);
        }
        Err(error) => error,
    };
    let code = missing.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let name =
        options.get_database().filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    // No such database.
    let (Some("3D000"), Some(name)) = (code.as_deref(), name) else { return Err(DatabaseError::Open(missing)) };
    let make = format!("CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'");
    let mut home =
        PgConnection::connect_with(&options.clone().database("postgres")).await.map_err(DatabaseError::MakeDatabase)?;
    sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut home).await.map_err(DatabaseError::MakeDatabase)?;
    home.close().await.map_err(DatabaseError::Open)?;
    Ok(true)
}

/// Every office of the database, in the order of their codes.
///
/// # Errors
/// [`DatabaseError`], when the database cannot be asked.
pub async fn offices(url: &DatabaseUrl) -> Result<Vec<Teryt>, DatabaseError> {
    let mut connection = PgConnection::connect_with(&options(url)?).await.map_err(DatabaseError::Open)?;
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^office_[0-9]{7}$' ORDER BY nspname",
    )
    .fetch_all(&mut connection)
    .await
    .map_err(DatabaseError::Open)?;
    connection.close().await.map_err(DatabaseError::Open)?;
    let code = |name: &String| name.strip_prefix("office_").and_then(|code| Teryt::try_from(code.to_owned()).ok());
    Ok(names.iter().filter_map(code).collect())
}

/// Makes an office where it is missing: its schema, the role that owns it, the role of its status page. Its tables come
/// with [`open`].
///
/// # Errors
/// [`DatabaseError::Make`] where the database user may not.
pub async fn make(url: &DatabaseUrl, office: &Teryt) -> Result<(), DatabaseError> {
    let mut setup = PgConnection::connect_with(&options(url)?).await.map_err(DatabaseError::Open)?;
    let (schema, owner, status) = (schema(office), office_role(office), status_role(office));
    let role = |name: &str| {
        format!(
            "DO $$ BEGIN
                 IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name} NOLOGIN; END IF;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
             END $$;
             DO $$ BEGIN
                 GRANT {name} TO CURRENT_USER;
             EXCEPTION WHEN insufficient_privilege THEN NULL;
             END $$;"
        )
    };
    // One transaction. What is there already needs no right to make it: central may start as an ordinary user.
    let script = format!(
        "SELECT pg_advisory_xact_lock(7021026); {} {}
         DO $$ BEGIN
             IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}') THEN
                 CREATE SCHEMA {schema} AUTHORIZATION {owner};
                 GRANT USAGE ON SCHEMA {schema} TO {status};
             END IF;
         END $$;",
        role(&owner),
        role(&status)
    );
    let made = sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut setup).await;
    made.map_err(|source| DatabaseError::Make { office: office.as_str().to_owned(), source })?;
    setup.close().await.map_err(DatabaseError::Open)
}

/// Whether another central, or another of its commands, works on the database. One that has just ended may still be seen for a
/// moment: it is looked for again for some seconds.
///
/// # Errors
/// [`DatabaseError::Open`].
pub(crate) async fn is_worked_on(url: &DatabaseUrl) -> Result<bool, DatabaseError> {
    let mut connection = PgConnection::connect_with(&options(url)?).await.map_err(DatabaseError::Open)?;
    let mut others = true;
    for _ in 0..30 {
        others = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'okienko-central'
                            AND datname = current_database() AND pid <> pg_backend_pid())",
        )
        .fetch_one(&mut connection)
        .await
        .map_err(DatabaseError::Open)?;
        if !others {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    connection.close().await.map_err(DatabaseError::Open)?;
    Ok(others)
}

/// Renames the office's schema, so that a restored one can take its place. Answers its name meanwhile.
///
/// # Errors
/// [`DatabaseError::Open`].
pub(crate) async fn put_aside(url: &DatabaseUrl, office: &Teryt) -> Result<String, DatabaseError> {
    let (schema, owner) = (schema(office), office_role(office));
    let aside = format!("aside_{schema}");
    // A schema that an earlier restore left behind was replaced by one that is whole.
    script(
        url,
        format!(
            "SET ROLE {owner}; DROP SCHEMA IF EXISTS {aside} CASCADE; RESET ROLE;
             ALTER SCHEMA {schema} RENAME TO {aside}"
        ),
    )
    .await?;
    Ok(aside)
}

/// Throws away what was put aside.
pub(crate) async fn throw_away(url: &DatabaseUrl, office: &Teryt, aside: &str) -> Result<(), DatabaseError> {
    let owner = office_role(office);
    script(url, format!("SET ROLE {owner}; DROP SCHEMA {aside} CASCADE; RESET ROLE")).await
}

/// Puts what was put aside back into its place.
pub(crate) async fn take_back(url: &DatabaseUrl, office: &Teryt, aside: &str) -> Result<(), DatabaseError> {
    let (schema, owner) = (schema(office), office_role(office));
    script(
        url,
        format!(
            "SET ROLE {owner}; DROP SCHEMA IF EXISTS {schema} CASCADE; RESET ROLE;
             ALTER SCHEMA {aside} RENAME TO {schema}"
        ),
    )
    .await
}

async fn script(url: &DatabaseUrl, script: String) -> Result<(), DatabaseError> {
    let mut setup = PgConnection::connect_with(&options(url)?).await.map_err(DatabaseError::Open)?;
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut setup).await.map_err(DatabaseError::Open)?;
    setup.close().await.map_err(DatabaseError::Open)
}

/// Opens an office of the database and brings its tables to this program's version.
///
/// # Errors
/// [`DatabaseError::NoOffice`], [`DatabaseError::Newer`]; else which step failed.
pub async fn open(url: &DatabaseUrl, office: &Teryt, clock: &Clock) -> Result<PgPool, DatabaseError> {
    let pool = connect(url, office).await?;
    MIGRATIONS.run(&pool).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => DatabaseError::Newer { office: office.as_str().to_owned(), version },
        other => DatabaseError::Migrate(other),
    })?;
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
    let grant = format!("GRANT SELECT ON status_public TO {}", status_role(office));
    sqlx::raw_sql(AssertSqlSafe(grant)).execute(&pool).await.map_err(DatabaseError::Open)?;
    Ok(pool)
}

/// Connections that are bound to the office, whatever its tables are.
async fn connect(url: &DatabaseUrl, office: &Teryt) -> Result<PgPool, DatabaseError> {
    // The role makes the border: what is not the office's own, its connections can neither read nor change.
    let bound = [("search_path", schema(office)), ("role", office_role(office))];
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options(url)?.options(bound))
        .await
        .map_err(|error| match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
            // No such role.
            Some("22023") => DatabaseError::NoOffice(office.as_str().to_owned()),
            Some(_) | None => DatabaseError::Open(error),
        })?;
    let here: bool = sqlx::query_scalar("SELECT to_regnamespace(current_setting('search_path')) IS NOT NULL")
        .fetch_one(&pool)
        .await
        .map_err(DatabaseError::Open)?;
    if !here {
        return Err(DatabaseError::NoOffice(office.as_str().to_owned()));
    }
    Ok(pool)
}

/// Connections of the public page: a role that reads the page's table and nothing else.
///
/// # Errors
/// [`DatabaseError`], saying which step failed.
pub async fn open_public(url: &DatabaseUrl, office: &Teryt) -> Result<PgPool, DatabaseError> {
    let public = options(url)?.options([
        ("search_path", schema(office)),
        ("default_transaction_read_only", "on".to_owned()),
        ("statement_timeout", "3s".to_owned()),
        ("role", status_role(office)),
    ]);
    PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(3))
        .connect_with(public)
        .await
        .map_err(DatabaseError::Open)
}

/// What an office calls itself, and under which name its status page stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeName {
    /// Its name, as the status page shows it.
    pub name: String,
    /// Host name of its status page; needed where several offices are served.
    pub host: Option<String>,
}

/// An office as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// What it is called; `None` before its first migration and after those of a newer program.
    pub name: Option<OfficeName>,
    /// `ready`, `older` (its tables are brought to this program's version when it is opened), `newer`.
    pub state: &'static str,
}

/// Looks at an office and changes nothing.
///
/// # Errors
/// [`DatabaseError::NoOffice`]; else which step failed.
pub async fn look(url: &DatabaseUrl, office: &Teryt) -> Result<Look, DatabaseError> {
    let pool = connect(url, office).await?;
    let applied = applied(&pool).await;
    let state = match applied.map(|applied| applied.cmp(&newest())) {
        Ok(Ordering::Equal) => "ready",
        Ok(Ordering::Greater) => "newer",
        // No table of migrations yet.
        Ok(Ordering::Less) | Err(_) => "older",
    };
    let name = if state == "ready" { office_name(&pool).await.ok() } else { None };
    pool.close().await;
    Ok(Look { name, state })
}

/// The office's name.
///
/// # Errors
/// Those of the database.
pub async fn office_name(pool: &PgPool) -> sqlx::Result<OfficeName> {
    let row = sqlx::query!("SELECT name, host FROM office_state").fetch_one(pool).await?;
    Ok(OfficeName { name: row.name, host: row.host })
}

/// Gives the office its name.
///
/// # Errors
/// Those of the database.
pub async fn name_office(pool: &PgPool, office: &OfficeName) -> sqlx::Result<()> {
    sqlx::query!("UPDATE office_state SET name = $1, host = $2", office.name, office.host).execute(pool).await?;
    Ok(())
}

/// Whether the office's tables are exactly those of this program.
///
/// # Errors
/// Those of the database.
pub async fn is_migrated(pool: &PgPool) -> sqlx::Result<bool> {
    Ok(applied(pool).await? == newest())
}

async fn applied(pool: &PgPool) -> sqlx::Result<Option<i64>> {
    // Not known to the macros: the table is sqlx's own.
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success").fetch_one(pool).await
}

fn newest() -> Option<i64> {
    MIGRATIONS.iter().map(|migration| migration.version).max()
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
