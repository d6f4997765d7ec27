//! A thermal label printer on loopback: ZPL over TCP, honest answers, faults on command, every label kept and drawn.
//!
//! Used by the demo office, the journeys and the label tests. It behaves like a Zebra where our drivers look: `~HS` is
//! not answered while media or ribbon is out or the head is open, `~` commands act even inside a format, and after a
//! mended fault the spoiled label is printed again unless `^JZN` was sent. Labels are drawn by the crate `labelize`.

mod mechanism;
mod page;
mod zpl;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use image::GrayImage;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use mechanism::Mechanism;

/// What is wrong with the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum PrinterFault {
    /// Switched off: connections are refused, open ones are dropped, what was not printed is forgotten.
    Off,
    /// Takes everything and prints, but answers nothing.
    Silent,
    /// Accepts connections and never reads.
    NeverReads,
    /// Resets the connection after so many more bytes.
    ResetAfter {
        /// Bytes still read.
        bytes: usize,
    },
    /// Out of labels.
    PaperOut,
    /// Out of labels in the middle of the label after so many more whole ones.
    PaperOutAfter {
        /// Labels still printed whole.
        labels: u32,
    },
    /// Out of ribbon.
    RibbonOut,
    /// The head is open.
    HeadOpen,
    /// Paused by its key.
    Paused,
}

/// What the printer is.
#[derive(Clone, Debug)]
pub struct PrinterSetup {
    /// Dots per millimetre of its head: 8 (203 dpi) or 12 (300 dpi).
    pub dots_per_mm: u8,
    /// Port on loopback; 0 for any free one.
    pub port: u16,
    /// Folder for `.zpl` and `.png` of every label; made if missing. `None` keeps them in memory only.
    pub folder: Option<PathBuf>,
    /// How long one label takes.
    pub per_label: Duration,
}

impl Default for PrinterSetup {
    fn default() -> Self {
        Self { dots_per_mm: 8, port: 0, folder: None, per_label: Duration::ZERO }
    }
}

/// One label that came out.
#[derive(Clone, Debug)]
pub struct PrintedLabel {
    /// Order in which it came out, from 1.
    pub number: u32,
    /// The format as received, `^XA` to `^XZ`.
    pub zpl: Vec<u8>,
    /// Drawn by `labelize`, one pixel a dot.
    pub png: Vec<u8>,
    /// The same as pixels.
    pub picture: GrayImage,
    /// Width of the drawn label in millimetres.
    pub width_mm: f32,
    /// Height of the drawn label in millimetres.
    pub height_mm: f32,
}

/// A running printer. Dropping it switches it off.
pub struct VirtualPrinter {
    shared: Arc<Shared>,
    life: CancellationToken,
}

struct Shared {
    setup: PrinterSetup,
    address: SocketAddr,
    mechanism: Mutex<Mechanism>,
    changed: watch::Sender<u64>,
    power: Mutex<CancellationToken>,
}

