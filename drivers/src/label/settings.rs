//! How an office describes its label printer. Stored by the desk's settings as JSON; knows no device.

use domain::label::{Dpi, LabelSize};
use serde::{Deserialize, Serialize};

/// One label printer: where it is, how fine it prints, and what stock is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrinterSettings {
    /// Where the printer is reached.
    pub link: PrinterLink,
    /// Resolution of its print head.
    pub dpi: Dpi,
    /// Size of the label stock.
    pub size: LabelSize,
}

/// Where a label printer is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PrinterLink {
    /// Raw TCP, as network printers offer it.
    Tcp {
        /// Name or address.
        host: String,
        /// Port, 9100 by custom.
        port: u16,
    },
    /// A serial port, 8 data bits, no parity, 1 stop bit.
    Serial {
        /// Path or name of the port: `/dev/ttyUSB0`, `COM3`.
        path: String,
        /// Bits per second; 9600 is what most printers are delivered with.
        baud: u32,
        /// Flow control set at the printer.
        flow: SerialFlow,
    },
}

/// Flow control of a serial link. DTR/DSR is not offered: no portable driver knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SerialFlow {
    /// XON/XOFF.
    #[default]
    Software,
    /// RTS/CTS.
    Hardware,
    /// None: a long label may overrun a slow printer's buffer.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_stable_json() {
        let tcp = PrinterSettings {
            link: PrinterLink::Tcp { host: "192.0.2.7".to_owned(), port: 9100 },
            dpi: Dpi::Dpi203,
            size: LabelSize::Mm50x25,
        };
        let json = serde_json::to_string(&tcp).expect("json");
        assert_eq!(json, r#"{"link":{"kind":"tcp","host":"192.0.2.7","port":9100},"dpi":"203","size":"50x25"}"#);
        let serial =
            r#"{"link":{"kind":"serial","path":"COM3","baud":9600,"flow":"software"},"dpi":"300","size":"50x30"}"#;
        let read: PrinterSettings = serde_json::from_str(serial).expect("settings");
        assert_eq!(serde_json::to_string(&read).expect("json"), serial);
    }
}
