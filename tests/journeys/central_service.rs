//! Central as a service: what it tells systemd, how it stops, what its log says, what the administrator sees of desks.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read},
    os::unix::net::UnixDatagram,
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use kit::{central_office::CentralOffice, window::built};
use reqwest::Method;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use wire::v1::{DeviceState, Report, Reported, path};

use crate::central_desk::{WireDesk, office, status_key};

/// `central serve` as a process of its own on the office's database.
struct Served {
    child: Child,
    desks: String,
    status: String,
    admin: String,
    // Read from the start: central must never wait for a reader of its log.
    log: JoinHandle<String>,
    _folder: tempfile::TempDir,
}

fn serve(office: &CentralOffice, environment: &[(&str, &str)]) -> Served {
    let folder = tempfile::tempdir().expect("folder");
    let mut child = Command::new(built("central"))
        .args(["serve", "--log-format", "json", "--office-name", "Urząd Gminy Kruszyna", "--scans"])
        .arg(folder.path())
        .env("CENTRAL_TRANSPORT", "plain")
        .env("CENTRAL_ADMISSION", "first-hello")
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .env("RUST_LOG", "trace,h2=off,hyper=info")
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("central runs");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("stdout")).read_line(&mut line).expect("a line");
    let listening: Value = serde_json::from_str(&line).expect("json");
    let address = |name: &str| listening[name].as_str().expect("an address").to_owned();
    let mut stderr = child.stderr.take().expect("stderr");
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).expect("a log");
        log
    });
    Served { log, desks: address("desks"), status: address("status"), admin: address("admin"), child, _folder: folder }
}

impl Served {
    fn terminate(&self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().expect("kill").success());
    }

    fn log(mut self) -> String {
        let log = self.log.join().expect("a log");
        assert!(self.child.wait().expect("ended").success(), "stops with a good conscience: {log}");
        log
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_hears_when_central_serves_lives_and_stops() {
    let office = office().await;
    let folder = tempfile::tempdir().expect("folder");
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).expect("a socket");
    manager.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit for hanging");
    let heard = || {
        let mut said = [0; 256];
        let length = manager.recv(&mut said).expect("a word");
        String::from_utf8_lossy(&said[..length]).trim().to_owned()
    };
    let central = serve(&office, &[("NOTIFY_SOCKET", &socket.to_string_lossy()), ("WATCHDOG_USEC", "200000")]);
    assert_eq!(heard(), "READY=1");
    assert_eq!([heard(), heard()], ["WATCHDOG=1", "WATCHDOG=1"]);
    central.terminate();
    let mut last = heard();
    while last == "WATCHDOG=1" {
        last = heard();
    }
    assert_eq!(last, "STOPPING=1");
    central.log();
}

/// Requests whose head central has read and whose body it waits for when it is told to stop.
#[tokio::test(flavor = "multi_thread")]
async fn requests_at_work_are_answered_though_central_is_told_to_stop() {
    let office = office().await;
    let central = serve(&office, &[]);
    let mut desk = WireDesk::new(&office, 1, "K1");
    desk.address.clone_from(&central.desks);
    desk.hello().await.expect("hello");
    desk.register();
    let body = serde_json::to_vec(&desk.batch(&desk.sealed)).expect("json");
    let socket = central.desks.strip_prefix("http://").expect("an address").to_owned();
    let mut at_work = Vec::new();
    for _ in 0..16 {
        let mut stream = TcpStream::connect(&socket).await.expect("connected");
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: central\r\nauthorization: Bearer {}\r\nexpect: 100-continue\r\n\
             content-length: {}\r\n\r\n",
            path::PUSH,
            desk.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("head");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.expect("central asks for the body");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        at_work.push(stream);
    }
    central.terminate();
    // It has heard the signal once nobody new is let in.
    while TcpStream::connect(&socket).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for mut stream in at_work {
        stream.write_all(&body).await.expect("body");
        let mut line = String::new();
        tokio::io::BufReader::new(stream).read_line(&mut line).await.expect("an answer");
        assert_eq!(line, "HTTP/1.1 200 OK\r\n");
    }
    central.log();
    assert_eq!(office.letters().await.len(), 1, "and none was taken twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_lines_of_json_and_says_nothing_of_letters_people_or_keys() {
    let office = office().await;
    let central = serve(&office, &[]);
    let mut desk = WireDesk::new(&office, 1, "K1");
    desk.address.clone_from(&central.desks);
    desk.hello().await.expect("hello");
    desk.title = "Skarga na sąsiada".to_owned();
    let (letter, _) = desk.register();
    desk.push_all().await;
    desk.set_stage(letter, None, domain::stage::Stage::InProgress);
    desk.push_all().await;
    desk.pull_all(10).await;
    for body in [&b"{\"ops\":\"Wydmuchowska\"}"[..], b"Wydmuchowska"] {
        desk.send(Method::POST, path::PUSH, body.to_vec()).await;
    }
    desk.send(Method::GET, "/v1/scans/Wydmuchowska", Vec::new()).await;
    let key = status_key(1).display();
    for typed in [&*key, "Wydmuchowska"] {
        let request = reqwest::Client::new().post(format!("{}/s", central.status));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(format!("key={typed}")).send().await.expect("an answer");
    }
    let metrics = reqwest::get(format!("{}/metrics", central.admin)).await.expect("an answer");
    let metrics = metrics.text().await.expect("text");
    central.terminate();
    let log = central.log();
    assert!(log.lines().count() > 10);
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).expect("a line of JSON");
        assert!(event["timestamp"].is_string() && event["level"].is_string(), "{line}");
    }
    // At the most talkative level, where sqlx tells every statement: never its values.
    for secret in ["Skarga", "Łozińska", "Wójcik", "Wydmuchowska", &key, &key.replace('-', ""), &desk.token] {
        assert!(!log.contains(secret), "{secret} in the log");
        assert!(!metrics.contains(secret), "{secret} in the metrics");
    }
}

