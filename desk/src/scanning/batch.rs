//! A batch as stored, sorted by letters, and as the screen shows it. Called by every use case of this room.

use std::collections::HashMap;

use domain::{
    ErrorCode, calendar,
    ids::{BatchId, LetterId, PageId},
    marks::{DocumentIdentifier, Teryt},
    register::{Register, RegisterNumber},
    scan::{BatchState, LabelFound, PageDecision, PageRead, PageSide, RegisterFact, propose_split},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use super::{
    code_of,
    groups::{Group, group},
    standing, store,
    view::{AwaitedLetter, BatchStateView, BatchView, GroupLetter, GroupView, PageView},
};
use crate::{Desk, DeskError, settings::Settings};

/// Letters without a scan that are compared with a batch.
const AWAITED_MAX: u32 = 50;

/// A batch's row.
pub(super) struct BatchRow {
    pub(super) key: i64,
    pub(super) id: BatchId,
    pub(super) started_at: Timestamp,
    pub(super) device: Option<String>,
    pub(super) state: BatchState,
}

/// A page's row.
#[derive(Clone, Debug)]
pub(super) struct PageRow {
    pub(super) id: PageId,
    pub(super) place: u32,
    pub(super) sha256: [u8; 32],
    /// 0 for a page that came damaged: it has no file.
    pub(super) bytes: u64,
    pub(super) broken: bool,
    pub(super) dpi: u32,
    /// `None` until somebody has looked.
    pub(super) marks: Option<Vec<String>>,
}

/// A decision of the clerk about some pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Decision {
    pub(super) pages: Vec<PageId>,
    pub(super) decision: PageDecision,
}

/// A letter, as far as scanning needs it.
#[derive(Clone, Debug)]
pub(super) struct LetterFact {
    pub(super) id: LetterId,
    pub(super) number: RegisterNumber,
    pub(super) sender: String,
    pub(super) title: String,
    pub(super) attachments: u32,
    pub(super) cancelled: bool,
    pub(super) scanned: bool,
}

impl LetterFact {
    pub(super) fn view(&self, settings: &Settings) -> GroupLetter {
        GroupLetter {
            id: self.id,
            number: self.number.display(settings.register_symbol(self.number.register)),
            sender: self.sender.clone(),
            title: self.title.clone(),
            attachments: self.attachments,
        }
    }
}

/// A batch with its pages sorted.
pub(super) struct Batch {
    pub(super) row: BatchRow,
    /// As it stands: a run cut by the end of the program is uncertain.
    pub(super) state: BatchState,
    pub(super) pages: Vec<PageRow>,
    pub(super) groups: Vec<Group>,
    /// Somebody still looks for labels.
    pub(super) unread: bool,
    letters: HashMap<LetterId, LetterFact>,
    labels: HashMap<PageId, DocumentIdentifier>,
}

