//! The confirmation slip (potwierdzenie wniesienia): one page that says what was filed, and the key to its stage.
//! Called by `src-tauri/src/commands/slip.rs`. Writes no file and prints nothing; no identity number stands on it.

mod store;

use domain::{ErrorCode, calendar, ids::LetterId, marks::StatusKey, rights::Act};
use drivers::paper::{self, SlipContent, SlipPage, SlipStatus};
use jiff::{ToSpan, civil::Date};
use sqlx::SqliteConnection;
use wire::v1::OpBody;

use crate::{
    Desk, DeskError, DeskEvent, erasure,
    letters::{
        self,
        view::{HistoryKind, LetterView},
    },
    outbox, registers, session,
    settings::{Settings, view},
};

/// How long a desk keeps a status key in clear, in days of the office day (and central only its hash, for ever).
const KEY_DAYS: i64 = 30;

/// Draws the slip of a letter as it stands: the same letter gives the same bytes, in the preview and in the file.
///
/// # Errors
/// [`ErrorCode::NotAllowedNow`] for a cancelled letter; [`ErrorCode::NotFound`]; [`DeskError::Unexpected`] when the page
/// cannot be drawn whole.
#[doc(alias = "potwierdzenie wniesienia")]
#[tracing::instrument(skip_all, err)]
pub async fn pdf(desk: &Desk, letter_id: LetterId) -> Result<Vec<u8>, DeskError> {
    session::may_any(desk, Act::Slip)?;
    session::may(desk, Act::Slip, letters::kind_of(&mut *desk.read().await?, letter_id).await?)?;
    forget_when_old(desk).await?;
    let view = letters::view_of(desk, letter_id).await?;
    // Of a letter that may not be here there is nothing to confirm.
    if view.cancelled.is_some() || letters::is_outline(&mut *desk.read().await?, letter_id).await? {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    let office_day = store::office_day_of(&mut *desk.read().await?, letter_id).await?;
    let content = content_of(&desk.settings(), &view, office_day);
    tokio::task::spawn_blocking(move || paper::slip(&content))
        .await
        .map_err(DeskError::unexpected("draw a slip"))?
        .map_err(DeskError::unexpected("draw a slip"))
}

/// The name under which a slip is saved: `potwierdzenie-RPW-12-2026.pdf`, no personal data in it.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`]; [`ErrorCode::NotFound`]; [`DeskError::Store`].
pub async fn file_name(desk: &Desk, letter_id: LetterId) -> Result<String, DeskError> {
    let number = letters::view_of(desk, letter_id).await?.number;
    let parts: Vec<&str> = number.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    Ok(format!("potwierdzenie-{}.pdf", parts.join("-")))
}

/// Notes in the letter's history that a slip left the program: once for each slip saved or printed, never for a look.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`]; [`ErrorCode::NotFound`]; [`DeskError::Store`].
#[tracing::instrument(skip_all, err)]
pub async fn note_made(desk: &Desk, letter_id: LetterId) -> Result<(), DeskError> {
    let clerk = session::may_any(desk, Act::Slip)?;
    let mut tx = desk.begin().await?;
    if !letters::exists(&mut tx, letter_id).await? {
        return Err(DeskError::Refused(ErrorCode::NotFound));
    }
    letters::note(desk, &mut tx, letter_id, &clerk.name, &HistoryKind::SlipMade).await?;
    tx.commit().await?;

    desk.announce(DeskEvent::LetterChanged { letter_id });
    Ok(())
}

/// Gives the letter a new status key: the one before opens nothing any more once central has heard of it. The new one stands on
/// the next slip.
///
/// # Errors
/// [`ErrorCode::NotAllowedNow`] for a cancelled or erased letter and for one that may not be here; [`ErrorCode::NotFound`].
#[tracing::instrument(skip_all, err)]
pub async fn issue_key(desk: &Desk, letter_id: LetterId) -> Result<LetterView, DeskError> {
    let clerk = session::may_any(desk, Act::Slip)?;
    let office = desk.settings().teryt.ok_or(DeskError::Refused(ErrorCode::NotConfigured))?;
    let mut tx = desk.begin().await?;
    let row = letters::row(&mut tx, letter_id).await?;
    session::may(desk, Act::Slip, row.kind())?;
    let gone = row.cancelled.is_some() || row.intake_op.0.is_nil() || erasure::is_erased(&mut tx, letter_id).await?;
    if gone {
        return Err(DeskError::Refused(ErrorCode::NotAllowedNow));
    }
    let today = registers::office_day(desk, &mut tx).await?;
    let key = StatusKey::from_random(desk.random());
    let (by, at) = (clerk.name.clone(), desk.now());
    outbox::append(desk, &mut tx, &OpBody::StatusKeyIssued { letter_id, status_hash: key.hash(&office), by, at })
        .await?;
    store::keep_key(&mut tx, letter_id, &key, today).await?;
    letters::note(desk, &mut tx, letter_id, &clerk.name, &HistoryKind::KeyIssued).await?;
    tx.commit().await?;

    desk.wake.sync.notify_one();
    desk.announce(DeskEvent::LetterChanged { letter_id });
    letters::view_of(desk, letter_id).await
}

/// Keeps a letter's key in clear for reprints, inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn keep_key(
    db: &mut SqliteConnection,
    letter: LetterId,
    key: &StatusKey,
    office_day: Date,
) -> Result<(), DeskError> {
    Ok(store::keep_key(db, letter, key, office_day).await?)
}

