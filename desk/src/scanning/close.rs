//! Closes a batch: the documents are made and stored first, then one transaction gives them to their letters.

use bytes::Bytes;
use domain::{
    ErrorCode,
    ids::{BatchId, LetterId, PageId, ScanId},
    rights::Act,
    scan::{BatchEvent, BatchState},
};
use drivers::paper::{JpegPage, ScanPdfMeta, scan_pdf};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::v1::op::OpBody;

use super::{
    batch::{Batch, PageRow},
    pictures, store,
    store::NewScan,
    view::BatchClosed,
};
use crate::{
    Desk, DeskError, DeskEvent,
    letters::{self, view::HistoryKind},
    outbox, session,
    vault::{self, Shelf},
};

/// A document as it will be attached, its file already on the disk.
struct Bound {
    scan: NewScan,
    pages: Vec<PageId>,
}

/// Attaches every letter's pages as one PDF/A each, and closes the batch.
///
/// The received pages stay: the PDF is derived from them. Pages set aside stay with the closed batch.
///
/// # Errors
/// [`ErrorCode::BatchHasQuestions`] while a question is open or a page is not looked at; [`ErrorCode::NotAllowedNow`]
/// while its end is not settled, without any letter, or when it changed meanwhile; else what disk or database say, and
/// then nothing is attached.
#[tracing::instrument(skip_all, err)]
pub async fn close(desk: &Desk, batch_id: BatchId) -> Result<BatchClosed, DeskError> {
    let clerk = session::may_any(desk, Act::Scan)?;
    let (plan, pages, started_at) = {
        let mut connection = desk.read().await?;
        let batch = Batch::of(desk, &mut connection, batch_id).await?;
        may_close(&batch)?;
        (batch.letters(), batch.pages.clone(), batch.row.started_at)
    };
    let titles = {
        let mut connection = desk.read().await?;
        let mut titles = Vec::with_capacity(plan.len());
        for (letter, _) in &plan {
            titles.push(title_of(desk, &mut connection, *letter).await?);
        }
        titles
    };

    let mut bound = Vec::with_capacity(plan.len());
    for ((letter, of_letter), title) in plan.iter().zip(titles) {
        let meta = ScanPdfMeta { title, created: started_at };
        match bind(desk, *letter, of_letter, &pages, meta).await {
            Ok(document) => bound.push(document),
            Err(error) => {
                throw_away(desk, &bound).await;
                return Err(error);
            }
        }
    }

    let attached = attach(desk, batch_id, &plan, &bound, &clerk.name).await;
    let closed = match attached {
        Ok(closed) => closed,
        Err(Attach::Refused(error)) => {
            throw_away(desk, &bound).await;
            return Err(error);
        }
        Err(Attach::Unknown(error)) => {
            look_again(desk, batch_id, &bound, error).await?;
            BatchClosed { attached: Vec::new() }
        }
    };

    let thumbnails: Vec<Uuid> = pages.iter().map(|page| page.id.0).collect();
    if let Err(error) = vault::remove(desk, Shelf::Thumbnails, thumbnails).await {
        tracing::warn!(%error, "thumbnails of a closed batch stay");
    }
    desk.wake.sync.notify_one();
    desk.announce(DeskEvent::BatchChanged { batch_id });
    for document in &bound {
        desk.announce(DeskEvent::LetterChanged { letter_id: document.scan.letter });
    }
    Ok(closed)
}

fn may_close(batch: &Batch) -> Result<(), DeskError> {
    if batch.can_close() {
        return Ok(());
    }
    let asks = batch.unread || batch.groups.iter().any(|group| group.question.is_some());
    let code = if asks { ErrorCode::BatchHasQuestions } else { ErrorCode::NotAllowedNow };
    Err(DeskError::Refused(code))
}

async fn title_of(desk: &Desk, db: &mut sqlx::SqliteConnection, letter: LetterId) -> Result<String, DeskError> {
    let fact = store::letter(db, letter).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))?;
    Ok(fact.view(&desk.settings()).number)
}

