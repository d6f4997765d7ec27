//! What an administrator does with the directory, with all that is needed to do it again.

use domain::{
    directory::Absence,
    ids::{AbsenceId, ClerkId, UnitId},
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::{KeptUnit, store};

/// A deed. Written for ever: no field is ever renamed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum DirectoryDeed {
    /// Units were made, changed or closed.
    UnitsKept {
        /// As they are from now on.
        units: Vec<KeptUnit>,
    },
    /// A clerk works in a unit.
    MemberSet {
        /// The unit.
        unit: UnitId,
        /// The clerk.
        clerk: ClerkId,
        /// Whether she is its head.
        head: bool,
    },
    /// A clerk works in a unit no more.
    MemberRemoved {
        /// The unit.
        unit: UnitId,
        /// The clerk.
        clerk: ClerkId,
    },
    /// A clerk is away.
    AbsenceKept {
        /// The absence.
        absence: Absence,
    },
    /// An absence was taken back.
    AbsenceRemoved {
        /// The absence.
        id: AbsenceId,
    },
}

impl DirectoryDeed {
    /// Its name as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::UnitsKept { .. } => "units_kept",
            Self::MemberSet { .. } => "member_set",
            Self::MemberRemoved { .. } => "member_removed",
            Self::AbsenceKept { .. } => "absence_kept",
            Self::AbsenceRemoved { .. } => "absence_removed",
        }
    }
}

/// Does a deed: the first time, or again in a database that lacks it. Answers whether it changed anything; who calls it publishes
/// afterwards.
///
/// # Errors
/// Those of the database.
pub(crate) async fn carry_out(tx: &mut PgConnection, deed: &DirectoryDeed) -> sqlx::Result<bool> {
    match deed {
        DirectoryDeed::UnitsKept { units } => store::put_units(tx, units).await.map(|()| true),
        DirectoryDeed::MemberSet { unit, clerk, head } => {
            store::set_member(tx, *unit, *clerk, *head).await.map(|()| true)
        }
        DirectoryDeed::MemberRemoved { unit, clerk } => store::remove_member(tx, *unit, *clerk).await,
        DirectoryDeed::AbsenceKept { absence } => store::put_absence(tx, absence).await.map(|()| true),
        DirectoryDeed::AbsenceRemoved { id } => store::remove_absence(tx, *id).await,
    }
}
