//! The main job from the first start to the citizen's page, with the cable out during all of it.

use kit::{
    demo_office::DemoOffice,
    main_job::MainJob,
    window::{Window, WindowPlaces},
};
use serde_json::json;

use crate::Counter;

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_through_the_whole_house_by_keyboard_alone() {
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let number = job.register("Łozińska Barbara", "Wniosek o wydanie zaświadczenia").await;
    assert!(number.starts_with("RPW/1/"), "{number}");
    job.label_confirmed().await;
    job.slip().await;
    office.mfp.sheets_at_least(1).await;
    job.scan().await;
    job.open_letter("lozinska", &number).await;
    job.hand_to_unit("or", "Referat Organizacyjny").await;

    let central = office.central.as_ref().expect("PostgreSQL is installed for the tests");
    job.synced().await;
    let letters = central.letters().await;
    assert_eq!(letters.len(), 1, "central has the letter exactly once");
    let key = status_key(window, &number).await;
    let page = status_page(&central.status_address, &key).await;
    assert!(page.contains("przekazano do komórki"), "{page}");
    assert!(page.contains("Referat Organizacyjny"), "{page}");
    assert!(!page.contains("Łozińska") && !page.contains("Wniosek"), "no names on the page");
    counter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_cable_out_all_but_the_last_step_works_and_the_last_happens_when_it_is_back() {
    let work = tempfile::tempdir().expect("a folder");
    let mut office = DemoOffice::open(work.path()).await.expect("the demo office");
    let window = Window::open(&WindowPlaces::beside(work.path())).await;
    {
        let job = MainJob { window: &window, office: &office, pictures: None };
        job.first_start().await;
        job.settings().await;
        job.synced().await;
    }
    office.central.as_mut().expect("PostgreSQL is installed for the tests").stop().await;
    let number = {
        let job = MainJob { window: &window, office: &office, pictures: None };
        let number = job.register("Żółkiewski Stanisław", "Skarga na hałas").await;
        job.label_confirmed().await;
        job.slip().await;
        office.mfp.sheets_at_least(1).await;
        job.scan().await;
        number
    };
    let waits = "return /czeka|czekaj/.test(document.querySelector('[data-testid=status-central]')?.innerText ?? '')";
    window.wait("the status line says what waits", waits).await;

    let central = office.central.as_mut().expect("central");
    central.start_again().await.expect("central is back");
    let job = MainJob { window: &window, office: &office, pictures: None };
    job.synced().await;
    let central = office.central.as_ref().expect("central");
    assert_eq!(central.letters().await.len(), 1);
    let key = status_key(&window, &number).await;
    assert!(status_page(&central.status_address, &key).await.contains("zarejestrowano"));
    window.close().await;
}

async fn status_key(window: &Window, number: &str) -> String {
    let row = window.command("letters_list", json!({ "query": { "text": number, "after": null } })).await;
    let letter = window.command("letters_get", json!({ "id": row["rows"][0]["id"] })).await;
    letter["statusKey"].as_str().expect("the key of a fresh letter").to_owned()
}

async fn status_page(address: &str, key: &str) -> String {
    let form = format!("key={key}&lang=pl");
    let answer = reqwest::Client::new()
        .post(format!("{address}/s"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .expect("the status page answers");
    answer.text().await.expect("a page")
}
