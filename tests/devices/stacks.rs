//! Our eSCL client and our virtual MFP: whole stacks, and every way in which a stack is not whole.

use std::time::Duration;

use drivers::scan::escl::{EsclScanner, Timeouts};
use drivers::scan::{
    Broken, ColorMode, Completion, Doubt, NextPage, Page, ScanError, ScanSettings, Scanner, ScannerAddress, decode,
};
use kit::sample_letters;
use kit::virtual_mfp::{FeederSheet, MfpFault, VirtualMfp, sheets_of};

async fn device() -> (VirtualMfp, EsclScanner) {
    let mfp = VirtualMfp::start(0).await.expect("mfp");
    let scanner = scanner(&mfp, Timeouts::default());
    (mfp, scanner)
}

fn scanner(mfp: &VirtualMfp, timeouts: Timeouts) -> EsclScanner {
    let timeouts = Timeouts { pause: Duration::from_millis(5), ..timeouts };
    EsclScanner::with_timeouts(ScannerAddress::read(&mfp.url()).expect("address"), timeouts).expect("client")
}

const QUICK: ScanSettings =
    ScanSettings { source: drivers::scan::Source::Feeder, color: ColorMode::Grey, dpi: 150, duplex: false };

async fn stack(scanner: &EsclScanner, settings: ScanSettings) -> (Vec<Page>, Result<Completion, ScanError>) {
    let mut job = match scanner.scan(settings).await {
        Ok(job) => job,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut pages = Vec::new();
    loop {
        match job.next_page().await {
            Ok(NextPage::Page(page)) => {
                pages.push(page);
                job.page_stored();
            }
            Ok(NextPage::End(completion)) => return (pages, Ok(completion)),
            Err(error) => return (pages, Err(error)),
        }
    }
}

#[tokio::test]
async fn a_letter_of_three_pages_comes_whole() {
    let (mfp, scanner) = device().await;
    let capabilities = scanner.capabilities().await.expect("capabilities");
    assert_eq!(capabilities.model, "Okienko Virtual MFP");
    assert_eq!(capabilities.feeder.expect("feeder").resolutions, [150, 200, 300]);

    let letter = sample_letters::named("04-odwolanie").expect("letter");
    mfp.load(sheets_of(&letter, None));
    let (pages, end) = stack(&scanner, ScanSettings::default()).await;
    assert!(matches!(end, Ok(Completion::Complete)), "{end:?}");
    assert_eq!(pages.iter().map(|page| (page.width, page.height)).collect::<Vec<_>>(), [(2480, 3508); 3]);
    let facts = decode::facts(&pages[2].bytes).expect("facts");
    assert_eq!((facts.components, facts.dpi), (1, Some((300, 300))));
    assert_eq!(mfp.sheets(), 0);
}

#[tokio::test]
async fn colour_at_200_dpi() {
    let (mfp, scanner) = device().await;
    mfp.load(sheets_of(&sample_letters::named("05-sad").expect("letter"), None));
    let settings = ScanSettings { color: ColorMode::Color, dpi: 200, ..ScanSettings::default() };
    let (pages, end) = stack(&scanner, settings).await;
    assert!(matches!(end, Ok(Completion::Complete)), "{end:?}");
    let facts = decode::facts(&pages[0].bytes).expect("facts");
    assert_eq!((facts.width, facts.components, facts.dpi), (1654, 3, Some((200, 200))));
    let thumbnail = decode::thumbnail(&pages[0].bytes).expect("thumbnail");
    let small = decode::facts(&thumbnail).expect("facts");
    assert!((200..=decode::THUMBNAIL_HEIGHT).contains(&small.height) && small.components == 3, "{small:?}");
}

#[tokio::test]
async fn an_empty_feeder_is_told() {
    let (_mfp, scanner) = device().await;
    assert!(matches!(stack(&scanner, QUICK).await.1, Err(ScanError::FeederEmpty)));
}

#[tokio::test]
async fn each_fault_has_its_end() {
    type Check = fn(&Result<Completion, ScanError>) -> bool;
    let cases: [(MfpFault, usize, Check); 9] = [
        (MfpFault::JamAfter { pages: 2 }, 2, |end| matches!(end, Ok(Completion::Jam))),
        (MfpFault::CutInPage { page: 2 }, 1, |end| {
            matches!(end, Err(ScanError::BrokenPage { number: 2, why: Broken::Cut }))
        }),
        (MfpFault::HalfPicture { page: 3 }, 2, |end| {
            matches!(end, Err(ScanError::BrokenPage { number: 3, why: Broken::NoEnd }))
        }),
        (MfpFault::EmptyAnswer { after: 1 }, 1, |end| {
            matches!(end, Ok(Completion::Uncertain { why: Doubt::EmptyPage }))
        }),
        (MfpFault::SwallowPage { page: 2 }, 2, |end| {
            matches!(end, Ok(Completion::Uncertain { why: Doubt::CountsDiffer { device: 3, stored: 2 } }))
        }),
        (MfpFault::Slow { millis: 40 }, 3, |end| matches!(end, Ok(Completion::Complete))),
        (MfpFault::NotYet { times: 3, status: 503 }, 3, |end| matches!(end, Ok(Completion::Complete))),
        (MfpFault::NotYet { times: 2, status: 404 }, 3, |end| matches!(end, Ok(Completion::Complete))),
        (MfpFault::NotYet { times: 1, status: 410 }, 3, |end| matches!(end, Ok(Completion::Complete))),
    ];
    for (fault, good, ends) in cases {
        let (mfp, scanner) = device().await;
        mfp.load([FeederSheet::blank(), FeederSheet::blank(), FeederSheet::blank()]);
        mfp.set_fault(Some(fault)).expect("fault");
        let (pages, end) = stack(&scanner, QUICK).await;
        assert!(ends(&end), "{fault:?}: {end:?}");
        assert_eq!(pages.len(), good, "{fault:?}");
    }
}

#[tokio::test]
async fn after_a_jam_the_rest_can_be_scanned() {
    let (mfp, scanner) = device().await;
    mfp.load([FeederSheet::blank(), FeederSheet::blank(), FeederSheet::blank()]);
    mfp.set_fault(Some(MfpFault::JamAfter { pages: 1 })).expect("fault");
    let (pages, end) = stack(&scanner, QUICK).await;
    assert!(matches!(end, Ok(Completion::Jam)) && pages.len() == 1, "{end:?}");
    assert!(matches!(stack(&scanner, QUICK).await.1, Err(ScanError::FeederJam)));
    mfp.set_fault(None).expect("mended");
    let (pages, end) = stack(&scanner, QUICK).await;
    assert!(matches!(end, Ok(Completion::Complete)) && pages.len() == 2, "{end:?}");
}

#[tokio::test]
async fn off_silent_and_on_again() {
    let mfp = VirtualMfp::start(0).await.expect("mfp");
    let short = Timeouts { first_byte: Duration::from_millis(200), ..Timeouts::default() };
    let scanner = scanner(&mfp, short);
    mfp.load([FeederSheet::blank()]);
    mfp.set_fault(Some(MfpFault::Silent)).expect("fault");
    assert!(matches!(stack(&scanner, QUICK).await.1, Err(ScanError::Timeout { .. })));
    mfp.set_fault(Some(MfpFault::Off)).expect("off");
    assert!(matches!(stack(&scanner, QUICK).await.1, Err(ScanError::Unreachable(_) | ScanError::Cut { .. })));
    mfp.set_fault(None).expect("on");
    let scanner = self::scanner(&mfp, Timeouts::default());
    let (pages, end) = stack(&scanner, QUICK).await;
    assert!(matches!(end, Ok(Completion::Complete)) && pages.len() == 1, "{end:?}");
}

#[tokio::test]
async fn a_cancelled_stack_leaves_its_sheets() {
    let (mfp, scanner) = device().await;
    mfp.load([FeederSheet::blank(), FeederSheet::blank(), FeederSheet::blank()]);
    let mut job = scanner.scan(QUICK).await.expect("job");
    assert!(matches!(job.next_page().await, Ok(NextPage::Page(_))));
    job.page_stored();
    assert!(matches!(scanner.scan(QUICK).await, Err(ScanError::Busy)));
    job.cancel().await;
    assert_eq!((job.pages_stored(), mfp.sheets()), (1, 2));
    assert_eq!(stack(&scanner, QUICK).await.0.len(), 2);
}
