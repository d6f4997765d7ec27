//! Letters of other desks that this desk does not know yet, entered a page at once: what a new desk does with everything.
//! Called by `sync` inside its transaction. What is not plain goes one letter after another ([`super::pulled`]).

mod store;

use std::collections::{BTreeMap, BTreeSet};

use domain::{calendar, ids::LetterId};
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use wire::v1::{LetterState, changes::LastOps};

use super::{
    pulled::{cancellation_of, letter_of},
    view::HistoryKind,
};
use crate::{Desk, DeskError};

/// Those of the letters that stand in the register.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn known_among(
    db: &mut SqliteConnection,
    letters: &[LetterId],
) -> Result<BTreeSet<LetterId>, DeskError> {
    Ok(store::known_among(db, &serde_json::to_string(&hex_of(letters))?).await?)
}

/// Whether a letter that is not known can be entered without a look at anything else.
pub(crate) fn is_plain(state: &LetterState) -> bool {
    state.replaces.is_none() && state.tasks.is_empty() && !state.is_outline()
}

/// Those of the letters by which central says just what this desk registered: there is nothing to take over from them.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn echoes_among(
    db: &mut SqliteConnection,
    letters: &[&LetterState],
) -> Result<BTreeSet<LetterId>, DeskError> {
    let untouched: BTreeMap<LetterId, &LetterState> =
        letters.iter().filter(|state| is_untouched(state)).map(|state| (state.id, *state)).collect();
    if untouched.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<LetterId> = untouched.keys().copied().collect();
    let own = store::own_among(db, &serde_json::to_string(&hex_of(&ids))?).await?;
    let is_same = |own: &store::Own| {
        untouched.get(&own.id).is_some_and(|state| {
            own.intake == state.last_ops.intake
                && own.stage == state.stage.as_str()
                && own.unit == state.unit
                && own.stage_changed_on == state.stage_changed_on.to_string()
        })
    };
    Ok(own.iter().filter(|own| is_same(own)).map(|own| own.id).collect())
}

// Nothing happened to it since it was registered.
fn is_untouched(state: &LetterState) -> bool {
    let LastOps { intake: _, routing, status, key } = state.last_ops;
    is_plain(state)
        && state.scans.is_empty()
        && state.cancelled.is_none()
        && state.corrected.is_none()
        && [routing, status, key].iter().all(Option::is_none)
}

/// Enters the letters with their search words and the lines of their history; one whose number stands here already is left out, as
/// by [`super::pulled`].
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn enter_all(
    desk: &Desk,
    db: &mut SqliteConnection,
    letters: &[&LetterState],
) -> Result<(), DeskError> {
    if letters.is_empty() {
        return Ok(());
    }
    let (mut rows, mut words, mut lines, mut noted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let now = desk.now().to_string();
    for state in letters {
        let letter = letter_of(state);
        let id = hex(state.id.0);
        let told = |who: &str, what: &HistoryKind, at: &str| -> Result<Value, DeskError> {
            Ok(json!([id, at, who, serde_json::to_string(what)?]))
        };
        lines.push(told(&state.registered_by, &HistoryKind::Registered, &state.registered_at.to_string())?);
        if state.last_ops.routing.is_some() {
            let by = state.unit_set_by.as_deref().unwrap_or_default();
            lines.push(told(by, &HistoryKind::UnitSet { unit: state.unit.clone() }, &now)?);
        }
        if state.last_ops.status.is_some() {
            lines.push(told(&state.stage_changed_by, &HistoryKind::StageSet { stage: state.stage }, &now)?);
        }
        let LastOps { routing, status, key, .. } = state.last_ops;
        noted.extend([routing, status, key].into_iter().flatten().map(|op| hex(op.0)));
        let cancelled = state.cancelled.as_ref().map(cancellation_of);
        // In the order of the columns in `store::insert`.
        rows.push(json!([
            id,
            state.number.register.as_str(),
            state.number.symbol.as_str(),
            state.number.year,
            state.number.n,
            state.identifier.as_str(),
            state.registered_at.to_string(),
            state.registered_by,
            hex(state.registered_on.0),
            calendar::civil_day(state.registered_at).to_string(),
            serde_json::to_string(&state.facts)?,
            state.facts.sender.name.display(),
            state.facts.title,
            state.facts.reference,
            state.facts.received_on.to_string(),
            state.stage.as_str(),
            state.unit,
            state.stage_changed_on.to_string(),
            cancelled.map(|one| serde_json::to_string(&one)).transpose()?,
            hex(state.last_ops.intake.0),
        ]));
        words.push(json!([id, super::words_of(desk, &letter)]));
    }
    store::insert(db, &Value::Array(rows).to_string()).await?;
    store::index(db, &Value::Array(words).to_string()).await?;
    store::note(db, &Value::Array(lines).to_string()).await?;
    Ok(store::set_noted(db, &serde_json::to_string(&noted)?).await?)
}

fn hex(id: uuid::Uuid) -> String {
    id.simple().to_string()
}

fn hex_of(letters: &[LetterId]) -> Vec<String> {
    letters.iter().map(|letter| hex(letter.0)).collect()
}
