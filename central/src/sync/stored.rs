//! An operation as its row keeps it, whole or erased.

use domain::ids::{LetterId, OpId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::v1::{Acting, Erased, OpBody, Operation, bytes::canonical};

use crate::db::damaged;

/// The columns.
pub(crate) struct Columns {
    pub(crate) seq: i64,
    pub(crate) op_id: Uuid,
    pub(crate) schema_v: i32,
    pub(crate) salt: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) prev_hash: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    pub(crate) commitment: Option<Vec<u8>>,
    pub(crate) letter_id: Option<Uuid>,
}

impl Columns {
    /// The operation; of an erased one, what is left of it.
    pub(crate) fn read(self) -> sqlx::Result<Operation> {
        let erased = match self.commitment {
            Some(commitment) => Some(Erased {
                commitment: commitment.try_into().map_err(|_| damaged("commitment"))?,
                letter: LetterId(self.letter_id.unwrap_or_default()),
            }),
            None => None,
        };
        Ok(Operation {
            seq: self.seq.try_into().map_err(damaged)?,
            op_id: OpId(self.op_id),
            schema_v: self.schema_v.try_into().map_err(damaged)?,
            salt: self.salt.try_into().map_err(|_| damaged("salt"))?,
            body: if erased.is_some() { Vec::new() } else { self.body },
            prev_hash: self.prev_hash.try_into().map_err(|_| damaged("hash"))?,
            hash: self.hash.try_into().map_err(|_| damaged("hash"))?,
            erased,
        })
    }
}

/// What stands for an operation's content once that is gone: its commitment for the chain, and for the audit its kind, who did
/// it and when.
pub(crate) fn remains_of(salt: &[u8], body: &[u8]) -> ([u8; 32], Vec<u8>) {
    let commitment = Sha256::new().chain_update(salt).chain_update(body).finalize().into();
    (commitment, remains(body))
}

/// The same for an operation on its way in, which may be erased already.
pub(crate) fn remains_of_operation(operation: &Operation) -> ([u8; 32], Vec<u8>) {
    let kept = match operation.erased {
        Some(erased) => canonical(&json!({ "kind": "erased", "letterId": erased.letter })),
        None => remains(&operation.body),
    };
    (operation.commitment(), kept)
}

fn remains(body: &[u8]) -> Vec<u8> {
    let Ok(read) = serde_json::from_slice::<OpBody>(body) else { return b"{}".to_vec() };
    let mut kept = json!({ "kind": read.kind(), "by": read.by(), "at": read.at(), "letterId": read.letter_id() });
    if let Some(acting) = acting(body) {
        kept["acting"] = acting;
    }
    canonical(&kept)
}

fn acting(body: &[u8]) -> Option<Value> {
    let acting: Acting =
        serde_json::from_value(serde_json::from_slice::<Value>(body).ok()?.get("acting")?.clone()).ok()?;
    serde_json::to_value(acting).ok()
}
