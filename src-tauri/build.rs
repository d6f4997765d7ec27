//! Gives Tauri the list of commands, so that a command outside the capability file is refused, and holds both lists equal.

use std::{fs, path::Path};

fn main() {
    println!("cargo:rerun-if-changed=src/commands/mod.rs");
    println!("cargo:rerun-if-changed=capabilities/main.json");
    let commands = commands(&fs::read_to_string("src/commands/mod.rs").expect("src/commands/mod.rs is readable"));
    let allowed = allowed(&fs::read_to_string("capabilities/main.json").expect("capabilities/main.json is readable"));
    let mut expected: Vec<String> = commands.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
    expected.sort();
    assert_eq!(allowed, expected, "capabilities/main.json must allow exactly the commands of src/commands/mod.rs");

    // A front end must exist for the window to be built; `cargo xtask` builds the real one first.
    let front_end = Path::new("../ui/dist");
    if !front_end.join("index.html").exists() {
        fs::create_dir_all(front_end).expect("ui/dist can be made");
        fs::write(front_end.join("index.html"), "<!doctype html><title>Okienko</title>cargo xtask run")
            .expect("ui/dist can be written");
    }

    let names: &'static [&'static str] =
        Box::leak(commands.into_iter().map(|name| &*name.leak()).collect::<Vec<&'static str>>().into_boxed_slice());
    let attributes = tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(names));
    tauri_build::try_build(attributes).expect("tauri builds");
}

/// Lines of the form `room::room_verb,` in the list of commands.
fn commands(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim().strip_suffix(',')?.split_once("::"))
        .filter(|(room, name)| name.starts_with(&format!("{room}_")))
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn allowed(text: &str) -> Vec<String> {
    let mut names: Vec<String> = text.split('"').filter(|part| part.starts_with("allow-")).map(str::to_owned).collect();
    names.sort();
    names
}
