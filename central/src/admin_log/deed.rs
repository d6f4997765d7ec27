//! What an administrator does, with all that is needed to do it again.

use domain::{
    ids::{ClerkId, DeviceId},
    register::PointSymbol,
    rights::Role,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::v1::bytes;

/// A deed. Written for ever: no field is ever renamed. Debug hides names and hashes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Deed {
    /// An account was made.
    ClerkAdded {
        /// Id.
        id: ClerkId,
        /// Login.
        login: String,
        /// Given name.
        given_name: String,
        /// Surname.
        surname: String,
        /// Argon2id in PHC form.
        password_hash: String,
        /// Roles from the beginning.
        roles: Vec<Role>,
        /// When.
        at: Timestamp,
    },
    /// A clerk got another password.
    PasswordSet {
        /// Id.
        id: ClerkId,
        /// Argon2id in PHC form.
        password_hash: String,
    },
    /// A clerk signs in no more.
    ClerkDeactivated {
        /// Id.
        id: ClerkId,
    },
    /// A clerk got a role.
    RoleGranted {
        /// Id.
        id: ClerkId,
        /// The role.
        role: Role,
        /// When.
        at: Timestamp,
    },
    /// A clerk lost a role.
    RoleRevoked {
        /// Id.
        id: ClerkId,
        /// The role.
        role: Role,
    },
    /// A desk counts no more.
    DeskRevoked {
        /// Id.
        desk: DeviceId,
        /// Its key: a database restored from before its first contact knows it by this.
        #[serde(with = "bytes::hex32")]
        public_key: [u8; 32],
        /// Its symbol.
        symbol: PointSymbol,
        /// When.
        at: Timestamp,
    },
}

impl Deed {
    /// The deed's name as in the file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClerkAdded { .. } => "clerk_added",
            Self::PasswordSet { .. } => "password_set",
            Self::ClerkDeactivated { .. } => "clerk_deactivated",
            Self::RoleGranted { .. } => "role_granted",
            Self::RoleRevoked { .. } => "role_revoked",
            Self::DeskRevoked { .. } => "desk_revoked",
        }
    }
}

impl std::fmt::Debug for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(***)", self.name())
    }
}
