//! A network that fails on purpose: a proxy on loopback between a desk and central, one request a connection.
//!
//! Used by the journeys. It understands HTTP just enough to know which request it carries, so that a test can cut
//! exactly the push, after central has done it. It changes no message, and keeps a list of what it carried.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// What goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut before anything reaches central.
    CutRequest,
    /// So many bytes of the body reach central, then both sides are cut.
    CutInRequest(usize),
    /// Central does its work; its answer never arrives.
    CutAnswer,
    /// So many bytes of the answer's body arrive, then the connection is cut.
    CutInAnswer(usize),
    /// Nothing reaches central, and nothing is answered until the desk gives up.
    Silence,
    /// So many bytes of the answer's body arrive, then nothing more.
    StallInAnswer(usize),
    /// Somebody else answers these bytes.
    Say(Vec<u8>),
}

impl Fault {
    /// An answer with this status line's number, type and body.
    pub fn answer(status: u16, content_type: &str, body: &str) -> Self {
        let length = body.len();
        Self::Say(
            format!(
                "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }
}

/// A request that came to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// `POST /v1/push`.
    pub what: String,
    /// Bytes of its body.
    pub bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    planned: VecDeque<(String, Fault)>,
    always: Option<Fault>,
    carried: Vec<Carried>,
}

/// The proxy. Dropping it takes it off the network.
#[derive(Debug)]
pub struct FaultProxy {
    /// What the desk is told: `http://127.0.0.1:PORT`.
    pub address: String,
    listen: SocketAddr,
    central: SocketAddr,
    state: Arc<Mutex<State>>,
    task: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// A proxy before central, at first without faults.
    pub async fn before(central: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let listen = listener.local_addr().expect("its address");
        let state = Arc::default();
        let task = tokio::spawn(serve(listener, central, Arc::clone(&state)));
        Self { address: format!("http://{listen}"), listen, central, state, task: Some(task) }
    }

    /// The next request whose first line begins so (`POST /v1/push`) meets this fault, once. Faults queue up.
    pub fn plan(&self, what: &str, fault: Fault) {
        self.state().planned.push_back((what.to_owned(), fault));
    }

    /// Every request meets this fault, until `None`.
    pub fn always(&self, fault: Option<Fault>) {
        self.state().always = fault;
    }

    /// Faults that were planned and have not happened yet.
    pub fn still_planned(&self) -> usize {
        self.state().planned.len()
    }

    /// Forgets what was carried and returns it.
    pub fn take_carried(&self) -> Vec<Carried> {
        std::mem::take(&mut self.state().carried)
    }

    /// Takes the proxy off the network: connections are refused, open ones cut.
    pub async fn down(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // The listener is closed when the task is gone.
            let _ = task.await;
        }
    }

    /// Puts it back on its port.
    pub async fn up(&mut self) {
        if self.task.is_none() {
            let listener = TcpListener::bind(self.listen).await.expect("the same port");
            self.task = Some(tokio::spawn(serve(listener, self.central, Arc::clone(&self.state))));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

async fn serve(listener: TcpListener, central: SocketAddr, state: Arc<Mutex<State>>) {
    // Connections live in this set, so that they end with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(carry(stream, central, Arc::clone(&state)));
        while connections.try_join_next().is_some() {}
    }
}

// One request and its answer. Whatever breaks here is a fault of the network, which is what this proxy is for.
async fn carry(mut desk: TcpStream, central: SocketAddr, state: Arc<Mutex<State>>) -> Option<()> {
    let (head, body) = read_message(&mut desk).await?;
    let what = head.split(" HTTP/").next().unwrap_or_default().to_owned();
    let fault = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.carried.push(Carried { what: what.clone(), bytes: body.len() });
        let planned = state.planned.iter().position(|(begin, _)| what.starts_with(begin.as_str()));
        match planned {
            Some(place) => state.planned.remove(place).map(|(_, fault)| fault),
            None => state.always.clone(),
        }
    };
    match &fault {
        Some(Fault::CutRequest) => return None,
        Some(Fault::Say(bytes)) => {
            let _ = desk.write_all(bytes).await;
            let _ = desk.shutdown().await;
            return None;
        }
        Some(Fault::Silence) => return until_gone(desk).await,
        Some(Fault::CutInRequest(bytes)) => {
            let mut upstream = TcpStream::connect(central).await.ok()?;
            upstream.write_all(closing(&head).as_bytes()).await.ok()?;
            upstream.write_all(&body[..(*bytes).min(body.len())]).await.ok()?;
            upstream.flush().await.ok()?;
            return None;
        }
        Some(Fault::CutAnswer | Fault::CutInAnswer(_) | Fault::StallInAnswer(_)) | None => {}
    }
    let mut upstream = TcpStream::connect(central).await.ok()?;
    upstream.write_all(closing(&head).as_bytes()).await.ok()?;
    upstream.write_all(&body).await.ok()?;
    let (head, body) = read_message(&mut upstream).await?;
    let head = closing(&head);
    match fault {
        Some(Fault::CutAnswer) => return None,
        Some(Fault::CutInAnswer(bytes)) => {
            desk.write_all(head.as_bytes()).await.ok()?;
            desk.write_all(&body[..bytes.min(body.len())]).await.ok()?;
            return None;
        }
        Some(Fault::StallInAnswer(bytes)) => {
            desk.write_all(head.as_bytes()).await.ok()?;
            desk.write_all(&body[..bytes.min(body.len())]).await.ok()?;
            return until_gone(desk).await;
        }
        Some(Fault::CutRequest | Fault::CutInRequest(_) | Fault::Silence | Fault::Say(_)) | None => {}
    }
    desk.write_all(head.as_bytes()).await.ok()?;
    desk.write_all(&body).await.ok()?;
    desk.shutdown().await.ok()
}

async fn until_gone(mut desk: TcpStream) -> Option<()> {
    let mut rest = [0; 1024];
    while desk.read(&mut rest).await.is_ok_and(|read| read > 0) {}
    None
}

/// Head (with its empty line) and body of a message whose length is named.
async fn read_message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(place) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break place + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut body = bytes.split_off(end);
    let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0_usize);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, body))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

// One request a connection: nobody keeps one that a later fault is meant for.
fn closing(head: &str) -> String {
    let kept: Vec<&str> = head
        .trim_end()
        .lines()
        .filter(|line| !line.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case("connection")))
        .collect();
    format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n"))
}
