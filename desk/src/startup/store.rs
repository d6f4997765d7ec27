//! The one row of the desk's own state.

use domain::ids::DeviceId;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

pub(super) async fn device(db: &mut SqliteConnection) -> sqlx::Result<Option<DeviceId>> {
    let id = sqlx::query_scalar!(r#"SELECT device_id AS "id: Uuid" FROM desk_state WHERE id = 1"#)
        .fetch_optional(db)
        .await?;
    Ok(id.map(DeviceId))
}

pub(super) async fn insert_state(
    db: &mut SqliteConnection,
    device: DeviceId,
    signing_key: &[u8],
    now: Timestamp,
) -> sqlx::Result<()> {
    let now = now.to_string();
    sqlx::query!(
        "INSERT INTO desk_state (id, device_id, signing_key, created_at) VALUES (1, ?, ?, ?)",
        device.0,
        signing_key,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