impl Batch {
    /// The open batch, whichever it is.
    pub(super) async fn open(desk: &Desk, db: &mut SqliteConnection) -> Result<Option<Self>, DeskError> {
        match store::open_batch(db).await? {
            Some(row) => Self::sorted(desk, db, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The open batch of this id.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`] for another; [`ErrorCode::NotAllowedNow`] for one that was closed or discarded.
    pub(super) async fn of(desk: &Desk, db: &mut SqliteConnection, id: BatchId) -> Result<Self, DeskError> {
        let row = store::batch(db, id).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))?;
        if matches!(row.state, BatchState::Closed | BatchState::Discarded) {
            return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
        }
        Self::sorted(desk, db, row).await
    }

    async fn sorted(desk: &Desk, db: &mut SqliteConnection, row: BatchRow) -> Result<Self, DeskError> {
        let state = standing(desk, row.id, row.state);
        let pages = store::pages(db, row.key).await?;
        let read: Vec<PageRow> = pages.iter().take_while(|page| page.marks.is_some()).cloned().collect();
        let unread = read.len() < pages.len();
        let mut letters = HashMap::new();
        let decided = decided(db, row.key, &mut letters).await?;
        let office = desk.settings().teryt;
        let found: Vec<LabelFound> = read.iter().map(|page| label(office.as_ref(), page)).collect();

        let mut facts = HashMap::new();
        let mut labels = HashMap::new();
        for (page, label) in read.iter().zip(&found) {
            let LabelFound::Own { identifier } = label else { continue };
            labels.insert(page.id, identifier.clone());
            if !facts.contains_key(identifier) {
                let letter = store::letter_bearing(db, identifier).await?;
                let fact = letter.as_ref().map_or(RegisterFact::Unknown, fact_of);
                facts.insert(identifier.clone(), fact);
                letters.extend(letter.map(|letter| (letter.id, letter)));
            }
        }
        let sides: Vec<PageRead> = read
            .iter()
            .zip(found)
            .map(|(page, label)| PageRead {
                page: page.id,
                side: PageSide::Front,
                label,
                decision: decided.get(&page.id).copied(),
            })
            .collect();
        let proposal =
            propose_split(&sides, |identifier| facts.get(identifier).copied().unwrap_or(RegisterFact::Unknown));
        let groups = group(&read, &proposal);
        Ok(Self { row, state, pages, groups, unread, letters, labels })
    }

    /// True when nothing stands between the batch and its letters.
    pub(super) fn can_close(&self) -> bool {
        self.state == BatchState::Complete
            && !self.unread
            && self.groups.iter().all(|group| group.question.is_none())
            && self.groups.iter().any(|group| group.letter.is_some())
    }

    /// Letters in the order of their first page, each with all its pages.
    pub(super) fn letters(&self) -> Vec<(LetterId, Vec<PageId>)> {
        let mut letters: Vec<(LetterId, Vec<PageId>)> = Vec::new();
        for group in &self.groups {
            let Some(letter) = group.letter else { continue };
            match letters.iter_mut().find(|(known, _)| *known == letter) {
                Some((_, pages)) => pages.extend(&group.pages),
                None => letters.push((letter, group.pages.clone())),
            }
        }
        letters
    }

    /// The facts of a letter of this batch.
    pub(super) fn letter(&self, id: LetterId) -> Option<&LetterFact> {
        self.letters.get(&id)
    }

    /// What the screen shows.
    pub(super) async fn view(&self, desk: &Desk, db: &mut SqliteConnection) -> Result<BatchView, DeskError> {
        let settings = desk.settings();
        let of_letters = self.letters();
        let mut awaited = store::awaited(db, AWAITED_MAX).await?;
        awaited.reverse();
        let found = |id: LetterId| {
            let pages = of_letters.iter().find(|(letter, _)| *letter == id).map(|(_, pages)| pages.len());
            pages.map(|count| u32::try_from(count).unwrap_or(u32::MAX))
        };
        let letter = |id: LetterId| self.letters.get(&id).map(|letter| letter.view(&settings));
        Ok(BatchView {
            id: self.row.id,
            started: calendar::display_moment(self.row.started_at),
            state: state_view(self.state),
            device: self.row.device.clone(),
            pages: self
                .pages
                .iter()
                .map(|page| PageView {
                    id: page.id,
                    place: page.place,
                    label: self.labels.get(&page.id).map(|label| label.as_str().to_owned()),
                    broken: page.broken,
                })
                .collect(),
            groups: self
                .groups
                .iter()
                .map(|group| GroupView {
                    letter: group.letter.and_then(letter),
                    pages: group.pages.clone(),
                    question: group.question,
                })
                .collect(),
            awaited: awaited
                .iter()
                .map(|fact| AwaitedLetter {
                    id: fact.id,
                    number: fact.number.display(settings.register_symbol(Register::Incoming)),
                    pages: found(fact.id),
                })
                .collect(),
            can_close: self.can_close(),
        })
    }
}

fn state_view(state: BatchState) -> BatchStateView {
    match state {
        BatchState::Scanning => BatchStateView::Scanning,
        BatchState::Complete | BatchState::Closed | BatchState::Discarded => BatchStateView::Complete,
        BatchState::Uncertain { why } => BatchStateView::Uncertain { why: code_of(why) },
        BatchState::Failed { why } => BatchStateView::Failed { why: code_of(why) },
    }
}

fn label(office: Option<&Teryt>, page: &PageRow) -> LabelFound {
    let marks = page.marks.iter().flatten().map(String::as_str);
    office.map_or(LabelFound::None, |office| LabelFound::of(office, marks))
}

fn fact_of(letter: &LetterFact) -> RegisterFact {
    if letter.cancelled {
        RegisterFact::Cancelled(letter.id)
    } else if letter.scanned {
        RegisterFact::AlreadyScanned(letter.id)
    } else {
        RegisterFact::Awaited(letter.id)
    }
}

// The last decision about a page holds. One that names a letter cancelled since is none any more.
async fn decided(
    db: &mut SqliteConnection,
    batch: i64,
    letters: &mut HashMap<LetterId, LetterFact>,
) -> Result<HashMap<PageId, PageDecision>, DeskError> {
    let mut decided = HashMap::new();
    for Decision { pages, decision } in store::decisions(db, batch).await? {
        if let PageDecision::Starts { letter } = decision {
            let fact = store::letter(db, letter).await?;
            let holds = fact.as_ref().is_some_and(|fact| !fact.cancelled);
            letters.extend(fact.map(|fact| (fact.id, fact)));
            if !holds {
                continue;
            }
        }
        decided.extend(pages.into_iter().map(|page| (page, decision)));
    }
    Ok(decided)
}
