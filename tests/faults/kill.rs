//! The program killed at any moment, and a disk that fails at COMMIT: a number shown or printed is always found again,
//! none is given twice, no paper is registered twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::{Command, Stdio},
};

use desk::letters::view::RegisterQuery;
use kit::{
    test_desk::TestDesk,
    virtual_printer::{PrinterSetup, VirtualPrinter},
    window::built,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};

struct OneDesk {
    child: tokio::process::Child,
    lines: Lines<BufReader<tokio::process::ChildStdout>>,
    input: tokio::process::ChildStdin,
}

impl OneDesk {
    async fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().expect("one-desk starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let input = child.stdin.take().expect("its input");
        assert_eq!(lines.next_line().await.expect("a line").as_deref(), Some("ready"));
        Self { child, lines, input }
    }

    async fn ask(&mut self, surname: &str) {
        self.input.write_all(format!("{surname}\n").as_bytes()).await.expect("the desk listens");
    }

    /// Ends its input, and so the desk; a tracer ends with it.
    async fn end(self) {
        let Self { mut child, input, lines } = self;
        drop((input, lines));
        child.wait().await.expect("it ends");
    }

    async fn line(&mut self) -> Option<String> {
        self.lines.next_line().await.expect("its output")
    }
}

fn plain(folder: &Path, port: u16) -> Command {
    let mut command = Command::new(built("one-desk"));
    command.arg(folder).arg(port.to_string());
    command
}

/// Number and id of a line `number RPW/1/2026 0192…`.
fn shown(line: &str) -> Option<(String, String)> {
    let (number, id) = line.strip_prefix("number ")?.split_once(' ')?;
    Some((number.to_owned(), id.to_owned()))
}

async fn register_of(folder: &Path) -> BTreeMap<String, String> {
    let office = TestDesk::reopened(folder).await;
    let mut rows = BTreeMap::new();
    let mut after = None;
    loop {
        let query = RegisterQuery { text: String::new(), after };
        let page = desk::letters::register_page(&office.desk, query).await.expect("a page");
        for row in page.rows {
            assert!(rows.insert(row.number.clone(), row.id.to_string()).is_none(), "{} stands twice", row.number);
        }
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

#[tokio::test]
async fn killed_at_any_moment_no_number_is_lost_or_given_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("a printer");
    let port = printer.address().port();
    let mut told = BTreeMap::new();
    for round in 0..12_u32 {
        let mut desk = OneDesk::start(plain(folder.path(), port)).await;
        for letter in 0..20 {
            desk.ask(&format!("Nowak{round}x{letter}")).await;
            // The kill falls into the work on the letter that was just asked for, at another place in every round.
            if letter == 2 + round % 5 {
                for _ in 0..round * 37 % 400 {
                    tokio::task::yield_now().await;
                }
                desk.child.start_kill().expect("killed");
                break;
            }
            let line = desk.line().await.expect("an answer");
            let (number, id) = shown(&line).unwrap_or_else(|| panic!("{line}"));
            assert!(told.insert(number.clone(), id).is_none(), "{number} was shown twice");
        }
        while let Some(line) = desk.line().await {
            let (number, id) = shown(&line).unwrap_or_else(|| panic!("{line}"));
            assert!(told.insert(number.clone(), id).is_none(), "{number} was shown twice");
        }
        desk.child.wait().await.expect("dead");
    }
    judge(&register_of(folder.path()).await, &told, &printer);
}

/// What was shown stands, numbers are dense, and no number has two unmarked labels or a label that nobody knows.
fn judge(register: &BTreeMap<String, String>, told: &BTreeMap<String, String>, printer: &VirtualPrinter) {
    for (number, id) in told {
        assert_eq!(register.get(number), Some(id), "{number} was shown");
    }
    let numbers: BTreeSet<u32> = register.keys().filter_map(|number| number.split('/').nth(1)?.parse().ok()).collect();
    assert_eq!(numbers, (1..=u32::try_from(register.len()).expect("few")).collect(), "dense from 1");

    let mut unmarked = BTreeSet::new();
    for label in printer.labels() {
        let zpl = String::from_utf8_lossy(&label.zpl).into_owned();
        let number = register.keys().find(|number| zpl.contains(number.as_str()));
        let number = number.unwrap_or_else(|| panic!("a label bears a number that nobody knows"));
        assert!(zpl.contains("DUPLIKAT") || unmarked.insert(number.clone()), "{number} has two unmarked labels");
    }
}

fn strace_or_notice(what: &str) -> bool {
    let there = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    if !there {
        eprintln!("notice: no strace here; {what}");
    }
    there
}

/// A desk whose system calls meet this fault; where a path is given, only those on this file.
fn faulty(folder: &Path, port: u16, fault: &str, on: Option<&Path>) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", fault]);
    if let Some(path) = on {
        command.arg("-P").arg(path);
    }
    command.arg(built("one-desk")).arg(folder).arg(port.to_string());
    command
}

