//! The house rules that a machine can hold, so that nobody has to remember them: who may know whom, where SQL stands,
//! who speaks to the window's shell, and that every Polish term is explained. See `docs/architecture.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// What each room may know of the others; everything else is a wall.
const ROOMS: [(&str, &[&str]); 8] = [
    ("domain", &[]),
    ("wire", &["domain"]),
    ("drivers", &["domain"]),
    ("desk", &["domain", "drivers", "wire"]),
    ("central", &["domain", "wire"]),
    ("okienko", &["desk", "domain"]),
    ("tests", &["central", "desk", "domain", "drivers", "okienko", "wire"]),
    ("xtask", &["domain"]),
];

/// Crates that only some rooms may use: what they touch is what the room is for.
const RESERVED: [(&str, &[&str]); 10] = [
    ("barcoders", &["drivers"]),
    ("labelize", &["drivers (dev)", "tests"]),
    ("open", &["okienko"]),
    ("openidconnect", &["central"]),
    ("printpdf", &["drivers"]),
    ("rfd", &["okienko"]),
    ("serialport", &["drivers"]),
    ("sqlx", &["central", "desk", "tests"]),
    ("tauri", &["okienko"]),
    ("tauri-build", &["okienko (build)"]),
];

/// All that the pure room may stand on: no runtime, no I/O, no clock.
// zxcvbn looks at the clock to say how long it took, which nobody reads.
const PURE: [&str; 7] = ["jiff", "serde", "sha2", "thiserror", "ts-rs", "uuid", "zxcvbn"];

#[test]
fn rooms_know_only_whom_they_may() {
    let mut broken = Vec::new();
    let packages = packages();
    let names: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(names, ROOMS.iter().map(|(room, _)| *room).collect(), "a room without a place in this list");
    for (room, known) in ROOMS {
        for dependency in &packages[room] {
            if names.contains(&*dependency.name) && !known.contains(&&*dependency.name) {
                broken.push(format!("{room} knows {}", dependency.name));
            }
        }
    }
    nothing(&broken, "a room may know only the rooms below it");
}

#[test]
fn what_a_room_may_touch_decides_its_crates() {
    let mut broken = Vec::new();
    for (room, dependencies) in &packages() {
        for dependency in dependencies {
            let allowed = RESERVED.iter().find(|(name, _)| *name == dependency.name).map(|(_, rooms)| *rooms);
            let here = format!("{room}{}", dependency.kind);
            if allowed.is_some_and(|rooms| !rooms.contains(&&*here) && !rooms.contains(&&**room)) {
                broken.push(format!("{here} uses {}", dependency.name));
            }
            if room == "domain" && dependency.kind.is_empty() && !PURE.contains(&&*dependency.name) {
                broken.push(format!("domain is pure and uses {}", dependency.name));
            }
        }
    }
    nothing(&broken, "see RESERVED and PURE in this file");
}

#[test]
fn sql_stands_only_in_stores() {
    let mut broken = Vec::new();
    for room in ["desk", "central"] {
        for file in sources(&format!("{room}/src"), &["rs"]) {
            let is_store = ["store.rs", "db.rs"].iter().any(|name| file.path.ends_with(name));
            for (number, line) in file.code() {
                if !is_store && asks_the_database(line) {
                    broken.push(format!("{}:{number}: {}", file.name, line.trim()));
                }
                if line.contains("mod store;") && line.trim_start().starts_with("pub") {
                    broken.push(format!("{}:{number}: a store is private to its room", file.name));
                }
            }
        }
    }
    nothing(&broken, "SQL stands in a room's store.rs and in db.rs, and nobody else calls a store");
}

