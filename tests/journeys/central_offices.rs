//! Several offices on one central: one office's credentials never read or change a byte of another's, over every route.

use std::{collections::BTreeMap, process::Command};

use axum::http::Method;
use central::{Config, Running, router};
use domain::{
    ids::{LetterId, ScanId},
    marks::Teryt,
};
use kit::{
    central_office::{PrivateCluster, trial},
    window::built,
};
use reqwest::StatusCode;
use sqlx::{Executor, PgPool};
use wire::v1::{Refusal, UploadCreate, path};

use crate::central_desk::{WireDesk, read, status_key};

const KRUSZYNA: &str = "2404082";
const OTHER: &str = "2235012";
/// Stands in everything that the other office writes.
const SENTINEL: &str = "Skarga na sąsiada";

fn teryt(code: &str) -> Teryt {
    Teryt::try_from(code.to_owned()).expect("teryt")
}

struct TwoOffices {
    central: Running,
    url: String,
    folder: tempfile::TempDir,
    _cluster: PrivateCluster,
}

fn run(url: &str, arguments: &[&str]) -> std::process::Output {
    Command::new(built("central")).args(arguments).env("CENTRAL_DATABASE_URL", url).output().expect("central runs")
}

fn said(output: &std::process::Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn config(url: &str, scans: &std::path::Path) -> Config {
    Config { office: None, min_free_percent: 0, ..trial(url, scans.to_owned(), teryt(KRUSZYNA), "") }
}

/// Two offices made by the command line, as a database user that is no superuser.
async fn two_offices() -> TwoOffices {
    let cluster = PrivateCluster::start().expect("a cluster");
    let admin = PgPool::connect(&cluster.url()).await.expect("the cluster");
    admin.execute("CREATE ROLE okienko LOGIN CREATEROLE").await.expect("a user");
    admin.execute("GRANT CREATE ON DATABASE postgres TO okienko").await.expect("granted");
    let url = cluster.url().replace("postgres@", "okienko@");
    for (office, name, host) in [
        (KRUSZYNA, "Urząd Gminy Kruszyna", "sprawa.kruszyna.example"),
        (OTHER, "Urząd Gminy Wierzbowo", "sprawa.wierzbowo.example"),
    ] {
        said(&run(&url, &["office", "add", office, "--name", name, "--host", host]));
    }
    let folder = tempfile::tempdir().expect("folder");
    let central = central::start(config(&url, folder.path())).await.expect("central");
    TwoOffices { central, url, folder, _cluster: cluster }
}

impl TwoOffices {
    fn pool(&self, code: &str) -> &PgPool {
        &self.central.offices.iter().find(|office| office.teryt.as_str() == code).expect("the office").pool
    }

    fn desk(&self, code: &str) -> WireDesk {
        WireDesk::at(format!("http://{}", self.central.desk_address), teryt(code), 1, "K1")
    }

    /// Every row of every table of an office, desks' tokens and challenges aside, which hello itself makes.
    async fn dump(&self, code: &str) -> BTreeMap<String, Vec<String>> {
        let pool = self.pool(code);
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()")
                .fetch_all(pool)
                .await
                .expect("tables");
        let mut dump = BTreeMap::new();
        for table in tables {
            let rows = format!("SELECT t::text FROM {table} AS t ORDER BY 1");
            let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(pool).await.expect("rows");
            dump.insert(table, rows);
        }
        dump
    }

    /// The files of scans, with their bytes.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut files = BTreeMap::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.to_string_lossy().into_owned(), std::fs::read(&path).expect("bytes"));
                }
            }
        }
        files
    }
}

