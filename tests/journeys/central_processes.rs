//! Two processes of central on one database, as behind a proxy that shares the work out: a desk's token, its log and a half-sent
//! document are known to both, and when one is killed the other goes on.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use domain::ids::ScanId;
use kit::{central_office::CentralOffice, window::built};
use reqwest::Method;
use sha2::{Digest, Sha256};
use wire::v1::{UploadCreate, path};

use crate::central_desk::{WireDesk, letter_of, office};

struct Process {
    child: Child,
    desks: String,
}

impl Process {
    fn start(office: &CentralOffice, scans: &Path) -> Self {
        let mut child = Command::new(built("central"))
            .args(["serve", "--office-name", "Urząd Gminy Kruszyna", "--transport", "plain", "--scans"])
            .arg(scans)
            .args(["--admission", "first-hello"])
            .env("CENTRAL_DATABASE_URL", &office.database_url)
            .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("central runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let listening: serde_json::Value = serde_json::from_str(&line).expect("json");
        Self { child, desks: listening["desks"].as_str().expect("an address").to_owned() }
    }

    /// Ends it as a power cut does.
    fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_began_another_ends_though_the_first_is_killed() {
    let mut office = office().await;
    office.stop().await;
    let mut first = Process::start(&office, &office.scans);
    let second = Process::start(&office, &office.scans);

    let mut desk = WireDesk::new(&office, 1, "K1");
    desk.address.clone_from(&first.desks);
    desk.hello().await.expect("hello at the first");
    let document: Vec<u8> = (0..300_000_usize).map(|place| u8::try_from(place % 251).expect("a byte")).collect();
    let (scan_id, sha256) = (ScanId(desk.new_id()), Sha256::digest(&document).into());
    let create = UploadCreate { scan_id, bytes: document.len() as u64, sha256 };
    let (letter, _) = desk.register();
    desk.attach(letter, &create);
    desk.push_all().await;
    desk.create_upload(&create).await.expect("announced at the first");
    desk.chunk(scan_id, 0, &document[..200_000]).await.expect("two thirds at the first");

    // Between two requests the proxy leads elsewhere; then the first is no more.
    desk.address.clone_from(&second.desks);
    desk.register();
    desk.push_all().await;
    first.kill();
    assert_eq!(desk.create_upload(&create).await.expect("known at the second").offset, 200_000);
    desk.chunk(scan_id, 200_000, &document[200_000..]).await.expect("the rest at the second");
    assert!(desk.finish(scan_id).await.expect("verified").stored);

    let mut reader = WireDesk::new(&office, 2, "K2");
    reader.address.clone_from(&second.desks);
    reader.hello().await.expect("hello at the second");
    let changes = reader.pull_all(100).await;
    let numbers: Vec<u64> = changes.iter().map(|change| change.n).collect();
    assert_eq!(numbers, (1..=changes.len() as u64).collect::<Vec<_>>(), "one stream of changes, without a gap");
    let last = changes.iter().map(letter_of).rfind(|state| state.id == letter).expect("the letter");
    assert!(last.scans[0].stored);
    let read = reader.send(Method::GET, &path::letter_scan(letter, scan_id), Vec::new()).await;
    assert!(read.bytes().await.expect("bytes") == document, "byte for byte");

    // One that starts while the other serves takes part at once.
    let third = Process::start(&office, &office.scans);
    desk.address.clone_from(&third.desks);
    desk.register();
    desk.push_all().await;
    drop((second, third));
    office.start_again().await.expect("central serves");
    assert_eq!(office.letters().await.len(), 3, "each letter once");
}
