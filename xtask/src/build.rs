//! Builds the window's pages and the programs that `run`, `tour`, `test` and `bench` start.

use std::path::PathBuf;

use crate::{
    install::{self, npm},
    shell::{Outcome, call, cargo, target},
};

/// The two ways the house is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    /// Where its programs lie.
    pub(crate) fn folder(self) -> PathBuf {
        target().join(match self {
            Self::Dev => "debug",
            Self::Release => "release",
        })
    }
}

/// Builds the window's pages, which the window carries inside.
pub(crate) fn pages() -> Outcome {
    install::npm_packages()?;
    call(&mut npm(&["run", "build"]))
}

/// Builds the window, central, the given programs of the package `tests` and examples of the window in one go. All share
/// one set of features, so that nothing is compiled twice.
pub(crate) fn programs(profile: Profile, tests: &[&str], examples: &[&str]) -> Outcome {
    let mut build = cargo(&["build", "--package", "okienko", "--package", "central", "--package", "tests"]);
    for program in ["okienko", "central"].iter().chain(tests) {
        build.args(["--bin", program]);
    }
    for example in examples {
        build.args(["--example", example]);
    }
    if profile == Profile::Release {
        build.arg("--release");
    }
    call(&mut build)
}
