//! A real identity provider (`oidc-provider` of npm, run by Node) and a browser that signs in there, by its own forms.
//!
//! Used by the journeys. `cargo xtask test` installs the package; the provider listens on loopback and ends with its owner.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use reqwest::{Client, Method, Response, StatusCode, Url, header, redirect::Policy};

/// As whom central is known at the provider, with its secret.
pub const CLIENT: (&str, &str) = ("okienko", "nie-prawdziwy-sekret");
/// Another office's client there, without a secret.
pub const OTHER_CLIENT: &str = "inny-urzad";

/// A provider at work.
#[derive(Debug)]
pub struct IdentityProvider {
    /// Its issuer identifier.
    pub issuer: String,
    process: Child,
    // What it says is read by nobody, but it must be able to say it.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl IdentityProvider {
    /// Starts one on a free port; nobody is signed in there, and every name is an account.
    ///
    /// # Panics
    /// When Node or the package is missing.
    pub fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc");
        assert!(folder.join("node_modules/oidc-provider").is_dir(), "in {}: npm ci", folder.display());
        let mut process = Command::new("node")
            .arg("provider.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs");
        let mut lines = BufReader::new(process.stdout.take().expect("stdout")).lines();
        let said = lines.find_map(|line| serde_json::from_str::<serde_json::Value>(&line.ok()?).ok());
        let said = said.expect("the provider listens");
        Self { issuer: said["issuer"].as_str().expect("an issuer").to_owned(), process, _lines: lines }
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A browser with its cookies. Follows the provider from page to page, never beyond it.
#[derive(Debug, Default)]
pub struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Without cookies.
    ///
    /// # Panics
    /// When there is no HTTP client.
    pub fn new() -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        Self { client, cookies: BTreeMap::new() }
    }

    /// Opens a page of the provider, signs in as a subject, consents, and answers the address that the provider sends it back to.
    ///
    /// # Panics
    /// When the provider shows something else than its forms.
    pub async fn sign_in(&mut self, page: &str, subject: &str) -> Url {
        self.walk(page, |form| match form {
            Form::Login => Some(format!("prompt=login&login={subject}&password=dowolne")),
            Form::Consent => Some("prompt=consent".to_owned()),
        })
        .await
    }

    /// Opens a page of the provider and says no.
    ///
    /// # Panics
    /// As [`Browser::sign_in`].
    pub async fn refuse(&mut self, page: &str) -> Url {
        self.walk(page, |_| None).await
    }

    /// Opens an address of ours, as it is sent there.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn visit(&self, address: &str) -> (StatusCode, String) {
        let answer = self.client.get(address).send().await.expect("an answer");
        (answer.status(), answer.text().await.expect("its text"))
    }

    async fn walk(&mut self, page: &str, answer: impl Fn(Form) -> Option<String>) -> Url {
        let mut url = Url::parse(page).expect("an address");
        let origin = url.origin();
        let mut response = self.send(Method::GET, &url, None).await;
        // A sign-in is seven answers; an endless walk is a fault of ours.
        for _ in 0..20 {
            if let Some(next) = response.headers().get(header::LOCATION) {
                url = url.join(next.to_str().expect("an address")).expect("an address");
                if url.origin() != origin {
                    return url;
                }
                response = self.send(Method::GET, &url, None).await;
                continue;
            }
            let text = response.text().await.expect("a page");
            let action = between(&text, "action=\"", "\"").unwrap_or_else(|| panic!("no form: {text}"));
            let form = if text.contains("value=\"login\"") { Form::Login } else { Form::Consent };
            let target = url.join(action).expect("an address");
            response = match answer(form) {
                Some(fields) => self.send(Method::POST, &target, Some(fields)).await,
                None => {
                    self.send(Method::GET, &url.join(&format!("{}/abort", url.path())).expect("an address"), None).await
                }
            };
            url = target;
        }
        panic!("the provider leads nowhere")
    }

    async fn send(&mut self, method: Method, url: &Url, form: Option<String>) -> Response {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut request = self.client.request(method, url.clone()).header(header::COOKIE, cookies);
        if let Some(form) = form {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        }
        let response = request.send().await.expect("the provider answers");
        for set in response.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("a cookie");
            let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

/// What the provider asks.
enum Form {
    Login,
    Consent,
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}
