//! The checker in the manner of Jepsen: desks, central and PostgreSQL as real processes, a network that fails on
//! purpose, a seeded plan of work and faults; afterwards the invariants are checked from what everybody holds.
//!
//! [`plan`] draws, [`play`] does, [`verdict`] judges. The judging is pure: every invariant is proved by a dump that was
//! doctored to break it. `checker SEED` (see `docs/testing.md`) plays one seed again.

pub mod central;
pub mod desk;
pub mod machine;
pub mod plan;
pub mod play;
pub mod power;
pub mod sabotage;
pub mod verdict;
pub mod words;

/// Where runs keep what they need, and what a broken one leaves behind: `target/checker`.
///
/// # Panics
/// When this program does not lie in a target folder.
pub fn folder() -> std::path::PathBuf {
    let program = std::env::current_exe().expect("the path of this program");
    let target = program.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "target"));
    target.expect("a target folder").join("checker")
}
