//! One sheet of paper on the drawing board: millimetres from the top left corner, text by weight and size, and codes
//! as vector bars. Ends as PDF bytes with title and language, or not at all: a warning of the library means that
//! something would be missing on the page.

use std::collections::BTreeSet;

use jiff::Timestamp;
use lopdf::{Dictionary, Object, StringFormat};
use printpdf::{
    Color, FontId, Greyscale, Line, LinePoint, Mm, OffsetDateTime, Op, PaintMode, PdfDocument, PdfFont, PdfFontHandle,
    PdfPage, PdfSaveOptions, Point, Polygon, PolygonRing, Pt, TextItem, WindingOrder,
};
use sha2::{Digest, Sha256};

use super::{
    PaperError,
    typeface::{Typeface, Weight},
};

pub(super) const MM_PER_POINT: f32 = 25.4 / 72.0;

/// Darkness of a drawing: 0 black, 1 white.
pub(super) const BLACK: f32 = 0.0;
/// For what is read after the rest; dark enough for every printer and eye (contrast 8:1).
pub(super) const GREY: f32 = 0.33;

pub(super) struct Sheet {
    width: f32,
    height: f32,
    operations: Vec<Op>,
    used: [BTreeSet<char>; 2],
}

/// A filled rectangle in millimetres from the top left corner.
#[derive(Clone, Copy)]
pub(super) struct Bar {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

impl Sheet {
    /// An empty sheet of so many millimetres.
    pub(super) fn new(width: f32, height: f32) -> Self {
        Self { width, height, operations: Vec::new(), used: [BTreeSet::new(), BTreeSet::new()] }
    }

    /// One line of text, its baseline's left end at the given place; answers its width.
    pub(super) fn text(
        &mut self,
        weight: Weight,
        size: f32,
        grey: f32,
        left: f32,
        baseline: f32,
        text: &str,
    ) -> Result<f32, PaperError> {
        let face = Typeface::of(weight)?;
        let text = face.drawable(text);
        if text.is_empty() {
            return Ok(0.0);
        }
        self.used[weight as usize].extend(text.chars());
        let width = face.width(&text, size);
        self.operations.extend([
            Op::SetFillColor { col: greyscale(grey) },
            Op::StartTextSection,
            Op::SetFont { font: PdfFontHandle::External(FontId(weight.name().to_owned())), size: Pt(size) },
            Op::SetTextCursor { pos: self.point(left, baseline) },
            Op::ShowText { items: vec![TextItem::Text(text)] },
            Op::EndTextSection,
        ]);
        Ok(width)
    }

    /// A horizontal rule, `thickness` in points.
    pub(super) fn rule(&mut self, left: f32, top: f32, width: f32, thickness: f32, grey: f32) {
        let points = vec![self.line_point(left, top), self.line_point(left + width, top)];
        self.stroke(points, false, thickness, grey);
    }

    /// The outline of a rectangle, `thickness` in points.
    pub(super) fn frame(&mut self, outline: Bar, thickness: f32, grey: f32) {
        let points = self.corners(outline);
        self.stroke(points, true, thickness, grey);
    }

    /// Filled rectangles as one path, so that viewers show no hairlines between them.
    pub(super) fn fill(&mut self, bars: &[Bar], grey: f32) {
        let rings = bars.iter().map(|bar| PolygonRing { points: self.corners(*bar) }).collect();
        self.operations.extend([
            Op::SetFillColor { col: greyscale(grey) },
            Op::DrawPolygon { polygon: Polygon { rings, mode: PaintMode::Fill, winding_order: WindingOrder::NonZero } },
        ]);
    }

    /// The sheet as a PDF of one page, titled and marked as Polish. The same drawing gives the same bytes.
    pub(super) fn finish(self, title: &str, subject: &str, created: Timestamp) -> Result<Vec<u8>, PaperError> {
        let mut document = PdfDocument::new(title);
        for weight in Weight::ALL {
            let characters = &self.used[weight as usize];
            if !characters.is_empty() {
                let font = PdfFont::new(weight.subset(characters)?);
                document.resources.fonts.map.insert(FontId(weight.name().to_owned()), font);
            }
        }
        let info = &mut document.metadata.info;
        subject.clone_into(&mut info.subject);
        "Okienko".clone_into(&mut info.creator);
        "Okienko".clone_into(&mut info.producer);
        let created = OffsetDateTime::from_unix_timestamp(created.as_second())
            .map_err(|error| PaperError::Incomplete(error.to_string()))?;
        info.creation_date = created;
        info.modification_date = created;
        document.with_pages(vec![PdfPage::new(Mm(self.width), Mm(self.height), self.operations)]);

        let mut warnings = Vec::new();
        let mut pdf = document.to_lopdf_document(&PdfSaveOptions::default(), &mut warnings);
        if let Some(warning) = warnings.first() {
            return Err(PaperError::Incomplete(warning.msg.clone()));
        }
        complete(&mut pdf).map_err(|error| PaperError::Incomplete(error.to_string()))?;
        let mut bytes = Vec::with_capacity(32 * 1024);
        pdf.save_to(&mut bytes).map_err(|error| PaperError::Incomplete(error.to_string()))?;
        Ok(bytes)
    }

    fn point(&self, left: f32, top: f32) -> Point {
        Point::new(Mm(left), Mm(self.height - top))
    }

    fn line_point(&self, left: f32, top: f32) -> LinePoint {
        LinePoint { p: self.point(left, top), bezier: false }
    }

    fn corners(&self, bar: Bar) -> Vec<LinePoint> {
        let (right, bottom) = (bar.left + bar.width, bar.top + bar.height);
        vec![
            self.line_point(bar.left, bar.top),
            self.line_point(right, bar.top),
            self.line_point(right, bottom),
            self.line_point(bar.left, bottom),
        ]
    }

    fn stroke(&mut self, points: Vec<LinePoint>, is_closed: bool, thickness: f32, grey: f32) {
        self.operations.extend([
            Op::SetOutlineColor { col: greyscale(grey) },
            Op::SetOutlineThickness { pt: Pt(thickness) },
            Op::DrawLine { line: Line { points, is_closed } },
        ]);
    }
}

fn greyscale(percent: f32) -> Color {
    Color::Greyscale(Greyscale { percent, icc_profile: None })
}

// What `printpdf` cannot say: language, and that viewers show the title; and what it says wrongly: a PDF/X version.
fn complete(pdf: &mut lopdf::Document) -> Result<(), lopdf::Error> {
    "1.7".clone_into(&mut pdf.version);
    let catalog = pdf.catalog_mut()?;
    catalog.set("Lang", Object::String(b"pl-PL".to_vec(), StringFormat::Literal));
    catalog.set("ViewerPreferences", Dictionary::from_iter([("DisplayDocTitle", Object::Boolean(true))]));
    let information = pdf.trailer.get(b"Info")?.as_reference()?;
    let information = pdf.get_object_mut(information)?.as_dict_mut()?;
    for key in ["GTS_PDFXVersion", "Identifier", "Trapped", "Keywords", "Author"] {
        information.remove(key.as_bytes());
    }
    pdf.compress();

    let mut digest = Sha256::new();
    for object in pdf.objects.values() {
        if let Object::Stream(stream) = object {
            digest.update(&stream.content);
        }
    }
    let id = Object::String(digest.finalize()[..16].to_vec(), StringFormat::Hexadecimal);
    pdf.trailer.set("ID", Object::Array(vec![id.clone(), id]));
    Ok(())
}
