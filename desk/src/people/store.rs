//! Remembered senders and their search index.

use domain::{ids::PartyId, party::Party};
use jiff::civil::Date;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{Remembered, words_of};
use crate::DeskError;

// Newest two hundred of the matches are looked at; more would only be scrolled past.
pub(super) async fn matching(db: &mut SqliteConnection, query: &str) -> Result<Vec<Remembered>, DeskError> {
    let rows = sqlx::query!(
        r#"SELECT party.id AS "id!: Uuid", party.body AS "body!: String", party.letters AS "letters!: u32",
                  party.last_on AS "last_on!: String"
           FROM party_fts CROSS JOIN party ON party.key = party_fts.rowid
           WHERE party_fts MATCH ? ORDER BY party_fts.rowid DESC LIMIT 200"#,
        query
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Remembered {
                id: PartyId(row.id),
                party: serde_json::from_str(&row.body)?,
                letters: row.letters,
                last_on: row.last_on,
            })
        })
        .collect()
}

/// Counts a letter of a sender, who is remembered if she is new; returns her row. One round trip: a clerk waits for it.
pub(super) async fn count_letter(
    db: &mut SqliteConnection,
    id: PartyId,
    party: &Party,
    same_as: &str,
    on: Date,
) -> Result<i64, DeskError> {
    let (body, on, words) = (serde_json::to_string(party)?, on.to_string(), words_of(party));
    let key = sqlx::query_scalar!(
        r#"INSERT INTO party (id, body, same_as, letters, last_on) VALUES (?, ?, ?, 1, ?)
           ON CONFLICT (same_as) DO UPDATE SET letters = letters + 1, last_on = MAX(last_on, excluded.last_on);
           INSERT INTO party_fts (rowid, words) SELECT key, ? FROM party WHERE same_as = ? AND letters = 1;
           SELECT key AS "key!: i64" FROM party WHERE same_as = ?"#,
        id.0,
        body,
        same_as,
        on,
        words,
        same_as,
        same_as
    )
    .fetch_one(db)
    .await?;
    Ok(key)
}

/// Forgets a sender whom no letter names any more, with the words to find her by.
pub(super) async fn forget_unnamed(db: &mut SqliteConnection, key: i64) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO party_fts (party_fts, rank) VALUES ('secure-delete', 1)").execute(&mut *db).await?;
    let gone = sqlx::query!(
        "DELETE FROM party WHERE key = ? AND NOT EXISTS (SELECT 1 FROM letter WHERE party_key = party.key)",
        key
    )
    .execute(&mut *db)
    .await?;
    if gone.rows_affected() == 1 {
        sqlx::query!("DELETE FROM party_fts WHERE rowid = ?", key).execute(db).await?;
    }
    Ok(())
}
