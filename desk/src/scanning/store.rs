//! Rows of batches, pages, decisions and scans; what scanning reads of letters.

use domain::{
    ids::{BatchId, LetterId, PageId, ScanId},
    marks::DocumentIdentifier,
    register::{PointSymbol, Register, RegisterNumber},
    scan::BatchState,
};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    batch::{BatchRow, Decision, LetterFact, PageRow},
    uploads::WaitingScan,
};
use crate::{DeskError, letters::view::ScanView};

fn moment(text: &str) -> Result<Timestamp, DeskError> {
    text.parse().map_err(DeskError::unexpected("a stored moment"))
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], DeskError> {
    <[u8; 32]>::try_from(bytes)
        .map_err(|_| DeskError::Unexpected { what: "a stored hash", source: "another length".into() })
}

fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

// Batches.

macro_rules! batch_row {
    ($row:expr) => {
        match $row {
            None => Ok(None),
            Some(row) => Ok(Some(BatchRow {
                key: row.key,
                id: BatchId(row.id),
                started_at: moment(&row.started_at)?,
                device: row.device,
                state: serde_json::from_str(&row.body)?,
            })),
        }
    };
}

pub(super) async fn open_batch(db: &mut SqliteConnection) -> Result<Option<BatchRow>, DeskError> {
    let row = sqlx::query!(
        r#"SELECT key AS "key!: i64", id AS "id: Uuid", started_at, device, body FROM scan_batch WHERE open = 1"#
    )
    .fetch_optional(db)
    .await?;
    batch_row!(row)
}

pub(super) async fn batch(db: &mut SqliteConnection, id: BatchId) -> Result<Option<BatchRow>, DeskError> {
    let row = sqlx::query!(
        r#"SELECT key AS "key!: i64", id AS "id: Uuid", started_at, device, body FROM scan_batch WHERE id = ?"#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    batch_row!(row)
}

pub(super) async fn insert_batch(
    db: &mut SqliteConnection,
    id: BatchId,
    now: Timestamp,
    state: BatchState,
) -> Result<(), DeskError> {
    let (now, body) = (now.to_string(), serde_json::to_string(&state)?);
    sqlx::query!("INSERT INTO scan_batch (id, started_at, body, open) VALUES (?, ?, ?, 1)", id.0, now, body)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn set_state(db: &mut SqliteConnection, key: i64, state: BatchState) -> Result<(), DeskError> {
    let body = serde_json::to_string(&state)?;
    let open = !matches!(state, BatchState::Closed | BatchState::Discarded);
    sqlx::query!("UPDATE scan_batch SET body = ?, open = ? WHERE key = ?", body, open, key).execute(db).await?;
    Ok(())
}

pub(super) async fn set_device(db: &mut SqliteConnection, id: BatchId, model: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE scan_batch SET device = ? WHERE id = ?", model, id.0).execute(db).await?;
    Ok(())
}

// Pages.

pub(super) async fn pages(db: &mut SqliteConnection, batch: i64) -> Result<Vec<PageRow>, DeskError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: Uuid", place, sha256, bytes, broken AS "broken: bool", dpi, marks FROM scan_page
           WHERE batch_key = ? ORDER BY place"#,
        batch
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PageRow {
                id: PageId(row.id),
                place: small(row.place),
                sha256: hash(row.sha256)?,
                bytes: row.bytes.cast_unsigned(),
                broken: row.broken,
                dpi: small(row.dpi),
                marks: row.marks.map(|marks| serde_json::from_str(&marks)).transpose()?,
            })
        })
        .collect()
}

/// A page to be written.
pub(super) struct NewPage {
    pub(super) id: PageId,
    pub(super) batch: BatchId,
    pub(super) received_at: Timestamp,
    pub(super) sha256: [u8; 32],
    pub(super) bytes: u64,
    pub(super) broken: bool,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) dpi: u16,
}

