//! The page as HTML in Polish and English. Everything that is not ours is escaped.

use domain::stage::Stage;
use jiff::civil::Date;

pub(super) const STYLE: &str = include_str!("page.css");
pub(super) const SCRIPT: &str = include_str!("page.js");

/// Language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Polish,
    English,
}

impl Language {
    /// The language of a tag such as `pl` or `en-GB`.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "pl" => Some(Self::Polish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Polish => "pl",
            Self::English => "en",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Polish => Self::English,
            Self::English => Self::Polish,
        }
    }

    fn own_name(self) -> &'static str {
        match self {
            Self::Polish => "Po polsku",
            Self::English => "In English",
        }
    }
}

/// What the page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The empty form.
    Ask,
    /// The state of a case.
    Found { stage: Stage, changed_on: Date, unit: Option<String>, key: String },
    /// No case has this key now.
    Nothing,
    /// Asked too often.
    TooMany,
    /// The database does not answer.
    Fault,
}

struct Words {
    title: &'static str,
    heading: &'static str,
    found_heading: &'static str,
    label: &'static str,
    hint: &'static str,
    button: &'static str,
    another: &'static str,
    stages: &'static str,
    done: &'static str,
    now: &'static str,
    changed: &'static str,
    unit: &'static str,
    nothing: &'static str,
    nothing_advice: &'static str,
    too_many: &'static str,
    fault: &'static str,
    footer: &'static str,
}

const POLISH: Words = Words {
    title: "Stan sprawy",
    heading: "Na jakim etapie jest sprawa",
    found_heading: "Stan sprawy",
    label: "Klucz sprawy",
    hint: "17 znaków z potwierdzenia wniesienia pisma. Wielkość liter, kreski i odstępy nie mają znaczenia.",
    button: "Sprawdź",
    another: "Inna sprawa",
    stages: "Etapy sprawy",
    done: "już było: ",
    now: "teraz: ",
    changed: "Ostatnia zmiana",
    unit: "Komórka",
    nothing: "Nie ma sprawy o tym kluczu.",
    nothing_advice: "Klucz mógł zostać przepisany z błędem albo jego ważność minęła. Pracownik urzędu sprawdzi \
                     sprawę po okazaniu potwierdzenia.",
    too_many: "Zbyt wiele zapytań naraz. Można spróbować ponownie za minutę.",
    fault: "Strona chwilowo nie działa. Można spróbować ponownie za kilka minut.",
    footer: "Strona pokazuje etap sprawy, datę ostatniej zmiany i komórkę urzędu. Nie pokazuje danych osobowych, nie \
             zapisuje klucza i nie używa plików cookie.",
};

const ENGLISH: Words = Words {
    title: "Case status",
    heading: "What stage is the case at",
    found_heading: "Case status",
    label: "Case key",
    hint: "The 17 characters on the confirmation of filing. Capitals, hyphens and spaces make no difference.",
    button: "Check",
    another: "Another case",
    stages: "Stages of the case",
    done: "passed: ",
    now: "now: ",
    changed: "Last change",
    unit: "Unit",
    nothing: "There is no case with this key.",
    nothing_advice: "The key may have been mistyped, or it is no longer valid. The office will check the case when \
                     shown the confirmation.",
    too_many: "Too many requests at once. Please try again in a minute.",
    fault: "The page is out of order for a moment. Please try again in a few minutes.",
    footer: "This page shows the stage of a case, the date of the last change and the unit of the office. It shows no \
             personal data, does not store the key and uses no cookies.",
};

/// The whole page.
pub(super) fn render(language: Language, office: &str, answer: &Answer) -> String {
    let words = match language {
        Language::Polish => &POLISH,
        Language::English => &ENGLISH,
    };
    let office = escape(office);
    let body = match answer {
        Answer::Ask => format!("<h1>{}</h1>\n{}", words.heading, form(language, words, words.label)),
        Answer::Found { stage, changed_on, unit, key: _ } => format!(
            "<h1>{}</h1>\n{}<h2 id=\"another\">{}</h2>\n{}",
            words.found_heading,
            found(language, words, *stage, *changed_on, unit.as_deref()),
            words.another,
            form(language, words, words.label)
        ),
        Answer::Nothing => with_notice(language, words, words.nothing, words.nothing_advice),
        Answer::TooMany => with_notice(language, words, words.too_many, ""),
        Answer::Fault => with_notice(language, words, words.fault, ""),
    };
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} – {office}</title>\n<link rel=\"stylesheet\" href=\"/s.css\">\n\
         <script src=\"/s.js\" defer></script>\n</head>\n<body>\n\
         <header class=\"bar\"><div class=\"bar-inner\">\n<p class=\"office\">{office}</p>\n{switch}</div></header>\n\
         <main>\n{body}</main>\n<footer><p>{footer}</p></footer>\n</body>\n</html>\n",
        lang = language.code(),
        title = words.title,
        switch = switch(language, answer),
        footer = words.footer,
    )
}

