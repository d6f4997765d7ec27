//! Central as the real program on a database of its own, the administrator's hands at it, and its dump.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use central::letters::apply;
use domain::{
    ids::{DeviceId, LetterId, ScanId},
    register::RegisterNumber,
    rights::{RecordKind, Role},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Row,
    postgres::{PgConnectOptions, PgRow},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use uuid::Uuid;
use wire::v1::{ChangeBody, Tip, bytes::canonical};

use super::{
    desk::op_dump,
    words::{CentralDump, CentralOp, CentralScan, KnownDesk},
};
use crate::{private_cluster::PrivateCluster, small_disk::SmallDisk, window::built};

const TERYT: &str = "2404082";

/// How a desk finds central.
pub struct Door {
    /// Base address, through the desk's line.
    pub address: String,
    /// What a code that invites the desk holds.
    pub invitation: Option<String>,
}

/// Central's program, its database and its folder of scans.
pub struct CentralProcess {
    /// Where desks connect; the same over every restart.
    pub listen: SocketAddr,
    cluster: Arc<PrivateCluster>,
    database: String,
    url: String,
    folder: PathBuf,
    /// Desks are invited and speak TLS; else plain HTTP, and whoever says hello first is let in.
    secure: bool,
    /// The last backup that its own command made.
    made: Option<PathBuf>,
    /// Who can open it.
    public_key: Option<String>,
    /// Central refuses scans on a nearly full disk, as a developer's often is: its scans lie on one of their own.
    disk: Option<SmallDisk>,
    child: Option<Child>,
}

impl CentralProcess {
    /// Starts central on a new database; what it says goes into the folder.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(cluster: Arc<PrivateCluster>, database: &str, folder: &Path, secure: bool) -> Self {
        let url = cluster.create_database(database).expect("a database");
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let (database, folder) = (database.to_owned(), folder.to_owned());
        let disk = SmallDisk::mount(256);
        let mut central =
            Self { listen, cluster, database, url, folder, secure, made: None, public_key: None, disk, child: None };
        central.run().await;
        central
    }

    /// The database as it is, without the program.
    pub fn resting(cluster: Arc<PrivateCluster>, database: &str, folder: &Path) -> Self {
        let url = cluster.url_of(database);
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let (database, folder) = (database.to_owned(), folder.to_owned());
        Self {
            listen,
            cluster,
            database,
            url,
            folder,
            secure: false,
            made: None,
            public_key: None,
            disk: None,
            child: None,
        }
    }

    /// Starts the program again, on the same port.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn run(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("central.log"));
        let mut serve = self.program();
        if !self.secure {
            serve.env("CENTRAL_TRANSPORT", "plain").env("CENTRAL_ADMISSION", "first-hello");
        }
        let mut child = serve
            .args(["serve", "--office-name", "Urząd Gminy Kruszyna", "--scans"])
            .arg(self.scans())
            .args(["--listen", &self.listen.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("central's log"))
            .kill_on_drop(true)
            .spawn()
            .expect("central starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = lines.next_line().await.expect("its output").expect("central listens");
        let said: Value = serde_json::from_str(&line).expect("a line of JSON");
        let desks = said["desks"].as_str().and_then(|desks| desks.rsplit("//").next()).expect("the desks' address");
        self.listen = desks.parse().expect("an address");
        self.child = Some(child);
    }

    /// Kills the program.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.expect("central is killed");
        }
    }

    /// The database server loses its power and comes back.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn restart_database(&self) {
        let cluster = Arc::clone(&self.cluster);
        let restarted = tokio::task::spawn_blocking(move || cluster.restart_at_once()).await;
        restarted.expect("no panic").expect("PostgreSQL comes back");
    }

    /// Keeps a backup of the database.
    ///
    /// # Panics
    /// When it fails.
    pub async fn back_up(&self) {
        let (cluster, database, file) = (Arc::clone(&self.cluster), self.database.clone(), self.backup());
        let kept = tokio::task::spawn_blocking(move || cluster.dump(&database, &file)).await;
        kept.expect("no panic").expect("a backup");
    }

    /// Puts the database back as the backup has it, behind central's back, and starts central again.
    ///
    /// # Panics
    /// When it fails.
    pub async fn restore(&mut self) {
        self.kill().await;
        let (cluster, database, file) = (Arc::clone(&self.cluster), self.database.clone(), self.backup());
        let restored = tokio::task::spawn_blocking(move || cluster.restore(&database, &file)).await;
        restored.expect("no panic").expect("a restored database");
        self.run().await;
    }

    /// Makes a backup by central's own command, as the administrator does.
    ///
    /// # Panics
    /// When it fails.
    pub async fn back_up_by_command(&mut self) {
        let key = self.recovery_key();
        if !key.exists() {
            let secret = key.to_string_lossy().into_owned();
            self.public_key = self.told(&["recovery-key", &secret]).await["publicKey"].as_str().map(str::to_owned);
        }
        let (scans, into) = (self.scans(), self.folder.join("backups"));
        let (scans, into) = (scans.to_string_lossy(), into.to_string_lossy());
        let public = self.public_key.clone().expect("a recovery key");
        let said = self.told(&["backup", "--scans", &scans, "--into", &into, "--recovery-key", &public]).await;
        self.made = said["file"].as_str().map(PathBuf::from);
    }

    /// Puts the office back as that backup has it, by central's own command, and starts central again.
    ///
    /// # Panics
    /// When it fails.
    pub async fn restore_by_command(&mut self) {
        self.kill().await;
        let file = self.made.clone().expect("a backup");
        let (scans, key) = (self.scans(), self.recovery_key());
        let [file, scans, key] = [&file, &scans, &key].map(|path| path.to_string_lossy());
        self.told(&["restore", &file, "--key-file", &key, "--scans", &scans, "--replace"]).await;
        self.run().await;
    }

    fn recovery_key(&self) -> PathBuf {
        self.folder.join("recovery-key.txt")
    }

    /// How desks find it through a line: an address, and what invites one where it invites them.
    ///
    /// # Panics
    /// When a desk cannot be invited.
    pub async fn door(&self, symbol: &str, line: SocketAddr) -> Door {
        if !self.secure {
            return Door { address: format!("http://{line}"), invitation: None };
        }
        let address = format!("https://{line}");
        let kinds = RecordKind::ALL.iter().flat_map(|kind| ["--kind", kind.as_str()]);
        let roles = Role::ALL.iter().flat_map(|role| ["--role", role.as_str()]);
        let invite = ["enrol", "--symbol", symbol, "--address", &address];
        let said = self.told(&invite.into_iter().chain(kinds).chain(roles).collect::<Vec<_>>()).await;
        let invitation = said["scanned"].as_str().map(str::to_owned);
        assert!(invitation.is_some(), "an invitation: {said}");
        Door { address, invitation }
    }

    /// Central's program with what each of its commands needs.
    fn program(&self) -> Command {
        let mut program = Command::new(built("central"));
        program
            .env("CENTRAL_DATABASE_URL", &self.url)
            .env("CENTRAL_OFFICE_TERYT", TERYT)
            // On another disk than the database.
            .env("CENTRAL_ADMIN_LOG", self.folder.join("admin-log"));
        program
    }

    /// Runs a command of the administrator that must succeed, and reads its answer.
    async fn told(&self, arguments: &[&str]) -> Value {
        let output = self.program().args(arguments).arg("--json").output().await.expect("central runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "central {}: {said}", arguments[0]);
        serde_json::from_slice(&output.stdout).expect("an answer in JSON")
    }

    fn scans(&self) -> PathBuf {
        self.disk.as_ref().map_or(self.folder.as_path(), SmallDisk::path).join("scans")
    }

    fn backup(&self) -> PathBuf {
        self.folder.join("backup.dump")
    }

    /// Runs a command of the administrator; `false` when it says that it failed, as it may while its database restarts.
    ///
    /// # Panics
    /// When the program cannot be run.
    pub async fn command(&self, arguments: &[&str]) -> bool {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("commands.log"));
        let status = self
            .program()
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("the commands' log"))
            .status()
            .await;
        status.expect("central runs").success()
    }

    /// A connection to the office's schema.
    ///
    /// # Panics
    /// When the database cannot be reached.
    pub async fn connect(&self) -> PgConnection {
        let options: PgConnectOptions = self.url.parse().expect("an address");
        let options = options.options([("search_path", format!("office_{TERYT}"))]);
        PgConnection::connect_with(&options).await.expect("central's database")
    }

    /// Runs statements on the office's schema: how a sabotage enters central without central knowing.
    ///
    /// # Panics
    /// When one fails.
    pub async fn sabotage(&self, statements: &[&str]) {
        let mut db = self.connect().await;
        for statement in statements {
            sqlx::raw_sql(AssertSqlSafe((*statement).to_owned())).execute(&mut db).await.expect(statement);
        }
    }

    /// The administrator erases a letter; `false` when there is none yet, or the database is away.
    ///
    /// # Panics
    /// When the program cannot be run.
    pub async fn erase(&self, draw: u64) -> bool {
        let known: Result<Vec<Uuid>, _> =
            sqlx::query_scalar("SELECT id FROM letter ORDER BY id").fetch_all(&mut self.connect().await).await;
        let letters = known.unwrap_or_default();
        let place = usize::try_from(draw % letters.len().max(1) as u64).unwrap_or_default();
        let Some(letter) = letters.get(place).map(Uuid::to_string) else { return false };
        let scans = self.scans();
        let of = ["erase", "letter", &letter, "--scans", &scans.to_string_lossy()].map(str::to_owned);
        let why = ["--by", "Jan Kowalik", "--why", "art. 17 RODO"].map(str::to_owned);
        let words: Vec<String> = of.into_iter().chain(why).collect();
        self.command(&words.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    /// The letters that are erased.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn erased(&self) -> Vec<LetterId> {
        let erased: Vec<Uuid> = sqlx::query_scalar("SELECT DISTINCT letter_id FROM erasure ORDER BY letter_id")
            .fetch_all(&mut self.connect().await)
            .await
            .expect("erasures");
        erased.into_iter().map(LetterId).collect()
    }

    /// The tables in which one of the words stands.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn search(&self, words: &[String]) -> Vec<String> {
        let mut db = self.connect().await;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()",
        )
        .fetch_all(&mut db)
        .await
        .expect("tables");
        let mut found = Vec::new();
        for table in tables {
            for word in words {
                // A row as JSON shows bytes as hexadecimal digits.
                let hex = word.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
                let question = format!(
                    "SELECT count(*) FROM \"{table}\" WHERE to_jsonb(\"{table}\")::text LIKE ANY (ARRAY[$1, $2])"
                );
                let hits: i64 = sqlx::query_scalar(AssertSqlSafe(question))
                    .bind(format!("%{word}%"))
                    .bind(format!("%{hex}%"))
                    .fetch_one(&mut db)
                    .await
                    .expect("a count");
                if hits > 0 {
                    found.push(table.clone());
                }
            }
        }
        found
    }

    /// Number of the last change.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn head(&self) -> u64 {
        let head: i64 = sqlx::query_scalar("SELECT head FROM office_state")
            .fetch_one(&mut self.connect().await)
            .await
            .expect("central's head");
        head.cast_unsigned()
    }

    /// The operations of a desk that central has, held ones included, by number and hash.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn hashes_of(&self, device: DeviceId) -> Vec<Tip> {
        let rows = sqlx::query(
            "SELECT seq, hash FROM operation WHERE device_id = $1
             UNION SELECT seq, hash FROM held_operation WHERE device_id = $1",
        )
        .bind(device.0)
        .fetch_all(&mut self.connect().await)
        .await
        .expect("operations");
        rows.iter().map(|row| tip(row, "seq", "hash")).collect()
    }

    /// Everything that the invariants are checked from.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn dump(&self) -> CentralDump {
        let mut db = self.connect().await;
        let state = sqlx::query("SELECT epoch, head FROM office_state").fetch_one(&mut db).await.expect("the state");
        let desks = sqlx::query("SELECT id, symbol, standing, last_seq, last_hash FROM device ORDER BY symbol, id")
            .fetch_all(&mut db)
            .await
            .expect("desks");
        let ops = sqlx::query(
            "SELECT device_id, seq, op_id, hash, body, false AS held FROM operation
             UNION ALL SELECT device_id, seq, op_id, hash, body, true FROM held_operation ORDER BY 1, 2",
        )
        .fetch_all(&mut db)
        .await
        .expect("operations");
        let ids: Vec<Uuid> =
            sqlx::query_scalar("SELECT id FROM letter ORDER BY id").fetch_all(&mut db).await.expect("letters");
        let (mut letters, mut numbers) = (BTreeMap::new(), Vec::new());
        for id in ids.into_iter().map(LetterId) {
            let state = apply::state(&mut db, id).await.expect("a letter").expect("the same letter");
            numbers.push((id, state.number.clone()));
            letters.insert(id, told(&apply::change(&mut db, id).await.expect("a letter").expect("the same letter")));
        }
        let mut changes = BTreeMap::new();
        let mut change_numbers = Vec::new();
        let rows = sqlx::query("SELECT n, letter_id, body FROM change ORDER BY n").fetch_all(&mut db).await;
        for row in rows.expect("changes") {
            let body: ChangeBody = serde_json::from_str(row.get("body")).expect("a change");
            change_numbers.push(row.get::<i64, _>("n").cast_unsigned());
            changes.insert(LetterId(row.get("letter_id")), told(&body));
        }
        let scans = sqlx::query("SELECT id, letter_id, sha256, stored_at IS NOT NULL AS stored FROM scan ORDER BY id")
            .fetch_all(&mut db)
            .await
            .expect("scans");
        let unclear = self.told(&["symbol", "check"]).await;
        CentralDump {
            epoch: state.get("epoch"),
            head: state.get::<i64, _>("head").cast_unsigned(),
            desks: desks.iter().map(known_desk).collect(),
            ops: ops.iter().map(central_op).collect(),
            letters,
            numbers,
            unclear: unclear.as_array().expect("a list").iter().map(unclear_number).collect(),
            changes,
            change_numbers,
            scans: scans.iter().map(|row| self.scan(row)).collect(),
        }
    }

    fn scan(&self, row: &PgRow) -> CentralScan {
        let id = ScanId(row.get("id"));
        let hash: Vec<u8> = row.get("sha256");
        let file = std::fs::read(self.scans().join(format!("documents/{id}.pdf")));
        let right = file.is_ok_and(|bytes| Sha256::digest(&bytes).as_slice() == hash);
        CentralScan { id, letter: LetterId(row.get("letter_id")), stored: row.get("stored"), right }
    }
}

