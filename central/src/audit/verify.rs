//! Compares the audit with everything that it binds: its own chain, the desks' logs, the administrator's log, and the heads
//! that desks (and day sheets) kept. What was removed, changed or swapped before the last head that anybody kept is found.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{DeviceId, LetterId},
    marks::Teryt,
};
use jiff::civil::Date;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;
use wire::v1::{AuditHead, HeadSeen, LogOf, OpBody, Operation, Tip, audit::entry_hash, bytes::to_hex};

use super::{Entry, store};
use crate::admin_log::{self, AdminLogError, LogFile};

const SLICE: i64 = 1_000;

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Finding {
    /// An entry is not there.
    EntryMissing {
        /// Its number.
        n: u64,
    },
    /// An entry is not what its hash says, or does not follow the one before.
    EntryChanged {
        /// Its number.
        n: u64,
    },
    /// The chain does not end where the office's row says.
    EndDiffers {
        /// The number that the row names.
        n: u64,
    },
    /// An operation of a desk's log is not there.
    OperationMissing {
        /// The desk.
        desk: DeviceId,
        /// Its number.
        seq: u64,
    },
    /// An operation is not what its hash says, or does not follow the one before.
    OperationChanged {
        /// The desk.
        desk: DeviceId,
        /// Its number.
        seq: u64,
    },
    /// An entry witnesses another operation than the log holds, or the log holds one that no entry witnesses.
    BatchDiffers {
        /// The desk.
        desk: DeviceId,
        /// The operation's number.
        seq: u64,
    },
    /// An administrator's deed is another one in the administrator's log.
    DeedDiffers {
        /// Its number there.
        n: u64,
    },
    /// Somebody kept another head than the chain has.
    HeadDiffers {
        /// The head's number.
        n: u64,
        /// The day on which it was kept.
        day: Date,
    },
}

/// The chain began anew after a restore: what came behind the restored copy is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Break {
    /// The epoch that ended.
    pub epoch: Uuid,
    /// The last entry before the new epoch was noted; those that were written between the restore and this are among them.
    pub last: u64,
    /// Numbers of kept heads that are gone.
    pub kept_behind: Vec<u64>,
}

/// What was compared, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Entries of central's own chain.
    pub entries: u64,
    /// Operations of the desks' logs.
    pub operations: u64,
    /// Heads that desks or day sheets kept.
    pub heads: u64,
    /// The last kept head that the chain has: whatever is older cannot have been changed unnoticed.
    pub proved_up_to: u64,
    /// Breaks by a restore.
    pub breaks: Vec<Break>,
    /// What does not fit.
    pub findings: Vec<Finding>,
}

/// Compares everything with everything. `kept`: heads from day sheets, beside those in the desks' logs.
///
/// # Errors
/// Those of the database and of the administrator's log.
pub async fn verify(pool: &PgPool, file: Option<&LogFile>, kept: &[HeadSeen]) -> Result<Verified, AdminLogError> {
    // One moment, and nobody waits for it.
    let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    let tx = &mut tx;
    let (office, end) = store::look(tx).await?;
    let mut told = Verified::default();
    let chain = own_chain(tx, &office, &end, &mut told).await?;
    let mut heads = kept.to_vec();
    logs(tx, &office, &chain, &mut told, &mut heads).await?;
    if let Some(file) = file {
        deeds(file, &chain, &mut told)?;
    }
    held(tx, &office, &chain, &mut told).await?;
    let epoch = store::epoch(tx).await?;
    compare_heads(&chain, epoch, &heads, &mut told);
    Ok(told)
}

/// What is known of the chain once it was read.
#[derive(Default)]
struct Chain {
    hashes: Vec<[u8; 32]>,
    /// The last operation of each batch, by desk.
    batches: BTreeMap<DeviceId, Vec<(u64, Tip)>>,
    /// The last operation of each batch in the hold.
    held: Vec<(DeviceId, Tip)>,
    deeds: Vec<(u64, String)>,
    /// Where epochs end: the epoch, and its last entry.
    epochs: Vec<(Uuid, u64)>,
}

