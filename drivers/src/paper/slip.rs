//! The confirmation that a letter was filed (potwierdzenie wniesienia): one page for the citizen to take home.
//!
//! Called by the desk for preview, saving and printing: all three show these very bytes. Code of Administrative
//! Procedure (KPA), art. 63 § 4: the office confirms a filing when the person asks for it.

use domain::marks::DocumentIdentifier;
use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use super::{
    PaperError, codes,
    sheet::{BLACK, Bar, GREY, Sheet},
    typeface::{Typeface, Weight},
};

/// Paper size of a slip, upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum SlipPage {
    /// 210 x 297 mm.
    #[default]
    #[serde(rename = "A4")]
    A4,
    /// 148 x 210 mm.
    #[serde(rename = "A5")]
    A5,
}

/// What the citizen needs to see the stage of the case. Its Debug form hides all of it: the key is a right.
#[derive(Clone, PartialEq, Eq)]
pub enum SlipStatus {
    /// Key and public page.
    Page {
        /// The status key in fours: `RD6Z-1RV0-WHE6-M111-A`.
        key: String,
        /// The page's whole address with the key in its fragment: `https://example.org/s#RD6Z-…`. The QR code carries it.
        address: String,
    },
    /// The office has no public page yet: the key alone.
    KeyOnly {
        /// The status key in fours.
        key: String,
    },
    /// The desk no longer knows the key: the slip says so.
    Forgotten,
}

impl std::fmt::Debug for SlipStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlipStatus(***)")
    }
}

/// What a slip says.
#[derive(Clone, PartialEq, Eq)]
pub struct SlipContent {
    /// Paper size.
    pub page: SlipPage,
    /// The office's name.
    pub office: String,
    /// What was filed: the letter's title.
    pub title: String,
    /// Who filed it, as the register shows the sender.
    pub sender: String,
    /// Number of attachments.
    pub attachments: u32,
    /// Day of filing, in office time.
    pub filed_on: Date,
    /// Hour of filing in office time; `None` when the receipt was entered later than its day.
    pub filed_at: Option<Time>,
    /// Who accepted it.
    pub accepted_by: String,
    /// Register number as people write it.
    pub register_number: String,
    /// Document identifier; the bars carry it for the desk's own reader.
    pub identifier: DocumentIdentifier,
    /// Key and address of the public page; `None` says nothing of it.
    pub status: Option<SlipStatus>,
    /// The office's own copy, signed by who takes the slip: bears no status key, whatever `status` holds.
    pub kept_copy: bool,
    /// When the slip was made; the file's creation date.
    pub made_at: Timestamp,
}

impl std::fmt::Debug for SlipContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlipContent({})", self.identifier)
    }
}

/// Sizes that differ between paper sizes: millimetres, and points for letters.
struct Layout {
    width: f32,
    height: f32,
    margin: f32,
    /// Column of the field names.
    names: f32,
    small: f32,
    body: f32,
    number: f32,
    heading: f32,
    key: f32,
    /// Space between blocks.
    gap: f32,
    /// From one baseline to the next, in multiples of the letters' size.
    leading: f32,
    module: f32,
    bars: f32,
    qr: f32,
    /// Most lines of the letter's title.
    title_lines: usize,
}

const A4: Layout = Layout {
    width: 210.0,
    height: 297.0,
    margin: 22.0,
    names: 44.0,
    small: 9.5,
    body: 11.5,
    number: 22.0,
    heading: 22.0,
    key: 17.0,
    gap: 10.0,
    leading: 1.32,
    module: 0.33,
    bars: 13.0,
    qr: 42.0,
    title_lines: 4,
};

const A5: Layout = Layout {
    width: 148.0,
    height: 210.0,
    margin: 14.0,
    names: 33.0,
    small: 8.0,
    body: 9.5,
    number: 16.0,
    heading: 16.5,
    key: 12.5,
    gap: 6.2,
    leading: 1.28,
    module: 0.27,
    bars: 10.0,
    qr: 33.0,
    title_lines: 3,
};

