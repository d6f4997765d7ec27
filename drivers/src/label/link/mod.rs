//! Links: how bytes reach a printer and how its answers come back. One trait, so that a printer does not know whether
//! it hangs on a cable or on the network.
//!
//! Used by [`super::printer`] alone. A link counts what it handed over and never repeats anything by itself.

pub(crate) mod serial;
pub(crate) mod tcp;

use std::time::Duration;

use async_trait::async_trait;

/// How long a link and a printer may take. Every wait has an end; the desk's worker needs no clock of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For opening the link: 2 s.
    pub connect: Duration,
    /// For the answer to one question: 1 s.
    pub answer: Duration,
    /// How long to listen on for a newer answer when an older question is still owed one: 300 ms.
    pub quiet: Duration,
    /// For writing, whatever the length: 5 s. To it comes four times what the bytes need at the link's rate.
    pub write: Duration,
    /// For one sending as a whole, whatever its length: 60 s.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(1),
            quiet: Duration::from_millis(300),
            write: Duration::from_secs(5),
            whole: Duration::from_mins(1),
        }
    }
}

impl Timeouts {
    /// How long so many bytes may take at a rate of so many bytes a second: the base plus bytes/(rate/4).
    pub(crate) fn for_writing(&self, bytes: usize, rate: u32) -> Duration {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let needed = Duration::from_millis(bytes.saturating_mul(4000) / u64::from(rate.max(1)));
        self.write.saturating_add(needed).min(self.whole)
    }
}

/// Why a link does not work. Carries no bytes of a label and no name of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The host's name is not known.
    #[error("the printer's name is not known on this network")]
    UnknownHost,
    /// The host refuses: nothing listens, or another desk holds the only connection.
    #[error("the printer refuses the connection")]
    Refused,
    /// The host does not answer the connection in time.
    #[error("the printer does not answer the connection")]
    ConnectTimeout,
    /// There is no such serial port: pulled, or renumbered.
    #[error("there is no such port")]
    NoSuchPort,
    /// Another program holds the serial port.
    #[error("another program holds the port")]
    PortHeld,
    /// The operating system does not let us use the port.
    #[error("the port may not be used")]
    NotPermitted,
    /// The peer closed or reset the connection, or the cable was pulled.
    #[error("the link was cut")]
    Cut,
    /// The peer takes no bytes: XOFF, full buffer, or nobody reads.
    #[error("the printer takes no bytes")]
    WriteTimeout,
    /// Anything else the operating system says.
    #[error("the link fails: {0}")]
    Other(std::io::ErrorKind),
}

impl From<std::io::ErrorKind> for LinkError {
    fn from(kind: std::io::ErrorKind) -> Self {
        use std::io::ErrorKind;
        match kind {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Self::WriteTimeout,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof => Self::Cut,
            ErrorKind::PermissionDenied => Self::NotPermitted,
            ErrorKind::NotFound => Self::NoSuchPort,
            other => Self::Other(other),
        }
    }
}

/// How far a writing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// Bytes that left the process, or may have.
    pub sent: usize,
    /// What ended it early.
    pub cut: Option<LinkError>,
}

/// A way to a printer and back.
#[async_trait]
pub(crate) trait Link: Send {
    /// Opens the link if it is closed; says whether it was open already.
    async fn open(&mut self) -> Result<bool, LinkError>;

    /// Writes all bytes and waits until they are drained, as far as the link can know.
    async fn write(&mut self, bytes: &[u8], within: Duration) -> Written;

    /// The next piece of what the printer sends; `None` when nothing came in time.
    async fn read(&mut self, within: Duration) -> Result<Option<Vec<u8>>, LinkError>;

    /// Bytes a second the link is believed to carry.
    fn rate(&self) -> u32;

    /// Whether closing and opening again leaves the answers to older questions behind.
    fn forgets_when_reopened(&self) -> bool;

    /// Closes the link.
    async fn close(&mut self);
}
