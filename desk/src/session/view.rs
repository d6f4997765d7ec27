//! What the window is told about who sits at the desk.

use domain::{ids::ClerkId, rights::Roles};
use serde::{Deserialize, Serialize};

/// The clerk at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ClerkView {
    /// Id.
    pub id: ClerkId,
    /// Name as lists and slips show it: given name and surname.
    pub name: String,
    /// Short mark for the label: initial and surname.
    pub mark: String,
}

/// Which screen the window opens with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum SessionView {
    /// First start: no clerk exists yet.
    FirstStart,
    /// Clerks exist, nobody is signed in. `clerks` are the names to choose from.
    SignedOut {
        /// Clerks of this desk, by name.
        clerks: Vec<ClerkView>,
        /// The office's identity provider may be asked.
        provider: bool,
    },
    /// Somebody works.
    SignedIn {
        /// Who.
        clerk: ClerkView,
        /// In which roles: they decide which places the window shows, and nothing else.
        #[cfg_attr(feature = "bindings", ts(as = "Vec<domain::rights::Role>"))]
        roles: Roles,
    },
    /// The screen is locked; the form behind it is kept.
    Locked {
        /// Who locked it.
        clerk: ClerkView,
        /// As for [`Self::SignedIn`]: what lies behind the lock stays as it was.
        #[cfg_attr(feature = "bindings", ts(as = "Vec<domain::rights::Role>"))]
        roles: Roles,
        /// Her PIN opens the lock, too.
        pin: bool,
        /// The office's identity provider may be asked.
        provider: bool,
    },
}

/// First start: the first clerk of this desk.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct FirstClerkDraft {
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// Password, at least 8 characters.
    pub password: String,
    /// The same again.
    pub password_again: String,
}

/// Signing in as a clerk of central.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LoginDraft {
    /// Login; case does not matter.
    pub login: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for LoginDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginDraft(***)")
    }
}

/// Setting a PIN, or taking it away.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct PinDraft {
    /// The clerk's password.
    pub password: String,
    /// Four to six digits; empty for no PIN.
    pub pin: String,
    /// The same again.
    pub pin_again: String,
}

impl std::fmt::Debug for PinDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PinDraft(***)")
    }
}

/// Another password for the clerk at the desk.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct PasswordDraft {
    /// Her password until now.
    pub password: String,
    /// Her password from now on.
    pub new_password: String,
    /// The same again.
    pub new_password_again: String,
}

impl std::fmt::Debug for PasswordDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordDraft(***)")
    }
}

/// Signing in or unlocking.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SignInDraft {
    /// Which clerk.
    pub clerk: ClerkId,
    /// Password.
    pub password: String,
}
