//! A desk beside a multifunction device, its worker running; what the tests ask of both.

use std::{sync::Arc, time::Duration};

use desk::{
    Desk, DeskEvent,
    intake::view::Registered,
    scanning::{
        self, Manners,
        view::{BatchStateView, BatchView, GroupDecision, GroupQuestion, PageSize},
    },
};
use domain::{
    ErrorCode,
    ids::{LetterId, PageId},
    label::{Dpi, LabelContent, LabelSize},
    marks::{DocumentIdentifier, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
};
use drivers::scan::{ScanSettings, escl::Timeouts};
use kit::{
    sample_letters,
    test_desk::TestDesk,
    virtual_mfp::{FeederSheet, VirtualMfp},
    virtual_printer::{PrintedLabel, PrinterSetup, VirtualPrinter},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How the desks of these tests scan: no less patient than a loaded machine needs, on any disk.
pub(crate) fn manners() -> Manners {
    Manners {
        ask: ScanSettings { dpi: 200, ..ScanSettings::default() },
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            question: Duration::from_secs(20),
            first_byte: Duration::from_mins(1),
            gap: Duration::from_secs(20),
            not_yet: Duration::from_secs(20),
            pause: Duration::from_millis(20),
        },
        min_free: 0,
        ..Manners::default()
    }
}

/// The worker of a desk, ended with it.
pub(crate) struct Worker {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn of(desk: &Arc<Desk>) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(scanning::worker::run(Arc::clone(desk), stop.clone()));
        Self { stop, task }
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.task.await.expect("the worker ends in peace");
    }
}

/// A desk with a device.
pub(crate) struct Office {
    pub(crate) test: TestDesk,
    pub(crate) mfp: VirtualMfp,
    printer: VirtualPrinter,
    pub(crate) worker: Worker,
}

impl Office {
    pub(crate) async fn new() -> Self {
        let test = TestDesk::new().await;
        let mfp = VirtualMfp::start(0).await.expect("a device");
        Self::with(test, mfp).await
    }

    pub(crate) async fn with(test: TestDesk, mfp: VirtualMfp) -> Self {
        let url = mfp.url();
        test.settings(|draft| draft.mfp_address = url).await;
        scanning::set_manners(&test.desk, manners());
        let worker = Worker::of(&test.desk);
        let setup = PrinterSetup { dots_per_mm: 12, ..PrinterSetup::default() };
        let printer = VirtualPrinter::start(setup).await.expect("a printer");
        Self { test, mfp, printer, worker }
    }

    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.test.desk
    }

    /// The label as it comes out of the printer.
    pub(crate) async fn printed(&self, content: &LabelContent) -> Arc<PrintedLabel> {
        use tokio::io::AsyncWriteExt;
        let count = self.printer.labels().len() + 1;
        let zpl = drivers::label::zpl::encode(content, LabelSize::Mm50x25, Dpi::Dpi300).expect("a label");
        let mut line = tokio::net::TcpStream::connect(self.printer.address()).await.expect("a line");
        line.write_all(&zpl).await.expect("written");
        self.printer.labels_at_least(count).await.pop().expect("a label")
    }

    /// Registers a letter and prints its label.
    pub(crate) async fn letter(&self, surname: &str) -> (Registered, Arc<PrintedLabel>) {
        let letter = self.test.register(surname, "Wniosek").await;
        let label = self.printed(&letter.label).await;
        (letter, label)
    }

    /// A first page with this label.
    pub(crate) fn first_page(label: &Arc<PrintedLabel>) -> FeederSheet {
        page(0).with_label(label)
    }

    /// Presses F6 and waits for the end of the run.
    pub(crate) async fn scan(&self) -> BatchView {
        let mut events = self.desk().listen();
        // A device that is off may have failed before the answer is read.
        scanning::start(self.desk()).await.expect("started");
        loop {
            let batch = scanning::open(self.desk()).await.expect("open").expect("a batch");
            if batch.state != BatchStateView::Scanning {
                return batch;
            }
            next(&mut events).await;
        }
    }

    /// Waits until the open batch is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&BatchView) -> bool) -> BatchView {
        let mut events = self.desk().listen();
        loop {
            if let Some(batch) = scanning::open(self.desk()).await.expect("open").filter(&wanted) {
                return batch;
            }
            next(&mut events).await;
        }
    }

    pub(crate) async fn decide(
        &self,
        batch: &BatchView,
        group: usize,
        decision: GroupDecision,
    ) -> Result<BatchView, ErrorCode> {
        scanning::decide(self.desk(), batch.id, group, decision).await.map_err(|error| error.code())
    }

    pub(crate) async fn close(&self, batch: &BatchView) -> Result<Vec<LetterId>, ErrorCode> {
        let closed = scanning::close(self.desk(), batch.id).await.map_err(|error| error.code())?;
        Ok(closed.attached.into_iter().map(|letter| letter.id).collect())
    }

    /// The bytes of a page as the desk keeps them.
    pub(crate) async fn received(&self, page: PageId) -> Vec<u8> {
        scanning::page_image(self.desk(), page, PageSize::Full).await.expect("a received page")
    }
}

/// Waits for the next word of the desk.
pub(crate) async fn next(events: &mut tokio::sync::broadcast::Receiver<DeskEvent>) {
    use tokio::sync::broadcast::error::RecvError;
    match events.recv().await {
        Ok(_) | Err(RecvError::Lagged(_)) => {}
        Err(RecvError::Closed) => panic!("the desk is gone"),
    }
}

/// A page of a letter that bears no label.
pub(crate) fn page(number: usize) -> FeederSheet {
    let letter = sample_letters::named("04-odwolanie").expect("a letter");
    FeederSheet::of(&letter, number % letter.page_count())
}

/// What a label of this number says in the given office.
pub(crate) fn label_of(office: &str, n: u32) -> LabelContent {
    let office = Teryt::try_from(office.to_owned()).expect("a code");
    let number = RegisterNumber { register: Register::Incoming, symbol: PointSymbol::default(), year: 2026, n };
    LabelContent {
        office: "Urząd Gminy".to_owned(),
        number: number.display("RPW"),
        identifier: DocumentIdentifier::of(&office, &number),
        received: "23.11.2026 09:14".to_owned(),
        attachments: 0,
        clerk: "A. Lis".to_owned(),
        copy: 0,
    }
}

/// Groups in short: the letter's number or `?`, its pages' places, its question.
pub(crate) fn show(batch: &BatchView) -> Vec<String> {
    let place = |id: &PageId| {
        let page = batch.pages.iter().find(|page| page.id == *id).expect("a page of the batch");
        page.place.to_string()
    };
    let line = |group: &desk::scanning::view::GroupView| {
        let letter = group.letter.as_ref().map_or("?", |letter| &letter.number);
        let pages: Vec<String> = group.pages.iter().map(place).collect();
        let question = group.question.map_or(String::new(), |question: GroupQuestion| format!(" {question:?}"));
        format!("{letter}: {}{question}", pages.join(","))
    };
    batch.groups.iter().map(line).collect()
}
