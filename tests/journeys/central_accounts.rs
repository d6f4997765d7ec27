//! Clerks' accounts: made by the command line, used at a desk, guarded against guessing, and in no log.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use central::accounts::{self, NewClerk};
use domain::rights::Role;
use kit::{central_office::CentralOffice, window::built};
use reqwest::{Method, StatusCode};
use wire::v1::{ChangePassword, Refusal, SignIn, SignInAnswer, path};

use crate::central_desk::{WireDesk, office};

pub(crate) const PASSWORD: &str = "zielona brama 7";

/// Makes an account of an invented clerk with the given roles.
pub(crate) async fn clerk(office: &CentralOffice, login: &str, roles: &[Role]) {
    let new = NewClerk { login, given_name: "Zofia", surname: "Maj", password: PASSWORD.to_owned(), roles };
    accounts::add(&office.administrator(), new).await.expect("an account");
}

pub(crate) async fn sign_in(
    desk: &WireDesk,
    login: &str,
    password: &str,
) -> Result<SignInAnswer, (StatusCode, Refusal)> {
    let question = SignIn { login: login.to_owned(), password: password.to_owned() };
    desk.ask(Method::POST, path::SIGN_IN, &question).await
}

const FAILED: (StatusCode, Refusal) = (StatusCode::FORBIDDEN, Refusal::SignInFailed);

#[tokio::test]
async fn a_clerk_signs_in_with_her_password_and_hears_her_roles() {
    let office = office().await;
    let desk = WireDesk::connected(&office, 1, "K1").await;
    clerk(&office, "z.maj", &[Role::Reception, Role::Secretary]).await;

    let answer = sign_in(&desk, " Z.Maj ", PASSWORD).await.expect("signed in");
    assert_eq!((answer.login.as_str(), answer.surname.as_str()), ("z.maj", "Maj"));
    assert_eq!(answer.roles.iter().collect::<Vec<_>>(), [Role::Reception, Role::Secretary]);
    assert_eq!(sign_in(&desk, "z.maj", "zielona brama 8").await.expect_err("another password"), FAILED);
    assert_eq!(sign_in(&desk, "n.ikt", PASSWORD).await.expect_err("nobody's login"), FAILED);
    assert_eq!(sign_in(&desk, "Żadna taka; DROP TABLE clerk", "x").await.expect_err("no login at all"), FAILED);

    accounts::revoke(&office.administrator(), "z.maj", Role::Secretary).await.expect("revoked");
    let roles = sign_in(&desk, "z.maj", PASSWORD).await.expect("signed in").roles;
    assert_eq!(roles.iter().collect::<Vec<_>>(), [Role::Reception], "a role revoked holds at once");
    accounts::deactivate(&office.administrator(), "z.maj").await.expect("deactivated");
    assert_eq!(sign_in(&desk, "z.maj", PASSWORD).await.expect_err("no longer"), FAILED);
}

