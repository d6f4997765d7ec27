//! Clerks of central at a desk: they sign in while central answers and while it is away, act in their roles and no others, and
//! what they do counts at central.

use central::accounts::{self, NewClerk};
use desk::{
    DeskError,
    audit::{self, view::AuditDraft},
    day_sheet, intake, letters,
    letters::view::{CancellationDraft, CorrectionDraft, RegisterQuery, StageDraft},
    people, recovery, scanning,
    session::{
        self,
        view::{LoginDraft, PasswordDraft, PinDraft, SessionView, SignInDraft},
    },
    settings, slip,
    sync::Outcome,
    tasks,
};
use domain::{
    ErrorCode,
    ids::{ClerkId, LetterId},
    letter::LetterDraft,
    rights::{Act, COMMANDS, Gate, Role},
    stage::Stage,
};
use kit::proxy::Fault;
use uuid::Uuid;

use crate::office::Office;

const PASSWORD: &str = "zielona brama 7";

async fn account(office: &Office, login: &str, roles: &[Role]) {
    let new = NewClerk { login, given_name: "Zofia", surname: "Maj", password: PASSWORD.to_owned(), roles };
    accounts::add(&office.central.administrator(), new).await.expect("an account");
}

async fn log_in(office: &Office, login: &str, password: &str) -> Result<SessionView, DeskError> {
    let draft = LoginDraft { login: login.to_owned(), password: password.to_owned() };
    session::sign_in_by_login(&office.desk.desk, draft).await
}

fn seated(view: &SessionView) -> ClerkId {
    match view {
        SessionView::SignedIn { clerk, .. } => clerk.id,
        SessionView::FirstStart | SessionView::SignedOut { .. } | SessionView::Locked { .. } => panic!("{view:?}"),
    }
}

fn code<T: std::fmt::Debug>(refused: Result<T, DeskError>) -> ErrorCode {
    refused.expect_err("refused").code()
}

#[tokio::test]
async fn what_a_clerk_of_central_does_counts_and_the_label_and_history_bear_her_name() {
    let mut office = Office::open().await;
    assert_eq!(office.round().await, Outcome::Quiet);
    account(&office, "z.maj", &[Role::Reception, Role::Secretary]).await;
    session::sign_out(&office.desk.desk).await.expect("signed out");
    let view = log_in(&office, " Z.Maj ", PASSWORD).await.expect("signed in");
    assert!(matches!(&view, SessionView::SignedIn { clerk, .. } if clerk.name == "Zofia Maj"), "{view:?}");

    let registered = office.desk.register("Nowak", "Skarga").await;
    let stage = StageDraft { letter_id: registered.id, stage: Stage::InProgress, unit: "Sekretariat".to_owned() };
    letters::set_stage(&office.desk.desk, stage).await.expect("a stage");
    assert_eq!(office.round().await, Outcome::Quiet);
    office.all_is_quiet().await;
    let letter = office.central.letters().await.remove(0);
    assert_eq!((letter.registered_by.as_str(), letter.stage), ("Zofia Maj", Stage::InProgress));
    assert!(letter.tasks.is_empty(), "permitted, in an office with accounts: {:?}", letter.tasks);
}

#[tokio::test]
async fn she_signs_in_without_central_where_she_was_before_and_an_administrator_never() {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::Reception]).await;
    account(&office, "admin", &[Role::Administrator]).await;
    assert_eq!(code(log_in(&office, "z.maj", "nie to hasło").await), ErrorCode::SignInFailed);
    assert_eq!(code(log_in(&office, "", PASSWORD).await), ErrorCode::Required);
    let id = seated(&log_in(&office, "z.maj", PASSWORD).await.expect("signed in"));
    seated(&log_in(&office, "admin", PASSWORD).await.expect("signed in"));
    assert_eq!(
        code(log_in(&office, "z.maj", "zielona brama 8").await),
        ErrorCode::SignInFailed,
        "a slip of the finger"
    );

    office.proxy.down().await;
    assert_eq!(seated(&log_in(&office, "z.maj", PASSWORD).await.expect("offline")), id);
    assert_eq!(code(log_in(&office, "z.maj", "nie to hasło").await), ErrorCode::SignInFailed);
    assert_eq!(code(log_in(&office, "admin", PASSWORD).await), ErrorCode::CentralNeeded);
    assert_eq!(code(log_in(&office, "a.lis", PASSWORD).await), ErrorCode::CentralNeeded, "never here before");
    session::lock(&office.desk.desk).await.expect("locked");
    let unlock = SignInDraft { clerk: id, password: PASSWORD.to_owned() };
    seated(&session::sign_in(&office.desk.desk, unlock.clone()).await.expect("unlocked"));

    // Her account ends; once central has said so, the desk's verifier counts for nothing.
    office.proxy.up().await;
    accounts::deactivate(&office.central.administrator(), "z.maj").await.expect("deactivated");
    assert_eq!(code(session::sign_in(&office.desk.desk, unlock.clone()).await), ErrorCode::SignInFailed);
    office.proxy.down().await;
    assert_eq!(code(session::sign_in(&office.desk.desk, unlock).await), ErrorCode::CentralNeeded);
}

