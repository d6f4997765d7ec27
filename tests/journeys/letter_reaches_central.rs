//! The thread's main story: what a clerk does is at central once, and what central does is seen by clerk and citizen.

use desk::{
    letters::{
        self,
        view::{CancellationDraft, CorrectionDraft, HistoryKind, RegisterQuery, StageDraft},
    },
    status::view::CentralStatusView,
    sync::{Outcome, worker},
};
use domain::stage::Stage;
use tokio_util::sync::CancellationToken;

use crate::office::{Office, minutes_later, pace};

#[tokio::test]
async fn a_registered_letter_is_at_central_exactly_once() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Łozińska", "Wniosek o wycięcie drzewa").await;
    assert!(!office.letter(registered.id).await.synced);

    assert_eq!(office.round().await, Outcome::Quiet);
    let held = office.central.letters().await;
    assert_eq!(held.len(), 1);
    let (view, held) = (office.letter(registered.id).await, &held[0]);
    assert_eq!(
        (held.id, &held.number, &held.identifier),
        (view.letter.id, &view.letter.number, &view.letter.identifier)
    );
    assert_eq!((&held.facts, held.registered_on), (&view.letter.facts, office.desk.desk.device()));
    assert_eq!((held.stage, held.tasks.len()), (Stage::Registered, 0));
    assert!(view.synced);
    office.all_is_quiet().await;
    assert_eq!(office.line().await, CentralStatusView::Online { at: "09:14:00".to_owned(), waiting: 0 });
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("zarejestrowano") && page.contains("23 listopada 2026"), "{page}");

    // Nothing new: one question, nothing sent again.
    office.proxy.take_carried();
    assert_eq!(office.round().await, Outcome::Quiet);
    let asked: Vec<String> = office.proxy.take_carried().into_iter().map(|carried| carried.what).collect();
    assert_eq!(asked, ["POST /v1/pull"]);
    assert_eq!(office.central.letters().await.len(), 1);
}

#[tokio::test]
async fn a_stage_set_at_central_is_seen_at_the_desk_and_answered_from_there() {
    let mut office = Office::open().await;
    office.central.make_units().await;
    let registered = office.desk.register("Nowak", "Skarga").await;
    office.round().await;

    office.central.set_stage(registered.id, Stage::HandedToUnit, Some("Referat Ochrony Środowiska")).await;
    let mut events = office.desk.desk.listen();
    assert_eq!(office.round().await, Outcome::Quiet);
    let view = office.letter(registered.id).await;
    assert_eq!((view.stage, view.unit.as_deref()), (Stage::HandedToUnit, Some("Referat Ochrony Środowiska")));
    let told = view.history.last().expect("a line of history");
    assert_eq!(told.by, "Sekretariat");
    assert!(matches!(told.what, HistoryKind::StageSet { stage: Stage::HandedToUnit, .. }), "{:?}", told.what);
    let row = &letters::register_page(&office.desk.desk, RegisterQuery::default()).await.expect("the list").rows[0];
    assert_eq!(row.stage, Stage::HandedToUnit);
    let event = desk::DeskEvent::LetterChanged { letter_id: registered.id };
    assert!(std::iter::from_fn(|| events.try_recv().ok()).any(|seen| seen == event), "the window was told");

    let draft = StageDraft { letter_id: registered.id, stage: Stage::Closed, unit: "usc".to_owned() };
    let view = letters::set_stage(&office.desk.desk, draft).await.expect("the stage");
    assert_eq!(view.stage, Stage::Closed, "shown at once, before central knows");
    assert_eq!(office.round().await, Outcome::Quiet);
    let held = office.central.letter("RPW/1/2026").await.expect("the letter");
    assert_eq!((held.stage, held.unit.as_deref()), (Stage::Closed, Some("Urząd Stanu Cywilnego (USC)")));
    assert!(held.tasks.is_empty(), "the clerk had seen central's stage: {:?}", held.tasks);
    assert_eq!(office.letter(registered.id).await.stage, Stage::Closed);
    let page = office.status_page(&registered.status_key).await;
    assert!(page.contains("zakończono") && page.contains("<dd>Urząd Stanu Cywilnego</dd>"), "{page}");

    // Read twice, told once.
    let lines = office.letter(registered.id).await.history.len();
    office.fresh_worker();
    office.round().await;
    assert_eq!(office.letter(registered.id).await.history.len(), lines);
}

