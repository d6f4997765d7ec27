//! The sheet that closes a day at a desk (arkusz dnia): what was numbered, what is still to be done, and where central's audit
//! ended, so that paper bears witness to it.

use jiff::Timestamp;

use super::{
    PaperError, codes,
    sheet::{BLACK, Bar, GREY, MM_PER_POINT, Sheet},
    typeface::{Typeface, Weight},
};

const WIDTH: f32 = 210.0;
const HEIGHT: f32 = 297.0;
const MARGIN: f32 = 22.0;
const QR: f32 = 34.0;

/// Where central's audit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetHead {
    /// When the desk heard of it, as people write it.
    pub heard_on: String,
    /// Number of the last entry.
    pub n: u64,
    /// All of it, as `central verify-audit --head` reads it; the code holds this text.
    pub text: String,
}

/// What a day's sheet says. Nothing in it is about a person but the clerk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaySheetContent {
    /// The office's name.
    pub office: String,
    /// Symbol of the desk; may be empty.
    pub symbol: String,
    /// The day, as people write it.
    pub day: String,
    /// Who made the sheet.
    pub made_by: String,
    /// Label and value, in order.
    pub rows: Vec<(String, String)>,
    /// Numbers of letters without a scan; those that do not fit are counted in `rows`.
    pub without_scan: Vec<String>,
    /// Where central's audit ended; `None` before the first contact.
    pub head: Option<SheetHead>,
    /// When the sheet was made; the file's creation date.
    pub made_at: Timestamp,
}

/// Draws a day's sheet.
///
/// # Errors
/// [`PaperError`] when a font or the code fails or the library would leave something out.
#[doc(alias = "arkusz dnia")]
pub fn day_sheet(content: &DaySheetContent) -> Result<Vec<u8>, PaperError> {
    let mut drawing = Drawing { sheet: Sheet::new(WIDTH, HEIGHT), y: MARGIN };
    drawing.lines(Weight::SemiBold, 11.5, BLACK, &content.office)?;
    drawing.y += 1.5;
    drawing.sheet.rule(MARGIN, drawing.y, WIDTH - 2.0 * MARGIN, 0.8, BLACK);
    drawing.y += 12.0;
    drawing.lines(Weight::SemiBold, 22.0, BLACK, &format!("Arkusz dnia {}", content.day))?;
    let desk = if content.symbol.is_empty() { "bez symbolu" } else { &content.symbol };
    drawing.lines(Weight::Regular, 11.5, GREY, &format!("Stanowisko: {desk}. Sporządza: {}.", content.made_by))?;
    drawing.y += 8.0;
    for (label, value) in &content.rows {
        drawing.row(label, value)?;
    }
    if !content.without_scan.is_empty() {
        drawing.y += 6.0;
        drawing.lines(Weight::SemiBold, 11.5, BLACK, "Pisma bez skanu")?;
        drawing.lines(Weight::Regular, 11.5, BLACK, &content.without_scan.join(", "))?;
    }
    drawing.y += 10.0;
    match &content.head {
        Some(head) => drawing.head(head)?,
        None => drawing.lines(
            Weight::Regular,
            11.5,
            BLACK,
            "Stanowisko nie miało jeszcze łączności z centralą: dziennika czynności nie ma czym poświadczyć.",
        )?,
    }
    drawing.y += 26.0;
    drawing.sheet.rule(WIDTH - MARGIN - 70.0, drawing.y, 70.0, 0.5, GREY);
    drawing.sheet.text(Weight::Regular, 9.0, GREY, WIDTH - MARGIN - 70.0, drawing.y + 4.5, "podpis")?;
    drawing.sheet.finish(&format!("Arkusz dnia {}", content.day), desk, content.made_at)
}

struct Drawing {
    sheet: Sheet,
    /// How far down the page is taken, in millimetres.
    y: f32,
}

impl Drawing {
    fn lines(&mut self, weight: Weight, size: f32, grey: f32, text: &str) -> Result<(), PaperError> {
        let step = size * MM_PER_POINT * 1.32;
        for line in Typeface::of(weight)?.lines(text, size, WIDTH - 2.0 * MARGIN, 12) {
            self.sheet.text(weight, size, grey, MARGIN, self.y + step * 0.76, &line)?;
            self.y += step;
        }
        Ok(())
    }

    fn row(&mut self, label: &str, value: &str) -> Result<(), PaperError> {
        const SIZE: f32 = 11.5;
        let step = SIZE * MM_PER_POINT * 1.7;
        self.sheet.text(Weight::Regular, SIZE, GREY, MARGIN, self.y + step * 0.7, label)?;
        self.sheet.text(Weight::SemiBold, SIZE, BLACK, MARGIN + 78.0, self.y + step * 0.7, value)?;
        self.y += step;
        Ok(())
    }

    fn head(&mut self, head: &SheetHead) -> Result<(), PaperError> {
        let (top, height) = (self.y, QR + 8.0);
        self.sheet.fill(&codes::qr(&head.text, MARGIN + 4.0, top + 4.0, QR)?, BLACK);
        let left = MARGIN + QR + 12.0;
        let width = WIDTH - MARGIN - left - 4.0;
        let mut baseline = top + 9.0;
        let mut put = |sheet: &mut Sheet, weight, size: f32, text: &str| -> Result<(), PaperError> {
            for line in Typeface::of(weight)?.lines(text, size, width, 6) {
                sheet.text(weight, size, BLACK, left, baseline, &line)?;
                baseline += size * MM_PER_POINT * 1.4;
            }
            Ok(())
        };
        put(&mut self.sheet, Weight::SemiBold, 11.5, &format!("Dziennik czynności kończył się wpisem {}", head.n))?;
        put(&mut self.sheet, Weight::Regular, 9.0, &format!("Tak podała centrala {}.", head.heard_on))?;
        let mut parts = head.text.splitn(4, '/').skip(1);
        let (epoch, _, hash) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        put(&mut self.sheet, Weight::Regular, 9.0, &format!("Epoka {}", epoch.unwrap_or_default()))?;
        let groups: Vec<&str> = hash.as_bytes().chunks(8).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        put(&mut self.sheet, Weight::Regular, 9.0, &groups.join(" "))?;
        self.sheet.frame(Bar { left: MARGIN, top, width: WIDTH - 2.0 * MARGIN, height }, 0.8, GREY);
        self.y = top + height;
        Ok(())
    }
}
