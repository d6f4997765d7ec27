//! Errors on their way to the window: a stable code, the wrong fields, and an incident number for what nobody expected.

use desk::DeskError;
use domain::{ErrorCode, FieldError};
use serde::Serialize;

/// What a rejected command carries. Personal data never enters it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandError {
    code: ErrorCode,
    fields: Vec<FieldError>,
    /// Number under which the log holds the full chain; the clerk can read it out.
    incident: Option<String>,
}

impl From<ErrorCode> for CommandError {
    fn from(code: ErrorCode) -> Self {
        Self { code, fields: Vec::new(), incident: None }
    }
}

impl From<DeskError> for CommandError {
    fn from(error: DeskError) -> Self {
        let code = error.code();
        let incident = match &error {
            DeskError::Draft(_) | DeskError::Refused(_) => None,
            DeskError::Store(_) | DeskError::File { .. } | DeskError::Unexpected { .. } => Some(log_incident(&error)),
        };
        let fields = error.fields().map(|fields| fields.0.clone()).unwrap_or_default();
        Self { code, fields, incident }
    }
}

// Five characters are enough to find a line of today's log, and short enough to read out on the telephone.
fn log_incident(error: &DeskError) -> String {
    use std::hash::{BuildHasher, RandomState};
    let number = format!("{:05}", RandomState::new().hash_one(0) % 100_000);
    let mut chain = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(next) = cause {
        chain.push(next.to_string());
        cause = next.source();
    }
    tracing::error!(incident = number, chain = chain.join(": "), "a command failed");
    number
}
