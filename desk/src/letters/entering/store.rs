//! Many rows by one statement, from a JSON list.

use std::collections::BTreeSet;

use domain::ids::{LetterId, OpId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::DeskError;

/// How a letter that was registered here stands.
pub(super) struct Own {
    pub(super) id: LetterId,
    pub(super) intake: OpId,
    pub(super) stage: String,
    pub(super) unit: Option<String>,
    pub(super) stage_changed_on: String,
}

pub(super) async fn known_among(db: &mut SqliteConnection, letters: &str) -> sqlx::Result<BTreeSet<LetterId>> {
    let known = sqlx::query_scalar!(
        r#"SELECT letter.id AS "id: Uuid" FROM json_each(?) AS one CROSS JOIN letter ON letter.id = unhex(one.value)"#,
        letters
    )
    .fetch_all(db)
    .await?;
    Ok(known.into_iter().map(LetterId).collect())
}

/// Those that this desk registered, of which central said nothing yet and about which nothing is open.
pub(super) async fn own_among(db: &mut SqliteConnection, letters: &str) -> Result<Vec<Own>, DeskError> {
    let rows = sqlx::query!(
        r#"SELECT l.id AS "id: Uuid", l.intake_op AS "intake_op: Uuid", l.stage, l.unit, l.stage_changed_on
           FROM json_each(?) AS one CROSS JOIN letter AS l ON l.id = unhex(one.value)
           WHERE l.registered_on IS NULL AND l.cancelled IS NULL
               AND NOT EXISTS (SELECT 1 FROM central_letter WHERE central_letter.letter_id = l.id)
               AND NOT EXISTS (SELECT 1 FROM task WHERE task.letter_id = l.id AND task.done_at IS NULL)"#,
        letters
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Own {
            id: LetterId(row.id),
            intake: OpId(row.intake_op),
            stage: row.stage,
            unit: row.unit,
            stage_changed_on: row.stage_changed_on,
        })
        .collect())
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
