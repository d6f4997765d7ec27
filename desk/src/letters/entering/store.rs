//! Many rows by one statement, from a JSON list.

use std::collections::BTreeSet;

use domain::ids::LetterId;
use sqlx::SqliteConnection;
use uuid::Uuid;

pub(super) async fn known_among(db: &mut SqliteConnection, letters: &str) -> sqlx::Result<BTreeSet<LetterId>> {
    let known = sqlx::query_scalar!(
        r#"SELECT letter.id AS "id: Uuid" FROM json_each(?) AS one CROSS JOIN letter ON letter.id = unhex(one.value)"#,
        letters
    )
    .fetch_all(db)
    .await?;
    Ok(known.into_iter().map(LetterId).collect())
}

/// Letters and their search words, in the order of the list.
pub(super) async fn insert(db: &mut SqliteConnection, rows: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO letter (id, register, symbol, year, n, identifier, registered_at, registered_by, registered_on, office_day,
                             facts, sender, title, reference, received_on, stage, unit, stage_changed_on, cancelled,
                             intake_op)
         SELECT unhex(value ->> 'id'), value ->> 'register', value ->> 'symbol', value ->> 'year', value ->> 'n',
                value ->> 'identifier', value ->> 'registered_at', value ->> 'registered_by',
                unhex(value ->> 'registered_on'), value ->> 'office_day', value ->> 'facts', value ->> 'sender',
                value ->> 'title', value ->> 'reference', value ->> 'received_on', value ->> 'stage', value ->> 'unit',
                value ->> 'stage_changed_on', value ->> 'cancelled', unhex(value ->> 'intake_op')
         FROM json_each(?) WHERE true ORDER BY key ON CONFLICT DO NOTHING",
        rows
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "INSERT INTO letter_fts (rowid, words)
         SELECT letter.key, one.value ->> 'words'
         FROM json_each(?) AS one CROSS JOIN letter ON letter.id = unhex(one.value ->> 'id')",
        rows
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lines of history of letters that stand in the register.
pub(super) async fn note(db: &mut SqliteConnection, lines: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO history (letter_id, at, who, what)
         SELECT letter.id, one.value ->> 'at', one.value ->> 'who', one.value ->> 'what'
         FROM json_each(?) AS one CROSS JOIN letter ON letter.id = unhex(one.value ->> 'letter') ORDER BY one.key",
        lines
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Operations of others that stand in a history by now.
pub(super) async fn set_noted(db: &mut SqliteConnection, ops: &str) -> sqlx::Result<()> {
    sqlx::query!("INSERT OR IGNORE INTO noted_op (op_id) SELECT unhex(value) FROM json_each(?)", ops)
        .execute(db)
        .await?;
    Ok(())
}
