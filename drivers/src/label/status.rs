//! What a printer says about itself: `~HS`, `~HQES` and `~HI` answers, read tolerantly.
//!
//! Called by [`super::printer`]. Answers come in pieces, with noise before them and late; emulators add blanks and
//! leave fields out. Whatever is not understood is passed over, never an error.

use domain::label::Dpi;
use serde::{Deserialize, Serialize};

/// A printer's answer to "how are you", or its silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PrinterStatus {
    /// Nothing came back in time: off, another language, or (Zebra) out of media, ribbon, or open.
    Silent,
    /// It answered.
    Answered(PrinterState),
}

/// The state a printer reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "these are independent flags of the printer's own answer")]
pub struct PrinterState {
    /// Out of labels.
    pub media_out: bool,
    /// Out of ribbon.
    pub ribbon_out: bool,
    /// The head is open.
    pub head_open: bool,
    /// Paused by its key.
    pub paused: bool,
    /// Its receive buffer is full.
    pub buffer_full: bool,
    /// A format is half received.
    pub partial_format: bool,
    /// Some other fault: cutter, temperature, memory.
    pub other_fault: bool,
    /// A label waits to be taken from the peeler.
    pub label_waiting: bool,
    /// Formats in the receive buffer; `None` when the printer does not say.
    pub formats_waiting: Option<u32>,
    /// Labels of the running batch that are not yet printed; `None` when the printer does not say.
    pub labels_remaining: Option<u32>,
}

/// What keeps a printer from printing: the reason of a blocked label, for the clerk to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// It does not answer.
    Silent,
    /// The head is open.
    HeadOpen,
    /// Out of labels.
    MediaOut,
    /// Out of ribbon.
    RibbonOut,
    /// Another fault shown on the printer.
    OtherFault,
    /// Paused by its key.
    Paused,
    /// Its receive buffer is full.
    BufferFull,
}

impl Obstacle {
    /// The stable name used in databases.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::HeadOpen => "head_open",
            Self::MediaOut => "media_out",
            Self::RibbonOut => "ribbon_out",
            Self::OtherFault => "other_fault",
            Self::Paused => "paused",
            Self::BufferFull => "buffer_full",
        }
    }
}

impl PrinterStatus {
    /// The first thing the clerk must mend, the deepest cause first; `None` when the printer is ready.
    pub fn obstacle(&self) -> Option<Obstacle> {
        match self {
            Self::Silent => Some(Obstacle::Silent),
            Self::Answered(state) => state.obstacle(),
        }
    }

    /// Whether a label may be sent now.
    pub fn ready(&self) -> bool {
        self.obstacle().is_none()
    }

    /// Whether the printer says that nothing is left to print: after a sent label this confirms it.
    pub fn idle(&self) -> bool {
        match self {
            Self::Silent => false,
            Self::Answered(state) => {
                state.obstacle().is_none()
                    && !state.partial_format
                    && !state.label_waiting
                    && state.formats_waiting == Some(0)
                    && state.labels_remaining == Some(0)
            }
        }
    }
}

impl PrinterState {
    fn obstacle(&self) -> Option<Obstacle> {
        [
            (self.head_open, Obstacle::HeadOpen),
            (self.media_out, Obstacle::MediaOut),
            (self.ribbon_out, Obstacle::RibbonOut),
            (self.other_fault, Obstacle::OtherFault),
            (self.paused, Obstacle::Paused),
            (self.buffer_full, Obstacle::BufferFull),
        ]
        .into_iter()
        .find_map(|(stands, obstacle)| stands.then_some(obstacle))
    }
}

/// Who a printer says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrinterIdentity {
    /// Model, as it names itself.
    pub model: String,
    /// Firmware version.
    pub firmware: String,
    /// Dots a millimetre of its head: 8 at 203 dpi, 12 at 300; `None` when it does not say.
    pub dots_per_mm: Option<u8>,
}

