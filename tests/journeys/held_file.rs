//! A desk that may not send any more, or cannot: what central has not got goes there in a file, by the real command.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use desk::{DeskError, held_file};
use domain::{ErrorCode, ids::LetterId};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    window::built,
};
use serde_json::Value;

use crate::{office::Office, scan_reaches_central::scan_for};

fn central(office: &CentralOffice, arguments: &[&str]) -> Output {
    Command::new(built("central"))
        .args(arguments)
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .output()
        .expect("central runs")
}

fn import(office: &CentralOffice, file: &Path) -> Output {
    let (file, scans) = (file.to_string_lossy(), office.scans.to_string_lossy());
    central(office, &["import-held", &file, "--scans", &scans, "--json"])
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", words(output));
    serde_json::from_slice(&output.stdout).expect("json")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn held(office: &Office) -> u64 {
    central::desks::list(office.central.pool()).await.expect("desks")[0].held
}

/// An office whose desk is revoked while it is cut off, with a letter and its scan that central has not got.
struct CutOff {
    office: Office,
    letter: LetterId,
    file: PathBuf,
}

impl CutOff {
    async fn open() -> Self {
        let mut office = Office::open().await;
        office.desk.register("Nowak", "Pierwsze").await;
        office.round().await;
        office.proxy.down().await;
        let registered = office.desk.register("Łozińska", "Niewysłane").await;
        scan_for(&office, &registered.number).await;
        let file = office.desk.folder().join("centrala.okienko");
        Self { office, letter: registered.id, file }
    }

    async fn revoke(&self) {
        let id = self.office.desk.desk.device();
        let administrator = self.office.central.administrator();
        assert!(central::desks::revoke(&administrator, id).await.expect("revoked"));
    }

    async fn save(&self) -> Result<held_file::view::HeldFileView, DeskError> {
        held_file::save(&self.office.desk.desk, &self.file).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_revoked_desk_wrote_into_a_file_is_held_and_settled_and_its_scans_follow() {
    let desk = CutOff::open().await;
    desk.revoke().await;
    let written = desk.save().await.expect("written");
    assert_eq!((written.operations, written.scans, written.left_out), (2, 1, 0), "a letter and its scan");
    let bytes = std::fs::read(&desk.file).expect("the file");
    for plain in ["Niewysłane", "Łozińska", "manifest", "%PDF"] {
        assert!(!bytes.windows(plain.len()).any(|window| window == plain.as_bytes()), "{plain} is readable");
    }
    let beside = std::fs::read_dir(desk.office.desk.folder()).expect("the folder");
    assert!(!beside.flatten().any(|entry| entry.path().extension().is_some_and(|end| end == "part")));

    let told = json(&import(&desk.office.central, &desk.file));
    assert_eq!((&told["held"], &told["known"]), (&2.into(), &0.into()), "{told}");
    assert_eq!(told["scans"], serde_json::json!({ "stored": 0, "known": 0, "waiting": 1 }));
    assert_eq!(held(&desk.office).await, 2);
    assert_eq!(desk.office.central.letters().await.len(), 1, "held and not applied");
    let again = json(&import(&desk.office.central, &desk.file));
    assert_eq!((&again["held"], &again["known"]), (&0.into(), &2.into()), "the same file is harmless");
    assert_eq!(held(&desk.office).await, 2);

    let (id, letter) = (desk.office.desk.desk.device().to_string(), desk.letter.to_string());
    let list = json(&central(&desk.office.central, &["fork", "list", "--json"]));
    assert_eq!((&list[0]["letter"], &list[0]["kind"]), (&letter.as_str().into(), &"letter_registered".into()));
    let accept = ["fork", "accept", &id, &letter, "--by", "Jan Kowalik", "--why", "etykieta jest na piśmie", "--json"];
    json(&central(&desk.office.central, &accept));
    let at_central = desk.office.central.letter(&letter).await.expect("the letter");
    assert_eq!((at_central.facts.title.as_str(), at_central.scans[0].stored), ("Niewysłane", false));

    let told = json(&import(&desk.office.central, &desk.file));
    assert_eq!(told["scans"], serde_json::json!({ "stored": 1, "known": 0, "waiting": 0 }), "the letter is settled");
    let at_central = desk.office.central.letter(&letter).await.expect("the letter");
    assert!(at_central.scans[0].stored);
    let scan = at_central.scans[0].scan_id;
    let stored = std::fs::read(desk.office.central.scans.join(format!("documents/{scan}.pdf"))).expect("the document");
    let own = desk::scanning::document(&desk.office.desk.desk, desk.letter, scan).await.expect("the desk's own");
    assert_eq!(stored, own);
    let told = json(&import(&desk.office.central, &desk.file));
    assert_eq!(told["scans"], serde_json::json!({ "stored": 0, "known": 1, "waiting": 0 }));

    let plain = central(
        &desk.office.central,
        &["import-held", &desk.file.to_string_lossy(), "--scans", &desk.office.central.scans.to_string_lossy()],
    );
    assert!(String::from_utf8_lossy(&plain.stdout).contains("0 operations held, 2 known"), "{}", words(&plain));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_file_that_is_not_whole_or_not_of_this_desk_and_office_nothing_is_taken() {
    let desk = CutOff::open().await;
    desk.save().await.expect("written");
    let counts = import(&desk.office.central, &desk.file);
    assert_eq!(counts.status.code(), Some(1));
    assert!(words(&counts).contains("counts and sends by itself"), "{}", words(&counts));
    desk.revoke().await;

    let whole = std::fs::read(&desk.file).expect("the file");
    let broken = desk.office.desk.folder().join("broken");
    let places = (0..12).map(|step| step * (whole.len() - 1) / 11);
    for place in places {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        std::fs::write(&broken, changed).expect("written");
        let refused = import(&desk.office.central, &broken);
        assert_eq!(refused.status.code(), Some(1), "byte {place} was changed: {}", words(&refused));
    }
    for length in [0, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&broken, &whole[..length]).expect("written");
        let refused = import(&desk.office.central, &broken);
        assert_eq!(refused.status.code(), Some(1), "cut to {length}: {}", words(&refused));
    }
    assert_eq!(held(&desk.office).await, 0);

    // The desk's key is another one at central: whoever wrote the file, it was not that desk.
    let pool = desk.office.central.pool();
    let known: Vec<u8> = sqlx::query_scalar("SELECT public_key FROM device").fetch_one(pool).await.expect("the key");
    let set_key = "UPDATE device SET public_key = $1";
    sqlx::query(set_key).bind(vec![7_u8; 32]).execute(pool).await.expect("another key");
    let refused = import(&desk.office.central, &desk.file);
    assert_eq!(refused.status.code(), Some(1));
    assert!(words(&refused).contains("is not signed by the key of desk"), "{}", words(&refused));
    sqlx::query(set_key).bind(known).execute(pool).await.expect("its key");

    // Another office cannot open it, and would not take it if it could; the same office without this desk neither.
    let key: String = sqlx::query_scalar("SELECT secret FROM file_key").fetch_one(pool).await.expect("a key");
    let same = CentralOffice::start_on(desk.office.central.cluster(), "same", CentralSetup::default()).await;
    let teryt = "1465011".to_owned().try_into().expect("a code");
    let setup = CentralSetup { teryt, office_name: "Urząd Gminy Dąbrowa".to_owned(), ..CentralSetup::default() };
    let other = CentralOffice::start_on(desk.office.central.cluster(), "other", setup).await;
    for (office, code, why) in [(same, 3, "no desk"), (other, 1, "is of office 2404082")] {
        let office = office.expect("another central");
        let refused = import(&office, &desk.file);
        assert_eq!(refused.status.code(), Some(1));
        assert!(words(&refused).contains("key does not open the file"), "{}", words(&refused));
        sqlx::query("UPDATE file_key SET secret = $1").bind(&key).execute(office.pool()).await.expect("our key");
        let refused = import(&office, &desk.file);
        assert_eq!(refused.status.code(), Some(code), "{}", words(&refused));
        assert!(words(&refused).contains(why), "{}", words(&refused));
    }
    assert_eq!(held(&desk.office).await, 0);
    assert_eq!(json(&import(&desk.office.central, &desk.file))["held"], 2, "the file itself is well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_holds_what_central_may_lack_and_nothing_is_written_without_need_or_key() {
    let mut office = Office::open().await;
    let file = office.desk.folder().join("centrala.okienko");
    office.desk.register("Nowak", "Pierwsze").await;
    let desk = office.desk.desk.clone();
    let refused = held_file::save(&desk, &file).await.expect_err("central never spoke");
    assert_eq!(refused.code(), ErrorCode::FileKeyUnknown);
    office.round().await;
    let refused = held_file::save(&desk, &file).await.expect_err("central has it");
    assert_eq!(refused.code(), ErrorCode::NothingToHandOver);

    // Sent and acknowledged, but what is held does not come back by a pull: a central put back to a backup may lack it.
    let administrator = office.central.administrator();
    assert!(central::desks::revoke(&administrator, desk.device()).await.expect("revoked"));
    let registered = office.desk.register("Maj", "Drugie").await;
    scan_for(&office, &registered.number).await;
    office.fresh_worker();
    office.round().await;
    assert_eq!(held(&office).await, 2);
    assert_eq!(held_file::save(&desk, &file).await.expect("written").operations, 2);
    let told = json(&import(&office.central, &file));
    assert_eq!((&told["held"], &told["known"]), (&0.into(), &2.into()));

    // A document that cannot be read here stops nothing else.
    let documents = office.desk.parts().paths.data.join("files/documents");
    let document = std::fs::read_dir(documents).expect("documents").flatten().next().expect("one").path();
    std::fs::write(document, b"damaged").expect("damaged");
    let written = held_file::save(&desk, &file).await.expect("written");
    assert_eq!((written.operations, written.scans, written.left_out), (2, 0, 1));
    json(&import(&office.central, &file));
    let nowhere = office.desk.folder().join("no such folder").join("file");
    assert_eq!(held_file::save(&desk, &nowhere).await.expect_err("no folder").code(), ErrorCode::DiskFault);
    desk::session::lock(&desk).await.expect("locked");
    assert_eq!(held_file::save(&desk, &file).await.expect_err("locked").code(), ErrorCode::NotSignedIn);
}
