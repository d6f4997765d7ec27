//! `prepare-sql`: lets the sqlx macros describe every query against scratch databases made from `migrations/`, and keeps
//! what they learned in `<crate>/.sqlx`, so that any other build needs no database. `--check` only compares.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use crate::{
    postgres::Cluster,
    shell::{Outcome, call, cargo, empty, files, program, root, target},
};

/// A room with SQL of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Desk,
    Central,
}

impl Room {
    pub(crate) const ALL: [Self; 2] = [Self::Desk, Self::Central];

    fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Central => "central",
        }
    }

    /// The variable that the room's `sqlx.toml` names.
    fn variable(self) -> &'static str {
        match self {
            Self::Desk => "DESK_DATABASE_URL",
            Self::Central => "CENTRAL_DATABASE_URL",
        }
    }

    /// What sqlx calls the room's database in its files.
    fn database(self) -> &'static str {
        match self {
            Self::Desk => "SQLite",
            Self::Central => "PostgreSQL",
        }
    }

    fn kept(self) -> PathBuf {
        root().join(self.name()).join(".sqlx")
    }
}

/// `prepare-sql [--check] [desk] [central]`.
pub(crate) fn command(words: &[&str]) -> Outcome {
    let named: Vec<Room> = Room::ALL.into_iter().filter(|room| words.contains(&room.name())).collect();
    let known = |word: &&str| *word == "--check" || Room::ALL.iter().any(|room| room.name() == *word);
    if let Some(word) = words.iter().find(|word| !known(word)) {
        return Err(format!("prepare-sql knows no `{word}`").into());
    }
    let rooms = if named.is_empty() { Room::ALL.to_vec() } else { named };
    let mut stale = Vec::new();
    for room in rooms {
        let schemas = Schemas::make(&[room])?;
        let mut check = cargo(&["check", "--package", room.name(), "--all-targets"]);
        schemas.describe(&mut check)?;
        call(&mut check)?;
        if words.contains(&"--check") {
            stale.extend(schemas.stale(room)?);
        } else {
            schemas.keep(room)?;
        }
    }
    verdict(&stale)
}

/// The error that names what is out of date, if anything is.
pub(crate) fn verdict(stale: &[String]) -> Outcome {
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("Out of date, run `cargo xtask prepare-sql`:\n  {}", stale.join("\n  ")).into())
}

/// Scratch databases with today's schema, and the folder that the macros write into.
pub(crate) struct Schemas {
    learned: PathBuf,
    rooms: Vec<(Room, Scratch)>,
}

enum Scratch {
    File(PathBuf),
    Cluster(Cluster),
}

impl Scratch {
    fn url(&self) -> String {
        match self {
            Self::File(file) => format!("sqlite://{}", file.to_string_lossy()),
            Self::Cluster(cluster) => cluster.url(),
        }
    }
}

impl Schemas {
    pub(crate) fn make(rooms: &[Room]) -> Outcome<Self> {
        let folder = target().join("sql");
        let learned = folder.join("learned");
        empty(&folder)?;
        empty(&learned)?;
        let mut made = Self { learned, rooms: Vec::new() };
        for room in rooms {
            let migrations = files(&root().join("migrations").join(room.name()), "sql")?;
            let scratch = match room {
                Room::Desk => {
                    let file = folder.join("desk.db");
                    for migration in &migrations {
                        let script = File::open(migration)?;
                        call(program("sqlite3", &["-bail", &file.to_string_lossy()]).stdin(script))?;
                    }
                    Scratch::File(file)
                }
                Room::Central => {
                    let cluster = Cluster::start()?;
                    cluster.run_files(&migrations)?;
                    Scratch::Cluster(cluster)
                }
            };
            made.rooms.push((*room, scratch));
        }
        Ok(made)
    }

    /// Prepares a cargo command so that the macros ask these databases and write down what they learn.
    #[expect(clippy::disallowed_methods, reason = "only to make a source newer than what was built from it")]
    pub(crate) fn describe(&self, cargo: &mut Command) -> Outcome {
        cargo.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", &self.learned);
        for (room, scratch) in &self.rooms {
            cargo.env(room.variable(), scratch.url());
            // Cargo does not know that the macros' answer depends on a database: a newer source makes it ask again.
            for source in ["lib.rs", "main.rs"] {
                let source = root().join(room.name()).join("src").join(source);
                if source.exists() {
                    File::options().append(true).open(source)?.set_modified(SystemTime::now())?;
                }
            }
        }
        Ok(())
    }

    /// Writes what was learned about a room's queries into its `.sqlx`; queries that are gone go.
    pub(crate) fn keep(&self, room: Room) -> Outcome {
        let learned = self.learned(room)?;
        empty(&room.kept())?;
        for (name, text) in &learned {
            fs::write(room.kept().join(name), text)?;
        }
        if learned.is_empty() {
            fs::remove_dir(room.kept())?;
        }
        println!("{}: {} queries", room.name(), learned.len());
        Ok(())
    }

    /// The files of a room's `.sqlx` that differ from what was learned.
    pub(crate) fn stale(&self, room: Room) -> Outcome<Vec<String>> {
        let learned = self.learned(room)?;
        let kept = queries(&room.kept())?;
        let mut names: Vec<&String> = learned.keys().chain(kept.keys()).collect();
        names.sort();
        names.dedup();
        let differs = |name: &&String| learned.get(*name) != kept.get(*name);
        Ok(names.into_iter().filter(differs).map(|name| format!("{}/.sqlx/{name}", room.name())).collect())
    }

    fn learned(&self, room: Room) -> Outcome<BTreeMap<String, String>> {
        let own = format!("\"db_name\": \"{}\"", room.database());
        Ok(queries(&self.learned)?.into_iter().filter(|(_, text)| text.contains(&own)).collect())
    }
}

fn queries(folder: &Path) -> Outcome<BTreeMap<String, String>> {
    let mut queries = BTreeMap::new();
    for file in files(folder, "json")? {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        queries.insert(name, fs::read_to_string(file)?);
    }
    Ok(queries)
}
