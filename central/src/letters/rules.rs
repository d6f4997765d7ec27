//! What an operation does to a letter: pure, so that every case stands in a table of tests.
//!
//! Paper exists: registering and attaching are applied whatever is wrong with them, and flagged. No clock decides.

use domain::{
    ids::{DeviceId, OpId},
    marks::{DocumentIdentifier, Teryt},
    party::PartyName,
    register::PointSymbol,
    stage::Stage,
};
use wire::v1::{
    LetterState, OpBody, Overlap, TaskReason, UnitChange, Versions,
    changes::{Cancellation, Correction, LastOps},
};

/// A letter and what central keeps of its status key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The letter as desks are told of it.
    pub state: LetterState,
    /// Hash of the status key.
    pub status_hash: [u8; 32],
    /// The erasure by which its content is gone.
    pub erased: Option<uuid::Uuid>,
}

/// Where an operation comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The office.
    pub office: &'a Teryt,
    /// The desk and the symbols that it may number under; `None` for central itself.
    pub desk: Option<(DeviceId, &'a [PointSymbol])>,
}

/// Why somebody must look, with both versions where two people said something of the same facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Why.
    pub reason: TaskReason,
    /// Both versions, for [`TaskReason::Overlap`] and [`TaskReason::ReentryDiffers`].
    pub overlap: Option<Overlap>,
}

impl From<TaskReason> for Flag {
    fn from(reason: TaskReason) -> Self {
        Self { reason, overlap: None }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Store the letter, and open a task where there is a flag.
    Store(Box<Record>, Option<Flag>),
    /// Add the operation's scan to the letter, and open a task where there is a flag.
    AddScan(Option<TaskReason>),
    /// Close the tasks that an operation opened, and store the letter where that changes it.
    Settle(OpId, Option<Box<Record>>),
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
        (
            _,
            OpBody::SeriesReleased { .. }
            | OpBody::NumbersLost { .. }
            | OpBody::RecordViewed { .. }
            | OpBody::RecordsFound { .. }
            | OpBody::SignedIn { .. }
            | OpBody::AuditHeadSeen { .. },
        ) => Decision::Nothing,
        (None, _) => Decision::Keep(TaskReason::LetterUnknown),
        (Some(mut known), OpBody::LetterCorrected { based_on, facts, reason, by, at, .. }) => {
            let state = &mut known.state;
            let overlaps = state.last_ops.intake != *based_on && state.facts != **facts;
            let earlier = Box::new(std::mem::replace(&mut state.facts, (**facts).clone()));
            let earlier_by = state.corrected.as_ref().map_or(&state.registered_by, |last| &last.by).clone();
            state.corrected = Some(Correction { reason: reason.clone(), by: by.clone(), at: *at });
            state.last_ops.intake = op_id;
            let versions = Versions::Intake { earlier, later: facts.clone() };
            Decision::store(known, overlaps.then_some(Overlap { earlier_by, versions }))
        }
        (Some(known), OpBody::LetterCancelled { reason, by, at, .. }) => {
            cancel(known, origin, Cancellation { reason: reason.clone(), by: by.clone(), at: *at })
        }
        (Some(mut known), OpBody::StageSet { based_on, stage, unit, by, at, .. }) => {
            let state = &mut known.state;
            let overlaps = state.last_ops.status != *based_on && state.stage != *stage;
            let earlier_by = std::mem::replace(&mut state.stage_changed_by, by.clone());
            let versions = Versions::Status { earlier: state.stage, later: *stage };
            state.stage = *stage;
            state.stage_changed_on = domain::calendar::civil_day(*at);
            state.last_ops.status = Some(op_id);
            if let UnitChange::Set(unit) = unit {
                set_unit(state, op_id, unit.clone(), by);
            }
            Decision::store(known, overlaps.then_some(Overlap { earlier_by, versions }))
        }
        (Some(mut known), OpBody::UnitSet { based_on, unit, by, .. }) => {
            let state = &mut known.state;
            let overlaps = state.last_ops.routing != *based_on && state.unit != *unit;
            let earlier_by = state.unit_set_by.as_ref().unwrap_or(&state.registered_by).clone();
            let versions = Versions::Routing { earlier: state.unit.clone(), later: unit.clone() };
            set_unit(state, op_id, unit.clone(), by);
            Decision::store(known, overlaps.then_some(Overlap { earlier_by, versions }))
        }
        (Some(mut known), OpBody::StatusKeyIssued { status_hash, .. }) => {
            known.status_hash = *status_hash;
            known.state.last_ops.key = Some(op_id);
            Decision::Store(Box::new(known), None)
        }
        (Some(_), OpBody::TaskSettled { task, .. }) => Decision::Settle(*task, None),
        (Some(mut known), OpBody::CancellationDecided { asked, granted, reason, by, at, .. }) => {
            let cancels = *granted && known.state.cancelled.is_none();
            if cancels {
                known.state.cancelled = Some(Cancellation { reason: reason.clone(), by: by.clone(), at: *at });
            }
            Decision::Settle(*asked, cancels.then(|| Box::new(known)))
        }
        (Some(known), OpBody::ScanAttached { .. }) => {
            Decision::AddScan(known.state.cancelled.is_some().then_some(TaskReason::LetterCancelled))
        }
    }
}

