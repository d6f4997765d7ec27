//! Rows of batches, pages and scans.

use domain::ids::{LetterId, ScanId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::letters::view::ScanView;

pub(super) async fn scan_of(db: &mut SqliteConnection, letter: LetterId) -> sqlx::Result<Option<ScanView>> {
    let row = sqlx::query!(
        r#"SELECT id AS "id: Uuid", pages AS "pages: u32", bytes, uploaded_at IS NOT NULL AS "uploaded!: bool"
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
    }))
}
