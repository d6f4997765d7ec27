//! Whether an operation counts: within the desk's scope ∩ its ceiling ∩ the roles of the clerk whom the desk states.
//!
//! Central cannot see who sits at a desk. It knows who signed in there with her password, in which roles she may act, and
//! what the desk was given: whatever goes beyond that counts for nothing. Called by `sync::accept`.

use std::collections::BTreeMap;

use domain::{
    ids::ClerkId,
    rights::{Act, Ceiling, RecordKind, Roles},
};
use sqlx::PgConnection;
use wire::v1::{Acting, OpBody, Operation};

use super::{
    store,
    then::{Rights, RightsThen},
};
use crate::{desks::Desk, letters};

/// Judges the operations of one push.
#[derive(Debug)]
pub struct Judge {
    now: Rights,
    /// In a restored database: what held when the desk sent them first, by the last operation that it held for.
    then: Vec<RightsThen>,
    asked: BTreeMap<ClerkId, Option<Roles>>,
}

impl Judge {
    /// A judge of what this desk sends.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(tx: &mut PgConnection, desk: &Desk) -> sqlx::Result<Self> {
        let (accounts, before) = store::any_and_then(tx, desk.id).await?;
        let then = if before { store::rights_then(tx, desk.id).await? } else { Vec::new() };
        let now = Rights { scope: desk.bounds.scope.clone(), ceiling: desk.bounds.ceiling.clone(), accounts };
        Ok(Self { now, then, asked: BTreeMap::new() })
    }

    /// Whether the operation is within scope, ceiling and roles.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn permits(
        &mut self,
        tx: &mut PgConnection,
        desk: &Desk,
        operation: &Operation,
        body: &OpBody,
    ) -> sqlx::Result<bool> {
        let is = match body.letter_id() {
            Some(letter) if !self.now.let_everything() || !self.then.is_empty() => {
                letters::record_kind(tx, letter).await?
            }
            Some(_) | None => None,
        };
        self.permits_of_kind(tx, desk, operation, body, is).await
    }

    /// As [`Judge::permits`], for whoever knows the kind of record that the operation's letter is; `None` for a letter that
    /// has not come.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn permits_of_kind(
        &mut self,
        tx: &mut PgConnection,
        desk: &Desk,
        operation: &Operation,
        body: &OpBody,
        is: Option<RecordKind>,
    ) -> sqlx::Result<bool> {
        let Some(act) = body.act() else { return Ok(true) };
        let then = self.place_of(operation);
        if self.rights(then).let_everything() {
            return Ok(true);
        }
        // What names no clerk or role of ours is stated by nobody we know.
        let Ok(stated) = operation.read_acting() else { return Ok(false) };
        let roles = match (&stated, then) {
            (Some(acting), Some(then)) => self.then[then].roles.get(&acting.clerk).cloned(),
            (Some(acting), None) => self.roles_of(tx, desk, acting.clerk).await?,
            (None, _) => None,
        };
        let Rights { scope, ceiling, accounts } = self.rights(then);
        let (is, becomes) = kinds(is, body);
        let within = scope.has(is) || !act.needs_scope();
        let may_act = may(*accounts, ceiling, roles.as_ref(), stated.as_ref(), act, is);
        let may_make = becomes.is_none_or(|kind| may_make(*accounts, ceiling, roles.as_ref(), kind));
        Ok(within && may_act && may_make)
    }

    /// What held when the operation was sent first; `None` for one that is new, and for one on another chain, as far as that
    /// can be seen.
    fn place_of(&self, operation: &Operation) -> Option<usize> {
        let place = self.then.iter().position(|then| operation.seq <= then.up_to.seq)?;
        let up_to = &self.then[place].up_to;
        (operation.seq < up_to.seq || operation.hash == up_to.hash).then_some(place)
    }

    fn rights(&self, then: Option<usize>) -> &Rights {
        then.map_or(&self.now, |then| &self.then[then].rights)
    }

    /// The desk's log has come so far: what held before that is of no more use.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn took(&self, tx: &mut PgConnection, desk: &Desk, up_to: u64) -> sqlx::Result<()> {
        if self.then.is_empty() { Ok(()) } else { store::forget_rights_then(tx, desk.id, up_to).await }
    }

    async fn roles_of(&mut self, tx: &mut PgConnection, desk: &Desk, clerk: ClerkId) -> sqlx::Result<Option<Roles>> {
        if let Some(known) = self.asked.get(&clerk) {
            return Ok(known.clone());
        }
        let roles = store::roles_at(tx, clerk, desk.id).await?;
        self.asked.insert(clerk, roles.clone());
        Ok(roles)
    }
}

