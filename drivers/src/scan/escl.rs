//! eSCL client (Mopria eSCL 2.x over HTTP): capabilities, status, and one feeder job page by page.
//!
//! Called by `desk/scanning` through [`Scanner`]. Follows no redirect, uses no proxy, takes only the path of a
//! `Location`, and believes no end of a stack that [`super::verdict`] cannot vouch for.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::time::{Instant, sleep, timeout};

use super::messages::{self, StatusAnswer};
use super::quirks::{self, Habit};
use super::verdict::{Completion, Doubt, Evidence, Verdict, weigh};
use super::{
    Broken, Capabilities, FeederState, NextPage, NotEscl, Page, ScanError, ScanJob, ScanSettings, Scanner,
    ScannerAddress, ScannerStatus, Source, jpeg, xml,
};

/// Largest page in bytes.
const MAX_PAGE_BYTES: usize = 64 * 1024 * 1024;
/// Largest page in pixels, looked up before anything is decoded.
pub(super) const MAX_PIXELS: u64 = 100_000_000;

/// How long the client waits. Tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// For the whole answer to a question about capabilities or status.
    pub question: Duration,
    /// From asking for a page to its first byte.
    pub first_byte: Duration,
    /// Between two pieces of a page.
    pub gap: Duration,
    /// How long "not yet" is taken for an answer while the job lives.
    pub not_yet: Duration,
    /// Pause before asking again.
    pub pause: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            question: Duration::from_secs(15),
            first_byte: Duration::from_mins(2),
            gap: Duration::from_mins(1),
            not_yet: Duration::from_mins(1),
            pause: Duration::from_secs(1),
        }
    }
}

/// A scanner at an eSCL address.
#[derive(Clone, Debug)]
pub struct EsclScanner {
    line: Line,
}

impl EsclScanner {
    /// A scanner at this address, with the waiting times of the protocol.
    ///
    /// # Errors
    /// [`ScanError::Unreachable`] if no HTTP client can be made.
    pub fn new(address: ScannerAddress) -> Result<Self, ScanError> {
        Self::with_timeouts(address, Timeouts::default())
    }

    /// The same with other waiting times.
    ///
    /// # Errors
    /// [`ScanError::Unreachable`] if no HTTP client can be made.
    pub fn with_timeouts(address: ScannerAddress, timeouts: Timeouts) -> Result<Self, ScanError> {
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(timeouts.connect)
            .http1_only()
            .build()
            .map_err(ScanError::Unreachable)?;
        Ok(Self { line: Line { client, address, timeouts } })
    }
}

#[async_trait]
impl Scanner for EsclScanner {
    async fn capabilities(&self) -> Result<Capabilities, ScanError> {
        let bytes = self.line.question("ScannerCapabilities", "reading its capabilities").await?;
        Ok(messages::read_capabilities(&bytes)?)
    }

    async fn status(&self) -> Result<ScannerStatus, ScanError> {
        Ok(self.line.status().await?.status)
    }

    async fn scan(&self, settings: ScanSettings) -> Result<Box<dyn ScanJob>, ScanError> {
        let capabilities = self.capabilities().await?;
        check_possible(&capabilities, settings)?;
        let from_feeder = settings.source == Source::Feeder;
        if from_feeder {
            check_feeder(self.status().await?.feeder.as_ref())?;
        }
        let request = messages::write_settings(settings, &capabilities.version, capabilities.input(&settings));
        let doing = "starting the job";
        let call = self
            .line
            .client
            .post(self.line.address.at("ScanJobs"))
            .header(reqwest::header::CONTENT_TYPE, "text/xml; charset=UTF-8")
            .body(request);
        let answer = self.line.send(call, self.line.timeouts.question, doing).await?;
        match answer.status() {
            StatusCode::CREATED | StatusCode::OK | StatusCode::ACCEPTED => {}
            StatusCode::SERVICE_UNAVAILABLE => return Err(ScanError::Busy),
            status => {
                if from_feeder {
                    check_feeder(self.status().await?.feeder.as_ref())?;
                }
                return Err(ScanError::Refused { status: status.as_u16(), doing });
            }
        }
        let place = answer
            .headers()
            .get(reqwest::header::LOCATION)
            .and_then(|location| location.to_str().ok())
            .and_then(|location| self.line.address.same_host(location))
            .ok_or(NotEscl::NoLocation)?;
        Ok(Box::new(EsclJob {
            line: self.line.clone(),
            place,
            from_feeder,
            ends_with_409: quirks::has(&capabilities.model, Habit::EndsWith409),
            received: 0,
            stored: 0,
            over: false,
        }))
    }
}

