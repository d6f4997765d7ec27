//! Widths of the printer's scalable font 0 (CG Triumvirate Bold Condensed), in thousandths of the character height.
//!
//! Measured on rendered labels: the face itself is the printer makers' and is not ours to ship. Used to measure and
//! cut text before it is sent, because a printer cuts nothing.

/// Widths of U+0020 to U+007E.
#[rustfmt::skip]
const ASCII: [u16; 95] = [
    297, 295, 479, 480, 479, 903, 608, 253, 295, 296, 479, 904, 294, 904, 295, 295,
    480, 480, 479, 479, 480, 480, 480, 480, 480, 480, 295, 296, 994, 904, 994, 444,
    903, 554, 554, 534, 589, 500, 500, 589, 608, 276, 444, 553, 480, 757, 608, 573,
    554, 573, 589, 534, 500, 608, 534, 811, 554, 554, 500, 296, 480, 295, 506, 500,
    295, 462, 500, 444, 500, 480, 276, 500, 500, 259, 258, 444, 259, 756, 500, 480,
    500, 500, 331, 423, 275, 500, 444, 664, 444, 443, 388, 500, 500, 500, 506,
];

/// Widths of the other characters the font has, by code point.
#[rustfmt::skip]
const OTHERS: &[(char, u16)] = &[
    ('¡', 337), ('¢', 506), ('£', 480), ('¤', 506), ('¥', 506), ('¦', 253), ('§', 479), ('¨', 337),
    ('©', 462), ('ª', 304), ('«', 506), ('¬', 506), ('®', 462), ('¯', 337), ('°', 480), ('±', 506),
    ('²', 304), ('³', 304), ('´', 337), ('µ', 590), ('¶', 557), ('·', 337), ('¸', 337), ('¹', 304),
    ('º', 304), ('»', 506), ('¼', 759), ('½', 759), ('¾', 759), ('¿', 506), ('À', 563), ('Á', 563),
    ('Â', 563), ('Ã', 563), ('Ä', 563), ('Å', 563), ('Æ', 788), ('Ç', 563), ('È', 506), ('É', 506),
    ('Ê', 506), ('Ë', 506), ('Ì', 282), ('Í', 282), ('Î', 282), ('Ï', 282), ('Ð', 619), ('Ñ', 619),
    ('Ò', 619), ('Ó', 619), ('Ô', 619), ('Õ', 619), ('Ö', 619), ('×', 506), ('Ø', 619), ('Ù', 619),
    ('Ú', 619), ('Û', 619), ('Ü', 619), ('Ý', 563), ('Þ', 563), ('ß', 516), ('à', 462), ('á', 506),
    ('â', 506), ('ã', 506), ('ä', 462), ('å', 506), ('æ', 731), ('ç', 444), ('è', 480), ('é', 480),
    ('ê', 506), ('ë', 506), ('ì', 282), ('í', 282), ('î', 282), ('ï', 282), ('ð', 506), ('ñ', 500),
    ('ò', 506), ('ó', 506), ('ô', 506), ('õ', 506), ('ö', 480), ('÷', 506), ('ø', 506), ('ù', 506),
    ('ú', 506), ('û', 506), ('ü', 500), ('ý', 450), ('þ', 506), ('ÿ', 450), ('Ă', 554), ('ă', 460),
    ('Ą', 594), ('ą', 506), ('Ć', 563), ('ć', 462), ('Č', 563), ('č', 450), ('Ď', 619), ('ď', 506),
    ('Đ', 590), ('đ', 497), ('Ę', 504), ('ę', 489), ('Ě', 506), ('ě', 506), ('Ĝ', 619), ('ĝ', 506),
    ('İ', 282), ('ı', 282), ('Ł', 506), ('ł', 282), ('Ń', 619), ('ń', 506), ('Ň', 619), ('ň', 506),
    ('Ő', 619), ('ő', 506), ('Œ', 843), ('œ', 731), ('Ř', 619), ('ř', 337), ('Ś', 555), ('ś', 450),
    ('Ş', 563), ('ş', 450), ('Š', 563), ('š', 450), ('Ţ', 497), ('ţ', 277), ('Ť', 506), ('ť', 338),
    ('Ů', 619), ('ů', 506), ('Ÿ', 563), ('Ź', 514), ('ź', 412), ('Ż', 506), ('ż', 412), ('Ž', 506),
    ('ž', 394), ('–', 900), ('—', 906), ('‘', 282), ('’', 282), ('‚', 282), ('“', 506), ('”', 506),
    ('„', 506), ('•', 425), ('…', 1012), ('€', 479),
];

/// Emulations draw the face a little wider than its maker does.
const RESERVE_PERCENT: u64 = 3;

/// The width of one character, `None` if the font has no glyph for it.
fn width(c: char) -> Option<u16> {
    let code = u32::from(c);
    if (0x20..0x7f).contains(&code) {
        return usize::try_from(code - 0x20).ok().and_then(|place| ASCII.get(place)).copied();
    }
    OTHERS
        .binary_search_by_key(&c, |(known, _)| *known)
        .ok()
        .and_then(|place| OTHERS.get(place))
        .map(|(_, width)| *width)
}

/// The text as this font can draw it.
pub(super) fn drawable(text: &str) -> String {
    crate::letters::drawable(text, |c| width(c).is_some())
}

/// Width in dots of text drawn at this character width, reserve included, rounded up.
pub(super) fn dots(text: &str, character_width: u32) -> u32 {
    let thousandths: u64 = text.chars().map(|c| u64::from(width(c).unwrap_or(1000))).sum();
    let dots = (thousandths * u64::from(character_width) * (100 + RESERVE_PERCENT)).div_ceil(100_000);
    u32::try_from(dots).unwrap_or(u32::MAX)
}

/// The text itself, or its beginning with `...`, no wider than `room` dots.
pub(super) fn cut(text: &str, character_width: u32, room: u32) -> String {
    if dots(text, character_width) <= room {
        return text.to_owned();
    }
    let mut kept: String = text.to_owned();
    while kept.pop().is_some() {
        let shortened = format!("{}...", kept.trim_end());
        if dots(&shortened, character_width) <= room {
            return shortened;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_has_every_polish_letter() {
        assert!(OTHERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for letter in "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ„”–·".chars() {
            assert!(width(letter).is_some(), "{letter}");
        }
    }

    #[test]
    fn text_is_cut_by_width_not_by_count() {
        assert_eq!(cut("iiii", 20, dots("iiii", 20)), "iiii");
        let cut_wide = cut("WWWWWWWWWW", 20, 100);
        let cut_thin = cut("iiiiiiiiiiiiiiiiiiiiiiiiiiiiii", 20, 100);
        assert!(dots(&cut_wide, 20) <= 100 && dots(&cut_thin, 20) <= 100);
        assert!(cut_thin.len() > cut_wide.len());
        assert_eq!(cut("WW", 20, 1), "");
    }
}