/// Draws a confirmation of filing.
///
/// # Errors
/// [`PaperError`] when a font or a code fails or the library would leave something out; nothing of the content is in it.
#[doc(alias = "potwierdzenie wniesienia")]
pub fn slip(content: &SlipContent) -> Result<Vec<u8>, PaperError> {
    let layout = match content.page {
        SlipPage::A4 => &A4,
        SlipPage::A5 => &A5,
    };
    let mut drawing = Drawing { layout, sheet: Sheet::new(layout.width, layout.height), y: layout.margin };
    drawing.letterhead(&content.office, content.kept_copy)?;
    drawing.heading()?;
    drawing.number(&content.register_number, &content.identifier)?;
    drawing.facts(content)?;
    match &content.status {
        Some(status) if !content.kept_copy => {
            drawing.signature("podpis osoby przyjmującej")?;
            match status {
                SlipStatus::Page { key, address } => drawing.status(key, address)?,
                SlipStatus::KeyOnly { key } => drawing.key_alone(key)?,
                SlipStatus::Forgotten => drawing.key_forgotten()?,
            }
        }
        Some(_) | None => {
            drawing.signature("podpis osoby przyjmującej")?;
            if content.kept_copy {
                drawing.signature("odbiór potwierdzenia: data i podpis")?;
            }
        }
    }
    drawing.footnote()?;
    let title = format!("Potwierdzenie wniesienia {}", content.register_number);
    drawing.sheet.finish(&title, content.identifier.as_str(), content.made_at)
}

/// Number and noun in Polish agreement: `1 załącznik`, `2 załączniki`, `5 załączników`.
fn attachments(n: u32) -> String {
    match (n, n % 10, n % 100) {
        (0, ..) => "bez załączników".to_owned(),
        (1, ..) => "1 załącznik".to_owned(),
        (_, 2..=4, tens) if !(12..=14).contains(&tens) => format!("{n} załączniki"),
        _ => format!("{n} załączników"),
    }
}

fn filed(on: Date, at: Option<Time>) -> String {
    const MONTHS: [&str; 12] = [
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ];
    let month = usize::try_from(on.month() - 1).ok().and_then(|place| MONTHS.get(place)).unwrap_or(&"");
    let day = format!("{} {month} {} r.", on.day(), on.year());
    match at {
        Some(at) => format!("{day}, godz. {}:{:02}", at.hour(), at.minute()),
        None => day,
    }
}

struct Drawing<'a> {
    layout: &'a Layout,
    sheet: Sheet,
    /// How far down the page is taken, in millimetres.
    y: f32,
}

