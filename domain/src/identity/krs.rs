//! KRS: number in the National Court Register (ustawa o Krajowym Rejestrze Sądowym).

use super::{NotANumber, checked_number, compact, digits};

checked_number! {
    /// KRS: 10 digits without a check digit.
    #[doc(alias = "KRS")]
    Krs
}

impl Krs {
    /// Reads a KRS number, spaces and dashes ignored.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless 10 digits.
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        digits::<10>(&text)?;
        Ok(Self(text))
    }
}
