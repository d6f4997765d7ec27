//! Symbols at central: granted, released, closed; lost numbers, letters entered again, and what is held settled.

use std::process::{Command, Output};

use central::{
    symbols::{FromLabel, SymbolError},
    sync::{self, SettleError, Settler},
};
use domain::{
    ids::{DeviceId, LetterId, ScanId},
    party::PartyName,
    register::{Register, RegisterNumber},
    stage::Stage,
};
use kit::{central_office::CentralOffice, window::built};
use wire::v1::{Grant, LetterState, NextNumber, OpBody, Refusal, SeriesEnd, TaskReason, UploadCreate, Verdict};

use crate::central_desk::{WireDesk, letter, letter_of, office, symbol};

fn central(office: &CentralOffice, arguments: &[&str]) -> Output {
    Command::new(built("central"))
        .args(arguments)
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .output()
        .expect("central runs")
}

fn at() -> jiff::Timestamp {
    "2026-11-23T09:00:00Z".parse().expect("instant")
}

fn released(own: &str, n: u32) -> OpBody {
    let ends = vec![SeriesEnd { register: Register::Incoming, year: 2026, n }];
    OpBody::SeriesReleased { symbol: symbol(own), ends, at: at() }
}

fn lost(own: &str, first: u32, last: u32) -> OpBody {
    let (register, by) = (Register::Incoming, "Anna Wójcik".to_owned());
    OpBody::NumbersLost { register, symbol: symbol(own), year: 2026, first, last, by, at: at() }
}

async fn grants(desk: &mut WireDesk) -> Vec<(String, bool, Vec<u32>)> {
    let told = desk.hello().await.expect("hello").grants.expect("central grants symbols");
    let seen = |Grant { symbol, release, first, .. }: Grant| {
        let first = first.into_iter().map(|NextNumber { next_n, .. }| next_n).collect();
        (symbol.as_str().to_owned(), release, first)
    };
    told.into_iter().map(seen).collect()
}

fn task(reason: TaskReason) -> Verdict {
    Verdict::Task { reason }
}

#[tokio::test]
async fn a_hand_over_needs_the_command_and_the_release_and_begins_behind_every_number() {
    let office = office().await;
    let mut first = WireDesk::connected(&office, 1, "K1").await;
    let mut second = WireDesk::connected(&office, 2, "K2").await;
    first.register();
    first.seal(&lost("K1", 2, 5));
    assert_eq!(first.push_all().await, [Verdict::Applied, Verdict::Applied]);
    central::symbols::hand_over(&office.administrator(), &symbol("K1"), second.log.device).await.expect("asked");
    assert_eq!(grants(&mut second).await, [("K2".to_owned(), false, vec![])], "not before the release");
    assert_eq!(grants(&mut first).await, [("K1".to_owned(), true, vec![])]);

    // The release says less than central knows: the numbers go on behind what is known.
    first.seal(&released("K1", 1));
    assert_eq!(first.push_all().await.last(), Some(&Verdict::Applied));
    assert_eq!(grants(&mut first).await, []);
    assert_eq!(grants(&mut second).await, [("K1".to_owned(), false, vec![6]), ("K2".to_owned(), false, vec![])],);
    let next = first.hello().await.expect("the former desk may go on sending").next_numbers;
    assert_eq!(next, [], "what others number is none of its business");

    // A number of the former desk behind its own release is somebody else's.
    first.register();
    assert_eq!(first.push_all().await.last(), Some(&task(TaskReason::SymbolNotGranted)));
}

#[tokio::test]
async fn a_release_that_nobody_asked_for_gives_the_symbol_to_nobody() {
    let office = office().await;
    let mut first = WireDesk::connected(&office, 1, "K1").await;
    let second = WireDesk::connected(&office, 2, "K2").await;
    first.register();
    first.seal(&released("K9", 7));
    first.seal(&released("K1", 1));
    let verdicts = first.push_all().await;
    assert_eq!(verdicts[1..], [task(TaskReason::ReleaseNotAsked), task(TaskReason::ReleaseNotAsked)]);
    assert_eq!(grants(&mut first).await, [], "it gives no more numbers all the same");
    let to = second.log.device;
    central::symbols::grant(&office.administrator(), &symbol("K1"), to, "Jan Kowalik").await.expect("nobody has it");
    let again = central::symbols::grant(&office.administrator(), &symbol("K1"), first.log.device, "Jan Kowalik").await;
    assert!(matches!(again, Err(central::symbols::SymbolError::Taken)), "{again:?}");
}

