//! The sticker in ZPL II: pure functions from what a label bears to the bytes a printer takes.
//!
//! Called by the desk's label worker and its settings screen. Text goes out as the printer's own text, never as a
//! picture (400 bytes against 20 kB), in ASCII alone: every other letter is hex-escaped, so that no office, clerk or
//! sender can name a command.

mod bars;
mod canvas;
mod font;

use domain::label::{Dpi, LabelContent, LabelSize};

use canvas::{Canvas, Place};

/// Why a label cannot be drawn. Carries nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The identifier holds something else than capital letters and digits.
    #[error("the bars can carry capital letters and digits only")]
    NotForBars,
    /// Bars with their quiet zones are wider than the label.
    #[error("the bars need {needed} dots, the label has {room}")]
    TooWide {
        /// Dots the bars need with their quiet zones.
        needed: u32,
        /// Dots across the label.
        room: u32,
    },
    /// The register number does not fit and may not be cut.
    #[error("the register number is too long for the label")]
    NumberTooLong,
}

/// Where things stand on one size of stock, in millimetres from the top left corner.
struct Template {
    width: f64,
    height: f64,
    /// Left edge of text and bars: the bars' quiet zone lies outside it.
    left: f64,
    office: Line,
    number: Line,
    received: Line,
    remarks: Line,
    qr_top: f64,
    bars_top: f64,
    bars_height: f64,
    identifier: Line,
}

/// A line of text: its top and its height.
struct Line {
    top: f64,
    height: f64,
}

const fn line(top: f64, height: f64) -> Line {
    Line { top, height }
}

const SMALL: Template = Template {
    width: 50.0,
    height: 25.0,
    left: 2.6,
    office: line(1.3, 2.5),
    number: line(4.2, 4.4),
    received: line(8.7, 2.5),
    remarks: line(11.6, 2.5),
    qr_top: 2.0,
    bars_top: 15.0,
    bars_height: 6.0,
    identifier: line(21.6, 2.5),
};

const LARGE: Template = Template {
    width: 50.0,
    height: 30.0,
    left: 2.6,
    office: line(2.2, 2.9),
    number: line(5.5, 4.8),
    received: line(10.7, 2.9),
    remarks: line(14.0, 2.9),
    qr_top: 2.6,
    bars_top: 17.9,
    bars_height: 7.6,
    identifier: line(26.2, 2.6),
};

impl Template {
    fn of(size: LabelSize) -> &'static Self {
        match size {
            LabelSize::Mm50x25 => &SMALL,
            LabelSize::Mm50x30 => &LARGE,
        }
    }
}

/// Modules of a version 1 QR code, which holds every identifier at level Q.
const QR_MODULES: u32 = 21;
/// Modules of its quiet zone.
const QR_QUIET: u32 = 4;
/// Height of the DUPLIKAT mark in millimetres.
const MARK_HEIGHT: f64 = 3.2;

/// Draws a letter's label.
///
/// The identifier stands on it three times: bars (Code 128, without hyphens), QR code (the same content) and text. The
/// copy number is text only, so that a duplicate scans like the first label. Texts too long for their line are cut by
/// measured width; the register number is never cut.
///
/// # Errors
/// [`EncodeError`] when bars or register number do not fit this stock.
pub fn encode(content: &LabelContent, size: LabelSize, dpi: Dpi) -> Result<Vec<u8>, EncodeError> {
    let template = Template::of(size);
    let mut canvas = Canvas::new(template.width, template.height, dpi);
    let code = content.identifier.bars();
    let left = canvas.dots(template.left);
    let qr_side = QR_MODULES * canvas.qr_module();
    let qr_left = canvas.width() - left - qr_side;
    let beside_qr = qr_left - QR_QUIET * canvas.qr_module() - left;

    canvas.text(&place(template, &template.office, beside_qr), &content.office);
    if !canvas.text_whole(&place(template, &template.number, beside_qr), &content.number) {
        return Err(EncodeError::NumberTooLong);
    }
    canvas.text(&place(template, &template.received, beside_qr), &format!("Wpłynęło {}", content.received));
    let attachments = match content.attachments {
        0 => "bez zał.".to_owned(),
        n => format!("zał. {n}"),
    };
    canvas.text(&place(template, &template.remarks, beside_qr), &format!("{attachments} · {}", content.clerk));

    let top = canvas.dots(template.qr_top);
    canvas.qr(qr_left, top, &code);
    let top = canvas.dots(template.bars_top);
    let bars = canvas.bars(left, top, canvas.dots(template.bars_height), &code)?;
    let beside_mark = if content.copy == 0 { bars } else { canvas.dots(template.width / 2.0 - template.left) };
    canvas.text(&place(template, &template.identifier, beside_mark), content.identifier.as_str());
    if content.copy > 0 {
        mark_duplicate(&mut canvas, template, content.copy);
    }
    Ok(canvas.finish())
}

