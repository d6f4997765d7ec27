//! From the feeder to the letter: the plain journey, and every label that is not plain.

use std::process::Command;

use desk::{
    letters::view::{CancellationDraft, HistoryKind},
    scanning::{
        self,
        view::{BatchStateView, GroupDecision, PageSize},
    },
};
use domain::ErrorCode;
use sha2::{Digest, Sha256};

use super::office::{Office, label_of, page, show};

fn assign(number: &str) -> GroupDecision {
    GroupDecision::AssignTo { number: number.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_letters_come_out_of_one_stack() {
    let office = Office::new().await;
    let (first, one) = office.letter("Łozińska").await;
    let (second, two) = office.letter("Nowak").await;
    let (missing, _) = office.letter("Maj").await;
    office.mfp.load([Office::first_page(&one), page(1), page(2), Office::first_page(&two), page(1)]);

    let batch = office.scan().await;
    assert_eq!(batch.state, BatchStateView::Complete);
    assert_eq!(batch.device.as_deref(), Some("Okienko Virtual MFP"));
    assert_eq!(show(&batch), ["RPW/1/2026: 1,2,3", "RPW/2/2026: 4,5"]);
    assert_eq!(batch.pages[0].label.as_deref(), Some(first.label.identifier.as_str()));
    // N6: three letters awaited, two found.
    let awaited: Vec<_> = batch.awaited.iter().map(|letter| (letter.id, letter.pages)).collect();
    assert_eq!(awaited, [(first.id, Some(3)), (second.id, Some(2)), (missing.id, None)]);
    assert!(batch.can_close);
    let received: Vec<Vec<u8>> = {
        let mut pages = Vec::new();
        for page in &batch.pages {
            let thumbnail = scanning::page_image(office.desk(), page.id, PageSize::Thumbnail).await.expect("small");
            assert!(thumbnail.starts_with(&[0xff, 0xd8]) && thumbnail.len() < 40_000);
            pages.push(office.received(page.id).await);
        }
        pages
    };

    assert_eq!(office.close(&batch).await, Ok(vec![first.id, second.id]));
    assert!(scanning::open(office.desk()).await.expect("open").is_none());
    let letter = desk::letters::letter(office.desk(), first.id).await.expect("the letter");
    let scan = letter.scan.clone().expect("a scan");
    assert_eq!((scan.pages, scan.uploaded), (3, false));
    assert_eq!(letter.history.last().map(|entry| entry.what.clone()), Some(HistoryKind::ScanAttached { pages: 3 }));

    let pdf = scanning::document(office.desk(), first.id, scan.id).await.expect("a document");
    assert_eq!(pdf.len() as u64, scan.bytes);
    archive_takes(&pdf, 3);
    for jpeg in &received[..3] {
        assert!(pdf.windows(jpeg.len()).any(|window| window == jpeg), "the received bytes stand in the PDF");
    }
    let waiting = scanning::waiting_uploads(office.desk()).await.expect("waiting");
    assert_eq!(waiting.iter().map(|scan| scan.letter_id).collect::<Vec<_>>(), [first.id, second.id]);
    assert_eq!((waiting[0].id, waiting[0].bytes), (scan.id, scan.bytes));
    assert_eq!(waiting[0].sha256, <[u8; 32]>::from(Sha256::digest(&pdf)));
    let part = scanning::read_document_range(office.desk(), scan.id, 70_000, 1000).await.expect("a part");
    assert_eq!(part, pdf[70_000..71_000]);
    scanning::uploaded(office.desk(), scan.id).await.expect("uploaded");
    assert_eq!(scanning::waiting_uploads(office.desk()).await.expect("waiting").len(), 1);

    // N7: what was received outlives the program, byte for byte.
    let Office { test, worker, .. } = office;
    worker.end().await;
    let test = test.restart().await;
    for (page, jpeg) in batch.pages.iter().zip(&received) {
        assert_eq!(&scanning::page_image(&test.desk, page.id, PageSize::Full).await.expect("a page"), jpeg);
    }
    assert_eq!(scanning::document(&test.desk, first.id, scan.id).await.expect("a document"), pdf);
}

fn archive_takes(pdf: &[u8], pages: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scan.pdf");
    std::fs::write(&file, pdf).expect("written");
    let checked = Command::new("qpdf").arg("--check").arg(&file).output().expect("qpdf");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let counted = Command::new("qpdf").arg("--show-npages").arg(&file).output().expect("qpdf");
    assert_eq!(String::from_utf8_lossy(&counted.stdout).trim(), pages.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_a_label_belongs_to_whom_the_clerk_says() {
    let office = Office::new().await;
    let (first, one) = office.letter("Łozińska").await;
    let (second, _) = office.letter("Nowak").await;
    office.mfp.load([page(1), page(2), Office::first_page(&one)]);
    let batch = office.scan().await;
    assert_eq!(show(&batch), ["?: 1,2 NoLabel", "RPW/1/2026: 3"]);
    assert!(!batch.can_close);
    assert_eq!(office.close(&batch).await, Err(ErrorCode::BatchHasQuestions));

    let refused = office.decide(&batch, 0, GroupDecision::JoinPrevious).await;
    assert_eq!(refused, Err(ErrorCode::NotAllowedNow), "nothing lies before it");
    assert_eq!(office.decide(&batch, 0, assign("77")).await, Err(ErrorCode::NotFound));
    assert_eq!(office.decide(&batch, 0, assign("RPW/2/2025")).await, Err(ErrorCode::NotFound));
    assert_eq!(office.decide(&batch, 9, assign("2")).await, Err(ErrorCode::NotFound));
    for typed in ["2", "RPW/2/2026", second.label.identifier.as_str(), &second.label.identifier.bars()] {
        let decided = office.decide(&batch, 0, assign(typed)).await.expect("decided");
        assert_eq!(show(&decided), ["RPW/2/2026: 1,2", "RPW/1/2026: 3"], "{typed}");
        // N9: taken back until the batch is closed.
        let undone = scanning::undo(office.desk(), batch.id).await.expect("undone");
        assert_eq!(show(&undone), show(&batch));
    }
    scanning::undo(office.desk(), batch.id).await.expect_err("nothing is left to take back");

    let aside = office.decide(&batch, 0, GroupDecision::SetAside).await.expect("set aside");
    assert_eq!(show(&aside), ["RPW/1/2026: 3"]);
    assert_eq!(aside.pages.len(), 3);
    assert!(aside.can_close);
    assert_eq!(office.close(&aside).await, Ok(vec![first.id]));
    assert!(!office.received(batch.pages[0].id).await.is_empty(), "a page set aside stays received");
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_labels_ask_the_clerk() {
    let office = Office::new().await;
    let (_, one) = office.letter("Łozińska").await;
    let (two_letter, two) = office.letter("Nowak").await;
    let (cancelled, three) = office.letter("Maj").await;
    let draft = CancellationDraft { letter_id: cancelled.id, reason: "pomyłka".to_owned() };
    desk::letters::cancel_letter(office.desk(), draft).await.expect("cancelled");
    let foreign = office.printed(&label_of("1465011", 1)).await;
    let unknown = office.printed(&label_of("2404082", 4711)).await;
    office.mfp.load([
        Office::first_page(&one),
        page(0).with_label(&foreign),
        page(0).with_label(&unknown),
        page(0).with_label(&three),
        page(0).with_label(&one).with_label(&two),
        Office::first_page(&two),
        Office::first_page(&one),
        page(1),
    ]);
    let batch = office.scan().await;
    let asked = [
        "RPW/1/2026: 1",
        "?: 2 OtherOffice",
        "?: 3 NotInRegister",
        "?: 4 Cancelled",
        "?: 5 TwoLabels",
        "RPW/2/2026: 6",
        "?: 7,8 LabelTwice",
    ];
    assert_eq!(show(&batch), asked);
    assert_eq!(office.decide(&batch, 3, assign("3")).await, Err(ErrorCode::NotAllowedNow), "a cancelled letter");

    let batch = office.decide(&batch, 6, assign("1")).await.expect("the second half of a letter");
    let batch = office.decide(&batch, 4, assign("1")).await.expect("one of the two");
    let batch = office.decide(&batch, 3, GroupDecision::SetAside).await.expect("set aside");
    let batch = office.decide(&batch, 2, GroupDecision::SetAside).await.expect("set aside");
    let batch = office.decide(&batch, 1, GroupDecision::JoinPrevious).await.expect("joined");
    assert_eq!(show(&batch), ["RPW/1/2026: 1,2", "RPW/1/2026: 5", "RPW/2/2026: 6", "RPW/1/2026: 7,8"]);

    // Cancelled after the decision: the pages ask again, and nothing is attached.
    let draft = CancellationDraft { letter_id: two_letter.id, reason: "pomyłka".to_owned() };
    desk::letters::cancel_letter(office.desk(), draft).await.expect("cancelled");
    assert_eq!(office.close(&batch).await, Err(ErrorCode::BatchHasQuestions));
    assert!(scanning::waiting_uploads(office.desk()).await.expect("waiting").is_empty());
    let batch = office.until(|_| true).await;
    assert_eq!(show(&batch), ["RPW/1/2026: 1,2", "RPW/1/2026: 5", "?: 6 Cancelled", "RPW/1/2026: 7,8"]);
    let batch = office.decide(&batch, 2, GroupDecision::SetAside).await.expect("set aside");
    let attached = office.close(&batch).await.expect("closed");
    let letter = desk::letters::letter(office.desk(), attached[0]).await.expect("the letter");
    assert_eq!(letter.scan.map(|scan| scan.pages), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_has_its_scan_gets_another_only_when_the_clerk_says_so() {
    let office = Office::new().await;
    let (letter, label) = office.letter("Łozińska").await;
    office.mfp.load([Office::first_page(&label)]);
    let batch = office.scan().await;
    office.close(&batch).await.expect("closed");
    let first = desk::letters::letter(office.desk(), letter.id).await.expect("the letter").scan.expect("a scan");

    office.mfp.load([Office::first_page(&label), page(1)]);
    let batch = office.scan().await;
    assert_eq!(show(&batch), ["?: 1,2 AlreadyScanned"]);
    assert!(batch.awaited.is_empty());
    let batch = office.decide(&batch, 0, assign("1")).await.expect("a new version");
    assert_eq!(office.close(&batch).await, Ok(vec![letter.id]));
    let second = desk::letters::letter(office.desk(), letter.id).await.expect("the letter").scan.expect("a scan");
    assert_eq!(second.pages, 2);
    assert!(!scanning::document(office.desk(), letter.id, first.id).await.expect("the older one stays").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_closed_once_and_by_a_clerk() {
    let office = Office::new().await;
    let (letter, label) = office.letter("Łozińska").await;
    office.mfp.load([Office::first_page(&label)]);
    let batch = office.scan().await;
    desk::session::lock(office.desk()).await.expect("locked");
    assert_eq!(office.close(&batch).await, Err(ErrorCode::NotSignedIn));
    assert_eq!(scanning::open(office.desk()).await.map_err(|error| error.code()), Err(ErrorCode::NotSignedIn));
    desk::session::sign_out(office.desk()).await.expect("out");
    office.test.sign_in().await;

    let (once, again) = tokio::join!(office.close(&batch), office.close(&batch));
    let outcomes = [once, again];
    assert!(outcomes.contains(&Ok(vec![letter.id])) && outcomes.contains(&Err(ErrorCode::NotAllowedNow)));
    assert_eq!(scanning::waiting_uploads(office.desk()).await.expect("waiting").len(), 1);
    let files = office.test.parts().paths.data.join("files/documents");
    assert_eq!(std::fs::read_dir(files).expect("a folder").count(), 1, "the loser's document is gone");
    assert_eq!(office.decide(&batch, 0, GroupDecision::SetAside).await, Err(ErrorCode::NotAllowedNow));
}
