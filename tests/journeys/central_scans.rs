//! Scans: cut and resumed, verified as a whole, read through their letter only.

use domain::ids::{LetterId, ScanId};
use kit::central_office::{CentralOffice, CentralSetup};
use reqwest::{Method, StatusCode};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::v1::{MAX_CHUNK_BYTES, Refusal, UploadCreate, UploadState, path};

use crate::central_desk::{WireDesk, office, read};

fn document(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|place| u8::try_from(place * 31 % 251).expect("a byte")).collect()
}

/// A letter with one scan, pushed but not uploaded.
async fn announced(desk: &mut WireDesk, document: &[u8]) -> (LetterId, UploadCreate) {
    let (letter, _) = desk.register();
    let create = UploadCreate {
        scan_id: ScanId(desk.new_id()),
        bytes: document.len() as u64,
        sha256: Sha256::digest(document).into(),
    };
    desk.attach(letter, &create);
    desk.push_all().await;
    (letter, create)
}

#[tokio::test]
async fn an_upload_cut_in_the_middle_goes_on_where_it_was() {
    let mut central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let document = document(3 * MAX_CHUNK_BYTES + 1234);
    let (letter, create) = announced(&mut desk, &document).await;
    let scan = create.scan_id;
    assert!(!central.letters().await[0].scans[0].stored);

    assert_eq!(desk.create_upload(&create).await.expect("created").offset, 0);
    desk.chunk(scan, 0, &document[..MAX_CHUNK_BYTES]).await.expect("first chunk");
    // The answer was lost, so the desk sends it again and is told where to go on.
    let again = desk.chunk(scan, 0, &document[..MAX_CHUNK_BYTES]).await.expect_err("had that");
    let held = MAX_CHUNK_BYTES as u64;
    assert_eq!(again, (StatusCode::CONFLICT, Refusal::OffsetDiffers { offset: held }));
    assert_eq!(
        desk.finish(scan).await.expect_err("bytes missing"),
        (StatusCode::CONFLICT, Refusal::OffsetDiffers { offset: held })
    );

    central.stop().await;
    central.start_again().await.expect("started again");
    let mut state = desk.create_upload(&create).await.expect("still there");
    assert_eq!(state.offset, held);
    while state.offset < state.bytes {
        let start = usize::try_from(state.offset).expect("small");
        let end = (start + MAX_CHUNK_BYTES).min(document.len());
        state = desk.chunk(scan, state.offset, &document[start..end]).await.expect("a chunk");
    }
    assert!(!state.stored);
    assert!(desk.finish(scan).await.expect("finished").stored);
    assert!(desk.finish(scan).await.expect("finished twice").stored);
    assert_eq!(
        desk.create_upload(&create).await.expect("created again"),
        UploadState { offset: create.bytes, bytes: create.bytes, stored: true }
    );

    assert!(central.letters().await[0].scans[0].stored);
    let mut other = WireDesk::connected(&central, 2, "K2").await;
    let stored = other.pull_all(100).await.last().map(|change| crate::central_desk::letter_of(change).scans[0].stored);
    assert_eq!(stored, Some(true), "the desks are told");
    let response = other.send(Method::GET, &path::letter_scan(letter, scan), Vec::new()).await;
    assert_eq!(response.headers()["content-type"], "application/pdf");
    assert!(response.bytes().await.expect("bytes") == document, "byte for byte");
    let left = std::fs::read_dir(central.scans.join("parts")).map_or(0, |folders| {
        folders.flatten().filter_map(|folder| std::fs::read_dir(folder.path()).ok()).map(Iterator::count).sum()
    });
    assert_eq!(left, 0, "chunks are removed");
}

