//! The office's calendar: its time zone, Polish public holidays, working days and the deadlines of the Code of
//! Administrative Procedure. Called wherever a date is shown or counted. It never asks what time it is.

use std::sync::LazyLock;

use jiff::{
    Span, Timestamp, ZonedDateTime,
    civil::{Date, Weekday},
    tz::TimeZone,
};

static OFFICE_ZONE: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Europe/Warsaw").expect("the bundled time zones hold Warsaw"));

/// The zone that legal dates are counted in: Europe/Warsaw, from the tables inside the program.
pub fn office_zone() -> TimeZone {
    OFFICE_ZONE.clone()
}

/// An instant on the office's clock.
pub fn in_office(at: Timestamp) -> ZonedDateTime {
    at.to_zoned_datetime(office_zone())
}

/// The office's civil day of an instant.
pub fn civil_day(at: Timestamp) -> Date {
    in_office(at).date()
}

/// A date as the office writes it: `23.11.2026`.
pub fn display_date(date: Date) -> String {
    format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year())
}

/// An instant in office time, to the minute: `23.11.2026 09:14`.
pub fn display_moment(at: Timestamp) -> String {
    let at = in_office(at);
    format!("{} {:02}:{:02}", display_date(at.date()), at.hour(), at.minute())
}

/// A date in words, the month in the genitive: `23 listopada 2026 r.`
pub fn display_long_date(date: Date) -> String {
    format!("{} {} {} r.", date.day(), month_in_genitive(date.month()), date.year())
}

/// The Polish name of a month (1–12) in the genitive, as dates need it.
pub fn month_in_genitive(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ];
    usize::try_from(month - 1).ok().and_then(|place| NAMES.get(place)).copied().unwrap_or_default()
}

/// A holiday on a fixed day, with the first and the last year it was a day off.
struct FixedHoliday {
    month: i8,
    day: i8,
    since: i16,
    until: i16,
}

const fn fixed(month: i8, day: i8, since: i16) -> FixedHoliday {
    FixedHoliday { month, day, since, until: i16::MAX }
}

/// Act of 18 January 1951 on days off work (Dz.U. 2025 poz. 296), with its changes since 1990.
const FIXED_HOLIDAYS: [FixedHoliday; 11] = [
    fixed(1, 1, 1951),
    fixed(1, 6, 2011),
    fixed(5, 1, 1951),
    fixed(5, 3, 1990),
    fixed(8, 15, 1989),
    fixed(11, 1, 1951),
    fixed(11, 11, 1989),
    // Hundred years of independence: an act of 7 November 2018, for that year alone.
    FixedHoliday { month: 11, day: 12, since: 2018, until: 2018 },
    fixed(12, 24, 2025),
    fixed(12, 25, 1951),
    fixed(12, 26, 1951),
];

/// Days after Easter Sunday: itself, Easter Monday, Pentecost, Corpus Christi (Boże Ciało).
const MOVABLE_HOLIDAYS: [i64; 4] = [0, 1, 49, 60];

/// The public holidays (dni ustawowo wolne od pracy) of a year in order, ordinary Sundays left out. Exact from 1990 on.
#[doc(alias = "dni ustawowo wolne od pracy")]
pub fn public_holidays(year: i16) -> Vec<Date> {
    let fixed = FIXED_HOLIDAYS
        .iter()
        .filter(|holiday| (holiday.since..=holiday.until).contains(&year))
        .filter_map(|holiday| Date::new(year, holiday.month, holiday.day).ok());
    let movable = easter_sunday(year)
        .into_iter()
        .flat_map(|easter| MOVABLE_HOLIDAYS.into_iter().filter_map(move |days| after(easter, Span::new().days(days))));
    let mut holidays: Vec<Date> = fixed.chain(movable).collect();
    holidays.sort_unstable();
    holidays
}

/// Whether the day is a public holiday other than an ordinary Sunday.
pub fn is_public_holiday(day: Date) -> bool {
    public_holidays(day.year()).contains(&day)
}

/// Whether a deadline may end on this day: neither Saturday, nor Sunday, nor public holiday.
#[doc(alias = "dzień roboczy")]
pub fn is_working_day(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_public_holiday(day)
}

