//! How what is held of a letter was settled, as the administrator's log has it, and doing it: at once by command, or in a restored
//! database as soon as everything that it is about has come again.

use std::collections::BTreeSet;

use domain::{
    ids::{DeviceId, LetterId},
    letter::Letter,
    marks::{DocumentIdentifier, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Acquire, PgConnection};
use wire::{
    core::push::{Outcome, body_of},
    v1::{OpBody, Operation, TaskReason, bytes},
};

use super::store;
use crate::{
    letters::apply::{self, Origin},
    symbols,
};

/// What a letter that was held became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Way {
    /// It was applied as if its desk counted.
    Accepted,
    /// It was put aside.
    Discarded,
    /// It is the same paper as a letter that central has.
    SamePaper {
        /// That letter.
        other: LetterId,
    },
    /// It was registered anew.
    ReRegistered {
        /// Its number.
        number: RegisterNumber,
    },
}

impl Way {
    /// The name as in the database.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Discarded => "discarded",
            Self::SamePaper { .. } => "same_paper",
            Self::ReRegistered { .. } => "re_registered",
        }
    }
}

/// The hash of an operation: it is salted, and tells nothing of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationHash(#[serde(with = "bytes::hex32")] pub [u8; 32]);

/// A settlement: nothing of what the letter says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// Whose operations.
    pub desk: DeviceId,
    /// About which letter.
    pub letter: LetterId,
    /// What became of it.
    #[serde(flatten)]
    pub way: Way,
    /// The operations, in their order: these and no others of the letter.
    pub operations: Vec<OperationHash>,
    /// Letters that were at central then, and must be there before it is done again.
    pub needs: Vec<LetterId>,
    /// Numbers that it left without a letter.
    pub lost: Vec<RegisterNumber>,
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

impl Settlement {
    /// The letter that desks must be told of.
    pub(super) fn changed(&self) -> LetterId {
        match self.way {
            Way::SamePaper { other } => other,
            Way::Accepted | Way::Discarded | Way::ReRegistered { .. } => self.letter,
        }
    }

    pub(super) fn hashes(&self) -> Vec<Vec<u8>> {
        self.operations.iter().map(|operation| operation.0.to_vec()).collect()
    }
}

/// Applies what is settled as it was decided, and marks it. `false` when a number is another letter's: then the caller rolls back.
pub(super) async fn carry_out(
    tx: &mut PgConnection,
    office: &Teryt,
    settlement: &Settlement,
    held: &[Operation],
) -> sqlx::Result<bool> {
    let Settlement { desk, at, .. } = settlement;
    let symbols = match &settlement.way {
        Way::Accepted => symbols::numbered_by(tx, *desk).await?,
        Way::ReRegistered { number } => vec![number.symbol.clone()],
        Way::Discarded | Way::SamePaper { .. } => Vec::new(),
    };
    for operation in held {
        let Some(body) = body_of(operation) else { continue };
        let body = match &settlement.way {
            Way::Accepted => body,
            Way::Discarded => continue,
            Way::SamePaper { other } => match body {
                // Its documents are those of the other letter.
                OpBody::ScanAttached { scan_id, pages, bytes, sha256, by, at, .. } => {
                    OpBody::ScanAttached { scan_id, letter_id: *other, pages, bytes, sha256, by, at }
                }
                _ => continue,
            },
            Way::ReRegistered { number } => match body {
                OpBody::LetterRegistered { letter, unit, status_hash } => {
                    let letter = Box::new(under(office, *letter, number.clone()));
                    let body = OpBody::LetterRegistered { letter, unit, status_hash };
                    apply::keep_act(tx, operation.op_id, &body, *at).await?;
                    body
                }
                body => body,
            },
        };
        if !apply_held(tx, office, (*desk, &symbols), operation, &body, *at).await? {
            return Ok(false);
        }
        if matches!((&settlement.way, &body), (Way::ReRegistered { .. }, OpBody::LetterRegistered { .. })) {
            let (letter, by) = (Some(settlement.letter), Some(settlement.by.as_str()));
            store::open_task(tx, operation.op_id, letter, by, TaskReason::NewLabel, *at).await?;
        }
    }
    store::settle(tx, settlement).await?;
    Ok(true)
}

