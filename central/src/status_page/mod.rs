//! The public status page: a citizen types the key from the slip and reads stage, date and unit. Nothing else.
//!
//! It has a listener and a database role of its own, sets no cookie, loads nothing from elsewhere, works without
//! script, and logs neither key nor address. Unknown, malformed and expired keys take one path to one answer.

mod page;
mod store;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Form, Router,
    extract::{
        ConnectInfo, Query, Request, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use domain::marks::{StatusKey, Teryt};
use serde::Deserialize;
use sqlx::PgPool;
use tokio::time::Instant;
use tower::ServiceExt;

use self::page::{Answer, Language};
use crate::{
    clock::Clock,
    db,
    limit::{Limiter, Limits, Rate},
    route::{self, Refusals, Route, Watch},
};

/// What the page works with.
#[derive(Clone, Debug)]
pub struct Page {
    /// Connections of the page's own role.
    pub pool: PgPool,
    /// The office, part of each key's hash.
    pub teryt: Teryt,
    /// The office's name.
    pub office_name: Arc<str>,
    /// The host name under which the page stands.
    pub host: Option<String>,
    /// The clock.
    pub clock: Clock,
    /// The proxy whose `X-Forwarded-For` is believed.
    pub trusted_proxy: Option<IpAddr>,
}

/// The page's own answers, with how often keys may be tried.
#[derive(Clone, Debug)]
pub struct Site {
    page: Page,
    limiter: Arc<Limiter>,
}

const FORM_BYTES: usize = 1 << 10;
const WITHIN: Duration = Duration::from_secs(10);

/// Headers of every answer: no other site may be loaded, framed, told or remembered.
const HEADERS: [(HeaderName, &str); 9] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// How often keys may be tried: by one person, and by everybody who tries at once.
const TRIES: Limits = Limits {
    address: Rate { burst: 20.0, per_minute: 20.0 },
    overall: Rate { burst: 200.0, per_minute: 1200.0 },
    addresses: 10_000,
};

/// The table of all routes for the public.
///
/// Behind the office's proxy all visitors have one address, so the table's own limits are wide; tries of keys are
/// counted by visitor, in the answer itself.
pub fn routes() -> Vec<Route<Site>> {
    let page =
        |method, path, handler: MethodRouter<Site>| Route::of(method, path, handler).body(FORM_BYTES).within(WITHIN);
    vec![
        page(Method::GET, "/", get(ask)),
        page(Method::POST, "/", post(answer)),
        page(Method::GET, "/s", get(ask)),
        page(Method::POST, "/s", post(answer)),
        // Browsers ask for it unbidden; there is none.
        page(Method::GET, "/favicon.ico", get(|| async { StatusCode::NO_CONTENT })),
        page(
            Method::GET,
            "/s.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE) }),
        ),
        page(
            Method::GET,
            "/s.js",
            get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], page::SCRIPT) }),
        ),
    ]
}

const REFUSALS: Refusals = Refusals {
    too_large: || StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    too_slow: || StatusCode::SERVICE_UNAVAILABLE.into_response(),
    too_often: |wait| (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, wait.as_secs().max(1))]).into_response(),
};

/// Answers the public: each office under its host name; the only one under any.
///
/// A page that stands under no name of its own is not shown where several are.
pub(crate) fn for_the_public(pages: Vec<Page>, watch: &Watch) -> Router {
    let mut doors = Doors { only: None, by_host: BTreeMap::new() };
    let is_only = pages.len() == 1;
    for page in pages {
        let host = page.host.clone();
        let site = Site { limiter: Arc::new(Limiter::new(TRIES)), page };
        let rooms = route::mount("public", routes(), watch, REFUSALS).with_state(site);
        if is_only {
            doors.only = Some(rooms);
        } else if let Some(host) = host {
            doors.by_host.insert(host, rooms);
        }
    }
    Router::new().fallback(enter).layer(middleware::from_fn(dressed)).with_state(Arc::new(doors))
}

struct Doors {
    only: Option<Router>,
    by_host: BTreeMap<String, Router>,
}

