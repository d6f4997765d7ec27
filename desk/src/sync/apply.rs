//! What central's answers do to the desk's database: one transaction for each answer, events after the commit.
//!
//! Called by `sync::worker`. Never speaks with central itself.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::LetterId;
use uuid::Uuid;
use wire::{
    core::{
        desk::{CentralsWord, MarkSays, OwnLog, acknowledged, compare as compare_logs},
        engine::Fit,
    },
    v1::{
        AuditHead, Change, ChangeBody, Cursor, HelloAnswer, LetterState, Operation, PushAnswer, Remembered, TaskReason,
        Verdict,
    },
};

use super::store;
use crate::{
    Desk, DeskError, DeskEvent, audit, enrolment, erasure,
    letters::{self, entering},
    outbox, registers, scanning, tasks,
};

/// What central told this desk before, for the hello; `None` before the first contact.
///
/// # Errors
/// [`DeskError::Store`].
pub(super) async fn remembered(db: &mut sqlx::SqliteConnection) -> Result<Option<Remembered>, DeskError> {
    let progress = store::progress(db).await?;
    let Some(cursor) = progress.cursor else { return Ok(None) };
    let acknowledged = outbox::tip_at(db, progress.acked).await?;
    Ok(acknowledged.map(|acknowledged| Remembered { epoch: cursor.epoch, acknowledged }))
}

/// Compares central's word about this desk's log with the log, and frees or locks the numbers accordingly.
///
/// `restart` begins the cursor anew even in the same epoch.
///
/// # Errors
/// [`DeskError::Store`].
pub(super) async fn compare(desk: &Desk, answer: &HelloAnswer, restart: bool) -> Result<Fit, DeskError> {
    let mark = registers::marked_tip(desk).await;

    let mut tx = desk.begin().await?;
    let progress = store::progress(&mut tx).await?;
    let mut heard_anew = false;
    if let Some(told) = &answer.grants {
        heard_anew = registers::grants::hear(&mut tx, told).await?;
    }
    let mut numbers_in_front = true;
    for next in &answer.next_numbers {
        numbers_in_front &= registers::next_number(desk, &mut tx, next.register, next.year).await?.n >= next.next_n;
    }
    let own = OwnLog {
        tip: outbox::tip(&mut tx).await?,
        holds_centrals_last: outbox::holds(&mut tx, &answer.last).await?,
        numbers_in_front,
        mark: match mark {
            None => MarkSays::Missing,
            Some(mark) if outbox::holds(&mut tx, &mark).await? => MarkSays::Held,
            Some(_) => MarkSays::Ahead,
        },
        locked: registers::is_locked(&mut tx).await?,
        acked: progress.acked,
        pulled: progress.pulled,
        cursor: progress.cursor,
    };
    // Under another scope everything is read anew: what may be here now comes, what may not goes.
    let scope = enrolment::bounds(desk).scope;
    let another_scope = store::read_scope(&mut tx).await? != scope;
    let now = compare_logs(answer, &own, restart || another_scope);
    registers::set_centrals_word(&mut tx, now.word).await?;
    if now.locked {
        registers::lock(desk, &mut tx).await?;
    } else if own.locked {
        registers::unlock(&mut tx).await?;
    }
    let mut release_asked = false;
    // The machine that a drain-only database came from may have given further numbers: the administrator closes the symbol.
    let may_release = !now.locked && !registers::is_drain_only(&mut tx).await?;
    if let Some(told) = answer.grants.as_ref().filter(|_| may_release) {
        heard_anew |= registers::grants::release(desk, &mut tx, told).await?;
        release_asked = told.iter().any(|grant| grant.release);
    }
    store::set_acked(&mut tx, now.acked).await?;
    store::set_pulled(&mut tx, now.pulled).await?;
    store::set_cursor(&mut tx, &now.cursor).await?;
    if let Some(key) = &answer.file_key {
        store::set_file_key(&mut tx, key).await?;
    }
    store::set_backed_up_head(&mut tx, answer.backed_up_head).await?;
    if another_scope {
        store::set_read_scope(&mut tx, &scope).await?;
        store::forget_raw(&mut tx).await?;
    }
    if now.anew {
        scanning::offer_again(&mut tx).await?;
    } else {
        scanning::offer_unconfirmed(&mut tx).await?;
    }
    tx.commit().await?;

    if release_asked {
        // An older copy of this database must notice that the numbers went elsewhere, even without a network.
        registers::write_mark(desk).await?;
    }
    if now.word != CentralsWord::Fits || !numbers_in_front {
        let (seq, central_seq) = (own.tip.seq, answer.last.seq);
        tracing::error!(word = ?now.word, numbers_in_front, seq, central_seq, "this desk takes no numbers");
    }
    if now.locked != own.locked || heard_anew {
        desk.announce(DeskEvent::StatusChanged);
    }
    Ok(now.fit)
}

