//! Reads barcodes on a scanned page and draws its thumbnail, decoding the JPEG once.
//!
//! Called by `desk/scanning` for every page. **Everything here blocks** for tens to hundreds of milliseconds: call it
//! on a blocking thread (`tokio::task::spawn_blocking`). Texts are handed over as they stand on the paper; which of
//! them is a mark of this office, only `domain::marks` says.

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{DynamicImage, GrayImage, ImageDecoder};
use zxingcpp::{BarcodeFormat, BarcodeReader, ImageFormat, ImageView};

pub use super::jpeg::{Facts, facts, is_whole};

use super::escl::MAX_PIXELS;

/// Height of a thumbnail in pixels.
pub const THUMBNAIL_HEIGHT: u32 = 220;

/// Why a page cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not a JPEG, or a damaged one.
    #[error("not a readable JPEG")]
    NotJpeg,
    /// More pixels than any page has.
    #[error("too many pixels")]
    TooLarge,
}

/// Kind of a barcode.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbology {
    /// Code 128, as on our labels and the Post's.
    Code128,
    /// QR code.
    Qr,
    /// Another kind, by its name.
    Other(String),
}

/// The step of the chain that found a mark. Later steps mean a worse print or scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Code 128 alone, whole page.
    Bars,
    /// QR code, whole page.
    Qr,
    /// Whole page after a 3 x 3 median.
    Median,
    /// Upper third, enlarged twice.
    Enlarged,
}

/// A point on the page, in pixels of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// One barcode on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Text as encoded, never interpreted.
    pub text: String,
    /// Kind of code.
    pub symbology: Symbology,
    /// Corners, clockwise from the code's own top left.
    pub corners: [Point; 4],
    /// Which step found it.
    pub step: Step,
}

impl Mark {
    /// Middle of the code.
    pub fn center(&self) -> Point {
        let mean = |of: fn(&Point) -> i32| self.corners.iter().map(of).sum::<i32>() / 4;
        Point { x: mean(|point| point.x), y: mean(|point| point.y) }
    }
}

/// A decoded page.
pub struct PageImage {
    color: DynamicImage,
    grey: GrayImage,
}

impl PageImage {
    /// Decodes a JPEG. Blocks.
    ///
    /// # Errors
    /// [`DecodeError`] for something else, or for more than 100 megapixels, which is checked before decoding.
    pub fn decode(jpeg: &[u8]) -> Result<Self, DecodeError> {
        let facts = facts(jpeg).ok_or(DecodeError::NotJpeg)?;
        if u64::from(facts.width) * u64::from(facts.height) > MAX_PIXELS {
            return Err(DecodeError::TooLarge);
        }
        let decoder = JpegDecoder::new(std::io::Cursor::new(jpeg)).map_err(|_| DecodeError::NotJpeg)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(DecodeError::TooLarge);
        }
        let color = DynamicImage::from_decoder(decoder).map_err(|_| DecodeError::NotJpeg)?;
        Ok(match color {
            DynamicImage::ImageLuma8(grey) => Self { color: DynamicImage::new_luma8(0, 0), grey },
            color => Self { grey: color.to_luma8(), color },
        })
    }

    /// All barcodes on the page, found by ever more patient steps.
    ///
    /// Whole page for Code 128 and QR first. Only if none of these texts is `wanted`, the page is cleaned by a median,
    /// and last its upper third is enlarged. Blocks.
    pub fn marks(&self, wanted: impl Fn(&str) -> bool) -> Vec<Mark> {
        let (width, height) = self.grey.dimensions();
        let mut found = Vec::new();
        read(&self.grey, &[BarcodeFormat::Code128], Step::Bars, 1, &mut found);
        read(&self.grey, &[BarcodeFormat::QRCode], Step::Qr, 1, &mut found);
        let satisfied = |found: &[Mark]| found.iter().any(|mark| wanted(&mark.text));
        let both = [BarcodeFormat::Code128, BarcodeFormat::QRCode];
        if !satisfied(&found) {
            read(&median(&self.grey), &both, Step::Median, 1, &mut found);
        }
        if !satisfied(&found) {
            let third = image::imageops::crop_imm(&self.grey, 0, 0, width, height.div_ceil(3)).to_image();
            let (width, height) = (third.width() * 2, third.height() * 2);
            let enlarged = image::imageops::resize(&third, width, height, image::imageops::FilterType::Triangle);
            read(&enlarged, &both, Step::Enlarged, 2, &mut found);
        }
        found
    }

    /// A JPEG of the page, [`THUMBNAIL_HEIGHT`] pixels high. Blocks.
    ///
    /// # Errors
    /// [`DecodeError::NotJpeg`] if it cannot be written.
    pub fn thumbnail(&self) -> Result<Vec<u8>, DecodeError> {
        let small = match &self.color {
            DynamicImage::ImageRgb8(color) => {
                let (width, height) = thumbnail_size(color.dimensions());
                DynamicImage::ImageRgb8(image::imageops::thumbnail(color, width, height))
            }
            _ => {
                let (width, height) = thumbnail_size(self.grey.dimensions());
                DynamicImage::ImageLuma8(image::imageops::thumbnail(&self.grey, width, height))
            }
        };
        let mut jpeg = Vec::new();
        small.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 80)).map_err(|_| DecodeError::NotJpeg)?;
        Ok(jpeg)
    }

    /// The page in 8-bit grey.
    pub fn grey(&self) -> &GrayImage {
        &self.grey
    }
}

