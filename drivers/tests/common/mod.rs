//! What the tests of labels and paper share: an invented letter, and codes read by two independent decoders.

use std::path::Path;
use std::process::Command;

use domain::{
    label::LabelContent,
    marks::{DocumentIdentifier, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
};

pub(crate) const CODE: &str = "WK12600123582";
pub(crate) const POLISH: &str = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ";

pub(crate) fn identifier() -> DocumentIdentifier {
    let office = Teryt::try_from("2404082".to_owned()).expect("teryt");
    let symbol = PointSymbol::try_from("K1".to_owned()).expect("symbol");
    DocumentIdentifier::of(&office, &RegisterNumber { register: Register::Incoming, symbol, year: 2026, n: 1235 })
}

pub(crate) fn label() -> LabelContent {
    LabelContent {
        office: "Urząd Gminy Kruszyna".to_owned(),
        number: "RPW/K1/1235/2026".to_owned(),
        identifier: identifier(),
        received: "23.11.2026 09:14".to_owned(),
        attachments: 3,
        clerk: "A. Lis".to_owned(),
        copy: 0,
    }
}

/// What zbarimg reads from a picture, as `SYMBOLOGY:content`, sorted.
pub(crate) fn read_by_zbar(picture: &Path) -> Vec<String> {
    let read = Command::new("zbarimg")
        .args(["--quiet", "-Sdisable", "-Sqrcode.enable", "-Scode128.enable"])
        .arg(picture)
        .output();
    let read = read.expect("zbarimg (Debian package zbar-tools)");
    let mut codes: Vec<String> = String::from_utf8_lossy(&read.stdout).lines().map(str::to_owned).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// What zxing-cpp reads from a picture, as `SYMBOLOGY:content` in zbarimg's names, sorted.
pub(crate) fn read_by_zxing(picture: &image::GrayImage) -> Vec<String> {
    let reader =
        zxingcpp::read().formats([zxingcpp::BarcodeFormat::Code128, zxingcpp::BarcodeFormat::QRCode]).try_harder(true);
    let view = zxingcpp::ImageView::from_slice(
        picture.as_raw().as_slice(),
        picture.width(),
        picture.height(),
        zxingcpp::ImageFormat::Lum,
    )
    .expect("picture");
    let mut codes: Vec<String> = reader
        .from(view)
        .expect("zxing")
        .iter()
        .map(|code| {
            let name = if code.format() == zxingcpp::BarcodeFormat::QRCode { "QR-Code" } else { "CODE-128" };
            format!("{name}:{}", code.text())
        })
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

/// Runs a program of the poppler or qpdf packages and hands back what it says.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let ran = Command::new(program).args(arguments).output();
    let ran = ran.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(ran.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("text")
}
