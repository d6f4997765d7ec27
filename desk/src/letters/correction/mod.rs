//! The form of a correction: filled with the letter's facts, or as the clerk left it. One for each clerk and letter.
//! Called by `src-tauri/src/commands/letters.rs`. What is typed here changes nothing until it is saved ([`super::correct_letter`]).

mod store;

use domain::{ids::LetterId, rights::Act};
use sqlx::SqliteConnection;

use super::{
    change,
    view::{CorrectionDraft, CorrectionView},
};
use crate::{Desk, DeskError, session, session::view::ClerkView};

/// The form for correcting a letter: as the clerk left it, or filled with the facts.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`]; [`domain::ErrorCode::NotFound`]; [`domain::ErrorCode::NotAllowedNow`] where the content was
/// erased; [`DeskError::Store`].
pub async fn correction_of(desk: &Desk, id: LetterId) -> Result<CorrectionView, DeskError> {
    let clerk = session::may_any(desk, Act::Correct)?;
    let mut db = desk.read().await?;
    let row = super::store::row(&mut db, id).await?;
    session::may(desk, Act::Correct, row.kind())?;
    change::refuse_erased(&mut db, id).await?;
    let kept = store::kept(&mut db, clerk.id, id).await?;
    Ok(match kept {
        Some((CorrectionDraft { draft, reason, .. }, based_on)) => {
            CorrectionView { based_on, draft, reason, unfinished: true, overtaken: based_on != row.intake_op }
        }
        None => CorrectionView {
            based_on: row.intake_op,
            draft: change::draft_of(&row),
            reason: String::new(),
            unfinished: false,
            overtaken: false,
        },
    })
}

/// Keeps what the clerk typed into the form of a correction.
///
/// # Errors
/// As [`correction_of`].
pub async fn keep_correction(desk: &Desk, draft: CorrectionDraft) -> Result<(), DeskError> {
    let clerk = session::may_any(desk, Act::Correct)?;
    let mut tx = desk.begin().await?;
    let row = super::store::row(&mut tx, draft.draft.id).await?;
    session::may(desk, Act::Correct, row.kind())?;
    // Her last key may come after the erasure.
    change::refuse_erased(&mut tx, draft.draft.id).await?;
    let based_on = draft.based_on.unwrap_or(row.intake_op);
    store::keep(&mut tx, clerk.id, &draft, based_on, desk.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets what the clerk typed, because she said so: the form begins with the letter's facts.
///
/// # Errors
/// As [`correction_of`].
pub async fn discard_correction(desk: &Desk, id: LetterId) -> Result<CorrectionView, DeskError> {
    let clerk = session::may_any(desk, Act::Correct)?;
    let mut tx = desk.begin().await?;
    forget(&mut tx, &clerk, id).await?;
    tx.commit().await?;
    correction_of(desk, id).await
}

/// Her correction of the letter is made, inside the caller's transaction.
pub(super) async fn forget(db: &mut SqliteConnection, clerk: &ClerkView, letter: LetterId) -> Result<(), DeskError> {
    Ok(store::forget(db, clerk.id, letter).await?)
}

/// What a letter says may not be here any more, nor what anybody typed about it, inside the caller's transaction.
pub(super) async fn forget_all(db: &mut SqliteConnection, letter: LetterId) -> Result<(), DeskError> {
    Ok(store::forget_all(db, letter).await?)
}
