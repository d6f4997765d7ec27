//! Sets a letter's text on pages.
//!
//! Lines begin with a mark: `==` letterhead (parts by `|`), `<<` left block, `>>` place and date at the right, `>|`
//! addressee, `##` heading, `#=` centred, `|:` column weights and `|` table row (`@` in a cell is a signature), `~~`
//! signature with name and post, `!!` rubber stamp (lines and colour by `|`), `//` small print, `%%` new page. Other
//! lines are paragraphs; those that begin with a number or a dash hang. The upper right of page one stays free: the
//! office's label goes there.

#![expect(clippy::cast_precision_loss, reason = "numbers of lines and columns")]

use std::sync::LazyLock;

use ab_glyph::FontRef;

use super::SampleLetter;
use crate::devices::sheet::{A4, Chance, Ink, Sheet, width_of};

macro_rules! font {
    ($file:literal) => {
        LazyLock::new(|| {
            FontRef::try_from_slice(include_bytes!(concat!("../fonts/Liberation", $file, ".ttf"))).expect("a font")
        })
    };
}

static SERIF: LazyLock<FontRef<'static>> = font!("Serif-Regular");
static SERIF_BOLD: LazyLock<FontRef<'static>> = font!("Serif-Bold");
static SERIF_ITALIC: LazyLock<FontRef<'static>> = font!("Serif-Italic");
static SANS: LazyLock<FontRef<'static>> = font!("Sans-Regular");
static SANS_BOLD: LazyLock<FontRef<'static>> = font!("Sans-Bold");
static MONO: LazyLock<FontRef<'static>> = font!("Mono-Regular");

/// How a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Serif,
    Italic,
    Sans,
    Mono,
}

impl Style {
    pub(super) fn of(word: &str) -> Self {
        match word {
            "sans" => Self::Sans,
            "mono" => Self::Mono,
            "italic" => Self::Italic,
            _ => Self::Serif,
        }
    }

    fn font(self) -> &'static FontRef<'static> {
        match self {
            Self::Serif => &SERIF,
            Self::Italic => &SERIF_ITALIC,
            Self::Sans => &SANS,
            Self::Mono => &MONO,
        }
    }

    fn bold(self) -> &'static FontRef<'static> {
        match self {
            Self::Serif | Self::Italic => &SERIF_BOLD,
            Self::Sans => &SANS_BOLD,
            Self::Mono => &MONO,
        }
    }

    fn points(self) -> f32 {
        match self {
            Self::Serif => 11.5,
            Self::Italic => 12.5,
            Self::Sans => 10.5,
            Self::Mono => 10.0,
        }
    }

    fn justified(self) -> bool {
        self != Self::Mono
    }
}

const LEFT: f32 = 25.0;
const RIGHT: f32 = 190.0;
const TOP: f32 = 22.0;
const BOTTOM: f32 = 277.0;
/// Below this line of page one the whole width is free; above it the label needs the right side.
const BELOW_LABEL: f32 = 46.0;
const BESIDE_LABEL: f32 = 138.0;

pub(super) fn page_count(letter: &SampleLetter) -> usize {
    let mut setter = Setter::new(letter, None, 10.0);
    setter.set(letter.body);
    setter.page + 1
}

pub(super) fn draw(letter: &SampleLetter, page: usize, dpi: f32) -> Option<Sheet> {
    let mut setter = Setter::new(letter, Some(page), dpi);
    setter.set(letter.body);
    (page <= setter.page).then_some(setter.sheet)
}

struct Setter {
    style: Style,
    sheet: Sheet,
    /// The page that is drawn; all others are only measured.
    wanted: Option<usize>,
    page: usize,
    y: f32,
    chance: Chance,
    columns: Vec<f32>,
    rows: usize,
}

