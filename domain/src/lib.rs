//! The office's own words and rules, pure: no I/O, no clock, no randomness, no runtime.
//!
//! Everything here can be tested with a table. Time, random bytes and identifiers come in as arguments.

pub mod calendar;
pub mod directory;
pub mod error_code;
pub mod identity;
pub mod ids;
pub mod label;
pub mod letter;
pub mod marks;
pub mod office_day;
pub mod party;
pub mod password;
pub mod register;
pub mod rights;
pub mod scan;
pub mod stage;
pub mod text;

pub use error_code::{ErrorCode, FieldError, FieldErrors};
