//! Several people and desks, in the real window: two corrections meet and are settled; another clerk signs in at the same desk.

use central::accounts::{self, NewClerk};
use desk::{
    letters::{self, view::CorrectionDraft},
    sync::{Conversation, Pace},
};
use domain::rights::Role;
use kit::{main_job::PASSWORD, test_desk::TestDesk};

use crate::Counter;

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_from_two_desks_is_shown_with_both_versions_and_settled() {
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
    let mut draft = letters::correction_of(&second.desk, id).await.expect("the letter of the first desk").draft;
    draft.title = "Wniosek o wycinkę drzew".to_owned();
    letters::correct_letter(&second.desk, CorrectionDraft { based_on: None, draft, reason: "skrót".to_owned() })
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
    counter.picture("sprawy").await;
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

/// From any place to the filled sign-in form of another clerk.
pub(crate) async fn give_the_desk_to(counter: &Counter, login: &str) {
    let window = &counter.window;
    window.press("ctrl+l");
    window.wait_for_focus("password").await;
    counter.job().tab_to("other-clerk").await;
    window.press("Return");
    window.wait("the list", "return document.querySelector('[data-testid=sign-in]') !== null").await;
    window.wait_for_focus("password").await;
    window.press("Up");
    window.wait("a login is asked for", "return document.querySelector('[data-testid=login]') !== null").await;
    window.press("shift+Tab");
    window.wait_for_focus("login").await;
    window.fill(login).await;
    window.press("Tab");
    window.wait_for_focus("password").await;
    window.fill(PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_clerk_takes_over_without_a_restart_and_sees_what_her_role_may() {
    const NEXT: &str = "trzy koty na dachu";
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
    counter.picture("blokada").await;
    window.fill(PASSWORD).await;
    window.press("Return");
    window.wait_for_focus("sender").await;

    // From now on a PIN opens the lock.
    window.press("ctrl+4");
    job.tab_to("pin").await;
    window.press("Return");
    window.wait_for_focus("pin.password").await;
    window.fill(PASSWORD).await;
    for field in ["pin.pin", "pin.pinAgain"] {
        window.press("Return");
        window.wait_for_focus(field).await;
        window.fill("4821").await;
    }
    window.press("ctrl+Return");
    window.wait("it is set", "return document.querySelector('[data-testid=pin-dialog]') === null").await;
    window.press("ctrl+l");
    window.wait_for_focus("password").await;
    window.wait_for_text("PIN albo hasło").await;
    counter.picture("blokada-pin").await;
    window.fill("4821").await;
    window.press("Return");
    window.wait("open again", "return document.querySelector('[data-testid=locked]') === null").await;
    window.press("ctrl+1");
    window.wait_for_focus("sender").await;

    give_the_desk_to(&counter, "e.dab").await;
    counter.picture("inna-osoba").await;
    window.press("Return");
    // The secretary takes nothing in: her window opens with the register.
    window.wait_for_focus("search").await;
    window.wait("no intake", "return document.querySelector('[data-testid=place-intake]') === null").await;
    window.wait_for_text("Ewa Dąb").await;
    counter.picture("sekretarz").await;

    // She gives herself another password. One that everybody tries first is refused at its field, and what is typed stays.
    window.press("ctrl+4");
    job.tab_to("change").await;
    window.press("Return");
    window.wait_for_focus("change.password").await;
    window.fill(PASSWORD).await;
    for field in ["change.newPassword", "change.newPasswordAgain"] {
        window.press("Return");
        window.wait_for_focus(field).await;
        window.fill("Kruszyna2026").await;
    }
    window.press("ctrl+Return");
    window.wait_for_text("zbyt łatwe do odgadnięcia").await;
    counter.picture("haslo-latwe").await;
    window.wait_for_focus("change.newPassword").await;
    window.press("ctrl+a");
    window.fill(NEXT).await;
    window.press("Tab");
    window.wait_for_focus("change.newPasswordAgain").await;
    window.press("ctrl+a");
    window.fill(NEXT).await;
    window.press("ctrl+Return");
    window.wait("it is changed", "return document.querySelector('[data-testid=change-dialog]') === null").await;
    window.press("ctrl+l");
    window.wait_for_focus("password").await;
    window.fill(PASSWORD).await;
    window.press("Return");
    window
        .wait("the one before is refused", "return document.querySelector('[data-testid=password]').value === ''")
        .await;
    window.wait_for_focus("password").await;
    window.fill(NEXT).await;
    window.press("Return");
    window.wait("open again", "return document.querySelector('[data-testid=locked]') === null").await;
    counter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_protection_officer_reads_who_opened_what_and_saves_a_signed_table() {
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let central = office.central.as_ref().expect("PostgreSQL is installed for the tests");
    let number = job.register("Łozińska Barbara", "Wniosek o wycięcie lip").await;
    job.label_confirmed().await;
    job.open_letter("loz", &number).await;
    window.press("Escape");
    window.wait_for_focus("search").await;
    window.press("ctrl+p");
    let drawn = "return document.querySelector('[data-testid=day-sheet-dialog] canvas') !== null";
    window.wait("the day's sheet is drawn", drawn).await;
    counter.picture("arkusz-dnia").await;
    window.press("Escape");
    window.wait_for_focus("search").await;
    job.synced().await;
    let (login, password, roles) = ("i.dane", PASSWORD.to_owned(), [Role::DataProtectionOfficer]);
    let new = NewClerk { login, given_name: "Irena", surname: "Dane", password, roles: &roles };
    accounts::add(&central.administrator(), new).await.expect("an account");

    give_the_desk_to(&counter, "i.dane").await;
    window.press("Return");
    window.wait_for_focus("audit-from").await;
    let told =
        |what: &str| format!("return document.querySelector('[data-testid=audit-entry][data-what={what}]') !== null");
    window.wait("her own sign-in is an entry", &told("signed_in_at_central")).await;
    window.wait("no register", "return document.querySelector('[data-testid=place-register]') === null").await;
    let viewed = "SELECT count(*) FROM operation WHERE position('record_viewed'::bytea IN body) > 0";
    while sqlx::query_scalar::<_, i64>(viewed).fetch_one(central.pool()).await.expect("a count") == 0 {
        tokio::task::yield_now().await;
    }
    window.press("ctrl+Return");
    window.wait("the clerk's look is an entry", &told("record_viewed")).await;
    window.wait_for_text("otwarcie pisma lub skanu").await;
    counter.picture("dziennik").await;

    window.press("ctrl+s");
    window.display.wait_for_dialogue();
    let path = counter.work.path().join("dziennik.csv");
    window.press("ctrl+a");
    window.type_text(path.to_str().expect("a path in UTF-8"));
    window.press("Return");
    window.wait_for_text("Obok tabeli leżą").await;
    let table = std::fs::read_to_string(&path).expect("the table");
    assert!(table.contains("record_viewed") && !table.contains("Łozińska"), "{table}");
    for beside in ["sig", "pem"] {
        let beside = counter.work.path().join(format!("dziennik.csv.{beside}"));
        assert!(std::fs::metadata(&beside).expect("beside the table").len() > 60, "{}", beside.display());
    }
    counter.close().await;
}