fn register(origin: Origin<'_>, op_id: OpId, body: &OpBody) -> Decision {
    let OpBody::LetterRegistered { letter, unit, status_hash } = body else {
        return Decision::Keep(TaskReason::Malformed);
    };
    let (Some((device, symbols)), true) = (origin.desk, letter.number.n > 0) else {
        return Decision::Keep(TaskReason::Malformed);
    };
    let flag = if !symbols.contains(&letter.number.symbol) {
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
        unit_set_by: None,
        corrected: None,
        cancelled: None,
        scans: Vec::new(),
        replaces: None,
        last_ops: LastOps { intake: op_id, routing: None, status: None, key: None },
        tasks: Vec::new(),
    };
    Decision::Store(Box::new(Record { state, status_hash: *status_hash, erased: None }), flag.map(Flag::from))
}

fn cancel(mut known: Record, origin: Origin<'_>, cancellation: Cancellation) -> Decision {
    let registering = origin.desk.is_none_or(|(device, _)| device == known.state.registered_on);
    if known.state.cancelled.is_some() {
        return Decision::Nothing;
    }
    if !registering {
        return Decision::Keep(TaskReason::NotTheRegisteringDesk);
    }
    let on_its_way = known.state.last_ops.routing.is_some() || known.state.stage != Stage::Registered;
    if on_its_way {
        return Decision::Keep(TaskReason::CancellationAsked);
    }
    known.state.cancelled = Some(cancellation);
    Decision::Store(Box::new(known), None)
}

/// Lets a desk's letter take the place of the one that central entered again under its number: the desk's facts win, what
/// the office decided meanwhile stays. The flag says where the two tell of the paper otherwise.
pub fn take_place_of(record: &mut Record, reentry: &LetterState) -> Option<Flag> {
    let state = &mut record.state;
    state.replaces = Some(reentry.id);
    state.stage = reentry.stage;
    state.stage_changed_on = reentry.stage_changed_on;
    state.stage_changed_by.clone_from(&reentry.stage_changed_by);
    if reentry.last_ops.routing.is_some() {
        state.unit.clone_from(&reentry.unit);
        state.unit_set_by.clone_from(&reentry.unit_set_by);
    }
    state.last_ops.routing = reentry.last_ops.routing;
    state.last_ops.status = reentry.last_ops.status;
    state.cancelled.clone_from(&reentry.cancelled);
    let (earlier, later) = (&reentry.facts, &state.facts);
    let named_otherwise = earlier.sender.name != PartyName::Unknown && earlier.sender.name != later.sender.name;
    let differs = named_otherwise || earlier.title != later.title || earlier.received_on != later.received_on;
    differs.then(|| Flag {
        reason: TaskReason::ReentryDiffers,
        overlap: Some(Overlap {
            earlier_by: reentry.registered_by.clone(),
            versions: Versions::Intake { earlier: Box::new(earlier.clone()), later: Box::new(later.clone()) },
        }),
    })
}

