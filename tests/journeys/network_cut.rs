//! The network is cut at every step, central goes away and comes back: nothing is lost, nothing is there twice.

use desk::{
    letters::{
        self,
        view::{CancellationDraft, StageDraft},
    },
    status::view::CentralStatusView,
    sync::{Outcome, Trouble},
};
use domain::{ErrorCode, stage::Stage};
use kit::proxy::Fault;

use crate::office::Office;

const STEPS: [&str; 4] = ["POST /v1/challenge", "POST /v1/hello", "POST /v1/push", "POST /v1/pull"];

#[tokio::test]
async fn cut_at_every_step_and_in_every_manner() {
    let mut office = Office::open().await;
    let mut letters = 0;
    for step in STEPS {
        for fault in [Fault::CutRequest, Fault::CutInRequest(10), Fault::CutAnswer, Fault::CutInAnswer(10)] {
            let registered = office.desk.register("Nowak", &format!("{step} {fault:?}")).await;
            letters += 1;
            // A program just started goes through every step.
            office.fresh_worker();
            office.proxy.plan(step, fault.clone());
            let outcome = office.round().await;
            assert!(matches!(outcome, Outcome::Away(Trouble::Unreachable(_))), "{step} {fault:?}: {outcome:?}");
            assert_eq!(office.proxy.still_planned(), 0);
            let CentralStatusView::Offline { why, .. } = office.line().await else { panic!("{step} {fault:?}") };
            assert_eq!(why, ErrorCode::CentralUnreachable);

            assert_eq!(office.round().await, Outcome::Quiet, "{step} {fault:?}");
            assert_eq!(office.central.letters().await.len(), letters, "{step} {fault:?}");
            assert!(office.letter(registered.id).await.synced);
        }
    }
    office.all_is_quiet().await;
    assert!(office.tasks().await.is_empty());
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_sent_again_and_does_no_harm() {
    let mut office = Office::open().await;
    for n in 0..5 {
        office.desk.register("Nowak", &format!("Pismo {n}")).await;
    }
    for _ in 0..3 {
        office.proxy.plan("POST /v1/push", Fault::CutAnswer);
        // Without a new hello: the very same batch goes out again.
        assert!(matches!(office.round().await, Outcome::Away(_)));
    }
    let before = office.central.letters().await;
    assert_eq!(before.len(), 5, "central had taken them at once");
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.central.letters().await, before);
    office.all_is_quiet().await;
}

#[tokio::test]
async fn a_task_whose_verdict_was_lost_is_known_at_the_desk_all_the_same() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    office.central.set_stage(registered.id, Stage::HandedToUnit, None).await;
    let draft = CancellationDraft { letter_id: registered.id, reason: "pomyłka".to_owned() };
    letters::cancel_letter(&office.desk.desk, draft).await.expect("cancelled at the desk");

    office.proxy.plan("POST /v1/push", Fault::CutAnswer);
    assert!(matches!(office.round().await, Outcome::Away(_)));
    assert!(office.tasks().await.is_empty());
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.tasks().await, ["cancellation_asked"]);
}

#[tokio::test]
async fn what_was_sent_but_not_read_back_stands_as_the_clerk_set_it() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    office.central.set_stage(registered.id, Stage::HandedToUnit, None).await;
    office.round().await;

    let draft = StageDraft { letter_id: registered.id, stage: Stage::Closed, unit: String::new() };
    letters::set_stage(&office.desk.desk, draft).await.expect("the stage");
    office.proxy.plan("POST /v1/pull", Fault::CutRequest);
    assert!(matches!(office.round().await, Outcome::Away(_)));
    let view = office.letter(registered.id).await;
    assert_eq!((view.stage, view.synced), (Stage::Closed, true), "central has it, and its word is not read yet");
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.letter(registered.id).await.stage, Stage::Closed);
    office.all_is_quiet().await;
}

#[tokio::test]
async fn registering_goes_on_while_central_is_down_and_catches_up_when_it_is_back() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Pierwsze").await;
    assert_eq!(office.round().await, Outcome::Quiet);

    office.central.stop().await;
    office.desk.register("Nowak", "Drugie").await;
    assert!(matches!(office.round().await, Outcome::Away(Trouble::Unreachable(_))));
    let CentralStatusView::Offline { waiting, oldest, .. } = office.line().await else { panic!("offline") };
    assert_eq!((waiting, oldest.as_deref()), (1, Some("23.11.2026 09:14")));
    let mut office = office.restart_desk().await;
    office.desk.register("Nowak", "Trzecie").await;
    assert!(matches!(office.round().await, Outcome::Away(_)));

    office.central.start_again().await.expect("central starts again");
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.central.letters().await.len(), 3);
    office.all_is_quiet().await;
}

#[tokio::test]
async fn a_token_that_central_forgot_costs_one_hello() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Pierwsze").await;
    office.round().await;
    sqlx::query("DELETE FROM token").execute(office.central.pool()).await.expect("forgotten");
    office.desk.register("Nowak", "Drugie").await;

    office.proxy.take_carried();
    assert_eq!(office.round().await, Outcome::Quiet);
    let asked: Vec<String> = office.proxy.take_carried().into_iter().map(|carried| carried.what).collect();
    assert_eq!(asked, ["POST /v1/push", "POST /v1/challenge", "POST /v1/hello", "POST /v1/push", "POST /v1/pull"]);
    assert_eq!(office.central.letters().await.len(), 2);
}

#[tokio::test]
async fn a_central_that_is_silent_or_stops_in_mid_answer_is_given_up() {
    let mut office = Office::open().await;
    office.desk.register("Nowak", "Skarga").await;
    for (step, fault) in
        STEPS.into_iter().flat_map(|step| [Fault::Silence, Fault::StallInAnswer(5)].map(|fault| (step, fault)))
    {
        office.impatient_worker();
        // Central itself has time: only the planned request meets an impatient desk.
        loop {
            office.proxy.plan(step, fault.clone());
            let outcome = office.round().await;
            assert!(matches!(outcome, Outcome::Away(Trouble::Unreachable("no answer in time"))), "{outcome:?}");
            if office.proxy.still_planned() == 0 {
                break;
            }
        }
        let line = office.line().await;
        assert!(matches!(line, CentralStatusView::Offline { why: ErrorCode::CentralUnreachable, .. }), "{line:?}");
    }
    office.fresh_worker();
    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.central.letters().await.len(), 1);
    office.all_is_quiet().await;
}
