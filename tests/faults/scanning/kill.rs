//! The program killed while pages are coming: every page that it journalled is there when it starts again.

use std::process::Stdio;

use desk::scanning::{
    self,
    view::{BatchStateView, PageSize},
};
use domain::ErrorCode;
use drivers::scan::decode;
use kit::{
    test_desk::TestDesk,
    virtual_mfp::{MfpFault, VirtualMfp},
    window::built,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::office::{Office, page};

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_stack_no_received_page_is_lost() {
    const SHEETS: usize = 6;
    for told in 1..=3 {
        let folder = tempfile::tempdir().expect("a folder");
        let mfp = VirtualMfp::start(0).await.expect("a device");
        mfp.load((0..SHEETS).map(page));
        mfp.set_fault(Some(MfpFault::Slow { millis: 160 })).expect("slow");
        let mut child = tokio::process::Command::new(built("one-desk"))
            .arg(folder.path())
            .arg("9")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("one-desk starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut input = child.stdin.take().expect("its input");
        assert_eq!(lines.next_line().await.expect("a line").as_deref(), Some("ready"));
        input.write_all(format!("scan {}\n", mfp.url()).as_bytes()).await.expect("the desk listens");
        while lines.next_line().await.expect("a line").expect("pages come") != format!("pages {told}") {}
        child.start_kill().expect("killed");
        child.wait().await.expect("dead");
        mfp.set_fault(None).expect("as quick as ever");

        let test = TestDesk::reopened(folder.path()).await;
        let batch = scanning::open(&test.desk).await.expect("open").expect("the batch is found again");
        assert_eq!(batch.state, BatchStateView::Uncertain { why: ErrorCode::ScanInterrupted });
        assert!(batch.pages.len() >= told, "{} of {told} pages", batch.pages.len());
        for page in &batch.pages {
            let bytes = scanning::page_image(&test.desk, page.id, PageSize::Full).await.expect("a received page");
            assert!(decode::is_whole(&bytes));
        }
        let before = batch.pages.len();
        // The device still holds the job of the dead program until it forgets it, as a real one does.
        let left = mfp.sheets();
        assert!(before + 1 >= SHEETS - left, "only the page on the wire may be missing: {before} kept, {left} left");
        mfp.unload();
        let fresh = VirtualMfp::start(0).await.expect("a device");
        fresh.load((0..left).map(page));
        let office = Office::with(test, fresh).await;
        let batch = if left == 0 { office.until(|_| true).await } else { office.scan().await };
        assert_eq!(batch.pages.len(), before + left, "the rest of the stack joins the same batch");
        let read = office
            .until(|batch| batch.groups.iter().map(|group| group.pages.len()).sum::<usize>() == batch.pages.len());
        assert_eq!(read.await.groups.len(), 1, "pages that nobody had looked at are looked at");
    }
}
