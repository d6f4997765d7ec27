//! What is done at central, in the real window: a dead desk's series are closed and its letters entered again; a letter's content
//! is erased while it stands open.

use central::{
    erasure,
    symbols::{self, FromLabel},
};
use desk::sync::{Conversation, Pace};
use domain::{
    party::PartyName,
    register::{PointSymbol, Register, RegisterNumber},
};
use kit::test_desk::TestDesk;

use crate::Counter;

fn number(n: u32, year: i16) -> RegisterNumber {
    let symbol = PointSymbol::try_from("K2".to_owned()).expect("a symbol");
    RegisterNumber { register: Register::Incoming, symbol, year, n }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_desk_is_closed_and_its_letters_stand_in_the_register_until_it_comes_back() {
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let central = office.central.as_ref().expect("PostgreSQL is installed for the tests");
    job.register("Gęś Zofia", "Wniosek o wycięcie lip").await;
    job.label_confirmed().await;
    job.synced().await;

    // The other desk gave two numbers; central heard of one. Then it burnt.
    let second = TestDesk::with_seed(7).await;
    second.join(&central.invite("K2").await).await.expect("let in");
    let mut sync = Conversation::new(second.desk.clone(), Pace::default());
    sync.round().await;
    second.register("Nowak", "Pismo wysłane przed pożarem").await;
    sync.round().await;
    let unsent = second.register("Łozińska", "Skarga na hałas").await;
    let year: i16 = unsent.number.rsplit('/').next().and_then(|year| year.parse().ok()).expect("a year");

    let administrator = central.administrator();
    let symbol = PointSymbol::try_from("K2".to_owned()).expect("a symbol");
    symbols::close(&administrator, &symbol, &[number(3, year)], "Jan Kowalik", "stanowisko spłonęło")
        .await
        .expect("closed up to the highest label");
    let label = FromLabel {
        number: number(2, year),
        sender: PartyName::Person { surname: "Łozińska".to_owned(), given_names: String::new() },
        title: "Skarga".to_owned(),
        received_on: jiff::civil::date(year, 11, 23),
        by: "Jan Kowalik".to_owned(),
    };
    symbols::reenter(&administrator, central.teryt(), label).await.expect("entered again");

    window.press("ctrl+2");
    window.wait_for_focus("search").await;
    window.type_text("k2");
    window.wait_for_text("Pismo wysłane przed pożarem").await;
    let row = format!("return (document.querySelector('[data-testid=\"row-RPW/K2/2/{year}\"]')?.innerText ?? '')");
    window.wait("the re-entry stands in the register", &format!("{row}.includes('Skarga')")).await;
    counter.picture("zamkniete-stanowisko").await;

    // It comes back after all: its own facts stand, and what differs is a matter for somebody to look at.
    sync.round().await;
    window.wait("its own letter takes the place", &format!("{row}.includes('Skarga na hałas')")).await;
    window.wait("the task is counted", "return document.querySelector('[data-testid=tasks-count]') !== null").await;
    window.press("ctrl+5");
    window.wait_for_focus("tasks-list").await;
    let differs = "return document.querySelector('[data-testid=task][data-reason=reentry_differs]') !== null";
    window.wait("what differs is shown", differs).await;
    counter.picture("stanowisko-wrocilo").await;
    counter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_erased_while_it_stands_open_leaves_number_and_stage() {
    let counter = Counter::open().await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let central = office.central.as_ref().expect("PostgreSQL is installed for the tests");
    let number = job.register("Łozińska Barbara", "Wniosek o wycięcie lip").await;
    job.label_confirmed().await;
    job.synced().await;
    job.open_letter("loz", &number).await;
    window.wait_for_text("Wniosek o wycięcie lip").await;

    let files = central.files();
    erasure::erase(&central.administrator(), central.teryt(), &files, &number, "Jan Kowalik", "art. 17 RODO")
        .await
        .expect("erased");
    window.wait("the screen says so", "return document.querySelector('[data-testid=erased]') !== null").await;
    let gone = "return !document.body.innerText.includes('Łozińska') && !document.body.innerText.includes('lip')";
    window.wait("and nothing of it is left", gone).await;
    counter.picture("usunieta-tresc").await;
    // Its keys do nothing, and the search finds it by its number alone.
    window.press("p");
    window.press("Escape");
    window.wait_for_focus("search").await;
    window.wait_for_text("Nic takiego nie ma w rejestrze.").await;
    counter.close().await;
}
