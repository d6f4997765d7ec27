//! Scanners: the small language that the desk speaks with a feeder, and the reading of what came out of it.
//!
//! `desk/scanning` drives a [`Scanner`] page by page; [`escl`] is the one for devices on the network, and [`decode`]
//! reads barcodes and draws thumbnails. Nothing here writes to disk, knows a register or decides which letter a page
//! belongs to.
//!
//! The order that keeps a page from being lost is part of the interface: [`ScanJob::next_page`] refuses to ask the
//! device for another page until [`ScanJob::page_stored`] says that the last one is durable.

mod address;
pub mod decode;
pub mod escl;
mod jpeg;
mod messages;
mod quirks;
mod verdict;
mod xml;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use address::{AddressError, ScannerAddress};
pub use verdict::{Completion, Doubt};

/// Where a page comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The document feeder (podajnik), a stack of sheets.
    #[default]
    Feeder,
    /// The glass, one sheet.
    Platen,
}

/// Depth of colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColorMode {
    /// 8-bit grey.
    #[default]
    Grey,
    /// 24-bit colour, when stamps or colours matter.
    Color,
}

/// What is asked of the scanner for one stack. Pages always come as JPEG, one by one, at most A4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanSettings {
    /// Feeder or glass.
    pub source: Source,
    /// Grey or colour.
    pub color: ColorMode,
    /// Dots per inch in both directions.
    pub dpi: u16,
    /// Both sides of every sheet; only from a feeder that can.
    pub duplex: bool,
}

impl Default for ScanSettings {
    fn default() -> Self {
        Self { source: Source::Feeder, color: ColorMode::Grey, dpi: 300, duplex: false }
    }
}

/// What a scanner says it can do. Unknown values are left out, never fatal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// Maker and model as the device writes them; empty when it does not say.
    pub model: String,
    /// Serial number, to notice another device at the same address; empty when unknown.
    pub serial: String,
    /// eSCL version, e.g. `2.63`; empty when unknown.
    pub version: String,
    /// The glass, if there is one.
    pub platen: Option<InputCapabilities>,
    /// One-sided scanning from the feeder, if there is one.
    pub feeder: Option<InputCapabilities>,
    /// Two-sided scanning from the feeder, if it can.
    pub feeder_duplex: Option<InputCapabilities>,
}

impl Capabilities {
    /// The abilities that serve these settings, if the device has such an input.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "callers compare settings that they hold")]
    pub fn input(&self, settings: &ScanSettings) -> Option<&InputCapabilities> {
        match (settings.source, settings.duplex) {
            (Source::Platen, _) => self.platen.as_ref(),
            (Source::Feeder, false) => self.feeder.as_ref(),
            (Source::Feeder, true) => self.feeder_duplex.as_ref(),
        }
    }
}

/// What one input of a scanner can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InputCapabilities {
    /// Widest region in 1/300 inch; 0 when the device does not say.
    pub max_width: u32,
    /// Longest region in 1/300 inch; 0 when the device does not say.
    pub max_height: u32,
    /// Resolutions in dpi that work in both directions, ascending; empty when the device does not say.
    pub resolutions: Vec<u16>,
    /// Colour modes as the device names them, e.g. `Grayscale8`.
    pub color_modes: Vec<String>,
    /// Document formats as media types.
    pub formats: Vec<String>,
}

/// What the scanner is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Ready.
    Idle,
    /// Working.
    Processing,
    /// Testing itself, warming up.
    Testing,
    /// Stopped by a fault or a person.
    Stopped,
    /// Not to be used.
    Down,
    /// A word we do not know.
    Other(String),
}

/// What the feeder says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeederState {
    /// Nothing in it.
    Empty,
    /// Paper in it.
    Loaded,
    /// Drawing paper in.
    Processing,
    /// Jammed.
    Jam,
    /// Another fault, in the device's own word: `ScannerAdfHatchOpen`, `ScannerAdfMultipickDetected`…
    Fault(String),
    /// A word that we do not know.
    Other(String),
}

impl FeederState {
    /// True for states in which the stack cannot be trusted to have passed whole.
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Jam | Self::Fault(_) => true,
            Self::Empty | Self::Loaded | Self::Processing | Self::Other(_) => false,
        }
    }
}

/// The scanner's answer to *how are you*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScannerStatus {
    /// The device as a whole.
    pub device: DeviceState,
    /// The feeder; `None` when the device does not speak of one.
    pub feeder: Option<FeederState>,
}

/// One received page, checked to be a whole JPEG. The bytes are exactly those that the device sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Place in the job, from 1.
    pub number: u32,
    /// The JPEG.
    pub bytes: Bytes,
    /// Media type in the device's words.
    pub content_type: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// What [`ScanJob::next_page`] brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextPage {
    /// A page. Store it durably, then say so with [`ScanJob::page_stored`].
    Page(Page),
    /// No more pages, and whether the stack is known to be whole.
    End(Completion),
}

