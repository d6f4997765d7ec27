//! The conversation with central over HTTP: one method a message, with limits of time and size on every answer.
//!
//! Called by `sync::worker` and `sync::upload` only. Follows no redirect, asks no proxy. Speaks TLS with the
//! holder of the office's key, or, for a trial, plain HTTP with this computer alone. Whatever goes wrong is a [`Trouble`], never a panic.

use std::{sync::Arc, time::Duration};

use domain::{
    ids::{LetterId, ScanId},
    marks::Teryt,
};
use reqwest::{
    Client, ClientBuilder, Method, RequestBuilder, Response, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE},
    redirect::Policy,
};
use serde::{Serialize, de::DeserializeOwned};
use wire::{
    core::engine::Trouble,
    pressed,
    v1::{
        Challenge, ChangePassword, DirectoryAnswer, Enrol, EnrolAnswer, Fingerprint, Hello, HelloAnswer, Operation,
        Provider, ProviderSignIn, Pull, PullAnswer, Push, PushAnswer, Refusal, Report, Reported, SignIn, SignInAnswer,
        UploadCreate, UploadState, changes::ScanState, enrol::server_name, path,
    },
};

use super::tls;

/// Most bytes of an answer that says little.
const SMALL: usize = 256 << 10;
/// Most bytes of a page of changes.
const PAGE: usize = 32 << 20;

/// How long central may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// To accept the connection.
    pub connect: Duration,
    /// To answer one request whole, its body included.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), answer: Duration::from_secs(20) }
    }
}

/// A batch ready for the line.
pub(super) struct Batch {
    push: Push,
    last: u64,
    body: bytes::Bytes,
    is_pressed: bool,
}

impl Batch {
    /// `None` for one without an operation.
    pub(super) fn of(push: Push) -> Option<Self> {
        let last = push.ops.last()?.seq;
        let json = serde_json::to_vec(&push).ok()?;
        let pressed = pressed::press(&json);
        let is_pressed = pressed.is_some();
        Some(Self { push, last, body: pressed.unwrap_or(json).into(), is_pressed })
    }

    /// The operations.
    pub(super) fn ops(&self) -> &[Operation] {
        &self.push.ops
    }

    /// The number of the last one.
    pub(super) fn last(&self) -> u64 {
        self.last
    }
}

/// Central at one address.
#[derive(Clone, Debug)]
pub(super) struct Central {
    http: Client,
    base: String,
    /// What stands before the path of a request.
    root: String,
    office: Teryt,
    pin: Option<Fingerprint>,
    successor: tls::Successor,
    patience: Patience,
}

impl Central {
    /// Speaks about this office with central at a base address without a slash at the end: `https://HOST:PORT` with the
    /// holder of the pinned key, `http://127.0.0.1:PORT` with anybody.
    ///
    /// # Errors
    /// [`Trouble::Unreachable`] for an address that is neither; [`Refusal::NotEnrolled`] for TLS without a pin.
    pub(super) fn at(
        base: &str,
        office: &Teryt,
        pin: Option<Fingerprint>,
        patience: Patience,
    ) -> Result<Self, Trouble> {
        const NO_CLIENT: Trouble = Trouble::Unreachable("no client");
        let url = Url::parse(base).map_err(|_| Trouble::Unreachable("no address"))?;
        let (builder, successor) = (builder(patience), tls::Successor::default());
        let (builder, root) = if url.scheme() == "https" {
            let pin = pin.ok_or(Trouble::Refused(Refusal::NotEnrolled))?;
            let tls = tls::config(pin, successor.clone()).map_err(|_| NO_CLIENT)?;
            let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            // The certificate is the office's, wherever its server stands.
            let root = format!("https://{}:{}", server_name(office), url.port_or_known_default().unwrap_or(443));
            (builder.tls_backend_preconfigured(tls).dns_resolver(Arc::new(At(host))), root)
        } else if is_loopback(&url) {
            // The name's meaning is no business of a name server.
            let here = [([127, 0, 0, 1], 0).into(), (std::net::Ipv6Addr::LOCALHOST, 0).into()];
            (builder.resolve_to_addrs("localhost", &here), base.to_owned())
        } else {
            return Err(Trouble::Unreachable("the address is not on this computer"));
        };
        let http = builder.build().map_err(|_| NO_CLIENT)?;
        Ok(Self { http, base: base.to_owned(), root, office: office.clone(), pin, successor, patience })
    }

