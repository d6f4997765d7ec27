//! The desk: its encrypted database, its keys, and the clerk's use cases, room by room.
//!
//! Knows nothing of windows: `src-tauri` calls the use cases here and shows what they return. Every use case takes the
//! [`Desk`], writes in one transaction, and announces one [`event::DeskEvent`] afterwards.

pub mod audit;
pub mod clock;
pub mod day_sheet;
pub mod db;
pub mod desk;
pub mod directory;
pub mod enrolment;
pub mod erasure;
pub mod error;
pub mod event;
pub mod held_file;
pub mod intake;
pub mod keys;
pub mod labels;
pub mod letters;
pub mod lock;
pub mod outbox;
pub mod people;
pub mod recovery;
pub mod registers;
pub mod scanning;
pub mod session;
pub mod settings;
pub mod slip;
pub mod startup;
pub mod status;
pub mod sync;
pub mod tasks;
mod vault;

pub use desk::{Desk, DeskPaths};
pub use error::DeskError;
pub use event::DeskEvent;
