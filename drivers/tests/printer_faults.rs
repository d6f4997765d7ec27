//! A label printer's faults over TCP, each with a scripted printer. No test waits for time to pass: a printer that is
//! silent is given a short timeout, one that answers a long one.

use std::time::Duration;

use domain::label::{Dpi, LabelSize};
use drivers::{
    fake::printer::{
        HostStatus, ScriptedPrinter,
        Step::{self, Close, Hear, Ignore, Read, Reset, Say},
        error_flags,
    },
    label::{
        LabelPrinter, LinkError, Obstacle, PrinterLink, PrinterSettings, PrinterStatus, SendOutcome, Timeouts, connect,
        connect_with, zpl,
    },
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

const LABEL: &[u8] = b"^XA^CI28^FO21,13^A0N,22,22^FH_^FDRPW/1/2026^FS^PQ1^XZ\n";

const READY: HostStatus = HostStatus {
    media_out: false,
    ribbon_out: false,
    head_open: false,
    paused: false,
    buffer_full: false,
    formats: 0,
    remaining: 0,
};

/// For printers that answer: long enough for the slowest test machine.
fn patient() -> Timeouts {
    Timeouts { answer: Duration::from_secs(20), connect: Duration::from_secs(20), ..Timeouts::default() }
}

/// For printers that do not.
fn impatient() -> Timeouts {
    Timeouts {
        connect: Duration::from_millis(200),
        answer: Duration::from_millis(60),
        quiet: Duration::from_millis(60),
        write: Duration::from_millis(200),
        whole: Duration::from_millis(200),
    }
}

fn at(port: u16) -> PrinterSettings {
    PrinterSettings {
        link: PrinterLink::Tcp { host: "127.0.0.1".to_owned(), port },
        dpi: Dpi::Dpi203,
        size: LabelSize::Mm50x25,
    }
}

async fn printer(timeouts: Timeouts, scripts: Vec<Vec<Step>>) -> (Box<dyn LabelPrinter>, ScriptedPrinter) {
    let scripted = ScriptedPrinter::start(scripts).await;
    (connect_with(&at(scripted.address.port()), timeouts), scripted)
}

/// One connection that answers every question as told, with a label in between.
fn questions(answers: impl IntoIterator<Item = HostStatus>) -> Vec<Step> {
    answers.into_iter().flat_map(|status| [Hear("~HS"), status.said()]).collect()
}

fn obstacle(status: &Result<PrinterStatus, LinkError>) -> Option<Obstacle> {
    status.as_ref().expect("an answer").obstacle()
}

#[tokio::test]
async fn a_ready_printer_takes_a_label_and_confirms_it() {
    let script = vec![Hear("~HS"), READY.said(), Hear("^XZ"), Hear("~HS"), READY.said()];
    let (mut desk, printer) = printer(patient(), vec![script]).await;
    assert!(desk.ask().await.expect("status").ready());
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken);
    assert!(desk.ask().await.expect("status").idle());
    desk.hang_up().await;
    let heard = printer.heard().await;
    assert_eq!(heard.len(), 1, "one connection for one job");
    let text = String::from_utf8_lossy(&heard[0]).into_owned();
    assert_eq!(text, format!("~HS\r\n{}~HS\r\n", String::from_utf8_lossy(LABEL)));
}

#[tokio::test]
async fn a_label_that_is_still_printing_is_not_confirmed() {
    let busy = HostStatus { formats: 1, remaining: 2, ..READY };
    let (mut desk, _printer) = printer(patient(), vec![questions([busy])]).await;
    let status = desk.ask().await.expect("status");
    assert!(status.ready() && !status.idle(), "{status:?}");
}

#[tokio::test]
async fn refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("address").port();
    drop(listener);
    let mut desk = connect(&at(port));
    assert_eq!(desk.ask().await, Err(LinkError::Refused));
    assert_eq!(desk.send(LABEL).await, SendOutcome::NothingLeft(LinkError::Refused));
}

#[tokio::test]
async fn an_unknown_name() {
    let nowhere =
        PrinterSettings { link: PrinterLink::Tcp { host: "drukarka.invalid".to_owned(), port: 9100 }, ..at(9100) };
    let refused = connect_with(&nowhere, patient()).ask().await;
    assert_eq!(refused, Err(LinkError::UnknownHost));
}

