//! `run`: opens the window beside a demo office, everything built from this checkout. Without a screen it says so.

use std::{fs, path::PathBuf};

use crate::{
    build::{self, Profile},
    install::{self, Need},
    shell::{Outcome, call, program, target},
};

/// Desks that fit on a screen.
const MOST_DESKS: u32 = 4;

/// `run [--release] [--desks N]`.
pub(crate) fn command(options: &[&str]) -> Outcome {
    let (profile, desks) = read(options)?;
    let screen =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    if !screen {
        return Err("There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.\n\
                    `cargo xtask tour` drives the real window on a screen of its own and keeps pictures of every step."
            .into());
    }
    install::packages(&[Need::Build, Need::Databases, Need::KeyStore])?;
    build::pages()?;
    build::programs(profile, &["demo"], &[])?;
    let (demo, window) = (profile.folder().join("demo"), profile.folder().join("okienko"));
    let data = target().join("demo");
    // A session bus of its own, so that the demo's key never enters the person's key store.
    let mut session = program("dbus-run-session", &[&format!("--dbus-daemon={}", quiet_bus()?.display()), "--"]);
    call(session.args([demo, data, window]).arg(desks.to_string()))
}

fn read(mut options: &[&str]) -> Outcome<(Profile, u32)> {
    let (mut profile, mut desks) = (Profile::Dev, 1);
    loop {
        match options {
            [] => return Ok((profile, desks)),
            ["--release", rest @ ..] => {
                profile = Profile::Release;
                options = rest;
            }
            ["--desks", count, rest @ ..] => {
                desks = count
                    .parse()
                    .ok()
                    .filter(|count| (1..=MOST_DESKS).contains(count))
                    .ok_or_else(|| format!("--desks takes a number from 1 to {MOST_DESKS}"))?;
                options = rest;
            }
            [unknown, ..] => return Err(format!("run: {unknown} is no option; see `cargo xtask help`").into()),
        }
    }
}

// The daemon tells of every service that it starts; the newcomer wants to read how to sign in.
fn quiet_bus() -> Outcome<PathBuf> {
    let script = target().join("quiet-bus");
    fs::write(&script, "#!/bin/sh\nexec dbus-daemon \"$@\" 2>/dev/null\n")?;
    call(program("chmod", &["+x"]).arg(&script))?;
    Ok(script)
}
