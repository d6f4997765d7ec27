//! SIMC: identifier of a locality in the TERYT register.

use super::{NotANumber, checked_number, compact, digits, require, weighted_sum};

checked_number! {
    /// SIMC identifier of a locality (identyfikator miejscowości): 7 digits, the last one a check mod 11.
    #[doc(alias = "SIMC")]
    Simc
}

impl Simc {
    /// Reads an identifier, spaces and dashes ignored.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless 7 digits; [`NotANumber::Check`].
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        let values: [u32; 7] = digits(&text)?;
        require(weighted_sum(&values, &[2, 3, 4, 5, 6, 7]) % 11 % 10 == values[6])?;
        Ok(Self(text))
    }
}
