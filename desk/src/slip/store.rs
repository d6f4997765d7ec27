//! The clear status keys that slips still show, and the office day under which a letter was registered.

use domain::{ids::LetterId, marks::StatusKey};
use jiff::civil::Date;
use sqlx::SqliteConnection;

use crate::DeskError;

pub(super) async fn office_day_of(db: &mut SqliteConnection, letter: LetterId) -> Result<Date, DeskError> {
    let day = sqlx::query_scalar!("SELECT office_day FROM letter WHERE id = ?", letter.0).fetch_one(db).await?;
    day.parse().map_err(DeskError::unexpected("a stored day"))
}

pub(super) async fn keep_key(
    db: &mut SqliteConnection,
    letter: LetterId,
    key: &StatusKey,
    made_on: Date,
) -> sqlx::Result<()> {
    let (key, made_on) = (key.display(), made_on.to_string());
    sqlx::query!(
        "INSERT OR REPLACE INTO status_key (letter_id, key, made_on) VALUES (?, ?, ?)",
        letter.0,
        key,
        made_on
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn has_keys_before(db: &mut SqliteConnection, day: Date) -> sqlx::Result<bool> {
    let day = day.to_string();
    let found =
        sqlx::query_scalar!("SELECT EXISTS (SELECT 1 FROM status_key WHERE made_on < ?)", day).fetch_one(db).await?;
    Ok(found != 0)
}

pub(super) async fn forget_keys_before(db: &mut SqliteConnection, day: Date) -> sqlx::Result<()> {
    let day = day.to_string();
    sqlx::query!("DELETE FROM status_key WHERE made_on < ?", day).execute(db).await?;
    Ok(())
}
