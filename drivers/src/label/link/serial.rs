//! Serial ports through `serialport`, each on a thread of its own.
//!
//! The driver's `flush` has no timeout and a stopped line (XOFF) can hold a write for ever, so every wait on the thread
//! is watched from outside: when its time is over the thread is abandoned and the answer is *cut*.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serialport::{ClearBuffer, FlowControl, SerialPort};
use tokio::{sync::oneshot, time::timeout};

use super::{Link, LinkError, Timeouts, Written};
use crate::label::SerialFlow;

/// How long the thread waits for the line before it looks at its deadline again.
const TICK: Duration = Duration::from_millis(20);
/// What the watcher grants beyond a deadline that the thread keeps by itself.
const GRACE: Duration = Duration::from_millis(500);
/// Bytes handed over at a time: what a hanging write leaves in doubt.
const CHUNK: usize = 256;

/// Names of the serial ports that the operating system knows, sorted; empty when it does not say. Blocks.
pub fn serial_ports() -> Vec<String> {
    let mut names: Vec<String> =
        serialport::available_ports().unwrap_or_default().into_iter().map(|port| port.port_name).collect();
    names.sort();
    names
}

pub(crate) struct SerialLink {
    path: String,
    baud: u32,
    flow: SerialFlow,
    timeouts: Timeouts,
    thread: Option<mpsc::Sender<Task>>,
}

enum Task {
    Write { bytes: Vec<u8>, deadline: Instant, handed: Arc<AtomicUsize>, done: oneshot::Sender<Written> },
    Read { deadline: Instant, done: oneshot::Sender<Result<Option<Vec<u8>>, LinkError>> },
    Close { done: oneshot::Sender<()> },
}

impl SerialLink {
    pub(crate) fn new(path: &str, baud: u32, flow: SerialFlow, timeouts: Timeouts) -> Self {
        Self { path: path.to_owned(), baud, flow, timeouts, thread: None }
    }

    /// Leaves a thread that hangs: it ends, and the port closes, when its task returns and finds the channel gone.
    fn abandon(&mut self) {
        self.thread = None;
    }

    fn hand(&mut self, task: Task) -> Result<(), LinkError> {
        let thread = self.thread.as_ref().ok_or(LinkError::Cut)?;
        thread.send(task).map_err(|_| LinkError::Cut)
    }
}

#[async_trait]
impl Link for SerialLink {
    async fn open(&mut self) -> Result<bool, LinkError> {
        if self.thread.is_some() {
            return Ok(true);
        }
        let (tasks, inbox) = mpsc::channel();
        let (opened, answer) = oneshot::channel();
        let (path, baud, flow) = (self.path.clone(), self.baud, self.flow);
        std::thread::Builder::new()
            .name("label-serial".to_owned())
            .spawn(move || match open_port(&path, baud, flow) {
                Ok(port) => {
                    // A watcher that has given up left no one to serve: the port closes at once.
                    if opened.send(Ok(())).is_ok() {
                        serve(port, &inbox);
                    }
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            })
            .map_err(|error| LinkError::Other(error.kind()))?;
        timeout(self.timeouts.connect, answer)
            .await
            .map_err(|_| LinkError::ConnectTimeout)?
            .map_err(|_| LinkError::Cut)??;
        self.thread = Some(tasks);
        Ok(false)
    }

    async fn write(&mut self, bytes: &[u8], within: Duration) -> Written {
        let handed = Arc::new(AtomicUsize::new(0));
        let (done, answer) = oneshot::channel();
        let deadline = Instant::now() + within;
        let task = Task::Write { bytes: bytes.to_vec(), deadline, handed: handed.clone(), done };
        if let Err(cut) = self.hand(task) {
            return Written { sent: 0, cut: Some(cut) };
        }
        let so_far = |cut| Written { sent: handed.load(Ordering::Acquire), cut: Some(cut) };
        match timeout(within + GRACE, answer).await {
            Ok(Ok(written)) => written,
            Ok(Err(_)) => so_far(LinkError::Cut),
            Err(_) => {
                self.abandon();
                so_far(LinkError::WriteTimeout)
            }
        }
    }

    async fn read(&mut self, within: Duration) -> Result<Option<Vec<u8>>, LinkError> {
        let (done, answer) = oneshot::channel();
        self.hand(Task::Read { deadline: Instant::now() + within, done })?;
        match timeout(within + GRACE, answer).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) => Err(LinkError::Cut),
            Err(_) => {
                self.abandon();
                Err(LinkError::Cut)
            }
        }
    }

    fn rate(&self) -> u32 {
        // Ten bits a byte: start, eight, stop.
        self.baud / 10
    }

    fn forgets_when_reopened(&self) -> bool {
        false
    }

    async fn close(&mut self) {
        let (done, closed) = oneshot::channel();
        // Waits for the port to be free, or the next opening would find it held by ourselves.
        if self.hand(Task::Close { done }).is_ok() {
            let _ = timeout(self.timeouts.connect, closed).await;
        }
        self.abandon();
    }
}

