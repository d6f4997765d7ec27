//! The one task that speaks with central: rounds of steps, pauses between them, and the truth on the status line.
//!
//! Started by `src-tauri/src/app.rs`; tests play single rounds. No clerk waits for it, the database's connection is
//! never held across the network, and the order of work is the engine's: operations, then changes, then scans.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use domain::{ErrorCode, calendar, ids::ScanId, marks::Teryt, register::PointSymbol};
use ed25519_dalek::SigningKey;
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wire::{
    core::{
        desk::{acknowledged, in_order},
        engine::{Engine, Reaction, Stand, Step, Trouble},
    },
    v1::{Cursor, DirectoryHash, MAX_CHUNK_BYTES, Pull, PullAnswer, Push, PushAnswer, Refusal, log},
};

use super::{
    Failed, apply,
    client::{Batch, Central, Patience},
    greet, report, store,
    upload::{self, Course, Progress, Stride},
};
use crate::{
    Desk, DeskError, audit, directory, enrolment, erasure, outbox, scanning, session, status,
    status::view::CentralStatusView,
};

/// Changes asked for at once: a page is one transaction on the connection that the clerk's work needs too.
const PAGE: u32 = 200;
/// Documents on their way at once, each with a chunk in memory.
const UPLOADS_AT_ONCE: usize = 2;

/// The worker's times and sizes; tests shorten them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two rounds when all is well.
    pub poll: Duration,
    /// After the first failure; doubled by each further one.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
    /// How long central may take.
    pub patience: Patience,
    /// Most bytes of a scan in one request.
    pub chunk: u64,
    /// Between two reports for the administrator.
    pub report: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(5),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
            patience: Patience::default(),
            chunk: MAX_CHUNK_BYTES as u64,
            report: Duration::from_mins(1),
        }
    }
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No central is set up.
    NotConfigured,
    /// Sent what was there to send and read what was there to read.
    Quiet,
    /// Central answers but takes nothing of this desk; reading went on.
    Held(ErrorCode),
    /// Central could not be reached, or the conversation ended in its middle.
    Away(Trouble),
    /// The desk's own database failed: the log holds why.
    Fault,
}

/// Works until told to stop.
pub async fn run(desk: Arc<Desk>, stop: CancellationToken) {
    run_at(desk, stop, Pace::default()).await;
}

