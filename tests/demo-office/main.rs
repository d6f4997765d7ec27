//! The demo office: everything that stands around the desk of a real one, on loopback, over real sockets.
//!
//! For people who start a desk of their own beside it (`cargo xtask run` opens the same office with a window). It prints
//! one line of JSON with all addresses when it is ready, and stays until its standard input ends or it is asked to stop.
//! It fills no settings and knows no secret of the desk. `--draw-letters` draws the sample letters and leaves.

use std::path::PathBuf;
use std::process::ExitCode;

use kit::demo_office::DemoOffice;
use kit::sample_letters;
use kit::virtual_mfp::FeederSheet;
use serde::Serialize;

/// What is told when everything is ready; one line of JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    /// Address of the label printer, `host:port`, ZPL over TCP.
    printer: String,
    /// Dots per inch of its head.
    printer_dpi: u16,
    /// Page with all labels and the printer's faults.
    labels_page: String,
    /// What to type as the scanner's address.
    mfp: String,
    /// Page with the feeder and its faults.
    mfp_page: String,
    /// Central's address for desks; `null` without PostgreSQL.
    central: Option<String>,
    /// What a desk scans or types to join, good once and for a quarter of an hour; `null` without PostgreSQL.
    invitation: Option<String>,
    /// The public status page; `null` without PostgreSQL.
    status_page: Option<String>,
}

enum Task {
    Office { data: PathBuf },
    DrawLetters { folder: PathBuf },
}

fn task() -> Result<Task, String> {
    const USAGE: &str = "usage: demo-office --data DIR | demo-office --draw-letters DIR";
    let mut arguments = std::env::args_os().skip(1);
    let (Some(option), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err(USAGE.to_owned());
    };
    match option.to_str() {
        Some("--data") => Ok(Task::Office { data: folder.into() }),
        Some("--draw-letters") => Ok(Task::DrawLetters { folder: folder.into() }),
        _ => Err(USAGE.to_owned()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match task() {
        Ok(Task::Office { data }) => office(data).await,
        Ok(Task::DrawLetters { folder }) => draw_letters(&folder),
        Err(usage) => Err(usage.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo-office: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn office(data: PathBuf) -> Result<(), Failure> {
    let office = DemoOffice::open(&data).await?;
    let places = office.places();
    let ready = Ready {
        printer: format!("{}:{}", places.printer_host, places.printer_port),
        printer_dpi: 203,
        labels_page: places.labels_page.clone(),
        mfp: places.mfp.clone(),
        mfp_page: places.mfp_page.clone(),
        central: places.central.clone(),
        invitation: office.invite("").await,
        status_page: places.status.clone(),
    };
    println_line(&serde_json::to_string(&ready)?)?;
    wait_for_the_end().await?;
    office.close().await;
    Ok(())
}

fn println_line(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

async fn wait_for_the_end() -> Result<(), Failure> {
    let (ended, input_ended) = tokio::sync::oneshot::channel();
    // A plain thread: a blocked read of the terminal must not keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = ended.send(());
    });
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = input_ended => {}
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::select! {
        _ = input_ended => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

/// Every page of every sample letter as a scanner sees it, for people to look at.
fn draw_letters(folder: &std::path::Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    for letter in sample_letters::all() {
        for page in 0..letter.page_count() {
            let jpeg = FeederSheet::of(&letter, page).scanned(150, true);
            std::fs::write(folder.join(format!("{}-{}.jpg", letter.name, page + 1)), jpeg)?;
        }
    }
    Ok(())
}
