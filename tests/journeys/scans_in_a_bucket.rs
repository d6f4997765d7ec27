//! Scans behind an S3 storage that we did not write: uploaded, read, erased, backed up and brought back; and while it is away,
//! letters go on.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use central::{
    backup::{self, BackupError},
    erasure,
};
use desk::sync::Outcome;
use kit::{
    central_office::{CentralOffice, CentralSetup},
    object_storage::ObjectStorage,
    window::built,
};
use serde_json::Value;

use crate::{office::Office, scan_reaches_central::scan_for, two_desks::second_desk};

async fn office(storage: &ObjectStorage, prefix: &str) -> Office {
    let clock = central::Clock::of(|| kit::test_desk::BEGIN.parse().expect("a moment"));
    // No disk has a hundred and one percent free; a bucket has no disk.
    let setup =
        CentralSetup { clock, bucket: Some(storage.bucket(prefix)), min_free_percent: 101, ..CentralSetup::default() };
    Office::around(CentralOffice::start(setup).await.expect("central starts")).await
}

async fn readiness(office: &Office) -> Value {
    let answer = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = answer.get(format!("{}/ready", office.central.admin_address)).send().await.expect("an answer");
    answer.json().await.expect("readiness")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_lies_in_the_bucket_is_read_from_it_backed_up_brought_back_and_erased() {
    let storage = ObjectStorage::start();
    let mut office = office(&storage, "gmina/kruszyna").await;
    let registered = office.desk.register("Nowak", "Wniosek").await;
    scan_for(&office, &registered.number).await;
    assert_eq!(office.round().await, Outcome::Quiet, "an unknown room is no reason to refuse");
    let letter = office.central.letter(&registered.number).await.expect("the letter");
    assert!(letter.scans[0].stored);
    let scan = letter.scans[0].scan_id;
    let own = desk::scanning::document(&office.desk.desk, registered.id, scan).await.expect("the desk's own");
    let name = format!("gmina/kruszyna/documents/{scan}.pdf");
    assert_eq!(storage.objects(), std::slice::from_ref(&name), "the document alone: its chunks are gone");
    assert_eq!(storage.object(&name), own);
    let ready = readiness(&office).await;
    assert_eq!((&ready["ready"], &ready["scans"], &ready["roomForScans"]), (&true.into(), &true.into(), &true.into()));

    let (second, mut sync) = second_desk(&office, "K2").await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    let read = desk::scanning::document(&second.desk, registered.id, scan).await.expect("from central");
    assert_eq!(read, own);

    let safe = tempfile::tempdir().expect("a folder");
    let key_file = safe.path().join("key.txt");
    let key = backup::new_key(&key_file).expect("a key").parse().expect("a public key");
    let made = backup::make(office.central.backup(safe.path(), key)).await.expect("a backup");
    assert_eq!(made.scans, 1);
    storage.lose(&name);
    let key = backup::new_key(&safe.path().join("other.txt")).expect("a key").parse().expect("a public key");
    let failed = backup::make(office.central.backup(safe.path(), key)).await.expect_err("a scan is gone");
    assert!(matches!(failed, BackupError::Scan(id) if id == scan.0), "{failed}");

    office.central.stop().await;
    let back = backup::restore(office.central.restore(&made.file, &key_file)).await.expect("brought back");
    assert_eq!(back.scans, 1);
    assert_eq!(storage.object(&name), own, "the bucket has it again");
    office.central.start_again().await.expect("central serves");

    let files = office.central.files();
    let by = office.central.administrator();
    let why = ("Jan Kowalik", "art. 17 RODO, sprawa 7");
    let teryt = office.central.teryt().clone();
    let done = erasure::erase(&by, &teryt, &files, &registered.number, why.0, why.1).await.expect("erased");
    assert_eq!(done.scans, 1);
    assert_eq!(storage.objects(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_storage_is_away_letters_go_on_and_scans_wait() {
    let mut storage = ObjectStorage::start();
    let mut office = office(&storage, "").await;
    storage.stop();
    let registered = office.desk.register("Nowak", "Wniosek").await;
    scan_for(&office, &registered.number).await;
    assert!(matches!(office.round().await, Outcome::Away(_)), "the scan waits");
    let letter = office.central.letter(&registered.number).await.expect("the letter itself is there");
    assert!(!letter.scans[0].stored);
    let ready = readiness(&office).await;
    assert_eq!((&ready["ready"], &ready["scans"], &ready["database"]), (&false.into(), &false.into(), &true.into()));

    storage.start_again();
    assert_eq!(office.round().await, Outcome::Quiet);
    assert!(office.central.letter(&registered.number).await.expect("the letter").scans[0].stored);
    assert_eq!(storage.objects().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_named_by_settings_and_its_secret_stands_in_no_log() {
    let storage = ObjectStorage::start();
    let mut office = office(&storage, "").await;
    let registered = office.desk.register("Nowak", "Wniosek").await;
    scan_for(&office, &registered.number).await;
    office.central.stop().await;
    let (database, teryt) = (office.central.database_url.clone(), office.central.teryt().as_str().to_owned());
    let central = |arguments: &[&str], id: &str, secret: Option<&str>| {
        let mut command = Command::new(built("central"));
        command.args(arguments).env("RUST_LOG", "trace").env("CENTRAL_DATABASE_URL", &database);
        command.env("CENTRAL_OFFICE_TERYT", &teryt).env("CENTRAL_SCANS", "s3://okienko/skany");
        command.env("CENTRAL_S3_ENDPOINT", &storage.address).env("CENTRAL_S3_ACCESS_KEY_ID", id);
        if let Some(secret) = secret {
            command.env("CENTRAL_S3_SECRET_ACCESS_KEY", secret);
        }
        command
    };
    let serve =
        ["serve", "--office-name", "Urząd Gminy Kruszyna", "--transport", "plain", "--admission", "first-hello"];
    let listen = office.central.desk_socket().to_string();
    let serve: Vec<&str> = serve.into_iter().chain(["--listen", &listen]).collect();
    // The storage of the tests knows ids of keys and looks at no signature: any secret does for a known one.
    for (id, outcome) in [("NIEZNANY", false), (ObjectStorage::KEY, true)] {
        let secret = "nie-prawdziwy-sekret";
        let mut child =
            central(&serve, id, Some(secret)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        let mut log = child.stderr.take().expect("stderr");
        let reading = std::thread::spawn(move || {
            let mut said = String::new();
            log.read_to_string(&mut said).expect("a log");
            said
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        office.fresh_worker();
        assert_eq!(office.round().await == Outcome::Quiet, outcome, "{id}");
        child.kill().expect("ended");
        child.wait().expect("ended");
        let said = reading.join().expect("the log");
        assert!(said.contains("central listens") && said.len() > 1_000, "{said}");
        assert!(!said.contains(secret), "the secret stands in the log");
    }
    let [object] = &storage.objects()[..] else { panic!("one object: {:?}", storage.objects()) };
    assert!(object.starts_with("skany/documents/"), "{object}");

    let backup = [
        "backup",
        "--into",
        "/nowhere",
        "--recovery-key",
        "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z",
    ];
    for (arguments, secret, why) in [
        (&backup[..], Some("x"), "--scratch"),
        (&backup[..], None, "CENTRAL_S3_SECRET_ACCESS_KEY"),
        (
            &["erase", "letter", "RPW/1/2026", "--by", "x", "--why", "y", "--s3-endpoint", "http://10.0.0.7"][..],
            Some("x"),
            "https",
        ),
    ] {
        let refused = central(arguments, ObjectStorage::KEY, secret).output().expect("central runs");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
}