/// [`PageImage::marks`] of a JPEG. Blocks.
///
/// # Errors
/// As [`PageImage::decode`].
pub fn read_marks(jpeg: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<Mark>, DecodeError> {
    Ok(PageImage::decode(jpeg)?.marks(wanted))
}

/// [`PageImage::thumbnail`] of a JPEG. Blocks.
///
/// # Errors
/// As [`PageImage::decode`].
pub fn thumbnail(jpeg: &[u8]) -> Result<Vec<u8>, DecodeError> {
    PageImage::decode(jpeg)?.thumbnail()
}

fn thumbnail_size((width, height): (u32, u32)) -> (u32, u32) {
    let target = THUMBNAIL_HEIGHT.min(height).max(1);
    ((width * target / height.max(1)).clamp(1, 4 * THUMBNAIL_HEIGHT), target)
}

fn read(picture: &GrayImage, formats: &[BarcodeFormat], step: Step, scale: i32, found: &mut Vec<Mark>) {
    let Ok(view) = ImageView::from_slice(picture, picture.width(), picture.height(), ImageFormat::Lum) else { return };
    let reader = BarcodeReader::new().formats(formats).try_harder(true).try_rotate(true).try_invert(false);
    let Ok(codes) = reader.from(&view) else { return };
    for code in codes.into_iter().filter(zxingcpp::Barcode::is_valid) {
        let position = code.position();
        let point = |x: i32, y: i32| Point { x: x / scale, y: y / scale };
        let corners = [
            point(position.top_left.x, position.top_left.y),
            point(position.top_right.x, position.top_right.y),
            point(position.bottom_right.x, position.bottom_right.y),
            point(position.bottom_left.x, position.bottom_left.y),
        ];
        let symbology = match code.format() {
            BarcodeFormat::Code128 => Symbology::Code128,
            BarcodeFormat::QRCode | BarcodeFormat::QRCodeModel1 | BarcodeFormat::QRCodeModel2 => Symbology::Qr,
            other => Symbology::Other(other.to_string()),
        };
        let mark = Mark { text: code.text(), symbology, corners, step };
        if !found.iter().any(|known| same_place(known, &mark)) {
            found.push(mark);
        }
    }
}

// The same code seen by two steps: same kind, same text, and the middle of one within the other's size.
fn same_place(known: &Mark, mark: &Mark) -> bool {
    let (a, b) = (known.center(), mark.center());
    let reach = known.corners.iter().map(|corner| (corner.x - a.x).abs().max((corner.y - a.y).abs())).max();
    let near = reach.is_some_and(|reach| (a.x - b.x).abs() <= reach && (a.y - b.y).abs() <= reach);
    known.symbology == mark.symbology && known.text == mark.text && near
}

/// 3 x 3 median: takes single specks and broken bars away. Border pixels stay.
fn median(picture: &GrayImage) -> GrayImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut cleaned = picture.clone();
    if width < 3 || height < 3 {
        return cleaned;
    }
    let source = picture.as_raw();
    for (y, row) in cleaned.chunks_exact_mut(width).enumerate().take(height - 1).skip(1) {
        let above = &source[(y - 1) * width..y * width];
        let here = &source[y * width..(y + 1) * width];
        let below = &source[(y + 1) * width..(y + 2) * width];
        let windows = above.windows(3).zip(here.windows(3)).zip(below.windows(3));
        for (pixel, ((a, b), c)) in row[1..width - 1].iter_mut().zip(windows) {
            *pixel = median_of_nine([a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]]);
        }
    }
    cleaned
}

// Sorts the three columns, then takes the median of highest low, median middle and lowest high.
fn median_of_nine([a, b, c, d, e, f, g, h, i]: [u8; 9]) -> u8 {
    let sort = |x: u8, y: u8, z: u8| {
        let (low, high) = (x.min(y), x.max(y));
        (low.min(z), low.max(high.min(z)), high.max(z))
    };
    let (first, second, third) = (sort(a, b, c), sort(d, e, f), sort(g, h, i));
    let low = first.0.max(second.0).max(third.0);
    let middle = sort(first.1, second.1, third.1).1;
    let high = first.2.min(second.2).min(third.2);
    sort(low, middle, high).1
}
