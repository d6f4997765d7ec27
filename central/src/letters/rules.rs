//! What an operation does to a letter: pure, so that every case stands in a table of tests.
//!
//! Paper exists: registering and attaching are applied whatever is wrong with them, and flagged. No clock decides.

use domain::{
    ids::{DeviceId, OpId},
    marks::{DocumentIdentifier, Teryt},
    register::PointSymbol,
    stage::Stage,
};
use wire::v1::{
    LetterState, OpBody, TaskReason,
    changes::{Cancellation, LastOps},
};

/// A letter and what central keeps of its status key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The letter as desks are told of it.
    pub state: LetterState,
    /// Hash of the status key.
    pub status_hash: [u8; 32],
}

/// Where an operation comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The office.
    pub office: &'a Teryt,
    /// The desk and its own symbol; `None` for central itself.
    pub desk: Option<(DeviceId, &'a PointSymbol)>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Store the letter, and open a task where there is a flag.
    Store(Box<Record>, Option<TaskReason>),
    /// Add the operation's scan to the letter, and open a task where there is a flag.
    AddScan(Option<TaskReason>),
    /// Nothing changes: it was so already.
    Nothing,
    /// Keep the operation and open a task.
    Keep(TaskReason),
}

/// Decides on one operation. `known` is the letter it names, if central has it.
pub fn decide(known: Option<Record>, origin: Origin<'_>, op_id: OpId, body: &OpBody) -> Decision {
    match (known, body) {
        (None, OpBody::LetterRegistered { .. }) => register(origin, op_id, body),
        (Some(known), OpBody::LetterRegistered { letter, status_hash, .. }) => {
            let same = known.state.number == letter.number
                && known.state.registered_at == letter.registered_at
                && known.status_hash == *status_hash;
            if same { Decision::Nothing } else { Decision::Keep(TaskReason::LetterRegisteredTwice) }
        }
        (None, _) => Decision::Keep(TaskReason::LetterUnknown),
        (Some(mut known), OpBody::LetterCorrected { based_on, facts, .. }) => {
            let overlaps = known.state.last_ops.intake != *based_on;
            let flag = flag(&known, overlaps);
            known.state.facts = (**facts).clone();
            known.state.last_ops.intake = op_id;
            Decision::Store(Box::new(known), flag)
        }
        (Some(known), OpBody::LetterCancelled { reason, by, at, .. }) => {
            cancel(known, origin, Cancellation { reason: reason.clone(), by: by.clone(), at: *at })
        }
        (Some(mut known), OpBody::StageSet { based_on, stage, unit, by, at, .. }) => {
            let overlaps = known.state.last_ops.status != *based_on;
            let flag = flag(&known, overlaps);
            known.state.stage = *stage;
            known.state.unit.clone_from(unit);
            known.state.stage_changed_on = domain::calendar::civil_day(*at);
            known.state.stage_changed_by.clone_from(by);
            known.state.last_ops.routing = Some(op_id);
            known.state.last_ops.status = Some(op_id);
            Decision::Store(Box::new(known), flag)
        }
        (Some(known), OpBody::ScanAttached { .. }) => Decision::AddScan(flag(&known, false)),
    }
}

fn register(origin: Origin<'_>, op_id: OpId, body: &OpBody) -> Decision {
    let OpBody::LetterRegistered { letter, unit, status_hash } = body else {
        return Decision::Keep(TaskReason::Malformed);
    };
    let (Some((device, symbol)), true) = (origin.desk, letter.number.n > 0) else {
        return Decision::Keep(TaskReason::Malformed);
    };
    let flag = if letter.number.symbol != *symbol {
        Some(TaskReason::SymbolNotGranted)
    } else if letter.identifier != DocumentIdentifier::of(origin.office, &letter.number) {
        Some(TaskReason::IdentifierDiffers)
    } else {
        None
    };
    let state = LetterState {
        id: letter.id,
        number: letter.number.clone(),
        identifier: letter.identifier.clone(),
        registered_at: letter.registered_at,
        registered_by: letter.registered_by.clone(),
        registered_on: device,
        facts: letter.facts.clone(),
        stage: Stage::Registered,
        stage_changed_on: domain::calendar::civil_day(letter.registered_at),
        stage_changed_by: letter.registered_by.clone(),
        unit: unit.clone(),
        cancelled: None,
        scans: Vec::new(),
        last_ops: LastOps { intake: op_id, routing: None, status: None },
        tasks: Vec::new(),
    };
    Decision::Store(Box::new(Record { state, status_hash: *status_hash }), flag)
}

