//! Enrolment: the administrator invites a desk, the desk answers with the code, and central knows it from then on.

use axum::{Json, extract::State};
use domain::{ids::DeviceId, marks::Teryt, register::PointSymbol};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use wire::v1::{Bounds, Enrol, EnrolAnswer, Invitation, LogOf, Refusal, Standing, enrol::code_is_signed};

use super::{PROGRAM_MAX, store};
use crate::{
    accounts,
    admin_log::{self, AdminLogError, Administrator, Deed},
    clock::random,
    error::Error,
    extract::Message,
    router::Office,
    symbols::{self, SymbolError},
    trust::{self, TrustError},
};

/// How long an invitation is good, by central's clock.
const MINUTES: i64 = 15;

/// Why a desk is not invited, or its bounds are not changed.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// It may hold nothing, or nobody may do anything there.
    #[error("a desk needs at least one kind of records and one role")]
    Nothing,
    /// The symbol cannot be granted.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// There is no such desk, or it never joined by an invitation and would not hear of bounds.
    #[error("no desk {0} that joined by an invitation")]
    NoDesk(DeviceId),
    /// The authority cannot be read.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The administrator's log cannot be written: nothing was changed.
    #[error(transparent)]
    Log(#[from] AdminLogError),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
    /// The operating system gives no random bytes.
    #[error("no random bytes")]
    Random(#[from] getrandom::Error),
}

/// A desk that is to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The symbol that it will number under.
    pub symbol: PointSymbol,
    /// What it may hold, and what may be done there.
    pub bounds: Bounds,
    /// Who invites it.
    pub by: String,
    /// A desk that central knows already and that holds the symbol: it came in at first contact, or lost what it was told.
    pub known: Option<DeviceId>,
}

/// An invitation as the administrator hands it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// Invites a desk.
///
/// # Errors
/// [`InviteError`]; a symbol that another desk holds, or whose series are closed, is refused now already.
pub async fn invite(by: &Administrator<'_>, office: &Teryt, guest: &Guest) -> Result<Invited, InviteError> {
    if guest.bounds.scope.is_empty() || guest.bounds.ceiling.0.is_empty() {
        return Err(InviteError::Nothing);
    }
    let now = by.clock.now();
    let expires_at = now + MINUTES.minutes();
    let code = random::<8>()?;
    let fingerprint = trust::fingerprint(by.pool, by.clock).await?;
    let mut tx = by.pool.begin().await?;
    symbols::may_be_granted(&mut tx, &guest.symbol, guest.known).await?;
    store::forget_invitations(&mut tx, now).await?;
    store::add_invitation(&mut tx, &hash_of(code), guest, now, expires_at).await?;
    tx.commit().await?;
    Ok(Invited { invitation: Invitation { office: office.clone(), code, fingerprint }, expires_at })
}

/// What became of a desk's bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bounded {
    /// The desk.
    pub desk: DeviceId,
    /// Its bounds from its next contact on.
    pub bounds: Bounds,
}

/// Changes what a desk may hold and what may be done there; it hears of it at its next hello, which is asked for at once.
///
/// # Errors
/// [`InviteError::NoDesk`]; else as [`invite`].
pub async fn bound(by: &Administrator<'_>, desk: DeviceId, bounds: Bounds) -> Result<Bounded, InviteError> {
    if bounds.scope.is_empty() || bounds.ceiling.0.is_empty() {
        return Err(InviteError::Nothing);
    }
    let mut tx = by.pool.begin().await?;
    let seen = accounts::logs_seen(&mut tx, Some(desk)).await?;
    if !store::is_enrolled(&mut tx, desk).await? || !store::set_bounds(&mut tx, desk, &bounds).await? {
        return Err(InviteError::NoDesk(desk));
    }
    store::forget_tokens(&mut tx, desk).await?;
    accounts::record_after(&mut tx, by, seen, Deed::DeskBounded { desk, bounds: bounds.clone() }).await?;
    tx.commit().await?;
    Ok(Bounded { desk, bounds })
}