impl Drawing<'_> {
    fn inner(&self) -> f32 {
        self.layout.width - 2.0 * self.layout.margin
    }

    fn step(&self, size: f32) -> f32 {
        size * super::sheet::MM_PER_POINT * self.layout.leading
    }

    fn rule(&mut self, thickness: f32, grey: f32) {
        let (left, width) = (self.layout.margin, self.inner());
        self.sheet.rule(left, self.y, width, thickness, grey);
    }

    /// Lines below each other, the first one's top at `top`; answers the bottom.
    fn block(
        &mut self,
        weight: Weight,
        size: f32,
        grey: f32,
        (left, top): (f32, f32),
        lines: &[String],
    ) -> Result<f32, PaperError> {
        let step = self.step(size);
        let mut baseline = top + step * 0.76;
        for line in lines {
            self.sheet.text(weight, size, grey, left, baseline, line)?;
            baseline += step;
        }
        Ok(baseline - step * 0.76)
    }

    fn letterhead(&mut self, office: &str, kept_copy: bool) -> Result<(), PaperError> {
        let layout = self.layout;
        let right = layout.width - layout.margin;
        let mut room = self.inner();
        if kept_copy {
            let note = "egzemplarz urzędu";
            let width = Typeface::of(Weight::Regular)?.width(note, layout.small);
            let baseline = self.y + self.step(layout.body) * 0.76;
            self.sheet.text(Weight::Regular, layout.small, GREY, right - width, baseline, note)?;
            room -= width + 6.0;
        }
        let lines = Typeface::of(Weight::SemiBold)?.lines(office, layout.body, room, 2);
        self.y = self.block(Weight::SemiBold, layout.body, BLACK, (layout.margin, self.y), &lines)? + 1.5;
        self.rule(0.8, BLACK);
        self.y += layout.gap * 1.2;
        Ok(())
    }

    fn heading(&mut self) -> Result<(), PaperError> {
        let layout = self.layout;
        let at = (layout.margin, self.y);
        self.y = self.block(Weight::SemiBold, layout.heading, BLACK, at, &["Potwierdzenie wniesienia".to_owned()])?;
        let basis = "art. 63 § 4 Kodeksu postępowania administracyjnego".to_owned();
        self.y = self.block(Weight::Regular, layout.small, GREY, (layout.margin, self.y), &[basis])?;
        self.y += layout.gap;
        Ok(())
    }

    fn number(&mut self, number: &str, identifier: &DocumentIdentifier) -> Result<(), PaperError> {
        let layout = self.layout;
        let top = self.y;
        let code = identifier.bars();
        let (_, bars_width) = codes::code128(&code, layout.module, 0.0, 0.0, layout.bars)?;
        let bars_left = layout.width - layout.margin - bars_width;
        let (bars, _) = codes::code128(&code, layout.module, bars_left, top, layout.bars)?;
        self.sheet.fill(&bars, BLACK);
        let under = [identifier.as_str().to_owned()];
        let bottom = self.block(Weight::Regular, layout.small, BLACK, (bars_left, top + layout.bars + 0.8), &under)?;

        // The code's quiet zone and a little more stay free between number and bars.
        let room = bars_left - layout.margin - 14.0 * layout.module;
        let caption = ["Numer w rejestrze".to_owned()];
        let below = self.block(Weight::Regular, layout.small, GREY, (layout.margin, top), &caption)?;
        let face = Typeface::of(Weight::SemiBold)?;
        let shown = face.drawable(number);
        let natural = face.width(&shown, layout.number);
        let size = if natural > room { layout.number * room / natural } else { layout.number };
        self.block(Weight::SemiBold, size, BLACK, (layout.margin, below + 0.6), &[shown])?;
        self.y = bottom + layout.gap * 0.7;
        Ok(())
    }

    fn facts(&mut self, content: &SlipContent) -> Result<(), PaperError> {
        self.rule(0.5, GREY);
        self.y += self.layout.gap * 0.55;
        let filed = filed(content.filed_on, content.filed_at);
        let attachments = attachments(content.attachments);
        for (name, value, most) in [
            ("Złożone pismo", content.title.as_str(), self.layout.title_lines),
            ("Załączniki", attachments.as_str(), 1),
            ("Wnoszący", content.sender.as_str(), 2),
            ("Wniesiono", filed.as_str(), 1),
            ("Przyjmujący", content.accepted_by.as_str(), 1),
        ] {
            self.fact(name, value, most)?;
        }
        self.y += self.layout.gap * 0.1;
        self.rule(0.5, GREY);
        Ok(())
    }

    fn fact(&mut self, name: &str, value: &str, most: usize) -> Result<(), PaperError> {
        let layout = self.layout;
        let top = self.y;
        let baseline = top + self.step(layout.body) * 0.76;
        self.sheet.text(Weight::Regular, layout.small, GREY, layout.margin, baseline, name)?;
        let room = self.inner() - layout.names;
        let lines = Typeface::of(Weight::Regular)?.lines(value, layout.body, room, most);
        let bottom = self.block(Weight::Regular, layout.body, BLACK, (layout.margin + layout.names, top), &lines)?;
        self.y = bottom.max(top + self.step(layout.body)) + layout.gap * 0.3;
        Ok(())
    }

    fn signature(&mut self, caption: &str) -> Result<(), PaperError> {
        let layout = self.layout;
        self.y += layout.gap * 2.0;
        let width = self.inner() * 0.42;
        let left = layout.width - layout.margin - width;
        self.sheet.rule(left, self.y, width, 0.5, GREY);
        let bottom = self.block(Weight::Regular, layout.small, GREY, (left, self.y + 0.8), &[caption.to_owned()])?;
        self.y = bottom + layout.gap * 0.8;
        Ok(())
    }

    fn status(&mut self, key: &str, address: &str) -> Result<(), PaperError> {
        let layout = self.layout;
        let padding = layout.gap * 0.4;
        let top = self.y;
        let left = layout.margin + layout.qr + padding;
        let room = layout.width - layout.margin - padding - left;
        let regular = Typeface::of(Weight::Regular)?;
        let bold = Typeface::of(Weight::SemiBold)?;
        let page = address.split('#').next().unwrap_or_default();

        let mut y = top + padding;
        y = self.block(Weight::SemiBold, layout.body * 1.15, BLACK, (left, y), &["Sprawdź stan sprawy".to_owned()])?;
        y += 1.0;
        let lead = regular.lines("Zeskanuj kod telefonem albo otwórz stronę", layout.small, room, 2);
        y = self.block(Weight::Regular, layout.small, BLACK, (left, y), &lead)?;
        let page = bold.lines(page, layout.small, room, 2);
        y = self.block(Weight::SemiBold, layout.small, BLACK, (left, y), &page)?;
        y = self.block(Weight::Regular, layout.small, BLACK, (left, y), &["i wpisz klucz sprawy:".to_owned()])?;
        y += 0.8;
        let natural = bold.width(key, layout.key);
        let size = if natural > room { layout.key * room / natural } else { layout.key };
        y = self.block(Weight::SemiBold, size, BLACK, (left, y), &[key.to_owned()])?;
        y += 0.8;
        let note = "Strona działa bez logowania i pokazuje tylko etap sprawy, datę ostatniej zmiany i komórkę urzędu. \
                    Klucz prosimy zachować: kto go zna, widzi stan sprawy.";
        let note = regular.lines(note, layout.small, room, 6);
        y = self.block(Weight::Regular, layout.small, GREY, (left, y), &note)?;

        let height = (y - top).max(layout.qr) + padding;
        let qr_top = top + (height - layout.qr) / 2.0;
        let qr = codes::qr(address, layout.margin, qr_top, layout.qr)?;
        self.sheet.fill(&qr, BLACK);
        self.sheet.frame(Bar { left: layout.margin, top, width: self.inner(), height }, 0.8, BLACK);
        self.y = top + height + layout.gap * 0.4;
        Ok(())
    }

    fn key_alone(&mut self, key: &str) -> Result<(), PaperError> {
        let layout = self.layout;
        let padding = layout.gap * 0.4;
        let (top, left) = (self.y, layout.margin + padding);
        let room = self.inner() - 2.0 * padding;
        let natural = Typeface::of(Weight::SemiBold)?.width(key, layout.key);
        let size = if natural > room { layout.key * room / natural } else { layout.key };
        let mut y = top + padding;
        y = self.block(Weight::SemiBold, layout.body * 1.15, BLACK, (left, y), &["Klucz sprawy".to_owned()])?;
        y = self.block(Weight::SemiBold, size, BLACK, (left, y + 0.8), &[key.to_owned()])?;
        let note = "Z tym kluczem urząd powie, na jakim etapie jest sprawa. \
                    Klucz prosimy zachować: kto go zna, widzi stan sprawy.";
        let note = Typeface::of(Weight::Regular)?.lines(note, layout.small, room, 4);
        y = self.block(Weight::Regular, layout.small, GREY, (left, y + 0.8), &note)? + padding;
        self.sheet.frame(Bar { left: layout.margin, top, width: self.inner(), height: y - top }, 0.8, BLACK);
        self.y = y + layout.gap * 0.4;
        Ok(())
    }

    fn key_forgotten(&mut self) -> Result<(), PaperError> {
        let layout = self.layout;
        let note = "Klucz sprawy stoi na potwierdzeniu wydanym wcześniej: urząd przechowuje go tylko 30 dni.";
        let note = Typeface::of(Weight::Regular)?.lines(note, layout.small, self.inner(), 3);
        self.y = self.block(Weight::Regular, layout.small, BLACK, (layout.margin, self.y), &note)? + layout.gap * 0.4;
        Ok(())
    }

    fn footnote(&mut self) -> Result<(), PaperError> {
        let layout = self.layout;
        let note = "Potwierdzenie dotyczy samego wniesienia pisma; nie oznacza, że pismo jest kompletne.";
        let lines = Typeface::of(Weight::Regular)?.lines(note, layout.small, self.inner(), 2);
        #[expect(clippy::cast_precision_loss, reason = "two lines at most")]
        let height = self.step(layout.small) * lines.len() as f32;
        let top = layout.height - layout.margin - height;
        if top < self.y {
            return Err(PaperError::Incomplete("the page is full".to_owned()));
        }
        self.block(Weight::Regular, layout.small, GREY, (layout.margin, top), &lines)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_agree_with_their_number() {
        let said: Vec<String> = [0, 1, 2, 4, 5, 11, 12, 14, 21, 22, 112, 124].into_iter().map(attachments).collect();
        assert_eq!(
            said,
            [
                "bez załączników",
                "1 załącznik",
                "2 załączniki",
                "4 załączniki",
                "5 załączników",
                "11 załączników",
                "12 załączników",
                "14 załączników",
                "21 załączników",
                "22 załączniki",
                "112 załączników",
                "124 załączniki",
            ]
        );
    }

    #[test]
    fn the_hour_is_said_when_it_is_known() {
        let day = jiff::civil::date(2026, 11, 3);
        assert_eq!(filed(day, Some(jiff::civil::time(9, 4, 0, 0))), "3 listopada 2026 r., godz. 9:04");
        assert_eq!(filed(day, None), "3 listopada 2026 r.");
    }
}