fn form(language: Language, words: &Words, label: &str) -> String {
    format!(
        "<form class=\"card\" method=\"post\" action=\"/s\">\n<label for=\"key\">{label}</label>\n\
         <p class=\"hint\" id=\"key-hint\">{hint}</p>\n\
         <input id=\"key\" name=\"key\" type=\"text\" aria-describedby=\"key-hint\" maxlength=\"40\" required \
         autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\">\n\
         <input type=\"hidden\" name=\"lang\" value=\"{lang}\">\n\
         <button class=\"main-action\" type=\"submit\">{button}</button>\n</form>\n",
        hint = words.hint,
        lang = language.code(),
        button = words.button,
    )
}

fn with_notice(language: Language, words: &Words, notice: &str, advice: &str) -> String {
    let advice = if advice.is_empty() { String::new() } else { format!("<p>{advice}</p>\n") };
    format!(
        "<h1>{}</h1>\n<div class=\"notice\" role=\"alert\">\n<p><strong>{notice}</strong></p>\n{advice}</div>\n{}",
        words.heading,
        form(language, words, words.label)
    )
}

fn found(language: Language, words: &Words, stage: Stage, changed_on: Date, unit: Option<&str>) -> String {
    let current = Stage::ALL.iter().position(|each| *each == stage).unwrap_or_default();
    let stages: String = Stage::ALL
        .iter()
        .enumerate()
        .map(|(place, each)| {
            let name = stage_name(language, *each);
            match place.cmp(&current) {
                std::cmp::Ordering::Less => {
                    format!("<li class=\"done\"><span class=\"unseen\">{}</span>{name}</li>\n", words.done)
                }
                std::cmp::Ordering::Equal => format!(
                    "<li class=\"current\" aria-current=\"step\"><span class=\"unseen\">{}</span>{name}</li>\n",
                    words.now
                ),
                std::cmp::Ordering::Greater => format!("<li>{name}</li>\n"),
            }
        })
        .collect();
    let unit = unit.map_or_else(String::new, |unit| format!("<dt>{}</dt><dd>{}</dd>\n", words.unit, escape(unit)));
    format!(
        "<section class=\"card\" aria-label=\"{label}\">\n<ol class=\"stages\">\n{stages}</ol>\n\
         <dl>\n<dt>{changed}</dt><dd><time datetime=\"{changed_on}\">{date}</time></dd>\n{unit}</dl>\n</section>\n",
        label = words.stages,
        changed = words.changed,
        date = date_in_words(language, changed_on),
    )
}

/// To the same page in the other language; a case that was found stays on the screen.
fn switch(language: Language, answer: &Answer) -> String {
    let other = language.other();
    let (code, name) = (other.code(), other.own_name());
    match answer {
        Answer::Found { key, .. } => format!(
            "<form method=\"post\" action=\"/s\"><input type=\"hidden\" name=\"key\" value=\"{key}\">\
             <button class=\"language\" type=\"submit\" name=\"lang\" value=\"{code}\" lang=\"{code}\">{name}</button>\
             </form>\n"
        ),
        Answer::Ask | Answer::Nothing | Answer::TooMany | Answer::Fault => {
            format!("<a class=\"language\" href=\"/s?lang={code}\" hreflang=\"{code}\" lang=\"{code}\">{name}</a>\n")
        }
    }
}

/// The stage as citizens read it.
fn stage_name(language: Language, stage: Stage) -> &'static str {
    match (language, stage) {
        (Language::Polish, Stage::Registered) => "zarejestrowano",
        (Language::Polish, Stage::HandedToUnit) => "przekazano do komórki",
        (Language::Polish, Stage::InProgress) => "w toku",
        (Language::Polish, Stage::Closed) => "zakończono",
        (Language::English, Stage::Registered) => "registered",
        (Language::English, Stage::HandedToUnit) => "handed to a unit",
        (Language::English, Stage::InProgress) => "in progress",
        (Language::English, Stage::Closed) => "closed",
    }
}

/// `23 listopada 2026` or `23 November 2026`.
fn date_in_words(language: Language, date: Date) -> String {
    match language {
        Language::Polish => {
            format!("{} {} {}", date.day(), domain::calendar::month_in_genitive(date.month()), date.year())
        }
        Language::English => date.strftime("%-d %B %Y").to_string(),
    }
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_page_says_stage_date_and_unit_in_both_languages() {
        let answer = Answer::Found {
            stage: Stage::HandedToUnit,
            changed_on: date(2026, 11, 23),
            unit: Some("Referat <Finansów> & \"Podatków\"".to_owned()),
            key: "RD6Z-1RV0-WHE6-M111-A".to_owned(),
        };
        insta::assert_snapshot!("found_pl", render(Language::Polish, "Urząd Gminy Kruszyna", &answer));
        insta::assert_snapshot!("found_en", render(Language::English, "Urząd Gminy Kruszyna", &answer));
        insta::assert_snapshot!("nothing_pl", render(Language::Polish, "Urząd Gminy Kruszyna", &Answer::Nothing));
    }

    #[test]
    fn months_stand_in_the_genitive() {
        assert_eq!(date_in_words(Language::Polish, date(2026, 2, 1)), "1 lutego 2026");
        assert_eq!(date_in_words(Language::English, date(2026, 2, 1)), "1 February 2026");
    }
}
