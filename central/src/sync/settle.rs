//! Settles what is held, letter by letter: the administrator accepts it, discards it, says that two letters are the same
//! paper, or registers one anew under another symbol, because its number stands on somebody else's paper.
//!
//! Held operations stay as they were received, with who settled them, when and why.

use domain::{
    ids::{DeviceId, LetterId},
    marks::Teryt,
    register::PointSymbol,
};
use sqlx::PgConnection;
use wire::{
    core::push::body_of,
    v1::{LetterState, OpBody, Operation},
};

use super::{
    settlement::{OperationHash, Settlement, Way, carry_out},
    store,
};
use crate::{
    admin_log::{self, AdminLogError, Administrator, Deed},
    audit::{self, Entry},
    db::Tx,
    error::Error,
    letters::apply,
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
    /// The administrator's log cannot be written: nothing was changed.
    #[error(transparent)]
    Log(#[from] AdminLogError),
    /// Central failed.
    #[error(transparent)]
    Central(#[from] Error),
}

/// Who settles, and why.
#[derive(Clone, Copy, Debug)]
pub struct Settler<'a> {
    /// With what.
    pub administrator: Administrator<'a>,
    /// The office.
    pub office: &'a Teryt,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
}

impl Settler<'_> {
    async fn begin(&self) -> sqlx::Result<Tx> {
        self.administrator.pool.begin().await
    }

    /// What is decided of these operations, as far as every way of settling has it.
    fn settlement(&self, desk: DeviceId, letter: LetterId, way: Way, held: &[Operation]) -> Settlement {
        Settlement {
            desk,
            letter,
            way,
            operations: held.iter().map(|operation| OperationHash(operation.hash)).collect(),
            needs: Vec::new(),
            lost: Vec::new(),
            by: self.by.to_owned(),
            why: self.why.to_owned(),
            at: self.administrator.clock.now(),
        }
    }
}

/// Applies what is held of a letter, as if the desk counted; how many operations.
///
/// # Errors
/// [`SettleError`].
pub async fn accept(settler: Settler<'_>, desk: DeviceId, letter: LetterId) -> Result<usize, SettleError> {
    let mut tx = settler.begin().await?;
    let held = held_of(&mut tx, settler, desk, letter).await?;
    let mut settlement = settler.settlement(desk, letter, Way::Accepted, &held);
    if apply::state(&mut tx, letter).await?.is_some() {
        settlement.needs.push(letter);
    }
    end(tx, settler, settlement, &held, None).await?;
    Ok(held.len())
}

/// Puts aside what is held of a letter. A number that it gave and that no letter bears is lost.
///
/// # Errors
/// [`SettleError`].
pub async fn discard(settler: Settler<'_>, desk: DeviceId, letter: LetterId) -> Result<usize, SettleError> {
    let mut tx = settler.begin().await?;
    let held = held_of(&mut tx, settler, desk, letter).await?;
    let mut settlement = settler.settlement(desk, letter, Way::Discarded, &held);
    lose_numbers(&mut tx, &mut settlement, &held).await?;
    end(tx, settler, settlement, &held, None).await?;
    Ok(held.len())
}

/// The held letter is the same paper as one that central has: its documents go to that one. A number that the held one gave
/// and that no letter bears is lost.
///
/// # Errors
/// [`SettleError`].
pub async fn same_paper(
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
    other: LetterId,
) -> Result<usize, SettleError> {
    let mut tx = settler.begin().await?;
    apply::lock(&mut tx, settler.office, &[other]).await?;
    if apply::state(&mut tx, other).await?.is_none() {
        return Err(SettleError::NoLetter(other));
    }
    let held = held_of(&mut tx, settler, desk, letter).await?;
    let mut settlement = settler.settlement(desk, letter, Way::SamePaper { other }, &held);
    settlement.needs.push(other);
    lose_numbers(&mut tx, &mut settlement, &held).await?;
    end(tx, settler, settlement, &held, None).await?;
    Ok(held.len())
}

/// Registers the held letter anew under a symbol of central's own: its paper bears the old label, which the remarks name,
/// and needs a new one.
///
/// # Errors
/// [`SettleError`]; [`SymbolError::Taken`] for a symbol that a desk has or had.
pub async fn register_anew(
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
    symbol: &PointSymbol,
) -> Result<LetterState, SettleError> {
    let mut tx = settler.begin().await?;
    let granted = symbols::of_central(&mut tx, settler.administrator.clock, symbol, settler.by).await?;
    let held = held_of(&mut tx, settler, desk, letter).await?;
    let old = registrations(&held).into_iter().next().ok_or(SettleError::NoRegistration)?;
    let number = symbols::next_number(&mut tx, old.register, symbol, old.year).await?;
    let settlement = settler.settlement(desk, letter, Way::ReRegistered { number }, &held);
    end(tx, settler, settlement, &held, granted).await?.ok_or(SettleError::NumberTaken)
}

fn registrations(held: &[Operation]) -> Vec<domain::register::RegisterNumber> {
    let number = |operation: &Operation| match body_of(operation) {
        Some(OpBody::LetterRegistered { letter, .. }) => Some(letter.number),
        Some(_) | None => None,
    };
    held.iter().filter_map(number).collect()
}

async fn lose_numbers(tx: &mut PgConnection, settlement: &mut Settlement, held: &[Operation]) -> sqlx::Result<()> {
    for number in registrations(held) {
        if symbols::lose_one(tx, &number, &settlement.by, &settlement.why, settlement.at).await? {
            settlement.lost.push(number);
        }
    }
    Ok(())
}

async fn held_of(
    tx: &mut PgConnection,
    settler: Settler<'_>,
    desk: DeviceId,
    letter: LetterId,
) -> Result<Vec<Operation>, SettleError> {
    store::lock_hold(tx, desk).await?;
    apply::lock(tx, settler.office, &[letter]).await?;
    let held = store::held_of_letter(tx, desk, letter).await?;
    if held.is_empty() { Err(SettleError::Nothing(letter)) } else { Ok(held) }
}

/// Does what is decided, tells the desks of the letter that changed, writes the deed, and commits. Answers that letter.
async fn end(
    mut tx: Tx,
    settler: Settler<'_>,
    settlement: Settlement,
    held: &[Operation],
    before: Option<Deed>,
) -> Result<Option<LetterState>, SettleError> {
    if !carry_out(&mut tx, settler.office, &settlement, held).await? {
        return Err(SettleError::NumberTaken);
    }
    store::add_settlement(&mut tx, &settlement, true).await?;
    let state = apply::state(&mut tx, settlement.changed()).await?;
    super::announce(&mut tx, &[settlement.changed()]).await?;
    let what = settlement.way.as_str().to_owned();
    let entry = Entry::ChangedAtCentral { what, subject: settlement.letter, by: settlement.by.clone() };
    audit::append(&mut tx, settlement.at, &entry).await?;
    for deed in before.into_iter().chain([Deed::HeldSettled(Box::new(settlement))]) {
        admin_log::record(&mut tx, &settler.administrator, &deed).await?;
    }
    tx.commit().await?;
    Ok(state)
}
