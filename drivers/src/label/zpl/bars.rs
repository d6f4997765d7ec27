//! Code 128 for our identifiers: the sets are chosen here, so that every printer draws the same bars and their width
//! is known before they are sent. Printable ASCII only: printers and libraries read other letters as set switches.

/// Modules of quiet zone on either side of the bars.
pub(super) const QUIET_MODULES: u32 = 10;

const SYMBOL_MODULES: u32 = 11;
const STOP_MODULES: u32 = 13;

/// Bars as a printer takes them, and how wide they come out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bars {
    /// The field's data with explicit set switches: `>:WK1>52600123582`.
    pub field: String,
    /// Width in modules, without quiet zones.
    pub modules: u32,
}

/// Encodes capital letters and digits: set B, then set C for a run of digits that ends the text.
///
/// `None` for an empty text or any other character.
pub(super) fn code128(text: &str) -> Option<Bars> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return None;
    }
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let paired = if digits >= 4 { digits - digits % 2 } else { 0 };
    let (single, pairs) = text.split_at(text.len() - paired);
    let field = match (single.is_empty(), pairs.is_empty()) {
        (true, _) => format!(">;{pairs}"),
        (false, true) => format!(">:{single}"),
        (false, false) => format!(">:{single}>5{pairs}"),
    };
    let switch = usize::from(!single.is_empty() && !pairs.is_empty());
    // Start, the characters, and the check character.
    let symbols = u32::try_from(1 + single.len() + switch + pairs.len() / 2 + 1).ok()?;
    Some(Bars { field, modules: symbols * SYMBOL_MODULES + STOP_MODULES })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_takes_134_modules() {
        let bars = code128("WK12600123582").expect("bars");
        assert_eq!(bars, Bars { field: ">:WK1>52600123582".to_owned(), modules: 134 });
    }

    #[test]
    fn an_odd_digit_stays_in_set_b_and_digits_alone_start_in_set_c() {
        assert_eq!(code128("N03280079969").expect("bars").field, ">:N0>53280079969");
        assert_eq!(code128("1234").expect("bars").field, ">;1234");
        assert_eq!(code128("AB12").expect("bars").field, ">:AB12");
    }

    #[test]
    fn other_characters_are_refused() {
        assert_eq!(code128(""), None);
        assert_eq!(code128("ŁÓDŹ"), None);
        assert_eq!(code128("WK1-26"), None);
        assert_eq!(code128("A>5"), None);
    }
}
