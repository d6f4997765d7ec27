//! What might be done at a desk before an account, a role or a desk's bounds were changed: in a restored database, operations that
//! the desk sends again are judged by it, and not by what holds now.
//!
//! Before each such deed the administrator's log notes where the desks' logs end. When it is done again, what holds right before it
//! is kept here for every desk whose log this database lacks some of. Read by the judge, forgotten once the log is whole.

use std::collections::BTreeMap;

use domain::{
    ids::ClerkId,
    rights::{Ceiling, Roles, Scope},
};
use sqlx::PgConnection;
use wire::v1::Tip;

use super::store;
use crate::admin_log::LogEnd;

/// What bounds a desk.
#[derive(Clone, Debug)]
pub(super) struct Rights {
    /// What it may hold.
    pub(super) scope: Scope,
    /// The roles that may be exercised there.
    pub(super) ceiling: Ceiling,
    /// The office has accounts: an operation that states nobody counts no more.
    pub(super) accounts: bool,
}

impl Rights {
    /// Whether nothing bounds the desk, in an office that knows no clerks.
    pub(super) fn let_everything(&self) -> bool {
        !self.accounts && self.scope == Scope::all() && self.ceiling == Ceiling::all()
    }
}

/// What might be done at a desk, up to an operation of its log.
#[derive(Clone, Debug)]
pub(super) struct RightsThen {
    /// Up to this one.
    pub(super) up_to: Tip,
    /// What bounded it.
    pub(super) rights: Rights,
    /// The active clerks who had signed in there, with their roles.
    pub(super) roles: BTreeMap<ClerkId, Roles>,
}

/// Keeps what holds now for operations that are still to come again.
///
/// # Errors
/// Those of the database.
pub(crate) async fn remember_rights(tx: &mut PgConnection, logs: &[LogEnd]) -> sqlx::Result<()> {
    for log in logs {
        store::add_rights_then(tx, log).await?;
    }
    Ok(())
}
