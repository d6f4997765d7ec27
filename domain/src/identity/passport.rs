//! Series and number of a Polish passport.

use super::{NotANumber, checked_number, compact, letters_and_digits, require, weighted_sum};

checked_number! {
    /// Polish passport (paszport): 2 letters and 7 digits, the first digit checks the rest. Foreign numbers have other
    /// rules and are not checked here.
    #[doc(alias = "paszport")]
    Passport
}

impl Passport {
    /// Reads series and number, spaces and dashes ignored, any case.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless 2 letters and 7 digits; [`NotANumber::Check`].
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        let values: [u32; 9] = letters_and_digits(&text, 2)?;
        require(weighted_sum(&values, &[7, 3, 9, 1, 7, 3, 1, 7, 3]).is_multiple_of(10))?;
        Ok(Self(text))
    }
}
