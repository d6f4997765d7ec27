//! What a clerk meets at the screen when something is wrong: errors at the fields, a kill, a second start, another size.

use std::process::{Command, Stdio};

use kit::{
    demo_office::DemoOffice,
    main_job::{MainJob, PASSWORD},
    window::{Window, WindowPlaces},
};

use crate::Counter;

#[tokio::test(flavor = "multi_thread")]
async fn all_errors_stand_at_their_fields_and_nothing_typed_is_lost_by_a_kill() {
    let work = tempfile::tempdir().expect("a folder");
    let office = DemoOffice::open(work.path()).await.expect("the demo office");
    let places = WindowPlaces::beside(work.path());
    let window = Window::open(&places).await;
    let job = MainJob { window: &window, office: &office, pictures: None };
    job.first_start().await;
    job.settings().await;
    window.press("F2");
    window.wait_for_focus("sender").await;
    window.fill("Gęś Zofia").await;
    window.press("ctrl+n");
    job.fill("title", "Podanie").await;
    window.press("ctrl+Return");
    window.wait_for_focus("error-summary").await;
    let wrong =
        "return [...document.querySelectorAll('[aria-invalid=true]')].map((field) => field.dataset.testid).join(' ')";
    let fields = window.wait("wrong fields", wrong).await;
    for field in ["sender.town", "letterDate", "reference"] {
        assert!(fields.as_str().unwrap_or_default().contains(field), "{field} is not among {fields}");
    }
    let kept = "return document.querySelector('[data-testid=draft-state]')?.dataset.state === 'saved'";
    window.wait("the draft is kept", kept).await;

    let (display, session) = window.kill().await;
    let window = Window::open_on(&places, display, session, &[]).await;
    window.wait_for_focus("password").await;
    window.type_text(PASSWORD);
    window.press("Return");
    window.wait_for_focus("sender").await;
    let title = "return document.querySelector('[data-testid=title]')?.value === 'Podanie'";
    window.wait("the title that was typed before the kill", title).await;
    let surname = "return document.querySelector('[data-testid=\"sender.surname\"]')?.value === 'Gęś'";
    window.wait("the surname that was typed before the kill", surname).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_program_raises_the_first_window_and_ends() {
    let work = tempfile::tempdir().expect("a folder");
    let places = WindowPlaces::beside(work.path());
    let window = Window::open(&places).await;
    window.wait_for_focus("address").await;
    let mut second = Command::new(&places.program);
    window.session.dress(&mut second);
    second
        .env("DISPLAY", window.display.name())
        .env("GDK_BACKEND", "x11")
        .env("OKIENKO_DATA", &places.data)
        .env("OKIENKO_MARK", &places.mark)
        .stderr(Stdio::null());
    let ended = tokio::process::Command::from(second).status().await.expect("the second program runs");
    assert!(ended.success(), "the second program gives way");
    window.wait("the first window still answers", "return document.hasFocus()").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_turns_english_dark_and_large_from_the_settings() {
    let counter = Counter::open().await;
    let (window, job) = (&counter.window, counter.job());
    let before = font_size(window).await;
    job.tab_to("textScale").await;
    for _ in 0..4 {
        window.press("Right");
    }
    job.tab_to("theme").await;
    window.press("Right");
    window.press("Right");
    job.tab_to("language").await;
    window.press("Right");
    window.press("ctrl+Return");
    window.wait_for_text("Settings").await;
    let after = font_size(window).await;
    assert!((after / before - 2.0).abs() < 0.01, "{before} px became {after} px");
    let fits = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    window.wait("nothing sticks out sideways", fits).await;
    counter.close().await;
}

async fn font_size(window: &Window) -> f64 {
    let size = window.run("return parseFloat(getComputedStyle(document.documentElement).fontSize)").await;
    size.as_f64().expect("a size in pixels")
}
