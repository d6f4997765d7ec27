//! The one row of settings.

use sqlx::SqliteConnection;

use super::view::SettingsDraft;
use crate::DeskError;

pub(super) async fn load(db: &mut SqliteConnection) -> Result<Option<SettingsDraft>, DeskError> {
    let body = sqlx::query_scalar!("SELECT body FROM setting WHERE id = 1").fetch_optional(db).await?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

pub(super) async fn save(db: &mut SqliteConnection, draft: &SettingsDraft) -> Result<(), DeskError> {
    let body = serde_json::to_string(draft)?;
    sqlx::query!(
        "INSERT INTO setting (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        body
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn has_letters(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!("SELECT EXISTS (SELECT 1 FROM letter)").fetch_one(db).await?;
    Ok(found != 0)
}
