//! A clerk signs in at a desk: central checks the password and says in which roles she may act there.

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
