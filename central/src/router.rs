//! The routes for desks, each with its limits of size, time and rate, and what they work with.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use domain::marks::Teryt;
use sqlx::PgPool;
use tokio::sync::Semaphore;
use tower::ServiceExt;
use wire::v1::{MAX_CHUNK_BYTES, Refusal, path};

use crate::{
    accounts,
    admin_log::LogFile,
    audit,
    clock::Clock,
    config::Admission,
    desks, directory,
    error::Error,
    fleet,
    limit::{Limits, Rate},
    route::{self, Refusals, Route, Watch},
    scans::{self, Files},
    sync,
};

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
    /// The administrator's log, for desks that are let in by an invitation.
    pub admin_log: Option<LogFile>,
    /// The public key that desks encrypt files for us to.
    pub file_key: Arc<str>,
    /// Which desks are let in at hello.
    pub admission: Admission,
    /// Requests at work at once.
    pub at_work: Arc<Semaphore>,
    /// Requests that wait until one of those is answered.
    pub waiting: Arc<Semaphore>,
}

/// Requests at work at once, so that memory stays bounded.
pub const MAX_AT_WORK: usize = 64;
/// Requests that wait for their turn, their bodies unread; more are asked to come again.
pub const MAX_WAITING: usize = 1_000;
/// How long a request waits for its turn: less than a desk waits for an answer.
const TURN: Duration = Duration::from_secs(10);

/// A full batch in base64 with its fields.
const BATCH: usize = 2 << 20;
const LONG: Duration = Duration::from_mins(5);
/// Who has no token yet. An office's desks may share an address, and after a power cut they all come back at once.
const STRANGERS: Limits = Limits { address: Rate { burst: 1_000.0, per_minute: 3_000.0 }, ..route::OFTEN };

/// Who has a code of 64 bits, or guesses one.
const GUESTS: Limits = Limits {
    address: Rate { burst: 60.0, per_minute: 30.0 },
    overall: Rate { burst: 200.0, per_minute: 100.0 },
    ..route::OFTEN
};

/// Each lets central ask the identity provider: people sign in a few times a day.
const RARELY: Limits = Limits { address: Rate { burst: 120.0, per_minute: 60.0 }, ..route::OFTEN };

/// The table of all routes for desks.
pub fn routes() -> Vec<Route<Office>> {
    let scan = format!("{}/{{scan}}", path::SCANS);
    vec![
        Route::of(Method::POST, path::ENROL, post(desks::enrol)).limits(GUESTS),
        Route::of(Method::POST, path::CHALLENGE, post(desks::challenge)).limits(STRANGERS),
        Route::of(Method::POST, path::HELLO, post(desks::hello)).limits(STRANGERS),
        Route::of(Method::POST, path::PUSH, post(sync::push)).body(BATCH),
        Route::of(Method::POST, path::PULL, post(sync::pull)),
        Route::of(Method::GET, path::DIRECTORY, get(directory::read)),
        Route::of(Method::POST, path::SIGN_IN, post(accounts::sign_in)),
        Route::of(Method::POST, path::PASSWORD, post(accounts::change_password)),
        Route::of(Method::GET, path::PROVIDER, get(accounts::provider)).limits(RARELY),
        Route::of(Method::POST, path::PROVIDER, post(accounts::sign_in_by_provider)).limits(RARELY),
        Route::of(Method::POST, path::AUDIT, post(audit::read)),
        Route::of(Method::POST, path::AUDIT_EXPORT, post(audit::export)).within(LONG),
        Route::of(Method::POST, path::REPORT, post(fleet::report)),
        Route::of(Method::POST, path::SCANS, post(scans::create)),
        Route::of(Method::GET, &scan, get(scans::state)),
        Route::of(Method::PATCH, &scan, patch(scans::chunk)).body(MAX_CHUNK_BYTES),
        Route::of(Method::POST, &format!("{scan}/finish"), post(scans::finish)).within(LONG),
        Route::of(Method::GET, "/v1/letters/{letter}/scans/{scan}", get(scans::read)).within(LONG),
    ]
}

/// What a desk is told where a limit is reached.
const REFUSALS: Refusals = Refusals {
    too_large: || Error::from(Refusal::TooLarge).into_response(),
    too_slow: || Error::from(Refusal::Retry { after_seconds: 5 }).into_response(),
    too_often: |wait| {
        let after_seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1);
        Error::from(Refusal::TooMany { after_seconds }).into_response()
    },
};

/// Answers desks: those of each office by routes that know this office alone.
pub(crate) fn for_desks(offices: Vec<Office>, watch: &Watch) -> Router {
    let rooms = offices.into_iter().map(|office| (office.teryt.as_str().to_owned(), of_office(office, watch)));
    Router::new()
        .fallback(enter)
        .layer(middleware::from_fn(readable))
        .with_state(Arc::new(rooms.collect::<BTreeMap<String, Router>>()))
}

fn of_office(office: Office, watch: &Watch) -> Router {
    route::mount("desks", routes(), watch, REFUSALS)
        .fallback(|| async { Error::from(Refusal::NotFound) })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, Json(Refusal::Malformed)) })
        .layer(middleware::from_fn_with_state(office.clone(), bounded))
        .with_state(office)
}

/// Leads to the office that the desk names. The name is no right: the desk's key and token are those of one office.
async fn enter(State(rooms): State<Arc<BTreeMap<String, Router>>>, request: Request) -> Response {
    let named = request.headers().get(path::OFFICE_HEADER).map(|name| name.to_str().unwrap_or_default());
    let room = match named {
        Some(name) => rooms.get(name),
        // Where there is one office, it need not be named.
        None => rooms.values().next().filter(|_| rooms.len() == 1),
    };
    match room {
        Some(room) => room.clone().oneshot(request).await.into_response(),
        None => Error::from(Refusal::OfficeUnknown).into_response(),
    }
}

async fn bounded(State(office): State<Office>, request: Request, next: Next) -> Response {
    // After a power cut all desks come back at once: most of them wait for a moment instead of coming again.
    let turn = async {
        let _waiting = office.waiting.try_acquire().ok()?;
        tokio::time::timeout(TURN, office.at_work.clone().acquire_owned()).await.ok()?.ok()
    };
    match turn.await {
        Some(_held) => next.run(request).await,
        None => Error::from(Refusal::Retry { after_seconds: 2 }).into_response(),
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