async fn apply_held(
    tx: &mut PgConnection,
    office: &Teryt,
    desk: (DeviceId, &[PointSymbol]),
    operation: &Operation,
    body: &OpBody,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let outcome = apply::apply(tx, Origin { office, desk: Some(desk) }, operation.op_id, body, now).await?;
    Ok(outcome != Outcome::Kept(TaskReason::NumberTaken))
}

fn under(office: &Teryt, mut letter: Letter, number: RegisterNumber) -> Letter {
    let abbreviation = match letter.number.register {
        Register::Incoming => "RPW",
        Register::Outgoing => "RPWych",
    };
    let bears = format!("Na piśmie jest etykieta {}.", letter.number.display(abbreviation));
    letter.facts.remarks = Some(match letter.facts.remarks.take() {
        Some(remarks) => format!("{bears} {remarks}"),
        None => bears,
    });
    letter.identifier = DocumentIdentifier::of(office, &number);
    letter.number = number;
    letter
}

/// Notes a settlement in a database that lacks it. What it is about may be there, or come later ([`settle_waiting`]); the numbers
/// that it left without a letter are lost at once.
///
/// # Errors
/// Those of the database.
pub(crate) async fn settle_again(tx: &mut PgConnection, settlement: &Settlement) -> sqlx::Result<()> {
    for number in &settlement.lost {
        symbols::lose_one(tx, number, &settlement.by, &settlement.why, settlement.at).await?;
    }
    store::add_settlement(tx, settlement, false).await
}

/// Does the settlements that waited for what has come by now; the letters that desks must be told of.
///
/// # Errors
/// Those of the database.
pub(crate) async fn settle_waiting(tx: &mut PgConnection, office: &Teryt) -> sqlx::Result<Vec<LetterId>> {
    let mut changed = Vec::new();
    // One may bring the letter that another needs.
    loop {
        let mut done = false;
        for (n, settlement) in store::waiting_settlements(tx).await? {
            if settle_one(tx, office, &settlement).await? {
                store::settlement_is_done(tx, n).await?;
                changed.push(settlement.changed());
                done = true;
            }
        }
        if !done {
            return Ok(changed);
        }
    }
}

/// Does one that waited, if everything is there.
async fn settle_one(tx: &mut PgConnection, office: &Teryt, settlement: &Settlement) -> sqlx::Result<bool> {
    store::lock_hold(tx, settlement.desk).await?;
    let known = store::held_by_hash(tx, settlement).await?;
    let all: BTreeSet<[u8; 32]> = settlement.operations.iter().map(|operation| operation.0).collect();
    if known.iter().map(|(operation, _)| operation.hash).collect::<BTreeSet<_>>() != all {
        return Ok(false);
    }
    if known.iter().any(|(_, settled)| *settled) {
        // Somebody settled it by hand meanwhile, or it was erased.
        return Ok(true);
    }
    for letter in &settlement.needs {
        if apply::state(tx, *letter).await?.is_none() {
            return Ok(false);
        }
    }
    apply::lock(tx, office, &[settlement.letter, settlement.changed()]).await?;
    let held: Vec<Operation> = known.into_iter().map(|(operation, _)| operation).collect();
    let mut savepoint = tx.begin().await?;
    if carry_out(&mut savepoint, office, settlement, &held).await? {
        savepoint.commit().await?;
        return Ok(true);
    }
    savepoint.rollback().await?;
    tracing::warn!(device = %settlement.desk, letter = %settlement.letter, "a settled letter's number is another's by now");
    Ok(false)
}
