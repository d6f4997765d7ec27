//! Messages between a desk and the central server: shapes, hashes and signatures, and no I/O.
//!
//! `desk` and `central` never see each other; they meet here. A version once released is frozen: its golden JSON
//! (`src/v1/snapshots`) may gain optional fields and lose nothing.

pub mod v1;
