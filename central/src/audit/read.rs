//! The audit as the data-protection officer reads it: entries of the desks' logs, of the hold and of central's own, newest
//! first. Nothing of what a letter says is told.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use domain::{
    calendar,
    ids::{ClerkId, LetterId},
    rights::Act,
};
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use sqlx::PgConnection;
use wire::v1::{
    AuditPage, AuditQuery, OpBody, Refusal,
    audit::{AuditEntry, MAX_AUDIT_DAYS, MAX_AUDIT_PAGE},
};

use super::{
    Entry, append,
    store::{self, Row, Wanted},
};
use crate::{accounts::Seated, error::Error, extract::Message, letters, router::Office};

/// Letters named with an entry; a search may have shown more.
const LETTERS_NAMED: usize = 8;

/// Gives a page, and notes that it was asked for: each page is one reading.
///
/// # Errors
/// [`Refusal::ClerkUnknown`] for whoever may not; [`Refusal::NotFound`] for a letter that is none; [`Refusal::Malformed`] for
/// days in the wrong order, too many of them, or a place that no page named.
pub async fn read(
    State(office): State<Office>,
    clerk: Seated,
    Message(query): Message<AuditQuery>,
) -> Result<Json<AuditPage>, Error> {
    clerk.may(Act::Audit)?;
    let mut tx = office.pool.begin().await?;
    let question = Question::of(&mut tx, &office, &query).await?;
    let after = query.after.as_deref().map(place).transpose()?;
    let first = after.is_none();
    let mut entries = question.page(&mut tx, after, i64::from(MAX_AUDIT_PAGE) + 1).await?;
    let more = entries.len() > MAX_AUDIT_PAGE as usize;
    entries.truncate(MAX_AUDIT_PAGE as usize);
    let next = entries.last().filter(|_| more).map(|(row, _)| format!("{}~{}", row.at, row.place));
    let clerks = if first { store::clerks(&mut tx).await? } else { Vec::new() };
    let head = append(&mut tx, office.clock.now(), &question.noted(&clerk)).await?;
    tx.commit().await?;
    Ok(Json(AuditPage { entries: entries.into_iter().map(|(_, entry)| entry).collect(), next, head, clerks }))
}

/// A question whose conditions were checked.
pub(super) struct Question {
    pub(super) from: Date,
    pub(super) to: Date,
    subject: Option<LetterId>,
    of: Option<ClerkId>,
}

impl Question {
    pub(super) async fn of(tx: &mut PgConnection, office: &Office, query: &AuditQuery) -> Result<Self, Error> {
        let days = query.from.until(query.to).map_or(-1, |span| span.get_days());
        if !(0..=MAX_AUDIT_DAYS).contains(&days) {
            return Err(Refusal::Malformed.into());
        }
        let subject = match query.letter.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => Some(letters::find(tx, &office.teryt, name).await?.ok_or(Refusal::NotFound)?),
            None => None,
        };
        Ok(Self { from: query.from, to: query.to, subject, of: query.clerk })
    }

    fn noted(&self, clerk: &Seated) -> Entry {
        Entry::AuditRead {
            desk: clerk.desk.id,
            clerk: clerk.id,
            by: clerk.name.clone(),
            from: self.from,
            to: self.to,
            subject: self.subject,
            of: self.of,
        }
    }

    /// So many entries behind a place.
    pub(super) async fn page(
        &self,
        tx: &mut PgConnection,
        after: Option<(Timestamp, String)>,
        limit: i64,
    ) -> Result<Vec<(Row, AuditEntry)>, Error> {
        let wanted = Wanted {
            from: midnight(self.from)?,
            before: midnight(self.to.tomorrow().map_err(|_| Refusal::Malformed)?)?,
            // An id stands in a body as its text, and nowhere else.
            holds: self.subject.map(|letter| letter.to_string().into_bytes()),
            also: self.of.map(|clerk| clerk.to_string().into_bytes()),
            after,
            limit,
        };
        let rows = store::entries(tx, &wanted).await?;
        let read: Vec<(Row, AuditEntry, Vec<LetterId>)> = rows.into_iter().map(entry_of).collect();
        let named: Vec<LetterId> =
            read.iter().flat_map(|(_, _, letters)| letters.iter().take(LETTERS_NAMED)).copied().collect();
        let names: BTreeMap<LetterId, String> = store::identifiers(tx, &named).await?.into_iter().collect();
        let named = read.into_iter().map(|(row, entry, letters)| {
            let letters = letters.iter().take(LETTERS_NAMED).filter_map(|letter| names.get(letter).cloned()).collect();
            (row, AuditEntry { letters, ..entry })
        });
        Ok(named.collect())
    }
}

fn midnight(day: Date) -> Result<Timestamp, Refusal> {
    let midnight = day.to_zoned_datetime(calendar::office_zone()).map_err(|_| Refusal::Malformed)?;
    Ok(midnight.timestamp())
}

fn place(text: &str) -> Result<(Timestamp, String), Refusal> {
    let (at, place) = text.split_once('~').ok_or(Refusal::Malformed)?;
    Ok((at.parse().map_err(|_| Refusal::Malformed)?, place.to_owned()))
}

/// What stands for an operation whose content was erased.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remains {
    kind: String,
    at: Option<Timestamp>,
    #[serde(default)]
    by: String,
    letter_id: Option<LetterId>,
}

fn entry_of(row: Row) -> (Row, AuditEntry, Vec<LetterId>) {
    let (mut told_at, mut by, mut letters) = (None, String::new(), Vec::new());
    let mut what = "unreadable".to_owned();
    if row.symbol.is_some() {
        if let Ok(body) = serde_json::from_slice::<OpBody>(&row.body) {
            (told_at, by, letters) = (Some(body.at()), body.by().to_owned(), body.subjects());
            body.kind().clone_into(&mut what);
        } else if let Ok(remains) = serde_json::from_slice::<Remains>(&row.body) {
            // Its letter was erased.
            (told_at, by, what) = (remains.at, remains.by, remains.kind);
            letters.extend(remains.letter_id);
        }
    } else if let Ok(own) = serde_json::from_slice::<serde_json::Value>(&row.body) {
        let text = |key: &str| own.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        by = text("by");
        what = if text("kind") == "deed" { text("deed") } else { text("kind") };
        letters.extend(text("subject").parse().ok().map(LetterId));
    }
    let entry = AuditEntry {
        at: row.at,
        told_at,
        desk: row.symbol.clone(),
        by,
        what,
        letters: Vec::new(),
        letter_count: u32::try_from(letters.len()).unwrap_or(u32::MAX),
        reason: row.reason.clone(),
    };
    (row, entry, letters)
}
