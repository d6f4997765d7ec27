//! Whether central is an earlier one of itself: restored from a backup, by its command or behind its back.
//!
//! Desks remember more than a restored central. When one of them proves that, central begins a new epoch by itself:
//! every desk reads its changes anew and sends again what is missing.

use uuid::Uuid;

use crate::v1::{Cursor, Remembered, Tip};

/// What a desk's memory says of central's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Central has what the desk remembers, or the desk speaks of another epoch.
    Whole,
    /// Central acknowledged or showed what it no longer has: a new epoch begins.
    Lost,
}

/// By a hello. `has`: the last operation that the desk was told central has is in its log or held.
///
/// What was acknowledged in another epoch says nothing: its loss, if it is one, began the present one, and one loss must
/// not begin an epoch for each desk.
pub fn of_hello(remembered: Option<&Remembered>, epoch: Uuid, has: bool) -> Memory {
    match remembered {
        Some(memory) if memory.epoch == epoch && memory.acknowledged != Tip::START && !has => Memory::Lost,
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
