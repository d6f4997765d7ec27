//! The status line: what the workers last learned of devices and network. Called by `commands/status.rs`.
//!
//! Workers report here; nobody asks a device to draw the line, so it never waits.

mod store;
pub mod view;

use std::sync::{Mutex, MutexGuard, PoisonError};

use view::{CentralStatusView, MfpStatusView, PrinterStatusView, StatusView};

use crate::{Desk, DeskError, DeskEvent, tasks};

/// What is known now.
#[derive(Debug, Default)]
pub(crate) struct Board {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    printer: PrinterStatusView,
    mfp: MfpStatusView,
    central: CentralStatusView,
}

fn seen(desk: &Desk) -> MutexGuard<'_, Seen> {
    desk.board.seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The whole line.
///
/// # Errors
/// [`DeskError::Store`] when open questions cannot be counted.
pub async fn status_line(desk: &Desk) -> Result<StatusView, DeskError> {
    let (questions, tasks) = {
        let mut db = desk.read().await?;
        (store::open_questions(&mut db).await?, tasks::count(&mut db).await?)
    };
    let seen = seen(desk);
    Ok(StatusView {
        printer: seen.printer.clone(),
        mfp: seen.mfp.clone(),
        central: seen.central.clone(),
        questions,
        tasks,
        key_in_file: desk.key_in_file(),
    })
}

/// What is known of the devices.
pub(crate) fn devices(desk: &Desk) -> (PrinterStatusView, MfpStatusView) {
    let seen = seen(desk);
    (seen.printer.clone(), seen.mfp.clone())
}

/// The label worker reports the printer.
pub(crate) fn report_printer(desk: &Desk, printer: PrinterStatusView) {
    let mut seen = seen(desk);
    let before = std::mem::replace(&mut seen.printer, printer);
    let changed = before != seen.printer;
    drop(seen);
    tell(desk, changed);
}

/// The scanning worker reports the multifunction device.
pub(crate) fn report_mfp(desk: &Desk, mfp: MfpStatusView) {
    let mut seen = seen(desk);
    let before = std::mem::replace(&mut seen.mfp, mfp);
    let changed = before != seen.mfp;
    drop(seen);
    tell(desk, changed);
}

/// The sync worker reports central.
pub(crate) fn report_central(desk: &Desk, central: CentralStatusView) {
    let mut seen = seen(desk);
    let before = std::mem::replace(&mut seen.central, central);
    let changed = before != seen.central;
    drop(seen);
    tell(desk, changed);
}

fn tell(desk: &Desk, changed: bool) {
    if changed {
        desk.announce(DeskEvent::StatusChanged);
    }
}