async fn own_chain(
    tx: &mut PgConnection,
    office: &Teryt,
    end: &AuditHead,
    told: &mut Verified,
) -> Result<Chain, AdminLogError> {
    let mut chain = Chain::default();
    let mut head = AuditHead::START;
    loop {
        let slice = store::chain(tx, head.n, SLICE).await?;
        if slice.is_empty() {
            break;
        }
        for entry in slice {
            for n in head.n + 1..entry.n {
                told.findings.push(Finding::EntryMissing { n });
                chain.hashes.push([0; 32]);
            }
            let hash = entry_hash(office, &head.hash, entry.n, entry.at, entry.body.as_bytes());
            // What follows a changed entry is compared with what stands there: one change is one finding.
            let stored: [u8; 32] = entry.hash.clone().try_into().unwrap_or_default();
            if hash != stored && head.n + 1 == entry.n {
                told.findings.push(Finding::EntryChanged { n: entry.n });
            }
            chain.hashes.push(stored);
            head = AuditHead { n: entry.n, hash: stored };
            told.entries += 1;
            match serde_json::from_str::<Entry>(&entry.body) {
                Ok(Entry::BatchTaken { desk, first, last }) => {
                    chain.batches.entry(desk).or_default().push((first, last));
                }
                Ok(Entry::BatchHeld { desk, last }) => chain.held.push((desk, last)),
                Ok(Entry::Deed { n: Some(n), hash: Some(hash), .. }) => chain.deeds.push((n, hash)),
                Ok(Entry::EpochBegun { before, .. }) => chain.epochs.push((before, entry.n - 1)),
                Ok(_) => {}
                Err(_) => told.findings.push(Finding::EntryChanged { n: entry.n }),
            }
        }
    }
    if head != *end {
        told.findings.push(Finding::EndDiffers { n: end.n });
    }
    Ok(chain)
}

/// The desks' logs: each a chain of its own, witnessed batch by batch.
async fn logs(
    tx: &mut PgConnection,
    office: &Teryt,
    chain: &Chain,
    told: &mut Verified,
    heads: &mut Vec<HeadSeen>,
) -> Result<(), AdminLogError> {
    let none = Vec::new();
    let erased = store::erased(tx).await?;
    let desks = store::desks(tx).await?;
    // A desk that is gone with its log was here once.
    let gone = chain.batches.iter().filter(|(desk, _)| desks.iter().all(|(known, _)| known != *desk));
    told.findings.extend(gone.map(|(desk, batches)| Finding::BatchDiffers {
        desk: *desk,
        seq: batches.last().map_or(0, |(_, last)| last.seq),
    }));
    for (desk, end) in desks {
        let log = LogOf { office: office.clone(), device: desk };
        let batches = chain.batches.get(&desk).unwrap_or(&none);
        let mut witnessed: BTreeMap<u64, [u8; 32]> = batches.iter().map(|(_, last)| (last.seq, last.hash)).collect();
        let mut tip = Tip::START;
        loop {
            let slice = store::operations(tx, desk, tip.seq, SLICE).await?;
            if slice.is_empty() {
                break;
            }
            for operation in slice {
                for seq in tip.seq + 1..operation.seq {
                    told.findings.push(Finding::OperationMissing { desk, seq });
                }
                let follows = operation.seq > tip.seq + 1 || operation.prev_hash == tip.hash;
                if !follows || operation.computed_hash(&log) != operation.hash || forged(&operation, &erased) {
                    told.findings.push(Finding::OperationChanged { desk, seq: operation.seq });
                }
                if witnessed.remove(&operation.seq).is_some_and(|hash| hash != operation.hash) {
                    told.findings.push(Finding::BatchDiffers { desk, seq: operation.seq });
                }
                if let Ok(OpBody::AuditHeadSeen { seen, .. }) = operation.read_body() {
                    heads.push(seen);
                }
                tip = operation.tip();
                told.operations += 1;
            }
        }
        if tip != end {
            told.findings.push(Finding::BatchDiffers { desk, seq: end.seq });
        }
        // A batch that was taken and whose end is in no log any more.
        told.findings.extend(witnessed.into_keys().map(|seq| Finding::BatchDiffers { desk, seq }));
        // An operation behind the last witness, or between two batches, came in by no push.
        let mut next = batches.first().map_or(tip.seq + 1, |(first, _)| *first);
        for (first, last) in batches {
            if *first > next {
                told.findings.push(Finding::BatchDiffers { desk, seq: next });
            }
            next = next.max(last.seq + 1);
        }
        if !batches.is_empty() && next <= tip.seq {
            told.findings.push(Finding::BatchDiffers { desk, seq: next });
        }
    }
    Ok(())
}