#[tokio::test]
async fn whoever_was_deactivated_is_shown_out_and_comes_in_nowhere_not_even_offline() {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::Reception]).await;
    account(&office, "a.lis", &[Role::Reception]).await;
    for login in ["a.lis", "z.maj"] {
        seated(&log_in(&office, login, PASSWORD).await.expect("signed in"));
    }
    let typed = desk::intake::open(&office.desk.desk).await.expect("the form").draft;
    let typed = domain::letter::LetterDraft { title: "W połowie pisania".to_owned(), ..typed };
    desk::intake::keep_draft(&office.desk.desk, typed).await.expect("kept");
    office.round().await;
    assert!(session::clerk(&office.desk.desk).is_ok(), "she is there");

    accounts::deactivate(&office.central.administrator(), "z.maj").await.expect("deactivated");
    assert_eq!(office.round().await, Outcome::Quiet);
    let view = session::session_state(&office.desk.desk).await.expect("the screen");
    assert!(matches!(view, SessionView::SignedOut { .. }), "her screen is closed: {view:?}");
    office.proxy.down().await;
    assert_eq!(code(log_in(&office, "z.maj", PASSWORD).await), ErrorCode::CentralNeeded);
    seated(&log_in(&office, "a.lis", PASSWORD).await.expect("her colleague goes on"));
    let form = desk::intake::open(&office.desk.desk).await.expect("the form").draft;
    assert_eq!(form.title, "W połowie pisania", "nothing typed is lost");
}

#[tokio::test]
async fn an_unfinished_form_waits_for_the_clerk_who_types_it() {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::Reception]).await;
    account(&office, "a.lis", &[Role::Reception]).await;
    let desk = office.desk.desk.clone();
    let form = async || intake::open(&desk).await.expect("the form").draft;
    log_in(&office, "z.maj", PASSWORD).await.expect("signed in");
    let hers = LetterDraft { title: "W połowie pisania".to_owned(), ..form().await };
    intake::keep_draft(&desk, hers.clone()).await.expect("kept");

    log_in(&office, "a.lis", PASSWORD).await.expect("signed in");
    let other = form().await;
    assert_eq!((other.title.as_str(), other.id == hers.id), ("", false), "a form of her own");
    intake::keep_draft(&desk, LetterDraft { title: "Inne pismo".to_owned(), ..other.clone() }).await.expect("kept");
    let quick = LetterDraft {
        id: LetterId(Uuid::from_u128(0x0193_9f2e_7c1a_7000_8000_0000_0000_0147)),
        ..office.desk.draft("Nowak", "Skarga").await
    };
    intake::register_letter(&desk, quick).await.expect("registered");
    assert_eq!(form().await.title, "Inne pismo", "another letter was registered, not this one");
    intake::discard_draft(&desk).await.expect("emptied");
    assert_eq!(form().await.title, "");

    log_in(&office, "z.maj", PASSWORD).await.expect("signed in");
    assert_eq!(form().await, hers, "as she left it");
}

