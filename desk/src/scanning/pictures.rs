//! Pictures of pages and documents for the window; what is read on a page.

use bytes::Bytes;
use domain::{
    ErrorCode,
    ids::{LetterId, PageId, ScanId},
    marks::{DocumentIdentifier, Teryt},
    rights::Act,
};
use drivers::scan::decode::{self, PageImage};
use sha2::{Digest, Sha256};

use super::{
    batch::PageRow,
    store::{self, LocalCopy},
    uploads,
    view::PageSize,
};
use crate::{
    Desk, DeskError, audit, letters, session, sync,
    vault::{self, Shelf},
};

/// A page's picture as JPEG: small, or as received.
///
/// # Errors
/// [`ErrorCode::NotFound`] for an unknown page and for one that came without a picture.
pub async fn page_image(desk: &Desk, page: PageId, size: PageSize) -> Result<Vec<u8>, DeskError> {
    session::may_any(desk, Act::Scan)?;
    let not_found = || DeskError::Refused(ErrorCode::NotFound);
    let attached_to = store::page(&mut *desk.read().await?, page).await?.ok_or_else(not_found)?;
    // Attached, it is a record like any other.
    if let Some(letter) = attached_to {
        let kind = letters::kind_of(&mut *desk.read().await?, letter).await?;
        session::may(desk, Act::ReadLetter, kind)?;
    }
    if size == PageSize::Thumbnail
        && let Some(small) = vault::fetch(desk, Shelf::Thumbnails, page.0).await?
    {
        return Ok(small.into());
    }
    let full = vault::fetch(desk, Shelf::Pages, page.0).await?.ok_or_else(not_found)?;
    match size {
        PageSize::Full => Ok(full.into()),
        PageSize::Thumbnail => tokio::task::spawn_blocking(move || decode::thumbnail(&full))
            .await
            .map_err(DeskError::unexpected("draw a thumbnail"))?
            .map_err(|_| not_found()),
    }
}

/// A letter's scanned document as PDF: this desk's own, or read from central where another desk made it or the copy here made room.
///
/// # Errors
/// [`ErrorCode::NotFound`]; [`ErrorCode::DiskFault`] when the file is not what was attached; where it is read from central, also
/// [`ErrorCode::DocumentDamaged`] and what says that central is away.
pub async fn document(desk: &Desk, letter: LetterId, scan: ScanId) -> Result<Vec<u8>, DeskError> {
    session::may_any(desk, Act::ReadLetter)?;
    let (own, copy, kind) = {
        let mut db = desk.read().await?;
        let own = store::scan(&mut db, scan).await?;
        (own, store::local_copy(&mut db, scan).await?, letters::kind_of(&mut db, letter).await?)
    };
    session::may(desk, Act::ReadLetter, kind)?;
    let not_found = || DeskError::Refused(ErrorCode::NotFound);
    let bytes = match own {
        Some(own) if own.letter_id != letter => return Err(not_found()),
        Some(_) if copy == Some(LocalCopy::Here) => uploads::read_document(desk, scan).await?.into(),
        Some(_) | None => {
            let told = sync::scans_at_central(&mut *desk.read().await?, letter).await?;
            let told = told.into_iter().find(|told| told.scan_id == scan && told.stored).ok_or_else(not_found)?;
            sync::document::fetch(desk, letter, &told).await?
        }
    };
    audit::opened_document(desk, letter, scan).await?;
    Ok(bytes)
}

/// The bytes of a page exactly as the device sent them, their hash compared with the journal's.
pub(super) async fn received(desk: &Desk, page: &PageRow) -> Result<Bytes, DeskError> {
    let bytes = vault::fetch(desk, Shelf::Pages, page.id.0).await?;
    let bytes = bytes.ok_or(DeskError::Refused(ErrorCode::DiskFault))?;
    if bytes.len() as u64 == page.bytes && <[u8; 32]>::from(Sha256::digest(&bytes)) == page.sha256 {
        Ok(bytes)
    } else {
        tracing::error!(page = %page.id, "a page's hash is not the journal's");
        Err(DeskError::Refused(ErrorCode::DiskFault))
    }
}

/// What was seen on a page.
pub(super) struct Seen {
    /// Texts of all codes.
    pub(super) marks: Vec<String>,
    /// A small picture; `None` for a page that is no readable picture.
    pub(super) thumbnail: Option<Bytes>,
}

/// Looks for codes on a page and draws its thumbnail. Blocks.
pub(super) fn look(jpeg: &[u8], office: &Teryt) -> Seen {
    let Ok(page) = PageImage::decode(jpeg) else { return Seen { marks: Vec::new(), thumbnail: None } };
    let marks = page.marks(|text| DocumentIdentifier::read(office, text).is_ok());
    Seen { marks: marks.into_iter().map(|mark| mark.text).collect(), thumbnail: page.thumbnail().ok().map(Bytes::from) }
}