fn open_port(path: &str, baud: u32, flow: SerialFlow) -> Result<Box<dyn SerialPort>, LinkError> {
    let flow = match flow {
        SerialFlow::Software => FlowControl::Software,
        SerialFlow::Hardware => FlowControl::Hardware,
        SerialFlow::None => FlowControl::None,
    };
    serialport::new(path, baud).flow_control(flow).timeout(TICK).open().map_err(|error| match error.kind() {
        // The driver says "no device" for a held port too; a path that is there is held.
        serialport::ErrorKind::NoDevice if std::path::Path::new(path).exists() => LinkError::PortHeld,
        serialport::ErrorKind::NoDevice | serialport::ErrorKind::InvalidInput => LinkError::NoSuchPort,
        serialport::ErrorKind::Io(ErrorKind::ResourceBusy | ErrorKind::WouldBlock) => LinkError::PortHeld,
        serialport::ErrorKind::Io(kind) => kind.into(),
        serialport::ErrorKind::Unknown => LinkError::Other(ErrorKind::Other),
    })
}

fn serve(mut port: Box<dyn SerialPort>, tasks: &mpsc::Receiver<Task>) {
    while let Ok(task) = tasks.recv() {
        match task {
            Task::Write { bytes, deadline, handed, done } => {
                let _ = done.send(write(port.as_mut(), &bytes, deadline, &handed));
            }
            Task::Read { deadline, done } => {
                let _ = done.send(read(port.as_mut(), deadline));
            }
            Task::Close { done } => {
                drop(port);
                let _ = done.send(());
                return;
            }
        }
    }
}

fn write(port: &mut dyn SerialPort, bytes: &[u8], deadline: Instant, handed: &AtomicUsize) -> Written {
    let mut sent = 0;
    let cut = loop {
        if sent == bytes.len() {
            break drain(port, deadline);
        }
        if Instant::now() >= deadline {
            break Some(LinkError::WriteTimeout);
        }
        let chunk = &bytes[sent..bytes.len().min(sent + CHUNK)];
        // Should this write hang, the watcher must take its bytes for gone.
        handed.store(sent + chunk.len(), Ordering::Release);
        let written = port.write(chunk);
        sent += written.as_ref().copied().unwrap_or_default();
        handed.store(sent, Ordering::Release);
        match written {
            Ok(0) => break Some(LinkError::Cut),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(error) => break Some(broken(error.kind())),
        }
    };
    if cut.is_some() {
        // What is still queued here must not come out later, in the middle of another label.
        let _ = port.clear(ClearBuffer::Output);
    }
    Written { sent, cut }
}

// Polls instead of flushing, because a flush of a stopped line never returns.
#[expect(clippy::disallowed_methods, reason = "no system tells when a line has drained; this thread is the port's own")]
fn drain(port: &mut dyn SerialPort, deadline: Instant) -> Option<LinkError> {
    loop {
        match port.bytes_to_write() {
            Ok(0) => return None,
            Ok(_) if Instant::now() >= deadline => return Some(LinkError::WriteTimeout),
            Ok(_) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Some(broken(std::io::Error::from(error).kind())),
        }
    }
}

fn read(port: &mut dyn SerialPort, deadline: Instant) -> Result<Option<Vec<u8>>, LinkError> {
    let mut piece = vec![0; 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now()).min(TICK);
        port.set_timeout(left).map_err(|_| LinkError::Cut)?;
        let read = port.read(&mut piece);
        port.set_timeout(TICK).map_err(|_| LinkError::Cut)?;
        match read {
            Ok(0) => return Err(LinkError::Cut),
            Ok(length) => {
                piece.truncate(length);
                return Ok(Some(piece));
            }
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                if Instant::now() >= deadline {
                    return Ok(None);
                }
            }
            Err(error) => return Err(broken(error.kind())),
        }
    }
}

// A port whose cable was pulled says many things; all of them mean that the link is gone.
fn broken(kind: ErrorKind) -> LinkError {
    match LinkError::from(kind) {
        LinkError::Other(_) | LinkError::NoSuchPort => LinkError::Cut,
        other => other,
    }
}
