//! Rows of synchronising: how far we are, central's letters, what could not be applied, tasks.

use std::collections::BTreeMap;

use domain::{ids::LetterId, rights::Scope};
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::{Cursor, LetterState};

use crate::DeskError;

/// How far this desk and central are with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) acked: u64,
    pub(super) pulled: u64,
    pub(super) cursor: Option<Cursor>,
}

/// How a letter is shown to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) stage: String,
    pub(super) unit: Option<String>,
    pub(super) changed_on: String,
    pub(super) intake_op: Uuid,
    pub(super) cancelled: bool,
    pub(super) tasks: i64,
    pub(super) pages: u32,
}

pub(super) async fn progress(db: &mut SqliteConnection) -> sqlx::Result<Progress> {
    let row = sqlx::query!(
        r#"SELECT acked_seq, pulled_seq, epoch AS "epoch: Uuid", head, digest FROM sync_state WHERE id = 1"#
    )
    .fetch_one(db)
    .await?;
    let digest = row.digest.and_then(|digest| <[u8; 32]>::try_from(digest).ok());
    Ok(Progress {
        acked: row.acked_seq.cast_unsigned(),
        pulled: row.pulled_seq.cast_unsigned(),
        cursor: row.epoch.zip(digest).map(|(epoch, digest)| Cursor { epoch, head: row.head.cast_unsigned(), digest }),
    })
}

pub(super) async fn set_acked(db: &mut SqliteConnection, seq: u64) -> sqlx::Result<()> {
    let seq = seq.cast_signed();
    sqlx::query!("UPDATE sync_state SET acked_seq = ? WHERE id = 1", seq).execute(db).await?;
    Ok(())
}

pub(super) async fn set_pulled(db: &mut SqliteConnection, seq: u64) -> sqlx::Result<()> {
    let seq = seq.cast_signed();
    sqlx::query!("UPDATE sync_state SET pulled_seq = ? WHERE id = 1", seq).execute(db).await?;
    Ok(())
}

pub(super) async fn set_cursor(db: &mut SqliteConnection, cursor: &Cursor) -> sqlx::Result<()> {
    let (head, digest) = (cursor.head.cast_signed(), &cursor.digest[..]);
    sqlx::query!("UPDATE sync_state SET epoch = ?, head = ?, digest = ? WHERE id = 1", cursor.epoch, head, digest)
        .execute(db)
        .await?;
    Ok(())
}

/// The kinds of records under which central's changes were read.
pub(super) async fn read_scope(db: &mut SqliteConnection) -> Result<Scope, DeskError> {
    let scope = sqlx::query_scalar!("SELECT read_scope FROM sync_state WHERE id = 1").fetch_one(db).await?;
    Ok(match scope {
        Some(scope) => serde_json::from_str::<Scope>(&scope)?,
        None => Scope::all(),
    })
}

pub(super) async fn set_read_scope(db: &mut SqliteConnection, scope: &Scope) -> Result<(), DeskError> {
    let scope = serde_json::to_string(scope)?;
    sqlx::query!("UPDATE sync_state SET read_scope = ? WHERE id = 1", scope).execute(db).await?;
    Ok(())
}

/// Whom files for central are encrypted to, as central last told.
pub(super) async fn file_key(db: &mut SqliteConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT file_key FROM sync_state WHERE id = 1").fetch_one(db).await
}

pub(super) async fn set_file_key(db: &mut SqliteConnection, key: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE sync_state SET file_key = ? WHERE id = 1", key).execute(db).await?;
    Ok(())
}

/// Number of the last change that two proved backups of central hold, as it last told.
pub(super) async fn backed_up_head(db: &mut SqliteConnection) -> Result<Option<u64>, DeskError> {
    let head = sqlx::query_scalar!("SELECT backed_up_head FROM sync_state WHERE id = 1").fetch_one(db).await?;
    Ok(head.map(i64::cast_unsigned))
}

pub(super) async fn set_backed_up_head(db: &mut SqliteConnection, head: Option<u64>) -> sqlx::Result<()> {
    let head = head.map(u64::cast_signed);
    sqlx::query!("UPDATE sync_state SET backed_up_head = ? WHERE id = 1", head).execute(db).await?;
    Ok(())
}

pub(super) async fn signing_key(db: &mut SqliteConnection) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!("SELECT signing_key FROM desk_state WHERE id = 1").fetch_one(db).await
}