impl Setter {
    fn new(letter: &SampleLetter, wanted: Option<usize>, dpi: f32) -> Self {
        Self {
            style: letter.style,
            sheet: Sheet::blank(if wanted.is_some() { A4 } else { (1.0, 1.0) }, dpi),
            wanted,
            page: 0,
            y: TOP,
            chance: Chance::of(letter.name.as_bytes()),
            columns: Vec::new(),
            rows: 0,
        }
    }

    fn set(&mut self, body: &str) {
        for line in body.lines() {
            let (mark, rest) = match line.split_once(' ') {
                Some((mark, rest)) => (mark, rest.trim()),
                None => (line, ""),
            };
            if !matches!(mark, "|" | "|:") && self.rows > 0 {
                self.rows = 0;
                self.y += 4.0;
            }
            match mark {
                "" if line.is_empty() => self.y += self.leading() * 0.55,
                "==" => self.letterhead(rest),
                "<<" => self.line(self.style.font(), self.style.points(), LEFT, rest),
                ">>" => {
                    self.y = self.y.max(if self.page == 0 { BELOW_LABEL } else { TOP });
                    let width = width_of(self.style.font(), self.style.points(), rest);
                    self.line(self.style.font(), self.style.points(), RIGHT - width, rest);
                }
                ">|" => self.line(self.style.bold(), self.style.points(), 112.0, rest),
                "##" => self.heading(rest),
                "#=" => {
                    let width = width_of(self.style.bold(), self.style.points(), rest);
                    self.line(self.style.bold(), self.style.points(), (LEFT + RIGHT - width) / 2.0, rest);
                }
                "|:" => self.columns = rest.split(' ').filter_map(|weight| weight.parse().ok()).collect(),
                "|" => self.row(rest),
                "~~" => self.signature(rest),
                "!!" => self.stamp(rest),
                "//" => self.paragraph(rest, self.style.points() - 2.0, false),
                "%%" => self.new_page(),
                _ => self.paragraph(line.trim(), self.style.points(), self.style.justified()),
            }
        }
    }

    fn leading(&self) -> f32 {
        self.style.points() * 25.4 / 72.0 * 1.34
    }

    fn drawing(&self) -> bool {
        self.wanted == Some(self.page)
    }

    fn new_page(&mut self) {
        self.page += 1;
        self.y = TOP + 3.0;
        self.rows = 0;
        if self.drawing() {
            let text = format!("– {} –", self.page + 1);
            let width = width_of(&SERIF, 9.0, &text);
            self.sheet.text(&SERIF, 9.0, ((A4.0 - width) / 2.0, 287.0), &text, Ink::Black);
        }
    }

