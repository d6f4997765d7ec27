//! Backups of central: made and proved while it serves, opened by another program, brought back; and afterwards, when all is
//! quiet, the office stands as if nothing had been restored.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use central::{
    accounts::{self, NewClerk},
    admin_log::AdminLogError,
    backup::{self, BackupError, RecoveryKey},
    directory,
};
use desk::sync::{Conversation, Outcome};
use domain::{
    rights::{RecordKind, Role},
    stage::Stage,
};
use kit::test_desk::TestDesk;
use tempfile::TempDir;

use wire::v1::Bounds;

use crate::office::{Office, pace};

struct Safe {
    folder: TempDir,
    public: RecoveryKey,
}

impl Safe {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let public = backup::new_key(&folder.path().join("key.txt")).expect("a key").parse().expect("a public key");
        Self { folder, public }
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("key.txt")
    }

    async fn back_up(&self, office: &Office) -> PathBuf {
        let into = self.folder.path().join("backups");
        let report = backup::make(office.central.backup(&into, self.public.clone())).await.expect("a backup");
        assert!(report.rows > 0);
        report.file
    }
}

async fn clerk(office: &Office, login: &str) {
    let new = NewClerk {
        login,
        given_name: "Zofia",
        surname: "Maj",
        password: "zielona brama 7".to_owned(),
        roles: &[Role::Reception],
    };
    accounts::add(&office.central.administrator(), new).await.expect("an account");
}

async fn bring_back(office: &mut Office, file: &Path, safe: &Safe) -> backup::Report {
    office.central.stop().await;
    let report = backup::restore(office.central.restore(file, &safe.key_file())).await.expect("brought back");
    office.central.start_again().await.expect("central serves");
    report
}

#[tokio::test]
async fn after_a_restore_and_a_while_nothing_is_missing() {
    let (mut office, safe) = (Office::open().await, Safe::new());
    let first = office.desk.register("Nowak", "Przed kopią").await;
    office.round().await;
    let file = safe.back_up(&office).await;

    // All this happens after the backup and is acknowledged.
    office.desk.register("Kowal", "Po kopii").await;
    office.desk.register("Lis", "Po kopii, drugie").await;
    desk::letters::set_stage(
        &office.desk.desk,
        desk::letters::view::StageDraft {
            letter_id: first.id,
            stage: Stage::InProgress,
            unit: "Sekretariat".to_owned(),
        },
    )
    .await
    .expect("a stage");
    assert_eq!(office.round().await, Outcome::Quiet);
    let letters = office.central.letters().await;
    assert_eq!(letters.len(), 3);

    bring_back(&mut office, &file, &safe).await;
    assert_eq!(office.central.letters().await.len(), 1, "an earlier central");

    office.fresh_worker();
    for _ in 0..3 {
        office.round().await;
    }
    office.all_is_quiet().await;
    assert_eq!(office.central.letters().await, letters, "as if nothing had happened");
}

#[tokio::test]
async fn a_central_restored_behind_its_back_does_again_what_the_log_holds_and_serves_nobody_without_it() {
    let (mut office, safe) = (Office::open().await, Safe::new());
    let file = safe.back_up(&office).await;
    clerk(&office, "z.maj").await;
    accounts::grant(&office.central.administrator(), "z.maj", Role::Secretary).await.expect("granted");
    office.central.make_units().await;
    let by = office.central.administrator();
    directory::join(&by, "FN", "z.maj", true).await.expect("a head");
    let days = (jiff::civil::date(2026, 11, 23), jiff::civil::date(2026, 11, 27));
    directory::add_absence(&by, "z.maj", days, None).await.expect("away");
    let clerks = accounts::list(office.central.pool()).await.expect("clerks");
    let units = directory::list(office.central.pool()).await.expect("units");
    let away = directory::absences(office.central.pool()).await.expect("absences");
    let log = office.central.log_file().path().to_owned();
    let kept = std::fs::read(&log).expect("the log");
    assert_eq!(bring_back(&mut office, &file, &safe).await.done_again, 5, "account, role, units, head, absence");
    assert_eq!(accounts::list(office.central.pool()).await.expect("clerks"), clerks);
    assert_eq!(directory::list(office.central.pool()).await.expect("units"), units);
    assert_eq!(directory::absences(office.central.pool()).await.expect("absences"), away);

    // Restored by somebody who knows nothing of the log.
    office.central.stop().await;
    let restore = backup::Restore { admin_log: None, ..office.central.restore(&file, &safe.key_file()) };
    backup::restore(restore).await.expect("brought back");
    office.central.start_again().await.expect("central serves");
    assert_eq!(accounts::list(office.central.pool()).await.expect("clerks"), clerks, "before anybody is served");

    // The other way round: a log that lacks what the database has.
    office.central.stop().await;
    std::fs::remove_file(&log).expect("removed");
    let refused = office.central.start_again().await.expect_err("nobody is served");
    assert!(format!("{refused:?}").contains("Lacks(5)"), "{refused:?}");
    std::fs::write(&log, kept).expect("put back");
    office.central.start_again().await.expect("central serves");
}

