//! `central setup`: from an empty PostgreSQL to a central that serves and backs up, once and again.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use kit::{private_cluster::PrivateCluster, window::built};
use serde_json::Value;
use sqlx::{Connection, PgConnection};

/// A computer on which nothing was set up yet.
struct Computer {
    cluster: PrivateCluster,
    folder: tempfile::TempDir,
}

impl Computer {
    /// With a database user of these rights.
    async fn new(rights: &str) -> Self {
        let cluster = PrivateCluster::start().expect("PostgreSQL");
        let mut administrator = PgConnection::connect(&cluster.url()).await.expect("the server");
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE ROLE okienko LOGIN {rights}")))
            .execute(&mut administrator)
            .await
            .expect("a role");
        Self { cluster, folder: tempfile::tempdir().expect("a folder") }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self, database: &str) -> String {
        self.cluster.url_of(database).replace("postgres@", "okienko@")
    }

    fn first(&self) -> Vec<String> {
        let file = |name: &str| self.at(name).display().to_string();
        let words = [
            ("--database-url", self.url("kruszyna")),
            ("--office-teryt", "2404082".to_owned()),
            ("--office-name", NAME.to_owned()),
            ("--scans", file("scans")),
            ("--admin-log", file("log")),
            ("--recovery-key-file", file("key.txt")),
            ("--config", file("central.env")),
            ("--unit", file("central.service")),
        ];
        words.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
    }
}

fn setup(words: &[String]) -> Output {
    let mut command = Command::new(built("central"));
    command.arg("setup").args(words).stdin(Stdio::null()).output().expect("central runs")
}

/// Nothing that a shell or systemd takes for something else.
const NAME: &str = "Urząd \"Gminy\" $HOME `id` \\Kruszyna";

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn steps(report: &Value) -> BTreeMap<String, String> {
    let steps = report["steps"].as_array().expect("steps").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    steps.map(|step| (text(&step["what"]), text(&step["verdict"]))).collect()
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).expect("the file").permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_server_becomes_a_central_that_serves_and_backs_up_and_nothing_is_made_twice() {
    let computer = Computer::new("CREATEROLE CREATEDB").await;
    let json = "--json".to_owned();
    let output = setup(&[computer.first(), vec![json.clone()]].concat());
    let first = report(&output);
    assert!(output.status.success(), "{first}");
    let made = steps(&first);
    for what in ["database", "office", "scans", "admin_log", "recovery_key", "config", "unit"] {
        assert_eq!(made[what], "made", "{what}: {first}");
    }
    for what in ["postgresql", "rights", "authority"] {
        assert_eq!(made[what], "good", "{what}: {first}");
    }
    assert!(made.contains_key("disks") && made.contains_key("encryption"), "{first}");
    assert_eq!((mode(&computer.at("key.txt")), mode(&computer.at("central.env"))), (0o600, 0o640));
    let unit = std::fs::read_to_string(computer.at("central.service")).expect("the unit");
    for line in [
        format!("EnvironmentFile={}", computer.at("central.env").display()),
        format!("ExecStart={} serve", built("central").display()),
        format!("ReadWritePaths=\"{}\" \"{}\"", computer.at("scans").display(), computer.at("log").display()),
    ] {
        assert!(unit.contains(&line), "{line} in {unit}");
    }

    // Again: only the file of settings is named, an administrator's own options in it stay.
    let config = std::fs::read_to_string(computer.at("central.env")).expect("settings");
    let config = config.replace("\nBACKUP=\"\"\n", "\nBACKUP=\"--into /mnt/backup\"\n");
    std::fs::write(computer.at("central.env"), &config).expect("written");
    let file = |name: &str| computer.at(name).display().to_string();
    let words = ["--config".to_owned(), file("central.env"), "--unit".to_owned(), file("central.service"), json];
    let output = setup(&words);
    let again = report(&output);
    assert!(output.status.success(), "{again}");
    assert!(!steps(&again).values().any(|verdict| verdict == "made"), "{again}");
    assert_eq!(steps(&again)["config"], "good");
    assert_eq!((&again["fingerprint"], &again["recoveryKey"]), (&first["fingerprint"], &first["recoveryKey"]));
    // What differs is told and not touched.
    let other = setup(&[&words[..], &["--office-name".to_owned(), "Gmina".to_owned()]].concat());
    assert_eq!(steps(&report(&other))["config"], "warning");
    assert_eq!(std::fs::read_to_string(computer.at("central.env")).expect("settings"), config);
    setup(&words);

    // A shell that reads the file, as the README says, means the same.
    let shell = Command::new("sh")
        .args(["-c", ". \"$0\"; printf '%s|%s' \"$CENTRAL_OFFICE_NAME\" \"$BACKUP\""])
        .arg(computer.at("central.env"))
        .output()
        .expect("a shell");
    assert_eq!(String::from_utf8_lossy(&shell.stdout), format!("{NAME}|--into /mnt/backup"));
    let settings = central::setup::known(&computer.at("central.env")).expect("settings");
    assert_eq!(settings["CENTRAL_OFFICE_NAME"], NAME);
    let mut serving = Command::new(built("central"))
        .args(["serve", "--listen", "127.0.0.1:0", "--public-listen", "127.0.0.1:0"])
        .envs(&settings)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("central runs");
    let mut line = String::new();
    BufReader::new(serving.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
    let listening: Value = serde_json::from_str(&line).expect("it listens");
    let ready = reqwest::get(format!("{}/ready", listening["admin"].as_str().expect("an address"))).await;
    assert_eq!(ready.expect("an answer").status(), reqwest::StatusCode::OK);
    serving.kill().expect("ended");
    serving.wait().expect("ended");
    let backup = Command::new(built("central"))
        .args(["backup", "--json", "--into"])
        .arg(computer.at("backups"))
        .envs(&settings)
        .output()
        .expect("central runs");
    assert!(backup.status.success(), "{}", String::from_utf8_lossy(&backup.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_and_nobody_is_asked_where_nobody_sits() {
    let computer = Computer::new("").await;
    let output = setup(&[computer.first(), vec!["--json".to_owned()]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(steps(&report(&output)), BTreeMap::from([("database".to_owned(), "failed".to_owned())]), "no CREATEDB");
    assert!(!computer.at("scans").exists() && !computer.at("key.txt").exists(), "nothing was begun");

    let mut words = computer.first();
    words[1] = computer.url("postgres");
    let output = setup(&words);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("FAILED  rights") && said.contains("CREATEROLE"), "{said}");

    for flag in ["--database-url", "--office-teryt", "--office-name", "--scans"] {
        let mut words = computer.first();
        let place = words.iter().position(|word| word == flag).expect("a flag");
        words.drain(place..place + 2);
        let output = setup(&words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("{flag} is missing")), "{said}");
    }
}
