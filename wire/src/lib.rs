//! Messages between a desk and the central server, and the rules of their conversation: no I/O, no clock, no randomness.
//!
//! `desk` and `central` never see each other; they meet here. A version once released is frozen: its golden JSON
//! (`src/v1/snapshots`) may gain optional fields and lose nothing. [`core`] decides, the two programs only read and
//! write what it asks for, and the simulator of the tests plays it against every fault.

pub mod core;
pub mod letters;
pub mod pressed;
pub mod v1;
