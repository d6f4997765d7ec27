//! The conversation with central over HTTP: one method a message, with limits of time and size on every answer.
//!
//! Called by `sync::worker` and `sync::upload` only. Follows no redirect, asks no proxy, and speaks with this computer
//! alone: there is no TLS between desk and central yet. Whatever goes wrong is a [`Trouble`], never a panic.

use std::time::Duration;

use domain::{ids::ScanId, marks::Teryt};
use reqwest::{Client, Method, RequestBuilder, Response, Url, redirect::Policy};
use serde::{Serialize, de::DeserializeOwned};
use wire::{
    core::engine::Trouble,
    v1::{
        Challenge, Hello, HelloAnswer, Pull, PullAnswer, Push, PushAnswer, Refusal, Report, Reported, SignIn,
        SignInAnswer, UploadCreate, UploadState, path,
    },
};

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

/// Central at one address.
#[derive(Clone, Debug)]
pub(super) struct Central {
    http: Client,
    base: String,
    office: Teryt,
    patience: Patience,
}

impl Central {
    /// Speaks with central at the base address `http://127.0.0.1:PORT`, without a slash at the end, about this office.
    ///
    /// # Errors
    /// [`Trouble::Unreachable`] for an address that is not plain HTTP on this computer.
    pub(super) fn at(base: &str, office: &Teryt, patience: Patience) -> Result<Self, Trouble> {
        if !is_loopback(base) {
            return Err(Trouble::Unreachable("the address is not on this computer"));
        }
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .http1_only()
            .connect_timeout(patience.connect)
            .timeout(patience.answer)
            .pool_idle_timeout(Duration::from_secs(2))
            // The name's meaning is no business of a name server.
            .resolve_to_addrs("localhost", &[([127, 0, 0, 1], 0).into(), (std::net::Ipv6Addr::LOCALHOST, 0).into()])
            .build()
            .map_err(|_| Trouble::Unreachable("no client"))?;
        Ok(Self { http, base: base.to_owned(), office: office.clone(), patience })
    }

    /// The base address, and the office that is named to it.
    pub(super) fn place(&self) -> (&str, &Teryt) {
        (&self.base, &self.office)
    }

    pub(super) async fn challenge(&self) -> Result<Challenge, Trouble> {
        read(self.request(Method::POST, path::CHALLENGE, None), SMALL).await
    }

    pub(super) async fn hello(&self, hello: &Hello) -> Result<HelloAnswer, Trouble> {
        self.post(path::HELLO, None, hello, SMALL).await
    }

    pub(super) async fn push(&self, token: &str, push: &Push) -> Result<PushAnswer, Trouble> {
        self.post(path::PUSH, Some(token), push, SMALL).await
    }

    pub(super) async fn pull(&self, token: &str, pull: &Pull) -> Result<PullAnswer, Trouble> {
        self.post(path::PULL, Some(token), pull, PAGE).await
    }

    pub(super) async fn sign_in(&self, token: &str, question: &SignIn) -> Result<SignInAnswer, Trouble> {
        self.post(path::SIGN_IN, Some(token), question, SMALL).await
    }

    pub(super) async fn report(&self, token: &str, report: &Report) -> Result<Reported, Trouble> {
        self.post(path::REPORT, Some(token), report, SMALL).await
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
        let request = self.http.request(method, format!("{}{route}", self.base));
        let request = request.header(path::OFFICE_HEADER, self.office.as_str());
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

fn is_loopback(base: &str) -> bool {
    Url::parse(base).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        url.scheme() == "http" && here
    })
}

async fn read<T: DeserializeOwned>(request: RequestBuilder, limit: usize) -> Result<T, Trouble> {
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status();
    if status.is_success() {
        let body = body(response, limit).await?;
        return serde_json::from_slice(&body).map_err(|_| Trouble::Rubbish("not the answer that was asked for"));
    }
    let body = body(response, SMALL).await?;
    let refusal = serde_json::from_slice::<Refusal>(&body);
    Err(refusal.map_or(Trouble::Rubbish("an error page that is no refusal of ours"), Trouble::Refused))
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
    if error.is_timeout() {
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
    fn only_this_computer_is_spoken_with() {
        let office = Teryt::try_from("2404082".to_owned()).expect("a code");
        for here in ["http://127.0.0.1:8710", "http://localhost:8710", "http://[::1]:8710", "http://127.9.9.9:1/x"] {
            assert!(Central::at(here, &office, Patience::default()).is_ok(), "{here}");
        }
        for elsewhere in [
            "https://127.0.0.1:8710",
            "http://192.168.1.20:8710",
            "http://127.0.0.1.example.pl",
            "http://localhost.example.pl",
            "http://127.0.0.1@example.pl",
            "",
        ] {
            assert!(Central::at(elsewhere, &office, Patience::default()).is_err(), "{elsewhere}");
        }
    }
}
