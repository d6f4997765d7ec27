//! Whether a password does: long enough, and not among those that are tried first (OWASP ASVS 5.0, 6.2.1, 6.2.4, 6.2.11).
//!
//! No rule says which characters it must hold, and none is changed (6.2.5, 6.2.8).

use zxcvbn::{matching::patterns::MatchPattern, zxcvbn};

use crate::{ErrorCode, FieldError, text};

/// The least length, in characters (NIST SP 800-63B-4, 3.1.1.2 asks for 8 where a second factor guards).
pub const MIN: usize = 8;
/// The greatest length, in characters: a passphrase fits, a file does not.
pub const MAX: usize = 200;

/// Whoever tries the likely ones first needs more tries than this. Every listed password needs fewer, the longest list of the estimator
/// having some thirty thousand; so do three listed pieces ("Jesień", "2026", "!"), which a rule about digits and capitals would breed.
/// A phrase of four words needs thousands of times as many.
const GUESSES: u64 = 200_000_000;

/// Words that somebody tries here and nowhere else (6.1.2): of the office, of the program, and those that stand first in Polish lists and
/// in no English one. Without diacritics: they are tried both ways.
const NEAR: &[&str] = &[
    "okienko",
    "urzad",
    "gmina",
    "gminy",
    "kruszyna",
    "wojt",
    "sekretariat",
    "referat",
    "kancelaria",
    "podatki",
    "haslo",
    "tajne",
    "zaloguj",
    "witaj",
    "polska",
    "warszawa",
    "czestochowa",
    "kochanie",
    "kocham",
    "misiek",
    "myszka",
    "niunia",
    "kasia",
    "basia",
    "zaq12wsx",
    "qwerty",
    "marcin",
    "monika",
    "mateusz",
    "agnieszka",
    "karolina",
    "bartek",
    "dupa",
    "wiosna",
    "lato",
    "jesien",
    "zima",
    "styczen",
    "luty",
    "marzec",
    "kwiecien",
    "maj",
    "czerwiec",
    "lipiec",
    "sierpien",
    "wrzesien",
    "pazdziernik",
    "listopad",
    "grudzien",
    "poniedzialek",
    "wtorek",
    "sroda",
    "czwartek",
    "piatek",
    "sobota",
    "niedziela",
];

/// Judges a password. `about`: login and names of the person whose it is to be.
///
/// # Errors
/// [`ErrorCode::PasswordTooShort`]; [`ErrorCode::TooLong`]; [`ErrorCode::PasswordGuessable`].
pub fn check(field: &str, password: &str, about: &[&str]) -> Result<(), FieldError> {
    let length = password.chars().count();
    if length < MIN {
        return Err(FieldError::over(field, ErrorCode::PasswordTooShort, MIN as u64));
    }
    if length > MAX {
        return Err(FieldError::over(field, ErrorCode::TooLong, MAX as u64));
    }
    let about: Vec<String> =
        about.iter().flat_map(|words| text::fold(words).split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    let years: Vec<String> = (2020..2040).map(|year: u16| year.to_string()).collect();
    let own = about.iter().chain(&years).map(String::as_str).filter(|word| word.len() > 2);
    let near: Vec<&str> = own.chain(NEAR.iter().copied()).collect();
    // "Jesień" is as easy as "jesien".
    let guessable = [password, text::fold(password).as_str()].iter().any(|written| is_guessable(written, &near));
    if guessable { Err(FieldError::new(field, ErrorCode::PasswordGuessable)) } else { Ok(()) }
}

fn is_guessable(password: &str, near: &[&str]) -> bool {
    let estimate = zxcvbn(password, near);
    // Where no list helps, length alone counts.
    let is_listed = estimate.sequence().iter().any(|piece| piece.pattern != MatchPattern::BruteForce);
    is_listed && estimate.guesses() < GUESSES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Option<ErrorCode> {
        check("password", password, &["z.maj", "Zofia", "Wójcik"]).err().map(|error| error.code)
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for password in [
            "password1",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "zaq12wsx",
            "Hasło123",
            "haslo2026",
            "Kruszyna1",
            "UrządGminy",
            "Jesień2026!",
            "wojcik26",
            "Wójcik123",
            "zofia.maj",
            "Poniedziałek",
            "okienko7",
            "aaaaaaaaaa",
            "P@ssw0rd",
            "Mateusz1",
            "AnnaZofia1",
            "ZofiaMaj!",
        ] {
            assert_eq!(judged(password), Some(ErrorCode::PasswordGuessable), "{password}");
        }
    }

    #[test]
    fn a_phrase_does_and_so_does_anything_that_nobody_guesses() {
        for password in [
            "zielona brama 7",
            "trzy koty na dachu",
            "Xk7#pq!m",
            "correcthorsebatterystaple",
            "żółta łódź podwodna",
            &"długie ".repeat(28),
        ] {
            assert_eq!(judged(password), None, "{password}");
        }
    }

    #[test]
    fn length_counts_characters() {
        assert_eq!(judged("żółćęąś"), Some(ErrorCode::PasswordTooShort), "seven, of two bytes each");
        assert_eq!(judged(&"x7 ą".repeat(51)), Some(ErrorCode::TooLong));
    }
}