#[tokio::test]
async fn a_letter_and_a_lost_number_never_stand_for_one_number() {
    let office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.seal(&lost("K1", 1, 2));
    desk.seal(&lost("K1", 1, 2));
    desk.register();
    desk.seal(&lost("K1", 1, 4));
    desk.seal(&lost("K7", 1, 1));
    desk.seal(&lost("K1", 9, 8));
    let verdicts = desk.push_all().await;
    assert_eq!(
        verdicts,
        [
            Verdict::Applied,
            Verdict::Applied,
            task(TaskReason::LostNumberFound),
            task(TaskReason::NumberNotLost),
            task(TaskReason::SymbolNotGranted),
            task(TaskReason::Malformed),
        ]
    );
    assert_eq!(central::symbols::check(office.pool()).await.expect("the numbers"), []);
    let next = desk.hello().await.expect("hello").next_numbers;
    assert_eq!(next.first().map(|next| next.next_n), Some(5), "lost numbers are never given again");

    sqlx::query("DELETE FROM lost_number WHERE n = 3").execute(office.pool()).await.expect("a hole");
    let unclear = central::symbols::check(office.pool()).await.expect("the numbers");
    assert_eq!(unclear.iter().map(|number| (number.n, number.times)).collect::<Vec<_>>(), [(3, 0)]);
}

fn number(own: &str, n: u32) -> RegisterNumber {
    RegisterNumber { register: Register::Incoming, symbol: symbol(own), year: 2026, n }
}

async fn unclear(office: &CentralOffice) -> Vec<(u32, u32)> {
    let unclear = central::symbols::check(office.pool()).await.expect("the numbers");
    unclear.iter().map(|number| (number.n, number.times)).collect()
}

async fn reentered(office: &CentralOffice, n: u32, title: &str) -> LetterState {
    let label = FromLabel {
        number: number("K1", n),
        sender: PartyName::Unknown,
        title: title.to_owned(),
        received_on: jiff::civil::date(2026, 11, 23),
        by: "Jan Kowalik".to_owned(),
    };
    central::symbols::reenter(&office.administrator(), office.teryt(), label).await.expect("entered again")
}

#[tokio::test]
async fn a_dead_desk_s_numbers_are_entered_again_or_lost_and_its_own_facts_win_when_it_comes_back() {
    let office = office().await;
    let administrator = office.administrator();
    let mut dead = WireDesk::connected(&office, 1, "K1").await;
    let mut other = WireDesk::connected(&office, 2, "K2").await;
    dead.register();
    dead.push_all().await;
    let (second, _) = dead.register();
    let (third, _) = dead.register();
    let (fourth, _) = dead.register();
    // Its disk burns; paper bears numbers up to 5.
    let label = FromLabel {
        number: number("K1", 2),
        sender: PartyName::Unknown,
        title: "Skarga".to_owned(),
        received_on: jiff::civil::date(2026, 11, 23),
        by: "Jan Kowalik".to_owned(),
    };
    let early = central::symbols::reenter(&administrator, office.teryt(), label).await;
    assert!(matches!(early, Err(SymbolError::NotClosed)), "its desk may still speak: {early:?}");
    central::symbols::close(&office.administrator(), &symbol("K1"), &[number("K1", 5)], "Jan Kowalik", "dysk spalony")
        .await
        .expect("closed");
    assert_eq!(unclear(&office).await, [2, 3, 4, 5].map(|n| (n, 0)));
    let same = reentered(&office, 2, &dead.title).await;
    let differs = reentered(&office, 3, "Skarga").await;
    let lost = central::symbols::lose(&administrator, &number("K1", 4), 5, "Jan Kowalik", "etykiet nie ma").await;
    assert_eq!(lost.expect("lost"), 2);
    assert_eq!(unclear(&office).await, []);
    let behind = central::symbols::lose(&administrator, &number("K1", 6), 6, "Jan Kowalik", "?").await;
    assert!(matches!(behind, Err(SymbolError::BehindHighest(5))), "{behind:?}");
    let granted =
        central::symbols::grant(&office.administrator(), &symbol("K1"), other.log.device, "Jan Kowalik").await;
    assert!(matches!(granted, Err(SymbolError::Closed)), "{granted:?}");
    let refused = WireDesk::new(&office, 3, "K1").hello().await.expect_err("never again");
    assert_eq!(refused.1, Refusal::SymbolTaken);
    other.set_stage(differs.id, None, Stage::InProgress);
    assert_eq!(other.push_all().await, [Verdict::Applied]);

    // It was not burnt after all.
    assert_eq!(grants(&mut dead).await, []);
    let verdicts = dead.push_all().await;
    assert_eq!(
        verdicts,
        [Verdict::Duplicate, Verdict::Applied, task(TaskReason::ReentryDiffers), task(TaskReason::LostNumberFound),]
    );
    assert_eq!(unclear(&office).await, []);
    let ids: Vec<_> = office.letters().await.into_iter().map(|letter| (letter.number.n, letter.id)).collect();
    assert!(ids.contains(&(2, second)) && ids.contains(&(3, third)) && ids.contains(&(4, fourth)), "{ids:?}");
    let letter = office.letter("RPW/K1/3/2026").await.expect("the letter");
    assert_eq!((letter.replaces, letter.registered_on), (Some(differs.id), dead.log.device));
    assert_eq!((letter.facts.title.as_str(), letter.stage), (dead.title.as_str(), Stage::InProgress));
    assert!(letter.tasks[0].overlap.is_some(), "both texts are kept: {:?}", letter.tasks);
    assert_eq!(office.letter("RPW/K1/2/2026").await.expect("the letter").replaces, Some(same.id));

    // A desk that has not heard of it yet speaks of the re-entry.
    other.set_stage(differs.id, letter.last_ops.status, Stage::Closed);
    assert_eq!(other.push_all().await.last(), Some(&Verdict::Applied));
    let told = letter_of(other.pull_all(100).await.last().expect("a change"));
    assert_eq!((told.id, told.stage), (third, Stage::Closed));
    let shown: i64 =
        sqlx::query_scalar("SELECT count(*) FROM status_public").fetch_one(office.pool()).await.expect("the page");
    assert_eq!(shown, 4, "one key for each letter");
}