#[tokio::test]
async fn an_unfinished_correction_waits_for_its_clerk_and_says_when_it_was_overtaken() {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::Reception]).await;
    account(&office, "a.lis", &[Role::Reception]).await;
    let desk = office.desk.desk.clone();
    log_in(&office, "z.maj", PASSWORD).await.expect("signed in");
    let letter = office.desk.register("Nowak", "Skarga").await.id;
    let form = async || letters::correction_of(&desk, letter).await.expect("the form");
    let typed = |title: &str, draft: LetterDraft| CorrectionDraft {
        based_on: None,
        draft: LetterDraft { title: title.to_owned(), ..draft },
        reason: "pomyłka".to_owned(),
    };
    let fresh = form().await;
    assert!(!fresh.unfinished && fresh.reason.is_empty(), "{fresh:?}");
    letters::keep_correction(&desk, typed("Skarga na", fresh.draft.clone())).await.expect("kept");
    let kept = form().await;
    assert_eq!((kept.draft.title.as_str(), kept.reason.as_str()), ("Skarga na", "pomyłka"));
    assert!(kept.unfinished && !kept.overtaken);

    log_in(&office, "a.lis", PASSWORD).await.expect("signed in");
    let other = form().await;
    assert!(!other.unfinished && other.draft == fresh.draft, "her colleague sees the letter as it is: {other:?}");
    letters::correct_letter(&desk, typed("Zażalenie", other.draft)).await.expect("corrected");
    assert!(!form().await.unfinished, "it is made");

    log_in(&office, "z.maj", PASSWORD).await.expect("signed in");
    let kept = form().await;
    assert!(kept.unfinished && kept.overtaken, "nothing typed is lost, and she is told: {kept:?}");
    let saved = CorrectionDraft { based_on: Some(kept.based_on), draft: kept.draft, reason: kept.reason };
    letters::correct_letter(&desk, saved).await.expect("corrected");
    office.round().await;
    office.all_is_quiet().await;
    let tasks = office.central.letters().await.remove(0).tasks;
    assert_eq!(tasks.iter().map(|task| task.reason.as_str()).collect::<Vec<_>>(), ["overlap"], "neither text is lost");

    let form_now = form().await;
    letters::keep_correction(&desk, typed("Skarga i", form_now.draft.clone())).await.expect("kept");
    let anew = letters::discard_correction(&desk, letter).await.expect("emptied");
    assert_eq!(anew, form_now, "as the letter is");
}

#[tokio::test]
async fn a_clerk_gives_herself_another_password_and_the_one_before_opens_nothing() {
    const NEXT: &str = "trzy koty na dachu";
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::DataProtectionOfficer]).await;
    let id = seated(&log_in(&office, "z.maj", PASSWORD).await.expect("signed in"));
    let desk = office.desk.desk.clone();
    let change = async |password: &str, new: &str, again: &str| {
        let [password, new_password, new_password_again] = [password, new, again].map(str::to_owned);
        session::change_password(&desk, PasswordDraft { password, new_password, new_password_again }).await
    };
    for (password, new, again, field, why) in [
        ("", NEXT, NEXT, "password", ErrorCode::Required),
        (PASSWORD, "krótkie", "krótkie", "newPassword", ErrorCode::PasswordTooShort),
        (PASSWORD, "Kruszyna2026", "Kruszyna2026", "newPassword", ErrorCode::PasswordGuessable),
        (PASSWORD, "zofiamaj1", "zofiamaj1", "newPassword", ErrorCode::PasswordGuessable),
        (PASSWORD, NEXT, "trzy koty na dachi", "newPasswordAgain", ErrorCode::PasswordsDiffer),
        ("nie to hasło", NEXT, NEXT, "password", ErrorCode::SignInFailed),
    ] {
        let refused = change(password, new, again).await.expect_err("refused");
        let fields = refused.fields().expect("at the field");
        assert_eq!((fields.0[0].field.as_str(), fields.0[0].code), (field, why), "{new}");
    }
    office.proxy.down().await;
    assert_eq!(code(change(PASSWORD, NEXT, NEXT).await), ErrorCode::CentralUnreachable);
    office.proxy.up().await;

    office.proxy.plan("POST /v1/password", Fault::CutRequest);
    assert_eq!(code(change(PASSWORD, NEXT, NEXT).await), ErrorCode::CentralUnreachable, "nothing reached central");
    // The answer alone is lost: it is changed, and she is told so.
    office.proxy.plan("POST /v1/password", Fault::CutAnswer);
    change(PASSWORD, NEXT, NEXT).await.expect("changed");
    assert_eq!(office.proxy.still_planned(), 0);
    audit::read(&desk, AuditDraft::default()).await.expect("her session at central goes on under the new one");
    assert_eq!(code(log_in(&office, "z.maj", PASSWORD).await), ErrorCode::SignInFailed);
    seated(&log_in(&office, "z.maj", NEXT).await.expect("signed in"));
    office.proxy.down().await;
    let typed = |text: &str| SignInDraft { clerk: id, password: text.to_owned() };
    assert_eq!(code(session::sign_in(&desk, typed(PASSWORD)).await), ErrorCode::SignInFailed, "nor offline");
    seated(&session::sign_in(&desk, typed(NEXT)).await.expect("offline by the new one"));
}

