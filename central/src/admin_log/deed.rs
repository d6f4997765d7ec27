//! What an administrator does, with all that is needed to do it again.

use domain::{
    ids::{ClerkId, DeviceId, LetterId, OpId, ScanId},
    register::{PointSymbol, Register, RegisterNumber},
    rights::Role,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::v1::{Bounds, NextNumber, Outline, Tip, bytes};

use crate::{directory::DirectoryDeed, sync::Settlement};

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
        /// Where the operations that count ended; `None` before the first, and in deeds of older programs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted: Option<Tip>,
        /// When.
        at: Timestamp,
    },
    /// Central saw that two machines write a desk's log: neither counts any more.
    DeskForked {
        /// Id.
        desk: DeviceId,
        /// Its key.
        #[serde(with = "bytes::hex32")]
        public_key: [u8; 32],
        /// Its symbol.
        symbol: PointSymbol,
        /// Where the operations that count ended; `None` before the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted: Option<Tip>,
        /// The operation at which it was seen.
        op: OpId,
        /// When.
        at: Timestamp,
    },
    /// What was held of a letter was settled.
    HeldSettled(Box<Settlement>),
    /// Where the desks' logs ended before what clerks or desks may do was changed. Flushed right before that deed.
    LogsSeen {
        /// The desks that had sent anything.
        logs: Vec<LogEnd>,
    },
    /// A clerk signed in at a desk for the first time: from now on it may state her.
    ClerkSeated {
        /// The clerk.
        clerk: ClerkId,
        /// The desk.
        desk: DeviceId,
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
        /// The re-entries whose place it took: what they said is gone, too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reentries: Vec<LetterId>,
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
    /// Numbers of a closed symbol were named lost.
    NumbersLost {
        /// Register.
        register: Register,
        /// The symbol.
        symbol: PointSymbol,
        /// Year.
        year: i16,
        /// Those that were not lost before and that no letter bore.
        runs: Vec<Run>,
        /// Who.
        by: String,
        /// Why.
        why: String,
        /// When.
        at: Timestamp,
    },
    /// A letter of a closed symbol was entered again from its label. What it says stands in a file of its own, which an erasure
    /// can take away: see [`Content`](super::Content).
    LetterReentered {
        /// The letter.
        letter: LetterId,
        /// The operation by which it was entered.
        op: OpId,
        /// Its number.
        number: RegisterNumber,
        /// SHA-256 over salt and body of the operation.
        #[serde(with = "bytes::hex32")]
        commitment: [u8; 32],
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
}

/// Where a desk's log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEnd {
    /// The desk.
    pub desk: DeviceId,
    /// Its last operation that counts.
    pub end: Tip,
}

/// Numbers of one series, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

impl Run {
    /// The runs of numbers that stand in their order.
    pub fn of(numbers: &[u32]) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for n in numbers.iter().copied() {
            match runs.last_mut() {
                Some(run) if run.last + 1 == n => run.last = n,
                Some(_) | None => runs.push(Self { first: n, last: n }),
            }
        }
        runs
    }
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
            Self::DeskForked { .. } => "desk_forked",
            Self::HeldSettled(_) => "held_settled",
            Self::LogsSeen { .. } => "logs_seen",
            Self::ClerkSeated { .. } => "clerk_seated",
            Self::NumbersLost { .. } => "numbers_lost",
            Self::LetterReentered { .. } => "letter_reentered",
        }
    }
}

impl std::fmt::Debug for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(***)", self.name())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::sync::{OperationHash, Way};

    #[test]
    fn a_deed_of_an_older_program_is_written_as_it_was() {
        let revoked = json!({
            "deed": "desk_revoked",
            "desk": Uuid::from_u128(1),
            "publicKey": "00".repeat(32),
            "symbol": "K1",
            "at": "2026-11-23T08:00:00Z",
        });
        let read: Deed = serde_json::from_value(revoked.clone()).expect("a deed");
        assert_eq!(serde_json::to_value(&read).expect("JSON"), revoked, "its hash is computed from this");
    }

    #[test]
    fn a_settlement_is_read_back() {
        let number = RegisterNumber {
            register: Register::Incoming,
            symbol: PointSymbol::try_from("Z1".to_owned()).expect("symbol"),
            year: 2026,
            n: 1,
        };
        let deed = Deed::HeldSettled(Box::new(Settlement {
            desk: DeviceId(Uuid::from_u128(1)),
            letter: LetterId(Uuid::from_u128(2)),
            way: Way::ReRegistered { number: number.clone() },
            operations: vec![OperationHash([7; 32])],
            needs: vec![LetterId(Uuid::from_u128(3))],
            lost: vec![number],
            by: "Jan Kowalik".to_owned(),
            why: "kopia dysku".to_owned(),
            at: "2026-11-23T08:00:00Z".parse().expect("instant"),
        }));
        let written = serde_json::to_value(&deed).expect("JSON");
        assert_eq!(written["deed"], "held_settled");
        assert_eq!(written["way"], "re_registered");
        assert!(serde_json::from_value::<Deed>(written).expect("a deed") == deed);
    }

    #[test]
    fn runs_are_numbers_without_a_gap() {
        let run = |first, last| Run { first, last };
        assert_eq!(Run::of(&[]), []);
        assert_eq!(Run::of(&[4, 5, 6, 9, 11, 12]), [run(4, 6), run(9, 9), run(11, 12)]);
    }
}