fn report(unsent: u32, oldest_unsent_seconds: Option<u64>, label_printer: DeviceState) -> Report {
    let (program, mfp) = ("0.1.7".to_owned(), DeviceState::None);
    Report {
        program,
        unsent,
        oldest_unsent_seconds,
        label_printer,
        mfp,
        read_scope: None,
        authority: None,
        erased: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_sees_every_desk() {
    let office = office().await;
    let first = WireDesk::connected(&office, 1, "K1").await;
    let second = WireDesk::connected(&office, 2, "K2").await;
    let told: Reported =
        first.ask(Method::POST, path::REPORT, &report(3, Some(7_300), DeviceState::Attention)).await.expect("noted");
    assert_eq!(told.again_seconds, 60);
    let told: Reported =
        first.ask(Method::POST, path::REPORT, &report(2, Some(7_400), DeviceState::Attention)).await.expect("again");
    assert_eq!(told.again_seconds, 60);
    let quiet = "UPDATE device SET last_seen_at = last_seen_at - interval '1 hour' WHERE symbol = 'K2'";
    sqlx::query(quiet).execute(office.pool()).await.expect("an hour passes");

    let run = |arguments: &[&str]| {
        let mut command = Command::new(built("central"));
        command.args(arguments).env("CENTRAL_DATABASE_URL", &office.database_url);
        let output = command.env("CENTRAL_OFFICE_TERYT", office.teryt().as_str()).output().expect("central runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let table = run(&["fleet"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[1].contains("K1  counts    0.1.7") && lines[1].contains("     2       2h  attention  none"),
        "{table}"
    );
    assert!(lines[2].contains("K2") && lines[2].ends_with("SILENT"), "{table}");
    let json: Value = serde_json::from_str(&run(&["fleet", "--json"])).expect("json");
    assert_eq!((&json[0]["report"]["unsent"], &json[1]["report"]), (&2.into(), &Value::Null));

    let ask = async |path: &str| reqwest::get(format!("{}{path}", office.admin_address)).await.expect("an answer");
    let fleet: Value = ask("/v1/fleet").await.json().await.expect("json");
    assert_eq!(fleet[0]["office"], "2404082");
    assert_eq!(fleet[0]["desks"][0]["id"], first.log.device.to_string());
    assert_eq!((&fleet[0]["desks"][0]["silent"], &fleet[0]["desks"][1]["silent"]), (&false.into(), &true.into()));
    let metrics = ask("/metrics").await.text().await.expect("text");
    for line in [
        "okienko_desks{office=\"2404082\",which=\"all\"} 2",
        "okienko_desks{office=\"2404082\",which=\"silent\"} 1",
        "okienko_desks{office=\"2404082\",which=\"attention\"} 1",
        "okienko_oldest_unsent_seconds{office=\"2404082\"} 7400",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line}: {metrics}");
    }
    let rubbish = Report { program: "\n".to_owned(), ..report(0, None, DeviceState::Ready) };
    second.ask::<Reported>(Method::POST, path::REPORT, &rubbish).await.expect_err("no version");
}

/// Judged by a validator that others wrote, and complete.
#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_s_routes_are_described_in_valid_openapi() {
    let office = office().await;
    let answer = reqwest::get(format!("{}/openapi.json", office.admin_address)).await.expect("an answer");
    let description = answer.text().await.expect("text");
    let read: Value = serde_json::from_str(&description).expect("json");
    let described: BTreeSet<&str> = read["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let routes = central::admin::routes();
    let real: BTreeSet<&str> = routes.iter().map(|route| route.path.as_str()).collect();
    assert_eq!(described, real);

    let folder = built("central").parent().expect("a folder").join("openapi-witness");
    let python = folder.join("bin/python");
    let run = |command: &mut Command| {
        let output = command.output().expect("the command starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{command:?}: {said}");
        said
    };
    if !folder.join("ready").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "openapi-spec-validator==0.7.2"]));
        std::fs::write(folder.join("ready"), "").expect("written");
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), description).expect("written");
    let said = run(Command::new(&python).args(["-m", "openapi_spec_validator"]).arg(file.path()));
    assert!(said.contains("OK"), "{said}");
}
