//! PESEL: number of a person in the population register (ustawa o ewidencji ludności, art. 15).

use jiff::civil::Date;

use super::{NotANumber, checked_number, compact, digits, require, weighted_sum};

checked_number! {
    /// PESEL: 11 digits, `YYMMDD` + serial + check digit.
    #[doc(alias = "PESEL")]
    Pesel
}

/// Sex as the number states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// The tenth digit is even.
    Female,
    /// The tenth digit is odd.
    Male,
}

const WEIGHTS: [u32; 10] = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];

impl Pesel {
    /// Reads a PESEL, spaces and dashes ignored.
    ///
    /// # Errors
    /// [`NotANumber::Form`] unless 11 digits, [`NotANumber::Check`], or [`NotANumber::Date`] when the birthday does not
    /// exist.
    pub fn read(typed: &str) -> Result<Self, NotANumber> {
        let text = compact(typed);
        let values: [u32; 11] = digits(&text)?;
        require((10 - weighted_sum(&values, &WEIGHTS) % 10) % 10 == values[10])?;
        birth_date(&values)?;
        Ok(Self(text))
    }

    /// Date of birth: the month carries the century (+80 1800s, +0 1900s, +20 2000s, +40 2100s, +60 2200s).
    pub fn born_on(&self) -> Date {
        digits(&self.0).and_then(|values| birth_date(&values)).unwrap_or_default()
    }

    /// Sex, from the tenth digit.
    pub fn sex(&self) -> Sex {
        if self.0.as_bytes()[9] % 2 == 1 { Sex::Male } else { Sex::Female }
    }
}

fn birth_date(values: &[u32; 11]) -> Result<Date, NotANumber> {
    let two = |at: usize| values[at] * 10 + values[at + 1];
    let (year, month, day) = (two(0), two(2), two(4));
    let century = match month / 20 {
        0 => 1900,
        1 => 2000,
        2 => 2100,
        3 => 2200,
        _ => 1800,
    };
    let date = || {
        let year = i16::try_from(century + year).ok()?;
        Date::new(year, i8::try_from(month % 20).ok()?, i8::try_from(day).ok()?).ok()
    };
    date().ok_or(NotANumber::Date)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn century_and_sex_are_read() {
        for (number, born, sex) in [
            ("44051401359", date(1944, 5, 14), Sex::Male),
            ("02070803628", date(1902, 7, 8), Sex::Female),
            ("02211307589", date(2002, 1, 13), Sex::Female),
            ("15300101230", date(2015, 10, 1), Sex::Male),
        ] {
            let pesel = Pesel::read(number).expect(number);
            assert_eq!((pesel.born_on(), pesel.sex()), (born, sex), "{number}");
        }
    }

    #[test]
    fn a_birthday_that_never_was_is_told_from_a_slip() {
        assert_eq!(Pesel::read("44051401358"), Err(NotANumber::Check));
        assert_eq!(Pesel::read("44133101357").map(drop), Err(NotANumber::Date));
        assert_eq!(Pesel::read("4405140135"), Err(NotANumber::Form));
    }
}
