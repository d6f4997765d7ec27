//! Runs the feeder when the clerk has pressed the key, and looks at the idle device for the status line.
//! Owned by the app. Writes nothing to the device but scan jobs.

use std::sync::Arc;

use domain::{
    ErrorCode,
    ids::{BatchId, PageId},
};
use drivers::scan::{DeviceState, FeederState, Scanner, ScannerStatus, escl::EsclScanner};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{decide, feed, store};
use crate::{
    Desk, DeskError, DeskEvent,
    status::{self, view::MfpStatusView},
    vault::{self, Shelf},
};

/// Works until `stop`. A page on its way is taken first; a batch cut by the stop can be gone on with.
pub async fn run(desk: Arc<Desk>, stop: CancellationToken) {
    if let Err(error) = vault::forget_drafts(&desk).await {
        tracing::warn!(%error, "unfinished files stay");
    }
    if let Err(error) = decide::forget_discarded(&desk).await {
        tracing::warn!(%error, "files of a discarded batch stay");
    }
    look_at_leftovers(&desk).await;
    let mut events = desk.listen();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = desk.scanning.go.notified() => {}
            () = watch_idle(&desk, &mut events) => {}
        }
        let Some(run) = desk.scanning.run().clone() else { continue };
        status::report_mfp(&desk, MfpStatusView::Scanning);
        feed::run(&desk, &run, &stop).await;
        // The clerk may have pressed the key again since the end was journalled.
        desk.scanning.run().take_if(|last| Arc::ptr_eq(last, &run));
        look_at_leftovers(&desk).await;
        desk.announce(DeskEvent::BatchChanged { batch_id: run.batch });
    }
}

// Pages that came before the program ended, or whose look failed.
async fn look_at_leftovers(desk: &Desk) {
    let unread = match desk.read().await {
        Ok(mut connection) => store::unread(&mut connection).await.map_err(DeskError::from),
        Err(error) => Err(error),
    };
    let outcome = match unread {
        Ok(unread) => look_at_all(desk, unread).await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::error!(%error, "pages of an open batch are not looked at yet");
    }
}

async fn look_at_all(desk: &Desk, unread: Vec<(BatchId, PageId)>) -> Result<(), DeskError> {
    for (batch, page) in unread {
        let jpeg = match vault::fetch(desk, Shelf::Pages, page.0).await {
            Ok(jpeg) => jpeg,
            Err(error) => {
                tracing::error!(%error, %page, "a received page cannot be read; it is shown as broken");
                None
            }
        };
        // A page without its bytes asks the clerk like a broken one; the decoder says so of no bytes.
        feed::look_at(desk, batch, page, jpeg.unwrap_or_default()).await?;
    }
    Ok(())
}

/// Looks at the device now, and returns when it is time to look again: after a while, or with other settings.
async fn watch_idle(desk: &Desk, events: &mut broadcast::Receiver<DeskEvent>) {
    let seen = match desk.settings().mfp {
        None => MfpStatusView::None,
        Some(address) => match EsclScanner::with_timeouts(address, desk.scanning.manners().timeouts) {
            Ok(scanner) => match scanner.status().await {
                Ok(status) => view_of(&status),
                Err(error) => MfpStatusView::Fault { why: code_of(&error) },
            },
            Err(error) => MfpStatusView::Fault { why: code_of(&error) },
        },
    };
    status::report_mfp(desk, seen);
    let changed = async {
        loop {
            match events.recv().await {
                Ok(DeskEvent::SettingsChanged) | Err(broadcast::error::RecvError::Closed) => return,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            }
        }
    };
    let _ = tokio::time::timeout(desk.scanning.manners().look_every, changed).await;
}

fn code_of(error: &drivers::scan::ScanError) -> ErrorCode {
    match error.code() {
        ErrorCode::Busy => ErrorCode::DeviceBusy,
        code => code,
    }
}

fn view_of(status: &ScannerStatus) -> MfpStatusView {
    match &status.feeder {
        Some(FeederState::Fault(word)) if feed::is_open(word) => {
            return MfpStatusView::Fault { why: ErrorCode::DeviceOpen };
        }
        Some(FeederState::Jam | FeederState::Fault(_)) => return MfpStatusView::Fault { why: ErrorCode::FeederJam },
        Some(FeederState::Empty | FeederState::Loaded | FeederState::Processing | FeederState::Other(_)) | None => {}
    }
    match status.device {
        DeviceState::Stopped | DeviceState::Down => MfpStatusView::Fault { why: ErrorCode::DeviceBusy },
        DeviceState::Idle | DeviceState::Processing | DeviceState::Testing | DeviceState::Other(_) => {
            MfpStatusView::Ready {
                loaded: match status.feeder {
                    Some(FeederState::Loaded) => Some(true),
                    Some(FeederState::Empty) => Some(false),
                    Some(
                        FeederState::Processing | FeederState::Jam | FeederState::Fault(_) | FeederState::Other(_),
                    )
                    | None => None,
                },
            }
        }
    }
}
