//! The office's directory: organisational units (komórki organizacyjne), who works in them, who is away and who stands in.
//!
//! Kept at central and read by every desk; a letter bears an addressee as text, as the clerk saw it, so that a unit that was
//! renamed later changes no history. This file names units and people, finds them by what is typed, and says which words the
//! citizen may read.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AbsenceId, ClerkId, UnitId},
    text,
};

/// Most characters of a unit's symbol.
pub const SYMBOL_MAX: usize = 12;
/// Most characters of a unit's name: with its symbol it fits into a letter's field.
pub const NAME_MAX: usize = 80;

/// A unit's symbol (symbol komórki), as it begins a case's reference: `FN`, `OŚ`, `OR.I`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitSymbol(String);

/// The text is no unit's symbol: 1 to 12 letters, digits, dots, hyphens or slashes, a letter or digit at each end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a unit's symbol has 1 to {SYMBOL_MAX} letters, digits, dots, hyphens or slashes and begins and ends with a letter or digit"
)]
pub struct NotAUnitSymbol;

impl UnitSymbol {
    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UnitSymbol {
    type Error = NotAUnitSymbol;
    fn try_from(typed: String) -> Result<Self, Self::Error> {
        let symbol = typed.trim().to_uppercase();
        let fits = (1..=SYMBOL_MAX).contains(&symbol.chars().count())
            && symbol.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '/'))
            && symbol.starts_with(char::is_alphanumeric)
            && symbol.ends_with(char::is_alphanumeric);
        if fits { Ok(Self(symbol)) } else { Err(NotAUnitSymbol) }
    }
}

impl std::str::FromStr for UnitSymbol {
    type Err = NotAUnitSymbol;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl From<UnitSymbol> for String {
    fn from(symbol: UnitSymbol) -> Self {
        symbol.0
    }
}

/// An organisational unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unit {
    /// Id.
    pub id: UnitId,
    /// Symbol.
    pub symbol: UnitSymbol,
    /// Name.
    pub name: String,
    /// The unit that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitId>,
}

impl Unit {
    /// As a letter's field names it: `Referat Finansowy (FN)`.
    pub fn text(&self) -> String {
        format!("{} ({})", self.name, self.symbol.0)
    }
}

/// A clerk to whom a letter may be given.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Id.
    pub clerk: ClerkId,
    /// Login: tells people of one name apart.
    pub login: String,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// The units that she works in.
    pub units: Vec<Membership>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({}, ***)", self.clerk)
    }
}

/// A clerk works in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The unit.
    pub unit: UnitId,
    /// Whether she is its head (kierownik).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub head: bool,
}

/// A clerk is away; why is nobody's business here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Absence {
    /// Id.
    pub id: AbsenceId,
    /// Who.
    pub clerk: ClerkId,
    /// First day.
    pub first_day: Date,
    /// Last day.
    pub last_day: Date,
    /// Who stands in for her (zastępca).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<ClerkId>,
}

/// Units, people and absences of an office.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Directory {
    /// Units, by symbol.
    pub units: Vec<Unit>,
    /// People, by surname.
    pub people: Vec<Person>,
    /// Absences that are not over.
    pub absences: Vec<Absence>,
}

/// A unit or a person to whom a letter may be given, as the window lists her.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Addressee {
    /// What the letter's field says: `Referat Finansowy (FN)`, `Anna Wójcik (FN)`.
    pub text: String,
    /// What it is.
    pub kind: AddresseeKind,
    /// A unit's symbol, or those of a person's units.
    pub symbol: String,
    /// Of a unit: who heads it. Of a person: the units' names.
    pub detail: String,
    /// Set when she, or the unit's head, is away.
    pub away: Option<Away>,
}

/// What an addressee is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AddresseeKind {
    /// An organisational unit.
    Unit,
    /// A clerk.
    Person,
    /// Words that a letter bore before: perhaps of nobody whom the directory knows.
    Written,
}

