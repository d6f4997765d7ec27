//! Rows of erasures.

use domain::ids::LetterId;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::vault::Shelf;

pub(super) async fn note(db: &mut SqliteConnection, erasure: Uuid, letter: LetterId) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO erasure (id, letter_id) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET done = 0, confirmed = 0",
        erasure,
        letter.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn is_erased(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!("SELECT EXISTS (SELECT 1 FROM erasure WHERE letter_id = ?)", letter.0);
    Ok(found.fetch_one(db).await? != 0)
}

pub(super) async fn note_files(db: &mut SqliteConnection, files: &[(Shelf, Uuid)]) -> sqlx::Result<()> {
    for (shelf, id) in files {
        let shelf = shelf.name();
        sqlx::query!("INSERT INTO erased_file (shelf, id) VALUES (?, ?) ON CONFLICT DO NOTHING", shelf, id)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

pub(super) async fn files(db: &mut SqliteConnection) -> sqlx::Result<Vec<(Shelf, Uuid)>> {
    let rows = sqlx::query!(r#"SELECT shelf, id AS "id: Uuid" FROM erased_file"#).fetch_all(db).await?;
    let shelf = |name: &str| Shelf::ALL.into_iter().find(|shelf| shelf.name() == name);
    Ok(rows.into_iter().filter_map(|row| shelf(&row.shelf).map(|shelf| (shelf, row.id))).collect())
}

pub(super) async fn forget_files(db: &mut SqliteConnection, files: &[(Shelf, Uuid)]) -> sqlx::Result<()> {
    for (shelf, id) in files {
        let shelf = shelf.name();
        sqlx::query!("DELETE FROM erased_file WHERE shelf = ? AND id = ?", shelf, id).execute(&mut *db).await?;
    }
    Ok(())
}

pub(super) async fn any_under_way(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT EXISTS (SELECT 1 FROM erasure WHERE done = 0) OR EXISTS (SELECT 1 FROM erased_file)"
    );
    Ok(found.fetch_one(db).await? != 0)
}

/// Those whose files are gone.
pub(super) async fn set_done(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("UPDATE erasure SET done = 1 WHERE done = 0 AND NOT EXISTS (SELECT 1 FROM erased_file)")
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn to_confirm(db: &mut SqliteConnection) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"SELECT id AS "id: Uuid" FROM erasure WHERE done = 1 AND confirmed = 0 ORDER BY id LIMIT 100"#
    )
    .fetch_all(db)
    .await
}

pub(super) async fn set_confirmed(db: &mut SqliteConnection, erasure: Uuid) -> sqlx::Result<()> {
    sqlx::query!("UPDATE erasure SET confirmed = 1 WHERE id = ?", erasure).execute(db).await?;
    Ok(())
}