fn set_unit(state: &mut LetterState, op_id: OpId, unit: Option<String>, by: &str) {
    state.unit = unit;
    state.unit_set_by = Some(by.to_owned());
    state.last_ops.routing = Some(op_id);
}

impl Decision {
    fn store(known: Record, overlap: Option<Overlap>) -> Self {
        let flag = match overlap {
            Some(overlap) => Some(Flag { reason: TaskReason::Overlap, overlap: Some(overlap) }),
            None => known.state.cancelled.is_some().then(|| TaskReason::LetterCancelled.into()),
        };
        Self::Store(Box::new(known), flag)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{LetterId, ScanId},
        letter::{Letter, LetterFacts},
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
        LetterFacts::brief(
            Party { name: PartyName::Unknown, address: Address::default(), identifier: None },
            title.to_owned(),
            jiff::civil::date(2026, 11, 23),
        )
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
            unit: UnitChange::Keep,
            by: "B".to_owned(),
            at: at(),
        }
    }

    fn unit_set(based_on: Option<OpId>, unit: &str) -> OpBody {
        OpBody::UnitSet { letter_id: LETTER, based_on, unit: Some(unit.to_owned()), by: "C".to_owned(), at: at() }
    }

    fn corrected(based_on: OpId, title: &str) -> OpBody {
        OpBody::LetterCorrected {
            letter_id: LETTER,
            based_on,
            facts: Box::new(facts(title)),
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
        let (office, own) = (office(), [symbol(own)]);
        decide(known, Origin { office: &office, desk: Some((device, &own)) }, op_id, body)
    }

    fn stored(decision: Decision) -> (Record, Option<TaskReason>) {
        match decision {
            Decision::Store(record, flag) => (*record, flag.map(|flag| flag.reason)),
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
        assert_eq!(record.state.last_ops, LastOps { intake: op(1), routing: None, status: None, key: None });
        let (_, flag) = stored(decide_at(None, DESK, "K2", op(1), &registered(7)));
        assert_eq!(flag, Some(TaskReason::SymbolNotGranted));
        let OpBody::LetterRegistered { mut letter, unit, status_hash } = registered(7) else { panic!() };
        letter.identifier = DocumentIdentifier::of(&office(), &RegisterNumber { n: 8, ..letter.number.clone() });
        let body = OpBody::LetterRegistered { letter, unit, status_hash };
        assert_eq!(stored(decide_at(None, DESK, "K1", op(1), &body)).1, Some(TaskReason::IdentifierDiffers));
    }

    #[test]
    fn a_new_status_key_takes_the_place_of_the_one_before_and_changes_nothing_else() {
        let (status_hash, by) = ([9; 32], "B".to_owned());
        let body = OpBody::StatusKeyIssued { letter_id: LETTER, status_hash, by, at: at() };
        let (mut record, flag) = stored(decide_at(Some(known()), OTHER_DESK, "K2", op(7), &body));
        assert_eq!((record.status_hash, record.state.last_ops.key, flag), (status_hash, Some(op(7)), None));
        (record.status_hash, record.state.last_ops.key) = (known().status_hash, None);
        assert_eq!(record, known());
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
        for body in [stage_set(None), unit_set(None, "RF"), corrected(op(1), "second"), cancelled(), scan()] {
            assert_eq!(decide_at(None, DESK, "K1", op(5), &body), Decision::Keep(TaskReason::LetterUnknown));
        }
    }

    fn versions(decision: &Decision) -> Option<&Overlap> {
        match decision {
            Decision::Store(_, flag) => flag.as_ref()?.overlap.as_ref(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_change_on_another_base_is_applied_and_shows_both_versions() {
        let (record, flag) = stored(decide_at(Some(known()), OTHER_DESK, "K2", op(2), &stage_set(None)));
        assert_eq!((flag, record.state.stage), (None, Stage::InProgress));
        assert_eq!(record.state.stage_changed_on, jiff::civil::date(2026, 11, 25));
        let closed = OpBody::StageSet {
            letter_id: LETTER,
            based_on: None,
            stage: Stage::Closed,
            unit: UnitChange::Keep,
            by: "A".to_owned(),
            at: at(),
        };
        let decision = decide_at(Some(record), DESK, "K1", op(3), &closed);
        let both = Versions::Status { earlier: Stage::InProgress, later: Stage::Closed };
        assert_eq!(versions(&decision), Some(&Overlap { earlier_by: "B".to_owned(), versions: both }));
        let (record, flag) = stored(decision);
        assert_eq!((flag, record.state.last_ops.status), (Some(TaskReason::Overlap), Some(op(3))));

        let (record, flag) = stored(decide_at(Some(record), DESK, "K1", op(4), &corrected(op(1), "second")));
        assert_eq!((flag, record.state.facts.title.as_str()), (None, "second"));
        let decision = decide_at(Some(record), DESK, "K1", op(5), &corrected(op(1), "third"));
        let (earlier, later) = (Box::new(facts("second")), Box::new(facts("third")));
        let both = Overlap { earlier_by: "B".to_owned(), versions: Versions::Intake { earlier, later } };
        assert_eq!(versions(&decision), Some(&both));
        assert_eq!(stored(decision).1, Some(TaskReason::Overlap));
    }

    #[test]
    fn unit_stage_and_facts_are_changed_apart() {
        let mut record = known();
        for (n, body) in [(2, stage_set(None)), (3, unit_set(None, "RF")), (4, corrected(op(1), "second"))] {
            let (next, flag) = stored(decide_at(Some(record), OTHER_DESK, "K2", op(n), &body));
            assert_eq!(flag, None, "{body:?}");
            record = next;
        }
        let last = LastOps { intake: op(4), routing: Some(op(3)), status: Some(op(2)), key: None };
        assert_eq!(record.state.last_ops, last);
        let decision = decide_at(Some(record), DESK, "K1", op(5), &unit_set(None, "GK"));
        let both = Versions::Routing { earlier: Some("RF".to_owned()), later: Some("GK".to_owned()) };
        assert_eq!(versions(&decision), Some(&Overlap { earlier_by: "C".to_owned(), versions: both }));
    }

    #[test]
    fn two_who_say_the_same_do_not_overlap() {
        let (record, _) = stored(decide_at(Some(known()), OTHER_DESK, "K2", op(2), &stage_set(None)));
        let (record, flag) = stored(decide_at(Some(record), DESK, "K1", op(3), &stage_set(None)));
        assert_eq!((flag, record.state.last_ops.status), (None, Some(op(3))));
    }

    #[test]
    fn an_older_desk_sets_stage_and_unit_together() {
        let json = br#"{"kind":"stage_set","letterId":"00000000-0000-0000-0000-000000000003","basedOn":null,
            "stage":"in_progress","unit":null,"by":"B","at":"2026-11-24T23:30:00Z"}"#;
        let body: OpBody = serde_json::from_slice(json).expect("a body");
        let (record, _) = stored(decide_at(Some(known()), DESK, "K1", op(2), &body));
        assert_eq!((record.state.last_ops.routing, record.state.unit), (Some(op(2)), None));
    }

    #[test]
    fn a_cancellation_that_is_granted_cancels_and_one_that_is_refused_only_settles() {
        let decided = |granted| OpBody::CancellationDecided {
            letter_id: LETTER,
            asked: op(3),
            granted,
            reason: "r".to_owned(),
            by: "S".to_owned(),
            at: at(),
        };
        let Decision::Settle(task, Some(record)) = decide_at(Some(known()), OTHER_DESK, "K2", op(4), &decided(true))
        else {
            panic!("granted")
        };
        assert_eq!((task, record.state.cancelled.as_ref().map(|cancelled| cancelled.by.as_str())), (op(3), Some("S")));
        let again = decide_at(Some(*record), OTHER_DESK, "K2", op(5), &decided(true));
        assert_eq!(again, Decision::Settle(op(3), None), "cancelled once");
        let refused = decide_at(Some(known()), OTHER_DESK, "K2", op(4), &decided(false));
        assert_eq!(refused, Decision::Settle(op(3), None));
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
        let (routed, _) = stored(decide_at(Some(known()), DESK, "K1", op(2), &unit_set(None, "RF")));
        assert_eq!(
            decide_at(Some(routed), DESK, "K1", op(3), &cancelled()),
            Decision::Keep(TaskReason::CancellationAsked)
        );
    }
}
