//! Passwords: argon2id, a few at once so that memory stays bounded, and the same work for a login that nobody has.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::ErrorCode;
use tokio::sync::Semaphore;

use super::AccountError;

/// Each takes 19 MiB while it is worked on.
static AT_WORK: Semaphore = Semaphore::const_new(4);

/// What a password is compared with where there is no clerk: parameters as below, of no password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5\
    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

// 19 MiB, two passes, one lane: the least that OWASP's password storage cheat sheet names for argon2id.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).unwrap_or_default())
}

/// The password as it is kept. `about`: login and names of the person whose it is to be.
pub(super) async fn hash(password: String, about: &[&str]) -> Result<String, AccountError> {
    domain::password::check("password", &password, about).map_err(|wrong| match wrong.code {
        ErrorCode::PasswordGuessable => AccountError::Guessable,
        _ => AccountError::Password,
    })?;
    let hashed = at_work(move || argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string())).await;
    hashed.and_then(Result::ok).ok_or(AccountError::Password)
}

/// Whether the password fits what is kept; without anything kept the same work is done, and the answer is no.
pub(super) async fn fits(password: String, kept: Option<String>) -> bool {
    let known = kept.is_some();
    let kept = kept.unwrap_or_else(|| NOBODY.to_owned());
    let same = at_work(move || {
        PasswordHash::new(&kept).is_ok_and(|kept| argon2().verify_password(password.as_bytes(), &kept).is_ok())
    })
    .await;
    same == Some(true) && known
}

async fn at_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let _held = AT_WORK.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_s_hash_costs_what_a_clerk_s_does_and_fits_nothing() {
        let kept = hash("zielona brama 7".to_owned(), &[]).await.expect("a hash");
        let costs = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(costs(&kept), costs(NOBODY));
        assert!(PasswordHash::new(NOBODY).is_ok(), "it is worked through, not refused");
        assert!(fits("zielona brama 7".to_owned(), Some(kept.clone())).await);
        assert!(!fits("zielona brama 8".to_owned(), Some(kept)).await);
        assert!(!fits("zielona brama 7".to_owned(), None).await);
    }
}
