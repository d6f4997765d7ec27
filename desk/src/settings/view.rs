//! Settings as the settings screen sends and shows them.

use domain::{
    label::{Dpi, LabelSize},
    letter::Access,
};
use serde::{Deserialize, Serialize};

use crate::enrolment::view::BoundsView;

/// How the label printer is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PrinterLinkKind {
    /// None: labels wait.
    #[default]
    None,
    /// Network, port 9100 by default.
    Tcp,
    /// Serial port.
    Serial,
}

/// Language of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Polish.
    #[default]
    Pl,
    /// English.
    En,
}

/// Colour theme of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the operating system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// High contrast.
    HighContrast,
}

/// Format of the confirmation slip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "UPPERCASE")]
pub enum SlipPage {
    /// A5, half a sheet.
    #[default]
    A5,
    /// A4.
    A4,
}

/// The settings form: text as typed. The same shape comes back from `settings_get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct SettingsDraft {
    /// Name of the office, first line of the label.
    pub office_name: String,
    /// Town of the office, on the slip.
    pub office_town: String,
    /// TERYT code of the commune, 7 digits. Fixed once the first letter bears it.
    pub teryt: String,
    /// Symbol of this chancellery point; may be empty.
    pub point_symbol: String,
    /// The office's symbol of the incoming register, `RPW`.
    pub incoming_symbol: String,
    /// The office's symbol of the outgoing register, `RPWych`.
    pub outgoing_symbol: String,
    /// Access of a new letter.
    pub default_access: Access,
    /// Format of the slip.
    pub slip_page: SlipPage,
    /// How the label printer is connected.
    pub printer_link: PrinterLinkKind,
    /// Printer's host, `192.168.1.20`.
    pub printer_host: String,
    /// Printer's port, `9100`.
    pub printer_port: String,
    /// Serial port, `/dev/ttyUSB0` or `COM3`.
    pub printer_serial_path: String,
    /// Serial speed in baud, `9600`.
    pub printer_baud: String,
    /// Print head.
    pub printer_dpi: Dpi,
    /// Label stock.
    pub label_size: LabelSize,
    /// Address of the multifunction device, `192.168.1.30` or `http://…/eSCL`; empty means none.
    pub mfp_address: String,
    /// Address of central, `http://127.0.0.1:8410`; empty means none.
    pub central_address: String,
    /// Public address of the status page, `https://status.example.pl`, printed on the slip.
    pub status_address: String,
    /// Minutes without a key or a mouse after which the screen is locked, 1–15.
    pub lock_after_minutes: u16,
    /// Size of the window's text in percent, 100–200.
    pub text_scale: u16,
    /// Colour theme.
    pub theme: Theme,
    /// Language.
    pub language: Language,
}

impl Default for SettingsDraft {
    fn default() -> Self {
        Self {
            office_name: String::new(),
            office_town: String::new(),
            teryt: String::new(),
            point_symbol: String::new(),
            incoming_symbol: "RPW".to_owned(),
            outgoing_symbol: "RPWych".to_owned(),
            default_access: Access::NonPublic,
            slip_page: SlipPage::A5,
            printer_link: PrinterLinkKind::None,
            printer_host: String::new(),
            printer_port: "9100".to_owned(),
            printer_serial_path: String::new(),
            printer_baud: "9600".to_owned(),
            printer_dpi: Dpi::Dpi203,
            label_size: LabelSize::Mm50x25,
            mfp_address: String::new(),
            central_address: String::new(),
            status_address: String::new(),
            lock_after_minutes: 5,
            text_scale: 100,
            theme: Theme::System,
            language: Language::Pl,
        }
    }
}

/// Settings with what the screen must know beside them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SettingsView {
    /// The settings.
    pub settings: SettingsDraft,
    /// The office code and symbol stand on labels already and cannot change.
    pub numbering_fixed: bool,
    /// The day on which the recovery card was last saved; `None` before the first time.
    pub card_saved_on: Option<String>,
    /// What bounds this desk; `None` before it joined an office.
    pub enrolment: Option<BoundsView>,
    /// The symbol can change no more: it is on labels, and central granted this desk no other one.
    pub symbol_fixed: bool,
    /// What intake still misses: names of fields of [`SettingsDraft`] (empty when letters can be registered).
    pub missing: Vec<String>,
    /// Where this desk keeps its data.
    pub data_folder: String,
    /// Version of the program.
    pub version: String,
}

/// Answer of a device to a test from the settings screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DeviceTest {
    /// What the device calls itself, where it says so.
    pub model: Option<String>,
    /// For a scan: the page as a JPEG data URL.
    pub picture: Option<String>,
}