    /// The same by a new connection: central shows its certificate again.
    ///
    /// # Errors
    /// As [`Central::at`].
    pub(super) fn anew(&self) -> Result<Self, Trouble> {
        Self::at(&self.base, &self.office, self.pin, self.patience)
    }

    /// The key that central showed as the successor of the pinned one, which certified it.
    pub(super) fn successor(&self) -> Option<Fingerprint> {
        self.successor.get()
    }

    /// The base address, the office that is named to it, and the key that is asked for there.
    pub(super) fn place(&self) -> (&str, &Teryt, Option<Fingerprint>) {
        (&self.base, &self.office, self.pin)
    }

    pub(super) async fn enrol(&self, enrol: &Enrol) -> Result<EnrolAnswer, Trouble> {
        self.post(path::ENROL, None, enrol, SMALL).await
    }

    pub(super) async fn challenge(&self) -> Result<Challenge, Trouble> {
        read(self.request(Method::POST, path::CHALLENGE, None), SMALL).await
    }

    pub(super) async fn hello(&self, hello: &Hello) -> Result<HelloAnswer, Trouble> {
        self.post(path::HELLO, None, hello, SMALL).await
    }

    pub(super) async fn push(&self, token: &str, batch: &Batch) -> Result<PushAnswer, Trouble> {
        let request = self.request(Method::POST, path::PUSH, Some(token)).header(CONTENT_TYPE, "application/json");
        let request = if batch.is_pressed { request.header(CONTENT_ENCODING, pressed::ENCODING) } else { request };
        read(request.body(batch.body.clone()), SMALL).await
    }

    pub(super) async fn pull(&self, token: &str, pull: &Pull) -> Result<PullAnswer, Trouble> {
        let request = self.request(Method::POST, path::PULL, Some(token)).header(ACCEPT_ENCODING, pressed::ENCODING);
        read(request.json(pull), PAGE).await
    }

    pub(super) async fn sign_in(&self, token: &str, question: &SignIn) -> Result<SignInAnswer, Trouble> {
        self.post(path::SIGN_IN, Some(token), question, SMALL).await
    }

    pub(super) async fn change_password(&self, token: &str, change: &ChangePassword) -> Result<SignInAnswer, Trouble> {
        self.post(path::PASSWORD, Some(token), change, SMALL).await
    }

    pub(super) async fn provider(&self, token: &str) -> Result<Provider, Trouble> {
        read(self.request(Method::GET, path::PROVIDER, Some(token)).timeout(self.patience.answer * 2), SMALL).await
    }

    pub(super) async fn sign_in_by_provider(
        &self,
        token: &str,
        brought: &ProviderSignIn,
    ) -> Result<SignInAnswer, Trouble> {
        // Central asks the provider three times before it answers.
        let request = self.request(Method::POST, path::PROVIDER, Some(token));
        read(request.timeout(self.patience.answer * 2).json(brought), SMALL).await
    }

    pub(super) async fn directory(&self, token: &str) -> Result<DirectoryAnswer, Trouble> {
        read(self.request(Method::GET, path::DIRECTORY, Some(token)), PAGE).await
    }

    pub(super) async fn report(&self, token: &str, report: &Report) -> Result<Reported, Trouble> {
        self.post(path::REPORT, Some(token), report, SMALL).await
    }

    /// Asks something in a clerk's own session.
    pub(super) async fn ask_for_clerk<T: DeserializeOwned>(
        &self,
        token: &str,
        session: &str,
        route: &str,
        question: &impl Serialize,
    ) -> Result<T, Trouble> {
        let request = self.request(Method::POST, route, Some(token)).header(path::CLERK_HEADER, session);
        read(request.timeout(self.patience.answer * 3).json(question), PAGE).await
    }

    pub(super) async fn create_upload(&self, token: &str, create: &UploadCreate) -> Result<UploadState, Trouble> {
        self.post(path::SCANS, Some(token), create, SMALL).await
    }

    pub(super) async fn upload_state(&self, token: &str, scan: ScanId) -> Result<UploadState, Trouble> {
        read(self.request(Method::GET, &path::scan(scan), Some(token)), SMALL).await
    }

    pub(super) async fn send_chunk(
        &self,
        token: &str,
        scan: ScanId,
        offset: u64,
        chunk: bytes::Bytes,
    ) -> Result<UploadState, Trouble> {
        let request = self.request(Method::PATCH, &path::scan_chunk(scan, offset), Some(token));
        read(request.header("content-type", "application/octet-stream").body(chunk), SMALL).await
    }

