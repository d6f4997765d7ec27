//! One run of the feeder: page after page, each durable before the next is asked for. Called by the worker.

use std::{pin::pin, sync::Arc};

use bytes::Bytes;
use domain::{
    ErrorCode,
    ids::{BatchId, PageId},
    marks::Teryt,
    scan::{BatchEvent, BatchState, ScanTrouble},
};
use drivers::scan::{
    Capabilities, Completion, Doubt, NextPage, Page, ScanError, ScanJob, ScanSettings, Scanner, escl::EsclScanner,
};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Run, batch::Batch, pictures, store, store::NewPage};
use crate::{
    Desk, DeskError, DeskEvent,
    vault::{self, Shelf},
};

/// Pages that may wait for the decoder: a slow decoder slows the feeder and fills no memory.
const WAITING_PAGES: usize = 4;

/// How often a page is tried to be written while the database is busy.
const TRIES: u32 = 5;

/// How a run ended.
enum End {
    Whole,
    Trouble(ScanTrouble),
}

/// Runs the feeder for the batch and journals how it ended. Returns when the batch no longer stands in *scanning*.
pub(super) async fn run(desk: &Arc<Desk>, run: &Run, stop: &CancellationToken) {
    let (to_decoder, pages) = mpsc::channel(WAITING_PAGES);
    let decoder = tokio::spawn(decode_all(Arc::clone(desk), run.batch, pages));
    let end = feed(desk, run, stop, &to_decoder).await;
    drop(to_decoder);
    if decoder.await.is_err() {
        tracing::error!("the decoder ended in a panic; its pages are looked at again later");
    }
    if let Err(error) = journal_end(desk, run, &end).await {
        tracing::error!(%error, "the end of a run could not be journalled; the batch is taken for one that was cut");
    }
}

async fn feed(desk: &Desk, run: &Run, stop: &CancellationToken, to_decoder: &mpsc::Sender<(PageId, Bytes)>) -> End {
    let settings = desk.settings();
    let Some(address) = settings.mfp else { return End::Trouble(ScanTrouble::Unreachable) };
    let manners = desk.scanning.manners();
    let scanner = match EsclScanner::with_timeouts(address, manners.timeouts) {
        Ok(scanner) => scanner,
        Err(error) => return End::Trouble(trouble_of(&error)),
    };
    let begun = tokio::select! {
        begun = begin(desk, run.batch, &scanner) => begun,
        () = run.stop.cancelled() => return End::Trouble(ScanTrouble::Aborted),
        () = stop.cancelled() => return End::Trouble(ScanTrouble::Interrupted),
    };
    let (mut job, dpi) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            tracing::info!(error = &error as &dyn std::error::Error, "the feeder did not start");
            return End::Trouble(trouble_of(&error));
        }
    };
    loop {
        match room_for_pages(desk).await {
            Ok(true) => {}
            Ok(false) => return give_up(job, ScanTrouble::DiskLow).await,
            Err(_) => return give_up(job, ScanTrouble::NotStored).await,
        }
        let next = {
            let mut next = pin!(job.next_page());
            let stopped = tokio::select! {
                next = &mut next => Ok(next),
                () = run.stop.cancelled() => Err(ScanTrouble::Aborted),
                () = stop.cancelled() => Err(ScanTrouble::Interrupted),
            };
            match stopped {
                Ok(next) => Ok(next),
                // The page on its way has left the feeder: it is taken, if it comes soon.
                Err(why) => tokio::time::timeout(manners.last_page, next).await.map_err(|_| why),
            }
        };
        let page = match next {
            Ok(Ok(NextPage::Page(page))) => page,
            Ok(Ok(NextPage::End(completion))) => return end_of(&completion),
            Ok(Err(error)) => {
                tracing::info!(error = &error as &dyn std::error::Error, "the feeder stopped");
                if let ScanError::BrokenPage { .. } = error
                    && mark_broken(desk, run.batch, dpi).await.is_err()
                {
                    return End::Trouble(ScanTrouble::NotStored);
                }
                return End::Trouble(trouble_of(&error));
            }
            Err(why) => return give_up(job, why).await,
        };
        let jpeg = page.bytes.clone();
        let id = match store_page(desk, run.batch, page, dpi).await {
            Ok(id) => id,
            Err(error) => {
                tracing::error!(%error, "a page could not be stored");
                return give_up(job, ScanTrouble::NotStored).await;
            }
        };
        job.page_stored();
        desk.announce(DeskEvent::BatchChanged { batch_id: run.batch });
        // A decoder that died costs no page: what it did not look at is looked at again after the run.
        let _ = to_decoder.send((id, jpeg)).await;
        if run.stop.is_cancelled() {
            return give_up(job, ScanTrouble::Aborted).await;
        }
        if stop.is_cancelled() {
            return give_up(job, ScanTrouble::Interrupted).await;
        }
    }
}

