//! N1, watched from the device's side: when it is asked for another page, the last one is journalled and readable.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use desk::{
    Desk,
    scanning::{
        self,
        view::{BatchStateView, PageSize},
    },
};
use drivers::scan::decode;
use kit::test_desk::TestDesk;

use super::office::{Worker, manners, page};

const PAGES: usize = 4;

/// A device that looks into the desk whenever it is asked for a page.
struct Watching {
    desk: Arc<Desk>,
    jpeg: Vec<u8>,
    given: AtomicUsize,
    seen: Mutex<Vec<usize>>,
}

async fn next_document(State(device): State<Arc<Watching>>) -> Response {
    let batch = scanning::open(&device.desk).await.expect("open").expect("a batch");
    for page in &batch.pages {
        let bytes = scanning::page_image(&device.desk, page.id, PageSize::Full).await.expect("a durable page");
        assert!(decode::is_whole(&bytes) && bytes == device.jpeg);
    }
    device.seen.lock().expect("seen").push(batch.pages.len());
    if device.given.fetch_add(1, Ordering::SeqCst) < PAGES {
        ([("content-type", "image/jpeg")], device.jpeg.clone()).into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

async fn status(State(device): State<Arc<Watching>>) -> String {
    let given = device.given.load(Ordering::SeqCst);
    let (feeder, job) = if given > PAGES { ("Empty", "Completed") } else { ("Loaded", "Processing") };
    format!(
        "<ScannerStatus><State>Idle</State><AdfState>ScannerAdf{feeder}</AdfState><Jobs><JobInfo>\
         <JobUri>/eSCL/ScanJobs/1</JobUri><JobState>{job}</JobState><ImagesCompleted>{PAGES}</ImagesCompleted>\
         </JobInfo></Jobs></ScannerStatus>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_durable_before_the_next_is_asked_for() {
    let test = TestDesk::new().await;
    let device = Arc::new(Watching {
        desk: Arc::clone(&test.desk),
        jpeg: page(0).scanned(150, false),
        given: AtomicUsize::new(0),
        seen: Mutex::default(),
    });
    let router = Router::new()
        .route("/eSCL/ScannerCapabilities", get(|| async { "<ScannerCapabilities/>" }))
        .route("/eSCL/ScannerStatus", get(status))
        .route("/eSCL/ScanJobs", post(|| async { (StatusCode::CREATED, [("location", "/eSCL/ScanJobs/1")]) }))
        .route("/eSCL/ScanJobs/1/NextDocument", get(next_document))
        .with_state(Arc::clone(&device));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });

    test.settings(|draft| draft.mfp_address = address).await;
    scanning::set_manners(&test.desk, manners());
    let worker = Worker::of(&test.desk);
    let mut events = test.desk.listen();
    scanning::start(&test.desk).await.expect("started");
    let batch = loop {
        let batch = scanning::open(&test.desk).await.expect("open").expect("a batch");
        if batch.state != BatchStateView::Scanning {
            break batch;
        }
        super::office::next(&mut events).await;
    };
    assert_eq!((&batch.state, batch.pages.len()), (&BatchStateView::Complete, PAGES));
    assert_eq!(*device.seen.lock().expect("seen"), [0, 1, 2, 3, 4]);
    worker.end().await;
    serving.abort();
}
