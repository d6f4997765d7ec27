//! The authority's key is replaced: desks follow by themselves, whenever they come, and then trust the old key no more.

use std::{
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use central::{
    backup::{self, RecoveryKey},
    trust::{self, Standing, TrustError},
};
use desk::sync::{Conversation, Outcome, Trouble};
use domain::{ErrorCode, ids::DeviceId};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    test_desk::{BEGIN, SetClock, TestDesk},
};
use wire::v1::{Fingerprint, Invitation};

use crate::office::pace;

/// When every process knows the new key.
const SIGNS: Duration = Duration::from_secs(31);
/// A token of a desk is over by then, so it says hello again.
const NEXT_HELLO: Duration = Duration::from_hours(13);

async fn central() -> (CentralOffice, Arc<SetClock>) {
    let set = SetClock::at(BEGIN);
    let clock = {
        let set = Arc::clone(&set);
        central::Clock::of(move || desk::clock::Clock::now(set.as_ref()))
    };
    let central = CentralOffice::start(CentralSetup { clock, ..CentralSetup::of_an_office() }).await;
    (central.expect("central starts"), set)
}

async fn replace(central: &CentralOffice) -> Standing {
    trust::replace(&central.administrator(), "Jan Kowalik", "kopia zginęła").await.expect("replaced")
}

async fn standing(central: &CentralOffice) -> Standing {
    trust::standing(central.pool(), central.administrator().clock).await.expect("a standing")
}

async fn joined(central: &CentralOffice, seed: u32, symbol: &str) -> (TestDesk, Conversation) {
    let desk = TestDesk::with_seed(seed).await;
    desk.join(&central.invite(symbol).await).await.expect("let in");
    let conversation = Conversation::new(desk.desk.clone(), desk::sync::Pace { report: Duration::ZERO, ..pace() });
    (desk, conversation)
}

fn trusted(desk: &TestDesk) -> Fingerprint {
    desk.desk.enrolment().expect("enrolled").fingerprint
}

fn not_following(standing: &Standing) -> Vec<DeviceId> {
    standing.not_following.iter().map(|doubter| doubter.desk).collect()
}

#[tokio::test]
async fn desks_follow_whenever_they_come_and_trust_the_old_key_no_more() {
    let (central, clock) = central().await;
    let (near, mut near_sync) = joined(&central, 1, "K1").await;
    let (far, mut far_sync) = joined(&central, 2, "K2").await;
    for sync in [&mut near_sync, &mut far_sync] {
        assert_eq!(sync.round().await, Outcome::Quiet);
    }
    let first = trusted(&near);
    assert_eq!(not_following(&standing(&central).await), [], "both told whom they trust");
    // Whoever has the old key can show it.
    let old: (Vec<u8>, Vec<u8>) = sqlx::query_as("SELECT private_key, certificate FROM authority")
        .fetch_one(central.pool())
        .await
        .expect("the key");

    let after = replace(&central).await;
    let second = after.keys.last().expect("a key").fingerprint.clone();
    assert_eq!((after.keys.len(), after.keys[0].fingerprint.clone()), (2, first.to_string()));
    assert_eq!(not_following(&after), [near.desk.device(), far.desk.device()]);
    let again = trust::replace(&central.administrator(), "Jan Kowalik", "jeszcze raz").await;
    assert!(matches!(again, Err(TrustError::Waits(_))), "one after the other: {again:?}");

    // It signs a little later, and the desk hears of it at its next hello, though its connection never ended.
    clock.advance(SIGNS);
    assert_eq!(near_sync.round().await, Outcome::Quiet);
    assert_eq!(trusted(&near), first, "it has not asked again who is there");
    clock.advance(NEXT_HELLO);
    assert_eq!(near_sync.round().await, Outcome::Quiet);
    assert_eq!(trusted(&near).to_string(), second);
    assert_eq!(near_sync.round().await, Outcome::Quiet, "by the new key alone");
    assert_eq!(not_following(&standing(&central).await), [far.desk.device()]);
    near.register("Łozińska", "Wniosek").await;
    assert_eq!(near_sync.round().await, Outcome::Quiet);
    assert_eq!(central.letters().await.len(), 1);
    let secrets: Vec<bool> = sqlx::query_scalar("SELECT private_key IS NOT NULL FROM authority ORDER BY n")
        .fetch_all(central.pool())
        .await
        .expect("keys");
    assert_eq!(secrets, [false, true], "the old secret is gone");

    // A third key; the desk that was away since the first one comes over both.
    replace(&central).await;
    clock.advance(SIGNS);
    let mut back = Conversation::new(far.desk.clone(), pace());
    assert_eq!(back.round().await, Outcome::Quiet);
    let third = standing(&central).await.keys.last().expect("a key").fingerprint.clone();
    assert_eq!(trusted(&far).to_string(), third);
    let letters = central.invite("K3").await;
    let letters = letters.split_once(' ').expect("address and letters").1;
    assert_eq!(Invitation::read(letters).expect("an invitation").fingerprint.to_string(), third);

    // Somebody with the old key passes for central no more.
    let mut impostor = CentralOffice::start_on(central.cluster(), "impostor", CentralSetup::of_an_office())
        .await
        .expect("another central of the same office");
    sqlx::query("UPDATE authority SET private_key = $1, certificate = $2")
        .bind(old.0)
        .bind(old.1)
        .execute(impostor.pool())
        .await
        .expect("the old key");
    impostor.stop().await;
    impostor.start_again().await.expect("it serves");
    let address = impostor.desk_address.clone();
    for (desk, sync) in [(&near, &mut near_sync), (&far, &mut back)] {
        let address = address.clone();
        desk.settings(|draft| draft.central_address = address).await;
        assert_eq!(sync.round().await, Outcome::Away(Trouble::Untrusted));
    }
    // A desk that still knew only the old key would be taken in: the old key is what it was.
    let late = TestDesk::with_seed(4).await;
    late.join(&impostor.invite("K4").await).await.expect("by the old key");
}

