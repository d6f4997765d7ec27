//! What a command needs on the machine, and how it gets there: Debian packages on Debian 12, Node, npm packages. Says what it does before it does it; elsewhere it prints the exact list and stops.

use std::{collections::BTreeSet, fs, path::Path, process::Stdio};

use crate::shell::{Outcome, answers, call, is_root, program, read, root};

/// What a group of packages is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Compiling the house.
    Build,
    /// Describing SQL, and the demo office's central server.
    Databases,
    /// The operating system's key store in a session of its own.
    KeyStore,
    /// A screen, a window manager and a driver for the window where nobody sits.
    Screen,
    /// What the speed is measured against.
    Peers,
    /// Independent witnesses of what we print, scan and show.
    Witnesses,
}

const PACKAGES: &[(Need, &str, &str)] = &[
    (Need::Build, "build-essential", "C and C++ compilers: SQLCipher and the barcode reader are built from source"),
    (Need::Build, "cmake", "builds the barcode reader"),
    (Need::Build, "libssl-dev", "cryptography of SQLCipher"),
    (Need::Build, "libudev-dev", "finds serial ports"),
    (Need::Build, "librsvg2-dev", "the window's icons"),
    (Need::Build, "libwebkit2gtk-4.1-dev", "the window"),
    (Need::Build, "pkg-config", "finds the libraries above"),
    (Need::Databases, "postgresql", "central's database; only private clusters are started, none of the system's"),
    (Need::Databases, "sqlite3", "makes the scratch database that SQL is checked against"),
    (Need::KeyStore, "dbus", "a session bus of its own"),
    (Need::KeyStore, "gnome-keyring", "the Secret Service that holds the desk's key"),
    (Need::KeyStore, "libglib2.0-bin", "waits for the Secret Service"),
    (Need::Peers, "python3-venv", "a Python environment of its own for ReportLab"),
    (Need::Screen, "imagemagick", "compares and cuts pictures"),
    (Need::Screen, "openbox", "window manager"),
    (Need::Screen, "procps", "kills the window as a power cut does"),
    (Need::Screen, "webkit2gtk-driver", "drives the real window"),
    (Need::Screen, "x11-utils", "tells a dialogue from the window"),
    (Need::Screen, "x11-xkb-utils", "Polish keyboard"),
    (Need::Screen, "xdotool", "types and clicks"),
    (Need::Screen, "xvfb", "a screen without a monitor"),
    (Need::Witnesses, "age", "opens our backups"),
    (Need::Witnesses, "chromium", "runs the window's pages for axe"),
    (Need::Witnesses, "openssl", "judges the certificates of central"),
    (Need::Witnesses, "poppler-utils", "reads text and fonts of our PDF files"),
    (Need::Witnesses, "python3-venv", "a Python environment of its own for the judge of OpenAPI"),
    (Need::Witnesses, "qpdf", "checks the structure of our PDF files"),
    (Need::Witnesses, "sane-airscan", "reads our virtual scanner as a device"),
    (Need::Witnesses, "sane-utils", "scanimage"),
    (Need::Witnesses, "strace", "lets the disk fail and the program die where we want"),
    (Need::Witnesses, "zbar-tools", "reads our bar codes"),
];

const NODE_NEEDED: (u32, u32) = (20, 19);