/// A number as `central symbol check` lists it.
fn unclear_number(found: &Value) -> (RegisterNumber, u64) {
    let number = serde_json::from_value(found.clone()).expect("a number, and more");
    (number, found["times"].as_u64().expect("how many times"))
}

/// A letter as desks keep it.
fn told(change: &ChangeBody) -> String {
    let state = match change {
        ChangeBody::Letter(state) => (**state).clone(),
        ChangeBody::Outline(outline) => outline.letter(),
        ChangeBody::Erased(erased) => erased.outline.letter(),
    };
    let state = serde_json::to_value(state).expect("letters have a JSON form");
    String::from_utf8_lossy(&canonical(&state)).into_owned()
}

fn tip(row: &PgRow, seq: &str, hash: &str) -> Tip {
    let hash: Vec<u8> = row.get(hash);
    Tip { seq: row.get::<i64, _>(seq).cast_unsigned(), hash: hash.try_into().unwrap_or_default() }
}

fn known_desk(row: &PgRow) -> KnownDesk {
    let standing: String = row.get("standing");
    KnownDesk {
        id: DeviceId(row.get("id")),
        symbol: row.get("symbol"),
        standing: standing.parse().expect("a standing"),
        last: tip(row, "last_seq", "last_hash"),
    }
}

fn central_op(row: &PgRow) -> CentralOp {
    let body: Vec<u8> = row.get("body");
    let op = op_dump(row.get("seq"), row.get("op_id"), row.get("hash"), &body);
    CentralOp { device: DeviceId(row.get("device_id")), op, held: row.get("held") }
}
