//! Cuts, rubbish and faults inside central: nothing half done, nothing that stops the next operation.

use std::net::SocketAddr;

use central::erasure;
use domain::stage::Stage;
use reqwest::{Method, StatusCode};
use sqlx::{Connection, Executor};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use wire::v1::{OpBody, Refusal, TaskReason, Verdict, path};

use crate::central_desk::{WireDesk, facts, office, read};

#[tokio::test]
async fn rubbish_is_refused_in_words_that_a_desk_understands() {
    let central = office().await;
    let desk = WireDesk::connected(&central, 1, "K1").await;
    for route in [path::HELLO, path::PUSH, path::PULL, path::SCANS] {
        for body in [&b""[..], b"{", b"[]", b"\xff\xff", br#"{"ops":7}"#] {
            let said: Result<(), _> = read(desk.send(Method::POST, route, body.to_vec()).await).await;
            assert_eq!(said.expect_err("rubbish"), (StatusCode::BAD_REQUEST, Refusal::Malformed), "{route}");
        }
        let said: Result<(), _> = read(desk.send(Method::POST, route, vec![b' '; 3 << 20]).await).await;
        assert_eq!(said.expect_err("large"), (StatusCode::PAYLOAD_TOO_LARGE, Refusal::TooLarge), "{route}");
        let said: Result<(), _> = read(desk.send(Method::GET, route, Vec::new()).await).await;
        assert_eq!(said.expect_err("method"), (StatusCode::METHOD_NOT_ALLOWED, Refusal::Malformed), "{route}");
    }
    for route in ["/", "/v2/push", "/v1/scans/not-an-id", "/v1/letters/x/scans/y"] {
        let said: Result<(), _> = read(desk.send(Method::GET, route, Vec::new()).await).await;
        assert!(said.expect_err("no such place").0.is_client_error(), "{route}");
    }
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_of_a_push_leaves_nothing() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    let body = serde_json::to_vec(&desk.batch(&desk.sealed)).expect("json");
    let address: SocketAddr = central.desk_socket();
    for sent in [0, 1, body.len() / 2, body.len() - 1] {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: central\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
            path::PUSH,
            desk.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("head");
        stream.write_all(&body[..sent]).await.expect("part of the body");
        stream.shutdown().await.expect("cut");
        let mut answer = Vec::new();
        // Central may answer or just hang up.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(central.letters().await.len(), 0);
    assert_eq!(desk.push_all().await, [Verdict::Applied]);
}

#[tokio::test]
async fn an_operation_that_fails_inside_central_is_parked_at_the_third_try() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    central
        .pool()
        .execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'a fault of the test' USING ERRCODE = 'XX000'; END $$;
             CREATE TRIGGER fail BEFORE INSERT ON letter FOR EACH ROW WHEN (NEW.n = 2) EXECUTE FUNCTION fail()",
        )
        .await
        .expect("a fault");
    let (first, _) = desk.register();
    desk.register();
    let (third, _) = desk.register();
    let push = desk.batch(&desk.sealed);
    let retry = (StatusCode::SERVICE_UNAVAILABLE, Refusal::Retry { after_seconds: 5 });
    assert_eq!(desk.push(&push).await.expect_err("first try"), retry);
    assert!(central.letter(&first.to_string()).await.is_some(), "what came before is kept");
    assert_eq!(desk.push(&push).await.expect_err("second try"), retry);
    let answer = desk.push(&push).await.expect("third try");
    let verdicts: Vec<Verdict> = answer.verdicts.iter().map(|verdict| verdict.verdict).collect();
    assert_eq!(verdicts, [Verdict::Duplicate, Verdict::Task { reason: TaskReason::Internal }, Verdict::Applied]);
    assert!(central.letter(&third.to_string()).await.is_some(), "no letter is delayed by another");
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM operation_failure").fetch_one(central.pool()).await.expect("rows");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn an_operation_about_an_erased_letter_is_parked_without_what_it_says() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let (id, registered) = desk.register();
    desk.push_all().await;
    let files = central.files();
    let (by, name) = (central.administrator(), id.to_string());
    erasure::erase(&by, central.teryt(), &files, &name, "Jan Kowalik", "art. 17 RODO").await.expect("erased");
    central
        .pool()
        .execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'a fault of the test' USING ERRCODE = 'XX000'; END $$;
             CREATE TRIGGER fail BEFORE INSERT ON operation FOR EACH ROW WHEN (NEW.fate = 'applied') EXECUTE FUNCTION fail()",
        )
        .await
        .expect("a fault");
    desk.seal(&OpBody::LetterCorrected {
        letter_id: id,
        based_on: registered,
        facts: Box::new(facts("xylofon")),
        reason: "pomyłka".to_owned(),
        by: "Anna Wójcik".to_owned(),
        at: "2026-11-23T10:00:00Z".parse().expect("instant"),
    });
    let push = desk.batch(&desk.sealed[1..]);
    for _ in 0..2 {
        desk.push(&push).await.expect_err("it comes again");
    }
    let answer = desk.push(&push).await.expect("third try");
    assert_eq!(answer.verdicts[0].verdict, Verdict::Task { reason: TaskReason::Internal });
    let kept: String = sqlx::query_scalar("SELECT convert_from(body, 'UTF8') FROM operation WHERE seq = 2")
        .fetch_one(central.pool())
        .await
        .expect("the parked one");
    assert!(!kept.contains("xylofon"), "{kept}");
}

