//! Labels when things go wrong: every test over a real socket to a printer that keeps what came out of it.

mod device_tests;
mod slips;

use std::time::Duration;

use desk::{
    Desk, DeskError, DeskEvent,
    labels::{
        self,
        view::{LabelAnswer, LabelView},
        worker::{self, Pace},
    },
    letters::{
        self,
        view::{CancellationDraft, HistoryKind},
    },
    status::{self, view::PrinterStatusView},
};
use domain::{
    ErrorCode,
    ids::LetterId,
    label::{BlockReason, LabelState},
};
use drivers::fake::printer::{HostStatus, ScriptedPrinter, Step};
use kit::{
    test_desk::TestDesk,
    virtual_printer::{PrinterFault, PrinterSetup, VirtualPrinter},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A desk with its label worker.
struct Working {
    office: TestDesk,
    stop: CancellationToken,
    worker: JoinHandle<()>,
}

impl Working {
    fn at(office: TestDesk, pace: Pace) -> Self {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(worker::run_at(office.desk.clone(), stop.clone(), pace));
        Self { office, stop, worker }
    }

    fn desk(&self) -> &Desk {
        &self.office.desk
    }

    /// Ends in good order.
    async fn end(self) -> TestDesk {
        self.stop.cancel();
        self.worker.await.expect("the worker ends");
        self.office
    }

    /// Dies, and a new program opens the same desk; its worker does not run yet.
    async fn die(self) -> TestDesk {
        self.worker.abort();
        let _ = self.worker.await;
        self.office.restart().await
    }
}

/// A quick worker: what a clerk waits seconds for, a test waits milliseconds for.
fn quick() -> Pace {
    let mut pace = Pace { blocked: Duration::from_millis(50), proof: Duration::from_millis(10), ..Pace::default() };
    pace.link.answer = Duration::from_millis(500);
    pace.link.write = Duration::from_millis(500);
    pace
}

async fn printer() -> VirtualPrinter {
    VirtualPrinter::start(PrinterSetup::default()).await.expect("a printer on loopback")
}

async fn desk_at(printer: &VirtualPrinter) -> TestDesk {
    let office = TestDesk::new().await;
    office.printer_at(printer.address().port()).await;
    office
}

async fn labels_of(desk: &Desk, letter: LetterId) -> Vec<LabelView> {
    letters::letter(desk, letter).await.expect("the letter").labels
}

fn states(labels: &[LabelView]) -> Vec<LabelState> {
    labels.iter().map(|label| label.state).collect()
}

/// Waits until the letter's labels stand in these states, oldest first; a state that nothing can leave by itself, and
/// that is not the expected one, ends the test.
async fn until(desk: &Desk, letter: LetterId, expected: &[LabelState]) -> Vec<LabelView> {
    let mut events = desk.listen();
    loop {
        let labels = labels_of(desk, letter).await;
        let found = states(&labels);
        if found == expected {
            return labels;
        }
        let final_word = |state: &LabelState| state.is_settled() || *state == LabelState::Uncertain;
        let wrong = found.iter().zip(expected).any(|(found, expected)| found != expected && final_word(found));
        assert!(!wrong, "expected {expected:?}, found {found:?}");
        let _ = events.recv().await;
    }
}

async fn until_status(desk: &Desk, expected: PrinterStatusView) {
    let mut events = desk.listen();
    while status::status_line(desk).await.expect("the status line").printer != expected {
        let _ = events.recv().await;
    }
}

const fn blocked(reason: BlockReason) -> LabelState {
    LabelState::Blocked { reason }
}

/// The texts on the labels that came out, in order: register numbers with their DUPLIKAT mark.
fn printed(printer: &VirtualPrinter) -> Vec<String> {
    printer
        .labels()
        .iter()
        .map(|label| {
            let zpl = String::from_utf8_lossy(&label.zpl).into_owned();
            let fields = zpl.split("^FD").skip(1).filter_map(|field| field.split("^FS").next());
            fields.filter(|text| text.starts_with("RPW/") || text.starts_with("DUPLIKAT")).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn code<T: std::fmt::Debug>(result: Result<T, DeskError>) -> ErrorCode {
    result.expect_err("refused").code()
}

#[tokio::test]
async fn registering_never_waits_for_a_printer() {
    let printer = printer().await;
    printer.set_fault(Some(PrinterFault::NeverReads)).expect("a fault");
    let mut endless = Pace::default();
    endless.link.answer = Duration::from_hours(24);
    let desk = Working::at(desk_at(&printer).await, endless);
    let first = desk.office.register("Łozińska", "Wniosek").await;
    until(desk.desk(), first.id, &[LabelState::Checking]).await;
    let second = desk.office.register("Nowak", "Skarga").await;
    assert_eq!(second.number, "RPW/2/2026");
    assert_eq!(states(&labels_of(desk.desk(), second.id).await), [LabelState::Queued]);
    assert!(printer.labels().is_empty());
}

#[tokio::test]
async fn five_letters_while_the_printer_is_off_then_five_labels_in_order() {
    let printer = printer().await;
    printer.set_fault(Some(PrinterFault::Off)).expect("a fault");
    let desk = Working::at(desk_at(&printer).await, quick());
    let mut letters = Vec::new();
    for surname in ["Łozińska", "Nowak", "Żak", "Ćwik", "Wójcik"] {
        letters.push(desk.office.register(surname, "Wniosek").await);
    }
    for letter in &letters {
        until(desk.desk(), letter.id, &[blocked(BlockReason::Unreachable)]).await;
    }
    until_status(desk.desk(), PrinterStatusView::Blocked { reason: BlockReason::Unreachable, waiting: 5 }).await;

    printer.set_fault(None).expect("switched on");
    for letter in &letters {
        until(desk.desk(), letter.id, &[LabelState::Confirmed]).await;
    }
    until_status(desk.desk(), PrinterStatusView::Ready).await;
    let numbers: Vec<String> = letters.iter().map(|letter| letter.number.clone()).collect();
    assert_eq!(printed(&printer), numbers);
}

#[tokio::test]
async fn whatever_stops_the_printer_is_said_and_the_label_comes_out_by_itself_when_it_is_mended() {
    for (fault, reason) in [
        (PrinterFault::PaperOut, BlockReason::MediaOut),
        (PrinterFault::RibbonOut, BlockReason::RibbonOut),
        (PrinterFault::HeadOpen, BlockReason::HeadOpen),
        (PrinterFault::Paused, BlockReason::Paused),
        (PrinterFault::Silent, BlockReason::Silent),
        (PrinterFault::Off, BlockReason::Unreachable),
    ] {
        let printer = printer().await;
        printer.set_fault(Some(fault)).expect("a fault");
        let mut pace = quick();
        pace.link.answer = Duration::from_millis(150);
        let desk = Working::at(desk_at(&printer).await, pace);
        let letter = desk.office.register("Łozińska", "Wniosek").await;
        until(desk.desk(), letter.id, &[blocked(reason)]).await;
        until_status(desk.desk(), PrinterStatusView::Blocked { reason, waiting: 1 }).await;
        assert!(printer.labels().is_empty(), "{fault:?}");

        printer.set_fault(None).expect("mended");
        printer.labels_at_least(1).await;
        let office = desk.end().await;
        // Stopped behind the last byte, the label may still await its proof: a new worker asks again.
        let desk = Working::at(office, quick());
        until(desk.desk(), letter.id, &[LabelState::Confirmed]).await;
        assert_eq!(printed(&printer), ["RPW/1/2026"], "{fault:?}");
    }
}

#[tokio::test]
async fn without_a_printer_labels_wait_until_one_is_set_up() {
    let printer = printer().await;
    let desk = Working::at(TestDesk::new().await, quick());
    let letter = desk.office.register("Łozińska", "Wniosek").await;
    until(desk.desk(), letter.id, &[blocked(BlockReason::NotConfigured)]).await;
    until_status(desk.desk(), PrinterStatusView::None).await;
    desk.office.printer_at(printer.address().port()).await;
    until(desk.desk(), letter.id, &[LabelState::Confirmed]).await;
    assert_eq!(printed(&printer), ["RPW/1/2026"]);
}

#[tokio::test]
async fn paper_that_ends_inside_a_label_asks_the_clerk_and_the_next_copy_is_a_duplicate() {
    let printer = printer().await;
    let desk = Working::at(desk_at(&printer).await, quick());
    until_status(desk.desk(), PrinterStatusView::Ready).await;
    printer.set_fault(Some(PrinterFault::PaperOutAfter { labels: 0 })).expect("a fault");
    let letter = desk.office.register("Łozińska", "Wniosek").await;
    let labels = until(desk.desk(), letter.id, &[LabelState::Uncertain]).await;
    assert_eq!(status::status_line(desk.desk()).await.expect("the line").questions, 1);

    printer.set_fault(None).expect("a new roll");
    let id = labels[0].id;
    let copy = labels::answer(desk.desk(), id, LabelAnswer::NotPrinted).await.expect("answered");
    assert_eq!(copy.copy, 1);
    until(desk.desk(), letter.id, &[LabelState::Reprinted, LabelState::Confirmed]).await;
    assert_eq!(printed(&printer), ["RPW/1/2026 DUPLIKAT 1"]);
    assert_eq!(code(labels::answer(desk.desk(), id, LabelAnswer::Printed).await), ErrorCode::NotAllowedNow);
}

/// A script's beginning: asked, it is ready; it is told once never to reprint by itself.
fn ready() -> Vec<Step> {
    vec![Step::Hear("~HS"), HostStatus::default().said(), Step::Hear("^JUS^XZ")]
}

fn asked_again() -> Vec<Step> {
    vec![Step::Hear("~HS"), HostStatus::default().said()]
}

/// One letter at a printer that follows a script; the letter is registered before the worker begins.
async fn letter_at(scripts: Vec<Vec<Step>>) -> (Working, ScriptedPrinter, LetterId) {
    let printer = ScriptedPrinter::start(scripts).await;
    let office = TestDesk::new().await;
    office.printer_at(printer.address.port()).await;
    let letter = office.register("Łozińska", "Wniosek").await;
    let mut pace = quick();
    pace.link.answer = Duration::from_millis(150);
    (Working::at(office, pace), printer, letter.id)
}

#[tokio::test]
async fn a_cut_anywhere_in_a_label_is_a_question_and_never_a_second_label() {
    for bytes in [1, 60, 250, 380] {
        let cut = [ready(), vec![Step::Read(bytes), Step::Reset]].concat();
        let (desk, printer, letter) = letter_at(vec![cut, asked_again()]).await;
        let labels = until(desk.desk(), letter, &[LabelState::Uncertain]).await;
        let heard = printer.heard().await;
        assert_eq!(heard[1], b"~HS\r\n", "cut after {bytes}");
        let seen = labels::answer(desk.desk(), labels[0].id, LabelAnswer::Printed).await.expect("answered");
        assert_eq!((seen.copy, seen.state), (0, LabelState::Confirmed));
    }
}

#[tokio::test]
async fn a_printer_that_dies_behind_the_last_byte_leaves_a_question() {
    for end in [Step::Reset, Step::Close] {
        let script = [ready(), vec![Step::Hear("^PQ1^XZ"), end]].concat();
        let (desk, printer, letter) = letter_at(vec![script, asked_again()]).await;
        until(desk.desk(), letter, &[LabelState::Uncertain]).await;
        assert_eq!(printer.heard().await[1], b"~HS\r\n");
    }
}

#[tokio::test]
async fn a_printer_that_falls_silent_behind_the_last_byte_leaves_a_question() {
    let script = [ready(), vec![Step::Hear("^PQ1^XZ")]].concat();
    let (desk, printer, letter) = letter_at(vec![script, asked_again()]).await;
    until(desk.desk(), letter, &[LabelState::Uncertain]).await;
    assert_eq!(printer.heard().await[1], b"~HS\r\n");
}

#[tokio::test]
async fn a_label_under_way_is_waited_for_and_a_pause_is_no_fault() {
    let under_way = HostStatus { formats: 1, ..HostStatus::default() };
    let paused = HostStatus { paused: true, formats: 1, ..HostStatus::default() };
    let answers = [under_way, paused, under_way, HostStatus::default()];
    let proof = answers.into_iter().flat_map(|status| [Step::Hear("~HS"), status.said()]);
    let script = [ready(), vec![Step::Hear("^PQ1^XZ")], proof.collect()].concat();
    let (desk, printer, letter) = letter_at(vec![script]).await;
    until(desk.desk(), letter, &[LabelState::Confirmed]).await;
    printer.heard().await;
}

#[tokio::test]
async fn ribbon_or_labels_that_end_under_way_leave_a_question() {
    for fault in [
        HostStatus { media_out: true, ..HostStatus::default() },
        HostStatus { ribbon_out: true, ..HostStatus::default() },
        HostStatus { head_open: true, ..HostStatus::default() },
    ] {
        let script = [ready(), vec![Step::Hear("^PQ1^XZ"), Step::Hear("~HS"), fault.said()]].concat();
        let (desk, _printer, letter) = letter_at(vec![script, asked_again()]).await;
        until(desk.desk(), letter, &[LabelState::Uncertain]).await;
    }
}

/// Lets a worker die at the first change behind the printer's mending, or at the second.
async fn killed_after(changes: usize, printer: &VirtualPrinter) -> (TestDesk, LetterId) {
    printer.set_fault(Some(PrinterFault::PaperOut)).expect("a fault");
    let desk = Working::at(desk_at(printer).await, quick());
    let letter = desk.office.register("Łozińska", "Wniosek").await;
    until(desk.desk(), letter.id, &[blocked(BlockReason::MediaOut)]).await;
    let mut events = desk.desk().listen();
    printer.set_fault(None).expect("mended");
    let mut seen = 0;
    while seen < changes {
        if let Ok(DeskEvent::LabelChanged { .. }) = events.recv().await {
            seen += 1;
        }
    }
    (desk.die().await, letter.id)
}

#[tokio::test]
async fn killed_while_sending_it_asks_and_prints_nothing_by_itself() {
    for answer in [LabelAnswer::Printed, LabelAnswer::NotPrinted] {
        let printer = printer().await;
        let (office, letter) = killed_after(1, &printer).await;
        assert_eq!(states(&labels_of(&office.desk, letter).await), [LabelState::Sending]);
        let desk = Working::at(office, quick());
        let labels = until(desk.desk(), letter, &[LabelState::Uncertain]).await;
        assert_eq!(
            code(labels::answer(desk.desk(), domain::ids::LabelJobId(letter.0), answer).await),
            ErrorCode::NotFound
        );
        labels::answer(desk.desk(), labels[0].id, answer).await.expect("answered");
        // The queue is in order: behind this letter's label nothing older can come.
        let next = desk.office.register("Nowak", "Skarga").await;
        until(desk.desk(), next.id, &[LabelState::Confirmed]).await;
        let unmarked = printed(&printer).iter().filter(|text| *text == "RPW/1/2026").count();
        assert!(unmarked <= 1, "at most one unmarked label: {unmarked}");
        let marked = printed(&printer).iter().filter(|text| *text == "RPW/1/2026 DUPLIKAT 1").count();
        assert_eq!(marked, usize::from(answer == LabelAnswer::NotPrinted));
    }
}

#[tokio::test]
async fn killed_behind_the_last_byte_it_asks_the_printer_again() {
    let printer = printer().await;
    let (office, letter) = killed_after(2, &printer).await;
    assert_eq!(states(&labels_of(&office.desk, letter).await), [LabelState::Sent]);
    let desk = Working::at(office, quick());
    until(desk.desk(), letter, &[LabelState::Confirmed]).await;
    assert_eq!(printed(&printer), ["RPW/1/2026"]);
}

#[tokio::test]
async fn the_printer_dark_at_the_next_start_makes_a_sent_label_a_question() {
    let printer = printer().await;
    let (office, letter) = killed_after(2, &printer).await;
    printer.set_fault(Some(PrinterFault::Off)).expect("a fault");
    let desk = Working::at(office, quick());
    until(desk.desk(), letter, &[LabelState::Uncertain]).await;
}

#[tokio::test]
async fn a_second_key_press_prints_no_second_duplicate() {
    let printer = printer().await;
    let desk = Working::at(desk_at(&printer).await, quick());
    let letter = desk.office.register("Łozińska", "Wniosek").await;
    until(desk.desk(), letter.id, &[LabelState::Confirmed]).await;
    assert!(matches!(labels::reprint(desk.desk(), letter.id, "  ").await, Err(DeskError::Draft(_))));

    printer.set_fault(Some(PrinterFault::PaperOut)).expect("a fault");
    let first = labels::reprint(desk.desk(), letter.id, "zniszczona").await.expect("a copy");
    let again = labels::reprint(desk.desk(), letter.id, "zniszczona").await.expect("the same copy");
    assert_eq!((first.id, first.copy), (again.id, 1));
    until(desk.desk(), letter.id, &[LabelState::Confirmed, blocked(BlockReason::MediaOut)]).await;
    let blocked = labels::reprint(desk.desk(), letter.id, "zniszczona").await.expect("the same copy");
    assert_eq!(blocked.id, first.id);

    printer.set_fault(None).expect("a new roll");
    until(desk.desk(), letter.id, &[LabelState::Confirmed; 2]).await;
    labels::reprint(desk.desk(), letter.id, "zgubiona").await.expect("a further copy");
    until(desk.desk(), letter.id, &[LabelState::Confirmed; 3]).await;
    assert_eq!(printed(&printer), ["RPW/1/2026", "RPW/1/2026 DUPLIKAT 1", "RPW/1/2026 DUPLIKAT 2"]);
    let history = letters::letter(desk.desk(), letter.id).await.expect("the letter").history;
    let reprints: Vec<_> =
        history.iter().filter(|line| matches!(line.what, HistoryKind::LabelReprinted { .. })).collect();
    assert_eq!(reprints.len(), 2);
}

#[tokio::test]
async fn a_cancelled_letter_prints_no_label() {
    let printer = printer().await;
    printer.set_fault(Some(PrinterFault::Off)).expect("a fault");
    let desk = Working::at(desk_at(&printer).await, quick());
    let first = desk.office.register("Łozińska", "Wniosek").await;
    let second = desk.office.register("Nowak", "Skarga").await;
    let draft = CancellationDraft { letter_id: first.id, reason: "omyłka".to_owned() };
    letters::cancel_letter(desk.desk(), draft).await.expect("cancelled");
    printer.set_fault(None).expect("switched on");
    until(desk.desk(), second.id, &[LabelState::Confirmed]).await;
    until(desk.desk(), first.id, &[LabelState::Cancelled]).await;
    assert_eq!(printed(&printer), ["RPW/2/2026"]);
    assert_eq!(code(labels::reprint(desk.desk(), first.id, "zgubiona").await), ErrorCode::NotAllowedNow);
}

#[tokio::test]
async fn no_byte_leaves_while_the_mark_cannot_be_written() {
    let printer = printer().await;
    let office = desk_at(&printer).await;
    let mark = office.parts().paths.mark.clone();
    std::fs::remove_dir_all(&mark).expect("removed");
    std::fs::write(&mark, "a file where the folder should be").expect("written");
    let desk = Working::at(office, quick());
    until_status(desk.desk(), PrinterStatusView::Ready).await;
    let letter = desk.office.register("Łozińska", "Wniosek").await;
    let refused = PrinterStatusView::Blocked { reason: BlockReason::Other, waiting: 1 };
    tokio::select! {
        () = until_status(desk.desk(), refused) => {}
        labels = printer.labels_at_least(1) => panic!("{} labels bear a number that no mark knows", labels.len()),
    }

    std::fs::remove_file(&mark).expect("removed");
    labels::retry(desk.desk()).await.expect("asked again");
    until(desk.desk(), letter.id, &[LabelState::Confirmed]).await;
    assert_eq!(printed(&printer), ["RPW/1/2026"]);
}

#[tokio::test]
async fn a_desk_that_may_be_behind_itself_asks_before_it_prints() {
    let printer = printer().await;
    printer.set_fault(Some(PrinterFault::Off)).expect("a fault");
    let desk = Working::at(desk_at(&printer).await, quick());
    let letter = desk.office.register("Łozińska", "Wniosek").await;
    until(desk.desk(), letter.id, &[blocked(BlockReason::Unreachable)]).await;
    let office = desk.end().await;
    std::fs::remove_dir_all(&office.parts().paths.mark).expect("the mark is gone");
    let office = office.restart().await;
    printer.set_fault(None).expect("switched on");
    let desk = Working::at(office, quick());
    until(desk.desk(), letter.id, &[LabelState::Uncertain]).await;
    until_status(desk.desk(), PrinterStatusView::Ready).await;
    assert!(printer.labels().is_empty());
}

#[tokio::test]
async fn labels_that_waited_for_a_restart_are_printed_once() {
    let printer = printer().await;
    printer.set_fault(Some(PrinterFault::HeadOpen)).expect("a fault");
    let desk = Working::at(desk_at(&printer).await, quick());
    let letter = desk.office.register("Łozińska", "Wniosek").await;
    until(desk.desk(), letter.id, &[blocked(BlockReason::HeadOpen)]).await;
    let office = desk.die().await;
    printer.set_fault(None).expect("closed");
    let desk = Working::at(office, quick());
    until(desk.desk(), letter.id, &[LabelState::Confirmed]).await;
    assert_eq!(printed(&printer), ["RPW/1/2026"]);
}

#[tokio::test]
async fn two_desks_share_one_printer_and_every_label_comes_out_once() {
    let printer = printer().await;
    let mut desks = Vec::new();
    for (seed, symbol) in [(1, "K1"), (2, "K2")] {
        let office = TestDesk::with_seed(seed).await;
        office.settings(|draft| draft.point_symbol = symbol.to_owned()).await;
        office.printer_at(printer.address().port()).await;
        desks.push(Working::at(office, quick()));
    }
    let mut letters = Vec::new();
    for surname in ["Łozińska", "Nowak", "Żak"] {
        for desk in &desks {
            letters.push(desk.office.register(surname, "Wniosek").await);
        }
    }
    for (place, letter) in letters.iter().enumerate() {
        until(desks[place % 2].desk(), letter.id, &[LabelState::Confirmed]).await;
    }
    let mut came_out = printed(&printer);
    came_out.sort();
    let mut expected: Vec<String> = letters.iter().map(|letter| letter.number.clone()).collect();
    expected.sort();
    assert_eq!(came_out, expected);
}