/// Why scanning failed. Pages handed over before stay good; the stack is not whole.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Nothing answers at the address.
    #[error("the scanner cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The device fell silent.
    #[error("the scanner did not answer in time while {doing}")]
    Timeout {
        /// What was being asked.
        doing: &'static str,
    },
    /// The connection broke outside a page.
    #[error("the connection to the scanner broke while {doing}")]
    Cut {
        /// What was being asked.
        doing: &'static str,
        /// The transport's words.
        #[source]
        source: reqwest::Error,
    },
    /// An HTTP status that means nothing good here.
    #[error("the scanner answered {status} while {doing}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What was being asked.
        doing: &'static str,
    },
    /// What answers is no scanner, or speaks XML that we refuse.
    #[error("the answer is not that of a scanner: {0}")]
    NotAScanner(#[from] NotEscl),
    /// The device has no such input, or not in this resolution.
    #[error("the scanner cannot do this: {0}")]
    Unsupported(&'static str),
    /// Another job or the warming-up keeps the device.
    #[error("the scanner is busy")]
    Busy,
    /// Nothing lies in the feeder.
    #[error("the feeder is empty")]
    FeederEmpty,
    /// The feeder is jammed before the first page.
    #[error("the feeder is jammed")]
    FeederJam,
    /// The feeder has another fault before the first page, in the device's word.
    #[error("the feeder has a fault: {0}")]
    FeederFault(String),
    /// A page came damaged. It is not counted, and must be scanned again.
    #[error("page {number} is broken: {why}")]
    BrokenPage {
        /// Its place in the job, from 1.
        number: u32,
        /// What is wrong with it.
        why: Broken,
    },
    /// The page before was not reported as stored: a fault of the caller.
    #[error("page {0} was not stored before the next one was asked for")]
    NotStored(u32),
    /// The job has ended already: a fault of the caller.
    #[error("the scan job is over")]
    Over,
}

impl ScanError {
    /// The code under which the window explains it.
    pub fn code(&self) -> domain::ErrorCode {
        use domain::ErrorCode;
        match self {
            Self::Unreachable(_) | Self::Timeout { .. } | Self::Cut { .. } => ErrorCode::DeviceUnreachable,
            Self::Refused { .. } | Self::NotAScanner(_) | Self::Unsupported(_) | Self::BrokenPage { .. } => {
                ErrorCode::DeviceProtocol
            }
            Self::Busy => ErrorCode::Busy,
            Self::FeederEmpty => ErrorCode::FeederEmpty,
            Self::FeederJam | Self::FeederFault(_) => ErrorCode::FeederJam,
            Self::NotStored(_) | Self::Over => ErrorCode::Unexpected,
        }
    }
}

/// What is wrong with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The connection ended inside the page.
    #[error("cut in the middle")]
    Cut,
    /// The device fell silent inside the page.
    #[error("silence in the middle")]
    Silent,
    /// Neither a JPEG nor anything that we asked for.
    #[error("not a JPEG")]
    NotJpeg,
    /// A JPEG without its end marker.
    #[error("the picture has no end")]
    NoEnd,
    /// More bytes than any page has.
    #[error("too many bytes")]
    TooManyBytes,
    /// More pixels than any page has.
    #[error("too many pixels")]
    TooManyPixels,
}

/// Why an XML answer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEscl {
    /// Over the limit of bytes.
    #[error("too long")]
    TooLong,
    /// Nested deeper than any answer of a scanner.
    #[error("nested too deep")]
    TooDeep,
    /// It declares a document type: HTML, or an attack through entities.
    #[error("it declares a document type")]
    Doctype,
    /// Not XML.
    #[error("not XML")]
    NotXml,
    /// XML of something else.
    #[error("another root element")]
    AnotherRoot,
    /// A new job without a usable place.
    #[error("no place of the job")]
    NoLocation,
}

/// A device that turns paper into pages.
#[async_trait]
pub trait Scanner: Send + Sync {
    /// What the device can do.
    ///
    /// # Errors
    /// [`ScanError`] when it cannot be reached or is no scanner.
    async fn capabilities(&self) -> Result<Capabilities, ScanError>;

    /// What the device and its feeder are doing now.
    ///
    /// # Errors
    /// [`ScanError`] when it cannot be reached or is no scanner.
    async fn status(&self) -> Result<ScannerStatus, ScanError>;

    /// Starts one stack. An empty feeder is told before the device moves.
    ///
    /// # Errors
    /// [`ScanError::FeederEmpty`], [`ScanError::FeederJam`], [`ScanError::Busy`], or why it did not start.
    async fn scan(&self, settings: ScanSettings) -> Result<Box<dyn ScanJob>, ScanError>;
}

/// One running stack. Dropped without [`ScanJob::cancel`], the device is left to end by itself.
#[async_trait]
pub trait ScanJob: Send {
    /// Waits for the next page, or for the end.
    ///
    /// # Errors
    /// [`ScanError::NotStored`] while the last page has not been reported as stored, without a word to the device;
    /// [`ScanError::BrokenPage`] for a damaged page; otherwise what went wrong. After an error the job is over.
    async fn next_page(&mut self) -> Result<NextPage, ScanError>;

    /// The last page is durable: on disk, flushed, its hash in the journal.
    fn page_stored(&mut self);

    /// Pages reported as stored.
    fn pages_stored(&self) -> u32;

    /// Tells the device to stop. Quiet when the job is over or the device gone.
    async fn cancel(&mut self);
}
