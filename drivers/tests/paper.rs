//! Slips and archived scans, judged by programs that are not ours: qpdf, poppler and zbarimg.

#[expect(dead_code, reason = "shared with the tests of labels")]
mod common;

use std::path::{Path, PathBuf};

use common::{CODE, POLISH, identifier, read_by_zbar, run};
use drivers::paper::{JpegPage, PaperError, ScanPdfMeta, SlipContent, SlipPage, SlipStatus, scan_pdf, slip};
use jiff::Timestamp;

const KEY: &str = "RD6Z-1RV0-WHE6-M111-A";
const ADDRESS: &str = "https://status.kruszyna.example/s#RD6Z-1RV0-WHE6-M111-A";

fn made_at() -> Timestamp {
    "2026-11-23T08:14:00Z".parse().expect("instant")
}

fn content(page: SlipPage) -> SlipContent {
    SlipContent {
        page,
        office: "Urząd Gminy Kruszyna".to_owned(),
        title: "Wniosek o wydanie decyzji o warunkach zabudowy dla działki nr 145/2 w obrębie Widzów".to_owned(),
        sender: "Łozińska Barbara, ul. Główna 14, 42-282 Kruszyna".to_owned(),
        attachments: 3,
        filed_on: jiff::civil::date(2026, 11, 23),
        filed_at: Some(jiff::civil::time(9, 14, 0, 0)),
        accepted_by: "Anna Lis, kancelaria".to_owned(),
        register_number: "RPW/K1/1235/2026".to_owned(),
        identifier: identifier(),
        status: Some(SlipStatus::Page { key: KEY.to_owned(), address: ADDRESS.to_owned() }),
        kept_copy: false,
        made_at: made_at(),
    }
}

fn saved(bytes: &[u8], name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("paper");
    std::fs::create_dir_all(&folder).expect("folder");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("file");
    path
}

fn text_of(path: &Path) -> String {
    run("pdftotext", &["-layout", path.to_str().expect("path"), "-"])
}

fn picture_of(path: &Path) -> PathBuf {
    let stem = path.with_extension("");
    run("pdftoppm", &["-r", "150", "-png", "-singlefile", path.to_str().expect("path"), stem.to_str().expect("path")]);
    path.with_extension("png")
}

/// Words in their order, whatever the line breaks.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_slip_says_all_and_both_codes_are_read() {
    for (page, name, size) in
        [(SlipPage::A4, "slip-a4.pdf", "595.276 x 841.89"), (SlipPage::A5, "slip-a5.pdf", "419.528 x 595.276")]
    {
        let path = saved(&slip(&content(page)).expect("slip"), name);
        let file = path.to_str().expect("path");
        run("qpdf", &["--check", file]);

        let said = flowing(&text_of(&path));
        for part in [
            "Urząd Gminy Kruszyna",
            "Potwierdzenie wniesienia",
            "art. 63 § 4",
            "RPW/K1/1235/2026",
            "WK1-26-001235-82",
            "Łozińska Barbara",
            "3 załączniki",
            "23 listopada 2026 r., godz. 9:14",
            "Anna Lis, kancelaria",
            KEY,
            "https://status.kruszyna.example/s",
        ] {
            assert!(said.contains(part), "{part} is missing in {name}: {said}");
        }

        let facts = run("pdfinfo", &[file]);
        assert!(facts.contains("Potwierdzenie wniesienia RPW/K1/1235/2026"), "{facts}");
        assert!(facts.contains("Pages:           1\n"), "{facts}");
        assert!(facts.contains(size), "{facts}");
        let fonts = run("pdffonts", &[file]);
        let embedded: Vec<Vec<&str>> = fonts.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(embedded.len(), 2, "{fonts}");
        for font in embedded {
            assert!(font[0].contains("+AtkinsonHyperlegibleNext"), "{fonts}");
            assert_eq!(
                font[font.len() - 5..font.len() - 2],
                ["yes", "yes", "yes"],
                "embedded, subset, to Unicode: {fonts}"
            );
        }

        let codes = read_by_zbar(&picture_of(&path));
        assert_eq!(codes, [format!("CODE-128:{CODE}"), format!("QR-Code:{ADDRESS}")], "{name}");
    }
}

