//! The protocol's rules, without I/O: what a message means for the one who holds the log.
//!
//! | side | file | driven by |
//! |---|---|---|
//! | desk | [`engine`]: the next step of a conversation | `desk/src/sync/worker.rs` |
//! | desk | [`desk`]: what central's word means for log, numbers and cursor | `desk/src/sync/apply.rs`, `desk/src/registers` |
//! | desk | [`grants`]: which symbols it may number under | `desk/src/registers/grants.rs` |
//! | central | [`push`]: chain, gap, duplicate, fork, verdicts | `central/src/sync/accept.rs` |
//! | central | [`hold`]: operations that do not count | `central/src/sync/hold.rs` |
//! | central | [`stream`]: cursors, pages, digests | `central/src/sync/deliver.rs` |
//! | central | [`hello`]: who may speak, where the log ends | `central/src/desks/hello.rs` |
//! | central | [`epoch`]: whether central itself is an earlier one | `central/src/desks/hello.rs`, `central/src/sync/deliver.rs` |
//!
//! A driver asks, reads what the answer names from its own store within one transaction, and does what it is told: no
//! decision stands in it. The same functions run under the simulator (`tests/kit/sim`).

pub mod desk;
pub mod engine;
pub mod epoch;
pub mod grants;
pub mod hello;
pub mod hold;
pub mod push;
pub mod stream;

#[cfg(test)]
mod tests;
