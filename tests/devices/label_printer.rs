//! The virtual label printer, asked by our driver and by hand.

use std::time::Duration;

use domain::label::{Dpi, LabelSize};
use drivers::label::{Obstacle, PrinterLink, PrinterSettings, PrinterStatus, SendOutcome, Timeouts};
use kit::virtual_printer::{PrinterFault, PrinterSetup, VirtualPrinter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::label_content;

fn settings(printer: &VirtualPrinter) -> PrinterSettings {
    let address = printer.address();
    let link = PrinterLink::Tcp { host: address.ip().to_string(), port: address.port() };
    PrinterSettings { link, dpi: Dpi::Dpi203, size: LabelSize::Mm50x25 }
}

fn zpl(n: u32) -> Vec<u8> {
    drivers::label::zpl::encode(&label_content(n), LabelSize::Mm50x25, Dpi::Dpi203).expect("label")
}

#[tokio::test]
async fn a_label_is_asked_for_sent_printed_and_kept() {
    let folder = tempfile::tempdir().expect("folder");
    let setup = PrinterSetup { folder: Some(folder.path().join("labels")), ..PrinterSetup::default() };
    let printer = VirtualPrinter::start(setup).await.expect("printer");
    let mut driver = drivers::label::connect(&settings(&printer));

    let identity = driver.identify().await.expect("line").expect("identity");
    assert!(identity.fits(Dpi::Dpi203), "{identity:?}");
    assert!(driver.ask().await.expect("line").idle());
    assert_eq!(driver.send(&zpl(7)).await, SendOutcome::Taken);

    let labels = printer.labels_at_least(1).await;
    assert_eq!((labels[0].width_mm, labels[0].height_mm), (50.0, 25.0));
    assert_eq!(kit::devices::paper_trail::bars_of(&labels[0]), Some(label_content(7).identifier.bars()));
    assert!(driver.ask().await.expect("line").idle());
    let kept = |ending: &str| std::fs::read(folder.path().join(format!("labels/0001.{ending}"))).expect("kept");
    assert_eq!(kept("png"), labels[0].png);
    assert!(kept("zpl").starts_with(b"^XA") && kept("zpl").ends_with(b"^XZ"));
}

#[tokio::test]
async fn faults_are_told_as_a_zebra_tells_them() {
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("printer");
    let timeouts = Timeouts { answer: Duration::from_millis(200), ..Timeouts::default() };
    for (fault, obstacle) in [
        (PrinterFault::PaperOut, Obstacle::MediaOut),
        (PrinterFault::RibbonOut, Obstacle::RibbonOut),
        (PrinterFault::HeadOpen, Obstacle::HeadOpen),
        (PrinterFault::Paused, Obstacle::Paused),
        (PrinterFault::Silent, Obstacle::Silent),
    ] {
        printer.set_fault(Some(fault)).expect("fault");
        let mut driver = drivers::label::connect_with(&settings(&printer), timeouts);
        assert_eq!(driver.ask().await.expect("line").obstacle(), Some(obstacle), "{fault:?}");
    }
    printer.set_fault(Some(PrinterFault::Off)).expect("fault");
    assert!(drivers::label::connect_with(&settings(&printer), timeouts).ask().await.is_err());
    printer.set_fault(None).expect("mended");
    let status = drivers::label::connect_with(&settings(&printer), timeouts).ask().await.expect("line");
    assert!(matches!(status, PrinterStatus::Answered(_)) && status.idle(), "{status:?}");
}

async fn say(printer: &VirtualPrinter, bytes: &[u8]) -> TcpStream {
    let mut line = TcpStream::connect(printer.address()).await.expect("line");
    line.write_all(bytes).await.expect("written");
    line
}

#[tokio::test]
async fn a_paused_printer_keeps_labels_and_counts_them() {
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("printer");
    printer.set_fault(Some(PrinterFault::Paused)).expect("fault");
    let mut line = say(&printer, &[zpl(1), zpl(2), b"~HS".to_vec()].concat()).await;
    let mut answer = [0; 64];
    let count = line.read(&mut answer).await.expect("answer");
    let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
    assert!(answer.starts_with("\u{2}030,0,1,"), "{answer}");
    assert!(answer.contains(",002,0,0,0,000,"), "{answer}");
    assert_eq!(printer.labels().len(), 0);
    printer.set_fault(None).expect("mended");
    assert_eq!(printer.labels_at_least(2).await.len(), 2);
}

#[tokio::test]
async fn a_spoiled_label_comes_again_unless_it_was_told_not_to() {
    for (set_up, expected) in [(&b""[..], 3), (b"^XA^JZN^JUS^XZ", 2)] {
        let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("printer");
        printer.set_fault(Some(PrinterFault::PaperOutAfter { labels: 1 })).expect("fault");
        let _line = say(&printer, &[set_up.to_vec(), zpl(1), zpl(2), zpl(3)].concat()).await;
        let mut changes = printer.changes();
        let out = changes.wait_for(|_| printer.fault() == Some(PrinterFault::PaperOut)).await;
        out.map(drop).expect("paper out");
        assert_eq!(printer.labels().len(), 1);
        printer.set_fault(None).expect("mended");
        let labels = printer.labels_at_least(expected).await;
        let last = kit::devices::paper_trail::bars_of(labels.last().expect("labels"));
        assert_eq!((labels.len(), last), (expected, Some(label_content(3).identifier.bars())));
    }
}

#[tokio::test]
async fn a_command_in_a_format_acts_as_on_a_real_printer() {
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("printer");
    let mut line = say(&printer, b"^XA^FO10,10^FDa~HIb^FS").await;
    let mut answer = [0; 64];
    let count = line.read(&mut answer).await.expect("answer");
    assert!(String::from_utf8_lossy(&answer[..count]).contains("VZ421-203dpi"));
}

#[tokio::test]
async fn a_connection_is_reset_after_so_many_bytes() {
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("printer");
    printer.set_fault(Some(PrinterFault::ResetAfter { bytes: 20 })).expect("fault");
    let mut line = say(&printer, &zpl(1)).await;
    let mut answer = Vec::new();
    assert!(line.read_to_end(&mut answer).await.is_err());
    assert_eq!((printer.bytes_received(), printer.labels().len()), (20, 0));
}

#[tokio::test]
async fn the_page_shows_every_label() {
    let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("printer");
    let address = printer.show(0).await.expect("page");
    let _line = say(&printer, &[zpl(1), zpl(2)].concat()).await;
    let labels = printer.labels_at_least(2).await;
    let get = |path: &str| reqwest::get(format!("http://{address}{path}"));
    let page = get("/").await.expect("page").text().await.expect("text");
    assert!(page.contains("/label/2.png") && page.contains("http-equiv=refresh"), "{page}");
    assert_eq!(get("/label/2.png").await.expect("picture").bytes().await.expect("bytes"), labels[1].png);
    assert_eq!(get("/label/3.png").await.expect("none").status(), 404);
    let client = reqwest::Client::new();
    client.post(format!("http://{address}/fault/head_open")).send().await.expect("pressed");
    assert_eq!(printer.fault(), Some(PrinterFault::HeadOpen));
}
