//! Clerks sign in by the office's identity provider: a real provider, a browser over HTTP, a desk and central.

use std::sync::{Arc, Mutex};

use central::accounts::{self, NewClerk};
use desk::{
    Desk, DeskError,
    session::{
        self,
        view::{LoginDraft, SessionView},
    },
    sync::Outcome,
};
use domain::{
    ErrorCode,
    ids::ClerkId,
    rights::{Role, Roles},
};
use kit::identity_provider::{Browser, CLIENT, IdentityProvider};
use reqwest::{StatusCode, Url};
use tokio::task::JoinHandle;

use crate::office::Office;

const PASSWORD: &str = "zielona brama 7";

/// An office with a provider, whose desk has heard of it and has nobody signed in.
async fn open() -> (Office, IdentityProvider) {
    let (provider, mut office) = (IdentityProvider::start(), Office::open().await);
    let by = office.central.administrator();
    let shown = accounts::set_provider(&by, &provider.issuer, CLIENT.0, Some(CLIENT.1.to_owned())).await;
    assert!(!shown.expect("set").secret_missing);
    for (login, given_name, roles) in
        [("z.maj", "Zofia", [Role::Reception, Role::Secretary].as_slice()), ("e.dab", "Ewa", &[Role::Reception])]
    {
        let new = NewClerk { login, given_name, surname: "Maj", password: PASSWORD.to_owned(), roles };
        accounts::add(&by, new).await.expect("an account");
    }
    assert_eq!(office.round().await, Outcome::Quiet);
    let out = session::sign_out(&office.desk.desk).await.expect("signed out");
    assert!(matches!(out, SessionView::SignedOut { provider: true, .. }), "the button is there: {out:?}");
    (office, provider)
}

async fn link(office: &Office, login: &str, subject: &str) {
    assert!(accounts::link(&office.central.administrator(), login, subject).await.expect("linked"));
}

/// The browser signs in as the subject and comes back.
async fn sign_in(office: &Office, subject: &str) -> Result<SessionView, DeskError> {
    let (seen, desk) = (Arc::new(Mutex::new(None::<JoinHandle<()>>)), &office.desk.desk);
    let (handle, subject) = (Arc::clone(&seen), subject.to_owned());
    let done = session::sign_in_by_provider(desk, move |page| {
        let page = page.to_owned();
        *handle.lock().expect("a lock") = Some(tokio::spawn(async move {
            let back = Browser::new().sign_in(&page, &subject).await;
            let (status, text) = Browser::new().visit(back.as_str()).await;
            assert!(status == StatusCode::OK && text.contains("wrócić do Okienka"), "{text}");
        }));
        Ok(())
    })
    .await;
    let browser = seen.lock().expect("a lock").take();
    if let Some(browser) = browser {
        browser.await.expect("the browser reads its last page");
    }
    done
}

/// Begins an attempt and answers the provider's page, while the desk waits.
async fn begun(desk: &Arc<Desk>) -> (Url, JoinHandle<Result<SessionView, DeskError>>) {
    let (tell, told) = tokio::sync::oneshot::channel();
    let desk = Arc::clone(desk);
    let attempt = tokio::spawn(async move {
        session::sign_in_by_provider(&desk, move |page| {
            tell.send(page.to_owned()).expect("somebody listens");
            Ok(())
        })
        .await
    });
    (told.await.expect("a page").parse().expect("an address"), attempt)
}

async fn by_password(office: &Office, login: &str) -> Result<SessionView, DeskError> {
    let draft = LoginDraft { login: login.to_owned(), password: PASSWORD.to_owned() };
    session::sign_in_by_login(&office.desk.desk, draft).await
}

fn seated(view: &SessionView) -> (ClerkId, String, Roles) {
    match view {
        SessionView::SignedIn { clerk, roles } => (clerk.id, clerk.name.clone(), roles.clone()),
        SessionView::FirstStart | SessionView::SignedOut { .. } | SessionView::Locked { .. } => panic!("{view:?}"),
    }
}

fn code(refused: Result<SessionView, DeskError>) -> ErrorCode {
    refused.expect_err("refused").code()
}

