//! Which pages belong to which letter. A border stands only at an own label that is whole, in the register, not
//! cancelled, not yet scanned, on a front side; whatever else is met goes to the clerk, and so do the pages after it.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{LetterId, PageId},
    marks::{DocumentIdentifier, NotAMark, Teryt},
};

/// Side of a sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PageSide {
    /// Front, also every page of a one-sided run.
    #[default]
    Front,
    /// Back of the sheet whose front came just before.
    Back,
}

/// What the codes on one page amount to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "label", rename_all = "snake_case")]
pub enum LabelFound {
    /// No code.
    #[default]
    None,
    /// Codes, but none of the form of ours: the Post's, an invoice's.
    Foreign,
    /// One label of this office, its check digits right.
    Own {
        /// The document identifier it bears.
        identifier: DocumentIdentifier,
    },
    /// The form of our label with check digits of another office, or misread.
    OtherOffice,
    /// Two or more different labels.
    Several,
}

impl LabelFound {
    /// Sums up the texts of every code read on a page. Bars and QR of one label bear the same identifier: one label.
    pub fn of<'a>(office: &Teryt, codes: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Self::None;
        for code in codes {
            let this = match DocumentIdentifier::read(office, code) {
                Ok(identifier) => Self::Own { identifier },
                Err(NotAMark::Check) => Self::OtherOffice,
                Err(NotAMark::Form) => Self::Foreign,
            };
            found = found.with(this);
        }
        found
    }

    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::None | Self::Foreign, other) => other,
            (found, Self::None | Self::Foreign) => found,
            (found, other) if found == other => found,
            (
                Self::Own { .. } | Self::OtherOffice | Self::Several,
                Self::Own { .. } | Self::OtherOffice | Self::Several,
            ) => Self::Several,
        }
    }
}

/// What the clerk decided about a page; it stands above whatever was read there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum PageDecision {
    /// From this page on: the given letter.
    Starts {
        /// The letter.
        letter: LetterId,
    },
    /// This page goes on with the letter of the page before.
    Continues,
    /// The page belongs to no letter; it stays with the batch.
    SetAside,
}

/// A page as far as splitting needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRead {
    /// The page.
    pub page: PageId,
    /// Its side.
    pub side: PageSide,
    /// What was read on it.
    pub label: LabelFound,
    /// The clerk's decision, if one was made.
    pub decision: Option<PageDecision>,
}

/// What the register knows about an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterFact {
    /// No such letter on this desk.
    Unknown,
    /// A letter without a scan.
    Awaited(LetterId),
    /// A cancelled letter.
    Cancelled(LetterId),
    /// A letter that has its scan.
    AlreadyScanned(LetterId),
}

/// What only the clerk can answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "question", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum PageQuestion {
    /// The batch begins without a label, or goes on after a page that was set aside with its label: whose page is this?
    NoLabelOnFirstPage,
    /// Two different labels on one page.
    SeveralLabels,
    /// A label met earlier in this batch.
    LabelTwice {
        /// The letter it names.
        letter: LetterId,
    },
    /// Another office's label, or a misread one.
    OtherOffice,
    /// A label on the back of a sheet: the sheet lies the wrong way round, or it belongs to the letter before.
    LabelOnBack,
    /// A label of this office whose number this desk does not know.
    NotInRegister {
        /// What the label bears.
        identifier: DocumentIdentifier,
    },
    /// The label of a cancelled letter.
    CancelledLetter {
        /// The letter.
        letter: LetterId,
    },
    /// The letter has a scan already.
    AlreadyScanned {
        /// The letter.
        letter: LetterId,
    },
}

/// A question at its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct OpenQuestion {
    /// The page.
    pub page: PageId,
    /// The question.
    pub question: PageQuestion,
}

/// The pages proposed for one letter, in the order of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LetterPages {
    /// The letter.
    pub letter: LetterId,
    /// Its pages.
    pub pages: Vec<PageId>,
}

/// How a batch would be split. Every page stands in exactly one of `letters`, `unassigned` and `set_aside`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Letters in the order of their first page.
    pub letters: Vec<LetterPages>,
    /// Questions in the order of their pages; the batch closes only without any.
    pub questions: Vec<OpenQuestion>,
    /// Pages that wait for a question's answer.
    pub unassigned: Vec<PageId>,
    /// Pages that the clerk took out.
    pub set_aside: Vec<PageId>,
}

