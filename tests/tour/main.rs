//! `cargo xtask tour [FOLDER]`: drives the real window through the main job on a display of its own and keeps a picture
//! of every step, the label (`.zpl`, `.png`), the slip and the scan (`.pdf`).

use std::path::{Path, PathBuf};

use kit::{
    demo_office::DemoOffice,
    main_job::MainJob,
    window::{Window, WindowPlaces},
};
use serde_json::json;

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("tour FOLDER"));
    std::fs::create_dir_all(&folder).expect("the tour's folder");
    let work = tempfile::tempdir().expect("a folder for the desk");
    let office = DemoOffice::open(work.path()).await.expect("the demo office opens");
    let places = WindowPlaces::beside(work.path());

    let window = Window::open(&places).await;
    let job = MainJob { window: &window, office: &office, pictures: Some(&folder) };
    job.first_start().await;
    job.settings().await;
    window.press("F2");
    window.wait_for_focus("sender").await;
    job.picture("04-nowe-pismo").await;
    let number = job.register("Łozińska Barbara", "Wniosek o wydanie zaświadczenia").await;
    job.label_confirmed().await;
    job.slip().await;
    office.mfp.sheets_at_least(1).await;
    job.scan().await;
    job.open_letter("lozinska", &number).await;
    job.hand_to_unit("or", "Referat Organizacyjny").await;
    if office.places().central.is_some() {
        job.synced().await;
        job.picture("13-zsynchronizowane").await;
    }
    keep_papers(&folder, &office);
    keep_documents(&folder, &window, &number).await;
    window.press("F1");
    window.wait("the list of keys", "return document.querySelector('[data-testid=keys-dialog]') !== null").await;
    job.picture("14-klawisze").await;
    window.press("Escape");
    window.press("ctrl+l");
    window.wait_for_focus("password").await;
    job.picture("15-blokada").await;
    window.close().await;
    say(&folder);
}

fn keep_papers(folder: &Path, office: &DemoOffice) {
    let label = office.printer.labels().into_iter().next().expect("a printed label");
    std::fs::write(folder.join("etykieta.zpl"), &label.zpl).expect("the label's bytes");
    std::fs::write(folder.join("etykieta.png"), &label.png).expect("the label's picture");
}

// The very bytes that the window shows.
async fn keep_documents(folder: &Path, window: &Window, number: &str) {
    let row = window.command("letters_list", json!({ "query": { "text": number, "after": null } })).await;
    let id = row["rows"][0]["id"].clone();
    let letter = window.command("letters_get", json!({ "id": id })).await;
    let slip = window.bytes("slip_pdf", json!({ "letterId": id })).await;
    let scan = window.bytes("scanning_document", json!({ "letterId": id, "scanId": letter["scan"]["id"] })).await;
    std::fs::write(folder.join("potwierdzenie.pdf"), slip).expect("the slip");
    std::fs::write(folder.join("skan.pdf"), scan).expect("the scan");
}

#[expect(clippy::print_stdout, reason = "where the pictures lie is what the command is for")]
fn say(folder: &Path) {
    println!("pictures and papers of the tour: {}", folder.display());
}
