//! drivers.

pub mod fake;
pub mod label;
mod letters;
pub mod paper;
pub mod scan;
