//! Entries that wait for the log, and heads of central's audit.

use jiff::civil::Date;
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::{Acting, AuditHead, HeadSeen, OpBody};

use crate::DeskError;

/// An entry that waits.
pub(super) struct Waiting {
    pub(super) key: i64,
    pub(super) body: OpBody,
    pub(super) acting: Option<Acting>,
}

pub(super) async fn add_waiting(
    db: &mut SqliteConnection,
    body: &OpBody,
    acting: Option<&Acting>,
) -> Result<(), DeskError> {
    let (body, acting) = (serde_json::to_string(body)?, acting.map(serde_json::to_string).transpose()?);
    sqlx::query!("INSERT INTO audit_waiting (body, acting) VALUES (?, ?)", body, acting).execute(db).await?;
    Ok(())
}

pub(super) async fn any_waiting(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    Ok(sqlx::query_scalar!("SELECT EXISTS (SELECT 1 FROM audit_waiting)").fetch_one(db).await? != 0)
}

/// In the order in which they came.
pub(super) async fn waiting(db: &mut SqliteConnection, limit: u32) -> Result<Vec<Waiting>, DeskError> {
    let rows =
        sqlx::query!("SELECT key, body, acting FROM audit_waiting ORDER BY key LIMIT ?", limit).fetch_all(db).await?;
    rows.into_iter()
        .map(|row| {
            let acting = row.acting.as_deref().map(serde_json::from_str).transpose()?;
            Ok(Waiting { key: row.key, body: serde_json::from_str(&row.body)?, acting })
        })
        .collect()
}

pub(super) async fn forget_waiting(db: &mut SqliteConnection, key: i64) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM audit_waiting WHERE key = ?", key).execute(db).await?;
    Ok(())
}

pub(super) async fn keep_head(db: &mut SqliteConnection, seen: &HeadSeen) -> sqlx::Result<()> {
    let (day, n, hash) = (seen.day.to_string(), seen.head.n.cast_signed(), &seen.head.hash[..]);
    sqlx::query!(
        "INSERT INTO audit_head (day, epoch, n, hash) VALUES (?, ?, ?, ?)
         ON CONFLICT (day) DO UPDATE SET epoch = excluded.epoch, n = excluded.n, hash = excluded.hash, told = 0
         WHERE hash <> excluded.hash OR epoch <> excluded.epoch",
        day,
        seen.epoch,
        n,
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those of other days that the log does not have yet, in order.
pub(super) async fn untold_heads(db: &mut SqliteConnection, today: Date) -> Result<Vec<HeadSeen>, DeskError> {
    let today = today.to_string();
    let rows = sqlx::query!(
        r#"SELECT day, epoch AS "epoch: Uuid", n, hash FROM audit_head WHERE told = 0 AND day <> ? ORDER BY day"#,
        today
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| head_seen(&row.day, row.epoch, row.n, &row.hash)).collect()
}

pub(super) async fn set_told(db: &mut SqliteConnection, day: Date) -> sqlx::Result<()> {
    let day = day.to_string();
    sqlx::query!("UPDATE audit_head SET told = 1 WHERE day = ?", day).execute(db).await?;
    Ok(())
}

/// The last head that was heard up to a day.
pub(super) async fn head_of(db: &mut SqliteConnection, day: Date) -> Result<Option<HeadSeen>, DeskError> {
    let day = day.to_string();
    let row = sqlx::query!(
        r#"SELECT day, epoch AS "epoch: Uuid", n, hash FROM audit_head WHERE day <= ? ORDER BY day DESC LIMIT 1"#,
        day
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| head_seen(&row.day, row.epoch, row.n, &row.hash)).transpose()
}

fn head_seen(day: &str, epoch: Uuid, n: i64, hash: &[u8]) -> Result<HeadSeen, DeskError> {
    let day = day.parse().map_err(DeskError::unexpected("read a day"))?;
    let hash = <[u8; 32]>::try_from(hash).map_err(DeskError::unexpected("read a hash"))?;
    Ok(HeadSeen { day, epoch, head: AuditHead { n: n.cast_unsigned(), hash } })
}
