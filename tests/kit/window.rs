//! The real window, driven as a clerk drives it: keys from the X server, answers read from the page.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::desktop::{Display, Session};

/// How long a page may take to show what a key press leads to. A limit for hanging, no measure of speed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The running window.
pub struct Window {
    client: Client,
    driver: Child,
    /// Its display.
    pub display: Display,
    /// Its session.
    pub session: Session,
}

/// What the window is started with.
#[derive(Clone, Debug)]
pub struct WindowPlaces {
    /// The built program.
    pub program: PathBuf,
    /// Data directory.
    pub data: PathBuf,
    /// Folder of the mark.
    pub mark: PathBuf,
}

impl WindowPlaces {
    /// The program that `cargo` built beside this one, with data in the given folder.
    pub fn beside(folder: &Path) -> Self {
        let program = built("okienko");
        Self { program, data: folder.join("data"), mark: folder.join("mark") }
    }
}

/// A program that `cargo` built into the same folder as this one.
///
/// # Panics
/// When it is not there: `cargo build` comes first.
pub fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("the path of this program");
    let found = own.ancestors().skip(1).take(3).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not built: cargo build --package okienko"))
}

impl Window {
    /// Starts the window on a display of its own and waits until its page stands.
    ///
    /// # Panics
    /// When a program is missing or the window does not open.
    pub async fn open(places: &WindowPlaces) -> Self {
        let (display, session) = Self::desktop();
        Self::open_on(places, display, session, &[]).await
    }

    /// A display of an ordinary office screen's size, and a session.
    ///
    /// # Panics
    /// When a program is missing.
    pub fn desktop() -> (Display, Session) {
        let session = Session::start().expect("a session bus with a key store");
        (Display::start(1366, 768).expect("a display"), session)
    }

    /// Starts the window on a given display and session, with further environment.
    ///
    /// # Panics
    /// When a program is missing or the window does not open.
    pub async fn open_on(
        places: &WindowPlaces,
        display: Display,
        session: Session,
        environment: &[(&str, &str)],
    ) -> Self {
        let window = Self::driver(places, display, session, environment).await.session(places).await;
        window.wait("the page stands", "return document.querySelector('main, [role=main], form') !== null").await;
        window
    }

