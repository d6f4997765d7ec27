//! What the clerk decides about an open batch: page by page, about its end, or against it as a whole.

use domain::{
    ErrorCode,
    ids::BatchId,
    marks::DocumentIdentifier,
    register::{PointSymbol, Register, RegisterNumber},
    rights::Act,
    scan::{BatchEvent, PageDecision},
};

use super::{
    batch::{Batch, Decision, LetterFact},
    start::shown,
    store,
    view::{BatchView, GroupDecision},
};
use crate::{
    Desk, DeskError, DeskEvent,
    db::Tx,
    registers, session,
    vault::{self, Shelf},
};

fn refused<T>(code: ErrorCode) -> Result<T, DeskError> {
    Err(DeskError::Refused(code))
}

/// Decides about a group, counted from 0 as the batch was shown.
///
/// # Errors
/// [`ErrorCode::NotFound`] for an unknown batch, group or letter; [`ErrorCode::NotAllowedNow`] for a cancelled letter,
/// and for a decision that would answer nothing: joining what has no letter before it, keeping a broken page.
#[tracing::instrument(skip_all, err)]
pub async fn decide(
    desk: &Desk,
    batch_id: BatchId,
    group: usize,
    decision: GroupDecision,
) -> Result<BatchView, DeskError> {
    session::may_any(desk, Act::Scan)?;

    let mut tx = desk.begin().await?;
    let batch = Batch::of(desk, &mut tx, batch_id).await?;
    let group = batch.groups.get(group).ok_or(DeskError::Refused(ErrorCode::NotFound))?;
    let first = group.pages[0];
    let decision = match decision {
        GroupDecision::JoinPrevious => Decision { pages: vec![first], decision: PageDecision::Continues },
        GroupDecision::SetAside => Decision { pages: group.pages.clone(), decision: PageDecision::SetAside },
        GroupDecision::AssignTo { number } => {
            let letter = named(desk, &mut tx, &number).await?.ok_or(DeskError::Refused(ErrorCode::NotFound))?;
            if letter.cancelled {
                return refused(ErrorCode::NotAllowedNow);
            }
            Decision { pages: vec![first], decision: PageDecision::Starts { letter: letter.id } }
        }
    };
    store::insert_decision(&mut tx, batch.row.key, &decision).await?;
    let after = Batch::of(desk, &mut tx, batch_id).await?;
    if after.groups.iter().any(|group| group.pages[0] == first && group.question.is_some()) {
        return refused(ErrorCode::NotAllowedNow);
    }
    tx.commit().await?;

    told(desk, batch_id).await
}

/// Takes the last decision back.
///
/// # Errors
/// [`ErrorCode::NotAllowedNow`] when there is none.
#[tracing::instrument(skip_all, err)]
pub async fn undo(desk: &Desk, batch_id: BatchId) -> Result<BatchView, DeskError> {
    session::may_any(desk, Act::Scan)?;
    let mut tx = desk.begin().await?;
    let batch = Batch::of(desk, &mut tx, batch_id).await?;
    if !store::delete_last_decision(&mut tx, batch.row.key).await? {
        return refused(ErrorCode::NotAllowedNow);
    }
    tx.commit().await?;

    told(desk, batch_id).await
}

/// The clerk has looked at the last page: it is the last of the stack.
///
/// # Errors
/// [`ErrorCode::NotAllowedNow`] unless the end of the batch is uncertain.
#[tracing::instrument(skip_all, err)]
pub async fn accept_incomplete(desk: &Desk, batch_id: BatchId) -> Result<BatchView, DeskError> {
    session::may_any(desk, Act::Scan)?;
    let mut tx = desk.begin().await?;
    let batch = Batch::of(desk, &mut tx, batch_id).await?;
    let state = batch.state.on(BatchEvent::SaidComplete).map_err(|_| DeskError::Refused(ErrorCode::NotAllowedNow))?;
    store::set_state(&mut tx, batch.row.key, state).await?;
    tx.commit().await?;

    told(desk, batch_id).await
}

