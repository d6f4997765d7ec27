//! A network that fails on purpose, one level below `proxy`: it cuts, stalls, slows and delays bytes whatever they say,
//! so that it serves an encrypted connection as well. Each new connection draws its fault from a seed.
//!
//! Used by the checker. A fault that keeps a request back until a later one has passed makes both a duplicate (the desk
//! asks again meanwhile) and a change of order (the older request arrives last).

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::chance::Chance;

/// What happens to one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Both sides are cut after so many bytes towards central.
    CutRequest(usize),
    /// Both sides are cut after so many bytes of the answers.
    CutAnswer(usize),
    /// After so many bytes of the answers nothing more arrives, and nobody is told.
    HalfOpen(usize),
    /// Every piece waits so long.
    Delay(Duration),
    /// So many bytes at a time, with a pause between them.
    Slow(usize),
    /// After so many bytes the rest of the request is kept back until a later connection has ended; its answer is lost.
    Late(usize),
}

impl Fault {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::CutRequest(_) => Some("cut in a request"),
            Self::CutAnswer(_) => Some("cut in an answer"),
            Self::HalfOpen(_) => Some("half-open"),
            Self::Delay(_) => Some("delayed"),
            Self::Slow(_) => Some("slow"),
            Self::Late(_) => Some("repeated and reordered"),
        }
    }

    fn draw(chance: &mut Chance) -> Self {
        // A challenge and a hello are some hundred bytes, a batch some thousand to some ten thousand.
        let far = *chance.one_of(&[400, 3_000, 30_000]);
        let place = chance.below(far) + 1;
        match chance.below(6) {
            0 => Self::CutRequest(place),
            1 => Self::CutAnswer(place),
            2 => Self::HalfOpen(place),
            3 => Self::Delay(Duration::from_millis(5 + chance.below(60) as u64)),
            4 => Self::Slow(50 + chance.below(400)),
            _ => Self::Late(place),
        }
    }
}

#[derive(Debug)]
struct State {
    chance: Chance,
    /// Of a hundred connections so many meet a fault.
    faulty: usize,
    away: bool,
    injected: BTreeMap<&'static str, u32>,
}

/// The line of one desk. Dropping it takes it off the network.
#[derive(Debug)]
pub struct RoughLine {
    /// Where the desk finds central.
    pub listen: SocketAddr,
    state: Arc<Mutex<State>>,
    /// Counts ended connections; raised, too, when the line heals.
    ended: watch::Sender<u64>,
    /// Raised by every partition: open connections end.
    cut: watch::Sender<u64>,
    task: JoinHandle<()>,
}

impl RoughLine {
    /// A line to central, at first without faults.
    pub async fn before(central: SocketAddr, chance: Chance) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let listen = listener.local_addr().expect("its address");
        let state = Arc::new(Mutex::new(State { chance, faulty: 0, away: false, injected: BTreeMap::new() }));
        let (ended, cut) = (watch::Sender::new(0), watch::Sender::new(0));
        let line = Line { central, state: Arc::clone(&state), ended: ended.clone(), cut: cut.clone() };
        let task = tokio::spawn(serve(listener, line));
        Self { listen, state, ended, cut, task }
    }

    /// From now on so many of a hundred new connections meet a fault.
    pub fn rough(&self, percent: usize) {
        self.state().faulty = percent;
    }

    /// Nobody gets through, and open connections are cut.
    pub fn part(&self) {
        {
            let mut state = self.state();
            state.away = true;
            *state.injected.entry("partition").or_default() += 1;
        }
        self.cut.send_modify(|cut| *cut += 1);
    }

    /// Everything passes again; what was kept back is let through.
    pub fn heal(&self) {
        {
            let mut state = self.state();
            state.away = false;
            state.faulty = 0;
        }
        self.ended.send_modify(|ended| *ended += 1);
    }

    /// Faults so far, by their names.
    pub fn injected(&self) -> BTreeMap<&'static str, u32> {
        self.state().injected.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RoughLine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Line {
    central: SocketAddr,
    state: Arc<Mutex<State>>,
    ended: watch::Sender<u64>,
    cut: watch::Sender<u64>,
}