pub(super) async fn put_letter(db: &mut SqliteConnection, n: u64, letter: &LetterState) -> Result<(), DeskError> {
    let (n, body) = (n.cast_signed(), serde_json::to_string(letter)?);
    let (stage, changed_on) = (letter.stage.as_str(), letter.stage_changed_on.to_string());
    let (status_op, routing_op) = (letter.last_ops.status.map(|op| op.0), letter.last_ops.routing.map(|op| op.0));
    let pages = letter.scans.last().map_or(0, |scan| scan.pages);
    sqlx::query!(
        "INSERT INTO central_letter (letter_id, n, body, stage, unit, stage_changed_on, status_op, routing_op, pages)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (letter_id) DO UPDATE SET n = excluded.n, body = excluded.body, stage = excluded.stage,
             unit = excluded.unit, stage_changed_on = excluded.stage_changed_on, status_op = excluded.status_op,
             routing_op = excluded.routing_op, pages = excluded.pages",
        letter.id.0,
        n,
        body,
        stage,
        letter.unit,
        changed_on,
        status_op,
        routing_op,
        pages
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Central's word on many letters, of which each stands in the list once.
pub(super) async fn put_letters(db: &mut SqliteConnection, letters: &[(u64, &LetterState)]) -> Result<(), DeskError> {
    let mut rows = Vec::with_capacity(letters.len());
    for (n, letter) in letters {
        let hex = |id: Uuid| id.simple().to_string();
        rows.push(serde_json::json!([
            hex(letter.id.0),
            n,
            serde_json::to_string(letter)?,
            letter.stage.as_str(),
            letter.unit,
            letter.stage_changed_on.to_string(),
            letter.last_ops.status.map(|op| hex(op.0)),
            letter.last_ops.routing.map(|op| hex(op.0)),
            letter.scans.last().map_or(0, |scan| scan.pages),
        ]));
    }
    let rows = serde_json::Value::Array(rows).to_string();
    // A row's text is written and parsed once, as in `letters::entering`.
    sqlx::query!(
        "INSERT OR REPLACE INTO central_letter
             (letter_id, n, body, stage, unit, stage_changed_on, status_op, routing_op, pages)
         WITH listed AS MATERIALIZED (SELECT value AS new FROM json_each(?))
         SELECT unhex(new ->> 0), new ->> 1, new ->> 2, new ->> 3, new ->> 4, new ->> 5, unhex(new ->> 6), unhex(new ->> 7),
                new ->> 8
         FROM listed",
        rows
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Central's letter whose place another one took.
pub(super) async fn forget_letter(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM central_letter WHERE letter_id = ?", letter.0).execute(db).await?;
    Ok(())
}

pub(super) async fn keep_raw(
    db: &mut SqliteConnection,
    epoch: Uuid,
    n: u64,
    body: &[u8],
    why: &str,
) -> sqlx::Result<()> {
    let n = n.cast_signed();
    sqlx::query!(
        "INSERT INTO raw_change (n, epoch, body, why) VALUES (?, ?, ?, ?)
         ON CONFLICT (epoch, n) DO UPDATE SET body = excluded.body, why = excluded.why",
        n,
        epoch,
        body,
        why
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Changes that this program could not read: read anew, they come again.
pub(super) async fn forget_raw(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM raw_change").execute(db).await?;
    Ok(())
}

/// Those that name a letter.
pub(super) async fn forget_raw_of(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<()> {
    let named = letter.to_string();
    sqlx::query!("DELETE FROM raw_change WHERE instr(body, CAST(? AS BLOB)) > 0", named).execute(db).await?;
    Ok(())
}

/// Central's word on a letter; `None` before it was pulled.
pub(super) async fn letter(db: &mut SqliteConnection, letter: LetterId) -> Result<Option<LetterState>, DeskError> {
    let body =
        sqlx::query_scalar!("SELECT body FROM central_letter WHERE letter_id = ?", letter.0).fetch_optional(db).await?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// Central's word on those of the letters that it was pulled for.
pub(super) async fn letters_among(
    db: &mut SqliteConnection,
    letters: &[LetterId],
) -> Result<Vec<LetterState>, DeskError> {
    let letters = listed(letters)?;
    let bodies = sqlx::query_scalar!(
        "SELECT central_letter.body FROM json_each(?) AS one CROSS JOIN central_letter ON letter_id = unhex(one.value)
         ORDER BY one.key",
        letters
    )
    .fetch_all(db)
    .await?;
    bodies.iter().map(|body| Ok(serde_json::from_str(body)?)).collect()
}

/// How this desk shows those of the letters that it knows.
pub(super) async fn standings(
    db: &mut SqliteConnection,
    letters: &[LetterId],
) -> Result<BTreeMap<LetterId, Standing>, DeskError> {
    let letters = listed(letters)?;
    let rows = sqlx::query!(
        r#"SELECT l.id AS "id: Uuid", s.stage AS "stage!: String", s.unit AS "unit: String",
                  s.stage_changed_on AS "changed_on!: String", l.intake_op AS "intake_op: Uuid",
                  l.cancelled IS NOT NULL AS "cancelled!: bool", s.pages AS "pages!: u32",
                  (SELECT COUNT(*) FROM task WHERE task.letter_id = l.id AND done_at IS NULL) AS "tasks!: i64"
           FROM json_each(?) AS one CROSS JOIN letter l ON l.id = unhex(one.value) JOIN letter_standing s ON s.key = l.key"#,
        letters
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let standing = Standing {
                stage: row.stage,
                unit: row.unit,
                changed_on: row.changed_on,
                intake_op: row.intake_op,
                cancelled: row.cancelled,
                tasks: row.tasks,
                pages: row.pages,
            };
            (LetterId(row.id), standing)
        })
        .collect())
}

fn listed(letters: &[LetterId]) -> Result<String, DeskError> {
    let ids: Vec<String> = letters.iter().map(|letter| letter.0.simple().to_string()).collect();
    Ok(serde_json::to_string(&ids)?)
}
