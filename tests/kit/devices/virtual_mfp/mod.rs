//! A multifunction device on loopback: eSCL over HTTP, a feeder with sample letters, faults on command.
//!
//! Used by the demo office, the journeys and the scan tests. Other programs drive it too: `scanimage` through
//! sane-airscan reads the same pages. Labels lie on a letter's first page at true size, a little askew, drawn from the
//! ZPL that the virtual printer received.

mod escl;
mod page;

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use image::ExtendedColorType;
use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::sample_letters::SampleLetter;
use super::sheet::{A4, Chance, Sheet};
use super::virtual_printer::PrintedLabel;

/// What is wrong with the device. Pages are counted from the beginning of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum MfpFault {
    /// Switched off: connections are refused.
    Off,
    /// Jams after so many pages. Stays jammed until the fault is taken away; the sheet is still in the feeder then.
    JamAfter {
        /// Pages delivered before.
        pages: u32,
    },
    /// Cuts the connection in the middle of this page, counted from 1, and believes it delivered.
    CutInPage {
        /// The page.
        page: u32,
    },
    /// Sends half of this page's picture as if it were whole, counted from 1.
    HalfPicture {
        /// The page.
        page: u32,
    },
    /// Instead of the page after so many, answers 200 without a byte, and says that the job is completed.
    EmptyAnswer {
        /// Pages delivered before.
        after: u32,
    },
    /// Draws this page in, counted from 1, counts it and never delivers it.
    SwallowPage {
        /// The page.
        page: u32,
    },
    /// Every page takes this much longer, in pieces.
    Slow {
        /// Milliseconds a page.
        millis: u64,
    },
    /// Says "not yet" so many times before each page.
    NotYet {
        /// How often.
        times: u32,
        /// With this HTTP status: 503, 404 or 410.
        status: u16,
    },
    /// Never answers when asked for a page.
    Silent,
}

/// One sheet in the feeder.
#[derive(Clone)]
pub struct FeederSheet {
    paper: Paper,
    labels: Vec<Arc<PrintedLabel>>,
    name: String,
}

#[derive(Clone)]
enum Paper {
    Letter { letter: SampleLetter, page: usize },
    Drawn(DrawSheet),
}

type DrawSheet = Arc<dyn Fn(f32) -> Sheet + Send + Sync>;

impl FeederSheet {
    /// A page of a letter, counted from 0, without a label.
    pub fn of(letter: &SampleLetter, page: usize) -> Self {
        let name = format!("{} s. {}", letter.name, page + 1);
        Self { paper: Paper::Letter { letter: letter.clone(), page }, labels: Vec::new(), name }
    }

    /// Any sheet, drawn at the resolution of the scan.
    pub fn drawn(name: &str, draw: impl Fn(f32) -> Sheet + Send + Sync + 'static) -> Self {
        Self { paper: Paper::Drawn(Arc::new(draw)), labels: Vec::new(), name: name.to_owned() }
    }

    /// An empty sheet.
    pub fn blank() -> Self {
        Self::drawn("pusta kartka", |dpi| Sheet::blank(A4, dpi))
    }

    /// Puts a label in the upper right corner, a further one below it.
    #[must_use]
    pub fn with_label(mut self, label: &Arc<PrintedLabel>) -> Self {
        self.labels.push(label.clone());
        self
    }

    /// The sheet as a scanner sees it: a JPEG, and its size in pixels. Blocks for as long as drawing takes.
    pub fn scanned(&self, dpi: u16, color: bool) -> Vec<u8> {
        self.scanned_region(dpi, color, (u32::MAX, u32::MAX))
    }

