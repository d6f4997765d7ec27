//! The split as the screen shows it: stretches of pages, each with its letter or its question. Pure.

use std::collections::HashMap;

use domain::{
    ids::{LetterId, PageId},
    scan::{PageQuestion, Proposal},
};

use super::{batch::PageRow, view::GroupQuestion};

/// Pages in a row that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The letter they are proposed for.
    pub(super) letter: Option<LetterId>,
    /// The pages.
    pub(super) pages: Vec<PageId>,
    /// What the clerk must decide.
    pub(super) question: Option<GroupQuestion>,
}

/// Forms the groups of the given pages. Pages set aside stand in none.
///
/// A broken page stands alone, so that setting it aside takes nothing else away. A letter whose pages lie apart has a
/// group for every stretch.
pub(super) fn group(pages: &[PageRow], proposal: &Proposal) -> Vec<Group> {
    let questions: HashMap<PageId, GroupQuestion> =
        proposal.questions.iter().map(|open| (open.page, question_of(&open.question))).collect();
    let of_letter: HashMap<PageId, LetterId> = proposal
        .letters
        .iter()
        .flat_map(|letter| letter.pages.iter().map(move |page| (*page, letter.letter)))
        .collect();

    let mut groups: Vec<Group> = Vec::new();
    let mut open = None;
    let mut alone = true;
    for page in pages {
        if proposal.set_aside.contains(&page.id) {
            alone = true;
            continue;
        }
        let letter = of_letter.get(&page.id).copied();
        let asked = questions.get(&page.id).copied();
        if letter.is_none() {
            open = asked.or(open);
        }
        let question = if page.broken {
            Some(GroupQuestion::BrokenPage)
        } else if letter.is_none() {
            open
        } else {
            None
        };
        let goes_on = !alone && !page.broken && asked.is_none();
        match groups.last_mut() {
            Some(last) if goes_on && last.letter == letter && last.question == question => last.pages.push(page.id),
            _ => groups.push(Group { letter, pages: vec![page.id], question }),
        }
        alone = page.broken;
    }
    groups
}

fn question_of(question: &PageQuestion) -> GroupQuestion {
    match question {
        // A label on a back stands between two letters like a page without one; one-sided runs have no backs.
        PageQuestion::NoLabelOnFirstPage | PageQuestion::LabelOnBack => GroupQuestion::NoLabel,
        PageQuestion::SeveralLabels => GroupQuestion::TwoLabels,
        PageQuestion::LabelTwice { letter: _ } => GroupQuestion::LabelTwice,
        PageQuestion::OtherOffice => GroupQuestion::OtherOffice,
        PageQuestion::NotInRegister { identifier: _ } => GroupQuestion::NotInRegister,
        PageQuestion::CancelledLetter { letter: _ } => GroupQuestion::Cancelled,
        PageQuestion::AlreadyScanned { letter: _ } => GroupQuestion::AlreadyScanned,
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        marks::{DocumentIdentifier, Teryt},
        register::{PointSymbol, Register, RegisterNumber},
        scan::{LabelFound, PageDecision, PageRead, PageSide, RegisterFact, propose_split},
    };
    use uuid::Uuid;

    use super::*;

    fn mark(n: u32) -> DocumentIdentifier {
        let office = Teryt::try_from("2404082".to_owned()).expect("teryt");
        let number = RegisterNumber { register: Register::Incoming, symbol: PointSymbol::default(), year: 2026, n };
        DocumentIdentifier::of(&office, &number)
    }

    // A stack in short: a number is a label, `.` none, `o` another office's; `!` after it a broken page, `-` set aside,
    // `^` goes on. Letters 1 to 5 are awaited.
    fn show(stack: &str) -> String {
        let words: Vec<&str> = stack.split(' ').collect();
        let id = |place: usize| PageId(Uuid::from_u128(place as u128));
        let rows: Vec<PageRow> = words
            .iter()
            .enumerate()
            .map(|(place, word)| PageRow {
                id: id(place),
                place: 1,
                sha256: [0; 32],
                bytes: 1,
                broken: word.contains('!'),
                dpi: 300,
                marks: Some(Vec::new()),
            })
            .collect();
        let read: Vec<PageRead> = words
            .iter()
            .enumerate()
            .map(|(place, word)| PageRead {
                page: id(place),
                side: PageSide::Front,
                label: match word.trim_end_matches(['!', '-', '^']) {
                    "." => LabelFound::None,
                    "o" => LabelFound::OtherOffice,
                    n => LabelFound::Own { identifier: mark(n.parse().expect("a number")) },
                },
                decision: match word.chars().last() {
                    Some('-') => Some(PageDecision::SetAside),
                    Some('^') => Some(PageDecision::Continues),
                    _ => None,
                },
            })
            .collect();
        let lookup = |mark: &DocumentIdentifier| match mark.parts().3 {
            n @ 1..=5 => RegisterFact::Awaited(LetterId(Uuid::from_u128(u128::from(n)))),
            _ => RegisterFact::Unknown,
        };
        let groups = group(&rows, &propose_split(&read, lookup));
        let words = groups.iter().map(|group| {
            let letter = group.letter.map_or(String::new(), |letter| letter.0.as_u128().to_string());
            let pages: Vec<String> = group.pages.iter().map(|page| page.0.as_u128().to_string()).collect();
            let question = group.question.map_or(String::new(), |question| format!("{question:?}"));
            format!("{letter}:{}{question}", pages.join(","))
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn stretches_of_pages_bear_a_letter_or_a_question() {
        for (stack, expected) in [
            ("1 . 2 .", "1:0,1 2:2,3"),
            (". . 1", ":0,1NoLabel 1:2"),
            ("1 o . 2", "1:0 :1,2OtherOffice 2:3"),
            ("1 o 9 .", "1:0 :1OtherOffice :2,3NotInRegister"),
            ("1 2 1 .", "1:0 2:1 :2,3LabelTwice"),
            // A broken page stands alone, whatever it lies between.
            ("1 .! .", "1:0 1:1BrokenPage 1:2"),
            ("1 .!- .", "1:0 1:2"),
            (".! 1", ":0BrokenPage 1:1"),
            ("o .! . 1", ":0OtherOffice :1BrokenPage :2OtherOffice 1:3"),
            ("1 o- .", "1:0 :2NoLabel"),
            ("1 o^ .", "1:0,1,2"),
            ("1- 2-", ""),
        ] {
            assert_eq!(show(stack), expected, "{stack}");
        }
    }
}
