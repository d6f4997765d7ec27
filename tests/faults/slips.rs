//! The confirmation slip of a real letter, read by poppler.

use std::{io::Write, process::Command};

use desk::{
    letters::{
        self,
        view::{CancellationDraft, HistoryKind},
    },
    slip,
};
use domain::ErrorCode;
use kit::test_desk::TestDesk;

use crate::code;

fn text_of(pdf: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(pdf).expect("written");
    let read = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(file.path()).arg("-").output();
    String::from_utf8(read.expect("pdftotext runs").stdout).expect("UTF-8")
}

async fn desk_with_page() -> TestDesk {
    let office = TestDesk::new().await;
    office.settings(|draft| "https://status.kruszyna.example/".clone_into(&mut draft.status_address)).await;
    office
}

#[tokio::test]
async fn the_slip_says_what_was_filed_and_no_identity_number() {
    let office = desk_with_page().await;
    let mut draft = office.draft("Łozińska-Żądło", "Wniosek o zaświadczenie").await;
    draft.sender.identifier = "44051401359".to_owned();
    let letter = desk::intake::register_letter(&office.desk, draft).await.expect("registered");
    let pdf = slip::pdf(&office.desk, letter.id).await.expect("a slip");
    let text = text_of(&pdf);
    for said in [
        "Urząd Gminy Kruszyna",
        "Wniosek o zaświadczenie",
        "Łozińska-Żądło",
        "Anna Lis",
        "RPW/1/2026",
        "9:14",
        "https://status.kruszyna.example/s",
        letter.status_key.as_str(),
    ] {
        assert!(text.contains(said), "{said:?} is missing in {text}");
    }
    assert!(!text.contains("44051401359"));
    assert_eq!(slip::pdf(&office.desk, letter.id).await.expect("again"), pdf, "preview and file are the same bytes");
    assert_eq!(slip::file_name(&office.desk, letter.id).await.expect("a name"), "potwierdzenie-RPW-1-2026.pdf");
}

#[tokio::test]
async fn a_slip_is_noted_when_it_is_made_and_not_when_it_is_looked_at() {
    let office = desk_with_page().await;
    let letter = office.register("Nowak", "Skarga").await;
    slip::pdf(&office.desk, letter.id).await.expect("a look");
    slip::note_made(&office.desk, letter.id).await.expect("noted");
    let history = letters::letter(&office.desk, letter.id).await.expect("the letter").history;
    assert_eq!(history.iter().filter(|line| line.what == HistoryKind::SlipMade).count(), 1);
}

#[tokio::test]
async fn a_key_older_than_thirty_office_days_is_forgotten() {
    let office = desk_with_page().await;
    let letter = office.register("Nowak", "Skarga").await;
    let moves = ["2026-11-27", "2026-12-01", "2026-12-05", "2026-12-09", "2026-12-13", "2026-12-17", "2026-12-21"];
    for day in moves {
        office.clock.set(&format!("{day}T08:14:00Z"));
        office.register("Żak", "Pismo").await;
    }
    office.clock.set("2026-12-23T08:14:00Z");
    let slip = slip::pdf(&office.desk, letter.id).await.expect("a slip on the thirtieth day");
    assert!(text_of(&slip).contains(&letter.status_key));

    office.clock.set("2026-12-24T08:14:00Z");
    let slip = slip::pdf(&office.desk, letter.id).await.expect("a slip on the day after");
    let text = text_of(&slip);
    assert!(!text.contains(&letter.status_key));
    assert!(text.contains("tylko 30 dni"), "{text}");
    let view = letters::letter(&office.desk, letter.id).await.expect("the letter");
    assert_eq!(view.status_key, None);
}

#[tokio::test]
async fn a_clock_far_ahead_takes_no_key_away() {
    let office = desk_with_page().await;
    let letter = office.register("Nowak", "Skarga").await;
    office.clock.set("2036-11-23T08:14:00Z");
    let slip = slip::pdf(&office.desk, letter.id).await.expect("a slip");
    assert!(text_of(&slip).contains(&letter.status_key));
}

#[tokio::test]
async fn without_a_public_page_the_slip_says_the_key_alone() {
    let office = TestDesk::new().await;
    let letter = office.register("Nowak", "Skarga").await;
    let text = text_of(&slip::pdf(&office.desk, letter.id).await.expect("a slip"));
    assert!(text.contains("Klucz sprawy") && text.contains(&letter.status_key), "{text}");
    assert!(!text.contains("Zeskanuj"), "{text}");
}

#[tokio::test]
async fn a_cancelled_letter_has_no_slip() {
    let office = desk_with_page().await;
    let letter = office.register("Nowak", "Skarga").await;
    let draft = CancellationDraft { letter_id: letter.id, reason: "omyłka".to_owned() };
    letters::cancel_letter(&office.desk, draft).await.expect("cancelled");
    assert_eq!(code(slip::pdf(&office.desk, letter.id).await), ErrorCode::NotAllowedNow);
}