#[tokio::test]
async fn no_process_shows_the_old_key_to_a_desk_that_follows() {
    let (central, clock) = central().await;
    let (desk, mut sync) = joined(&central, 1, "K1").await;
    let second = central.second().await.expect("a second server on the database");
    assert_eq!(sync.round().await, Outcome::Quiet);
    let first = trusted(&desk);
    replace(&central).await;
    clock.advance(Duration::from_secs(29));
    assert_eq!(Conversation::new(desk.desk.clone(), pace()).round().await, Outcome::Quiet);
    assert_eq!(trusted(&desk), first, "not before every process knows it");
    clock.advance(Duration::from_secs(2));
    // Whichever of the two shows it first: the other one shows it, too, whether it read of it a moment ago or never.
    for server in [format!("https://{}", second.desk_address), central.desk_address.clone()] {
        desk.settings(|draft| draft.central_address = server.clone()).await;
        assert_eq!(Conversation::new(desk.desk.clone(), pace()).round().await, Outcome::Quiet, "{server}");
        assert_ne!(trusted(&desk), first);
    }
    second.stop().await;
}

#[tokio::test]
async fn a_restored_central_has_the_key_that_desks_trust() {
    let (mut central, clock) = central().await;
    let (desk, mut sync) = joined(&central, 1, "K1").await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    let safe = tempfile::tempdir().expect("a folder");
    let key_file = safe.path().join("key.txt");
    let public: RecoveryKey = backup::new_key(&key_file).expect("a key").parse().expect("a public key");
    let file = backup::make(central.backup(&safe.path().join("backups"), public)).await.expect("a backup").file;

    replace(&central).await;
    clock.advance(SIGNS);
    let mut sync = Conversation::new(desk.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Quiet);
    let followed = trusted(&desk);
    let secret: Vec<u8> = sqlx::query_scalar("SELECT private_key FROM authority WHERE n = 2")
        .fetch_one(central.pool())
        .await
        .expect("the key");
    let log = std::fs::read_to_string(central.log_file().path()).expect("the log");
    assert!(log.contains("authority_replaced"), "{log}");
    let plain = BASE64_STANDARD.encode(&secret);
    assert!(!log.contains(&plain[..plain.len() - 4]), "the log holds no key that anybody could use");

    central.stop().await;
    let restored = backup::restore(central.restore(&file, &key_file)).await.expect("brought back");
    assert_eq!(restored.done_again, 1);
    central.start_again().await.expect("central serves");
    let mut sync = Conversation::new(desk.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Quiet, "the desk knows it again");
    assert_eq!(trusted(&desk), followed);
}

