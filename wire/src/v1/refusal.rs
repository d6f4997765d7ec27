//! Why central refuses a whole request. The body of every answer outside 2xx.

use serde::{Deserialize, Serialize};

use super::log::Tip;

/// Why the whole request was refused: nothing of it took effect, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Refusal {
    /// 503: send the same again later. Part of a push may have been kept: it then comes back as duplicate.
    #[error("central asks to try again")]
    Retry {
        /// Seconds to wait at least.
        after_seconds: u32,
    },
    /// 429: too many requests.
    #[error("too many requests")]
    TooMany {
        /// Seconds to wait at least.
        after_seconds: u32,
    },
    /// 400: not a request of this form.
    #[error("central cannot read the request")]
    Malformed,
    /// 413: larger than allowed.
    #[error("the request is larger than central allows")]
    TooLarge,
    /// 401: no token, or one that central does not know any more: say hello again.
    #[error("central does not know the token")]
    TokenUnknown,
    /// 401: the nonce was not given by central, was used, or is too old: ask for another.
    #[error("central does not know the nonce")]
    NonceUnknown,
    /// 401: signed by another key, or over something else.
    #[error("the signature does not hold")]
    SignatureWrong,
    /// 403: central serves another office.
    #[error("central serves another office")]
    OfficeUnknown,
    /// 403: the desk's id is known with another key.
    #[error("the desk is known with another key")]
    DeviceKeyDiffers,
    /// 403: central has never seen the desk, and lets in only those that were invited.
    #[error("the desk is not enrolled")]
    NotEnrolled,
    /// 403: no such invitation, or it is too old, or another desk has used it: which of them is not said.
    #[error("central does not know the invitation")]
    InvitationUnknown,
    /// 403: the desk is revoked: it may only hand over what it still has.
    #[error("the desk is revoked")]
    Revoked,
    /// 403: no such login, or the password does not fit, or the clerk is not active: which of them is not said.
    #[error("login and password do not fit")]
    SignInFailed,
    /// 422: the password that it is to be is too short, too long, or tried first by whoever guesses.
    #[error("the new password is too easy to guess")]
    PasswordGuessable,
    /// 403: the provider knows who it is, and no active account of the office is hers.
    #[error("no active account is linked to the one at the provider")]
    ClerkUnlinked,
    /// 502: the office's identity provider does not answer central, or not as it should.
    #[error("the identity provider does not answer")]
    ProviderAway,
    /// 401: no session of a clerk who may ask this here: she signs in again.
    #[error("no session of a clerk who may")]
    ClerkUnknown,
    /// 409: the symbol belongs to another desk, for good.
    #[error("the symbol belongs to another desk")]
    SymbolTaken,
    /// 409: the desk has sent operations under another symbol.
    #[error("the desk is known under another symbol")]
    SymbolDiffers,
    /// 409: the batch begins after a gap; central's log of the desk ends here.
    #[error("operations are missing after {}", last.seq)]
    Gap {
        /// Where the desk's log ends at central.
        last: Tip,
    },
    /// 422: the chain of the batch breaks here.
    #[error("the chain breaks at operation {seq}")]
    ChainBroken {
        /// The number.
        seq: u64,
    },
    /// 409: the batch holds an operation of a newer schema: central must be upgraded first.
    #[error("central knows operations up to schema {known}")]
    SchemaTooNew {
        /// Newest schema that central understands.
        known: u32,
    },
    /// 404: no such record, or no right to see it.
    #[error("not found")]
    NotFound,
    /// 409: the scan was announced with another size or hash than its operation says.
    #[error("the scan differs from its operation")]
    ScanDiffers,
    /// 409: the chunk does not begin where central's part ends.
    #[error("central holds {offset} bytes")]
    OffsetDiffers {
        /// Bytes that central holds.
        offset: u64,
    },
    /// 422: every byte is there and the whole hash differs; central dropped the bytes: upload from 0.
    #[error("the uploaded bytes have another hash")]
    HashDiffers,
    /// 507: central's disk is nearly full; operations are still taken.
    #[error("central has no room for scans")]
    StorageFull,
}