async fn give_up(mut job: Box<dyn ScanJob>, why: ScanTrouble) -> End {
    job.cancel().await;
    End::Trouble(why)
}

async fn begin(desk: &Desk, batch: BatchId, scanner: &EsclScanner) -> Result<(Box<dyn ScanJob>, u16), ScanError> {
    let capabilities = scanner.capabilities().await?;
    if let Err(error) = name_device(desk, batch, &capabilities).await {
        tracing::warn!(%error, "the device's name was not kept");
    }
    let settings = settings_for(desk.scanning.manners().ask, &capabilities);
    Ok((scanner.scan(settings).await?, settings.dpi))
}

// As asked, unless the device has only 200 dpi; whatever else it cannot do is refused by the driver.
fn settings_for(ask: ScanSettings, capabilities: &Capabilities) -> ScanSettings {
    let only_200 = capabilities
        .input(&ask)
        .is_some_and(|input| !input.resolutions.contains(&ask.dpi) && input.resolutions.contains(&200));
    if only_200 { ScanSettings { dpi: 200, ..ask } } else { ask }
}

async fn name_device(desk: &Desk, batch: BatchId, capabilities: &Capabilities) -> Result<(), DeskError> {
    if capabilities.model.is_empty() {
        return Ok(());
    }
    let mut tx = desk.begin().await?;
    store::set_device(&mut tx, batch, &capabilities.model).await?;
    tx.commit().await?;
    desk.announce(DeskEvent::BatchChanged { batch_id: batch });
    Ok(())
}

async fn room_for_pages(desk: &Desk) -> Result<bool, DeskError> {
    Ok(vault::free_space(desk).await? >= desk.scanning.manners().min_free)
}

/// Encrypts and flushes the bytes, then journals them: only after this may the device be asked for another page.
async fn store_page(desk: &Desk, batch: BatchId, page: Page, dpi: u16) -> Result<PageId, DeskError> {
    let id = PageId(desk.new_uuid());
    let row = NewPage {
        id,
        batch,
        received_at: desk.now(),
        sha256: Sha256::digest(&page.bytes).into(),
        bytes: page.bytes.len() as u64,
        broken: false,
        width: page.width,
        height: page.height,
        dpi,
    };
    vault::keep(desk, Shelf::Pages, id.0, page.bytes).await?;
    insert(desk, &row).await?;
    Ok(id)
}

/// A damaged page has left the feeder: its place in the stack is kept, empty, and asks the clerk.
async fn mark_broken(desk: &Desk, batch: BatchId, dpi: u16) -> Result<(), DeskError> {
    let row = NewPage {
        id: PageId(desk.new_uuid()),
        batch,
        received_at: desk.now(),
        sha256: Sha256::digest([]).into(),
        bytes: 0,
        broken: true,
        width: 0,
        height: 0,
        dpi,
    };
    insert(desk, &row).await?;
    desk.announce(DeskEvent::BatchChanged { batch_id: batch });
    Ok(())
}

