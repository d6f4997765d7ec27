//! Machine-readable codes as black rectangles: Code 128 for the desk's reader, QR for the citizen's telephone.

use barcoders::sym::code128::Code128;
use qrcode::{Color, EcLevel, QrCode};

use super::{PaperError, sheet::Bar};

/// Code 128 of capital letters and digits; answers the bars and the whole width in millimetres, quiet zones outside.
pub(super) fn code128(
    text: &str,
    module: f32,
    left: f32,
    top: f32,
    height: f32,
) -> Result<(Vec<Bar>, f32), PaperError> {
    // The library reads some letters as switches of its sets (`Ɓ`, `Ć`), so nothing else may come near it.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return Err(PaperError::Code("bars carry capital letters and digits only".to_owned()));
    }
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (single, pairs) = text.split_at(text.len() - (digits - digits % 2));
    let switched = match (single.is_empty(), pairs.is_empty()) {
        (true, _) => format!("\u{106}{pairs}"),
        (false, true) => format!("\u{181}{single}"),
        (false, false) => format!("\u{181}{single}\u{106}{pairs}"),
    };
    let modules = Code128::new(switched).map_err(|error| PaperError::Code(error.to_string()))?.encode();
    let bars = runs(modules.iter().map(|module| *module == 1))
        .map(|(start, length)| Bar { left: left + start * module, top, width: length * module, height })
        .collect();
    Ok((bars, count(modules.len()) * module))
}

/// A QR code (level M) in a square of `side` millimetres, its quiet zone included.
pub(super) fn qr(text: &str, left: f32, top: f32, side: f32) -> Result<Vec<Bar>, PaperError> {
    const QUIET: usize = 4;
    let code =
        QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| PaperError::Code(error.to_string()))?;
    let width = code.width();
    let module = side / count(width + 2 * QUIET);
    let (left, top) = (left + count(QUIET) * module, top + count(QUIET) * module);
    let colours = code.into_colors();
    let rows = colours.chunks(width).enumerate();
    Ok(rows
        .flat_map(|(row, colours)| {
            runs(colours.iter().map(|colour| *colour == Color::Dark)).map(move |(start, length)| Bar {
                left: left + start * module,
                top: top + count(row) * module,
                width: length * module,
                height: module,
            })
        })
        .collect())
}

fn runs(modules: impl Iterator<Item = bool>) -> impl Iterator<Item = (f32, f32)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (place, _) in modules.enumerate().filter(|(_, dark)| *dark) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == place => *length += 1,
            _ => runs.push((place, 1)),
        }
    }
    runs.into_iter().map(|(start, length)| (count(start), count(length)))
}

#[expect(clippy::cast_precision_loss, reason = "modules of a code are few")]
fn count(modules: usize) -> f32 {
    modules as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_identifier_is_134_modules_wide() {
        let (bars, width) = code128("WK12600123582", 0.33, 10.0, 10.0, 12.0).expect("bars");
        assert!((width - 134.0 * 0.33).abs() < 0.01, "{width}");
        assert_eq!(bars.len(), 11 * 3 + 4);
    }

    #[test]
    fn letters_that_switch_sets_are_refused() {
        assert!(matches!(code128("WĆ1", 0.33, 0.0, 0.0, 1.0), Err(PaperError::Code(_))));
        assert!(matches!(code128("", 0.33, 0.0, 0.0, 1.0), Err(PaperError::Code(_))));
    }
}
