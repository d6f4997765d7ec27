//! The office's units and people, as central last told them: to whom a letter may be given, and who is away.
//!
//! Called by `src-tauri/src/commands/directory.rs`, by `intake` and `letters` for what was typed, and by `sync` for what central
//! tells. Nothing depends on it: without central, or without any unit there, what was typed before is proposed, and any words
//! may be typed.

mod store;

use domain::{
    calendar,
    directory::{Addressee, AddresseeKind, Directory},
    ids::ClerkId,
};
use sqlx::SqliteConnection;
use wire::v1::{DirectoryAnswer, DirectoryHash};

use crate::{Desk, DeskError, DeskEvent, intake, letters, session};

/// Everybody to whom a letter may be given today: units, people, and words that letters bore before.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`]; [`DeskError::Store`].
pub async fn addressees(desk: &Desk) -> Result<Vec<Addressee>, DeskError> {
    session::clerk(desk)?;
    let mut db = desk.read().await?;
    let mut list = directory(&mut db).await?.addressees(calendar::civil_day(desk.now()));
    for text in letters::units(&mut db).await? {
        if list.iter().all(|known| known.text != text) {
            let (symbol, detail) = (String::new(), String::new());
            list.push(Addressee { text, kind: AddresseeKind::Written, symbol, detail, away: None });
        }
    }
    Ok(list)
}

/// What a letter's field says for what was typed into it ([`Directory::resolve`]).
pub(crate) async fn resolve(db: &mut SqliteConnection, typed: Option<String>) -> Result<Option<String>, DeskError> {
    match typed {
        Some(typed) => Ok(Some(directory(db).await?.resolve(&typed))),
        None => Ok(None),
    }
}

async fn directory(db: &mut SqliteConnection) -> Result<Directory, DeskError> {
    Ok(store::read(db).await?.unwrap_or_default())
}

/// The hash of what is kept here.
pub(crate) async fn hash(db: &mut SqliteConnection) -> Result<Option<DirectoryHash>, DeskError> {
    store::hash(db).await
}

/// Keeps what central told in the place of what was here. A clerk who is not in it any more was deactivated: her screen is closed,
/// and nothing here opens to her.
pub(crate) async fn keep(desk: &Desk, told: &DirectoryAnswer) -> Result<(), DeskError> {
    let there: Vec<ClerkId> = told.directory.people.iter().map(|person| person.clerk).collect();
    let mut tx = desk.begin().await?;
    store::put(&mut tx, told).await?;
    session::forget_leavers(&mut tx, &there).await?;
    intake::leave_drafts(&mut tx, &there).await?;
    tx.commit().await?;

    session::show_out_leavers(desk, &there).await?;
    desk.announce(DeskEvent::DirectoryChanged);
    Ok(())
}