#[tokio::test]
async fn wrong_bytes_are_dropped_and_may_be_sent_again() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let document = document(5000);
    let (letter, create) = announced(&mut desk, &document).await;
    let scan = create.scan_id;
    let mut damaged = document.clone();
    damaged[2500] ^= 1;
    desk.chunk(scan, 0, &damaged).await.expect("a chunk");
    assert_eq!(desk.finish(scan).await.expect_err("damaged"), (StatusCode::UNPROCESSABLE_ENTITY, Refusal::HashDiffers));
    let unread: Result<(), _> = read(desk.send(Method::GET, &path::letter_scan(letter, scan), Vec::new()).await).await;
    assert_eq!(unread.expect_err("not stored").1, Refusal::NotFound);
    desk.chunk(scan, 0, &document).await.expect("from the start");
    assert!(desk.finish(scan).await.expect("finished").stored);
}

#[tokio::test]
async fn chunks_that_are_gone_are_asked_for_again() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let document = document(5000);
    let (_, create) = announced(&mut desk, &document).await;
    desk.chunk(create.scan_id, 0, &document).await.expect("a chunk");
    // The database comes from a backup made in the middle of an upload that has long ended.
    std::fs::remove_dir_all(central.scans.join("parts")).expect("the chunks are gone");
    assert_eq!(desk.finish(create.scan_id).await.expect_err("gone").1, Refusal::HashDiffers);
    desk.chunk(create.scan_id, 0, &document).await.expect("from the start");
    assert!(desk.finish(create.scan_id).await.expect("finished").stored);
}

#[tokio::test]
async fn only_the_announcing_desk_uploads_and_only_what_its_operation_says() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let other = WireDesk::connected(&central, 2, "K2").await;
    let document = document(5000);
    let (letter, create) = announced(&mut desk, &document).await;
    let scan = create.scan_id;
    let not_found = (StatusCode::NOT_FOUND, Refusal::NotFound);
    assert_eq!(other.create_upload(&create).await.expect_err("other desk"), not_found);
    assert_eq!(other.chunk(scan, 0, &document).await.expect_err("other desk"), not_found);
    assert_eq!(other.finish(scan).await.expect_err("other desk"), not_found);
    let unknown = UploadCreate { scan_id: ScanId(Uuid::from_u128(77)), ..create.clone() };
    assert_eq!(desk.create_upload(&unknown).await.expect_err("unknown"), not_found);
    for differs in [UploadCreate { bytes: 4999, ..create.clone() }, UploadCreate { sha256: [0; 32], ..create.clone() }]
    {
        let refused = desk.create_upload(&differs).await.expect_err("differs");
        assert_eq!(refused, (StatusCode::CONFLICT, Refusal::ScanDiffers));
    }
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, Refusal::TooLarge);
    assert_eq!(desk.chunk(scan, 0, &[0; 5001]).await.expect_err("beyond the end"), too_large);
    assert_eq!(desk.chunk(scan, 0, &vec![0; MAX_CHUNK_BYTES + 1]).await.expect_err("over a MiB"), too_large);
    assert_eq!(desk.chunk(scan, 0, &[]).await.expect_err("empty").1, Refusal::Malformed);

    desk.chunk(scan, 0, &document).await.expect("a chunk");
    desk.finish(scan).await.expect("finished");
    let (elsewhere, _) = desk.register();
    desk.push_all().await;
    for letter in [elsewhere, LetterId(Uuid::from_u128(5))] {
        let unread: Result<(), _> =
            read(desk.send(Method::GET, &path::letter_scan(letter, scan), Vec::new()).await).await;
        assert_eq!(unread.expect_err("another letter").1, Refusal::NotFound);
    }
    let response = other.send(Method::GET, &path::letter_scan(letter, scan), Vec::new()).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_nearly_full_disk_refuses_scans_and_takes_operations() {
    let setup = CentralSetup { min_free_percent: 101, ..CentralSetup::default() };
    let central = CentralOffice::start(setup).await.expect("central");
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let document = document(5000);
    let (_, create) = announced(&mut desk, &document).await;
    assert_eq!(central.letters().await[0].scans.len(), 1);
    let full = (StatusCode::INSUFFICIENT_STORAGE, Refusal::StorageFull);
    assert_eq!(desk.create_upload(&create).await.expect_err("full"), full);
    assert_eq!(desk.chunk(create.scan_id, 0, &document).await.expect_err("full"), full);
}
