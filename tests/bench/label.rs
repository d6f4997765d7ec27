//! `key_to_label`: from the command's call to the last ZPL byte taken over TCP, status asked before.

use std::{path::Path, sync::Arc, time::Instant};

use desk::intake::register_letter;
use kit::{
    test_desk::TestDesk,
    virtual_printer::{PrinterSetup, VirtualPrinter},
};
use tokio_util::sync::CancellationToken;

use crate::{
    report::{Figure, ms, percentile},
    runtime,
};

const ROUNDS: usize = 200;
const WARM_UP: usize = 20;

pub(crate) fn measure(folder: &Path) -> Vec<Figure> {
    runtime().block_on(async {
        let printer = VirtualPrinter::start(PrinterSetup::default()).await.expect("a virtual printer");
        let office = TestDesk::on(folder).await;
        office.printer_at(printer.address().port()).await;
        let stop = CancellationToken::new();
        let worker = tokio::spawn(desk::labels::worker::run(Arc::clone(&office.desk), stop.clone()));
        let mut samples = Vec::new();
        for round in 0..ROUNDS + WARM_UP {
            let draft = office.draft(&format!("Nowak{round}"), "Wniosek").await;
            let start = Instant::now();
            register_letter(&office.desk, draft).await.expect("registered");
            printer.labels_at_least(round + 1).await;
            if round >= WARM_UP {
                samples.push(ms(start.elapsed()));
            }
            settled(&office).await;
        }
        stop.cancel();
        worker.await.expect("the worker ends");
        vec![Figure::at_most("key_to_label", "ms", percentile(&mut samples, 95), 100.0)]
    })
}

// The next key is pressed when the last label is confirmed: a queue would measure the printer, not us.
async fn settled(office: &TestDesk) {
    let mut events = office.desk.listen();
    loop {
        let view = desk::intake::open(&office.desk).await.expect("the intake screen");
        if view.recent.iter().all(|letter| letter.label.as_ref().is_none_or(|label| label.state.is_settled())) {
            return;
        }
        events.recv().await.expect("the desk announces");
    }
}
