//! S10: number of an international postal item (Universal Postal Union, standard S10).

use super::{NotANumber, checked_number, compact, digits, require, weighted_sum};

checked_number! {
    /// S10 posting number (numer nadania), e.g. `RR123456785PL`: 2 letters of the service, 8 digits and a check digit,
    /// 2 letters of the country.
    #[doc(alias = "numer nadania")]
    S10
}

impl S10 {
    /// Reads a number, spaces and dashes ignored, any case.
    ///
    /// # Errors
    /// [`NotANumber::Form`] for another pattern; [`NotANumber::Check`].
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        let letters = |part: &str| part.bytes().all(|b| b.is_ascii_uppercase());
        let (service, number, country) = text
            .is_ascii()
            .then(|| Some((text.get(..2)?, text.get(2..11)?, text.get(11..)?)))
            .flatten()
            .filter(|(service, _, country)| letters(service) && letters(country) && country.len() == 2)
            .ok_or(NotANumber::Form)?;
        let values: [u32; 9] = digits(number)?;
        let check = match 11 - weighted_sum(&values, &[8, 6, 4, 2, 3, 5, 9, 7]) % 11 {
            10 => 0,
            11 => 5,
            check => check,
        };
        require(check == values[8])?;
        Ok(Self(format!("{service}{number}{country}")))
    }
}