    fn scanned_region(&self, dpi: u16, color: bool, limit: (u32, u32)) -> Vec<u8> {
        let mut sheet = match &self.paper {
            Paper::Letter { letter, page } => letter.draw(*page, f32::from(dpi)),
            Paper::Drawn(draw) => draw(f32::from(dpi)),
        };
        let mut chance = Chance::of(self.name.as_bytes());
        let mut top = 10.0;
        for label in &self.labels {
            let sign = if chance.bits().is_multiple_of(2) { 1.0 } else { -1.0 };
            let degrees = sign * chance.between(1.0, 3.0);
            let (width, height) = (label.width_mm, label.height_mm);
            let middle =
                (A4.0 - 11.0 - width / 2.0 + chance.between(-1.5, 1.5), top + height / 2.0 + chance.between(-1.0, 1.5));
            sheet.stick(&label.picture, (width, height), middle, degrees);
            top += height + 6.0;
        }
        let (full_width, full_height) = sheet.size();
        let (width, height) = (full_width.min(limit.0).max(1), full_height.min(limit.1).max(1));
        let seen = sheet.exposed(color, &mut chance);
        let channels = if color { 3 } else { 1 };
        let cropped: Vec<u8> = if width == full_width {
            seen[..(width * height) as usize * channels].to_vec()
        } else {
            let rows = seen.chunks_exact(full_width as usize * channels).take(height as usize);
            rows.flat_map(|row| row[..width as usize * channels].iter().copied()).collect()
        };
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 82);
        encoder.set_pixel_density(PixelDensity::dpi(dpi));
        let kind = if color { ExtendedColorType::Rgb8 } else { ExtendedColorType::L8 };
        encoder.encode(&cropped, width, height, kind).expect("a picture of this size");
        jpeg
    }
}

/// All sheets of a letter, with the label on the first page if there is one.
pub fn sheets_of(letter: &SampleLetter, label: Option<&Arc<PrintedLabel>>) -> Vec<FeederSheet> {
    (0..letter.page_count())
        .map(|page| match label {
            Some(label) if page == 0 => FeederSheet::of(letter, page).with_label(label),
            _ => FeederSheet::of(letter, page),
        })
        .collect()
}

/// A running device. Dropping it switches it off.
pub struct VirtualMfp {
    shared: Arc<Shared>,
    life: CancellationToken,
}

struct Shared {
    address: SocketAddr,
    inside: Mutex<Inside>,
    changed: watch::Sender<u64>,
    power: Mutex<CancellationToken>,
    life: CancellationToken,
}

#[derive(Default)]
struct Inside {
    feeder: VecDeque<FeederSheet>,
    fault: Option<MfpFault>,
    jammed: bool,
    jobs: Vec<Job>,
    begun: u64,
}

struct Job {
    id: uuid::Uuid,
    state: JobState,
    images: u32,
    delivered: u32,
    not_yet: u32,
    settings: escl::Settings,
    touched: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobState {
    Processing,
    Completed,
    Canceled,
    Aborted,
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

impl VirtualMfp {
    /// Switches a device on; port 0 takes any free one.
    ///
    /// # Errors
    /// When the port cannot be taken.
    #[expect(clippy::unused_async, reason = "it serves on the caller's runtime, so it must be called inside one")]
    pub async fn start(port: u16) -> io::Result<Self> {
        let listener = listen(port)?;
        let life = CancellationToken::new();
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            inside: Mutex::default(),
            changed: watch::Sender::new(0),
            power: Mutex::new(life.child_token()),
            life: life.clone(),
        });
        serve(&shared, listener);
        Ok(Self { shared, life })
    }

    /// Its address on loopback; the same port shows the feeder on a small page.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// What a person types into the settings.
    pub fn url(&self) -> String {
        format!("http://{}/eSCL", self.shared.address)
    }

    /// Puts sheets behind those that lie in the feeder.
    pub fn load(&self, sheets: impl IntoIterator<Item = FeederSheet>) {
        self.shared.inside().feeder.extend(sheets);
        self.shared.tell();
    }

    /// Takes everything out of the feeder.
    pub fn unload(&self) {
        self.shared.inside().feeder.clear();
        self.shared.tell();
    }

    /// Sheets that lie in the feeder.
    pub fn sheets(&self) -> usize {
        self.shared.inside().feeder.len()
    }

    /// Waits until at least so many sheets lie in the feeder.
    ///
    /// # Panics
    /// When the device is dropped meanwhile.
    pub async fn sheets_at_least(&self, count: usize) {
        let mut changes = self.shared.changed.subscribe();
        let enough = changes.wait_for(|_| self.shared.inside().feeder.len() >= count).await;
        enough.map(drop).expect("the device lives");
    }

