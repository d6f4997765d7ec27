//! Who lets whom in: a desk joins its office by an invitation, over TLS, and neither side takes another for it.

use std::process::{Command, Stdio};

use central::{
    accounts::{self, NewClerk},
    desks,
};
use desk::{
    DeskError,
    session::view::{FirstClerkDraft, LoginDraft, SessionView},
    sync::{Conversation, Outcome, Trouble},
};
use domain::{
    ErrorCode,
    rights::{RecordKind, Role},
};
use jiff::ToSpan;
use kit::{
    central_office::{CentralOffice, CentralSetup},
    test_desk::{BEGIN, PASSWORD, SetClock, TestDesk},
};
use wire::v1::{Bounds, Refusal};

use crate::office::pace;

async fn central() -> (CentralOffice, std::sync::Arc<SetClock>) {
    let set = SetClock::at(BEGIN);
    let clock = {
        let set = std::sync::Arc::clone(&set);
        central::Clock::of(move || desk::clock::Clock::now(set.as_ref()))
    };
    let central = CentralOffice::start(CentralSetup { clock, ..CentralSetup::of_an_office() }).await;
    (central.expect("central starts"), set)
}

/// Kinds of requests that desks made of it.
async fn requests(central: &CentralOffice) -> usize {
    let metrics = reqwest::get(format!("{}/metrics", central.admin_address)).await.expect("an answer");
    metrics.text().await.expect("text").lines().filter(|line| line.contains("listener=\"desks\"")).count()
}

fn code(error: &DeskError) -> ErrorCode {
    error.code()
}

#[tokio::test]
async fn an_invited_desk_is_let_in_once_and_its_letters_reach_central() {
    let (central, clock) = central().await;
    let desk = TestDesk::new().await;
    let invitation = central.invite("K1").await;
    let view = desk.join(&invitation).await.expect("let in");
    assert_eq!((view.office_name.as_str(), view.symbol.as_str()), ("Urząd Gminy Kruszyna", "K1"));
    assert_eq!(desk.join(&invitation).await.expect("the answer was lost, perhaps"), view);
    let mut sync = Conversation::new(desk.desk.clone(), pace());
    let letter = desk.register("Łozińska", "Wniosek").await;
    assert_eq!(letter.number, "RPW/K1/1/2026");
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert_eq!(central.letters().await.len(), 1);

    let second = TestDesk::with_seed(2).await;
    let refused = second.join(&invitation).await.expect_err("used by another");
    assert_eq!(code(&refused), ErrorCode::InvitationUnknown);
    let late = central.invite("K2").await;
    clock.advance(std::time::Duration::from_secs(15 * 60 + 1));
    assert_eq!(code(&second.join(&late).await.expect_err("too late")), ErrorCode::InvitationUnknown);
    assert_eq!(desk.join(&invitation).await.expect("its own, however late"), view);
    assert_eq!(desks::list(central.pool()).await.expect("desks").len(), 1, "nobody else came in");

    // The symbol has its desk now: the administrator hears of it at once.
    let guest = desks::Guest { symbol: view.symbol.clone(), bounds: Bounds::none(), by: "Jan".to_owned(), known: None };
    let again = desks::invite(&central.administrator(), central.teryt(), &guest).await;
    assert!(again.expect_err("taken").to_string().contains("granted to a desk"));
}

#[tokio::test]
async fn nothing_is_said_to_a_central_that_shows_another_key() {
    let (central, _) = central().await;
    let other = CentralOffice::start_on(central.cluster(), "impostor", CentralSetup::of_an_office()).await;
    let other = other.expect("another central of the same office");
    let desk = TestDesk::new().await;
    let invitation = central.invite("K1").await;
    let letters = invitation.split_once(' ').expect("address and letters").1;
    let refused = desk.join(&format!("{} {letters}", other.desk_address)).await.expect_err("another key");
    assert_eq!(code(&refused), ErrorCode::CentralNotTrusted);
    assert_eq!(requests(&other).await, 0, "not one request came through");

    desk.join(&invitation).await.expect("the right one");
    let mut sync = Conversation::new(desk.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Quiet);
    let address = other.desk_address.clone();
    desk.settings(|draft| draft.central_address = address).await;
    assert_eq!(sync.round().await, Outcome::Away(Trouble::Untrusted));
    assert!(requests(&central).await > 0, "requests are counted");
    assert_eq!(requests(&other).await, 0);
    let address = central.desk_address.replace("127.0.0.1", "localhost");
    desk.settings(|draft| draft.central_address = address).await;
    assert_eq!(sync.round().await, Outcome::Quiet, "another name of the same server");
}