fn place(template: &Template, line: &Line, room: u32) -> Place {
    Place { left: template.left, top: line.top, height: line.height, room }
}

// On the identifier's line, at the right: beside the bars it would stand in their quiet zone.
fn mark_duplicate(canvas: &mut Canvas, template: &Template, copy: u32) {
    let mark = Place {
        left: template.width / 2.0,
        top: template.identifier.top - 0.3,
        height: MARK_HEIGHT,
        room: canvas.dots(template.width / 2.0 - template.left),
    };
    canvas.text_right(&mark, &format!("DUPLIKAT {copy}"));
}

/// Draws a label that shows whether stock, resolution and letters are right: a frame along the edge, all Polish
/// letters, and codes that no register knows (`TEST2040`).
///
/// # Errors
/// [`EncodeError`] as [`encode`]; the built-in sizes fit.
pub fn test_label(office: &str, size: LabelSize, dpi: Dpi) -> Result<Vec<u8>, EncodeError> {
    const CODE: &str = "TEST2040";
    let template = Template::of(size);
    let mut canvas = Canvas::new(template.width, template.height, dpi);
    let left = canvas.dots(template.left);
    let qr_left = canvas.width() - left - QR_MODULES * canvas.qr_module();
    let beside_qr = qr_left - QR_QUIET * canvas.qr_module() - left;
    let stock = match (size, dpi) {
        (LabelSize::Mm50x25, Dpi::Dpi203) => "50 x 25 mm, 203 dpi",
        (LabelSize::Mm50x25, Dpi::Dpi300) => "50 x 25 mm, 300 dpi",
        (LabelSize::Mm50x30, Dpi::Dpi203) => "50 x 30 mm, 203 dpi",
        (LabelSize::Mm50x30, Dpi::Dpi300) => "50 x 30 mm, 300 dpi",
    };

    canvas.frame(0.5, 0.5, template.width - 1.0, template.height - 1.0);
    canvas.text(&place(template, &template.office, beside_qr), office);
    canvas.text(&place(template, &template.number, beside_qr), "Etykieta próbna");
    canvas.text(&place(template, &template.received, beside_qr), "Zażółć gęślą jaźń");
    canvas.text(&place(template, &template.remarks, beside_qr), "ĄĆĘŁŃÓŚŹŻ");
    let top = canvas.dots(template.qr_top);
    canvas.qr(qr_left, top, CODE);
    let top = canvas.dots(template.bars_top);
    canvas.bars(left, top, canvas.dots(template.bars_height), CODE)?;
    canvas.text(&place(template, &template.identifier, canvas.width() - 2 * left), stock);
    Ok(canvas.finish())
}

/// What a printer is told once, when it is set up: `^JZN` never reprint a label by itself after a fault (only the
/// journal decides that), kept by `^JUS`.
pub fn set_up() -> Vec<u8> {
    b"^XA^JZN^JUS^XZ\n".to_vec()
}