async fn enter(State(doors): State<Arc<Doors>>, request: Request) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    // The port is not part of the name; neither are capitals and a last dot.
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    match doors.only.as_ref().or_else(|| doors.by_host.get(&host)) {
        Some(page) => page.clone().oneshot(request).await.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn dressed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[derive(Debug, Default, Deserialize)]
struct Choice {
    lang: Option<String>,
}

#[derive(Default, Deserialize)]
struct KeyForm {
    #[serde(default)]
    key: String,
    lang: Option<String>,
}

async fn ask(State(site): State<Site>, choice: Result<Query<Choice>, QueryRejection>, headers: HeaderMap) -> Response {
    let choice = choice.ok().and_then(|Query(choice)| choice.lang);
    site.respond(language(choice.as_deref(), &headers), StatusCode::OK, &Answer::Ask)
}

async fn answer(
    State(site): State<Site>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: Result<Form<KeyForm>, FormRejection>,
) -> Response {
    // A form that cannot be read is an empty one: no path of its own.
    let form = form.map(|Form(form)| form).unwrap_or_default();
    let language = language(form.lang.as_deref(), &headers);
    let address = address_of(peer.ip(), &headers, site.page.trusted_proxy);
    if let Err(wait) = site.limiter.allow(address, Instant::now()) {
        let mut response = site.respond(language, StatusCode::TOO_MANY_REQUESTS, &Answer::TooMany);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        return response;
    }
    match look_up(&site.page, &form.key).await {
        Ok(answer) => site.respond(language, StatusCode::OK, &answer),
        Err(error) => {
            tracing::error!(code = db::code_of(&error), "the database failed for the status page");
            site.respond(language, StatusCode::SERVICE_UNAVAILABLE, &Answer::Fault)
        }
    }
}

async fn look_up(page: &Page, typed: &str) -> Result<Answer, sqlx::Error> {
    // A malformed key is looked up as well, as one that nobody was ever given.
    let key = StatusKey::read(typed).ok();
    let nobody = StatusKey::from_random([0; 10]);
    let hash = key.as_ref().unwrap_or(&nobody).hash(&page.teryt);
    let today = page.clock.today();
    let found = store::status(&page.pool, &hash, today).await?;
    Ok(match (found, key) {
        (Some(status), Some(key)) => Answer::Found {
            stage: status.stage,
            // A desk's clock may have run ahead; the page never shows a day that is still to come.
            changed_on: status.changed_on.min(today),
            // No name of a unit may be told: the office's stands for it.
            unit: status.unit.map(|unit| if unit.is_empty() { page.office_name.to_string() } else { unit }),
            key: key.display(),
        },
        (Some(_) | None, _) => Answer::Nothing,
    })
}

impl Site {
    fn respond(&self, language: Language, status: StatusCode, answer: &Answer) -> Response {
        let html = page::render(language, &self.page.office_name, answer);
        let headers = [(header::CONTENT_LANGUAGE, language.code()), (header::VARY, "accept-language")];
        (status, headers, Html(html)).into_response()
    }
}

/// The visitor's choice, else the first of our languages that the browser asks for, else Polish.
fn language(choice: Option<&str>, headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    choice.and_then(Language::of_tag).unwrap_or_else(|| preferred(accepted))
}

fn preferred(accepted: &str) -> Language {
    let mut best = (0.0, Language::Polish);
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some(language) = parts.next().and_then(Language::of_tag) else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

/// Whom a request counts for: the connection's other end, or what the office's own proxy says of it.
fn address_of(peer: IpAddr, headers: &HeaderMap, trusted_proxy: Option<IpAddr>) -> IpAddr {
    if trusted_proxy != Some(peer) {
        return peer;
    }
    // The proxy appends, so only the last entry is its own word.
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    forwarded.and_then(|list| list.rsplit(',').next()).and_then(|last| last.trim().parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_s_first_language_of_ours_wins() {
        assert_eq!(preferred("en-GB,en;q=0.9,pl;q=0.8"), Language::English);
        assert_eq!(preferred("de,pl;q=0.8,en;q=0.5"), Language::Polish);
        assert_eq!(preferred("en;q=0.3, pl-PL;q=0.4"), Language::Polish);
        assert_eq!(preferred(""), Language::Polish);
        assert_eq!(preferred("en;q=rubbish"), Language::Polish);
    }

    #[test]
    fn only_the_configured_proxy_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.2.3.4, 203.0.113.9"));
        let [proxy, other] = [IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])];
        assert_eq!(address_of(proxy, &headers, Some(proxy)), IpAddr::from([203, 0, 113, 9]));
        assert_eq!(address_of(other, &headers, Some(proxy)), other);
        assert_eq!(address_of(proxy, &headers, None), proxy);
        headers.insert("x-forwarded-for", HeaderValue::from_static("rubbish"));
        assert_eq!(address_of(proxy, &headers, Some(proxy)), proxy);
    }
}