    fn room_for(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.new_page();
        }
    }

    fn put(&mut self, font: &FontRef<'_>, points: f32, x: f32, text: &str) {
        if self.drawing() {
            let baseline = self.y + points * 25.4 / 72.0 * 0.85;
            self.sheet.text(font, points, (x, baseline), text, Ink::Black);
        }
    }

    fn line(&mut self, font: &FontRef<'_>, points: f32, x: f32, text: &str) {
        self.room_for(self.leading());
        self.put(font, points, x, text);
        self.y += self.leading();
    }

    fn letterhead(&mut self, parts: &str) {
        for (place, part) in parts.split('|').enumerate() {
            let (font, points) = if place == 0 { (self.style.bold(), 13.0) } else { (self.style.font(), 9.5) };
            self.put(font, points, LEFT, part);
            self.y += points * 25.4 / 72.0 * 1.3;
        }
        if self.drawing() {
            self.sheet.fill((LEFT, self.y + 0.8), (BESIDE_LABEL - LEFT, 0.35), Ink::Black);
        }
        self.y += 4.5;
    }

    fn heading(&mut self, text: &str) {
        let points = self.style.points() + 2.5;
        self.y += 2.0;
        for line in wrap(self.style.bold(), points, text, RIGHT - LEFT) {
            let width = width_of(self.style.bold(), points, &line);
            self.put(self.style.bold(), points, (LEFT + RIGHT - width) / 2.0, &line);
            self.y += points * 25.4 / 72.0 * 1.25;
        }
        self.y += 2.0;
    }

    fn paragraph(&mut self, text: &str, points: f32, justified: bool) {
        let font = self.style.font();
        let hang = if hangs(text) { 6.0 } else { 0.0 };
        let right = if self.page == 0 && self.y < BELOW_LABEL { BESIDE_LABEL } else { RIGHT };
        let (marker, text) = if hang > 0.0 { text.split_once(' ').unwrap_or(("", text)) } else { ("", text) };
        let lines = wrap(font, points, text, right - LEFT - hang);
        let last = lines.len().saturating_sub(1);
        for (place, line) in lines.iter().enumerate() {
            let leading = points * 25.4 / 72.0 * 1.34;
            self.room_for(leading);
            if place == 0 {
                self.put(font, points, LEFT, marker);
            }
            if justified && place < last {
                self.justify(font, points, LEFT + hang, right, line);
            } else {
                self.put(font, points, LEFT + hang, line);
            }
            self.y += leading;
        }
    }

    fn justify(&mut self, font: &FontRef<'_>, points: f32, left: f32, right: f32, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let ink: f32 = words.iter().map(|word| width_of(font, points, word)).sum();
        let gaps = words.len().saturating_sub(1).max(1) as f32;
        let gap = (right - left - ink) / gaps;
        let mut x = left;
        for word in words {
            self.put(font, points, x, word);
            x += width_of(font, points, word) + gap;
        }
    }

    fn row(&mut self, cells: &str) {
        const PADDING: f32 = 1.4;
        let cells: Vec<&str> = cells.split('|').map(str::trim).collect();
        let total: f32 = self.columns.iter().sum();
        let points = self.style.points() - 1.0;
        let leading = points * 25.4 / 72.0 * 1.22;
        let head = self.rows == 0 && cells.len() > 2;
        let font = if head { self.style.bold() } else { self.style.font() };
        let width = |weight: &f32| (RIGHT - LEFT) * weight / total;
        let texts: Vec<Vec<String>> = cells
            .iter()
            .zip(&self.columns)
            .map(|(cell, weight)| wrap(font, points, cell, width(weight) - 2.0 * PADDING))
            .collect();
        let lines = texts.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let height = (lines as f32 * leading + 2.0 * PADDING).max(if cells.contains(&"@") { 11.0 } else { 0.0 });
        self.room_for(height);
        let top = self.y;
        let mut x = LEFT;
        let widths: Vec<f32> = self.columns.iter().map(width).collect();
        for (place, width) in widths.into_iter().enumerate() {
            if self.drawing() {
                self.sheet.fill((x, top), (width, 0.2), Ink::Black);
                self.sheet.fill((x, top + height), (width, 0.2), Ink::Black);
                self.sheet.fill((x, top), (0.2, height), Ink::Black);
                self.sheet.fill((x + width, top), (0.2, height), Ink::Black);
            }
            match cells.get(place) {
                Some(&"@") => self.scribble((x + 4.0, top + height * 0.62), width * 0.62, 3.2),
                Some(_) => {
                    for (line, text) in texts[place].iter().enumerate() {
                        self.y = top + PADDING + line as f32 * leading;
                        self.put(font, points, x + PADDING, text);
                    }
                }
                None => {}
            }
            x += width;
        }
        self.y = top + height;
        self.rows += 1;
    }

    fn signature(&mut self, rest: &str) {
        let mut parts = rest.split('|').map(str::trim);
        let (name, post) = (parts.next().unwrap_or_default(), parts.next());
        self.room_for(24.0);
        self.y += 15.0;
        let points = self.style.points() - 1.0;
        let middle = 150.0;
        self.scribble((middle - 24.0, self.y - 4.5), 46.0, 6.5);
        for text in std::iter::once(name).chain(post) {
            let width = width_of(self.style.font(), points, text);
            self.put(self.style.font(), points, middle - width / 2.0, text);
            self.y += points * 25.4 / 72.0 * 1.25;
        }
        self.y += 3.0;
    }

    // A name as a hand writes it when nobody needs to read it: a large first letter, some waves, a way of ending.
    fn scribble(&mut self, (x, y): (f32, f32), width: f32, height: f32) {
        let chance = &mut self.chance;
        let slant = chance.between(-0.1, 0.55);
        let first = width * chance.between(0.16, 0.3);
        let mut points = Vec::new();
        let turns = chance.between(3.4, 8.2);
        for step in 0..14 {
            let angle = 1.0 + turns * step as f32 / 13.0;
            let (sin, cos) = angle.sin_cos();
            points.push((x + first * (0.5 - 0.5 * cos) + step as f32 * first * 0.02, y - height * (0.55 + 0.55 * sin)));
        }
        let waves = 2 + chance.bits() % 6;
        let tall = chance.bits() % waves;
        for wave in 0..waves {
            let part = first / width + (1.0 - first / width) * wave as f32 / waves as f32;
            let across = x + width * (part + chance.between(-0.03, 0.03));
            let up = if wave == tall { 1.25 } else { chance.between(0.12, 0.5) };
            let down = chance.between(-0.1, if wave == tall { 0.9 } else { 0.2 });
            points.push((across, y - height * up));
            points.push((across + width * chance.between(0.02, 0.07), y + height * down));
        }
        match chance.bits() % 3 {
            0 => points.extend([(x + width, y - height * 0.2), (x + width * 1.2, y - height * 0.3)]),
            1 => points.extend([(x + width * 1.05, y + height * 0.5), (x + width * 0.2, y + height * 0.75)]),
            _ => points.extend([(x + width * 0.98, y), (x + width * 1.1, y - height * 0.9)]),
        }
        let thickness = chance.between(0.3, 0.5);
        if self.wanted == Some(self.page) {
            for point in &mut points {
                point.0 += (y - point.1) * slant;
            }
            if let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) {
                points.insert(0, first);
                points.push(last);
            }
            self.sheet.stroke(&points, thickness, Ink::Blue);
        }
    }

    fn stamp(&mut self, rest: &str) {
        let mut lines: Vec<&str> = rest.split('|').map(str::trim).collect();
        let ink = if lines.pop() == Some("red") { Ink::Red } else { Ink::Blue };
        let points = 9.0;
        let step = points * 25.4 / 72.0 * 1.3;
        let width = lines.iter().map(|line| width_of(&SANS_BOLD, points, line)).fold(20.0, f32::max) + 6.0;
        let height = lines.len() as f32 * step + 4.0;
        let (degrees, drift) = (self.chance.between(-4.0, 4.0), self.chance.between(-3.0, 3.0));
        if !self.drawing() {
            return;
        }
        let mut stamp = Sheet::blank((width, height), 300.0);
        for (place, line) in lines.iter().enumerate() {
            let inset = (width - width_of(&SANS_BOLD, points, line)) / 2.0;
            stamp.text(&SANS_BOLD, points, (inset, 4.4 + place as f32 * step), line, ink);
        }
        for (corner, size) in [
            ((0.2, 0.2), (width - 0.4, 0.4)),
            ((0.2, height - 0.6), (width - 0.4, 0.4)),
            ((0.2, 0.2), (0.4, height - 0.4)),
            ((width - 0.6, 0.2), (0.4, height - 0.4)),
        ] {
            stamp.fill(corner, size, ink);
        }
        self.sheet.press(&stamp, (62.0 + drift, self.y - 11.0), degrees, ink, &mut self.chance);
    }
}

fn hangs(text: &str) -> bool {
    let marker = text.split(' ').next().unwrap_or_default();
    let digits = marker.trim_end_matches(['.', ')']);
    marker == "-" || (marker.len() > digits.len() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn wrap(font: &FontRef<'_>, points: f32, text: &str, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if !line.is_empty() && width_of(font, points, &longer) > width {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = longer;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
