//! The files of a service: its settings, which are read back when setup runs again, and its unit of systemd.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Write},
    path::Path,
};

use super::{Report, Verdict, Wanted};
use crate::config::ScanPlace;

/// As it stands in `installers/central`.
const UNIT: &str = include_str!("../../../installers/central/okienko-central.service");

/// Settings as their file holds them: name and value.
pub type Known = BTreeMap<String, String>;

/// The settings of a file; none when there is no such file.
///
/// # Errors
/// When it cannot be read.
pub fn known(file: &Path) -> std::io::Result<Known> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Known::new()),
        Err(error) => return Err(error),
    };
    Ok(read(&text))
}

fn read(text: &str) -> Known {
    let settings = text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(|line| {
        let (name, value) = line.trim().split_once('=')?;
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        Some((name.to_owned(), unescaped(value)))
    });
    settings.collect()
}

// Within double quotes systemd and a shell that reads the file agree on these four.
const ESCAPED: [char; 4] = ['\\', '"', '$', '`'];

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if ESCAPED.contains(&c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.next_if(|next| c == '\\' && ESCAPED.contains(next)) {
            Some(plain) => text.push(plain),
            None => text.push(c),
        }
    }
    text
}

/// The file of settings, as systemd and [`known`] read it.
pub(super) fn config(wanted: &Wanted, recovery_key: Option<&str>) -> String {
    let mut settings: Vec<(&str, String)> = vec![
        ("CENTRAL_DATABASE_URL", wanted.database_url.0.clone()),
        ("CENTRAL_OFFICE_TERYT", wanted.office.as_str().to_owned()),
        ("CENTRAL_OFFICE_NAME", wanted.office_name.clone()),
        ("CENTRAL_SCANS", wanted.scans.clone()),
    ];
    if let ScanPlace::Bucket(bucket) = &wanted.place {
        if let Some(endpoint) = &bucket.endpoint {
            settings.push(("CENTRAL_S3_ENDPOINT", endpoint.to_string()));
        }
        settings.push(("CENTRAL_S3_REGION", bucket.region.clone()));
        settings.push(("CENTRAL_S3_ACCESS_KEY_ID", bucket.keys.id.clone()));
        settings.push(("CENTRAL_S3_SECRET_ACCESS_KEY", bucket.keys.secret.clone()));
    }
    if let Some(folder) = &wanted.admin_log {
        settings.push(("CENTRAL_ADMIN_LOG", folder.display().to_string()));
    }
    if let Some(key) = recovery_key {
        settings.push(("CENTRAL_RECOVERY_KEY", key.to_owned()));
    }
    settings.push(("CENTRAL_LISTEN", wanted.listen.to_string()));
    settings.push(("CENTRAL_PUBLIC_LISTEN", wanted.public_listen.to_string()));
    let mut text =
        "# Settings of central, written by `central setup`. Holds a password: for root and the service alone.\n"
            .to_owned();
    for (name, value) in settings {
        let value = escaped(&value);
        text.extend([name, "=\"", &value, "\"\n"]);
    }
    text.push_str("# Further options of `central serve`, and those of the nightly `central backup` (--into FOLDER).\nOPTIONS=\"\"\nBACKUP=\"\"\n");
    text
}

/// The unit with this computer's paths.
pub(super) fn unit(wanted: &Wanted) -> String {
    let program =
        std::env::current_exe().map_or_else(|_| "/usr/bin/central".to_owned(), |file| file.display().to_string());
    let folders = wanted.place.folder().into_iter().chain(wanted.admin_log.as_deref());
    let folders: Vec<String> = folders.map(|folder| format!("\"{}\"", folder.display())).collect();
    let mut unit = UNIT.replace("/usr/bin/central serve", &format!("{program} serve"));
    if let Some(config) = &wanted.config {
        unit =
            unit.replace("EnvironmentFile=/etc/okienko/central.env", &format!("EnvironmentFile={}", config.display()));
    }
    unit.replace("\nProtectSystem=strict\n", &format!("\nProtectSystem=strict\nReadWritePaths={}\n", folders.join(" ")))
}

/// What an administrator writes into the file of settings herself.
const OWN: [&str; 2] = ["OPTIONS", "BACKUP"];

/// Whether a file says the same, whatever an administrator added.
pub(super) fn same_settings(found: &str, text: &str) -> bool {
    let found = read(found);
    read(text).iter().all(|(name, value)| OWN.contains(&name.as_str()) || found.get(name) == Some(value))
}

/// Writes a file where there is none; what stands there is never changed.
pub(super) fn write(
    what: &'static str,
    file: &Path,
    text: &str,
    mode: u32,
    same: fn(&str, &str) -> bool,
    report: &mut Report,
) {
    let shown = file.display();
    match std::fs::read_to_string(file) {
        Ok(found) if same(&found, text) => return report.note(what, Verdict::Good, shown.to_string()),
        Ok(_) => {
            let says = format!("{shown} says something else and stays as it is; move it away to have it written anew");
            return report.note(what, Verdict::Warning, says);
        }
        Err(_) => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let done = options.open(file).and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_all()));
    match done {
        Ok(()) => report.note(what, Verdict::Made, shown.to_string()),
        Err(error) => report.note(what, Verdict::Failed, format!("{shown}: {error}")),
    }
}
