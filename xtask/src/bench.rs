//! `bench`: measures the release build. The measuring program writes `target/bench/report.json` and prints its table.

use crate::{
    build::{self, Profile},
    install::{self, Need},
    shell::{Outcome, call, program},
};

/// `bench [NAME…]`.
pub(crate) fn command(names: &[&str]) -> Outcome {
    install::packages(&[Need::Build, Need::Databases, Need::KeyStore, Need::Screen, Need::Peers])?;
    build::pages()?;
    build::programs(Profile::Release, &["bench", "checker", "checker-desk"], &["empty_window"])?;
    let bench = Profile::Release.folder().join("bench");
    call(&mut program(&bench.to_string_lossy(), names))
}
