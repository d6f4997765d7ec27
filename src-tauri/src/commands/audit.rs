//! The audit for the data-protection officer: pages of it, and a signed table into a file.

use desk::audit::{
    self,
    view::{AuditDraft, AuditPageView},
};
use tauri::{State, WebviewWindow};

use super::files;
use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn audit_read(front: State<'_, Front>, draft: AuditDraft) -> Result<AuditPageView, CommandError> {
    let desk = front.desk().await?;
    Ok(audit::read(&desk, draft).await?)
}

/// `false` when the officer closed the dialogue. Beside the table lie its signature and the certificate that proves it.
#[tauri::command]
pub(crate) async fn audit_export(
    front: State<'_, Front>,
    window: WebviewWindow,
    draft: AuditDraft,
) -> Result<bool, CommandError> {
    let desk = front.desk().await?;
    let export = audit::export(&desk, draft).await?;
    let beside = [("sig", export.signature.as_slice()), ("pem", export.certificate.as_bytes())];
    files::save_with(&window, "dziennik.csv".to_owned(), ("CSV", "csv"), &export.csv, &beside).await
}
