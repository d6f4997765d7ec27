//! One label in the making: millimetres become whole dots here, once, and text becomes escaped fields.

use std::fmt::Write as _;

use domain::label::Dpi;

use super::{EncodeError, bars, font};

/// Narrowest a line may be squeezed, in percent of its natural width, before it is cut.
const NARROWEST_PERCENT: u32 = 75;

/// Where a line of text stands: left and top edge and height in millimetres, and its room in dots.
pub(super) struct Place {
    pub left: f64,
    pub top: f64,
    pub height: f64,
    pub room: u32,
}

pub(super) struct Canvas {
    dpi: Dpi,
    width: u32,
    zpl: String,
}

impl Canvas {
    /// An empty label of so many millimetres. The bytes begin with what a printer may have been left in: position,
    /// orientation and character set are set anew on every label.
    pub(super) fn new(width: f64, height: f64, dpi: Dpi) -> Self {
        let width = dots(width, dpi);
        let height = dots(height, dpi);
        let zpl = format!("^XA^CI28^PW{width}^LL{height}^LH0,0^LS0^PON^FWN\n");
        Self { dpi, width, zpl }
    }

    /// Width of the label in dots.
    pub(super) fn width(&self) -> u32 {
        self.width
    }

    /// Millimetres in whole dots.
    pub(super) fn dots(&self, millimetres: f64) -> u32 {
        dots(millimetres, self.dpi)
    }

    /// Dots a module of the QR code: 0.5 mm.
    pub(super) fn qr_module(&self) -> u32 {
        match self.dpi {
            Dpi::Dpi203 => 4,
            Dpi::Dpi300 => 6,
        }
    }

    // Dots a module of the bars: 0.25 mm.
    fn bar_module(&self) -> u32 {
        match self.dpi {
            Dpi::Dpi203 => 2,
            Dpi::Dpi300 => 3,
        }
    }

    /// A line of text, squeezed a little and then cut to its room.
    pub(super) fn text(&mut self, place: &Place, text: &str) {
        let text = font::drawable(text);
        let height = self.dots(place.height);
        let width = narrowed(&text, height, place.room);
        let text = font::cut(&text, width, place.room);
        self.field(self.dots(place.left), self.dots(place.top), height, width, &text);
    }

    /// A line of text that may not be cut: smaller and narrower until it fits; false if it cannot be drawn.
    pub(super) fn text_whole(&mut self, place: &Place, text: &str) -> bool {
        let text = font::drawable(text);
        let tallest = self.dots(place.height);
        let smallest = tallest * 6 / 10;
        let fitting = (smallest..=tallest).rev().find(|height| font::dots(&text, *height) <= place.room);
        let (height, width) = match fitting {
            Some(height) => (height, height),
            None => (smallest, narrowed(&text, smallest, place.room)),
        };
        if font::dots(&text, width) > place.room {
            return false;
        }
        // A smaller line stands on the same middle as a tall one would.
        let top = self.dots(place.top) + (tallest - height) / 2;
        self.field(self.dots(place.left), top, height, width, &text);
        true
    }

    /// A short text that ends where its room ends, smaller until it fits.
    pub(super) fn text_right(&mut self, place: &Place, text: &str) {
        let text = font::drawable(text);
        let height = self.dots(place.height);
        let fitting = (1..=height).rev().find(|height| font::dots(&text, *height) <= place.room).unwrap_or(1);
        let free = place.room.saturating_sub(font::dots(&text, fitting));
        self.field(self.dots(place.left) + free, self.dots(place.top), fitting, fitting, &text);
    }

    /// A frame of 0.25 mm.
    pub(super) fn frame(&mut self, left: f64, top: f64, width: f64, height: f64) {
        let (left, top, width, height) = (self.dots(left), self.dots(top), self.dots(width), self.dots(height));
        let line = self.bar_module();
        let _ = writeln!(self.zpl, "^FO{left},{top}^GB{width},{height},{line}^FS");
    }

    /// A QR code, level Q, its top left module at the given dots.
    pub(super) fn qr(&mut self, left: u32, top: u32, code: &str) {
        // Many printers push a QR code down by the bar height last set, so that one is made as small as can be.
        let _ = writeln!(
            self.zpl,
            "^FO{left},{}^BY2,3,1^BQN,2,{}^FH_^FDQA,{}^FS",
            top.saturating_sub(1),
            self.qr_module(),
            escaped(code)
        );
    }

    /// Code 128 without text; answers its width in dots.
    pub(super) fn bars(&mut self, left: u32, top: u32, height: u32, code: &str) -> Result<u32, EncodeError> {
        let bars = bars::code128(code).ok_or(EncodeError::NotForBars)?;
        let module = self.bar_module();
        let needed = (bars.modules + 2 * bars::QUIET_MODULES) * module;
        if needed > self.width || left < bars::QUIET_MODULES * module {
            return Err(EncodeError::TooWide { needed, room: self.width });
        }
        let _ = writeln!(self.zpl, "^FO{left},{top}^BY{module}^BCN,{height},N,N,N,N^FH_^FD{}^FS", bars.field);
        Ok(bars.modules * module)
    }

    /// The label's bytes: one copy.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.zpl.push_str("^PQ1^XZ\n");
        self.zpl.into_bytes()
    }

    fn field(&mut self, left: u32, top: u32, height: u32, width: u32, text: &str) {
        let _ = writeln!(self.zpl, "^FO{left},{top}^A0N,{height},{width}^FH_^FD{}^FS", escaped(text));
    }
}

fn narrowed(text: &str, height: u32, room: u32) -> u32 {
    let narrowest = (height * NARROWEST_PERCENT).div_ceil(100);
    (narrowest..=height).rev().find(|width| font::dots(text, *width) <= room).unwrap_or(narrowest)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "templates are positive and far below the range of u32"
)]
fn dots(millimetres: f64, dpi: Dpi) -> u32 {
    let per_inch = match dpi {
        Dpi::Dpi203 => 203.0,
        Dpi::Dpi300 => 300.0,
    };
    (millimetres * per_inch / 25.4).round() as u32
}

/// A field's text in ASCII: what ZPL could take for a command, and every other byte, as `_` and two hex digits.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'_' | b'^' | b'~' | b'\\' => _ = write!(escaped, "_{byte:02X}"),
            b' '..=b'}' => escaped.push(char::from(byte)),
            other => _ = write!(escaped, "_{other:02X}"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_become_whole_dots_once() {
        assert_eq!((dots(50.0, Dpi::Dpi203), dots(25.0, Dpi::Dpi203)), (400, 200));
        assert_eq!((dots(50.0, Dpi::Dpi300), dots(30.0, Dpi::Dpi300)), (591, 354));
    }

    #[test]
    fn fields_are_ascii_and_hold_no_command() {
        assert_eq!(escaped("A^XB~HSC"), "A_5EXB_7EHSC");
        assert_eq!(escaped("a_b\\c\u{1b}"), "a_5Fb_5Cc_1B");
        assert_eq!(escaped("Łódź"), "_C5_81_C3_B3d_C5_BA");
    }

    #[test]
    fn bars_wider_than_the_label_are_refused() {
        let mut canvas = Canvas::new(50.0, 25.0, Dpi::Dpi203);
        let refused = canvas.bars(20, 100, 40, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assert!(matches!(refused, Err(EncodeError::TooWide { room: 400, .. })), "{refused:?}");
        assert_eq!(canvas.bars(20, 100, 40, "Ł"), Err(EncodeError::NotForBars));
    }
}
