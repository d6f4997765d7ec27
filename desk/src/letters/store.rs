//! Rows of the register. Central's stage is shown unless an own operation is newer than what was pulled.

use domain::{
    ids::{LetterId, OpId},
    letter::Letter,
    marks::DocumentIdentifier,
    register::{PointSymbol, Register, RegisterNumber},
    rights::RecordKind,
    stage::Stage,
};
use jiff::{Timestamp, civil::Date};
use sqlx::SqliteConnection;
use uuid::Uuid;
use wire::v1::LetterState;

use super::{
    Recent,
    view::{Cancellation, HistoryKind},
};
use crate::DeskError;

/// One letter as stored, central's stage laid under own newer ones.
pub(crate) struct LetterRow {
    pub(crate) key: i64,
    pub(crate) letter: Letter,
    pub(crate) office_day: Date,
    pub(crate) party_key: Option<i64>,
    pub(crate) stage: Stage,
    pub(crate) unit: Option<String>,
    pub(crate) stage_changed_on: String,
    pub(crate) cancelled: Option<Cancellation>,
    pub(crate) intake_op: OpId,
    pub(crate) status_op: Option<OpId>,
    pub(crate) unit_op: Option<OpId>,
    pub(crate) registered_here: bool,
    pub(crate) synced: bool,
}

impl LetterRow {
    /// The kind of record that it is.
    pub(crate) fn kind(&self) -> RecordKind {
        RecordKind::of_letter(self.letter.facts.kind.as_deref())
    }
}

/// A row of the list.
#[expect(clippy::struct_excessive_bools, reason = "a row of questions answered by yes or no")]
pub(super) struct ListRow {
    pub(super) key: i64,
    pub(super) id: LetterId,
    pub(super) number: RegisterNumber,
    pub(super) received_on: String,
    pub(super) sender: String,
    pub(super) title: String,
    pub(super) reference: Option<String>,
    pub(super) stage: Stage,
    pub(super) unit: Option<String>,
    pub(super) cancelled: bool,
    pub(super) pages: u32,
    pub(super) label_waits: bool,
    pub(super) synced: bool,
    pub(super) erased: bool,
    pub(super) kind: RecordKind,
}

fn number(register: &str, symbol: String, year: i64, n: i64) -> Result<RegisterNumber, DeskError> {
    let stored = DeskError::unexpected::<&str>;
    let register = [Register::Incoming, Register::Outgoing]
        .into_iter()
        .find(|known| known.as_str() == register)
        .ok_or_else(|| stored("a stored number")("unknown register"))?;
    Ok(RegisterNumber {
        register,
        symbol: PointSymbol::try_from(symbol).map_err(DeskError::unexpected("a stored symbol"))?,
        year: i16::try_from(year).map_err(DeskError::unexpected("a stored year"))?,
        n: u32::try_from(n).map_err(DeskError::unexpected("a stored number"))?,
    })
}

fn stage(text: &str) -> Result<Stage, DeskError> {
    text.parse().map_err(DeskError::unexpected("a stored stage"))
}

fn moment(text: &str) -> Result<Timestamp, DeskError> {
    text.parse().map_err(DeskError::unexpected("a stored moment"))
}

pub(super) async fn exists(db: &mut SqliteConnection, id: LetterId) -> sqlx::Result<bool> {
    Ok(sqlx::query_scalar!("SELECT EXISTS (SELECT 1 FROM letter WHERE id = ?)", id.0).fetch_one(db).await? != 0)
}

