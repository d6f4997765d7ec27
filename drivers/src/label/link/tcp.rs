//! Raw TCP (port 9100). Bytes taken by the kernel are counted as sent: a peer that never reads takes megabytes without
//! complaint, so only the printer's own answer proves anything.

use std::{io::ErrorKind, time::Duration};

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use super::{Link, LinkError, Timeouts, Written};

/// What a network printer is believed to read, in bytes a second: the slowest print servers seen.
const RATE: u32 = 10_000;

pub(crate) struct TcpLink {
    host: String,
    port: u16,
    timeouts: Timeouts,
    stream: Option<TcpStream>,
}

impl TcpLink {
    pub(crate) fn new(host: &str, port: u16, timeouts: Timeouts) -> Self {
        Self { host: host.to_owned(), port, timeouts, stream: None }
    }

    fn stream(&mut self) -> Result<&mut TcpStream, LinkError> {
        self.stream.as_mut().ok_or(LinkError::Cut)
    }
}

#[async_trait]
impl Link for TcpLink {
    async fn open(&mut self) -> Result<bool, LinkError> {
        if self.stream.is_some() {
            return Ok(true);
        }
        let dialled = timeout(self.timeouts.connect, async {
            let addresses = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
            let mut last = LinkError::UnknownHost;
            for address in addresses.map_err(|_| LinkError::UnknownHost)? {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) if error.kind() == ErrorKind::TimedOut => last = LinkError::ConnectTimeout,
                    Err(error) => last = error.kind().into(),
                }
            }
            Err(last)
        })
        .await
        .map_err(|_| LinkError::ConnectTimeout)??;
        // Without it a status question after a label would wait for the peer's delayed acknowledgement.
        dialled.set_nodelay(true).map_err(|error| LinkError::from(error.kind()))?;
        self.stream = Some(dialled);
        Ok(false)
    }

    async fn write(&mut self, bytes: &[u8], within: Duration) -> Written {
        let deadline = Instant::now() + within;
        let mut sent = 0;
        let stream = match self.stream() {
            Ok(stream) => stream,
            Err(cut) => return Written { sent, cut: Some(cut) },
        };
        while sent < bytes.len() {
            // `write` is cancel safe: when the deadline wins, none of this piece was taken.
            match timeout_at(deadline, stream.write(&bytes[sent..])).await {
                Ok(Ok(0)) => return Written { sent, cut: Some(LinkError::Cut) },
                Ok(Ok(taken)) => sent += taken,
                Ok(Err(error)) => return Written { sent, cut: Some(error.kind().into()) },
                Err(_) => return Written { sent, cut: Some(LinkError::WriteTimeout) },
            }
        }
        // A reset that is already here, behind the last byte, is seen now instead of at the next question.
        let cut = stream.take_error().ok().flatten().map(|error| error.kind().into());
        Written { sent, cut }
    }

    async fn read(&mut self, within: Duration) -> Result<Option<Vec<u8>>, LinkError> {
        let stream = self.stream()?;
        let mut piece = vec![0; 1024];
        match timeout(within, stream.read(&mut piece)).await {
            Err(_) => Ok(None),
            Ok(Ok(0)) => Err(LinkError::Cut),
            Ok(Ok(length)) => {
                piece.truncate(length);
                Ok(Some(piece))
            }
            Ok(Err(error)) => Err(error.kind().into()),
        }
    }

    fn rate(&self) -> u32 {
        RATE
    }

    fn forgets_when_reopened(&self) -> bool {
        true
    }

    async fn close(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        // Unread input would turn the orderly end into a reset, and a reset may throw away the label's last bytes.
        let _ = stream.shutdown().await;
        let mut rest = [0; 1024];
        while matches!(stream.try_read(&mut rest), Ok(length) if length > 0) {}
    }
}
