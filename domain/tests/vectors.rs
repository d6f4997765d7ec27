//! The facts in `vectors/*.json` against the rules of this room. `cargo xtask vectors FILE` checks other files.

use domain::{
    calendar::{TimeLimit, public_holidays},
    identity::{NumberKind, Verdict},
    marks::{DocumentIdentifier, StatusKey, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
};
use jiff::civil::Date;
use serde_json::Value;

fn facts(text: &str) -> Value {
    serde_json::from_str(text).expect("vectors are JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn day(value: &Value) -> Date {
    text(value).parse().expect("a date")
}

#[test]
fn identity_numbers() {
    let facts = facts(include_str!("vectors/identifiers.json"));
    let mut seen = 0;
    for (name, lists) in facts.as_object().expect("an object") {
        let kind = NumberKind::named(name).expect(name);
        for (key, verdict) in
            [("valid", Verdict::Valid), ("invalid", Verdict::Invalid), ("suspicious", Verdict::Suspicious)]
        {
            for number in list(lists, key) {
                assert_eq!(kind.judge(text(number)), verdict, "{name} {number}");
                seen += 1;
            }
        }
    }
    assert_eq!((facts.as_object().map(serde_json::Map::len), seen), (Some(NumberKind::ALL.len()), 50));
}

#[test]
fn deadlines_and_holidays() {
    let facts = facts(include_str!("vectors/deadlines.json"));
    for case in list(&facts, "cases") {
        let n = case["n"].as_u64().and_then(|n| u32::try_from(n).ok()).expect("a number");
        let limit = TimeLimit::named(text(&case["rule"]), n).expect("a rule");
        assert_eq!(limit.last_day(day(&case["from"])), Some(day(&case["last_day"])), "{case}");
    }
    for (year, days) in facts["holidays"].as_object().expect("years") {
        let days: Vec<Date> = days.as_array().expect("days").iter().map(day).collect();
        assert_eq!(public_holidays(year.parse().expect("a year")), days, "{year}");
    }
}

#[test]
fn marks() {
    let facts = facts(include_str!("vectors/marks.json"));
    for case in list(&facts, "document_identifier") {
        let office = Teryt::try_from(text(&case["teryt"]).to_owned()).expect("teryt");
        let number = RegisterNumber {
            register: if case["register"] == "W" { Register::Incoming } else { Register::Outgoing },
            symbol: PointSymbol::try_from(text(&case["symbol"]).to_owned()).expect("symbol"),
            year: 2000 + i16::try_from(case["year"].as_i64().expect("year")).expect("two digits"),
            n: u32::try_from(case["n"].as_u64().expect("n")).expect("six digits"),
        };
        let identifier = DocumentIdentifier::of(&office, &number);
        assert_eq!((identifier.as_str(), &*identifier.bars()), (text(&case["identifier"]), text(&case["bars"])));
        assert_eq!(DocumentIdentifier::read(&office, &identifier.bars()), Ok(identifier));
    }
    for key in list(&facts, "status_key") {
        assert_eq!(StatusKey::read(text(key)).map(|key| key.display()).as_deref(), Ok(text(key)));
    }
}