impl PrinterIdentity {
    /// Whether the head has this resolution; a printer that does not say is believed.
    pub fn fits(&self, dpi: Dpi) -> bool {
        let expected = match dpi {
            Dpi::Dpi203 => 8,
            Dpi::Dpi300 => 12,
        };
        self.dots_per_mm.is_none_or(|dots| dots == expected)
    }
}

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const LONGEST_FRAME: usize = 2048;
const LONGEST_LOOSE: usize = 8192;

/// Collects a printer's bytes until an answer can be read from them.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    frames: Vec<String>,
    open: Option<Vec<u8>>,
    loose: Vec<u8>,
}

impl Inbox {
    /// Takes the next piece, of any length.
    pub(crate) fn take(&mut self, piece: &[u8]) {
        for &byte in piece {
            match (byte, &mut self.open) {
                (STX, _) => self.open = Some(Vec::new()),
                (ETX, Some(_)) => {
                    let frame = self.open.take().unwrap_or_default();
                    self.loose.extend_from_slice(&frame);
                    self.loose.push(b'\n');
                    self.frames.push(String::from_utf8_lossy(&frame).trim().to_owned());
                }
                (_, Some(frame)) if frame.len() < LONGEST_FRAME => frame.push(byte),
                (_, Some(_)) => self.open = None,
                (_, None) => self.loose.push(byte),
            }
        }
        if self.loose.len() > LONGEST_LOOSE {
            let surplus = self.loose.len() - LONGEST_LOOSE;
            self.loose.drain(..surplus);
        }
        if self.frames.len() > 64 {
            let surplus = self.frames.len() - 64;
            self.frames.drain(..surplus);
        }
    }

    /// The newest whole answer to `~HS`: its first two strings; the third holds only a password.
    pub(crate) fn host_status(&self) -> Option<PrinterState> {
        let second = self.frames.iter().rposition(|frame| fields(frame).len() == 11 && numeric(frame))?;
        let first = self.frames[..second].iter().rfind(|frame| fields(frame).len() == 12 && numeric(frame))?;
        let (first, second) = (fields(first), fields(&self.frames[second]));
        let flag = |field: &str| field.parse::<u32>().is_ok_and(|value| value != 0);
        Some(PrinterState {
            media_out: flag(first[1]),
            paused: flag(first[2]),
            formats_waiting: first[4].parse().ok(),
            buffer_full: flag(first[5]),
            partial_format: flag(first[7]),
            other_fault: flag(first[9]) || flag(first[10]) || flag(first[11]),
            head_open: flag(second[2]),
            ribbon_out: flag(second[3]),
            label_waiting: flag(second[7]),
            labels_remaining: second[8].parse().ok(),
        })
    }

    /// The newest answer to `~HQES`: `ERRORS: 1 00000000 00000005`, the last word's digits being flags.
    pub(crate) fn error_flags(&self) -> Option<PrinterState> {
        let text = String::from_utf8_lossy(&self.loose).to_ascii_uppercase();
        let (_, after) = text.rsplit_once("ERRORS:")?;
        let mut words = after.split_ascii_whitespace();
        let any = words.next()?.parse::<u32>().ok()?;
        let high = u32::from_str_radix(words.next()?, 16).ok()?;
        let low = words.next().filter(|word| word.len() >= 8).and_then(|word| u32::from_str_radix(word, 16).ok())?;
        let known = 0x0001_0007;
        Some(PrinterState {
            media_out: low & 1 != 0,
            ribbon_out: low & 2 != 0,
            head_open: low & 4 != 0,
            paused: low & 0x0001_0000 != 0,
            other_fault: any != 0 && (low & !known != 0 || high != 0),
            ..PrinterState::default()
        })
    }

