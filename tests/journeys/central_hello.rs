//! First contact: who is let in, and what each side learns.

use central::config::{Config, Transport};
use domain::marks::Teryt;
use ed25519_dalek::SigningKey;
use jiff::ToSpan;
use kit::central_office::{CentralOffice, CentralSetup};
use reqwest::{Method, StatusCode};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use wire::v1::{HelloAnswer, Refusal, Tip, path};

use crate::central_desk::{WireDesk, office, symbol};

#[tokio::test]
async fn a_desk_is_pinned_at_first_contact_and_keeps_its_symbol_from_its_first_operation_on() {
    let central = office().await;
    let mut first = WireDesk::new(&central, 1, "K1");
    let answer = first.hello().await.expect("first contact");
    assert_eq!((answer.last, answer.head, answer.next_numbers.len()), (Tip::START, 0, 0));
    first.hello().await.expect("again");

    let mut second = WireDesk::new(&central, 2, "K1");
    assert_eq!(second.hello().await.expect_err("taken"), (StatusCode::CONFLICT, Refusal::SymbolTaken));
    second.symbol = symbol("K2");
    second.hello().await.expect("a free symbol");
    second.symbol = symbol("K1");
    assert_eq!(second.hello().await.expect_err("taken still"), (StatusCode::CONFLICT, Refusal::SymbolTaken));
    second.symbol = symbol("K3");
    second.hello().await.expect("nothing bears the second symbol yet");
    WireDesk::new(&central, 3, "K2").hello().await.expect("free again");
    second.register();
    second.push_all().await;
    second.symbol = symbol("K4");
    assert_eq!(second.hello().await.expect_err("another"), (StatusCode::CONFLICT, Refusal::SymbolDiffers));

    first.key = SigningKey::from_bytes(&[99; 32]);
    assert_eq!(first.hello().await.expect_err("stolen id"), (StatusCode::FORBIDDEN, Refusal::DeviceKeyDiffers));
}

#[tokio::test]
async fn where_only_known_desks_are_let_in_a_stranger_is_refused_and_leaves_nothing() {
    let central = office().await;
    let mut known = WireDesk::connected(&central, 1, "K1").await;
    let mut stranger = WireDesk::new(&central, 2, "K2");
    let closed = central::start(Config {
        transport: Transport::Plain,
        min_free_percent: 0,
        ..Config::new(&central.database_url, central.scans.clone(), central.teryt().clone(), "Urząd Gminy Kruszyna")
    })
    .await
    .expect("another server of the office");
    known.address = format!("http://{}", closed.desk_address);
    stranger.address = known.address.clone();

    known.register();
    known.hello().await.expect("seen before");
    known.push_all().await;
    for _ in 0..2 {
        assert_eq!(stranger.hello().await.expect_err("a stranger"), (StatusCode::FORBIDDEN, Refusal::NotEnrolled));
    }
    let desks = central::desks::list(central.pool()).await.expect("desks");
    assert_eq!(desks.iter().map(|desk| desk.id).collect::<Vec<_>>(), [known.log.device]);
    known.key = SigningKey::from_bytes(&[99; 32]);
    assert_eq!(known.hello().await.expect_err("stolen id"), (StatusCode::FORBIDDEN, Refusal::DeviceKeyDiffers));

    // The door that is open lets the same desk in, and then it is known at the other.
    stranger.address.clone_from(&central.desk_address);
    stranger.hello().await.expect("first contact, its symbol still free");
    stranger.address = format!("http://{}", closed.desk_address);
    stranger.hello().await.expect("seen before");
    closed.stop().await;
}

