//! eSCL messages (Mopria eSCL 2.x): scanner answers read leniently, our one request written strictly.
//!
//! Called by `escl`. Pure. What a device leaves out becomes empty or `None`; what we do not know is carried as text.

use super::xml::{self, Element};
use super::{
    Capabilities, ColorMode, DeviceState, FeederState, InputCapabilities, NotEscl, ScanSettings, ScannerStatus, Source,
};

/// One job as `ScannerStatus` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JobReport {
    pub(super) state: JobState,
    pub(super) images_completed: Option<u32>,
}

impl JobReport {
    /// True when no page will come any more and the stack is not whole.
    pub(super) fn is_given_up(&self) -> bool {
        matches!(self.state, JobState::Canceled | JobState::Aborted)
    }
}

/// State of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JobState {
    Pending,
    Processing,
    Completed,
    Canceled,
    Aborted,
    Other(String),
}

/// `ScannerStatus` with its jobs, each with the last part of its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatusAnswer {
    pub(super) status: ScannerStatus,
    pub(super) jobs: Vec<(String, JobReport)>,
}

impl StatusAnswer {
    /// The report of the job at this address. Devices disagree about hosts, so only the end of the path is compared.
    pub(super) fn job(&self, address: &str) -> Option<&JobReport> {
        let wanted = last_part(address);
        self.jobs.iter().find(|(uri, _)| last_part(uri) == wanted).map(|(_, report)| report)
    }
}

fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Reads `ScannerCapabilities`.
pub(super) fn read_capabilities(bytes: &[u8]) -> Result<Capabilities, NotEscl> {
    let root = expect_root(bytes, "ScannerCapabilities")?;
    let adf = root.child("Adf");
    Ok(Capabilities {
        model: root.text_of("MakeAndModel").to_owned(),
        serial: root.text_of("SerialNumber").to_owned(),
        version: root.text_of("Version").to_owned(),
        platen: root.child("Platen").and_then(|platen| platen.child("PlatenInputCaps")).map(input),
        feeder: adf.and_then(|adf| adf.child("AdfSimplexInputCaps")).map(input),
        feeder_duplex: adf.and_then(|adf| adf.child("AdfDuplexInputCaps")).map(input),
    })
}