    pub(super) async fn finish_upload(&self, token: &str, scan: ScanId) -> Result<UploadState, Trouble> {
        // Central reads the whole document again to verify it.
        let request = self.request(Method::POST, &path::scan_finish(scan), Some(token));
        read(request.timeout(self.patience.answer * 6), SMALL).await
    }

    /// The bytes of a stored document.
    pub(super) async fn document(&self, token: &str, letter: LetterId, scan: &ScanState) -> Result<Vec<u8>, Trouble> {
        let route = path::letter_scan(letter, scan.scan_id);
        // A long one over a slow line takes its time.
        let request = self.request(Method::GET, &route, Some(token)).timeout(self.patience.answer * 6);
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        if response.status().is_success() {
            return body(response, usize::try_from(scan.bytes).unwrap_or(usize::MAX)).await;
        }
        Err(refusal(response).await?)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: Option<&str>,
        message: &impl Serialize,
        limit: usize,
    ) -> Result<T, Trouble> {
        read(self.request(Method::POST, path, token).json(message), limit).await
    }

    fn request(&self, method: Method, route: &str, token: Option<&str>) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{route}", self.root));
        let request = request.header(path::OFFICE_HEADER, self.office.as_str());
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

fn builder(patience: Patience) -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .http1_only()
        .connect_timeout(patience.connect)
        .timeout(patience.answer)
        .pool_idle_timeout(Duration::from_secs(2))
}

/// Looks for the office's server at this host, whatever name its certificate bears.
struct At(String);

impl Resolve for At {
    fn resolve(&self, _certified: Name) -> Resolving {
        let host = self.0.clone();
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    url.scheme() == "http" && here
}

async fn read<T: DeserializeOwned>(request: RequestBuilder, limit: usize) -> Result<T, Trouble> {
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status();
    if status.is_success() {
        let is_pressed = response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding == pressed::ENCODING);
        let mut body = body(response, limit).await?;
        if is_pressed {
            body = pressed::unpress(&body, limit).map_err(|_| Trouble::Rubbish("not what was pressed"))?;
        }
        return serde_json::from_slice(&body).map_err(|_| Trouble::Rubbish("not the answer that was asked for"));
    }
    Err(refusal(response).await?)
}

async fn refusal(response: Response) -> Result<Trouble, Trouble> {
    let body = body(response, SMALL).await?;
    let refusal = serde_json::from_slice::<Refusal>(&body);
    Ok(refusal.map_or(Trouble::Rubbish("an error page that is no refusal of ours"), Trouble::Refused))
}

async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>, Trouble> {
    const TOO_LARGE: Trouble = Trouble::Rubbish("larger than any answer of ours");
    let announced = response.content_length().unwrap_or_default();
    if announced > limit as u64 {
        return Err(TOO_LARGE);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(TOO_LARGE);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

// Only the kind: a message of the HTTP client may hold the address with whatever somebody typed into it.
fn unreachable(error: &reqwest::Error) -> Trouble {
    if tls::is_distrust(error) {
        Trouble::Untrusted
    } else if error.is_timeout() {
        Trouble::Unreachable("no answer in time")
    } else if error.is_connect() {
        Trouble::Unreachable("no connection")
    } else if error.is_body() || error.is_decode() {
        Trouble::Unreachable("cut in the middle of an answer")
    } else if error.is_builder() {
        Trouble::Unreachable("the address cannot be used")
    } else {
        Trouble::Unreachable("cut before the answer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_pinned_key_only_this_computer_is_spoken_with() {
        let office = Teryt::try_from("2404082".to_owned()).expect("a code");
        for here in ["http://127.0.0.1:8710", "http://localhost:8710", "http://[::1]:8710", "http://127.9.9.9:1/x"] {
            assert!(Central::at(here, &office, None, Patience::default()).is_ok(), "{here}");
        }
        for elsewhere in [
            "https://127.0.0.1:8710",
            "http://192.168.1.20:8710",
            "http://127.0.0.1.example.pl",
            "http://localhost.example.pl",
            "http://127.0.0.1@example.pl",
            "",
        ] {
            assert!(Central::at(elsewhere, &office, None, Patience::default()).is_err(), "{elsewhere}");
        }
    }
}
