//! Senders: people and organisations as the register stores them.

use serde::{Deserialize, Serialize};

use crate::{
    error_code::{ErrorCode, FieldError, FieldErrors},
    identity::Identifier,
    ids::PartyId,
    text,
};

/// Who sent the letter, metadata fields 1a and 1b: people are stored so that surname and given names split by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum PartyName {
    /// Natural person (osoba fizyczna).
    Person {
        /// Surname (nazwisko).
        surname: String,
        /// Given names (imiona); may be empty.
        given_names: String,
    },
    /// Anybody else: firm, office, association.
    Organisation {
        /// Full name.
        name: String,
    },
    /// The letter does not say: *brak danych*.
    Unknown,
}

impl PartyName {
    /// As lists show it: surname first. Empty for [`PartyName::Unknown`]: the window says *brak danych*.
    pub fn display(&self) -> String {
        match self {
            Self::Person { surname, given_names } if given_names.is_empty() => surname.clone(),
            Self::Person { surname, given_names } => format!("{surname} {given_names}"),
            Self::Organisation { name } => name.clone(),
            Self::Unknown => String::new(),
        }
    }
}

/// Postal address of a sender, metadata fields 2a–2h.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Post code `NN-NNN` in Poland, free text elsewhere.
    pub postcode: Option<String>,
    /// Town; `None` is the explicit *brak danych*.
    pub town: Option<String>,
    /// Street.
    pub street: Option<String>,
    /// Building number.
    pub building: Option<String>,
    /// Flat number.
    pub flat: Option<String>,
    /// Post-office box.
    pub po_box: Option<String>,
    /// Country, *Polska* by default.
    pub country: String,
    /// E-mail address.
    pub email: Option<String>,
}

/// A sender as one letter carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// Name.
    pub name: PartyName,
    /// Address.
    pub address: Address,
    /// PESEL, NIP, REGON or KRS, where the letter names one.
    pub identifier: Option<Identifier>,
}

/// Which kind of sender the form describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// Natural person.
    #[default]
    Person,
    /// Anybody else.
    Organisation,
    /// *brak danych*.
    Unknown,
}

/// What the sender's part of the form holds: text as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct PartyDraft {
    /// What stands in the search field, kept so that an unfinished form comes back as it was.
    pub typed: String,
    /// The remembered sender that the clerk picked, if any; its fields are copied into this draft.
    pub party_id: Option<PartyId>,
    /// Kind of sender.
    pub kind: PartyKind,
    /// Surname of a person.
    pub surname: String,
    /// Given names of a person.
    pub given_names: String,
    /// Name of an organisation.
    pub name: String,
    /// Post code.
    pub postcode: String,
    /// Town, or `-` for *brak danych*.
    pub town: String,
    /// Street.
    pub street: String,
    /// Building number.
    pub building: String,
    /// Flat number.
    pub flat: String,
    /// Post-office box.
    pub po_box: String,
    /// Country; empty means *Polska*.
    pub country: String,
    /// E-mail address.
    pub email: String,
    /// PESEL, NIP, REGON or KRS as typed.
    pub identifier: String,
}

/// The country that an empty field stands for.
pub const DEFAULT_COUNTRY: &str = "Polska";

const NAME_MAX: usize = 250;
const SHORT_MAX: usize = 60;

impl PartyDraft {
    /// Parses every field, noting all wrong ones under `sender.…`.
    pub fn parse(&self, errors: &mut FieldErrors) -> Option<Party> {
        let name = self.parse_name(errors);
        let address = self.parse_address(errors);
        let identifier = errors.keep(self.parse_identifier());
        Some(Party { name: name?, address: address?, identifier: identifier? })
    }

    fn parse_name(&self, errors: &mut FieldErrors) -> Option<PartyName> {
        match self.kind {
            PartyKind::Person => {
                let surname = errors.keep(text::required_line("sender.surname", &self.surname, NAME_MAX));
                let given_names = errors.keep(text::line("sender.givenNames", &self.given_names, NAME_MAX));
                Some(PartyName::Person { surname: surname?, given_names: given_names? })
            }
            PartyKind::Organisation => errors
                .keep(text::required_line("sender.name", &self.name, NAME_MAX))
                .map(|name| PartyName::Organisation { name }),
            PartyKind::Unknown => Some(PartyName::Unknown),
        }
    }

    fn parse_address(&self, errors: &mut FieldErrors) -> Option<Address> {
        let town = if text::says_none(&self.town) || self.kind == PartyKind::Unknown && self.town.trim().is_empty() {
            Some(None)
        } else {
            errors.keep(text::required_line("sender.town", &self.town, SHORT_MAX)).map(Some)
        };
        let country = errors
            .keep(text::line("sender.country", &self.country, SHORT_MAX))
            .map(|country| if country.is_empty() { DEFAULT_COUNTRY.to_owned() } else { country });
        let in_poland = country.as_deref() == Some(DEFAULT_COUNTRY);
        let postcode = errors.keep(parse_postcode(&self.postcode, in_poland));
        let street = errors.keep(text::optional_line("sender.street", &self.street, NAME_MAX));
        let building = errors.keep(text::optional_line("sender.building", &self.building, 20));
        let flat = errors.keep(text::optional_line("sender.flat", &self.flat, 20));
        let po_box = errors.keep(text::optional_line("sender.poBox", &self.po_box, 20));
        let email = errors.keep(parse_email(&self.email));
        Some(Address {
            postcode: postcode?,
            town: town?,
            street: street?,
            building: building?,
            flat: flat?,
            po_box: po_box?,
            country: country?,
            email: email?,
        })
    }

    fn parse_identifier(&self) -> Result<Option<Identifier>, FieldError> {
        if self.identifier.trim().is_empty() || text::says_none(&self.identifier) {
            return Ok(None);
        }
        Identifier::recognise(&self.identifier).map(Some).map_err(|code| FieldError::new("sender.identifier", code))
    }
}

fn parse_postcode(typed: &str, in_poland: bool) -> Result<Option<String>, FieldError> {
    let Some(line) = text::optional_line("sender.postcode", typed, 12)? else { return Ok(None) };
    if !in_poland {
        return Ok(Some(line));
    }
    let digits: String = line.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    if digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Some(format!("{}-{}", &digits[..2], &digits[2..])))
    } else {
        Err(FieldError::new("sender.postcode", ErrorCode::PostcodeWrong))
    }
}

fn parse_email(typed: &str) -> Result<Option<String>, FieldError> {
    let Some(line) = text::optional_line("sender.email", typed, 254)? else { return Ok(None) };
    let plausible = line.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
    });
    if plausible && !line.contains(' ') {
        Ok(Some(line))
    } else {
        Err(FieldError::new("sender.email", ErrorCode::EmailWrong))
    }
}
