//! Clerks of this desk.

use domain::{ids::ClerkId, rights::Roles};
use jiff::{Timestamp, civil::Date};
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::SignInAnswer;

use super::{clerk_view, view::ClerkView};
use crate::DeskError;

pub(super) async fn clerks(db: &mut SqliteConnection) -> sqlx::Result<Vec<ClerkView>> {
    let rows = sqlx::query!(r#"SELECT id AS "id: Uuid", given_name, surname FROM clerk ORDER BY surname, given_name"#)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(|row| clerk_view(ClerkId(row.id), &row.given_name, &row.surname)).collect())
}

/// A clerk with what she signs in by.
pub(super) struct Known {
    pub(super) view: ClerkView,
    /// The desk's verifier; empty where central alone decides.
    pub(super) hash: String,
    /// `None`: a clerk of this desk alone.
    pub(super) login: Option<String>,
    pub(super) roles: Roles,
}

macro_rules! known {
    ($db:expr, $sql:literal, $argument:expr) => {{
        let row = sqlx::query!($sql, $argument).fetch_optional($db).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Known {
            view: clerk_view(ClerkId(row.id), &row.given_name, &row.surname),
            hash: row.password_hash,
            login: row.login,
            roles: row.roles.map(|roles| serde_json::from_str(&roles)).transpose()?.unwrap_or_default(),
        }))
    }};
}

pub(super) async fn known(db: &mut SqliteConnection, id: ClerkId) -> Result<Option<Known>, DeskError> {
    known!(
        db,
        r#"SELECT id AS "id: Uuid", given_name, surname, password_hash, login, roles FROM clerk WHERE id = ?"#,
        id.0
    )
}

pub(super) async fn by_login(db: &mut SqliteConnection, login: &str) -> Result<Option<Known>, DeskError> {
    known!(
        db,
        r#"SELECT id AS "id: Uuid", given_name, surname, password_hash, login, roles FROM clerk WHERE login = ?"#,
        login
    )
}

/// Writes a clerk as central told of her. Without a verifier the one of before stays; an empty one is none.
pub(super) async fn put(
    db: &mut SqliteConnection,
    told: &SignInAnswer,
    verifier: Option<&str>,
    now: Timestamp,
) -> Result<(), DeskError> {
    let (roles, now) = (serde_json::to_string(&told.roles)?, now.to_string());
    sqlx::query!(
        "INSERT INTO clerk (id, given_name, surname, password_hash, created_at, login, roles) VALUES (?1, ?2, ?3, COALESCE(?4, ''), ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET given_name = excluded.given_name, surname = excluded.surname,
             password_hash = COALESCE(?4, password_hash), login = excluded.login, roles = excluded.roles,
             pin_hash = CASE WHEN COALESCE(?4, password_hash) = '' THEN NULL ELSE pin_hash END",
        told.clerk.0,
        told.given_name,
        told.surname,
        verifier,
        now,
        told.login,
        roles
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_verifier(db: &mut SqliteConnection, id: ClerkId, hash: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE clerk SET password_hash = ? WHERE id = ?", hash, id.0).execute(db).await?;
    Ok(())
}

pub(super) async fn forget_verifier(db: &mut SqliteConnection, id: ClerkId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE clerk SET password_hash = '', pin_hash = NULL WHERE id = ?", id.0).execute(db).await?;
    Ok(())
}

/// What opens the desk offline to central's clerks who are not among these counts for nothing any more.
pub(super) async fn forget_verifiers_but(db: &mut SqliteConnection, there: &[ClerkId]) -> Result<(), DeskError> {
    let there: Vec<String> = there.iter().map(|clerk| clerk.0.simple().to_string()).collect();
    let there = serde_json::to_string(&there)?;
    sqlx::query!(
        "UPDATE clerk SET password_hash = '', pin_hash = NULL
         WHERE login IS NOT NULL AND id NOT IN (SELECT unhex(value) FROM json_each(?))",
        there
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Her PIN's verifier, and the tries since it last counted.
pub(super) async fn pin(db: &mut SqliteConnection, id: ClerkId) -> sqlx::Result<Option<(String, u32)>> {
    let row = sqlx::query!(r#"SELECT pin_hash, pin_tries AS "pin_tries: u32" FROM clerk WHERE id = ?"#, id.0)
        .fetch_optional(db)
        .await?;
    Ok(row.and_then(|row| row.pin_hash.map(|hash| (hash, row.pin_tries))))
}

pub(super) async fn set_pin(db: &mut SqliteConnection, id: ClerkId, hash: Option<&str>) -> sqlx::Result<()> {
    sqlx::query!("UPDATE clerk SET pin_hash = ?, pin_tries = 0 WHERE id = ?", hash, id.0).execute(db).await?;
    Ok(())
}

pub(super) async fn set_pin_tries(db: &mut SqliteConnection, id: ClerkId, tries: u32) -> sqlx::Result<()> {
    sqlx::query!("UPDATE clerk SET pin_tries = ? WHERE id = ?", tries, id.0).execute(db).await?;
    Ok(())
}

/// Whether any clerk of central signed in at this desk.
pub(super) async fn any_of_central(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM clerk WHERE login IS NOT NULL) AS "any: bool""#)
        .fetch_one(db)
        .await
}

pub(super) async fn contact(db: &mut SqliteConnection) -> sqlx::Result<Option<Date>> {
    let day = sqlx::query_scalar!("SELECT contact_day FROM desk_state WHERE id = 1").fetch_one(db).await?;
    Ok(day.and_then(|day| day.parse().ok()))
}

pub(super) async fn set_contact(db: &mut SqliteConnection, day: Date) -> sqlx::Result<()> {
    let day = day.to_string();
    sqlx::query!("UPDATE desk_state SET contact_day = ? WHERE id = 1", day).execute(db).await?;
    Ok(())
}

pub(super) async fn insert(
    db: &mut SqliteConnection,
    id: ClerkId,
    given_name: &str,
    surname: &str,
    hash: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    let now = now.to_string();
    sqlx::query!(
        "INSERT INTO clerk (id, given_name, surname, password_hash, created_at) VALUES (?, ?, ?, ?, ?)",
        id.0,
        given_name,
        surname,
        hash,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Tries of another time count for nobody.
pub(super) async fn forget_tries_outside(db: &mut SqliteConnection, from: i64, to: i64) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sign_in_try WHERE at < ? OR at > ?", from, to).execute(db).await?;
    Ok(())
}

pub(super) async fn add_try(db: &mut SqliteConnection, clerk: ClerkId, at: i64) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO sign_in_try (clerk_id, at) VALUES (?, ?)", clerk.0, at).execute(db).await?;
    Ok(())
}

pub(super) async fn tries(db: &mut SqliteConnection, clerk: ClerkId) -> sqlx::Result<u32> {
    sqlx::query_scalar!(r#"SELECT COUNT(*) AS "tries: u32" FROM sign_in_try WHERE clerk_id = ?"#, clerk.0)
        .fetch_one(db)
        .await
}

pub(super) async fn forget_tries(db: &mut SqliteConnection, clerk: ClerkId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sign_in_try WHERE clerk_id = ?", clerk.0).execute(db).await?;
    Ok(())
}
