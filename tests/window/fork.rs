//! Two machines under one identity, in the real window: a copied disk is noticed, nobody gets a number for it any more.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use kit::{
    demo_office::DemoOffice,
    desktop::{Display, Session},
    main_job::{MainJob, PASSWORD},
    window::{Window, WindowPlaces},
};

async fn sign_in(places: &WindowPlaces, (display, session): (Display, Session)) -> Window {
    let window = Window::open_on(places, display, session, &[]).await;
    window.wait_for_focus("password").await;
    window.type_text(PASSWORD);
    window.press("Return");
    window.wait_for_focus("sender").await;
    window
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").arg(from).arg(to).status();
    assert!(copied.is_ok_and(|status| status.success()), "the disk is copied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_disk_is_noticed_and_the_screen_says_why_there_are_no_numbers() {
    let pictures = std::env::var_os("OKIENKO_PICTURES").map(PathBuf::from);
    let work = tempfile::tempdir().expect("a folder");
    let mut office = DemoOffice::open(work.path()).await.expect("the demo office");
    let places = WindowPlaces::beside(work.path());
    let window = Window::open(&places).await;
    {
        let job = MainJob { window: &window, office: &office, pictures: None };
        job.first_start().await;
        job.settings().await;
        job.register("Gęś Zofia", "Wniosek").await;
        job.label_confirmed().await;
        job.synced().await;
    }
    let desktop = window.close().await;
    let copied =
        WindowPlaces { data: work.path().join("copy-data"), mark: work.path().join("copy-mark"), ..places.clone() };
    copy(&places.data, &copied.data);
    copy(&places.mark, &copied.mark);

    // Without central neither can know of the other.
    office.central.as_mut().expect("PostgreSQL is installed for the tests").stop().await;
    let window = sign_in(&places, desktop).await;
    let job = MainJob { window: &window, office: &office, pictures: None };
    assert_eq!(job.register("Nowak Jan", "Z pierwszej maszyny").await, "RPW/2/2026");
    let desktop = window.close().await;
    let window = sign_in(&copied, desktop).await;
    let job = MainJob { window: &window, office: &office, pictures: None };
    assert_eq!(job.register("Maj Ewa", "Z drugiej maszyny").await, "RPW/2/2026");

    office.central.as_mut().expect("central").start_again().await.expect("central is back");
    let job = MainJob { window: &window, office: &office, pictures: None };
    job.synced().await;
    let desktop = window.close().await;
    let window = sign_in(&places, desktop).await;
    let told = "return document.querySelector('[data-testid=no-numbers]') !== null";
    window.wait("the first machine is told", told).await;
    let line = "return /dwa komputery/.test(document.querySelector('[data-testid=status-central]')?.innerText ?? '')";
    window.wait("the status line says why", line).await;
    let job = MainJob { window: &window, office: &office, pictures: pictures.as_deref() };
    job.picture("rozwidlenie").await;
    let locked = window.command("intake_open", serde_json::json!({})).await;
    assert_eq!(locked["numbersLocked"]["why"], "forked");
    assert_eq!(locked["nextNumber"], serde_json::Value::Null);

    let central = office.central.as_ref().expect("central");
    assert_eq!(central.letters().await.len(), 2, "the letter of the machine that came second is held");

    // What cannot be sent is carried: by keyboard alone into a file that central reads.
    window.press("F2");
    window.wait_for_focus("sender").await;
    window.press("F8");
    window.wait_for_focus("held-file-save").await;
    window.press("ctrl+s");
    window.display.wait_for_dialogue();
    let path = work.path().join("dla-centrali.okienko");
    window.press("ctrl+a");
    window.type_text(path.to_str().expect("a path in UTF-8"));
    window.press("Return");
    window.wait_for_text("Plik zapisano.").await;
    job.picture("plik-dla-centrali").await;
    window.press("Escape");
    window.wait("it is closed", "return document.querySelector('[data-testid=held-file-dialog]') === null").await;
    let bytes = std::fs::read(&path).expect("the file");
    assert!(bytes.starts_with(b"age-encryption.org/v1"), "readable by central alone");
    window.close().await;
}
