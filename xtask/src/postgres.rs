//! A private PostgreSQL cluster for the length of one command: loopback only, no Unix socket, thrown away at the end.
//! Used by `prepare-sql`.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::shell::{Outcome, call, is_root, program, read};

/// A running cluster; dropping it stops and removes it.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: String,
    port: u16,
}

impl Cluster {
    /// Makes and starts a cluster.
    pub(crate) fn start() -> Outcome<Self> {
        let programs = programs()?;
        let folder = read(&mut owned("mktemp", &["-d", "/var/tmp/okienko-sql-XXXXXX"]))?.trim().to_owned();
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let cluster = Self { programs, folder, port };
        let quiet = ["-D", &cluster.folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"];
        call(cluster.own_program("initdb", &quiet).stdout(Stdio::null()))?;
        let options =
            format!("-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off");
        let log = format!("{}/log", cluster.folder);
        let start = ["-D", &cluster.folder, "-l", &log, "-o", &options, "-w", "-t", "60", "start"];
        call(cluster.own_program("pg_ctl", &start).stdout(Stdio::null()))?;
        Ok(cluster)
    }

    /// Where its one database is reached.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs SQL files in the given order; the first error ends it.
    pub(crate) fn run_files(&self, files: &[PathBuf]) -> Outcome {
        for file in files {
            let file = file.to_string_lossy();
            let url = self.url();
            let words = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-d", &url, "-f", &file];
            let psql = self.programs.join("psql");
            call(program(&psql.to_string_lossy(), &words).stdout(Stdio::null()))?;
        }
        Ok(())
    }

    fn own_program(&self, name: &str, arguments: &[&str]) -> Command {
        owned(&self.programs.join(name).to_string_lossy(), arguments)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = ["-D", &self.folder, "-m", "immediate", "-w", "stop"];
        let stopped = self.own_program("pg_ctl", &stop).stdout(Stdio::null()).status();
        if !stopped.is_ok_and(|status| status.success()) || fs::remove_dir_all(&self.folder).is_err() {
            eprintln!("The PostgreSQL cluster in {} could not be stopped and removed.", self.folder);
        }
    }
}

// PostgreSQL refuses to run as root: there it runs as the user that its package made.
fn owned(name: &str, arguments: &[&str]) -> Command {
    let mut command = if is_root() {
        let mut command = program("runuser", &["-u", "postgres", "--", name]);
        command.args(arguments);
        command
    } else {
        program(name, arguments)
    };
    command.current_dir("/");
    command
}

// Debian keeps the server's programs off the path, one folder a version.
fn programs() -> Outcome<PathBuf> {
    let version =
        |path: &Path| path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
    let newest = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .max_by_key(|path| version(path));
    let found = newest.map(|folder| folder.join("bin")).filter(|bin| bin.join("initdb").exists());
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    };
    found.or_else(on_path).ok_or_else(|| "PostgreSQL is missing: install the package `postgresql`.".into())
}