/// Sees to it that the packages of these groups are there.
///
/// Set `OKIENKO_PACKAGES=present` on a system that has them under other names.
pub(crate) fn packages(needs: &[Need]) -> Outcome {
    if std::env::var("OKIENKO_PACKAGES").is_ok_and(|word| word == "present") {
        return Ok(());
    }
    let wanted: Vec<_> = PACKAGES.iter().filter(|(need, _, _)| needs.contains(need)).collect();
    let installed = installed();
    let missing: Vec<_> = wanted.into_iter().filter(|(_, name, _)| !installed.contains(*name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.iter().map(|(_, name, why)| format!("  {name:24}{why}")).collect::<Vec<_>>().join("\n");
    let names: Vec<&str> = missing.iter().map(|(_, name, _)| *name).collect();
    if !is_debian_12() {
        return Err(format!(
            "These packages are missing (their names in Debian 12):\n{list}\nInstall them and call this again; \
             with OKIENKO_PACKAGES=present they are not asked for."
        )
        .into());
    }
    println!("Debian packages are missing and will be installed by apt-get:\n{list}");
    apt(&names)
}

fn installed() -> BTreeSet<String> {
    let query = ["-W", "-f", "${db:Status-Status} ${Package}\\n"];
    let list = read(program("dpkg-query", &query).stderr(Stdio::null())).unwrap_or_default();
    list.lines().filter_map(|line| line.strip_prefix("installed ")).map(str::to_owned).collect()
}

fn is_debian_12() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let says = |key: &str, value: &str| {
        release.lines().filter_map(|line| line.split_once('=')).any(|(k, v)| k == key && v.trim_matches('"') == value)
    };
    says("ID", "debian") && says("VERSION_ID", "12")
}

fn apt(names: &[&str]) -> Outcome {
    let as_root = if is_root() {
        Vec::new()
    } else if answers("sudo", &["--version"]) {
        vec!["sudo"]
    } else {
        return Err(format!("Neither root nor sudo. As root: apt-get install {}", names.join(" ")).into());
    };
    let run = |words: &[&str]| {
        let all: Vec<&str> = as_root.iter().chain(words).copied().collect();
        call(&mut program(all[0], &all[1..]))
    };
    if names.contains(&"postgresql") {
        // The package would start a server of the whole machine, which nobody here needs.
        println!("No system-wide PostgreSQL cluster is made: /etc/postgresql-common/createcluster.d/okienko.conf");
        run(&["mkdir", "-p", "/etc/postgresql-common/createcluster.d"])?;
        let write = "echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/okienko.conf";
        run(&["sh", "-c", write])?;
    }
    run(&["apt-get", "update", "-q"])?;
    let install =
        ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-q", "-y", "--no-install-recommends"];
    run(&[&install, names].concat())
}

/// Sees to it that Node is new enough and the window's npm packages are those of the lockfile.
pub(crate) fn npm_packages() -> Outcome {
    npm_packages_of("ui", &[])
}

/// Sees to it that the identity provider of the journeys is that of its lockfile.
pub(crate) fn identity_provider() -> Outcome {
    npm_packages_of("tests/oidc", &["--ignore-scripts"])
}

/// Sees to it that the S3 storage of the journeys is that of its lockfile.
pub(crate) fn object_storage() -> Outcome {
    npm_packages_of("tests/s3", &["--ignore-scripts"])
}

fn npm_packages_of(folder: &str, options: &[&str]) -> Outcome {
    node()?;
    let place = root().join(folder);
    let changed = |path: &Path| fs::metadata(path).and_then(|facts| facts.modified());
    let kept = changed(&place.join("node_modules/.package-lock.json"));
    if kept.is_ok_and(|kept| changed(&place.join("package-lock.json")).is_ok_and(|lock| lock <= kept)) {
        return Ok(());
    }
    println!("The npm packages of {folder} are missing or older than {folder}/package-lock.json.");
    call(npm(&[&["ci", "--no-audit", "--no-fund"], options].concat()).current_dir(&place))
}

/// npm, in the window's folder.
pub(crate) fn npm(arguments: &[&str]) -> std::process::Command {
    let mut npm = program("npm", arguments);
    npm.current_dir(root().join("ui"));
    npm
}

fn node() -> Outcome {
    let (major, minor) = NODE_NEEDED;
    let found = read(program("node", &["--version"]).stderr(Stdio::null())).unwrap_or_default();
    let found = found.trim();
    let numbers: Vec<u32> = found.trim_start_matches('v').split('.').filter_map(|part| part.parse().ok()).collect();
    if matches!(numbers.as_slice(), [x, y, ..] if (*x, *y) >= NODE_NEEDED) {
        return Ok(());
    }
    let found = if found.is_empty() { "none".to_owned() } else { found.to_owned() };
    Err(format!("Node {major}.{minor} or newer is needed (https://nodejs.org), found {found}.").into())
}

/// Sees to it that rustfmt and clippy are there: a minimal toolchain lacks them.
pub(crate) fn rust_tools() -> Outcome {
    for (tool, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if !answers(tool, &["--version"]) {
            println!("{component} is missing and will be added to the toolchain.");
            call(&mut program("rustup", &["component", "add", component]))?;
        }
    }
    Ok(())
}
