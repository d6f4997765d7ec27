//! A whole batch of plain operations decided in memory and written in a few statements: what central does most of the time.
//!
//! The rules are those of [`super::rules`]. Whatever is not plain (an overlap, a number that is taken, an operation that waited)
//! is no business of this file: the caller takes such a batch one operation after another ([`super::apply`]).

mod store;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{DeviceId, LetterId, OpId},
    rights::RecordKind,
};
use sqlx::PgConnection;
use wire::v1::{ChangeBody, OpBody, changes::ScanState};

use self::store::ScanRow;
use super::{
    rules::{Decision, Origin, Record, decide},
    store as letters,
};

/// Letters as a batch leaves them.
#[derive(Debug, Default)]
pub struct Letters {
    records: BTreeMap<LetterId, Record>,
    new: BTreeSet<LetterId>,
    changed: BTreeSet<LetterId>,
    scans: Vec<ScanRow>,
}

impl Letters {
    /// The letters that these operations are about, as they stand before them; `None` when something about them is not plain.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn before(tx: &mut PgConnection, bodies: &[&OpBody]) -> sqlx::Result<Option<Self>> {
        if !store::is_plain(tx, bodies).await? {
            return Ok(None);
        }
        let named: BTreeSet<LetterId> = bodies.iter().filter_map(|body| body.letter_id()).collect();
        let named: Vec<LetterId> = named.into_iter().collect();
        Ok(Some(Self { records: letters::load_all(tx, &named).await?, ..Self::default() }))
    }

    /// The kind of record that a letter is by now; `None` for one that is not there.
    pub fn kind_of(&self, letter: LetterId) -> Option<RecordKind> {
        self.records.get(&letter).map(|record| RecordKind::of_letter(record.state.facts.kind.as_deref()))
    }

    /// Applies an operation; `false` when it is not plain, and then these letters are of no more use.
    pub fn apply(&mut self, origin: Origin<'_>, op_id: OpId, body: &OpBody) -> bool {
        let Some(letter) = body.letter_id() else { return false };
        // What the page shows under the key before must go.
        if matches!(body, OpBody::StatusKeyIssued { .. }) {
            return false;
        }
        let known = self.records.remove(&letter);
        let before = known.clone();
        match (decide(known, origin, op_id, body), before) {
            (Decision::Nothing, Some(record)) => {
                self.records.insert(letter, record);
            }
            (Decision::Store(record, None), before) => {
                let set = if before.is_some() { &mut self.changed } else { &mut self.new };
                set.insert(letter);
                self.records.insert(letter, *record);
            }
            (Decision::AddScan(None), Some(mut record)) => {
                let Some(scan) = scan_of(body) else { return false };
                let device = origin.desk.map_or(DeviceId(uuid::Uuid::nil()), |(device, _)| device);
                self.scans.push(ScanRow { letter, device, scan: scan.clone() });
                record.state.scans.push(scan);
                self.records.insert(letter, record);
            }
            _ => return false,
        }
        true
    }

    /// Writes them; `false` when a number or a document's id is taken, and then the caller rolls back.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn write(&self, tx: &mut PgConnection) -> sqlx::Result<bool> {
        let of =
            |set: &BTreeSet<LetterId>| set.iter().filter_map(|letter| self.records.get(letter)).collect::<Vec<_>>();
        let changed: BTreeSet<LetterId> = self.changed.difference(&self.new).copied().collect();
        let (new, changed) = (of(&self.new), of(&changed));
        if !store::insert(tx, &new).await? {
            return Ok(false);
        }
        store::update(tx, &changed).await?;
        store::publish(tx, &[new, changed].concat()).await?;
        store::insert_scans(tx, &self.scans).await
    }

    /// What desks are told of them.
    pub fn into_changes(self) -> Vec<(LetterId, ChangeBody)> {
        let told = |(letter, record): (LetterId, Record)| (letter, ChangeBody::Letter(Box::new(record.state)));
        self.records.into_iter().map(told).collect()
    }
}

fn scan_of(body: &OpBody) -> Option<ScanState> {
    let OpBody::ScanAttached { scan_id, pages, bytes, sha256, by, at, .. } = body else { return None };
    Some(ScanState {
        scan_id: *scan_id,
        pages: *pages,
        bytes: *bytes,
        sha256: *sha256,
        by: by.clone(),
        at: *at,
        stored: false,
    })
}
