//! A scanned document follows its letter to central: byte for byte, over any number of cuts, and never before it.

use std::path::{Path, PathBuf};

use central::backup::{self, RecoveryKey};
use desk::{
    DeskError,
    scanning::{
        self, Manners,
        view::{BatchStateView, GroupDecision},
    },
    status::view::CentralStatusView,
    sync::{Outcome, Trouble},
};
use domain::{
    ErrorCode,
    ids::{LetterId, ScanId},
};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    proxy::{Carried, Fault},
    sample_letters,
    test_desk::{BEGIN, SetClock},
    virtual_mfp::{FeederSheet, VirtualMfp},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    office::{Office, minutes_later},
    two_desks::second_desk,
};

/// The size of a chunk in these journeys.
const CHUNK: usize = 4 << 10;

/// Registers a letter, scans one page, and gives the page to the letter.
async fn scanned_letter(office: &Office) -> LetterId {
    let registered = office.desk.register("Nowak", "Wniosek").await;
    scan_for(office, &registered.number).await;
    registered.id
}

/// Scans one page and gives it to the letter of this number.
pub(crate) async fn scan_for(office: &Office, number: &str) {
    let mfp = VirtualMfp::start(0).await.expect("a device");
    let letter = sample_letters::named("04-odwolanie").expect("a letter");
    mfp.load([FeederSheet::of(&letter, 0)]);
    let desk = &office.desk.desk;
    office.desk.settings(|draft| draft.mfp_address = mfp.url()).await;
    scanning::set_manners(desk, Manners { min_free: 0, ..Manners::default() });
    let stop = CancellationToken::new();
    let worker = tokio::spawn(scanning::worker::run(desk.clone(), stop.clone()));

    let mut events = desk.listen();
    scanning::start(desk).await.expect("started");
    let batch = loop {
        let batch = scanning::open(desk).await.expect("open").expect("a batch");
        if batch.state != BatchStateView::Scanning {
            break batch;
        }
        events.recv().await.expect("an event");
    };
    assert_eq!(batch.state, BatchStateView::Complete);
    let decision = GroupDecision::AssignTo { number: number.to_owned() };
    let batch = scanning::decide(desk, batch.id, 0, decision).await.expect("decided");
    scanning::close(desk, batch.id).await.expect("closed");
    stop.cancel();
    worker.await.expect("the worker ends when told");
}

/// The file of central's folder that holds exactly these bytes.
fn stored_file(central: &CentralOffice, bytes: &[u8]) -> Option<PathBuf> {
    fn search(folder: &Path, bytes: &[u8]) -> Option<PathBuf> {
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).find_map(|path| {
            if path.is_dir() {
                return search(&path, bytes);
            }
            std::fs::read(&path).is_ok_and(|found| found == bytes).then_some(path)
        })
    }
    search(&central.scans, bytes)
}

fn is_stored(central: &CentralOffice, bytes: &[u8]) -> bool {
    stored_file(central, bytes).is_some()
}

async fn document_of(office: &Office, letter: LetterId) -> Vec<u8> {
    let scan = office.letter(letter).await.scan.expect("a scan");
    scanning::document(&office.desk.desk, letter, scan.id).await.expect("its document")
}

fn chunks(carried: &[Carried]) -> Vec<usize> {
    carried.iter().filter(|carried| carried.what.starts_with("PATCH")).map(|carried| carried.bytes).collect()
}

async fn scan_of(office: &Office, letter: LetterId) -> ScanId {
    office.letter(letter).await.scan.expect("a scan").id
}

/// A chunk of this document, as the proxy names it.
fn chunk_of(scan: ScanId) -> String {
    format!("PATCH {}", wire::v1::path::scan(scan))
}

