//! `vectors FILE`: checks a file of test vectors against the rules of `domain`. Prints every mismatch, a line each, and
//! ends with `N passed, N failed`. A key that it does not know counts as failed: a vector nobody checks proves nothing.

use domain::{
    calendar::{TimeLimit, public_holidays},
    identity::{NumberKind, Verdict},
    marks::{DocumentIdentifier, StatusKey, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
};
use jiff::civil::Date;
use serde_json::Value;

use crate::shell::Outcome;

/// `vectors FILE`.
pub(crate) fn command(file: &str) -> Outcome {
    let text = std::fs::read_to_string(file).map_err(|fault| format!("{file}: {fault}"))?;
    let facts: Value = serde_json::from_str(&text).map_err(|fault| format!("{file}: {fault}"))?;
    let tally = check(&facts);
    for mismatch in &tally.mismatches {
        println!("{mismatch}");
    }
    println!("{} passed, {} failed", tally.passed, tally.mismatches.len());
    // The tally is the last word: nothing is said after it.
    if tally.mismatches.is_empty() { Ok(()) } else { Err(String::new().into()) }
}

#[derive(Default)]
struct Tally {
    passed: u32,
    mismatches: Vec<String>,
}

impl Tally {
    fn compare(&mut self, what: &str, expected: &str, found: &str) {
        if expected == found {
            self.passed += 1;
        } else {
            self.mismatches.push(format!("{what}: expected {expected}, found {found}"));
        }
    }

    fn fail(&mut self, what: &str, why: &str) {
        self.mismatches.push(format!("{what}: {why}"));
    }

    fn each(&mut self, what: &str, list: &Value, mut check: impl FnMut(&mut Self, &str, &Value)) {
        let Some(list) = list.as_array() else { return self.fail(what, "not a list") };
        for (place, item) in list.iter().enumerate() {
            check(self, &format!("{what}[{place}] {item}"), item);
        }
    }
}

fn check(facts: &Value) -> Tally {
    let mut tally = Tally::default();
    let Some(facts) = facts.as_object() else {
        tally.fail("the file", "not an object");
        return tally;
    };
    for (key, value) in facts {
        match key.as_str() {
            "note" => {}
            "cases" | "deadlines" => tally.each(key, value, deadline),
            "holidays" => holidays(&mut tally, value),
            "document_identifier" => tally.each(key, value, document_identifier),
            "status_key" => tally.each(key, value, status_key),
            name => match NumberKind::named(name) {
                Some(kind) => numbers(&mut tally, kind, name, value),
                None => tally.fail(name, "unknown key"),
            },
        }
    }
    tally
}

fn numbers(tally: &mut Tally, kind: NumberKind, name: &str, lists: &Value) {
    let Some(lists) = lists.as_object() else { return tally.fail(name, "not an object") };
    for (key, list) in lists {
        let expected = match key.as_str() {
            "note" => continue,
            "valid" => Verdict::Valid,
            "invalid" => Verdict::Invalid,
            "suspicious" => Verdict::Suspicious,
            _ => {
                tally.fail(&format!("{name}.{key}"), "unknown key");
                continue;
            }
        };
        tally.each(&format!("{name}.{key}"), list, |tally, what, number| match number.as_str() {
            Some(number) => tally.compare(what, word(expected), word(kind.judge(number))),
            None => tally.fail(what, "not a text"),
        });
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Suspicious => "suspicious",
        Verdict::Invalid => "invalid",
    }
}

fn deadline(tally: &mut Tally, what: &str, case: &Value) {
    let read = || {
        let from: Date = case["from"].as_str()?.parse().ok()?;
        let expected: Date = case["last_day"].as_str()?.parse().ok()?;
        let n = u32::try_from(case["n"].as_u64()?).ok()?;
        Some((from, expected, TimeLimit::named(case["rule"].as_str()?, n)?))
    };
    let Some((from, expected, limit)) = read() else {
        return tally.fail(what, "needs from, rule (days, weeks, months, years), n and last_day");
    };
    let found = limit.last_day(from).map_or_else(|| "none".to_owned(), |day| day.to_string());
    tally.compare(what, &expected.to_string(), &found);
}

fn holidays(tally: &mut Tally, years: &Value) {
    let Some(years) = years.as_object() else { return tally.fail("holidays", "not an object") };
    for (year, days) in years {
        if year == "note" {
            continue;
        }
        let what = format!("holidays.{year}");
        let expected: Option<Vec<Date>> =
            days.as_array().and_then(|days| days.iter().map(|day| day.as_str()?.parse().ok()).collect());
        let (Ok(number), Some(mut expected)) = (year.parse(), expected) else {
            tally.fail(&what, "needs a year and a list of dates");
            continue;
        };
        expected.sort_unstable();
        tally.compare(&what, &names(&expected), &names(&public_holidays(number)));
    }
}

fn names(days: &[Date]) -> String {
    days.iter().map(Date::to_string).collect::<Vec<_>>().join(" ")
}

fn document_identifier(tally: &mut Tally, what: &str, case: &Value) {
    let read = || {
        let office = Teryt::try_from(case["teryt"].as_str()?.to_owned()).ok()?;
        let register = [Register::Incoming, Register::Outgoing]
            .into_iter()
            .find(|register| case["register"].as_str() == Some(&register.letter().to_string()))?;
        let symbol = PointSymbol::try_from(case["symbol"].as_str()?.to_owned()).ok()?;
        let year = i16::try_from(case["year"].as_i64()?).ok()?;
        let n = u32::try_from(case["n"].as_u64()?).ok().filter(|n| *n <= 999_999)?;
        Some((office, RegisterNumber { register, symbol, year, n }))
    };
    let Some((office, number)) = read() else {
        return tally.fail(what, "needs teryt, register (W, N), symbol, year and n");
    };
    let made = DocumentIdentifier::of(&office, &number);
    let read_back = DocumentIdentifier::read(&office, &made.bars());
    let found = format!("{} {}", made.as_str(), made.bars());
    let expected = format!(
        "{} {}",
        case["identifier"].as_str().unwrap_or_default(),
        case["bars"].as_str().map_or_else(|| made.bars(), str::to_owned)
    );
    if read_back.as_ref() == Ok(&made) {
        tally.compare(what, &expected, &found);
    } else {
        tally.fail(what, "its bars are not read back");
    }
}

fn status_key(tally: &mut Tally, what: &str, key: &Value) {
    let Some(key) = key.as_str() else { return tally.fail(what, "not a text") };
    let found = StatusKey::read(key).map_or_else(|fault| fault.to_string(), |read| read.display());
    tally.compare(what, key, &found);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tally(facts: &Value) -> (u32, Vec<String>) {
        let tally = check(facts);
        (tally.passed, tally.mismatches)
    }

    #[test]
    fn the_house_s_own_vectors_pass() {
        for (text, count) in [
            (include_str!("../../domain/tests/vectors/identifiers.json"), 50),
            (include_str!("../../domain/tests/vectors/deadlines.json"), 13),
            (include_str!("../../domain/tests/vectors/marks.json"), 17),
        ] {
            assert_eq!(tally(&serde_json::from_str(text).expect("JSON")), (count, Vec::new()));
        }
    }

    #[test]
    fn what_differs_is_named() {
        let facts = json!({
            "note": "read by people",
            "nip": {"valid": ["5213017220", "PL 521-301-72-28"], "wrong": []},
            "land_register": {"suspicious": ["WA1M/00012345/1"]},
            "deadlines": [{"from": "2026-11-24", "rule": "months", "n": 1, "last_day": "2026-12-24"}, {"n": 1}],
            "holidays": {"2026": ["2026-01-01"]},
            "document_identifier": [{"teryt": "2404082", "register": "W", "symbol": "K1", "year": 26, "n": 1235,
                "identifier": "WK1-26-001235-83"}],
            "status_key": ["RD6Z-1RV0-WHE6-M111-B"],
            "shoe_size": {"valid": ["42"]},
        });
        let (passed, mismatches) = tally(&facts);
        assert_eq!(passed, 1);
        let starts = [
            "deadlines[0]",
            "deadlines[1]",
            "document_identifier[0]",
            "holidays.2026",
            "land_register.suspicious[0]",
            "nip.valid[0]",
            "nip.wrong: unknown key",
            "shoe_size: unknown key",
            "status_key[0]",
        ];
        assert_eq!(mismatches.len(), starts.len(), "{mismatches:#?}");
        for (mismatch, start) in mismatches.iter().zip(starts) {
            assert!(mismatch.starts_with(start), "{mismatch} should start with {start}");
        }
    }
}
