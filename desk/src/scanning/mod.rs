//! Scanning: one batch at a time from the feeder, split by our labels, attached to letters.
//! Called by `src-tauri/src/commands/scanning.rs`; the app runs [`worker::run`], and `sync` asks for what waits.
//!
//! A received page is encrypted, flushed and journalled before the device is asked for the next one. The split is a
//! proposal until the clerk closes the batch; nobody waits for a device while a transaction is open.

mod batch;
mod close;
mod decide;
mod feed;
mod groups;
mod pictures;
mod room;
mod start;
mod store;
mod uploads;
pub mod view;
pub mod worker;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    ErrorCode,
    ids::{BatchId, LetterId},
    scan::{BatchState, ScanTrouble},
};
use drivers::scan::{ScanSettings, escl::Timeouts};
use sqlx::SqliteConnection;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use close::close;
pub use decide::{accept_incomplete, decide, discard, undo};
pub use pictures::{document, page_image};
pub(crate) use room::make_room;
pub use start::{open, start, stop};
pub use uploads::{WaitingScan, read_document, read_document_range, uploaded, waiting_uploads};
pub(crate) use uploads::{forget, is_missing_at_central, is_stored_at_central, offer_again, offer_unconfirmed};

use crate::{Desk, DeskError, letters::view::ScanView};

/// Scanning stops below this many free bytes, so that registering never has to (2 GB).
pub const MIN_FREE: u64 = 2_000_000_000;
/// Below this many free bytes copies of documents go that central's backups hold (20 GB).
const ROOMY: u64 = 20_000_000_000;

/// How scanning waits and when it stops. Tests change it through [`set_manners`].
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// What is asked of the feeder; 200 dpi are taken where the device has no other.
    pub ask: ScanSettings,
    /// How long the device may take.
    pub timeouts: Timeouts,
    /// Free bytes below which no page is taken.
    pub min_free: u64,
    /// Free bytes below which copies of documents go that central's backups hold.
    pub roomy: u64,
    /// Between two looks at an idle device.
    pub look_every: Duration,
    /// How long a page on its way may take to arrive after the clerk said stop.
    pub last_page: Duration,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            ask: ScanSettings::default(),
            timeouts: Timeouts::default(),
            min_free: MIN_FREE,
            roomy: ROOMY,
            look_every: Duration::from_secs(15),
            last_page: Duration::from_secs(5),
        }
    }
}

/// Changes the manners of this desk.
pub fn set_manners(desk: &Desk, manners: Manners) {
    *desk.scanning.manners.lock().unwrap_or_else(PoisonError::into_inner) = manners;
}

/// What scanning keeps in memory: the run of the feeder that this process is in, if any.
#[derive(Debug, Default)]
pub(crate) struct Room {
    go: Notify,
    run: Mutex<Option<Arc<Run>>>,
    manners: Mutex<Manners>,
}

/// A run of the feeder, from the clerk's key until its end is journalled.
#[derive(Debug)]
struct Run {
    batch: BatchId,
    /// How the batch stood before; `None` for a new one.
    before: Option<BatchState>,
    stop: CancellationToken,
}

impl Room {
    fn run(&self) -> MutexGuard<'_, Option<Arc<Run>>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn manners(&self) -> Manners {
        *self.manners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a stored batch stands: one that is *scanning* in no run of this process was cut by the end of another.
fn standing(desk: &Desk, id: BatchId, stored: BatchState) -> BatchState {
    let running = desk.scanning.run().as_ref().is_some_and(|run| run.batch == id);
    if running { stored } else { stored.after_crash() }
}

/// What the window says about a trouble.
fn code_of(trouble: ScanTrouble) -> ErrorCode {
    match trouble {
        ScanTrouble::FeederEmpty => ErrorCode::FeederEmpty,
        ScanTrouble::FeederJam => ErrorCode::FeederJam,
        ScanTrouble::CoverOpen => ErrorCode::DeviceOpen,
        ScanTrouble::CountDiffers => ErrorCode::PagesMissing,
        ScanTrouble::BrokenPage => ErrorCode::PageBroken,
        ScanTrouble::Silent | ScanTrouble::Unreachable => ErrorCode::DeviceUnreachable,
        ScanTrouble::Busy => ErrorCode::DeviceBusy,
        ScanTrouble::Aborted => ErrorCode::ScanStopped,
        ScanTrouble::Protocol => ErrorCode::DeviceProtocol,
        ScanTrouble::Interrupted => ErrorCode::ScanInterrupted,
        ScanTrouble::NotStored => ErrorCode::DiskFault,
        ScanTrouble::DiskLow => ErrorCode::DiskLow,
    }
}

/// The newest scan of a letter.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn scan_of(db: &mut SqliteConnection, letter: LetterId) -> Result<Option<ScanView>, DeskError> {
    Ok(store::scan_of(db, letter).await?)
}
