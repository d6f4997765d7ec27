//! The conversation with the provider: its configuration and keys, a code for an ID token, and what that token proves.
//!
//! Nothing is kept between two sign-ins: the provider's keys change when it likes. Names, codes and tokens enter no error.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, DiscoveryError, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, TokenResponse,
    core::{CoreClient, CoreClientAuthMethod, CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata},
    http,
};
use reqwest::{Client, redirect::Policy};
use url::Url;
use wire::v1::{Provider, ProviderSignIn};

use super::{Settings, is_safe};

const CONNECT: Duration = Duration::from_secs(4);
/// Three of these, one after another, are less than a desk waits.
const ANSWER: Duration = Duration::from_secs(8);
/// Most bytes of an answer.
const BYTES_MAX: usize = 1 << 20;
/// So long before the token was issued she may have proved herself, in seconds: a browser that remembers the clerk before is nobody.
const FRESH: i64 = 10 * 60;

/// Signatures by the provider's own key. None by the client's secret, and not none at all.
const SIGNATURES: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

/// Why the provider proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TalkError {
    /// It does not answer, or not as a provider of OpenID Connect; or it names another issuer.
    #[error("the identity provider does not answer as one: {0}")]
    Away(&'static str),
    /// It answers, and this code or token does not hold.
    #[error("the identity provider vouches for nobody: {0}")]
    Refused(&'static str),
}

/// A request that was not answered. Says nothing of what was sent.
#[derive(Debug, thiserror::Error)]
#[error("not answered")]
struct Unanswered;

/// A provider whose configuration and keys were just read.
pub(super) struct Talk {
    http: Client,
    settings: Settings,
    metadata: CoreProviderMetadata,
}

impl Talk {
    /// Reads configuration and keys.
    pub(super) async fn with(settings: &Settings) -> Result<Self, TalkError> {
        let http = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .build()
            .map_err(|_| TalkError::Away("no client"))?;
        let issuer =
            IssuerUrl::new(settings.issuer.clone()).map_err(|_| TalkError::Away("its issuer is no address"))?;
        let ask = |request| call(http.clone(), request);
        let metadata = CoreProviderMetadata::discover_async(issuer, &ask).await.map_err(|error| {
            TalkError::Away(match error {
                DiscoveryError::Request(_) => "no answer",
                DiscoveryError::Validation(_) => "another issuer",
                _ => "its configuration cannot be read",
            })
        })?;
        if !is_safe(metadata.authorization_endpoint().url()) {
            return Err(TalkError::Away("its page is not reached by TLS"));
        }
        Ok(Self { http, settings: settings.clone(), metadata })
    }

    /// What a desk needs to send a browser there.
    pub(super) fn told(&self) -> Provider {
        Provider {
            issuer: self.settings.issuer.clone(),
            client_id: self.settings.client_id.clone(),
            authorization_endpoint: self.metadata.authorization_endpoint().to_string(),
        }
    }

    /// Gives a code for an ID token and answers the subject that it proves: signed by the provider, for this client, in time, with
    /// the desk's nonce, and by a clerk who proved herself just then.
    pub(super) async fn subject(self, brought: ProviderSignIn, now: Timestamp) -> Result<String, TalkError> {
        let Self { http, settings, metadata } = self;
        let by_form = metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| {
            !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        let secret = settings.client_secret.map(ClientSecret::new);
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(settings.client_id), secret)
            .set_auth_type(if by_form { AuthType::RequestBody } else { AuthType::BasicAuth });
        let back =
            RedirectUrl::new(brought.redirect_uri).map_err(|_| TalkError::Refused("no address to come back to"))?;
        let ask = |request| call(http.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(brought.code))
            .map_err(|_| TalkError::Away("no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(brought.verifier))
            .set_redirect_uri(std::borrow::Cow::Owned(back))
            .request_async(&ask)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(_) => TalkError::Refused("it takes no such code"),
                RequestTokenError::Request(_) => TalkError::Away("no answer"),
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => TalkError::Away("no tokens"),
            })?;
        let token = answer.id_token().ok_or(TalkError::Refused("no ID token"))?;
        // A clock that cannot be told is one on which nothing holds any more.
        let now = DateTime::from_timestamp(now.as_second(), 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(move || now);
        let claims = token
            .claims(&verifier, &Nonce::new(brought.nonce))
            .map_err(|_| TalkError::Refused("the ID token does not hold"))?;
        let proved = claims.auth_time().ok_or(TalkError::Refused("the ID token has no auth_time"))?;
        if (claims.issue_time() - proved).num_seconds() > FRESH {
            return Err(TalkError::Refused("she proved herself too long ago"));
        }
        Ok(claims.subject().as_str().to_owned())
    }
}

async fn call(http: Client, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
    let safe = Url::parse(&request.uri().to_string()).is_ok_and(|url| is_safe(&url));
    if !safe {
        return Err(Unanswered);
    }
    let request = reqwest::Request::try_from(request).map_err(|_| Unanswered)?;
    let mut answer = http.execute(request).await.map_err(|_| Unanswered)?;
    let mut response = http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| Unanswered)? {
        if body.len() + chunk.len() > BYTES_MAX {
            return Err(Unanswered);
        }
        body.extend_from_slice(&chunk);
    }
    response.body(body).map_err(|_| Unanswered)
}
