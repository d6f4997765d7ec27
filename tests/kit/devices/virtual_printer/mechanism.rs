//! The inside of the printer: what waits, what is printed, what is broken.

use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::zpl::{self, Event, Now};
use super::{PrintedLabel, PrinterFault, PrinterSetup, Shared};

/// Formats that the receive buffer holds.
const BUFFER: usize = 40;

pub(super) struct Mechanism {
    pub(super) fault: Option<PrinterFault>,
    pub(super) printed: Vec<Arc<PrintedLabel>>,
    pub(super) received: u64,
    pub(super) partial: bool,
    waiting: VecDeque<Vec<u8>>,
    /// The format on the platen and how many of it are still to come out.
    current: Option<(Vec<u8>, u32)>,
    /// `^JZ`: whether a label spoiled by a fault is printed again.
    reprints: bool,
    label_dots: u32,
    dots_per_mm: u8,
    /// Grows with every power-off, so that a label begun before it does not come out after it.
    era: u64,
}

impl Mechanism {
    pub(super) fn new(setup: &PrinterSetup) -> Self {
        Self {
            fault: None,
            printed: Vec::new(),
            received: 0,
            partial: false,
            waiting: VecDeque::new(),
            current: None,
            reprints: true,
            label_dots: 203,
            dots_per_mm: setup.dots_per_mm,
            era: 0,
        }
    }

    /// Sets the fault and says whether the printer was off before.
    pub(super) fn set_fault(&mut self, fault: Option<PrinterFault>) -> bool {
        let was_off = self.fault == Some(PrinterFault::Off);
        self.fault = fault;
        if fault == Some(PrinterFault::Off) {
            self.forget();
            self.reprints = true;
        }
        was_off
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.current = None;
        self.partial = false;
        self.era += 1;
    }

    /// Does what the stream says; returns what the printer answers.
    pub(super) fn obey(&mut self, event: Event) -> Vec<u8> {
        match event {
            Event::Format(format) => {
                self.accept(format);
                Vec::new()
            }
            Event::Now(now) => self.now(now),
        }
    }

    fn accept(&mut self, format: Vec<u8>) {
        if zpl::has(&format, b"^JZN") {
            self.reprints = false;
        } else if zpl::has(&format, b"^JZY") {
            self.reprints = true;
        }
        let prints = [&b"^FD"[..], b"^GB", b"^GF", b"^XG"].iter().any(|field| zpl::has(&format, field));
        if prints && self.waiting.len() < BUFFER {
            self.waiting.push_back(format);
        }
    }

    fn now(&mut self, now: Now) -> Vec<u8> {
        let silent = matches!(self.fault, Some(PrinterFault::Silent | PrinterFault::Off));
        match now {
            Now::CancelAll => self.forget(),
            Now::Reset => {
                self.forget();
                self.reprints = true;
            }
            Now::Pause => self.fault = self.fault.or(Some(PrinterFault::Paused)),
            Now::Resume => self.fault = self.fault.filter(|fault| *fault != PrinterFault::Paused),
            Now::HostStatus | Now::HostIdentification | Now::ErrorStatus | Now::SerialNumber if silent => {}
            // A Zebra out of media or ribbon, or open, leaves this one question unanswered.
            Now::HostStatus if self.stopped_by_media() => {}
            Now::HostStatus => return self.host_status().into_bytes(),
            Now::HostIdentification => {
                let (model, dots) = if self.dots_per_mm == 12 { ("300dpi", 12) } else { ("203dpi", 8) };
                return format!("\x02VZ421-{model},V93.21.17Z,{dots},8176KB,X\x03\r\n").into_bytes();
            }
            Now::ErrorStatus => return self.error_status().into_bytes(),
            Now::SerialNumber => {
                return b"\x02\r\n\r\n  PRINTER SERIAL NUMBER\r\n     VZ26K000421\r\n\x03\r\n".to_vec();
            }
        }
        Vec::new()
    }

    fn stopped_by_media(&self) -> bool {
        matches!(self.fault, Some(PrinterFault::PaperOut | PrinterFault::RibbonOut | PrinterFault::HeadOpen))
    }

    fn stopped(&self) -> bool {
        self.stopped_by_media() || matches!(self.fault, Some(PrinterFault::Paused | PrinterFault::Off))
    }

    fn host_status(&self) -> String {
        let paused = u8::from(self.fault == Some(PrinterFault::Paused));
        let full = u8::from(self.waiting.len() >= BUFFER);
        let (formats, partial) = (self.waiting.len(), u8::from(self.partial));
        let remaining = self.current.as_ref().map_or(0, |(_, count)| *count);
        format!(
            "\x02030,0,{paused},{dots:04},{formats:03},{full},0,{partial},000,0,0,0\x03\r\n\
             \x02000,0,0,0,1,2,4,0,{remaining:08},1,000\x03\r\n\x021234,0\x03\r\n",
            dots = self.label_dots,
        )
    }

