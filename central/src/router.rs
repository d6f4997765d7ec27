//! The routes for desks and for the public, each with its limits of size and time.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::marks::Teryt;
use sqlx::PgPool;
use tokio::sync::Semaphore;
use wire::v1::{MAX_CHUNK_BYTES, Refusal, path};

use crate::{clock::Clock, desks, error::Error, scans, scans::Files, sync};

/// What the desks' routes work with.
#[derive(Clone, Debug)]
pub struct Office {
    /// The office's schema.
    pub pool: PgPool,
    /// The office.
    pub teryt: Teryt,
    /// Scanned documents.
    pub files: Files,
    /// The clock.
    pub clock: Clock,
    /// Requests at work at once.
    pub at_work: Arc<Semaphore>,
}

/// Requests at work at once; more are asked to come again, so that memory stays bounded.
pub const MAX_AT_WORK: usize = 64;

const SMALL: usize = 16 << 10;
/// A full batch in base64 with its fields.
const BATCH: usize = 2 << 20;
const SHORT: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_mins(5);

/// Routes for desks.
pub fn for_desks(office: Office) -> Router {
    let scan = format!("{}/{{scan}}", path::SCANS);
    let small = Router::new()
        .route(path::CHALLENGE, post(desks::challenge))
        .route(path::HELLO, post(desks::hello))
        .route(path::PULL, post(sync::pull))
        .route(path::SCANS, post(scans::create))
        .route(&scan, get(scans::state))
        .layer(DefaultBodyLimit::max(SMALL));
    let batches = Router::new().route(path::PUSH, post(sync::push)).layer(DefaultBodyLimit::max(BATCH));
    let chunks =
        Router::new().route(&scan, axum::routing::patch(scans::chunk)).layer(DefaultBodyLimit::max(MAX_CHUNK_BYTES));
    let within = |limit: Duration| {
        middleware::from_fn(move |request: Request, next: Next| async move {
            match tokio::time::timeout(limit, next.run(request)).await {
                Ok(response) => response,
                Err(_) => Error::from(Refusal::Retry { after_seconds: 5 }).into_response(),
            }
        })
    };
    let short = small.merge(batches).merge(chunks).layer(within(SHORT));
    let long = Router::new()
        .route(&format!("{}/{{scan}}/finish", path::SCANS), post(scans::finish))
        .route("/v1/letters/{letter}/scans/{scan}", get(scans::read))
        .layer(DefaultBodyLimit::max(SMALL))
        .layer(within(LONG));
    short
        .merge(long)
        .fallback(|| async { Error::from(Refusal::NotFound) })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, Json(Refusal::Malformed)) })
        .layer(middleware::from_fn(readable))
        .layer(middleware::from_fn_with_state(office.clone(), bounded))
        .with_state(office)
}

async fn bounded(State(office): State<Office>, request: Request, next: Next) -> Response {
    match office.at_work.clone().try_acquire_owned() {
        Ok(_held) => next.run(request).await,
        Err(_) => Error::from(Refusal::Retry { after_seconds: 2 }).into_response(),
    }
}

/// Gives every answer outside 2xx a refusal as its body: those of the framework itself are plain text.
async fn readable(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_ours = response
        .headers()
        .get(axum::http::header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if response.status().is_success() || is_ours {
        return response;
    }
    (response.status(), Json(Refusal::Malformed)).into_response()
}
