//! Our virtual devices judged by others, and our drivers against our virtual devices.
//!
//! `scanimage` through sane-airscan and zbarimg are the strangers: what they read proves that the fakes behave like
//! things of metal.

mod demo_office;
mod label_printer;
mod marks_on_pages;
mod scanimage;
mod stacks;

use std::sync::Arc;

use domain::label::{Dpi, LabelContent, LabelSize};
use domain::marks::{DocumentIdentifier, Teryt};
use domain::register::{PointSymbol, Register, RegisterNumber};
use kit::virtual_printer::{PrintedLabel, PrinterSetup, VirtualPrinter};

fn office() -> Teryt {
    Teryt::try_from("2404082".to_owned()).expect("teryt")
}

fn label_content(n: u32) -> LabelContent {
    let symbol = PointSymbol::try_from("K1".to_owned()).expect("symbol");
    let number = RegisterNumber { register: Register::Incoming, symbol, year: 2026, n };
    LabelContent {
        office: "Urząd Gminy Kruszyna".to_owned(),
        number: format!("RPW/K1/{n}/2026"),
        identifier: DocumentIdentifier::of(&office(), &number),
        received: "23.11.2026 09:14".to_owned(),
        attachments: 3,
        clerk: "A. Lis".to_owned(),
        copy: 0,
    }
}

/// Labels as they come out of a printer of this resolution.
async fn printed(numbers: &[u32], size: LabelSize, dpi: Dpi) -> Vec<Arc<PrintedLabel>> {
    use tokio::io::AsyncWriteExt;
    let dots_per_mm = match dpi {
        Dpi::Dpi203 => 8,
        Dpi::Dpi300 => 12,
    };
    let setup = PrinterSetup { dots_per_mm, ..PrinterSetup::default() };
    let printer = VirtualPrinter::start(setup).await.expect("printer");
    let mut line = tokio::net::TcpStream::connect(printer.address()).await.expect("line");
    for n in numbers {
        let zpl = drivers::label::zpl::encode(&label_content(*n), size, dpi).expect("label");
        line.write_all(&zpl).await.expect("written");
    }
    printer.labels_at_least(numbers.len()).await
}
