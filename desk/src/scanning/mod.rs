//! Scanning: batches from the feeder, split by our labels, attached to letters.

mod store;
pub mod view;

use domain::ids::LetterId;
use sqlx::SqliteConnection;

use crate::{DeskError, letters::view::ScanView};

/// The newest scan of a letter.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn scan_of(db: &mut SqliteConnection, letter: LetterId) -> Result<Option<ScanView>, DeskError> {
    Ok(store::scan_of(db, letter).await?)
}