/// `roles` are those of the stated clerk, if she is active and signed in at the desk once.
fn may(
    accounts: bool,
    ceiling: &Ceiling,
    roles: Option<&Roles>,
    stated: Option<&Acting>,
    act: Act,
    kind: RecordKind,
) -> bool {
    match stated {
        Some(Acting { role, .. }) => {
            ceiling.0.has(*role) && roles.is_some_and(|roles| roles.has(*role)) && role.may(act, kind)
        }
        None => !accounts && ceiling.0.for_act(act, kind).is_some(),
    }
}

/// Whether somebody may make a letter one of this kind: whoever corrects a complaint into a tax letter need not read tax letters.
fn may_make(accounts: bool, ceiling: &Ceiling, roles: Option<&Roles>, kind: RecordKind) -> bool {
    match roles {
        Some(roles) => ceiling.of(roles).for_making(kind).is_some(),
        None => !accounts && ceiling.0.for_making(kind).is_some(),
    }
}

/// The kind of record that the operation is about, and the kind that it makes of it where that is another.
fn kinds(is: Option<RecordKind>, body: &OpBody) -> (RecordKind, Option<RecordKind>) {
    let becomes = match body {
        OpBody::LetterRegistered { letter, .. } => Some(RecordKind::of_letter(letter.facts.kind.as_deref())),
        OpBody::LetterCorrected { facts, .. } => Some(RecordKind::of_letter(facts.kind.as_deref())),
        OpBody::LetterCancelled { .. }
        | OpBody::StageSet { .. }
        | OpBody::UnitSet { .. }
        | OpBody::ScanAttached { .. }
        | OpBody::TaskSettled { .. }
        | OpBody::CancellationDecided { .. }
        | OpBody::StatusKeyIssued { .. }
        | OpBody::SeriesReleased { .. }
        | OpBody::NumbersLost { .. }
        | OpBody::RecordViewed { .. }
        | OpBody::RecordsFound { .. }
        | OpBody::SignedIn { .. }
        | OpBody::AuditHeadSeen { .. } => None,
    };
    // A letter that has not come yet: judged as one of the general register, the rest when it is opened.
    let is = is.or(becomes).unwrap_or(RecordKind::Letters);
    (is, becomes.filter(|kind| *kind != is))
}

#[cfg(test)]
mod tests {
    use domain::rights::Role;
    use uuid::Uuid;

    use super::*;

    fn acting(role: Role) -> Acting {
        Acting { clerk: ClerkId(Uuid::from_u128(1)), role }
    }

    fn roles(list: &[Role]) -> Roles {
        list.iter().copied().collect()
    }

    #[test]
    fn a_right_needs_the_role_the_ceiling_and_the_table() {
        let (reception, both) = (roles(&[Role::Reception]), roles(&[Role::Reception, Role::TaxOfficer]));
        let (low, high) = (Ceiling(reception.clone()), Ceiling(both.clone()));
        let judge = |ceiling: &Ceiling, has: Option<&Roles>, role, act, kind| {
            may(true, ceiling, has, Some(&acting(role)), act, kind)
        };
        let general = RecordKind::Letters;
        assert!(judge(&high, Some(&both), Role::Reception, Act::Correct, general));
        assert!(!judge(&high, Some(&both), Role::Reception, Act::Correct, RecordKind::Tax), "not in the table");
        assert!(judge(&high, Some(&both), Role::TaxOfficer, Act::Correct, RecordKind::Tax));
        assert!(!judge(&low, Some(&both), Role::TaxOfficer, Act::Correct, RecordKind::Tax), "above the ceiling");
        assert!(!judge(&high, Some(&reception), Role::TaxOfficer, Act::Correct, RecordKind::Tax), "not her role");
        assert!(!judge(&high, None, Role::Reception, Act::Correct, general), "nobody we know");
    }

    #[test]
    fn nobody_stated_counts_only_in_an_office_without_accounts() {
        let all = Ceiling::all();
        assert!(may(false, &all, None, None, Act::Correct, RecordKind::Letters));
        assert!(!may(true, &all, None, None, Act::Correct, RecordKind::Letters));
        let reception = Ceiling(roles(&[Role::Reception]));
        assert!(!may(false, &reception, None, None, Act::Correct, RecordKind::Tax), "the ceiling holds all the same");
    }
}
