//! The one row of the directory.

use domain::directory::Directory;
use sqlx::SqliteConnection;
use wire::v1::{DirectoryAnswer, DirectoryHash};

use crate::DeskError;

pub(super) async fn read(db: &mut SqliteConnection) -> Result<Option<Directory>, DeskError> {
    let body = sqlx::query_scalar!("SELECT body FROM directory WHERE id = 1").fetch_optional(db).await?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

pub(super) async fn hash(db: &mut SqliteConnection) -> Result<Option<DirectoryHash>, DeskError> {
    let hash = sqlx::query_scalar!("SELECT hash FROM directory WHERE id = 1").fetch_optional(db).await?;
    hash.map(|hash| {
        let damaged = |_| DeskError::Unexpected { what: "read the directory", source: "no hash".into() };
        hash.try_into().map(DirectoryHash).map_err(damaged)
    })
    .transpose()
}

pub(super) async fn put(db: &mut SqliteConnection, told: &DirectoryAnswer) -> Result<(), DeskError> {
    let (hash, body) = (&told.hash.0[..], serde_json::to_string(&told.directory)?);
    sqlx::query!("INSERT OR REPLACE INTO directory (id, hash, body) VALUES (1, ?, ?)", hash, body).execute(db).await?;
    Ok(())
}
