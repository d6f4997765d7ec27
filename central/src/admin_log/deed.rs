//! What an administrator does, with all that is needed to do it again.

use domain::{
    ids::{ClerkId, DeviceId, ScanId},
    register::{PointSymbol, RegisterNumber},
    rights::Role,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::v1::{Bounds, NextNumber, Outline, bytes};

use crate::directory::DirectoryDeed;

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
    /// The identity provider was set. Its secret is in the database alone: after a restore it is set again.
    ProviderSet {
        /// Issuer identifier.
        issuer: String,
        /// As whom central is known there.
        client_id: String,
        /// Central proves itself by a secret.
        confidential: bool,
    },
    /// The identity provider was forgotten.
    ProviderCleared,
    /// A clerk's account was linked to a subject of the identity provider.
    ClerkLinked {
        /// Id.
        id: ClerkId,
        /// Issuer identifier.
        issuer: String,
        /// The subject there.
        subject: String,
        /// When.
        at: Timestamp,
    },
    /// A clerk's links were taken away.
    ClerkUnlinked {
        /// Id.
        id: ClerkId,
    },
    /// The directory was changed.
    Directory(DirectoryDeed),
    /// A desk came in by an invitation.
    DeskEnrolled {
        /// Id.
        desk: DeviceId,
        /// Its key.
        #[serde(with = "bytes::hex32")]
        public_key: [u8; 32],
        /// Its symbol.
        symbol: PointSymbol,
        /// What it may hold, and what may be done there.
        bounds: Bounds,
        /// When.
        at: Timestamp,
    },
    /// A desk's bounds were changed.
    DeskBounded {
        /// Id.
        desk: DeviceId,
        /// What it may hold, and what may be done there.
        bounds: Bounds,
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
    /// A symbol was granted to a desk.
    SymbolGranted {
        /// The grant.
        id: Uuid,
        /// The symbol.
        symbol: PointSymbol,
        /// The desk.
        desk: DeviceId,
        /// Where it goes on in series of others.
        first: Vec<NextNumber>,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A desk was asked to release its symbol to another.
    HandOverAsked {
        /// The symbol.
        symbol: PointSymbol,
        /// Who held it.
        from: DeviceId,
        /// Who gets it.
        to: DeviceId,
    },
    /// A letter's content was erased.
    LetterErased {
        /// The erasure.
        erasure: Uuid,
        /// What remains: number and state.
        remains: Box<Outline>,
        /// Its documents.
        scans: Vec<ScanId>,
        /// Who.
        by: String,
        /// Why.
        why: String,
        /// When.
        at: Timestamp,
    },
    /// The authority's key was replaced. The new one is sealed to the office's key for files: every backup holds that one, and nobody
    /// else reads it.
    AuthorityReplaced {
        /// Which key it is: 2 for the first successor.
        n: i16,
        /// PKCS #8 in an age file.
        #[serde(with = "bytes::base64")]
        sealed_key: Vec<u8>,
        /// X.509 in DER, signed by itself.
        #[serde(with = "bytes::base64")]
        certificate: Vec<u8>,
        /// X.509 in DER, signed by the key before.
        #[serde(with = "bytes::base64")]
        new_with_old: Vec<u8>,
        /// Who.
        by: String,
        /// Why.
        why: String,
        /// When.
        made_at: Timestamp,
        /// From when on it signs central's certificates.
        signs_from: Timestamp,
    },
    /// A symbol's series were closed for good.
    SymbolClosed {
        /// The symbol.
        symbol: PointSymbol,
        /// Who held it.
        desk: DeviceId,
        /// The numbers on the highest labels.
        highest: Vec<RegisterNumber>,
        /// Who.
        by: String,
        /// Why.
        why: String,
        /// When.
        at: Timestamp,
    },
}

impl Deed {
    /// The deed's name, as the audit shows it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClerkAdded { .. } => "clerk_added",
            Self::PasswordSet { .. } => "password_set",
            Self::ClerkDeactivated { .. } => "clerk_deactivated",
            Self::RoleGranted { .. } => "role_granted",
            Self::RoleRevoked { .. } => "role_revoked",
            Self::ProviderSet { .. } => "provider_set",
            Self::ProviderCleared => "provider_cleared",
            Self::ClerkLinked { .. } => "clerk_linked",
            Self::ClerkUnlinked { .. } => "clerk_unlinked",
            Self::Directory(deed) => deed.name(),
            Self::DeskEnrolled { .. } => "desk_enrolled",
            Self::DeskBounded { .. } => "desk_bounded",
            Self::DeskRevoked { .. } => "desk_revoked",
            Self::SymbolGranted { .. } => "symbol_granted",
            Self::HandOverAsked { .. } => "hand_over_asked",
            Self::SymbolClosed { .. } => "symbol_closed",
            Self::AuthorityReplaced { .. } => "authority_replaced",
            Self::LetterErased { .. } => "letter_erased",
        }
    }
}

impl std::fmt::Debug for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(***)", self.name())
    }
}
