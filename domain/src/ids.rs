//! Identifiers of our records: newtypes over UUIDv7, so that a letter's id never stands where a scan's should.
//! Made only by the desk's context (time and random bytes come in there); this room only names them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(type = "string"))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    )+};
}

ids! {
    /// One incoming letter (przesyłka wpływająca), from the first key typed into its form.
    LetterId,
    /// A sender remembered from earlier letters.
    PartyId,
    /// A clerk of the office.
    ClerkId,
    /// An organisational unit (komórka organizacyjna).
    UnitId,
    /// A clerk's absence.
    AbsenceId,
    /// A desk: one installation of Okienko.
    DeviceId,
    /// One entry of a desk's log.
    OpId,
    /// One printed copy of one label.
    LabelJobId,
    /// One run of the scanner's feeder.
    BatchId,
    /// One page received from the scanner.
    PageId,
    /// One scanned document: the PDF that belongs to a letter.
    ScanId,
}