fn check_possible(capabilities: &Capabilities, settings: ScanSettings) -> Result<(), ScanError> {
    let inputs = [&capabilities.platen, &capabilities.feeder, &capabilities.feeder_duplex];
    if inputs.iter().all(|input| input.is_none()) {
        return Ok(());
    }
    let Some(input) = capabilities.input(&settings) else {
        return Err(ScanError::Unsupported(match (settings.source, settings.duplex) {
            (Source::Platen, _) => "no glass",
            (Source::Feeder, false) => "no feeder",
            (Source::Feeder, true) => "no two-sided feeder",
        }));
    };
    if !input.resolutions.is_empty() && !input.resolutions.contains(&settings.dpi) {
        return Err(ScanError::Unsupported("not in this resolution"));
    }
    Ok(())
}

fn check_feeder(feeder: Option<&FeederState>) -> Result<(), ScanError> {
    match feeder {
        Some(FeederState::Empty) => Err(ScanError::FeederEmpty),
        Some(FeederState::Jam) => Err(ScanError::FeederJam),
        Some(FeederState::Fault(word)) => Err(ScanError::FeederFault(word.clone())),
        Some(FeederState::Loaded | FeederState::Processing | FeederState::Other(_)) | None => Ok(()),
    }
}

/// One feeder job at the device.
struct EsclJob {
    line: Line,
    place: String,
    from_feeder: bool,
    ends_with_409: bool,
    received: u32,
    stored: u32,
    over: bool,
}

#[async_trait]
impl ScanJob for EsclJob {
    async fn next_page(&mut self) -> Result<NextPage, ScanError> {
        if self.over {
            return Err(ScanError::Over);
        }
        if self.stored != self.received {
            return Err(ScanError::NotStored(self.received));
        }
        let outcome = self.ask().await;
        match &outcome {
            Ok(NextPage::Page(_)) => self.received += 1,
            Ok(NextPage::End(Completion::Complete)) => self.over = true,
            Ok(NextPage::End(_)) | Err(_) => self.cancel().await,
        }
        outcome
    }

    fn page_stored(&mut self) {
        self.stored = self.received;
    }

    fn pages_stored(&self) -> u32 {
        self.stored
    }

    async fn cancel(&mut self) {
        if !self.over {
            self.over = true;
            let call = self.line.client.delete(&self.place);
            if let Err(error) = self.line.send(call, self.line.timeouts.question, "stopping the job").await {
                tracing::debug!(%error, "the scanner did not take the end of the job");
            }
        }
    }
}

