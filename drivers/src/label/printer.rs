//! A printer that speaks ZPL, on any link: questions, answers and labels in one conversation.
//!
//! Made by [`super::connect`]. One question at a time, so that an answer can only belong to it or to an older one.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{
    LabelPrinter, LinkError, PrinterIdentity, PrinterStatus, SendOutcome, Timeouts, link::Link, status::Inbox,
};

pub(crate) struct ZplPrinter<L> {
    link: L,
    timeouts: Timeouts,
    /// An earlier question was not answered: the next answer may be its.
    owed: bool,
    /// A label went over the open link: it must not be dropped and dialled anew behind the worker's back.
    carried: bool,
}

impl<L: Link> ZplPrinter<L> {
    pub(crate) fn new(link: L, timeouts: Timeouts) -> Self {
        Self { link, timeouts, owed: false, carried: false }
    }

    async fn close(&mut self) {
        self.link.close().await;
        self.carried = false;
        if self.link.forgets_when_reopened() {
            self.owed = false;
        }
    }

    /// Puts one question. A link found dead is opened once more, unless a label went over it: then its death is news.
    async fn question<T: Send>(
        &mut self,
        question: &[u8],
        answer: fn(&Inbox) -> Option<T>,
    ) -> Result<Option<T>, LinkError> {
        let was_open = self.link.open().await?;
        match self.converse(question, answer).await {
            Err(LinkError::Cut) if was_open && !self.carried => {
                self.close().await;
                self.link.open().await?;
                let again = self.converse(question, answer).await;
                if again.is_err() {
                    self.close().await;
                }
                again
            }
            Err(error) => {
                self.close().await;
                Err(error)
            }
            answered => answered,
        }
    }

    async fn converse<T: Send>(
        &mut self,
        question: &[u8],
        answer: fn(&Inbox) -> Option<T>,
    ) -> Result<Option<T>, LinkError> {
        self.drop_what_came_unasked().await?;
        let written = self.link.write(question, self.timeouts.for_writing(question.len(), self.link.rate())).await;
        if let Some(cut) = written.cut {
            return Err(cut);
        }
        let mut inbox = Inbox::default();
        let mut newest = None;
        let mut deadline = Instant::now() + self.timeouts.answer;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(piece) = self.link.read(left).await? else { break };
            inbox.take(&piece);
            if let Some(read) = answer(&inbox) {
                if !self.owed {
                    return Ok(Some(read));
                }
                // It may answer the older question: the newest that comes before the line is quiet counts.
                newest = Some(read);
                deadline = Instant::now() + self.timeouts.quiet;
            }
        }
        self.owed = newest.is_none();
        if self.owed && !self.carried && self.link.forgets_when_reopened() {
            self.close().await;
        }
        Ok(newest)
    }

    // A link that the peer closed while it was idle is noticed before a byte is risked on it.
    async fn open_alive(&mut self) -> Result<(), LinkError> {
        if self.link.open().await? && self.drop_what_came_unasked().await.is_err() {
            self.close().await;
            self.link.open().await?;
        }
        Ok(())
    }

    async fn drop_what_came_unasked(&mut self) -> Result<(), LinkError> {
        while self.link.read(Duration::ZERO).await?.is_some() {}
        Ok(())
    }
}

#[async_trait]
impl<L: Link> LabelPrinter for ZplPrinter<L> {
    async fn ask(&mut self) -> Result<PrinterStatus, LinkError> {
        if let Some(state) = self.question(b"~HS\r\n", Inbox::host_status).await? {
            return Ok(PrinterStatus::Answered(state));
        }
        // Out of media, out of ribbon or open, a Zebra leaves `~HS` unanswered; this one tells which.
        let flags = self.question(b"~HQES\r\n", Inbox::error_flags).await?;
        Ok(flags.map_or(PrinterStatus::Silent, PrinterStatus::Answered))
    }

    async fn identify(&mut self) -> Result<Option<PrinterIdentity>, LinkError> {
        self.question(b"~HI\r\n", Inbox::identity).await
    }

    async fn send(&mut self, bytes: &[u8]) -> SendOutcome {
        if let Err(error) = self.open_alive().await {
            return SendOutcome::NothingLeft(error);
        }
        let within = self.timeouts.for_writing(bytes.len(), self.link.rate());
        let written = self.link.write(bytes, within).await;
        self.carried |= written.sent > 0;
        match written.cut {
            None => SendOutcome::Taken,
            Some(cause) => {
                self.close().await;
                if written.sent == 0 {
                    SendOutcome::NothingLeft(cause)
                } else {
                    SendOutcome::Cut { sent: written.sent, of: bytes.len(), cause }
                }
            }
        }
    }

    async fn hang_up(&mut self) {
        self.close().await;
    }
}
