//! `cargo xtask run`: furnishes a demo office, says how to sign in, and opens its windows.
//!
//! `demo DATA WINDOW DESKS`: begins anew in the folder DATA and stays until every window is closed. Runs in a session bus of its
//! own (`dbus-run-session`), on which it starts a key store.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use desk::{DeskPaths, desk::DeskParts, keys::KeyStore, lock::DirLock, startup::open_desk};
use kit::{demo_office::DemoOffice, main_job::PASSWORD};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(data), Some(window), Some(desks), None) =
        (arguments.next(), arguments.next(), arguments.next(), arguments.next())
    else {
        eprintln!("usage: demo DATA WINDOW DESKS");
        return ExitCode::FAILURE;
    };
    let desks = desks.to_str().and_then(|desks| desks.parse().ok()).unwrap_or(1);
    match run(&data, &window, desks).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(folder: &Path, window: &Path, desks: u32) -> Result<(), Failure> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let mut keyring = start_keyring(&folder.join("home"))?;
    let office = DemoOffice::open(folder).await?;
    let mut windows = Vec::new();
    for desk in 1..=desks {
        // A lone desk numbers without a symbol, as most offices do.
        let symbol = if desks == 1 { String::new() } else { format!("K{desk}") };
        let paths =
            DeskPaths { data: folder.join(format!("desk{symbol}")), mark: folder.join(format!("mark{symbol}")) };
        furnish(&office, paths.clone(), &symbol).await?;
        windows.push(paths);
    }
    tell(&office);
    let opened: Vec<_> = windows
        .into_iter()
        .map(|paths| {
            let mut window = tokio::process::Command::new(window);
            window.env("OKIENKO_DATA", &paths.data).env("OKIENKO_MARK", &paths.mark).kill_on_drop(true).spawn()
        })
        .collect();
    let mut closed = Ok(());
    for window in opened {
        closed = match window {
            Ok(mut window) => closed.and(window.wait().await.map(|_| ())),
            Err(error) => Err(error),
        };
    }
    office.close().await;
    let _ = keyring.kill();
    let _ = keyring.wait();
    closed?;
    Ok(())
}

// Its files lie in a home of the demo's own, so that the demo's key never enters the person's key store.
fn start_keyring(home: &Path) -> Result<std::process::Child, Failure> {
    std::fs::create_dir_all(home)?;
    let mut keyring = Command::new("gnome-keyring-daemon")
        .args(["--unlock", "--components=secrets", "--foreground"])
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .env("XDG_RUNTIME_DIR", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut password) = keyring.stdin.take() {
        password.write_all(b"okienko")?;
    }
    let answers =
        Command::new("gdbus").args(["wait", "--session", "--timeout", "20", "org.freedesktop.secrets"]).status()?;
    if answers.success() { Ok(keyring) } else { Err("no key store answers on the session bus".into()) }
}

async fn furnish(office: &DemoOffice, paths: DeskPaths, symbol: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(&paths.data)?;
    let lock = DirLock::take(&paths.data)?;
    let parts = DeskParts { keys: KeyStore::from_environment(), ..DeskParts::real(paths) };
    let desk = open_desk(parts, &lock).await?;
    office.furnish(&desk, symbol).await?;
    desk.close().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the newcomer reads here how to sign in")]
fn tell(office: &DemoOffice) {
    let places = office.places();
    println!("The demo office is open. It begins anew every time.");
    println!("  sign in as    Anna Lis");
    println!("  password      {PASSWORD}");
    println!("  labels        {}", places.labels_page);
    println!("  feeder        {}", places.mfp_page);
    match &places.status {
        Some(status) => println!("  status page   {status}"),
        None => println!("  central       none: the desk works offline and says so"),
    }
    println!("F2 begins a letter, F1 shows every key.");
}