#[tokio::test]
async fn the_clerk_of_a_desk_that_works_alone_changes_her_password_there() {
    let office = kit::test_desk::TestDesk::new().await;
    let desk = &office.desk;
    let clerk = session::clerk(desk).expect("somebody").id;
    let draft = |password: &str| PasswordDraft {
        password: password.to_owned(),
        new_password: "trzy koty na dachu".to_owned(),
        new_password_again: "trzy koty na dachu".to_owned(),
    };
    let refused = session::change_password(desk, draft("nie to hasło")).await.expect_err("refused");
    assert_eq!(refused.fields().expect("at the field").0[0].code, ErrorCode::SignInFailed);
    session::change_password(desk, draft(kit::test_desk::PASSWORD)).await.expect("changed");
    let typed = |text: &str| SignInDraft { clerk, password: text.to_owned() };
    let before = session::sign_in(desk, typed(kit::test_desk::PASSWORD)).await;
    assert_eq!(code(before), ErrorCode::SignInFailed);
    seated(&session::sign_in(desk, typed("trzy koty na dachu")).await.expect("signed in"));
}

#[tokio::test]
async fn a_pin_opens_the_lock_of_who_locked_it_and_nothing_else() {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::Reception]).await;
    account(&office, "e.dab", &[Role::Reception]).await;
    let other = seated(&log_in(&office, "e.dab", PASSWORD).await.expect("signed in"));
    let id = seated(&log_in(&office, "z.maj", PASSWORD).await.expect("signed in"));
    let set = async |password: &str, pin: &str, again: &str| {
        let draft = PinDraft { password: password.to_owned(), pin: pin.to_owned(), pin_again: again.to_owned() };
        session::set_pin(&office.desk.desk, draft).await
    };
    for (password, pin, again, field, why) in [
        (PASSWORD, "48a1", "48a1", "pin", ErrorCode::PinWrong),
        (PASSWORD, "1234", "1234", "pin", ErrorCode::PinGuessable),
        (PASSWORD, "4821", "4822", "pinAgain", ErrorCode::PinsDiffer),
        ("nie to hasło", "4821", "4821", "password", ErrorCode::SignInFailed),
    ] {
        let refused = set(password, pin, again).await.expect_err("refused");
        let fields = refused.fields().expect("at the field");
        assert_eq!((fields.0[0].field.as_str(), fields.0[0].code), (field, why));
    }
    set(PASSWORD, "4821", "4821").await.expect("set");

    let desk = &office.desk.desk;
    let typed = |clerk, text: &str| SignInDraft { clerk, password: text.to_owned() };
    assert_eq!(code(session::sign_in(desk, typed(id, "4821")).await), ErrorCode::SignInFailed, "no lock, no PIN");
    let locked = session::lock(desk).await.expect("locked");
    assert!(matches!(locked, SessionView::Locked { pin: true, .. }), "{locked:?}");
    assert_eq!(code(session::sign_in(desk, typed(other, "4821")).await), ErrorCode::SignInFailed, "another clerk");
    seated(&session::sign_in(desk, typed(id, "4821")).await.expect("unlocked"));

    // Five wrong ones, and a plug pulled between: then the password, and after it the PIN counts again.
    session::lock(desk).await.expect("locked");
    for _ in 0..4 {
        assert_eq!(code(session::sign_in(desk, typed(id, "9999")).await), ErrorCode::PinFailed);
    }
    assert_eq!(code(session::sign_in(desk, typed(id, "9999")).await), ErrorCode::PinSpent);
    let locked = session::session_state(desk).await.expect("the state");
    assert!(matches!(locked, SessionView::Locked { pin: false, .. }), "the screen asks for the password: {locked:?}");
    assert_eq!(
        code(session::sign_in(desk, typed(id, "4821")).await),
        ErrorCode::SignInFailed,
        "the right one, too late"
    );
    seated(&session::sign_in(desk, typed(id, PASSWORD)).await.expect("unlocked"));
    session::lock(desk).await.expect("locked");
    seated(&session::sign_in(desk, typed(id, "4821")).await.expect("unlocked"));
    // Half a day after the password the PIN is asked for no more: an account that was closed meanwhile does not live on behind it.
    crate::office::minutes_later(&office.desk.clock, 12 * 60 + 1);
    let locked = session::lock(desk).await.expect("locked");
    assert!(matches!(locked, SessionView::Locked { pin: false, .. }), "{locked:?}");
    assert_eq!(code(session::sign_in(desk, typed(id, "4821")).await), ErrorCode::SignInFailed, "too old a password");
    seated(&session::sign_in(desk, typed(id, PASSWORD)).await.expect("unlocked"));
    let office = office.restart_desk().await;
    assert_eq!(
        code(session::sign_in(&office.desk.desk, typed(id, "4821")).await),
        ErrorCode::SignInFailed,
        "after a start"
    );
}

