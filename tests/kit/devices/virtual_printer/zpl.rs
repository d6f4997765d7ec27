//! Takes a stream of ZPL apart: formats `^XA…^XZ` and commands that act at once (`~HS`…), in any pieces.

/// What the stream said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A whole format, `^XA` to `^XZ`.
    Format(Vec<u8>),
    /// A command that acts at once, without `~`.
    Now(Now),
}

/// Commands that act at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Now {
    /// `~HS`
    HostStatus,
    /// `~HI`
    HostIdentification,
    /// `~HQES`
    ErrorStatus,
    /// `~HQSN`
    SerialNumber,
    /// `~JA`: forget everything that waits.
    CancelAll,
    /// `~JR`: start anew.
    Reset,
    /// `~PP`
    Pause,
    /// `~PS`
    Resume,
}

const COMMANDS: &[(&[u8], Now)] = &[
    (b"HS", Now::HostStatus),
    (b"HI", Now::HostIdentification),
    (b"HQES", Now::ErrorStatus),
    (b"HQSN", Now::SerialNumber),
    (b"JA", Now::CancelAll),
    (b"JR", Now::Reset),
    (b"PP", Now::Pause),
    (b"PS", Now::Resume),
];

/// Longest format that is kept.
const LONGEST: usize = 1024 * 1024;

/// Reads the stream of one connection.
#[derive(Debug, Default)]
pub(super) struct Reader {
    waiting: Vec<u8>,
    format: Option<Vec<u8>>,
}

impl Reader {
    /// True in the middle of a format.
    pub(super) fn is_inside(&self) -> bool {
        self.format.is_some()
    }

    /// Takes the next piece.
    pub(super) fn take(&mut self, piece: &[u8]) -> Vec<Event> {
        self.waiting.extend_from_slice(piece);
        let mut events = Vec::new();
        let mut at = 0;
        while at < self.waiting.len() {
            let rest = &self.waiting[at..];
            match rest[0] {
                b'~' => {
                    let command = COMMANDS.iter().find(|(word, _)| starts_with(&rest[1..], word));
                    if let Some((word, now)) = command {
                        events.push(Event::Now(*now));
                        at += 1 + word.len();
                        continue;
                    }
                    if COMMANDS.iter().any(|(word, _)| rest.len() <= word.len() && starts_with(word, &rest[1..])) {
                        break;
                    }
                }
                b'^' => {
                    if rest.len() < 3 {
                        break;
                    }
                    if starts_with(rest, b"^XA") {
                        self.format = Some(b"^XA".to_vec());
                        at += 3;
                        continue;
                    }
                    if starts_with(rest, b"^XZ") {
                        if let Some(mut format) = self.format.take() {
                            format.extend_from_slice(b"^XZ");
                            events.push(Event::Format(format));
                        }
                        at += 3;
                        continue;
                    }
                }
                _ => {}
            }
            if let Some(format) = &mut self.format
                && format.len() < LONGEST
            {
                format.push(self.waiting[at]);
            }
            at += 1;
        }
        self.waiting.drain(..at);
        events
    }
}

fn starts_with(text: &[u8], word: &[u8]) -> bool {
    text.len() >= word.len() && text[..word.len()].eq_ignore_ascii_case(word)
}

/// The value of the last `^XX123` in a format.
pub(super) fn number_after(format: &[u8], command: &[u8]) -> Option<u32> {
    let at = format.windows(command.len()).rposition(|window| window.eq_ignore_ascii_case(command))?;
    let digits: String =
        format[at + command.len()..].iter().take_while(|b| b.is_ascii_digit()).map(|b| char::from(*b)).collect();
    digits.parse().ok()
}

/// True when the format holds the command.
pub(super) fn has(format: &[u8], command: &[u8]) -> bool {
    format.windows(command.len()).any(|window| window.eq_ignore_ascii_case(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_length_say_the_same() {
        let stream = b"noise~HS\r\n^XA^FDa_7Eb^FS~HQES^FDc^FS^XZ~HI^xa^JZN^xz~HQSN";
        let whole = Reader::default().take(stream);
        assert_eq!(whole.len(), 6);
        assert_eq!(whole[2], Event::Format(b"^XA^FDa_7Eb^FS^FDc^FS^XZ".to_vec()));
        for size in 1..stream.len() {
            let mut reader = Reader::default();
            let pieces: Vec<Event> = stream.chunks(size).flat_map(|piece| reader.take(piece)).collect();
            assert_eq!(pieces, whole, "pieces of {size}");
        }
    }

    #[test]
    fn a_format_begun_anew_forgets_the_old() {
        let events = Reader::default().take(b"^XA^FDlost^XA^PW400^LL200^FDkept^FS^XZ");
        assert_eq!(events, [Event::Format(b"^XA^PW400^LL200^FDkept^FS^XZ".to_vec())]);
        assert_eq!(number_after(b"^XA^PW400^LL200^XZ", b"^LL"), Some(200));
    }
}
