//! Where the database ends in the administrator's log.

use sqlx::PgConnection;

use super::file::End;
use crate::db::damaged;

/// The last entry that the database has; other deeds wait until this transaction ends.
pub(super) async fn lock(tx: &mut PgConnection) -> sqlx::Result<End> {
    let row = sqlx::query!("SELECT admin_n, admin_hash FROM office_state FOR UPDATE").fetch_one(tx).await?;
    Ok(End {
        n: row.admin_n.try_into().map_err(damaged)?,
        hash: row.admin_hash.try_into().map_err(|_| damaged("admin hash"))?,
    })
}

pub(super) async fn set_end(tx: &mut PgConnection, end: &End) -> sqlx::Result<()> {
    let n = i64::try_from(end.n).map_err(damaged)?;
    sqlx::query!("UPDATE office_state SET admin_n = $1, admin_hash = $2", n, &end.hash[..]).execute(tx).await?;
    Ok(())
}
