//! All SQL of clerks, their roles, their tries to sign in, and the identity provider.

use std::collections::BTreeMap;

use domain::{
    ids::{ClerkId, DeviceId},
    rights::{Ceiling, Role, Roles},
};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, types::Json};
use wire::v1::{Bounds, Tip};

use super::{
    ListedClerk, Login,
    provider::{Settings, Stranger},
    then::{Rights, RightsThen},
};
use crate::{
    admin_log::LogEnd,
    db::{Instant, damaged},
};

/// A clerk and what her password is compared with.
pub(super) struct Credentials {
    pub(super) clerk: ListedClerk,
    pub(super) password_hash: String,
}

/// Tries within the window, this one included.
pub(super) struct Tries {
    pub(super) of_login: i64,
    pub(super) of_desk: i64,
    pub(super) oldest: Option<Timestamp>,
}

/// Writes an account; `false` when the login is taken.
pub(super) async fn insert(
    tx: &mut PgConnection,
    id: ClerkId,
    login: &Login,
    given_name: &str,
    surname: &str,
    password_hash: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO clerk (id, login, given_name, surname, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (login) DO NOTHING",
        id.0,
        login.as_str(),
        given_name,
        surname,
        password_hash,
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn find(tx: &mut PgConnection, login: &Login) -> sqlx::Result<Option<ClerkId>> {
    let id = sqlx::query_scalar!("SELECT id FROM clerk WHERE login = $1 FOR UPDATE", login.as_str())
        .fetch_optional(tx)
        .await?;
    Ok(id.map(ClerkId))
}

pub(super) async fn list(tx: &mut PgConnection) -> sqlx::Result<Vec<ListedClerk>> {
    let rows = sqlx::query!(
        r#"SELECT id, login, given_name, surname, active,
                  ARRAY(SELECT role FROM clerk_role WHERE clerk_id = clerk.id ORDER BY role) AS "roles!",
                  EXISTS (SELECT FROM clerk_subject JOIN oidc_provider USING (issuer) WHERE clerk_id = clerk.id) AS "linked!"
           FROM clerk ORDER BY surname, given_name, login"#
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ListedClerk {
                id: ClerkId(row.id),
                login: row.login,
                given_name: row.given_name,
                surname: row.surname,
                active: row.active,
                roles: roles(&row.roles)?,
                linked: row.linked,
            })
        })
        .collect()
}

pub(super) async fn credentials(pool: &PgPool, login: &Login) -> sqlx::Result<Option<Credentials>> {
    let row = sqlx::query!(
        r#"SELECT id, login, given_name, surname, active, password_hash,
                  ARRAY(SELECT role FROM clerk_role WHERE clerk_id = clerk.id ORDER BY role) AS "roles!",
                  EXISTS (SELECT FROM clerk_subject JOIN oidc_provider USING (issuer) WHERE clerk_id = clerk.id) AS "linked!"
           FROM clerk WHERE login = $1"#,
        login.as_str()
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let clerk = ListedClerk {
            id: ClerkId(row.id),
            login: row.login,
            given_name: row.given_name,
            surname: row.surname,
            active: row.active,
            roles: roles(&row.roles)?,
            linked: row.linked,
        };
        Ok(Credentials { clerk, password_hash: row.password_hash })
    })
    .transpose()
}

pub(super) async fn set_password(tx: &mut PgConnection, id: ClerkId, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query!("UPDATE clerk SET password_hash = $2 WHERE id = $1", id.0, password_hash).execute(&mut *tx).await?;
    end_sessions(tx, id).await
}

pub(super) async fn deactivate(tx: &mut PgConnection, id: ClerkId) -> sqlx::Result<()> {
    sqlx::query!("UPDATE clerk SET active = false WHERE id = $1", id.0).execute(&mut *tx).await?;
    end_sessions(tx, id).await
}

pub(super) async fn grant(tx: &mut PgConnection, id: ClerkId, role: Role, now: Timestamp) -> sqlx::Result<bool> {
    let granted = sqlx::query!(
        "INSERT INTO clerk_role (clerk_id, role, granted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        id.0,
        role.as_str(),
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(granted.rows_affected() == 1)
}

pub(super) async fn revoke(tx: &mut PgConnection, id: ClerkId, role: Role) -> sqlx::Result<bool> {
    let revoked = sqlx::query!("DELETE FROM clerk_role WHERE clerk_id = $1 AND role = $2", id.0, role.as_str())
        .execute(tx)
        .await?;
    Ok(revoked.rows_affected() == 1)
}

pub(super) async fn any(tx: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM clerk) AS "any!""#).fetch_one(tx).await
}

