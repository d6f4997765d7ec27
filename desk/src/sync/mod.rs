//! Synchronising with central: pushes the log, pulls central's changes, uploads scans. Works from queues, in the
//! background: no use case ever waits for it, and nothing that central does becomes a clerk's error.
//!
//! `src-tauri/src/app.rs` starts [`worker::run`]; the status line shows what it reports. Nothing of one's own is deleted
//! here: an acknowledged operation stays in the log.

mod apply;
mod client;
mod engine;
mod store;
pub mod worker;

pub use client::Patience;
pub use engine::Trouble;
pub use worker::{Outcome, Pace, Sync};
