//! What a JPEG says about itself, without decoding it. Called by `escl` for every page and by `decode`.

/// Facts from the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Components: 1 grey, 3 colour.
    pub components: u8,
    /// Dots per inch as the file claims, horizontally and vertically. Scanners are known to claim 72 whatever they did.
    pub dpi: Option<(u16, u16)>,
}

/// Reads the headers. `None` when this is no JPEG or it ends before its frame header.
pub fn facts(jpeg: &[u8]) -> Option<Facts> {
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8])?;
    let mut dpi = None;
    loop {
        let start = rest.iter().position(|byte| *byte != 0xff)?;
        if start == 0 {
            return None;
        }
        let marker = *rest.get(start)?;
        rest = rest.get(start + 1..)?;
        match marker {
            0x01 | 0xd0..=0xd7 => continue,
            0xd8..=0xda => return None,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
        let segment = rest.get(2..length)?;
        match marker {
            0xe0 if segment.starts_with(b"JFIF\0") => dpi = jfif_dpi(segment),
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let side = |at: usize| Some(u32::from(u16::from_be_bytes([*segment.get(at)?, *segment.get(at + 1)?])));
                let (height, width, components) = (side(1)?, side(3)?, *segment.get(5)?);
                return (width > 0 && height > 0).then_some(Facts { width, height, components, dpi });
            }
            _ => {}
        }
        rest = rest.get(length..)?;
    }
}

fn jfif_dpi(segment: &[u8]) -> Option<(u16, u16)> {
    let unit = *segment.get(7)?;
    let density = |at: usize| Some(u16::from_be_bytes([*segment.get(at)?, *segment.get(at + 1)?]));
    let (x, y) = (density(8)?, density(10)?);
    let per_inch = |per_cm: u16| u16::try_from(u32::from(per_cm) * 254 / 100).ok();
    match unit {
        1 if x > 0 && y > 0 => Some((x, y)),
        2 if x > 0 && y > 0 => Some((per_inch(x)?, per_inch(y)?)),
        _ => None,
    }
}

/// True when the JPEG begins and ends as one must. Some devices pad the last block with zeros or fill bytes.
pub fn is_whole(jpeg: &[u8]) -> bool {
    const PADDING: usize = 64 * 1024;
    if !jpeg.starts_with(&[0xff, 0xd8, 0xff]) {
        return false;
    }
    let tail = &jpeg[jpeg.len().saturating_sub(PADDING)..];
    let Some(last) = tail.iter().rposition(|byte| *byte == 0xd9) else { return false };
    last > 0 && tail[last - 1] == 0xff && tail[last + 1..].iter().all(|byte| matches!(byte, 0 | 0xff | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
        encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(300));
        encoder.encode(&[200; 30 * 20], 30, 20, image::ExtendedColorType::L8).expect("encoded");
        bytes
    }

    #[test]
    fn headers_tell_size_and_density() {
        let facts = facts(&sample()).expect("facts");
        assert_eq!(facts, Facts { width: 30, height: 20, components: 1, dpi: Some((300, 300)) });
        assert_eq!(super::facts(b"%PDF-1.7"), None);
        assert_eq!(super::facts(b"\xff\xd8\xff\xd9"), None);
    }

    #[test]
    fn headers_cut_anywhere_never_panic() {
        let whole = sample();
        for end in 0..whole.len() {
            let _ = facts(&whole[..end]);
            assert!(!is_whole(&whole[..end]), "{end}");
        }
        assert!(is_whole(&whole));
        let padded: Vec<u8> = whole.iter().copied().chain([0; 300]).collect();
        assert!(is_whole(&padded));
        let with_more: Vec<u8> = whole.iter().copied().chain(*b"more").collect();
        assert!(!is_whole(&with_more));
    }
}