/// Somebody is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Away {
    /// Who: the person's name, or that of the unit's head.
    pub name: String,
    /// Last day of it, ISO.
    pub until: String,
    /// Who stands in, as a letter's field names her; nobody when she is away, too, and so on.
    pub deputy: Option<String>,
}

impl Directory {
    /// Everybody to whom a letter may be given on this day: units first, each list in its order.
    pub fn addressees(&self, today: Date) -> Vec<Addressee> {
        let units = self.units.iter().map(|unit| {
            let head = self.people.iter().find(|person| person.units.iter().any(|of| of.unit == unit.id && of.head));
            Addressee {
                text: unit.text(),
                kind: AddresseeKind::Unit,
                symbol: unit.symbol.0.clone(),
                detail: head.map(Person::name).unwrap_or_default(),
                away: head.and_then(|head| self.away(head, today)),
            }
        });
        let people = self.people.iter().map(|person| {
            let names: Vec<&str> = self.units_of(person).map(|unit| unit.name.as_str()).collect();
            Addressee {
                text: self.text_of(person),
                kind: AddresseeKind::Person,
                symbol: self.symbols_of(person),
                detail: names.join(", "),
                away: self.away(person, today),
            }
        });
        units.chain(people).collect()
    }

    /// What the field says for what was typed into it, where that names one unit or person: a symbol, a name, or the field's own
    /// words, in capitals or not, and without Polish letters where that is clear. What names nobody, or more than one, stays as
    /// typed.
    pub fn resolve(&self, typed: &str) -> String {
        let typed = typed.trim();
        let only = |same: fn(&str) -> String| {
            let words = same(typed);
            let mut found = self.names().filter(|(name, _)| same(name) == words).map(|(_, text)| text);
            let first = found.next()?;
            found.all(|other| other == first).then_some(first)
        };
        only(public_key).or_else(|| only(text::fold)).unwrap_or_else(|| typed.to_owned())
    }

    /// Words that stand in letters' fields, in small letters ([`public_key`]), and the unit that the citizen reads of for them.
    ///
    /// A person's words mean the first of her units: no name of a clerk stands on the public page.
    pub fn public_words(&self) -> BTreeMap<String, UnitId> {
        let mut words = BTreeMap::new();
        for person in &self.people {
            if let Some(of) = person.units.first() {
                words.insert(public_key(&self.text_of(person)), of.unit);
            }
        }
        for unit in &self.units {
            for name in names_of(unit) {
                words.insert(public_key(&name), unit.id);
            }
        }
        words
    }

    // Every way to name somebody, and the field's words for it.
    fn names(&self) -> impl Iterator<Item = (String, String)> {
        let units = self.units.iter().flat_map(|unit| names_of(unit).map(|name| (name, unit.text())));
        let people = self.people.iter().flat_map(|person| {
            let text = self.text_of(person);
            let reversed = format!("{} {}", person.surname, person.given_name);
            [text.clone(), person.name(), reversed, person.login.clone()].map(|name| (name, text.clone()))
        });
        units.chain(people)
    }

    fn units_of<'a>(&'a self, person: &'a Person) -> impl Iterator<Item = &'a Unit> {
        person.units.iter().filter_map(|of| self.units.iter().find(|unit| unit.id == of.unit))
    }

    fn symbols_of(&self, person: &Person) -> String {
        let symbols: Vec<&str> = self.units_of(person).map(|unit| unit.symbol.as_str()).collect();
        symbols.join(", ")
    }

    // `Anna Wójcik (FN)`; two of that name in one unit are told apart by their logins.
    fn text_of(&self, person: &Person) -> String {
        let (name, symbols) = (person.name(), self.symbols_of(person));
        let twice = self
            .people
            .iter()
            .any(|other| other.clerk != person.clerk && other.name() == name && self.symbols_of(other) == symbols);
        let mut marks = vec![symbols];
        if twice {
            marks.push(person.login.clone());
        }
        marks.retain(|mark| !mark.is_empty());
        if marks.is_empty() { name } else { format!("{name} ({})", marks.join(", ")) }
    }

