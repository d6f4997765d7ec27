//! Stable codes of expected failures. The window turns a code into a sentence (`ui/src/i18n`); nobody matches on text.

use serde::{Deserialize, Serialize};

/// What went wrong, for the window and for tests. Serialised in `snake_case`; a code is never renamed once released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    // At a field.
    /// The field must be filled.
    Required,
    /// Longer than the field allows.
    TooLong,
    /// Characters that no letter bears (control characters).
    ControlCharacters,
    /// Not a date, or not a date that exists.
    NotADate,
    /// Not a natural number in range.
    NotANumber,
    /// A date that lies in the future and may not.
    DateInFuture,
    /// A date on the letter that lies in the future: allowed after one more key.
    FutureDateUnconfirmed,
    /// An earlier receipt date needs a reason.
    ReasonRequired,
    /// Looks like no identifier that we know.
    IdentifierUnknown,
    /// PESEL with a wrong check digit or date.
    PeselWrong,
    /// NIP with a wrong check digit.
    NipWrong,
    /// REGON with a wrong check digit.
    RegonWrong,
    /// KRS of a wrong length.
    KrsWrong,
    /// Not a post code `NN-NNN`.
    PostcodeWrong,
    /// Not an e-mail address.
    EmailWrong,
    /// Not a commune's TERYT code.
    TerytWrong,
    /// Not a symbol of at most two capital letters or digits.
    SymbolWrong,
    /// Not an address of the form the field needs.
    AddressWrong,
    /// An address outside this computer, where only loopback is allowed.
    AddressNotLoopback,
    /// Not the letters of an invitation: one is missing or another.
    InvitationWrong,
    /// Not the letters of a recovery card: one is missing or another.
    CardWrong,
    /// Too short to be a password.
    PasswordTooShort,
    /// Everybody tries this password first, or whoever knows the clerk.
    PasswordGuessable,
    /// Central went away in the middle: the password may be the new one or the one before.
    PasswordUnsure,
    /// Two typed passwords differ.
    PasswordsDiffer,

    /// A PIN has four to six digits.
    PinWrong,
    /// Everybody tries this PIN first.
    PinGuessable,
    /// The two PINs differ.
    PinsDiffer,
    /// The period ends before it begins, or is longer than a year.
    PeriodWrong,
    /// More entries than one table may hold.
    TooManyEntries,

    // Of the desk.
    /// Nobody is signed in.
    NotSignedIn,
    /// Name or password are wrong.
    SignInFailed,
    /// Not this clerk's PIN.
    PinFailed,
    /// Too many wrong PINs: the password is needed.
    PinSpent,
    /// None of her roles may do this, or not with such a record.
    NotPermitted,
    /// After so many tries the next one must wait.
    TooManyTries,
    /// Only in a session at central, and she has none: she signs in again while central answers.
    SignInAgain,
    /// The identity provider did not confirm who it is.
    ProviderFailed,
    /// The identity provider does not answer.
    ProviderAway,
    /// No active account of the office is linked to the one at the provider.
    ClerkUnlinked,
    /// The browser cannot be opened.
    BrowserMissing,
    /// She gave up before the browser came back.
    GivenUp,
    /// The screen was locked by somebody else.
    LockedByAnother,
    /// This clerk signs in only while central answers.
    CentralNeeded,
    /// Two weeks without central: only intake, labels and scanning stay open.
    CentralTooLongAway,
    /// The office has accounts, and this clerk has none: only intake, labels and scanning stay open to her.
    AccountNeeded,
    /// A clerk exists already.
    AlreadySetUp,
    /// What was asked for does not exist.
    NotFound,
    /// The record is in a state that does not allow this.
    NotAllowedNow,
    /// The office day must be confirmed first.
    OfficeDayUnconfirmed,
    /// The start check failed: numbers stay locked until the highest label is named.
    NumbersLocked,
    /// Central did not grant this desk the symbol that it numbers under, or it handed it over.
    SymbolNotHeld,
    /// The office's basic settings are missing.
    NotConfigured,
    /// The disk is full.
    DiskFull,
    /// Too little room for scans; registering goes on.
    DiskLow,
    /// The disk refuses to write or read.
    DiskFault,
    /// The database is busy.
    Busy,
    /// The key store holds no key for this database.
    KeyMissing,
    /// The key does not fit this database.
    KeyWrong,
    /// The database file is damaged.
    DatabaseDamaged,
    /// The database was written by a newer program.
    DatabaseNewer,
    /// Another program uses the data directory.
    AlreadyRunning,
    /// The outcome of a write could not be established.
    OutcomeUnknown,
    /// Central gave another file than the one that was attached.
    DocumentDamaged,

    // Of devices and the network.
    /// Nothing is set up at this place.
    DeviceNotConfigured,
    /// The device does not answer.
    DeviceUnreachable,
    /// The device answers something we do not understand.
    DeviceProtocol,
    /// The device answers, and a person must mend something at it first: no labels, no ribbon, open, paused.
    DeviceNotReady,
    /// The feeder is empty.
    FeederEmpty,
    /// The feeder is jammed.
    FeederJam,
    /// The device is open.
    DeviceOpen,
    /// The device is busy, or somebody stopped it.
    DeviceBusy,
    /// A page came damaged.
    PageBroken,
    /// The device counted another number of pages than arrived.
    PagesMissing,
    /// Scanning was stopped, here or at the device.
    ScanStopped,
    /// The program ended while pages were coming.
    ScanInterrupted,
    /// The batch cannot be closed while questions are open.
    BatchHasQuestions,
    /// Central does not answer.
    CentralUnreachable,
    /// Central refuses.
    CentralRefused,
    /// Whoever answers at central's address does not hold the key that this desk was enrolled with.
    CentralNotTrusted,
    /// Central does not know the invitation any more: too old, or used at another desk.
    InvitationUnknown,
    /// Central lets in only desks that were enrolled, and this one was not.
    DeskNotEnrolled,
    /// Central holds operations of this desk that its database lacks: an older copy.
    DeskBehind,
    /// Two machines write this desk's log: what it sends is held.
    DeskForked,
    /// The administrator revoked this desk: what it sends is held.
    DeskRevoked,
    /// Central never told the key to which a file for it is encrypted.
    FileKeyUnknown,
    /// Central has everything that stands here.
    NothingToHandOver,

    /// A fault of ours: the log holds it under the incident number.
    Unexpected,
}

/// One wrong field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// The field's name as in the draft's JSON, dotted for nested ones: `sender.town`.
    pub field: String,
    /// What is wrong with it.
    pub code: ErrorCode,
    /// The limit that was passed, where the code has one (`too_long`, `not_a_number`).
    #[cfg_attr(feature = "bindings", ts(type = "number | null"))]
    pub limit: Option<u64>,
}

impl FieldError {
    /// A wrong field without a limit.
    pub fn new(field: &str, code: ErrorCode) -> Self {
        Self { field: field.to_owned(), code, limit: None }
    }

    /// A wrong field with the limit it passed.
    pub fn over(field: &str, code: ErrorCode, limit: u64) -> Self {
        Self { field: field.to_owned(), code, limit: Some(limit) }
    }
}

/// Every wrong field of a form at once, in the form's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[error("{} wrong fields", .0.len())]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// Notes a wrong field.
    pub fn push(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// Keeps the value of a parsed field, or notes its error.
    pub fn keep<T>(&mut self, parsed: Result<T, FieldError>) -> Option<T> {
        parsed.map_err(|error| self.push(error)).ok()
    }

    /// `Ok` when no field was wrong.
    ///
    /// # Errors
    /// Itself, when it holds any field.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}
