//! The recovery card of a desk (karta odzyskiwania): its database key as letters and as a code, for the office's safe.

use jiff::Timestamp;

use super::{
    PaperError, codes,
    sheet::{BLACK, Bar, GREY, MM_PER_POINT, Sheet},
    typeface::{Typeface, Weight},
};

const WIDTH: f32 = 210.0;
const HEIGHT: f32 = 297.0;
const MARGIN: f32 = 22.0;
const QR: f32 = 52.0;
/// Groups of letters in one line.
const IN_A_LINE: usize = 5;

/// What a card says. Its Debug form hides the key.
#[derive(Clone, PartialEq, Eq)]
pub struct CardContent {
    /// The office's name.
    pub office: String,
    /// Symbol of the desk; may be empty.
    pub symbol: String,
    /// The key as letters in groups, hyphens between them.
    pub letters: String,
    /// Day of making, as people write it.
    pub made_on: String,
    /// When the card was made; the file's creation date.
    pub made_at: Timestamp,
}

impl std::fmt::Debug for CardContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardContent(***)")
    }
}

/// Draws a recovery card.
///
/// # Errors
/// [`PaperError`] when a font or the code fails or the library would leave something out.
#[doc(alias = "karta odzyskiwania")]
pub fn card(content: &CardContent) -> Result<Vec<u8>, PaperError> {
    let mut drawing = Drawing { sheet: Sheet::new(WIDTH, HEIGHT), y: MARGIN };
    drawing.lines(Weight::SemiBold, 11.5, BLACK, &content.office)?;
    drawing.y += 1.5;
    drawing.sheet.rule(MARGIN, drawing.y, WIDTH - 2.0 * MARGIN, 0.8, BLACK);
    drawing.y += 12.0;
    drawing.lines(Weight::SemiBold, 22.0, BLACK, "Karta odzyskiwania stanowiska")?;
    let desk = if content.symbol.is_empty() { "bez symbolu" } else { &content.symbol };
    drawing.lines(Weight::Regular, 11.5, GREY, &format!("Stanowisko: {desk}. Karta z dnia {}.", content.made_on))?;
    drawing.y += 8.0;
    drawing.lines(
        Weight::Regular,
        11.5,
        BLACK,
        "Tą kartą otwiera się dane stanowiska, gdy komputer zgubi klucz do nich: po wymianie komputera, po nowej instalacji \
         systemu, po utracie konta. Bez karty i bez klucza nikt ich nie odczyta.",
    )?;
    drawing.y += 8.0;
    drawing.key(&content.letters)?;
    drawing.y += 8.0;
    for line in [
        "Trzymać w sejfie urzędu. Nie kopiować, nie skanować, nie fotografować.",
        "Kto ma kartę i dysk tego komputera, przeczyta wszystkie pisma stanowiska.",
        "Po otwarciu kartą stanowisko wysyła zaległe pisma i pozwala je czytać, ale nie nadaje nowych numerów: \
         do dalszej pracy administrator daje nowe zaproszenie i nowy symbol.",
    ] {
        drawing.lines(Weight::Regular, 11.5, BLACK, line)?;
        drawing.y += 2.5;
    }
    drawing.sheet.finish("Karta odzyskiwania stanowiska", desk, content.made_at)
}

struct Drawing {
    sheet: Sheet,
    /// How far down the page is taken, in millimetres.
    y: f32,
}

impl Drawing {
    fn lines(&mut self, weight: Weight, size: f32, grey: f32, text: &str) -> Result<(), PaperError> {
        let step = size * MM_PER_POINT * 1.32;
        for line in Typeface::of(weight)?.lines(text, size, WIDTH - 2.0 * MARGIN, 6) {
            self.sheet.text(weight, size, grey, MARGIN, self.y + step * 0.76, &line)?;
            self.y += step;
        }
        Ok(())
    }

    fn key(&mut self, letters: &str) -> Result<(), PaperError> {
        const SIZE: f32 = 15.0;
        let (top, step) = (self.y, SIZE * MM_PER_POINT * 1.6);
        self.sheet.fill(&codes::qr(letters, MARGIN + 4.0, top + 4.0, QR)?, BLACK);
        let left = MARGIN + QR + 14.0;
        let groups: Vec<&str> = letters.split('-').collect();
        let mut baseline = top + 14.0;
        for line in groups.chunks(IN_A_LINE) {
            self.sheet.text(Weight::SemiBold, SIZE, BLACK, left, baseline, &line.join(" "))?;
            baseline += step;
        }
        let height = QR + 8.0;
        self.sheet.frame(Bar { left: MARGIN, top, width: WIDTH - 2.0 * MARGIN, height }, 0.8, GREY);
        self.y = top + height;
        Ok(())
    }
}
