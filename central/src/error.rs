//! What a route answers when it cannot do what was asked: a refusal for the desk, or a fault of ours for the log.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use wire::v1::Refusal;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An expected refusal.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
    /// The folder of scans failed.
    #[error("the folder of scans failed")]
    Files(#[from] object_store::Error),
    /// The administrator's log failed.
    #[error(transparent)]
    AdminLog(#[from] crate::admin_log::AdminLogError),
    /// The operating system gives no random bytes.
    #[error("no random bytes")]
    Random(#[from] getrandom::Error),
    /// A stored record cannot be read back.
    #[error("a stored record cannot be read back")]
    Damaged(#[from] serde_json::Error),
}

/// Seconds that a desk waits after a fault of ours.
const RETRY_SECONDS: u32 = 5;

impl Error {
    /// What the desk is told.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused(refusal) => *refusal,
            Self::Store(_) | Self::Files(_) | Self::AdminLog(_) | Self::Random(_) | Self::Damaged(_) => {
                Refusal::Retry { after_seconds: RETRY_SECONDS }
            }
        }
    }

    /// Notes a fault of ours in the log, without any value of a record.
    pub fn log(&self) {
        match self {
            Self::Refused(_) => {}
            Self::Store(error) => tracing::error!(code = crate::db::code_of(error), "the database failed"),
            Self::Files(_) => tracing::error!("the folder of scans failed"),
            Self::AdminLog(error) => tracing::error!(%error, "the administrator's log failed"),
            Self::Random(error) => tracing::error!(%error, "no random bytes"),
            Self::Damaged(error) => {
                tracing::error!(line = error.line(), column = error.column(), "a stored record cannot be read back");
            }
        }
    }
}

/// The status that goes with a refusal.
pub fn status_of(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::Retry { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::Malformed => StatusCode::BAD_REQUEST,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::TokenUnknown | Refusal::NonceUnknown | Refusal::SignatureWrong | Refusal::ClerkUnknown => {
            StatusCode::UNAUTHORIZED
        }
        Refusal::OfficeUnknown
        | Refusal::DeviceKeyDiffers
        | Refusal::NotEnrolled
        | Refusal::InvitationUnknown
        | Refusal::Revoked
        | Refusal::SignInFailed
        | Refusal::ClerkUnlinked => StatusCode::FORBIDDEN,
        Refusal::ProviderAway => StatusCode::BAD_GATEWAY,
        Refusal::SymbolTaken
        | Refusal::SymbolDiffers
        | Refusal::Gap { .. }
        | Refusal::SchemaTooNew { .. }
        | Refusal::ScanDiffers
        | Refusal::OffsetDiffers { .. } => StatusCode::CONFLICT,
        Refusal::ChainBroken { .. } | Refusal::HashDiffers | Refusal::PasswordGuessable => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Refusal::NotFound => StatusCode::NOT_FOUND,
        Refusal::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let refusal = self.refusal();
        (status_of(refusal), Json(refusal)).into_response()
    }
}
