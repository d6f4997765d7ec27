//! A stranger at our virtual MFP: SANE's `scanimage` through sane-airscan.

use std::path::Path;
use std::process::Stdio;

use domain::label::{Dpi, LabelSize};
use domain::marks::DocumentIdentifier;
use drivers::scan::decode;
use kit::sample_letters;
use kit::virtual_mfp::{VirtualMfp, sheets_of};
use tokio::process::Command;

use crate::{label_content, office, printed};

fn configure(folder: &Path, url: &str) {
    std::fs::write(folder.join("dll.conf"), "airscan\n").expect("dll.conf");
    let airscan = format!("[devices]\n\"Okienko\" = {url}, eSCL\n[options]\ndiscovery = disable\nws-discovery = off\n");
    std::fs::write(folder.join("airscan.conf"), airscan).expect("airscan.conf");
}

#[tokio::test]
async fn scanimage_reads_a_whole_labelled_letter() {
    let mfp = VirtualMfp::start(0).await.expect("mfp");
    let letter = sample_letters::named("04-odwolanie").expect("letter");
    let labels = printed(&[1235], LabelSize::Mm50x25, Dpi::Dpi203).await;
    mfp.load(sheets_of(&letter, labels.first()));
    let folder = tempfile::tempdir().expect("folder");
    configure(folder.path(), &mfp.url());

    let ran = Command::new("scanimage")
        .args(["--device-name", "airscan:e0:Okienko", "--source", "ADF", "--mode", "Gray"])
        .args(["--resolution", "300", "--format", "jpeg", "--batch=page%d.jpg"])
        .env("SANE_CONFIG_DIR", folder.path())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .await
        .expect("scanimage (Debian packages sane-utils, sane-airscan)");
    let words = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(words.contains(&format!("{} pages scanned", letter.page_count())), "{words}");

    let pages: Vec<Vec<u8>> = (1..=letter.page_count())
        .map(|page| std::fs::read(folder.path().join(format!("page{page}.jpg"))).expect(&words))
        .collect();
    assert!(!folder.path().join("page4.jpg").exists());
    for page in &pages {
        let facts = decode::facts(page).expect("picture");
        assert!(facts.width.abs_diff(2480) < 8 && facts.height.abs_diff(3508) < 12, "{facts:?}");
    }
    let marks = decode::read_marks(&pages[0], |text| DocumentIdentifier::read(&office(), text).is_ok()).expect("page");
    assert!(marks.iter().any(|mark| mark.text == label_content(1235).identifier.bars()), "{marks:?}");
    assert_eq!(mfp.sheets(), 0);
}
