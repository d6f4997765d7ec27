//! The worker of the label journal: one printer, one copy in flight, and never a second unmarked label.
//! Started once by the app; woken by `Desk::wake` whenever a label is queued, the clerk retries or settings change.
//!
//! It asks the printer, writes the mark, commits *sending*, and only then lets the first byte leave; what it cannot prove
//! it leaves to the clerk. It holds no transaction while it speaks to the printer, and nobody ever waits for it.

use std::{sync::Arc, time::Duration};

use domain::{
    ids::LabelJobId,
    label::{BlockReason, LabelEvent, LabelState},
};
use drivers::label::{self, LabelPrinter, LinkError, Obstacle, PrinterSettings, SendOutcome, Timeouts, zpl};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{journal, store::Job};
use crate::{
    Desk, DeskError, registers,
    status::{self, view::PrinterStatusView},
};

/// How often the worker asks and how long it believes in an answer.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two questions while labels wait for the printer: 3 s.
    pub blocked: Duration,
    /// Between two questions while nothing waits, so that the status line tells the truth: 15 s.
    pub idle: Duration,
    /// Between two questions about a label under way: 100 ms.
    pub proof: Duration,
    /// How long a label may be under way before the clerk is asked: 60 s.
    pub patience: Duration,
    /// How long a label being sent is still waited for when the program ends: 2 s.
    pub farewell: Duration,
    /// The link's own timeouts.
    pub link: Timeouts,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            blocked: Duration::from_secs(3),
            idle: Duration::from_secs(15),
            proof: Duration::from_millis(100),
            patience: Duration::from_mins(1),
            farewell: Duration::from_secs(2),
            link: Timeouts::default(),
        }
    }
}

/// Brings queued labels to paper until told to stop.
pub async fn run(desk: Arc<Desk>, stop: CancellationToken) {
    run_at(desk, stop, Pace::default()).await;
}

