//! Settles what is held, letter by letter: the administrator accepts it, discards it, says that two letters are the same
//! paper, or registers one anew under another symbol, because its number stands on somebody else's paper.
//!
//! Held operations stay as they were received, with who settled them, when and why.

use domain::{
    ids::{DeviceId, LetterId},
    letter::Letter,
    marks::{DocumentIdentifier, Teryt},
    register::{PointSymbol, Register, RegisterNumber},
};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use wire::{
    core::push::{Outcome, body_of},
    v1::{LetterState, OpBody, Operation, TaskReason},
};

use super::store;
use crate::{
    audit::{self, Entry},
    clock::Clock,
    error::Error,
    letters::apply::{self, Origin},
    symbols::{self, SymbolError},
};

/// Why nothing is settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Nothing of the letter is held, or it is settled.
    #[error("nothing of letter {0} is held of this desk")]
    Nothing(LetterId),
    /// Another letter bears the number: it is the same paper, or the held one gets another number.
    #[error("another letter bears the number: settle it as the same paper, or under a new symbol")]
    NumberTaken,
    /// The other letter is not at central.
    #[error("no letter {0}")]
    NoLetter(LetterId),
    /// The registration is not among what is held.
    #[error("the letter's registration is not held; accept or discard what is")]
    NoRegistration,
    /// The symbol cannot be used.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
    /// Central failed.
    #[error(transparent)]
    Central(#[from] Error),
}

/// Who settles, and why.
#[derive(Clone, Copy, Debug)]
pub struct Settler<'a> {
    /// The office.
    pub office: &'a Teryt,
    /// Central's clock.
    pub clock: &'a Clock,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
}

/// Applies what is held of a letter, as if the desk counted; how many operations.
///
/// # Errors
/// [`SettleError`].
pub async fn accept(
    pool: &PgPool,
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
) -> Result<usize, SettleError> {
    let now = settler.clock.now();
    let mut tx = pool.begin().await?;
    let held = held_of(&mut tx, settler, desk, letter).await?;
    let symbols = symbols::numbered_by(&mut tx, desk).await?;
    for (operation, body) in &held {
        apply_held(&mut tx, settler, (desk, &symbols), operation, body, now).await?;
    }
    end(tx, settler, desk, letter, "accepted", letter).await?;
    Ok(held.len())
}

/// Puts aside what is held of a letter. A number that it gave and that no letter bears is lost.
///
/// # Errors
/// [`SettleError`].
pub async fn discard(
    pool: &PgPool,
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
) -> Result<usize, SettleError> {
    let mut tx = pool.begin().await?;
    let held = held_of(&mut tx, settler, desk, letter).await?;
    for (_, body) in &held {
        if let OpBody::LetterRegistered { letter, .. } = body {
            symbols::lose_one(&mut tx, &letter.number, settler.by, settler.why, settler.clock.now()).await?;
        }
    }
    end(tx, settler, desk, letter, "discarded", letter).await?;
    Ok(held.len())
}

/// The held letter is the same paper as one that central has: its documents go to that one. A number that the held one gave
/// and that no letter bears is lost.
///
/// # Errors
/// [`SettleError`].
pub async fn same_paper(
    pool: &PgPool,
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
    other: LetterId,
) -> Result<usize, SettleError> {
    let now = settler.clock.now();
    let mut tx = pool.begin().await?;
    apply::lock(&mut tx, settler.office, &[other]).await?;
    if apply::state(&mut tx, other).await?.is_none() {
        return Err(SettleError::NoLetter(other));
    }
    let held = held_of(&mut tx, settler, desk, letter).await?;
    for (operation, body) in &held {
        if let OpBody::LetterRegistered { letter, .. } = body {
            symbols::lose_one(&mut tx, &letter.number, settler.by, settler.why, now).await?;
        }
        if let OpBody::ScanAttached { scan_id, pages, bytes, sha256, by, at, .. } = body {
            let (scan_id, pages, bytes, sha256, by, at) = (*scan_id, *pages, *bytes, *sha256, by.clone(), *at);
            let body = OpBody::ScanAttached { scan_id, letter_id: other, pages, bytes, sha256, by, at };
            apply_held(&mut tx, settler, (desk, &[]), operation, &body, now).await?;
        }
    }
    end(tx, settler, desk, letter, "same_paper", other).await?;
    Ok(held.len())
}

