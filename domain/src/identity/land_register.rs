//! Number of a land and mortgage register, e.g. `CZ1C/00012345/9`.

use super::{NotANumber, checked_number, compact};

checked_number! {
    /// Land and mortgage register (księga wieczysta): court code, 8 digits, check digit, written with slashes.
    #[doc(alias = "księga wieczysta")]
    LandRegister
}

/// Letters in the order of their values: X = 10, A = 11 … Z = 33.
const ALPHABET: &str = "XABCDEFGHIJKLMNOPRSTUWYZ";

impl LandRegister {
    /// Reads a number, with or without slashes, spaces and dashes ignored, any case.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless two letters, a digit, a letter, eight digits and a check digit. A wrong check digit
    /// is no error: see [`is_doubtful`](Self::is_doubtful).
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text: String = compact(typed).chars().filter(|c| *c != '/').collect();
        let fits = text.len() == 13
            && text
                .chars()
                .enumerate()
                .all(|(place, c)| if matches!(place, 0 | 1 | 3) { ALPHABET.contains(c) } else { c.is_ascii_digit() });
        if !fits {
            return Err(NotANumber::Form);
        }
        Ok(Self(format!("{}/{}/{}", &text[..4], &text[4..12], &text[12..])))
    }

    /// Whether the check digit is not the one the usual rule gives. Sources disagree about the rule, so this warns and
    /// never blocks.
    pub fn is_doubtful(&self) -> bool {
        let sum: usize = self.0.chars().filter(|c| *c != '/').take(12).zip([1, 3, 7].iter().cycle()).map(weigh).sum();
        self.0.ends_with(|c: char| c.to_digit(10).is_none_or(|digit| digit as usize != sum % 10))
    }
}

fn weigh((c, weight): (char, &usize)) -> usize {
    let value = match c.to_digit(10) {
        Some(digit) => digit as usize,
        None => ALPHABET.find(c).unwrap_or_default() + 10,
    };
    value * weight
}
