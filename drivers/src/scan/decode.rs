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
        let mut found = Vec::new();
        read(&self.grey, &[BarcodeFormat::Code128], Step::Bars, 1, &mut found);
        read(&self.grey, &[BarcodeFormat::QRCode], Step::Qr, 1, &mut found);
        let satisfied = |found: &[Mark]| found.iter().any(|mark| wanted(&mark.text));
        let both = [BarcodeFormat::Code128, BarcodeFormat::QRCode];
        if !satisfied(&found) {
            read(&median(&self.grey), &both, Step::Median, 1, &mut found);
        }
        if !satisfied(&found) {
            let third = enlarged(&self.grey, self.grey.height().div_ceil(3));
            read(&third, &both, Step::Enlarged, 2, &mut found);
        }
        found
    }

    /// A JPEG of the page, at most [`THUMBNAIL_HEIGHT`] pixels high and little less. Blocks.
    ///
    /// # Errors
    /// [`DecodeError::NotJpeg`] if it cannot be written.
    pub fn thumbnail(&self) -> Result<Vec<u8>, DecodeError> {
        let small = if let DynamicImage::ImageRgb8(color) = &self.color {
            let (width, height, pixels) = shrunk::<3>(color.as_raw(), color.dimensions());
            image::RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
        } else {
            let (width, height, pixels) = shrunk::<1>(self.grey.as_raw(), self.grey.dimensions());
            GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)
        };
        let small = small.ok_or(DecodeError::NotJpeg)?;
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

/// Averages whole blocks of pixels down to a thumbnail's size. The usual filters weigh every pixel in floating point,
/// which is slower than decoding the page was.
fn shrunk<const CHANNELS: usize>(pixels: &[u8], (width, height): (u32, u32)) -> (u32, u32, Vec<u8>) {
    let (width, height) = (width as usize, height as usize);
    let block = height.div_ceil(THUMBNAIL_HEIGHT as usize).clamp(1, width.min(height).max(1));
    let (across, down) = (width / block, height / block);
    let area = u32::try_from(block * block).unwrap_or(u32::MAX);
    let mut small = Vec::with_capacity(across * down * CHANNELS);
    let mut sums = vec![0_u32; across * CHANNELS];
    for rows in pixels.chunks_exact(width * CHANNELS * block).take(down) {
        sums.fill(0);
        for row in rows.chunks_exact(width * CHANNELS) {
            for (sums, pixels) in sums.chunks_exact_mut(CHANNELS).zip(row.chunks_exact(block * CHANNELS)) {
                for pixel in pixels.chunks_exact(CHANNELS) {
                    for (sum, value) in sums.iter_mut().zip(pixel) {
                        *sum += u32::from(*value);
                    }
                }
            }
        }
        small.extend(sums.iter().map(|sum| u8::try_from(sum / area).unwrap_or(u8::MAX)));
    }
    let size = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    (size(across), size(down), small)
}

/// The upper rows, twice as large, with means between the pixels.
fn enlarged(picture: &GrayImage, rows: u32) -> GrayImage {
    let (width, rows) = (picture.width() as usize, rows.min(picture.height()) as usize);
    let source = picture.as_raw();
    let mut large = vec![0_u8; width * 2 * rows * 2];
    let mean = |a: u8, b: u8| a.midpoint(b);
    for y in 0..rows {
        let here = &source[y * width..(y + 1) * width];
        let below = &source[(y + 1).min(rows - 1) * width..((y + 1).min(rows - 1) + 1) * width];
        let (first, second) = large[y * 4 * width..(y + 1) * 4 * width].split_at_mut(2 * width);
        for x in 0..width {
            let next = (x + 1).min(width - 1);
            let (right, under) = (mean(here[x], here[next]), mean(here[x], below[x]));
            first[2 * x] = here[x];
            first[2 * x + 1] = right;
            second[2 * x] = under;
            second[2 * x + 1] = mean(right, mean(below[x], below[next]));
        }
    }
    let size = |side: usize| u32::try_from(side).unwrap_or_default();
    GrayImage::from_raw(size(width * 2), size(rows * 2), large).unwrap_or_default()
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
    // The three columns of each window are sorted once and used by three windows.
    let mut columns = vec![(0_u8, 0_u8, 0_u8); width];
    for (y, row) in cleaned.chunks_exact_mut(width).enumerate().take(height - 1).skip(1) {
        let above = &source[(y - 1) * width..y * width];
        let here = &source[y * width..(y + 1) * width];
        let below = &source[(y + 1) * width..(y + 2) * width];
        for (((column, a), b), c) in columns.iter_mut().zip(above).zip(here).zip(below) {
            *column = sorted(*a, *b, *c);
        }
        for (pixel, three) in row[1..width - 1].iter_mut().zip(columns.windows(3)) {
            let low = three[0].0.max(three[1].0).max(three[2].0);
            let middle = sorted(three[0].1, three[1].1, three[2].1).1;
            let high = three[0].2.min(three[1].2).min(three[2].2);
            *pixel = sorted(low, middle, high).1;
        }
    }
    cleaned
}

#[inline]
fn sorted(x: u8, y: u8, z: u8) -> (u8, u8, u8) {
    let (low, high) = (x.min(y), x.max(y));
    (low.min(z), low.max(high.min(z)), high.max(z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_takes_specks_away_and_keeps_edges() {
        let mut picture = GrayImage::from_fn(9, 9, |x, _| image::Luma([if x < 4 { 0 } else { 200 }]));
        let clean = picture.clone();
        picture.put_pixel(6, 4, image::Luma([0]));
        picture.put_pixel(2, 4, image::Luma([255]));
        assert_eq!(median(&picture), clean);
    }

    #[test]
    fn the_median_is_the_fifth_of_nine() {
        let mut seed = 7_u32;
        let picture = GrayImage::from_fn(20, 20, |_, _| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            image::Luma([seed.to_be_bytes()[0]])
        });
        let cleaned = median(&picture);
        for y in 1..19 {
            for x in 1..19 {
                let around = |n: u32| picture.get_pixel(x + n % 3 - 1, y + n / 3 - 1).0[0];
                let mut nine: Vec<u8> = (0..9).map(around).collect();
                nine.sort_unstable();
                assert_eq!(cleaned.get_pixel(x, y).0[0], nine[4]);
            }
        }
    }

    #[test]
    fn pictures_of_odd_sizes_shrink_and_grow() {
        for (width, height) in [(1, 1), (3, 1000), (1000, 3), (219, 220), (221, 441)] {
            let pixels = vec![80_u8; (width * height * 3) as usize];
            let (across, down, small) = shrunk::<3>(&pixels, (width, height));
            assert_eq!(small.len(), (across * down * 3) as usize);
            assert!(across >= 1 && down >= 1 && small.iter().all(|value| *value == 80), "{width} x {height}");
            let picture = GrayImage::from_pixel(width, height, image::Luma([80]));
            let large = enlarged(&picture, height.div_ceil(3));
            assert_eq!(large.dimensions(), (2 * width, 2 * height.div_ceil(3)));
            assert!(large.pixels().all(|pixel| pixel.0 == [80]));
        }
    }
}
