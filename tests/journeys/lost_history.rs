//! One side has lost part of its history: central restored from a backup, the desk restored from an older copy.

use std::path::Path;

use desk::{
    DeskError,
    intake::{self, view::WhyLocked},
    letters::view::StageDraft,
    sync::{Conversation, Outcome},
};
use domain::{ErrorCode, ids::LetterId, stage::Stage};
use kit::test_desk::TestDesk;
use sqlx::{Connection, PgConnection};
use wire::v1::Standing;

use crate::{office::Office, scan_reaches_central::scan_for};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_central_restored_from_before_an_upload_gets_the_scan_again() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Nowak", "Wniosek").await;
    office.round().await;
    administrate(&mut office, &["CREATE DATABASE backup TEMPLATE postgres"]).await;
    scan_for(&office, &registered.number).await;
    office.round().await;
    let stored =
        |letters: &[wire::v1::LetterState]| letters[0].scans.iter().map(|scan| scan.stored).collect::<Vec<_>>();
    assert_eq!(stored(&office.central.letters().await), [true]);

    let restore = ["DROP DATABASE postgres WITH (FORCE)", "ALTER DATABASE backup RENAME TO postgres"];
    administrate(&mut office, &restore).await;
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(stored(&office.central.letters().await), [true]);
    office.round().await;
    office.all_is_quiet().await;
}

pub(crate) fn copy(from: &Path, to: &Path) {
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
        assert_eq!(office.round().await, Outcome::Held(ErrorCode::DeskBehind));
        assert_eq!(refused(&office).await, ErrorCode::NumbersLocked);
    }
    let locked = intake::open(&office.desk.desk).await.expect("the form").numbers_locked.expect("locked");
    assert_eq!(locked.why, WhyLocked::Older);
    let named =
        intake::name_highest_label(&office.desk.desk, "2").await.expect_err("the next letter would fork the log");
    assert_eq!(named.code(), ErrorCode::NumbersLocked);
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

/// A desk whose disk was copied to a second machine: both run with one identity and one log.
#[tokio::test]
async fn two_machines_under_one_identity_lose_no_letter_and_both_stop_taking_numbers() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Wspólne").await;
    office.round().await;
    office.desk.end().await;
    let copied = office.desk.folder().join("clone");
    copy(&office.desk.parts().paths.data, &copied.join("data"));
    copy(&office.desk.parts().paths.mark, &copied.join("mark"));
    std::fs::copy(office.desk.folder().join("key"), copied.join("key")).expect("the key is copied, too");
    let mut office = office.restart_desk().await;
    let clone = TestDesk::reopened(&copied).await;
    let mut clone_sync = Conversation::new(clone.desk.clone(), crate::office::pace());

    // Both give number 2 before either speaks with central.
    let own = office.desk.register("Kowal", "Z pierwszej maszyny").await;
    let twin = clone.register("Maj", "Z drugiej maszyny").await;
    assert_eq!((own.number.as_str(), twin.number.as_str()), ("RPW/2/2026", "RPW/2/2026"));
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(clone_sync.round().await, Outcome::Held(ErrorCode::DeskForked), "noticed at first contact");
    assert_eq!(office.round().await, Outcome::Quiet, "nothing to send, nothing new to hear");
    office.fresh_worker();
    assert_eq!(office.round().await, Outcome::Held(ErrorCode::DeskForked), "the first machine hears of it, too");

    for desk in [&office.desk, &clone] {
        let draft = desk.draft("Lis", "Następne").await;
        let refused = intake::register_letter(&desk.desk, draft).await.expect_err("no more numbers");
        assert_eq!(refused.code(), ErrorCode::NumbersLocked);
        let named = intake::name_highest_label(&desk.desk, "5").await.expect_err("no label helps");
        assert_eq!(named.code(), ErrorCode::NumbersLocked);
        let locked = intake::open(&desk.desk).await.expect("the form").numbers_locked.expect("locked");
        assert_eq!(locked.why, WhyLocked::Forked);
    }

    // Reading and sending go on; what comes from either is held and not applied.
    desk::letters::set_stage(&office.desk.desk, stage_of(own.id)).await.expect("a stage");
    assert_eq!(office.round().await, Outcome::Held(ErrorCode::DeskForked));
    let desks = central::desks::list(office.central.pool()).await.expect("desks");
    assert_eq!(
        (desks.len(), desks[0].standing, desks[0].operations, desks[0].held),
        (1, Standing::Forked, 4, 3),
        "two sign-ins count as well"
    );
    let letters = office.central.letters().await;
    assert_eq!(letters.len(), 2, "the clone's letter is held");
    assert!(letters.iter().all(|letter| letter.stage == Stage::Registered));
    let held: Vec<String> =
        sqlx::query_scalar("SELECT convert_from(body, 'UTF8') FROM held_operation ORDER BY received_at")
            .fetch_all(office.central.pool())
            .await
            .expect("the hold");
    assert!(held[0].contains("Z drugiej maszyny"), "no letter of either branch is lost");
}

#[tokio::test]
async fn a_revoked_desk_stops_at_its_next_contact_and_its_unsent_work_goes_to_the_hold() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Pierwsze").await;
    office.round().await;
    office.proxy.down().await;
    office.desk.register("Nowak", "Niewysłane").await;
    let id = central::desks::list(office.central.pool()).await.expect("desks")[0].id;
    assert!(central::desks::revoke(&office.central.administrator(), id).await.expect("revoked"));
    assert!(!central::desks::revoke(&office.central.administrator(), id).await.expect("once"));

    office.proxy.up().await;
    assert_eq!(office.round().await, Outcome::Held(ErrorCode::DeskRevoked));
    assert_eq!(refused(&office).await, ErrorCode::NumbersLocked);
    let locked = intake::open(&office.desk.desk).await.expect("the form").numbers_locked.expect("locked");
    assert_eq!(locked.why, WhyLocked::Revoked);
    let desks = central::desks::list(office.central.pool()).await.expect("desks");
    assert_eq!(
        (desks[0].standing, desks[0].operations, desks[0].held),
        (Standing::Revoked, 2, 1),
        "a letter and a sign-in"
    );
    assert_eq!(office.central.letters().await.len(), 1);
}

fn stage_of(letter_id: LetterId) -> StageDraft {
    StageDraft { letter_id, stage: Stage::InProgress, unit: "Referat Finansowy".to_owned() }
}
