//! The command line: stages change, answers are readable by people and programs, exit codes tell them apart.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

use domain::stage::Stage;
use kit::{central_office::CentralOffice, window::built};

use crate::central_desk::{WireDesk, letter_of, office};

fn central(office: &CentralOffice, arguments: &[&str]) -> Output {
    Command::new(built("central"))
        .args(arguments)
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .output()
        .expect("central runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_set_at_central_reaches_the_desks() {
    let office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    let (id, _) = desk.register();
    desk.push_all().await;
    desk.pull_all(10).await;

    let set = ["letter", "set-stage", "RPW/K1/1/2026", "handed-to-unit", "--unit", "Referat Finansowy", "--json"];
    let output = central(&office, &set);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_str(&said(&output)).expect("json");
    assert_eq!(answer["stage"], "handed_to_unit");
    assert_eq!(answer["unit"], "Referat Finansowy");
    let state = letter_of(&desk.pull_all(10).await[0]);
    assert_eq!((state.id, state.stage, state.stage_changed_by.as_str()), (id, Stage::HandedToUnit, "centrala"));

    // The desk's next change names central's as its base: no overlap.
    let based_on = state.last_ops.status;
    desk.set_stage(id, based_on, Stage::InProgress);
    desk.push_all().await;
    let output = central(&office, &["letter", "show", state.identifier.as_str()]);
    let text = said(&output);
    assert!(text.starts_with("RPW/K1/1/2026  WK1-26-000001-"), "{text}");
    assert!(text.contains("stage   in_progress (since 2026-11-23)") && !text.contains("tasks"), "{text}");
    assert!(!text.contains("Łozińska") && !text.contains("drzewa"), "no content: {text}");

    let kept = said(&central(&office, &["letter", "set-stage", &id.to_string(), "zakończono", "--json"]));
    assert!(kept.contains("\"unit\":\"Referat Finansowy\"") && kept.contains("\"closed\""), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_faults_apart() {
    let office = office().await;
    assert_eq!(central(&office, &["letter", "show", "RPW/K1/99/2026"]).status.code(), Some(3));
    assert_eq!(central(&office, &["letter", "set-stage", "rubbish", "closed"]).status.code(), Some(3));
    assert_eq!(central(&office, &["letter", "set-stage", "RPW/1/2026", "nonsense"]).status.code(), Some(2));
    let scans = office.scans.to_string_lossy().into_owned();
    let serve = ["serve", "--scans", &scans, "--office-name", "Urząd", "--transport", "plain", "--listen", "0.0.0.0:0"];
    let refused = central(&office, &serve);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("allowed on loopback only"));
    let nowhere = ["letter", "show", "RPW/1/2026", "--database-url", "postgres://postgres@127.0.0.1:1/x"];
    assert_eq!(central(&office, &nowhere).status.code(), Some(1));
    assert!(said(&central(&office, &["letter", "set-stage", "--help"])).contains("Example:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_says_where_it_listens_and_stops_when_asked() {
    let office = office().await;
    let folder = tempfile::tempdir().expect("folder");
    let mut child = Command::new(built("central"))
        .args(["serve", "--office-name", "Urząd Gminy Kruszyna", "--scans"])
        .arg(folder.path())
        .env("CENTRAL_TRANSPORT", "plain")
        .env("CENTRAL_ADMISSION", "first-hello")
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("central runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
    let listening: serde_json::Value = serde_json::from_str(&line).expect("json");
    let mut desk = WireDesk::new(&office, 1, "K1");
    desk.address = listening["desks"].as_str().expect("address").to_owned();
    desk.hello().await.expect("hello");
    desk.register();
    desk.push_all().await;
    let page = reqwest::get(listening["status"].as_str().expect("address")).await.expect("the page");
    assert!(page.text().await.expect("html").contains("Urząd Gminy Kruszyna"));
    Command::new("kill").arg(child.id().to_string()).status().expect("kill");
    let ended = child.wait_with_output().expect("ended");
    assert!(ended.status.success(), "stops with a good conscience");
    let log = String::from_utf8_lossy(&ended.stderr);
    assert!(log.contains("push") && log.contains("stopping"), "{log}");
    for secret in ["Łozińska", "Wójcik", "drzewa", &desk.token, &office.database_url] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn desks_and_what_is_held_of_them_are_listed_and_a_desk_is_revoked_once() {
    let office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    let id = desk.log.device.to_string();
    let revoked = central(&office, &["revoke", &id, "--json"]);
    assert!(revoked.status.success(), "{}", String::from_utf8_lossy(&revoked.stderr));
    assert_eq!(central(&office, &["revoke", &id]).status.code(), Some(3), "once");
    let stranger = "01939f2e-7c1a-7000-8000-000000000001";
    assert_eq!(central(&office, &["revoke", stranger]).status.code(), Some(3));

    desk.register();
    desk.push_all().await;
    let desks: serde_json::Value =
        serde_json::from_str(&said(&central(&office, &["desk", "list", "--json"]))).expect("json");
    assert_eq!(
        (&desks[0]["standing"], &desks[0]["operations"], &desks[0]["held"]),
        (&"revoked".into(), &1.into(), &1.into())
    );
    assert!(said(&central(&office, &["desk", "list"])).contains("K1  revoked"));
    let held = said(&central(&office, &["fork", "list"]));
    assert!(held.contains("letter_registered") && held.contains("RPW/K1/2/2026"), "{held}");
    let held = said(&central(&office, &["fork", "list", "--json"]));
    assert!(held.contains("\"seq\":2") && !held.contains("Łozińska"), "no content: {held}");
    assert!(said(&central(&office, &["revoke", "--help"])).contains("Example:"));

    // Nothing is read any more, by no route.
    let refused = desk.hello().await.expect("hello says why");
    assert_eq!(refused.standing, wire::v1::Standing::Revoked);
    let pull = wire::v1::Pull { cursor: wire::v1::Cursor::start(refused.epoch), limit: 10 };
    let said: Result<wire::v1::PullAnswer, _> = desk.ask(reqwest::Method::POST, wire::v1::path::PULL, &pull).await;
    assert_eq!(said.expect_err("no page"), (reqwest::StatusCode::FORBIDDEN, wire::v1::Refusal::Revoked));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_is_backed_up_and_brought_back() {
    let mut office = office().await;
    let mut desk = WireDesk::connected(&office, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    let safe = tempfile::tempdir().expect("a folder");
    let path = |name: &str| safe.path().join(name).to_string_lossy().into_owned();
    let (key_file, into, log, scans) =
        (path("key.txt"), path("backups"), path("log"), office.scans.to_string_lossy().into_owned());

    let made = central(&office, &["recovery-key", &key_file]);
    let key = said(&made).trim().to_owned();
    assert!(key.starts_with("age1"), "{key}");
    assert!(!central(&office, &["recovery-key", &key_file]).status.success(), "no key is written over");
    let usage = central(&office, &["backup", "--scans", &scans, "--into", &into, "--recovery-key", "age1wrong"]);
    assert_eq!(usage.status.code(), Some(2));
    let backup = ["backup", "--scans", &scans, "--into", &into, "--recovery-key", &key, "--json"];
    let output = central(&office, &backup);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_str(&said(&output)).expect("json");
    let file = report["file"].as_str().expect("a file").to_owned();

    desk.register();
    desk.push_all().await;
    let restore = ["restore", &file, "--key-file", &key_file, "--scans", &scans, "--admin-log", &log];
    let refused = central(&office, &restore);
    assert_eq!(refused.status.code(), Some(1), "the office is there");
    office.stop().await;
    let output = central(&office, &[&restore[..], &["--replace"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said(&output).starts_with("brought back: "), "{}", said(&output));
    office.start_again().await.expect("central serves");
    assert_eq!(office.letters().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_letters_and_a_code_that_another_program_reads() {
    let office = office().await;
    let invite = ["enrol", "--symbol", "K2", "--kind", "letters", "--role", "reception", "--address"];
    let told = central(&office, &[&invite[..], &["https://10.0.0.5:8710", "--json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&said(&told)).expect("json");
    assert_eq!((&told["symbol"], &told["bounds"]["scope"]), (&"K2".into(), &serde_json::json!(["letters"])));
    let invitation = wire::v1::Invitation::read(told["invitation"].as_str().expect("letters")).expect("an invitation");
    assert_eq!(&invitation.office, office.teryt());
    assert_eq!(told["fingerprint"].as_str(), Some(invitation.fingerprint.to_string().as_str()));

    let shown = said(&central(&office, &[&invite[..], &["https://10.0.0.5:8710/"]].concat()));
    let (code, words) = shown.split_once("address:").expect("a code, then words");
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("code.pgm");
    std::fs::write(&picture, drawn(code)).expect("written");
    let seen = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&picture).output().expect("zbarimg");
    let seen = said(&seen);
    let (address, letters) = seen.trim().split_once(' ').expect("address and letters");
    assert_eq!(address, "https://10.0.0.5:8710");
    assert!(words.contains(address) && words.contains(letters), "{words}");
    wire::v1::Invitation::read(letters).expect("an invitation");

    for (wrong, code) in [
        (vec!["enrol", "--symbol", "K3", "--role", "reception", "--address", "https://10.0.0.5"], 2),
        ([&invite[..], &["10.0.0.5:8710"]].concat(), 2),
        ([&invite[..], &["https://10.0.0.5:8710/desks"]].concat(), 2),
        (vec!["desk", "set-bounds", "0193a000-0000-7000-8000-000000000001", "--kind", "tax", "--role", "reception"], 3),
    ] {
        assert_eq!(central(&office, &wrong).status.code(), Some(code), "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_office_is_filled_for_a_look_and_one_that_holds_anything_is_refused() {
    let office = office().await;
    let filled = central(&office, &["demo", "--json"]);
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let filled: serde_json::Value = serde_json::from_str(&said(&filled)).expect("json");
    assert_eq!(
        (&filled["letters"], &filled["desks"], &filled["clerks"]),
        (&12.into(), &2.into(), &4.into()),
        "{filled}"
    );
    let letters = office.letters().await;
    assert_eq!(letters.len(), 12);
    assert!(letters.iter().any(|letter| letter.stage == Stage::InProgress && letter.unit.is_some()));
    let tasks: i64 = sqlx::query_scalar("SELECT count(*) FROM task").fetch_one(office.pool()).await.expect("tasks");
    assert_eq!(tasks, 0, "nothing that an administrator would have to settle");
    let fleet: serde_json::Value = serde_json::from_str(&said(&central(&office, &["fleet", "--json"]))).expect("json");
    let desks = fleet.as_array().expect("desks");
    assert_eq!(desks.len(), 2);
    assert!(desks.iter().any(|desk| desk["report"]["labelPrinter"] == "attention"), "{fleet}");
    let page = reqwest::Client::new()
        .post(format!("{}/s", office.status_address))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("lang=pl&key={}", filled["statusKey"].as_str().expect("a key")))
        .send()
        .await
        .expect("the status page");
    assert!(
        page.text().await.expect("a page").contains("Referat Organizacyjny"),
        "the citizen reads where the case is"
    );

    let again = central(&office, &["demo"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("for an empty one"));
    let real = self::office().await;
    let mut desk = WireDesk::connected(&real, 1, "K1").await;
    desk.register();
    desk.push_all().await;
    assert_eq!(central(&real, &["demo"]).status.code(), Some(1));
    assert_eq!(real.letters().await.len(), 1);
}

/// What a terminal shows of half blocks, six pixels to a module, as a grey picture.
fn drawn(blocks: &str) -> Vec<u8> {
    const MODULE: usize = 6;
    let mut rows: Vec<Vec<bool>> = Vec::new();
    for line in blocks.lines().filter(|line| !line.is_empty()) {
        rows.push(line.chars().map(|block| matches!(block, '█' | '▀')).collect());
        rows.push(line.chars().map(|block| matches!(block, '█' | '▄')).collect());
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut picture = format!("P5\n{} {}\n255\n", width * MODULE, rows.len() * MODULE).into_bytes();
    for row in rows {
        let line: Vec<u8> = (0..width * MODULE)
            .map(|x| if row.get(x / MODULE).copied().unwrap_or_default() { 0 } else { 255 })
            .collect();
        for _ in 0..MODULE {
            picture.extend_from_slice(&line);
        }
    }
    picture
}
