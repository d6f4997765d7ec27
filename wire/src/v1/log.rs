//! The desk's log: a chain of operations that cannot be changed, swapped or shortened unnoticed.
//!
//! The desk seals an operation in the transaction that writes the rows it describes; central checks the chain before
//! it stores anything. The salt lets a body be erased later while the chain stays provable.

use domain::{
    ids::{DeviceId, LetterId, OpId},
    marks::Teryt,
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    bytes,
    op::{Acting, OpBody},
};

/// Whose log it is: part of every hash and signature, so that nothing of one log passes for another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOf {
    /// The office.
    pub office: Teryt,
    /// The desk.
    pub device: DeviceId,
}

/// Where a log ends: the last operation's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tip {
    /// Number of the last operation; 0 for an empty log.
    pub seq: u64,
    /// Its hash; zeros for an empty log.
    #[serde(with = "bytes::hex32")]
    pub hash: [u8; 32],
}

impl Tip {
    /// The end of an empty log.
    pub const START: Self = Self { seq: 0, hash: [0; 32] };
}

/// One entry of a desk's log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Place in the log: 1, 2, 3 … without a gap.
    pub seq: u64,
    /// Id.
    pub op_id: OpId,
    /// Schema of the body.
    pub schema_v: u32,
    /// Random bytes that hide the body behind its hash.
    #[serde(with = "bytes::base64")]
    pub salt: [u8; 32],
    /// Canonical JSON of an [`OpBody`]. Holds personal data.
    #[serde(with = "bytes::base64")]
    pub body: Vec<u8>,
    /// Hash of the operation before; zeros for the first.
    #[serde(with = "bytes::hex32")]
    pub prev_hash: [u8; 32],
    /// Hash of this operation.
    #[serde(with = "bytes::hex32")]
    pub hash: [u8; 32],
    /// Salt and body are gone for good: what the hash is computed from instead. `None` for an operation that is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
}

/// What remains of an operation whose content was erased: enough to prove the chain, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    /// Of salt and body: [`Operation::commitment`].
    #[serde(with = "bytes::hex32")]
    pub commitment: [u8; 32],
    /// The letter that it was about, as whoever erased it says: no part of the hash.
    pub letter: LetterId,
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Operation(seq {}, {}, schema {}, ***)", self.seq, self.op_id, self.schema_v)
    }
}

impl Operation {
    /// The hash that these fields must have in the given log, `hash` itself not read.
    pub fn computed_hash(&self, log: &LogOf) -> [u8; 32] {
        let commitment = self.commitment();
        hash_parts(&[
            b"okienko-op-1",
            log.office.as_str().as_bytes(),
            log.device.0.as_bytes(),
            &self.seq.to_be_bytes(),
            self.op_id.0.as_bytes(),
            &self.schema_v.to_be_bytes(),
            &self.prev_hash,
            &commitment,
        ])
    }

    /// What stands for salt and body in the hash: SHA-256 over both. The salt hides a body that could be guessed.
    pub fn commitment(&self) -> [u8; 32] {
        match self.erased {
            Some(erased) => erased.commitment,
            None => Sha256::new().chain_update(self.salt).chain_update(&self.body).finalize().into(),
        }
    }

    /// The operation without its content, for a letter that was erased. Its hash is as before.
    #[must_use]
    pub fn without_content(&self, letter: LetterId) -> Self {
        let erased = Some(Erased { commitment: self.commitment(), letter });
        Self { salt: [0; 32], body: Vec::new(), erased, ..self.clone() }
    }

    /// Where the log ends with this operation as its last.
    pub fn tip(&self) -> Tip {
        Tip { seq: self.seq, hash: self.hash }
    }

    /// Reads the body.
    ///
    /// # Errors
    /// When the bytes are no body of schema 1.
    pub fn read_body(&self) -> Result<OpBody, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Reads who acted, as the desk states it.
    ///
    /// # Errors
    /// When what stands there names no clerk, or no role that this program knows.
    pub fn read_acting(&self) -> Result<Option<Acting>, serde_json::Error> {
        Acting::read(&self.body)
    }
}

/// Makes the operation that follows `after`. `salt` is 32 fresh random bytes.
pub fn seal(log: &LogOf, after: Tip, op_id: OpId, salt: [u8; 32], body: &OpBody) -> Operation {
    seal_by(log, after, op_id, salt, body, None)
}

