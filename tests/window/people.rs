//! Several people and desks, in the real window: two corrections meet and are settled; another clerk signs in at the same desk.

use std::path::PathBuf;

use central::accounts::{self, NewClerk};
use desk::{
    letters::{self, view::CorrectionDraft},
    sync::{Conversation, Pace},
};
use domain::rights::Role;
use kit::{
    main_job::{MainJob, PASSWORD},
    test_desk::TestDesk,
};

use crate::Counter;

async fn pictured(counter: &Counter, pictures: Option<&PathBuf>, name: &str) {
    let job = MainJob { window: &counter.window, office: &counter.office, pictures: pictures.map(PathBuf::as_path) };
    job.picture(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_from_two_desks_is_shown_with_both_versions_and_settled() {
    let pictures = std::env::var_os("OKIENKO_PICTURES").map(PathBuf::from);
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let central = office.central.as_ref().expect("PostgreSQL is installed for the tests");
    let number = job.register("Gęś Zofia", "Wniosek o wycięcie lip").await;
    job.label_confirmed().await;
    job.synced().await;
    let id = central.letters().await[0].id;

    // Another desk corrects the same letter, and central hears of it last.
    let second = TestDesk::with_seed(7).await;
    second.join(&central.invite("K2").await).await.expect("let in");
    let mut sync = Conversation::new(second.desk.clone(), Pace::default());
    sync.round().await;
    let mut draft = letters::draft_of(&second.desk, id).await.expect("the letter of the first desk");
    draft.title = "Wniosek o wycinkę drzew".to_owned();
    letters::correct_letter(&second.desk, CorrectionDraft { draft, reason: "skrót".to_owned() })
        .await
        .expect("corrected there");

    job.open_letter("gęs", &number).await;
    window.press("p");
    window.wait_for_focus("correct.reason").await;
    window.fill("literówka").await;
    job.fill("correct.title", "Wniosek o wycięcie dwóch lip").await;
    window.press("ctrl+Return");
    window.wait_for_focus("letter").await;
    window.wait("central took it", "return document.querySelector('[data-testid=unsent]') === null").await;
    sync.round().await;

    window.wait("the task is counted", "return document.querySelector('[data-testid=tasks-count]') !== null").await;
    window.press("ctrl+5");
    window.wait_for_focus("tasks-list").await;
    window.wait_for_text("Wniosek o wycinkę drzew").await;
    window.wait_for_text("Wniosek o wycięcie dwóch lip").await;
    pictured(&counter, pictures.as_ref(), "sprawy").await;
    job.tab_to("version-title").await;
    window.press("Down");
    let chosen = "return document.querySelector('[data-testid=version-title-earlier][data-selected]') !== null";
    window.wait("the earlier text is chosen", chosen).await;
    window.press("ctrl+Return");
    window.wait("nothing is left", "return document.querySelector('[data-testid=tasks-none]') !== null").await;
    // The search stands as it was left, and the letter is its only row.
    window.press("ctrl+2");
    window.wait_for_focus("search").await;
    window.press("Return");
    window.wait_for_focus("letter").await;
    window.wait_for_text("Wniosek o wycięcie dwóch lip").await;
    window.wait("central took it", "return document.querySelector('[data-testid=unsent]') === null").await;
    let letter = central.letters().await.remove(0);
    assert_eq!((letter.facts.title.as_str(), letter.tasks.len()), ("Wniosek o wycięcie dwóch lip", 0));
    counter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_clerk_takes_over_without_a_restart_and_sees_what_her_role_may() {
    let pictures = std::env::var_os("OKIENKO_PICTURES").map(PathBuf::from);
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let central = office.central.as_ref().expect("PostgreSQL is installed for the tests");
    job.synced().await;
    let (login, password, roles) = ("e.dab", PASSWORD.to_owned(), [Role::Secretary]);
    let new = NewClerk { login, given_name: "Ewa", surname: "Dąb", password, roles: &roles };
    accounts::add(&central.administrator(), new).await.expect("an account");

    window.press("F2");
    window.wait_for_focus("sender").await;
    window.press("ctrl+l");
    window.wait("the lock", "return document.querySelector('[data-testid=locked]') !== null").await;
    window.wait_for_focus("password").await;
    pictured(&counter, pictures.as_ref(), "blokada").await;
    window.fill(PASSWORD).await;
    window.press("Return");
    window.wait_for_focus("sender").await;

    window.press("ctrl+l");
    window.wait_for_focus("password").await;
    job.tab_to("other-clerk").await;
    window.press("Return");
    window.wait("the list", "return document.querySelector('[data-testid=sign-in]') !== null").await;
    window.wait_for_focus("password").await;
    window.press("Up");
    window.wait("a login is asked for", "return document.querySelector('[data-testid=login]') !== null").await;
    window.press("shift+Tab");
    window.wait_for_focus("login").await;
    window.fill("e.dab").await;
    window.press("Tab");
    window.wait_for_focus("password").await;
    window.fill(PASSWORD).await;
    pictured(&counter, pictures.as_ref(), "inna-osoba").await;
    window.press("Return");
    // The secretary takes nothing in: her window opens with the register.
    window.wait_for_focus("search").await;
    window.wait("no intake", "return document.querySelector('[data-testid=place-intake]') === null").await;
    window.wait_for_text("Ewa Dąb").await;
    pictured(&counter, pictures.as_ref(), "sekretarz").await;
    counter.close().await;
}
