//! Tests of devices from the settings screen: they ask the device now and change nothing at the desk.
//! Called by `src-tauri/src/commands/settings.rs`, after saving: a test is about the settings as they are saved.

use std::{io::Cursor, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{ErrorCode, label::BlockReason, rights::Act};
use drivers::{
    label::{self, LabelPrinter, LinkError, PrinterSettings, PrinterStatus, SendOutcome, zpl},
    scan::{
        Capabilities, FeederState, NextPage, Page, ScanError, ScanSettings, Scanner, Source, decode::PageImage,
        escl::EsclScanner,
    },
};
use image::{ImageFormat, imageops::FilterType};

use super::view::DeviceTest;
use crate::{
    Desk, DeskError, labels, session,
    sync::{self, Patience, Trouble},
};

/// Longer side of the picture of a test scan, in pixels.
const PICTURE: u32 = 600;
/// How long central may take to answer a test.
const CENTRAL_PATIENCE: Patience = Patience { connect: Duration::from_secs(5), answer: Duration::from_secs(5) };

/// Serial ports that the operating system knows.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`].
pub async fn serial_ports(desk: &Desk) -> Result<Vec<String>, DeskError> {
    session::may_any(desk, Act::Settings)?;
    tokio::task::spawn_blocking(label::serial_ports).await.map_err(DeskError::unexpected("list serial ports"))
}

/// Prints a test label that bears no number, and tells what the printer calls itself.
///
/// # Errors
/// [`ErrorCode::DeviceNotConfigured`]; [`ErrorCode::DeviceUnreachable`] without a connection;
/// [`ErrorCode::DeviceProtocol`] when it does not answer as a label printer; [`ErrorCode::DeviceNotReady`] when it lacks
/// labels or ribbon, is paused or faulty (the status line says which), [`ErrorCode::DeviceOpen`] when it is open;
/// [`ErrorCode::DeviceBusy`] when another program holds the port.
#[tracing::instrument(skip_all, err)]
pub async fn print_test_label(desk: &Desk) -> Result<DeviceTest, DeskError> {
    session::may_any(desk, Act::Settings)?;
    let settings = desk.settings();
    let printer = settings.printer.ok_or(DeskError::Refused(ErrorCode::DeviceNotConfigured))?;
    let bytes = zpl::test_label(settings.draft.office_name.trim(), printer.size, printer.dpi)
        .map_err(DeskError::unexpected("draw a test label"))?;
    let mut line = label::connect(&printer);
    let outcome = ask_and_send(line.as_mut(), &printer, &bytes).await;
    line.hang_up().await;
    desk.wake.labels.notify_one();
    outcome
}

async fn ask_and_send(
    printer: &mut dyn LabelPrinter,
    settings: &PrinterSettings,
    bytes: &[u8],
) -> Result<DeviceTest, DeskError> {
    let status = printer.ask().await.map_err(unreachable)?;
    if let Some(obstacle) = status.obstacle() {
        return Err(DeskError::Refused(code_of(labels::worker::reason_of(obstacle))));
    }
    let identity = printer.identify().await.map_err(unreachable)?;
    if identity.as_ref().is_some_and(|identity| !identity.fits(settings.dpi)) {
        tracing::warn!("the printer's resolution is not that of the settings");
    }
    match printer.send(bytes).await {
        SendOutcome::Taken => {}
        SendOutcome::NothingLeft(error) | SendOutcome::Cut { cause: error, .. } => return Err(unreachable(error)),
    }
    match printer.ask().await.map_err(unreachable)? {
        PrinterStatus::Silent => Err(DeskError::Refused(ErrorCode::DeviceProtocol)),
        PrinterStatus::Answered(_) => Ok(DeviceTest { model: identity.map(|identity| identity.model), picture: None }),
    }
}

fn unreachable(error: LinkError) -> DeskError {
    tracing::info!(%error, "the label printer's link");
    DeskError::Refused(if error == LinkError::PortHeld { ErrorCode::DeviceBusy } else { ErrorCode::DeviceUnreachable })
}

fn code_of(reason: BlockReason) -> ErrorCode {
    match reason {
        BlockReason::MediaOut
        | BlockReason::RibbonOut
        | BlockReason::Paused
        | BlockReason::Cutter
        | BlockReason::Other => ErrorCode::DeviceNotReady,
        BlockReason::HeadOpen => ErrorCode::DeviceOpen,
        BlockReason::Silent | BlockReason::WrongLanguage => ErrorCode::DeviceProtocol,
        BlockReason::Unreachable => ErrorCode::DeviceUnreachable,
        BlockReason::NotConfigured => ErrorCode::DeviceNotConfigured,
    }
}

/// Scans one page, from the feeder if paper lies in it, else from the glass, and shows it small. Nothing is kept.
///
/// # Errors
/// [`ErrorCode::DeviceNotConfigured`]; [`ErrorCode::FeederEmpty`] at a device without a glass; otherwise as
/// [`ScanError::code`].
#[tracing::instrument(skip_all, err)]
pub async fn test_scan(desk: &Desk) -> Result<DeviceTest, DeskError> {
    session::may_any(desk, Act::Settings)?;
    let address = desk.settings().mfp.ok_or(DeskError::Refused(ErrorCode::DeviceNotConfigured))?;
    let scanner = EsclScanner::new(address).map_err(|error| refused(&error))?;
    let (model, page) = scan_one(&scanner).await.map_err(|error| refused(&error))?;
    let picture = tokio::task::spawn_blocking(move || small_picture(&page.bytes))
        .await
        .map_err(DeskError::unexpected("draw a scanned page small"))??;
    Ok(DeviceTest { model: Some(model).filter(|model| !model.is_empty()), picture: Some(picture) })
}

async fn scan_one(scanner: &EsclScanner) -> Result<(String, Page), ScanError> {
    let capabilities = scanner.capabilities().await?;
    let settings = settings_for(&capabilities, scanner.status().await?.feeder.as_ref());
    let mut job = scanner.scan(settings).await?;
    let page = match job.next_page().await? {
        NextPage::Page(page) => page,
        NextPage::End(_) => return Err(ScanError::FeederEmpty),
    };
    job.page_stored();
    job.cancel().await;
    Ok((capabilities.model, page))
}

// Paper in the feeder goes first; a feeder that does not say is believed when there is no glass.
fn settings_for(capabilities: &Capabilities, feeder: Option<&FeederState>) -> ScanSettings {
    let loaded = matches!(feeder, Some(FeederState::Loaded | FeederState::Processing));
    let from_feeder = capabilities.feeder.is_some() && (loaded || capabilities.platen.is_none());
    let source = if from_feeder { Source::Feeder } else { Source::Platen };
    let settings = ScanSettings { source, ..ScanSettings::default() };
    let dpi = capabilities
        .input(&settings)
        .and_then(|input| input.resolutions.iter().copied().min_by_key(|dpi| dpi.abs_diff(settings.dpi)));
    ScanSettings { dpi: dpi.unwrap_or(settings.dpi), ..settings }
}

fn small_picture(jpeg: &[u8]) -> Result<String, DeskError> {
    let page = PageImage::decode(jpeg).map_err(|_| DeskError::Refused(ErrorCode::DeviceProtocol))?;
    let (width, height) = page.grey().dimensions();
    let longer = width.max(height).max(1);
    let side = |side: u32| (u64::from(side) * u64::from(PICTURE.min(longer)) / u64::from(longer)).max(1);
    let side = |length| u32::try_from(side(length)).unwrap_or(PICTURE);
    let small = image::imageops::resize(page.grey(), side(width), side(height), FilterType::Triangle);
    let mut bytes = Cursor::new(Vec::new());
    small.write_to(&mut bytes, ImageFormat::Jpeg).map_err(DeskError::unexpected("draw a scanned page small"))?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes.into_inner())))
}