#[tokio::test]
async fn without_a_log_the_key_is_not_replaced() {
    let (central, _) = central().await;
    let by = central::admin_log::Administrator { log: None, ..central.administrator() };
    let refused = trust::replace(&by, "Jan Kowalik", "próba").await;
    assert!(matches!(refused, Err(TrustError::NoLog)), "{refused:?}");
    assert_eq!(standing(&central).await.keys.len(), 1);
}

/// OpenSSL accepts central's certificate by the first key and by the one that followed, and by no other.
#[tokio::test(flavor = "multi_thread")]
async fn openssl_accepts_the_certificate_by_the_old_key_and_by_the_new_one() {
    let (central, clock) = central().await;
    replace(&central).await;
    clock.advance(SIGNS);
    replace(&central).await;
    clock.advance(SIGNS);
    let other = CentralOffice::start_on(central.cluster(), "impostor", CentralSetup::of_an_office()).await;
    let other = other.expect("another central of the same office");
    let folder = tempfile::tempdir().expect("a folder");
    let mut judged = Vec::new();
    for (place, pool) in [central.pool(), other.pool()].into_iter().enumerate() {
        let keys: Vec<Vec<u8>> = sqlx::query_scalar("SELECT certificate FROM authority ORDER BY n")
            .fetch_all(pool)
            .await
            .expect("certificates");
        for (n, der) in keys.into_iter().enumerate() {
            let file = folder.path().join(format!("{place}-{n}.pem"));
            let pem =
                format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64_STANDARD.encode(der));
            std::fs::write(&file, pem).expect("written");
            judged.push((file, place == 0));
        }
    }
    assert_eq!(judged.len(), 4, "three keys, and one of another central");
    let host = central.desk_address.trim_start_matches("https://").to_owned();
    tokio::task::spawn_blocking(move || {
        for (file, good) in judged {
            let shown = Command::new("openssl")
                .args(["s_client", "-connect", &host, "-servername", "2404082.okienko.internal"])
                .args(["-verify_return_error", "-verify_hostname", "2404082.okienko.internal", "-CAfile"])
                .arg(&file)
                .stdin(Stdio::null())
                .output()
                .expect("openssl is installed");
            let said = String::from_utf8_lossy(&shown.stderr);
            assert_eq!(shown.status.success(), good, "{}: {said}", file.display());
        }
    })
    .await
    .expect("openssl ran");
}

#[tokio::test]
async fn a_key_that_the_pinned_one_did_not_certify_is_no_successor() {
    let (central, clock) = central().await;
    let (desk, mut sync) = joined(&central, 1, "K1").await;
    assert_eq!(sync.round().await, Outcome::Quiet);
    let first = trusted(&desk);
    // A stranger shows the pinned key's own certificate behind its own path: it is public.
    let setup = CentralSetup { clock: central.administrator().clock.clone(), ..CentralSetup::of_an_office() };
    let stranger = CentralOffice::start_on(central.cluster(), "stranger", setup).await;
    let mut stranger = stranger.expect("another central of the same office");
    replace(&stranger).await;
    let theirs: Vec<u8> =
        sqlx::query_scalar("SELECT certificate FROM authority").fetch_one(central.pool()).await.expect("a certificate");
    sqlx::query("UPDATE authority SET certificate = $1 WHERE n = 1")
        .bind(theirs)
        .execute(stranger.pool())
        .await
        .expect("shown behind");
    clock.advance(SIGNS);
    stranger.stop().await;
    stranger.start_again().await.expect("it serves");
    let address = stranger.desk_address.clone();
    desk.settings(|draft| draft.central_address = address).await;
    assert_eq!(sync.round().await, Outcome::Away(Trouble::Untrusted));
    assert_eq!(Trouble::Untrusted.code(), ErrorCode::CentralNotTrusted);
    assert_eq!(trusted(&desk), first);
}