#[test]
fn a_slip_is_in_polish_and_says_no_standard_it_does_not_keep() {
    let path = saved(&slip(&content(SlipPage::A4)).expect("slip"), "slip-json.pdf");
    let json = run("qpdf", &["--json", path.to_str().expect("path")]);
    assert!(json.contains("\"/Lang\": \"u:pl-PL\""), "language");
    assert!(json.contains("\"/DisplayDocTitle\": true"), "title shown");
    assert!(!json.contains("PDFX"), "no PDF/X claim");
}

#[test]
fn every_polish_letter_can_be_copied_from_a_slip() {
    let all = SlipContent { title: POLISH.to_owned(), sender: POLISH.chars().rev().collect(), ..content(SlipPage::A4) };
    let path = saved(&slip(&all).expect("slip"), "slip-letters.pdf");
    let said = text_of(&path);
    assert!(said.contains(POLISH), "{said}");
    assert!(said.contains(&POLISH.chars().rev().collect::<String>()), "{said}");
}

#[test]
fn the_same_slip_is_the_same_bytes() {
    assert_eq!(slip(&content(SlipPage::A5)).expect("slip"), slip(&content(SlipPage::A5)).expect("slip"));
}

#[test]
fn long_texts_stay_on_one_page() {
    for page in [SlipPage::A4, SlipPage::A5] {
        let long = SlipContent {
            office: "Urząd Miasta i Gminy ".repeat(20),
            title: "Żądanie udostępnienia informacji publicznej ".repeat(30),
            sender: "Ł".repeat(300),
            accepted_by: "Wielopolska-Brzęczyszczykiewicz Aleksandra ".repeat(5),
            register_number: "RPWychodzących/K1/123456/2026".to_owned(),
            attachments: 4_294_967_295,
            status: Some(SlipStatus::Page {
                key: KEY.to_owned(),
                address: format!(
                    "https://{}.example/s#{KEY}",
                    "bardzo-dluga-nazwa-urzedu.".repeat(3).trim_end_matches('.')
                ),
            }),
            ..content(page)
        };
        let path = saved(&slip(&long).expect("slip"), &format!("slip-long-{page:?}.pdf"));
        let facts = run("pdfinfo", &[path.to_str().expect("path")]);
        assert!(facts.contains("Pages:           1\n"), "{facts}");
        let said = flowing(&text_of(&path));
        assert!(said.contains('…') && said.contains("nie oznacza, że pismo jest kompletne"), "{said}");
        assert_eq!(read_by_zbar(&picture_of(&path)).len(), 2);
        let boxes = run("pdftotext", &["-bbox", path.to_str().expect("path"), "-"]);
        let (width, height) = match page {
            SlipPage::A4 => (595.0, 842.0),
            SlipPage::A5 => (420.0, 596.0),
        };
        for word in boxes.lines().filter(|line| line.contains("<word")) {
            let right = attribute(word, "xMax");
            let bottom = attribute(word, "yMax");
            assert!(right < width - 20.0 && bottom < height - 20.0, "{word}");
        }
    }
}

fn attribute(line: &str, name: &str) -> f64 {
    let (_, after) = line.split_once(&format!("{name}=\"")).expect("attribute");
    after.split('"').next().expect("value").parse().expect("number")
}

#[test]
fn the_offices_copy_bears_no_key() {
    let kept = SlipContent { kept_copy: true, ..content(SlipPage::A4) };
    let path = saved(&slip(&kept).expect("slip"), "slip-kept.pdf");
    let said = text_of(&path);
    assert!(said.contains("egzemplarz urzędu") && !said.contains(KEY), "{said}");
    assert_eq!(read_by_zbar(&picture_of(&path)), [format!("CODE-128:{CODE}")]);
}

