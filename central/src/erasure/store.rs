//! All SQL of erasures.

use domain::{
    ids::{DeviceId, LetterId, ScanId},
    register::{PointSymbol, Register, RegisterNumber},
};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, types::Json};
use uuid::Uuid;
use wire::v1::{LetterState, Outline, bytes::canonical};

use super::{Listed, UnconfirmedDesk};
use crate::{
    db::{Day, Instant, damaged},
    letters::apply,
    sync::remains_of,
};

pub(super) async fn erasure_of(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Option<Uuid>> {
    let known = sqlx::query_scalar!("SELECT erased FROM letter WHERE id = $1", letter.0).fetch_optional(tx).await?;
    Ok(known.flatten())
}

/// Those of the letters that are erased, those whose place an erased one took, and held ones that are the same paper as one.
pub(crate) async fn among(tx: &mut PgConnection, letters: &[LetterId]) -> sqlx::Result<Vec<LetterId>> {
    if letters.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = letters.iter().map(|letter| letter.0).collect();
    let erased = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM letter WHERE id = ANY ($1) AND erased IS NOT NULL
           UNION
           SELECT letter_id FROM replaced_letter JOIN letter ON letter.id = by_letter
           WHERE letter_id = ANY ($1) AND erased IS NOT NULL
           UNION
           SELECT letter_id FROM settlement JOIN letter ON letter.id = same_as
           WHERE letter_id = ANY ($1) AND erased IS NOT NULL"#,
        &ids
    )
    .fetch_all(tx)
    .await?;
    Ok(erased.into_iter().map(LetterId).collect())
}

pub(super) async fn has_letter(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM letter WHERE id = $1) AS "has!""#, letter.0).fetch_one(tx).await
}

