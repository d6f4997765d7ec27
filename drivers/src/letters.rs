//! Letters a font can draw: shared by labels and paper. Replaces what a font lacks, so that no character vanishes.

use unicode_normalization::UnicodeNormalization;

/// The text as a font can draw it: composed, one line, control and invisible characters as spaces, a letter the font
/// lacks by its base letter, and what is left as `?`.
pub(crate) fn drawable(text: &str, drawn: impl Fn(char) -> bool) -> String {
    let spaced: String = text
        .nfc()
        .map(|c| if c.is_control() || c.is_whitespace() || is_invisible(c) { ' ' } else { c })
        .flat_map(|c| if c == ' ' || drawn(c) { vec![c] } else { replacement(c, &drawn) })
        .collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn replacement(c: char, drawn: &impl Fn(char) -> bool) -> Vec<char> {
    let base: Vec<char> = std::iter::once(c).nfd().filter(|part| drawn(*part)).collect();
    if base.is_empty() { vec!['?'] } else { base }
}

// A soft hyphen or a direction mark would let paper show another text than the database holds.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_composed_and_what_cannot_be_drawn_is_replaced() {
        let latin = |c: char| u32::from(c) < 0x180 && !"Ķē".contains(c);
        assert_eq!(drawable("Z\u{307}o\u{301}ł\tc\u{202e}x", latin), "Żół c x");
        assert_eq!(drawable("Ķēr 中", latin), "Ker ?");
    }
}
