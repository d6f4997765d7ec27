//! The device, the disk and the clerk's own keys against a running stack: what was received stays, what is not sure
//! says so.

use desk::{
    DeskEvent,
    scanning::{
        self, Manners,
        view::{BatchStateView, GroupDecision, PageSize},
    },
    status::view::MfpStatusView,
};
use domain::ErrorCode;
use kit::{test_desk::TestDesk, virtual_mfp::MfpFault};

use super::office::{Office, manners, next, page, show};

fn uncertain(why: ErrorCode) -> BatchStateView {
    BatchStateView::Uncertain { why }
}

fn failed(why: ErrorCode) -> BatchStateView {
    BatchStateView::Failed { why }
}

async fn mfp_status(office: &Office) -> MfpStatusView {
    desk::status::status_line(office.desk()).await.expect("the status line").mfp
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_device_nothing_begins() {
    let test = TestDesk::new().await;
    let refused = scanning::start(&test.desk).await.map_err(|error| error.code());
    assert_eq!(refused.map(|_| ()), Err(ErrorCode::DeviceNotConfigured));
    assert!(scanning::open(&test.desk).await.expect("open").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_switched_off_or_empty_is_named_and_tried_again() {
    let office = Office::new().await;
    let (letter, label) = office.letter("Łozińska").await;
    office.mfp.set_fault(Some(MfpFault::Off)).expect("off");
    let batch = office.scan().await;
    assert_eq!(batch.state, failed(ErrorCode::DeviceUnreachable));
    assert!(batch.pages.is_empty() && !batch.can_close);
    assert_eq!(office.close(&batch).await, Err(ErrorCode::NotAllowedNow));

    office.mfp.set_fault(None).expect("on");
    let batch = office.scan().await;
    assert_eq!(batch.state, failed(ErrorCode::FeederEmpty));

    office.mfp.load([Office::first_page(&label)]);
    let again = office.scan().await;
    assert_eq!((again.id, &again.state), (batch.id, &BatchStateView::Complete), "the same batch goes on");
    // Pressed once more by mistake: nothing lay in the feeder, and the batch is still whole.
    assert_eq!(office.scan().await.state, BatchStateView::Complete);
    assert_eq!(office.close(&again).await, Ok(vec![letter.id]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jam_keeps_what_came_and_the_rest_is_added() {
    let office = Office::new().await;
    let (letter, label) = office.letter("Łozińska").await;
    office.mfp.load([Office::first_page(&label), page(1), page(2), page(0)]);
    office.mfp.set_fault(Some(MfpFault::JamAfter { pages: 2 })).expect("jam");
    let batch = office.scan().await;
    assert_eq!((&batch.state, batch.pages.len()), (&uncertain(ErrorCode::FeederJam), 2));
    assert!(!batch.can_close, "N2: a short stack never passes as whole");
    assert_eq!(office.close(&batch).await, Err(ErrorCode::NotAllowedNow));

    office.mfp.set_fault(None).expect("mended");
    let batch = office.scan().await;
    assert_eq!(batch.state, BatchStateView::Complete);
    assert_eq!(show(&batch), ["RPW/1/2026: 1,2,3,4"]);
    assert_eq!(office.close(&batch).await, Ok(vec![letter.id]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clerk_says_that_the_last_page_is_the_last() {
    let office = Office::new().await;
    let (letter, label) = office.letter("Łozińska").await;
    office.mfp.load([Office::first_page(&label), page(1), page(2)]);
    office.mfp.set_fault(Some(MfpFault::SwallowPage { page: 2 })).expect("swallows");
    let batch = office.scan().await;
    assert_eq!((&batch.state, batch.pages.len()), (&uncertain(ErrorCode::PagesMissing), 2));
    let batch = scanning::accept_incomplete(office.desk(), batch.id).await.expect("accepted");
    assert!(batch.can_close);
    let again = scanning::accept_incomplete(office.desk(), batch.id).await.map_err(|error| error.code());
    assert_eq!(again.map(|_| ()), Err(ErrorCode::NotAllowedNow));
    assert_eq!(office.close(&batch).await, Ok(vec![letter.id]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_cut_in_the_middle_is_never_counted_as_good() {
    for fault in [MfpFault::CutInPage { page: 2 }, MfpFault::HalfPicture { page: 2 }] {
        let office = Office::new().await;
        let (letter, label) = office.letter("Łozińska").await;
        office.mfp.load([Office::first_page(&label), page(1), page(2)]);
        office.mfp.set_fault(Some(fault)).expect("cuts");
        let batch = office.scan().await;
        assert_eq!(batch.state, uncertain(ErrorCode::PageBroken), "{fault:?}");
        assert_eq!(batch.pages.iter().map(|page| page.broken).collect::<Vec<_>>(), [false, true]);
        assert_eq!(show(&batch), ["RPW/1/2026: 1", "RPW/1/2026: 2 BrokenPage"]);
        let picture = scanning::page_image(office.desk(), batch.pages[1].id, PageSize::Thumbnail).await;
        assert_eq!(picture.map_err(|error| error.code()), Err(ErrorCode::NotFound));
        scanning::accept_incomplete(office.desk(), batch.id).await.expect("accepted");
        assert_eq!(office.close(&batch).await, Err(ErrorCode::BatchHasQuestions), "N4");
        for kept in [GroupDecision::JoinPrevious, GroupDecision::AssignTo { number: "1".to_owned() }] {
            assert_eq!(office.decide(&batch, 1, kept).await, Err(ErrorCode::NotAllowedNow));
        }

        // The broken sheet and the rest are put in once more.
        office.mfp.set_fault(None).expect("mended");
        office.mfp.unload();
        office.mfp.load([page(1), page(2)]);
        let batch = office.scan().await;
        assert_eq!(show(&batch), ["RPW/1/2026: 1", "RPW/1/2026: 2 BrokenPage", "RPW/1/2026: 3,4"]);
        let batch = office.decide(&batch, 1, GroupDecision::SetAside).await.expect("set aside");
        assert_eq!(office.close(&batch).await, Ok(vec![letter.id]));
        let scan = desk::letters::letter(office.desk(), letter.id).await.expect("the letter").scan;
        assert_eq!(scan.map(|scan| scan.pages), Some(3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_bytes_is_no_page_and_no_end() {
    let office = Office::new().await;
    office.mfp.load([page(0), page(1), page(2)]);
    office.mfp.set_fault(Some(MfpFault::EmptyAnswer { after: 1 })).expect("empty");
    let batch = office.scan().await;
    assert_eq!((&batch.state, batch.pages.len()), (&uncertain(ErrorCode::PageBroken), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_not_yet_ready_is_waited_for() {
    let office = Office::new().await;
    office.mfp.load([page(0), page(1)]);
    office.mfp.set_fault(Some(MfpFault::NotYet { times: 3, status: 503 })).expect("slow");
    let batch = office.scan().await;
    assert_eq!((&batch.state, batch.pages.len()), (&BatchStateView::Complete, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clerk_stops_a_silent_device_and_a_running_stack() {
    let office = Office::new().await;
    let quick = Manners { last_page: std::time::Duration::from_millis(50), ..manners() };
    scanning::set_manners(office.desk(), quick);
    office.mfp.load([page(0), page(1), page(2)]);
    office.mfp.set_fault(Some(MfpFault::Silent)).expect("silent");
    let mut events = office.desk().listen();
    scanning::start(office.desk()).await.expect("started");
    while mfp_status(&office).await != MfpStatusView::Scanning {
        next(&mut events).await;
    }
    let discarded = scanning::open(office.desk()).await.expect("open").expect("a batch");
    let discarded = scanning::discard(office.desk(), discarded.id).await.map_err(|error| error.code());
    assert_eq!(discarded, Err(ErrorCode::NotAllowedNow), "pages may be coming");
    scanning::stop(office.desk()).await.expect("stopped");
    let batch = office.until(|batch| batch.state != BatchStateView::Scanning).await;
    assert_eq!(batch.state, failed(ErrorCode::ScanStopped));

    scanning::set_manners(office.desk(), manners());
    office.mfp.set_fault(Some(MfpFault::Slow { millis: 400 })).expect("slow");
    scanning::start(office.desk()).await.expect("started");
    office.until(|batch| !batch.pages.is_empty()).await;
    scanning::stop(office.desk()).await.expect("stopped");
    let batch = office.until(|batch| batch.state != BatchStateView::Scanning).await;
    // Stopped in time, or too late because the last page was on its way.
    let left = office.mfp.sheets();
    let expected = if left == 0 { BatchStateView::Complete } else { uncertain(ErrorCode::ScanStopped) };
    assert!(batch.state == expected || batch.state == uncertain(ErrorCode::ScanStopped));
    assert_eq!(batch.pages.len() + left, 3, "the page on its way was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn scanning_stops_on_a_disk_that_gets_full_and_registering_goes_on() {
    let office = Office::new().await;
    let no_room = Manners { min_free: u64::MAX, ..manners() };
    scanning::set_manners(office.desk(), no_room);
    office.mfp.load([page(0), page(1), page(2)]);
    let refused = scanning::start(office.desk()).await.map_err(|error| error.code());
    assert_eq!(refused.map(|_| ()), Err(ErrorCode::DiskLow));
    assert!(scanning::open(office.desk()).await.expect("open").is_none());

    scanning::set_manners(office.desk(), manners());
    office.mfp.set_fault(Some(MfpFault::Slow { millis: 800 })).expect("slow");
    scanning::start(office.desk()).await.expect("started");
    office.until(|batch| !batch.pages.is_empty()).await;
    scanning::set_manners(office.desk(), no_room);
    let batch = office.until(|batch| batch.state != BatchStateView::Scanning).await;
    assert_eq!(batch.state, uncertain(ErrorCode::DiskLow));
    assert_eq!(batch.pages.len() + office.mfp.sheets(), 3, "no sheet left the feeder for nothing");
    office.test.register("Nowak", "Skarga").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_loses_no_page_in_silence() {
    let Some(disk) = kit::small_disk::SmallDisk::mount(12) else {
        eprintln!("notice: this machine lets nobody mount a small disk; the full-disk test is skipped");
        return;
    };
    let test = TestDesk::on(disk.path()).await;
    let office = Office::with(test, kit::virtual_mfp::VirtualMfp::start(0).await.expect("a device")).await;
    let (letter, label) = office.letter("Łozińska").await;
    office.mfp.load([Office::first_page(&label), page(1), page(2)]);
    office.mfp.set_fault(Some(MfpFault::Slow { millis: 800 })).expect("slow");
    scanning::start(office.desk()).await.expect("started");
    office.until(|batch| !batch.groups.is_empty()).await;
    disk.fill();
    let mut events = office.desk().listen();
    while mfp_status(&office).await == MfpStatusView::Scanning {
        next(&mut events).await;
    }
    disk.empty();
    let batch = office.until(|batch| batch.state != BatchStateView::Scanning).await;
    assert!(matches!(batch.state, BatchStateView::Uncertain { .. }), "{:?}", batch.state);
    for page in &batch.pages {
        assert!(drivers::scan::decode::is_whole(&office.received(page.id).await));
    }
    let batch = scanning::accept_incomplete(office.desk(), batch.id).await.expect("accepted");
    let batch = if batch.can_close { batch } else { office.until(|batch| batch.can_close).await };
    assert_eq!(office.close(&batch).await, Ok(vec![letter.id]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_batch_leaves_nothing() {
    let office = Office::new().await;
    office.mfp.load([page(0), page(1)]);
    let batch = office.scan().await;
    let files = office.test.parts().paths.data.join("files");
    let count = |shelf: &str| std::fs::read_dir(files.join(shelf)).expect("a shelf").count();
    assert_eq!((count("pages"), count("thumbnails")), (2, 2));
    scanning::discard(office.desk(), batch.id).await.expect("discarded");
    assert_eq!((count("pages"), count("thumbnails")), (0, 0));
    assert!(scanning::open(office.desk()).await.expect("open").is_none());
    assert_eq!(office.close(&batch).await, Err(ErrorCode::NotAllowedNow));
    let picture = scanning::page_image(office.desk(), batch.pages[0].id, PageSize::Full).await;
    assert_eq!(picture.map_err(|error| error.code()), Err(ErrorCode::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_line_tells_how_the_device_is() {
    let office = Office::new().await;
    let often = Manners { look_every: std::time::Duration::from_millis(20), ..manners() };
    scanning::set_manners(office.desk(), often);
    let mut events = office.desk().listen();
    let address = office.mfp.url();
    office.test.settings(|draft| draft.mfp_address = address).await;
    let mut until = async |wanted: MfpStatusView| {
        while mfp_status(&office).await != wanted {
            while !matches!(events.recv().await.expect("an event"), DeskEvent::StatusChanged) {}
        }
    };
    until(MfpStatusView::Ready { loaded: Some(false) }).await;
    office.mfp.load([page(0)]);
    until(MfpStatusView::Ready { loaded: Some(true) }).await;
    office.mfp.set_fault(Some(MfpFault::Off)).expect("off");
    until(MfpStatusView::Fault { why: ErrorCode::DeviceUnreachable }).await;
    office.test.settings(|draft| draft.mfp_address = String::new()).await;
    until(MfpStatusView::None).await;
}