#[tokio::test]
async fn a_database_that_goes_away_is_a_retry_and_counts_against_nobody() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let (id, _) = desk.register();
    // Every connection of central is cut, as when the database restarts.
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = 'okienko-central'";
    let mut superuser = sqlx::PgConnection::connect(&central.database_url).await.expect("the database");
    superuser.execute(cut).await.expect("cut");
    let mut tries = 0;
    while let Err((status, refusal)) = desk.push(&desk.batch(&desk.sealed)).await {
        assert_eq!((status, refusal), (StatusCode::SERVICE_UNAVAILABLE, Refusal::Retry { after_seconds: 5 }));
        tries += 1;
        assert!(tries < 20, "central finds its database again");
    }
    assert_eq!(central.letter(&id.to_string()).await.map(|letter| letter.stage), Some(Stage::Registered));
    let failures: i64 =
        sqlx::query_scalar("SELECT count(*) FROM operation_failure").fetch_one(central.pool()).await.expect("rows");
    assert_eq!(failures, 0);
}

#[tokio::test]
async fn offices_in_one_database_do_not_see_each_other() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let (id, _) = desk.register();
    desk.push_all().await;
    let teryt = domain::marks::Teryt::try_from("2235012".to_owned()).expect("teryt");
    let folder = tempfile::tempdir().expect("folder");
    let config = kit::central_office::trial(&central.database_url, folder.path().to_owned(), teryt, "Inny urząd");
    let other = central::start(config).await.expect("another office");
    let letters: i64 =
        sqlx::query_scalar("SELECT count(*) FROM letter").fetch_one(&other.offices[0].pool).await.expect("its letters");
    assert_eq!(letters, 0);
    desk.address = format!("http://{}", other.desk_address);
    let said: Result<(), _> = read(desk.send_to(None, Method::POST, path::PULL, b"{}".to_vec()).await).await;
    assert_eq!(said.expect_err("a token of another office").1, Refusal::TokenUnknown);
    assert_eq!(desk.hello().await.expect_err("another office").1, Refusal::OfficeUnknown);
    other.stop().await;
    assert!(central.letter(&id.to_string()).await.is_some());
}

#[tokio::test]
async fn a_pressed_message_is_read_within_the_limit_and_a_bomb_is_not_unfolded() {
    use wire::{pressed::press, v1::path};

    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let (_, _) = desk.register();
    let message = serde_json::to_vec(&desk.batch(&desk.sealed)).expect("json");
    let answer = desk.send_pressed(path::PUSH, press(&message).expect("worth it")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let said = |answer: Result<serde_json::Value, _>| answer.expect_err("refused");

    let bomb = press(&vec![b' '; 64 << 20]).expect("pressed");
    assert!(bomb.len() < 1 << 20, "small enough for the route");
    let refused = said(read(desk.send_pressed(path::PUSH, bomb).await).await);
    assert_eq!(refused, (StatusCode::PAYLOAD_TOO_LARGE, Refusal::TooLarge));
    let cut = press(&message).expect("worth it");
    for broken in [&cut[..cut.len() - 9], &message[..], b""] {
        let refused = said(read(desk.send_pressed(path::PUSH, broken.to_vec()).await).await);
        assert_eq!(refused, (StatusCode::BAD_REQUEST, Refusal::Malformed));
    }
}
