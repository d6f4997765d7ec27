//! The desk's database: its key, its lock, its damage, a full disk, a kill at any moment.

use desk::{DeskError, intake, keys::KeyStore, lock::DirLock, startup::open_desk};
use domain::ErrorCode;
use kit::test_desk::TestDesk;

async fn opening(office: &TestDesk) -> Result<(), ErrorCode> {
    let lock = DirLock::take(&office.parts().paths.data).map_err(|error| error.code())?;
    match open_desk(office.parts().clone(), &lock).await {
        Ok(desk) => {
            desk.close().await;
            Ok(())
        }
        Err(error) => Err(error.code()),
    }
}

/// A desk that has registered a letter and was closed.
async fn used() -> TestDesk {
    let mut office = TestDesk::new().await;
    office.register("Łozińska", "Wniosek").await;
    office.end().await;
    office
}

#[tokio::test]
async fn a_second_program_is_refused_while_the_first_lives() {
    let mut office = TestDesk::new().await;
    assert_eq!(opening(&office).await, Err(ErrorCode::AlreadyRunning));
    office.end().await;
    assert_eq!(opening(&office).await, Ok(()));
}

#[tokio::test]
async fn nothing_legible_stands_in_the_files() {
    let office = used().await;
    for entry in std::fs::read_dir(&office.parts().paths.data).expect("the data directory") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a readable file");
        for word in ["Łozińska", "ozińska", "lozinska", "Wniosek", "SQLite format 3"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} stands in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_missing_key_a_wrong_key_and_a_damaged_file_are_told_apart() {
    let office = used().await;
    let KeyStore::File(key) = office.parts().keys.clone() else { panic!("a key file") };
    let right = std::fs::read(&key).expect("the key");

    std::fs::remove_file(&key).expect("removed");
    assert_eq!(opening(&office).await, Err(ErrorCode::KeyMissing));
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").expect("written");
    assert_eq!(opening(&office).await, Err(ErrorCode::KeyWrong));

    std::fs::write(&key, right).expect("written");
    assert_eq!(opening(&office).await, Ok(()));
    let mut bytes = std::fs::read(office.database()).expect("the database");
    bytes[..4096].fill(0x5a);
    std::fs::write(office.database(), bytes).expect("damaged");
    assert_eq!(opening(&office).await, Err(ErrorCode::DatabaseDamaged));
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let mut office = TestDesk::new().await;
    {
        let mut tx = office.desk.begin().await.expect("a transaction");
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
        )
        .execute(&mut *tx)
        .await
        .expect("a later migration");
        tx.commit().await.expect("committed");
    }
    office.end().await;
    let before = std::fs::read(office.database()).expect("the database");
    assert_eq!(opening(&office).await, Err(ErrorCode::DatabaseNewer));
    assert_eq!(std::fs::read(office.database()).expect("the database"), before);
}

/// A desk as the version before the newest migration left it, with one letter.
async fn of_the_version_before() -> TestDesk {
    let mut office = TestDesk::new().await;
    office.register("Łozińska", "Wniosek").await;
    {
        let mut tx = office.desk.begin().await.expect("a transaction");
        for statement in
            ["ALTER TABLE desk_state DROP COLUMN centrals_word", "DELETE FROM _sqlx_migrations WHERE version = 7"]
        {
            sqlx::query(statement).execute(&mut *tx).await.expect(statement);
        }
        tx.commit().await.expect("committed");
    }
    office.end().await;
    office
}

#[tokio::test]
async fn before_an_upgrade_a_copy_is_kept_that_opens_with_the_same_key_and_holds_the_letters() {
    let office = of_the_version_before().await;
    let copy = office.database().with_extension("before-upgrade.db");
    assert_eq!(opening(&office).await, Ok(()));
    let kept = std::fs::read(&copy).expect("the copy");
    assert!(!kept.starts_with(b"SQLite format 3"), "the copy is encrypted");

    // The upgrade is taken back: the copy takes the database's place.
    std::fs::rename(&copy, office.database()).expect("renamed");
    for rest in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(office.database().with_extension(rest));
    }
    let office = office.restart().await;
    assert!(copy.is_file(), "the copy was of the older version: it is upgraded again");
    let next = office.register("Nowak", "Skarga").await;
    assert_eq!(next.number, "RPW/2/2026");
}

#[tokio::test]
async fn without_a_copy_nothing_is_upgraded() {
    let office = of_the_version_before().await;
    let copy = office.database().with_extension("before-upgrade.db");
    std::fs::create_dir(&copy).expect("something stands in the way");
    let before = std::fs::read(office.database()).expect("the database");
    opening(&office).await.expect_err("refused");
    assert_eq!(std::fs::read(office.database()).expect("the database"), before);
    std::fs::remove_dir(&copy).expect("out of the way");
    assert_eq!(opening(&office).await, Ok(()));
}

