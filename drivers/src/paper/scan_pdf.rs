//! The archived form of a scan: PDF/A-2u whose pages are the scanner's own JPEG images, byte for byte.
//!
//! Called by the desk when a scan is confirmed. The received bytes stay the original; this file is derived from them
//! and can be made again. 2u (and not merely 2b) because a page without text meets the demand on text already.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{Timestamp, tz::Offset};
use krilla::{
    Data, Document, SerializeSettings,
    configure::{Archival, ConfigurationBuilder},
    error::KrillaError,
    geom::Size,
    image::Image,
    metadata::{DateTime, Metadata},
    page::PageSettings,
};

use super::PaperError;

/// What the archive is told about a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanPdfMeta {
    /// Title shown by viewers: the document identifier or the register number, no personal data.
    pub title: String,
    /// When the scan was made; the file's creation date.
    pub created: Timestamp,
}

/// One scanned page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JpegPage {
    /// The scanner's JPEG, as received.
    pub jpeg: Bytes,
    /// Resolution it was scanned at, dots per inch: gives the page its size.
    pub dpi: u32,
}

/// Binds scanned pages into a PDF/A-2u in Polish.
///
/// Takes and gives bytes only; the same input gives the same file.
///
/// # Errors
/// [`PaperError::NoPages`]; [`PaperError::Page`] for a broken or unsuited JPEG or a resolution of 0;
/// [`PaperError::NotArchivable`] when the validator refuses the whole.
pub fn scan_pdf(meta: &ScanPdfMeta, pages: &[JpegPage]) -> Result<Vec<u8>, PaperError> {
    if pages.is_empty() {
        return Err(PaperError::NoPages);
    }
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_U)
        .finish()
        .map_err(|error| PaperError::NotArchivable(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    document.set_metadata(
        Metadata::new()
            .title(meta.title.clone())
            .language("pl".to_owned())
            .creator("Okienko".to_owned())
            .producer("Okienko".to_owned())
            .creation_date(date_time(meta.created)),
    );
    for (place, page) in pages.iter().enumerate() {
        draw(&mut document, page).map_err(|why| PaperError::Page { page: place + 1, why })?;
    }
    document.finish().map_err(|error| match error {
        KrillaError::Image(_, _, why) => PaperError::NotArchivable(format!("image: {why}")),
        other => PaperError::NotArchivable(format!("{other:?}")),
    })
}

fn draw(document: &mut Document, page: &JpegPage) -> Result<(), String> {
    if page.dpi == 0 {
        return Err("resolution of 0 dpi".to_owned());
    }
    let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(page.jpeg.clone());
    let image = Image::from_jpeg(Data::from(bytes), false)?;
    let (width, height) = image.size();
    let size = Size::from_wh(points(width, page.dpi), points(height, page.dpi)).ok_or("an image without area")?;
    let settings = PageSettings::from_wh(size.width(), size.height()).ok_or("an image without area")?;
    let mut sheet = document.start_page_with(settings);
    let mut surface = sheet.surface();
    surface.draw_image(image, size);
    surface.finish();
    sheet.finish();
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a page are few")]
fn points(pixels: u32, dpi: u32) -> f32 {
    (f64::from(pixels) * 72.0 / f64::from(dpi)) as f32
}

fn date_time(at: Timestamp) -> DateTime {
    let at = Offset::UTC.to_datetime(at);
    let small = |value: i8| u8::try_from(value).unwrap_or_default();
    DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