#[tokio::test]
async fn passwords_are_not_guessed_at_a_desk_that_is_cut_off() {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::Reception]).await;
    let id = seated(&log_in(&office, "z.maj", PASSWORD).await.expect("signed in"));
    office.proxy.down().await;
    session::lock(&office.desk.desk).await.expect("locked");
    let unlock = |password: &str| SignInDraft { clerk: id, password: password.to_owned() };
    // The right one ends the count.
    for _ in 0..6 {
        assert_eq!(code(session::sign_in(&office.desk.desk, unlock("nie to hasło")).await), ErrorCode::SignInFailed);
    }
    seated(&session::sign_in(&office.desk.desk, unlock(PASSWORD)).await.expect("unlocked"));
    for _ in 0..10 {
        assert_eq!(code(session::sign_in(&office.desk.desk, unlock("nie to hasło")).await), ErrorCode::SignInFailed);
    }
    assert_eq!(code(session::sign_in(&office.desk.desk, unlock(PASSWORD)).await), ErrorCode::TooManyTries);
    // Neither another start nor another way in helps; others are not locked out with her.
    let office = office.restart_desk().await;
    assert_eq!(code(log_in(&office, "z.maj", PASSWORD).await), ErrorCode::TooManyTries);
    office.desk.sign_in().await;
    crate::office::minutes_later(&office.desk.clock, 16);
    seated(&log_in(&office, "z.maj", PASSWORD).await.expect("a quarter of an hour later"));
    // A clock that went back by years takes no try along.
    for _ in 0..10 {
        assert_eq!(code(log_in(&office, "z.maj", "nie to hasło").await), ErrorCode::SignInFailed);
    }
    office.desk.clock.set("2016-11-23T08:14:00Z");
    seated(&log_in(&office, "z.maj", PASSWORD).await.expect("tries of another time"));
}

