//! Two desks change one letter: what others changed is taken over, what meets becomes a task that shows both versions,
//! and whoever settles it settles it for all.

use central::sync::Settler;
use desk::{
    letters::{
        self,
        view::{CancellationDraft, CorrectionDraft, HistoryKind, LetterView, RegisterQuery, StageDraft},
    },
    sync::{Conversation, Outcome},
    tasks::{
        self,
        view::{DecisionDraft, SettleDraft, TaskView, TaskWay},
    },
};
use domain::{ErrorCode, ids::LetterId, register::PointSymbol, stage::Stage};
use kit::{proxy::Fault, test_desk::TestDesk};

use crate::{office::Office, two_desks::second_desk};

/// Two desks that hold the same letter, registered at the first.
struct Pair {
    office: Office,
    second: TestDesk,
    sync: Conversation,
    letter: LetterId,
}

impl Pair {
    async fn open() -> Self {
        let mut office = Office::open().await;
        let (second, mut sync) = second_desk(&office, "K2").await;
        let letter = office.desk.register("Nowak", "Skarga na halas").await.id;
        assert_eq!(office.round().await, Outcome::Quiet);
        assert_eq!(sync.round().await, Outcome::Quiet);
        Self { office, second, sync, letter }
    }

    /// Both speak with central until both have heard everything.
    async fn rounds(&mut self) {
        for _ in 0..2 {
            assert_eq!(self.office.round().await, Outcome::Quiet);
            assert_eq!(self.sync.round().await, Outcome::Quiet);
        }
    }

    fn desks(&self) -> [&TestDesk; 2] {
        [&self.office.desk, &self.second]
    }
}

async fn seen(desk: &TestDesk, id: LetterId) -> LetterView {
    letters::letter(&desk.desk, id).await.expect("the letter")
}

async fn open_tasks(desk: &TestDesk) -> Vec<TaskView> {
    tasks::open_tasks(&desk.desk).await.expect("tasks")
}

async fn correct(desk: &TestDesk, id: LetterId, change: impl FnOnce(&mut domain::letter::LetterDraft)) {
    let mut draft = letters::correction_of(&desk.desk, id).await.expect("the form").draft;
    change(&mut draft);
    let draft = CorrectionDraft { based_on: None, draft, reason: "literówka".to_owned() };
    letters::correct_letter(&desk.desk, draft).await.expect("corrected");
}

async fn set(desk: &TestDesk, letter_id: LetterId, stage: Stage, unit: &str) {
    letters::set_stage(&desk.desk, StageDraft { letter_id, stage, unit: unit.to_owned() }).await.expect("set");
}

#[tokio::test]
async fn a_letter_of_another_desk_is_found_read_and_corrected_but_not_cancelled() {
    let mut pair = Pair::open().await;
    let found =
        letters::register_page(&pair.second.desk, RegisterQuery { text: "halas".to_owned(), after: None }).await;
    assert_eq!(found.expect("the list").rows[0].id, pair.letter);
    let view = seen(&pair.second, pair.letter).await;
    assert!(!view.registered_here && view.synced && view.labels.is_empty());

    let label = desk::labels::reprint(&pair.second.desk, pair.letter, "zgubiona").await.expect("a label");
    assert_eq!((label.number, label.copy), (view.number, 1), "marked, for the unmarked one is the first desk's");
    let draft = CancellationDraft { letter_id: pair.letter, reason: "pomyłka".to_owned() };
    let refused = letters::cancel_letter(&pair.second.desk, draft).await.expect_err("not here");
    assert_eq!(refused.code(), ErrorCode::NotAllowedNow);

    correct(&pair.second, pair.letter, |draft| draft.title = "Skarga na hałas".to_owned()).await;
    pair.rounds().await;
    let view = seen(&pair.office.desk, pair.letter).await;
    assert_eq!(view.letter.facts.title, "Skarga na hałas");
    let last = view.history.last().expect("a history");
    let HistoryKind::Corrected { changes, reason } = &last.what else { panic!("{last:?}") };
    assert_eq!((changes.len(), reason.as_str(), changes[0].old.as_str()), (1, "literówka", "Skarga na halas"));
    assert!(open_tasks(&pair.office.desk).await.is_empty());
    let own =
        letters::register_page(&pair.office.desk.desk, RegisterQuery { text: "hałas".to_owned(), after: None }).await;
    assert_eq!(own.expect("the list").rows.len(), 1, "found by the new words");
}

