//! Label printers: how a sticker is drawn, how a printer is asked how it is, and how bytes reach it.
//!
//! Called by the desk's label worker, one job in flight for each printer. It never decides whether a label may be
//! printed again: it says what left the process and what the printer answered, and the journal draws the conclusion.

mod link;
mod printer;
mod settings;
mod status;
pub mod zpl;

use async_trait::async_trait;

pub use link::{LinkError, Timeouts, serial::serial_ports};
pub use settings::{PrinterLink, PrinterSettings, SerialFlow};
pub use status::{Obstacle, PrinterIdentity, PrinterState, PrinterStatus};

/// A label printer on some link: bytes can be sent to it and it can be asked how it is.
///
/// The link is opened by the first question or sending and kept until [`LabelPrinter::hang_up`]: several desks may
/// share a printer that takes one connection at a time, so a worker hangs up after each job.
#[async_trait]
pub trait LabelPrinter: Send {
    /// Asks for the printer's state (`~HS`, and `~HQES` when that stays unanswered).
    ///
    /// Silence is an answer, [`PrinterStatus::Silent`]: a printer out of media may not reply at all.
    ///
    /// # Errors
    /// When the link cannot be opened or breaks. An error after [`SendOutcome::Taken`] makes that label uncertain for
    /// good: a printer that was switched off and on again says that nothing is left to print.
    async fn ask(&mut self) -> Result<PrinterStatus, LinkError>;

    /// Asks for model, firmware and resolution (`~HI`); `None` when it does not say.
    ///
    /// # Errors
    /// When the link cannot be opened or breaks.
    async fn identify(&mut self) -> Result<Option<PrinterIdentity>, LinkError>;

    /// Sends a label and waits until the link has taken its last byte.
    ///
    /// Never sends anything twice by itself. What was taken is not yet printed: ask afterwards.
    async fn send(&mut self, bytes: &[u8]) -> SendOutcome;

    /// Closes the link so that another desk can use the printer; the next call opens it again.
    async fn hang_up(&mut self);
}

/// What became of a label's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// All bytes were taken and drained; whether they were printed, the printer must say.
    Taken,
    /// No byte left the process: the only case in which a worker may send again by itself.
    NothingLeft(LinkError),
    /// Cut after `sent` bytes of `of` (all of them, if the link broke behind the last): the label is uncertain.
    Cut {
        /// Bytes that may have reached the printer.
        sent: usize,
        /// Length of the label in bytes.
        of: usize,
        /// What cut it.
        cause: LinkError,
    },
}

/// The printer of these settings, with the timeouts of everyday use. Opens nothing yet.
pub fn connect(settings: &PrinterSettings) -> Box<dyn LabelPrinter> {
    connect_with(settings, Timeouts::default())
}

/// As [`connect`], with timeouts of one's own (tests shorten them).
pub fn connect_with(settings: &PrinterSettings, timeouts: Timeouts) -> Box<dyn LabelPrinter> {
    match &settings.link {
        PrinterLink::Tcp { host, port } => {
            Box::new(printer::ZplPrinter::new(link::tcp::TcpLink::new(host, *port, timeouts), timeouts))
        }
        PrinterLink::Serial { path, baud, flow } => {
            Box::new(printer::ZplPrinter::new(link::serial::SerialLink::new(path, *baud, *flow, timeouts), timeouts))
        }
    }
}
