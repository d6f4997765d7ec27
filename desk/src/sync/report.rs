//! Tells central once a minute how this desk is, for the administrator: what waits, how the devices are.
//!
//! Called by `sync::worker` at the end of a good round. Nothing depends on it, and nothing of a letter is told.

use wire::{
    core::engine::Engine,
    v1::{DeviceState, Report, Reported},
};

use super::{Failed, client::Central, greet::PROGRAM};
use crate::{
    Desk, enrolment, erasure, status,
    status::view::{MfpStatusView, PrinterStatusView},
};

/// Sends a report.
///
/// # Errors
/// Central's trouble when it did not note it, the next one says it all again; or that of the database.
pub(super) async fn send(
    desk: &Desk,
    central: &Central,
    engine: &Engine,
    unsent: u32,
    oldest: Option<jiff::Timestamp>,
) -> Result<Reported, Failed> {
    let erased = erasure::to_confirm(&mut *desk.read().await?).await?;
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
        authority: desk.pin(),
        erased: erased.clone(),
        read_scope: engine.has_read().then(|| enrolment::bounds(desk).scope),
    };
    let reported = central.report(engine.token(), &report).await?;
    if !erased.is_empty() {
        erasure::confirmed(desk, &erased).await?;
    }
    Ok(reported)
}