/// A desk's letter with a stored scan.
async fn letter_with_scan(desk: &mut WireDesk, scan: u128, bytes: &[u8]) -> (LetterId, UploadCreate) {
    use sha2::Digest;
    let (letter, _) = desk.register();
    let sha256 = sha2::Sha256::digest(bytes).into();
    let create = UploadCreate { scan_id: ScanId(uuid::Uuid::from_u128(scan)), bytes: bytes.len() as u64, sha256 };
    desk.attach(letter, &create);
    desk.push_all().await;
    desk.create_upload(&create).await.expect("announced");
    desk.chunk(create.scan_id, 0, bytes).await.expect("sent");
    assert!(desk.finish(create.scan_id).await.expect("finished").stored);
    (letter, create)
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_one_office_reach_nothing_of_another_over_every_route() {
    let offices = two_offices().await;
    // The worst case: both offices' desks have the same id, key and symbol.
    let (mut ours, mut theirs) = (offices.desk(KRUSZYNA), offices.desk(OTHER));
    ours.hello().await.expect("hello");
    theirs.hello().await.expect("hello");
    theirs.title = SENTINEL.to_owned();
    letter_with_scan(&mut ours, 1, b"ours").await;
    theirs.ids_from(500);
    let (letter, create) = letter_with_scan(&mut theirs, 2, SENTINEL.as_bytes()).await;
    said(&run(&offices.url, &["unit", "add", "FN", SENTINEL, "--office-teryt", OTHER]));
    let (before, files) = (offices.dump(OTHER).await, offices.files());
    assert!(before["letter"].len() == 1 && before["change"][0].contains(SENTINEL));

    // Our token at their door, and at our own door for what is theirs. Nonces belong to nobody and are only made.
    let mut walked = 0;
    for route in router::routes() {
        let (ids, mut walk) = ([letter.to_string(), create.scan_id.to_string()], Vec::new());
        for part in route.path.split('/') {
            walk.push(match part {
                "{letter}" => &ids[0],
                "{scan}" => &ids[1],
                other => other,
            });
        }
        let url = walk.join("/") + if route.method == Method::PATCH { "?offset=0" } else { "" };
        let body = match route.path.as_str() {
            path::HELLO => serde_json::to_vec(&ours.hello_message(theirs.challenge().await.nonce)).expect("json"),
            path::PUSH => serde_json::to_vec(&theirs.batch(&theirs.sealed)).expect("json"),
            path::SCANS => serde_json::to_vec(&create).expect("json"),
            _ => b"{}".to_vec(),
        };
        for door in [Some(OTHER), Some(KRUSZYNA), None, Some("0000000"), Some("")] {
            let nonce = route.path == path::CHALLENGE && door.is_some_and(|door| [OTHER, KRUSZYNA].contains(&door));
            let answer = ours.send_to(door, route.method.clone(), &url, body.clone()).await;
            let status = answer.status();
            let text = answer.text().await.expect("text");
            // What is read at our own door is ours.
            let own = route.path == path::DIRECTORY && door == Some(KRUSZYNA);
            assert!(nonce || own || status.is_client_error(), "{route:?} by {door:?}: {status} {text}");
            for theirs in [SENTINEL, &letter.to_string(), "Łozińska"] {
                assert!(!text.contains(theirs), "{route:?} by {door:?}: {text}");
            }
            walked += 1;
        }
    }
    assert!(walked >= 5 * 9, "{walked}");
    let mut after = offices.dump(OTHER).await;
    let mut before = before;
    // A nonce that their own door gave is no byte of the office's: it was asked for without any credential.
    before.remove("challenge");
    after.remove("challenge");
    assert_eq!(after, before, "not a byte");
    assert_eq!(offices.files(), files);

    let said: Result<(), _> = read(ours.send_to(Some(OTHER), Method::POST, path::PULL, b"{}".to_vec()).await).await;
    assert_eq!(said.expect_err("a token of ours"), (StatusCode::UNAUTHORIZED, Refusal::TokenUnknown));
    let said: Result<(), _> = read(ours.send_to(None, Method::POST, path::PULL, b"{}".to_vec()).await).await;
    assert_eq!(said.expect_err("which office?"), (StatusCode::FORBIDDEN, Refusal::OfficeUnknown));
    offices.central.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_s_role_has_no_right_in_another_schema() {
    let offices = two_offices().await;
    let tables = offices.dump(OTHER).await;
    assert!(tables.len() > 10);
    let mut connection = offices.pool(KRUSZYNA).acquire().await.expect("a connection");
    let role: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut *connection).await.expect("role");
    assert_eq!(role, "okienko_office_2404082");
    for table in tables.keys() {
        for statement in [
            format!("SELECT 1 FROM office_{OTHER}.{table}"),
            format!("DELETE FROM office_{OTHER}.{table}"),
            format!("TRUNCATE office_{OTHER}.{table}"),
            format!("DROP TABLE office_{OTHER}.{table}"),
        ] {
            let denied = connection.execute(sqlx::AssertSqlSafe(statement.clone())).await.expect_err(&statement);
            let code = denied.as_database_error().and_then(sqlx::error::DatabaseError::code);
            assert_eq!(code.as_deref(), Some("42501"), "{statement}");
        }
    }
    for statement in ["CREATE SCHEMA office_0000000", "CREATE ROLE okienko_office_0000000", "CREATE TABLE public.x ()"]
    {
        connection.execute(statement).await.expect_err(statement);
    }
    drop(connection);
    offices.central.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_page_stands_under_its_own_name() {
    let offices = two_offices().await;
    let mut desk = offices.desk(KRUSZYNA);
    desk.hello().await.expect("hello");
    desk.register();
    desk.push_all().await;
    let page = async |host: &'static str, key: &str| {
        let request = reqwest::Client::new().post(format!("http://{}/s", offices.central.status_address));
        let request = request.header("host", host).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(format!("key={key}&lang=pl")).send().await.expect("an answer");
        assert!(answer.headers().contains_key("content-security-policy"));
        (answer.status(), answer.text().await.expect("html"))
    };
    // The test's keys are hashed with the code of Kruszyna.
    let key = status_key(1).display();
    let (status, ours) = page("sprawa.kruszyna.example", &key).await;
    assert!(status.is_success() && ours.contains("Urząd Gminy Kruszyna") && ours.contains("aria-current"));
    let (status, theirs) = page("Sprawa.Wierzbowo.example:8080", &key).await;
    assert!(status.is_success() && theirs.contains("Urząd Gminy Wierzbowo") && !theirs.contains("aria-current"));
    for nobody in ["127.0.0.1", "kruszyna.example", ""] {
        assert_eq!(page(nobody, &key).await, (StatusCode::NOT_FOUND, String::new()));
    }
    offices.central.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_with_newer_tables_is_left_out_and_the_others_are_served() {
    let offices = two_offices().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'of a newer program', true, '', 0)";
    sqlx::query(newer).execute(offices.pool(OTHER)).await.expect("a newer table");
    offices.central.stop().await;
    let central = central::start(config(&offices.url, offices.folder.path())).await.expect("central");
    assert_eq!(central.offices.iter().map(|office| office.teryt.as_str()).collect::<Vec<_>>(), [KRUSZYNA]);
    let metrics = reqwest::get(format!("http://{}/metrics", central.admin_address)).await.expect("an answer");
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("okienko_office_ready{office=\"2404082\"} 1"), "{metrics}");
    assert!(metrics.contains("okienko_office_ready{office=\"2235012\"} 0"), "{metrics}");
    let mut desk = WireDesk::at(format!("http://{}", central.desk_address), teryt(KRUSZYNA), 1, "K1");
    desk.hello().await.expect("served");
    let mut left_out = WireDesk::at(format!("http://{}", central.desk_address), teryt(OTHER), 1, "K1");
    assert_eq!(left_out.hello().await.expect_err("left out"), (StatusCode::FORBIDDEN, Refusal::OfficeUnknown));

    let list = said(&run(&offices.url, &["office", "list"]));
    assert!(list.contains("2404082  ready     Urząd Gminy Kruszyna  sprawa.kruszyna.example"), "{list}");
    assert!(list.contains("2235012  newer"), "{list}");
    let refused = run(&offices.url, &["desk", "list", "--office-teryt", OTHER]);
    assert_eq!(refused.status.code(), Some(1));
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("newer than this program (migration 9999): install a newer central"), "{why}");
    central.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offices_are_made_once_and_mistakes_are_told() {
    let offices = two_offices().await;
    let taken = ["office", "add", "0201011", "--name", "Trzecia", "--host", "Sprawa.Kruszyna.example"];
    let refused = run(&offices.url, &taken);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is that of office 2404082"));
    assert!(!said(&run(&offices.url, &["office", "list"])).contains("0201011"), "nothing was made");
    for wrong in [["office", "add", "24", "--name", "x"], ["office", "add", "0201011", "--host", "a b"]] {
        assert_eq!(run(&offices.url, &wrong).status.code(), Some(2), "{wrong:?}");
    }
    // A slip in the code makes no office.
    let nobody = run(&offices.url, &["desk", "list", "--office-teryt", "2404083"]);
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("holds no office 2404083"), "{nobody:?}");
    said(&run(&offices.url, &["office", "add", KRUSZYNA, "--name", "Urząd Miejski"]));
    let list: serde_json::Value =
        serde_json::from_str(&said(&run(&offices.url, &["office", "list", "--json"]))).expect("json");
    assert_eq!(list.as_array().expect("a list").len(), 2);
    assert_eq!((&list[1]["name"], &list[1]["host"]), (&"Urząd Miejski".into(), &serde_json::Value::Null));
    offices.central.stop().await;
}
