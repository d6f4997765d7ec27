//! A batch in which everything is plain, written in a few statements. Anything else goes one operation after another.

use jiff::Timestamp;
use sqlx::{Acquire, PgConnection};
use wire::{
    core::push::{Fresh, Outcome, Taking},
    v1::{ChangeBody, OpBody},
};

use super::store;
use crate::{
    accounts::Judge,
    desks::Desk,
    letters::{apply::Origin, batch::Letters},
    symbols,
};
use domain::{ids::LetterId, marks::Teryt};

/// What desks are told of the letters of a batch.
pub(super) type Told = Vec<(LetterId, ChangeBody)>;

/// Keeps and applies the whole batch; `None` when something in it is not plain, and then nothing was done.
///
/// # Errors
/// Those of the database; nothing was done then, either.
pub(super) async fn take_all(
    tx: &mut PgConnection,
    office: &Teryt,
    desk: &Desk,
    rights: &mut Judge,
    taking: &Taking<'_>,
    now: Timestamp,
) -> sqlx::Result<Option<Told>> {
    let fresh = taking.fresh();
    let bodies: Option<Vec<&OpBody>> = fresh.iter().map(|fresh| fresh.body.as_ref()).collect();
    let Some(bodies) = bodies.filter(|bodies| !bodies.is_empty()) else { return Ok(None) };
    let Some(mut letters) = Letters::before(tx, &bodies).await? else { return Ok(None) };
    let symbols = symbols::numbered_by(tx, desk.id).await?;
    let origin = Origin { office, desk: Some((desk.id, &symbols)) };
    for (one, body) in fresh.iter().zip(&bodies) {
        let kind = body.letter_id().and_then(|letter| letters.kind_of(letter));
        if !rights.permits_of_kind(tx, desk, one.operation, body, kind).await? {
            return Ok(None);
        }
        if !body.is_audit() && !letters.apply(origin, one.operation.op_id, body) {
            return Ok(None);
        }
    }

    let mut savepoint = tx.begin().await?;
    if !letters.write(&mut savepoint).await? {
        savepoint.rollback().await?;
        return Ok(None);
    }
    let rows: Vec<_> = fresh.iter().map(|one| (one.operation, Fresh::letter_id(one))).collect();
    store::add_operations(&mut savepoint, desk.id, &rows, now, Outcome::Applied).await?;
    savepoint.commit().await?;
    Ok(Some(letters.into_changes()))
}
