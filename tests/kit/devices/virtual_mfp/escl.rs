//! The eSCL side of the device: what it can do, how it is, jobs and pages.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use futures::{StreamExt as _, stream};

use super::{JobState, MfpFault, Shared, Turn};

/// What a client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    dpi: u16,
    color: bool,
    /// Largest picture in pixels.
    limit: (u32, u32),
}

const RESOLUTIONS: [u16; 3] = [150, 200, 300];

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/eSCL/ScannerCapabilities", get(capabilities))
        .route("/eSCL/ScannerStatus", get(status))
        .route("/eSCL/ScanJobs", post(begin))
        .route("/eSCL/ScanJobs/{job}", delete(cancel))
        .route("/eSCL/ScanJobs/{job}/NextDocument", get(next))
}

fn xml(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response()
}

async fn capabilities() -> Response {
    let mut resolutions = String::new();
    for dpi in RESOLUTIONS {
        let _ = write!(
            resolutions,
            "<scan:DiscreteResolution><scan:XResolution>{dpi}</scan:XResolution>\
             <scan:YResolution>{dpi}</scan:YResolution></scan:DiscreteResolution>"
        );
    }
    xml(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerCapabilities xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
<pwg:Version>2.63</pwg:Version>
<pwg:MakeAndModel>Okienko Virtual MFP</pwg:MakeAndModel>
<pwg:SerialNumber>VM26S000117</pwg:SerialNumber>
<scan:UUID>6f6b6965-6e6b-4f00-8000-00000000dead</scan:UUID>
<scan:Adf>
<scan:AdfSimplexInputCaps>
<scan:MinWidth>300</scan:MinWidth><scan:MaxWidth>2480</scan:MaxWidth>
<scan:MinHeight>300</scan:MinHeight><scan:MaxHeight>3508</scan:MaxHeight>
<scan:MaxScanRegions>1</scan:MaxScanRegions>
<scan:SettingProfiles><scan:SettingProfile>
<scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode><scan:ColorMode>RGB24</scan:ColorMode></scan:ColorModes>
<scan:DocumentFormats><pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat><scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats>
<scan:SupportedResolutions><scan:DiscreteResolutions>{resolutions}</scan:DiscreteResolutions></scan:SupportedResolutions>
</scan:SettingProfile></scan:SettingProfiles>
<scan:SupportedIntents><scan:Intent>Document</scan:Intent></scan:SupportedIntents>
</scan:AdfSimplexInputCaps>
<scan:FeederCapacity>50</scan:FeederCapacity>
<scan:AdfOptions><scan:AdfOption>DetectPaperLoaded</scan:AdfOption></scan:AdfOptions>
</scan:Adf>
</scan:ScannerCapabilities>
"#
    ))
}

async fn status(State(device): State<Arc<Shared>>) -> Response {
    let inside = device.inside();
    let working = inside.jobs.iter().any(|job| job.state == JobState::Processing);
    let state = if working { "Processing" } else { "Idle" };
    let feeder = if inside.jammed {
        "ScannerAdfJam"
    } else if inside.feeder.is_empty() {
        "ScannerAdfEmpty"
    } else if working {
        "ScannerAdfProcessing"
    } else {
        "ScannerAdfLoaded"
    };
    let mut jobs = String::new();
    for job in &inside.jobs {
        let (state, reason) = match job.state {
            JobState::Processing => ("Processing", "JobScanning"),
            JobState::Completed => ("Completed", "JobCompletedSuccessfully"),
            JobState::Canceled => ("Canceled", "JobCanceledByUser"),
            JobState::Aborted => ("Aborted", "AbortedBySystem"),
        };
        let _ = write!(
            jobs,
            "<scan:JobInfo><pwg:JobUri>/eSCL/ScanJobs/{id}</pwg:JobUri><pwg:JobUuid>{id}</pwg:JobUuid>\
             <scan:Age>{age}</scan:Age><pwg:ImagesCompleted>{images}</pwg:ImagesCompleted>\
             <pwg:ImagesToTransfer>0</pwg:ImagesToTransfer><pwg:JobState>{state}</pwg:JobState>\
             <pwg:JobStateReasons><pwg:JobStateReason>{reason}</pwg:JobStateReason></pwg:JobStateReasons></scan:JobInfo>",
            id = job.id,
            age = job.touched.elapsed().as_secs(),
            images = job.images,
        );
    }
    xml(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerStatus xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
<pwg:Version>2.63</pwg:Version><pwg:State>{state}</pwg:State><scan:AdfState>{feeder}</scan:AdfState>
<scan:Jobs>{jobs}</scan:Jobs></scan:ScannerStatus>
"#
    ))
}

