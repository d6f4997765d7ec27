//! Failures of the desk's use cases: each carries what was touched and maps to one stable [`ErrorCode`].

use domain::{ErrorCode, FieldErrors};

/// Why a use case did not do what was asked. Never carries personal data.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The form has wrong fields: all of them.
    #[error(transparent)]
    Draft(#[from] FieldErrors),
    /// An expected refusal.
    #[error("refused: {0:?}")]
    Refused(ErrorCode),
    /// The database refused or failed.
    #[error("database")]
    Store(#[source] sqlx::Error),
    /// A file could not be written or read.
    #[error("file: {what}")]
    File {
        /// What was being done.
        what: &'static str,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// Something of ours does not hold.
    #[error("unexpected: {what}")]
    Unexpected {
        /// What was being done.
        what: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl DeskError {
    /// Wraps a file error with what was being done.
    pub fn file(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { what, source }
    }

    /// Wraps an unexpected cause with what was being done.
    pub fn unexpected<E>(what: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Unexpected { what, source: source.into() }
    }

    /// The stable code that the window turns into a sentence.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Draft(fields) => fields.0.first().map_or(ErrorCode::Unexpected, |field| field.code),
            Self::Refused(code) => *code,
            Self::Store(error) => store_code(error),
            Self::File { source, .. } => io_code(source),
            Self::Unexpected { .. } => ErrorCode::Unexpected,
        }
    }

    /// The wrong fields, where there are any.
    pub fn fields(&self) -> Option<&FieldErrors> {
        match self {
            Self::Draft(fields) => Some(fields),
            Self::Refused(_) | Self::Store(_) | Self::File { .. } | Self::Unexpected { .. } => None,
        }
    }
}

impl From<sqlx::Error> for DeskError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

impl From<serde_json::Error> for DeskError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unexpected { what: "stored JSON", source: Box::new(error) }
    }
}

fn io_code(error: &std::io::Error) -> ErrorCode {
    if error.kind() == std::io::ErrorKind::StorageFull { ErrorCode::DiskFull } else { ErrorCode::DiskFault }
}

/// SQLite's primary result codes (sqlite.org/rescode.html) that a clerk can do something about.
pub(crate) fn store_code(error: &sqlx::Error) -> ErrorCode {
    match error {
        sqlx::Error::Database(database) => {
            let extended = database.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
            match extended & 0xff {
                5 | 6 | 9 => ErrorCode::Busy,
                8 | 10 | 14 => ErrorCode::DiskFault,
                11 | 26 => ErrorCode::DatabaseDamaged,
                13 => ErrorCode::DiskFull,
                _ => ErrorCode::Unexpected,
            }
        }
        sqlx::Error::PoolTimedOut => ErrorCode::Busy,
        sqlx::Error::RowNotFound => ErrorCode::NotFound,
        sqlx::Error::Io(io) => io_code(io),
        _ => ErrorCode::Unexpected,
    }
}
