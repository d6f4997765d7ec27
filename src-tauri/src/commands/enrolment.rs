//! Joining an office.

use desk::enrolment::{
    self,
    view::{EnrolDraft, EnrolledView},
};
use tauri::State;

use crate::{app::Front, error::CommandError};

#[tauri::command]
pub(crate) async fn enrolment_join(front: State<'_, Front>, draft: EnrolDraft) -> Result<EnrolledView, CommandError> {
    let desk = front.desk().await?;
    Ok(enrolment::join(&desk, draft).await?)
}