async fn serve(listener: TcpListener, line: Line) {
    // Connections live in this set, so that they end with it.
    let mut connections = JoinSet::new();
    while let Ok((desk, _)) = listener.accept().await {
        let fault = {
            let mut state = line.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.away {
                continue;
            }
            let faulty = state.faulty;
            let fault = if state.chance.percent(faulty) { Fault::draw(&mut state.chance) } else { Fault::None };
            if let Some(name) = fault.name() {
                *state.injected.entry(name).or_default() += 1;
            }
            fault
        };
        let line = line.clone();
        connections.spawn(async move {
            let mut cut = line.cut.subscribe();
            tokio::select! {
                _ = carry(desk, &line, fault) => {}
                _ = cut.changed() => {}
            }
            line.ended.send_modify(|ended| *ended += 1);
        });
        while connections.try_join_next().is_some() {}
    }
}

// Whatever breaks here is a fault of the network, which is what this line is for.
async fn carry(desk: TcpStream, line: &Line, fault: Fault) -> Option<()> {
    let central = TcpStream::connect(line.central).await.ok()?;
    let (from_desk, to_desk) = desk.into_split();
    let (from_central, to_central) = central.into_split();
    match fault {
        Fault::None => both(pass(from_desk, to_central, usize::MAX), pass(from_central, to_desk, usize::MAX)).await,
        Fault::CutRequest(after) => {
            tokio::select! {
                () = pass(from_desk, to_central, after) => {}
                () = pass(from_central, to_desk, usize::MAX) => {}
            }
        }
        Fault::CutAnswer(after) => {
            tokio::select! {
                () = pass_and_stay(from_desk, to_central) => {}
                () = pass(from_central, to_desk, after) => {}
            }
        }
        Fault::HalfOpen(after) => {
            let answers = async {
                let to_desk = pass_returning(from_central, to_desk, after).await;
                std::future::pending::<()>().await;
                drop(to_desk);
            };
            tokio::select! {
                () = answers => {}
                () = pass(from_desk, to_central, usize::MAX) => {}
            }
        }
        Fault::Delay(pause) => {
            both(
                pass_slowly(from_desk, to_central, 16 << 10, pause),
                pass_slowly(from_central, to_desk, 16 << 10, pause),
            )
            .await;
        }
        Fault::Slow(bytes) => {
            let pause = Duration::from_millis(2);
            both(pass_slowly(from_desk, to_central, bytes, pause), pass_slowly(from_central, to_desk, bytes, pause))
                .await;
        }
        Fault::Late(after) => late(from_desk, to_desk, from_central, to_central, after, line).await?,
    }
    Some(())
}

async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    tokio::join!(one, other);
}

/// Passes bytes until the end or so many; then closes that direction.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, most: usize) {
    let mut from = (&mut from).take(most as u64);
    let _ = tokio::io::copy(&mut from, &mut to).await;
    let _ = to.shutdown().await;
}

// The desk's end of a request must not end the connection before its answer was cut.
async fn pass_and_stay(from: OwnedReadHalf, to: OwnedWriteHalf) {
    let _both = pass_returning(from, to, usize::MAX).await;
    std::future::pending::<()>().await;
}

async fn pass_returning(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    most: usize,
) -> (OwnedReadHalf, OwnedWriteHalf) {
    {
        let mut from = (&mut from).take(most as u64);
        let _ = tokio::io::copy(&mut from, &mut to).await;
    }
    (from, to)
}

