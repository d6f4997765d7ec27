//! A desk in a process of its own, for being killed: registers letters one after another and says each number.
//!
//! `one-desk FOLDER PRINTER_PORT`: prints `ready`, then for every line on its standard input registers a letter and
//! prints `number RPW/…` with the letter's id, or `refused CODE` and tries the same form once more. A line `scan URL`
//! starts the feeder of that device and prints `pages N` as they are received.

use std::{
    io::{BufRead, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use desk::{
    DeskPaths, clock::SystemClock, clock::SystemEntropy, desk::DeskParts, intake, keys::KeyStore, lock::DirLock,
    session, settings, startup::open_desk,
};
use domain::party::PartyKind;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let port: u16 = arguments.next().expect("a port").parse().expect("a port number");
    let parts = DeskParts {
        paths: DeskPaths { data: folder.join("data"), mark: folder.join("mark") },
        keys: KeyStore::File(folder.join("key")),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        machine: None,
        read_deadline: Duration::from_secs(30),
    };
    std::fs::create_dir_all(&parts.paths.data).expect("the data directory");
    let lock = DirLock::take(&parts.paths.data).expect("the lock is free");
    let desk = open_desk(parts, &lock).await.expect("the desk opens");
    enter(&desk, port).await;
    tokio::spawn(desk::labels::worker::run(Arc::clone(&desk), CancellationToken::new()));
    say("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        match line.strip_prefix("scan ") {
            Some(address) => scan(&desk, address).await,
            None => register(&desk, &line).await,
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the parent listens");
}

async fn enter(desk: &desk::Desk, port: u16) {
    use session::view::{FirstClerkDraft, SessionView, SignInDraft};
    let password = "zielona brama 7".to_owned();
    match session::session_state(desk).await.expect("the session") {
        SessionView::FirstStart => {
            let draft = FirstClerkDraft {
                given_name: "Anna".to_owned(),
                surname: "Lis".to_owned(),
                password_again: password.clone(),
                password,
            };
            session::create_first_clerk(desk, draft).await.expect("the first clerk");
        }
        SessionView::SignedOut { clerks, .. } => {
            let clerk = clerks.first().expect("a clerk").id;
            session::sign_in(desk, SignInDraft { clerk, password }).await.expect("signed in");
        }
        SessionView::SignedIn { .. } | SessionView::Locked { .. } => {}
    }
    let mut draft = settings::settings(desk).await.expect("settings").settings;
    draft.office_name = "Urząd Gminy Kruszyna".to_owned();
    draft.teryt = "2404082".to_owned();
    draft.printer_link = settings::view::PrinterLinkKind::Tcp;
    draft.printer_host = "127.0.0.1".to_owned();
    draft.printer_port = port.to_string();
    settings::save_settings(desk, draft).await.expect("settings are saved");
}

async fn register(desk: &desk::Desk, surname: &str) {
    let mut draft = intake::open(desk).await.expect("the form").draft;
    draft.sender.kind = PartyKind::Person;
    draft.sender.surname = surname.to_owned();
    draft.sender.town = "Kruszyna".to_owned();
    draft.title = "Wniosek".to_owned();
    draft.letter_date = "-".to_owned();
    draft.reference = "-".to_owned();
    for _ in 0..2 {
        match intake::register_letter(desk, draft.clone()).await {
            Ok(registered) => {
                say(&format!("number {} {}", registered.number, registered.id));
                return;
            }
            Err(error) => {
                eprintln!("{error:?}");
                say(&format!("refused {:?}", error.code()));
            }
        }
    }
}

async fn scan(desk: &Arc<desk::Desk>, address: &str) {
    use desk::scanning::{self, Manners, view::BatchStateView};
    let mut draft = settings::settings(desk).await.expect("settings").settings;
    draft.mfp_address = address.to_owned();
    settings::save_settings(desk, draft).await.expect("settings are saved");
    let mut manners = Manners { min_free: 0, ..Manners::default() };
    manners.ask.dpi = 150;
    scanning::set_manners(desk, manners);
    tokio::spawn(scanning::worker::run(Arc::clone(desk), CancellationToken::new()));
    let mut events = desk.listen();
    let mut batch = scanning::start(desk).await.expect("started");
    let mut told = 0;
    while batch.state == BatchStateView::Scanning {
        let _ = events.recv().await;
        batch = scanning::open(desk).await.expect("open").expect("a batch");
        if batch.pages.len() > told {
            told = batch.pages.len();
            say(&format!("pages {told}"));
        }
    }
}
