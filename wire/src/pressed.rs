//! Messages pressed by zstd (RFC 8878): a batch of letters is a third of its JSON.
//!
//! Only messages that bear no secret beside what somebody else may choose are pressed: a batch, a page of changes.

use std::io::Read;

/// The name in `content-encoding` and `accept-encoding` (RFC 9659).
pub const ENCODING: &str = "zstd";
/// What is smaller travels as it is.
const WORTH_IT: usize = 1024;
const LEVEL: i32 = 6;

/// The message pressed; `None` where that is not worth it.
pub fn press(message: &[u8]) -> Option<Vec<u8>> {
    if message.len() < WORTH_IT {
        return None;
    }
    zstd::bulk::compress(message, LEVEL).ok()
}

/// Why a pressed message is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is larger than anybody asked for.
    #[error("larger than allowed")]
    TooLarge,
    /// It was not pressed, or not all of it came.
    #[error("not what was pressed")]
    Broken,
}

/// Reads a pressed message of at most so many bytes: a small one may claim to be huge.
///
/// # Errors
/// [`Unreadable`].
pub fn unpress(pressed: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    let broken = |_| Unreadable::Broken;
    let mut reader = zstd::stream::read::Decoder::new(pressed).map_err(broken)?.take(limit as u64 + 1);
    let mut message = Vec::new();
    reader.read_to_end(&mut message).map_err(broken)?;
    if message.len() <= limit { Ok(message) } else { Err(Unreadable::TooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pressed_comes_back_and_a_bomb_does_not() {
        let message = "Wniosek o warunki zabudowy. ".repeat(1000).into_bytes();
        let pressed = press(&message).expect("worth it");
        assert!(pressed.len() * 20 < message.len());
        assert_eq!(unpress(&pressed, message.len()), Ok(message.clone()));
        assert_eq!(unpress(&pressed, message.len() - 1), Err(Unreadable::TooLarge));
        assert_eq!(unpress(&pressed[..pressed.len() - 5], message.len()), Err(Unreadable::Broken));
        assert_eq!(unpress(&message, usize::MAX - 1), Err(Unreadable::Broken));
        assert_eq!(press(b"{}"), None);
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 19).expect("pressed");
        assert!(bomb.len() < 16 << 10);
        assert_eq!(unpress(&bomb, 1 << 20), Err(Unreadable::TooLarge));
    }
}