pub(super) async fn roles_at(tx: &mut PgConnection, clerk: ClerkId, desk: DeviceId) -> sqlx::Result<Option<Roles>> {
    let row = sqlx::query_scalar!(
        r#"SELECT ARRAY(SELECT role FROM clerk_role WHERE clerk_id = clerk.id) AS "roles!"
           FROM clerk JOIN clerk_at_desk ON clerk_at_desk.clerk_id = clerk.id
           WHERE clerk.id = $1 AND device_id = $2 AND active"#,
        clerk.0,
        desk.0
    )
    .fetch_optional(tx)
    .await?;
    row.map(|names| roles(&names)).transpose()
}

/// Writes a try, committed at once; those before the given moment are forgotten.
pub(super) async fn add_try(
    pool: &PgPool,
    login_hash: &[u8; 32],
    desk: DeviceId,
    now: Timestamp,
    since: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sign_in_try WHERE tried_at < $1", Instant(since) as _).execute(pool).await?;
    sqlx::query!(
        "INSERT INTO sign_in_try (login_hash, device_id, tried_at) VALUES ($1, $2, $3)",
        &login_hash[..],
        desk.0,
        Instant(now) as _
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The tries for a login and those at a desk.
pub(super) async fn tries(pool: &PgPool, login_hash: &[u8; 32], desk: DeviceId) -> sqlx::Result<Tries> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE login_hash = $1) AS "of_login!",
                  count(*) FILTER (WHERE device_id = $2) AS "of_desk!", min(tried_at) AS "oldest: Instant"
           FROM sign_in_try WHERE login_hash = $1 OR device_id = $2"#,
        &login_hash[..],
        desk.0
    )
    .fetch_one(pool)
    .await?;
    Ok(Tries { of_login: row.of_login, of_desk: row.of_desk, oldest: row.oldest.map(|oldest| oldest.0) })
}

/// The password fitted: tries for this login, and those at this desk for it, count no more.
pub(super) async fn forget_tries(tx: &mut PgConnection, login_hash: &[u8; 32], desk: DeviceId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sign_in_try WHERE login_hash = $1 AND device_id = $2", &login_hash[..], desk.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes that a clerk signed in at a desk; whether it is the first time. A desk that is not known is left out.
pub(super) async fn note_at_desk(
    tx: &mut PgConnection,
    clerk: ClerkId,
    desk: DeviceId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let first = sqlx::query!(
        "INSERT INTO clerk_at_desk (clerk_id, device_id, first_at, last_at)
         SELECT clerk.id, device.id, $3, $3 FROM clerk CROSS JOIN device WHERE clerk.id = $1 AND device.id = $2
         ON CONFLICT (clerk_id, device_id) DO NOTHING",
        clerk.0,
        desk.0,
        Instant(now) as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE clerk_at_desk SET last_at = $3 WHERE clerk_id = $1 AND device_id = $2",
        clerk.0,
        desk.0,
        Instant(now) as _
    )
    .execute(tx)
    .await?;
    Ok(first.rows_affected() == 1)
}

/// Notes what may be done at a desk now, for operations up to the given one; what was noted for it before stays. A desk that
/// central does not know has no bounds yet.
pub(super) async fn add_rights_then(tx: &mut PgConnection, log: &LogEnd) -> sqlx::Result<()> {
    let seq = i64::try_from(log.end.seq).map_err(damaged)?;
    let known =
        sqlx::query_scalar!("SELECT last_seq FROM device WHERE id = $1", log.desk.0).fetch_optional(&mut *tx).await?;
    if known.is_some_and(|known| known >= seq) {
        return Ok(());
    }
    let Bounds { scope, ceiling } = Bounds::none();
    let scope: Vec<String> = scope.iter().map(|kind| kind.as_str().to_owned()).collect();
    let ceiling: Vec<String> = ceiling.0.iter().map(|role| role.as_str().to_owned()).collect();
    sqlx::query!(
        "INSERT INTO rights_then (device_id, seq, hash, accounts, scope, ceiling, roles)
         SELECT $1, $2, $3, EXISTS (SELECT FROM clerk),
                coalesce((SELECT scope FROM device WHERE id = $1), $4), coalesce((SELECT ceiling FROM device WHERE id = $1), $5),
                coalesce((SELECT jsonb_object_agg(clerk.id, (SELECT coalesce(jsonb_agg(role ORDER BY role), '[]') FROM clerk_role
                                                             WHERE clerk_role.clerk_id = clerk.id))
                          FROM clerk JOIN clerk_at_desk ON clerk_at_desk.clerk_id = clerk.id
                          WHERE clerk_at_desk.device_id = $1 AND active), '{}')
         ON CONFLICT (device_id, seq) DO NOTHING",
        log.desk.0,
        seq,
        &log.end.hash[..],
        &scope,
        &ceiling
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether the office has any account, and whether operations of this desk are to be judged by what was before.
pub(super) async fn any_and_then(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<(bool, bool)> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM clerk) AS "any!", EXISTS (SELECT FROM rights_then WHERE device_id = $1) AS "then!""#,
        desk.0
    )
    .fetch_one(tx)
    .await?;
    Ok((row.any, row.then))
}

/// What might be done at the desk before, in the order of its log.
pub(super) async fn rights_then(tx: &mut PgConnection, desk: DeviceId) -> sqlx::Result<Vec<RightsThen>> {
    let rows = sqlx::query!(
        r#"SELECT seq, hash, accounts, scope, ceiling, roles AS "roles: Json<BTreeMap<ClerkId, Roles>>"
           FROM rights_then WHERE device_id = $1 ORDER BY seq"#,
        desk.0
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let scope = row.scope.iter().map(|kind| kind.parse().map_err(damaged)).collect::<sqlx::Result<_>>()?;
            Ok(RightsThen {
                up_to: Tip {
                    seq: row.seq.try_into().map_err(damaged)?,
                    hash: row.hash.try_into().map_err(|_| damaged("hash"))?,
                },
                rights: Rights { scope, ceiling: Ceiling(roles(&row.ceiling)?), accounts: row.accounts },
                roles: row.roles.0,
            })
        })
        .collect()
}

