//! The office day (dzień urzędowy): a stored value that follows the clock by itself only where no clerk would wonder.
//!
//! The year of every number is its year, so a clock that is wrong by years must not move it. Driven by
//! `desk/src/registers`; knows no clock.

use jiff::{ToSpan, civil::Date};

/// How far the office day follows the clock by itself, in days: over a long weekend.
const DAYS_BY_ITSELF: i64 = 4;

/// What the day that a clock claims means for the stored office day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayVerdict {
    /// The day holds; `moved` when it went forward by itself and must be stored.
    Holds {
        /// The office day from now on.
        day: Date,
        /// It is another than the stored one.
        moved: bool,
    },
    /// A clerk must confirm.
    Ask {
        /// The office day so far.
        stored: Date,
        /// The clock's day.
        claimed: Date,
    },
}

/// Judges the clock's day: forward by at most four days and never over 1 January; anything else is a question.
///
/// `confirmed_for` is the clock's day for which a clerk has answered: it asks no second time.
pub fn judge(stored: Option<Date>, confirmed_for: Option<Date>, claimed: Date) -> DayVerdict {
    let Some(stored) = stored else { return DayVerdict::Holds { day: claimed, moved: true } };
    if stored == claimed || confirmed_for == Some(claimed) {
        return DayVerdict::Holds { day: stored, moved: false };
    }
    let near = claimed > stored && stored.checked_add(DAYS_BY_ITSELF.days()).is_ok_and(|limit| claimed <= limit);
    if near && claimed.year() == stored.year() {
        DayVerdict::Holds { day: claimed, moved: true }
    } else {
        DayVerdict::Ask { stored, claimed }
    }
}

/// Whether a clerk may answer with this day: the clock's or the stored one, and none before a day that a number bears.
pub fn may_confirm(day: Date, stored: Option<Date>, claimed: Date, borne: Option<Date>) -> bool {
    (day == claimed || Some(day) == stored) && borne.is_none_or(|borne| day >= borne)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_office_day_follows_the_clock_by_four_days_within_a_year() {
        let stored = date(2026, 11, 23);
        let ask = |claimed| DayVerdict::Ask { stored, claimed };
        let moves = |day| DayVerdict::Holds { day, moved: true };
        let judge = |claimed| super::judge(Some(stored), None, claimed);
        assert_eq!(judge(stored), DayVerdict::Holds { day: stored, moved: false });
        assert_eq!(judge(date(2026, 11, 27)), moves(date(2026, 11, 27)));
        assert_eq!(judge(date(2026, 11, 28)), ask(date(2026, 11, 28)));
        assert_eq!(judge(date(2026, 11, 22)), ask(date(2026, 11, 22)));
        assert_eq!(judge(date(2036, 11, 23)), ask(date(2036, 11, 23)));
        let eve = date(2026, 12, 31);
        assert_eq!(
            super::judge(Some(eve), None, date(2027, 1, 1)),
            DayVerdict::Ask { stored: eve, claimed: date(2027, 1, 1) }
        );
        assert_eq!(
            super::judge(Some(stored), Some(date(2036, 1, 1)), date(2036, 1, 1)),
            DayVerdict::Holds { day: stored, moved: false }
        );
        assert_eq!(super::judge(None, None, stored), moves(stored));
    }
}
