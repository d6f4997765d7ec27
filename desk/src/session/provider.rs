//! Signing in by the office's identity provider: the system's browser goes there and comes back to this computer, and central
//! judges what it brings. No password is typed here, so this desk gets no verifier: without central she signs in by one that she
//! gave here before, or not at all.

use std::{io, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{ErrorCode, rights::Role};
use reqwest::Url;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use wire::v1::{Provider, ProviderSignIn, SignInAnswer};

use super::{Seated, clerk_view, session, session_state, sit_down, store, view::SessionView, way_back::WayBack};
use crate::{Desk, DeskError, DeskEvent, sync::sign_in};

/// So long the browser is waited for.
const PATIENCE: Duration = Duration::from_mins(5);

/// Signs in whom the provider vouches for, or unlocks; ends when she gives up or the browser does not come back in time.
///
/// `open` opens an address in the system's browser; it may block.
///
/// # Errors
/// [`ErrorCode::GivenUp`]; [`ErrorCode::BrowserMissing`]; [`ErrorCode::ProviderAway`]; [`ErrorCode::ProviderFailed`];
/// [`ErrorCode::ClerkUnlinked`]; [`ErrorCode::TooManyTries`]; [`ErrorCode::LockedByAnother`]; central's troubles.
#[tracing::instrument(skip_all, err)]
pub async fn sign_in_by_provider(
    desk: &Desk,
    open: impl FnOnce(&str) -> io::Result<()> + Send + 'static,
) -> Result<SessionView, DeskError> {
    let given_up = begin(desk);
    let answer = tokio::select! {
        () = given_up.cancelled() => Err(DeskError::Refused(ErrorCode::GivenUp)),
        answer = ask(desk, open) => answer,
    }?;
    if locked_by_another(desk, &answer) {
        return Err(DeskError::Refused(ErrorCode::LockedByAnother));
    }
    let mut tx = desk.begin().await?;
    // What this desk knows of her password stays; of an administrator's it knows nothing.
    let verifier = answer.roles.has(Role::Administrator).then_some("");
    store::put(&mut tx, &answer, verifier, desk.now()).await?;
    tx.commit().await?;
    let view = clerk_view(answer.clerk, &answer.given_name, &answer.surname);
    sit_down(desk, Seated { view, roles: answer.roles, of_central: true }, answer.session).await?;
    session_state(desk).await
}

/// The browser is waited for no longer. Without an attempt nothing happens.
///
/// # Errors
/// [`DeskError::Store`] when the clerks cannot be read.
pub async fn give_up(desk: &Desk) -> Result<SessionView, DeskError> {
    if let Some(attempt) = session(desk).attempt.take() {
        attempt.cancel();
    }
    session_state(desk).await
}

/// Notes whether central offers a provider. Called by `sync` after each hello.
pub(crate) fn note_offer(desk: &Desk, offered: bool) {
    let before = std::mem::replace(&mut session(desk).provider, offered);
    if before != offered {
        desk.announce(DeskEvent::SessionChanged);
    }
}

// One attempt at a time: another one ends the one before.
fn begin(desk: &Desk) -> CancellationToken {
    let attempt = CancellationToken::new();
    if let Some(before) = session(desk).attempt.replace(attempt.clone()) {
        before.cancel();
    }
    attempt
}

fn locked_by_another(desk: &Desk, answer: &SignInAnswer) -> bool {
    let session = session(desk);
    session.locked && session.clerk.as_ref().is_some_and(|seated| seated.view.id != answer.clerk)
}

async fn ask(
    desk: &Desk,
    open: impl FnOnce(&str) -> io::Result<()> + Send + 'static,
) -> Result<SignInAnswer, DeskError> {
    let way = sign_in::way_by_provider(desk).await?;
    let way_back = WayBack::open().await.map_err(DeskError::file("listen on this computer"))?;
    let kept = Kept {
        state: BASE64_URL_SAFE_NO_PAD.encode(desk.random::<32>()),
        nonce: BASE64_URL_SAFE_NO_PAD.encode(desk.random::<32>()),
        verifier: BASE64_URL_SAFE_NO_PAD.encode(desk.random::<32>()),
    };
    let page = page(&way.provider, way_back.address(), &kept).ok_or(DeskError::Refused(ErrorCode::ProviderAway))?;
    // Whatever opens it may look for a while whether the browser comes up.
    let opened = tokio::task::spawn_blocking(move || open(page.as_str())).await;
    if let Err(error) = opened.map_err(DeskError::unexpected("open the browser"))? {
        tracing::warn!(kind = ?error.kind(), "the browser cannot be opened");
        return Err(DeskError::Refused(ErrorCode::BrowserMissing));
    }
    let redirect_uri = way_back.address().to_owned();
    let code = tokio::time::timeout(PATIENCE, way_back.code(&kept.state, &way.provider.issuer))
        .await
        .map_err(|_| DeskError::Refused(ErrorCode::GivenUp))?
        .ok_or(DeskError::Refused(ErrorCode::ProviderFailed))?;
    let brought = ProviderSignIn { code, verifier: kept.verifier, redirect_uri, nonce: kept.nonce };
    sign_in::bring(desk, &way, &brought).await
}

/// What the provider is shown, or shown the hash of, and must give back.
struct Kept {
    state: String,
    nonce: String,
    verifier: String,
}

/// The provider's page for this attempt (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636); `None` unless it is reached by TLS or is on
/// this computer. She proves herself anew, even in a browser that remembers somebody.
fn page(provider: &Provider, redirect_uri: &str, kept: &Kept) -> Option<Url> {
    let mut page = Url::parse(&provider.authorization_endpoint).ok()?;
    let host = page.host_str()?.trim_matches(['[', ']']);
    let here = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if !(page.scheme() == "https" || (page.scheme() == "http" && here)) {
        return None;
    }
    page.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("scope", "openid"),
        ("client_id", &provider.client_id),
        ("redirect_uri", redirect_uri),
        ("state", &kept.state),
        ("nonce", &kept.nonce),
        ("code_challenge", &BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(kept.verifier.as_bytes()))),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("max_age", "0"),
    ]);
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_at(endpoint: &str) -> Option<Url> {
        let provider = Provider {
            issuer: "https://konta.example".to_owned(),
            client_id: "okienko".to_owned(),
            authorization_endpoint: endpoint.to_owned(),
        };
        // RFC 7636, appendix B.
        let kept = Kept {
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
        };
        page(&provider, "http://127.0.0.1:40123/zalogowano", &kept)
    }

    #[test]
    fn the_browser_is_sent_by_tls_or_to_this_computer_with_the_hash_of_the_secret() {
        let page = page_at("https://konta.example/auth?realm=urzad").expect("a page");
        let asked: std::collections::BTreeMap<_, _> = page.query_pairs().into_owned().collect();
        assert_eq!(asked["code_challenge"], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!((asked["code_challenge_method"].as_str(), asked["realm"].as_str()), ("S256", "urzad"));
        assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "0"));
        assert!(!page.as_str().contains("dBjftJeZ4CVP"), "the secret stays here");
        assert!(page_at("http://127.0.0.1:9000/auth").is_some());
        for elsewhere in ["http://konta.example/auth", "file:///etc/passwd", "javascript:alert(1)", "okienko:x", ""] {
            assert!(page_at(elsewhere).is_none(), "{elsewhere}");
        }
    }
}
