//! Symbols at central: granted, released, lost numbers, and the commands about them.

use std::process::{Command, Output};

use domain::{ids::DeviceId, register::Register};
use kit::{central_office::CentralOffice, window::built};
use wire::v1::{Grant, NextNumber, OpBody, SeriesEnd, TaskReason, Verdict};

use crate::central_desk::{WireDesk, office, symbol};

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
    central::symbols::hand_over(office.pool(), &symbol("K1"), second.log.device).await.expect("asked");
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
    let free = central::Clock::system();
    let to = second.log.device;
    central::symbols::grant(office.pool(), &free, &symbol("K1"), to, "Jan Kowalik").await.expect("nobody has it");
    let again = central::symbols::grant(office.pool(), &free, &symbol("K1"), first.log.device, "Jan Kowalik").await;
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