pub(super) async fn insert_page(db: &mut SqliteConnection, page: &NewPage) -> Result<(), DeskError> {
    let (received_at, sha256) = (page.received_at.to_string(), page.sha256.as_slice());
    let (bytes, marks) = (page.bytes.cast_signed(), page.broken.then_some("[]"));
    sqlx::query!(
        "INSERT INTO scan_page (id, batch_key, place, received_at, sha256, bytes, broken, width, height, dpi, marks)
         SELECT ?, b.key, COALESCE((SELECT MAX(place) FROM scan_page WHERE batch_key = b.key), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?
         FROM scan_batch b WHERE b.id = ?",
        page.id.0,
        received_at,
        sha256,
        bytes,
        page.broken,
        page.width,
        page.height,
        page.dpi,
        marks,
        page.batch.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn set_read(
    db: &mut SqliteConnection,
    page: PageId,
    marks: &[String],
    broken: bool,
) -> Result<(), DeskError> {
    let marks = serde_json::to_string(marks)?;
    sqlx::query!("UPDATE scan_page SET marks = ?, broken = ? WHERE id = ?", marks, broken, page.0).execute(db).await?;
    Ok(())
}

/// Pages of open batches on which nobody has looked for marks.
pub(super) async fn unread(db: &mut SqliteConnection) -> sqlx::Result<Vec<(BatchId, PageId)>> {
    let rows = sqlx::query!(
        r#"SELECT p.id AS "id: Uuid", b.id AS "batch: Uuid" FROM scan_page p JOIN scan_batch b ON b.key = p.batch_key
           WHERE p.marks IS NULL AND b.open = 1 ORDER BY p.key"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (BatchId(row.batch), PageId(row.id))).collect())
}

/// The letter that a page is attached to; the outer `None` where there is no such page.
pub(super) async fn page(db: &mut SqliteConnection, page: PageId) -> sqlx::Result<Option<Option<LetterId>>> {
    let letter = sqlx::query_scalar!(
        r#"SELECT scan.letter_id AS "letter: Uuid" FROM scan_page LEFT JOIN scan ON scan.id = scan_page.scan_id
           WHERE scan_page.id = ?"#,
        page.0
    )
    .fetch_optional(db)
    .await?;
    Ok(letter.map(|letter| letter.map(LetterId)))
}

pub(super) async fn give_page(db: &mut SqliteConnection, page: PageId, scan: ScanId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE scan_page SET scan_id = ? WHERE id = ?", scan.0, page.0).execute(db).await?;
    Ok(())
}

/// Pages of discarded batches: their files may still be there.
pub(super) async fn discarded_pages(db: &mut SqliteConnection) -> sqlx::Result<Vec<PageId>> {
    let rows = sqlx::query_scalar!(
        r#"SELECT p.id AS "id: Uuid" FROM scan_page p JOIN scan_batch b ON b.key = p.batch_key
           WHERE b.open = 0 AND json_extract(b.body, '$.state') = 'discarded'"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(PageId).collect())
}

pub(super) async fn forget_pages(db: &mut SqliteConnection, pages: &[PageId]) -> sqlx::Result<()> {
    for page in pages {
        sqlx::query!("DELETE FROM scan_page WHERE id = ?", page.0).execute(&mut *db).await?;
    }
    Ok(())
}

// Decisions.

pub(super) async fn decisions(db: &mut SqliteConnection, batch: i64) -> Result<Vec<Decision>, DeskError> {
    let rows = sqlx::query_scalar!("SELECT body FROM scan_decision WHERE batch_key = ? ORDER BY key", batch)
        .fetch_all(db)
        .await?;
    rows.into_iter().map(|body| Ok(serde_json::from_str(&body)?)).collect()
}

pub(super) async fn insert_decision(
    db: &mut SqliteConnection,
    batch: i64,
    decision: &Decision,
) -> Result<(), DeskError> {
    let body = serde_json::to_string(decision)?;
    sqlx::query!("INSERT INTO scan_decision (batch_key, body) VALUES (?, ?)", batch, body).execute(db).await?;
    Ok(())
}

/// Takes the last decision back; `false` when there was none.
pub(super) async fn delete_last_decision(db: &mut SqliteConnection, batch: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM scan_decision WHERE key = (SELECT MAX(key) FROM scan_decision WHERE batch_key = ?)",
        batch
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn forget_decisions(db: &mut SqliteConnection, batch: i64) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM scan_decision WHERE batch_key = ?", batch).execute(db).await?;
    Ok(())
}

// Letters, as far as scanning needs them.

macro_rules! letter_facts {
    ($db:expr, $tail:literal, $($argument:expr),+) => {{
        let rows = sqlx::query!(
            r#"SELECT id AS "id: Uuid", register, symbol, year, n, sender, title,
                      json_extract(facts, '$.attachments') AS "attachments!: u32",
                      cancelled IS NOT NULL AS "cancelled!: bool",
                      EXISTS (SELECT 1 FROM scan WHERE scan.letter_id = letter.id) AS "scanned!: bool"
               FROM letter "# + $tail,
            $($argument),+
        )
        .fetch_all($db)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(LetterFact {
                    id: LetterId(row.id),
                    number: number(&row.register, row.symbol, row.year, row.n)?,
                    sender: row.sender,
                    title: row.title,
                    attachments: row.attachments,
                    cancelled: row.cancelled,
                    scanned: row.scanned,
                })
            })
            .collect::<Result<Vec<_>, DeskError>>()
    }};
}

fn number(register: &str, symbol: String, year: i64, n: i64) -> Result<RegisterNumber, DeskError> {
    let register = [Register::Incoming, Register::Outgoing].into_iter().find(|known| known.as_str() == register);
    Ok(RegisterNumber {
        register: register.ok_or(DeskError::Unexpected { what: "a stored register", source: "unknown".into() })?,
        symbol: PointSymbol::try_from(symbol).map_err(DeskError::unexpected("a stored symbol"))?,
        year: i16::try_from(year).map_err(DeskError::unexpected("a stored year"))?,
        n: small(n),
    })
}

pub(super) async fn letter_bearing(
    db: &mut SqliteConnection,
    identifier: &DocumentIdentifier,
) -> Result<Option<LetterFact>, DeskError> {
    let identifier = identifier.as_str();
    Ok(letter_facts!(db, "WHERE id NOT IN (SELECT letter_id FROM erasure) AND identifier = ?", identifier)?.pop())
}

pub(super) async fn letter_numbered(
    db: &mut SqliteConnection,
    number_wanted: &RegisterNumber,
) -> Result<Option<LetterFact>, DeskError> {
    let (register, symbol) = (number_wanted.register.as_str(), number_wanted.symbol.as_str());
    let (year, n) = (number_wanted.year, number_wanted.n);
    Ok(letter_facts!(
        db,
        "WHERE id NOT IN (SELECT letter_id FROM erasure) AND register = ? AND symbol = ? AND year = ? AND n = ?",
        register,
        symbol,
        year,
        n
    )?
    .pop())
}

pub(super) async fn letter(db: &mut SqliteConnection, id: LetterId) -> Result<Option<LetterFact>, DeskError> {
    Ok(letter_facts!(db, "WHERE id = ?", id.0)?.pop())
}

/// Incoming letters of this desk without a scan, newest first.
pub(super) async fn awaited(db: &mut SqliteConnection, limit: u32) -> Result<Vec<LetterFact>, DeskError> {
    letter_facts!(
        db,
        "WHERE register = 'incoming' AND cancelled IS NULL AND id NOT IN (SELECT letter_id FROM erasure)
         AND NOT EXISTS (SELECT 1 FROM scan WHERE scan.letter_id = letter.id) ORDER BY key DESC LIMIT ?",
        limit
    )
}

// Scans.

/// A document to be written.
pub(super) struct NewScan {
    pub(super) id: ScanId,
    pub(super) letter: LetterId,
    pub(super) pages: u32,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

pub(super) async fn insert_scan(db: &mut SqliteConnection, scan: &NewScan, now: Timestamp) -> Result<(), DeskError> {
    let (bytes, sha256, now) = (scan.bytes.cast_signed(), scan.sha256.as_slice(), now.to_string());
    sqlx::query!(
        "INSERT INTO scan (id, letter_id, pages, bytes, sha256, attached_at) VALUES (?, ?, ?, ?, ?, ?)",
        scan.id.0,
        scan.letter.0,
        scan.pages,
        bytes,
        sha256,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn scan_of(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<Option<ScanView>> {
    let row = sqlx::query!(
        r#"SELECT id AS "id: Uuid", pages AS "pages: u32", bytes, uploaded_at IS NOT NULL AS "uploaded!: bool",
                  copy = 'here' AS "here!: bool"
           FROM scan WHERE letter_id = ? ORDER BY key DESC LIMIT 1"#,
        letter.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| ScanView {
        id: ScanId(row.id),
        pages: row.pages,
        bytes: row.bytes.cast_unsigned(),
        uploaded: row.uploaded,
        here: row.here,
        mine: true,
    }))
}

pub(super) async fn scan(db: &mut SqliteConnection, id: ScanId) -> Result<Option<WaitingScan>, DeskError> {
    let row = sqlx::query!(r#"SELECT letter_id AS "letter_id: Uuid", bytes, sha256 FROM scan WHERE id = ?"#, id.0)
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        Ok(WaitingScan {
            id,
            letter_id: LetterId(row.letter_id),
            bytes: row.bytes.cast_unsigned(),
            sha256: hash(row.sha256)?,
        })
    })
    .transpose()
}

pub(super) async fn waiting(db: &mut SqliteConnection) -> Result<Vec<WaitingScan>, DeskError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: Uuid", letter_id AS "letter_id: Uuid", bytes, sha256 FROM scan
           WHERE uploaded_at IS NULL AND copy = 'here' ORDER BY key"#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(WaitingScan {
                id: ScanId(row.id),
                letter_id: LetterId(row.letter_id),
                bytes: row.bytes.cast_unsigned(),
                sha256: hash(row.sha256)?,
            })
        })
        .collect()
}

