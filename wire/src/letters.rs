//! Bytes as letters that people read from paper and type: Crockford's base 32, in groups of four.

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

const GROUP: usize = 4;

/// Writes bytes as letters.
pub fn write(bytes: &[u8]) -> String {
    let letters = crockford().encode(bytes);
    let mut grouped = String::with_capacity(letters.len() * 5 / GROUP);
    for (place, letter) in letters.chars().enumerate() {
        if place > 0 && place % GROUP == 0 {
            grouped.push('-');
        }
        grouped.push(letter);
    }
    grouped
}

/// Reads letters as typed: case, spaces and hyphens do not matter, nor O for 0 and I or L for 1. `None` for anything else.
pub fn read(typed: &str) -> Option<Vec<u8>> {
    crockford().decode(typed.as_bytes()).ok()
}

// No letter looks like another one.
fn crockford() -> &'static Encoding {
    static LETTERS: LazyLock<Encoding> = LazyLock::new(|| {
        let mut crockford = Specification::new();
        crockford.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
        crockford.translate.from.push_str("abcdefghjkmnpqrstvwxyzOoIiLl");
        crockford.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
        crockford.ignore.push_str("- \t\r\n");
        crockford.encoding().expect("32 different symbols")
    });
    &LETTERS
}
