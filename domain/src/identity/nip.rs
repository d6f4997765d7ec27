//! NIP: the taxpayer's number (ustawa o zasadach ewidencji i identyfikacji podatników).

use super::{NotANumber, checked_number, compact, digits, require, weighted_sum};

checked_number! {
    /// NIP (numer identyfikacji podatkowej): 10 digits, the last one a check mod 11.
    #[doc(alias = "NIP")]
    Nip
}

impl Nip {
    /// Reads a NIP, with or without `PL`, spaces and dashes ignored.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless 10 digits; [`NotANumber::Check`], also for a number with remainder 10, which is
    /// never issued.
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        let text = text.strip_prefix("PL").unwrap_or(&text);
        let values: [u32; 10] = digits(text)?;
        require(weighted_sum(&values, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == values[9])?;
        Ok(Self(text.to_owned()))
    }
}