    /// Breaks the device in one way, or mends it.
    ///
    /// # Errors
    /// When it is switched on again and its port has been taken meanwhile.
    pub fn set_fault(&self, fault: Option<MfpFault>) -> io::Result<()> {
        set_fault(&self.shared, fault)
    }
}

impl Drop for VirtualMfp {
    fn drop(&mut self) {
        self.life.cancel();
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(16)
}

fn set_fault(shared: &Arc<Shared>, fault: Option<MfpFault>) -> io::Result<()> {
    let was_off = {
        let mut inside = shared.inside();
        let was_off = inside.fault == Some(MfpFault::Off);
        inside.fault = fault;
        inside.jammed = false;
        if fault == Some(MfpFault::Off) {
            inside.jobs.clear();
        }
        was_off
    };
    let mut power = shared.power.lock().unwrap_or_else(PoisonError::into_inner);
    if fault == Some(MfpFault::Off) {
        power.cancel();
    } else if was_off {
        *power = shared.life.child_token();
        drop(power);
        serve(shared, listen(shared.address.port())?);
    }
    shared.tell();
    Ok(())
}

fn serve(shared: &Arc<Shared>, listener: TcpListener) {
    let power = shared.power.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let app = escl::router().merge(page::router()).with_state(shared.clone());
    tokio::spawn(async move {
        let stop = power.clone();
        let serving = axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await });
        // A device that is switched off finishes no answer.
        power.run_until_cancelled(async move { serving.await }).await;
    });
}

/// After this long without a question an unfinished job no longer keeps the device.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// What happens when a page is asked for.
enum Turn {
    Deliver { sheet: Box<FeederSheet>, settings: escl::Settings, fault: Option<MfpFault>, page: u32 },
    Say(u16),
    Empty,
    Never,
}

impl Inside {
    /// A job may begin: its id, or the HTTP status that refuses it.
    fn begin(&mut self, settings: escl::Settings) -> Result<uuid::Uuid, u16> {
        for job in &mut self.jobs {
            if job.state == JobState::Processing && job.touched.elapsed() > FORGOTTEN_AFTER {
                job.state = JobState::Aborted;
            }
        }
        if self.jobs.iter().any(|job| job.state == JobState::Processing) {
            return Err(503);
        }
        if self.feeder.is_empty() || self.jammed {
            return Err(409);
        }
        self.begun += 1;
        let id = uuid::Uuid::from_u64_pair(0x6f6b_6965_6e6b_4f00, self.begun);
        let job = Job {
            id,
            state: JobState::Processing,
            images: 0,
            delivered: 0,
            not_yet: 0,
            settings,
            touched: Instant::now(),
        };
        self.jobs.insert(0, job);
        self.jobs.truncate(5);
        Ok(id)
    }

    fn turn(&mut self, id: uuid::Uuid) -> Turn {
        let fault = self.fault;
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) else { return Turn::Say(404) };
        job.touched = Instant::now();
        if job.state != JobState::Processing {
            return Turn::Say(404);
        }
        match fault {
            Some(MfpFault::JamAfter { pages }) if job.images >= pages => {
                job.state = JobState::Aborted;
                self.jammed = true;
                return Turn::Say(409);
            }
            Some(MfpFault::EmptyAnswer { after }) if job.images == after => {
                job.state = JobState::Completed;
                return Turn::Empty;
            }
            Some(MfpFault::NotYet { times, status }) if job.not_yet < times => {
                job.not_yet += 1;
                return Turn::Say(status);
            }
            Some(MfpFault::SwallowPage { page }) if job.images + 1 == page => {
                job.images += 1;
                self.feeder.pop_front();
            }
            Some(MfpFault::Silent) => return Turn::Never,
            _ => {}
        }
        let Some(sheet) = self.feeder.pop_front() else {
            job.state = JobState::Completed;
            return Turn::Say(404);
        };
        job.images += 1;
        job.delivered += 1;
        job.not_yet = 0;
        if self.feeder.is_empty() {
            job.state = JobState::Completed;
        }
        Turn::Deliver { sheet: Box::new(sheet), settings: job.settings, fault, page: job.images }
    }
}
