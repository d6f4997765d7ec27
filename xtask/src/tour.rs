//! `tour`: drives the real window through the main job on a screen of its own, and keeps a picture of every step, the
//! label, the slip and the scan.

use std::path::{Path, PathBuf};

use crate::{
    build::{self, Profile},
    install::{self, Need},
    shell::{Outcome, call, program, target},
};

/// `tour [FOLDER]`; the folder is as the caller sees it, `target/tour` if none is named.
pub(crate) fn command(folder: Option<&str>) -> Outcome {
    let folder = match folder {
        Some(folder) => std::env::current_dir()?.join(Path::new(folder)),
        None => target().join("tour"),
    };
    install::packages(&[Need::Build, Need::Databases, Need::KeyStore, Need::Screen])?;
    build::pages()?;
    build::programs(Profile::Dev, &["tour"], &[])?;
    let tour: PathBuf = Profile::Dev.folder().join("tour");
    call(&mut program(&tour.to_string_lossy(), &[&folder.to_string_lossy()]))
}