/// Registers the held letter anew under a symbol of central's own: its paper bears the old label, which the remarks name,
/// and needs a new one.
///
/// # Errors
/// [`SettleError`]; [`SymbolError::Taken`] for a symbol that a desk has or had.
pub async fn register_anew(
    pool: &PgPool,
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
    symbol: &PointSymbol,
) -> Result<LetterState, SettleError> {
    let now = settler.clock.now();
    let mut tx = pool.begin().await?;
    symbols::of_central(&mut tx, settler.clock, symbol, settler.by).await?;
    let held = held_of(&mut tx, settler, desk, letter).await?;
    let symbols = [symbol.clone()];
    let mut registered = false;
    for (operation, body) in &held {
        if let OpBody::LetterRegistered { letter, unit, status_hash } = body {
            registered = true;
            let next = symbols::next_number(&mut tx, letter.number.register, symbol, letter.number.year).await?;
            let letter = Box::new(under(settler.office, letter, next));
            let body = OpBody::LetterRegistered { letter, unit: unit.clone(), status_hash: *status_hash };
            apply::keep_act(&mut tx, operation.op_id, &body, now).await?;
            apply_held(&mut tx, settler, (desk, &symbols), operation, &body, now).await?;
        } else {
            apply_held(&mut tx, settler, (desk, &symbols), operation, body, now).await?;
        }
    }
    if !registered {
        return Err(SettleError::NoRegistration);
    }
    let state = apply::state(&mut tx, letter).await?.ok_or(SettleError::NumberTaken)?;
    end(tx, settler, desk, letter, "re_registered", letter).await?;
    Ok(state)
}

fn under(office: &Teryt, letter: &Letter, number: RegisterNumber) -> Letter {
    let mut letter = letter.clone();
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

async fn held_of(
    tx: &mut PgConnection,
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
) -> Result<Vec<(Operation, OpBody)>, SettleError> {
    store::lock_log(tx, desk).await?;
    apply::lock(tx, settler.office, &[letter]).await?;
    let held = store::held_of_letter(tx, desk, letter).await?;
    let read = held.into_iter().filter_map(|operation| body_of(&operation).map(|body| (operation, body)));
    let held: Vec<_> = read.collect();
    if held.is_empty() { Err(SettleError::Nothing(letter)) } else { Ok(held) }
}

async fn apply_held(
    tx: &mut PgConnection,
    settler: Settler<'_>,
    desk: (DeviceId, &[PointSymbol]),
    operation: &Operation,
    body: &OpBody,
    now: Timestamp,
) -> Result<(), SettleError> {
    let origin = Origin { office: settler.office, desk: Some(desk) };
    match apply::apply(tx, origin, operation.op_id, body, now).await? {
        Outcome::Kept(TaskReason::NumberTaken) => Err(SettleError::NumberTaken),
        Outcome::Applied | Outcome::Flagged(_) | Outcome::Kept(_) => Ok(()),
    }
}

/// Marks what is settled, tells the desks of the letter that changed, and commits.
async fn end(
    mut tx: crate::db::Tx,
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
    how: &str,
    changed: LetterId,
) -> Result<(), SettleError> {
    store::settle(&mut tx, desk, letter, how, settler.by, settler.why, settler.clock.now()).await?;
    super::announce(&mut tx, &[changed]).await?;
    let entry = Entry::ChangedAtCentral { what: how.to_owned(), subject: letter, by: settler.by.to_owned() };
    audit::append(&mut tx, settler.clock.now(), &entry).await?;
    tx.commit().await?;
    Ok(())
}