/// The desk's log has come so far again.
pub(super) async fn forget_rights_then(tx: &mut PgConnection, desk: DeviceId, up_to: u64) -> sqlx::Result<()> {
    let seq = i64::try_from(up_to).map_err(damaged)?;
    sqlx::query!("DELETE FROM rights_then WHERE device_id = $1 AND seq <= $2", desk.0, seq).execute(tx).await?;
    Ok(())
}

/// Opens a clerk's own session; those that ended are forgotten.
pub(super) async fn add_session(
    tx: &mut PgConnection,
    hash: &[u8; 32],
    clerk: ClerkId,
    desk: DeviceId,
    now: Timestamp,
    expires_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM clerk_session WHERE expires_at < $1", Instant(now) as _).execute(&mut *tx).await?;
    sqlx::query!(
        "INSERT INTO clerk_session (hash, clerk_id, device_id, expires_at) VALUES ($1, $2, $3, $4)",
        &hash[..],
        clerk.0,
        desk.0,
        Instant(expires_at) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The active clerk of a session at this desk: her id, her name, her roles.
pub(super) async fn of_session(
    pool: &PgPool,
    hash: &[u8; 32],
    desk: DeviceId,
    now: Timestamp,
) -> sqlx::Result<Option<(ClerkId, String, Roles)>> {
    let row = sqlx::query!(
        r#"SELECT clerk.id, given_name, surname,
                  ARRAY(SELECT role FROM clerk_role WHERE clerk_id = clerk.id) AS "roles!"
           FROM clerk_session JOIN clerk ON clerk.id = clerk_id
           WHERE hash = $1 AND device_id = $2 AND expires_at > $3 AND active"#,
        &hash[..],
        desk.0,
        Instant(now) as _
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| Ok((ClerkId(row.id), format!("{} {}", row.given_name, row.surname), roles(&row.roles)?))).transpose()
}

/// Nobody works in this clerk's sessions any more.
async fn end_sessions(tx: &mut PgConnection, clerk: ClerkId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM clerk_session WHERE clerk_id = $1", clerk.0).execute(tx).await?;
    Ok(())
}

/// The identity provider; `None` where none is set.
pub(super) async fn provider(tx: &mut PgConnection) -> sqlx::Result<Option<Settings>> {
    let row = sqlx::query!("SELECT issuer, client_id, confidential, client_secret FROM oidc_provider")
        .fetch_optional(tx)
        .await?;
    Ok(row.map(|row| Settings {
        issuer: row.issuer,
        client_id: row.client_id,
        confidential: row.confidential,
        client_secret: row.client_secret,
    }))
}

pub(super) async fn set_provider(tx: &mut PgConnection, settings: &Settings) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO oidc_provider (issuer, client_id, confidential, client_secret) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,
             confidential = excluded.confidential, client_secret = excluded.client_secret",
        settings.issuer,
        settings.client_id,
        settings.confidential,
        settings.client_secret
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// As [`set_provider`], from the administrator's log: the secret is that of the database, if it is of the same client.
pub(super) async fn set_provider_again(
    tx: &mut PgConnection,
    issuer: &str,
    client_id: &str,
    confidential: bool,
) -> sqlx::Result<()> {
    let known = provider(tx).await?;
    let same = known.filter(|known| known.issuer == issuer && known.client_id == client_id && confidential);
    let settings = Settings {
        issuer: issuer.to_owned(),
        client_id: client_id.to_owned(),
        confidential,
        client_secret: same.and_then(|known| known.client_secret),
    };
    set_provider(tx, &settings).await
}

/// Forgets the provider; `false` when there was none.
pub(super) async fn clear_provider(tx: &mut PgConnection) -> sqlx::Result<bool> {
    let cleared = sqlx::query!("DELETE FROM oidc_provider").execute(tx).await?;
    Ok(cleared.rows_affected() == 1)
}

pub(super) async fn is_linked(
    tx: &mut PgConnection,
    clerk: ClerkId,
    issuer: &str,
    subject: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM clerk_subject WHERE clerk_id = $1 AND issuer = $2 AND subject = $3) AS "linked!""#,
        clerk.0,
        issuer,
        subject
    )
    .fetch_one(tx)
    .await
}

