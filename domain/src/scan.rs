//! A batch of scanned pages: its states, what was read on a page, and which pages belong to which letter.
//! Called by `desk::scanning`. Reads no picture and no device: codes come in as text.

mod split;
mod state;

pub use self::{
    split::{
        AwaitedFound, LabelFound, LetterPages, OpenQuestion, PageDecision, PageQuestion, PageRead, PageSide, Proposal,
        RegisterFact, awaited_against_found, propose_split,
    },
    state::{BatchEvent, BatchNotAllowed, BatchState, ScanTrouble, UnknownBatchState},
};
