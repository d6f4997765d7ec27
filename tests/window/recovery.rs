//! The key is lost, in the real window: the card is saved, the key store is another one, and the card brings the desk back.

use std::{path::PathBuf, process::Command};

use kit::{
    demo_office::DemoOffice,
    main_job::{MainJob, PASSWORD},
    window::{Window, WindowPlaces},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_recovery_card_opens_a_desk_whose_key_is_lost() {
    let pictures = std::env::var_os("OKIENKO_PICTURES").map(PathBuf::from);
    let work = tempfile::tempdir().expect("a folder");
    let office = DemoOffice::open(work.path()).await.expect("the demo office");
    let places = WindowPlaces::beside(work.path());
    let window = Window::open(&places).await;
    let path = work.path().join("karta.pdf");
    {
        let job = MainJob { window: &window, office: &office, pictures: pictures.as_deref() };
        job.first_start().await;
        job.settings().await;
        job.register("Gęś Zofia", "Wniosek").await;
        job.label_confirmed().await;
        window.press("ctrl+4");
        let there = "return document.activeElement?.closest('[data-testid=settings]') !== null";
        window.wait("the settings have the focus", there).await;
        job.tab_to("card-open").await;
        window.press("Return");
        let drawn = "return document.querySelector('[data-testid=card-dialog] canvas') !== null";
        window.wait("the card is drawn", drawn).await;
        job.picture("karta-odzyskiwania").await;
        window.press("ctrl+s");
        window.display.wait_for_dialogue();
        window.press("ctrl+a");
        window.type_text(path.to_str().expect("a path in UTF-8"));
        window.press("Return");
        let saved = "return (document.querySelector('[data-testid=card-saved]')?.innerText ?? '') !== ''";
        window.wait("the card is saved", saved).await;
        window.press("Escape");
    }
    drop(window.close().await);
    let drawn =
        Command::new("pdftoppm").args(["-r", "200", "-gray"]).arg(&path).arg(work.path().join("karta")).status();
    assert!(drawn.is_ok_and(|status| status.success()), "pdftoppm is installed");
    let seen = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(work.path().join("karta-1.pgm")).output();
    let letters = String::from_utf8(seen.expect("zbarimg is installed").stdout).expect("letters");

    // Another session of the computer: its key store is empty.
    let (display, session) = Window::desktop();
    let window = Window::open_on(&places, display, session, &[]).await;
    let job = MainJob { window: &window, office: &office, pictures: pictures.as_deref() };
    window.wait_for_focus("card").await;
    job.picture("klucz-zgubiony").await;
    window.type_text(letters.trim());
    window.press("Return");
    window.wait_for_focus("password").await;
    window.fill(PASSWORD).await;
    window.press("Return");
    window.wait_for_focus("sender").await;
    window.wait_for_text("To stanowisko otwarto kartą odzyskiwania").await;
    job.synced().await;
    job.picture("otwarte-karta").await;
    window.close().await;
}