fn input(caps: &Element) -> InputCapabilities {
    let texts = |name: &str| {
        let mut found = Vec::new();
        caps.descendants(name, &mut found);
        let mut texts: Vec<String> = found.into_iter().map(|element| element.text.trim().to_owned()).collect();
        texts.dedup();
        texts
    };
    let mut formats = texts("DocumentFormat");
    for format in texts("DocumentFormatExt") {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let mut resolutions = Vec::new();
    caps.descendants("DiscreteResolution", &mut resolutions);
    let mut resolutions: Vec<u16> = resolutions
        .into_iter()
        .filter(|pair| pair.text_of("XResolution") == pair.text_of("YResolution"))
        .filter_map(|pair| pair.text_of("XResolution").parse().ok())
        .collect();
    resolutions.sort_unstable();
    resolutions.dedup();
    InputCapabilities {
        max_width: caps.text_of("MaxWidth").parse().unwrap_or_default(),
        max_height: caps.text_of("MaxHeight").parse().unwrap_or_default(),
        resolutions,
        color_modes: texts("ColorMode"),
        formats,
    }
}

/// Reads `ScannerStatus`.
pub(super) fn read_status(bytes: &[u8]) -> Result<StatusAnswer, NotEscl> {
    let root = expect_root(bytes, "ScannerStatus")?;
    let device = match root.text_of("State") {
        "Idle" => DeviceState::Idle,
        "Processing" => DeviceState::Processing,
        "Testing" => DeviceState::Testing,
        "Stopped" => DeviceState::Stopped,
        "Down" => DeviceState::Down,
        other => DeviceState::Other(shown(other)),
    };
    let feeder = root.child("AdfState").map(|state| feeder_state(state.text.trim()));
    let mut infos = Vec::new();
    root.descendants("JobInfo", &mut infos);
    let jobs = infos.into_iter().map(|info| (info.text_of("JobUri").to_owned(), job_report(info))).collect();
    Ok(StatusAnswer { status: ScannerStatus { device, feeder }, jobs })
}

fn feeder_state(word: &str) -> FeederState {
    match word {
        "ScannerAdfEmpty" => FeederState::Empty,
        "ScannerAdfLoaded" => FeederState::Loaded,
        "ScannerAdfProcessing" => FeederState::Processing,
        "ScannerAdfJam" => FeederState::Jam,
        "ScannerAdfMispick"
        | "ScannerAdfHatchOpen"
        | "ScannerAdfDuplexPageTooShort"
        | "ScannerAdfDuplexPageTooLong"
        | "ScannerAdfMultipickDetected"
        | "ScannerAdfInputTrayFailed"
        | "ScannerAdfInputTrayOverloaded" => FeederState::Fault(word.to_owned()),
        other => FeederState::Other(shown(other)),
    }
}

fn job_report(info: &Element) -> JobReport {
    let state = match info.text_of("JobState") {
        "Pending" => JobState::Pending,
        "Processing" => JobState::Processing,
        "Completed" => JobState::Completed,
        "Canceled" => JobState::Canceled,
        "Aborted" => JobState::Aborted,
        other => JobState::Other(shown(other)),
    };
    JobReport { state, images_completed: info.text_of("ImagesCompleted").parse().ok() }
}

// A stranger's word, short enough to be shown.
fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn expect_root(bytes: &[u8], name: &str) -> Result<Element, NotEscl> {
    let root = xml::read(bytes)?;
    if root.name == name { Ok(root) } else { Err(NotEscl::AnotherRoot) }
}

/// A4 in 1/300 inch.
const A4: (u32, u32) = (2480, 3508);

/// Writes `ScanSettings`: JPEG, at most A4, no larger than the input's own limits.
pub(super) fn write_settings(settings: ScanSettings, version: &str, input: Option<&InputCapabilities>) -> String {
    let cap = |wanted: u32, limit: u32| if limit == 0 { wanted } else { wanted.min(limit) };
    let width = cap(A4.0, input.map(|input| input.max_width).unwrap_or_default());
    let height = cap(A4.1, input.map(|input| input.max_height).unwrap_or_default());
    let version = xml::escaped(if version.is_empty() { "2.0" } else { version });
    let source = match settings.source {
        Source::Feeder => "Feeder",
        Source::Platen => "Platen",
    };
    let color = match settings.color {
        ColorMode::Grey => "Grayscale8",
        ColorMode::Color => "RGB24",
    };
    let ScanSettings { dpi, duplex, .. } = settings;
    let duplex = if settings.source == Source::Feeder {
        format!("  <scan:Duplex>{duplex}</scan:Duplex>\n")
    } else {
        String::new()
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<scan:ScanSettings xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
  <pwg:Version>{version}</pwg:Version>
  <pwg:ScanRegions>
    <pwg:ScanRegion>
      <pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits>
      <pwg:XOffset>0</pwg:XOffset>
      <pwg:YOffset>0</pwg:YOffset>
      <pwg:Width>{width}</pwg:Width>
      <pwg:Height>{height}</pwg:Height>
    </pwg:ScanRegion>
  </pwg:ScanRegions>
  <pwg:InputSource>{source}</pwg:InputSource>
  <scan:ColorMode>{color}</scan:ColorMode>
  <scan:XResolution>{dpi}</scan:XResolution>
  <scan:YResolution>{dpi}</scan:YResolution>
  <pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>
  <scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt>
{duplex}</scan:ScanSettings>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPABILITIES: &str = r#"<?xml version="1.0"?>
<scan:ScannerCapabilities xmlns:scan="s" xmlns:pwg="p"><pwg:Version>2.63</pwg:Version>
<pwg:MakeAndModel>Example MFP 1</pwg:MakeAndModel><pwg:SerialNumber>X1</pwg:SerialNumber>
<scan:Adf><scan:AdfSimplexInputCaps><scan:MaxWidth>2550</scan:MaxWidth><scan:MaxHeight>3300</scan:MaxHeight>
<scan:SettingProfiles><scan:SettingProfile><scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode>
<scan:ColorMode>Strange64</scan:ColorMode></scan:ColorModes><scan:DocumentFormats>
<pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat><scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt>
</scan:DocumentFormats><scan:SupportedResolutions><scan:DiscreteResolutions>
<scan:DiscreteResolution><scan:XResolution>300</scan:XResolution><scan:YResolution>300</scan:YResolution></scan:DiscreteResolution>
<scan:DiscreteResolution><scan:XResolution>200</scan:XResolution><scan:YResolution>200</scan:YResolution></scan:DiscreteResolution>
<scan:DiscreteResolution><scan:XResolution>600</scan:XResolution><scan:YResolution>1200</scan:YResolution></scan:DiscreteResolution>
</scan:DiscreteResolutions></scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>
</scan:AdfSimplexInputCaps></scan:Adf></scan:ScannerCapabilities>"#;

    #[test]
    fn capabilities_without_a_platen() {
        let caps = read_capabilities(CAPABILITIES.as_bytes()).expect("capabilities");
        assert_eq!((caps.model.as_str(), caps.serial.as_str(), caps.version.as_str()), ("Example MFP 1", "X1", "2.63"));
        assert_eq!(caps.platen, None);
        let feeder = caps.feeder.as_ref().expect("feeder");
        assert_eq!(feeder.resolutions, [200, 300]);
        assert_eq!(feeder.color_modes, ["Grayscale8", "Strange64"]);
        assert_eq!(feeder.formats, ["image/jpeg"]);
        let request = write_settings(ScanSettings::default(), &caps.version, Some(feeder));
        assert!(request.contains("<pwg:Height>3300</pwg:Height>"), "{request}");
        assert!(request.contains("<pwg:Width>2480</pwg:Width>"), "{request}");
        assert!(xml::read(request.as_bytes()).is_ok());
    }

    #[test]
    fn a_status_finds_its_job_by_the_end_of_the_path() {
        let answer = read_status(
            b"<s:ScannerStatus xmlns:s='s'><State>Processing</State><AdfState>ScannerAdfTired</AdfState><Jobs><JobInfo>\
              <JobUri>http://other.host/eSCL/ScanJobs/7/</JobUri><JobState>Completed</JobState>\
              <ImagesCompleted>3</ImagesCompleted></JobInfo></Jobs></s:ScannerStatus>",
        )
        .expect("status");
        assert_eq!(answer.status.feeder, Some(FeederState::Other("ScannerAdfTired".to_owned())));
        let report = JobReport { state: JobState::Completed, images_completed: Some(3) };
        assert_eq!(answer.job("http://10.0.0.5/eSCL/ScanJobs/7"), Some(&report));
        assert_eq!(answer.job("http://10.0.0.5/eSCL/ScanJobs/8"), None);
    }

    #[test]
    fn another_document_is_no_status() {
        assert_eq!(read_status(b"<html><body/></html>"), Err(NotEscl::AnotherRoot));
        assert_eq!(read_status(b"<!DOCTYPE html><html/>"), Err(NotEscl::Doctype));
    }
}
