//! Central as the judge of what an identity provider says: what a desk brings holds once, for this office, and as it was asked.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use central::{Clock, accounts};
use domain::rights::Role;
use kit::{
    central_office::{CentralOffice, CentralSetup},
    identity_provider::{Browser, CLIENT, IdentityProvider, OTHER_CLIENT},
    window::built,
};
use reqwest::{Method, StatusCode, Url};
use wire::v1::{Provider, ProviderSignIn, Refusal, SignInAnswer, path};

use crate::{
    central_accounts::clerk,
    central_desk::{WireDesk, office},
};

const BACK: &str = "http://127.0.0.1:40123/zalogowano";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SUBJECT: &str = "podmiot-zofii";

const FAILED: (StatusCode, Refusal) = (StatusCode::FORBIDDEN, Refusal::SignInFailed);

/// An office that knows the provider, with a clerk who is linked.
async fn with_provider(office: &CentralOffice) -> IdentityProvider {
    let provider = IdentityProvider::start();
    let by = office.administrator();
    let secret = Some(CLIENT.1.to_owned());
    accounts::set_provider(&by, &provider.issuer, CLIENT.0, secret).await.expect("set");
    clerk(office, "z.maj", &[Role::Reception, Role::Secretary]).await;
    assert!(accounts::link(&by, "z.maj", SUBJECT).await.expect("linked"));
    provider
}

/// The provider's page, asked as a desk does.
async fn page(desk: &WireDesk) -> Url {
    let told: Provider = desk.ask(Method::GET, path::PROVIDER, &()).await.expect("the way");
    let mut page: Url = told.authorization_endpoint.parse().expect("an address");
    page.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("scope", "openid"),
        ("client_id", &told.client_id),
        ("redirect_uri", BACK),
        ("state", "stan"),
        ("nonce", "raz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("max_age", "0"),
    ]);
    page
}

/// The page without some of what was asked, or with another value.
fn with(page: &Url, name: &str, value: Option<&str>) -> Url {
    let mut changed = page.clone();
    let pairs: Vec<(String, String)> = page.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed
}

/// Signs in at the page and answers what the desk would bring.
async fn brought(page: &Url) -> ProviderSignIn {
    let back = Browser::new().sign_in(page.as_str(), SUBJECT).await;
    let code = back.query_pairs().find(|(key, _)| key == "code").map(|(_, code)| code.into_owned());
    ProviderSignIn {
        code: code.unwrap_or_else(|| panic!("no code: {back}")),
        verifier: VERIFIER.to_owned(),
        redirect_uri: BACK.to_owned(),
        nonce: "raz".to_owned(),
    }
}

async fn bring(desk: &WireDesk, brought: &ProviderSignIn) -> Result<SignInAnswer, (StatusCode, Refusal)> {
    desk.ask(Method::POST, path::PROVIDER, brought).await
}

#[tokio::test]
async fn what_a_desk_brings_holds_once_and_only_as_it_was_asked() {
    let office = office().await;
    let mut desk = WireDesk::new(&office, 1, "K1");
    assert!(!desk.hello().await.expect("hello").provider, "nothing to offer yet");
    let none = desk.ask::<Provider>(Method::GET, path::PROVIDER, &()).await.expect_err("no provider");
    assert_eq!(none, (StatusCode::NOT_FOUND, Refusal::NotFound));
    let _provider = with_provider(&office).await;
    assert!(desk.hello().await.expect("hello").provider);
    let page = page(&desk).await;

    let good = brought(&page).await;
    let answer = bring(&desk, &good).await.expect("signed in");
    assert_eq!((answer.login.as_str(), answer.surname.as_str()), ("z.maj", "Maj"));
    assert_eq!(answer.roles.iter().collect::<Vec<_>>(), [Role::Reception, Role::Secretary]);
    assert!(answer.session.is_some());
    assert_eq!(bring(&desk, &good).await.expect_err("a code is good once"), FAILED);

    let wrong = ProviderSignIn { nonce: "dwa".to_owned(), ..brought(&page).await };
    assert_eq!(bring(&desk, &wrong).await.expect_err("another nonce"), FAILED);
    let wrong = ProviderSignIn { verifier: VERIFIER.replace("dBj", "eBj"), ..brought(&page).await };
    assert_eq!(bring(&desk, &wrong).await.expect_err("another secret"), FAILED);
    let wrong = ProviderSignIn { redirect_uri: BACK.replace("40123", "40124"), ..brought(&page).await };
    assert_eq!(bring(&desk, &wrong).await.expect_err("another address"), FAILED);
    let elsewhere = brought(&with(&page, "client_id", Some(OTHER_CLIENT))).await;
    assert_eq!(bring(&desk, &elsewhere).await.expect_err("another office's code"), FAILED);
    let remembered = brought(&with(&with(&page, "max_age", None), "prompt", None)).await;
    assert_eq!(bring(&desk, &remembered).await.expect_err("nothing says when she proved herself"), FAILED);
    let empty = ProviderSignIn { code: String::new(), ..good.clone() };
    assert_eq!(bring(&desk, &empty).await.expect_err("no code").1, Refusal::Malformed);

    accounts::deactivate(&office.administrator(), "z.maj").await.expect("deactivated");
    let refused = bring(&desk, &brought(&page).await).await.expect_err("no longer");
    assert_eq!(refused, (StatusCode::FORBIDDEN, Refusal::ClerkUnlinked));
}