/// Which office a statement works on is a property of the connection (`central/src/db.rs`): none may say it itself.
#[test]
fn no_statement_of_central_names_a_schema() {
    let mut broken = Vec::new();
    let mut statements = 0;
    let mut look = |name: &str, sql: &str| {
        statements += 1;
        let words: Vec<&str> = sql.split(|c: char| c.is_whitespace() || "(),;".contains(c)).collect();
        let mut after = "";
        for word in words.into_iter().filter(|word| !word.is_empty()) {
            let names_a_table = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "ONLY", "REFERENCES", "ON"]
                .contains(&&*after.to_uppercase());
            // `ON a.id = b.id` names columns; only an index is made ON a table.
            let is_condition = after.eq_ignore_ascii_case("ON") && !sql.contains("CREATE");
            if names_a_table && !is_condition && word.contains('.') {
                broken.push(format!("{name}: {word}"));
            }
            let binds = ["SET", "RESET", "CREATE", "DROP", "ALTER"].contains(&&*after.to_uppercase())
                && ["SCHEMA", "ROLE"].contains(&&*word.to_uppercase());
            if binds || word.eq_ignore_ascii_case("search_path") {
                broken.push(format!("{name}: {after} {word}"));
            }
            after = word;
        }
    };
    for file in sources("central/.sqlx", &["json"]) {
        let stored: Value = serde_json::from_str(&file.text).expect("JSON of sqlx");
        look(&file.name, stored["query"].as_str().expect("a query"));
    }
    for file in sources("migrations/central", &["sql"]) {
        let script: String =
            file.text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
        script.split(';').for_each(|statement| look(&file.name, statement));
    }
    assert!(statements > 70, "{statements}");
    nothing(&broken, "no statement of central names a schema");
    let binds: Vec<String> = sources("central/src", &["rs"])
        .into_iter()
        .filter(|file| file.code().any(|(_, line)| line.contains("search_path") || line.contains("SET ROLE")))
        .map(|file| file.name)
        .collect();
    assert_eq!(binds, ["central/src/db.rs"], "one place binds connections to offices");
}

fn asks_the_database(line: &str) -> bool {
    let calls = ["query!(", "query_as!(", "query_scalar!(", "query_unchecked!(", "query_file!("];
    let runtime = ["sqlx::query(", "sqlx::query_as(", "sqlx::query_scalar(", "sqlx::raw_sql(", "QueryBuilder::"];
    let typed = ["sqlx::query_as::<", "sqlx::query_scalar::<", "sqlx::query_with("];
    calls.iter().chain(&runtime).chain(&typed).any(|call| line.contains(call))
}

#[test]
fn one_file_speaks_to_the_shell() {
    let speakers: Vec<String> = sources("ui/src", &["ts", "tsx"])
        .into_iter()
        .filter(|file| file.imports().iter().any(|from| from.starts_with("@tauri-apps")))
        .map(|file| file.name)
        .collect();
    assert_eq!(speakers, ["ui/src/host/tauri.ts"], "the window's shell is reached through the host alone");
}

#[test]
fn features_and_components_keep_to_themselves() {
    let features = root().join("ui/src/features");
    let components = root().join("ui/src/components");
    let mut broken = Vec::new();
    for file in sources("ui/src", &["ts", "tsx"]) {
        let own = feature(&features, &file.path);
        for from in file.imports() {
            let Some(target) = file.resolve(&from) else { continue };
            let other = feature(&features, &target);
            if own.is_some() && other.is_some() && own != other {
                broken.push(format!("{}: a feature imports another, {from}", file.name));
            }
            if file.path.starts_with(&components) && !target.starts_with(&components) {
                broken.push(format!("{}: a component imports {from}", file.name));
            }
        }
        if own.is_some() && file.text.contains("useEffect(") {
            broken.push(format!("{}: useEffect in a feature", file.name));
        }
    }
    nothing(&broken, "features meet in app/, components know no word of the office");
}

fn feature(features: &Path, file: &Path) -> Option<String> {
    let own = file.strip_prefix(features).ok()?.components().next()?;
    Some(own.as_os_str().to_string_lossy().into_owned())
}