/// As [`run`], at another pace.
pub async fn run_at(desk: Arc<Desk>, stop: CancellationToken, pace: Pace) {
    let mut conversation = Conversation::new(Arc::clone(&desk), pace);
    let mut failures = 0;
    loop {
        let outcome = tokio::select! {
            () = stop.cancelled() => return,
            outcome = conversation.round() => outcome,
        };
        let pause = match outcome {
            Outcome::Quiet | Outcome::NotConfigured => {
                failures = 0;
                jittered(&desk, pace.poll)
            }
            Outcome::Held(_) | Outcome::Away(_) | Outcome::Fault => {
                let pause = jittered(&desk, pause_after(&pace, failures));
                failures += 1;
                match outcome {
                    Outcome::Away(trouble) => pause.max(trouble.wait_at_least()),
                    _ => pause,
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = desk.wake.sync.notified() => failures = 0,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn pause_after(pace: &Pace, failures: u32) -> Duration {
    let doubled = 1_u32.checked_shl(failures.min(16)).unwrap_or(u32::MAX);
    pace.first_pause.saturating_mul(doubled).min(pace.longest_pause)
}

// Between three quarters of the time and the whole: desks that lost central together do not come back together.
fn jittered(desk: &Desk, time: Duration) -> Duration {
    let [chance] = desk.random::<1>();
    time.mul_f64(0.75 + f64::from(chance) / 1024.0)
}

/// One desk's conversation with central.
pub struct Conversation {
    desk: Arc<Desk>,
    pace: Pace,
    engine: Engine,
    key: Option<SigningKey>,
    central: Option<Central>,
    // The office and symbol that the engine's token was given for.
    name: Option<(Teryt, PointSymbol)>,
    away: Option<ErrorCode>,
    reported: Instant,
    // Scans that wait for the next round.
    left: BTreeSet<ScanId>,
    stride: Arc<Stride>,
    // The page behind a cursor, asked for while the one before it was written.
    ahead: Option<(Cursor, Result<PullAnswer, Trouble>)>,
}

impl Conversation {
    /// Knows nothing of central yet.
    pub fn new(desk: Arc<Desk>, pace: Pace) -> Self {
        Self {
            desk,
            pace,
            stride: Arc::new(Stride::up_to(pace.chunk)),
            left: BTreeSet::new(),
            ahead: None,
            engine: Engine::default(),
            key: None,
            central: None,
            name: None,
            away: None,
            reported: Instant::now(),
        }
    }

    /// One round: everything that waits is sent, everything new is read, and the status line says how it went.
    pub async fn round(&mut self) -> Outcome {
        if let Err(error) = audit::settle_quiet(&self.desk).await {
            tracing::error!(error = ?error.code(), "a search could not be noted; it is tried again");
        }
        if let Err(error) = erasure::finish(&self.desk).await {
            tracing::error!(error = ?error.code(), "an erasure is not finished; it is tried again");
        }
        if let Err(error) = scanning::make_room(&self.desk).await {
            tracing::error!(error = ?error.code(), "no room could be made; it is tried again");
        }
        let outcome = match self.open_central() {
            Ok(Some(central)) => {
                self.engine.begin_round();
                self.left.clear();
                self.ahead = None;
                self.report_while_away().await;
                let ended = match self.steps(central.clone()).await {
                    Ok(()) => session::note_contact(&self.desk).await.map_err(Failed::Desk),
                    failed => failed,
                };
                let held = self.engine.held();
                if ended.is_ok() && (self.reported.elapsed() >= self.pace.report || self.has_erased().await) {
                    self.tell_how_it_is(&central).await;
                }
                self.engine.end_round();
                match (ended, held) {
                    (Ok(()), None) => Outcome::Quiet,
                    (Ok(()), Some(code)) => Outcome::Held(code),
                    (Err(Failed::Trouble(trouble)), _) => Outcome::Away(trouble),
                    (Err(Failed::Desk(error)), _) => {
                        tracing::error!(error = ?error.code(), %error, "synchronising: the desk's database");
                        Outcome::Fault
                    }
                }
            }
            Ok(None) => Outcome::NotConfigured,
            Err(trouble) => Outcome::Away(trouble),
        };
        self.report(outcome).await;
        outcome
    }

    // The client of the address in the settings; another address is another central, another symbol another greeting.
    fn open_central(&mut self) -> Result<Option<Central>, Trouble> {
        let settings = self.desk.settings();
        let (place, pin) = (settings.central.zip(settings.teryt.clone()), self.desk.pin());
        let name = settings.teryt.map(|teryt| (teryt, settings.symbol));
        if self.name != name {
            self.engine.forget();
            self.name = name;
        }
        let here = self.central.as_ref().map(Central::place);
        if here != place.as_ref().map(|(address, office)| (address.as_str(), office, pin)) {
            self.engine.forget();
            self.central = None;
            self.away = None;
            if let Some((address, office)) = place {
                self.central = Some(Central::at(&address, &office, pin, self.pace.patience)?);
                status::report_central(&self.desk, CentralStatusView::Unknown);
            }
        }
        Ok(self.central.clone())
    }

    async fn steps(&mut self, mut central: Central) -> Result<(), Failed> {
        loop {
            if self.engine.counts() {
                audit::hand_over(&self.desk).await?;
            }
            let stand = self.stand().await?;
            let step = self.engine.next(&stand);
            self.ahead.take_if(|(at, _)| step != Step::Pull { cursor: *at });
            let done = match step {
                Step::Hello => {
                    // A connection that never ends would never show a successor of the pinned key.
                    central = central.anew()?;
                    self.central = Some(central.clone());
                    self.hello(&central).await
                }
                Step::Push { after } => self.push(&central, after, &stand).await,
                Step::Pull { cursor } => self.pull(&central, cursor).await,
                Step::Upload => self.upload(&central).await,
                Step::Rest => return Ok(()),
            };
            let Err(failed) = done else { continue };
            let Failed::Trouble(trouble) = failed else { return Err(failed) };
            tracing::info!(?step, %trouble, "central");
            match self.engine.troubled(step, trouble) {
                Reaction::GoOn => {}
                Reaction::GiveUp => return Err(failed),
            }
        }
    }

    async fn stand(&self) -> Result<Stand, Failed> {
        let scans_wait = !scanning::waiting_uploads(&self.desk).await?.is_empty();
        let mut db = self.desk.read().await?;
        let progress = store::progress(&mut db).await?;
        Ok(Stand { tip: outbox::tip(&mut db).await?, acked: progress.acked, cursor: progress.cursor, scans_wait })
    }

    async fn hello(&mut self, central: &Central) -> Result<(), Failed> {
        let key = match self.key.take() {
            Some(key) => key,
            None => greet::read_key(&mut *self.desk.read().await?).await?,
        };
        let key = self.key.insert(key);
        let answer = match greet::hello(&self.desk, central, key).await {
            Err(failed @ Failed::Trouble(Trouble::Refused(Refusal::SymbolTaken | Refusal::SymbolDiffers))) => {
                apply::lock_numbers(&self.desk).await?;
                return Err(failed);
            }
            answer => answer?,
        };
        if let Some(bounds) = answer.bounds.clone() {
            enrolment::keep_bounds(&self.desk, bounds).await?;
        }
        if let Some(successor) = central.successor() {
            enrolment::follow(&self.desk, successor).await?;
        }
        let fit = apply::compare(&self.desk, &answer, self.engine.restarts()).await?;
        self.engine.greeted(answer, fit);
        Ok(())
    }

    // One batch is on the line, always: while central takes it the next one is made ready, and while that one travels, what was said of
    // the first is written. Each waits for the answer to the one before.
    async fn push(&mut self, central: &Central, after: u64, stand: &Stand) -> Result<(), Failed> {
        let (Some(mut batch), Some(cursor)) = (self.batch_after(after).await?, &stand.cursor) else { return Ok(()) };
        let (mut said, mut next) = self.send(central, &batch).await;
        loop {
            let answer = said?;
            let sent = batch.last();
            self.engine.pushed(sent, &answer, cursor)?;
            let then = Stand { acked: acknowledged(&answer, sent), ..*stand };
            let follows = self.engine.next(&then) == Step::Push { after: sent };
            // What could not be made ready is asked for again by the next step.
            match next.ok().flatten().filter(|_| follows) {
                None => return Ok(apply::acknowledge(&self.desk, batch.ops(), &answer).await?),
                Some(following) => {
                    let written = apply::acknowledge(&self.desk, batch.ops(), &answer);
                    let (written, sent) = tokio::join!(written, self.send(central, &following));
                    written?;
                    (said, next) = sent;
                    batch = following;
                }
            }
        }
    }

    // What central says of the batch, and the batch behind it.
    async fn send(
        &self,
        central: &Central,
        batch: &Batch,
    ) -> (Result<PushAnswer, Trouble>, Result<Option<Batch>, Failed>) {
        tokio::join!(central.push(self.engine.token(), batch), self.batch_after(batch.last()))
    }

    // `None` when nothing is there to send, or nobody was greeted.
    async fn batch_after(&self, after: u64) -> Result<Option<Batch>, Failed> {
        let ops = outbox::batch_after(&mut *self.desk.read().await?, after).await?;
        let (Some(last), Some(key)) = (ops.last(), &self.key) else { return Ok(None) };
        let signature = log::sign_batch(key, &outbox::log_of(&self.desk)?, &last.hash);
        Ok(Batch::of(Push { ops, signature }))
    }

    // While a page is written the one behind it is on its way; it is of no use if anything else is done first.
    async fn pull(&mut self, central: &Central, cursor: Cursor) -> Result<(), Failed> {
        let answer = match self.ahead.take() {
            Some((at, answer)) if at == cursor => answer?,
            _ => central.pull(self.engine.token(), &Pull { cursor, limit: PAGE }).await?,
        };
        match answer {
            PullAnswer::NewEpoch { epoch } => Ok(self.engine.new_epoch(&cursor, epoch)?),
            PullAnswer::Changes { changes, scanned_up_to, head, audit, directory } => {
                let contained = self.engine.read_page(&cursor, &scanned_up_to, head)?;
                if !in_order(&changes, &cursor, &scanned_up_to) {
                    return Err(Trouble::Rubbish("changes out of order").into());
                }
                let written = apply::apply_page(&self.desk, &changes, &scanned_up_to, audit, contained);
                if scanned_up_to.head < head {
                    let pull = Pull { cursor: scanned_up_to, limit: PAGE };
                    let (written, answer) = tokio::join!(written, central.pull(self.engine.token(), &pull));
                    written?;
                    self.ahead = Some((scanned_up_to, answer));
                } else {
                    written.await?;
                }
                self.engine.pulled(&scanned_up_to, head);
                match directory.filter(|_| scanned_up_to.head == head) {
                    Some(told) => self.read_directory(central, told).await,
                    None => Ok(()),
                }
            }
        }
    }

    // Nothing waits for the directory: what central does not give now is asked for with the next page.
    async fn read_directory(&self, central: &Central, told: DirectoryHash) -> Result<(), Failed> {
        if directory::hash(&mut *self.desk.read().await?).await? == Some(told) {
            return Ok(());
        }
        match central.directory(self.engine.token()).await {
            Ok(answer) => directory::keep(&self.desk, &answer).await?,
            Err(trouble) => tracing::info!(%trouble, "central did not give the directory"),
        }
        Ok(())
    }

    // While the answer about one document's chunk is awaited the line carries another document's. Scans stand alone: one that central
    // does not take, or that this disk cannot read, holds up no other.
    async fn upload(&mut self, central: &Central) -> Result<(), Failed> {
        let waiting = scanning::waiting_uploads(&self.desk).await?;
        let mut waiting: VecDeque<_> = waiting.into_iter().filter(|scan| !self.left.contains(&scan.id)).collect();
        if waiting.is_empty() {
            self.engine.uploaded();
            return Ok(());
        }
        let (desk, stride, token) = (Arc::clone(&self.desk), Arc::clone(&self.stride), self.engine.token().to_owned());
        let course = Course::new(self.engine.held().is_none());
        let (mut under_way, mut said) = (FuturesUnordered::new(), Ok(()));
        loop {
            while under_way.len() < UPLOADS_AT_ONCE && !course.is_halted() {
                let Some(scan) = waiting.pop_front() else { break };
                let (desk, stride, token, course) = (&desk, &stride, &token, &course);
                under_way.push(async move {
                    let ended = upload::upload(desk, central, token, &scan, stride, course).await;
                    (scan.id, ended)
                });
            }
            let Some((scan, ended)) = under_way.next().await else { return said };
            if let Err(failed) = self.note_upload(scan, ended, &course).await {
                course.halt();
                match (&said, &failed) {
                    (Ok(()), _) => said = Err(failed),
                    (Err(_), Failed::Trouble(trouble)) => tracing::info!(%trouble, "the other upload ended, too"),
                    (Err(_), Failed::Desk(error)) => {
                        tracing::error!(code = ?error.code(), "the other upload ended, too");
                    }
                }
            }
        }
    }

    // What is no fault of the one document ends the step.
    async fn note_upload(
        &mut self,
        scan: ScanId,
        ended: Result<Progress, Failed>,
        course: &Course,
    ) -> Result<(), Failed> {
        match ended {
            Ok(Progress::Done) => scanning::uploaded(&self.desk, scan).await?,
            Ok(Progress::Paused) => {}
            Err(Failed::Trouble(Trouble::Refused(Refusal::StorageFull))) => {
                tracing::warn!("central has no room for scans");
                self.engine.uploaded();
                course.halt();
            }
            Err(Failed::Trouble(Trouble::Refused(
                refusal @ (Refusal::NotFound
                | Refusal::ScanDiffers
                | Refusal::HashDiffers
                | Refusal::OffsetDiffers { .. }
                | Refusal::Malformed
                | Refusal::TooLarge),
            ))) => {
                tracing::error!(%scan, %refusal, "central does not take a scan; it stays here");
                self.left.insert(scan);
            }
            // Of the document, not of the database: a damaged file must not stop the others.
            Err(Failed::Desk(
                error @ (DeskError::Refused(_) | DeskError::File { .. } | DeskError::Unexpected { .. }),
            )) => {
                tracing::error!(%scan, code = ?error.code(), "a scan cannot be read; its upload waits");
                self.left.insert(scan);
            }
            Err(failed) => return Err(failed),
        }
        Ok(())
    }

    // While central is away the line keeps counting what waits, though nothing new was heard.
    async fn report_while_away(&self) {
        if let Some(why) = self.away {
            self.report_offline(why).await;
        }
    }

    // Who asked for the erasure waits for every desk.
    async fn has_erased(&self) -> bool {
        let Ok(mut db) = self.desk.read().await else { return false };
        erasure::to_confirm(&mut db).await.is_ok_and(|erasures| !erasures.is_empty())
    }

    async fn tell_how_it_is(&mut self, central: &Central) {
        // Also after a failure: a report is worth no second try.
        self.reported = Instant::now();
        let Ok(Waiting { count, oldest }) = waiting(&self.desk).await else { return };
        if let Err(failed) = report::send(&self.desk, central, &self.engine, count, oldest).await {
            tracing::debug!(?failed, "central did not note how this desk is");
        }
    }

    async fn report(&mut self, outcome: Outcome) {
        self.away = match outcome {
            Outcome::Quiet => None,
            Outcome::NotConfigured => {
                status::report_central(&self.desk, CentralStatusView::None);
                return;
            }
            Outcome::Held(why) => Some(why),
            Outcome::Away(trouble) => Some(trouble.code()),
            // Nothing was learned about central.
            Outcome::Fault => return,
        };
        if let Some(why) = self.away {
            self.report_offline(why).await;
            return;
        }
        if let Ok(waiting) = waiting(&self.desk).await {
            let at = calendar::in_office(self.desk.now()).strftime("%H:%M:%S").to_string();
            status::report_central(&self.desk, CentralStatusView::Online { at, waiting: waiting.count });
        }
    }

    async fn report_offline(&self, why: ErrorCode) {
        if let Ok(waiting) = waiting(&self.desk).await {
            let oldest = waiting.oldest.map(calendar::display_moment);
            status::report_central(&self.desk, CentralStatusView::Offline { why, waiting: waiting.count, oldest });
        }
    }
}

/// What waits for central.
struct Waiting {
    count: u32,
    oldest: Option<jiff::Timestamp>,
}

async fn waiting(desk: &Desk) -> Result<Waiting, DeskError> {
    let scans = scanning::waiting_uploads(desk).await?;
    let mut db = desk.read().await?;
    let acked = store::progress(&mut db).await?.acked;
    let operations = outbox::waiting(&mut db, acked).await?;
    let mut oldest = outbox::waits_since(&mut db, acked).await?;
    if let Some(scan) = scans.first() {
        let attached = outbox::attached_at(&mut db, scan.letter_id, scan.id).await?;
        oldest = [oldest, attached].into_iter().flatten().min();
    }
    Ok(Waiting { count: u32::try_from(operations + scans.len() as u64).unwrap_or(u32::MAX), oldest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pause = |failures| pause_after(&Pace::default(), failures).as_secs();
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 1000].map(pause), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }
}
