//! A route and its limits, side by side: how large a request may be, how long it may take, how often it may be asked.
//!
//! Each listener is built from its table of routes and from nothing else, so that a route without limits cannot exist
//! and tests can walk all of them. Built by `router`, `status_page` and `admin`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{Method, header::CONTENT_LENGTH},
    middleware::{self, Next},
    response::Response,
    routing::MethodRouter,
};
use tokio::time::Instant;

use crate::{
    limit::{Limiter, Limits, Rate},
    metrics::{Metrics, RouteLabels},
};

/// Addresses remembered by one route.
const ADDRESSES: usize = 10_000;

/// A route of a listener.
#[derive(Clone)]
pub struct Route<S = ()> {
    /// The method.
    pub method: Method,
    /// The path, with `{names}` for its parts.
    pub path: String,
    /// Most bytes of a request's body.
    pub body: usize,
    /// How long until the answer begins, reading the request included.
    pub within: Duration,
    /// How often it may be asked.
    pub limits: Limits,
    answers: MethodRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    /// A route with a body of at most 16 KiB, half a minute, and what [`OFTEN`] allows.
    pub(crate) fn of(method: Method, path: &str, answers: MethodRouter<S>) -> Self {
        let (path, body, within) = (path.to_owned(), 16 << 10, Duration::from_secs(30));
        Self { method, path, body, within, limits: OFTEN, answers }
    }

    /// With a body of at most so many bytes.
    pub(crate) fn body(self, body: usize) -> Self {
        Self { body, ..self }
    }

    /// With an answer within this time.
    pub(crate) fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Asked no more often than this.
    pub(crate) fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

impl<S> std::fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// A whole office may stand behind one address, and all its desks come back at once after a power cut.
pub(crate) const OFTEN: Limits = Limits {
    address: Rate { burst: 2_000.0, per_minute: 12_000.0 },
    overall: Rate { burst: 20_000.0, per_minute: 120_000.0 },
    addresses: ADDRESSES,
};

/// What a listener says where a limit is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusals {
    pub(crate) too_large: fn() -> Response,
    pub(crate) too_slow: fn() -> Response,
    pub(crate) too_often: fn(Duration) -> Response,
}

/// What every listener shares.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// Counts requests.
    pub(crate) metrics: Metrics,
    /// No route may take longer, whatever its table says.
    pub(crate) longest: Duration,
}

struct Gate {
    body: usize,
    within: Duration,
    limiter: Limiter,
    refusals: Refusals,
    metrics: Metrics,
    labels: RouteLabels,
}

/// Builds a listener's router from its table.
pub(crate) fn mount<S>(listener: &'static str, routes: Vec<Route<S>>, watch: &Watch, refusals: Refusals) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes.into_iter().fold(Router::new(), |router, route| {
        let gate = Arc::new(Gate {
            body: route.body,
            within: route.within.min(watch.longest),
            limiter: Limiter::new(route.limits),
            refusals,
            metrics: watch.metrics.clone(),
            labels: RouteLabels::new(listener, &route.method, &route.path),
        });
        let answers = route
            .answers
            .route_layer(DefaultBodyLimit::max(route.body))
            .route_layer(middleware::from_fn_with_state(gate, pass));
        router.route(&route.path, answers)
    })
}

async fn pass(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let too_large = announced.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length > gate.body);
    let response = if let Err(wait) = gate.limiter.allow(peer.ip(), started) {
        (gate.refusals.too_often)(wait)
    } else if too_large {
        // Also where the body is not asked for: nobody has to wait for what is thrown away.
        (gate.refusals.too_large)()
    } else {
        tokio::time::timeout(gate.within, next.run(request)).await.unwrap_or_else(|_| (gate.refusals.too_slow)())
    };
    gate.metrics.answered(&gate.labels, response.status(), started.elapsed());
    response
}