#[tokio::test]
async fn another_password_needs_the_present_one_and_ends_every_other_session() {
    const NEXT: &str = "trzy koty na dachu";
    let office = office().await;
    let desk = WireDesk::connected(&office, 1, "K1").await;
    let other = WireDesk::connected(&office, 2, "K2").await;
    clerk(&office, "z.maj", &[Role::DataProtectionOfficer]).await;
    let change = async |password: &str, new_password: &str| {
        let [login, password, new_password] = ["z.maj", password, new_password].map(str::to_owned);
        let asked = ChangePassword { login, password, new_password };
        desk.ask::<SignInAnswer>(Method::POST, path::PASSWORD, &asked).await
    };
    let elsewhere = sign_in(&other, "z.maj", PASSWORD).await.expect("signed in").session.expect("a session");
    let counts = async |session: &str| {
        let sessions = "SELECT count(*) FROM clerk_session WHERE hash = sha256($1::bytea)";
        sqlx::query_scalar::<_, i64>(sessions).bind(session.as_bytes()).fetch_one(office.pool()).await.expect("a count")
    };
    assert_eq!(counts(&elsewhere).await, 1);

    assert_eq!(change("zielona brama 8", NEXT).await.expect_err("another password"), FAILED);
    let weak = (StatusCode::UNPROCESSABLE_ENTITY, Refusal::PasswordGuessable);
    for guessable in ["krótkie", "kruszyna2026", "ZofiaMaj!"] {
        assert_eq!(change(PASSWORD, guessable).await.expect_err("judged here, too"), weak);
    }
    let session = change(PASSWORD, NEXT).await.expect("changed").session.expect("a new session");
    assert_eq!((counts(&elsewhere).await, counts(&session).await), (0, 1));
    assert_eq!(sign_in(&desk, "z.maj", PASSWORD).await.expect_err("the one before"), FAILED);
    assert!(sign_in(&desk, "z.maj", NEXT).await.is_ok());
    let noted = "SELECT count(*) FROM audit_entry WHERE body LIKE '%password_changed%Zofia Maj%' OR body LIKE '%Zofia Maj%password_changed%'";
    assert_eq!(sqlx::query_scalar::<_, i64>(noted).fetch_one(office.pool()).await.expect("a count"), 1);

    for n in 0..10 {
        assert_eq!(change(&format!("zgadywane {n}"), NEXT).await.expect_err("a guess"), FAILED);
    }
    assert_eq!(change(NEXT, PASSWORD).await.expect_err("the eleventh").0, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn passwords_are_not_guessed_one_after_another_nor_all_at_once() {
    let office = office().await;
    let desk = WireDesk::connected(&office, 1, "K1").await;
    let other = WireDesk::connected(&office, 2, "K2").await;
    clerk(&office, "z.maj", &[Role::Reception]).await;

    let crowded = WireDesk::connected(&office, 3, "K3").await;
    let guesses = (0..25).map(|n| {
        let desk = &crowded;
        async move { sign_in(desk, "k.lis", &format!("zgadywane {n}")).await.expect_err("a guess").0 }
    });
    let answers = futures::future::join_all(guesses).await;
    let looked_at = answers.iter().filter(|status| **status == StatusCode::FORBIDDEN).count();
    assert!(looked_at <= 10, "no more than ten are looked at, whatever their order: {answers:?}");

    for n in 0..10 {
        assert_eq!(sign_in(&desk, "z.maj", &format!("zgadywane {n}")).await.expect_err("a guess"), FAILED);
    }
    let refused = sign_in(&desk, "z.maj", PASSWORD).await.expect_err("the eleventh, though it is the right one");
    let (StatusCode::TOO_MANY_REQUESTS, Refusal::TooMany { after_seconds }) = refused else { panic!("{refused:?}") };
    assert!((1..=900).contains(&after_seconds), "{after_seconds}");
    let refused = sign_in(&other, "z.maj", PASSWORD).await.expect_err("nor from another desk");
    assert_eq!(refused.0, StatusCode::TOO_MANY_REQUESTS);

    // Another login is free until the desk's own limit.
    clerk(&office, "a.lis", &[Role::Reception]).await;
    assert!(sign_in(&desk, "a.lis", PASSWORD).await.is_ok());
    for n in 0..29 {
        let _ = sign_in(&desk, &format!("wymyslony{n}"), PASSWORD).await;
    }
    let refused = sign_in(&desk, "a.lis", PASSWORD).await.expect_err("the desk tries too much");
    assert_eq!(refused.0, StatusCode::TOO_MANY_REQUESTS);
    assert!(sign_in(&other, "a.lis", PASSWORD).await.is_ok(), "the other desk goes on");
}

fn central(office: &CentralOffice, arguments: &[&str], password: &str) -> Output {
    let mut child = Command::new(built("central"))
        .args(arguments)
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("central runs");
    // A command that asks for no password closes its input at once.
    let _ = child.stdin.take().expect("stdin").write_all(format!("{password}\n").as_bytes());
    child.wait_with_output().expect("central ends")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_makes_changes_and_lists_accounts() {
    let office = office().await;
    let desk = WireDesk::connected(&office, 1, "K1").await;
    let add = ["user", "add", "Z.Maj", "--given-name", "Zofia", "--surname", "Maj", "--role", "reception", "--json"];
    let made = central(&office, &add, PASSWORD);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let json: serde_json::Value = serde_json::from_str(&said(&made)).expect("json");
    assert_eq!((&json["login"], &json["roles"][0]), (&"z.maj".into(), &"reception".into()));
    assert!(sign_in(&desk, "z.maj", PASSWORD).await.is_ok());

    let again = central(&office, &add, PASSWORD);
    assert_eq!(again.status.code(), Some(2), "a login is given once");
    let short = ["user", "add", "a.lis", "--given-name", "Anna", "--surname", "Lis"];
    assert_eq!(central(&office, &short, "krótkie").status.code(), Some(2));
    let guessed = central(&office, &short, "AnnaLis2026");
    let why = String::from_utf8_lossy(&guessed.stderr).into_owned();
    assert!(guessed.status.code() == Some(2) && why.contains("too easy to guess"), "{why}");
    let odd = ["user", "add", "a lis", "--given-name", "Anna", "--surname", "Lis"];
    assert_eq!(central(&office, &odd, PASSWORD).status.code(), Some(2));

    assert!(central(&office, &["user", "set-password", "z.maj"], "czerwona furtka 3").status.success());
    assert!(sign_in(&desk, "z.maj", PASSWORD).await.is_err());
    assert!(sign_in(&desk, "z.maj", "czerwona furtka 3").await.is_ok());

    assert!(central(&office, &["role", "grant", "z.maj", "tax-officer"], "").status.success());
    let repeated = central(&office, &["role", "grant", "z.maj", "tax-officer"], "");
    assert!(said(&repeated).contains("had it already"));
    let listed = said(&central(&office, &["role", "list"], ""));
    assert!(listed.contains("z.maj") && listed.contains("reception,tax_officer"), "{listed}");
    assert!(central(&office, &["role", "revoke", "z.maj", "tax-officer", "--json"], "").status.success());
    assert!(central(&office, &["user", "deactivate", "z.maj"], "").status.success());
    let listed: serde_json::Value =
        serde_json::from_str(&said(&central(&office, &["user", "list", "--json"], ""))).expect("json");
    assert_eq!((&listed[0]["active"], &listed[0]["roles"]), (&false.into(), &serde_json::json!(["reception"])));

    for unknown in [["user", "deactivate", "n.ikt"].as_slice(), &["role", "grant", "n.ikt", "secretary"]] {
        assert_eq!(central(&office, unknown, "").status.code(), Some(3));
    }
    for command in
        ["user add", "user list", "user set-password", "user deactivate", "role grant", "role revoke", "role list"]
    {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        assert!(said(&central(&office, &words, "")).contains("Example"), "{command}");
    }
    let dump = format!("{listed}{}{}", said(&made), String::from_utf8_lossy(&made.stderr));
    assert!(!dump.contains(PASSWORD) && !dump.contains("argon2"), "{dump}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_to_sign_in_stands_in_no_log() {
    let office = office().await;
    clerk(&office, "z.maj", &[Role::Reception]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(built("central"))
        .args(["serve", "--office-name", "Urząd Gminy Kruszyna", "--scans"])
        .arg(folder.path())
        .env("CENTRAL_TRANSPORT", "plain")
        .env("CENTRAL_ADMISSION", "first-hello")
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::from(std::fs::File::create(folder.path().join("log")).expect("a file")))
        .spawn()
        .expect("central runs");
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().expect("stdout"));
    std::io::BufRead::read_line(&mut out, &mut line).expect("a line");
    let listening: serde_json::Value = serde_json::from_str(&line).expect("json");
    let mut desk = WireDesk::new(&office, 1, "K1");
    desk.address = listening["desks"].as_str().expect("address").to_owned();
    desk.hello().await.expect("hello");
    assert!(sign_in(&desk, "z.maj", PASSWORD).await.is_ok());
    assert!(sign_in(&desk, "haslo-w-polu-loginu", "inne hasło 99").await.is_err());
    Command::new("kill").arg(child.id().to_string()).status().expect("kill");
    assert!(child.wait().expect("ended").success());
    let log = std::fs::read_to_string(folder.path().join("log")).expect("the log");
    assert!(log.contains("signed in") && log.contains("signing in failed"), "{log}");
    for secret in [PASSWORD, "inne hasło", "haslo-w-polu", "z.maj", "Zofia", "argon2"] {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
}