fn cancel(mut known: Record, origin: Origin<'_>, cancellation: Cancellation) -> Decision {
    let registering = origin.desk.is_none_or(|(device, _)| device == known.state.registered_on);
    if known.state.cancelled.is_some() {
        return Decision::Nothing;
    }
    if !registering {
        return Decision::Keep(TaskReason::NotTheRegisteringDesk);
    }
    if known.state.last_ops.routing.is_some() {
        return Decision::Keep(TaskReason::CancellationAsked);
    }
    known.state.cancelled = Some(cancellation);
    Decision::Store(Box::new(known), None)
}

fn flag(known: &Record, overlaps: bool) -> Option<TaskReason> {
    if overlaps {
        Some(TaskReason::Overlap)
    } else if known.state.cancelled.is_some() {
        Some(TaskReason::LetterCancelled)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{LetterId, ScanId},
        letter::{Access, Delivery, Letter, LetterFacts},
        party::{Address, Party, PartyName},
        register::{Register, RegisterNumber},
    };
    use uuid::Uuid;

    use super::*;

    const DESK: DeviceId = DeviceId(Uuid::from_u128(1));
    const OTHER_DESK: DeviceId = DeviceId(Uuid::from_u128(2));
    const LETTER: LetterId = LetterId(Uuid::from_u128(3));

    fn op(n: u128) -> OpId {
        OpId(Uuid::from_u128(n))
    }

    fn office() -> Teryt {
        Teryt::try_from("2404082".to_owned()).expect("teryt")
    }

    fn symbol(text: &str) -> PointSymbol {
        PointSymbol::try_from(text.to_owned()).expect("symbol")
    }

    fn facts(title: &str) -> LetterFacts {
        LetterFacts {
            sender: Party { name: PartyName::Unknown, address: Address::default(), identifier: None },
            title: title.to_owned(),
            letter_date: None,
            reference: None,
            received_on: jiff::civil::date(2026, 11, 23),
            earlier_reason: None,
            posted_on: None,
            delivery: Delivery::InPerson,
            posting_number: None,
            attachments: 0,
            kind: None,
            access: Access::NonPublic,
            remarks: None,
            document_type: "Text".to_owned(),
        }
    }

    fn registered(n: u32) -> OpBody {
        let number = RegisterNumber { register: Register::Incoming, symbol: symbol("K1"), year: 2026, n };
        OpBody::LetterRegistered {
            letter: Box::new(Letter {
                id: LETTER,
                identifier: DocumentIdentifier::of(&office(), &number),
                number,
                registered_at: "2026-11-23T08:00:00Z".parse().expect("instant"),
                registered_by: "A".to_owned(),
                facts: facts("first"),
            }),
            unit: None,
            status_hash: [1; 32],
        }
    }

    fn at() -> jiff::Timestamp {
        "2026-11-24T23:30:00Z".parse().expect("instant")
    }

    fn stage_set(based_on: Option<OpId>) -> OpBody {
        OpBody::StageSet {
            letter_id: LETTER,
            based_on,
            stage: Stage::InProgress,
            unit: Some("RF".to_owned()),
            by: "B".to_owned(),
            at: at(),
        }
    }

    fn corrected(based_on: OpId) -> OpBody {
        OpBody::LetterCorrected {
            letter_id: LETTER,
            based_on,
            facts: Box::new(facts("second")),
            reason: "r".to_owned(),
            by: "B".to_owned(),
            at: at(),
        }
    }

    fn cancelled() -> OpBody {
        OpBody::LetterCancelled { letter_id: LETTER, reason: "r".to_owned(), by: "B".to_owned(), at: at() }
    }

    fn scan() -> OpBody {
        OpBody::ScanAttached {
            scan_id: ScanId(Uuid::from_u128(9)),
            letter_id: LETTER,
            pages: 1,
            bytes: 10,
            sha256: [2; 32],
            by: "B".to_owned(),
            at: at(),
        }
    }

    fn decide_at(known: Option<Record>, device: DeviceId, own: &str, op_id: OpId, body: &OpBody) -> Decision {
        let (office, own) = (office(), symbol(own));
        decide(known, Origin { office: &office, desk: Some((device, &own)) }, op_id, body)
    }

    fn stored(decision: Decision) -> (Record, Option<TaskReason>) {
        match decision {
            Decision::Store(record, flag) => (*record, flag),
            other => panic!("{other:?}"),
        }
    }

    fn known() -> Record {
        stored(decide_at(None, DESK, "K1", op(1), &registered(7))).0
    }

    #[test]
    fn registering_is_applied_whatever_is_wrong() {
        let (record, flag) = stored(decide_at(None, DESK, "K1", op(1), &registered(7)));
        assert_eq!(flag, None);
        assert_eq!(record.state.stage, Stage::Registered);
        assert_eq!(record.state.last_ops, LastOps { intake: op(1), routing: None, status: None });
        let (_, flag) = stored(decide_at(None, DESK, "K2", op(1), &registered(7)));
        assert_eq!(flag, Some(TaskReason::SymbolNotGranted));
        let OpBody::LetterRegistered { mut letter, unit, status_hash } = registered(7) else { panic!() };
        letter.identifier = DocumentIdentifier::of(&office(), &RegisterNumber { n: 8, ..letter.number.clone() });
        let body = OpBody::LetterRegistered { letter, unit, status_hash };
        assert_eq!(stored(decide_at(None, DESK, "K1", op(1), &body)).1, Some(TaskReason::IdentifierDiffers));
    }

    #[test]
    fn a_number_of_zero_and_a_letter_of_nobody_are_kept() {
        assert_eq!(decide_at(None, DESK, "K1", op(1), &registered(0)), Decision::Keep(TaskReason::Malformed));
        let office = office();
        let central = Origin { office: &office, desk: None };
        assert_eq!(decide(None, central, op(1), &registered(7)), Decision::Keep(TaskReason::Malformed));
    }

    #[test]
    fn the_same_letter_twice_changes_nothing_and_another_under_its_id_is_kept() {
        assert_eq!(decide_at(Some(known()), DESK, "K1", op(5), &registered(7)), Decision::Nothing);
        assert_eq!(
            decide_at(Some(known()), DESK, "K1", op(5), &registered(8)),
            Decision::Keep(TaskReason::LetterRegisteredTwice)
        );
    }

    #[test]
    fn what_names_an_unknown_letter_waits_for_it() {
        for body in [stage_set(None), corrected(op(1)), cancelled(), scan()] {
            assert_eq!(decide_at(None, DESK, "K1", op(5), &body), Decision::Keep(TaskReason::LetterUnknown));
        }
    }

    #[test]
    fn a_change_on_another_base_is_applied_and_flagged() {
        let (record, flag) = stored(decide_at(Some(known()), OTHER_DESK, "K2", op(2), &stage_set(None)));
        assert_eq!((flag, record.state.stage), (None, Stage::InProgress));
        assert_eq!(record.state.stage_changed_on, jiff::civil::date(2026, 11, 25));
        let (record, flag) = stored(decide_at(Some(record), DESK, "K1", op(3), &stage_set(None)));
        assert_eq!((flag, record.state.last_ops.status), (Some(TaskReason::Overlap), Some(op(3))));

        let (record, flag) = stored(decide_at(Some(record), DESK, "K1", op(4), &corrected(op(1))));
        assert_eq!((flag, record.state.facts.title.as_str()), (None, "second"));
        assert_eq!(stored(decide_at(Some(record), DESK, "K1", op(5), &corrected(op(1)))).1, Some(TaskReason::Overlap));
    }

    #[test]
    fn only_the_registering_desk_cancels_and_only_before_routing() {
        let (record, flag) = stored(decide_at(Some(known()), DESK, "K1", op(2), &cancelled()));
        assert_eq!((flag, record.state.cancelled.is_some()), (None, true));
        assert_eq!(decide_at(Some(record.clone()), DESK, "K1", op(3), &cancelled()), Decision::Nothing);
        assert_eq!(
            decide_at(Some(record), DESK, "K1", op(3), &scan()),
            Decision::AddScan(Some(TaskReason::LetterCancelled))
        );
        assert_eq!(
            decide_at(Some(known()), OTHER_DESK, "K2", op(2), &cancelled()),
            Decision::Keep(TaskReason::NotTheRegisteringDesk)
        );
        let (routed, _) = stored(decide_at(Some(known()), DESK, "K1", op(2), &stage_set(None)));
        assert_eq!(
            decide_at(Some(routed), DESK, "K1", op(3), &cancelled()),
            Decision::Keep(TaskReason::CancellationAsked)
        );
    }
}