#[tokio::test]
async fn a_restored_central_has_its_grants_again_before_it_serves() {
    let mut office = office().await;
    let mut first = WireDesk::connected(&office, 1, "K1").await;
    let second = WireDesk::connected(&office, 2, "K2").await;
    let mut third = WireDesk::connected(&office, 3, "K3").await;
    let administrator = office.administrator();
    central::symbols::grant(&administrator, &symbol("K7"), first.log.device, "Jan Kowalik").await.expect("granted");
    central::symbols::hand_over(&administrator, &symbol("K1"), second.log.device).await.expect("asked");
    central::symbols::close(&administrator, &symbol("K3"), &[], "Jan Kowalik", "spalony").await.expect("closed");
    // As the database was before.
    for earlier in [
        "DELETE FROM symbol_grant WHERE symbol = 'K7'",
        "UPDATE symbol_grant SET hand_over_to = NULL, ended = NULL, ended_at = NULL",
        "UPDATE office_state SET admin_n = 0, admin_hash = decode(repeat('00', 32), 'hex')",
    ] {
        sqlx::query(earlier).execute(office.pool()).await.expect("set back");
    }
    office.stop().await;
    office.start_again().await.expect("central starts");
    assert_eq!(grants(&mut first).await, [("K1".to_owned(), true, vec![]), ("K7".to_owned(), false, vec![])]);
    assert_eq!(grants(&mut third).await, [], "closed again");
}

fn registered(clone: &mut WireDesk, n: u32) -> LetterId {
    let id = LetterId(clone.new_id());
    let letter = Box::new(letter(id, &symbol("K1"), n));
    clone.seal(&OpBody::LetterRegistered { letter, unit: None, status_hash: [u8::try_from(n).expect("small"); 32] });
    id
}

fn scanned(clone: &mut WireDesk, letter: LetterId) -> ScanId {
    let scan_id = ScanId(clone.new_id());
    clone.attach(letter, &UploadCreate { scan_id, bytes: 10, sha256: [4; 32] });
    scan_id
}

