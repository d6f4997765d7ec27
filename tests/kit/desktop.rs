//! A desktop of our own for the real window: X display, session bus, key store, window manager, keyboard.
//!
//! Everything is a child of this process with an environment of its own; nothing of the caller's session is touched.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// Why no desktop could be made: the program that is missing or did not start.
#[derive(Debug, thiserror::Error)]
#[error("{program}: {source}")]
pub struct NoDesktop {
    /// Which program.
    pub program: &'static str,
    /// What the system said.
    #[source]
    pub source: std::io::Error,
}

fn lacks(program: &'static str) -> impl FnOnce(std::io::Error) -> NoDesktop {
    move |source| NoDesktop { program, source }
}

/// Session bus and unlocked key store.
pub struct Session {
    bus: Running,
    keyring: Option<Running>,
    address: String,
    home: TempDir,
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn first_line(program: &'static str, child: &mut Child) -> Result<String, NoDesktop> {
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or_else(|| lacks(program)(std::io::ErrorKind::BrokenPipe.into()))?;
    BufReader::new(stdout).read_line(&mut line).map_err(lacks(program))?;
    if line.trim().is_empty() {
        return Err(lacks(program)(std::io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(line.trim().to_owned())
}

impl Session {
    /// Starts a session bus and a Secret Service on it, unlocked with a password that nobody needs again.
    ///
    /// # Errors
    /// [`NoDesktop`] naming what is missing.
    pub fn start() -> Result<Self, NoDesktop> {
        let home = tempfile::tempdir().map_err(lacks("a home directory"))?;
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .env("HOME", home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(lacks("dbus-daemon"))?;
        let address = first_line("dbus-daemon", &mut bus)?;
        let mut session = Self { bus: Running(bus), keyring: None, address, home };
        session.start_keyring()?;
        Ok(session)
    }

    fn start_keyring(&mut self) -> Result<(), NoDesktop> {
        let mut keyring = Command::new("gnome-keyring-daemon");
        keyring.args(["--unlock", "--components=secrets", "--foreground"]);
        self.dress(&mut keyring);
        let mut keyring = keyring
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(lacks("gnome-keyring-daemon"))?;
        if let Some(mut password) = keyring.stdin.take() {
            password.write_all(b"okienko").map_err(lacks("gnome-keyring-daemon"))?;
        }
        self.keyring = Some(Running(keyring));
        let mut wait = Command::new("gdbus");
        wait.args(["wait", "--session", "--timeout", "20", "org.freedesktop.secrets"]).stdout(Stdio::null());
        self.dress(&mut wait);
        let status = wait.status().map_err(lacks("gdbus"))?;
        if status.success() { Ok(()) } else { Err(lacks("gnome-keyring-daemon")(std::io::ErrorKind::TimedOut.into())) }
    }

    /// Gives a program this session's bus and home.
    pub fn dress(&self, command: &mut Command) {
        command
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path())
            .env("NO_AT_BRIDGE", "1")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME");
    }

    /// The bus daemon's process id.
    pub fn bus_pid(&self) -> u32 {
        self.bus.0.id()
    }
}

/// An X display with a window manager and a Polish keyboard.
pub struct Display {
    name: String,
    manager: Option<Running>,
    server: Running,
}

impl Display {
    /// Starts a display of the given size in pixels.
    ///
    /// # Errors
    /// [`NoDesktop`] naming what is missing.
    pub fn start(width: u32, height: u32) -> Result<Self, NoDesktop> {
        // A server resets when its last client leaves, and with it the keyboard goes back to the American one.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(lacks("Xvfb"))?;
        let name = format!(":{}", first_line("Xvfb", &mut server)?);
        let mut display = Self { name, manager: None, server: Running(server) };
        display.x("setxkbmap", &["pl"])?;
        // A manager without decorations: the picture is the window and nothing else.
        let config = std::env::temp_dir().join(format!("okienko-openbox-{}.xml", std::process::id()));
        std::fs::write(&config, OPENBOX).map_err(lacks("openbox"))?;
        let manager = Command::new("openbox")
            .arg("--config-file")
            .arg(&config)
            .env("DISPLAY", &display.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(lacks("openbox"))?;
        display.manager = Some(Running(manager));
        Ok(display)
    }

    /// The display's name, `:7`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The display server's process id.
    pub fn pid(&self) -> u32 {
        self.server.0.id()
    }

    /// Presses a key with its modifiers, as `xdotool` names them: `F2`, `ctrl+Return`.
    pub fn press(&self, key: &str) {
        self.x("xdotool", &["key", "--clearmodifiers", key]).expect("xdotool presses a key");
    }

    /// Waits until a dialogue of the system stands beside the window and gives it the keyboard.
    ///
    /// # Panics
    /// When none comes.
    pub fn wait_for_dialogue(&self) {
        // `--sync` waits for the window manager's word.
        self.x("timeout", &["30", "xdotool", "search", "--sync", "--onlyvisible", "--class", "okienko"])
            .expect("a window of ours");
        let dialogue = "for i in $(seq 300); do for w in $(xdotool search --onlyvisible --class okienko); do \
            xprop -id $w WM_WINDOW_ROLE _NET_WM_WINDOW_TYPE 2>/dev/null | grep -q DIALOG && \
            exec xdotool windowactivate --sync $w; done; sleep 0.1; done; exit 1";
        self.x("sh", &["-c", dialogue]).expect("a dialogue of the system");
    }

    /// Types text on the Polish keyboard: `Ł` is Shift, AltGr and L, as a clerk types it.
    ///
    /// `xdotool` finds the keys in the display's layout. A letter missing there it would type by giving a spare key
    /// that letter for a moment, which a program may see too late; so the layout is looked at first.
    pub fn type_text(&self, text: &str) {
        self.x("sh", &["-c", "setxkbmap -query | grep -q 'layout:.*pl$'"]).expect("a Polish keyboard");
        self.x("xdotool", &["type", "--delay", "8", "--", text]).expect("xdotool types");
    }

    /// Photographs the display.
    pub fn picture(&self, path: &Path) {
        let path = path.to_string_lossy();
        self.x("import", &["-window", "root", &path]).expect("ImageMagick photographs the display");
    }

    fn x(&self, program: &'static str, arguments: &[&str]) -> Result<(), NoDesktop> {
        let status = Command::new(program)
            .args(arguments)
            .env("DISPLAY", &self.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(lacks(program))?;
        if status.success() { Ok(()) } else { Err(lacks(program)(std::io::ErrorKind::Other.into())) }
    }
}

const OPENBOX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew></focus>
  <keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
  <applications>
    <application class="*" type="normal"><decor>no</decor><focus>yes</focus><position force="yes"><x>0</x><y>0</y></position></application>
    <application class="*" type="dialog"><decor>no</decor><focus>yes</focus></application>
  </applications>
</openbox_config>
"#;
