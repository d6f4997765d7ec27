//! A sheet of paper with ink on it, and what a scanner sees of it. Used by the letters and by the virtual MFP.
//!
//! Ink is kept as coverage and hue, so that one drawing serves grey and colour scans. Deterministic to the byte.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixels of a page: all values are small and rounding is the point"
)]

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use image::GrayImage;

/// Colour of ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Print.
    Black,
    /// Pens and most stamps.
    Blue,
    /// Court stamps.
    Red,
}

const INKS: [Ink; 3] = [Ink::Black, Ink::Blue, Ink::Red];

impl Ink {
    fn rgb(self) -> [u8; 3] {
        match self {
            Self::Black => [34, 33, 36],
            Self::Blue => [38, 58, 150],
            Self::Red => [176, 44, 52],
        }
    }

    fn grey(self) -> u8 {
        match self {
            Self::Black => 34,
            Self::Blue => 66,
            Self::Red => 84,
        }
    }
}

/// Small deterministic generator (SplitMix64): letters look alive, and the same each time.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Seeded by any bytes.
    pub fn of(seed: &[u8]) -> Self {
        let start = seed.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(start)
    }

    /// Next 32 bits.
    pub fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }

    /// Evenly between two values.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        let part = (self.bits() >> 8) as f32 / 16_777_216.0;
        low + (high - low) * part
    }
}

/// A sheet of paper. Positions are millimetres from its upper left corner.
#[derive(Clone)]
pub struct Sheet {
    width: usize,
    height: usize,
    per_mm: f32,
    coverage: Vec<u8>,
    hue: Vec<u8>,
}

/// A4 in millimetres.
pub const A4: (f32, f32) = (210.0, 297.0);

impl Sheet {
    /// A blank sheet of this size in millimetres.
    pub fn blank((width, height): (f32, f32), dpi: f32) -> Self {
        let per_mm = dpi / 25.4;
        let (width, height) = ((width * per_mm).round() as usize, (height * per_mm).round() as usize);
        Self { width, height, per_mm, coverage: vec![0; width * height], hue: vec![0; width * height] }
    }

    fn mark(&mut self, x: i64, y: i64, amount: f32, ink: Ink) {
        if x < 0 || y < 0 || x >= self.width as i64 || y >= self.height as i64 {
            return;
        }
        let at = y as usize * self.width + x as usize;
        let amount = (amount.clamp(0.0, 1.0) * 255.0) as u8;
        if amount > self.coverage[at] {
            self.coverage[at] = amount;
            self.hue[at] = ink as u8;
        }
    }

