//! The public page: stage, date, unit, and the same answer for everything else.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use domain::stage::Stage;
use jiff::ToSpan;
use kit::central_office::{CentralOffice, CentralSetup};
use reqwest::{Client, Response, StatusCode};

use crate::central_desk::{WireDesk, office, status_key};

async fn ask(central: &CentralOffice, key: &str, language: &str) -> Response {
    // Typed keys hold letters, digits, hyphens and spaces, all safe in a form.
    let body = format!("key={}&lang={language}", key.replace(' ', "+"));
    Client::new()
        .post(format!("{}/s", central.status_address))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .expect("an answer")
}

async fn text(response: Response) -> String {
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.expect("html")
}

#[tokio::test]
async fn a_key_answers_with_stage_date_and_unit_and_no_name() {
    let central = office().await;
    central.make_units().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let (id, _) = desk.register();
    desk.push_all().await;
    let key = status_key(1).display();

    let page = text(ask(&central, &key, "pl").await).await;
    assert!(page.contains("aria-current=\"step\"><span class=\"unseen\">teraz: </span>zarejestrowano"), "{page}");
    assert!(page.contains("23 listopada 2026") && page.contains("<html lang=\"pl\">"));
    assert!(!page.contains("<dt>Komórka</dt>"));
    desk.set_stage(id, None, Stage::InProgress);
    desk.push_all().await;
    let typed = key.to_lowercase().replace('-', " ").replace('0', "o");
    let page = text(ask(&central, &typed, "en").await).await;
    assert!(page.contains("now: </span>in progress") && page.contains("23 November 2026"), "{page}");
    assert!(page.contains("Referat Finansowy"));
    for secret in ["Łozińska", "drzewa", "RPW", "WK1-26", "Wójcik", &id.to_string()] {
        assert!(!page.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn unknown_malformed_expired_and_cancelled_keys_get_the_same_answer() {
    let years = Arc::new(AtomicI64::new(0));
    let passed = Arc::clone(&years);
    let clock = central::Clock::of(move || {
        let start: jiff::Timestamp = "2026-11-23T08:00:00Z".parse().expect("instant");
        start + (passed.load(Ordering::Relaxed) * 366 * 24).hours()
    });
    let central = CentralOffice::start(CentralSetup { clock, ..CentralSetup::default() }).await.expect("central");
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    let (second, _) = desk.register();
    desk.seal(&wire::v1::OpBody::LetterCancelled {
        letter_id: second,
        reason: "wpisano dwa razy".to_owned(),
        by: "Anna Wójcik".to_owned(),
        at: "2026-11-23T10:00:00Z".parse().expect("instant"),
    });
    desk.push_all().await;
    let known = status_key(1).display();
    assert!(text(ask(&central, &known, "pl").await).await.contains("zarejestrowano"));

    let cancelled = text(ask(&central, &status_key(2).display(), "pl").await).await;
    let unknown = text(ask(&central, &status_key(77).display(), "pl").await).await;
    assert!(unknown.contains("Nie ma sprawy o tym kluczu."));
    let mut wrong_check = known.clone();
    wrong_check.pop();
    wrong_check.push(if known.ends_with('Z') { 'Y' } else { 'Z' });
    for malformed in ["", "rubbish", "U", &wrong_check, &"A".repeat(900)] {
        assert_eq!(text(ask(&central, malformed, "pl").await).await, unknown, "{malformed}");
    }
    years.store(3, Ordering::Relaxed);
    assert_eq!(text(ask(&central, &known, "pl").await).await, unknown, "expired");
    assert_eq!(cancelled, unknown);
    let no_form = Client::new().post(format!("{}/s", central.status_address)).body("x").send().await.expect("answer");
    assert!(text(no_form).await.contains("Nie ma sprawy o tym kluczu."));
}

#[tokio::test]
async fn every_answer_is_closed_to_other_sites_and_to_memory() {
    let central = office().await;
    let client = Client::new();
    for path in ["/", "/s", "/s?lang=en", "/s.css", "/s.js", "/nowhere"] {
        let response = client.get(format!("{}{path}", central.status_address)).send().await.expect("an answer");
        let headers = response.headers();
        assert!(headers["content-security-policy"].to_str().expect("text").starts_with("default-src 'none';"));
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert!(!headers.contains_key("set-cookie"), "{path}");
        let body = response.text().await.expect("text");
        assert!(!body.contains("http://") && !body.contains("https://"), "nothing from elsewhere: {path}");
    }
    let english = client.get(&central.status_address).header("accept-language", "en-GB,pl;q=0.5").send().await;
    assert!(english.expect("an answer").text().await.expect("html").contains("<html lang=\"en\">"));
    let desks_only = client.post(format!("{}/v1/challenge", central.status_address)).send().await.expect("an answer");
    assert_eq!(desks_only.status(), StatusCode::NOT_FOUND, "the public cannot reach the desks' routes");
}

#[tokio::test]
async fn an_address_that_asks_too_often_waits() {
    let central = office().await;
    let mut statuses = Vec::new();
    for _ in 0..25 {
        let response = ask(&central, "rubbish", "pl").await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(response.headers().contains_key("retry-after"));
        }
        statuses.push(response.status());
    }
    assert_eq!(statuses[..20], [StatusCode::OK; 20]);
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS));
    let page = reqwest::get(&central.status_address).await.expect("the form itself");
    assert_eq!(page.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_page_s_role_reads_its_table_and_nothing_else() {
    use sqlx::Executor;
    let central = office().await;
    let mut connection = central.pool().acquire().await.expect("a connection");
    connection.execute("SET ROLE okienko_status_2404082").await.expect("the role");
    connection.execute("SELECT hash, stage, changed_on, unit, expires_on FROM status_public").await.expect("its table");
    for forbidden in [
        "SELECT * FROM letter",
        "SELECT * FROM device",
        "SELECT * FROM operation",
        "SELECT * FROM change",
        "INSERT INTO status_public VALUES ('', '', now(), '', now())",
        "UPDATE status_public SET stage = 'closed'",
        "DELETE FROM status_public",
    ] {
        let error = connection.execute(forbidden).await.expect_err(forbidden);
        assert_eq!(
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(),
            Some("42501"),
            "{forbidden}"
        );
    }
    connection.execute("RESET ROLE").await.expect("reset");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_behind_the_hash_is_asked_for_by_the_page_s_own_script() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    let profile = tempfile::tempdir().expect("folder");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("{}/s#{}", central.status_address, status_key(1).display()))
        .output()
        .expect("chromium runs");
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(page.contains("zarejestrowano") || page.contains("now: </span>registered"), "{page}");
    assert!(page.contains("aria-current=\"step\""));
}

/// What a citizen sees, judged by axe in a real Chromium: both languages, light and dark, telephone and desk.
#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_the_page() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    let ui = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui");
    let judged = Command::new("node")
        .args(["tests/pages/axe.mjs", &central.status_address, &status_key(1).display(), "0000-0000"])
        .current_dir(ui)
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
    assert!(said.contains("24 pages judged"), "{said}");
}
