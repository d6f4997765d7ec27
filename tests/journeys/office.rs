//! The small office that the journeys play in: one desk, a network that can fail, central.

use std::time::Duration;

use desk::{
    letters::view::LetterView,
    status::view::CentralStatusView,
    sync::{Conversation, Outcome, Pace, Patience},
};
use domain::ids::LetterId;
use kit::{
    central_office::{CentralOffice, CentralSetup},
    proxy::FaultProxy,
    test_desk::{SetClock, TestDesk},
};

pub(crate) struct Office {
    pub(crate) sync: Conversation,
    pub(crate) desk: TestDesk,
    pub(crate) proxy: FaultProxy,
    pub(crate) central: CentralOffice,
}

impl Office {
    /// One desk without a symbol, signed in, and central, on the same day.
    pub(crate) async fn open() -> Self {
        Self::around(open_central().await).await
    }

    /// The same around a central that is there.
    pub(crate) async fn around(central: CentralOffice) -> Self {
        let proxy = FaultProxy::before(central.desk_socket()).await;
        let desk = TestDesk::new().await;
        desk.settings(|draft| draft.central_address.clone_from(&proxy.address)).await;
        Self::of(central, proxy, desk)
    }

    /// As an office runs: the desk came in by an invitation, under this symbol.
    pub(crate) async fn enrolled(symbol: &str) -> Self {
        let clock = central::Clock::of(|| kit::test_desk::BEGIN.parse().expect("a moment"));
        let setup = CentralSetup { clock, ..CentralSetup::of_an_office() };
        let central = CentralOffice::start(setup).await.expect("central starts");
        let proxy = FaultProxy::before(central.desk_socket()).await;
        let desk = TestDesk::new().await;
        // The proxy reads no TLS: this desk speaks with central itself.
        desk.join(&central.invite(symbol).await).await.expect("let in");
        Self::of(central, proxy, desk)
    }

    fn of(central: CentralOffice, proxy: FaultProxy, desk: TestDesk) -> Self {
        let sync = Conversation::new(desk.desk.clone(), pace());
        Self { sync, desk, proxy, central }
    }

    pub(crate) async fn round(&mut self) -> Outcome {
        self.sync.round().await
    }

    /// A worker that knows nothing, as after a start of the program.
    pub(crate) fn fresh_worker(&mut self) {
        self.sync = Conversation::new(self.desk.desk.clone(), pace());
    }

    /// A worker that waits for an answer a fifth of a second only.
    pub(crate) fn impatient_worker(&mut self) {
        let patience = Patience { answer: Duration::from_millis(200), ..pace().patience };
        self.sync = Conversation::new(self.desk.desk.clone(), Pace { patience, ..pace() });
    }

    /// Ends the desk's program and starts it again.
    pub(crate) async fn restart_desk(self) -> Self {
        let Self { sync, desk, proxy, central } = self;
        drop(sync);
        let desk = desk.restart().await;
        let sync = Conversation::new(desk.desk.clone(), pace());
        Self { sync, desk, proxy, central }
    }

    pub(crate) async fn letter(&self, id: LetterId) -> LetterView {
        desk::letters::letter(&self.desk.desk, id).await.expect("the letter")
    }

    pub(crate) async fn line(&self) -> CentralStatusView {
        desk::status::status_line(&self.desk.desk).await.expect("the status line").central
    }

    /// What the desk has open for a person to look at.
    pub(crate) async fn tasks(&self) -> Vec<String> {
        let mut db = self.desk.desk.read().await.expect("the database");
        sqlx::query_scalar("SELECT kind FROM task WHERE done_at IS NULL ORDER BY key")
            .fetch_all(&mut *db)
            .await
            .expect("tasks")
    }

    /// The number that central's answer and the desk's own word agree on: everything is acknowledged and read.
    pub(crate) async fn all_is_quiet(&self) {
        let (last, acked, pulled): (i64, i64, i64) = {
            let mut db = self.desk.desk.read().await.expect("the database");
            sqlx::query_as("SELECT (SELECT COALESCE(MAX(seq), 0) FROM op), acked_seq, pulled_seq FROM sync_state")
                .fetch_one(&mut *db)
                .await
                .expect("the state")
        };
        assert_eq!((acked, pulled), (last, last), "acknowledged and read, of {last} operations");
        let held: i64 = sqlx::query_scalar("SELECT count(*) FROM operation")
            .fetch_one(self.central.pool())
            .await
            .expect("operations");
        assert_eq!(held, last, "operations at central");
    }

    /// What the citizen reads for the key on the slip.
    pub(crate) async fn status_page(&self, key: &str) -> String {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client
            .post(format!("{}/s", self.central.status_address))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("lang=pl&key={key}"))
            .send()
            .await
            .expect("the status page");
        answer.text().await.expect("its text")
    }
}

pub(crate) async fn open_central() -> CentralOffice {
    let clock = central::Clock::of(|| kit::test_desk::BEGIN.parse().expect("a moment"));
    CentralOffice::start(CentralSetup { clock, ..CentralSetup::default() }).await.expect("central starts")
}

pub(crate) fn pace() -> Pace {
    // A loaded machine is no reason to give up; pauses never pass in a test that plays single rounds.
    let patience = Patience { connect: Duration::from_secs(20), answer: Duration::from_mins(1) };
    Pace { patience, chunk: 4 << 10, ..Pace::default() }
}

/// The desk's clock, moved on by minutes.
pub(crate) fn minutes_later(clock: &SetClock, minutes: u64) {
    clock.advance(Duration::from_secs(60 * minutes));
}
