//! The two marks a machine reads: the document identifier (label) and the status key (slip). Never mixed up.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::register::{PointSymbol, Register, RegisterNumber};

/// TERYT code of a commune (kod TERC gminy): 7 digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub struct Teryt(String);

impl Teryt {
    /// The seven digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Teryt {
    type Error = NotAMark;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(Self(text)) } else { Err(NotAMark::Form) }
    }
}

impl From<Teryt> for String {
    fn from(teryt: Teryt) -> Self {
        teryt.0
    }
}

/// Why a text is no mark of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAMark {
    /// Another form: a foreign code.
    #[error("another form")]
    Form,
    /// Our form, but the check digits belong to another office or the text was misread.
    #[error("check digits differ")]
    Check,
}

/// Document identifier (identyfikator dokumentu), e.g. `WK1-26-001235-82`.
///
/// `cc = 98 − (100·n mod 97)`, n being the office's TERYT code and the rest as digits, A = 10 … Z = 35
/// (ISO 7064 MOD 97-10). The annex to the chancellery instruction admits no space and none of `\ / * ? : = , ;`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "string"))]
#[serde(transparent)]
pub struct DocumentIdentifier(String);

impl DocumentIdentifier {
    /// The identifier of a numbered letter in the given office. Numbers have at most six digits.
    pub fn of(office: &Teryt, number: &RegisterNumber) -> Self {
        let symbol = if number.symbol.as_str().is_empty() { "0" } else { number.symbol.as_str() };
        let head = format!("{}{symbol}", number.register.letter());
        let year = number.year.rem_euclid(100);
        let check = check_digits(office, &format!("{head}{year:02}{:06}", number.n));
        Self(format!("{head}-{year:02}-{:06}-{check:02}", number.n))
    }

    /// With hyphens, as people read it and as the metadata carry it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without hyphens, as the bars carry it.
    pub fn bars(&self) -> String {
        self.0.replace('-', "")
    }

    /// Reads an identifier with or without hyphens, upper or lower case, and checks it against this office.
    ///
    /// # Errors
    /// [`NotAMark::Form`] for a foreign code, [`NotAMark::Check`] for a misread one or another office's.
    pub fn read(office: &Teryt, text: &str) -> Result<Self, NotAMark> {
        let bars: String = text.trim().chars().filter(|c| *c != '-').map(|c| c.to_ascii_uppercase()).collect();
        if !bars.is_ascii() || !(12..=13).contains(&bars.len()) || !bars.starts_with(['W', 'N']) {
            return Err(NotAMark::Form);
        }
        let (head, digits) = bars.split_at(bars.len() - 10);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotAMark::Form);
        }
        let symbol = if &head[1..] == "0" { "" } else { &head[1..] };
        PointSymbol::try_from(symbol.to_owned()).map_err(|_| NotAMark::Form)?;
        let (body, check) = digits.split_at(8);
        let expected = check_digits(office, &format!("{head}{body}"));
        if check.parse() != Ok(expected) {
            return Err(NotAMark::Check);
        }
        Ok(Self(format!("{head}-{}-{}-{check}", &body[..2], &body[2..])))
    }

    /// Register, symbol, two-digit year and number that the identifier carries.
    pub fn parts(&self) -> (Register, PointSymbol, u8, u32) {
        let mut parts = self.0.split('-');
        let head = parts.next().unwrap_or_default();
        let register = if head.starts_with('W') { Register::Incoming } else { Register::Outgoing };
        let symbol = head.get(1..).filter(|symbol| *symbol != "0").unwrap_or_default();
        let mut number = |()| parts.next().and_then(|digits| digits.parse::<u32>().ok()).unwrap_or_default();
        let year = u8::try_from(number(())).unwrap_or_default();
        (register, PointSymbol::try_from(symbol.to_owned()).unwrap_or_default(), year, number(()))
    }
}

impl std::fmt::Display for DocumentIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_digits(office: &Teryt, body: &str) -> u32 {
    let remainder = office.as_str().chars().chain(body.chars()).fold(0_u32, |rest, c| {
        let value = c.to_digit(36).unwrap_or_default();
        (if value < 10 { rest * 10 } else { rest * 100 } + value) % 97
    });
    98 - (remainder * 100) % 97
}

/// Crockford's base 32: no I, L, O, U.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Status key (klucz sprawy): 16 random Crockford base-32 characters (80 bits) and one Luhn mod 32 check character.
///
/// It stands on the citizen's slip and nowhere else; Debug never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusKey([u8; 17]);

