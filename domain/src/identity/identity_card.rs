//! Series and number of a Polish identity card.

use super::{NotANumber, checked_number, compact, letters_and_digits, require, weighted_sum};

checked_number! {
    /// Identity card (dowód osobisty): 3 letters and 6 digits, the first digit checks the rest.
    #[doc(alias = "dowód osobisty")]
    IdentityCard
}

impl IdentityCard {
    /// Reads series and number, spaces and dashes ignored, any case.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless 3 letters and 6 digits; [`NotANumber::Check`].
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        let values: [u32; 9] = letters_and_digits(&text, 3)?;
        require(weighted_sum(&values, &[7, 3, 1, 9, 7, 3, 1, 7, 3]).is_multiple_of(10))?;
        Ok(Self(text))
    }
}