/// Splits a batch. `lookup` tells what the register knows of an identifier.
pub fn propose_split(pages: &[PageRead], lookup: impl Fn(&DocumentIdentifier) -> RegisterFact) -> Proposal {
    let mut split = Split::default();
    let mut before = None;
    for page in pages {
        let step = match page.decision {
            Some(PageDecision::Starts { letter }) => Step::Start(letter),
            Some(PageDecision::Continues) => split.go_on(),
            Some(PageDecision::SetAside) => Step::SetAside,
            None => split.read(page, &lookup),
        };
        split.take(page, step, before.replace(page));
    }
    split.proposal
}

#[derive(Default)]
struct Split {
    proposal: Proposal,
    run: Run,
}

/// Where a page without a label goes.
#[derive(Clone, Copy, Default)]
enum Run {
    /// To nobody yet: there was no label.
    #[default]
    Nameless,
    /// To this letter.
    Of(LetterId),
    /// Wherever the answer to the last question puts it.
    Doubtful,
}

enum Step {
    Start(LetterId),
    GoOn(LetterId),
    Wait,
    SetAside,
    Ask(PageQuestion),
}

impl Split {
    fn read(&self, page: &PageRead, lookup: impl Fn(&DocumentIdentifier) -> RegisterFact) -> Step {
        let identifier = match &page.label {
            LabelFound::None | LabelFound::Foreign => return self.go_on(),
            LabelFound::Several => return Step::Ask(PageQuestion::SeveralLabels),
            LabelFound::OtherOffice => return Step::Ask(PageQuestion::OtherOffice),
            LabelFound::Own { identifier } => identifier,
        };
        if page.side == PageSide::Back {
            return Step::Ask(PageQuestion::LabelOnBack);
        }
        match lookup(identifier) {
            RegisterFact::Unknown => Step::Ask(PageQuestion::NotInRegister { identifier: identifier.clone() }),
            RegisterFact::Cancelled(letter) => Step::Ask(PageQuestion::CancelledLetter { letter }),
            RegisterFact::AlreadyScanned(letter) => Step::Ask(PageQuestion::AlreadyScanned { letter }),
            RegisterFact::Awaited(letter) if self.pages_of(letter).is_some() => {
                Step::Ask(PageQuestion::LabelTwice { letter })
            }
            RegisterFact::Awaited(letter) => Step::Start(letter),
        }
    }

    fn go_on(&self) -> Step {
        match self.run {
            Run::Nameless => Step::Ask(PageQuestion::NoLabelOnFirstPage),
            Run::Of(letter) => Step::GoOn(letter),
            Run::Doubtful => Step::Wait,
        }
    }

    fn take(&mut self, page: &PageRead, step: Step, before: Option<&PageRead>) {
        match step {
            Step::Start(letter) => {
                self.run = Run::Of(letter);
                self.add(letter, page.page);
            }
            Step::GoOn(letter) => self.add(letter, page.page),
            Step::Wait => self.proposal.unassigned.push(page.page),
            Step::SetAside => {
                self.proposal.set_aside.push(page.page);
                // What follows a label that was taken out is not the letter before it.
                if !matches!(page.label, LabelFound::None | LabelFound::Foreign) {
                    self.run = Run::Nameless;
                }
            }
            Step::Ask(question) => {
                if let (PageQuestion::LabelOnBack, Some(front)) = (&question, before) {
                    self.take_back(front);
                }
                self.proposal.questions.push(OpenQuestion { page: page.page, question });
                self.proposal.unassigned.push(page.page);
                self.run = Run::Doubtful;
            }
        }
    }

    fn add(&mut self, letter: LetterId, page: PageId) {
        match self.pages_of(letter) {
            Some(at) => self.proposal.letters[at].pages.push(page),
            None => self.proposal.letters.push(LetterPages { letter, pages: vec![page] }),
        }
    }

    // The front of a sheet with a label on its back is as doubtful as the back, unless it bears a label itself or the
    // clerk placed it.
    fn take_back(&mut self, front: &PageRead) {
        let unlabelled = matches!(front.label, LabelFound::None | LabelFound::Foreign);
        if front.side == PageSide::Back || front.decision.is_some() || !unlabelled {
            return;
        }
        for letter in &mut self.proposal.letters {
            if letter.pages.last() == Some(&front.page) {
                self.proposal.unassigned.extend(letter.pages.pop());
            }
        }
    }

    fn pages_of(&self, letter: LetterId) -> Option<usize> {
        self.proposal.letters.iter().position(|known| known.letter == letter)
    }
}