#[tokio::test]
async fn a_waiting_correction_hides_no_stage_of_centrals() {
    let mut office = Office::open().await;
    let registered = office.desk.register("Nowak", "Skarga").await;
    office.round().await;
    office.central.set_stage(registered.id, Stage::InProgress, None).await;
    office.round().await;
    office.proxy.down().await;

    let mut draft = letters::correction_of(&office.desk.desk, registered.id).await.expect("the form").draft;
    draft.title = "Skarga na bezczynność".to_owned();
    let draft = CorrectionDraft { based_on: None, draft, reason: "niepełny tytuł".to_owned() };
    let view = letters::correct_letter(&office.desk.desk, draft).await.expect("corrected");
    assert_eq!((view.stage, view.synced), (Stage::InProgress, false));
}

#[tokio::test]
async fn corrections_and_cancellations_arrive() {
    let mut office = Office::open().await;
    let corrected = office.desk.register("Nowak", "Skraga").await;
    let cancelled = office.desk.register("Nowak", "Skarga").await;
    let routed = office.desk.register("Kowal", "Petycja").await;
    office.round().await;

    let mut draft = letters::correction_of(&office.desk.desk, corrected.id).await.expect("the form").draft;
    draft.title = "Skarga".to_owned();
    let draft = CorrectionDraft { based_on: None, draft, reason: "literówka".to_owned() };
    letters::correct_letter(&office.desk.desk, draft).await.expect("corrected");
    let cancel = |letter_id| CancellationDraft { letter_id, reason: "wpisano dwa razy".to_owned() };
    letters::cancel_letter(&office.desk.desk, cancel(cancelled.id)).await.expect("cancelled");
    // Central has sent this one on in the meantime, which the desk does not know yet.
    office.central.set_stage(routed.id, Stage::HandedToUnit, None).await;
    letters::cancel_letter(&office.desk.desk, cancel(routed.id)).await.expect("cancelled at the desk");

    assert_eq!(office.round().await, Outcome::Quiet);
    assert_eq!(office.central.letter("RPW/1/2026").await.expect("the letter").facts.title, "Skarga");
    let held = office.central.letter("RPW/2/2026").await.expect("the letter").cancelled.expect("cancelled");
    assert_eq!((held.reason.as_str(), held.by.as_str()), ("wpisano dwa razy", "Anna Lis"));
    assert!(office.central.letter("RPW/3/2026").await.expect("the letter").cancelled.is_none());
    assert_eq!(office.tasks().await, ["cancellation_asked"]);
    office.all_is_quiet().await;
}

#[tokio::test]
async fn a_long_outage_goes_out_in_batches_in_order() {
    let mut office = Office::open().await;
    office.proxy.down().await;
    for n in 0..120 {
        office.desk.register("Nowak", &format!("Pismo {n}")).await;
        if n == 0 {
            minutes_later(&office.desk.clock, 3);
        }
    }
    assert!(matches!(office.round().await, Outcome::Away(_)));
    let CentralStatusView::Offline { waiting, oldest, .. } = office.line().await else { panic!("offline") };
    assert_eq!((waiting, oldest.as_deref()), (120, Some("23.11.2026 09:14")));

    office.proxy.up().await;
    assert_eq!(office.round().await, Outcome::Quiet);
    let pushes = office.proxy.take_carried().into_iter().filter(|carried| carried.what == "POST /v1/push").count();
    assert_eq!(pushes, 2);
    assert_eq!(office.central.letters().await.len(), 120);
    office.all_is_quiet().await;
}

#[tokio::test]
async fn the_worker_is_woken_by_a_registration_and_by_new_settings() {
    let office = Office::open().await;
    let address = office.proxy.address.clone();
    office.desk.settings(|draft| draft.central_address.clear()).await;
    let stop = CancellationToken::new();
    let mut events = office.desk.desk.listen();
    // An hour between rounds: only being woken can bring the letter over.
    let hour = std::time::Duration::from_hours(1);
    let pace = worker::Pace { poll: hour, first_pause: hour, longest_pause: hour, ..pace() };
    let worker = tokio::spawn(worker::run_at(office.desk.desk.clone(), stop.clone(), pace));

    office.desk.settings(|draft| draft.central_address = address).await;
    // A limit for hanging, no measure of speed.
    let patience = std::time::Duration::from_mins(1);
    tokio::time::timeout(patience, async {
        while !matches!(office.line().await, CentralStatusView::Online { .. }) {
            events.recv().await.expect("an event");
        }
        let registered = office.desk.register("Nowak", "Skarga").await;
        while !office.letter(registered.id).await.synced {
            events.recv().await.expect("an event");
        }
    })
    .await
    .expect("the worker was woken");
    assert_eq!(office.central.letters().await.len(), 1);
    stop.cancel();
    worker.await.expect("the worker ends when told");
}