#[tokio::test]
async fn a_fork_is_settled_letter_by_letter() {
    let office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    let (_, (second, _)) = (desk.register(), desk.register());
    desk.push_all().await;
    let mut clone = WireDesk::connected(&office, 1, "K1").await;
    clone.ids_from(1 << 40);
    clone.sealed = desk.sealed[..1].to_vec();
    let another_paper = registered(&mut clone, 2);
    let page = scanned(&mut clone, another_paper);
    let accepted = registered(&mut clone, 3);
    let discarded = registered(&mut clone, 4);
    let same = registered(&mut clone, 5);
    let same_page = scanned(&mut clone, same);
    assert!(clone.push_all().await[1..].iter().all(|verdict| *verdict == task(TaskReason::Held)));

    let administrator = office.administrator();
    let settler = Settler { administrator, office: office.teryt(), by: "Jan Kowalik", why: "kopia dysku" };
    let (pool, device) = (office.pool(), clone.log.device);
    let taken = sync::accept(settler, device, another_paper).await;
    assert!(matches!(taken, Err(SettleError::NumberTaken)), "{taken:?}");
    assert_eq!(sync::held(pool).await.expect("the hold").len(), 6, "nothing of it happened");
    let anew = sync::register_anew(settler, device, another_paper, &symbol("Z1")).await.expect("a new number");
    assert_eq!((anew.id, anew.number.display("RPW").as_str()), (another_paper, "RPW/Z1/1/2026"));
    assert_eq!(anew.facts.remarks.as_deref(), Some("Na piśmie jest etykieta RPW/K1/2/2026."));
    assert_eq!(anew.task_reasons(), ["new_label"]);
    assert_eq!(anew.scans.iter().map(|scan| scan.scan_id).collect::<Vec<_>>(), [page]);
    let of_a_desk = sync::register_anew(settler, device, accepted, &symbol("K1")).await;
    assert!(matches!(of_a_desk, Err(SettleError::Symbol(SymbolError::Taken))), "{of_a_desk:?}");
    assert_eq!(sync::accept(settler, device, accepted).await.expect("accepted"), 1);
    assert_eq!(sync::discard(settler, device, discarded).await.expect("discarded"), 1);
    assert_eq!(sync::same_paper(settler, device, same, second).await.expect("the same paper"), 2);
    let twice = sync::accept(settler, device, accepted).await;
    assert!(matches!(twice, Err(SettleError::Nothing(_))), "{twice:?}");

    assert_eq!(sync::held(pool).await.expect("the hold"), []);
    assert_eq!(unclear(&office).await, [], "4 and 5 are lost, the others are letters");
    let letter = office.letter("RPW/K1/2/2026").await.expect("the letter");
    assert_eq!((letter.id, letter.scans[0].scan_id), (second, same_page));
    assert_eq!(office.letter("RPW/K1/3/2026").await.expect("accepted").id, accepted);
    let open: i64 = sqlx::query_scalar("SELECT count(*) FROM task WHERE closed_at IS NULL AND reason = 'held'")
        .fetch_one(pool)
        .await
        .expect("tasks");
    assert_eq!(open, 0);
    // What was settled stays as received: sent again, it is known.
    assert!(clone.push_all().await.iter().all(|verdict| *verdict == Verdict::Duplicate));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_closes_and_settles() {
    let office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    let (letter, _) = desk.register();
    let id = desk.log.device.to_string();
    assert!(central(&office, &["revoke", &id]).status.success());
    desk.push_all().await;
    let who = ["--by", "Jan Kowalik", "--why", "spalony"];
    let run = |arguments: &[&str]| central(&office, &[arguments, &who[..]].concat());
    let letter = letter.to_string();
    assert_eq!(run(&["fork", "settle", &id, &letter]).status.code(), Some(2), "which way?");
    assert_eq!(run(&["fork", "accept", &id, &id]).status.code(), Some(3));
    let accepted = run(&["fork", "accept", &id, &letter, "--json"]);
    assert!(String::from_utf8_lossy(&accepted.stdout).contains("\"operations\":1"), "{accepted:?}");
    let closed = run(&["symbol", "close", "K1", "--highest", "RPW/K1/3/2026"]);
    assert!(closed.status.success(), "{}", String::from_utf8_lossy(&closed.stderr));
    let entered = central(
        &office,
        &[
            "symbol",
            "reenter",
            "RPW/K1/3/2026",
            "--title",
            "Skarga",
            "--received-on",
            "2026-11-23",
            "--by",
            "Jan Kowalik",
        ],
    );
    assert!(String::from_utf8_lossy(&entered.stdout).starts_with("RPW/K1/3/2026  WK1-26-000003-"), "{entered:?}");
    assert_eq!(run(&["symbol", "lose", "RPW/K1/9/2026"]).status.code(), Some(1));
    assert_eq!(unclear(&office).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_lists_grants_and_hands_over() {
    let office = office().await;
    let first = WireDesk::connected(&office, 1, "K1").await;
    let second = WireDesk::connected(&office, 2, "K2").await;
    let to = second.log.device.to_string();
    let granted = central(&office, &["symbol", "grant", "k7", &to, "--by", "Jan Kowalik", "--json"]);
    assert!(granted.status.success(), "{}", String::from_utf8_lossy(&granted.stderr));
    let asked = central(&office, &["symbol", "hand-over", "K1", &to]);
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let listed = central(&office, &["symbol", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let row =
        |n: usize| (listed[n]["symbol"].as_str(), listed[n]["standing"].as_str(), listed[n]["grantedBy"].as_str());
    assert_eq!(row(0), (Some("K1"), Some("handing_over"), Some("hello")));
    assert_eq!(row(2), (Some("K7"), Some("stands"), Some("Jan Kowalik")));
    assert_eq!(listed[0]["desk"], first.log.device.to_string());

    let nobody = DeviceId(uuid::Uuid::nil()).to_string();
    assert_eq!(central(&office, &["symbol", "grant", "K8", &nobody]).status.code(), Some(3));
    assert_eq!(central(&office, &["symbol", "hand-over", "K9", &to]).status.code(), Some(3));
    assert_eq!(central(&office, &["symbol", "grant", "K1", &to]).status.code(), Some(1));
    assert_eq!(central(&office, &["symbol", "grant", "K123", &to]).status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&central(&office, &["symbol", "check", "--json"]).stdout).trim(), "[]");
}
