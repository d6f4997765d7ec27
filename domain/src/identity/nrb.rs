//! NRB: number of a Polish bank account (zarządzenie Prezesa NBP; the national part of an IBAN, ISO 13616).

use super::{NotANumber, checked_number, compact, digits, require, weighted_sum};

checked_number! {
    /// Bank account number (numer rachunku bankowego, NRB): 2 check digits, 8 of the bank's sort code, 16 of the account.
    #[doc(alias = "numer rachunku bankowego")]
    Nrb
}

impl Nrb {
    /// Reads an account number, with or without `PL`, spaces and dashes ignored.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless 26 digits; [`NotANumber::Check`] when the number with `PL` is not 1 mod 97.
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        let text = text.strip_prefix("PL").unwrap_or(&text);
        let values: [u32; 26] = digits(text)?;
        // ISO 13616: the account, then P = 25, L = 21, then the check digits.
        let moved = values[2..].iter().chain(&[2, 5, 2, 1]).chain(&values[..2]);
        require(moved.fold(0, |rest, digit| (rest * 10 + digit) % 97) == 1)?;
        Ok(Self(text.to_owned()))
    }

    /// Whether the bank's sort code (numer rozliczeniowy) has a wrong check digit. Some issued ones have: it is a
    /// warning, never an error.
    pub fn is_doubtful(&self) -> bool {
        digits::<26>(&self.0).is_ok_and(|values| {
            let code = &values[2..10];
            (10 - weighted_sum(code, &[3, 9, 7, 1, 3, 9, 7]) % 10) % 10 != code[7]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sort_code_only_warns() {
        let right = Nrb::read("PL 61 1090 1014 0000 0712 1981 2874").expect("valid");
        assert!(!right.is_doubtful());
        assert_eq!(right.as_str(), "61109010140000071219812874");
        // The same account in a bank whose sort code ends in a digit that its check does not give.
        let body = "109010150000071219812874";
        let rest = format!("{body}252100").bytes().fold(0, |rest, b| (rest * 10 + u32::from(b - b'0')) % 97);
        let odd = Nrb::read(&format!("{:02}{body}", 98 - rest)).expect("the check of the whole is right");
        assert!(odd.is_doubtful());
    }
}