impl Shared {
    fn mechanism(&self) -> MutexGuard<'_, Mechanism> {
        self.mechanism.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

impl VirtualPrinter {
    /// Switches a printer on.
    ///
    /// # Errors
    /// When the port cannot be taken or the folder cannot be made.
    #[expect(clippy::unused_async, reason = "it serves on the caller's runtime, so it must be called inside one")]
    pub async fn start(setup: PrinterSetup) -> io::Result<Self> {
        if let Some(folder) = &setup.folder {
            std::fs::create_dir_all(folder)?;
        }
        let listener = listen(setup.port)?;
        let life = CancellationToken::new();
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            mechanism: Mutex::new(Mechanism::new(&setup)),
            setup,
            changed: watch::Sender::new(0),
            power: Mutex::new(life.child_token()),
        });
        let printer = Self { shared, life };
        printer.serve(listener);
        tokio::spawn(mechanism::run(printer.shared.clone(), printer.life.clone()));
        Ok(printer)
    }

    /// Where ZPL is taken.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Breaks the printer in one way, or mends it.
    ///
    /// # Errors
    /// When it is switched on again and its port has been taken meanwhile.
    pub fn set_fault(&self, fault: Option<PrinterFault>) -> io::Result<()> {
        set_fault(&self.shared, &self.life, fault)
    }

    /// What is wrong with it now.
    pub fn fault(&self) -> Option<PrinterFault> {
        self.shared.mechanism().fault
    }

    /// All labels that came out, in order.
    pub fn labels(&self) -> Vec<Arc<PrintedLabel>> {
        self.shared.mechanism().printed.clone()
    }

    /// Waits until at least so many labels came out.
    ///
    /// # Panics
    /// When the printer is dropped meanwhile.
    pub async fn labels_at_least(&self, count: usize) -> Vec<Arc<PrintedLabel>> {
        let mut changes = self.shared.changed.subscribe();
        changes
            .wait_for(|_| self.shared.mechanism().printed.len() >= count)
            .await
            .map(drop)
            .expect("the printer lives");
        self.labels()
    }

    /// Ticks whenever something happened: a label, a fault, bytes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Bytes received since it was started.
    pub fn bytes_received(&self) -> u64 {
        self.shared.mechanism().received
    }

    /// A small web page on loopback with all labels and switches for the faults; refreshes by itself.
    ///
    /// # Errors
    /// When the port cannot be taken.
    #[expect(clippy::unused_async, reason = "it serves on the caller's runtime, so it must be called inside one")]
    pub async fn show(&self, port: u16) -> io::Result<SocketAddr> {
        page::serve(self.shared.clone(), self.life.clone(), port)
    }

    fn serve(&self, listener: TcpListener) {
        serve(&self.shared, listener);
    }
}

impl Drop for VirtualPrinter {
    fn drop(&mut self) {
        self.life.cancel();
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(16)
}

fn set_fault(shared: &Arc<Shared>, life: &CancellationToken, fault: Option<PrinterFault>) -> io::Result<()> {
    let was_off = shared.mechanism().set_fault(fault);
    let off = fault == Some(PrinterFault::Off);
    let mut power = shared.power.lock().unwrap_or_else(PoisonError::into_inner);
    if off {
        power.cancel();
    } else if was_off {
        *power = life.child_token();
        drop(power);
        serve(shared, listen(shared.address.port())?);
    }
    shared.tell();
    Ok(())
}

fn serve(shared: &Arc<Shared>, listener: TcpListener) {
    let power = shared.power.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let shared = shared.clone();
    tokio::spawn(async move {
        let accepting = async {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, power) = (shared.clone(), power.clone());
                tokio::spawn(async move {
                    power.run_until_cancelled(converse(&shared, stream)).await;
                });
            }
        };
        power.run_until_cancelled(accepting).await;
    });
}

async fn converse(shared: &Shared, mut stream: TcpStream) {
    let mut changes = shared.changed.subscribe();
    let mut stream_of_zpl = zpl::Reader::default();
    let mut buffer = [0; 4096];
    loop {
        let allowed = match shared.mechanism().fault {
            Some(PrinterFault::NeverReads) => None,
            Some(PrinterFault::ResetAfter { bytes: 0 }) => {
                let _ = stream.set_zero_linger();
                return;
            }
            Some(PrinterFault::ResetAfter { bytes }) => Some(bytes.min(buffer.len())),
            _ => Some(buffer.len()),
        };
        let Some(allowed) = allowed else {
            if changes.changed().await.is_err() {
                return;
            }
            continue;
        };
        let read = tokio::select! {
            read = stream.read(&mut buffer[..allowed]) => read,
            alive = changes.changed() => {
                if alive.is_err() { return }
                continue;
            }
        };
        let Ok(count) = read else { return };
        if count == 0 {
            return;
        }
        let mut answers = Vec::new();
        {
            let mut mechanism = shared.mechanism();
            mechanism.received += count as u64;
            if let Some(PrinterFault::ResetAfter { bytes }) = &mut mechanism.fault {
                *bytes = bytes.saturating_sub(count);
            }
            for event in stream_of_zpl.take(&buffer[..count]) {
                answers.extend(mechanism.obey(event));
            }
            mechanism.partial = stream_of_zpl.is_inside();
        }
        shared.tell();
        if !answers.is_empty() && stream.write_all(&answers).await.is_err() {
            return;
        }
    }
}
