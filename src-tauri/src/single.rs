//! One window a data directory: a second start asks the first to come forward, and ends.
//!
//! The first listens on loopback and leaves port and a random word beside its lock; only who can read the data
//! directory knows the word.

use std::{
    hash::{BuildHasher, RandomState},
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use desk::lock::DirLock;

/// Where the first window waits for later starts.
pub(crate) struct Door {
    listener: TcpListener,
    word: String,
}

impl Door {
    /// Opens the door and leaves word of it in the data directory.
    pub(crate) fn open(lock: &mut DirLock, folder: &Path) -> Option<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
        let port = listener.local_addr().ok()?.port();
        let word = format!("{:016x}{:016x}", RandomState::new().hash_one(port), RandomState::new().hash_one(0));
        lock.leave_word(folder, &format!("{port} {word}")).ok()?;
        Some(Self { listener, word })
    }

    /// Calls `raise` for every start that knows the word. Blocks for ever: runs on a thread of its own.
    pub(crate) fn answer(self, raise: impl Fn()) {
        for stream in self.listener.incoming().flatten() {
            if self.knows_the_word(stream) {
                raise();
            }
        }
    }

    fn knows_the_word(&self, mut stream: TcpStream) -> bool {
        let mut said = vec![0; self.word.len()];
        let heard = stream
            .set_read_timeout(Some(Duration::from_secs(1)))
            .and_then(|()| stream.read_exact(&mut said))
            .is_ok_and(|()| said == self.word.as_bytes());
        heard && stream.write_all(b"ok").is_ok()
    }
}

/// Asks the window that holds the data directory to come forward. Whether it answered.
pub(crate) fn raise_the_first(folder: &Path) -> bool {
    let knock = || {
        let left = DirLock::word_of_holder(folder)?;
        let (port, word) = left.split_once(' ')?;
        let address = (Ipv4Addr::LOCALHOST, port.parse::<u16>().ok()?).into();
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        stream.write_all(word.as_bytes()).ok()?;
        let mut answer = [0; 2];
        stream.read_exact(&mut answer).ok()?;
        (&answer == b"ok").then_some(())
    };
    knock().is_some()
}
