//! The key is lost: the recovery card brings a desk back, and what comes back takes no numbers.

use central::symbols;
use desk::{
    DeskError, desk::DeskParts, intake::view::WhyLocked, labels::view::LabelView, lock::DirLock, recovery,
    sync::Outcome,
};
use domain::{ErrorCode, label::LabelState, register::PointSymbol};
use kit::{
    test_desk::TestDesk,
    virtual_printer::{PrinterSetup, VirtualPrinter},
};
use tokio_util::sync::CancellationToken;

use crate::office::Office;

/// The letters as another program reads them from the saved card.
fn letters_on(card: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (pdf, picture) = (folder.path().join("card.pdf"), folder.path().join("card"));
    std::fs::write(&pdf, card).expect("written");
    let drawn = std::process::Command::new("pdftoppm").args(["-r", "200", "-gray"]).arg(&pdf).arg(&picture).status();
    assert!(drawn.expect("pdftoppm is installed").success());
    let seen = std::process::Command::new("zbarimg")
        .args(["--quiet", "--raw"])
        .arg(folder.path().join("card-1.pgm"))
        .output()
        .expect("zbarimg is installed");
    let scanned = String::from_utf8_lossy(&seen.stdout).trim().to_owned();
    let text = std::process::Command::new("pdftotext").args(["-layout"]).arg(&pdf).arg("-").output();
    let text = String::from_utf8_lossy(&text.expect("pdftotext is installed").stdout).into_owned();
    for group in scanned.split('-') {
        assert!(text.contains(group), "{group} is printed as well: {text}");
    }
    assert!(text.contains("Trzymać w sejfie urzędu") && text.contains("Stanowisko: bez symbolu"), "{text}");
    scanned
}

async fn opened_by(parts: &DeskParts, letters: &str) -> Result<(std::sync::Arc<desk::Desk>, DirLock), DeskError> {
    let lock = DirLock::take(&parts.paths.data).expect("the lock is free");
    Ok((recovery::recover(parts.clone(), &lock, letters).await?, lock))
}

#[tokio::test]
async fn a_card_brings_a_desk_back_that_sends_and_reads_and_takes_no_numbers() {
    let mut office = Office::open().await;
    let letter = office.desk.register("Łozińska", "Wniosek").await;
    let card = recovery::card_pdf(&office.desk.desk).await.expect("a card");
    let letters = letters_on(&card);
    let parts = office.desk.parts().clone();
    let other = TestDesk::with_seed(2).await;
    let others = letters_on(&recovery::card_pdf(&other.desk).await.expect("another card"));

    office.desk.end().await;
    std::fs::remove_file(office.desk.folder().join("key")).expect("the key is lost");
    let lock = DirLock::take(&parts.paths.data).expect("the lock is free");
    let refused = desk::startup::open_desk(parts.clone(), &lock).await.err().expect("no key");
    assert_eq!(refused.code(), ErrorCode::KeyMissing);
    drop(lock);
    for (typed, code) in [
        ("", ErrorCode::CardWrong),
        (&letters[1..], ErrorCode::CardWrong),
        (&letters.replace(&letters[5..6], if &letters[5..6] == "7" { "8" } else { "7" }), ErrorCode::CardWrong),
        (&others, ErrorCode::KeyWrong),
    ] {
        assert_eq!(opened_by(&parts, typed).await.err().expect("refused").code(), code, "{typed}");
        assert!(!office.desk.folder().join("key").exists(), "nothing is put into the store");
    }

    let typed = letters.to_lowercase().replace('-', " ");
    let (desk, lock) = opened_by(&parts, &typed).await.expect("opened");
    assert!(office.desk.folder().join("key").exists(), "the store is filled again");
    desk.close().await;
    drop(lock);
    // From now on it starts by itself, and remembers.
    office.desk = office.desk.restart().await;
    office.fresh_worker();
    assert_eq!(office.round().await, Outcome::Quiet, "what waited is sent");
    assert_eq!(office.central.letters().await.len(), 1);
    let locked = desk::intake::open(&office.desk.desk).await.expect("the form").numbers_locked.expect("no numbers");
    assert_eq!(locked.why, WhyLocked::Recovered);
    let draft = office.desk.draft("Nowak", "Drugie").await;
    let refused = desk::intake::register_letter(&office.desk.desk, draft).await.expect_err("no number");
    assert_eq!(refused.code(), ErrorCode::NumbersLocked);
    let refused = desk::registers::name_highest_label(&office.desk.desk, "").await.expect_err("no label helps");
    assert_eq!(refused.code(), ErrorCode::NumbersLocked);
    let seen = office.letter(letter.id).await;
    assert_eq!(seen.letter.facts.title, "Wniosek");
    // Its label waited for a printer: it may be on paper already, from the other machine.
    assert!(matches!(seen.labels[..], [LabelView { state: LabelState::Uncertain, .. }]), "{:?}", seen.labels);
}