#[tokio::test]
async fn a_nonce_is_good_once_and_for_its_signer() {
    let central = office().await;
    let desk = WireDesk::new(&central, 1, "K1");
    let hello = desk.hello_message(desk.challenge().await.nonce);
    let said: Result<HelloAnswer, _> = desk.ask(Method::POST, path::HELLO, &hello).await;
    said.expect("once");
    let said: Result<HelloAnswer, _> = desk.ask(Method::POST, path::HELLO, &hello).await;
    assert_eq!(said.expect_err("twice"), (StatusCode::UNAUTHORIZED, Refusal::NonceUnknown));
    let said: Result<HelloAnswer, _> = desk.ask(Method::POST, path::HELLO, &desk.hello_message([3; 32])).await;
    assert_eq!(said.expect_err("made up"), (StatusCode::UNAUTHORIZED, Refusal::NonceUnknown));

    let mut forged = desk.hello_message(desk.challenge().await.nonce);
    forged.signature[5] ^= 1;
    let said: Result<HelloAnswer, _> = desk.ask(Method::POST, path::HELLO, &forged).await;
    assert_eq!(said.expect_err("forged"), (StatusCode::UNAUTHORIZED, Refusal::SignatureWrong));

    let mut elsewhere = WireDesk::new(&central, 3, "K3");
    elsewhere.log.office = Teryt::try_from("2235012".to_owned()).expect("teryt");
    assert_eq!(elsewhere.hello().await.expect_err("office"), (StatusCode::FORBIDDEN, Refusal::OfficeUnknown));
}

#[tokio::test]
async fn hello_says_where_the_log_ends_and_which_number_is_next() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    desk.register();
    desk.push_all().await;
    let answer = desk.hello().await.expect("hello");
    assert_eq!(answer.last, desk.tip());
    assert_eq!(answer.next_numbers.iter().map(|next| (next.year, next.next_n)).collect::<Vec<_>>(), [(2026, 3)]);
    assert_eq!(answer.head, 2);
}

#[tokio::test]
async fn a_token_lives_twelve_hours_and_is_stored_hashed() {
    let ahead = Arc::new(AtomicI64::new(0));
    let hours = Arc::clone(&ahead);
    let clock = central::Clock::of(move || {
        let start: jiff::Timestamp = "2026-11-23T08:00:00Z".parse().expect("instant");
        start + hours.load(Ordering::Relaxed).minutes()
    });
    let central = CentralOffice::start(CentralSetup { clock, ..CentralSetup::default() }).await.expect("central");
    let desk = WireDesk::connected(&central, 1, "K1").await;
    let cursor = desk.cursor.expect("cursor");
    let pull = wire::v1::Pull { cursor, limit: 1 };
    desk.pull(cursor, 1).await;
    ahead.store(12 * 60 - 1, Ordering::Relaxed);
    desk.pull(cursor, 1).await;
    ahead.store(12 * 60 + 1, Ordering::Relaxed);
    let late: Result<wire::v1::PullAnswer, _> = desk.ask(Method::POST, path::PULL, &pull).await;
    assert_eq!(late.expect_err("too old"), (StatusCode::UNAUTHORIZED, Refusal::TokenUnknown));

    let stored: Vec<u8> = sqlx::query_scalar("SELECT hash FROM token").fetch_one(central.pool()).await.expect("token");
    assert!(!String::from_utf8_lossy(&stored).contains(&desk.token));
}

#[tokio::test]
async fn without_a_token_nothing_but_hello_answers() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let (letter, _) = desk.register();
    for token in ["", "rubbish"] {
        desk.token = token.to_owned();
        let scan = domain::ids::ScanId(uuid::Uuid::from_u128(5));
        let routes = [
            (Method::POST, path::PUSH.to_owned()),
            (Method::POST, path::PULL.to_owned()),
            (Method::POST, path::SCANS.to_owned()),
            (Method::GET, path::scan(scan)),
            (Method::PATCH, path::scan_chunk(scan, 0)),
            (Method::POST, path::scan_finish(scan)),
            (Method::GET, path::letter_scan(letter, scan)),
        ];
        for (method, route) in routes {
            let said: Result<(), _> = crate::central_desk::read(desk.send(method, &route, b"{}".to_vec()).await).await;
            assert_eq!(said.expect_err("refused").1, Refusal::TokenUnknown, "{route}");
        }
    }
}

#[tokio::test]
async fn an_address_outside_this_computer_is_refused_for_desks() {
    let central = office().await;
    let mut config =
        kit::central_office::trial(&central.database_url, central.scans.clone(), central.teryt().clone(), "Urząd");
    config.listen = "0.0.0.0:0".parse().expect("address");
    assert!(matches!(central::start(config).await, Err(central::StartError::NotLoopback(_))));
}
