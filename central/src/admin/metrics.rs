//! The counters, as Prometheus reads them, with what is true at this moment.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Admin, problem};

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The counters in OpenMetrics' text form.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, description = "The counters", body = String, content_type = "application/openmetrics-text"))
)]
pub(super) async fn metrics(State(admin): State<Admin>) -> Response {
    admin.readiness().await;
    admin.metrics.note(admin.offices.iter().map(|office| office.pool.size()).sum(), admin.files.free());
    if let Ok(fleets) = admin.fleets().await {
        for office in fleets {
            admin.metrics.fleet(&office.office, &office.desks);
        }
    }
    match admin.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "no_text"),
    }
}
