//! Synchronising with central: pushes the log, pulls central's changes, uploads scans. Works from queues, in the
//! background: no use case ever waits for it, and nothing that central does becomes a clerk's error.
//!
//! `src-tauri/src/app.rs` starts [`worker::run`]; the status line shows what it reports. Nothing of one's own is deleted
//! here: an acknowledged operation stays in the log.

mod apply;
mod client;
mod greet;
mod report;
pub(crate) mod sign_in;
mod store;
mod upload;
pub mod worker;

pub use client::Patience;
pub use wire::core::engine::Trouble;
pub use worker::{Conversation, Outcome, Pace};

use crate::DeskError;

/// Why a step failed: central's side or ours.
#[derive(Debug)]
enum Failed {
    Trouble(Trouble),
    Desk(DeskError),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<DeskError> for Failed {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Desk(error.into())
    }
}