#[test]
fn without_a_public_page_a_slip_promises_none() {
    let plain = SlipContent { status: None, filed_at: None, ..content(SlipPage::A5) };
    let path = saved(&slip(&plain).expect("slip"), "slip-plain.pdf");
    let said = text_of(&path);
    assert!(!said.contains("Sprawdź stan sprawy") && !said.contains("godz"), "{said}");
}

#[test]
fn debug_hides_the_people_and_the_key() {
    let shown = format!("{:?}", content(SlipPage::A4));
    assert_eq!(shown, "SlipContent(WK1-26-001235-82)");
}

fn jpeg(width: u32, height: u32, colour: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 80);
    let shade = |x: u32, y: u32| u8::try_from((x * 3 + y * 7) % 256).expect("a byte");
    if colour {
        let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([shade(x, y), shade(y, x), 90]));
        picture.write_with_encoder(encoder).expect("jpeg");
    } else {
        let picture = image::GrayImage::from_fn(width, height, |x, y| image::Luma([shade(x, y)]));
        picture.write_with_encoder(encoder).expect("jpeg");
    }
    bytes
}

fn meta() -> ScanPdfMeta {
    ScanPdfMeta { title: "RPW/K1/1235/2026 – zażółć".to_owned(), created: made_at() }
}

#[test]
fn a_scan_keeps_every_byte_of_its_pages() {
    let pages = [
        JpegPage { jpeg: jpeg(1240, 1754, false).into(), dpi: 150 },
        JpegPage { jpeg: jpeg(620, 877, true).into(), dpi: 75 },
    ];
    let path = saved(&scan_pdf(&meta(), &pages).expect("scan"), "scan.pdf");
    let file = path.to_str().expect("path");
    run("qpdf", &["--check", file]);
    let facts = run("pdfinfo", &["-f", "1", "-l", "2", file]);
    assert!(facts.contains("RPW/K1/1235/2026 – zażółć"), "{facts}");
    assert!(facts.contains("Page    1 size:  595.2 x 841.92 pts (A4)"), "{facts}");
    assert!(facts.contains("Page    2 size:  595.2 x 841.92 pts (A4)"), "{facts}");

    let root = path.with_extension("");
    run("pdfimages", &["-j", file, root.to_str().expect("path")]);
    for (place, page) in pages.iter().enumerate() {
        let taken = std::fs::read(format!("{}-{place:03}.jpg", root.display())).expect("picture");
        assert_eq!(taken, page.jpeg, "page {} changed", place + 1);
    }

    let claims = run("pdfinfo", &["-meta", file]);
    assert!(claims.contains("<pdfaid:part>2</pdfaid:part>"), "{claims}");
    assert!(claims.contains("<pdfaid:conformance>U</pdfaid:conformance>"), "{claims}");
    let json = run("qpdf", &["--json", file]);
    assert!(json.contains("\"/Lang\": \"u:pl\"") && json.contains("/OutputIntents"), "language and colours");
}

#[test]
fn the_same_scan_is_the_same_bytes() {
    let pages = [JpegPage { jpeg: jpeg(100, 140, false).into(), dpi: 300 }];
    assert_eq!(scan_pdf(&meta(), &pages).expect("scan"), scan_pdf(&meta(), &pages).expect("scan"));
}

#[test]
fn a_scan_without_pages_or_with_a_broken_one_is_refused() {
    assert!(matches!(scan_pdf(&meta(), &[]), Err(PaperError::NoPages)));
    let good = JpegPage { jpeg: jpeg(100, 140, false).into(), dpi: 300 };
    let broken = JpegPage { jpeg: bytes::Bytes::from_static(b"<html>"), dpi: 300 };
    let refused = scan_pdf(&meta(), &[good.clone(), broken]);
    assert!(matches!(refused, Err(PaperError::Page { page: 2, .. })), "{refused:?}");
    let sizeless = JpegPage { dpi: 0, ..good };
    assert!(matches!(scan_pdf(&meta(), &[sizeless]), Err(PaperError::Page { page: 1, .. })));
}
