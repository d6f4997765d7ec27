//! The two faces our documents are set in (Atkinson Hyperlegible Next): read once, measured, and subset for each
//! document, because `printpdf` embeds whatever it is given whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use printpdf::ParsedFont;
use subsetter::GlyphRemapper;

use super::PaperError;

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/AtkinsonHyperlegibleNext_400Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("../../assets/fonts/AtkinsonHyperlegibleNext_600SemiBold.ttf");

/// Weight of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Running text.
    Regular,
    /// Headings, numbers, values to be found at a glance.
    SemiBold,
}

impl Weight {
    pub(super) const ALL: [Self; 2] = [Self::Regular, Self::SemiBold];

    /// The resource name inside the PDF.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Regular => "Regular",
            Self::SemiBold => "SemiBold",
        }
    }

    // Six letters and a plus mark a subset (ISO 32000-1, 9.6.4).
    fn face_name(self) -> &'static str {
        match self {
            Self::Regular => "OKNREG+AtkinsonHyperlegibleNext-Regular",
            Self::SemiBold => "OKNSBD+AtkinsonHyperlegibleNext-SemiBold",
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::SemiBold => SEMI_BOLD,
        }
    }

    /// The whole face, read at the first document of the process.
    pub(super) fn face(self) -> Result<&'static ParsedFont, PaperError> {
        static FACES: [OnceLock<Option<ParsedFont>>; 2] = [const { OnceLock::new() }; 2];
        FACES[self as usize]
            .get_or_init(|| {
                let mut warnings = Vec::new();
                ParsedFont::from_bytes(self.bytes(), 0, &mut warnings).filter(|_| warnings.is_empty())
            })
            .as_ref()
            .ok_or_else(|| PaperError::Font(format!("{} cannot be read", self.face_name())))
    }

    /// The face reduced to these characters; their glyphs are numbered anew.
    pub(super) fn subset(self, characters: &BTreeSet<char>) -> Result<ParsedFont, PaperError> {
        let face = self.face()?;
        let mut renumbered = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        let mut widths = BTreeMap::new();
        for character in characters {
            let code = u32::from(*character);
            let glyph = face.lookup_glyph_index(code).ok_or_else(|| missing(self))?;
            let new = renumbered.remap(glyph);
            glyphs.insert(code, new);
            widths.insert(new, face.get_glyph_width(glyph).unwrap_or_default());
        }
        let bytes =
            subsetter::subset(self.bytes(), 0, &renumbered).map_err(|error| PaperError::Font(error.to_string()))?;
        Ok(ParsedFont {
            original_bytes: bytes,
            font_index: 0,
            font_name: Some(self.face_name().to_owned()),
            codepoint_to_glyph: glyphs,
            glyph_widths: widths,
            units_per_em: face.units_per_em,
            font_metrics: face.font_metrics.clone(),
            font_type: face.font_type,
            pdf_font_metrics: face.pdf_font_metrics.clone(),
        })
    }
}

fn missing(weight: Weight) -> PaperError {
    PaperError::Font(format!("{} lacks a letter", weight.face_name()))
}

/// A face with the means to measure it.
#[derive(Clone, Copy)]
pub(super) struct Typeface {
    face: &'static ParsedFont,
}

impl Typeface {
    pub(super) fn of(weight: Weight) -> Result<Self, PaperError> {
        weight.face().map(|face| Self { face })
    }

    /// The text as this face can draw it.
    pub(super) fn drawable(self, text: &str) -> String {
        crate::letters::drawable(text, |c| self.face.lookup_glyph_index(u32::from(c)).is_some())
    }

    /// Width in millimetres at a size in points.
    pub(super) fn width(self, text: &str, size: f32) -> f32 {
        let units: u32 = text
            .chars()
            .filter_map(|c| self.face.lookup_glyph_index(u32::from(c)))
            .filter_map(|glyph| self.face.get_glyph_width(glyph))
            .map(u32::from)
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a line's units are few")]
        let units = units as f32;
        units / f32::from(self.face.units_per_em) * size * super::sheet::MM_PER_POINT
    }

    /// Lines no wider than `room` millimetres; a word too long for a line is broken, and text beyond the last line is
    /// cut with an ellipsis.
    pub(super) fn lines(self, text: &str, size: f32, room: f32, most: usize) -> Vec<String> {
        let text = self.drawable(text);
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in bound(&text) {
            let word = word.as_str();
            let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&joined, size) <= room {
                line = joined;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                line.push(c);
                if self.width(&line, size) > room && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::take(&mut line));
                    line.push(c);
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = self.with_ellipsis(last, size, room);
            }
        }
        lines
    }

    fn with_ellipsis(self, line: &str, size: f32, room: f32) -> String {
        let mut kept = line.to_owned();
        loop {
            let ended = format!("{}…", kept.trim_end());
            if self.width(&ended, size) <= room || kept.pop().is_none() {
                return ended;
            }
        }
    }
}

/// Words that no Polish line ends with, bound to their next word: one-letter prepositions and conjunctions, and
/// abbreviations that belong to a number or name.
fn bound(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if open => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        open = matches!(word, "nr" | "ul." | "art." | "§" | "godz." | "al." | "pl." | "dz.")
            || (word.chars().count() == 1 && word.chars().all(char::is_alphabetic));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_faces_have_every_letter_of_our_documents() {
        for weight in Weight::ALL {
            let face = weight.face().expect("face");
            for letter in "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ„”–—…§·°".chars() {
                assert!(face.lookup_glyph_index(u32::from(letter)).is_some(), "{letter}");
            }
        }
    }

    #[test]
    fn no_line_ends_with_a_lone_letter() {
        assert_eq!(bound("działki nr 145/2 w obrębie"), ["działki", "nr 145/2", "w obrębie"]);
        assert_eq!(bound("a i b"), ["a i b"]);
    }

    #[test]
    fn lines_keep_to_their_room() {
        let regular = Typeface::of(Weight::Regular).expect("face");
        let text = "Wniosek o wydanie decyzji o warunkach zabudowy dla działki numer 145/2 w obrębie Kruszyna";
        let lines = regular.lines(text, 11.0, 60.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'));
        assert!(lines.iter().all(|line| regular.width(line, 11.0) <= 60.0));
        let broken = regular.lines(&"W".repeat(300), 11.0, 60.0, 99);
        assert_eq!(broken.concat(), "W".repeat(300));
        assert_eq!(regular.lines("", 11.0, 60.0, 3), Vec::<String>::new());
    }
}
