//! Health (the process answers) and readiness (it can do its work): what a service manager or a balancer asks.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use super::Admin;
use crate::db;

/// A database that is slower than this is not there.
const DATABASE_WITHIN: Duration = Duration::from_secs(3);

/// The process is alive.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    version: &'static str,
}

pub(super) async fn health() -> Json<Health> {
    Json(Health { version: env!("CARGO_PKG_VERSION") })
}

/// What central needs to serve, one by one.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "a list of questions answered by yes or no")]
pub(super) struct Readiness {
    ready: bool,
    /// The database answers.
    database: bool,
    /// Its tables are those of this program.
    migrations: bool,
    /// The place of scans can be reached.
    scans: bool,
    /// There is room for scans. Without it scans are refused and operations go on, so central stays ready.
    room_for_scans: bool,
}

impl Admin {
    pub(super) async fn readiness(&self) -> Readiness {
        let migrated = tokio::time::timeout(DATABASE_WITHIN, db::is_migrated(&self.office.pool)).await;
        let (database, migrations) = match migrated {
            Ok(Ok(migrated)) => (true, migrated),
            Ok(Err(_)) | Err(_) => (false, false),
        };
        let files = &self.office.files;
        let scans = files.is_there().await;
        let ready = database && migrations && scans;
        self.metrics.office(self.office.teryt.as_str(), database && migrations);
        Readiness { ready, database, migrations, scans, room_for_scans: files.has_room() }
    }
}

pub(super) async fn ready(State(admin): State<Admin>) -> (StatusCode, Json<Readiness>) {
    let readiness = admin.readiness().await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}