#[test]
fn every_polish_term_is_in_the_glossary() {
    let glossary = fs::read_to_string(root().join("docs/glossary.md")).expect("docs/glossary.md");
    let mut missing = Vec::new();
    for file in rust_sources() {
        for (number, line) in file.code() {
            let term = line.split_once("doc(alias = \"").and_then(|(_, rest)| rest.split_once('"'));
            if let Some((term, _)) = term
                && !glossary.contains(term)
            {
                missing.push(format!("{}:{number}: {term}", file.name));
            }
        }
    }
    nothing(&missing, "docs/glossary.md explains every `#[doc(alias)]`");
}

#[test]
fn every_test_that_the_security_notes_name_is_one() {
    let notes = fs::read_to_string(root().join("docs/security.md")).expect("docs/security.md");
    let code: String = rust_sources().into_iter().map(|file| file.text).collect();
    // In backticks, one word of small letters and underscores: a path has slashes or dots.
    let named = notes.split('`').skip(1).step_by(2).filter(|word| {
        word.contains('_')
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    });
    let missing: Vec<String> =
        named.filter(|name| !code.contains(&format!("fn {name}("))).map(ToOwned::to_owned).collect();
    nothing(&missing, "docs/security.md names a test that is none");
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> =
        rust_sources().into_iter().filter(|file| !file.text.starts_with("//!")).map(|file| file.name).collect();
    nothing(&silent, "the header says what it does, who calls it, what it never does");
}

struct Dependency {
    name: String,
    /// Empty for an ordinary one, else ` (dev)` or ` (build)`.
    kind: String,
}

fn packages() -> BTreeMap<String, Vec<Dependency>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON of cargo metadata");
    let read = |package: &Value| {
        let dependencies = package["dependencies"].as_array()?.iter().filter_map(|dependency| {
            let kind = dependency["kind"].as_str().map(|kind| format!(" ({kind})")).unwrap_or_default();
            Some(Dependency { name: dependency["name"].as_str()?.to_owned(), kind })
        });
        Some((package["name"].as_str()?.to_owned(), dependencies.collect()))
    };
    metadata["packages"].as_array().expect("packages").iter().filter_map(read).collect()
}

struct Source {
    path: PathBuf,
    /// Path from the top, with slashes.
    name: String,
    text: String,
}

impl Source {
    /// Lines that are no comment, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(place, line)| (place + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// What a TypeScript file imports or re-exports, as written.
    fn imports(&self) -> Vec<String> {
        let quoted = |rest: &str| {
            let rest = rest.trim_start().trim_start_matches('(').trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest[1..].split_once(quote).map(|(name, _)| name.to_owned())
        };
        // `from "x"`, `import "x"` and `import("x")`; the statement may span lines.
        ["from", "import"].iter().flat_map(|word| self.text.split(word).skip(1).filter_map(quoted)).collect()
    }

    /// The file that a relative import means, without its ending.
    fn resolve(&self, from: &str) -> Option<PathBuf> {
        if !from.starts_with('.') {
            return None;
        }
        let mut path = self.path.parent()?.to_owned();
        for part in Path::new(from).components() {
            match part {
                Component::ParentDir => {
                    path.pop();
                }
                Component::Normal(name) => path.push(name),
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            }
        }
        Some(path)
    }
}

fn rust_sources() -> Vec<Source> {
    let rooms = ["domain", "wire", "drivers", "desk", "central", "src-tauri", "tests", "xtask"];
    rooms.iter().flat_map(|room| sources(room, &["rs"])).collect()
}

fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the house") {
            let path = entry.expect("an entry").path();
            let hidden = |name: &str| name.starts_with('.') || matches!(name, "target" | "node_modules" | "gen");
            if path.is_dir() {
                if !path.file_name().is_some_and(|name| hidden(&name.to_string_lossy())) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
                let name = path.strip_prefix(root()).expect("inside").to_string_lossy().replace('\\', "/");
                let text = fs::read_to_string(&path).expect("a text");
                found.push(Source { path, name, text });
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds nothing to look at");
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the top folder").to_owned()
}

fn nothing(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
