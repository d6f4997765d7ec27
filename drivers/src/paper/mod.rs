//! Paper: the documents a clerk hands out or keeps, as PDF.
//!
//! Called by the desk for the confirmation slip, for scans, for its recovery card and for the sheet that closes a day. Draws what it is given and knows neither database nor
//! clock; the same content gives the same bytes.

mod card;
mod codes;
mod day_sheet;
mod scan_pdf;
mod sheet;
mod slip;
mod typeface;

pub use card::{CardContent, card};
pub use day_sheet::{DaySheetContent, SheetHead, day_sheet};
pub use scan_pdf::{JpegPage, ScanPdfMeta, scan_pdf};
pub use slip::{SlipContent, SlipPage, SlipStatus, slip};

/// Why a document could not be drawn. Carries nothing of its content.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// One of our fonts cannot be read or subset.
    #[error("font: {0}")]
    Font(String),
    /// The machine-readable code cannot hold what it should.
    #[error("code: {0}")]
    Code(String),
    /// The PDF library warned; a warning means that something would be missing on the page.
    #[error("the document would be incomplete: {0}")]
    Incomplete(String),
    /// A scan without pages.
    #[error("no pages")]
    NoPages,
    /// A page that is no JPEG of a kind that an archive takes, counted from 1.
    #[error("page {page} is no usable JPEG: {why}")]
    Page {
        /// Which page, from 1.
        page: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The archive's validator refuses the document.
    #[error("not archivable: {0}")]
    NotArchivable(String),
}