#[tokio::test]
async fn tax_content_is_for_the_tax_officer_and_the_register_row_for_the_reception() {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::Reception]).await;
    account(&office, "t.lis", &[Role::TaxOfficer]).await;
    log_in(&office, "z.maj", PASSWORD).await.expect("signed in");
    let mut draft = office.desk.draft("Nowak", "Deklaracja na podatek od nieruchomości").await;
    draft.kind = "deklaracja podatkowa".to_owned();
    let tax = intake::register_letter(&office.desk.desk, draft).await.expect("the reception registers everything");
    let open = office.desk.register("Kowal", "Skarga").await;

    let rows = letters::register_page(&office.desk.desk, RegisterQuery::default()).await.expect("the list").rows;
    let shown: Vec<_> = rows.iter().map(|row| (row.outside, row.title.as_str(), row.sender.as_str())).collect();
    assert_eq!(shown, [(false, "Skarga", "Kowal Barbara"), (true, "", "")], "number and state only");
    let recent = intake::open(&office.desk.desk).await.expect("the form").recent;
    let shown: Vec<_> = recent.iter().map(|row| (row.outside, row.title.as_str(), row.sender.as_str())).collect();
    assert_eq!(shown, [(false, "Skarga", "Kowal Barbara"), (true, "", "")], "nor beside the form");
    for (words, found) in [("Nowak", 0), ("deklaracja", 0), ("Kowal", 1), (tax.number.as_str(), 1)] {
        let query = RegisterQuery { text: words.to_owned(), after: None };
        let rows = letters::register_page(&office.desk.desk, query).await.expect("the list").rows;
        assert_eq!(rows.len(), found, "{words} finds no text that is hidden");
    }
    assert_eq!(code(letters::letter(&office.desk.desk, tax.id).await), ErrorCode::NotPermitted);
    assert_eq!(code(letters::correction_of(&office.desk.desk, tax.id).await), ErrorCode::NotPermitted);
    slip::pdf(&office.desk.desk, tax.id).await.expect("the citizen gets her slip all the same");

    log_in(&office, "t.lis", PASSWORD).await.expect("signed in");
    let view = letters::letter(&office.desk.desk, tax.id).await.expect("her letter");
    assert_eq!(view.letter.facts.title, "Deklaracja na podatek od nieruchomości");
    assert_eq!(code(letters::letter(&office.desk.desk, open.id).await), ErrorCode::NotPermitted);
    let mut draft = letters::correction_of(&office.desk.desk, tax.id).await.expect("the form").draft;
    draft.title = "Deklaracja".to_owned();
    let correction = CorrectionDraft { based_on: None, draft, reason: "skrót".to_owned() };
    letters::correct_letter(&office.desk.desk, correction).await.expect("corrected");
    office.round().await;
    let letter = office.central.letter(&tax.id.to_string()).await.expect("the letter");
    assert_eq!((letter.facts.title.as_str(), letter.tasks.len()), ("Deklaracja", 0), "in the role that may");
}

#[tokio::test]
async fn two_weeks_without_central_leave_intake_labels_and_scanning() {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", &[Role::Reception]).await;
    log_in(&office, "z.maj", PASSWORD).await.expect("signed in");
    let registered = office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    office.proxy.down().await;
    // Three weeks, with weekends.
    office.desk.clock.advance(std::time::Duration::from_hours(24 * 21));
    assert_eq!(code(letters::letter(&office.desk.desk, registered.id).await), ErrorCode::CentralTooLongAway);
    assert!(intake::open(&office.desk.desk).await.is_ok());
    assert!(scanning::open(&office.desk.desk).await.is_ok());

    office.proxy.up().await;
    office.round().await;
    assert!(letters::letter(&office.desk.desk, registered.id).await.is_ok());
}

/// Calls a command's use case with whatever argument; `None` for one that is asked of nobody here.
#[tokio::test]
async fn the_clerk_of_a_desk_that_worked_alone_keeps_what_is_about_the_paper_once_the_office_has_accounts() {
    let mut office = Office::open().await;
    office.round().await;
    let lone = session::clerk(&office.desk.desk).expect("the desk's own clerk").id;
    let back = SignInDraft { clerk: lone, password: kit::test_desk::PASSWORD.to_owned() };
    let registered = office.desk.register("Nowak", "Skarga").await;
    let stage = |stage| StageDraft { letter_id: registered.id, stage, unit: "Sekretariat".to_owned() };
    letters::set_stage(&office.desk.desk, stage(Stage::InProgress)).await.expect("a stage");
    account(&office, "z.maj", &[Role::Reception, Role::Secretary]).await;
    office.round().await;
    seated(&session::sign_in(&office.desk.desk, back.clone()).await.expect("signed in"));
    assert!(letters::letter(&office.desk.desk, registered.id).await.is_ok(), "nobody of the office was here yet");

    log_in(&office, "z.maj", PASSWORD).await.expect("signed in");
    assert!(letters::letter(&office.desk.desk, registered.id).await.is_ok());
    seated(
        &session::sign_in(&office.desk.desk, back).await.expect("she is locked out of nothing that waits for nobody"),
    );
    assert_eq!(code(letters::letter(&office.desk.desk, registered.id).await), ErrorCode::AccountNeeded);
    assert_eq!(code(letters::set_stage(&office.desk.desk, stage(Stage::Closed)).await), ErrorCode::AccountNeeded);
    let register = letters::register_page(&office.desk.desk, RegisterQuery::default()).await;
    assert_eq!(code(register), ErrorCode::AccountNeeded);
    assert!(intake::open(&office.desk.desk).await.is_ok());
    assert!(scanning::open(&office.desk.desk).await.is_ok());
    let urgent = office.desk.register("Lis", "Pilne").await;
    office.round().await;
    let at_central = office.central.letter(&urgent.number).await.expect("paper is never refused");
    assert_eq!(at_central.tasks.iter().map(|task| task.reason.as_str()).collect::<Vec<_>>(), ["not_permitted"]);
}