#[tokio::test]
async fn a_desk_that_joined_after_the_backup_is_known_again() {
    let (mut office, safe) = (Office::enrolled("K1").await, Safe::new());
    assert_eq!(office.round().await, Outcome::Quiet);
    let file = safe.back_up(&office).await;
    let second = TestDesk::with_seed(2).await;
    let bounds =
        Bounds { scope: [RecordKind::Letters].into_iter().collect(), ceiling: [Role::Reception].into_iter().collect() };
    second.join(&office.central.invite_within("K2", bounds.clone()).await).await.expect("let in");
    let mut sync = Conversation::new(second.desk.clone(), pace());
    let letter = second.register("Nowak", "Po kopii").await;
    assert_eq!((sync.round().await, letter.number.as_str()), (Outcome::Quiet, "RPW/K2/1/2026"));
    let (desks, letters) = (central::desks::list(office.central.pool()).await, office.central.letters().await);

    let done_again = bring_back(&mut office, &file, &safe).await.done_again;
    assert_eq!(done_again, 2, "the desk and its symbol");
    for _ in 0..3 {
        sync.round().await;
    }
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert_eq!(office.central.letters().await, letters);
    let known = central::desks::list(office.central.pool()).await.expect("desks");
    let bounded = |desks: &[central::desks::ListedDesk]| {
        desks.iter().map(|desk| (desk.id, desk.enrolled_at, desk.bounds.clone())).collect::<Vec<_>>()
    };
    assert_eq!(bounded(&known), bounded(&desks.expect("desks")));
    assert_eq!(known[1].bounds, bounds);
}

#[tokio::test]
async fn no_deed_is_done_that_cannot_be_written_down() {
    let office = Office::open().await;
    clerk(&office, "z.maj").await;
    let log = office.central.log_file().path().to_owned();
    let whole = std::fs::read_to_string(&log).expect("the log");
    std::fs::write(&log, whole.replace("\"n\":1", "\"n\":2")).expect("damaged");
    let refused = accounts::deactivate(&office.central.administrator(), "z.maj").await.expect_err("refused");
    assert!(matches!(refused, accounts::AccountError::Log(AdminLogError::Damaged(1))), "{refused:?}");
    assert!(accounts::list(office.central.pool()).await.expect("clerks")[0].active);

    std::fs::write(&log, &whole).expect("mended");
    accounts::deactivate(&office.central.administrator(), "z.maj").await.expect("done");
    assert!(!whole.contains("zielona brama"), "no password, only its hash");
}

#[tokio::test]
async fn another_program_opens_a_backup_and_a_wrong_key_a_changed_byte_and_another_office_are_refused() {
    let (mut office, safe) = (Office::open().await, Safe::new());
    office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    let file = safe.back_up(&office).await;

    // age and tar, which we did not write.
    let plain = safe.folder.path().join("plain.tar");
    let mut age = Command::new("age");
    age.arg("--decrypt").arg("-i").arg(safe.key_file()).arg("-o").arg(&plain).arg(&file);
    assert!(age.status().expect("age").success(), "age opens it");
    let listed = Command::new("tar").arg("-tf").arg(&plain).output().expect("tar");
    let names = String::from_utf8(listed.stdout).expect("names");
    assert!(names.starts_with("manifest.json\ndatabase.dump\n"), "{names}");

    office.central.stop().await;
    let other = Safe::new();
    let refused = backup::restore(office.central.restore(&file, &other.key_file())).await.expect_err("another key");
    assert!(matches!(refused, BackupError::WrongKey), "{refused:?}");

    let mut bytes = std::fs::read(&file).expect("the backup");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let broken = safe.folder.path().join("broken.age");
    std::fs::write(&broken, &bytes).expect("written");
    let refused = backup::restore(office.central.restore(&broken, &safe.key_file())).await.expect_err("changed");
    assert!(matches!(refused, BackupError::Damaged(_)), "{refused:?}");

    let stranger = backup::Restore {
        office: "1465011".to_owned().try_into().expect("teryt"),
        ..office.central.restore(&file, &safe.key_file())
    };
    let refused = backup::restore(stranger).await.expect_err("another office");
    assert!(matches!(refused, BackupError::OtherOffice(_)), "{refused:?}");
    office.central.start_again().await.expect("central serves");
    let refused = backup::restore(office.central.restore(&file, &safe.key_file())).await.expect_err("it is served");
    assert!(matches!(refused, BackupError::WorkedOn), "{refused:?}");
    let careful = backup::Restore { replace: false, ..office.central.restore(&file, &safe.key_file()) };
    let refused = backup::restore(careful).await.expect_err("the office is there");
    assert!(matches!(refused, BackupError::OfficeIsThere), "{refused:?}");
    assert_eq!(office.central.letters().await.len(), 1, "nothing was touched");

    let report = bring_back(&mut office, &file, &safe).await;
    assert_eq!((report.scans, office.central.letters().await.len()), (0, 1));
}
