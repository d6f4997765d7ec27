//! A PostgreSQL cluster of one's own: loopback only, no Unix socket, gone when its owner is.
//!
//! A small shell stands guard: when the pipe from us closes, be it by drop or because we were killed, it stops the
//! server by its pid and removes the folder. Started by `central_office`; touches no cluster of the system.

use std::{
    fs, io,
    net::TcpListener,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// No cluster could be started.
#[derive(Debug, thiserror::Error)]
pub enum NoCluster {
    /// PostgreSQL is not installed.
    #[error("PostgreSQL is missing: install the package `postgresql`")]
    Missing,
    /// A program could not be run.
    #[error("{program} cannot be run")]
    Run {
        /// Its name.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A program failed.
    #[error("{program} failed: {said}")]
    Failed {
        /// Its name.
        program: String,
        /// What it wrote.
        said: String,
    },
}

/// A running cluster. Dropping it stops and removes it.
#[derive(Debug)]
pub struct PrivateCluster {
    folder: PathBuf,
    port: u16,
    fsync: bool,
    guard: Child,
}

/// Another program may take a free port between our look and the server's start.
const PORTS_TRIED: usize = 5;

impl PrivateCluster {
    /// Makes and starts a cluster in a new folder below `/var/tmp`.
    ///
    /// # Errors
    /// [`NoCluster`], saying what is missing or failed.
    pub fn start() -> Result<Self, NoCluster> {
        Self::start_with(false, Path::new("/var/tmp"))
    }

    /// As [`PrivateCluster::start`], but what it commits is on the disk: for being stopped in the middle of its work.
    ///
    /// # Errors
    /// As [`PrivateCluster::start`].
    pub fn start_durable() -> Result<Self, NoCluster> {
        Self::start_with(true, Path::new("/var/tmp"))
    }

    /// As [`PrivateCluster::start_durable`], on a disk of the caller's choice, which PostgreSQL's user can enter.
    ///
    /// # Errors
    /// As [`PrivateCluster::start`].
    pub fn start_on(disk: &Path) -> Result<Self, NoCluster> {
        Self::start_with(true, disk)
    }

    /// Starts the cluster that a lost computer left on this copy of its disk: it recovers from its log.
    ///
    /// # Errors
    /// As [`PrivateCluster::start`].
    pub fn recover(folder: &Path) -> Result<Self, NoCluster> {
        let guard = guard(folder)?;
        // A computer that was off runs no server; here the process of that number may still be on its way out.
        let _ = fs::remove_file(folder.join("data/postmaster.pid"));
        Self { folder: folder.to_owned(), port: 0, fsync: true, guard }.find_port()
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Process id of the server, for killing it where its own file can no longer be read.
    pub fn pid(&self) -> Option<u32> {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    fn start_with(fsync: bool, parent: &Path) -> Result<Self, NoCluster> {
        let programs = programs().ok_or(NoCluster::Missing)?;
        let pattern = parent.join("okienko-central-XXXXXX");
        let folder = run(&mut as_owner("mktemp", &["-d", &pattern.to_string_lossy()]))?;
        let folder = PathBuf::from(folder.trim());
        // From here on a guard removes the folder, whatever happens.
        let guard = guard(&folder)?;
        let cluster = Self { folder, port: 0, fsync, guard };
        let data = cluster.folder.join("data").to_string_lossy().into_owned();
        let mut arguments = vec!["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"];
        if !fsync {
            arguments.push("-N");
        }
        run(&mut as_owner(&programs.join("initdb").to_string_lossy(), &arguments))?;
        cluster.find_port()
    }

    fn find_port(mut self) -> Result<Self, NoCluster> {
        let mut last = None;
        for _ in 0..PORTS_TRIED {
            self.port = free_port().map_err(|source| NoCluster::Run { program: "free port".to_owned(), source })?;
            match self.control("start") {
                Ok(()) => return Ok(self),
                Err(failed) => last = Some(failed),
            }
        }
        Err(last.unwrap_or(NoCluster::Missing))
    }

    /// Stops the server at once, without a word to its clients and without a checkpoint, and starts it again: it recovers
    /// from its log. Its address stays.
    ///
    /// # Errors
    /// [`NoCluster`] when it does not come back.
    pub fn restart_at_once(&self) -> Result<(), NoCluster> {
        self.control("restart")
    }

    fn control(&self, what: &str) -> Result<(), NoCluster> {
        let programs = programs().ok_or(NoCluster::Missing)?;
        let place = |name: &str| self.folder.join(name).to_string_lossy().into_owned();
        let (data, log) = (place("data"), place("log"));
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories='' -c fsync={} \
             -c max_connections=200 -c shared_buffers=64MB",
            self.port,
            if self.fsync { "on" } else { "off" }
        );
        let mut arguments = vec!["-D", &data, "-l", &log, "-o", &options, "-w", "-t", "60"];
        if what == "restart" {
            arguments.extend(["-m", "immediate"]);
        }
        arguments.push(what);
        run(&mut as_owner(&programs.join("pg_ctl").to_string_lossy(), &arguments)).map(drop).map_err(|failed| {
            // The server itself says why only in its log.
            let NoCluster::Failed { program, .. } = failed else { return failed };
            let log = fs::read_to_string(&log).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(6).collect();
            NoCluster::Failed { program, said: last.into_iter().rev().collect::<Vec<_>>().join("; ") }
        })
    }

    /// Copies a database into a file, as an administrator's backup does.
    ///
    /// # Errors
    /// [`NoCluster`] when `pg_dump` fails.
    pub fn dump(&self, name: &str, file: &Path) -> Result<(), NoCluster> {
        let url = self.url_of(name);
        run(client("pg_dump")?.args(["-Fc", "-d", &url, "-f"]).arg(file)).map(drop)
    }

    /// Puts a database back as it was copied, whoever is connected to it.
    ///
    /// # Errors
    /// [`NoCluster`] naming the step that failed.
    pub fn restore(&self, name: &str, file: &Path) -> Result<(), NoCluster> {
        let port = self.port.to_string();
        let server = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres"];
        run(client("dropdb")?.args(server).args(["--force", "--maintenance-db=template1", name]))?;
        run(client("createdb")?.args(server).args(["--maintenance-db=template1", name]))?;
        run(client("pg_restore")?.args(["-d", &self.url_of(name)]).arg(file)).map(drop)
    }

    /// Address of one of its databases.
    pub fn url_of(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Makes an empty database and returns its address.
    ///
    /// # Errors
    /// [`NoCluster`] when `createdb` fails.
    pub fn create_database(&self, name: &str) -> Result<String, NoCluster> {
        let port = self.port.to_string();
        run(client("createdb")?.args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", name]))?;
        Ok(self.url_of(name))
    }

    /// Address of the database that every cluster has.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        if !self.guard.wait().is_ok_and(|status| status.success()) || self.folder.exists() {
            tracing::warn!(folder = %self.folder.display(), "the cluster could not be stopped and removed");
        }
    }
}

/// Waits for the pipe to close, then stops the server at once and removes the folder.
fn guard(folder: &Path) -> Result<Child, NoCluster> {
    const SCRIPT: &str = r#"
        trap '' INT TERM HUP
        cat >/dev/null
        pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
        if [ -n "$pid" ]; then
            kill -QUIT "$pid"
            # Its file goes with it; its number may stay a while, until the system's first process takes note.
            while [ -e "$1/data/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
        fi
        rm -rf "$1"
    "#;
    let mut command = as_owner("sh", &["-c", SCRIPT, "guard", &folder.to_string_lossy()]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|source| NoCluster::Run { program: "sh".to_owned(), source })
}

// A client's program, told nothing by our own environment.
fn client(name: &str) -> Result<Command, NoCluster> {
    let mut command = Command::new(programs().ok_or(NoCluster::Missing)?.join(name));
    command.current_dir("/").env_remove("PGHOST").env_remove("PGPORT");
    Ok(command)
}

fn run(command: &mut Command) -> Result<String, NoCluster> {
    let program = command.get_program().to_string_lossy().into_owned();
    // The server inherits what it starts with: a pipe would stay open as long as it lives.
    let inherits = command.get_args().any(|argument| argument == "start" || argument == "restart");
    if inherits {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    let output =
        command.stdin(Stdio::null()).output().map_err(|source| NoCluster::Run { program: program.clone(), source })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(NoCluster::Failed { program, said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
    }
}

// PostgreSQL refuses to run as root: there it runs as the user that its package made.
fn as_owner(program: &str, arguments: &[&str]) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", program]);
        command
    } else {
        Command::new(program)
    };
    // The owner may not be able to enter our own folder.
    command.args(arguments).current_dir("/").env_remove("PGDATA").env_remove("PGHOST").env_remove("PGPORT");
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

// Debian keeps the server's programs off the path, one folder a version.
fn programs() -> Option<PathBuf> {
    let version =
        |path: &Path| path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
    let newest = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .max_by_key(|path| version(path))
        .map(|folder| folder.join("bin"))
        .filter(|bin| bin.join("initdb").exists());
    newest.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    })
}