    fn away(&self, person: &Person, today: Date) -> Option<Away> {
        let until = self.absence(person.clerk, today)?.last_day;
        let deputy = self.deputy(person.clerk, today).map(|deputy| self.text_of(deputy));
        Some(Away { name: person.name(), until: until.to_string(), deputy })
    }

    // Of two absences on one day the later end counts.
    fn absence(&self, clerk: ClerkId, today: Date) -> Option<&Absence> {
        let now =
            self.absences.iter().filter(|one| one.clerk == clerk && one.first_day <= today && today <= one.last_day);
        now.max_by_key(|one| (one.last_day, one.id))
    }

    // The first one along the line of deputies who is there.
    fn deputy(&self, clerk: ClerkId, today: Date) -> Option<&Person> {
        let mut asked = vec![clerk];
        loop {
            let next = self.absence(*asked.last()?, today)?.deputy?;
            if asked.contains(&next) {
                return None;
            }
            if self.absence(next, today).is_none() {
                return self.people.iter().find(|person| person.clerk == next);
            }
            asked.push(next);
        }
    }
}

impl Person {
    /// Given name and surname.
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name, self.surname)
    }
}

fn names_of(unit: &Unit) -> [String; 3] {
    [unit.text(), unit.name.clone(), unit.symbol.0.clone()]
}