async fn called(office: &Office, command: &str, letter: LetterId) -> Option<Result<(), DeskError>> {
    let desk = &office.desk.desk;
    let id = Uuid::from_u128(1);
    let text = || "x".to_owned();
    Some(match command {
        "directory_addressees" => desk::directory::addressees(desk).await.map(drop),
        "held_file_save" => {
            let to = office.desk.folder().join("centrala.okienko");
            desk::held_file::save(desk, &to).await.map(drop)
        }
        "intake_confirm_day" => desk::registers::confirm_day(desk, "2026-11-23").await,
        "intake_discard_draft" => intake::discard_draft(desk).await.map(drop),
        "intake_keep_draft" => intake::keep_draft(desk, domain::letter::LetterDraft::empty(LetterId(id))).await,
        "intake_name_highest_label" => intake::name_highest_label(desk, "5").await.map(drop),
        "intake_open" => intake::open(desk).await.map(drop),
        "intake_register" => {
            intake::register_letter(desk, domain::letter::LetterDraft::empty(LetterId(id))).await.map(drop)
        }
        "labels_answer" => {
            desk::labels::answer(desk, domain::ids::LabelJobId(id), desk::labels::view::LabelAnswer::Printed)
                .await
                .map(drop)
        }
        "labels_reprint" => desk::labels::reprint(desk, letter, "x").await.map(drop),
        "labels_retry" => desk::labels::retry(desk).await,
        "letters_cancel" => {
            letters::cancel_letter(desk, CancellationDraft { letter_id: letter, reason: text() }).await.map(drop)
        }
        "letters_correct" => {
            let draft = domain::letter::LetterDraft::empty(letter);
            letters::correct_letter(desk, CorrectionDraft { based_on: None, draft, reason: text() }).await.map(drop)
        }
        "letters_draft_of" => letters::correction_of(desk, letter).await.map(drop),
        "letters_discard_correction" => letters::discard_correction(desk, letter).await.map(drop),
        "letters_keep_correction" => {
            let draft = domain::letter::LetterDraft::empty(letter);
            letters::keep_correction(desk, CorrectionDraft { based_on: None, draft, reason: text() }).await
        }
        "letters_get" => letters::letter(desk, letter).await.map(drop),
        "letters_list" => letters::register_page(desk, RegisterQuery::default()).await.map(drop),
        "letters_set_stage" => {
            let draft = StageDraft { letter_id: letter, stage: Stage::Closed, unit: text() };
            letters::set_stage(desk, draft).await.map(drop)
        }
        "people_suggest" => people::suggest(desk, "x").await.map(drop),
        "scanning_accept_incomplete" => scanning::accept_incomplete(desk, domain::ids::BatchId(id)).await.map(drop),
        "scanning_close" => scanning::close(desk, domain::ids::BatchId(id)).await.map(drop),
        "scanning_decide" => {
            let decision = scanning::view::GroupDecision::SetAside;
            scanning::decide(desk, domain::ids::BatchId(id), 0, decision).await.map(drop)
        }
        "scanning_discard" => scanning::discard(desk, domain::ids::BatchId(id)).await,
        "scanning_document" => scanning::document(desk, letter, domain::ids::ScanId(id)).await.map(drop),
        "scanning_open" => scanning::open(desk).await.map(drop),
        "scanning_page_image" => {
            let size = scanning::view::PageSize::Full;
            scanning::page_image(desk, domain::ids::PageId(id), size).await.map(drop)
        }
        "scanning_start" => scanning::start(desk).await.map(drop),
        "scanning_stop" => scanning::stop(desk).await.map(drop),
        "scanning_undo" => scanning::undo(desk, domain::ids::BatchId(id)).await.map(drop),
        "settings_print_test_label" => settings::print_test_label(desk).await.map(drop),
        "settings_save" => {
            let draft = settings::settings(desk).await.expect("settings").settings;
            settings::save_settings(desk, draft).await.map(drop)
        }
        "recovery_card" => recovery::card_pdf(desk).await.map(drop),
        "recovery_save_card" => recovery::note_saved(desk).await,
        "settings_serial_ports" => settings::serial_ports(desk).await.map(drop),
        "settings_test_central" => settings::test_central(desk).await.map(drop),
        "settings_test_scan" => settings::test_scan(desk).await.map(drop),
        "audit_export" => audit::export(desk, AuditDraft::default()).await.map(drop),
        "audit_read" => audit::read(desk, AuditDraft::default()).await.map(drop),
        "day_sheet_pdf" => day_sheet::pdf(desk).await.map(drop),
        "day_sheet_save" => day_sheet::file_name(desk).await.map(drop),
        "session_change_password" => session::change_password(desk, PasswordDraft::default()).await,
        "session_set_pin" => session::set_pin(desk, PinDraft::default()).await,
        "slip_issue_key" => slip::issue_key(desk, letter).await.map(drop),
        "slip_pdf" => slip::pdf(desk, letter).await.map(drop),
        "slip_save" => slip::note_made(desk, letter).await,
        "tasks_decide" => {
            let draft = tasks::view::DecisionDraft { task: text(), granted: true, reason: text() };
            tasks::decide_cancellation(desk, draft).await
        }
        "tasks_list" => tasks::open_tasks(desk).await.map(drop),
        "tasks_settle" => {
            tasks::settle_task(desk, tasks::view::SettleDraft { task: text(), earlier: Vec::new() }).await
        }
        _ => return None,
    })
}

