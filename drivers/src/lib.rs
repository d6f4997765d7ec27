//! drivers.

pub mod scan;
