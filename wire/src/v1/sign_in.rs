//! A clerk signs in at a desk: central checks the password, or what the office's identity provider says of her, and says in
//! which roles she may act there.

use domain::{ids::ClerkId, rights::Roles};
use serde::{Deserialize, Serialize};

use super::names;

/// Login and password as typed. Debug hides both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// Login; case and surrounding spaces do not matter.
    pub login: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn(***)")
    }
}

/// A clerk gives herself another password: it is as signing in, with what it is to be from now on. Debug hides all of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangePassword {
    /// Login; case and surrounding spaces do not matter.
    pub login: String,
    /// Password until now.
    pub password: String,
    /// Password from now on.
    pub new_password: String,
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChangePassword(***)")
    }
}

/// Who signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInAnswer {
    /// Id.
    pub clerk: ClerkId,
    /// Login.
    pub login: String,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// Her roles within the desk's ceiling: those she may act in at this desk. One that this program does not know is none.
    #[serde(deserialize_with = "names::known")]
    pub roles: Roles,
    /// Her own session at central, for what is done there and is no operation; none with an older central.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

impl std::fmt::Debug for SignInAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignInAnswer({}, ***)", self.clerk)
    }
}

/// The office's identity provider (dostawca tożsamości, OpenID Connect), as a desk needs it to send a clerk there.
#[doc(alias = "dostawca tożsamości")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// Its issuer identifier: an answer that names another one is not its answer (RFC 9207).
    pub issuer: String,
    /// As whom central is known there.
    pub client_id: String,
    /// Where a browser is sent.
    pub authorization_endpoint: String,
}

/// What the browser brought back from the provider, and what the desk had kept for itself. Debug hides all of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderSignIn {
    /// The authorization code, good once.
    pub code: String,
    /// The secret whose hash the provider was given with the browser (PKCE, RFC 7636).
    pub verifier: String,
    /// Where the browser was sent back to, as the provider was told.
    pub redirect_uri: String,
    /// What the ID token must repeat.
    pub nonce: String,
}

impl std::fmt::Debug for ProviderSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProviderSignIn(***)")
    }
}
