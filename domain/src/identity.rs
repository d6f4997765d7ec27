//! Identity numbers: recognised as people write them and checked; a wrong one is refused as an identifier.
//!
//! One file a number. Called by the intake form ([`Identifier::recognise`]), by the readers of barcodes
//! ([`PostSscc`], [`S10`]) and by `cargo xtask vectors` ([`NumberKind::judge`]). A number that passes is well formed;
//! whether it was ever issued, this room cannot know. Debug shows none of them: they are personal data.

mod identity_card;
mod krs;
mod land_register;
mod nip;
mod nrb;
mod passport;
mod pesel;
mod post_sscc;
mod regon;
mod s10;
mod simc;

use serde::{Deserialize, Serialize};

pub use self::{
    identity_card::IdentityCard,
    krs::Krs,
    land_register::LandRegister,
    nip::Nip,
    nrb::Nrb,
    passport::Passport,
    pesel::{Pesel, Sex},
    post_sscc::PostSscc,
    regon::Regon,
    s10::S10,
    simc::Simc,
};
use crate::error_code::ErrorCode;

/// Why a text is not the number it should be. Carries nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// Another length, or characters that the number does not have.
    #[error("another form")]
    Form,
    /// The check digit belongs to another number.
    #[error("check digit differs")]
    Check,
    /// The date inside the number does not exist.
    #[error("no such date")]
    Date,
}

/// What a check says about a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Well formed, check digits right.
    Valid,
    /// Accepted, but the clerk should look again: a check that is known to be wrong now and then.
    Suspicious,
    /// Refused.
    Invalid,
}

/// The numbers that can be checked by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// [`Pesel`].
    Pesel,
    /// [`Nip`].
    Nip,
    /// [`Regon`].
    Regon,
    /// [`IdentityCard`].
    IdentityCard,
    /// [`Passport`].
    Passport,
    /// [`Nrb`].
    Nrb,
    /// [`Simc`].
    Simc,
    /// [`S10`].
    S10,
    /// [`PostSscc`].
    PostSscc,
    /// [`LandRegister`].
    LandRegister,
}

impl NumberKind {
    /// All kinds, each with the name it bears in files of test vectors.
    pub const ALL: [(&'static str, Self); 10] = [
        ("pesel", Self::Pesel),
        ("nip", Self::Nip),
        ("regon", Self::Regon),
        ("identity_card", Self::IdentityCard),
        ("passport", Self::Passport),
        ("nrb", Self::Nrb),
        ("simc", Self::Simc),
        ("s10", Self::S10),
        ("post_sscc", Self::PostSscc),
        ("land_register", Self::LandRegister),
    ];

    /// The kind of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }

    /// Checks a number of this kind as people write it.
    pub fn judge(self, typed: &str) -> Verdict {
        let valid = |()| Verdict::Valid;
        let unless = |doubtful: bool| if doubtful { Verdict::Suspicious } else { Verdict::Valid };
        let verdict = match self {
            Self::Pesel => Pesel::read(typed).map(drop).map(valid),
            Self::Nip => Nip::read(typed).map(drop).map(valid),
            Self::Regon => Regon::read(typed).map(drop).map(valid),
            Self::IdentityCard => IdentityCard::read(typed).map(drop).map(valid),
            Self::Passport => Passport::read(typed).map(drop).map(valid),
            Self::Nrb => Nrb::read(typed).map(|nrb| unless(nrb.is_doubtful())),
            Self::Simc => Simc::read(typed).map(drop).map(valid),
            Self::S10 => S10::read(typed).map(drop).map(valid),
            Self::PostSscc => PostSscc::read(typed).map(drop).map(valid),
            Self::LandRegister => LandRegister::read(typed).map(|register| unless(register.is_doubtful())),
        };
        verdict.unwrap_or(Verdict::Invalid)
    }
}

/// A sender's identifier, checked. Debug hides its value: it is personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Identifier {
    /// PESEL, 11 digits.
    Pesel(String),
    /// NIP, 10 digits.
    Nip(String),
    /// REGON, 9 or 14 digits.
    Regon(String),
    /// KRS, 10 digits.
    Krs(String),
}

impl std::fmt::Debug for Identifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Pesel(_) => "Pesel",
            Self::Nip(_) => "Nip",
            Self::Regon(_) => "Regon",
            Self::Krs(_) => "Krs",
        };
        write!(f, "{kind}(***)")
    }
}

impl Identifier {
    /// Recognises an identifier and checks it. A word in front (`NIP 521-30-17-228`, `REGON: …`) decides; else the
    /// length does: 11 digits PESEL, 9 or 14 REGON, 10 KRS when they start with 0 (no tax office's code does) and NIP
    /// otherwise.
    ///
    /// # Errors
    /// The code of the identifier that it looks like, or [`ErrorCode::IdentifierUnknown`].
    pub fn recognise(typed: &str) -> Result<Self, ErrorCode> {
        let text = compact(typed);
        if let Some(rest) = after_word(&text, "PESEL") {
            return Self::pesel(rest);
        }
        if let Some(rest) = after_word(&text, "REGON") {
            return Self::regon(rest);
        }
        if let Some(rest) = after_word(&text, "KRS") {
            return Self::krs(rest);
        }
        if let Some(rest) = after_word(&text, "NIP").or_else(|| text.starts_with("PL").then_some(&*text)) {
            return Self::nip(rest);
        }
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ErrorCode::IdentifierUnknown);
        }
        match text.len() {
            9 | 14 => Self::regon(&text),
            10 if text.starts_with('0') => Self::krs(&text),
            10 => Self::nip(&text),
            11 => Self::pesel(&text),
            _ => Err(ErrorCode::IdentifierUnknown),
        }
    }

    fn pesel(text: &str) -> Result<Self, ErrorCode> {
        Pesel::read(text).map(|number| Self::Pesel(number.as_str().to_owned())).map_err(|_| ErrorCode::PeselWrong)
    }

    fn nip(text: &str) -> Result<Self, ErrorCode> {
        Nip::read(text).map(|number| Self::Nip(number.as_str().to_owned())).map_err(|_| ErrorCode::NipWrong)
    }

    fn regon(text: &str) -> Result<Self, ErrorCode> {
        Regon::read(text).map(|number| Self::Regon(number.as_str().to_owned())).map_err(|_| ErrorCode::RegonWrong)
    }

    fn krs(text: &str) -> Result<Self, ErrorCode> {
        Krs::read(text).map(|number| Self::Krs(number.as_str().to_owned())).map_err(|_| ErrorCode::KrsWrong)
    }
}

fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.strip_prefix(word).map(|rest| rest.trim_start_matches([':', '.', '=']))
}

/// A number's type: its canonical text, readable by [`as_str`](Pesel::as_str) alone, hidden from Debug.
macro_rules! checked_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The number without spaces and dashes, letters upper case.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}
use checked_number;

/// What people put between the digits goes: any white space and any dash; letters become upper case.
fn compact(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{feff}'))
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// The values of exactly `N` digits. A row of zeros passes most checks and is nobody's number.
fn digits<const N: usize>(text: &str) -> Result<[u32; N], NotANumber> {
    let values: Vec<u32> = text.chars().map(|c| c.to_digit(10)).collect::<Option<_>>().ok_or(NotANumber::Form)?;
    let values: [u32; N] = values.try_into().map_err(|_| NotANumber::Form)?;
    if values.iter().all(|value| *value == 0) { Err(NotANumber::Form) } else { Ok(values) }
}

/// The values of `letters` capital letters (A = 10 … Z = 35) followed by digits, `N` characters in all.
fn letters_and_digits<const N: usize>(text: &str, letters: usize) -> Result<[u32; N], NotANumber> {
    let fits = |(place, c): (usize, char)| {
        let in_its_place = if place < letters { c.is_ascii_uppercase() } else { c.is_ascii_digit() };
        in_its_place.then(|| c.to_digit(36)).flatten()
    };
    let values: Vec<u32> = text.chars().enumerate().map(fits).collect::<Option<_>>().ok_or(NotANumber::Form)?;
    values.try_into().map_err(|_| NotANumber::Form)
}

fn weighted_sum(values: &[u32], weights: &[u32]) -> u32 {
    values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
}

fn require(check: bool) -> Result<(), NotANumber> {
    if check { Ok(()) } else { Err(NotANumber::Check) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_what_people_write() {
        let cases = [
            ("44051401359", Ok(Identifier::Pesel("44051401359".to_owned()))),
            ("440514 01359", Ok(Identifier::Pesel("44051401359".to_owned()))),
            ("pesel: 44051401359", Ok(Identifier::Pesel("44051401359".to_owned()))),
            ("521-30-17-228", Ok(Identifier::Nip("5213017228".to_owned()))),
            ("PL 521 301 72 28", Ok(Identifier::Nip("5213017228".to_owned()))),
            ("NIP PL5213017228", Ok(Identifier::Nip("5213017228".to_owned()))),
            ("000331501", Ok(Identifier::Regon("000331501".to_owned()))),
            ("REGON 000331501-00017", Ok(Identifier::Regon("00033150100017".to_owned()))),
            ("0000334972", Ok(Identifier::Krs("0000334972".to_owned()))),
            ("krs 0001012345", Ok(Identifier::Krs("0001012345".to_owned()))),
            ("44051401358", Err(ErrorCode::PeselWrong)),
            ("44133101357", Err(ErrorCode::PeselWrong)),
            ("5213017220", Err(ErrorCode::NipWrong)),
            ("NIP 44051401359", Err(ErrorCode::NipWrong)),
            ("123456780", Err(ErrorCode::RegonWrong)),
            ("KRS 334972", Err(ErrorCode::KrsWrong)),
            ("0000000000", Err(ErrorCode::KrsWrong)),
            ("12345", Err(ErrorCode::IdentifierUnknown)),
            ("Kowalski", Err(ErrorCode::IdentifierUnknown)),
            ("", Err(ErrorCode::IdentifierUnknown)),
            ("４４０５１４０１３５９", Err(ErrorCode::IdentifierUnknown)),
        ];
        for (typed, expected) in cases {
            assert_eq!(Identifier::recognise(typed), expected, "{typed}");
        }
    }

    #[test]
    fn debug_hides_every_number() {
        let pesel = Pesel::read("44051401359").expect("valid");
        assert_eq!(format!("{pesel:?}"), "Pesel(***)");
        assert_eq!(format!("{:?}", Identifier::recognise("44051401359")), "Ok(Pesel(***))");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_check_panic(text in "\\PC{0,30}") {
            for (_, kind) in NumberKind::ALL {
                kind.judge(&text);
            }
            let _ = Identifier::recognise(&text);
        }

        #[test]
        fn one_wrong_digit_is_found(place in 0_usize..11, change in 1_u32..10) {
            let mut digits: Vec<u32> = "90090515836".chars().filter_map(|c| c.to_digit(10)).collect();
            digits[place] = (digits[place] + change) % 10;
            let text: String = digits.iter().map(ToString::to_string).collect();
            proptest::prop_assert_eq!(NumberKind::Pesel.judge(&text), Verdict::Invalid);
        }
    }
}