#[tokio::test]
async fn a_client_without_a_secret_does_as_well_and_links_are_those_of_the_issuer() {
    let office = office().await;
    let provider = with_provider(&office).await;
    let desk = WireDesk::connected(&office, 1, "K1").await;
    let by = office.administrator();
    accounts::set_provider(&by, &provider.issuer, OTHER_CLIENT, None).await.expect("set");
    let page = page(&desk).await;
    assert!(page.as_str().contains(OTHER_CLIENT));
    assert!(bring(&desk, &brought(&page).await).await.is_ok());

    // The same name at another provider is somebody else, until an administrator says so.
    let another = IdentityProvider::start();
    accounts::set_provider(&by, &another.issuer, OTHER_CLIENT, None).await.expect("set");
    let elsewhere = self::page(&desk).await;
    let refused = bring(&desk, &brought(&elsewhere).await).await.expect_err("not linked there");
    assert_eq!(refused.1, Refusal::ClerkUnlinked);
    assert_eq!(bring(&desk, &brought(&page).await).await.expect_err("a code of the one before"), FAILED);
    accounts::link(&by, "z.maj", SUBJECT).await.expect("linked there, too");
    assert!(bring(&desk, &brought(&elsewhere).await).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_past_its_time_holds_no_more() {
    let clock = Clock::of(|| "2100-01-04T08:00:00Z".parse().expect("a moment"));
    let office = CentralOffice::start(CentralSetup { clock, ..CentralSetup::default() }).await.expect("central");
    let _provider = with_provider(&office).await;
    let desk = WireDesk::connected(&office, 1, "K1").await;
    let late = brought(&page(&desk).await).await;
    assert_eq!(bring(&desk, &late).await.expect_err("by central's clock"), FAILED);
}

#[tokio::test]
async fn tries_are_the_desk_s_and_a_provider_that_is_away_says_so() {
    let office = office().await;
    let mut provider = with_provider(&office).await;
    let (desk, other) = (WireDesk::connected(&office, 1, "K1").await, WireDesk::connected(&office, 2, "K2").await);
    let page = page(&desk).await;
    let guess = ProviderSignIn {
        code: "zgadywany".to_owned(),
        verifier: VERIFIER.to_owned(),
        redirect_uri: BACK.to_owned(),
        nonce: "raz".to_owned(),
    };
    for _ in 0..10 {
        assert_eq!(bring(&desk, &guess).await.expect_err("a guess"), FAILED);
    }
    let good = brought(&page).await;
    assert_eq!(bring(&desk, &good).await.expect_err("the eleventh").0, StatusCode::TOO_MANY_REQUESTS);
    assert!(bring(&other, &good).await.is_ok(), "the other desk goes on");

    provider.stop();
    let away = (StatusCode::BAD_GATEWAY, Refusal::ProviderAway);
    assert_eq!(bring(&other, &guess).await.expect_err("nobody answers"), away);
    let told = other.ask::<Provider>(Method::GET, path::PROVIDER, &()).await;
    assert_eq!(told.expect_err("nobody answers"), away);
}

#[tokio::test]
async fn a_restored_central_knows_provider_and_links_again_and_asks_for_the_secret() {
    let mut office = office().await;
    let _provider = with_provider(&office).await;
    clerk(&office, "e.dab", &[Role::Reception]).await;
    let by = office.administrator();
    accounts::link(&by, "e.dab", "podmiot-ewy").await.expect("linked");
    assert!(accounts::unlink(&by, "e.dab").await.expect("unlinked"));
    // As the database was before.
    for earlier in [
        "DELETE FROM clerk_subject",
        "DELETE FROM oidc_provider",
        "UPDATE office_state SET admin_n = 0, admin_hash = decode(repeat('00', 32), 'hex')",
    ] {
        sqlx::query(earlier).execute(office.pool()).await.expect("set back");
    }
    office.stop().await;
    office.start_again().await.expect("central starts");
    let clerks = accounts::list(office.pool()).await.expect("clerks");
    let linked: Vec<_> = clerks.iter().map(|clerk| (clerk.login.as_str(), clerk.linked)).collect();
    assert_eq!(linked, [("e.dab", false), ("z.maj", true)]);
    let log = std::fs::read_to_string(office.log_file().path()).expect("the log");
    assert!(log.contains("provider_set") && !log.contains(CLIENT.1), "no secret stands in the file");
    let mut desk = WireDesk::new(&office, 1, "K1");
    assert!(!desk.hello().await.expect("hello").provider, "nothing is offered that cannot work");
}

fn central(office: &CentralOffice, arguments: &[&str], typed: &str) -> Output {
    let mut child = Command::new(built("central"))
        .args(arguments)
        .env("CENTRAL_DATABASE_URL", &office.database_url)
        .env("CENTRAL_OFFICE_TERYT", office.teryt().as_str())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("central runs");
    // A command that asks for nothing closes its input at once.
    let _ = child.stdin.take().expect("stdin").write_all(format!("{typed}\n").as_bytes());
    child.wait_with_output().expect("central ends")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_sets_shows_and_clears_the_provider_and_links_accounts() {
    let office = office().await;
    let mut provider = IdentityProvider::start();
    let desk = WireDesk::connected(&office, 1, "K1").await;
    clerk(&office, "z.maj", &[Role::Reception]).await;
    clerk(&office, "e.dab", &[Role::Reception]).await;
    let run = |arguments: &[&str]| central(&office, arguments, CLIENT.1);
    let json = |output: Output| serde_json::from_str::<serde_json::Value>(&said(&output)).expect("json");

    assert_eq!(run(&["user", "link", "z.maj", "--subject", SUBJECT]).status.code(), Some(3), "no provider yet");
    assert!(said(&run(&["oidc", "show"])).contains("no identity provider"));
    let issuer = provider.issuer.clone();
    let set = ["oidc", "set", "--issuer", &issuer, "--client-id", CLIENT.0, "--client-secret", "--json"];
    let shown = run(&set);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    assert!(!said(&shown).contains(CLIENT.1), "the secret is never shown");
    let shown = json(shown);
    assert_eq!((&shown["clientId"], &shown["secretMissing"]), (&CLIENT.0.into(), &false.into()));
    for wrong in ["http://konta.example", "konta", ""] {
        let refused = run(&["oidc", "set", "--issuer", wrong, "--client-id", "okienko"]);
        assert_eq!(refused.status.code(), Some(2), "{wrong}");
    }
    let other = format!("{issuer}/inny");
    let refused = run(&["oidc", "set", "--issuer", &other, "--client-id", "okienko"]);
    assert_eq!(refused.status.code(), Some(1), "nobody answers there as a provider");

    let page = page(&desk).await;
    assert_eq!(bring(&desk, &brought(&page).await).await.expect_err("not linked").1, Refusal::ClerkUnlinked);
    let shown = json(run(&["oidc", "show", "--json"]));
    assert_eq!((&shown["strangers"][0]["subject"], &shown["strangers"][0]["desk"]), (&SUBJECT.into(), &"K1".into()));
    assert!(said(&run(&["oidc", "show"])).contains(SUBJECT));

    assert!(run(&["user", "link", "z.maj", "--subject", SUBJECT]).status.success());
    assert!(said(&run(&["user", "link", "z.maj", "--subject", SUBJECT])).contains("was linked already"));
    assert_eq!(run(&["user", "link", "z.maj", "--subject", "inny"]).status.code(), Some(2), "one subject a clerk");
    assert_eq!(run(&["user", "link", "e.dab", "--subject", SUBJECT]).status.code(), Some(2), "one clerk a subject");
    assert_eq!(run(&["user", "link", "n.ikt", "--subject", "x"]).status.code(), Some(3));
    assert_eq!(run(&["user", "link", "e.dab", "--subject", ""]).status.code(), Some(2));
    assert!(said(&run(&["user", "list"])).contains("linked"));
    assert!(bring(&desk, &brought(&page).await).await.is_ok());
    assert_eq!(json(run(&["user", "unlink", "z.maj", "--json"]))["done"], "unlinked");
    assert!(said(&run(&["user", "unlink", "z.maj"])).contains("was not linked"));
    assert_eq!(bring(&desk, &brought(&page).await).await.expect_err("unlinked").1, Refusal::ClerkUnlinked);

    assert!(said(&run(&["oidc", "clear"])).contains("cleared"));
    assert_eq!(json(run(&["oidc", "clear", "--json"]))["done"], "there was none");
    provider.stop();
    assert_eq!(run(&set).status.code(), Some(1), "it is asked before it is set");
    for command in ["oidc set", "oidc show", "oidc clear", "user link", "user unlink"] {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        assert!(said(&run(&words)).contains("Example"), "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_says_stands_in_no_log() {
    let office = office().await;
    let _provider = with_provider(&office).await;
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
    let good = brought(&page(&desk).await).await;
    assert!(bring(&desk, &good).await.is_ok());
    assert!(bring(&desk, &good).await.is_err());
    accounts::unlink(&office.administrator(), "z.maj").await.expect("unlinked");
    assert!(bring(&desk, &brought(&page(&desk).await).await).await.is_err());
    Command::new("kill").arg(child.id().to_string()).status().expect("kill");
    assert!(child.wait().expect("ended").success());
    let log = std::fs::read_to_string(folder.path().join("log")).expect("the log");
    assert!(log.contains("signed in") && log.contains("no active account is linked"), "{log}");
    for secret in [good.code.as_str(), VERIFIER, SUBJECT, CLIENT.1, "z.maj", "Zofia", "eyJ", "b2tpZW5rbzpuaWUt"] {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
}