#[tokio::test]
async fn a_desk_that_came_back_releases_no_symbol_whose_last_number_it_may_lack() {
    let mut office = Office::enrolled("K1").await;
    office.desk.register("Łozińska", "Wniosek").await;
    assert_eq!(office.round().await, Outcome::Quiet);
    let next = TestDesk::with_seed(2).await;
    next.join(&office.central.invite("K2").await).await.expect("let in");
    office.desk.end().await;
    let parts = DeskParts { machine: Some("another machine".to_owned()), ..office.desk.parts().clone() };
    let lock = DirLock::take(&parts.paths.data).expect("the lock is free");
    let carried = desk::startup::open_desk(parts, &lock).await.expect("the desk opens");

    let symbol = PointSymbol::try_from("K1".to_owned()).expect("a symbol");
    symbols::hand_over(&office.central.administrator(), &symbol, next.desk.device()).await.expect("asked");
    let mut sync = desk::sync::Conversation::new(carried.clone(), crate::office::pace());
    for _ in 0..2 {
        assert_eq!(sync.round().await, Outcome::Quiet);
    }
    let grants = symbols::list(office.central.pool()).await.expect("grants");
    let of_k1: Vec<_> = grants.iter().filter(|grant| grant.symbol == symbol).map(|grant| grant.standing).collect();
    assert_eq!(of_k1, [symbols::Standing::HandingOver], "the administrator closes it instead");
    carried.close().await;
}

#[tokio::test]
async fn a_key_store_that_was_only_late_costs_no_numbers() {
    let mut desk = TestDesk::new().await;
    let letters = letters_on(&recovery::card_pdf(&desk.desk).await.expect("a card"));
    let parts = desk.parts().clone();
    desk.end().await;
    let (opened, lock) = opened_by(&parts, &letters).await.expect("opened");
    let locked = desk::registers::lock_state(&opened, &mut opened.read().await.expect("the database")).await;
    assert_eq!(locked.expect("a state"), None, "the key was there all the time");
    opened.close().await;
    drop(lock);
}

#[tokio::test]
async fn a_database_on_another_machine_takes_no_numbers() {
    let mut desk = TestDesk::new().await;
    desk.register("Łozińska", "Wniosek").await;
    desk.end().await;
    let parts = DeskParts { machine: Some("another machine".to_owned()), ..desk.parts().clone() };
    for parts in [parts, desk.parts().clone()] {
        let lock = DirLock::take(&parts.paths.data).expect("the lock is free");
        let opened = desk::startup::open_desk(parts, &lock).await.expect("the desk opens");
        let locked = desk::registers::lock_state(&opened, &mut opened.read().await.expect("the database")).await;
        let why = locked.expect("a state").map(|locked| locked.why);
        assert_eq!(why, Some(WhyLocked::Recovered), "also when it is carried back");
        opened.close().await;
    }
}

#[tokio::test]
async fn a_label_that_left_after_the_copy_of_the_database_is_asked_about() {
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("a printer");
    let mut desk = TestDesk::new().await;
    desk.printer_at(printer.address().port()).await;
    let letter = desk.register("Łozińska", "Wniosek").await;
    desk.end().await;
    // The copy is made while the label waits.
    let copy = tempfile::tempdir().expect("a folder");
    let kept = copy.path().join("okienko.db");
    std::fs::copy(desk.database(), &kept).expect("copied");

    let mut desk = desk.restart().await;
    let stop = CancellationToken::new();
    let printing = tokio::spawn(desk::labels::worker::run(desk.desk.clone(), stop.clone()));
    printer.labels_at_least(1).await;
    stop.cancel();
    printing.await.expect("the worker ended");
    desk.end().await;

    std::fs::copy(&kept, desk.database()).expect("put back");
    for journal in ["okienko.db-wal", "okienko.db-shm"] {
        let _ = std::fs::remove_file(desk.database().with_file_name(journal));
    }
    let mut desk = desk.restart().await;
    let seen = desk::letters::letter(&desk.desk, letter.id).await.expect("the letter");
    assert!(matches!(seen.labels[..], [LabelView { state: LabelState::Uncertain, .. }]), "{:?}", seen.labels);
    let free = desk::registers::lock_state(&desk.desk, &mut desk.desk.read().await.expect("the database")).await;
    assert_eq!(free.expect("a state"), None, "the log is whole: numbers are free");
    desk.register("Nowak", "Drugie").await;

    // What is registered from now on is printed without a question, also after the next start.
    desk.end().await;
    let desk = desk.restart().await;
    let stop = CancellationToken::new();
    let printing = tokio::spawn(desk::labels::worker::run(desk.desk.clone(), stop.clone()));
    printer.labels_at_least(2).await;
    stop.cancel();
    printing.await.expect("the worker ended");
}
