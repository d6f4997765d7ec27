//! A person's erasure (usunięcie danych, RODO art. 17): what a letter said is gone for good, and the office's books still add up.
//!
//! Its number, identifier, kind of records, stage and moment stay: they stand on paper. Gone are its facts, corrections, reasons,
//! tasks, scans, the operations' salts and bodies, and whatever desks pulled of it; each operation keeps the hash of what it
//! was, so that the chains stay provable. Desks hear of it as a change, carry it through and confirm. Backups keep what they have:
//! after a restore the administrator's log erases again before anybody is served.

mod store;

use domain::{
    ids::{DeviceId, LetterId},
    marks::Teryt,
    register::{PointSymbol, RegisterNumber},
    rights::RecordKind,
};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;
use wire::v1::{Outline, Standing};

use crate::{
    admin_log::{self, AdminLogError, Administrator, Deed},
    error::Error,
    letters::{self, apply},
    scans::Files,
    symbols, sync,
};

pub(crate) use self::store::{among, clean, confirm};

/// A letter cannot be erased.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// There is no such letter.
    #[error("no letter {0}")]
    NoLetter(String),
    /// Who or why is not said.
    #[error("who erases and why must be said, in at most 200 characters each")]
    Unsaid,
    /// Central failed.
    #[error(transparent)]
    Central(#[from] Error),
    /// The administrator's log failed.
    #[error(transparent)]
    AdminLog(#[from] AdminLogError),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
}

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// The erasure.
    pub erasure: Uuid,
    /// The letter.
    pub letter: LetterId,
    /// Its number.
    pub number: RegisterNumber,
    /// Operations whose content is gone, the held ones included.
    pub operations: u64,
    /// Documents whose bytes are gone, or go as soon as the folder can be reached.
    pub scans: usize,
}

/// An erasure as the administrator's list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The erasure.
    pub erasure: Uuid,
    /// The letter's number; `None` where this database never had the letter.
    pub number: Option<RegisterNumber>,
    /// When.
    pub erased_at: Timestamp,
    /// Who.
    pub erased_by: String,
    /// Why.
    pub why: String,
    /// Desks of that time that have not confirmed: what they hold of the letter is still there.
    pub unconfirmed: Vec<UnconfirmedDesk>,
}

/// A desk that has not confirmed an erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnconfirmedDesk {
    /// Id.
    pub desk: DeviceId,
    /// The symbol that it last said hello with.
    pub symbol: PointSymbol,
    /// A revoked one hears of nothing any more: its disk must be erased.
    pub standing: Standing,
    /// Last contact.
    pub last_seen_at: Timestamp,
}

const WORDS_MAX: usize = 200;

/// Erases a letter, named as people name it. Erasing it again erases what has come since.
///
/// # Errors
/// [`ErasureError`]; then nothing is erased, or only what a re-entered letter said is still in the file that the error names:
/// erasing again, or a start of central, takes it away.
pub async fn erase(
    by: &Administrator<'_>,
    office: &Teryt,
    files: &Files,
    name: &str,
    who: &str,
    why: &str,
) -> Result<Done, ErasureError> {
    let said = |text: &str| !text.trim().is_empty() && text.chars().count() <= WORDS_MAX;
    if !said(who) || !said(why) {
        return Err(ErasureError::Unsaid);
    }
    let at = by.clock.now();
    let mut tx = by.pool.begin().await?;
    let found = letters::find(&mut tx, office, name).await?;
    let letter = found.ok_or_else(|| ErasureError::NoLetter(name.to_owned()))?;
    apply::lock(&mut tx, office, &[letter]).await?;
    let state = apply::state(&mut tx, letter).await?;
    let state = state.ok_or_else(|| ErasureError::NoLetter(name.to_owned()))?;
    let erasure = match store::erasure_of(&mut tx, letter).await? {
        Some(known) => known,
        None => by.clock.new_id().map_err(Error::from)?,
    };
    let kind = RecordKind::of_letter(state.facts.kind.as_deref());
    let remains = Outline::of(&state, kind);
    let scans = store::scans_of(&mut tx, letter).await?;
    let deed = Deed::LetterErased {
        erasure,
        remains: Box::new(remains),
        scans: scans.clone(),
        reentries: store::replaced_by(&mut tx, letter).await?,
        by: who.to_owned(),
        why: why.to_owned(),
        at,
    };
    let operations = carry_out(&mut tx, &deed).await?;
    sync::announce(&mut tx, &[letter]).await?;
    admin_log::record(&mut tx, by, &deed).await?;
    tx.commit().await?;

    sweep(by.pool, files).await?;
    if let Some(log) = by.log {
        admin_log::sweep(log)?;
    }
    // What the rows were before stands in the tables' files until they are cleaned.
    store::clean(by.pool).await?;
    Ok(Done { erasure, letter, number: state.number, operations, scans: scans.len() })
}

/// Erases again in a database that was restored from before, which may lack the letter, too.
///
/// # Errors
/// Those of the database.
pub(crate) async fn do_again(tx: &mut PgConnection, deed: &Deed) -> sqlx::Result<()> {
    let Deed::LetterErased { remains, reentries, at, .. } = deed else { return Ok(()) };
    for reentry in reentries {
        store::replace(tx, *reentry, remains.id, *at).await?;
    }
    if !store::has_letter(tx, remains.id).await? {
        symbols::was_lost(tx, &remains.number).await?;
        store::insert_remains(tx, remains).await?;
    }
    // The copy may be from before its number was cancelled, or its stage set.
    store::set_state(tx, &remains.letter()).await?;
    carry_out(tx, deed).await.map(|_| ())
}

/// The rows, without telling anybody.
async fn carry_out(tx: &mut PgConnection, deed: &Deed) -> sqlx::Result<u64> {
    let Deed::LetterErased { erasure, remains, scans, by, why, at, .. } = deed else { return Ok(0) };
    store::note(tx, *erasure, remains.id, by, why, *at).await?;
    store::blank(tx, *erasure, &remains.letter()).await?;
    store::forget_scans(tx, remains.id, scans).await?;
    let operations = store::forget_operations(tx, remains.id).await?;
    store::rewrite_changes(tx, remains.id).await?;
    Ok(operations)
}

/// Removes the bytes of erased documents. Called after an erasure and when central starts.
///
/// # Errors
/// Those of the database; a document that cannot be removed now is tried again.
pub async fn sweep(pool: &PgPool, files: &Files) -> sqlx::Result<()> {
    for scan in store::erased_scans(pool).await? {
        if files.erase(scan).await {
            store::forget_erased_scan(pool, scan).await?;
        } else {
            tracing::warn!(%scan, "an erased document could not be removed; it is tried again at the next start");
        }
    }
    Ok(())
}

/// Every erasure, newest first, each with the desks that have not confirmed it.
///
/// # Errors
/// Those of the database.
pub async fn list(pool: &PgPool) -> sqlx::Result<Vec<Listed>> {
    store::list(&mut *pool.acquire().await?).await
}