async fn begin(State(device): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(settings) = read_settings(&body) else { return StatusCode::CONFLICT.into_response() };
    let begun = device.inside().begin(settings);
    device.tell();
    match begun {
        Ok(id) => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
            let place = format!("http://{host}/eSCL/ScanJobs/{id}");
            (StatusCode::CREATED, [(header::LOCATION, place)]).into_response()
        }
        Err(status) => refuse(status),
    }
}

fn refuse(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// The few settings that matter to a feeder; `None` for what this device cannot do.
fn read_settings(body: &[u8]) -> Option<Settings> {
    use quick_xml::events::Event;
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = quick_xml::reader::Reader::from_str(text);
    let mut name = String::new();
    let mut settings = Settings { dpi: 300, color: false, limit: (u32::MAX, u32::MAX) };
    let mut region = (u32::MAX, u32::MAX);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let local: &str = start.local_name().into_inner();
                local.clone_into(&mut name);
            }
            Event::End(_) => name.clear(),
            Event::Text(text) => {
                let text = text.into_inner();
                let text = text.trim();
                match name.as_str() {
                    "XResolution" => settings.dpi = text.parse().ok()?,
                    "ColorMode" => settings.color = text == "RGB24",
                    "Width" => region.0 = text.parse().ok()?,
                    "Height" => region.1 = text.parse().ok()?,
                    "InputSource" if text != "Feeder" => return None,
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !RESOLUTIONS.contains(&settings.dpi) {
        return None;
    }
    let pixels = |side: u32| side.saturating_mul(u32::from(settings.dpi)).div_ceil(300);
    settings.limit = (pixels(region.0), pixels(region.1));
    Some(settings)
}

async fn cancel(State(device): State<Arc<Shared>>, Path(job): Path<uuid::Uuid>) -> Response {
    let mut inside = device.inside();
    let Some(job) = inside.jobs.iter_mut().find(|known| known.id == job) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if job.state == JobState::Processing {
        job.state = JobState::Canceled;
    }
    StatusCode::OK.into_response()
}

async fn next(State(device): State<Arc<Shared>>, Path(job): Path<uuid::Uuid>) -> Response {
    let turn = device.inside().turn(job);
    device.tell();
    let (sheet, settings, fault, page) = match turn {
        Turn::Deliver { sheet, settings, fault, page } => (sheet, settings, fault, page),
        Turn::Say(status) => return refuse(status),
        Turn::Empty => return ([(header::CONTENT_TYPE, "image/jpeg")], Body::empty()).into_response(),
        Turn::Never => std::future::pending().await,
    };
    let scan = move || sheet.scanned_region(settings.dpi, settings.color, settings.limit);
    let Ok(jpeg) = tokio::task::spawn_blocking(scan).await else { return refuse(500) };
    let length = jpeg.len();
    let half = Bytes::copy_from_slice(&jpeg[..length / 2]);
    let body = match fault {
        Some(MfpFault::CutInPage { page: cut }) if cut == page => {
            // The half leaves first: an error in the same breath would take the head of the answer with it.
            let pulled = async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("the cable is pulled"))
            };
            Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(pulled)))
        }
        Some(MfpFault::HalfPicture { page: cut }) if cut == page => {
            return ([(header::CONTENT_TYPE, "image/jpeg")], Body::from(half)).into_response();
        }
        Some(MfpFault::Slow { millis }) => {
            let pause = Duration::from_millis(millis / 8);
            let pieces: Vec<Bytes> = jpeg.chunks(length.div_ceil(8)).map(Bytes::copy_from_slice).collect();
            Body::from_stream(stream::unfold(pieces.into_iter(), move |mut pieces| async move {
                tokio::time::sleep(pause).await;
                pieces.next().map(|piece| (Ok::<_, std::io::Error>(piece), pieces))
            }))
        }
        _ => Body::from(jpeg),
    };
    ([(header::CONTENT_TYPE, "image/jpeg".to_owned()), (header::CONTENT_LENGTH, length.to_string())], body)
        .into_response()
}
