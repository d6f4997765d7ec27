//! REGON: number of a business in the statistical register (rozporządzenie w sprawie rejestru REGON).

use super::{NotANumber, checked_number, compact, digits, require, weighted_sum};

checked_number! {
    /// REGON: 9 digits, or 14 for a local unit (jednostka lokalna), whose first nine are its owner's number.
    #[doc(alias = "REGON")]
    Regon
}

impl Regon {
    /// Reads a REGON of 9 or 14 digits, spaces and dashes ignored.
    ///
    /// # Errors
    /// [`NotANumber::Form`] for another length; [`NotANumber::Check`] when either check digit is wrong.
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        if text.len() == 14 {
            let values: [u32; 14] = digits(&text)?;
            require(check_nine(&values))?;
            require(weighted_sum(&values, &[2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8]) % 11 % 10 == values[13])?;
        } else {
            require(check_nine(&digits::<9>(&text)?))?;
        }
        Ok(Self(text))
    }
}

fn check_nine(values: &[u32]) -> bool {
    weighted_sum(values, &[8, 9, 2, 3, 4, 5, 6, 7]) % 11 % 10 == values[8]
}