/// Writes what remains of a letter that this database never had; its number keeps its place.
pub(super) async fn insert_remains(tx: &mut PgConnection, remains: &Outline) -> sqlx::Result<()> {
    let state = remains.letter();
    sqlx::query!(
        "INSERT INTO letter (id, register, symbol, year, n, identifier, registered_at, registered_by, device_id, facts,
                             stage, stage_changed_on, stage_changed_by, intake_op, status_hash, replaces)
         VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $10, $11, '', $12, $13, $14) ON CONFLICT DO NOTHING",
        state.id.0,
        state.number.register.as_str(),
        state.number.symbol.as_str(),
        state.number.year,
        i64::from(state.number.n),
        state.identifier.as_str(),
        state.registered_at.to_string(),
        state.registered_on.0,
        Json(&state.facts) as _,
        state.stage.as_str(),
        Day(state.stage_changed_on) as _,
        state.last_ops.intake.0,
        &[0; 32][..],
        state.replaces.map(|letter| letter.0)
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The re-entries whose place a letter took.
pub(super) async fn replaced_by(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Vec<LetterId>> {
    let replaced =
        sqlx::query_scalar!("SELECT letter_id FROM replaced_letter WHERE by_letter = $1 ORDER BY letter_id", letter.0)
            .fetch_all(tx)
            .await?;
    Ok(replaced.into_iter().map(LetterId).collect())
}

/// Takes a re-entry out of a database that does not know that a letter took its place, and of what it said nothing stays.
pub(super) async fn replace(tx: &mut PgConnection, reentry: LetterId, by: LetterId, at: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO replaced_letter (letter_id, by_letter, body, replaced_at) VALUES ($1, $2, '{}', $3)
         ON CONFLICT (letter_id) DO NOTHING",
        reentry.0,
        by.0,
        Instant(at) as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM status_public WHERE hash = (SELECT status_hash FROM letter WHERE id = $1)", reentry.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("DELETE FROM letter WHERE id = $1", reentry.0).execute(&mut *tx).await?;
    sqlx::query!("UPDATE scan SET letter_id = $2 WHERE letter_id = $1", reentry.0, by.0).execute(&mut *tx).await?;
    sqlx::query!("UPDATE task SET letter_id = $2 WHERE letter_id = $1", reentry.0, by.0).execute(tx).await?;
    Ok(())
}

/// Stage and cancellation as they were when the letter was erased.
pub(super) async fn set_state(tx: &mut PgConnection, state: &LetterState) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE letter SET stage = $2, stage_changed_on = $3, status_op = $4, cancelled = $5 WHERE id = $1",
        state.id.0,
        state.stage.as_str(),
        Day(state.stage_changed_on) as _,
        state.last_ops.status.map(|op| op.0),
        state.cancelled.as_ref().map(Json) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn note(
    tx: &mut PgConnection,
    erasure: Uuid,
    letter: LetterId,
    by: &str,
    why: &str,
    at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO erasure (id, letter_id, erased_at, erased_by, why) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO NOTHING",
        erasure,
        letter.0,
        Instant(at) as _,
        by,
        why
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes away what the letter's own row says, its tasks' words, its place on the public page, and what a re-entry said of it.
pub(super) async fn blank(tx: &mut PgConnection, erasure: Uuid, nothing: &LetterState) -> sqlx::Result<()> {
    let letter = nothing.id.0;
    sqlx::query!("DELETE FROM status_public WHERE hash = (SELECT status_hash FROM letter WHERE id = $1)", letter)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "UPDATE letter SET facts = $2, corrected = NULL, unit_set_by = NULL, unit = NULL, erased = $3, status_hash = $4,
                           cancelled = CASE WHEN cancelled IS NULL THEN NULL ELSE $5::jsonb END
         WHERE id = $1",
        letter,
        Json(&nothing.facts) as _,
        erasure,
        &[0; 32][..],
        Json(&nothing.cancelled) as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE task SET told = NULL, closed_at = coalesce(closed_at, opened_at) WHERE letter_id = $1",
        letter
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("UPDATE replaced_letter SET body = '{}' WHERE letter_id = $1 OR by_letter = $1", letter)
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn scans_of(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<Vec<ScanId>> {
    let scans = sqlx::query_scalar!("SELECT id FROM scan WHERE letter_id = $1", letter.0).fetch_all(tx).await?;
    Ok(scans.into_iter().map(ScanId).collect())
}

/// Takes away the documents' rows, and notes that their bytes must go.
pub(super) async fn forget_scans(tx: &mut PgConnection, letter: LetterId, named: &[ScanId]) -> sqlx::Result<()> {
    let named: Vec<Uuid> = named.iter().map(|scan| scan.0).collect();
    sqlx::query!(
        "INSERT INTO erased_scan (scan_id) SELECT id FROM scan WHERE letter_id = $1 UNION SELECT unnest($2::uuid[])
         ON CONFLICT DO NOTHING",
        letter.0,
        &named
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM scan_part WHERE scan_id IN (SELECT id FROM scan WHERE letter_id = $1)", letter.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("DELETE FROM scan WHERE letter_id = $1", letter.0).execute(tx).await?;
    Ok(())
}

/// Takes salt and body out of every operation about the letter, and out of those about a re-entry whose place it took, or about a
/// held letter that is the same paper.
pub(super) async fn forget_operations(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<u64> {
    let mut letters: Vec<Uuid> = sqlx::query_scalar!(
        r#"SELECT letter_id AS "letter_id!" FROM replaced_letter WHERE by_letter = $1
               UNION SELECT letter_id FROM settlement WHERE same_as = $1"#,
        letter.0
    )
    .fetch_all(&mut *tx)
    .await?;
    letters.push(letter.0);
    let mut forgotten = 0;
    let rows = sqlx::query!(
        "SELECT device_id, hash, salt, body FROM operation WHERE letter_id = ANY ($1) AND commitment IS NULL",
        &letters
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in rows {
        let (commitment, remains) = remains_of(&row.salt, &row.body);
        sqlx::query!(
            "UPDATE operation SET salt = $3, body = $4, commitment = $5 WHERE device_id = $1 AND hash = $2",
            row.device_id,
            row.hash,
            &[0; 32][..],
            remains,
            &commitment[..]
        )
        .execute(&mut *tx)
        .await?;
        forgotten += 1;
    }
    let rows = sqlx::query!(
        "SELECT device_id, hash, salt, body FROM held_operation WHERE letter_id = ANY ($1) AND commitment IS NULL",
        &letters
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in rows {
        let (commitment, remains) = remains_of(&row.salt, &row.body);
        sqlx::query!(
            "UPDATE held_operation
             SET salt = $3, body = $4, commitment = $5, settled = coalesce(settled, 'discarded'),
                 settled_at = coalesce(settled_at, received_at), settled_why = coalesce(settled_why, 'erased')
             WHERE device_id = $1 AND hash = $2",
            row.device_id,
            row.hash,
            &[0; 32][..],
            remains,
            &commitment[..]
        )
        .execute(&mut *tx)
        .await?;
        forgotten += 1;
    }
    // With the last of a desk's, its task is closed.
    sqlx::query!(
        "UPDATE task SET closed_at = opened_at
         WHERE reason = 'held' AND closed_at IS NULL
             AND op_id IN (SELECT op_id FROM held_operation WHERE letter_id = ANY ($1))
             AND NOT EXISTS (SELECT FROM held_operation AS held WHERE settled IS NULL AND device_id IN
                             (SELECT device_id FROM held_operation WHERE op_id = task.op_id))",
        &letters
    )
    .execute(&mut *tx)
    .await?;
    for letter in letters {
        let named = LetterId(letter).to_string().into_bytes();
        sqlx::query!("DELETE FROM central_act WHERE position($1 IN body) > 0", named).execute(&mut *tx).await?;
    }
    Ok(forgotten)
}

/// What desks were told of the letter becomes what remains of it; the digests stay, so that no cursor is lost.
pub(super) async fn rewrite_changes(tx: &mut PgConnection, letter: LetterId) -> sqlx::Result<()> {
    let Some(body) = apply::change(tx, letter).await? else { return Ok(()) };
    let body = canonical(&serde_json::to_value(&body).map_err(damaged)?);
    let body = String::from_utf8_lossy(&body);
    sqlx::query!(
        "UPDATE change SET body = $2
         WHERE letter_id = $1 OR letter_id IN (SELECT letter_id FROM replaced_letter WHERE by_letter = $1)",
        letter.0,
        body.as_ref()
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn erased_scans(pool: &PgPool) -> sqlx::Result<Vec<ScanId>> {
    let scans = sqlx::query_scalar!("SELECT scan_id FROM erased_scan ORDER BY scan_id").fetch_all(pool).await?;
    Ok(scans.into_iter().map(ScanId).collect())
}

pub(super) async fn forget_erased_scan(pool: &PgPool, scan: ScanId) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM erased_scan WHERE scan_id = $1", scan.0).execute(pool).await?;
    Ok(())
}

/// Rewrites the tables whose dead rows still hold what was erased: others wait for so long.
pub(crate) async fn clean(pool: &PgPool) -> sqlx::Result<()> {
    // The pool's own limits are those of a desk's request.
    let mut connection = pool.acquire().await?;
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    for table in ["letter", "operation", "held_operation", "change", "task", "scan", "central_act", "replaced_letter"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("VACUUM FULL {table}"))).execute(&mut *connection).await?;
    }
    sqlx::query("RESET statement_timeout").execute(&mut *connection).await?;
    Ok(())
}

/// A desk carried erasures through.
pub(crate) async fn confirm(pool: &PgPool, desk: DeviceId, erasures: &[Uuid], now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO erasure_confirmed (erasure_id, device_id, confirmed_at)
         SELECT id, $1, $3 FROM erasure WHERE id = ANY ($2) ON CONFLICT DO NOTHING",
        desk.0,
        erasures,
        Instant(now) as _
    )
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn list(tx: &mut PgConnection) -> sqlx::Result<Vec<Listed>> {
    let rows = sqlx::query!(
        r#"SELECT erasure.id, erased_at AS "erased_at: Instant", erased_by, why, register AS "register?",
                  symbol AS "symbol?", year AS "year?", n AS "n?"
           FROM erasure LEFT JOIN letter ON letter.id = letter_id ORDER BY erased_at DESC, erasure.id"#
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let number = match (row.register, row.symbol, row.year, row.n) {
            (Some(register), Some(symbol), Some(year), Some(n)) => Some(RegisterNumber {
                register: if register == "outgoing" { Register::Outgoing } else { Register::Incoming },
                symbol: PointSymbol::try_from(symbol).map_err(damaged)?,
                year,
                n: n.try_into().map_err(damaged)?,
            }),
            _ => None,
        };
        let unconfirmed = unconfirmed(tx, row.id, row.erased_at.0).await?;
        listed.push(Listed {
            erasure: row.id,
            number,
            erased_at: row.erased_at.0,
            erased_by: row.erased_by,
            why: row.why,
            unconfirmed,
        });
    }
    Ok(listed)
}

async fn unconfirmed(tx: &mut PgConnection, erasure: Uuid, at: Timestamp) -> sqlx::Result<Vec<UnconfirmedDesk>> {
    let rows = sqlx::query!(
        r#"SELECT id, symbol, standing, last_seen_at AS "last_seen_at: Instant" FROM device
           WHERE first_seen_at <= $2
               AND NOT EXISTS (SELECT FROM erasure_confirmed WHERE erasure_id = $1 AND device_id = device.id)
           ORDER BY symbol, id"#,
        erasure,
        Instant(at) as _
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(UnconfirmedDesk {
                desk: DeviceId(row.id),
                symbol: PointSymbol::try_from(row.symbol).map_err(damaged)?,
                standing: row.standing.parse().map_err(damaged)?,
                last_seen_at: row.last_seen_at.0,
            })
        })
        .collect()
}