// One letter at a time: its pages are in memory, the batch is not.
async fn bind(
    desk: &Desk,
    letter: LetterId,
    of_letter: &[PageId],
    rows: &[PageRow],
    meta: ScanPdfMeta,
) -> Result<Bound, DeskError> {
    let mut jpegs = Vec::with_capacity(of_letter.len());
    for page in of_letter {
        let row = rows.iter().find(|row| row.id == *page).ok_or(DeskError::Refused(ErrorCode::NotFound))?;
        jpegs.push(JpegPage { jpeg: pictures::received(desk, row).await?, dpi: row.dpi });
    }
    let (pdf, sha256) = tokio::task::spawn_blocking(move || {
        let pdf = scan_pdf(&meta, &jpegs)?;
        let sha256: [u8; 32] = Sha256::digest(&pdf).into();
        Ok::<_, drivers::paper::PaperError>((Bytes::from(pdf), sha256))
    })
    .await
    .map_err(DeskError::unexpected("make a document of scanned pages"))?
    .map_err(DeskError::unexpected("make a document of scanned pages"))?;

    let id = ScanId(desk.new_uuid());
    let scan = NewScan {
        id,
        letter,
        pages: u32::try_from(of_letter.len()).unwrap_or(u32::MAX),
        bytes: pdf.len() as u64,
        sha256,
    };
    vault::keep(desk, Shelf::Documents, id.0, pdf).await?;
    Ok(Bound { scan, pages: of_letter.to_vec() })
}

enum Attach {
    Refused(DeskError),
    /// COMMIT failed, and what it left must be looked up.
    Unknown(DeskError),
}

impl<E: Into<DeskError>> From<E> for Attach {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

async fn attach(
    desk: &Desk,
    batch_id: BatchId,
    plan: &[(LetterId, Vec<PageId>)],
    bound: &[Bound],
    clerk: &str,
) -> Result<BatchClosed, Attach> {
    let settings = desk.settings();
    let now = desk.now();
    let mut tx = desk.begin().await?;
    let batch = Batch::of(desk, &mut tx, batch_id).await?;
    may_close(&batch)?;
    if batch.letters() != plan {
        return Err(Attach::Refused(DeskError::Refused(ErrorCode::NotAllowedNow)));
    }
    let mut attached = Vec::with_capacity(bound.len());
    for Bound { scan, pages } in bound {
        store::insert_scan(&mut tx, scan, now).await?;
        for page in pages {
            store::give_page(&mut tx, *page, scan.id).await?;
        }
        let body = OpBody::ScanAttached {
            scan_id: scan.id,
            letter_id: scan.letter,
            pages: scan.pages,
            bytes: scan.bytes,
            sha256: scan.sha256,
            by: clerk.to_owned(),
            at: now,
        };
        outbox::append(desk, &mut tx, &body).await?;
        let what = HistoryKind::ScanAttached { pages: scan.pages };
        letters::note(desk, &mut tx, scan.letter, clerk, &what).await?;
        attached.extend(batch.letter(scan.letter).map(|letter| letter.view(&settings)));
    }
    let state = batch.state.on(BatchEvent::Closed).map_err(|_| DeskError::Refused(ErrorCode::NotAllowedNow))?;
    store::set_state(&mut tx, batch.row.key, state).await?;
    tx.commit().await.map_err(|error| Attach::Unknown(error.into()))?;
    Ok(BatchClosed { attached })
}

// After an error at COMMIT the file is opened again; the batch is closed with everything attached, or nothing happened.
async fn look_again(desk: &Desk, batch_id: BatchId, bound: &[Bound], error: DeskError) -> Result<(), DeskError> {
    tracing::error!(%error, "COMMIT failed; looking whether the batch is closed");
    let unknown = |_| DeskError::Refused(ErrorCode::OutcomeUnknown);
    desk.db.reopen().await.map_err(unknown)?;
    let row = {
        let mut connection = desk.read().await.map_err(unknown)?;
        store::batch(&mut connection, batch_id).await.map_err(unknown)?
    };
    if row.is_some_and(|row| row.state == BatchState::Closed) {
        return Ok(());
    }
    throw_away(desk, bound).await;
    Err(error)
}

async fn throw_away(desk: &Desk, bound: &[Bound]) {
    let ids = bound.iter().map(|document| document.scan.id.0).collect();
    if let Err(error) = vault::remove(desk, Shelf::Documents, ids).await {
        tracing::warn!(%error, "documents that were not attached stay on the disk");
    }
}
