//! `bench`: measures the release build. The measuring program writes `target/bench/report.json` and prints its table.

use crate::{
    build::{self, Profile},
    install::{self, Need},
    run::in_own_session,
    shell::{Outcome, call},
};

/// `bench [NAME…]`.
pub(crate) fn command(names: &[&str]) -> Outcome {
    install::packages(&[Need::Build, Need::Databases, Need::KeyStore, Need::Screen])?;
    build::pages()?;
    build::programs(Profile::Release, &["bench"])?;
    let bench = Profile::Release.folder().join("bench");
    call(&mut in_own_session(&bench.to_string_lossy(), names))
}
