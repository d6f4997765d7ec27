//! The fleet of every office, for the administrator's own programs.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Admin, Problem, problem};
use crate::{
    db,
    fleet::{self, FleetDesk},
};

/// The desks of one office.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfficeFleet {
    /// The office's TERYT code.
    pub(super) office: String,
    /// Its desks.
    pub(super) desks: Vec<FleetDesk>,
}

impl Admin {
    pub(super) async fn fleets(&self) -> sqlx::Result<Vec<OfficeFleet>> {
        let mut fleets = Vec::new();
        for office in &self.offices {
            let desks = fleet::fleet(&office.pool, office.clock.now()).await?;
            fleets.push(OfficeFleet { office: office.teryt.as_str().to_owned(), desks });
        }
        Ok(fleets)
    }
}

/// Every desk of every office served here.
#[utoipa::path(
    get,
    path = "/v1/fleet",
    responses(
        (status = 200, description = "The desks, by office and symbol", body = Vec<OfficeFleet>),
        (status = 503, description = "The database does not answer", body = Problem)
    )
)]
pub(super) async fn fleet(State(admin): State<Admin>) -> Response {
    match admin.fleets().await {
        Ok(fleets) => Json(fleets).into_response(),
        Err(error) => {
            tracing::error!(code = db::code_of(&error), "the database failed for the fleet");
            problem(StatusCode::SERVICE_UNAVAILABLE, "database")
        }
    }
}
