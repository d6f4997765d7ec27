//! The audit is asked of central at once, beside the worker: with the desk's token and the clerk's own. Called by `audit`.

use domain::ErrorCode;
use serde::de::DeserializeOwned;
use wire::v1::{
    AuditQuery, Refusal,
    audit::{AuditExport, AuditPage},
    path,
};

use super::{Failed, Trouble, client::Central, greet, worker::Pace};
use crate::{Desk, DeskError};

/// What central says to a question of a clerk's.
#[derive(Debug)]
pub(crate) enum Word<T> {
    /// The answer.
    Said(T),
    /// Why there is none.
    Refused(ErrorCode),
}

/// A page of entries.
///
/// # Errors
/// Those of the desk's own database.
pub(crate) async fn read(desk: &Desk, session: &str, query: &AuditQuery) -> Result<Word<AuditPage>, DeskError> {
    ask(desk, session, path::AUDIT, query).await
}

/// A signed table of entries.
///
/// # Errors
/// Those of the desk's own database.
pub(crate) async fn export(desk: &Desk, session: &str, query: &AuditQuery) -> Result<Word<AuditExport>, DeskError> {
    ask(desk, session, path::AUDIT_EXPORT, query).await
}

async fn ask<T: DeserializeOwned>(
    desk: &Desk,
    session: &str,
    route: &str,
    query: &AuditQuery,
) -> Result<Word<T>, DeskError> {
    match talk(desk, session, route, query).await {
        Ok(answer) => Ok(Word::Said(answer)),
        Err(Failed::Trouble(trouble)) => {
            tracing::info!(%trouble, "asking central for a clerk");
            Ok(Word::Refused(match trouble {
                Trouble::Refused(Refusal::ClerkUnknown) => ErrorCode::SignInAgain,
                Trouble::Refused(Refusal::NotFound) => ErrorCode::NotFound,
                Trouble::Refused(Refusal::TooLarge) => ErrorCode::TooManyEntries,
                other => other.code(),
            }))
        }
        Err(Failed::Desk(error)) => Err(error),
    }
}

async fn talk<T: DeserializeOwned>(desk: &Desk, session: &str, route: &str, query: &AuditQuery) -> Result<T, Failed> {
    let settings = desk.settings();
    let (Some(address), Some(office)) = (settings.central, settings.teryt) else {
        return Err(Failed::Desk(DeskError::Refused(ErrorCode::CentralNeeded)));
    };
    let central = Central::at(&address, &office, desk.pin(), Pace::default().patience)?;
    let key = greet::read_key(&mut *desk.read().await?).await?;
    let greeted = greet::hello(desk, &central, &key).await?;
    Ok(central.ask_for_clerk(&greeted.token, session, route, query).await?)
}
