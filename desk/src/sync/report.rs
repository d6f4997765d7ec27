//! Tells central once a minute how this desk is, for the administrator: what waits, how the devices are.
//!
//! Called by `sync::worker` at the end of a good round. Nothing depends on it, and nothing of a letter is told.

use wire::{
    core::engine::{Engine, Trouble},
    v1::{DeviceState, Report, Reported},
};

use super::{client::Central, greet::PROGRAM};
use crate::{
    Desk, enrolment, status,
    status::view::{MfpStatusView, PrinterStatusView},
};

/// Sends a report.
///
/// # Errors
/// [`Trouble`] when central did not note it: the next one says it all again.
pub(super) async fn send(
    desk: &Desk,
    central: &Central,
    engine: &Engine,
    unsent: u32,
    oldest: Option<jiff::Timestamp>,
) -> Result<Reported, Trouble> {
    let (printer, mfp) = status::devices(desk);
    let waited = oldest.map(|oldest| desk.now().duration_since(oldest).as_secs());
    let report = Report {
        program: PROGRAM.to_owned(),
        unsent,
        oldest_unsent_seconds: waited.and_then(|seconds| u64::try_from(seconds).ok()),
        label_printer: match printer {
            PrinterStatusView::None => DeviceState::None,
            PrinterStatusView::Unknown => DeviceState::Unknown,
            PrinterStatusView::Ready | PrinterStatusView::Printing => DeviceState::Ready,
            PrinterStatusView::Blocked { .. } => DeviceState::Attention,
        },
        mfp: match mfp {
            MfpStatusView::None => DeviceState::None,
            MfpStatusView::Unknown => DeviceState::Unknown,
            MfpStatusView::Ready { .. } | MfpStatusView::Scanning => DeviceState::Ready,
            MfpStatusView::Fault { .. } => DeviceState::Attention,
        },
        read_scope: engine.has_read().then(|| enrolment::bounds(desk).scope),
    };
    central.report(engine.token(), &report).await
}
