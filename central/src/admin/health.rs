//! Health (the process answers) and readiness (it can do its work): what a service manager or a balancer asks.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::Admin;
use crate::db;

/// A database that is slower than this is not there.
const DATABASE_WITHIN: Duration = Duration::from_secs(3);

/// The process is alive.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// Version of the program.
    version: &'static str,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "It does", body = Health)))]
pub(super) async fn health() -> Json<Health> {
    Json(Health { version: env!("CARGO_PKG_VERSION") })
}

/// What central needs to serve, one by one.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "a list of questions answered by yes or no")]
pub(super) struct Readiness {
    /// All that must be true is.
    ready: bool,
    /// The database answers.
    database: bool,
    /// The tables of every office served are those of this program.
    migrations: bool,
    /// The place of scans can be reached.
    scans: bool,
    /// There is room for scans. Without it scans are refused and operations go on, so central stays ready.
    room_for_scans: bool,
}

impl Admin {
    pub(super) async fn readiness(&self) -> Readiness {
        let (mut database, mut migrations) = (true, true);
        for office in &self.offices {
            let migrated = tokio::time::timeout(DATABASE_WITHIN, db::is_migrated(&office.pool)).await;
            let (answers, migrated) = match migrated {
                Ok(Ok(migrated)) => (true, migrated),
                Ok(Err(_)) | Err(_) => (false, false),
            };
            self.metrics.office(office.teryt.as_str(), migrated);
            (database, migrations) = (database && answers, migrations && migrated);
            if !answers {
                // The others have the same database: asking each would only take its time.
                break;
            }
        }
        for office in &self.left_out {
            self.metrics.office(office.as_str(), false);
        }
        let scans = self.files.is_there().await;
        let ready = database && migrations && scans;
        Readiness { ready, database, migrations, scans, room_for_scans: self.files.has_room() }
    }
}

/// Whether central can do its work.
#[utoipa::path(
    get,
    path = "/ready",
    responses(
        (status = 200, description = "It can", body = Readiness),
        (status = 503, description = "Something is missing", body = Readiness)
    )
)]
pub(super) async fn ready(State(admin): State<Admin>) -> (StatusCode, Json<Readiness>) {
    let readiness = admin.readiness().await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}
