//! Calling other programs, and the folders of the house. Used by every command.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// What a command returns; the text of the error is all a person sees.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The top folder of the checkout.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.parent().map(Path::to_owned).unwrap_or(own)
}

/// The folder cargo builds into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A program to be called in the top folder.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// Cargo, as it was called for this command.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), arguments);
    // Set for this program by `cargo run`; they would make the packages below look changed.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"] {
        command.env_remove(name);
    }
    command
}

/// Calls a program, its output on the terminal, and waits for its end.
pub(crate) fn call(command: &mut Command) -> Outcome {
    println!("$ {}", line(command));
    let status = command.status().map_err(|fault| format!("{}: {fault}", line(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", line(command)).into()) }
}

/// Calls a program and returns its output; its errors stay on the terminal.
pub(crate) fn read(command: &mut Command) -> Outcome<String> {
    let Output { status, stdout, .. } =
        command.stderr(Stdio::inherit()).output().map_err(|fault| format!("{}: {fault}", line(command)))?;
    if !status.success() {
        return Err(format!("{} ended with {status}", line(command)).into());
    }
    Ok(String::from_utf8(stdout)?)
}

/// Whether a program of that name answers to `--version`.
pub(crate) fn answers(name: &str, arguments: &[&str]) -> bool {
    program(name, arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether this process may do everything (administrator).
pub(crate) fn is_root() -> bool {
    read(&mut program("id", &["-u"])).is_ok_and(|id| id.trim() == "0")
}

/// An empty folder at this place, whatever lay there before.
pub(crate) fn empty(folder: &Path) -> Outcome {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// The files of a folder whose names end in `.{extension}`, sorted by name; none if there is no folder.
pub(crate) fn files(folder: &Path, extension: &str) -> Outcome<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