/// Central says that the desk's symbol is another desk's: a number printed under it would stand on two papers.
///
/// # Errors
/// [`DeskError::Store`].
pub(super) async fn lock_numbers(desk: &Desk) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    registers::lock(desk, &mut tx).await?;
    tx.commit().await?;

    desk.announce(DeskEvent::StatusChanged);
    Ok(())
}

/// Keeps what central said about a batch: how far it holds the log, and each task.
///
/// # Errors
/// [`DeskError::Store`].
pub(super) async fn acknowledge(desk: &Desk, sent: &[Operation], answer: &PushAnswer) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    let before = store::progress(&mut tx).await?.acked;
    let acked = acknowledged(answer, sent.last().map_or(before, |last| last.seq));
    for verdict in &answer.verdicts {
        let Verdict::Task { reason } = verdict.verdict else { continue };
        if reason == TaskReason::Held {
            // The administrator's business at central, and one for the whole log.
            continue;
        }
        let letter = sent
            .iter()
            .find(|operation| operation.op_id == verdict.op_id)
            .and_then(|operation| operation.read_body().ok())
            .and_then(|body| body.letter_id());
        tasks::open(desk, &mut tx, letter, verdict.op_id, reason.as_str()).await?;
        tracing::warn!(seq = verdict.seq, reason = reason.as_str(), "central made a task of an operation");
    }
    store::set_acked(&mut tx, acked).await?;
    let letters = outbox::letters_between(&mut tx, before, acked).await?;
    tx.commit().await?;

    for letter_id in letters {
        desk.announce(DeskEvent::LetterChanged { letter_id });
    }
    Ok(())
}

/// Applies a page and its cursor together. `contained`: own operations up to this number are in what was read then.
///
/// # Errors
/// [`DeskError::Store`]; then nothing of the page is kept and the cursor stands where it was.
pub(super) async fn apply_page(
    desk: &Desk,
    changes: &[Change],
    scanned_up_to: &Cursor,
    audit_head: Option<AuditHead>,
    contained: Option<u64>,
) -> Result<(), DeskError> {
    let bodies: Vec<Result<ChangeBody, serde_json::Error>> = changes.iter().map(Change::read_body).collect();

    let mut tx = desk.begin().await?;
    let pulled = store::progress(&mut tx).await?.pulled;
    let contained = contained.unwrap_or(pulled);
    let mut touched = outbox::letters_between(&mut tx, pulled, contained).await?;
    touched.extend(bodies.iter().flatten().map(|body| match body {
        ChangeBody::Letter(letter) => letter.id,
        ChangeBody::Outline(outline) => outline.id,
        ChangeBody::Erased(erased) => erased.outline.id,
    }));
    touched.sort_unstable();
    touched.dedup();
    // Letters that nobody here has heard of, and those that come back as they went, need no look at each.
    let Plain { new, echoes } = plain_letters(&mut tx, &touched, changes, &bodies).await?;
    touched.retain(|letter| !new.contains_key(letter) && !echoes.contains_key(letter));
    let before = store::standings(&mut tx, &touched).await?;
    for (change, body) in changes.iter().zip(&bodies) {
        match body {
            Ok(ChangeBody::Letter(letter)) if new.contains_key(&letter.id) || echoes.contains_key(&letter.id) => {}
            Ok(ChangeBody::Letter(letter)) => put(&mut tx, change.n, letter).await?,
            Ok(ChangeBody::Outline(outline)) => {
                put(&mut tx, change.n, &outline.letter()).await?;
                for scan in &outline.stored_scans {
                    scanning::is_stored_at_central(&mut tx, *scan, scanned_up_to.head).await?;
                }
            }
            Ok(ChangeBody::Erased(erased)) => put(&mut tx, change.n, &erased.outline.letter()).await?,
            Err(error) => keep_raw(desk, &mut tx, scanned_up_to.epoch, change, error).await?,
        }
    }
    let mut entered: Vec<(u64, &LetterState)> = new.values().copied().collect();
    entered.sort_unstable_by_key(|(n, _)| *n);
    let states: Vec<&LetterState> = entered.iter().map(|(_, letter)| *letter).collect();
    entered.extend(echoes.into_values());
    store::put_letters(&mut tx, &entered).await?;
    entering::enter_all(desk, &mut tx, &states).await?;
    store::set_cursor(&mut tx, scanned_up_to).await?;
    if contained != pulled {
        store::set_pulled(&mut tx, contained).await?;
    }
    for letter in store::letters_among(&mut tx, &touched).await? {
        take_over(desk, &mut tx, &letter, contained, scanned_up_to.head).await?;
    }
    for body in bodies.iter().flatten() {
        if let ChangeBody::Erased(erased) = body {
            erasure::carry_out(desk, &mut tx, erased).await?;
        }
    }
    let after = store::standings(&mut tx, &touched).await?;
    if let Some(head) = audit_head {
        audit::heard(desk, &mut tx, scanned_up_to.epoch, &head).await?;
    }
    tx.commit().await?;

    for letter_id in new.into_keys() {
        desk.announce(DeskEvent::LetterChanged { letter_id });
    }
    for letter_id in touched {
        if before.get(&letter_id) != after.get(&letter_id) {
            desk.announce(DeskEvent::LetterChanged { letter_id });
        }
    }
    Ok(())
}

