//! Units and people: what the clerk types finds them, who is away is seen, and the citizen reads units and never people.

use central::{
    accounts::{self, NewClerk},
    directory::{self, UnitChange},
};
use desk::{
    DeskEvent,
    letters::{self, view::StageDraft},
};
use domain::{directory::Addressee, ids::LetterId, stage::Stage};
use jiff::civil::date;

use crate::office::Office;

async fn addressees(office: &Office) -> Vec<Addressee> {
    desk::directory::addressees(&office.desk.desk).await.expect("addressees")
}

async fn give(office: &mut Office, letter_id: LetterId, unit: &str) -> Option<String> {
    let draft = StageDraft { letter_id, stage: Stage::HandedToUnit, unit: unit.to_owned() };
    let view = letters::set_stage(&office.desk.desk, draft).await.expect("a unit");
    office.round().await;
    view.unit
}

async fn employ(office: &Office, login: &str, name: [&str; 2]) {
    let [given_name, surname] = name;
    let password = "zielona brama 7".to_owned();
    accounts::add(&office.central.administrator(), NewClerk { login, given_name, surname, password, roles: &[] })
        .await
        .expect("an account");
}

#[tokio::test]
async fn a_letter_is_given_to_a_unit_by_its_symbol_and_the_citizen_reads_its_name() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Łozińska", "Wniosek o wycięcie drzewa").await;
    office.round().await;
    assert_eq!(give(&mut office, registered.id, "oś").await.as_deref(), Some("oś"), "no unit is known yet");
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("<dt>Komórka</dt><dd>Urząd Gminy Kruszyna</dd>"), "what may be a name is not told: {page}");

    office.central.make_units().await;
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("<dd>Referat Ochrony Środowiska</dd>"), "the words name a unit by now: {page}");
    let mut events = office.desk.desk.listen();
    office.round().await;
    assert!(std::iter::from_fn(|| events.try_recv().ok()).any(|seen| seen == DeskEvent::DirectoryChanged));
    let texts: Vec<String> = addressees(&office).await.into_iter().map(|one| one.text).collect();
    assert_eq!(texts.first().map(String::as_str), Some("Referat Finansowy (FN)"));
    assert_eq!(texts.last().map(String::as_str), Some("oś"), "what was typed before is proposed, too");

    let draft = StageDraft { letter_id: registered.id, stage: Stage::InProgress, unit: "oś".to_owned() };
    let view = letters::set_stage(&office.desk.desk, draft).await.expect("a stage");
    assert_eq!(view.unit.as_deref(), Some("oś"), "words that nobody touched stay");
    let named = give(&mut office, registered.id, "os").await;
    assert_eq!(named.as_deref(), Some("Referat Ochrony Środowiska (OŚ)"));
    for (typed, shown) in [
        ("GOPS", "Urząd Gminy Kruszyna"),
        ("p. Kowalska z parteru", "Urząd Gminy Kruszyna"),
        ("referat finansowy", "Referat Finansowy"),
    ] {
        give(&mut office, registered.id, typed).await;
        let page = office.status_page(&registered.status_key).await;
        assert!(page.contains(&format!("<dt>Komórka</dt><dd>{shown}</dd>")), "{typed}: {page}");
        assert!(!page.contains("Kowalska") && !page.contains("Pomocy"), "{page}");
    }

    let name = Some("Referat Budżetu".to_owned());
    let change = UnitChange { name, ..UnitChange::default() };
    directory::change_unit(&office.central.administrator(), "FN", change).await.expect("renamed");
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("<dd>Referat Budżetu</dd>"), "the letter bears the old words: {page}");
    assert_eq!(office.letter(registered.id).await.unit.as_deref(), Some("Referat Finansowy (FN)"));
}

#[tokio::test]
async fn a_tax_letter_s_unit_is_the_office_s_alone() {
    let mut office = Office::open().await;
    office.central.make_units().await;
    office.round().await;
    let registered = office.desk.register("Nowak", "Pismo").await;
    let mut draft = letters::correction_of(&office.desk.desk, registered.id).await.expect("the form").draft;
    draft.kind = "deklaracja podatkowa".to_owned();
    let draft = letters::view::CorrectionDraft { based_on: None, draft, reason: "rodzaj".to_owned() };
    letters::correct_letter(&office.desk.desk, draft).await.expect("corrected");
    give(&mut office, registered.id, "FN.P").await;
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("<dd>Urząd Gminy Kruszyna</dd>") && !page.contains("podatk"), "{page}");

    office.central.make_units().await;
    let change = UnitChange { name: Some("Stanowisko podatków".to_owned()), ..UnitChange::default() };
    directory::change_unit(&office.central.administrator(), "FN.P", change).await.expect("renamed");
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("<dd>Urząd Gminy Kruszyna</dd>") && !page.contains("podatk"), "nor afterwards: {page}");
}

#[tokio::test]
async fn who_is_away_is_seen_at_the_desk_with_her_deputy_and_no_name_on_the_page() {
    let mut office = Office::open().await;
    office.central.make_units().await;
    let registered = office.desk.register("Łozińska", "Skarga").await;
    office.round().await;
    // The desk's own clerk goes on: the office's accounts are used at desks that hear of them at their next greeting.
    for (login, name) in [("a.wojcik", ["Anna", "Wójcik"]), ("j.nowak", ["Jan", "Nowak"])] {
        employ(&office, login, name).await;
    }
    let by = office.central.administrator();
    directory::join(&by, "fn", "a.wojcik", true).await.expect("a head");
    directory::join(&by, "fn", "j.nowak", false).await.expect("a member");
    let week = (date(2026, 11, 20), date(2026, 11, 27));
    directory::add_absence(&by, "a.wojcik", week, Some("j.nowak")).await.expect("away");
    office.round().await;

    let list = addressees(&office).await;
    let of = |text: &str| list.iter().find(|one| one.text == text).unwrap_or_else(|| panic!("{text}: {list:?}"));
    for away in ["Referat Finansowy (FN)", "Anna Wójcik (FN)"] {
        let away = of(away).away.clone().expect("away");
        assert_eq!((away.name.as_str(), away.until.as_str()), ("Anna Wójcik", "2026-11-27"));
        assert_eq!(away.deputy.as_deref(), Some("Jan Nowak (FN)"));
    }
    assert!(of("Jan Nowak (FN)").away.is_none());
    assert_eq!(of("Referat Finansowy (FN)").detail, "Anna Wójcik");

    let state = office.central.set_stage(registered.id, Stage::HandedToUnit, Some("Anna Wójcik (FN)")).await;
    drop(state);
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("<dd>Referat Finansowy</dd>") && !page.contains("Wójcik"), "{page}");

    accounts::deactivate(&office.central.administrator(), "a.wojcik").await.expect("gone");
    office.round().await;
    let list = addressees(&office).await;
    assert!(list.iter().all(|one| one.text != "Anna Wójcik (FN)"), "nobody is given letters who left: {list:?}");
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("<dd>Referat Finansowy</dd>"), "the words she bore still mean her unit: {page}");
}
