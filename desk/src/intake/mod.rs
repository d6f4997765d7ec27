//! Reception's intake: the form that survives everything, and the registering of a letter.
//! Called by `src-tauri/src/commands/intake.rs`. Prints and sends nothing: see `labels::worker` and `sync`.

mod form;
pub(crate) mod register;
mod store;
pub mod view;

pub(crate) use form::leave_drafts;
pub use form::{confirm_day, discard_draft, keep_draft, name_highest_label, open};
pub use register::register_letter;