    /// The newest answer to `~HI`: `ZD421-203dpi,V93.21.09Z,8,8192KB,X`.
    pub(crate) fn identity(&self) -> Option<PrinterIdentity> {
        let frame = self.frames.iter().rfind(|frame| {
            let fields = fields(frame);
            (3..=8).contains(&fields.len()) && !numeric(frame) && fields[1].starts_with(['V', 'v'])
        })?;
        let fields = fields(frame);
        Some(PrinterIdentity {
            model: fields[0].to_owned(),
            firmware: fields[1].to_owned(),
            dots_per_mm: fields[2].parse().ok(),
        })
    }
}

fn fields(frame: &str) -> Vec<&str> {
    frame.split(',').map(str::trim).collect()
}

fn numeric(frame: &str) -> bool {
    frame.bytes().all(|byte| byte.is_ascii_digit() || byte == b',' || byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::printer::{HostStatus, Step, error_flags};

    fn flags(step: Step) -> Vec<u8> {
        match step {
            Step::Say(pieces) => pieces.concat(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_may_be_cut_anywhere_and_follow_noise() {
        let status = HostStatus { paused: true, formats: 3, remaining: 7, ..HostStatus::default() };
        let mut answer = b"\xff\x02noise\x03\x02014,0\x02".to_vec();
        answer.pop();
        answer.extend(status.answer());
        for cut in 0..answer.len() {
            let mut inbox = Inbox::default();
            inbox.take(&answer[..cut]);
            inbox.take(&answer[cut..]);
            let state = inbox.host_status().expect("state");
            assert!(state.paused && !state.media_out, "{state:?}");
            assert_eq!((state.formats_waiting, state.labels_remaining), (Some(3), Some(7)));
        }
    }

    #[test]
    fn half_an_answer_is_none() {
        let answer = HostStatus::default().answer();
        let second = answer.iter().rposition(|byte| *byte == STX).expect("third string") - 5;
        let mut inbox = Inbox::default();
        inbox.take(&answer[..second]);
        assert_eq!(inbox.host_status(), None);
    }

    #[test]
    fn of_two_answers_the_newer_counts() {
        let mut inbox = Inbox::default();
        inbox.take(&HostStatus::default().answer());
        inbox.take(&HostStatus { media_out: true, ..HostStatus::default() }.answer());
        assert!(inbox.host_status().expect("state").media_out);
    }

    #[test]
    fn error_flags_are_hexadecimal_digits() {
        for (value, obstacle) in [
            (0, None),
            (1, Some(Obstacle::MediaOut)),
            (2, Some(Obstacle::RibbonOut)),
            (4, Some(Obstacle::HeadOpen)),
            (5, Some(Obstacle::HeadOpen)),
            (8, Some(Obstacle::OtherFault)),
            (0x0001_0000, Some(Obstacle::Paused)),
        ] {
            let mut inbox = Inbox::default();
            for byte in flags(error_flags(value)) {
                inbox.take(&[byte]);
            }
            let status = PrinterStatus::Answered(inbox.error_flags().expect("flags"));
            assert_eq!(status.obstacle(), obstacle, "{value:X}");
            assert!(!status.idle(), "flags say nothing of what is left to print");
        }
    }

    #[test]
    fn a_printer_names_itself() {
        let mut inbox = Inbox::default();
        inbox.take(b"\x02ZD421-300dpi,V93.21.09Z,12,8192KB,X\x03\r\n");
        let identity = inbox.identity().expect("identity");
        assert_eq!(identity.model, "ZD421-300dpi");
        assert!(identity.fits(Dpi::Dpi300) && !identity.fits(Dpi::Dpi203));
    }

    #[test]
    fn endless_noise_is_forgotten() {
        let mut inbox = Inbox::default();
        for _ in 0..1000 {
            inbox.take(&[STX; 100]);
            inbox.take(&[b'7'; 4000]);
            inbox.take(b"\x02x\x03");
        }
        assert!(inbox.loose.len() <= LONGEST_LOOSE && inbox.frames.len() <= 64);
        inbox.take(&HostStatus::default().answer());
        assert!(PrinterStatus::Answered(inbox.host_status().expect("state")).idle());
    }
}