#[tokio::test]
async fn a_restored_older_database_takes_no_number_before_the_highest_label_is_named() {
    let mut office = TestDesk::new().await;
    office.register("Łozińska", "Wniosek").await;
    desk::registers::write_mark(&office.desk).await.expect("the mark");
    office.end().await;
    let older = std::fs::read(office.database()).expect("the database");
    let mut office = office.restart().await;
    office.register("Nowak", "Skarga").await;
    office.register("Maj", "Odwołanie").await;
    desk::registers::write_mark(&office.desk).await.expect("the mark");
    office.end().await;
    std::fs::write(office.database(), older).expect("restored");

    let office = office.restart().await;
    let view = intake::open(&office.desk).await.expect("open");
    assert_eq!(view.numbers_locked.and_then(|locked| locked.last_number).as_deref(), Some("RPW/1/2026"));
    let draft = office.draft("Wójcik", "Podanie").await;
    let refused = intake::register_letter(&office.desk, draft.clone()).await.map_err(|error| error.code());
    assert_eq!(refused.map(|_| ()), Err(ErrorCode::NumbersLocked));

    intake::name_highest_label(&office.desk, "RPW/9/2025").await.expect_err("another year");
    intake::name_highest_label(&office.desk, "3").await.expect("named");
    let letter = intake::register_letter(&office.desk, draft).await.expect("registered");
    assert_eq!(letter.number, "RPW/4/2026");
}

#[tokio::test]
async fn a_copy_from_before_new_year_frees_no_number_of_the_new_year_that_the_mark_knows() {
    let mut office = TestDesk::new().await;
    office.register("Łozińska", "Wniosek").await;
    desk::registers::write_mark(&office.desk).await.expect("the mark");
    office.end().await;
    let older = std::fs::read(office.database()).expect("the database");
    let mut office = office.restart().await;
    let new_year = async |office: &TestDesk| {
        office.clock.set("2027-01-04T08:00:00Z");
        intake::confirm_day(&office.desk, "2027-01-04").await.expect("confirmed");
    };
    new_year(&office).await;
    assert_eq!(office.register("Nowak", "Skarga").await.number, "RPW/1/2027");
    desk::registers::write_mark(&office.desk).await.expect("the mark");
    office.end().await;
    std::fs::write(office.database(), older).expect("restored");

    // The clerk looks for the labels of the day that the copy knows.
    let office = office.restart().await;
    intake::name_highest_label(&office.desk, "1").await.expect("named");
    new_year(&office).await;
    assert_eq!(office.register("Nowak", "Skarga").await.number, "RPW/2/2027");
}

#[tokio::test]
async fn a_full_disk_gives_a_clear_error_and_no_number() {
    let Some(disk) = kit::small_disk::SmallDisk::mount(6) else {
        eprintln!("notice: this machine lets nobody mount a small disk; the full-disk test is skipped");
        return;
    };
    let office = TestDesk::on(disk.path()).await;
    office.register("Łozińska", "Wniosek").await;
    disk.fill();
    let draft = office.draft_with_remarks("Nowak", &"x".repeat(1000)).await;
    let mut refused = None;
    // The WAL may still hold room for a letter or two.
    for _ in 0..50 {
        let draft = domain::letter::LetterDraft { id: domain::ids::LetterId(office.desk.new_uuid()), ..draft.clone() };
        if let Err(error) = intake::register_letter(&office.desk, draft.clone()).await {
            refused = Some((error.code(), draft));
            break;
        }
    }
    let (code, draft) = refused.expect("the disk is full");
    assert_eq!(code, ErrorCode::DiskFull);
    let last = last_number(&office).await;
    disk.empty();
    let letter = intake::register_letter(&office.desk, draft).await.expect("registered after room was made");
    assert_eq!(letter.number, format!("RPW/{}/2026", last + 1));
}

async fn last_number(office: &TestDesk) -> u64 {
    desk::letters::register_page(&office.desk, desk::letters::view::RegisterQuery::default())
        .await
        .expect("a page")
        .total
}

#[tokio::test]
async fn an_expected_refusal_is_no_store_error() {
    let office = TestDesk::new().await;
    let missing = desk::letters::letter(&office.desk, domain::ids::LetterId(office.desk.new_uuid())).await;
    assert!(matches!(missing, Err(DeskError::Refused(ErrorCode::NotFound))));
}
