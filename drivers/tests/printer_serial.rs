//! The serial link over a real pseudo-terminal: the printer holds the one end, the driver opens the other by its path.
#![cfg(unix)]

use std::{
    io::{Read, Write},
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

use domain::label::{Dpi, LabelSize};
use drivers::{
    fake::printer::HostStatus,
    label::{
        LabelPrinter, LinkError, Obstacle, PrinterLink, PrinterSettings, PrinterStatus, SendOutcome, SerialFlow,
        Timeouts, connect_with,
    },
};
use serialport::{SerialPort, TTYPort};

const LABEL: &[u8] = b"^XA^CI28^FO21,13^A0N,22,22^FH_^FDRPW/1/2026^FS^PQ1^XZ\n";
const XOFF: u8 = 0x13;

enum Step {
    Hear(&'static str),
    Say(Vec<u8>),
}
use Step::{Hear, Say};

struct Terminal {
    path: String,
    run: JoinHandle<Vec<u8>>,
    /// The printer goes away when this is dropped.
    plug: mpsc::Sender<()>,
}

/// A printer on the far end of a pseudo-terminal; it holds the line after its script until it is unplugged.
fn terminal(script: Vec<Step>) -> Terminal {
    let (mut far, near) = TTYPort::pair().expect("pseudo-terminal");
    let path = near.name().expect("path");
    // The driver takes its own lock on the path; this process must not hold one.
    drop(near);
    let (plug, unplugged) = mpsc::channel();
    let run = std::thread::spawn(move || {
        let mut heard = Vec::new();
        let mut behind = 0;
        for step in script {
            match step {
                Hear(awaited) => behind = hear(&mut far, &mut heard, behind, awaited.as_bytes()),
                Say(bytes) => far.write_all(&bytes).expect("said"),
            }
        }
        let _ = unplugged.recv();
        heard
    });
    Terminal { path, run, plug }
}

fn hear(far: &mut TTYPort, heard: &mut Vec<u8>, behind: usize, awaited: &[u8]) -> usize {
    let mut piece = [0; 256];
    loop {
        if let Some(place) = heard[behind..].windows(awaited.len()).position(|window| window == awaited) {
            return behind + place + awaited.len();
        }
        match far.read(&mut piece) {
            Ok(length) => heard.extend(&piece[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {}
            // Nobody holds the near end at this moment.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

fn at(path: &str, timeouts: Timeouts) -> Box<dyn LabelPrinter> {
    let settings = PrinterSettings {
        link: PrinterLink::Serial { path: path.to_owned(), baud: 9600, flow: SerialFlow::Software },
        dpi: Dpi::Dpi203,
        size: LabelSize::Mm50x25,
    };
    connect_with(&settings, timeouts)
}

fn patient() -> Timeouts {
    Timeouts { answer: Duration::from_secs(20), connect: Duration::from_secs(20), ..Timeouts::default() }
}

fn impatient() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(20),
        answer: Duration::from_millis(60),
        quiet: Duration::from_millis(60),
        write: Duration::from_millis(100),
        whole: Duration::from_millis(100),
    }
}

#[tokio::test]
async fn a_label_goes_over_a_serial_line() {
    let ready = HostStatus::default().answer();
    let far = terminal(vec![Hear("~HS"), Say(ready.clone()), Hear("^XZ"), Hear("~HS"), Say(ready)]);
    let mut desk = at(&far.path, patient());
    assert!(desk.ask().await.expect("status").ready());
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken);
    assert!(desk.ask().await.expect("status").idle());
    desk.hang_up().await;
    drop(far.plug);
    let heard = far.run.join().expect("printer");
    assert!(heard.windows(LABEL.len()).any(|window| window == LABEL));
}

#[tokio::test]
async fn xoff_for_ever_before_a_label_lets_nothing_leave() {
    // The stop comes before the answer, so the line is stopped when the answer has been read.
    let mut stopped = vec![XOFF];
    stopped.extend(HostStatus::default().answer());
    let far = terminal(vec![Hear("~HS"), Say(stopped)]);
    let timeouts = Timeouts { answer: Duration::from_secs(20), ..impatient() };
    let mut desk = at(&far.path, timeouts);
    assert!(desk.ask().await.expect("status").ready());
    assert_eq!(desk.send(LABEL).await, SendOutcome::NothingLeft(LinkError::WriteTimeout));
}

#[tokio::test]
async fn a_label_longer_than_a_stopped_line_takes_is_cut() {
    let far = terminal(vec![]);
    let mut desk = at(&far.path, impatient());
    // Nobody reads: the terminal takes a few thousand bytes and then no more.
    let long = vec![b'x'; 1 << 20];
    match desk.send(&long).await {
        SendOutcome::Cut { sent, of, cause } => {
            assert!(sent > 0 && sent < of, "{sent} of {of}");
            assert_eq!(cause, LinkError::WriteTimeout);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_late_answer_of_an_older_question_does_not_count() {
    let mut both = HostStatus::default().answer();
    both.extend(HostStatus { media_out: true, ..HostStatus::default() }.answer());
    let far = terminal(vec![Hear("~HS"), Hear("~HQES"), Hear("~HS"), Say(both)]);
    let mut desk = at(&far.path, impatient());
    assert_eq!(desk.ask().await, Ok(PrinterStatus::Silent));
    desk.hang_up().await;
    let found = desk.ask().await.expect("status").obstacle();
    assert!(found == Some(Obstacle::MediaOut) || found == Some(Obstacle::Silent), "{found:?}");
}

#[tokio::test]
async fn a_port_that_is_not_there() {
    let mut desk = at("/dev/okienko-no-such-port", patient());
    assert_eq!(desk.ask().await, Err(LinkError::NoSuchPort));
    assert_eq!(desk.send(LABEL).await, SendOutcome::NothingLeft(LinkError::NoSuchPort));
}

#[tokio::test]
async fn a_port_that_another_program_holds() {
    let (_far, near) = TTYPort::pair().expect("pseudo-terminal");
    let path = near.name().expect("path");
    drop(near);
    let _other = serialport::new(&path, 9600).open_native().expect("held");
    let mut desk = at(&path, patient());
    assert_eq!(desk.ask().await, Err(LinkError::PortHeld));
    assert_eq!(desk.send(LABEL).await, SendOutcome::NothingLeft(LinkError::PortHeld));
}

#[tokio::test]
async fn a_cable_pulled_is_a_cut_and_the_port_is_gone() {
    let far = terminal(vec![Hear("~HS"), Say(HostStatus::default().answer())]);
    // A name of its own, as for a plugged adapter: the terminal's number may go to another test at once.
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("ttyUSB0");
    std::os::unix::fs::symlink(&far.path, &path).expect("port");
    let mut desk = at(path.to_str().expect("path"), patient());
    assert!(desk.ask().await.expect("status").ready());

    std::fs::remove_file(&path).expect("port gone");
    drop(far.plug);
    far.run.join().expect("printer");
    assert_eq!(
        desk.ask().await,
        Err(LinkError::NoSuchPort),
        "the cut is found, and the port is not there to open again"
    );
    assert_eq!(desk.send(LABEL).await, SendOutcome::NothingLeft(LinkError::NoSuchPort));
}

#[tokio::test]
async fn a_cable_pulled_under_a_label_is_a_cut() {
    let far = terminal(vec![Hear("^XZ")]);
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("ttyUSB0");
    std::os::unix::fs::symlink(&far.path, &path).expect("port");
    let mut desk = at(path.to_str().expect("path"), patient());
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken);

    std::fs::remove_file(&path).expect("port gone");
    drop(far.plug);
    far.run.join().expect("printer");
    assert_eq!(desk.ask().await, Err(LinkError::Cut));
}