// Gregorian computus after Meeus, Jones and Butcher.
fn easter_sunday(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let march = epact + weekday - 7 * late + 114;
    let (month, day) = (i8::try_from(march / 31).ok()?, i8::try_from(march % 31 + 1).ok()?);
    Date::new(i16::try_from(year).ok()?, month, day).ok()
}

/// Length of a time limit (termin), Code of Administrative Procedure (KPA) art. 57.
#[doc(alias = "termin")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeLimit {
    /// § 1: days, the day of the event not counted.
    Days(u32),
    /// § 2: weeks, to the same weekday.
    Weeks(u32),
    /// § 3: months, to the same day of the last month or that month's last day.
    Months(u32),
    /// § 3a: years, to the same day of the last year or the day before it.
    Years(u32),
}

impl TimeLimit {
    /// A limit by the name of its unit: `days`, `weeks`, `months`, `years`.
    pub fn named(unit: &str, n: u32) -> Option<Self> {
        match unit {
            "days" => Some(Self::Days(n)),
            "weeks" => Some(Self::Weeks(n)),
            "months" => Some(Self::Months(n)),
            "years" => Some(Self::Years(n)),
            _ => None,
        }
    }

    /// The last day of the limit when the event happened on `event`. A last day on a Saturday, a Sunday or a public
    /// holiday moves to the next working day (art. 57 § 4). `None` past the year 9999.
    pub fn last_day(self, event: Date) -> Option<Date> {
        let span = match self {
            Self::Days(n) => Span::new().try_days(n),
            Self::Weeks(n) => Span::new().try_weeks(n),
            Self::Months(n) => Span::new().try_months(n),
            Self::Years(n) => Span::new().try_years(n),
        };
        let mut day = after(event, span.ok()?)?;
        while !is_working_day(day) {
            day = day.tomorrow().ok()?;
        }
        Some(day)
    }
}

fn after(day: Date, span: Span) -> Option<Date> {
    day.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn instants_are_shown_on_the_office_clock() {
        let winter: Timestamp = "2026-11-23T08:14:59Z".parse().expect("instant");
        assert_eq!(display_moment(winter), "23.11.2026 09:14");
        let summer: Timestamp = "2026-06-30T22:30:00Z".parse().expect("instant");
        assert_eq!(civil_day(summer), date(2026, 7, 1));
        assert_eq!(display_long_date(civil_day(summer)), "1 lipca 2026 r.");
        assert_eq!(display_date(date(2027, 1, 2)), "02.01.2027");
    }

    #[test]
    fn holidays_follow_the_law_of_their_year() {
        assert!(!is_public_holiday(date(2024, 12, 24)));
        assert!(is_public_holiday(date(2025, 12, 24)));
        assert!(is_public_holiday(date(2018, 11, 12)) && !is_public_holiday(date(2019, 11, 12)));
        assert!(!is_public_holiday(date(2010, 1, 6)));
    }

    #[test]
    fn weeks_years_and_the_short_february() {
        assert_eq!(TimeLimit::Weeks(2).last_day(date(2026, 12, 10)), Some(date(2026, 12, 28)));
        assert_eq!(TimeLimit::Years(1).last_day(date(2028, 2, 29)), Some(date(2029, 2, 28)));
        assert_eq!(TimeLimit::Months(1).last_day(date(2027, 1, 29)), Some(date(2027, 3, 1)));
        assert_eq!(TimeLimit::Days(1).last_day(date(9999, 12, 31)), None);
        assert_eq!(TimeLimit::named("fortnights", 1), None);
    }

    proptest::proptest! {
        #[test]
        fn a_limit_ends_on_a_working_day_within_a_week_or_so(days in 0_i64..36_000, n in 0_u32..400) {
            let event = after(date(1990, 1, 1), Span::new().days(days)).expect("in range");
            let last = TimeLimit::Days(n).last_day(event).expect("in range");
            proptest::prop_assert!(is_working_day(last));
            let unmoved = after(event, Span::new().days(i64::from(n))).expect("in range");
            proptest::prop_assert!((last - unmoved).get_days() <= 5);
        }
    }
}