#[tokio::test]
async fn every_command_asks_who_is_there() {
    let mut office = Office::open().await;
    office.round().await;
    let letter = office.desk.register("Nowak", "Skarga").await.id;
    account(&office, "i.dane", &[Role::DataProtectionOfficer]).await;
    let gated = COMMANDS.iter().filter(|(_, gate)| *gate != Gate::Anybody);

    for command in ["audit_export", "audit_read"] {
        let done = called(&office, command, letter).await.expect("called");
        assert_eq!(code(done), ErrorCode::NotPermitted, "{command} by who reads letters");
    }
    session::lock(&office.desk.desk).await.expect("locked");
    for (command, _) in gated.clone() {
        let done = called(&office, command, letter).await.unwrap_or_else(|| panic!("{command} is not called here"));
        assert_eq!(code(done), ErrorCode::NotSignedIn, "{command} behind the lock");
    }
    session::sign_out(&office.desk.desk).await.expect("signed out");
    for (command, _) in gated.clone() {
        let done = called(&office, command, letter).await.expect("called");
        assert_eq!(code(done), ErrorCode::NotSignedIn, "{command} with nobody there");
    }
    log_in(&office, "i.dane", PASSWORD).await.expect("signed in");
    for (command, gate) in gated {
        let done = called(&office, command, letter).await.expect("called");
        match gate {
            Gate::May(Act::Audit) => done.unwrap_or_else(|error| panic!("{command}: {error:?}")),
            Gate::May(_) => assert_eq!(code(done), ErrorCode::NotPermitted, "{command} by a clerk without the role"),
            // The draft is empty: the refusal is at its field.
            Gate::Clerk if *command == "session_change_password" => assert_eq!(code(done), ErrorCode::Required),
            Gate::Clerk if *command == "session_set_pin" => assert_eq!(code(done), ErrorCode::SignInFailed),
            Gate::Clerk | Gate::Anybody => done.unwrap_or_else(|error| panic!("{command}: {error:?}")),
        }
    }
}
