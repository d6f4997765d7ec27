//! `bindings`: writes the TypeScript types of everything that crosses from the window to the desk into
//! `ui/src/bindings`, one file a type and one index. `--check` only compares. The list of types is `desk/tests/bindings.rs`.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{Outcome, call, cargo, empty, files, root, target};

/// `bindings`.
pub(crate) fn write() -> Outcome {
    let fresh = generate()?;
    empty(&kept())?;
    for (name, text) in &fresh {
        fs::write(kept().join(name), text)?;
    }
    println!("ui/src/bindings: {} types", fresh.len() - 1);
    Ok(())
}

/// `bindings --check`.
pub(crate) fn check() -> Outcome {
    generate()?;
    compare()
}

/// Where the exporting test writes, for a caller that runs it among all others.
pub(crate) fn export_into(cargo: &mut Command) -> Outcome {
    empty(&fresh())?;
    // An i64 of ours counts milliseconds, bytes or letters: all below 2^53.
    cargo.env("TS_RS_EXPORT_DIR", fresh()).env("TS_RS_LARGE_INT", "number");
    Ok(())
}

/// Compares what the exporting test wrote with what is kept.
pub(crate) fn compare() -> Outcome {
    let (fresh, kept) = (with_index(&fresh())?, read(&kept())?);
    let mut names: Vec<&String> = fresh.keys().chain(kept.keys()).collect();
    names.sort();
    names.dedup();
    let stale: Vec<&str> =
        names.into_iter().filter(|name| fresh.get(*name) != kept.get(*name)).map(String::as_str).collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("ui/src/bindings is out of date, run `cargo xtask bindings`: {}", stale.join(", ")).into())
}

fn kept() -> PathBuf {
    root().join("ui/src/bindings")
}

fn fresh() -> PathBuf {
    target().join("bindings")
}

fn generate() -> Outcome<BTreeMap<String, String>> {
    let mut test = cargo(&["test", "--quiet", "--package", "desk", "--features", "bindings", "--test", "bindings"]);
    export_into(&mut test)?;
    call(&mut test)?;
    with_index(&fresh())
}

fn with_index(folder: &Path) -> Outcome<BTreeMap<String, String>> {
    let mut types = read(folder)?;
    if types.is_empty() {
        return Err("the exporting test wrote no types".into());
    }
    let mut index = "// Written by `cargo xtask bindings`: do not edit.\n\n".to_owned();
    for name in types.keys().filter_map(|name| name.strip_suffix(".ts")) {
        let _ = writeln!(index, "export type {{ {name} }} from \"./{name}\";");
    }
    types.insert("index.ts".to_owned(), index);
    Ok(types)
}

fn read(folder: &Path) -> Outcome<BTreeMap<String, String>> {
    let mut types = BTreeMap::new();
    for file in files(folder, "ts")? {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        types.insert(name, fs::read_to_string(file)?);
    }
    Ok(types)
}