    fn error_status(&self) -> String {
        let flags: u32 = match self.fault {
            Some(PrinterFault::PaperOut) => 1,
            Some(PrinterFault::RibbonOut) => 2,
            Some(PrinterFault::HeadOpen) => 4,
            Some(PrinterFault::Paused) => 0x0001_0000,
            Some(
                PrinterFault::Off
                | PrinterFault::Silent
                | PrinterFault::NeverReads
                | PrinterFault::ResetAfter { .. }
                | PrinterFault::PaperOutAfter { .. },
            )
            | None => 0,
        };
        format!(
            "\x02\r\n\r\n  PRINTER STATUS\r\n   ERRORS:         {} 00000000 {flags:08X}\r\n   \
             WARNINGS:       0 00000000 00000000\r\n\x03\r\n",
            u8::from(flags != 0)
        )
    }

    /// The format that should be on the platen now, if the printer can print.
    fn begin(&mut self) -> Option<(Vec<u8>, u64)> {
        if self.stopped() {
            return None;
        }
        if self.current.is_none() {
            let format = self.waiting.pop_front()?;
            let count = zpl::number_after(&format, b"^PQ").unwrap_or(1).clamp(1, 100);
            self.label_dots = zpl::number_after(&format, b"^LL").unwrap_or(self.label_dots);
            self.current = Some((format, count));
        }
        self.current.as_ref().map(|(format, _)| (format.clone(), self.era))
    }

    /// One label reached the tear-off edge, or was spoiled on its way. True when it came out whole.
    fn finish(&mut self, era: u64) -> bool {
        if self.era != era || self.current.is_none() {
            return false;
        }
        let whole = match &mut self.fault {
            Some(PrinterFault::PaperOutAfter { labels: 0 }) => {
                self.fault = Some(PrinterFault::PaperOut);
                false
            }
            Some(PrinterFault::PaperOutAfter { labels }) => {
                *labels -= 1;
                true
            }
            _ => !self.stopped_by_media(),
        };
        if whole || !self.reprints {
            self.current =
                self.current.take().filter(|(_, count)| *count > 1).map(|(format, count)| (format, count - 1));
        }
        whole
    }
}

/// Prints what waits, one label after another, until the printer is thrown away.
pub(super) async fn run(shared: Arc<Shared>, life: CancellationToken) {
    let mut changes = shared.changed.subscribe();
    let printing = async {
        loop {
            changes.mark_unchanged();
            let Some((format, era)) = shared.mechanism().begin() else {
                if changes.changed().await.is_err() {
                    return;
                }
                continue;
            };
            shared.tell();
            let dots = shared.setup.dots_per_mm;
            let drawn = tokio::task::spawn_blocking(move || draw(format, dots));
            tokio::time::sleep(shared.setup.per_label).await;
            let Ok(drawn) = drawn.await else { return };
            {
                let mut mechanism = shared.mechanism();
                if mechanism.finish(era) {
                    let number = u32::try_from(mechanism.printed.len()).unwrap_or_default() + 1;
                    let label = PrintedLabel { number, ..drawn };
                    keep(&shared, &label);
                    mechanism.printed.push(Arc::new(label));
                }
            }
            shared.tell();
        }
    };
    life.run_until_cancelled(printing).await;
}

fn keep(shared: &Shared, label: &PrintedLabel) {
    if let Some(folder) = &shared.setup.folder {
        let write =
            |ending: &str, bytes: &[u8]| std::fs::write(folder.join(format!("{:04}.{ending}", label.number)), bytes);
        if let Err(error) = write("zpl", &label.zpl).and_then(|()| write("png", &label.png)) {
            tracing::warn!(%error, "a printed label could not be kept");
        }
    }
}

/// Draws a format at one pixel a dot. A format that cannot be drawn comes out blank, as on a real printer.
fn draw(zpl: Vec<u8>, dots_per_mm: u8) -> PrintedLabel {
    let dots = f64::from(dots_per_mm);
    let width = f64::from(zpl::number_after(&zpl, b"^PW").unwrap_or(50 * u32::from(dots_per_mm)));
    let height = f64::from(zpl::number_after(&zpl, b"^LL").unwrap_or(25 * u32::from(dots_per_mm)));
    let options = labelize::DrawerOptions {
        label_width_mm: width / dots,
        label_height_mm: height / dots,
        dpmm: i32::from(dots_per_mm),
        ..labelize::DrawerOptions::default()
    };
    let mut png = Cursor::new(Vec::new());
    let labels = labelize::Language::Zpl.parse(&zpl, i32::from(dots_per_mm)).unwrap_or_default();
    let blank = labelize::LabelInfo::default();
    let label = labels.first().unwrap_or(&blank);
    if let Err(error) = labelize::Renderer::new().draw_label_as_png(label, &mut png, options) {
        tracing::warn!(%error, "a label could not be drawn");
    }
    let png = png.into_inner();
    let picture = image::load_from_memory(&png).map(|picture| picture.to_luma8()).unwrap_or_default();
    // A head called "300 dpi" has 300 dots an inch; ZPL counts 12 dots a millimetre for it all the same.
    let real = if dots_per_mm == 12 { 300.0 / 25.4 } else { dots };
    #[expect(clippy::cast_possible_truncation, reason = "millimetres")]
    let mm = |dots: u32| (f64::from(dots) / real) as f32;
    let (width_mm, height_mm) = (mm(picture.width()), mm(picture.height()));
    PrintedLabel { number: 0, zpl, png, picture, width_mm, height_mm }
}
