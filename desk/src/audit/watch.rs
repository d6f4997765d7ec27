//! What is remembered between two entries, in this process only: whom to note again, and the search under way.

use std::collections::BTreeMap;

use domain::ids::{ClerkId, LetterId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use wire::v1::Acting;

/// Nobody has typed for so long: the search has settled.
pub(super) const QUIET: SignedDuration = SignedDuration::from_secs(2);
/// Looking again within this time is the same look.
const SAME_LOOK: SignedDuration = SignedDuration::from_mins(10);
/// Letters of one entry: those behind it were scrolled through, not searched for.
const LETTERS_MAX: usize = 240;

/// What a search showed.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) by: String,
    pub(super) acting: Option<Acting>,
    pub(super) letters: Vec<LetterId>,
    pub(super) at: Timestamp,
}

/// The memory.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    looks: BTreeMap<(ClerkId, Uuid), Timestamp>,
    search: Option<Search>,
    /// Searches that settled before somebody typed on.
    settled: Vec<Search>,
    /// The last search that was written: the list reads itself again whenever something changes.
    written: Option<Search>,
}

impl Watch {
    /// Whether the clerk looked at it a moment ago. A clock that went back makes it a new look.
    pub(super) fn is_known(&self, clerk: ClerkId, thing: Uuid, now: Timestamp) -> bool {
        self.looks.get(&(clerk, thing)).is_some_and(|at| {
            let since = now.duration_since(*at);
            !since.is_negative() && since < SAME_LOOK
        })
    }

    pub(super) fn looked(&mut self, clerk: ClerkId, thing: Uuid, now: Timestamp) {
        self.looks.retain(|_, at| now.duration_since(*at).abs() < SAME_LOOK);
        self.looks.insert((clerk, thing), now);
    }

    pub(super) fn found(
        &mut self,
        by: String,
        acting: Option<Acting>,
        letters: Vec<LetterId>,
        further: bool,
        now: Timestamp,
    ) {
        if !further && self.search.as_ref().is_some_and(|search| is_quiet(search, now) || search.by != by) {
            self.settled.extend(self.search.take());
        }
        let shown = !letters.is_empty() && !self.was_written(&by, &letters, now);
        match &mut self.search {
            Some(search) if further => {
                search.letters.extend(letters);
                search.letters.truncate(LETTERS_MAX);
                search.at = now;
            }
            _ => self.search = shown.then_some(Search { by, acting, letters, at: now }),
        }
    }

    /// What is to be written: searches that settled, with the last one once nobody has typed for a moment, or at once
    /// where she leaves it.
    pub(super) fn take(&mut self, leaves: bool, now: Timestamp) -> Vec<Search> {
        let last = self.search.take_if(|search| leaves || is_quiet(search, now));
        self.settled.extend(last);
        self.written = self.settled.last().cloned().or_else(|| self.written.take());
        std::mem::take(&mut self.settled)
    }

    fn was_written(&self, by: &str, letters: &[LetterId], now: Timestamp) -> bool {
        self.written.as_ref().is_some_and(|last| {
            last.by == by && last.letters == letters && now.duration_since(last.at).abs() < SAME_LOOK
        })
    }

    /// They could not be written.
    pub(super) fn put_back(&mut self, searches: Vec<Search>) {
        self.written = None;
        self.settled.splice(0..0, searches);
    }
}

fn is_quiet(search: &Search, now: Timestamp) -> bool {
    now.duration_since(search.at).abs() >= QUIET
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("instant")
    }

    fn letter(n: u128) -> LetterId {
        LetterId(Uuid::from_u128(n))
    }

    #[test]
    fn typing_on_makes_one_search_of_many() {
        let mut watch = Watch::default();
        watch.found("Anna".to_owned(), None, vec![letter(1), letter(2)], false, at(0));
        assert!(watch.take(false, at(1)).is_empty(), "she is still typing");
        watch.found("Anna".to_owned(), None, vec![letter(2)], false, at(1));
        watch.found("Anna".to_owned(), None, vec![letter(3)], true, at(2));
        let search = watch.take(false, at(4)).pop().expect("settled");
        assert_eq!(search.letters, [letter(2), letter(3)], "what stands on the screen, with the page behind it");
        assert!(watch.take(true, at(4)).is_empty(), "once");
        watch.found("Anna".to_owned(), None, vec![letter(2), letter(3)], false, at(9));
        assert!(watch.take(true, at(9)).is_empty(), "the list read itself again");
        watch.found("Jan".to_owned(), None, vec![letter(2), letter(3)], false, at(9));
        assert_eq!(watch.take(true, at(9)).len(), 1, "somebody else");
        watch.found("Jan".to_owned(), None, vec![letter(4)], false, at(20));
        watch.found("Jan".to_owned(), None, vec![letter(5)], false, at(30));
        watch.found("Jan".to_owned(), None, Vec::new(), false, at(40));
        let both: Vec<_> = watch.take(true, at(40)).into_iter().flat_map(|search| search.letters).collect();
        assert_eq!(both, [letter(4), letter(5)], "each was looked at before the next was typed");
        watch.found("Anna".to_owned(), None, vec![letter(1)], false, at(5));
        watch.found("Anna".to_owned(), None, Vec::new(), false, at(6));
        assert!(watch.take(true, at(6)).is_empty(), "nothing was shown");
    }

    #[test]
    fn looking_again_is_the_same_look_for_a_while() {
        let (anna, jan) = (ClerkId(Uuid::from_u128(7)), ClerkId(Uuid::from_u128(8)));
        let mut watch = Watch::default();
        watch.looked(anna, letter(1).0, at(0));
        assert!(watch.is_known(anna, letter(1).0, at(599)));
        assert!(!watch.is_known(anna, letter(1).0, at(600)));
        assert!(!watch.is_known(anna, letter(1).0, at(-1)), "a clock that went back");
        assert!(!watch.is_known(anna, letter(2).0, at(1)));
        assert!(!watch.is_known(jan, letter(1).0, at(1)), "somebody else");
    }
}
