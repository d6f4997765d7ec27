//! What the clerk's hands do in the demo: a label comes out, goes on the next letter, the letter goes into the feeder.
//!
//! Used by the demo office and by journeys. A duplicate label, or one without a register's mark, moves no paper.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::task::JoinHandle;
use zxingcpp::{BarcodeFormat, ImageFormat, ImageView};

use super::sample_letters;
use super::virtual_mfp::{VirtualMfp, sheets_of};
use super::virtual_printer::{PrintedLabel, VirtualPrinter};

/// Lays a sample letter in the feeder for every new label, in the order of the letters, over and over.
///
/// Ends with the printer, or when the handle is aborted.
pub fn follow(printer: &Arc<VirtualPrinter>, mfp: &Arc<VirtualMfp>) -> JoinHandle<()> {
    let (printer, mfp) = (Arc::downgrade(printer), Arc::downgrade(mfp));
    let Some(mut changes) = printer.upgrade().map(|printer| printer.changes()) else {
        return tokio::spawn(async {});
    };
    tokio::spawn(async move {
        let letters = sample_letters::all();
        let mut next = letters.iter().cycle();
        let mut known = HashSet::new();
        let mut seen = 0;
        loop {
            {
                let (Some(printer), Some(mfp)) = (printer.upgrade(), mfp.upgrade()) else { return };
                let labels = printer.labels();
                for label in &labels[seen.min(labels.len())..] {
                    if let Some(text) = bars_of(label).filter(|text| is_of_a_register(text))
                        && known.insert(text)
                        && let Some(letter) = next.next()
                    {
                        mfp.load(sheets_of(letter, Some(label)));
                    }
                }
                seen = labels.len();
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    })
}

// Incoming letters only, by form: the hands know no office. A test label says something else.
fn is_of_a_register(bars: &str) -> bool {
    let digits = bars.bytes().rev().take_while(u8::is_ascii_digit).count();
    bars.starts_with('W') && (12..=13).contains(&bars.len()) && digits >= 10
}

/// Text of the label's Code 128, read from its drawing.
pub fn bars_of(label: &PrintedLabel) -> Option<String> {
    let (width, height) = label.picture.dimensions();
    let view = ImageView::from_slice(&label.picture, width, height, ImageFormat::Lum).ok()?;
    let reader = zxingcpp::read().formats([BarcodeFormat::Code128]).try_harder(true);
    reader.from(&view).ok()?.into_iter().find(zxingcpp::Barcode::is_valid).map(|code| code.text())
}
