//! Clerks of this desk.

use domain::ids::ClerkId;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{clerk_view, view::ClerkView};

pub(super) async fn clerks(db: &mut SqliteConnection) -> sqlx::Result<Vec<ClerkView>> {
    let rows = sqlx::query!(r#"SELECT id AS "id: Uuid", given_name, surname FROM clerk ORDER BY surname, given_name"#)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(|row| clerk_view(ClerkId(row.id), &row.given_name, &row.surname)).collect())
}

pub(super) async fn clerk_with_hash(
    db: &mut SqliteConnection,
    id: ClerkId,
) -> sqlx::Result<Option<(ClerkView, String)>> {
    let row = sqlx::query!("SELECT given_name, surname, password_hash FROM clerk WHERE id = ?", id.0)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| (clerk_view(id, &row.given_name, &row.surname), row.password_hash)))
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
