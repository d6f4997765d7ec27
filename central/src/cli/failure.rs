//! Why a command ended badly, in words for stderr and as an exit code.

use std::{io::Write, process::ExitCode};

use central::{
    accounts::{AccountError, ProviderError},
    admin_log::AdminLogError,
    backup::BackupError,
    config::WrongPlace,
    db,
    demo::DemoError,
    desks::InviteError,
    directory::{DirectoryError, ImportError},
    erasure::ErasureError,
    held_file::HeldFileError,
    symbols::SymbolError,
    sync::SettleError,
    trust::TrustError,
};
use domain::marks::Teryt;
use uuid::Uuid;

const FAULT: u8 = 1;
const WRONG_USAGE: u8 = 2;
const NOT_FOUND: u8 = 3;

/// Why a command ended badly.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Start(#[from] central::StartError),
    #[error(transparent)]
    Database(#[from] db::DatabaseError),
    #[error(transparent)]
    Central(#[from] central::error::Error),
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
    #[error("the answer cannot be written")]
    Output(#[from] std::io::Error),
    #[error("the host {host} is that of office {}", office.as_str())]
    HostTaken { host: String, office: Teryt },
    #[error("no letter {0}")]
    NotFound(String),
    #[error("no desk {0} that could be revoked")]
    NoDesk(Uuid),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    #[error(transparent)]
    AdminLog(#[from] AdminLogError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Invite(#[from] InviteError),
    #[error(transparent)]
    Settle(#[from] SettleError),
    #[error(transparent)]
    Erasure(#[from] ErasureError),
    #[error(transparent)]
    HeldFile(#[from] HeldFileError),
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Place(#[from] WrongPlace),
    #[error("the scans are in a bucket: name a folder on an encrypted volume for the plain dump, --scratch")]
    NoScratch,
    #[error("something that central needs is missing: see FAILED above")]
    NotReady,
    #[error("--{0} is missing")]
    Missing(&'static str),
    #[error("{0} cannot be read")]
    Wrong(&'static str),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error("{0} findings: the audit does not fit")]
    AuditDiffers(usize),
}

impl Failure {
    /// As `central --help` lists them.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound(_)
            | Self::NoDesk(_)
            | Self::Account(AccountError::Unknown)
            | Self::Provider(ProviderError::Unset | ProviderError::Account(AccountError::Unknown))
            | Self::Directory(DirectoryError::NoUnit(_) | DirectoryError::NoClerk(_) | DirectoryError::NoAbsence(_))
            | Self::Invite(InviteError::NoDesk(_))
            | Self::HeldFile(HeldFileError::NoDesk(_))
            | Self::Erasure(ErasureError::NoLetter(_))
            | Self::Symbol(SymbolError::NoDesk(_) | SymbolError::NotGranted)
            | Self::Settle(SettleError::Nothing(_) | SettleError::NoLetter(_)) => NOT_FOUND,
            Self::Account(
                AccountError::Login
                | AccountError::Name
                | AccountError::Password
                | AccountError::Guessable
                | AccountError::Taken,
            )
            | Self::Provider(
                ProviderError::Issuer
                | ProviderError::Client
                | ProviderError::Subject
                | ProviderError::Linked
                | ProviderError::Account(AccountError::Login),
            )
            | Self::Directory(
                DirectoryError::Symbol(_)
                | DirectoryError::Name
                | DirectoryError::Taken(_)
                | DirectoryError::Circle(_)
                | DirectoryError::Days
                | DirectoryError::OwnDeputy,
            )
            | Self::Import(ImportError::Table(_) | ImportError::Rows(_))
            | Self::Erasure(ErasureError::Unsaid)
            | Self::Trust(TrustError::NoLog)
            | Self::Place(_)
            | Self::Missing(_)
            | Self::Wrong(_)
            | Self::NoScratch => WRONG_USAGE,
            Self::Start(_)
            | Self::Database(_)
            | Self::Central(_)
            | Self::Store(_)
            | Self::Output(_)
            | Self::HostTaken { .. }
            | Self::Account(_)
            | Self::Provider(_)
            | Self::Directory(_)
            | Self::Import(_)
            | Self::Symbol(_)
            | Self::AdminLog(_)
            | Self::Backup(_)
            | Self::Invite(_)
            | Self::Settle(_)
            | Self::Erasure(_)
            | Self::HeldFile(_)
            | Self::Trust(_)
            | Self::NotReady
            | Self::Demo(_)
            | Self::AuditDiffers(_) => FAULT,
        }
    }
}

/// Says on stderr what went wrong, with its causes.
pub(crate) fn report(error: &dyn std::error::Error) -> ExitCode {
    let mut text = format!("central: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    // Nobody is left to tell when stderr is gone.
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(FAULT)
}
