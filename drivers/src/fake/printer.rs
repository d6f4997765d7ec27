//! A label printer that follows a script: one list of steps for each connection, taken one connection after the other,
//! as printers with a single port do.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// One thing a scripted printer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reads until these bytes have come, beginning behind what an earlier step waited for.
    Hear(&'static str),
    /// Reads so many bytes, no more.
    Read(usize),
    /// Sends these bytes, piece by piece.
    Say(Vec<Vec<u8>>),
    /// Ends the connection with a reset: what is unread is lost, as when the plug is pulled.
    Reset,
    /// Ends the connection in order.
    Close,
    /// Reads nothing and says nothing until the other side has gone.
    Ignore,
}

/// A printer's flags in a `~HS` answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "these are independent flags of the printer's own answer")]
pub struct HostStatus {
    /// Out of labels.
    pub media_out: bool,
    /// Out of ribbon.
    pub ribbon_out: bool,
    /// The head is open.
    pub head_open: bool,
    /// Paused.
    pub paused: bool,
    /// Receive buffer full.
    pub buffer_full: bool,
    /// Formats in the receive buffer.
    pub formats: u32,
    /// Labels left of the batch.
    pub remaining: u32,
}

impl HostStatus {
    /// The three strings of the answer, as the ZPL II manual shows them.
    pub fn answer(self) -> Vec<u8> {
        let flag = u8::from;
        let first = format!(
            "014,{},{},0200,{:03},{},0,0,000,0,0,0",
            flag(self.media_out),
            flag(self.paused),
            self.formats,
            flag(self.buffer_full)
        );
        let second =
            format!("001,0,{},{},1,2,6,0,{:08},1,000", flag(self.head_open), flag(self.ribbon_out), self.remaining);
        format!("\u{2}{first}\u{3}\r\n\u{2}{second}\u{3}\r\n\u{2}1234,0\u{3}\r\n").into_bytes()
    }

    /// The answer in one piece, as a step.
    pub fn said(self) -> Step {
        Step::Say(vec![self.answer()])
    }
}

/// The answer to `~HQES` with these error flags: 1 media out, 2 ribbon out, 4 head open.
pub fn error_flags(flags: u32) -> Step {
    let any = u32::from(flags != 0);
    let text = format!(
        "\u{2}\r\n\r\nPRINTER STATUS\r\n ERRORS:         {any} 00000000 {flags:08X}\r\n WARNINGS:       0 00000000 00000000\r\n\u{3}"
    );
    Step::Say(vec![text.into_bytes()])
}

/// A printer that runs until its script is over.
pub struct ScriptedPrinter {
    /// Where it listens.
    pub address: SocketAddr,
    run: JoinHandle<Vec<Vec<u8>>>,
}

impl ScriptedPrinter {
    /// Starts a printer on loopback: the first connection gets the first script, and so on.
    ///
    /// # Panics
    /// When loopback cannot be listened on.
    pub async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback");
        let address = listener.local_addr().expect("address");
        let run = tokio::spawn(async move {
            let mut heard = Vec::new();
            for script in scripts {
                let (stream, _) = listener.accept().await.expect("connection");
                heard.push(follow(stream, script).await);
            }
            heard
        });
        Self { address, run }
    }

    /// Waits for the script's end and hands back what each connection heard.
    ///
    /// # Panics
    /// When the script failed.
    pub async fn heard(self) -> Vec<Vec<u8>> {
        self.run.await.expect("the script ran to its end")
    }
}

async fn follow(mut stream: TcpStream, script: Vec<Step>) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut behind = 0;
    for step in script {
        match step {
            Step::Hear(awaited) => match hear(&mut stream, &mut heard, behind, awaited.as_bytes()).await {
                Some(end) => behind = end,
                None => return heard,
            },
            Step::Read(count) => {
                let mut piece = vec![0; count];
                if stream.read_exact(&mut piece).await.is_err() {
                    return heard;
                }
                heard.extend(piece);
                behind = heard.len();
            }
            Step::Say(pieces) => {
                for piece in pieces {
                    if stream.write_all(&piece).await.is_err() || stream.flush().await.is_err() {
                        return heard;
                    }
                }
            }
            Step::Reset => {
                stream.set_zero_linger().expect("linger");
                return heard;
            }
            Step::Close => return heard,
            Step::Ignore => {
                gone(&stream).await;
                return heard;
            }
        }
    }
    // The other side hangs up first, or the connection's end would tell it more than the script does.
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    heard.extend(rest);
    heard
}

async fn hear(stream: &mut TcpStream, heard: &mut Vec<u8>, behind: usize, awaited: &[u8]) -> Option<usize> {
    loop {
        let found = heard[behind..].windows(awaited.len()).position(|window| window == awaited);
        if let Some(place) = found {
            return Some(behind + place + awaited.len());
        }
        if stream.read_buf(heard).await.ok()? == 0 {
            return None;
        }
    }
}

// The peer's end is seen without reading a byte: its window stays shut.
async fn gone(stream: &TcpStream) {
    while let Ok(ready) = stream.ready(tokio::io::Interest::READABLE | tokio::io::Interest::ERROR).await {
        if ready.is_read_closed() || ready.is_error() {
            return;
        }
        tokio::task::yield_now().await;
    }
}
