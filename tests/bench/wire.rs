//! `wire_bytes`: what a letter costs on the wire, there and to another desk, against its JSON.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use desk::sync::{Conversation, Outcome, Pace};
use domain::{letter::LetterDraft, party::PartyKind};
use kit::{
    central_office::{CentralOffice, CentralSetup},
    crowd::{MATTERS, SURNAMES},
    test_desk::TestDesk,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{report::Figure, runtime};

const LETTERS: u32 = 1_000;

/// Counts every byte that passes, those of TLS and HTTP included.
struct Meter {
    address: SocketAddr,
    bytes: Arc<AtomicU64>,
}

impl Meter {
    async fn before(central: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (address, bytes) = (listener.local_addr().expect("its address"), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&bytes);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(central).await.expect("central listens");
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near_in, far_out, Arc::clone(&counted)));
                tokio::spawn(carry(far_in, near_out, Arc::clone(&counted)));
            }
        });
        Self { address, bytes }
    }

    fn read(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    counted: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        counted.fetch_add(n as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

pub(crate) fn draft(empty: LetterDraft, n: u32) -> LetterDraft {
    let pick = |list: &[&str], step: u32| list[(n * step) as usize % list.len()].to_owned();
    let mut draft = empty;
    draft.sender.kind = PartyKind::Person;
    draft.sender.surname = pick(SURNAMES, 7);
    draft.sender.given_names = pick(&["Barbara", "Jan", "Zofia", "Stanisław", "Ewa"], 3);
    draft.sender.town = pick(&["Kruszyna", "Widzów", "Jacków", "Lgota Mała"], 5);
    draft.sender.building = (n % 97 + 1).to_string();
    draft.title = format!("{} nr {}", pick(MATTERS, 3), n * 31 % 977);
    draft.letter_date = format!("{:02}.11.2026", n % 20 + 1);
    draft.reference = format!("ABC.{}.2026", n % 900);
    draft
}

#[expect(clippy::cast_precision_loss, reason = "some megabytes")]
pub(crate) fn measure(_: &Path) -> Vec<Figure> {
    runtime().block_on(async {
        let central = CentralOffice::start(CentralSetup::of_an_office()).await.expect("central");
        let meter = Meter::before(central.desk_socket()).await;
        let mut desks = Vec::new();
        for (seed, symbol) in [(1, "K1"), (2, "K2")] {
            let desk = TestDesk::with_seed(seed).await;
            let invitation = central.invite(symbol).await;
            let (_, letters) = invitation.split_once(' ').expect("address and letters");
            desk.join(&format!("https://{} {letters}", meter.address)).await.expect("joined");
            let sync = Conversation::new(desk.desk.clone(), Pace::default());
            desks.push((desk, sync));
        }
        for n in 1..=LETTERS {
            let empty = desk::intake::open(&desks[0].0.desk).await.expect("the form").draft;
            desk::intake::register_letter(&desks[0].0.desk, draft(empty, n)).await.expect("registered");
        }
        for (_, sync) in &mut desks {
            assert_eq!(sync.round().await, Outcome::Quiet);
        }
        let wire = meter.read();
        // What one desk says and the other hears, as JSON without anything around it.
        let said: i64 = {
            let mut db = desks[0].0.desk.read().await.expect("the database");
            sqlx::query_scalar("SELECT SUM(LENGTH(CAST(body AS BLOB))) FROM op")
                .fetch_one(&mut *db)
                .await
                .expect("a sum")
        };
        let heard: i64 = sqlx::query_scalar("SELECT SUM(OCTET_LENGTH(body))::bigint FROM change")
            .fetch_one(central.pool())
            .await
            .expect("a sum");
        let per_letter = |bytes: u64| bytes as f64 / f64::from(LETTERS);
        // The registering desk reads its own letters back, too.
        let json = u64::try_from(said + 2 * heard).expect("a sum");
        let counts = [("letters".to_owned(), f64::from(LETTERS)), ("desks that read".to_owned(), 2.0)];
        let figure = Figure::ratio("wire_bytes", "B per letter", per_letter(wire), per_letter(json), 0.35);
        vec![figure.with(counts.into())]
    })
}