#[tokio::test]
async fn an_own_letter_that_others_changed_before_it_came_back_is_taken_over_as_they_left_it() {
    let mut office = Office::open().await;
    let (second, mut sync) = second_desk(&office, "K2").await;
    let mut own = Vec::new();
    for title in ["Skarga", "Wniosek", "Podanie", "Zażalenie"] {
        own.push(office.desk.register("Nowak", title).await.id);
    }
    let [corrected, moved, given, plain] = own[..] else { panic!("{own:?}") };
    // Sent, and nothing read yet.
    office.proxy.plan("POST /v1/pull", Fault::CutRequest);
    assert!(matches!(office.round().await, Outcome::Away(_)));
    assert_eq!(sync.round().await, Outcome::Quiet);
    correct(&second, corrected, |draft| draft.title = "Skarga na hałas".to_owned()).await;
    set(&second, moved, Stage::InProgress, "").await;
    set(&second, given, Stage::Registered, "Referat Finansowy").await;
    assert_eq!(sync.round().await, Outcome::Quiet);

    assert_eq!(office.round().await, Outcome::Quiet);
    let (first, second) = (&office.desk, &second);
    assert_eq!(seen(first, corrected).await.letter.facts.title, "Skarga na hałas");
    assert!(matches!(seen(first, corrected).await.history.last().expect("it").what, HistoryKind::Corrected { .. }));
    let view = seen(first, moved).await;
    assert_eq!((view.stage, view.history.len()), (Stage::InProgress, 2));
    let view = seen(first, given).await;
    assert_eq!((view.unit.as_deref(), view.history.len()), (Some("Referat Finansowy"), 2));
    let view = seen(first, plain).await;
    assert_eq!((view.letter.facts.title.as_str(), view.history.len(), view.synced), ("Zażalenie", 1, true));
    for id in own {
        assert_eq!(seen(first, id).await.letter.facts, seen(second, id).await.letter.facts);
    }
}

#[tokio::test]
async fn different_groups_do_not_meet() {
    let mut pair = Pair::open().await;
    correct(&pair.office.desk, pair.letter, |draft| draft.title = "Skarga na sąsiada".to_owned()).await;
    set(&pair.second, pair.letter, Stage::Registered, "Referat Finansowy").await;
    pair.rounds().await;
    set(&pair.office.desk, pair.letter, Stage::InProgress, "Referat Finansowy").await;
    correct(&pair.second, pair.letter, |draft| draft.attachments = "3".to_owned()).await;
    pair.rounds().await;
    for desk in pair.desks() {
        let view = seen(desk, pair.letter).await;
        assert_eq!((view.stage, view.unit.as_deref()), (Stage::InProgress, Some("Referat Finansowy")));
        assert_eq!((view.letter.facts.title.as_str(), view.letter.facts.attachments), ("Skarga na sąsiada", 3));
        assert!(open_tasks(desk).await.is_empty());
    }
}

#[tokio::test]
async fn two_corrections_meet_as_one_task_and_the_chosen_fields_stand_everywhere() {
    let mut pair = Pair::open().await;
    correct(&pair.office.desk, pair.letter, |draft| {
        draft.title = "Skarga na hałas z lokalu".to_owned();
        draft.attachments = "2".to_owned();
    })
    .await;
    correct(&pair.second, pair.letter, |draft| draft.title = "Skarga na zakład".to_owned()).await;
    pair.rounds().await;

    for desk in pair.desks() {
        let tasks = open_tasks(desk).await;
        let [task] = tasks.as_slice() else { panic!("one task: {tasks:?}") };
        assert_eq!((task.reason.as_str(), task.way), ("overlap", TaskWay::Choose));
        let overlap = task.overlap.as_ref().expect("both versions");
        let texts: Vec<_> =
            overlap.changes.iter().map(|c| (c.field.as_str(), c.old.as_str(), c.new.as_str())).collect();
        let both = [("attachments", "2", "0"), ("title", "Skarga na hałas z lokalu", "Skarga na zakład")];
        assert_eq!(texts, both, "neither text is lost");
        assert_eq!(seen(desk, pair.letter).await.letter.facts.title, "Skarga na zakład", "the later one stands");
    }

    let task = open_tasks(&pair.office.desk).await.remove(0).id;
    let draft = SettleDraft { task: task.clone(), earlier: vec!["attachments".to_owned()] };
    tasks::settle_task(&pair.office.desk.desk, draft.clone()).await.expect("settled");
    assert!(open_tasks(&pair.office.desk).await.is_empty(), "at once, central or not");
    let again = tasks::settle_task(&pair.office.desk.desk, draft).await.expect_err("it is closed");
    assert_eq!(again.code(), ErrorCode::NotFound);
    pair.rounds().await;
    for desk in pair.desks() {
        assert!(open_tasks(desk).await.is_empty());
        let facts = seen(desk, pair.letter).await.letter.facts;
        assert_eq!((facts.title.as_str(), facts.attachments), ("Skarga na zakład", 2));
    }
    let central = pair.office.central.letters().await.remove(0);
    assert_eq!((central.tasks.len(), central.facts.attachments), (0, 2));
}

