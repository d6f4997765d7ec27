//! Labels as a printer prints them: golden ZPL, drawn by a renderer that is not ours, read by two decoders that are not
//! ours either.

#[expect(dead_code, reason = "shared with the tests of paper")]
mod common;

use std::path::PathBuf;

use common::{CODE, POLISH, label, read_by_zbar, read_by_zxing};
use domain::label::{Dpi, LabelContent, LabelSize};
use drivers::label::zpl;

const STOCK: [(LabelSize, Dpi, &str); 4] = [
    (LabelSize::Mm50x25, Dpi::Dpi203, "50x25-203"),
    (LabelSize::Mm50x25, Dpi::Dpi300, "50x25-300"),
    (LabelSize::Mm50x30, Dpi::Dpi203, "50x30-203"),
    (LabelSize::Mm50x30, Dpi::Dpi300, "50x30-300"),
];

fn drawn(zpl: &[u8], size: LabelSize, dpi: Dpi, name: &str) -> (PathBuf, image::GrayImage) {
    let (dots_per_mm, per_inch) = match dpi {
        Dpi::Dpi203 => (8, 203.0),
        Dpi::Dpi300 => (12, 300.0),
    };
    let height = match size {
        LabelSize::Mm50x25 => 25.0,
        LabelSize::Mm50x30 => 30.0,
    };
    // The renderer counts whole dots a millimetre; the head's true resolution gives the label's dots.
    let across = |millimetres: f64| (millimetres * per_inch / 25.4).round() / f64::from(dots_per_mm);
    let options = labelize::RenderOptions {
        language: Some(labelize::Language::Zpl),
        width_mm: Some(across(50.0)),
        height_mm: Some(across(height)),
        dpmm: dots_per_mm,
        antialias: false,
    };
    let rendered = labelize::render_png(zpl, options).expect("label drawn");
    assert_eq!(rendered.labels, 1, "one label and no more");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("labels");
    std::fs::create_dir_all(&folder).expect("folder");
    let path = folder.join(format!("{name}.png"));
    std::fs::write(&path, &rendered.bytes).expect("picture");
    let picture = image::load_from_memory(&rendered.bytes).expect("picture").to_luma8();
    (path, picture)
}

fn expect_both_codes(zpl: &[u8], size: LabelSize, dpi: Dpi, name: &str) {
    let (path, picture) = drawn(zpl, size, dpi, name);
    let expected = [format!("CODE-128:{CODE}"), format!("QR-Code:{CODE}")];
    assert_eq!(read_by_zbar(&path), expected, "zbarimg, {name}");
    assert_eq!(read_by_zxing(&picture), expected, "zxing-cpp, {name}");
}

fn golden(name: &str, zpl: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.zpl"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, zpl).expect("golden file");
    }
    let kept = std::fs::read(&path).expect("golden file; UPDATE_GOLDEN=1 writes it");
    assert_eq!(String::from_utf8_lossy(zpl), String::from_utf8_lossy(&kept), "{name}.zpl");
}

#[test]
fn labels_are_golden_and_both_codes_are_read() {
    for (size, dpi, name) in STOCK {
        let zpl = zpl::encode(&label(), size, dpi).expect("label");
        golden(name, &zpl);
        expect_both_codes(&zpl, size, dpi, name);
    }
}

#[test]
fn a_duplicate_says_so_and_scans_the_same() {
    for (size, dpi, name) in STOCK {
        let zpl = zpl::encode(&LabelContent { copy: 2, ..label() }, size, dpi).expect("label");
        let name = format!("{name}-duplikat");
        golden(&name, &zpl);
        assert!(String::from_utf8_lossy(&zpl).contains("^FDDUPLIKAT 2^FS"));
        expect_both_codes(&zpl, size, dpi, &name);
    }
}