// The connection is lent for short moments only; a page that is here already is worth some of them.
async fn insert(desk: &Desk, row: &NewPage) -> Result<(), DeskError> {
    let mut tries = 1;
    loop {
        let inserted = async {
            let mut tx = desk.begin().await?;
            store::insert_page(&mut tx, row).await?;
            tx.commit().await.map_err(DeskError::from)
        };
        match inserted.await {
            Err(error) if error.code() == ErrorCode::Busy && tries < TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

async fn decode_all(desk: Arc<Desk>, batch: BatchId, mut pages: mpsc::Receiver<(PageId, Bytes)>) {
    while let Some((page, jpeg)) = pages.recv().await {
        if let Err(error) = look_at(&desk, batch, page, jpeg).await {
            tracing::error!(%error, "a page could not be looked at; it is looked at again later");
        }
    }
}

/// Looks for labels on a page and keeps what was seen. Never touches the received bytes.
pub(super) async fn look_at(desk: &Desk, batch: BatchId, page: PageId, jpeg: Bytes) -> Result<(), DeskError> {
    let office: Teryt = desk.settings().teryt.ok_or(DeskError::Refused(ErrorCode::NotConfigured))?;
    let seen = tokio::task::spawn_blocking(move || pictures::look(&jpeg, &office))
        .await
        .map_err(DeskError::unexpected("look for labels on a page"))?;
    let broken = seen.thumbnail.is_none();
    if let Some(thumbnail) = seen.thumbnail {
        vault::keep(desk, Shelf::Thumbnails, page.0, thumbnail).await?;
    }
    let mut tx = desk.begin().await?;
    store::set_read(&mut tx, page, &seen.marks, broken).await?;
    tx.commit().await?;
    desk.announce(DeskEvent::BatchChanged { batch_id: batch });
    Ok(())
}

async fn journal_end(desk: &Desk, run: &Run, end: &End) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    let batch = Batch::of(desk, &mut tx, run.batch).await?;
    let event = match end {
        End::Whole => BatchEvent::Ended,
        // Nothing lay in the feeder and nothing moved: a batch that was whole is whole.
        End::Trouble(ScanTrouble::FeederEmpty) if run.before == Some(BatchState::Complete) => BatchEvent::Ended,
        End::Trouble(why) if batch.pages.is_empty() => BatchEvent::Failed(*why),
        End::Trouble(why) => BatchEvent::Doubted(*why),
    };
    let state = batch.state.on(event).map_err(DeskError::unexpected("the end of a run of the feeder"))?;
    store::set_state(&mut tx, batch.row.key, state).await?;
    tx.commit().await?;
    Ok(())
}

fn end_of(completion: &Completion) -> End {
    match completion {
        Completion::Complete => End::Whole,
        Completion::Jam => End::Trouble(ScanTrouble::FeederJam),
        Completion::Uncertain { why } => End::Trouble(match why {
            Doubt::CountsDiffer { .. } => ScanTrouble::CountDiffers,
            Doubt::Aborted | Doubt::Canceled => ScanTrouble::Aborted,
            Doubt::StatusUnknown => ScanTrouble::Silent,
            Doubt::StillBusy => ScanTrouble::Busy,
            Doubt::EmptyPage => ScanTrouble::BrokenPage,
            Doubt::CountUnknown | Doubt::JobForgotten | Doubt::OddEnd { .. } => ScanTrouble::Protocol,
        }),
    }
}

fn trouble_of(error: &ScanError) -> ScanTrouble {
    match error {
        ScanError::Unreachable(_) | ScanError::Cut { .. } => ScanTrouble::Unreachable,
        ScanError::Timeout { .. } => ScanTrouble::Silent,
        ScanError::Refused { .. } | ScanError::NotAScanner(_) | ScanError::Unsupported(_) => ScanTrouble::Protocol,
        ScanError::Busy => ScanTrouble::Busy,
        ScanError::FeederEmpty => ScanTrouble::FeederEmpty,
        ScanError::FeederFault(word) if is_open(word) => ScanTrouble::CoverOpen,
        ScanError::FeederJam | ScanError::FeederFault(_) => ScanTrouble::FeederJam,
        ScanError::BrokenPage { .. } => ScanTrouble::BrokenPage,
        ScanError::NotStored(_) | ScanError::Over => ScanTrouble::NotStored,
    }
}

/// `ScannerAdfHatchOpen` and its like.
pub(super) fn is_open(word: &str) -> bool {
    word.ends_with("Open")
}
