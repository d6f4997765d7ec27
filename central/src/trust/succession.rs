//! Replaces the authority's key: the present key certifies the next one, and desks follow at their next hello.

use age::x25519::Identity;
use domain::{ids::DeviceId, register::PointSymbol};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use wire::v1::Fingerprint;

use super::{TrustError, store};
use crate::{
    admin_log::{self, Administrator, Deed},
    clock::Clock,
    db::Instant,
    held_file,
};

/// A new key signs after this time, when every process of central has read it (`leaves::READ_AFTER`): no desk that follows
/// one of them is shown the old key by another.
pub(super) const SIGNS_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// The authority's keys and who trusts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Every key that the office had, the present or coming one last.
    pub keys: Vec<Key>,
    /// Desks that have not told that they trust the last key: after a replacement they follow at their next hello.
    pub not_following: Vec<Doubter>,
}

/// A key of the authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// As invitations hold it.
    pub fingerprint: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// From when on it signs central's certificates.
    pub signs_from: Timestamp,
}

/// A desk that did not tell that it trusts a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Doubter {
    /// The desk.
    pub desk: DeviceId,
    /// Its symbol.
    pub symbol: PointSymbol,
    /// Last contact.
    pub last_contact: Timestamp,
}

/// The authority's keys, and which desks do not trust the last of them yet.
///
/// # Errors
/// [`TrustError`].
pub async fn standing(pool: &PgPool, clock: &Clock) -> Result<Standing, TrustError> {
    super::authority(pool, clock.now()).await?;
    let mut tx = pool.begin().await?;
    let rows = store::kept(&mut tx).await?;
    tx.commit().await?;
    let mut keys = Vec::with_capacity(rows.len());
    let mut last = Fingerprint([0; Fingerprint::BYTES]);
    for row in rows {
        last = super::fingerprint_of(&row.certificate)?;
        let (made_at, signs_from) = (row.made_at.0, row.signs_from.0);
        keys.push(Key { fingerprint: last.to_string(), made_at, signs_from });
    }
    Ok(Standing { keys, not_following: store::doubters(pool, &last.0).await? })
}

/// Replaces the authority's key.
///
/// # Errors
/// [`TrustError::NoLog`] where no administrator's log is kept: a restored backup would know neither the new key nor, by then, one that
/// desks trust. [`TrustError::Waits`] while an earlier successor does not sign yet.
pub async fn replace(by: &Administrator<'_>, name: &str, why: &str) -> Result<Standing, TrustError> {
    if by.log.is_none() {
        return Err(TrustError::NoLog);
    }
    let made_at = by.clock.now();
    let present = super::authority(by.pool, made_at).await?;
    // The log holds the new key sealed to this one, which every backup of the office holds.
    held_file::public_key(by.pool, made_at).await.map_err(|_| TrustError::Sealed)?;
    let mut tx = by.pool.begin().await?;
    store::lock(&mut tx).await?;
    let rows = store::kept(&mut tx).await?;
    let last = rows.last().ok_or(sqlx::Error::RowNotFound)?;
    if last.certificate != present.certificate.as_ref() {
        return Err(TrustError::Waits(last.signs_from.0));
    }
    let next = present.certify_successor()?;
    let sealed = age::encrypt(&seal(&mut tx).await?.to_public(), &next.private_key).map_err(|_| TrustError::Sealed)?;
    let deed = Deed::AuthorityReplaced {
        n: last.n.checked_add(1).ok_or(TrustError::Sealed)?,
        sealed_key: sealed,
        certificate: next.certificate.to_vec(),
        new_with_old: next.new_with_old.to_vec(),
        by: name.to_owned(),
        why: why.to_owned(),
        made_at,
        signs_from: made_at.checked_add(SIGNS_AFTER).map_err(|_| TrustError::Day)?,
    };
    do_again(&mut tx, &deed).await?;
    admin_log::record(&mut tx, by, &deed).await?;
    tx.commit().await?;
    standing(by.pool, by.clock).await
}

/// Keeps the key of a deed in a database that lacks it.
///
/// # Errors
/// [`TrustError::Sealed`] when the database's own keys do not open it.
pub(crate) async fn do_again(tx: &mut PgConnection, deed: &Deed) -> Result<(), TrustError> {
    let Deed::AuthorityReplaced { n, sealed_key, certificate, new_with_old, made_at, signs_from, .. } = deed else {
        return Ok(());
    };
    let private_key = age::decrypt(&seal(tx).await?, sealed_key).map_err(|_| TrustError::Sealed)?;
    let next = store::Kept {
        n: *n,
        private_key: Some(private_key),
        certificate: certificate.clone(),
        new_with_old: Some(new_with_old.clone()),
        made_at: Instant(*made_at),
        signs_from: Instant(*signs_from),
    };
    Ok(store::keep_next(tx, &next).await?)
}

async fn seal(tx: &mut PgConnection) -> Result<Identity, TrustError> {
    held_file::kept_secret(tx).await?.ok_or(TrustError::Sealed)
}