async fn pass_slowly(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, bytes: usize, pause: Duration) {
    let mut buffer = vec![0; bytes];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        tokio::time::sleep(pause).await;
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

/// Answers pass while the first bytes do; then the desk waits in vain and gives up, asks again over another connection,
/// and only when that one has ended does central get the rest of the first request.
async fn late(
    mut from_desk: OwnedReadHalf,
    mut to_desk: OwnedWriteHalf,
    mut from_central: OwnedReadHalf,
    mut to_central: OwnedWriteHalf,
    after: usize,
    line: &Line,
) -> Option<()> {
    let mut kept = Vec::new();
    {
        let request = async {
            tokio::io::copy(&mut (&mut from_desk).take(after as u64), &mut to_central).await.ok()?;
            // An end by reset keeps what came before it.
            let _ = from_desk.read_to_end(&mut kept).await;
            Some(())
        };
        let answers = async {
            let _ = tokio::io::copy(&mut from_central, &mut to_desk).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = request => ended?,
            () = answers => {}
        }
    }
    if kept.is_empty() {
        return Some(());
    }
    let mut ended = line.ended.subscribe();
    ended.changed().await.ok()?;
    to_central.write_all(&kept).await.ok()?;
    // Central's answer is read and lost.
    let _ = from_central.read(&mut [0]).await;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each line with `+`, and the lines it got, in order.
    async fn echo() -> (SocketAddr, watch::Receiver<Vec<String>>) {
        use tokio::io::AsyncBufReadExt;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let got = watch::Sender::new(Vec::new());
        let seen = got.subscribe();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let got = got.clone();
                tokio::spawn(async move {
                    let (from, mut to) = stream.into_split();
                    let mut lines = tokio::io::BufReader::new(from).lines();
                    while let Ok(Some(line)) = lines.next_line().await {
                        got.send_modify(|got| got.push(line));
                        let _ = to.write_all(b"+").await;
                    }
                });
            }
        });
        (address, seen)
    }

    async fn ask(line: &RoughLine, text: &str) -> Option<()> {
        let mut stream = TcpStream::connect(line.listen).await.ok()?;
        stream.write_all(text.as_bytes()).await.ok()?;
        let mut answer = [0];
        stream.read_exact(&mut answer).await.ok()?;
        Some(())
    }

    #[tokio::test]
    async fn a_partition_cuts_and_a_healed_line_carries() {
        let (central, _) = echo().await;
        let line = RoughLine::before(central, Chance::of(1)).await;
        assert!(ask(&line, "one\n").await.is_some());
        line.part();
        assert!(ask(&line, "two\n").await.is_none());
        line.heal();
        assert!(ask(&line, "three\n").await.is_some());
        assert_eq!(line.injected(), BTreeMap::from([("partition", 1)]));
    }

    #[tokio::test]
    async fn what_is_kept_back_arrives_behind_a_later_request() {
        let (central, mut got) = echo().await;
        let line = RoughLine::before(central, Chance::of(1)).await;
        let fault = Fault::Late(4);
        let (listen, parts) = (line.listen, line.state.clone());
        drop(line);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        assert_ne!(address, listen);
        let line = Line { central, state: parts, ended: watch::Sender::new(0), cut: watch::Sender::new(0) };
        let ended = line.ended.clone();
        let carried = tokio::spawn(async move {
            let (desk, _) = listener.accept().await.expect("a desk");
            carry(desk, &line, fault).await
        });
        let mut early = TcpStream::connect(address).await.expect("a connection");
        early.write_all(b"old 1\n").await.expect("sent");
        drop(early);
        let mut later = TcpStream::connect(central).await.expect("a connection");
        later.write_all(b"new\n").await.expect("sent");
        got.wait_for(|got| got.len() == 1).await.expect("the newer one");
        // The later connection ends; the subscription may come after the first word of it.
        while !carried.is_finished() {
            ended.send_modify(|ended| *ended += 1);
            tokio::task::yield_now().await;
        }
        assert_eq!(*got.borrow(), ["new", "old 1"]);
    }

    #[tokio::test]
    async fn every_fault_lets_the_next_connection_through() {
        let (central, _) = echo().await;
        let line = RoughLine::before(central, Chance::of(3)).await;
        line.rough(100);
        let desks = (0..40).map(|n| {
            let text = format!("{n} {}\n", "x".repeat(4_000));
            let line = &line;
            async move { tokio::time::timeout(Duration::from_millis(500), ask(line, &text)).await.ok().flatten() }
        });
        let through = futures::future::join_all(desks).await.into_iter().flatten().count();
        assert!(through < 40, "some met a fault that a desk notices");
        assert!(line.injected().len() >= 5, "{:?}", line.injected());
        line.heal();
        assert!(ask(&line, "after\n").await.is_some());
    }
}
