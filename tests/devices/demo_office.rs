//! The demo office as a program, and the loop it closes: a label printed is a letter in the feeder.

use std::process::Stdio;
use std::sync::Arc;

use domain::label::{Dpi, LabelSize};
use kit::devices::paper_trail;
use kit::virtual_mfp::VirtualMfp;
use kit::virtual_printer::{PrinterSetup, VirtualPrinter};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::label_content;

#[tokio::test]
async fn each_new_label_lays_the_next_letter_in_the_feeder() {
    let printer = Arc::new(VirtualPrinter::start(PrinterSetup::default()).await.expect("printer"));
    let mfp = Arc::new(VirtualMfp::start(0).await.expect("mfp"));
    let hands = paper_trail::follow(&printer, &mfp);
    let mut line = TcpStream::connect(printer.address()).await.expect("line");
    let (size, dpi) = (LabelSize::Mm50x25, Dpi::Dpi203);
    let mut duplicate = label_content(1);
    duplicate.copy = 1;
    for zpl in [
        drivers::label::zpl::encode(&label_content(1), size, dpi),
        drivers::label::zpl::encode(&duplicate, size, dpi),
        drivers::label::zpl::test_label("Urząd Gminy Kruszyna", size, dpi),
        drivers::label::zpl::encode(&label_content(2), size, dpi),
    ] {
        line.write_all(&zpl.expect("label")).await.expect("written");
    }
    printer.labels_at_least(4).await;
    mfp.sheets_at_least(3).await;
    assert_eq!(mfp.sheets(), 3, "one page of the first letter and two of the second");
    hands.abort();
}

#[tokio::test]
async fn the_program_tells_its_addresses_and_leaves_when_its_input_ends() {
    let folder = tempfile::tempdir().expect("folder");
    let mut office = Command::new(env!("CARGO_BIN_EXE_demo-office"))
        .arg("--data")
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("demo office");
    let mut lines = BufReader::new(office.stdout.take().expect("output")).lines();
    let ready = lines.next_line().await.expect("output").expect("one line");
    let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
    let place = |key: &str| ready[key].as_str().expect("an address").to_owned();
    TcpStream::connect(place("printer")).await.expect("the printer answers");
    let capabilities = reqwest::get(format!("{}/ScannerCapabilities", place("mfp"))).await.expect("the MFP answers");
    assert!(capabilities.status().is_success());
    for page in ["labelsPage", "mfpPage"] {
        assert!(reqwest::get(place(page)).await.expect("a page").status().is_success());
    }
    drop(office.stdin.take());
    assert!(office.wait().await.expect("left").success());
}