/// A field's words as [`Directory::public_words`] knows them.
pub fn public_key(words: &str) -> String {
    words.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn unit(n: u128, symbol: &str, name: &str) -> Unit {
        let symbol = symbol.parse().expect("a symbol");
        Unit { id: UnitId(Uuid::from_u128(n)), symbol, name: name.to_owned(), parent: None }
    }

    fn person(n: u128, login: &str, name: [&str; 2], units: &[(u128, bool)]) -> Person {
        let [given_name, surname] = name.map(str::to_owned);
        let units = units.iter().map(|(unit, head)| Membership { unit: UnitId(Uuid::from_u128(*unit)), head: *head });
        Person { clerk: clerk(n), login: login.to_owned(), given_name, surname, units: units.collect() }
    }

    fn clerk(n: u128) -> ClerkId {
        ClerkId(Uuid::from_u128(n))
    }

    fn away(n: u128, days: [Date; 2], deputy: Option<u128>) -> Absence {
        let [first_day, last_day] = days;
        Absence {
            id: AbsenceId(Uuid::from_u128(100 + n)),
            clerk: clerk(n),
            first_day,
            last_day,
            deputy: deputy.map(clerk),
        }
    }

    fn office() -> Directory {
        Directory {
            units: vec![unit(1, "FN", "Referat Finansowy"), unit(2, "oś", "Referat Ochrony Środowiska")],
            people: vec![
                person(1, "j.nowak", ["Jan", "Nowak"], &[(1, false)]),
                person(2, "a.wojcik", ["Anna", "Wójcik"], &[(1, true), (2, false)]),
                person(3, "z.lis", ["Zofia", "Lis"], &[]),
            ],
            absences: Vec::new(),
        }
    }

    const MONDAY: Date = date(2026, 11, 23);

    #[test]
    fn symbols_are_written_large_and_hold_polish_letters() {
        assert_eq!("oś".parse::<UnitSymbol>().map(String::from), Ok("OŚ".to_owned()));
        assert_eq!(" or.i ".parse::<UnitSymbol>().map(String::from), Ok("OR.I".to_owned()));
        for wrong in ["", "A B", ".FN", "FN-", "ABCDEFGHIJKLM", "F(N"] {
            assert_eq!(wrong.parse::<UnitSymbol>(), Err(NotAUnitSymbol), "{wrong}");
        }
    }

    #[test]
    fn units_and_people_are_listed_as_a_field_names_them() {
        let list = office().addressees(MONDAY);
        let texts: Vec<&str> = list.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Referat Finansowy (FN)",
                "Referat Ochrony Środowiska (OŚ)",
                "Jan Nowak (FN)",
                "Anna Wójcik (FN, OŚ)",
                "Zofia Lis"
            ]
        );
        assert_eq!(list[0].detail, "Anna Wójcik", "the head");
        assert_eq!(list[3].detail, "Referat Finansowy, Referat Ochrony Środowiska");
        assert!(list.iter().all(|one| one.away.is_none()));
    }

    #[test]
    fn what_is_typed_becomes_the_field_s_words_where_it_names_one() {
        let office = office();
        for typed in ["fn", "referat finansowy", " Referat Finansowy (FN)"] {
            assert_eq!(office.resolve(typed), "Referat Finansowy (FN)", "{typed}");
        }
        for typed in ["wojcik anna", "Anna Wójcik", "a.wojcik"] {
            assert_eq!(office.resolve(typed), "Anna Wójcik (FN, OŚ)", "{typed}");
        }
        assert_eq!(office.resolve("os"), "Referat Ochrony Środowiska (OŚ)");
        assert_eq!(office.resolve("Straż Miejska"), "Straż Miejska");
        assert_eq!(office.resolve(""), "");
    }

    #[test]
    fn symbols_that_differ_by_a_polish_letter_are_two() {
        let mut office = office();
        office.units.push(unit(3, "OS", "Obsługa Sekretariatu"));
        assert_eq!(office.resolve("oś"), "Referat Ochrony Środowiska (OŚ)");
        assert_eq!(office.resolve("os"), "Obsługa Sekretariatu (OS)");
        assert_eq!(office.public_words().get("oś"), Some(&UnitId(Uuid::from_u128(2))));
    }

    #[test]
    fn two_of_one_name_are_told_apart() {
        let mut office = office();
        office.people.push(person(4, "j.nowak2", ["Jan", "Nowak"], &[(1, false)]));
        office.people.push(person(5, "j.nowak3", ["Jan", "Nowak"], &[(2, false)]));
        let texts: Vec<String> = office.addressees(MONDAY).into_iter().skip(2).map(|one| one.text).collect();
        let expected = [
            "Jan Nowak (FN, j.nowak)",
            "Anna Wójcik (FN, OŚ)",
            "Zofia Lis",
            "Jan Nowak (FN, j.nowak2)",
            "Jan Nowak (OŚ)",
        ];
        assert_eq!(texts, expected);
        assert_eq!(office.resolve("Jan Nowak"), "Jan Nowak", "three of them");
        assert_eq!(office.resolve("j.nowak2"), "Jan Nowak (FN, j.nowak2)");
    }

    #[test]
    fn who_is_away_is_shown_with_the_first_deputy_who_is_there() {
        let mut office = office();
        let week = [date(2026, 11, 20), date(2026, 11, 27)];
        office.absences = vec![away(2, week, Some(1)), away(2, [MONDAY, MONDAY], None)];
        let head = |office: &Directory, today| office.addressees(today)[0].away.clone();
        let deputy = |office: &Directory| head(office, MONDAY).and_then(|away| away.deputy);
        assert_eq!(
            head(&office, MONDAY),
            Some(Away {
                name: "Anna Wójcik".to_owned(),
                until: "2026-11-27".to_owned(),
                deputy: Some("Jan Nowak (FN)".to_owned())
            })
        );
        assert_eq!(head(&office, date(2026, 11, 28)), None, "back");
        assert_eq!(head(&office, date(2026, 11, 19)), None, "not yet");
        office.absences.push(away(1, week, Some(3)));
        assert_eq!(deputy(&office).as_deref(), Some("Zofia Lis"), "the deputy's deputy");
        office.absences.push(away(3, week, Some(2)));
        assert_eq!(deputy(&office), None, "in a circle");
    }

    #[test]
    fn citizens_read_units_and_no_names() {
        let words = office().public_words();
        let shown = |field: &str| words.get(&public_key(field)).copied();
        for field in ["Referat Finansowy (FN)", "FN", "Jan Nowak (FN)", "Anna Wójcik (FN, OŚ)"] {
            assert_eq!(shown(field), Some(UnitId(Uuid::from_u128(1))), "{field}");
        }
        assert_eq!(shown("Zofia Lis"), None, "of no unit");
        assert_eq!(shown("Jan Nowak"), None, "not the field's words");
    }
}