/// Lets an invited desk in. The same code and key get the same answer again.
///
/// # Errors
/// [`Refusal::InvitationUnknown`], [`Refusal::SignatureWrong`], [`Refusal::DeviceKeyDiffers`], [`Refusal::Revoked`] for a desk
/// that does not count any more, [`Refusal::SymbolDiffers`] for one whose labels bear another symbol,
/// [`Refusal::SymbolTaken`] when the symbol was given away meanwhile.
pub async fn enrol(State(office): State<Office>, Message(enrol): Message<Enrol>) -> Result<Json<EnrolAnswer>, Error> {
    if enrol.program.len() > PROGRAM_MAX || enrol.program.chars().any(char::is_control) {
        return Err(Refusal::Malformed.into());
    }
    let log = LogOf { office: office.teryt.clone(), device: enrol.device };
    if !code_is_signed(&enrol.public_key, &log, enrol.code, &enrol.signature) {
        return Err(Refusal::SignatureWrong.into());
    }
    let now = office.clock.now();
    let mut tx = office.pool.begin().await?;
    let Some(invitation) = store::lock_invitation(&mut tx, &hash_of(enrol.code)).await? else {
        return Err(Refusal::InvitationUnknown.into());
    };
    match invitation.used_by {
        Some(used_by) if used_by == (enrol.device, enrol.public_key) => {
            if store::device(&mut tx, enrol.device).await?.standing != Standing::Counts {
                return Err(Refusal::Revoked.into());
            }
        }
        Some(_) => return Err(Refusal::InvitationUnknown.into()),
        None if invitation.expires_at < now => return Err(Refusal::InvitationUnknown.into()),
        None => {
            let by = Administrator { pool: &office.pool, clock: &office.clock, log: office.admin_log.as_ref() };
            let deeds = let_in(&mut tx, &by, &enrol, &invitation.guest).await?;
            store::use_invitation(&mut tx, &hash_of(enrol.code), enrol.device, &enrol.public_key).await?;
            for deed in &deeds {
                admin_log::record(&mut tx, &by, deed).await?;
            }
        }
    }
    // The bounds as they are now: an old invitation gives none back that were taken since.
    let bounds = store::bounds(&mut tx, enrol.device).await?;
    tx.commit().await?;
    let accounts = accounts::any(&office.pool).await?;
    let office_name = crate::db::office_name(&office.pool).await?.name;
    tracing::info!(device = %enrol.device, "enrolled");
    Ok(Json(EnrolAnswer {
        device: enrol.device,
        office_name,
        symbol: invitation.guest.symbol,
        bounds,
        accounts,
        central_time: now,
    }))
}

async fn let_in(
    tx: &mut sqlx::PgConnection,
    by: &Administrator<'_>,
    enrol: &Enrol,
    guest: &Guest,
) -> Result<Vec<Deed>, Error> {
    if enrol.symbol.as_ref().is_some_and(|symbol| *symbol != guest.symbol) {
        return Err(Refusal::SymbolDiffers.into());
    }
    let at = by.clock.now();
    let seen = accounts::logs_seen(tx, Some(enrol.device)).await?;
    store::insert_known(tx, enrol.device, &enrol.public_key, &guest.symbol, at).await?;
    let known = store::device(tx, enrol.device).await?;
    if known.public_key != enrol.public_key {
        return Err(Refusal::DeviceKeyDiffers.into());
    }
    // An enrolment is never renewed in place: the machine comes with a new log.
    if known.standing != Standing::Counts {
        return Err(Refusal::Revoked.into());
    }
    store::note_enrolment(tx, enrol, &guest.bounds, at).await?;
    let mut deeds = Vec::from_iter(seen);
    deeds.push(Deed::DeskEnrolled {
        desk: enrol.device,
        public_key: enrol.public_key,
        symbol: guest.symbol.clone(),
        bounds: guest.bounds.clone(),
        at,
    });
    deeds.extend(symbols::grant_invited(tx, by.clock, &guest.symbol, enrol.device, &guest.by).await?);
    Ok(deeds)
}

/// Lets a desk in again, or bounds it again, in a database that lacks it.
///
/// # Errors
/// Those of the database.
pub(crate) async fn do_again(tx: &mut sqlx::PgConnection, deed: &Deed) -> sqlx::Result<()> {
    match deed {
        Deed::DeskEnrolled { desk, public_key, symbol, bounds, at } => {
            store::insert_known(tx, *desk, public_key, symbol, *at).await?;
            store::set_enrolled(tx, *desk, *at).await?;
            store::set_bounds(tx, *desk, bounds).await.map(|_| ())
        }
        Deed::DeskBounded { desk, bounds } => store::set_bounds(tx, *desk, bounds).await.map(|_| ()),
        Deed::ClerkAdded { .. }
        | Deed::PasswordSet { .. }
        | Deed::ClerkDeactivated { .. }
        | Deed::RoleGranted { .. }
        | Deed::RoleRevoked { .. }
        | Deed::ProviderSet { .. }
        | Deed::ProviderCleared
        | Deed::ClerkLinked { .. }
        | Deed::ClerkUnlinked { .. }
        | Deed::DeskRevoked { .. }
        | Deed::SymbolGranted { .. }
        | Deed::HandOverAsked { .. }
        | Deed::SymbolClosed { .. }
        | Deed::AuthorityReplaced { .. }
        | Deed::Directory(_)
        | Deed::LetterReentered { .. }
        | Deed::NumbersLost { .. }
        | Deed::DeskForked { .. }
        | Deed::HeldSettled(_)
        | Deed::LogsSeen { .. }
        | Deed::ClerkSeated { .. }
        | Deed::LetterErased { .. } => Ok(()),
    }
}

fn hash_of(code: [u8; 8]) -> [u8; 32] {
    wire::v1::log::hash_parts(&[b"okienko-code-1", &code])
}