/// Writes the letter, its search words and the first line of its history. One round trip: a clerk waits for it.
pub(super) async fn insert(
    db: &mut SqliteConnection,
    letter: &Letter,
    unit: Option<&str>,
    office_day: Date,
    party: Option<i64>,
    op: OpId,
    words: &str,
) -> Result<(), DeskError> {
    let (register, symbol) = (letter.number.register.as_str(), letter.number.symbol.as_str());
    let (identifier, registered_at) = (letter.identifier.as_str(), letter.registered_at.to_string());
    let (facts, sender) = (serde_json::to_string(&letter.facts)?, letter.facts.sender.name.display());
    let (received_on, office_day) = (letter.facts.received_on.to_string(), office_day.to_string());
    let (stage, happened) = (Stage::Registered.as_str(), serde_json::to_string(&HistoryKind::Registered)?);
    sqlx::query!(
        "INSERT INTO letter (id, register, symbol, year, n, identifier, registered_at, registered_by, office_day, facts,
                             party_key, sender, title, reference, received_on, stage, unit, stage_changed_on, intake_op)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
         INSERT INTO letter_fts (rowid, words) VALUES (last_insert_rowid(), ?);
         INSERT INTO history (letter_id, at, who, what) VALUES (?, ?, ?, ?)",
        letter.id.0,
        register,
        symbol,
        letter.number.year,
        letter.number.n,
        identifier,
        registered_at,
        letter.registered_by,
        office_day,
        facts,
        party,
        sender,
        letter.facts.title,
        letter.facts.reference,
        received_on,
        stage,
        unit,
        office_day,
        op.0,
        words,
        letter.id.0,
        registered_at,
        letter.registered_by,
        happened
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn correct(
    db: &mut SqliteConnection,
    key: i64,
    letter: &Letter,
    party: Option<i64>,
    op: OpId,
    words: &str,
) -> Result<(), DeskError> {
    let (facts, sender) = (serde_json::to_string(&letter.facts)?, letter.facts.sender.name.display());
    let received_on = letter.facts.received_on.to_string();
    sqlx::query!(
        "UPDATE letter SET facts = ?, party_key = ?, sender = ?, title = ?, reference = ?, received_on = ?, intake_op = ?
         WHERE key = ?",
        facts,
        party,
        sender,
        letter.facts.title,
        letter.facts.reference,
        received_on,
        op.0,
        key
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("UPDATE letter_fts SET words = ? WHERE rowid = ?", words, key).execute(db).await?;
    Ok(())
}

pub(super) async fn cancel(db: &mut SqliteConnection, key: i64, cancellation: &Cancellation) -> Result<(), DeskError> {
    let cancellation = serde_json::to_string(cancellation)?;
    sqlx::query!("UPDATE letter SET cancelled = ? WHERE key = ?", cancellation, key).execute(db).await?;
    Ok(())
}

/// Takes a cancellation back: central keeps it as a question.
pub(super) async fn uncancel(db: &mut SqliteConnection, key: i64) -> sqlx::Result<()> {
    sqlx::query!("UPDATE letter SET cancelled = NULL WHERE key = ?", key).execute(db).await?;
    Ok(())
}

pub(super) async fn set_stage(
    db: &mut SqliteConnection,
    key: i64,
    stage: Stage,
    on: Date,
    op: OpId,
) -> Result<(), DeskError> {
    let (stage, on) = (stage.as_str(), on.to_string());
    sqlx::query!(
        "UPDATE letter SET stage = ?, stage_changed_on = ?, status_op = ? WHERE key = ?",
        stage,
        on,
        op.0,
        key
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_unit(
    db: &mut SqliteConnection,
    key: i64,
    unit: Option<&str>,
    op: OpId,
) -> Result<(), DeskError> {
    sqlx::query!("UPDATE letter SET unit = ?, unit_op = ? WHERE key = ?", unit, op.0, key).execute(db).await?;
    Ok(())
}

/// Enters a letter of another desk, with its search words; `false` when its number or identifier stands here already.
pub(super) async fn insert_foreign(
    db: &mut SqliteConnection,
    state: &LetterState,
    cancelled: Option<&Cancellation>,
    office_day: Date,
    words: &str,
) -> Result<bool, DeskError> {
    let (register, symbol) = (state.number.register.as_str(), state.number.symbol.as_str());
    let (identifier, registered_at) = (state.identifier.as_str(), state.registered_at.to_string());
    let (facts, sender) = (serde_json::to_string(&state.facts)?, state.facts.sender.name.display());
    let (received_on, office_day) = (state.facts.received_on.to_string(), office_day.to_string());
    let (stage, changed_on) = (state.stage.as_str(), state.stage_changed_on.to_string());
    let cancelled = cancelled.map(serde_json::to_string).transpose()?;
    let key = sqlx::query_scalar!(
        r#"INSERT INTO letter (id, register, symbol, year, n, identifier, registered_at, registered_by, registered_on,
                               office_day, facts, sender, title, reference, received_on, stage, unit, stage_changed_on,
                               cancelled, intake_op)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO NOTHING RETURNING key AS "key!: i64""#,
        state.id.0,
        register,
        symbol,
        state.number.year,
        state.number.n,
        identifier,
        registered_at,
        state.registered_by,
        state.registered_on.0,
        office_day,
        facts,
        sender,
        state.facts.title,
        state.facts.reference,
        received_on,
        stage,
        state.unit,
        changed_on,
        cancelled,
        state.last_ops.intake.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(key) = key else { return Ok(false) };
    sqlx::query!("INSERT INTO letter_fts (rowid, words) VALUES (?, ?)", key, words).execute(db).await?;
    Ok(true)
}

/// From now on words that leave the index are taken out of its pages, and not only marked as gone (FTS5, 6.12). The index
/// remembers it.
pub(super) async fn forget_words_for_good(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO letter_fts (letter_fts, rank) VALUES ('secure-delete', 1)").execute(db).await?;
    Ok(())
}

/// Takes away what was typed about a letter of another desk: who registered it, its history, its tasks.
pub(super) async fn withdraw(db: &mut SqliteConnection, key: i64, id: LetterId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE letter SET registered_by = '', unit = NULL WHERE key = ?;
         DELETE FROM history WHERE letter_id = ?;
         DELETE FROM task WHERE letter_id = ?",
        key,
        id.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn forget_status_key(db: &mut SqliteConnection, id: LetterId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM status_key WHERE letter_id = ?", id.0).execute(db).await?;
    Ok(())
}

pub(super) async fn set_registered_by(db: &mut SqliteConnection, key: i64, who: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE letter SET registered_by = ? WHERE key = ?", who, key).execute(db).await?;
    Ok(())
}

/// Gives the row of a re-entry, with its history and scans, to the letter that takes its place.
pub(super) async fn take_place_of(
    db: &mut SqliteConnection,
    replaced: LetterId,
    state: &LetterState,
) -> sqlx::Result<()> {
    let registered_at = state.registered_at.to_string();
    // The rows that name the letter follow one by one.
    sqlx::query!("PRAGMA defer_foreign_keys = ON").execute(&mut *db).await?;
    sqlx::query!(
        "UPDATE letter SET id = ?, registered_at = ?, registered_by = ?, registered_on = ? WHERE id = ?",
        state.id.0,
        registered_at,
        state.registered_by,
        state.registered_on.0,
        replaced.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("UPDATE history SET letter_id = ? WHERE letter_id = ?", state.id.0, replaced.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE scan SET letter_id = ? WHERE letter_id = ?", state.id.0, replaced.0).execute(&mut *db).await?;
    sqlx::query!("UPDATE task SET letter_id = ? WHERE letter_id = ?", state.id.0, replaced.0).execute(&mut *db).await?;
    sqlx::query!("UPDATE status_key SET letter_id = ? WHERE letter_id = ?", state.id.0, replaced.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE label_job SET letter_id = ? WHERE letter_id = ?", state.id.0, replaced.0)
        .execute(&mut *db)
        .await?;
    // The form names the letter, too.
    let id = state.id.to_string();
    sqlx::query!(
        "UPDATE correction_draft SET letter_id = ?, body = json_set(body, '$.draft.id', ?) WHERE letter_id = ?",
        state.id.0,
        id,
        replaced.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(crate) async fn row(db: &mut SqliteConnection, id: LetterId) -> Result<LetterRow, DeskError> {
    let row = sqlx::query!(
        r#"SELECT l.key AS "key!: i64", l.register, l.symbol, l.year, l.n, l.identifier, l.registered_at, l.registered_by,
                  l.office_day, l.facts, l.party_key, l.cancelled, l.intake_op AS "intake_op: Uuid",
                  s.status_op AS "status_op: Uuid", s.unit_op AS "unit_op: Uuid",
                  l.registered_on IS NULL AS "registered_here!: bool",
                  s.stage AS "stage!: String", s.unit AS "unit: String", s.stage_changed_on AS "stage_changed_on!: String",
                  s.synced AS "synced!: bool"
           FROM letter l JOIN letter_standing s ON s.key = l.key WHERE l.id = ?"#,
        id.0
    )
    .fetch_optional(db)
    .await?
    .ok_or(DeskError::Refused(domain::ErrorCode::NotFound))?;
    let letter = Letter {
        id,
        number: number(&row.register, row.symbol, row.year, row.n)?,
        identifier: serde_json::from_value::<DocumentIdentifier>(row.identifier.into())?,
        registered_at: moment(&row.registered_at)?,
        registered_by: row.registered_by,
        facts: serde_json::from_str(&row.facts)?,
    };
    Ok(LetterRow {
        key: row.key,
        letter,
        office_day: row.office_day.parse().map_err(DeskError::unexpected("a stored day"))?,
        party_key: row.party_key,
        stage: stage(&row.stage)?,
        unit: row.unit,
        stage_changed_on: row.stage_changed_on,
        cancelled: row.cancelled.map(|body| serde_json::from_str(&body)).transpose()?,
        intake_op: OpId(row.intake_op),
        status_op: row.status_op.map(OpId),
        unit_op: row.unit_op.map(OpId),
        registered_here: row.registered_here,
        synced: row.synced,
    })
}

pub(super) async fn recent(db: &mut SqliteConnection, limit: u32) -> Result<Vec<Recent>, DeskError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: Uuid", register, symbol, year, n, sender, title, registered_at,
                  cancelled IS NOT NULL AS "cancelled!: bool", json_extract(facts, '$.kind') AS "document_kind: String"
           FROM letter WHERE registered_on IS NULL ORDER BY key DESC LIMIT ?"#,
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Recent {
                id: LetterId(row.id),
                number: number(&row.register, row.symbol, row.year, row.n)?,
                sender: row.sender,
                title: row.title,
                registered_at: moment(&row.registered_at)?,
                cancelled: row.cancelled,
                kind: RecordKind::of_letter(row.document_kind.as_deref()),
            })
        })
        .collect()
}

pub(super) async fn units(db: &mut SqliteConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"SELECT unit AS "unit!: String" FROM (SELECT unit, key FROM letter ORDER BY key DESC LIMIT 2000)
           WHERE unit IS NOT NULL GROUP BY unit ORDER BY MAX(key) DESC LIMIT 50"#
    )
    .fetch_all(db)
    .await
}

pub(super) async fn count(db: &mut SqliteConnection) -> sqlx::Result<u64> {
    // Keys are dense: nothing is deleted, and a refused letter takes no key.
    let last = sqlx::query_scalar!(r#"SELECT COALESCE(MAX(key), 0) AS "last!: i64" FROM letter"#).fetch_one(db).await?;
    Ok(last.cast_unsigned())
}

macro_rules! list_rows {
    ($db:expr, $sql:literal, $($argument:expr),+) => {{
        let rows = sqlx::query!($sql, $($argument),+).fetch_all($db).await?;
        rows.into_iter()
            .map(|row| {
                Ok(ListRow {
                    key: row.key,
                    id: LetterId(row.id),
                    number: number(&row.register, row.symbol, row.year, row.n)?,
                    received_on: row.received_on,
                    sender: row.sender,
                    title: row.title,
                    reference: row.reference,
                    stage: stage(&row.stage)?,
                    unit: row.unit,
                    cancelled: row.cancelled,
                    pages: row.pages,
                    label_waits: row.label_waits,
                    synced: row.synced,
                    erased: row.erased,
                    kind: RecordKind::of_letter(row.document_kind.as_deref()),
                })
            })
            .collect()
    }};
}

pub(super) async fn page(db: &mut SqliteConnection, before: i64, limit: u32) -> Result<Vec<ListRow>, DeskError> {
    list_rows!(
        db,
        r#"SELECT l.key AS "key!: i64", l.id AS "id: Uuid", l.register, l.symbol, l.year, l.n, l.received_on, l.sender, l.title,
                  l.reference, s.stage AS "stage!: String", s.unit AS "unit: String",
                  l.cancelled IS NOT NULL AS "cancelled!: bool", s.pages AS "pages!: u32",
                  s.label_waits AS "label_waits!: bool", s.synced AS "synced!: bool",
                  json_extract(l.facts, '$.kind') AS "document_kind: String",
                  EXISTS (SELECT 1 FROM erasure WHERE erasure.letter_id = l.id) AS "erased!: bool"
           FROM (SELECT key FROM letter WHERE key < ? ORDER BY key DESC LIMIT ?) found
           CROSS JOIN letter l ON l.key = found.key CROSS JOIN letter_standing s ON s.key = found.key
           ORDER BY found.key DESC"#,
        before,
        limit
    )
}

pub(super) async fn matching(
    db: &mut SqliteConnection,
    words: &str,
    before: i64,
    limit: u32,
) -> Result<Vec<ListRow>, DeskError> {
    list_rows!(
        db,
        r#"SELECT l.key AS "key!: i64", l.id AS "id: Uuid", l.register, l.symbol, l.year, l.n, l.received_on, l.sender, l.title,
                  l.reference, s.stage AS "stage!: String", s.unit AS "unit: String",
                  l.cancelled IS NOT NULL AS "cancelled!: bool", s.pages AS "pages!: u32",
                  s.label_waits AS "label_waits!: bool", s.synced AS "synced!: bool",
                  json_extract(l.facts, '$.kind') AS "document_kind: String",
                  EXISTS (SELECT 1 FROM erasure WHERE erasure.letter_id = l.id) AS "erased!: bool"
           FROM (SELECT rowid AS key FROM letter_fts WHERE letter_fts MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?) found
           CROSS JOIN letter l ON l.key = found.key CROSS JOIN letter_standing s ON s.key = found.key
           ORDER BY found.key DESC"#,
        words,
        before,
        limit
    )
}

pub(super) async fn status_key(db: &mut SqliteConnection, id: LetterId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT key FROM status_key WHERE letter_id = ?", id.0).fetch_optional(db).await
}

pub(super) async fn note(
    db: &mut SqliteConnection,
    id: LetterId,
    at: Timestamp,
    who: &str,
    what: &HistoryKind,
) -> Result<(), DeskError> {
    let (at, what) = (at.to_string(), serde_json::to_string(what)?);
    sqlx::query!("INSERT INTO history (letter_id, at, who, what) VALUES (?, ?, ?, ?)", id.0, at, who, what)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn history(
    db: &mut SqliteConnection,
    id: LetterId,
) -> Result<Vec<(Timestamp, String, HistoryKind)>, DeskError> {
    let rows =
        sqlx::query!("SELECT at, who, what FROM history WHERE letter_id = ? ORDER BY key", id.0).fetch_all(db).await?;
    rows.into_iter().map(|row| Ok((moment(&row.at)?, row.who, serde_json::from_str(&row.what)?))).collect()
}

/// Remembers that the operation is told in a history; `false` when it was before.
pub(super) async fn note_once(db: &mut SqliteConnection, op: OpId) -> sqlx::Result<bool> {
    let inserted =
        sqlx::query!("INSERT INTO noted_op (op_id) VALUES (?) ON CONFLICT DO NOTHING", op.0).execute(db).await?;
    Ok(inserted.rows_affected() == 1)
}

/// What kind of document the letter is, as typed.
pub(super) async fn document_kind(db: &mut SqliteConnection, id: LetterId) -> sqlx::Result<Option<String>> {
    let kind =
        sqlx::query_scalar!(r#"SELECT json_extract(facts, '$.kind') AS "kind: String" FROM letter WHERE id = ?"#, id.0)
            .fetch_optional(db)
            .await?;
    Ok(kind.flatten())
}