async fn nobody_is_there(office: &Office) {
    let state = session::session_state(&office.desk.desk).await.expect("the state");
    assert!(matches!(state, SessionView::SignedOut { .. }), "{state:?}");
}

async fn sign_ins_in_the_audit(office: &Office) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM audit_entry WHERE body LIKE '%signed_in_at_central%'")
        .fetch_one(office.central.pool())
        .await
        .expect("the audit")
}

#[tokio::test]
async fn she_works_in_her_roles_and_offline_only_where_she_gave_her_password() {
    let (mut office, _provider) = open().await;
    link(&office, "z.maj", "podmiot-zofii").await;
    let before = sign_ins_in_the_audit(&office).await;
    let (id, name, roles) = seated(&sign_in(&office, "podmiot-zofii").await.expect("signed in"));
    assert_eq!((name.as_str(), roles), ("Zofia Maj", [Role::Reception, Role::Secretary].into_iter().collect()));
    assert_eq!(sign_ins_in_the_audit(&office).await, before + 1);

    office.desk.register("Nowak", "Skarga").await;
    assert_eq!(office.round().await, Outcome::Quiet);
    office.all_is_quiet().await;
    let letter = office.central.letters().await.remove(0);
    assert_eq!(letter.registered_by, "Zofia Maj");
    assert!(letter.tasks.is_empty(), "what she does counts: {:?}", letter.tasks);

    office.proxy.down().await;
    session::sign_out(&office.desk.desk).await.expect("signed out");
    assert_eq!(code(sign_in(&office, "podmiot-zofii").await), ErrorCode::CentralUnreachable);
    assert_eq!(code(by_password(&office, "z.maj").await), ErrorCode::CentralNeeded, "no password was ever given here");
    office.proxy.up().await;
    seated(&by_password(&office, "z.maj").await.expect("by password"));
    assert_eq!(seated(&sign_in(&office, "podmiot-zofii").await.expect("and by the provider")).0, id);
    office.proxy.down().await;
    seated(&by_password(&office, "z.maj").await.expect("what this desk knew of her password stayed"));
}