/// As [`seal`], stating who acted.
pub fn seal_by(
    log: &LogOf,
    after: Tip,
    op_id: OpId,
    salt: [u8; 32],
    body: &OpBody,
    acting: Option<&Acting>,
) -> Operation {
    let mut operation = Operation {
        seq: after.seq + 1,
        op_id,
        schema_v: body.schema(),
        salt,
        body: body.stated_by(acting),
        prev_hash: after.hash,
        hash: [0; 32],
        erased: None,
    };
    operation.hash = operation.computed_hash(log);
    operation
}

/// The chain of a batch does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainBroken {
    /// The operation is not the next number.
    #[error("operation {found} stands where {expected} should")]
    Seq {
        /// The number that should follow.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The operation names another predecessor.
    #[error("operation {0} follows another one")]
    Link(u64),
    /// The operation's fields have another hash.
    #[error("operation {0} has another hash")]
    Hash(u64),
}

/// Checks that the operations follow `after` without a gap, and returns where the log then ends.
///
/// # Errors
/// [`ChainBroken`] with the first operation that does not fit.
pub fn verify_chain(log: &LogOf, after: Tip, operations: &[Operation]) -> Result<Tip, ChainBroken> {
    operations.iter().try_fold(after, |tip, operation| {
        let expected = tip.seq.saturating_add(1);
        if operation.seq != expected {
            return Err(ChainBroken::Seq { expected, found: operation.seq });
        }
        if operation.prev_hash != tip.hash {
            return Err(ChainBroken::Link(operation.seq));
        }
        if operation.computed_hash(log) != operation.hash {
            return Err(ChainBroken::Hash(operation.seq));
        }
        Ok(operation.tip())
    })
}

/// Signs a batch over its last hash.
pub fn sign_batch(key: &SigningKey, log: &LogOf, last_hash: &[u8; 32]) -> [u8; 64] {
    sign(key, &batch_message(log, last_hash))
}

/// Whether the batch that ends in `last_hash` was signed by this key for this log.
pub fn batch_is_signed(public_key: &[u8; 32], log: &LogOf, last_hash: &[u8; 32], signature: &[u8; 64]) -> bool {
    is_signed(public_key, &batch_message(log, last_hash), signature)
}

/// Signs central's nonce.
pub fn sign_nonce(key: &SigningKey, log: &LogOf, nonce: &[u8; 32]) -> [u8; 64] {
    sign(key, &nonce_message(log, nonce))
}

/// Whether the nonce was signed by this key for this log.
pub fn nonce_is_signed(public_key: &[u8; 32], log: &LogOf, nonce: &[u8; 32], signature: &[u8; 64]) -> bool {
    is_signed(public_key, &nonce_message(log, nonce), signature)
}

fn batch_message(log: &LogOf, last_hash: &[u8; 32]) -> [u8; 32] {
    hash_parts(&[b"okienko-push-1", log.office.as_str().as_bytes(), log.device.0.as_bytes(), last_hash])
}

fn nonce_message(log: &LogOf, nonce: &[u8; 32]) -> [u8; 32] {
    hash_parts(&[b"okienko-hello-1", log.office.as_str().as_bytes(), log.device.0.as_bytes(), nonce])
}

/// Signs a message of ours.
pub(super) fn sign(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    key.sign(message).to_bytes()
}

pub(super) fn is_signed(public_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public_key)
        .and_then(|key| key.verify_strict(message, &Signature::from_bytes(signature)))
        .is_ok()
}