#[tokio::test]
async fn a_wrong_clock_cuts_no_desk_off() {
    let (central, clock) = central().await;
    let desk = TestDesk::new().await;
    desk.join(&central.invite("K1").await).await.expect("let in");
    for moment in ["2016-01-04T08:00:00Z", "2046-01-02T08:00:00Z", BEGIN] {
        desk.clock.set(moment);
        let mut sync = Conversation::new(desk.desk.clone(), pace());
        assert_eq!(sync.round().await, Outcome::Quiet, "{moment}");
    }
    // Central's own certificate is long over by its date, and a new one is as good.
    clock.set("2036-11-24T08:00:00Z");
    let mut sync = Conversation::new(desk.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Quiet);
}

#[tokio::test]
async fn who_was_not_invited_stays_outside_and_a_desk_that_ended_is_not_renewed() {
    let (central, _) = central().await;
    let stranger = TestDesk::with_seed(2).await;
    let address = central.desk_address.clone();
    stranger.settings(|draft| draft.central_address = address).await;
    let mut sync = Conversation::new(stranger.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Away(Trouble::Refused(Refusal::NotEnrolled)));

    let desk = TestDesk::new().await;
    desk.join(&central.invite("K1").await).await.expect("let in");
    let revoked = desks::revoke(&central.administrator(), desk.desk.device()).await.expect("revoked");
    assert!(revoked);
    let refused = desk.join(&central.invite("K2").await).await.expect_err("never renewed in place");
    assert_eq!(code(&refused), ErrorCode::DeskRevoked);

    // Labels of another symbol are on paper already.
    let used = TestDesk::with_seed(3).await;
    used.register("Łozińska", "Wniosek").await;
    let refused = used.join(&central.invite("K3").await).await.expect_err("its labels bear none");
    assert_eq!(code(&refused), ErrorCode::SymbolNotHeld);
    let view = used.join(&central.invite("").await).await.expect("the symbol of its labels");
    assert_eq!(view.symbol.as_str(), "");
    let mut sync = Conversation::new(used.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert_eq!(central.letters().await.len(), 1, "what it registered alone is central's now");
}

#[tokio::test]
async fn an_old_invitation_gives_nothing_back_and_a_known_desk_is_invited_again() {
    let (central, _) = central().await;
    let desk = TestDesk::new().await;
    let invitation = central.invite("K1").await;
    desk.join(&invitation).await.expect("let in");
    let narrow =
        Bounds { scope: [RecordKind::Letters].into_iter().collect(), ceiling: [Role::Reception].into_iter().collect() };
    let device = desk.desk.device();
    desks::bound(&central.administrator(), device, narrow.clone()).await.expect("narrowed");
    let view = desk.join(&invitation).await.expect("the same desk");
    assert_eq!((view.kinds, view.roles), (vec![RecordKind::Letters], vec![Role::Reception]), "as they are now");
    assert_eq!(desk.desk.enrolment().expect("enrolled").bounds, narrow);

    let again = central.invite_again("K1", Bounds::none(), Some(device)).await;
    assert_eq!(desk.join(&again).await.expect("known, and invited again").roles.len(), Role::ALL.len());
    let mut sync = Conversation::new(desk.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Quiet);

    assert!(desks::revoke(&central.administrator(), device).await.expect("revoked"));
    for old in [&invitation, &again] {
        assert_eq!(code(&desk.join(old).await.expect_err("it ended")), ErrorCode::DeskRevoked);
    }
}

#[tokio::test]
async fn slips_of_the_finger_are_told_at_the_field() {
    use desk::enrolment::{join, view::EnrolDraft};

    let desk = TestDesk::bare(4).await.expect("a new desk");
    let draft =
        |address: &str, invitation: &str| EnrolDraft { address: address.to_owned(), invitation: invitation.to_owned() };
    for (address, invitation, wrong) in [
        ("", "", vec![("address", ErrorCode::Required), ("invitation", ErrorCode::Required)]),
        ("centrala", "0123", vec![("address", ErrorCode::AddressWrong), ("invitation", ErrorCode::InvitationWrong)]),
        (
            "http://127.0.0.1:8710",
            "0",
            vec![("address", ErrorCode::AddressWrong), ("invitation", ErrorCode::InvitationWrong)],
        ),
    ] {
        let DeskError::Draft(errors) = join(&desk.desk, draft(address, invitation)).await.expect_err("wrong") else {
            panic!("no field is named")
        };
        let told: Vec<_> = errors.0.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(told, wrong, "{address} {invitation}");
    }
    // Once somebody works here, not everybody may change what the desk belongs to.
    desk.sign_up().await;
    desk::session::sign_out(&desk.desk).await.expect("signed out");
    let refused = join(&desk.desk, draft("https://127.0.0.1:1", "0")).await.expect_err("nobody is signed in");
    assert_eq!(refused.code(), ErrorCode::NotSignedIn);
}

#[tokio::test]
async fn where_the_office_has_accounts_a_new_desk_makes_none() {
    let (central, _) = central().await;
    let new = NewClerk {
        login: "z.maj",
        given_name: "Zofia",
        surname: "Maj",
        password: PASSWORD.to_owned(),
        roles: &[Role::Reception, Role::TaxOfficer],
    };
    accounts::add(&central.administrator(), new).await.expect("an account");
    let desk = TestDesk::bare(1).await.expect("a new desk");
    let bounds =
        Bounds { scope: [RecordKind::Letters].into_iter().collect(), ceiling: [Role::Reception].into_iter().collect() };
    let view = desk.join(&central.invite_within("K1", bounds.clone()).await).await.expect("let in");
    assert_eq!((view.kinds, view.roles), (vec![RecordKind::Letters], vec![Role::Reception]));
    let state = desk::session::session_state(&desk.desk).await.expect("a state");
    assert_eq!(state, SessionView::SignedOut { clerks: Vec::new(), provider: false });
    let refused = desk::session::create_first_clerk(&desk.desk, FirstClerkDraft::default()).await;
    assert_eq!(refused.expect_err("no account of its own").code(), ErrorCode::AlreadySetUp);
    let draft = LoginDraft { login: "z.maj".to_owned(), password: PASSWORD.to_owned() };
    let state = desk::session::sign_in_by_login(&desk.desk, draft).await.expect("signed in");
    let SessionView::SignedIn { roles, .. } = state else { panic!("nobody is signed in") };
    assert_eq!(roles.iter().collect::<Vec<_>>(), [Role::Reception], "within the ceiling");

    // Wider bounds are told at the next hello, which is asked for at once.
    let wider = Bounds { ceiling: [Role::Reception, Role::TaxOfficer].into_iter().collect(), ..bounds };
    let device = desk.desk.device();
    desks::bound(&central.administrator(), device, wider.clone()).await.expect("bounded anew");
    let mut sync = Conversation::new(desk.desk.clone(), pace());
    assert_eq!(sync.round().await, Outcome::Quiet);
    assert_eq!(desk.desk.enrolment().expect("enrolled").bounds, wider);
    let listed = desks::list(central.pool()).await.expect("desks");
    assert!(
        listed[0].enrolled_at.is_some_and(|at| at < BEGIN.parse::<jiff::Timestamp>().expect("a moment") + 1.hour())
    );
    assert_eq!(listed[0].bounds, wider);
}

/// OpenSSL judges what central shows: TLS 1.3 and nothing older, a chain that its own verifier accepts, and the fingerprint
/// that the invitation holds.
#[tokio::test(flavor = "multi_thread")]
async fn openssl_accepts_the_certificates_and_finds_no_older_protocol() {
    let (central, _) = central().await;
    let host = central.desk_address.trim_start_matches("https://").to_owned();
    let connect = move |more: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &host, "-servername", "2404082.okienko.internal", "-showcerts"]);
        command.args(more).stdin(Stdio::null()).output().expect("openssl is installed")
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (connect, shown) = tokio::task::spawn_blocking(move || {
        let shown = connect(&[]);
        (connect, String::from_utf8_lossy(&shown.stdout).into_owned())
    })
    .await
    .expect("openssl ran");
    assert!(shown.contains("TLSv1.3"), "{shown}");
    let authority = shown.split("-----BEGIN CERTIFICATE-----").nth(2).expect("two certificates");
    let authority = authority.split("-----END CERTIFICATE-----").next().unwrap_or_default();
    let file = folder.path().join("authority.pem");
    let pem = format!("-----BEGIN CERTIFICATE-----{authority}-----END CERTIFICATE-----\n");
    std::fs::write(&file, pem).expect("written");
    let path = file.display().to_string();
    let fingerprint =
        central::trust::fingerprint(central.pool(), &central::Clock::system()).await.expect("an authority");
    tokio::task::spawn_blocking(move || {
        let verified =
            connect(&["-CAfile", &path, "-verify_return_error", "-verify_hostname", "2404082.okienko.internal"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        let elsewhere =
            connect(&["-CAfile", &path, "-verify_return_error", "-verify_hostname", "0404082.okienko.internal"]);
        assert!(!elsewhere.status.success(), "another office's name");
        assert!(!connect(&["-tls1_2"]).status.success(), "TLS 1.2 is not spoken");
        let script =
            "openssl x509 -in \"$0\" -pubkey -noout | openssl pkey -pubin -outform der | sha256sum | head -c 40";
        let hash = Command::new("sh").args(["-c", script, &path]).output().expect("openssl is installed");
        assert_eq!(String::from_utf8_lossy(&hash.stdout), domain::text::hex(&fingerprint.0));
    })
    .await
    .expect("openssl ran");
}
