//! The recovery card: the database key on paper, for the office's safe, and the way back in by it.
//!
//! Called by `src-tauri/src/commands/recovery.rs`; [`recover`] by `src-tauri/src/app.rs` where the key is missing. A database
//! that was opened by a card takes no numbers any more: its machine may still be at work.

mod store;

use std::sync::Arc;

use domain::{ErrorCode, calendar, rights::Act};
use drivers::paper::{self, CardContent};
use sqlx::SqliteConnection;

use crate::{
    Desk, DeskError, DeskEvent,
    desk::DeskParts,
    keys::{self, DatabaseKey},
    labels,
    lock::DirLock,
    session, startup,
};

/// Draws the card.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`], [`ErrorCode::NotPermitted`]; [`DeskError::Unexpected`] when it cannot be drawn whole.
#[doc(alias = "karta odzyskiwania")]
#[tracing::instrument(skip_all, err)]
pub async fn card_pdf(desk: &Desk) -> Result<Vec<u8>, DeskError> {
    session::may_any(desk, Act::Settings)?;
    let key = desk.db.key().ok_or_else(|| DeskError::Unexpected {
        what: "draw a recovery card",
        source: "a desk without encryption has no key".into(),
    })?;
    let settings = desk.settings();
    let content = CardContent {
        office: settings.draft.office_name.trim().to_owned(),
        symbol: settings.symbol.as_str().to_owned(),
        letters: key.letters().to_string(),
        made_on: calendar::display_date(calendar::civil_day(desk.now())),
        made_at: desk.now(),
    };
    tokio::task::spawn_blocking(move || paper::card(&content))
        .await
        .map_err(DeskError::unexpected("draw a recovery card"))?
        .map_err(DeskError::unexpected("draw a recovery card"))
}

/// The name under which the card is saved.
pub fn file_name(desk: &Desk) -> String {
    match desk.settings().symbol.as_str() {
        "" => "karta-odzyskiwania.pdf".to_owned(),
        symbol => format!("karta-odzyskiwania-{symbol}.pdf"),
    }
}

/// Notes that a card left the program.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`], [`ErrorCode::NotPermitted`]; [`DeskError::Store`].
pub async fn note_saved(desk: &Desk) -> Result<(), DeskError> {
    session::may_any(desk, Act::Settings)?;
    let mut tx = desk.begin().await?;
    store::set_card_saved(&mut tx, calendar::civil_day(desk.now())).await?;
    tx.commit().await?;
    desk.announce(DeskEvent::SettingsChanged);
    Ok(())
}

/// The day on which a card was last saved, as people write it.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn card_saved_on(db: &mut SqliteConnection) -> Result<Option<String>, DeskError> {
    Ok(store::card_saved(db).await?.map(calendar::display_date))
}

/// Opens the desk by the letters of its card: the key goes back into the store, and the desk takes no more numbers.
///
/// # Errors
/// [`ErrorCode::CardWrong`] for letters that are no card's; [`ErrorCode::KeyWrong`] for another desk's card; else as
/// [`startup::open_desk`].
#[tracing::instrument(skip_all, err)]
pub async fn recover(parts: DeskParts, held: &DirLock, typed: &str) -> Result<Arc<Desk>, DeskError> {
    let key = DatabaseKey::from_letters(typed).ok_or(DeskError::Refused(ErrorCode::CardWrong))?;
    let (folder, keys) = (parts.paths.data.clone(), parts.keys.clone());
    let checked = key.clone();
    let is_there = tokio::task::spawn_blocking(move || {
        keys::check(&folder, &checked)?;
        Ok::<bool, DeskError>(keys::is_there(&folder, &keys))
    });
    if is_there.await.map_err(DeskError::unexpected("compare a key"))?? {
        // The store was only late: nothing is lost, and nothing was opened elsewhere.
        return startup::open_desk(parts, held).await;
    }
    let desk = startup::open_with_key(parts, Some(key.clone())).await?;
    let mut tx = desk.begin().await?;
    drain_only(&desk, &mut tx).await?;
    tx.commit().await?;
    // Last: whatever fails before, the next start asks for the card again.
    let (folder, keys) = (desk.paths().data.clone(), desk.parts.keys.clone());
    let refilled = tokio::task::spawn_blocking(move || keys::refill(&folder, &keys, &key)).await;
    if let Err(error) = refilled.map_err(DeskError::unexpected("put a key back")).flatten() {
        tracing::error!(%error, "the key store does not take the key back; the next start asks for the card again");
    }
    tracing::warn!("opened by the recovery card: this desk takes no more numbers");
    Ok(desk)
}

/// Notes the machine at the first start, and takes the numbers from a database that was carried to another one.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn check_machine(desk: &Desk) -> Result<(), DeskError> {
    let Some(machine) = desk.parts.machine.as_deref().map(fingerprint) else { return Ok(()) };
    let mut tx = desk.begin().await?;
    match store::machine(&mut tx).await? {
        Some(known) if known == machine => return Ok(()),
        Some(_) => {
            tracing::warn!("the database was made on another machine: this desk takes no more numbers");
            drain_only(desk, &mut tx).await?;
        }
        None => {}
    }
    store::set_machine(&mut tx, &machine).await?;
    tx.commit().await?;
    Ok(())
}

// The id itself is the machine's name everywhere else, and none of ours.
fn fingerprint(machine: &str) -> String {
    wire::v1::bytes::to_hex(&wire::v1::log::hash_parts(&[b"okienko-machine-1", machine.as_bytes()]))
}

async fn drain_only(desk: &Desk, db: &mut SqliteConnection) -> Result<(), DeskError> {
    if store::set_drain_only(db).await? {
        // What waits for the printer may be on paper already, from the other machine.
        labels::doubt_waiting(desk, db).await?;
    }
    Ok(())
}
