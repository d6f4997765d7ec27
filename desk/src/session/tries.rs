//! Tries against this desk's own verifiers, where no central counts them: whoever sits at a desk that is cut off guesses no faster.

use domain::{ErrorCode, ids::ClerkId};

use super::store;
use crate::{Desk, DeskError};

/// Tries that fail are counted for so long, in seconds.
const WINDOW: i64 = 15 * 60;
/// Tries for one clerk within the window, as at central.
const OF_A_CLERK: u32 = 10;

/// Notes a try. Committed before it is counted, and counted before the password is looked at: pulling the plug takes none back.
///
/// # Errors
/// [`ErrorCode::TooManyTries`]; [`DeskError::Store`] when it cannot be noted: then nobody signs in.
pub(super) async fn begin(desk: &Desk, clerk: ClerkId) -> Result<(), DeskError> {
    let now = desk.now().as_second();
    let mut tx = desk.begin().await?;
    // A clock that jumped leaves tries of another time: they count for nobody.
    store::forget_tries_outside(&mut tx, now - WINDOW, now + WINDOW).await?;
    // A refused try is none: whoever waits a quarter of an hour is let in, however often she knocked meanwhile.
    if store::tries(&mut tx, clerk).await? >= OF_A_CLERK {
        return Err(DeskError::Refused(ErrorCode::TooManyTries));
    }
    store::add_try(&mut tx, clerk, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The password was right.
///
/// # Errors
/// [`DeskError::Store`].
pub(super) async fn end(desk: &Desk, clerk: ClerkId) -> Result<(), DeskError> {
    let mut tx = desk.begin().await?;
    store::forget_tries(&mut tx, clerk).await?;
    tx.commit().await?;
    Ok(())
}
