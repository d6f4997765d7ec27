//! Version 1 of the messages: JSON over HTTP, the desk asks and central answers.
//!
//! | path | method | asks | answers |
//! |---|---|---|---|
//! | [`path::ENROL`] | POST | [`Enrol`] | [`EnrolAnswer`] |
//! | [`path::CHALLENGE`] | POST | nothing | [`Challenge`] |
//! | [`path::HELLO`] | POST | [`Hello`] | [`HelloAnswer`] |
//! | [`path::PUSH`] | POST | [`Push`] | [`PushAnswer`] |
//! | [`path::PULL`] | POST | [`Pull`] | [`PullAnswer`] |
//! | [`path::DIRECTORY`] | GET | nothing | [`DirectoryAnswer`] |
//! | [`path::SIGN_IN`] | POST | [`SignIn`] | [`SignInAnswer`] |
//! | [`path::PASSWORD`] | POST | [`ChangePassword`] | [`SignInAnswer`] |
//! | [`path::PROVIDER`] | GET | nothing | [`Provider`] |
//! | [`path::PROVIDER`] | POST | [`ProviderSignIn`] | [`SignInAnswer`] |
//! | [`path::AUDIT`] | POST | [`AuditQuery`] | [`AuditPage`] |
//! | [`path::AUDIT_EXPORT`] | POST | [`AuditQuery`] | [`audit::AuditExport`] |
//! | [`path::REPORT`] | POST | [`Report`] | [`Reported`] |
//! | [`path::SCANS`] | POST | [`UploadCreate`] | [`UploadState`] |
//! | [`path::scan`] | GET | nothing | [`UploadState`] |
//! | [`path::scan_chunk`] | PATCH | bytes | [`UploadState`] |
//! | [`path::scan_finish`] | POST | nothing | [`UploadState`] |
//! | [`path::letter_scan`] | GET | nothing | the document's bytes |
//!
//! Everything but the first three carries `Authorization: Bearer` with the token of the hello. Every answer outside
//! 2xx has a [`Refusal`] as its body. Hashes are lower-case hex in JSON, other bytes standard base64.

pub mod audit;
pub mod bytes;
pub mod changes;
pub mod directory;
pub mod enrol;
pub mod held_file;
pub mod hello;
pub mod log;
mod names;
pub mod op;
pub mod outline;
pub mod path;
pub mod push;
pub mod refusal;
pub mod report;
pub mod scans;
pub mod sign_in;
pub mod tasks;

#[cfg(test)]
pub(crate) mod golden;

pub use audit::{AuditHead, AuditPage, AuditQuery, HeadSeen, Viewed};
pub use changes::{Change, ChangeBody, Cursor, Erasure, LetterState, Pull, PullAnswer, RawBody};
pub use directory::{DirectoryAnswer, DirectoryHash};
pub use enrol::{Bounds, Enrol, EnrolAnswer, Fingerprint, Invitation};
pub use held_file::HeldManifest;
pub use hello::{Challenge, Grant, Hello, HelloAnswer, NextNumber, Remembered, Standing};
pub use log::{Erased, LogOf, Operation, Tip};
pub use op::{Acting, OpBody, SeriesEnd, UnitChange};
pub use outline::Outline;
pub use push::{OpVerdict, Push, PushAnswer, TaskReason, Verdict};
pub use refusal::Refusal;
pub use report::{DeviceState, Report, Reported};
pub use scans::{UploadCreate, UploadState};
pub use sign_in::{ChangePassword, Provider, ProviderSignIn, SignIn, SignInAnswer};
pub use tasks::{LetterTask, Overlap, Versions};

/// Newest schema of operations that this program writes and understands.
pub const OP_SCHEMA: u32 = 4;
/// Most operations in one [`Push`].
pub const MAX_BATCH_OPS: usize = 100;
/// Most bytes of operation bodies in one [`Push`], before base64.
pub const MAX_BATCH_BYTES: usize = 1 << 20;
/// Most changes in one page of a [`PullAnswer`].
pub const MAX_PAGE: u32 = 500;
/// Most bytes in one chunk of a scan.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;
/// Most bytes of one scanned document.
pub const MAX_SCAN_BYTES: u64 = 1 << 30;