#[tokio::test]
async fn connecting_hangs() {
    let socket = TcpSocket::new_v4().expect("socket");
    socket.bind("127.0.0.1:0".parse().expect("address")).expect("loopback");
    let listener = socket.listen(1).expect("listener");
    let address = listener.local_addr().expect("address");
    // Nobody accepts: once the queue is full, further calls get no answer at all.
    let mut callers = Vec::new();
    while let Ok(caller) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        callers.push(caller.expect("queued"));
        assert!(callers.len() < 100, "the queue never fills");
    }
    let mut desk = connect_with(&at(address.port()), impatient());
    assert_eq!(desk.ask().await, Err(LinkError::ConnectTimeout));
    assert_eq!(desk.send(LABEL).await, SendOutcome::NothingLeft(LinkError::ConnectTimeout));
}

#[tokio::test]
async fn accepts_and_never_reads() {
    let (mut desk, _printer) = printer(impatient(), vec![vec![Ignore], vec![Ignore]]).await;
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken, "the kernel takes a short label for anybody");
    assert_eq!(desk.ask().await, Ok(PrinterStatus::Silent), "but nothing confirms it");
    desk.hang_up().await;

    let endless = vec![b'x'; 64 << 20];
    match desk.send(&endless).await {
        SendOutcome::Cut { sent, of, cause } => {
            assert!(sent > 0 && sent < of, "{sent} of {of}");
            assert_eq!(cause, LinkError::WriteTimeout);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn reset_after_every_number_of_bytes_is_never_safe_to_repeat_nor_confirmed() {
    for n in 0..=LABEL.len() {
        let script = vec![Hear("~HS\r\n"), READY.said(), Read(n), Reset];
        let (mut desk, printer) = printer(patient(), vec![script]).await;
        assert!(desk.ask().await.expect("status").ready());
        match desk.send(LABEL).await {
            SendOutcome::Taken => {
                assert_eq!(desk.ask().await, Err(LinkError::Cut), "after {n} bytes the cut must be told");
            }
            SendOutcome::Cut { sent, cause, .. } => {
                assert!(sent > 0, "after {n} bytes");
                assert_eq!(cause, LinkError::Cut);
            }
            // The reset was there before the first byte, and the printer answers no second call.
            SendOutcome::NothingLeft(cause) => {
                assert_eq!(n, 0);
                assert!(matches!(cause, LinkError::Cut | LinkError::Refused), "{cause:?}");
            }
        }
        let heard = printer.heard().await;
        assert!(heard[0].len() <= "~HS\r\n".len() + n);
    }
}

#[tokio::test]
async fn a_large_label_cut_in_the_middle_says_how_much_may_have_left() {
    let (mut desk, _printer) = printer(patient(), vec![vec![Read(1 << 20), Reset]]).await;
    let large = vec![b'x'; 64 << 20];
    match desk.send(&large).await {
        SendOutcome::Cut { sent, of, cause } => {
            assert!(sent >= 1 << 20 && sent < of, "{sent} of {of}");
            assert_eq!(cause, LinkError::Cut);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn reset_after_the_last_byte() {
    let script = vec![Hear("~HS"), READY.said(), Hear("^XZ\n"), Reset];
    let (mut desk, _printer) = printer(patient(), vec![script, questions([READY])]).await;
    assert!(desk.ask().await.expect("status").ready());
    let sent = desk.send(LABEL).await;
    let asked = match sent {
        SendOutcome::Taken => desk.ask().await,
        SendOutcome::Cut { sent, of, .. } if sent == of => Err(LinkError::Cut),
        other => panic!("{other:?}"),
    };
    assert_eq!(asked, Err(LinkError::Cut), "the printer is not dialled anew behind the label's back");
    assert!(desk.ask().await.expect("status").idle(), "the next question opens the link again");
}

#[tokio::test]
async fn switched_off_and_on_between_sent_and_confirmed() {
    let script = vec![Hear("^XZ"), Hear("~HS"), Reset];
    let (mut desk, _printer) = printer(patient(), vec![script, questions([READY])]).await;
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken);
    assert_eq!(desk.ask().await, Err(LinkError::Cut));
}

#[tokio::test]
async fn silent_to_every_question() {
    let (mut desk, printer) = printer(impatient(), vec![vec![], vec![]]).await;
    assert_eq!(desk.ask().await, Ok(PrinterStatus::Silent));
    assert_eq!(desk.ask().await, Ok(PrinterStatus::Silent));
    desk.hang_up().await;
    let heard = printer.heard().await;
    assert_eq!(heard, [b"~HS\r\n~HQES\r\n".to_vec(), b"~HS\r\n~HQES\r\n".to_vec()], "asked again on a new connection");
}

#[tokio::test]
async fn silent_to_the_first_question_but_not_to_the_second() {
    for (flags, expected) in
        [(1, Obstacle::MediaOut), (2, Obstacle::RibbonOut), (4, Obstacle::HeadOpen), (8, Obstacle::OtherFault)]
    {
        let (mut desk, _printer) = printer(impatient(), vec![vec![Hear("~HQES"), error_flags(flags)]]).await;
        // The second question is answered at once; a slow machine may still miss it, never misread it.
        let found = obstacle(&desk.ask().await);
        assert!(found == Some(expected) || found == Some(Obstacle::Silent), "{found:?}");
    }
}

#[tokio::test]
async fn an_answer_in_three_pieces_with_noise_before() {
    let answer = HostStatus { head_open: true, ..READY }.answer();
    let pieces = vec![b"\x00\xff~~\x02".to_vec(), answer[..9].to_vec(), answer[9..50].to_vec(), answer[50..].to_vec()];
    let (mut desk, _printer) = printer(patient(), vec![vec![Hear("~HS"), Say(pieces)]]).await;
    assert_eq!(obstacle(&desk.ask().await), Some(Obstacle::HeadOpen));
}

#[tokio::test]
async fn the_late_answer_of_an_older_question_is_not_taken_for_the_newer_ones() {
    let late = vec![Hear("~HS"), Hear("~HQES"), READY.said()];
    let now = vec![Hear("~HS"), HostStatus { media_out: true, ..READY }.said()];
    let (mut desk, _printer) = printer(impatient(), vec![late, now]).await;
    assert_eq!(desk.ask().await, Ok(PrinterStatus::Silent));
    let found = obstacle(&desk.ask().await);
    assert!(found == Some(Obstacle::MediaOut) || found == Some(Obstacle::Silent), "{found:?}");
}

#[tokio::test]
async fn what_keeps_a_printer_from_printing_is_named() {
    for (status, expected) in [
        (HostStatus { media_out: true, ..READY }, Obstacle::MediaOut),
        (HostStatus { ribbon_out: true, ..READY }, Obstacle::RibbonOut),
        (HostStatus { head_open: true, ..READY }, Obstacle::HeadOpen),
        (HostStatus { head_open: true, media_out: true, paused: true, ..READY }, Obstacle::HeadOpen),
        (HostStatus { paused: true, ..READY }, Obstacle::Paused),
        (HostStatus { paused: true, buffer_full: true, formats: 12, ..READY }, Obstacle::Paused),
        (HostStatus { buffer_full: true, ..READY }, Obstacle::BufferFull),
    ] {
        let (mut desk, _printer) = printer(patient(), vec![questions([status])]).await;
        assert_eq!(obstacle(&desk.ask().await), Some(expected));
    }
}

#[tokio::test]
async fn the_roll_ends_in_mid_batch() {
    let ended = HostStatus { media_out: true, formats: 1, remaining: 1, ..READY };
    let script = vec![Hear("~HS"), READY.said(), Hear("^XZ"), Hear("~HS"), ended.said(), Hear("~HS"), READY.said()];
    let (mut desk, _printer) = printer(patient(), vec![script]).await;
    assert!(desk.ask().await.expect("status").ready());
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken);
    let after = desk.ask().await.expect("status");
    assert_eq!((after.obstacle(), after.idle()), (Some(Obstacle::MediaOut), false));
    assert!(desk.ask().await.expect("status").idle(), "a new roll, and the label came out");
}

#[tokio::test]
async fn the_roll_ends_with_the_label() {
    let ended = HostStatus { media_out: true, ..READY };
    let (mut desk, _printer) = printer(patient(), vec![vec![Hear("^XZ"), Hear("~HS"), ended.said()]]).await;
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken);
    assert!(!desk.ask().await.expect("status").idle(), "nothing is confirmed while something is wrong");
}

#[tokio::test]
async fn a_printer_of_another_language_stays_silent() {
    let chatter = Say(vec![b"\x12\x12\x00OK\r\n{\"status\":1}".to_vec()]);
    let script = vec![Hear("~HS"), chatter.clone(), Hear("~HQES"), chatter];
    let (mut desk, _printer) = printer(impatient(), vec![script]).await;
    assert_eq!(desk.ask().await, Ok(PrinterStatus::Silent));
}

#[tokio::test]
async fn a_printer_of_another_resolution_is_told_by_its_own_word() {
    let word = Say(vec![b"\x02ZD421-300dpi,V93.21.09Z,12,8192KB,X\x03\r\n".to_vec()]);
    let (mut desk, _printer) = printer(patient(), vec![vec![Hear("~HI"), word]]).await;
    let identity = desk.identify().await.expect("link").expect("identity");
    assert!(identity.fits(Dpi::Dpi300) && !identity.fits(Dpi::Dpi203));
}

#[tokio::test]
async fn a_printer_that_does_not_name_itself_is_believed() {
    let (mut desk, _printer) = printer(impatient(), vec![vec![]]).await;
    assert_eq!(desk.identify().await, Ok(None));
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_opened_again_before_anything_is_risked() {
    let script = vec![Hear("~HS"), READY.said(), Close];
    let (mut desk, printer) = printer(patient(), vec![script, vec![Hear("~HS"), READY.said(), Hear("^XZ")]]).await;
    assert!(desk.ask().await.expect("status").ready());
    assert!(desk.ask().await.expect("status").ready());
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken);
    desk.hang_up().await;
    let heard = printer.heard().await;
    assert!(heard[1].ends_with(LABEL));
}

#[tokio::test]
async fn a_connection_closed_after_a_confirmed_label_is_opened_again() {
    let script = vec![Hear("^XZ"), Hear("~HS"), READY.said(), Close];
    let (mut desk, _printer) = printer(patient(), vec![script, questions([READY])]).await;
    assert_eq!(desk.send(LABEL).await, SendOutcome::Taken);
    assert!(desk.ask().await.expect("status").idle());
    assert!(desk.ask().await.expect("the label is out, so the link may be opened anew").ready());
}

#[tokio::test]
async fn two_desks_share_a_printer_with_one_connection() {
    let job = vec![Hear("~HS"), READY.said(), Hear("^XZ"), Hear("~HS"), READY.said()];
    let scripted = ScriptedPrinter::start(vec![job.clone(), job]).await;
    let settings = at(scripted.address.port());
    let (mut first, mut second) = (connect_with(&settings, patient()), connect_with(&settings, patient()));
    assert!(first.ask().await.expect("status").ready());
    // The second desk's question waits in the queue until the first has hung up.
    let waiting = tokio::spawn(async move {
        assert!(second.ask().await.expect("status").ready());
        assert_eq!(second.send(LABEL).await, SendOutcome::Taken);
        assert!(second.ask().await.expect("status").idle());
        second.hang_up().await;
    });
    assert_eq!(first.send(LABEL).await, SendOutcome::Taken);
    assert!(first.ask().await.expect("status").idle());
    first.hang_up().await;
    waiting.await.expect("second desk");
    let heard = scripted.heard().await;
    assert_eq!(heard[0], heard[1]);
}

#[tokio::test]
async fn setting_up_forbids_reprints_of_the_printers_own() {
    let (mut desk, printer) = printer(patient(), vec![vec![Hear("^XZ")]]).await;
    assert_eq!(desk.send(&zpl::set_up()).await, SendOutcome::Taken);
    desk.hang_up().await;
    assert_eq!(printer.heard().await[0], b"^XA^JZN^JUS^XZ\n");
}
