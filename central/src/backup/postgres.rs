//! PostgreSQL's programs: `pg_dump`, `pg_restore`. The password goes by the environment, never by an argument.

use std::{path::Path, process::Stdio};

use percent_encoding::percent_decode_str;
use tokio::process::Command;
use url::Url;

use super::BackupError;
use crate::config::DatabaseUrl;

/// The database as the programs are told of it.
pub(super) struct Server {
    /// Address without a password.
    address: String,
    password: Option<String>,
}

impl Server {
    pub(super) fn of(url: &DatabaseUrl) -> Result<Self, BackupError> {
        let unreadable = || sqlx::Error::Configuration("the database address cannot be read".into());
        let mut address = Url::parse(&url.0).map_err(|_| unreadable())?;
        // In a query the address keeps what it has: there the programs and the driver differ.
        let password = address.password().map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
        address.set_password(None).map_err(|()| unreadable())?;
        Ok(Self { address: address.into(), password })
    }

    /// The same server, another database.
    pub(super) fn database(&self, name: &str) -> Result<Self, BackupError> {
        let mut address = Url::parse(&self.address).map_err(|_| BackupError::Program("the database address"))?;
        address.set_path(name);
        Ok(Self { address: address.into(), password: self.password.clone() })
    }

    /// The address as the driver takes it.
    pub(super) fn url(&self) -> DatabaseUrl {
        let Some(password) = &self.password else { return DatabaseUrl(self.address.clone()) };
        let whole = Url::parse(&self.address).ok().and_then(|mut address| {
            address.set_password(Some(password)).ok()?;
            Some(address.into())
        });
        DatabaseUrl(whole.unwrap_or_else(|| self.address.clone()))
    }

    fn program(&self, name: &'static str) -> Command {
        let mut command = Command::new(name);
        command.arg("--dbname").arg(&self.address).arg("--no-password").stdin(Stdio::null()).stdout(Stdio::null());
        command.kill_on_drop(true);
        if let Some(password) = &self.password {
            command.env("PGPASSWORD", password);
        }
        command
    }

    /// Writes the office's tables as the snapshot saw them.
    pub(super) async fn dump(&self, schema: &str, snapshot: &str, to: &Path) -> Result<(), BackupError> {
        let mut dump = self.program("pg_dump");
        dump.args(["--format=custom", "--no-owner", "--no-privileges", "--schema", schema, "--snapshot", snapshot]);
        ended_well(dump.arg("--file").arg(to), "pg_dump").await
    }

    /// Fills an empty schema from a dump, as the given role where one is named.
    pub(super) async fn restore(&self, schema: &str, role: Option<&str>, from: &Path) -> Result<(), BackupError> {
        let mut restore = self.program("pg_restore");
        restore.args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--schema", schema]);
        if let Some(role) = role {
            restore.args(["--role", role]);
        }
        ended_well(restore.arg(from), "pg_restore").await
    }
}

async fn ended_well(command: &mut Command, name: &'static str) -> Result<(), BackupError> {
    let status = command.status().await.map_err(|error| BackupError::File(name.to_owned(), error))?;
    if status.success() { Ok(()) } else { Err(BackupError::Program(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_leaves_the_address_and_comes_back() {
        let url = DatabaseUrl("postgres://okienko:za%3Fb%C3%B3r@127.0.0.1:5432/kruszyna".to_owned());
        let server = Server::of(&url).expect("a server");
        assert_eq!(server.address, "postgres://okienko@127.0.0.1:5432/kruszyna");
        assert_eq!(server.password.as_deref(), Some("za?bór"));
        let other = server.database("proba").expect("another");
        assert_eq!(other.address, "postgres://okienko@127.0.0.1:5432/proba");
        assert_eq!(server.url(), url);
    }
}
