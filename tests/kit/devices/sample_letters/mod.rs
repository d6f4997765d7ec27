//! Letters as a commune office gets them: invented people, believable officialese, drawn from text by our own setter.
//!
//! Used by the virtual MFP, the journeys and the tour. The texts stand in `letters/`; their form is described in
//! [`setting`]. Nothing here is random: the same letter gives the same pixels.

mod setting;

use super::sheet::Sheet;

/// One letter and what a clerk would type about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleLetter {
    /// Short name, also the seed of its look: `02-wniosek-warunki-zabudowy`.
    pub name: &'static str,
    /// Title for the register.
    pub title: &'static str,
    /// Sender: surname last for people, the whole name for organisations.
    pub sender: &'static str,
    /// Sender's town.
    pub town: &'static str,
    /// Date on the letter, `YYYY-MM-DD`.
    pub date: &'static str,
    /// Sender's reference, if it bears one.
    pub reference: Option<&'static str>,
    /// Number of attachments it names.
    pub attachments: u32,
    style: setting::Style,
    body: &'static str,
}

macro_rules! letters {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../letters/", $name, ".txt")))),*]
    };
}

const TEXTS: &[(&str, &str)] = letters![
    "01-podanie-raty",
    "02-wniosek-warunki-zabudowy",
    "03-skarga",
    "04-odwolanie",
    "05-sad",
    "06-faktura",
    "07-zaproszenie",
    "08-karta-informacyjna",
    "09-informacja-publiczna",
    "10-petycja-przejscie",
    "11-pinb-zawiadomienie",
    "12-zgloszenie-szkody",
    "13-rezygnacja-soltys",
    "14-umowa-swietlica",
];

/// All letters, in a fixed order.
pub fn all() -> Vec<SampleLetter> {
    TEXTS.iter().map(|(name, text)| read(name, text)).collect()
}

/// The letter of this name.
pub fn named(name: &str) -> Option<SampleLetter> {
    all().into_iter().find(|letter| letter.name == name)
}

impl SampleLetter {
    /// How many pages it has.
    pub fn page_count(&self) -> usize {
        setting::page_count(self)
    }

    /// Draws one page, counted from 0, on A4.
    ///
    /// # Panics
    /// When the letter has no such page.
    pub fn draw(&self, page: usize, dpi: f32) -> Sheet {
        setting::draw(self, page, dpi).expect("a page of this letter")
    }
}

fn read(name: &'static str, text: &'static str) -> SampleLetter {
    let (head, body) = text.split_once("\n---\n").expect("a letter has a head and a body");
    let field = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')).map(str::trim);
    let required = |key: &str| field(key).expect("a letter names its title, sender, town and date");
    SampleLetter {
        name,
        title: required("@title"),
        sender: required("@from"),
        town: required("@town"),
        date: required("@date"),
        reference: field("@ref"),
        attachments: field("@attachments").and_then(|n| n.parse().ok()).unwrap_or_default(),
        style: setting::Style::of(field("@style").unwrap_or("serif")),
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_letters_of_one_to_five_pages() {
        let letters = all();
        let counts: Vec<usize> = letters.iter().map(SampleLetter::page_count).collect();
        assert!(letters.len() >= 12);
        assert_eq!(counts, [1, 2, 2, 3, 1, 1, 1, 5, 1, 3, 2, 1, 1, 3]);
    }

    #[test]
    fn every_letter_names_what_the_register_asks() {
        for letter in all() {
            assert!(letter.title.len() > 10 && letter.date.len() == 10, "{}", letter.name);
            assert!(letter.date.parse::<jiff::civil::Date>().is_ok(), "{}", letter.name);
        }
    }

    #[test]
    fn the_same_letter_gives_the_same_pixels() {
        let draw = || all()[4].draw(0, 60.0).exposed(true, &mut super::super::sheet::Chance::of(b"same"));
        assert!(draw() == draw());
    }
}