    /// Starts the driver alone; [`Driver::session`] then starts the program.
    ///
    /// # Panics
    /// When the driver is missing or does not come up.
    pub async fn driver(
        places: &WindowPlaces,
        display: Display,
        session: Session,
        environment: &[(&str, &str)],
    ) -> Driver {
        let port = free_port();
        let mut command = Command::new("WebKitWebDriver");
        command.arg(format!("--port={port}")).arg("--host=127.0.0.1");
        session.dress(&mut command);
        command
            .env("DISPLAY", display.name())
            .env("GDK_BACKEND", "x11")
            .env("LANG", "C.UTF-8")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("OKIENKO_DATA", &places.data)
            .env("OKIENKO_MARK", &places.mark)
            .envs(environment.iter().copied())
            .stdout(Stdio::null());
        let driver = command.spawn().expect("WebKitWebDriver starts");
        let begin = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(begin.elapsed() < PATIENCE, "WebKitWebDriver does not come up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Driver { driver, port, display, session }
    }

    /// Presses a key: `F2`, `ctrl+Return`.
    pub fn press(&self, key: &str) {
        self.display.press(key);
    }

    /// Types text.
    pub fn type_text(&self, text: &str) {
        self.display.type_text(text);
    }

    /// Types text into the focused field and waits until the field holds it.
    ///
    /// # Panics
    /// When the field does not come to hold it.
    pub async fn fill(&self, text: &str) {
        self.type_text(text);
        let holds = format!("return (document.activeElement.value ?? '').endsWith({})", json!(text));
        self.wait(&format!("the focused field holds “{text}”"), &holds).await;
    }

    /// Waits until a script (`return …`) says something true, and returns it.
    ///
    /// # Panics
    /// When it does not within half a minute; the message carries `what` and the page's text.
    pub async fn wait(&self, what: &str, script: &str) -> Value {
        let begin = Instant::now();
        loop {
            let said = in_time(self.client.execute(script, Vec::new())).await;
            if let Ok(value) = &said
                && !matches!(value, Value::Null | Value::Bool(false))
                && value.as_str() != Some("")
            {
                return value.clone();
            }
            if begin.elapsed() > PATIENCE {
                let text = self.run("return document.body.innerText").await;
                let focus = "const a = document.activeElement; return `${a?.tagName} ${a?.dataset?.testid} “${a?.value ?? ''}”`";
                let focus = self.run(focus).await;
                let page = text.as_str().unwrap_or_default();
                let fields = "return [...document.querySelectorAll('input, textarea')].filter(one => one.dataset.testid)\
                              .map(one => `${one.dataset.testid} “${one.value}”`).join(', ')";
                let fields = self.run(fields).await;
                panic!(
                    "waited in vain for: {what}\nlast answer: {said:?}\nfocus: {focus}\nfields: {fields}\npage:\n{page}"
                );
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Waits until the page shows the text.
    ///
    /// # Panics
    /// As [`Window::wait`].
    pub async fn wait_for_text(&self, text: &str) {
        let script = format!("return document.body.innerText.includes({})", json!(text));
        self.wait(&format!("the text “{text}”"), &script).await;
    }

    /// Waits until the field or button with this `data-testid` (or inside it) has the focus.
    ///
    /// # Panics
    /// As [`Window::wait`].
    pub async fn wait_for_focus(&self, test_id: &str) {
        let selector = format!("[data-testid={}]", json!(test_id));
        let script = format!(
            "const a = document.activeElement; return a !== null && (a.closest({0}) !== null || (a.matches({0})))",
            json!(selector)
        );
        self.wait(&format!("the focus on {test_id}"), &script).await;
    }

    /// Runs a script (`return …`) in the page.
    ///
    /// # Panics
    /// When the driver is gone.
    pub async fn run(&self, script: &str) -> Value {
        in_time(self.client.execute(script, Vec::new())).await.expect("the page runs a script")
    }

    /// Calls a command of the window and returns what it answers.
    ///
    /// # Panics
    /// When the command is refused.
    pub async fn command(&self, name: &str, arguments: Value) -> Value {
        let script = "const done = arguments[2]; window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1])
            .then((answer) => done({ answer }), (refused) => done({ refused }))";
        let said = self.client.execute_async(script, vec![json!(name), arguments]).await.expect("the page calls");
        assert!(said.get("refused").is_none(), "{name} is refused: {said}");
        said["answer"].clone()
    }

    /// As [`Window::command`], for one that answers with bytes.
    ///
    /// # Panics
    /// When the command is refused.
    pub async fn bytes(&self, name: &str, arguments: Value) -> Vec<u8> {
        let script = "const done = arguments[2]; window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1])
            .then((buffer) => done({ answer: Array.from(new Uint8Array(buffer)) }), (refused) => done({ refused }))";
        let said = self.client.execute_async(script, vec![json!(name), arguments]).await.expect("the page calls");
        serde_json::from_value(said["answer"].clone()).unwrap_or_else(|_| panic!("{name} is refused: {said}"))
    }

    /// Photographs the display into `folder/name.png`.
    pub fn picture(&self, folder: &Path, name: &str) {
        self.display.picture(&folder.join(format!("{name}.png")));
    }

    /// Kills the program as a power cut does and gives display and session back.
    ///
    /// # Panics
    /// When the program cannot be found.
    pub async fn kill(mut self) -> (Display, Session) {
        let driver = self.driver.id().to_string();
        let killed = Command::new("pkill").args(["-KILL", "-P", &driver]).status();
        assert!(killed.is_ok_and(|status| status.success()), "the driver's child is killed");
        let _ = self.client.close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        (self.display, self.session)
    }

    /// Closes the window as a person does, waits until the program has ended, and gives display and session back.
    ///
    /// # Panics
    /// When the program does not end: the next one would find its data directory taken.
    pub async fn close(mut self) -> (Display, Session) {
        let program = self.program();
        self.press("alt+F4");
        let begin = Instant::now();
        while lives(&program) {
            assert!(begin.elapsed() < PATIENCE, "the program goes on without its window");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        (self.display, self.session)
    }

    // The driver starts the program as its child.
    fn program(&self) -> String {
        let driver = self.driver.id().to_string();
        let children = Command::new("pgrep").args(["-P", &driver]).output().expect("pgrep runs");
        let children = String::from_utf8_lossy(&children.stdout);
        children.lines().next().expect("the driver's child").to_owned()
    }
}

/// Whether a process runs: one that has ended and is not asked for yet counts as ended.
fn lives(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    status.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z')))
}

/// A driver that does not answer is named at once and not by the end of the whole test.
async fn in_time<T>(answer: impl Future<Output = T>) -> T {
    tokio::time::timeout(2 * PATIENCE, answer).await.expect("the driver answers")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// The driver before it has a window.
pub struct Driver {
    driver: Child,
    port: u16,
    display: Display,
    session: Session,
}

impl Driver {
    /// Starts the program and takes hold of its page.
    ///
    /// # Panics
    /// When the program does not open a window.
    pub async fn session(self, places: &WindowPlaces) -> Window {
        let mut capabilities = Capabilities::new();
        let options = json!({ "binary": places.program, "args": [] });
        capabilities.insert("webkitgtk:browserOptions".to_owned(), options);
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = in_time(builder.capabilities(capabilities).connect(&address)).await;
        let client = client.expect("a session with the window");
        Window { client, driver: self.driver, display: self.display, session: self.session }
    }
}