impl StatusKey {
    /// Makes a key of ten random bytes.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut key = [0_u8; 17];
        for (place, value) in key[..16].iter_mut().enumerate() {
            *value = u8::try_from(bits >> (75 - 5 * place) & 31).unwrap_or_default();
        }
        key[16] = luhn32(&key[..16]);
        Self(key)
    }

    /// Reads a key as people type it: any case, spaces and hyphens ignored, O→0, I and L→1.
    ///
    /// # Errors
    /// [`NotAMark::Form`] for another length or alphabet, [`NotAMark::Check`] for a wrong check character.
    pub fn read(text: &str) -> Result<Self, NotAMark> {
        let mut key = [0_u8; 17];
        let mut length = 0;
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let value = value_of(c).ok_or(NotAMark::Form)?;
            *key.get_mut(length).ok_or(NotAMark::Form)? = value;
            length += 1;
        }
        if length != 17 {
            return Err(NotAMark::Form);
        }
        if luhn32(&key[..16]) == key[16] { Ok(Self(key)) } else { Err(NotAMark::Check) }
    }

    /// In fours: `RD6Z-1RV0-WHE6-M111-A`.
    pub fn display(&self) -> String {
        let text: Vec<char> = self.0.iter().map(|value| char::from(CROCKFORD[usize::from(*value)])).collect();
        text.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// What central stores instead of the key: SHA-256 over length-prefixed `okienko-status-1`, office and key.
    pub fn hash(&self, office: &Teryt) -> [u8; 32] {
        let key = self.display().replace('-', "");
        let mut hash = Sha256::new();
        for part in ["okienko-status-1", office.as_str(), &key] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

impl std::fmt::Debug for StatusKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StatusKey(***)")
    }
}

fn value_of(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    CROCKFORD.iter().position(|known| char::from(*known) == c).and_then(|place| u8::try_from(place).ok())
}

// Luhn mod 32, doubling from the right: the character next to the check one is doubled first.
fn luhn32(values: &[u8]) -> u8 {
    let sum: u32 = values
        .iter()
        .rev()
        .enumerate()
        .map(|(place, value)| {
            let weighted = u32::from(*value) * if place % 2 == 0 { 2 } else { 1 };
            weighted / 32 + weighted % 32
        })
        .sum();
    u8::try_from((32 - sum % 32) % 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(symbol: &str, year: i16, n: u32, register: Register) -> RegisterNumber {
        RegisterNumber { register, symbol: PointSymbol::try_from(symbol.to_owned()).expect("symbol"), year, n }
    }

    #[test]
    fn identifiers_carry_their_office() {
        let kruszyna = Teryt::try_from("2404082".to_owned()).expect("teryt");
        let other = Teryt::try_from("2235012".to_owned()).expect("teryt");
        let mark = DocumentIdentifier::of(&kruszyna, &number("K1", 2026, 1235, Register::Incoming));
        assert_eq!(mark.as_str(), "WK1-26-001235-82");
        assert_eq!(mark.bars(), "WK12600123582");
        assert_eq!(DocumentIdentifier::read(&kruszyna, "wk12600123582"), Ok(mark.clone()));
        assert_eq!(DocumentIdentifier::read(&other, "WK12600123582"), Err(NotAMark::Check));
        assert_eq!(DocumentIdentifier::read(&kruszyna, "00259007738539428532"), Err(NotAMark::Form));
        let empty = DocumentIdentifier::of(&other, &number("", 2032, 800_799, Register::Outgoing));
        assert_eq!(empty.as_str(), "N0-32-800799-69");
        assert_eq!(empty.parts(), (Register::Outgoing, PointSymbol::default(), 32, 800_799));
    }

    #[test]
    fn status_keys_check_their_last_character() {
        let key = StatusKey::read("rd6z 1rvo-whe6-mlI1-a").expect("key");
        assert_eq!(key.display(), "RD6Z-1RV0-WHE6-M111-A");
        assert_eq!(StatusKey::read("RD6Z-1RV0-WHE6-M111-B"), Err(NotAMark::Check));
        assert_eq!(StatusKey::read("RD6Z"), Err(NotAMark::Form));
        let made = StatusKey::from_random([0xff, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(StatusKey::read(&made.display()), Ok(made));
    }
}