/// Awaited against found: the check that notices a label nobody could read, whose pages went to the letter before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AwaitedFound {
    /// Number of letters that were awaited.
    pub awaited: u32,
    /// Number of them that the batch holds.
    pub found: u32,
    /// Awaited letters without a page here, in the order given.
    pub missing: Vec<LetterId>,
    /// Letters of the batch that nobody awaited.
    pub unexpected: Vec<LetterId>,
}

/// Compares the letters awaited in a batch with those that the split found.
pub fn awaited_against_found(awaited: &[LetterId], proposal: &Proposal) -> AwaitedFound {
    let found = |letter: &LetterId| proposal.letters.iter().any(|pages| pages.letter == *letter);
    let missing: Vec<LetterId> = awaited.iter().copied().filter(|letter| !found(letter)).collect();
    let unexpected =
        proposal.letters.iter().map(|pages| pages.letter).filter(|letter| !awaited.contains(letter)).collect();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    AwaitedFound { awaited: count(awaited.len()), found: count(awaited.len() - missing.len()), missing, unexpected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::{PointSymbol, Register, RegisterNumber};

    fn office() -> Teryt {
        Teryt::try_from("2404082".to_owned()).expect("teryt")
    }

    fn mark(n: u32) -> DocumentIdentifier {
        let number = RegisterNumber { register: Register::Incoming, symbol: PointSymbol::default(), year: 2026, n };
        DocumentIdentifier::of(&office(), &number)
    }

    fn letter(n: u32) -> LetterId {
        LetterId(uuid::Uuid::from_u128(u128::from(n)))
    }

    fn page(n: usize) -> PageId {
        PageId(uuid::Uuid::from_u128(1000 + n as u128))
    }

    // Letters 1 to 5 are awaited, 7 is cancelled, 8 has its scan, no other exists.
    fn register(identifier: &DocumentIdentifier) -> RegisterFact {
        match identifier.parts().3 {
            n @ 1..=5 => RegisterFact::Awaited(letter(n)),
            7 => RegisterFact::Cancelled(letter(7)),
            8 => RegisterFact::AlreadyScanned(letter(8)),
            _ => RegisterFact::Unknown,
        }
    }

    /// A stack in short: a number is an own label, `.` no label, `f` a foreign code, `o` another office's, `2` in
    /// brackets several; `b` before it makes a back.
    fn stack(short: &str) -> Vec<PageRead> {
        let read = |(place, word): (usize, &str)| {
            let (side, word) = word.strip_prefix('b').map_or((PageSide::Front, word), |word| (PageSide::Back, word));
            let (decision, word) = match word.split_once('=') {
                Some((word, "aside")) => (Some(PageDecision::SetAside), word),
                Some((word, "goes-on")) => (Some(PageDecision::Continues), word),
                Some((word, n)) => (Some(PageDecision::Starts { letter: letter(n.parse().expect("n")) }), word),
                None => (None, word),
            };
            let label = match word {
                "." => LabelFound::None,
                "f" => LabelFound::Foreign,
                "o" => LabelFound::OtherOffice,
                "s" => LabelFound::Several,
                n => LabelFound::Own { identifier: mark(n.parse().expect("n")) },
            };
            PageRead { page: page(place), side, label, decision }
        };
        short.split(' ').enumerate().map(read).collect()
    }

    fn show(proposal: &Proposal) -> String {
        let names = |pages: &[PageId]| {
            pages.iter().map(|page| (page.0.as_u128() - 1000).to_string()).collect::<Vec<_>>().join(",")
        };
        let mut words: Vec<String> = proposal
            .letters
            .iter()
            .map(|pages| format!("{}:{}", pages.letter.0.as_u128(), names(&pages.pages)))
            .collect();
        if !proposal.unassigned.is_empty() {
            words.push(format!("?:{}", names(&proposal.unassigned)));
        }
        if !proposal.set_aside.is_empty() {
            words.push(format!("-:{}", names(&proposal.set_aside)));
        }
        for open in &proposal.questions {
            let question = match &open.question {
                PageQuestion::NoLabelOnFirstPage => "no label",
                PageQuestion::SeveralLabels => "several",
                PageQuestion::LabelTwice { .. } => "twice",
                PageQuestion::OtherOffice => "other office",
                PageQuestion::LabelOnBack => "on back",
                PageQuestion::NotInRegister { .. } => "not in register",
                PageQuestion::CancelledLetter { .. } => "cancelled",
                PageQuestion::AlreadyScanned { .. } => "already scanned",
            };
            words.push(format!("[{}]", [&names(&[open.page]), question].join(" ")));
        }
        words.join(" ")
    }

    #[test]
    fn borders_stand_at_own_labels_and_doubt_goes_to_the_clerk() {
        for (pages, expected) in [
            ("1", "1:0"),
            ("1 . f 2 .", "1:0,1,2 2:3,4"),
            ("1 b. 2 b.", "1:0,1 2:2,3"),
            (". . 1", "1:2 ?:0,1 [0 no label]"),
            ("f 1", "1:1 ?:0 [0 no label]"),
            ("1 s . 2", "1:0 2:3 ?:1,2 [1 several]"),
            ("1 o . 2", "1:0 2:3 ?:1,2 [1 other office]"),
            ("1 2 1 .", "1:0 2:1 ?:2,3 [2 twice]"),
            ("1 9 .", "1:0 ?:1,2 [1 not in register]"),
            ("1 7 .", "1:0 ?:1,2 [1 cancelled]"),
            ("8 . 1", "1:2 ?:0,1 [0 already scanned]"),
            // The back's own front goes with it, unless it bears its letter's label.
            ("1 b. . b2 . b.", "1:0,1 ?:2,3,4,5 [3 on back]"),
            ("1 b2 3", "1:0 3:2 ?:1 [1 on back]"),
            ("b1", "?:0 [0 on back]"),
        ] {
            assert_eq!(show(&propose_split(&stack(pages), register)), expected, "{pages}");
        }
        assert_eq!(propose_split(&[], register), Proposal::default());
    }

    #[test]
    fn the_clerk_answers_page_by_page() {
        for (pages, expected) in [
            (".=1 . 2", "1:0,1 2:2"),
            ("1 s=goes-on .", "1:0,1,2"),
            ("1 .=aside .", "1:0,2 -:1"),
            ("1 o=aside . . 2", "1:0 2:4 ?:2,3 -:1 [2 no label]"),
            (".=aside . 1", "1:2 ?:1 -:0 [1 no label]"),
            // The second half of a letter whose label came twice.
            ("1 2 1=1 .", "1:0,2,3 2:1"),
            ("8=8 .", "8:0,1"),
            (".=goes-on 1", "1:1 ?:0 [0 no label]"),
            ("1 .=goes-on b2", "1:0,1 ?:2 [2 on back]"),
        ] {
            assert_eq!(show(&propose_split(&stack(pages), register)), expected, "{pages}");
        }
    }

    #[test]
    fn codes_of_one_page_amount_to_one_answer() {
        let (own, other) = (mark(1), mark(2));
        let bars = own.bars();
        let posting = "00259007738539428532";
        for (codes, expected) in [
            (vec![], LabelFound::None),
            (vec![posting], LabelFound::Foreign),
            (vec![&bars, own.as_str(), posting], LabelFound::Own { identifier: own.clone() }),
            (vec![posting, &bars], LabelFound::Own { identifier: own.clone() }),
            (vec!["W02600000100"], LabelFound::OtherOffice),
            (vec!["W02600000100", &bars], LabelFound::Several),
            (vec![&bars, other.as_str(), own.as_str()], LabelFound::Several),
        ] {
            assert_eq!(LabelFound::of(&office(), codes.iter().copied()), expected, "{codes:?}");
        }
    }

    #[test]
    fn an_unread_label_is_noticed_by_counting() {
        // Letter 2's label was not read: its pages went to letter 1 in silence.
        let proposal = propose_split(&stack("1 . . 3"), register);
        assert_eq!(
            awaited_against_found(&[letter(1), letter(2)], &proposal),
            AwaitedFound { awaited: 2, found: 1, missing: vec![letter(2)], unexpected: vec![letter(3)] }
        );
    }

    proptest::proptest! {
        #[test]
        fn no_page_is_lost_or_doubled(words in proptest::collection::vec("b?(1|2|3|7|8|9|\\.|f|o|s)(=1|=aside|=goes-on)?", 1..30)) {
            let pages = stack(&words.join(" "));
            let proposal = propose_split(&pages, register);
            let mut seen: Vec<PageId> = proposal.letters.iter().flat_map(|letter| letter.pages.clone()).collect();
            seen.extend(proposal.unassigned.iter().chain(&proposal.set_aside));
            seen.sort_unstable();
            proptest::prop_assert_eq!(seen, pages.iter().map(|page| page.page).collect::<Vec<_>>());
            for open in &proposal.questions {
                proptest::prop_assert!(proposal.unassigned.contains(&open.page));
            }
            proptest::prop_assert_eq!(proposal.questions.is_empty(), proposal.unassigned.is_empty());
        }
    }
}