/// As [`run`], at a pace of one's own (tests shorten it).
pub async fn run_at(desk: Arc<Desk>, stop: CancellationToken, pace: Pace) {
    while let Err(error) = journal::wake_up(&desk).await {
        tracing::error!(%error, "the label journal cannot be read; trying again");
        if stop.run_until_cancelled(sleep(pace.blocked)).await.is_none() {
            return;
        }
    }
    let mut worker = Worker { desk, stop, pace, line: None, waiting: 0, unsent: None };
    while !worker.stop.is_cancelled() {
        let rest = match worker.round().await {
            Ok(rest) => rest,
            Err(error) => {
                tracing::error!(%error, "the label journal or the mark does not answer; trying again");
                worker.report_blocked(BlockReason::Other);
                Rest::Blocked
            }
        };
        if let Some(line) = &mut worker.line {
            line.printer.hang_up().await;
        }
        let pause = match rest {
            Rest::None => continue,
            Rest::Blocked => pace.blocked,
            Rest::Idle => pace.idle,
        };
        tokio::select! {
            () = worker.stop.cancelled() => {}
            () = worker.desk.wake.labels.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

/// What follows a round.
enum Rest {
    /// The next round at once.
    None,
    /// Labels wait for the printer.
    Blocked,
    /// Nothing waits.
    Idle,
}

struct Worker {
    desk: Arc<Desk>,
    stop: CancellationToken,
    pace: Pace,
    line: Option<Line>,
    /// Copies that waited at the last look.
    waiting: u32,
    /// The journal failed at *sending*, and not a byte of this copy left.
    unsent: Option<LabelJobId>,
}

/// The printer of the settings as they stand.
struct Line {
    settings: PrinterSettings,
    printer: Box<dyn LabelPrinter>,
    /// It was told never to reprint by itself.
    set_up: bool,
}

impl Line {
    /// Whether a label may be sent now.
    async fn check(&mut self) -> Result<(), BlockReason> {
        let checked = self.ask_and_set_up().await;
        // Whoever answers there next may be another printer.
        self.set_up &= checked != Err(BlockReason::Unreachable);
        checked
    }

    async fn ask_and_set_up(&mut self) -> Result<(), BlockReason> {
        let status = self.printer.ask().await.map_err(reason_of_link)?;
        if let Some(obstacle) = status.obstacle() {
            return Err(reason_of(obstacle));
        }
        if !self.set_up {
            match self.printer.send(&zpl::set_up()).await {
                SendOutcome::Taken => self.set_up = true,
                SendOutcome::NothingLeft(cause) | SendOutcome::Cut { cause, .. } => return Err(reason_of_link(cause)),
            }
        }
        Ok(())
    }
}

impl Worker {
    /// One look at the journal and at the printer, and at most one label.
    async fn round(&mut self) -> Result<Rest, DeskError> {
        let Some(settings) = self.desk.settings().printer else { return self.without_printer().await };
        if self.line.as_ref().is_none_or(|line| line.settings != settings) {
            let printer = label::connect_with(&settings, self.pace.link);
            self.line = Some(Line { settings: settings.clone(), printer, set_up: false });
            self.report(PrinterStatusView::Unknown);
        }

        let jobs = journal::open_jobs(&self.desk).await?;
        if let Some(job) = jobs.iter().find(|job| matches!(job.state, LabelState::Sending | LabelState::Sent)) {
            self.finish(job).await?;
            return Ok(Rest::None);
        }
        if jobs.iter().any(|job| job.cancelled && journal::waits(job.state)) {
            journal::give_up_cancelled(&self.desk).await?;
            return Ok(Rest::None);
        }
        let waiting: Vec<&Job> = jobs.iter().filter(|job| journal::waits(job.state)).collect();
        self.waiting = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        let (undrawable, next) = draw_next(&waiting, &settings);

        let checked = match &next {
            Some((job, _)) => self.prepare(job).await?,
            None => self.check().await,
        };
        if let Err(reason) = checked {
            if !waiting.is_empty() {
                journal::block_waiting(&self.desk, reason).await?;
            }
            self.report_blocked(reason);
            return Ok(if waiting.is_empty() { Rest::Idle } else { Rest::Blocked });
        }
        for job in &undrawable {
            journal::block(&self.desk, job.id, BlockReason::Other).await?;
        }
        match next {
            Some((job, bytes)) => self.print(job, &bytes).await,
            None if undrawable.is_empty() => {
                self.report(PrinterStatusView::Ready);
                Ok(Rest::Idle)
            }
            None => {
                self.report_blocked(BlockReason::Other);
                Ok(Rest::Idle)
            }
        }
    }

    /// No printer is set up: labels wait and say so.
    async fn without_printer(&mut self) -> Result<Rest, DeskError> {
        self.line = None;
        let jobs = journal::open_jobs(&self.desk).await?;
        for job in jobs.iter().filter(|job| matches!(job.state, LabelState::Sending | LabelState::Sent)) {
            self.finish(job).await?;
        }
        if jobs.iter().any(|job| job.state == LabelState::Queued) {
            registers::write_mark(&self.desk).await?;
        }
        if jobs.iter().any(|job| journal::waits(job.state)) {
            journal::block_waiting(&self.desk, BlockReason::NotConfigured).await?;
        }
        self.report(PrinterStatusView::None);
        Ok(Rest::Idle)
    }

    /// A copy that an earlier round or an earlier program left under way.
    async fn finish(&mut self, job: &Job) -> Result<(), DeskError> {
        if job.state == LabelState::Sent {
            self.prove(job.id).await;
            return Ok(());
        }
        let unsent = self.unsent.take() == Some(job.id);
        let event = if unsent { LabelEvent::NothingLeft(BlockReason::Other) } else { LabelEvent::Doubted };
        journal::step(&self.desk, job.id, event).await.map(drop)
    }

    async fn check(&mut self) -> Result<(), BlockReason> {
        match &mut self.line {
            Some(line) => line.check().await,
            None => Err(BlockReason::NotConfigured),
        }
    }

    /// Asks the printer; for a new copy the journal notes the question, and the mark is written, while the answer comes.
    async fn prepare(&mut self, job: &Job) -> Result<Result<(), BlockReason>, DeskError> {
        if job.state != LabelState::Queued {
            return Ok(self.check().await);
        }
        let desk = Arc::clone(&self.desk);
        let noting = async {
            journal::begin_checking(&desk, job.id).await?;
            registers::write_mark(&desk).await
        };
        let (noted, checked) = tokio::join!(noting, self.check());
        noted?;
        Ok(checked)
    }

    /// Journal and mark know of the copy before its first byte leaves.
    async fn begin(desk: &Desk, id: LabelJobId) -> Result<LabelState, DeskError> {
        let state = journal::begin_sending(desk, id).await?;
        if state == LabelState::Sending {
            registers::write_mark(desk).await?;
        }
        Ok(state)
    }

    /// The printer is ready: commit, send, ask.
    async fn print(&mut self, job: &Job, bytes: &[u8]) -> Result<Rest, DeskError> {
        match Self::begin(&self.desk, job.id).await {
            Ok(LabelState::Sending) => {}
            Ok(_) => return Ok(Rest::None),
            Err(error) => {
                self.unsent = Some(job.id);
                return Err(error);
            }
        }
        self.report(PrinterStatusView::Printing);
        let Some(line) = &mut self.line else { return Ok(Rest::None) };
        let farewell = async {
            self.stop.cancelled().await;
            sleep(self.pace.farewell).await;
        };
        let outcome = tokio::select! {
            outcome = line.printer.send(bytes) => outcome,
            // The copy stays *sending*: the next start makes it a question.
            () = farewell => return Ok(Rest::None),
        };
        match outcome {
            SendOutcome::Taken => {
                self.keep(job.id, LabelEvent::Taken).await;
                self.prove(job.id).await;
                Ok(Rest::None)
            }
            SendOutcome::NothingLeft(cause) => {
                self.keep(job.id, LabelEvent::NothingLeft(reason_of_link(cause))).await;
                Ok(Rest::Blocked)
            }
            SendOutcome::Cut { sent, of, cause } => {
                tracing::warn!(sent, of, %cause, "a label was cut");
                self.keep(job.id, LabelEvent::Doubted).await;
                Ok(Rest::None)
            }
        }
    }

    /// Asks until the printer proves that the label came out, or it must be doubted. Stopped, it leaves the copy *sent*.
    async fn prove(&mut self, id: LabelJobId) {
        let deadline = Instant::now() + self.pace.patience;
        let mut silent = 0;
        let event = loop {
            let Some(line) = &mut self.line else { break LabelEvent::Doubted };
            // A link that broke behind a label may hide a power cut at the printer, and its empty buffer proves nothing.
            let Ok(status) = line.printer.ask().await else { break LabelEvent::Doubted };
            if status.idle() {
                break LabelEvent::Proved;
            }
            match status.obstacle() {
                None => {}
                Some(obstacle @ (Obstacle::Paused | Obstacle::BufferFull)) => self.report_blocked(reason_of(obstacle)),
                Some(Obstacle::Silent) if silent < SILENCES => silent += 1,
                Some(
                    Obstacle::Silent
                    | Obstacle::HeadOpen
                    | Obstacle::MediaOut
                    | Obstacle::RibbonOut
                    | Obstacle::OtherFault,
                ) => break LabelEvent::Doubted,
            }
            if Instant::now() >= deadline {
                break LabelEvent::Doubted;
            }
            if self.stop.run_until_cancelled(sleep(self.pace.proof)).await.is_none() {
                return;
            }
        };
        self.keep(id, event).await;
    }

    /// Writes down what became of bytes that left: tried until the journal takes it, for it cannot be learned again.
    async fn keep(&mut self, id: LabelJobId, event: LabelEvent) {
        while let Err(error) = journal::step(&self.desk, id, event).await {
            tracing::error!(%error, "the label journal does not take what became of a label");
            // The copy is no longer where it was: a COMMIT that reported an error reached the disk all the same.
            if matches!(error, DeskError::Unexpected { .. }) {
                return;
            }
            if self.stop.run_until_cancelled(sleep(self.pace.blocked)).await.is_none() {
                return;
            }
        }
    }

    fn report_blocked(&self, reason: BlockReason) {
        self.report(PrinterStatusView::Blocked { reason, waiting: self.waiting });
    }

    fn report(&self, printer: PrinterStatusView) {
        status::report_printer(&self.desk, printer);
    }
}

/// How many unanswered questions about a label under way are borne.
const SILENCES: u32 = 3;

/// The first waiting copy that fits the stock, drawn, and those before it that do not fit.
fn draw_next<'a>(waiting: &[&'a Job], settings: &PrinterSettings) -> (Vec<&'a Job>, Option<(&'a Job, Vec<u8>)>) {
    let mut undrawable = Vec::new();
    for &job in waiting {
        match zpl::encode(&job.content, settings.size, settings.dpi) {
            Ok(bytes) => return (undrawable, Some((job, bytes))),
            Err(error) => {
                tracing::warn!(%error, "a label cannot be drawn on this stock");
                undrawable.push(job);
            }
        }
    }
    (undrawable, None)
}

/// Why a label waits, of what the printer says.
pub(crate) fn reason_of(obstacle: Obstacle) -> BlockReason {
    match obstacle {
        Obstacle::Silent => BlockReason::Silent,
        Obstacle::HeadOpen => BlockReason::HeadOpen,
        Obstacle::MediaOut => BlockReason::MediaOut,
        Obstacle::RibbonOut => BlockReason::RibbonOut,
        Obstacle::Paused => BlockReason::Paused,
        Obstacle::OtherFault | Obstacle::BufferFull => BlockReason::Other,
    }
}

/// Why a label waits, of what the link says.
fn reason_of_link(error: LinkError) -> BlockReason {
    match error {
        LinkError::WriteTimeout => BlockReason::Silent,
        LinkError::UnknownHost
        | LinkError::Refused
        | LinkError::ConnectTimeout
        | LinkError::NoSuchPort
        | LinkError::PortHeld
        | LinkError::NotPermitted
        | LinkError::Cut
        | LinkError::Other(_) => BlockReason::Unreachable,
    }
}
