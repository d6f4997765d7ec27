//! The one row of the enrolment.

use domain::marks::Teryt;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use wire::v1::{Bounds, Fingerprint};

use super::Enrolment;
use crate::DeskError;

pub(super) async fn load(db: &mut SqliteConnection) -> Result<Option<Enrolment>, DeskError> {
    let row =
        sqlx::query!(r#"SELECT office, fingerprint, bounds, accounts AS "accounts: bool" FROM enrolment WHERE id = 1"#)
            .fetch_optional(db)
            .await?;
    row.map(|row| {
        let damaged = |why: &'static str| DeskError::Unexpected { what: "read the enrolment", source: why.into() };
        Ok(Enrolment {
            office: Teryt::try_from(row.office).map_err(|_| damaged("no code of an office"))?,
            fingerprint: Fingerprint(row.fingerprint.try_into().map_err(|_| damaged("no fingerprint"))?),
            bounds: serde_json::from_str(&row.bounds)?,
            accounts: row.accounts,
        })
    })
    .transpose()
}

pub(super) async fn save(db: &mut SqliteConnection, enrolment: &Enrolment, now: Timestamp) -> Result<(), DeskError> {
    let (office, fingerprint) = (enrolment.office.as_str(), &enrolment.fingerprint.0[..]);
    let (bounds, now) = (serde_json::to_string(&enrolment.bounds)?, now.to_string());
    sqlx::query!(
        "INSERT INTO enrolment (id, office, fingerprint, bounds, accounts, enrolled_at) VALUES (1, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET office = excluded.office, fingerprint = excluded.fingerprint,
             bounds = excluded.bounds, accounts = excluded.accounts, enrolled_at = excluded.enrolled_at",
        office,
        fingerprint,
        bounds,
        enrolment.accounts,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn save_bounds(db: &mut SqliteConnection, bounds: &Bounds) -> Result<(), DeskError> {
    let bounds = serde_json::to_string(bounds)?;
    sqlx::query!("UPDATE enrolment SET bounds = ? WHERE id = 1", bounds).execute(db).await?;
    Ok(())
}

pub(super) async fn save_fingerprint(db: &mut SqliteConnection, fingerprint: Fingerprint) -> Result<(), DeskError> {
    let fingerprint = &fingerprint.0[..];
    sqlx::query!("UPDATE enrolment SET fingerprint = ? WHERE id = 1", fingerprint).execute(db).await?;
    Ok(())
}