pub(super) async fn set_uploaded(db: &mut SqliteConnection, id: ScanId, now: Timestamp) -> sqlx::Result<()> {
    let now = now.to_string();
    sqlx::query!("UPDATE scan SET uploaded_at = COALESCE(uploaded_at, ?) WHERE id = ?", now, id.0).execute(db).await?;
    Ok(())
}

/// Whether a document's own copy is on this disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocalCopy {
    Here,
    Gone,
}

/// Central lacks the document; where it was thought to have it, whether it can be uploaded again.
pub(super) async fn set_waiting(db: &mut SqliteConnection, id: ScanId) -> sqlx::Result<Option<LocalCopy>> {
    let copy = sqlx::query_scalar!(
        r#"UPDATE scan SET uploaded_at = NULL, confirmed = 0, confirmed_n = NULL WHERE id = ? AND uploaded_at IS NOT NULL
           RETURNING copy"#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(copy.map(|copy| if copy == "here" { LocalCopy::Here } else { LocalCopy::Gone }))
}

/// A change with at most this number shows the document as stored.
pub(super) async fn set_confirmed(db: &mut SqliteConnection, id: ScanId, n: u64) -> sqlx::Result<()> {
    let n = n.cast_signed();
    sqlx::query!(
        "UPDATE scan SET confirmed = 1, confirmed_n = ?2, uploaded_at = COALESCE(uploaded_at, attached_at)
         WHERE id = ?1 AND (uploaded_at IS NOT NULL OR copy <> 'here') AND confirmed_n IS NULL",
        id.0,
        n
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A document whose files may go.
pub(super) struct ToGo {
    pub(super) id: ScanId,
    pub(super) letter: LetterId,
    pub(super) pages: Vec<PageId>,
}

/// Says that the copies of the oldest documents that were confirmed by a change up to this one are going, those first that were going
/// already; at most so many.
pub(super) async fn let_go(db: &mut SqliteConnection, up_to: u64, limit: u32) -> sqlx::Result<Vec<ToGo>> {
    let up_to = up_to.cast_signed();
    let scans = sqlx::query!(
        r#"UPDATE scan SET copy = 'going'
           WHERE key IN (SELECT key FROM scan
                         WHERE copy = 'going' OR (copy = 'here' AND confirmed = 1 AND confirmed_n <= ?)
                         ORDER BY copy = 'here', key LIMIT ?)
           RETURNING id AS "id: Uuid", letter_id AS "letter: Uuid""#,
        up_to,
        limit
    )
    .fetch_all(&mut *db)
    .await?;
    let mut going = Vec::with_capacity(scans.len());
    for scan in scans {
        let pages = sqlx::query_scalar!(r#"SELECT id AS "id: Uuid" FROM scan_page WHERE scan_id = ?"#, scan.id)
            .fetch_all(&mut *db)
            .await?;
        going.push(ToGo {
            id: ScanId(scan.id),
            letter: LetterId(scan.letter),
            pages: pages.into_iter().map(PageId).collect(),
        });
    }
    Ok(going)
}

pub(super) async fn set_gone(db: &mut SqliteConnection, scan: ScanId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE scan SET copy = 'gone' WHERE id = ?", scan.0).execute(db).await?;
    Ok(())
}

/// Whether the document's own copy is on this disk; `None` where it is another desk's.
pub(super) async fn local_copy(db: &mut SqliteConnection, scan: ScanId) -> sqlx::Result<Option<LocalCopy>> {
    let copy = sqlx::query_scalar!("SELECT copy FROM scan WHERE id = ?", scan.0).fetch_optional(db).await?;
    Ok(copy.map(|copy| if copy == "here" { LocalCopy::Here } else { LocalCopy::Gone }))
}

/// The documents of a letter and the pages they were made of, as they stand in the journal; then their rows are gone.
pub(super) async fn forget_of_letter(
    db: &mut SqliteConnection,
    letter: LetterId,
) -> sqlx::Result<(Vec<Uuid>, Vec<Uuid>)> {
    let documents = sqlx::query_scalar!(r#"SELECT id AS "id: Uuid" FROM scan WHERE letter_id = ?"#, letter.0)
        .fetch_all(&mut *db)
        .await?;
    let mut pages = Vec::new();
    for document in &documents {
        pages.extend(
            sqlx::query_scalar!(r#"SELECT id AS "id: Uuid" FROM scan_page WHERE scan_id = ?"#, document)
                .fetch_all(&mut *db)
                .await?,
        );
        sqlx::query!("DELETE FROM scan_page WHERE scan_id = ?", document).execute(&mut *db).await?;
    }
    sqlx::query!("DELETE FROM scan WHERE letter_id = ?", letter.0).execute(db).await?;
    Ok((documents, pages))
}

pub(super) async fn forget_unconfirmed(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE scan SET uploaded_at = NULL WHERE uploaded_at IS NOT NULL AND confirmed = 0 AND copy = 'here'"
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn forget_uploads(db: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query!("UPDATE scan SET uploaded_at = NULL, confirmed = 0, confirmed_n = NULL WHERE uploaded_at IS NOT NULL AND copy = 'here'")
        .execute(db)
        .await?;
    Ok(())
}