#[tokio::test]
async fn killed_at_any_flush_what_was_shown_or_printed_stands() {
    if !strace_or_notice("no flush is met by a kill") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("a printer");
    let port = printer.address().port();
    OneDesk::start(plain(folder.path(), port)).await.end().await;
    let mut told = BTreeMap::new();
    let mut killed = 0;
    for when in 1..=20 {
        let fault = format!("inject=fdatasync,fsync:signal=KILL:when={when}");
        let Some(mut desk) = start_with_a_faulty_disk(faulty(folder.path(), port, &fault, None)).await else {
            continue;
        };
        for letter in 0..6 {
            // A killed desk's input is closed: what it had already shown still stands in its output.
            if desk.input.write_all(format!("Sowa{when}x{letter}\n").as_bytes()).await.is_err() {
                break;
            }
            let Some(line) = desk.line().await else { break };
            let (number, id) = shown(&line).unwrap_or_else(|| panic!("{line}"));
            assert!(told.insert(number.clone(), id).is_none(), "{number} was shown twice");
        }
        let OneDesk { mut child, input, lines } = desk;
        drop((input, lines));
        killed += u32::from(!child.wait().await.expect("it ends").success());
    }
    assert!(killed > 5, "{killed} desks met the kill at work");
    judge(&register_of(folder.path()).await, &told, &printer);
}

#[tokio::test]
async fn a_write_that_fails_gives_a_clear_error_and_registers_once_or_not_at_all() {
    if !strace_or_notice("no write fails") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("a printer");
    let port = printer.address().port();
    OneDesk::start(plain(folder.path(), port)).await.end().await;
    let log = folder.path().join("data/okienko.db-wal");
    let (mut told, mut refused) = (BTreeMap::new(), BTreeSet::new());
    for (error, code) in [("ENOSPC", "refused DiskFull"), ("EIO", "refused DiskFault")] {
        for when in (1..120).step_by(17) {
            let fault = format!("inject=write,pwrite64:error={error}:when={when}");
            let command = faulty(folder.path(), port, &fault, Some(&log));
            let Some(mut desk) = start_with_a_faulty_disk(command).await else { continue };
            for letter in 0..4 {
                desk.ask(&format!("Kos{error}{when}x{letter}")).await;
                // It tries a refused form once more, and says no third word.
                for _ in 0..2 {
                    let Some(line) = desk.line().await else { break };
                    if let Some((number, id)) = shown(&line) {
                        assert!(told.insert(number.clone(), id).is_none(), "{number} was shown twice");
                        break;
                    }
                    assert!(line == code || line == "refused OutcomeUnknown", "{error}: {line}");
                    refused.insert(line);
                }
            }
            desk.end().await;
        }
    }
    assert!(refused.len() >= 2, "both faults met a registration: {refused:?}");
    judge(&register_of(folder.path()).await, &told, &printer);
}

#[tokio::test]
async fn an_io_error_at_commit_registers_once_or_not_at_all() {
    if !strace_or_notice("the I/O error at COMMIT is not injected") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("a printer");
    let port = printer.address().port();
    OneDesk::start(plain(folder.path(), port)).await.end().await;
    let (mut refused, mut last) = (0, 0);
    // Which call is a COMMIT's depends on what else the program flushes meanwhile: on, until one was met.
    for when in 3..60 {
        if when >= 16 && refused > 0 {
            break;
        }
        last = when;
        let fault = format!("inject=fdatasync,fsync:error=EIO:when={when}");
        let command = faulty(folder.path(), port, &fault, None);
        let Some(mut desk) = start_with_a_faulty_disk(command).await else { continue };
        for letter in 0..4 {
            desk.ask(&format!("Wilk{when}x{letter}")).await;
            loop {
                let Some(line) = desk.line().await else { break };
                if shown(&line).is_some() {
                    break;
                }
                refused += 1;
                assert!(line == "refused DiskFault" || line == "refused OutcomeUnknown", "{line}");
            }
        }
        desk.end().await;
    }
    assert!(refused > 0, "the fault met a COMMIT");
    let office = TestDesk::reopened(folder.path()).await;
    for when in 3..=last {
        for letter in 0..4 {
            let query = RegisterQuery { text: format!("Wilk{when}x{letter}"), after: None };
            let found = desk::letters::register_page(&office.desk, query).await.expect("a page").rows.len();
            assert!(found <= 1, "Wilk{when}x{letter} stands {found} times");
        }
    }
}

/// `None` when the fault already met the start: nothing was promised then.
async fn start_with_a_faulty_disk(mut command: Command) -> Option<OneDesk> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().expect("strace starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let input = child.stdin.take().expect("its input");
    let ready = lines.next_line().await.expect("its output");
    (ready.as_deref() == Some("ready")).then_some(OneDesk { child, lines, input })
}