/// SHA-256 over parts, each with its length as 8 bytes, big end first: no two lists of parts share their bytes.
pub fn hash_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::v1::golden::{log_of, stage_set};

    fn chain(log: &LogOf, salts: &[[u8; 32]]) -> Vec<Operation> {
        let mut tip = Tip::START;
        salts
            .iter()
            .enumerate()
            .map(|(place, salt)| {
                let op_id = OpId(uuid::Uuid::from_u128(place as u128 + 1));
                let operation = seal(log, tip, op_id, *salt, &stage_set());
                tip = operation.tip();
                operation
            })
            .collect()
    }

    fn salts() -> impl Strategy<Value = Vec<[u8; 32]>> {
        prop::collection::vec(any::<[u8; 32]>(), 1..12)
    }

    proptest! {
        #[test]
        fn a_sealed_chain_holds_however_it_is_cut(salts in salts(), cut in any::<prop::sample::Index>()) {
            let log = log_of();
            let operations = chain(&log, &salts);
            let cut = cut.index(operations.len());
            let tip = verify_chain(&log, Tip::START, &operations[..cut]).expect("first part");
            prop_assert_eq!(
                verify_chain(&log, tip, &operations[cut..]),
                Ok(operations[operations.len() - 1].tip())
            );
        }

        #[test]
        fn any_changed_field_breaks_it(salts in salts(), place in any::<prop::sample::Index>(), field in 0..7_u8, bit in 0..8_u8) {
            let log = log_of();
            let mut operations = chain(&log, &salts);
            let operation = &mut operations[place.index(salts.len())];
            let flip = 1_u8 << bit;
            match field {
                0 => operation.seq ^= u64::from(flip),
                1 => operation.op_id.0 = uuid::Uuid::from_u128(operation.op_id.0.as_u128() ^ u128::from(flip)),
                2 => operation.schema_v ^= u32::from(flip),
                3 => operation.salt[7] ^= flip,
                4 => operation.body[3] ^= flip,
                5 => operation.prev_hash[30] ^= flip,
                _ => operation.hash[0] ^= flip,
            }
            prop_assert!(verify_chain(&log, Tip::START, &operations).is_err());
        }

        #[test]
        fn leaving_out_or_swapping_breaks_it(salts in prop::collection::vec(any::<[u8; 32]>(), 3..12), place in any::<prop::sample::Index>()) {
            let log = log_of();
            let operations = chain(&log, &salts);
            let place = place.index(operations.len() - 1);
            let mut without = operations.clone();
            without.remove(place);
            prop_assert!(verify_chain(&log, Tip::START, &without).is_err());
            let mut swapped = operations;
            swapped.swap(place, place + 1);
            prop_assert!(verify_chain(&log, Tip::START, &swapped).is_err());
        }
    }

    #[test]
    fn a_chain_holds_when_content_is_erased_and_breaks_when_what_remains_is_changed() {
        let log = log_of();
        let letter = LetterId(uuid::Uuid::from_u128(5));
        let mut operations = chain(&log, &[[1; 32], [2; 32], [3; 32]]);
        let whole = verify_chain(&log, Tip::START, &operations);
        operations[1] = operations[1].without_content(letter);
        assert!(operations[1].body.is_empty() && operations[1].salt == [0; 32]);
        assert_eq!(verify_chain(&log, Tip::START, &operations), whole);
        assert_eq!(operations[1].without_content(letter), operations[1], "twice is once");
        operations[1].erased = Some(Erased { commitment: [9; 32], letter });
        assert_eq!(verify_chain(&log, Tip::START, &operations), Err(ChainBroken::Hash(2)));
    }

    #[test]
    fn a_chain_and_its_signatures_belong_to_one_log() {
        let log = log_of();
        let other = LogOf { device: DeviceId(uuid::Uuid::from_u128(99)), ..log.clone() };
        let operations = chain(&log, &[[1; 32], [2; 32]]);
        assert_eq!(verify_chain(&other, Tip::START, &operations), Err(ChainBroken::Hash(1)));

        let key = SigningKey::from_bytes(&[7; 32]);
        let public = key.verifying_key().to_bytes();
        let last = operations[1].hash;
        let signature = sign_batch(&key, &log, &last);
        assert!(batch_is_signed(&public, &log, &last, &signature));
        assert!(!batch_is_signed(&public, &other, &last, &signature));
        assert!(!batch_is_signed(&public, &log, &operations[0].hash, &signature));
        assert!(!nonce_is_signed(&public, &log, &last, &signature));
        assert!(nonce_is_signed(&public, &log, &last, &sign_nonce(&key, &log, &last)));
    }

    #[test]
    fn debug_hides_the_body() {
        let operation = &chain(&log_of(), &[[1; 32]])[0];
        assert_eq!(format!("{operation:?}"), "Operation(seq 1, 00000000-0000-0000-0000-000000000001, schema 1, ***)");
    }
}