/// What was carried of one document: the kinds of its requests in their order, and the bytes of its chunks.
fn course_of(carried: &[Carried], scan: ScanId) -> (String, usize) {
    let own = wire::v1::path::scan(scan);
    let own = carried.iter().filter(|carried| carried.what.contains(&own));
    let kind = |what: &str| if what.starts_with("PATCH") { 'c' } else { what.chars().next().unwrap_or('?') };
    let kinds = own.clone().map(|carried| if carried.what.ends_with("/finish") { 'f' } else { kind(&carried.what) });
    (kinds.collect(), own.map(|carried| carried.bytes).sum())
}

/// Returns when central has answered for the document.
async fn until_uploaded(desk: &desk::Desk, scan: ScanId) {
    let mut events = desk.listen();
    while scanning::waiting_uploads(desk).await.expect("what waits").iter().any(|waiting| waiting.id == scan) {
        events.recv().await.expect("an event");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_arrives_byte_equal_and_after_its_letter() {
    let mut office = Office::open().await;
    let letter = scanned_letter(&office).await;
    let document = document_of(&office, letter).await;
    assert!(!office.letter(letter).await.synced);

    assert_eq!(office.round().await, Outcome::Quiet);
    let carried = office.proxy.take_carried();
    let place = |what: &str| carried.iter().position(|carried| carried.what.starts_with(what)).expect("carried");
    assert!(place("POST /v1/push") < place("POST /v1/scans"));
    assert_eq!(chunks(&carried).iter().sum::<usize>(), document.len());
    assert!(chunks(&carried).iter().all(|bytes| *bytes <= CHUNK));
    assert!(is_stored(&office.central, &document));
    let view = office.letter(letter).await;
    assert!(view.synced && view.scan.expect("a scan").uploaded);

    // Central tells every desk that it has the bytes, which costs no further upload.
    assert_eq!(office.round().await, Outcome::Quiet);
    assert!(chunks(&office.proxy.take_carried()).is_empty());
    assert!(office.central.letter("RPW/1/2026").await.expect("the letter").scans[0].stored);
    office.all_is_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_of_another_desk_is_read_from_central_when_somebody_looks_and_is_not_kept() {
    let mut office = Office::open().await;
    let letter = scanned_letter(&office).await;
    let document = document_of(&office, letter).await;
    let (second, mut sync) = second_desk(&office, "K2").await;
    office.round().await;
    office.round().await;
    assert_eq!(sync.round().await, Outcome::Quiet);

    let scan = desk::letters::letter(&second.desk, letter).await.expect("the letter").scan.expect("a scan");
    assert!(!scan.here && scan.uploaded, "{scan:?}");
    let read = scanning::document(&second.desk, letter, scan.id).await.expect("its document");
    assert_eq!(read, document);
    let kept = scanning::read_document(&second.desk, scan.id).await;
    assert!(matches!(kept, Err(DeskError::Refused(ErrorCode::NotFound))), "nothing of it stays: {kept:?}");
    let other = second.register("Kowal", "Inne pismo").await;
    let through_another = scanning::document(&second.desk, other.id, scan.id).await;
    assert!(matches!(through_another, Err(DeskError::Refused(ErrorCode::NotFound))), "through its own letter alone");

    let stored = stored_file(&office.central, &document).expect("central's file");
    let mut damaged = document.clone();
    damaged[1_000] ^= 1;
    std::fs::write(&stored, damaged).expect("damaged");
    let read = scanning::document(&second.desk, letter, scan.id).await;
    assert!(matches!(read, Err(DeskError::Refused(ErrorCode::DocumentDamaged))), "{read:?}");
    std::fs::write(&stored, &document).expect("mended");
    office.central.stop().await;
    let read = scanning::document(&second.desk, letter, scan.id).await;
    assert!(matches!(read, Err(DeskError::Refused(ErrorCode::CentralUnreachable))), "{read:?}");
    office.central.start_again().await.expect("central serves");
    assert_eq!(scanning::document(&second.desk, letter, scan.id).await.expect("again"), document);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_comes_while_a_scan_is_under_way_goes_before_the_rest_of_it() {
    let mut office = Office::open().await;
    let letter = scanned_letter(&office).await;
    let (outcome, mut carried) = tokio::join!(office.sync.round(), async {
        let mut seen = Vec::new();
        while chunks(&seen).is_empty() {
            seen.extend(office.proxy.take_carried());
            tokio::task::yield_now().await;
        }
        office.desk.register("Kowal", "Przyszło w trakcie").await;
        seen
    });
    assert_eq!(outcome, Outcome::Quiet);
    carried.extend(office.proxy.take_carried());
    let last = |what: &str| carried.iter().rposition(|carried| carried.what.starts_with(what)).expect("carried");
    let first_chunk = carried.iter().position(|carried| carried.what.starts_with("PATCH")).expect("a chunk");
    assert!(first_chunk < last("POST /v1/push") && last("POST /v1/push") < last("PATCH"), "between two chunks");
    assert_eq!(office.central.letters().await.len(), 2);
    assert!(office.letter(letter).await.scan.expect("a scan").uploaded);
    assert_eq!(chunks(&carried).iter().sum::<usize>(), document_of(&office, letter).await.len(), "no byte twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cut_many_times_sends_no_more_than_a_chunk_for_each_cut() {
    let mut office = Office::open().await;
    let letter = scanned_letter(&office).await;
    let document = document_of(&office, letter).await;
    let cuts = [
        ("POST /v1/scans", Fault::CutRequest),
        ("POST /v1/scans", Fault::CutAnswer),
        ("PATCH", Fault::CutRequest),
        ("PATCH", Fault::CutInRequest(1000)),
        ("PATCH", Fault::CutAnswer),
        ("PATCH", Fault::CutInAnswer(3)),
        ("POST /v1/scans/", Fault::CutRequest),
        ("POST /v1/scans/", Fault::CutInAnswer(3)),
    ];
    let mut sent = Vec::new();
    for (step, fault) in cuts.clone() {
        // The program ends and starts in between: what counts is what central holds.
        office.fresh_worker();
        office.proxy.plan(step, fault.clone());
        let outcome = office.round().await;
        assert!(matches!(outcome, Outcome::Away(Trouble::Unreachable(_))), "{step} {fault:?}: {outcome:?}");
        sent.extend(chunks(&office.proxy.take_carried()));
    }
    assert_eq!(office.round().await, Outcome::Quiet);
    sent.extend(chunks(&office.proxy.take_carried()));
    assert!(is_stored(&office.central, &document));
    assert!(office.letter(letter).await.synced);
    let most = document.len() + cuts.len() * CHUNK;
    assert!(sent.iter().sum::<usize>() <= most, "{} of {most}", sent.iter().sum::<usize>());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_answer_about_one_scan_is_awaited_another_goes_on() {
    let mut office = Office::open().await;
    let (slow, other) = (scanned_letter(&office).await, scanned_letter(&office).await);
    let (scan, quick) = (scan_of(&office, slow).await, scan_of(&office, other).await);
    let document = document_of(&office, other).await;
    office.proxy.plan(&chunk_of(scan), Fault::Silence);
    tokio::select! {
        outcome = office.sync.round() => panic!("one waited for the other: {outcome:?}"),
        () = until_uploaded(&office.desk.desk, quick) => {}
    }
    assert!(is_stored(&office.central, &document));
    assert_eq!(course_of(&office.proxy.take_carried(), scan).0, "c", "no second chunk before the first is answered");

    office.fresh_worker();
    assert_eq!(office.round().await, Outcome::Quiet);
    let whole = document_of(&office, slow).await;
    assert!(is_stored(&office.central, &whole));
    let (course, bytes) = course_of(&office.proxy.take_carried(), scan);
    assert_eq!(course, format!("{}f", "c".repeat(whole.len().div_ceil(CHUNK))));
    assert_eq!(bytes, whole.len(), "nothing of the first chunk had come");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_scans_cut_in_turns_send_no_more_than_a_chunk_for_each_cut() {
    let mut office = Office::open().await;
    let letters = [scanned_letter(&office).await, scanned_letter(&office).await];
    let scans = [scan_of(&office, letters[0]).await, scan_of(&office, letters[1]).await];
    let cuts = [Fault::CutRequest, Fault::CutInRequest(1000), Fault::CutAnswer, Fault::CutInAnswer(3)];
    let mut carried = Vec::new();
    for fault in &cuts {
        for scan in scans {
            office.proxy.plan(&chunk_of(scan), fault.clone());
            let outcome = office.round().await;
            assert!(matches!(outcome, Outcome::Away(Trouble::Unreachable(_))), "{fault:?}: {outcome:?}");
            carried.extend(office.proxy.take_carried());
        }
    }
    assert_eq!(office.round().await, Outcome::Quiet);
    carried.extend(office.proxy.take_carried());
    for (letter, scan) in letters.into_iter().zip(scans) {
        let document = document_of(&office, letter).await;
        assert!(is_stored(&office.central, &document));
        let (sent, most) = (course_of(&carried, scan).1, document.len() + cuts.len() * CHUNK);
        // A cut of the one cuts nothing of the other: what is on the line arrives.
        assert!((document.len()..=most).contains(&sent), "{sent} of {most}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_central_does_not_confirm_sends_the_document_again() {
    let mut office = Office::open().await;
    let letter = scanned_letter(&office).await;
    let document = document_of(&office, letter).await;
    // A byte is changed on its way: central takes the chunk and refuses the whole.
    let damaged = vec![b'x'; document.len().min(CHUNK)];
    office.proxy.plan("PATCH", Fault::CutRequest);
    assert!(matches!(office.round().await, Outcome::Away(_)));
    send_chunk_behind_its_back(&office, letter, &damaged).await;

    assert_eq!(office.round().await, Outcome::Quiet);
    assert!(is_stored(&office.central, &document));
    assert!(office.letter(letter).await.synced);
}

/// Puts other bytes at the beginning of the upload, under a token of the desk's own.
async fn send_chunk_behind_its_back(office: &Office, letter: LetterId, bytes: &[u8]) {
    use sha2::{Digest, Sha256};
    let scan = office.letter(letter).await.scan.expect("a scan").id;
    let hash = Sha256::digest(b"of-the-test").to_vec();
    sqlx::query("INSERT INTO token (hash, device_id, expires_at) SELECT $1, id, now() + interval '1 year' FROM device")
        .bind(hash)
        .execute(office.central.pool())
        .await
        .expect("a token");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = client
        .patch(format!("{}{}", office.central.desk_address, wire::v1::path::scan_chunk(scan, 0)))
        .bearer_auth("of-the-test")
        .body(bytes.to_vec())
        .send()
        .await
        .expect("central");
    assert!(answer.status().is_success(), "{}", answer.status());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_central_without_room_takes_operations_and_the_scan_waits() {
    let mut office = Office::open().await;
    let letter = scanned_letter(&office).await;
    minutes_later(&office.desk.clock, 5);
    let full = Fault::answer(507, "application/json", &json!({ "code": "storage_full" }).to_string());
    office.proxy.plan("POST /v1/scans", full);
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.line().await, CentralStatusView::Online { at: "09:19:00".to_owned(), waiting: 1 });
    assert_eq!(office.central.letters().await.len(), 1);
    assert!(!office.letter(letter).await.synced);

    office.proxy.down().await;
    assert!(matches!(office.round().await, Outcome::Away(_)));
    let CentralStatusView::Offline { waiting, oldest, .. } = office.line().await else { panic!("offline") };
    assert_eq!((waiting, oldest.as_deref()), (1, Some("23.11.2026 09:14")));
    office.proxy.up().await;
    assert_eq!(office.round().await, Outcome::Quiet);
    assert!(office.letter(letter).await.synced);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_cannot_be_read_here_holds_up_no_other() {
    let mut office = Office::open().await;
    let damaged = scanned_letter(&office).await;
    let whole = scanned_letter(&office).await;
    let scan = office.letter(damaged).await.scan.expect("a scan").id;
    let file = office.desk.parts().paths.data.join("files").join("documents").join(scan.to_string());
    let mut bytes = std::fs::read(&file).expect("the encrypted document");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("damaged");

    assert_eq!(office.round().await, Outcome::Quiet);
    assert!(office.letter(whole).await.synced);
    assert!(!office.letter(damaged).await.synced);
    assert_eq!(office.line().await, CentralStatusView::Online { at: "09:14:00".to_owned(), waiting: 1 });
}

/// Makes and proves a backup of central.
async fn backed_up(office: &Office, safe: &tempfile::TempDir) {
    let key_file = safe.path().join("key.txt");
    let public = match backup::public_half(&key_file) {
        Ok(public) => public,
        Err(_) => backup::new_key(&key_file).expect("a key"),
    };
    let key: RecoveryKey = public.parse().expect("a public key");
    backup::make(office.central.backup(&safe.path().join("backups"), key)).await.expect("a backup");
}

fn files_of(desk: &Path) -> usize {
    ["documents", "pages", "thumbnails"]
        .into_iter()
        .map(|shelf| std::fs::read_dir(desk.join(shelf)).map_or(0, Iterator::count))
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_disk_is_full_copies_go_that_two_backups_hold_and_are_read_from_central() {
    let time = SetClock::at(BEGIN);
    let clock = {
        let time = std::sync::Arc::clone(&time);
        central::Clock::of(move || desk::clock::Clock::now(time.as_ref()))
    };
    let central =
        CentralOffice::start(CentralSetup { clock, ..CentralSetup::default() }).await.expect("central starts");
    let (mut office, safe) = (Office::around(central).await, tempfile::tempdir().expect("a folder"));
    let letter = scanned_letter(&office).await;
    let document = document_of(&office, letter).await;
    let folder = office.desk.desk.paths().data.join("files");
    let kept = files_of(&folder);
    assert!(kept >= 2, "the page and the document");
    let full = Manners { min_free: 0, roomy: u64::MAX, ..Manners::default() };
    scanning::set_manners(&office.desk.desk, full);

    // Sent, and in one backup: it stays, however little room there is.
    for _ in 0..2 {
        assert_eq!(office.round().await, Outcome::Quiet);
    }
    backed_up(&office, &safe).await;
    office.fresh_worker();
    for _ in 0..2 {
        assert_eq!(office.round().await, Outcome::Quiet);
    }
    assert_eq!(files_of(&folder), kept);

    // Attached after the first of the two: one backup holds it.
    minutes_later(&time, 1);
    let later = scanned_letter(&office).await;
    scanning::set_manners(&office.desk.desk, full);
    for _ in 0..2 {
        assert_eq!(office.round().await, Outcome::Quiet);
    }
    let both = files_of(&folder);
    backed_up(&office, &safe).await;
    office.fresh_worker();
    for _ in 0..2 {
        assert_eq!(office.round().await, Outcome::Quiet);
    }
    assert_eq!(files_of(&folder), both - kept, "the first one went");
    let view = office.letter(letter).await.scan.expect("a scan");
    assert!(view.uploaded && view.mine && !view.here);
    assert!(office.letter(later).await.scan.expect("a scan").here);
    assert_eq!(document_of(&office, letter).await, document, "read from central, byte for byte");
    office.all_is_quiet().await;

    office.central.stop().await;
    let away = scanning::document(&office.desk.desk, letter, view.id).await.expect_err("central is away");
    assert_eq!(away.code(), ErrorCode::CentralUnreachable);
    document_of(&office, later).await;
}
