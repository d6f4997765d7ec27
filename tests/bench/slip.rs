//! `slip_pdf`: time for one slip against the same page by ReportLab; the size of both beside it.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use domain::{
    marks::{DocumentIdentifier, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
};
use drivers::paper::{SlipContent, SlipPage, SlipStatus, slip};

use crate::report::{Figure, ms, percentile};

const ROUNDS: usize = 300;

pub(crate) fn measure(folder: &Path) -> Vec<Figure> {
    let content = content();
    let bytes = slip(&content).expect("a slip").len();
    let mut samples: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let made = slip(&content).expect("a slip");
            assert_eq!(made.len(), bytes, "the same content gives the same bytes");
            ms(start.elapsed())
        })
        .collect();
    let (peer, peer_bytes) = reportlab(folder);
    #[expect(clippy::cast_precision_loss, reason = "a slip has some ten thousand bytes")]
    let bytes = bytes as f64;
    vec![
        Figure::ratio("slip_pdf", "ms", percentile(&mut samples, 50), peer, 0.5),
        Figure::beside("slip_pdf_bytes", "bytes", bytes, peer_bytes),
    ]
}

fn content() -> SlipContent {
    let office = Teryt::try_from("2404082".to_owned()).expect("the code of Kruszyna");
    let number = RegisterNumber { register: Register::Incoming, symbol: PointSymbol::default(), year: 2026, n: 1235 };
    SlipContent {
        page: SlipPage::A5,
        office: "Urząd Gminy Kruszyna".to_owned(),
        title: "Wniosek o ustalenie warunków zabudowy dla działki nr 112/3 w Widzowie".to_owned(),
        sender: "Łozińska Barbara".to_owned(),
        attachments: 3,
        filed_on: jiff::civil::date(2026, 11, 23),
        filed_at: Some(jiff::civil::time(9, 14, 0, 0)),
        accepted_by: "Anna Lis".to_owned(),
        register_number: number.display("RPW"),
        identifier: DocumentIdentifier::of(&office, &number),
        status: Some(SlipStatus::Page {
            key: "RD6Z-1RV0-WHE6-M111-A".to_owned(),
            address: "https://status.kruszyna.example/s#RD6Z-1RV0-WHE6-M111-A".to_owned(),
        }),
        kept_copy: false,
        made_at: "2026-11-23T08:14:00Z".parse().expect("a moment"),
    }
}

/// Median milliseconds and bytes of the same page by ReportLab, in a Python environment below `folder`.
fn reportlab(folder: &Path) -> (f64, f64) {
    let (python, script) = (folder.join("venv/bin/python"), folder.join("slip_reportlab.py"));
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "reportlab==4.4.4"]));
    }
    std::fs::write(&script, include_str!("slip_reportlab.py")).expect("the script is written");
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../drivers/assets/fonts");
    let said = Command::new(&python).arg(&script).arg(fonts).output().expect("ReportLab runs");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut numbers = said.split_whitespace().map(|number| number.parse::<f64>().expect("a number"));
    (numbers.next().expect("milliseconds"), numbers.next().expect("bytes"))
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status().expect("the command starts");
    assert!(status.success(), "{command:?}");
}