/// Removes the clear status keys that are older than 30 office days, inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn forget_old_keys(db: &mut SqliteConnection, office_day: Date) -> Result<(), DeskError> {
    Ok(store::forget_keys_before(db, oldest_kept(office_day)).await?)
}

// A clock that runs ahead moves no office day, and so takes no key away.
async fn forget_when_old(desk: &Desk) -> Result<(), DeskError> {
    let today = {
        let mut connection = desk.read().await?;
        let (today, _) = registers::look_at_day(desk, &mut connection).await?;
        if !store::has_keys_before(&mut connection, oldest_kept(today)).await? {
            return Ok(());
        }
        today
    };
    let mut tx = desk.begin().await?;
    forget_old_keys(&mut tx, today).await?;
    tx.commit().await?;
    Ok(())
}

fn oldest_kept(office_day: Date) -> Date {
    office_day.saturating_sub(KEY_DAYS.days())
}

fn content_of(settings: &Settings, view: &LetterView, office_day: Date) -> SlipContent {
    let facts = &view.letter.facts;
    let sender = facts.sender.name.display();
    let same_day = facts.received_on == office_day;
    SlipContent {
        page: match settings.slip_page() {
            view::SlipPage::A4 => SlipPage::A4,
            view::SlipPage::A5 => SlipPage::A5,
        },
        office: settings.draft.office_name.trim().to_owned(),
        title: facts.title.clone(),
        sender: if sender.is_empty() { "brak danych".to_owned() } else { sender },
        attachments: facts.attachments,
        filed_on: facts.received_on,
        filed_at: same_day.then(|| calendar::in_office(view.letter.registered_at).time()),
        accepted_by: view.letter.registered_by.clone(),
        register_number: view.number.clone(),
        identifier: view.letter.identifier.clone(),
        status: Some(match (view.status_key.clone(), &settings.status_address) {
            (Some(key), Some(address)) => SlipStatus::Page { address: format!("{address}/s#{key}"), key },
            (Some(key), None) => SlipStatus::KeyOnly { key },
            (None, _) => SlipStatus::Forgotten,
        }),
        kept_copy: false,
        // Not the clock's now: what is previewed, saved and printed are the very same bytes.
        made_at: view.letter.registered_at,
    }
}