impl EsclJob {
    async fn ask(&mut self) -> Result<NextPage, ScanError> {
        let doing = "waiting for a page";
        let mut not_yet_since: Option<Instant> = None;
        loop {
            let call = self.line.client.get(format!("{}/NextDocument", self.place));
            let answer = self.line.send(call, self.line.timeouts.first_byte, doing).await?;
            let http = match answer.status().as_u16() {
                200 => {
                    let page = self.receive(answer).await?;
                    if let Some(page) = page {
                        return Ok(NextPage::Page(page));
                    }
                    200
                }
                http @ (404 | 409 | 410 | 503) => http,
                status => return Err(ScanError::Refused { status, doing }),
            };
            let Ok(status) = self.line.status().await else {
                return Ok(NextPage::End(Completion::Uncertain { why: Doubt::StatusUnknown }));
            };
            let feeder = status.status.feeder.as_ref().filter(|_| self.from_feeder);
            let job = status.job(&self.place);
            let ends_with_409 = self.ends_with_409;
            match weigh(&Evidence { http, job, feeder, stored: self.stored, ends_with_409 }) {
                Verdict::End(Completion::Uncertain { .. })
                    if self.received == 0 && http != 200 && feeder == Some(&FeederState::Empty) =>
                {
                    return Err(ScanError::FeederEmpty);
                }
                Verdict::End(completion) => return Ok(NextPage::End(completion)),
                Verdict::Wait => {
                    let since = *not_yet_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= self.line.timeouts.not_yet {
                        return Ok(NextPage::End(Completion::Uncertain { why: Doubt::StillBusy }));
                    }
                    sleep(self.line.timeouts.pause).await;
                }
            }
        }
    }

    /// The page, `None` if it has no bytes at all.
    async fn receive(&self, mut answer: Response) -> Result<Option<Page>, ScanError> {
        let number = self.received + 1;
        let broken = |why| ScanError::BrokenPage { number, why };
        let content_type = answer
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let mut body = BytesMut::new();
        loop {
            let patience = if body.is_empty() { self.line.timeouts.first_byte } else { self.line.timeouts.gap };
            let piece = timeout(patience, answer.chunk()).await.map_err(|_| broken(Broken::Silent))?;
            let Some(piece) = piece.map_err(|_| broken(Broken::Cut))? else { break };
            if body.len() + piece.len() > MAX_PAGE_BYTES {
                return Err(broken(Broken::TooManyBytes));
            }
            body.extend_from_slice(&piece);
        }
        if body.is_empty() {
            return Ok(None);
        }
        if !body.starts_with(&[0xff, 0xd8]) {
            return Err(broken(Broken::NotJpeg));
        }
        if !jpeg::is_whole(&body) {
            return Err(broken(Broken::NoEnd));
        }
        let facts = jpeg::facts(&body).ok_or_else(|| broken(Broken::NotJpeg))?;
        if u64::from(facts.width) * u64::from(facts.height) > MAX_PIXELS {
            return Err(broken(Broken::TooManyPixels));
        }
        Ok(Some(Page { number, bytes: body.freeze(), content_type, width: facts.width, height: facts.height }))
    }
}

/// The HTTP line to one address.
#[derive(Clone, Debug)]
struct Line {
    client: Client,
    address: ScannerAddress,
    timeouts: Timeouts,
}

impl Line {
    async fn send(&self, call: RequestBuilder, patience: Duration, doing: &'static str) -> Result<Response, ScanError> {
        match timeout(patience, call.send()).await {
            Err(_) => Err(ScanError::Timeout { doing }),
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_connect() => Err(ScanError::Unreachable(error)),
            Ok(Err(source)) => Err(ScanError::Cut { doing, source }),
        }
    }

    async fn question(&self, place: &str, doing: &'static str) -> Result<Bytes, ScanError> {
        let answer = self.send(self.client.get(self.address.at(place)), self.timeouts.question, doing).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::SERVICE_UNAVAILABLE => return Err(ScanError::Busy),
            status => return Err(ScanError::Refused { status: status.as_u16(), doing }),
        }
        let body = read_bounded(answer, doing);
        timeout(self.timeouts.question, body).await.map_err(|_| ScanError::Timeout { doing })?
    }

    async fn status(&self) -> Result<StatusAnswer, ScanError> {
        let bytes = self.question("ScannerStatus", "reading its status").await?;
        Ok(messages::read_status(&bytes)?)
    }
}

async fn read_bounded(mut answer: Response, doing: &'static str) -> Result<Bytes, ScanError> {
    let mut body = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(|source| ScanError::Cut { doing, source })? {
        body.extend_from_slice(&piece);
        if body.len() > xml::MAX_BYTES {
            return Err(NotEscl::TooLong.into());
        }
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests;
