//! Text as clerks type it: trimmed, folded, measured; never interpreted.

use crate::error_code::{ErrorCode, FieldError};

/// What a clerk types for *brak* (no data): the sole content of a field.
pub const NONE_MARK: &str = "-";

/// Whether the field says *brak* instead of holding a value.
pub fn says_none(text: &str) -> bool {
    text.trim() == NONE_MARK
}

/// One line of text: tabs and line ends become spaces, runs of spaces one, ends trimmed.
///
/// # Errors
/// [`ErrorCode::ControlCharacters`] for any other control character; [`ErrorCode::TooLong`] over `max` characters.
pub fn line(field: &str, text: &str, max: usize) -> Result<String, FieldError> {
    let spaced: String =
        text.chars().map(|c| if matches!(c, '\t' | '\n' | '\r' | '\u{a0}') { ' ' } else { c }).collect();
    let line = spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().any(is_unprintable) {
        return Err(FieldError::new(field, ErrorCode::ControlCharacters));
    }
    if line.chars().count() > max {
        return Err(FieldError::over(field, ErrorCode::TooLong, max as u64));
    }
    Ok(line)
}

/// As [`line`], but an empty text is an error.
///
/// # Errors
/// [`ErrorCode::Required`] when nothing is left after trimming; else as [`line`].
pub fn required_line(field: &str, text: &str, max: usize) -> Result<String, FieldError> {
    let line = line(field, text, max)?;
    if line.is_empty() { Err(FieldError::new(field, ErrorCode::Required)) } else { Ok(line) }
}

/// As [`line`], `None` when empty.
///
/// # Errors
/// As [`line`].
pub fn optional_line(field: &str, text: &str, max: usize) -> Result<Option<String>, FieldError> {
    line(field, text, max).map(|line| (!line.is_empty()).then_some(line))
}

// Bidirectional overrides would let a label or a slip show another text than the database holds.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Lower-case hexadecimal digits of the bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or_default());
        }
        text
    })
}

/// Folds text for searching: lower case, Polish and other Latin diacritics removed (`Łozińska` → `lozinska`).
///
/// `ł` has no canonical decomposition, so the table names it; letters outside the table stay as they are.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(fold_char).filter(|c| !is_combining(*c)).collect()
}

fn fold_char(c: char) -> char {
    match c {
        'ą' | 'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' => 'a',
        'ć' | 'č' | 'ç' | 'ĉ' => 'c',
        'ď' | 'đ' => 'd',
        'ę' | 'é' | 'è' | 'ê' | 'ë' | 'ě' | 'ē' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'ī' | 'ı' => 'i',
        'ł' | 'ľ' | 'ĺ' => 'l',
        'ń' | 'ň' | 'ñ' => 'n',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ő' | 'ø' | 'ō' => 'o',
        'ř' | 'ŕ' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ú' | 'ù' | 'û' | 'ü' | 'ů' | 'ű' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polish_letters_fold_to_ascii() {
        assert_eq!(fold("Zażółć gęślą JAŹŃ"), "zazolc gesla jazn");
        assert_eq!(fold("Łozińska"), "lozinska");
        assert_eq!(fold("e\u{301}"), "e");
    }

    #[test]
    fn a_line_keeps_zpl_and_refuses_control_characters() {
        assert_eq!(line("title", "  A^XB~HSC \t x ", 50).as_deref(), Ok("A^XB~HSC x"));
        assert_eq!(line("title", "a\u{1b}b", 50).map_err(|e| e.code), Err(ErrorCode::ControlCharacters));
        assert_eq!(line("title", "a\u{202e}b", 50).map_err(|e| e.code), Err(ErrorCode::ControlCharacters));
        assert_eq!(line("title", "żż", 1).map_err(|e| e.limit), Err(Some(1)));
    }
}