/// Those of a page's letters that are written at once, each with the number of its only change.
struct Plain<'a> {
    new: BTreeMap<LetterId, (u64, &'a LetterState)>,
    echoes: BTreeMap<LetterId, (u64, &'a LetterState)>,
}

async fn plain_letters<'a>(
    db: &mut sqlx::SqliteConnection,
    touched: &[LetterId],
    changes: &[Change],
    bodies: &'a [Result<ChangeBody, serde_json::Error>],
) -> Result<Plain<'a>, DeskError> {
    let (mut plain, mut others) = (BTreeMap::new(), BTreeSet::new());
    for (change, body) in changes.iter().zip(bodies) {
        let Ok(body) = body else { continue };
        let (id, letter) = match body {
            ChangeBody::Letter(letter) => (letter.id, entering::is_plain(letter).then_some(&**letter)),
            ChangeBody::Outline(outline) => (outline.id, None),
            ChangeBody::Erased(erased) => (erased.outline.id, None),
        };
        if let ChangeBody::Letter(letter) = body {
            // Its place is another's: what this desk has of that one is looked at.
            others.extend(letter.replaces);
        }
        match letter {
            // Twice in one page: the later one rests on the earlier one.
            Some(letter) if !others.contains(&id) && !plain.contains_key(&id) => {
                plain.insert(id, (change.n, letter));
            }
            _ => {
                others.insert(id);
            }
        }
    }
    plain.retain(|id, _| !others.contains(id));
    let known = entering::known_among(db, touched).await?;
    let (mut known, new): (BTreeMap<_, _>, _) = plain.into_iter().partition(|(id, _)| known.contains(id));
    let states: Vec<&LetterState> = known.values().map(|(_, letter)| *letter).collect();
    let echoes = entering::echoes_among(db, &states).await?;
    known.retain(|id, _| echoes.contains(id));
    Ok(Plain { new, echoes: known })
}

async fn put(db: &mut sqlx::SqliteConnection, n: u64, letter: &LetterState) -> Result<(), DeskError> {
    store::put_letter(db, n, letter).await?;
    match letter.replaces {
        Some(replaced) => Ok(store::forget_letter(db, replaced).await?),
        None => Ok(()),
    }
}

async fn take_over(
    desk: &Desk,
    db: &mut sqlx::SqliteConnection,
    letter: &LetterState,
    contained: u64,
    head: u64,
) -> Result<(), DeskError> {
    letters::take_over(desk, db, letter, contained).await?;
    for scan in &letter.scans {
        if scan.stored {
            scanning::is_stored_at_central(db, scan.scan_id, head).await?;
        } else {
            scanning::is_missing_at_central(db, scan.scan_id).await?;
        }
    }
    tasks::take_over(desk, db, letter, contained).await
}

// The cursor goes on: one change that this program cannot read must not hold up those behind it.
async fn keep_raw(
    desk: &Desk,
    db: &mut sqlx::SqliteConnection,
    epoch: Uuid,
    change: &Change,
    error: &serde_json::Error,
) -> Result<(), DeskError> {
    // An error's text may quote a value of the record; its place may not.
    let why = format!("line {} column {}", error.line(), error.column());
    let body = change.body.canonical().unwrap_or_else(|_| change.body.text().as_bytes().to_vec());
    store::keep_raw(db, epoch, change.n, &body, &why).await?;
    tasks::open_unreadable(desk, db, epoch, change.n).await?;
    tracing::warn!(n = change.n, "a change of central cannot be read by this program; kept raw");
    Ok(())
}
