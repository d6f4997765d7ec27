//! `bench`: measures the release build. The measuring program writes `target/bench/report.json` and prints its table.

use crate::{
    build::{self, Profile},
    install::{self, Need},
    shell::{Outcome, call, program, root},
};

/// `bench [NAME…]`.
pub(crate) fn command(names: &[&str]) -> Outcome {
    install::packages(&[Need::Build, Need::Databases, Need::KeyStore, Need::Screen, Need::Peers])?;
    build::pages()?;
    peers()?;
    build::programs(Profile::Release, &["bench", "checker", "checker-desk"], &["empty_window"])?;
    let bench = Profile::Release.folder().join("bench");
    call(&mut program(&bench.to_string_lossy(), names))
}

/// PouchDB, whose versions its lock file names.
fn peers() -> Outcome {
    let folder = root().join("tests/bench/pouchdb");
    call(program("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder))
}
