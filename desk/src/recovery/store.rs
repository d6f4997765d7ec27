//! What the desk's one row says of its machine and its card.

use jiff::civil::Date;
use sqlx::SqliteConnection;

pub(super) async fn machine(db: &mut SqliteConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT machine FROM desk_state WHERE id = 1").fetch_one(db).await
}

pub(super) async fn set_machine(db: &mut SqliteConnection, machine: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE desk_state SET machine = ? WHERE id = 1", machine).execute(db).await?;
    Ok(())
}

/// `false` when it was so before.
pub(super) async fn set_drain_only(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    let set = sqlx::query!("UPDATE desk_state SET drain_only = 1 WHERE id = 1 AND drain_only = 0").execute(db).await?;
    Ok(set.rows_affected() == 1)
}

pub(super) async fn card_saved(db: &mut SqliteConnection) -> sqlx::Result<Option<Date>> {
    let day = sqlx::query_scalar!("SELECT card_saved_on FROM desk_state WHERE id = 1").fetch_one(db).await?;
    Ok(day.and_then(|day| day.parse().ok()))
}

pub(super) async fn set_card_saved(db: &mut SqliteConnection, day: Date) -> sqlx::Result<()> {
    let day = day.to_string();
    sqlx::query!("UPDATE desk_state SET card_saved_on = ? WHERE id = 1", day).execute(db).await?;
    Ok(())
}
