//! Units, members and absences by the command line: answers for people and programs, whole tables or nothing, and all of it again
//! after a restore.

use std::process::{Command, Output};

use central::directory;
use kit::{central_office::CentralOffice, window::built};
use reqwest::Method;
use serde_json::Value;
use wire::v1::{DirectoryAnswer, path};

use crate::{
    central_accounts::clerk,
    central_desk::{WireDesk, office},
};

fn central(office: &CentralOffice, arguments: &[&str]) -> Output {
    Command::new(built("central"))
        .args(arguments)
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .env("CENTRAL_ADMIN_LOG", office.log_file().path().parent().expect("a folder"))
        .output()
        .expect("central runs")
}

/// What a command that works answers in JSON.
fn answer(office: &CentralOffice, arguments: &[&str]) -> Value {
    let output = central(office, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The exit code and the words of a command that does not work.
fn refused(office: &CentralOffice, arguments: &[&str]) -> (Option<i32>, String) {
    let output = central(office, arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

async fn read(desk: &WireDesk) -> DirectoryAnswer {
    desk.ask(Method::GET, path::DIRECTORY, &()).await.expect("the directory")
}

#[tokio::test(flavor = "multi_thread")]
async fn units_and_absences_are_kept_by_commands_and_read_by_desks() {
    let office = office().await;
    let desk = WireDesk::connected(&office, 1, "K1").await;
    clerk(&office, "z.maj", &[]).await;
    clerk(&office, "a.lis", &[]).await;
    let before = read(&desk).await;
    assert_eq!((before.directory.units.len(), before.directory.people.len()), (0, 2));

    let unit = answer(&office, &["unit", "add", "fn", "Referat Finansowy"]);
    assert_eq!((unit["symbol"].as_str(), unit["neutral"].as_bool()), (Some("FN"), Some(false)));
    answer(&office, &["unit", "add", "FN.P", "Podatki", "--parent", "FN", "--neutral"]);
    answer(&office, &["unit", "join", "FN", "z.maj", "--head"]);
    answer(&office, &["unit", "join", "fn", "A.Lis", "--head"]);
    let listed = answer(&office, &["unit", "list"]);
    let heads: Vec<(&str, bool)> = listed[0]["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|member| (member["login"].as_str().expect("a login"), member["head"].as_bool().expect("yes or no")))
        .collect();
    assert_eq!(heads, [("a.lis", true), ("z.maj", false)], "a unit has one head");
    assert_eq!(listed[1]["parentSymbol"], "FN");

    let absence = answer(&office, &["absence", "add", "a.lis", "2026-11-20", "2199-12-31", "--deputy", "z.maj"]);
    let past = answer(&office, &["absence", "add", "z.maj", "2026-11-02", "2026-11-03"]);
    assert_eq!(past["deputy"], Value::Null);
    assert_eq!(answer(&office, &["absence", "list"]).as_array().map(Vec::len), Some(2));
    let now = read(&desk).await;
    assert_ne!(now.hash, before.hash);
    assert_eq!((now.directory.units.len(), now.directory.absences.len()), (2, 1), "what is over is not told");
    answer(&office, &["absence", "remove", absence["id"].as_str().expect("an id")]);
    answer(&office, &["unit", "leave", "FN", "z.maj"]);
    answer(&office, &["unit", "close", "FN.P"]);
    let now = read(&desk).await.directory;
    assert_eq!((now.units.len(), now.absences.len()), (1, 0));
    assert_eq!(now.people.iter().map(|person| person.units.len()).sum::<usize>(), 1);
    let text = String::from_utf8_lossy(&central(&office, &["unit", "list"]).stdout).into_owned();
    assert!(text.contains("FN            -             -        Referat Finansowy  *a.lis"), "{text}");
    assert!(text.contains("closed   Podatki"), "{text}");

    for (arguments, code, words) in [
        (&["unit", "add", "F N", "Finanse"][..], 2, "a unit's symbol"),
        (&["unit", "add", "FN", "Finanse"], 2, "the symbol FN is taken"),
        (&["unit", "add", "GK", " "], 2, "a unit's name"),
        (&["unit", "change", "FN", "--parent", "FN.P"], 2, "would belong to itself"),
        (&["unit", "close", "XX"], 3, "no unit with the symbol XX"),
        (&["unit", "join", "FN", "n.ikt"], 3, "no clerk with the login n.ikt"),
        (&["absence", "add", "a.lis", "2026-11-27", "2026-11-20"], 2, "the last day comes before the first"),
        (&["absence", "add", "a.lis", "2026-11-20", "2026-11-20", "--deputy", "a.lis"], 2, "stand in for herself"),
        (&["absence", "remove", "01939f2e-7c1a-7000-8000-000000000001"], 3, "no absence"),
    ] {
        let (ended, said) = refused(&office, arguments);
        assert!(ended == Some(code) && said.contains(words), "{arguments:?}: {ended:?} {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_units_is_taken_whole_or_not_at_all() {
    let office = office().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("units.csv");
    let import = |table: &str| {
        std::fs::write(&file, table).expect("the table");
        central(&office, &["import-units", file.to_str().expect("a path"), "--json"])
    };
    let good = "\u{feff}Symbol;Nazwa;Nadrzędna;Neutralna\r\nFN.P;Podatki;FN;nie\r\nFN;\"Referat; Finansowy\";;\r\nGOPS;Pomoc;;TAK\r\n";
    let output = import(good);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), r#"{"added":3,"changed":0,"same":0}"#);
    let units = directory::list(office.pool()).await.expect("units");
    let names: Vec<(&str, bool)> = units.iter().map(|unit| (unit.kept.unit.name.as_str(), unit.kept.neutral)).collect();
    assert_eq!(names, [("Referat; Finansowy", false), ("Podatki", false), ("Pomoc", true)]);
    assert_eq!(
        units[1].parent_symbol.as_ref().map(domain::directory::UnitSymbol::as_str),
        Some("FN"),
        "it stands further down"
    );

    let again = import("symbol,name\nFN,Finanse\nGP,Przestrzeń\n");
    assert_eq!(String::from_utf8_lossy(&again.stdout).trim(), r#"{"added":1,"changed":1,"same":0}"#);
    let before = directory::list(office.pool()).await.expect("units");
    for (table, words) in [
        (
            "symbol,name\nA B,Dobra nazwa\nOK,\nOK2,Nazwa\nOK2,Nazwa\n",
            &["line 2: a unit's symbol", "line 3: a unit's name", "line 5: the symbol OK2 is taken"][..],
        ),
        ("symbol,name,parent\nAA,Nazwa,ZZ\n", &["line 2: no unit with the symbol ZZ"]),
        ("symbol,name,parent\nAA,Nazwa,BB\nBB,Nazwa,AA\n", &["would belong to itself"]),
        ("symbol,name,neutral\nAA,Nazwa,może\n", &["line 2: może is neither yes (tak) nor no (nie)"]),
        ("kod,opis\nAA,Nazwa\n", &["columns symbol and name"]),
        ("", &["columns symbol and name"]),
    ] {
        let output = import(table);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{table}: {said}");
        assert!(words.iter().all(|words| said.contains(words)), "{table}: {said}");
        assert_eq!(directory::list(office.pool()).await.expect("units"), before, "nothing of it");
    }
}
