//! What a desk hears of a letter that it may not hold: number and state.

use domain::{
    ids::{DeviceId, LetterId, OpId, ScanId},
    letter::{Access, Delivery, LetterFacts},
    marks::DocumentIdentifier,
    party::{Address, Party, PartyName},
    register::RegisterNumber,
    rights::{RecordKind, Scope},
    stage::Stage,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::changes::{Cancellation, LastOps, LetterState};

/// A letter outside a desk's scope. Nothing in it was typed by anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outline {
    /// Id.
    pub id: LetterId,
    /// Register number.
    pub number: RegisterNumber,
    /// Document identifier.
    pub identifier: DocumentIdentifier,
    /// Moment of registration: the place in the register.
    pub registered_at: Timestamp,
    /// The desk that registered it.
    pub registered_on: DeviceId,
    /// The kind of records that it belongs to.
    pub record_kind: RecordKind,
    /// Stage.
    pub stage: Stage,
    /// Day of the stage's last change, in Warsaw.
    pub stage_changed_on: Date,
    /// The operation that set the stage; `None` while only the registration has.
    pub status_op: Option<OpId>,
    /// Its number is cancelled.
    pub cancelled: bool,
    /// Documents whose verified bytes central holds: the desk that uploaded one may forget it.
    pub stored_scans: Vec<ScanId>,
    /// The letter that central had entered again while this one's desk was gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<LetterId>,
}

impl Outline {
    /// What remains of a letter for a desk with this scope; `None` when it may hold the letter whole. `now`: the kind that the
    /// letter has become since, by which a desk is no longer told what it once said.
    pub fn for_desk(state: &LetterState, now: RecordKind, scope: &Scope) -> Option<Self> {
        let then = RecordKind::of_letter(state.facts.kind.as_deref());
        let record_kind = [now, then].into_iter().find(|kind| !scope.has(*kind))?;
        Some(Self::of(state, record_kind))
    }

    /// Number and state of a letter.
    pub fn of(state: &LetterState, record_kind: RecordKind) -> Self {
        Self {
            id: state.id,
            number: state.number.clone(),
            identifier: state.identifier.clone(),
            registered_at: state.registered_at,
            registered_on: state.registered_on,
            record_kind,
            stage: state.stage,
            stage_changed_on: state.stage_changed_on,
            status_op: state.last_ops.status,
            cancelled: state.cancelled.is_some(),
            stored_scans: state.scans.iter().filter(|scan| scan.stored).map(|scan| scan.scan_id).collect(),
            replaces: state.replaces,
        }
    }

    /// The letter as the desk keeps it: every fact empty, its kind in the words of that kind.
    pub fn letter(&self) -> LetterState {
        let kind = match self.record_kind {
            RecordKind::Letters => None,
            RecordKind::TrustedProfile => Some("profil zaufany".to_owned()),
            RecordKind::Tax => Some("podatek".to_owned()),
        };
        LetterState {
            id: self.id,
            number: self.number.clone(),
            identifier: self.identifier.clone(),
            registered_at: self.registered_at,
            registered_by: String::new(),
            registered_on: self.registered_on,
            facts: LetterFacts {
                sender: Party { name: PartyName::Unknown, address: Address::default(), identifier: None },
                title: String::new(),
                letter_date: None,
                reference: None,
                received_on: domain::calendar::civil_day(self.registered_at),
                earlier_reason: None,
                posted_on: None,
                delivery: Delivery::InPerson,
                posting_number: None,
                attachments: 0,
                kind,
                access: Access::NonPublic,
                remarks: None,
                document_type: String::new(),
            },
            stage: self.stage,
            stage_changed_on: self.stage_changed_on,
            stage_changed_by: String::new(),
            unit: None,
            unit_set_by: None,
            corrected: None,
            cancelled: self.cancelled.then(|| Cancellation {
                reason: String::new(),
                by: String::new(),
                at: self.registered_at,
            }),
            scans: Vec::new(),
            replaces: self.replaces,
            // No operation: what the letter says is other than this, whatever it says.
            last_ops: LastOps { intake: OpId(Uuid::nil()), routing: None, status: self.status_op, key: None },
            tasks: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::golden::letter_state, *};

    fn scope(kinds: &[RecordKind]) -> Scope {
        kinds.iter().copied().collect()
    }

    #[test]
    fn a_letter_within_the_scope_is_told_whole_and_any_other_says_nothing() {
        let state = letter_state();
        let letters = scope(&[RecordKind::Letters]);
        assert_eq!(Outline::for_desk(&state, RecordKind::Letters, &letters), None);
        let outline = Outline::for_desk(&state, RecordKind::Tax, &letters).expect("it has become a tax letter");
        assert_eq!(outline.record_kind, RecordKind::Tax);
        let told = serde_json::to_string(&outline).expect("JSON");
        for said in [&state.facts.title, &state.registered_by, &state.stage_changed_by] {
            assert!(!said.is_empty() && !told.contains(said.as_str()), "{told}");
        }
        let taxes = scope(&[RecordKind::Tax]);
        let outline = Outline::for_desk(&state, RecordKind::Tax, &taxes).expect("what it said as a letter");
        assert_eq!(outline.record_kind, RecordKind::Letters);
    }

    #[test]
    fn an_outline_keeps_its_kind() {
        let state = letter_state();
        for kind in RecordKind::ALL.iter().copied() {
            let outline = Outline::for_desk(&state, kind, &scope(&[])).expect("nothing may be here");
            let letter = outline.letter();
            assert_eq!(RecordKind::of_letter(letter.facts.kind.as_deref()), kind);
            let cleared = LetterState { cancelled: state.cancelled.clone(), ..letter };
            assert_eq!((cleared.id, cleared.number), (state.id, state.number.clone()));
        }
    }
}
