//! The whole way of a mark: printed by our driver's ZPL, drawn by `labelize`, stuck askew on a letter, scanned, read.

use std::process::Command;

use domain::label::{Dpi, LabelSize};
use domain::marks::DocumentIdentifier;
use drivers::scan::decode::{PageImage, Step, Symbology, read_marks};
use kit::sample_letters;
use kit::virtual_mfp::FeederSheet;

use crate::{label_content, office, printed};

fn ours(text: &str) -> bool {
    DocumentIdentifier::read(&office(), text).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_first_page_names_its_letter() {
    let letters = sample_letters::all();
    let stocks = [
        (LabelSize::Mm50x25, Dpi::Dpi203, 300, false),
        (LabelSize::Mm50x30, Dpi::Dpi203, 200, false),
        (LabelSize::Mm50x25, Dpi::Dpi300, 300, true),
        (LabelSize::Mm50x30, Dpi::Dpi300, 200, false),
    ];
    let folder = tempfile::tempdir().expect("folder");
    for (place, (size, dpi, scan_dpi, color)) in stocks.into_iter().enumerate() {
        let numbers: Vec<u32> = (1..).map(|n| n * 7919).take(letters.len()).collect();
        let labels = printed(&numbers, size, dpi).await;
        for ((letter, label), n) in letters.iter().zip(&labels).zip(&numbers).skip(place).step_by(4) {
            let expected = label_content(*n).identifier;
            let jpeg = FeederSheet::of(letter, 0).with_label(label).scanned(scan_dpi, color);
            let marks = read_marks(&jpeg, ours).expect("page");
            assert!(!marks.is_empty(), "{} {size:?} {dpi:?} {scan_dpi}", letter.name);
            for mark in &marks {
                assert_eq!(DocumentIdentifier::read(&office(), &mark.text), Ok(expected.clone()), "{}", letter.name);
                let center = mark.center();
                let (right, upper) = (i32::from(scan_dpi) * 4, i32::from(scan_dpi) * 2);
                assert!(center.x > right && center.y < upper, "{} {center:?}", letter.name);
            }
            let file = folder.path().join(format!("{}-{scan_dpi}.jpg", letter.name));
            std::fs::write(&file, &jpeg).expect("page written");
            let seen = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&file).output().expect("zbarimg");
            let seen = String::from_utf8_lossy(&seen.stdout).into_owned();
            assert!(seen.lines().any(|line| line == expected.bars()), "{}: zbarimg saw {seen:?}", letter.name);
        }
    }
}

#[tokio::test]
async fn a_page_with_two_labels_shows_both() {
    let labels = printed(&[1, 2], LabelSize::Mm50x25, Dpi::Dpi203).await;
    let letter = sample_letters::named("09-informacja-publiczna").expect("letter");
    let jpeg = FeederSheet::of(&letter, 0).with_label(&labels[0]).with_label(&labels[1]).scanned(300, false);
    let marks = read_marks(&jpeg, ours).expect("page");
    for n in [1, 2] {
        let bars = label_content(n).identifier.bars();
        let kinds: Vec<&Symbology> =
            marks.iter().filter(|mark| mark.text == bars).map(|mark| &mark.symbology).collect();
        assert_eq!(kinds, [&Symbology::Code128, &Symbology::Qr], "{n}");
    }
}

#[test]
fn pages_without_a_label_show_nothing() {
    for letter in sample_letters::all() {
        let page = letter.page_count() - 1;
        let marks = read_marks(&FeederSheet::of(&letter, page).scanned(200, false), ours).expect("page");
        assert_eq!(marks, [], "{}", letter.name);
    }
}

#[tokio::test]
async fn a_speckled_page_is_read_after_cleaning() {
    let labels = printed(&[31], LabelSize::Mm50x25, Dpi::Dpi203).await;
    let letter = sample_letters::named("01-podanie-raty").expect("letter");
    let jpeg = FeederSheet::of(&letter, 0).with_label(&labels[0]).scanned(300, false);
    let mut picture = image::load_from_memory(&jpeg).expect("picture").to_luma8();
    let mut chance = kit::devices::sheet::Chance::of(b"dust");
    for pixel in picture.pixels_mut() {
        match chance.bits() % 100 {
            0..=7 => pixel.0 = [0],
            8..=15 => pixel.0 = [255],
            _ => {}
        }
    }
    let mut dirty = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut dirty, 90).encode_image(&picture).expect("encoded");
    let marks = read_marks(&dirty, ours).expect("page");
    let found = marks.iter().find(|mark| ours(&mark.text)).expect("read in the end");
    assert!(found.step >= Step::Median, "{found:?}");
}

#[test]
fn what_is_no_picture_is_refused() {
    assert!(PageImage::decode(b"").is_err());
    assert!(PageImage::decode(b"\xff\xd8\xff\xd9").is_err());
    assert!(PageImage::decode(b"%PDF-1.7").is_err());
}
