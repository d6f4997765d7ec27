//! `catch_up`: three weeks without a network, then a line of 10 Mbit/s. The time that the desk takes, in parts of the time that the
//! line alone needs for the bytes that passed.

use std::{
    io::ErrorKind,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use desk::{
    scanning::{
        self, Manners,
        view::{BatchStateView, GroupDecision},
    },
    sync::{Conversation, Outcome, Pace},
};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    sample_letters,
    test_desk::TestDesk,
    virtual_mfp::{FeederSheet, VirtualMfp},
};
use tokio::{
    io::AsyncWriteExt,
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{report::Figure, runtime, wire::draft};

const OPERATIONS: u32 = 5_000;
const SCANS: u64 = 50 << 20;
const SHEETS: usize = 25;
/// 10 Mbit/s.
const BYTES_A_SECOND: f64 = 1_250_000.0;

/// A line of this speed in each direction, whatever the number of connections.
struct Line {
    port: u16,
    bytes: Arc<AtomicU64>,
}

/// One direction: when it has carried all that it was given.
type FreeAt = Arc<Mutex<tokio::time::Instant>>;

impl Line {
    async fn before(central: std::net::SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (port, bytes) = (listener.local_addr().expect("its address").port(), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&bytes);
        let now = tokio::time::Instant::now();
        let (there, back): (FreeAt, FreeAt) = (Arc::new(Mutex::new(now)), Arc::new(Mutex::new(now)));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(central).await.expect("central listens");
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near_in, far_out, Arc::clone(&there), Arc::clone(&counted)));
                tokio::spawn(carry(far_in, near_out, Arc::clone(&back), Arc::clone(&counted)));
            }
        });
        Self { port, bytes }
    }
}

async fn carry(from: OwnedReadHalf, mut to: OwnedWriteHalf, free_at: FreeAt, counted: Arc<AtomicU64>) {
    let mut buffer = vec![0; 16 << 10];
    // Pieces of several connections take turns. While bytes wait, a timer that wakes late makes no line slower: a piece that
    // came while the line was busy follows the one before at once.
    let mut came_at = tokio::time::Instant::now();
    loop {
        let n = match from.try_read(&mut buffer) {
            Ok(n @ 1..) => n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if from.readable().await.is_err() {
                    break;
                }
                came_at = tokio::time::Instant::now();
                continue;
            }
            Ok(0) | Err(_) => break,
        };
        counted.fetch_add(n as u64, Ordering::SeqCst);
        #[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
        let takes = Duration::from_secs_f64(n as f64 / BYTES_A_SECOND);
        let arrives = {
            let mut free_at = free_at.lock().expect("the line");
            *free_at = (*free_at).max(came_at) + takes;
            *free_at
        };
        came_at = arrives;
        tokio::time::sleep_until(arrives).await;
        if to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// Scans stack after stack until the documents have so many bytes.
async fn scan(desk: &TestDesk, numbers: &[String]) {
    let mfp = VirtualMfp::start(0).await.expect("a device");
    desk.settings(|draft| draft.mfp_address = mfp.url()).await;
    let desk = &desk.desk;
    scanning::set_manners(desk, Manners { min_free: 0, ..Manners::default() });
    let stop = CancellationToken::new();
    let worker = tokio::spawn(scanning::worker::run(desk.clone(), stop.clone()));
    let letters = sample_letters::all();
    for number in numbers {
        let sheets = (0..SHEETS).map(|n| FeederSheet::of(&letters[n % letters.len()], 0));
        mfp.load(sheets);
        let mut events = desk.listen();
        scanning::start(desk).await.expect("started");
        let mut batch = loop {
            let batch = scanning::open(desk).await.expect("open").expect("a batch");
            if batch.state != BatchStateView::Scanning {
                break batch;
            }
            // Too many events at once are no fault: the batch is read again.
            let _ = events.recv().await;
        };
        while let Some(group) = batch.groups.iter().position(|group| group.question.is_some()) {
            let decision = GroupDecision::AssignTo { number: number.clone() };
            batch = scanning::decide(desk, batch.id, group, decision).await.expect("decided");
        }
        scanning::close(desk, batch.id).await.expect("closed");
        let waiting = scanning::waiting_uploads(desk).await.expect("uploads");
        if waiting.iter().map(|scan| scan.bytes).sum::<u64>() >= SCANS {
            break;
        }
    }
    stop.cancel();
    worker.await.expect("the worker ends when told");
}

pub(crate) fn measure(_: &Path) -> Vec<Figure> {
    runtime().block_on(async {
        let central = CentralOffice::start(CentralSetup::of_an_office()).await.expect("central");
        let line = Line::before(central.desk_socket()).await;
        let desk = TestDesk::with_seed(1).await;
        let invitation = central.invite("K1").await;
        let (_, letters) = invitation.split_once(' ').expect("address and letters");
        desk.join(&format!("https://127.0.0.1:{} {letters}", line.port)).await.expect("joined");
        let mut numbers = Vec::new();
        for n in 1..=OPERATIONS {
            let empty = desk::intake::open(&desk.desk).await.expect("the form").draft;
            let registered = desk::intake::register_letter(&desk.desk, draft(empty, n)).await.expect("registered");
            numbers.push(registered.number);
        }
        scan(&desk, &numbers).await;
        let scans: u64 =
            scanning::waiting_uploads(&desk.desk).await.expect("uploads").iter().map(|scan| scan.bytes).sum();

        let mut sync = Conversation::new(desk.desk.clone(), Pace::default());
        let before = line.bytes.load(Ordering::SeqCst);
        let start = Instant::now();
        assert_eq!(sync.round().await, Outcome::Quiet);
        let seconds = start.elapsed().as_secs_f64();
        assert!(scanning::waiting_uploads(&desk.desk).await.expect("uploads").is_empty(), "all of it is at central");
        #[expect(clippy::cast_precision_loss, reason = "some ten million bytes")]
        let (carried, scans) = ((line.bytes.load(Ordering::SeqCst) - before) as f64, scans as f64);
        let counts = [
            ("operations".to_owned(), f64::from(OPERATIONS)),
            ("bytes of scans".to_owned(), scans),
            ("bytes on the line".to_owned(), carried),
        ];
        vec![Figure::ratio("catch_up", "s", seconds, carried / BYTES_A_SECOND, 1.15).with(counts.into())]
    })
}