/// Links; `false` when the clerk has another subject of this issuer, or the subject another clerk.
pub(super) async fn link(
    tx: &mut PgConnection,
    clerk: ClerkId,
    issuer: &str,
    subject: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let linked = sqlx::query!(
        "INSERT INTO clerk_subject (clerk_id, issuer, subject, linked_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        clerk.0,
        issuer,
        subject,
        Instant(now) as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM oidc_stranger WHERE issuer = $1 AND subject = $2", issuer, subject).execute(tx).await?;
    Ok(linked.rows_affected() == 1)
}

/// Takes all links of a clerk away; `false` when there was none.
pub(super) async fn unlink(tx: &mut PgConnection, clerk: ClerkId) -> sqlx::Result<bool> {
    let unlinked = sqlx::query!("DELETE FROM clerk_subject WHERE clerk_id = $1", clerk.0).execute(&mut *tx).await?;
    end_sessions(tx, clerk).await?;
    Ok(unlinked.rows_affected() > 0)
}

/// The clerk, active or not, who is linked to a subject.
pub(super) async fn clerk_of_subject(pool: &PgPool, issuer: &str, subject: &str) -> sqlx::Result<Option<ListedClerk>> {
    let row = sqlx::query!(
        r#"SELECT id, login, given_name, surname, active,
                  ARRAY(SELECT role FROM clerk_role WHERE clerk_id = clerk.id ORDER BY role) AS "roles!"
           FROM clerk JOIN clerk_subject ON clerk_subject.clerk_id = clerk.id WHERE issuer = $1 AND subject = $2"#,
        issuer,
        subject
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(ListedClerk {
            id: ClerkId(row.id),
            login: row.login,
            given_name: row.given_name,
            surname: row.surname,
            active: row.active,
            roles: roles(&row.roles)?,
            linked: true,
        })
    })
    .transpose()
}

/// Notes whom nobody linked; those before the given moment are forgotten.
pub(super) async fn add_stranger(
    pool: &PgPool,
    issuer: &str,
    subject: &str,
    desk: DeviceId,
    now: Timestamp,
    since: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM oidc_stranger WHERE at < $1", Instant(since) as _).execute(pool).await?;
    sqlx::query!(
        "INSERT INTO oidc_stranger (issuer, subject, device_id, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (issuer, subject) DO UPDATE SET device_id = excluded.device_id, at = excluded.at",
        issuer,
        subject,
        desk.0,
        Instant(now) as _
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Who came since then and is linked to nobody, newest first.
pub(super) async fn strangers(tx: &mut PgConnection, issuer: &str, since: Timestamp) -> sqlx::Result<Vec<Stranger>> {
    let rows = sqlx::query!(
        r#"SELECT subject, symbol, at AS "at: Instant" FROM oidc_stranger JOIN device ON device.id = device_id
           WHERE issuer = $1 AND at >= $2 ORDER BY at DESC LIMIT 20"#,
        issuer,
        Instant(since) as _
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| Stranger { subject: row.subject, desk: row.symbol, at: row.at.0 }).collect())
}

fn roles(names: &[String]) -> sqlx::Result<Roles> {
    names.iter().map(|name| name.parse().map_err(damaged)).collect()
}
