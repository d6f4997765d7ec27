//! Where the browser comes back to: a listener on this computer for as long as one attempt lasts (RFC 8252, 7.3).

use std::{convert::Infallible, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use reqwest::Url;
use subtle::ConstantTimeEq;
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

const PATH: &str = "/zalogowano";
/// Connections at once: a browser opens some that it never uses.
const CONNECTIONS: usize = 16;
/// So long the browser has to read the last page.
const FAREWELL: Duration = Duration::from_millis(500);

const DONE: &str = "Można zamknąć tę kartę i wrócić do Okienka.<br>This tab can be closed; Okienko goes on.";
const STRANGE: &str = "Okienko nie czeka na tę odpowiedź. Logowanie trzeba zacząć w jego oknie.<br>\
    Okienko does not wait for this answer. Sign in from its window.";

/// An open way back.
pub(super) struct WayBack {
    listener: TcpListener,
    address: String,
}

/// What one request brought.
#[derive(Debug, PartialEq, Eq)]
enum Brought {
    /// The code of this attempt; `None`: the provider says no.
    Answer(Option<String>),
    /// Not of this attempt.
    Strange,
}

impl WayBack {
    /// Opens one on a free port.
    pub(super) async fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}{PATH}", listener.local_addr()?);
        Ok(Self { listener, address })
    }

    /// The redirect address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Waits for the code of the attempt with this state; `None` when the provider says no. Whatever else comes is sent away.
    pub(super) async fn code(self, state: &str, issuer: &str) -> Option<String> {
        let (tell, mut told) = mpsc::channel(1);
        let expected = Arc::new((state.to_owned(), issuer.to_owned()));
        let mut connections = JoinSet::new();
        let answer = loop {
            tokio::select! {
                answer = told.recv() => break answer.flatten(),
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS => {
                    if let Ok((stream, _)) = accepted {
                        connections.spawn(serve(stream, Arc::clone(&expected), tell.clone()));
                    }
                }
            }
        };
        let farewell = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
        answer
    }
}

async fn serve(stream: tokio::net::TcpStream, expected: Arc<(String, String)>, tell: mpsc::Sender<Option<String>>) {
    let service = service_fn(|request: Request<Incoming>| {
        let (status, words) = match read(&request, &expected) {
            Some(Brought::Answer(code)) => {
                // Only the first answer counts; whoever waits takes one.
                let _ = tell.try_send(code);
                (StatusCode::OK, DONE)
            }
            Some(Brought::Strange) => (StatusCode::BAD_REQUEST, STRANGE),
            None => (StatusCode::NOT_FOUND, STRANGE),
        };
        std::future::ready(Ok::<_, Infallible>(answer(status, words)))
    });
    // A browser that hangs up in the middle is no business of ours.
    let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
}

fn read(request: &Request<Incoming>, (state, issuer): &(String, String)) -> Option<Brought> {
    if request.method() != Method::GET || request.uri().path() != PATH {
        return None;
    }
    Some(read_query(request.uri().query().unwrap_or_default(), state, issuer))
}

/// Reads the answer (RFC 6749, 4.1.2; RFC 9207, 2.4).
fn read_query(query: &str, state: &str, issuer: &str) -> Brought {
    let Ok(url) = Url::parse(&format!("http://127.0.0.1/?{query}")) else { return Brought::Strange };
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let known = value("state").is_some_and(|brought| bool::from(brought.as_bytes().ct_eq(state.as_bytes())));
    if !known || value("iss").is_some_and(|brought| brought != issuer) {
        return Brought::Strange;
    }
    Brought::Answer(value("code").filter(|code| !code.is_empty() && value("error").is_none()))
}

fn answer(status: StatusCode, words: &'static str) -> Response<Full<bytes::Bytes>> {
    let page = format!(
        "<!doctype html><html lang=\"pl\"><meta charset=\"utf-8\"><title>Okienko</title><h1>Okienko</h1><p>{words}</p></html>"
    );
    let mut response = Response::new(Full::new(bytes::Bytes::from(page)));
    *response.status_mut() = status;
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", "default-src 'none'"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ] {
        response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_this_attempt_is_taken() {
        let brought = |query| read_query(query, "stan", "https://konta.example");
        let code = |code: &str| Brought::Answer(Some(code.to_owned()));
        assert_eq!(brought("state=stan&code=abc"), code("abc"));
        assert_eq!(brought("state=stan&code=a%2Bc&iss=https%3A%2F%2Fkonta.example"), code("a+c"));
        for no in ["state=stan&error=access_denied", "state=stan&error=x&code=abc", "state=stan", "state=stan&code="] {
            assert_eq!(brought(no), Brought::Answer(None), "{no}");
        }
        for strange in
            ["", "code=abc", "state=inny&code=abc", "state=&code=abc", "state=stan&code=abc&iss=https://inny.example"]
        {
            assert_eq!(brought(strange), Brought::Strange, "{strange}");
        }
    }
}
