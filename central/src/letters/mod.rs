//! Letters as central knows them: what operations make of them, and what is told to desks and to the public page.
//!
//! `sync::accept` brings the desks' operations, the command line central's own. Nothing here speaks HTTP.

pub mod apply;
pub mod batch;
pub mod rules;
pub mod set_stage;
mod store;

pub use self::store::{find, record_kind};
