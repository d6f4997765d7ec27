//! Many rows by one statement, from a JSON list.
//!
//! A row is a list itself, and materialised: so SQLite writes each row's text once and parses it once, and not for each column.

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

/// Letters, in the order of the list.
pub(super) async fn insert(db: &mut SqliteConnection, rows: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO letter (id, register, symbol, year, n, identifier, registered_at, registered_by, registered_on, office_day,
                             facts, sender, title, reference, received_on, stage, unit, stage_changed_on, cancelled,
                             intake_op)
         WITH listed AS MATERIALIZED (SELECT value AS new FROM json_each(?) ORDER BY key)
         SELECT unhex(new ->> 0), new ->> 1, new ->> 2, new ->> 3, new ->> 4, new ->> 5, new ->> 6, new ->> 7, unhex(new ->> 8),
                new ->> 9, new ->> 10, new ->> 11, new ->> 12, new ->> 13, new ->> 14, new ->> 15, new ->> 16, new ->> 17,
                new ->> 18, unhex(new ->> 19)
         FROM listed WHERE true ON CONFLICT DO NOTHING",
        rows
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Search words of letters that stand in the register.
pub(super) async fn index(db: &mut SqliteConnection, words: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO letter_fts (rowid, words)
         WITH listed AS MATERIALIZED (SELECT value AS new FROM json_each(?))
         SELECT letter.key, new ->> 1 FROM listed CROSS JOIN letter ON letter.id = unhex(new ->> 0)",
        words
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lines of history of letters that stand in the register.
pub(super) async fn note(db: &mut SqliteConnection, lines: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO history (letter_id, at, who, what)
         WITH listed AS MATERIALIZED (SELECT value AS new FROM json_each(?) ORDER BY key)
         SELECT letter.id, new ->> 1, new ->> 2, new ->> 3
         FROM listed CROSS JOIN letter ON letter.id = unhex(new ->> 0)",
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
