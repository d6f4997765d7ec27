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
    /// Questions that were not answered: the next answer to the same one may be late.
    owed: Vec<&'static str>,
    /// A label went over the open link: it must not be dropped and dialled anew behind the worker's back.
    carried: bool,
}

/// A question and how its answer is found among what came.
struct Question<T> {
    words: &'static str,
    answer: fn(&Inbox) -> Option<T>,
}

impl<L: Link> ZplPrinter<L> {
    pub(crate) fn new(link: L, timeouts: Timeouts) -> Self {
        Self { link, timeouts, owed: Vec::new(), carried: false }
    }

    async fn close(&mut self) {
        self.link.close().await;
        self.carried = false;
        if self.link.forgets_when_reopened() {
            self.owed.clear();
        }
    }

    /// Puts one question. A link found dead is opened once more, unless a label went over it: then its death is news.
    async fn put<T: Send>(&mut self, question: Question<T>) -> Result<Option<T>, LinkError> {
        if self.owed.contains(&question.words) && !self.carried && self.link.forgets_when_reopened() {
            self.close().await;
        }
        let was_open = self.link.open().await?;
        let mut answered = self.converse(&question).await;
        if matches!(answered, Err(LinkError::Cut)) && was_open && !self.carried {
            self.close().await;
            self.link.open().await?;
            answered = self.converse(&question).await;
        }
        if answered.is_err() {
            self.close().await;
        }
        answered
    }

    async fn converse<T: Send>(&mut self, question: &Question<T>) -> Result<Option<T>, LinkError> {
        self.drop_what_came_unasked().await?;
        let within = self.timeouts.for_writing(question.words.len(), self.link.rate());
        if let Some(cut) = self.link.write(question.words.as_bytes(), within).await.cut {
            return Err(cut);
        }
        let late = self.owed.contains(&question.words);
        let mut inbox = Inbox::default();
        let mut newest = None;
        let mut deadline = Instant::now() + self.timeouts.answer;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(piece) = self.link.read(left).await? else { break };
            inbox.take(&piece);
            let Some(read) = (question.answer)(&inbox) else { continue };
            if !late {
                return Ok(Some(read));
            }
            // It may answer the older question: the newest that comes before the line is quiet counts.
            newest = Some(read);
            deadline = Instant::now() + self.timeouts.quiet;
        }
        self.owed.retain(|words| *words != question.words);
        if newest.is_none() {
            self.owed.push(question.words);
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
        let mut state = self.put(Question { words: "~HS\r\n", answer: Inbox::host_status }).await?;
        if state.is_none() {
            // Out of media, out of ribbon or open, a Zebra leaves `~HS` unanswered; this one tells which.
            state = self.put(Question { words: "~HQES\r\n", answer: Inbox::error_flags }).await?;
        }
        let status = state.map_or(PrinterStatus::Silent, PrinterStatus::Answered);
        if status.idle() {
            // What went over the link has come out: its later death is no news of a label.
            self.carried = false;
        }
        Ok(status)
    }

    async fn identify(&mut self) -> Result<Option<PrinterIdentity>, LinkError> {
        self.put(Question { words: "~HI\r\n", answer: Inbox::identity }).await
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