/// Content that is gone though nobody erased its letter.
fn forged(operation: &Operation, erased: &BTreeSet<LetterId>) -> bool {
    operation.erased.is_some_and(|gone| !erased.contains(&gone.letter))
}

/// The hold: each operation by itself, and the ends of the batches that came into it.
async fn held(tx: &mut PgConnection, office: &Teryt, chain: &Chain, told: &mut Verified) -> Result<(), AdminLogError> {
    let erased = store::erased(tx).await?;
    let mut tips = BTreeSet::new();
    for (desk, operation) in store::held(tx).await? {
        let log = LogOf { office: office.clone(), device: desk };
        if operation.computed_hash(&log) != operation.hash || forged(&operation, &erased) {
            told.findings.push(Finding::OperationChanged { desk, seq: operation.seq });
        }
        tips.insert((desk, operation.hash));
        told.operations += 1;
    }
    for (desk, last) in &chain.held {
        // In a restored database, what had counted goes from the hold into the log.
        if !tips.contains(&(*desk, last.hash)) && !store::has_operation(tx, *desk, last).await? {
            told.findings.push(Finding::OperationMissing { desk: *desk, seq: last.seq });
        }
    }
    Ok(())
}

fn deeds(file: &LogFile, chain: &Chain, told: &mut Verified) -> Result<(), AdminLogError> {
    let lines = admin_log::hashes(file)?;
    for (n, hash) in &chain.deeds {
        if lines.get(n).map(to_hex).as_ref() != Some(hash) {
            told.findings.push(Finding::DeedDiffers { n: *n });
        }
    }
    Ok(())
}

/// A head that differs is a finding, but for the last ones of an epoch that has ended: its end went with a restore, and
/// nothing here can tell how far it had come.
fn compare_heads(chain: &Chain, now: Uuid, heads: &[HeadSeen], told: &mut Verified) {
    let fits = |seen: &HeadSeen| {
        let place = seen.head.n.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        place.map_or(seen.head == AuditHead::START, |place| chain.hashes.get(place) == Some(&seen.head.hash))
    };
    let last_fitting = |epoch: Uuid| {
        heads.iter().filter(|seen| seen.epoch == epoch && fits(seen)).map(|seen| seen.head.n).max().unwrap_or_default()
    };
    told.heads = heads.len() as u64;
    told.proved_up_to = heads.iter().filter(|seen| fits(seen)).map(|seen| seen.head.n).max().unwrap_or_default();
    let mut breaks: Vec<Break> = chain
        .epochs
        .iter()
        .map(|(epoch, last)| Break { epoch: *epoch, last: *last, kept_behind: Vec::new() })
        .collect();
    for seen in heads.iter().filter(|seen| !fits(seen)) {
        let n = seen.head.n;
        match breaks.iter_mut().find(|ended| ended.epoch == seen.epoch && seen.epoch != now) {
            Some(ended) if n > last_fitting(seen.epoch) => ended.kept_behind.push(n),
            Some(_) | None => told.findings.push(Finding::HeadDiffers { n, day: seen.day }),
        }
    }
    told.breaks = breaks;
}
