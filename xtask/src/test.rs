//! `test`: every check that stands between a change and the others, one after the other; a table with times at the end.
//! All steps run even when one fails, so that one run shows everything. `.ci/run` calls this and nothing else.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    bindings, build,
    install::{self, Need, npm},
    prepare_sql::{self, Room, Schemas},
    shell::{Outcome, answers, call, cargo, program, target},
};

/// One feature set for lints, programs and tests, so that nothing is compiled twice.
const WHOLE: [&str; 3] = ["--workspace", "--features", "desk/bindings"];

/// `test`.
pub(crate) fn command() -> Outcome {
    install::packages(&[Need::Build, Need::Databases, Need::KeyStore, Need::Screen, Need::Witnesses])?;
    install::rust_tools()?;
    let mut report = Report::default();
    report.step("format", || call(&mut cargo(&["fmt", "--all", "--check"])));
    report.step("dependencies", dependencies);
    report.step("window: types and style", || {
        install::npm_packages()?;
        call(&mut npm(&["run", "check"]))
    });
    report.step("window: tests", || call(&mut npm(&["test"])));
    report.step("window: pages", build::pages);
    report.step("window: in a browser", || call(&mut npm(&["run", "test:browser"])));
    report.step("lints and stored SQL", lints_and_sql);
    report.step("programs", || call(cargo(&["build", "--bins"]).args(WHOLE)));
    report.step("tests", tests);
    report.step("window: bindings", bindings::compare);
    report.finish()
}

// Clippy compiles every room anyway: meanwhile the sqlx macros ask fresh databases instead of the stored files.
fn lints_and_sql() -> Outcome {
    let schemas = Schemas::make(&Room::ALL)?;
    let mut clippy = cargo(&["clippy", "--all-targets"]);
    clippy.args(WHOLE).args(["--", "-D", "warnings"]);
    schemas.describe(&mut clippy)?;
    call(&mut clippy)?;
    let stale = Room::ALL.iter().map(|room| schemas.stale(*room)).collect::<Outcome<Vec<_>>>()?;
    prepare_sql::verdict(&stale.concat())
}

fn tests() -> Outcome {
    install::identity_provider()?;
    install::object_storage()?;
    let runner: &[&str] = if answers("cargo-nextest", &["--version"]) { &["nextest", "run"] } else { &["test"] };
    let mut tests = cargo(runner);
    tests.args(WHOLE).arg("--no-fail-fast");
    bindings::export_into(&mut tests)?;
    call(&mut tests)
}

const CARGO_DENY: &str = "0.20.2";

fn dependencies() -> Outcome {
    let deny = cargo_deny()?.to_string_lossy().into_owned();
    call(&mut program(&deny, &["--workspace", "check", "licenses", "bans", "sources"]))?;
    if call(&mut program(&deny, &["fetch", "db"])).is_err() {
        println!("NOTICE: the advisory database cannot be reached from here: advisories are not checked.");
        return Ok(());
    }
    call(&mut program(&deny, &["--workspace", "check", "--disable-fetch", "advisories"]))
}

// Built once, without optimisation: a minute, and the check is never skipped.
fn cargo_deny() -> Outcome<PathBuf> {
    let tools = target().join("tools");
    let deny = tools.join("bin/cargo-deny");
    let wanted = format!("cargo-deny {CARGO_DENY}");
    let found = program(&deny.to_string_lossy(), &["--version"]).stderr(Stdio::null()).output();
    if !found.is_ok_and(|found| String::from_utf8_lossy(&found.stdout).trim() == wanted) {
        println!("{wanted} is built into {}.", tools.display());
        let mut install = cargo(&["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--debug", "--force"]);
        call(install.arg("--root").arg(&tools).env("CARGO_TARGET_DIR", tools.join("build")))?;
    }
    Ok(deny)
}

#[derive(Default)]
struct Report {
    steps: Vec<(&'static str, Duration, Option<String>)>,
}

impl Report {
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Outcome) {
        println!("\n== {name}");
        let started = Instant::now();
        let fault = work().err().map(|fault| fault.to_string());
        if let Some(fault) = &fault {
            println!("{fault}");
        }
        self.steps.push((name, started.elapsed(), fault));
    }

    fn finish(self) -> Outcome {
        println!();
        for (name, time, fault) in &self.steps {
            let verdict = if fault.is_none() { "passed" } else { "FAILED" };
            println!("{verdict}  {:>4} s  {name}", time.as_secs());
        }
        let failed = self.steps.iter().filter(|(_, _, fault)| fault.is_some()).count();
        let whole: Duration = self.steps.iter().map(|(_, time, _)| *time).sum();
        println!(
            "{} steps, {failed} failed, {} min {} s",
            self.steps.len(),
            whole.as_secs() / 60,
            whole.as_secs() % 60
        );
        if failed == 0 { Ok(()) } else { Err(String::new().into()) }
    }
}