/// Throws an open batch away, with its pages. While pages are coming, stop first.
///
/// # Errors
/// [`ErrorCode::NotAllowedNow`] while pages are coming; [`ErrorCode::NotFound`].
#[tracing::instrument(skip_all, err)]
pub async fn discard(desk: &Desk, batch_id: BatchId) -> Result<(), DeskError> {
    session::may_any(desk, Act::Scan)?;
    let mut tx = desk.begin().await?;
    let batch = Batch::of(desk, &mut tx, batch_id).await?;
    let state = batch.state.on(BatchEvent::Discarded).map_err(|_| DeskError::Refused(ErrorCode::NotAllowedNow))?;
    store::set_state(&mut tx, batch.row.key, state).await?;
    store::forget_decisions(&mut tx, batch.row.key).await?;
    tx.commit().await?;

    desk.announce(DeskEvent::BatchChanged { batch_id });
    if let Err(error) = forget_discarded(desk).await {
        tracing::warn!(%error, "files of a discarded batch stay until the next start");
    }
    Ok(())
}

/// Deletes the files of discarded batches, then their rows: what is cut in between goes on at the next start.
pub(super) async fn forget_discarded(desk: &Desk) -> Result<(), DeskError> {
    let pages = store::discarded_pages(&mut *desk.read().await?).await?;
    if pages.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = pages.iter().map(|page| page.0).collect();
    vault::remove(desk, Shelf::Thumbnails, ids.clone()).await?;
    vault::remove(desk, Shelf::Pages, ids).await?;
    let mut tx = desk.begin().await?;
    store::forget_pages(&mut tx, &pages).await?;
    tx.commit().await?;
    Ok(())
}

async fn told(desk: &Desk, id: BatchId) -> Result<BatchView, DeskError> {
    desk.announce(DeskEvent::BatchChanged { batch_id: id });
    shown(desk, desk.begin().await?, id).await
}

// A register number as people shorten it, or a label's identifier as typed or read.
async fn named(desk: &Desk, tx: &mut Tx, typed: &str) -> Result<Option<LetterFact>, DeskError> {
    let typed = typed.trim();
    let settings = desk.settings();
    if let Some(mark) = settings.teryt.as_ref().and_then(|office| DocumentIdentifier::read(office, typed).ok()) {
        return store::letter_bearing(tx, &mark).await;
    }
    let (today, _) = registers::look_at_day(desk, tx).await?;
    let number = numbered(typed, settings.register_symbol(Register::Incoming), &settings.symbol, today.year());
    match number {
        Some(number) => store::letter_numbered(tx, &number).await,
        None => Ok(None),
    }
}

// `12`, `12/2026`, `RPW/12/2026`, `RPW/K1/12/2026`.
fn numbered(typed: &str, register: &str, own: &PointSymbol, this_year: i16) -> Option<RegisterNumber> {
    let parts: Vec<&str> = typed.split('/').map(str::trim).collect();
    let (head, n, year) = match parts.as_slice() {
        [n] => (&[][..], *n, this_year),
        [head @ .., n, year] => (head, *n, year.parse().ok()?),
        [] => return None,
    };
    let symbol = match head {
        [] => own.clone(),
        [name] if name.eq_ignore_ascii_case(register) => own.clone(),
        [name, symbol] if name.eq_ignore_ascii_case(register) => PointSymbol::try_from(symbol.to_uppercase()).ok()?,
        [..] => return None,
    };
    Some(RegisterNumber { register: Register::Incoming, symbol, year, n: n.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_typed_short_or_long() {
        let own = PointSymbol::try_from("K1".to_owned()).expect("a symbol");
        let read = |typed: &str| numbered(typed, "RPW", &own, 2026).map(|number| number.display("RPW"));
        for typed in ["12", " 12 ", "12/2026", "RPW/12/2026", "rpw/k1/12/2026", "RPW / K1 / 12 / 2026"] {
            assert_eq!(read(typed).as_deref(), Some("RPW/K1/12/2026"), "{typed}");
        }
        assert_eq!(read("RPW/K2/7/2025").as_deref(), Some("RPW/K2/7/2025"));
        for typed in ["", "x", "12/", "-3", "RPWych/12/2026", "K1/12/2026", "RPW/K1/12/2026/1"] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }
}
