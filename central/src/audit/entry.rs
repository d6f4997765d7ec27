//! What central itself notes.

use domain::ids::{ClerkId, DeviceId, LetterId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::v1::{Tip, bytes};

/// An entry of central's own. Written for ever: no field is ever renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Entry {
    /// Operations of a desk were taken: its log reaches to here.
    BatchTaken {
        /// The desk.
        desk: DeviceId,
        /// Number of the first one.
        first: u64,
        /// The last one.
        last: Tip,
    },
    /// Operations of a desk that does not count were put into the hold.
    BatchHeld {
        /// The desk.
        desk: DeviceId,
        /// The last one.
        last: Tip,
    },
    /// An administrator's deed.
    Deed {
        /// Its name, as in the administrator's log.
        deed: String,
        /// Its number there; `None` where no such log is kept.
        n: Option<u64>,
        /// Its hash there, in hex.
        hash: Option<String>,
    },
    /// A clerk signed in at a desk.
    SignedInAtCentral {
        /// The desk.
        desk: DeviceId,
        /// The clerk.
        clerk: ClerkId,
        /// Her name.
        by: String,
    },
    /// A clerk gave herself another password.
    PasswordChanged {
        /// The desk.
        desk: DeviceId,
        /// The clerk.
        clerk: ClerkId,
        /// Her name.
        by: String,
    },
    /// The audit was read.
    AuditRead {
        /// At this desk.
        desk: DeviceId,
        /// By this clerk.
        clerk: ClerkId,
        /// Her name.
        by: String,
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// About this letter alone.
        subject: Option<LetterId>,
        /// Of this clerk alone.
        of: Option<ClerkId>,
    },
    /// The audit was exported.
    AuditExported {
        /// At this desk.
        desk: DeviceId,
        /// By this clerk.
        clerk: ClerkId,
        /// Her name.
        by: String,
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// Entries in it.
        entries: u64,
        /// SHA-256 of the table.
        #[serde(with = "bytes::hex32")]
        sha256: [u8; 32],
    },
    /// A letter was changed by central's own command: stage, or what was held of it.
    ChangedAtCentral {
        /// What: `stage_set`, or how what was held was settled.
        what: String,
        /// Which letter.
        subject: LetterId,
        /// Who, as named on the command line.
        by: String,
    },
    /// A desk proved that this database is an older one: what came behind its last entry is not here.
    EpochBegun {
        /// The epoch before.
        before: Uuid,
        /// The epoch from now on.
        epoch: Uuid,
    },
}
