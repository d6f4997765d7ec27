//! Whether central is an earlier one of itself: restored from a backup, by its command or behind its back.
//!
//! Desks remember more than a restored central. When one of them proves that, central begins a new epoch by itself:
//! every desk reads its changes anew and sends again what is missing.

use uuid::Uuid;

use crate::v1::{Cursor, Tip};

/// What a desk's memory says of central's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Central has what the desk remembers, or the desk speaks of another epoch.
    Whole,
    /// Central acknowledged or showed what it no longer has: a new epoch begins.
    Lost,
}

/// By a hello. `acknowledged` is the last operation that the desk was told central has; `has`: it is in the log or held.
pub fn of_hello(acknowledged: Option<&Tip>, has: bool) -> Memory {
    match acknowledged {
        Some(tip) if *tip != Tip::START && !has => Memory::Lost,
        Some(_) | None => Memory::Whole,
    }
}

/// By a cursor. `digest` is that of central's change at the cursor's head, if there is one.
///
/// A cursor of another epoch says nothing: its desk has not yet heard of this one.
pub fn of_cursor(cursor: &Cursor, epoch: Uuid, digest: Option<&[u8; 32]>) -> Memory {
    let lost = cursor.epoch == epoch && !super::stream::knows(cursor, epoch, digest);
    if lost { Memory::Lost } else { Memory::Whole }
}