    /// Text with its baseline at `y`; returns where it ends.
    pub fn text(&mut self, font: &FontRef<'_>, points: f32, (x, y): (f32, f32), text: &str, ink: Ink) -> f32 {
        let scale = scale_of(font, points, self.per_mm);
        let scaled = font.as_scaled(scale);
        let mut caret = x * self.per_mm;
        let mut before = None;
        for c in text.chars() {
            let id = font.glyph_id(c);
            if let Some(before) = before {
                caret += scaled.kern(before, id);
            }
            let glyph: Glyph = id.with_scale_and_position(scale, point(caret, y * self.per_mm));
            caret += scaled.h_advance(id);
            before = Some(id);
            if let Some(outline) = font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
                outline.draw(|x, y, amount| self.mark(left + i64::from(x), top + i64::from(y), amount, ink));
            }
        }
        caret / self.per_mm
    }

    /// A filled box.
    pub fn fill(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), ink: Ink) {
        let px = |mm: f32| (mm * self.per_mm).round() as i64;
        let (left, top) = (px(x), px(y));
        let (right, bottom) = (px(x + width).max(left + 1), px(y + height).max(top + 1));
        for y in top..bottom {
            for x in left..right {
                self.mark(x, y, 0.92, ink);
            }
        }
    }

    /// A pen stroke through points, as thick as given in millimetres.
    pub fn stroke(&mut self, points: &[(f32, f32)], thickness: f32, ink: Ink) {
        for four in points.windows(4) {
            let [before, from, to, after] = [four[0], four[1], four[2], four[3]];
            let length = (to.0 - from.0).hypot(to.1 - from.1).max(0.1);
            let steps = (length * self.per_mm * 1.5).ceil() as u32;
            for step in 0..steps {
                let part = step as f32 / steps as f32;
                // Catmull-Rom.
                let spline = |before: f32, from: f32, to: f32, after: f32| {
                    let curve = 2.0 * before - 5.0 * from + 4.0 * to - after;
                    let twist = 3.0 * (from - to) + after - before;
                    0.5 * (2.0 * from + part * (to - before + part * (curve + part * twist)))
                };
                let (x, y) = (spline(before.0, from.0, to.0, after.0), spline(before.1, from.1, to.1, after.1));
                self.dot((x, y), thickness / 2.0, ink);
            }
        }
    }

    fn dot(&mut self, (x, y): (f32, f32), radius: f32, ink: Ink) {
        let (x, y, radius) = (x * self.per_mm, y * self.per_mm, radius * self.per_mm);
        for py in (y - radius - 1.0) as i64..=(y + radius + 1.0) as i64 {
            for px in (x - radius - 1.0) as i64..=(x + radius + 1.0) as i64 {
                let distance = (px as f32 - x).hypot(py as f32 - y);
                self.mark(px, py, (radius + 0.5 - distance).clamp(0.0, 1.0) * 0.88, ink);
            }
        }
    }

    /// Presses a rubber stamp: another sheet, turned about its middle, its ink uneven.
    pub fn press(&mut self, stamp: &Sheet, middle: (f32, f32), degrees: f32, ink: Ink, chance: &mut Chance) {
        let speckle: Vec<u8> = (0..997).map(|_| 150 + (chance.bits() % 90) as u8).collect();
        let mut number = 0_usize;
        self.turned(stamp.width, stamp.height, stamp.per_mm, middle, degrees, |sheet, at, x, y| {
            let amount = stamp.coverage[y * stamp.width + x];
            number += 1;
            if amount > 0 {
                let amount = (u16::from(amount) * u16::from(speckle[number % speckle.len()]) / 255) as u8;
                if amount > sheet.coverage[at] {
                    sheet.coverage[at] = amount;
                    sheet.hue[at] = ink as u8;
                }
            }
        });
    }

    /// Sticks an opaque label of true size on the sheet, turned about its middle. What lay below is hidden.
    pub fn stick(&mut self, label: &GrayImage, (width, height): (f32, f32), middle: (f32, f32), degrees: f32) {
        const EDGE: f32 = 0.18;
        const FINE: u32 = 3;
        let per_mm = self.per_mm;
        let (shown_width, shown_height) = ((width * per_mm) as usize, (height * per_mm) as usize);
        let dots_per_mm = (label.width() as f32 / width, label.height() as f32 / height);
        let raw = label.as_raw();
        let edge = (EDGE * per_mm).max(1.0) as usize;
        self.turned(shown_width, shown_height, per_mm, middle, degrees, |sheet, at, x, y| {
            let on_edge = x < edge || y < edge || x + edge >= shown_width || y + edge >= shown_height;
            let mut dark = 0_u32;
            for fine_y in 0..FINE {
                for fine_x in 0..FINE {
                    let mm = |place: usize, fine: u32| (place as f32 + (fine as f32 + 0.5) / FINE as f32) / per_mm;
                    let (dot_x, dot_y) =
                        ((mm(x, fine_x) * dots_per_mm.0) as u32, (mm(y, fine_y) * dots_per_mm.1) as u32);
                    if dot_x < label.width() && dot_y < label.height() {
                        dark += 255 - u32::from(raw[(dot_y * label.width() + dot_x) as usize]);
                    }
                }
            }
            let amount = (dark / (FINE * FINE)) as u8;
            sheet.coverage[at] = amount.max(if on_edge { 42 } else { 0 });
            sheet.hue[at] = 0;
        });
    }

    // Visits every own pixel that a turned picture covers, with the picture's pixel.
    fn turned(
        &mut self,
        width: usize,
        height: usize,
        per_mm: f32,
        middle: (f32, f32),
        degrees: f32,
        mut visit: impl FnMut(&mut Self, usize, usize, usize),
    ) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let scale = per_mm / self.per_mm;
        let (center_x, center_y) = (middle.0 * self.per_mm, middle.1 * self.per_mm);
        let reach = (width as f32).hypot(height as f32) / 2.0 / scale + 1.0;
        let range = |center: f32, limit: usize| {
            ((center - reach).max(0.0) as usize)..(((center + reach).max(0.0) as usize).min(limit))
        };
        for y in range(center_y, self.height) {
            for x in range(center_x, self.width) {
                let (from_x, from_y) = (x as f32 + 0.5 - center_x, y as f32 + 0.5 - center_y);
                let u = (from_x * cos + from_y * sin) * scale + width as f32 / 2.0;
                let v = (from_y * cos - from_x * sin) * scale + height as f32 / 2.0;
                if u >= 0.0 && v >= 0.0 && (u as usize) < width && (v as usize) < height {
                    visit(self, y * self.width + x, u as usize, v as usize);
                }
            }
        }
    }

    /// What a scanner sees: paper tone, sensor noise, a page that went in a little crooked. Grey, 8 bits a pixel, or
    /// RGB, 24 bits.
    pub fn exposed(&self, color: bool, chance: &mut Chance) -> Vec<u8> {
        const TILE: usize = 8192;
        let noise: Vec<i16> = (0..TILE).map(|_| (chance.bits() % 5) as i16 - 2).collect();
        let paper = chance.between(243.0, 250.0) as i16;
        let slope = chance.between(-0.005, 0.005);
        let channels = if color { 3 } else { 1 };
        let mut seen = Vec::with_capacity(self.width * self.height * channels);
        let table: Vec<[[u8; 4]; 256]> = INKS
            .iter()
            .map(|ink| {
                let [r, g, b] = ink.rgb();
                std::array::from_fn(|coverage| {
                    let mix = |ink: u8| {
                        (i32::from(paper) + (i32::from(ink) - i32::from(paper)) * coverage as i32 / 255) as u8
                    };
                    [mix(ink.grey()), mix(r), mix(g), mix(b)]
                })
            })
            .collect();
        for y in 0..self.height {
            let shift = ((y as f32 - self.height as f32 / 2.0) * slope).round() as i64;
            let row = y * self.width;
            let start = (chance.bits() as usize) % TILE;
            for x in 0..self.width {
                let from = (x as i64 + shift).clamp(0, self.width as i64 - 1) as usize;
                let tones = table[usize::from(self.hue[row + from])][usize::from(self.coverage[row + from])];
                let noise = noise[(start + x) % TILE];
                let shade = if x < 14 { 14 - x as i16 } else { 0 };
                let tone = |tone: u8| (i16::from(tone) + noise - shade).clamp(0, 255) as u8;
                if color {
                    seen.extend([tone(tones[1]), tone(tones[2]), tone(tones[3])]);
                } else {
                    seen.push(tone(tones[0]));
                }
            }
        }
        seen
    }

    /// Pixels across and down.
    pub fn size(&self) -> (u32, u32) {
        (self.width as u32, self.height as u32)
    }
}

fn scale_of(font: &FontRef<'_>, points: f32, per_mm: f32) -> PxScale {
    let em = points * 25.4 / 72.0 * per_mm;
    let units = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(em * font.height_unscaled() / units)
}

/// Width of a text in millimetres.
pub fn width_of(font: &FontRef<'_>, points: f32, text: &str) -> f32 {
    const PER_MM: f32 = 20.0;
    let scaled = font.as_scaled(scale_of(font, points, PER_MM));
    let mut width = 0.0;
    let mut before = None;
    for c in text.chars() {
        let id = font.glyph_id(c);
        if let Some(before) = before {
            width += scaled.kern(before, id);
        }
        width += scaled.h_advance(id);
        before = Some(id);
    }
    width / PER_MM
}
