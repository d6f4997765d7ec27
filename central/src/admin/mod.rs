//! What the administrator and his monitoring ask: is the process alive, can it serve, what did it count,
//! how are the desks.
//!
//! A listener of its own, on this computer only unless told otherwise. It changes nothing and shows nothing of a letter.

mod fleet;
mod health;
mod metrics;
mod openapi;

use axum::{
    Json, Router,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::IntoResponse,
    routing::get,
};
use axum::{extract::Request, response::Response};
use domain::marks::Teryt;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    metrics::Metrics,
    route::{self, Refusals, Route, Watch},
    router::Office,
    scans::Files,
};

/// What the administrator's routes work with.
#[derive(Clone, Debug)]
pub struct Admin {
    /// The offices served here.
    pub offices: Vec<Office>,
    /// Offices that could not be served.
    pub left_out: Vec<Teryt>,
    /// Scanned documents.
    pub files: Files,
    /// Central's counters.
    pub metrics: Metrics,
}

/// The table of all routes for the administrator.
pub fn routes() -> Vec<Route<Admin>> {
    vec![
        Route::of(Method::GET, "/health", get(health::health)),
        Route::of(Method::GET, "/ready", get(health::ready)),
        Route::of(Method::GET, "/metrics", get(metrics::metrics)),
        Route::of(Method::GET, "/v1/fleet", get(fleet::fleet)),
        Route::of(Method::GET, "/openapi.json", get(openapi::openapi)),
    ]
}

/// Why the administrator is told nothing.
#[derive(Debug, Serialize, ToSchema)]
struct Problem {
    /// `not_found`, `too_many` and the like.
    code: &'static str,
}

fn problem(status: StatusCode, code: &'static str) -> Response {
    (status, Json(Problem { code })).into_response()
}

const REFUSALS: Refusals = Refusals {
    too_large: || problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
    too_slow: || problem(StatusCode::SERVICE_UNAVAILABLE, "too_slow"),
    too_often: |wait| {
        let after = [(header::RETRY_AFTER, wait.as_secs().max(1).to_string())];
        (after, problem(StatusCode::TOO_MANY_REQUESTS, "too_many")).into_response()
    },
};

/// Answers the administrator.
pub(crate) fn for_the_administrator(admin: Admin, watch: &Watch) -> Router {
    route::mount("admin", routes(), watch, REFUSALS)
        .fallback(|| async { problem(StatusCode::NOT_FOUND, "not_found") })
        .method_not_allowed_fallback(|| async { problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed") })
        .layer(middleware::from_fn(fresh))
        .with_state(admin)
}

async fn fresh(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