#[test]
fn commands_and_long_names_come_out_as_text() {
    let hostile = LabelContent {
        office: "^XA^XZ~JR Gmina_5E \\&".to_owned(),
        clerk: "~HS^FS".repeat(50),
        number: "RPWych/K1/123456/2026".to_owned(),
        attachments: 1234,
        ..label()
    };
    for (size, dpi, name) in STOCK {
        let zpl = zpl::encode(&hostile, size, dpi).expect("label");
        let text = String::from_utf8(zpl.clone()).expect("ascii");
        assert!(text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\n'));
        assert_eq!(text.matches("^XA").count(), 1, "{text}");
        assert_eq!(text.matches("^XZ").count(), 1, "{text}");
        assert!(!text.contains('~'), "{text}");
        assert!(text.contains("^FD_5EXA_5EXZ_7EJR Gmina_5F5E _5C&^FS"), "{text}");
        let name = format!("{name}-hostile");
        golden(&name, &zpl);
        expect_both_codes(&zpl, size, dpi, &name);
    }
}

#[test]
fn a_name_of_300_letters_ends_inside_the_label() {
    for (size, dpi, name) in STOCK {
        let long = LabelContent { office: "Łódź".repeat(75), clerk: "W".repeat(300), ..label() };
        let zpl = zpl::encode(&long, size, dpi).expect("label");
        expect_both_codes(&zpl, size, dpi, &format!("{name}-long"));
        assert!(zpl.len() < 1000, "{} bytes", zpl.len());
    }
}

#[test]
fn control_characters_never_reach_the_printer() {
    let controls: String = (0_u8..32).map(char::from).chain(['\u{7f}', '\u{9b}', '\u{202e}', '\u{1f600}']).collect();
    let zpl =
        zpl::encode(&LabelContent { office: format!("A{controls}B"), ..label() }, LabelSize::Mm50x25, Dpi::Dpi203);
    let text = String::from_utf8(zpl.expect("label")).expect("ascii");
    assert!(text.contains("^FDA ?B^FS"), "{text}");
}

#[test]
fn a_register_number_is_never_cut() {
    let long = LabelContent { number: "W".repeat(60), ..label() };
    let refused = zpl::encode(&long, LabelSize::Mm50x25, Dpi::Dpi203);
    assert_eq!(refused, Err(zpl::EncodeError::NumberTooLong));
}

#[test]
fn every_polish_letter_leaves_ink_of_its_own() {
    let with = |letter: char| {
        let content = LabelContent { office: letter.to_string().repeat(8), ..label() };
        let zpl = zpl::encode(&content, LabelSize::Mm50x30, Dpi::Dpi300).expect("label");
        drawn(&zpl, LabelSize::Mm50x30, Dpi::Dpi300, &format!("letter-{}", u32::from(letter))).1
    };
    let ink = |picture: &image::GrayImage| picture.pixels().filter(|pixel| pixel.0[0] < 128).count();
    let empty = ink(&with(' '));
    for (letter, plain) in POLISH.chars().zip("acelnoszzACELNOSZZ".chars()) {
        let (accented, bare) = (with(letter), with(plain));
        assert!(ink(&accented) > empty + 100, "{letter} is blank");
        assert_ne!(accented, bare, "{letter} looks like {plain}");
    }
}

#[test]
fn the_test_label_is_drawn_and_no_letters_code() {
    for (size, dpi, name) in STOCK {
        let zpl = zpl::test_label("Urząd Gminy Kruszyna", size, dpi).expect("label");
        let name = format!("{name}-test");
        golden(&name, &zpl);
        let (path, picture) = drawn(&zpl, size, dpi, &name);
        let expected = ["CODE-128:TEST2040", "QR-Code:TEST2040"];
        assert_eq!(read_by_zbar(&path), expected, "zbarimg, {name}");
        assert_eq!(read_by_zxing(&picture), expected, "zxing-cpp, {name}");
    }
}

#[test]
fn a_label_is_small_enough_for_a_slow_line() {
    let zpl = zpl::encode(&label(), LabelSize::Mm50x25, Dpi::Dpi203).expect("label");
    assert!(zpl.len() < 600, "{} bytes", zpl.len());
}
