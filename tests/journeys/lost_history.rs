//! One side has lost part of its history: central restored from a backup, the desk restored from an older copy.

use std::path::Path;

use desk::{DeskError, intake, sync::Outcome};
use domain::{ErrorCode, stage::Stage};
use sqlx::{Connection, PgConnection};

use crate::office::Office;

/// Runs statements that no connection to central's database may stand in the way of.
async fn administrate(office: &mut Office, statements: &[&'static str]) {
    office.central.stop().await;
    let (server, _) = office.central.database_url.rsplit_once('/').expect("an address with a database");
    let mut admin = PgConnection::connect(&format!("{server}/template1")).await.expect("PostgreSQL");
    for statement in statements {
        sqlx::query(*statement).execute(&mut admin).await.expect("an administrator's statement");
    }
    admin.close().await.expect("closed");
    office.central.start_again().await.expect("central goes on");
}

#[tokio::test]
async fn a_central_that_lost_everything_gets_everything_again() {
    let mut office = Office::open().await;
    for n in 0..3 {
        office.desk.register("Nowak", &format!("Pismo {n}")).await;
    }
    office.round().await;
    let before = office.central.letters().await;

    administrate(&mut office, &["DROP DATABASE postgres WITH (FORCE)", "CREATE DATABASE postgres"]).await;
    office.desk.register("Nowak", "Pismo 3").await;
    assert_eq!(office.round().await, Outcome::Quiet);
    let after = office.central.letters().await;
    assert_eq!(after.len(), 4);
    assert!(before.iter().all(|letter| after.contains(letter)));
    office.all_is_quiet().await;
}

#[tokio::test]
async fn a_central_restored_from_a_backup_gets_what_it_lacks() {
    let mut office = Office::open().await;
    let first = office.desk.register("Nowak", "Pierwsze").await;
    office.round().await;
    office.central.set_stage(first.id, Stage::InProgress, None).await;
    office.round().await;

    administrate(&mut office, &["CREATE DATABASE backup TEMPLATE postgres"]).await;
    let second = office.desk.register("Nowak", "Drugie").await;
    office.round().await;
    office.central.set_stage(first.id, Stage::Closed, None).await;
    office.round().await;
    assert_eq!(office.letter(first.id).await.stage, Stage::Closed);

    let restore = ["DROP DATABASE postgres WITH (FORCE)", "ALTER DATABASE backup RENAME TO postgres"];
    administrate(&mut office, &restore).await;
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.central.letters().await.len(), 2);
    assert!(office.letter(second.id).await.synced);
    // What only central knew is as in the backup: its own record is gone with it.
    assert_eq!(office.letter(first.id).await.stage, Stage::InProgress);
    office.all_is_quiet().await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the data directory") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("its type").is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
    }
}

async fn refused(office: &Office) -> ErrorCode {
    let draft = office.desk.draft("Nowak", "Skarga").await;
    match intake::register_letter(&office.desk.desk, draft).await {
        Err(DeskError::Refused(code)) => code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn a_desk_restored_from_an_older_copy_takes_no_number_but_goes_on_reading() {
    let mut office = Office::open().await;
    let first = office.desk.register("Nowak", "Pierwsze").await;
    office.round().await;
    office.desk.end().await;
    let (data, copied) = (office.desk.parts().paths.data.clone(), office.desk.folder().join("copy"));
    copy(&data, &copied);
    let mut office = office.restart_desk().await;
    office.desk.register("Nowak", "Drugie").await;
    office.round().await;

    office.desk.end().await;
    std::fs::remove_dir_all(&data).expect("the disk is gone");
    copy(&copied, &data);
    // The mark is lost with the disk: only central knows better.
    let _ = std::fs::remove_dir_all(&office.desk.parts().paths.mark);
    let mut office = office.restart_desk().await;
    office.central.set_stage(first.id, Stage::Closed, None).await;
    for _ in 0..2 {
        assert_eq!(office.round().await, Outcome::Held(ErrorCode::CentralRefused));
        assert_eq!(refused(&office).await, ErrorCode::NumbersLocked);
    }
    assert_eq!(office.letter(first.id).await.stage, Stage::Closed);
    assert_eq!(office.central.letters().await.len(), 2);
}

#[tokio::test]
async fn centrals_word_frees_the_numbers_of_a_desk_that_lost_only_its_mark() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Pierwsze").await;
    office.round().await;
    office.desk.end().await;
    let _ = std::fs::remove_dir_all(&office.desk.parts().paths.mark);
    let mut office = office.restart_desk().await;
    assert_eq!(refused(&office).await, ErrorCode::NumbersLocked);

    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.desk.register("Nowak", "Drugie").await.number, "RPW/2/2026");
}

#[tokio::test]
async fn centrals_word_does_not_free_numbers_that_the_mark_knows_to_be_on_paper() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Pierwsze").await;
    office.round().await;
    office.desk.end().await;
    let (data, copied) = (office.desk.parts().paths.data.clone(), office.desk.folder().join("copy"));
    copy(&data, &copied);
    let mut office = office.restart_desk().await;
    // Registered and marked as printed while central was away; then the database is set back.
    office.proxy.down().await;
    office.desk.register("Nowak", "Drugie").await;
    desk::registers::write_mark(&office.desk.desk).await.expect("the mark");
    office.desk.end().await;
    std::fs::remove_dir_all(&data).expect("the disk is gone");
    copy(&copied, &data);

    let mut office = office.restart_desk().await;
    office.proxy.up().await;
    assert_eq!(office.round().await, Outcome::Quiet, "central knows of nothing wrong");
    assert_eq!(refused(&office).await, ErrorCode::NumbersLocked);
}
