//! The mark: the last number of every series, the last hash of the log and the number of labels that left, in a small file away
//! from the database.

use std::path::PathBuf;

use domain::register::{PointSymbol, Register};
use serde::{Deserialize, Serialize};
use wire::v1::log::Tip;

use super::store;
use crate::{Desk, DeskError, desk::write_durably, outbox};

/// What the file holds. No personal data.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) series: Vec<Series>,
    pub(super) tip: Tip,
    /// Labels that were ever on their way to the printer.
    #[serde(default)]
    pub(super) labels: u64,
}

/// Last number of one series.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Series {
    pub(super) register: Register,
    pub(super) symbol: PointSymbol,
    pub(super) year: i16,
    pub(super) n: u32,
}

/// Writes the mark, durably. Called before a label's first byte: no paper bears a number that the mark does not know.
///
/// # Errors
/// [`DeskError::File`] when the place cannot be written: then no label may leave.
pub async fn write_mark(desk: &Desk) -> Result<(), DeskError> {
    let mark = {
        let mut connection = desk.read().await?;
        Mark {
            series: store::series(&mut connection).await?,
            tip: outbox::tip(&mut connection).await?,
            labels: store::labels_sent(&mut connection).await?,
        }
    };
    let (path, bytes) = (place(desk), serde_json::to_vec(&mark)?);
    tokio::task::spawn_blocking(move || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(DeskError::file("make the mark's folder"))?;
        }
        write_durably(&path, &bytes)
    })
    .await
    .map_err(DeskError::unexpected("write the mark"))?
}

pub(super) async fn read_mark(desk: &Desk) -> Option<Mark> {
    let bytes = tokio::fs::read(place(desk)).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn place(desk: &Desk) -> PathBuf {
    desk.paths().mark.join(format!("{}.mark", desk.device()))
}
