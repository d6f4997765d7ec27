//! The administrator's listener: alive, ready, counted; and nothing of a letter anywhere in it.

use reqwest::StatusCode;
use serde_json::Value;

use crate::central_desk::{WireDesk, office};

#[tokio::test(flavor = "multi_thread")]
async fn central_is_alive_and_ready_and_counts_what_it_answers() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    let ask = |path: &str| reqwest::get(format!("{}{path}", central.admin_address));
    let health = ask("/health").await.expect("an answer");
    assert_eq!(health.status(), StatusCode::OK);
    let ready = ask("/ready").await.expect("an answer");
    assert_eq!(ready.status(), StatusCode::OK);
    let ready: Value = ready.json().await.expect("json");
    for part in ["ready", "database", "migrations", "scans", "roomForScans"] {
        assert_eq!(ready[part], true, "{part}");
    }
    let metrics = ask("/metrics").await.expect("an answer").text().await.expect("text");
    let counted = "okienko_answers_total{listener=\"desks\",method=\"POST\",route=\"/v1/push\",status=\"200\"} 1";
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
    assert!(metrics.contains("okienko_office_ready{office=\"2404082\"} 1"));
    for secret in ["Łozińska", "Wójcik", "drzewa", "RPW", &desk.token] {
        assert!(!metrics.contains(secret), "{secret}");
    }
    assert_eq!(ask("/v1/push").await.expect("an answer").status(), StatusCode::NOT_FOUND, "no desk's route here");
}

#[tokio::test(flavor = "multi_thread")]
async fn central_is_not_ready_without_its_tables_or_its_folder() {
    let central = office().await;
    let ready = async || {
        let answer = reqwest::get(format!("{}/ready", central.admin_address)).await.expect("an answer");
        (answer.status(), answer.json::<Value>().await.expect("json"))
    };
    std::fs::remove_dir_all(&central.scans).expect("removed");
    let (status, said) = ready().await;
    assert_eq!(
        (status, &said["scans"], &said["database"]),
        (StatusCode::SERVICE_UNAVAILABLE, &false.into(), &true.into())
    );
    std::fs::create_dir_all(&central.scans).expect("made");
    assert_eq!(ready().await.0, StatusCode::OK);

    let newer =
        "UPDATE _sqlx_migrations SET version = 9999 WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    sqlx::query(newer).execute(central.pool()).await.expect("a newer table");
    let (status, said) = ready().await;
    assert_eq!((status, &said["migrations"]), (StatusCode::SERVICE_UNAVAILABLE, &false.into()));
}
