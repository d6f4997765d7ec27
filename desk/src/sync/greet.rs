//! The hello: this desk proves its key and tells where its log ends. Changes nothing here: see `apply`.

use ed25519_dalek::SigningKey;
use wire::v1::{Hello, HelloAnswer, log};

use super::{Failed, apply, client::Central, store};
use crate::{Desk, DeskError, outbox, session};

/// What this desk calls itself.
pub(crate) const PROGRAM: &str = concat!("okienko ", env!("CARGO_PKG_VERSION"));

/// Asks for a challenge and answers it.
///
/// # Errors
/// Central's trouble, or that of the database.
pub(super) async fn hello(desk: &Desk, central: &Central, key: &SigningKey) -> Result<HelloAnswer, Failed> {
    let log = outbox::log_of(desk)?;
    let (last, remembered) = {
        let mut db = desk.read().await?;
        (outbox::tip(&mut db).await?, apply::remembered(&mut db).await?)
    };
    let challenge = central.challenge().await?;
    let hello = Hello {
        office: log.office.clone(),
        device: log.device,
        public_key: key.verifying_key().to_bytes(),
        nonce: challenge.nonce,
        signature: log::sign_nonce(key, &log, &challenge.nonce),
        symbol: desk.settings().symbol,
        program: PROGRAM.to_owned(),
        last,
        remembered,
    };
    let answer = central.hello(&hello).await?;
    session::note_offer(desk, answer.provider);
    Ok(answer)
}

/// The key by which central knows this desk.
///
/// # Errors
/// Those of the database.
pub(super) async fn read_key(db: &mut sqlx::SqliteConnection) -> Result<SigningKey, DeskError> {
    let secret = store::signing_key(db).await?;
    let secret = <[u8; 32]>::try_from(secret)
        .map_err(|_| DeskError::Unexpected { what: "the desk's signing key", source: "not 32 bytes".into() })?;
    Ok(SigningKey::from_bytes(&secret))
}
