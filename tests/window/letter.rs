//! What a clerk does with a letter afterwards, in the real window: correcting, cancelling, a stage set at central.

use std::process::Command;

use kit::{
    devices::virtual_mfp::FeederSheet,
    window::{Window, built},
};

use crate::Counter;

async fn history_says(window: &Window, words: &str) {
    let script =
        format!("return document.querySelector('[data-testid=history]')?.innerText.includes({words:?}) ?? false");
    window.wait(&format!("the history says “{words}”"), &script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_corrected_then_cancelled_and_its_number_stays() {
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let number = job.register("Gęś Zofia", "Wniosek o zezwolenei").await;
    job.label_confirmed().await;
    job.open_letter("gęs", &number).await;

    window.press("p");
    window.wait_for_focus("correct.reason").await;
    window.press("ctrl+Return");
    let refused =
        "return document.querySelector('[data-testid=\"correct.reason\"]')?.getAttribute('aria-invalid') === 'true'";
    window.wait("a correction without a reason is refused at the field", refused).await;
    window.wait_for_focus("correct.reason").await;
    window.fill("literówka w tytule").await;
    job.fill("correct.title", "Wniosek o zezwolenie").await;
    window.press("ctrl+Return");
    window.wait_for_focus("letter").await;
    let title = "return document.querySelector('[data-testid=letter-title]')?.innerText === 'Wniosek o zezwolenie'";
    window.wait("the corrected title", title).await;
    history_says(window, "Wniosek o zezwolenei").await;
    history_says(window, "literówka w tytule").await;

    window.press("a");
    window.wait_for_focus("cancel-dialog").await;
    window.fill("przyjęta dwa razy").await;
    window.press("ctrl+Return");
    window.wait("the letter is cancelled", "return document.querySelector('[data-testid=cancelled]') !== null").await;
    window.wait_for_text("przyjęta dwa razy").await;
    window.wait_for_text(&number).await;
    window
        .wait("a cancelled letter is not corrected", "return document.querySelector('[data-testid=correct]') === null")
        .await;
    window.wait("central took it", "return document.querySelector('[data-testid=unsent]') === null").await;
    let letters = office.central.as_ref().expect("PostgreSQL is installed for the tests").letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].facts.title, "Wniosek o zezwolenie");
    assert!(letters[0].cancelled.is_some(), "cancelled at central too");

    let next = job.register("Nowak Jan", "Podanie").await;
    assert_eq!(next, number.replace("RPW/1/", "RPW/2/"), "the cancelled number is not given again");
    counter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_set_by_centrals_command_is_seen_in_the_window() {
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let central = office.central.as_ref().expect("PostgreSQL is installed for the tests");
    let number = job.register("Dąbrowska Ewa", "Zapytanie").await;
    job.synced().await;
    job.open_letter("dabrow", &number).await;

    let command = Command::new(built("central"))
        .args(["letter", "set-stage", &number, "in-progress", "--unit", "Referat Środowiska"])
        .env("CENTRAL_DATABASE_URL", &central.database_url)
        .env("CENTRAL_OFFICE_TERYT", central.teryt().as_str())
        .output()
        .expect("central's command runs");
    assert!(command.status.success(), "{}", String::from_utf8_lossy(&command.stderr));
    let stage = "return document.querySelector('[data-testid=letter-stage]')?.innerText.includes('Referat Środowiska') ?? false";
    window.wait("the open letter shows the new unit", stage).await;
    history_says(window, "Referat Środowiska").await;
    counter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_screen_tests_printer_scanner_and_central() {
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    for test in ["test-label", "test-central"] {
        job.tab_to(test).await;
        window.press("space");
        let answers = format!(
            "return document.querySelector('[data-testid={test}-answer]')?.innerText.startsWith('Odpowiada') ?? false"
        );
        window.wait(&format!("{test} answers"), &answers).await;
    }
    assert_eq!(office.printer.labels_at_least(1).await.len(), 1, "one test label on paper");
    office.mfp.load([FeederSheet::blank()]);
    job.tab_to("test-scan").await;
    window.press("space");
    let page =
        "const page = document.querySelector('[data-section=mfp] img'); return page?.complete && page.naturalWidth > 0";
    window.wait("the scanned page is shown", page).await;
    counter.close().await;
}