fn refused(error: &ScanError) -> DeskError {
    tracing::info!(%error, "a test scan failed");
    DeskError::Refused(error.code())
}

/// Asks central for a challenge: it is there, and it is ours. Says nothing of the desk and needs no key.
///
/// # Errors
/// [`ErrorCode::DeviceNotConfigured`], [`ErrorCode::NotConfigured`] without the office's code;
/// [`ErrorCode::CentralUnreachable`] without an answer in 5 s; [`ErrorCode::CentralNotTrusted`] when another key is shown;
/// [`ErrorCode::CentralRefused`] for any answer that is not central's.
#[tracing::instrument(skip_all, err)]
pub async fn test_central(desk: &Desk) -> Result<DeviceTest, DeskError> {
    session::may_any(desk, Act::Settings)?;
    let settings = desk.settings();
    let address = settings.central.ok_or(DeskError::Refused(ErrorCode::DeviceNotConfigured))?;
    let office = settings.teryt.ok_or(DeskError::Refused(ErrorCode::NotConfigured))?;
    sync::knock(&address, &office, desk.pin(), CENTRAL_PATIENCE).await.map_err(|trouble| {
        DeskError::Refused(match trouble {
            Trouble::Rubbish(_) => ErrorCode::CentralRefused,
            trouble => trouble.code(),
        })
    })?;
    Ok(DeviceTest { model: None, picture: None })
}
