//! Something answers at central's address that is not our central, or not in its right mind. The clerk notices only the
//! status line.

use desk::{
    status::view::CentralStatusView,
    sync::{Outcome, Trouble},
};
use domain::{ErrorCode, stage::Stage};
use kit::proxy::Fault;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::office::Office;

const STEPS: [&str; 4] = ["POST /v1/challenge", "POST /v1/hello", "POST /v1/push", "POST /v1/pull"];

fn rubbish() -> Vec<Fault> {
    let html = "<!doctype html><title>Zaloguj się do sieci</title>";
    let mut huge = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{".to_vec();
    huge.resize(70 << 10, b' ');
    let mut endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    endless.resize(34 << 20, b'[');
    vec![
        Fault::answer(200, "text/html", html),
        Fault::answer(500, "text/html", html),
        Fault::answer(404, "text/plain", ""),
        Fault::answer(502, "application/json", "{\"code\":"),
        Fault::answer(200, "application/json", ""),
        Fault::answer(200, "application/json", "null"),
        Fault::answer(200, "application/json", "{\"kind\":\"changes\"}"),
        Fault::answer(200, "application/json", &"[".repeat(10_000)),
        Fault::answer(204, "application/json", ""),
        Fault::answer(418, "application/json", "{\"code\":\"of_a_newer_central\"}"),
        Fault::Say(vec![0xff; 4096]),
        Fault::Say(Vec::new()),
        Fault::Say(b"220 poczta ESMTP\r\n".to_vec()),
        Fault::Say(huge),
        Fault::Say(endless),
    ]
}

#[tokio::test]
async fn whatever_is_answered_at_whatever_step_the_desk_goes_on() {
    let mut office = Office::open().await;
    for step in STEPS {
        let registered = office.desk.register("Nowak", step).await;
        for fault in rubbish() {
            let shown = format!("{step}: {fault:.60?}");
            office.fresh_worker();
            office.proxy.plan(step, fault);
            let outcome = office.round().await;
            assert!(matches!(outcome, Outcome::Away(_)), "{shown}: {outcome:?}");
            assert_eq!(office.proxy.still_planned(), 0, "{shown}");
            let line = office.line().await;
            assert!(matches!(line, CentralStatusView::Offline { why: ErrorCode::CentralUnreachable, .. }), "{line:?}");
        }
        assert_eq!(office.round().await, Outcome::Quiet, "{step}");
        assert!(office.letter(registered.id).await.synced);
    }
    office.all_is_quiet().await;
    assert_eq!(office.central.letters().await.len(), STEPS.len());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut office = Office::open().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let place = elsewhere.local_addr().expect("its address");
    let redirect = format!(
        "HTTP/1.1 307 X\r\nLocation: http://{place}/v1/challenge\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    office.proxy.always(Some(Fault::Say(redirect.into_bytes())));
    let round = tokio::select! {
        round = office.round() => round,
        _ = elsewhere.accept() => panic!("the desk went elsewhere"),
    };
    assert!(matches!(round, Outcome::Away(Trouble::Rubbish(_))), "{round:?}");
}

#[tokio::test]
async fn a_refusal_is_told_as_a_refusal_and_reading_goes_on() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Nowak", "Pierwsze").await;
    office.round().await;
    office.central.set_stage(registered.id, Stage::InProgress, None).await;
    office.desk.register("Nowak", "Drugie").await;

    for refusal in [
        json!({ "code": "schema_too_new", "known": 0 }),
        json!({ "code": "signature_wrong" }),
        json!({ "code": "chain_broken", "seq": 2 }),
        json!({ "code": "too_large" }),
    ] {
        office.proxy.plan("POST /v1/push", Fault::answer(409, "application/json", &refusal.to_string()));
        assert_eq!(office.round().await, Outcome::Held(ErrorCode::CentralRefused), "{refusal}");
        let CentralStatusView::Offline { why, waiting, .. } = office.line().await else { panic!("{refusal}") };
        assert_eq!((why, waiting), (ErrorCode::CentralRefused, 1));
        assert_eq!(office.letter(registered.id).await.stage, Stage::InProgress, "read all the same");
    }
    assert_eq!(office.round().await, Outcome::Quiet);

    for asked_to_wait in
        [json!({ "code": "retry", "afterSeconds": 7 }), json!({ "code": "too_many", "afterSeconds": 7 })]
    {
        office.proxy.plan("POST /v1/pull", Fault::answer(503, "application/json", &asked_to_wait.to_string()));
        assert!(matches!(office.round().await, Outcome::Away(Trouble::Refused(_))));
    }
    assert_eq!(office.round().await, Outcome::Quiet);
    office.all_is_quiet().await;
}

async fn cursor_of(office: &Office) -> (Vec<u8>, i64, Vec<u8>) {
    let mut db = office.desk.desk.read().await.expect("the database");
    sqlx::query_as("SELECT epoch, head, digest FROM sync_state").fetch_one(&mut *db).await.expect("the cursor")
}

async fn a_page(office: &Office, after: u64, head: u64, changes: Value) -> Fault {
    let (epoch, _, _) = cursor_of(office).await;
    let epoch = uuid::Uuid::from_slice(&epoch).expect("an epoch");
    let scanned = json!({ "epoch": epoch, "head": after, "digest": "ab".repeat(32) });
    let page = json!({ "kind": "changes", "changes": changes, "scannedUpTo": scanned, "head": head });
    Fault::answer(200, "application/json", &page.to_string())
}

#[tokio::test]
async fn a_page_that_makes_no_sense_moves_no_cursor() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    let before = cursor_of(&office).await;
    let change = |n: u64| json!({ "n": n, "digest": "ab".repeat(32), "body": { "kind": "letter" } });
    for (after, head, changes) in [
        // Back, or standing still before the head.
        (0, 9, json!([])),
        (1, 9, json!([])),
        // Out of order, known already, beyond the cursor.
        (3, 3, json!([change(3), change(2)])),
        (3, 3, json!([change(1), change(3)])),
        (3, 3, json!([change(2), change(4)])),
    ] {
        let fault = a_page(&office, after, head, changes.clone()).await;
        office.proxy.plan("POST /v1/pull", fault);
        let outcome = office.round().await;
        assert!(matches!(outcome, Outcome::Away(Trouble::Rubbish(_))), "{after} {head} {changes}: {outcome:?}");
        assert_eq!(cursor_of(&office).await, before);
    }
    assert_eq!(office.round().await, Outcome::Quiet);
}

#[tokio::test]
async fn a_change_that_cannot_be_read_is_kept_raw_and_holds_up_nothing() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    // A central of tomorrow announces a kind that this desk does not know, then something that it does.
    office.central.set_stage(registered.id, Stage::InProgress, None).await;
    sqlx::query("UPDATE change SET body = '{\"kind\":\"of_tomorrow\",\"x\":1}' WHERE n = 2")
        .execute(office.central.pool())
        .await
        .expect("changed");
    office.central.set_stage(registered.id, Stage::Closed, None).await;

    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.letter(registered.id).await.stage, Stage::Closed);
    let (n, body): (i64, Vec<u8>) = {
        let mut db = office.desk.desk.read().await.expect("the database");
        sqlx::query_as("SELECT n, body FROM raw_change").fetch_one(&mut *db).await.expect("one raw change")
    };
    assert_eq!((n, body.as_slice()), (2, &br#"{"kind":"of_tomorrow","x":1}"#[..]));
    assert_eq!(office.tasks().await, ["change_unreadable"]);
    assert_eq!(cursor_of(&office).await.1, 3);
}
