//! Bad input at the intake form, and letters that must come out of it once.

use desk::{DeskError, intake};
use domain::{ErrorCode, FieldError, party::PartyKind};
use kit::test_desk::TestDesk;

fn wrong(result: Result<desk::intake::view::Registered, DeskError>) -> Vec<(String, ErrorCode)> {
    match result {
        Err(DeskError::Draft(fields)) => {
            fields.0.into_iter().map(|FieldError { field, code, .. }| (field, code)).collect()
        }
        other => panic!("expected wrong fields, got {other:?}"),
    }
}

fn named(fields: &[(&str, ErrorCode)]) -> Vec<(String, ErrorCode)> {
    fields.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect()
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once_and_no_number_is_burnt() {
    let office = TestDesk::new().await;
    let mut draft = office.draft("", "").await;
    draft.sender.town = String::new();
    draft.sender.identifier = "44051401358".to_owned();
    draft.letter_date = "31.02.2026".to_owned();
    draft.reference = String::new();
    draft.received_on = "24.11.2026".to_owned();
    draft.attachments = "dwa".to_owned();
    draft.remarks = "a\u{1b}b".to_owned();
    assert_eq!(
        wrong(intake::register_letter(&office.desk, draft).await),
        named(&[
            ("sender.surname", ErrorCode::Required),
            ("sender.town", ErrorCode::Required),
            ("sender.identifier", ErrorCode::PeselWrong),
            ("title", ErrorCode::Required),
            ("letterDate", ErrorCode::NotADate),
            ("reference", ErrorCode::Required),
            ("receivedOn", ErrorCode::DateInFuture),
            ("attachments", ErrorCode::NotANumber),
            ("remarks", ErrorCode::ControlCharacters),
        ])
    );
    assert_eq!(office.register("Łozińska", "Wniosek").await.number, "RPW/1/2026");
}

#[tokio::test]
async fn too_long_texts_and_dates_of_receipt_are_judged() {
    let office = TestDesk::new().await;
    let mut draft = office.draft("Nowak", &"t".repeat(251)).await;
    draft.received_on = "20.11.2026".to_owned();
    assert_eq!(
        wrong(intake::register_letter(&office.desk, draft.clone()).await),
        named(&[("title", ErrorCode::TooLong), ("earlierReason", ErrorCode::ReasonRequired)])
    );
    draft.title = "Skarga".to_owned();
    draft.earlier_reason = "awaria prądu".to_owned();
    draft.letter_date = "1.12.2026".to_owned();
    assert_eq!(
        wrong(intake::register_letter(&office.desk, draft.clone()).await),
        named(&[("letterDate", ErrorCode::FutureDateUnconfirmed)])
    );
    draft.future_date_confirmed = true;
    let letter = intake::register_letter(&office.desk, draft).await.expect("confirmed with one key");
    let view = desk::letters::letter(&office.desk, letter.id).await.expect("the letter");
    assert_eq!(view.letter.facts.received_on.to_string(), "2026-11-20");
    assert_eq!(view.letter.facts.earlier_reason.as_deref(), Some("awaria prądu"));
}

#[tokio::test]
async fn a_letter_without_a_wrong_pesel_is_registered() {
    let office = TestDesk::new().await;
    let mut draft = office.draft("Nowak", "Podanie").await;
    draft.sender.identifier = "44051401358".to_owned();
    assert_eq!(
        wrong(intake::register_letter(&office.desk, draft.clone()).await),
        named(&[("sender.identifier", ErrorCode::PeselWrong)])
    );
    draft.sender.identifier = String::new();
    intake::register_letter(&office.desk, draft).await.expect("registered without it");
}

#[tokio::test]
async fn the_same_form_twice_is_one_letter() {
    let office = TestDesk::new().await;
    let draft = office.draft("Łozińska", "Wniosek").await;
    let first = intake::register_letter(&office.desk, draft.clone()).await.expect("once");
    let second = intake::register_letter(&office.desk, draft).await.expect("twice");
    assert_eq!(first, second);
    assert_eq!(office.register("Nowak", "Skarga").await.number, "RPW/2/2026");
}

#[tokio::test]
async fn the_unfinished_form_outlives_a_lock_and_a_kill() {
    let office = TestDesk::new().await;
    let mut draft = office.draft("Łozińska", "Wniosek o").await;
    draft.sender.typed = "lozi".to_owned();
    intake::keep_draft(&office.desk, draft.clone()).await.expect("kept");
    desk::session::lock(&office.desk).await.expect("locked");
    let refused = intake::open(&office.desk).await.map_err(|error| error.code());
    assert_eq!(refused.map(|_| ()), Err(ErrorCode::NotSignedIn));

    let office = office.restart().await;
    let view = intake::open(&office.desk).await.expect("open");
    assert!(view.unfinished);
    assert_eq!(view.draft, draft);
    let registered = intake::register_letter(&office.desk, view.draft).await.expect("registered");
    intake::keep_draft(&office.desk, draft).await.expect("a late key is no fault");
    let view = intake::open(&office.desk).await.expect("open");
    assert!(!view.unfinished, "a registered form does not come back");
    assert_ne!(view.draft.id, registered.id);
}

#[tokio::test]
async fn a_clock_ten_years_ahead_gives_no_number_until_a_clerk_decides() {
    let office = TestDesk::new().await;
    office.register("Łozińska", "Wniosek").await;
    office.clock.set("2036-11-23T08:14:00Z");
    let draft = office.draft("Nowak", "Skarga").await;
    let refused = intake::register_letter(&office.desk, draft.clone()).await.map_err(|error| error.code());
    assert_eq!(refused.map(|_| ()), Err(ErrorCode::OfficeDayUnconfirmed));

    let question = intake::open(&office.desk).await.expect("open").day_question.expect("a question");
    assert_eq!((question.stored.as_str(), question.claimed.as_str()), ("2026-11-23", "2036-11-23"));
    intake::confirm_day(&office.desk, "2026-11-23").await.expect("the stored day still holds");
    let letter = intake::register_letter(&office.desk, draft).await.expect("registered");
    assert_eq!(letter.number, "RPW/2/2026");
    assert!(letter.label.received.starts_with("23.11.2026"), "{}", letter.label.received);
}

#[tokio::test]
async fn the_year_turns_only_when_a_clerk_says_so() {
    let office = TestDesk::new().await;
    office.clock.set("2026-12-31T12:00:00Z");
    intake::confirm_day(&office.desk, "2026-12-31").await.expect("five weeks later");
    office.register("Łozińska", "Wniosek").await;
    office.clock.set("2027-01-01T12:00:00Z");
    let draft = office.draft("Nowak", "Skarga").await;
    let refused = intake::register_letter(&office.desk, draft.clone()).await.map_err(|error| error.code());
    assert_eq!(refused.map(|_| ()), Err(ErrorCode::OfficeDayUnconfirmed));
    intake::confirm_day(&office.desk, "2027-01-01").await.expect("confirmed");
    intake::confirm_day(&office.desk, "2026-12-31").await.expect_err("the clock no longer claims it");
    let letter = intake::register_letter(&office.desk, draft).await.expect("registered");
    assert_eq!(letter.number, "RPW/1/2027");
}

#[tokio::test]
async fn senders_are_found_without_their_diacritics_and_remembered_once() {
    let office = TestDesk::new().await;
    office.register("Łozińska", "Wniosek").await;
    office.register("Łozińska", "Skarga").await;
    let mut firm = office.draft("", "Faktura").await;
    firm.sender.kind = PartyKind::Organisation;
    firm.sender.name = "Łoziński i Wspólnicy sp. j.".to_owned();
    firm.sender.identifier = "525-000-73-13".to_owned();
    intake::register_letter(&office.desk, firm).await.expect("registered");

    let found = desk::people::suggest(&office.desk, "lozi").await.expect("suggestions");
    let names: Vec<(&str, u32)> = found.iter().map(|found| (found.name.as_str(), found.letters)).collect();
    assert_eq!(names, [("Łozińska Barbara", 2), ("Łoziński i Wspólnicy sp. j.", 1)]);
    let by_number = desk::people::suggest(&office.desk, "5250007313").await.expect("suggestions");
    assert_eq!(by_number.len(), 1);
    assert_eq!(by_number[0].identifier_hint, Some(("nip".to_owned(), "313".to_owned())));
    assert!(desk::people::suggest(&office.desk, "\"* OR").await.expect("no syntax").is_empty());
}

#[tokio::test]
async fn zpl_and_search_syntax_in_a_name_are_only_text() {
    let office = TestDesk::new().await;
    let letter = office.register("A^XB~HSC \"NEAR(", "' OR 1=1 --").await;
    let view = desk::letters::letter(&office.desk, letter.id).await.expect("the letter");
    assert_eq!(view.letter.facts.sender.name.display(), "A^XB~HSC \"NEAR( Barbara");
    assert_eq!(view.letter.facts.title, "' OR 1=1 --");
}