#[tokio::test]
async fn the_secretary_decides_on_a_cancellation_of_a_letter_on_its_way() {
    for granted in [true, false] {
        let mut pair = Pair::open().await;
        set(&pair.second, pair.letter, Stage::HandedToUnit, "Referat Finansowy").await;
        assert_eq!(pair.sync.round().await, Outcome::Quiet);
        let draft = CancellationDraft { letter_id: pair.letter, reason: "wpisano dwa razy".to_owned() };
        letters::cancel_letter(&pair.office.desk.desk, draft).await.expect("asked");
        pair.rounds().await;
        let view = seen(&pair.office.desk, pair.letter).await;
        assert!(view.cancelled.is_none(), "the number stands until somebody decides");
        assert_eq!(view.history.last().map(|line| &line.what), Some(&HistoryKind::CancellationAsked));

        let task = open_tasks(&pair.second).await.remove(0);
        assert_eq!((task.way, task.cancellation.as_deref()), (TaskWay::Decide, Some("wpisano dwa razy")));
        let mut draft = DecisionDraft { task: task.id, granted, reason: String::new() };
        let wrong = tasks::decide_cancellation(&pair.second.desk, draft.clone()).await.expect_err("no reason");
        assert_eq!(wrong.code(), ErrorCode::Required);
        draft.reason = "ten sam list".to_owned();
        tasks::decide_cancellation(&pair.second.desk, draft).await.expect("decided");
        pair.rounds().await;
        for desk in pair.desks() {
            assert_eq!(seen(desk, pair.letter).await.cancelled.is_some(), granted);
            assert!(open_tasks(desk).await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_letter_registered_anew_waits_for_its_label_at_every_desk_and_any_of_them_prints_it() {
    let mut pair = Pair::open().await;
    let letter = pair.second.register("Wilk", "Wniosek o wycięcie lip").await.id;
    let administrator = pair.office.central.administrator();
    let first = pair.office.central.letters().await.remove(0).registered_on;
    let desks = central::desks::list(pair.office.central.pool()).await.expect("desks");
    let device = desks.iter().find(|desk| desk.id != first).expect("the second desk").id;
    assert!(central::desks::revoke(&administrator, device).await.expect("revoked"));
    pair.sync.round().await;
    let office = pair.office.central.teryt();
    let settler = Settler { administrator, office, by: "Jan Kowalik", why: "numer stoi na innej kartce" };
    let symbol = PointSymbol::try_from("Z1".to_owned()).expect("a symbol");
    central::sync::register_anew(settler, device, letter, &symbol).await.expect("a new number");
    assert_eq!(pair.office.round().await, Outcome::Quiet);

    let view = seen(&pair.office.desk, letter).await;
    assert_eq!((view.number.as_str(), view.registered_here), ("RPW/Z1/1/2026", false));
    assert_eq!(view.letter.facts.remarks.as_deref(), Some("Na piśmie jest etykieta RPW/K2/1/2026."));
    let task = open_tasks(&pair.office.desk).await.remove(0);
    assert_eq!((task.reason.as_str(), task.way, task.by.as_str()), ("new_label", TaskWay::Acknowledge, "Jan Kowalik"));

    let desk = &pair.office.desk.desk;
    let label = desk::labels::reprint(desk, letter, "nowy numer").await.expect("a label");
    assert_eq!((label.number.as_str(), label.copy), ("RPW/Z1/1/2026", 1));
    tasks::settle_task(desk, SettleDraft { task: task.id, earlier: Vec::new() }).await.expect("settled");
    assert_eq!(pair.office.round().await, Outcome::Quiet);
    assert!(open_tasks(&pair.office.desk).await.is_empty());
    let central = pair.office.central.letters().await.into_iter().find(|known| known.id == letter);
    assert_eq!(central.expect("the letter").tasks, []);
}
