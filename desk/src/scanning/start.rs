//! F6: opens a batch or goes on with the open one, and tells the worker. Asks no device itself.

use std::sync::Arc;

use domain::{
    ErrorCode,
    ids::BatchId,
    rights::Act,
    scan::{BatchEvent, BatchState},
};
use tokio_util::sync::CancellationToken;

use super::{Run, batch::Batch, store, view::BatchView};
use crate::{Desk, DeskError, DeskEvent, session, vault};

/// The open batch, also one that the end of the program cut; `None` when there is none.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`]; [`DeskError::Store`].
pub async fn open(desk: &Desk) -> Result<Option<BatchView>, DeskError> {
    session::may_any(desk, Act::Scan)?;
    let mut connection = desk.read().await?;
    match Batch::open(desk, &mut connection).await? {
        Some(batch) => batch.view(desk, &mut connection).await.map(Some),
        None => Ok(None),
    }
}

/// Starts the feeder: a new batch, or more pages for the open one. Pages then come by themselves.
///
/// While pages are coming, the same key changes nothing.
///
/// # Errors
/// [`ErrorCode::DeviceNotConfigured`] without a device, [`ErrorCode::NotConfigured`] without the office's code,
/// [`ErrorCode::DiskLow`] with too little room for pages.
#[tracing::instrument(skip_all, err)]
pub async fn start(desk: &Desk) -> Result<BatchView, DeskError> {
    session::may_any(desk, Act::Scan)?;
    let settings = desk.settings();
    settings.mfp.as_ref().ok_or(DeskError::Refused(ErrorCode::DeviceNotConfigured))?;
    settings.teryt.as_ref().ok_or(DeskError::Refused(ErrorCode::NotConfigured))?;
    if vault::free_space(desk).await? < desk.scanning.manners().min_free {
        return Err(DeskError::Refused(ErrorCode::DiskLow));
    }

    let mut tx = desk.begin().await?;
    let before = Batch::open(desk, &mut tx).await?.map(|batch| (batch.row.id, batch.row.key, batch.state));
    let (id, before) = match before {
        Some((id, _, BatchState::Scanning)) => return shown(desk, tx, id).await,
        Some((id, key, state)) => {
            let scanning = state.on(BatchEvent::Resumed).map_err(|_| DeskError::Refused(ErrorCode::NotAllowedNow))?;
            store::set_state(&mut tx, key, scanning).await?;
            (id, Some(state))
        }
        None => {
            let id = BatchId(desk.new_uuid());
            store::insert_batch(&mut tx, id, desk.now(), BatchState::Scanning).await?;
            (id, None)
        }
    };
    // Known before the commit: whoever reads the batch next must not take it for one that was cut.
    *desk.scanning.run() = Some(Arc::new(Run { batch: id, before, stop: CancellationToken::new() }));
    if let Err(error) = tx.commit().await {
        *desk.scanning.run() = None;
        return Err(error.into());
    }

    desk.scanning.go.notify_one();
    desk.announce(DeskEvent::BatchChanged { batch_id: id });
    shown(desk, desk.begin().await?, id).await
}

/// Stops the feeder after the page on its way. The batch becomes uncertain and can be gone on with.
///
/// # Errors
/// [`ErrorCode::NotFound`] when no batch is open.
pub async fn stop(desk: &Desk) -> Result<BatchView, DeskError> {
    session::may_any(desk, Act::Scan)?;
    if let Some(run) = desk.scanning.run().as_ref() {
        run.stop.cancel();
    }
    open(desk).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))
}

/// The batch as it stands in the given transaction, which changes nothing any more.
pub(super) async fn shown(desk: &Desk, mut tx: crate::db::Tx, id: BatchId) -> Result<BatchView, DeskError> {
    let batch = Batch::of(desk, &mut tx, id).await?;
    batch.view(desk, &mut tx).await
}
