//! The Post's 20-digit number of a domestic registered item (GS1-128, SSCC of Poczta Polska).

use super::{NotANumber, checked_number, compact, digits, require, weighted_sum};

checked_number! {
    /// Posting number of a domestic item (numer nadania): application identifier `00`, then an 18-digit SSCC.
    #[doc(alias = "numer nadania")]
    PostSscc
}

/// What a reader may send before a GS1-128 symbol, and how the number is printed for people.
const PREFIXES: [&str; 2] = ["]C1", "(00)"];

impl PostSscc {
    /// Reads a number as typed or as a reader sends it: `]C1` before it, FNC1 and the brackets of `(00)` are accepted.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless 20 digits that start with `00`, an extension digit 1–9 and the Post's company
    /// number 5900773; [`NotANumber::Check`] (GS1 mod 10).
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text: String = compact(typed).chars().filter(|c| *c != '\u{1d}').collect();
        let text = text.strip_prefix(PREFIXES[0]).unwrap_or(&text);
        let text = text.strip_prefix(PREFIXES[1]).map_or_else(|| text.to_owned(), |rest| format!("00{rest}"));
        let values: [u32; 20] = digits(&text)?;
        if !text.starts_with("00") || values[2] == 0 || &text[3..10] != "5900773" {
            return Err(NotANumber::Form);
        }
        let sum = weighted_sum(&values[2..19], &[3, 1].repeat(9));
        require((10 - sum % 10) % 10 == values[19])?;
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_may_announce_the_symbol() {
        let plain = PostSscc::read("00259007738539428532");
        assert!(plain.is_ok());
        for typed in ["]C100259007738539428532", "(00) 2 5900773 853942853 2", "]C1\u{1d}00259007738539428532"] {
            assert_eq!(PostSscc::read(typed), plain, "{typed}");
        }
        assert_eq!(PostSscc::read("00259007738539428533"), Err(NotANumber::Check));
        assert_eq!(PostSscc::read("00359012341234567892").map(drop), Err(NotANumber::Form));
    }
}