#[tokio::test]
async fn who_is_not_linked_or_not_active_is_told_so_and_no_account_is_made() {
    let (office, _provider) = open().await;
    let by = office.central.administrator();
    // A login is no subject, whatever the provider calls her.
    assert_eq!(code(sign_in(&office, "z.maj").await), ErrorCode::ClerkUnlinked);
    nobody_is_there(&office).await;
    let now = office.desk.desk.now();
    let shown = accounts::show_provider(office.central.pool(), now).await.expect("shown").expect("a provider");
    let strangers: Vec<_> = shown.strangers.iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(strangers, ["z.maj"], "whom the administrator may link");
    assert_eq!(accounts::list(office.central.pool()).await.expect("accounts").len(), 2);

    link(&office, "e.dab", "z.maj").await;
    assert_eq!(seated(&sign_in(&office, "z.maj").await.expect("linked by the administrator alone")).1, "Ewa Maj");
    let shown = accounts::show_provider(office.central.pool(), now).await.expect("shown").expect("a provider");
    assert!(shown.strangers.is_empty());
    accounts::deactivate(&by, "e.dab").await.expect("deactivated");
    session::sign_out(&office.desk.desk).await.expect("signed out");
    assert_eq!(code(sign_in(&office, "z.maj").await), ErrorCode::ClerkUnlinked);
    nobody_is_there(&office).await;
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_sent_away_and_the_attempt_goes_on() {
    let (office, _provider) = open().await;
    link(&office, "z.maj", "podmiot-zofii").await;
    let (page, attempt) = begun(&office.desk.desk).await;
    let back = Browser::new().sign_in(page.as_str(), "podmiot-zofii").await;
    let mut forged = back.clone();
    let pairs: Vec<_> = back.query_pairs().filter(|(key, _)| key != "state").collect();
    forged.query_pairs_mut().clear().extend_pairs(pairs).append_pair("state", "podrobiony");
    for strange in [forged.as_str(), &back.as_str().replace("/zalogowano?", "/inne?")] {
        let (status, text) = Browser::new().visit(strange).await;
        assert!(status.is_client_error() && text.contains("nie czeka na tę odpowiedź"), "{status} {text}");
    }
    assert!(!attempt.is_finished(), "it waits for the right one");
    assert_eq!(Browser::new().visit(back.as_str()).await.0, StatusCode::OK);
    seated(&attempt.await.expect("ended").expect("signed in"));
    let again = reqwest::Client::new().get(back).send().await;
    assert!(again.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn she_gives_up_is_refused_or_has_no_browser() {
    let (office, _provider) = open().await;
    let desk = &office.desk.desk;
    let (_, attempt) = begun(desk).await;
    session::give_up(desk).await.expect("given up");
    assert_eq!(code(attempt.await.expect("ended")), ErrorCode::GivenUp);
    // Another attempt ends the one before; so does signing in otherwise.
    let (_, first) = begun(desk).await;
    let (page, second) = begun(desk).await;
    assert_eq!(code(first.await.expect("ended")), ErrorCode::GivenUp);
    let back = Browser::new().refuse(page.as_str()).await;
    Browser::new().visit(back.as_str()).await;
    assert_eq!(code(second.await.expect("ended")), ErrorCode::ProviderFailed);
    let (_, third) = begun(desk).await;
    seated(&by_password(&office, "e.dab").await.expect("by password"));
    assert_eq!(code(third.await.expect("ended")), ErrorCode::GivenUp);
    session::sign_out(desk).await.expect("signed out");
    let missing = session::sign_in_by_provider(desk, |_| Err(std::io::ErrorKind::NotFound.into())).await;
    assert_eq!(code(missing), ErrorCode::BrowserMissing);
    nobody_is_there(&office).await;
}

#[tokio::test]
async fn the_lock_opens_for_who_locked_it() {
    let (office, _provider) = open().await;
    link(&office, "z.maj", "podmiot-zofii").await;
    link(&office, "e.dab", "podmiot-ewy").await;
    let (id, ..) = seated(&sign_in(&office, "podmiot-zofii").await.expect("signed in"));
    let locked = session::lock(&office.desk.desk).await.expect("locked");
    assert!(matches!(locked, SessionView::Locked { provider: true, .. }), "{locked:?}");
    assert_eq!(code(sign_in(&office, "podmiot-ewy").await), ErrorCode::LockedByAnother);
    let state = session::session_state(&office.desk.desk).await.expect("the state");
    assert!(matches!(&state, SessionView::Locked { clerk, .. } if clerk.id == id), "{state:?}");
    assert_eq!(seated(&sign_in(&office, "podmiot-zofii").await.expect("unlocked")).0, id);
}

#[tokio::test]
async fn central_restarts_in_the_middle_and_the_provider_goes_away() {
    let (mut office, mut provider) = open().await;
    link(&office, "z.maj", "podmiot-zofii").await;
    let (page, attempt) = begun(&office.desk.desk).await;
    let back = Browser::new().sign_in(page.as_str(), "podmiot-zofii").await;
    office.central.stop().await;
    office.central.start_again().await.expect("central serves");
    Browser::new().visit(back.as_str()).await;
    seated(&attempt.await.expect("ended").expect("signed in"));

    session::sign_out(&office.desk.desk).await.expect("signed out");
    provider.stop();
    assert_eq!(code(sign_in(&office, "podmiot-zofii").await), ErrorCode::ProviderAway);
    seated(&by_password(&office, "z.maj").await.expect("passwords work as ever"));

    // The administrator takes it away: the button goes.
    accounts::clear_provider(&office.central.administrator()).await.expect("cleared");
    session::sign_out(&office.desk.desk).await.expect("signed out");
    assert_eq!(code(sign_in(&office, "podmiot-zofii").await), ErrorCode::ProviderAway);
    let state = session::session_state(&office.desk.desk).await.expect("the state");
    assert!(matches!(state, SessionView::SignedOut { provider: false, .. }), "{state:?}");
}
