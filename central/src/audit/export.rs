//! The audit as a table that leaves the program: CSV, signed by the office's authority.

use axum::{Json, extract::State};
use domain::{calendar, rights::Act};
use sha2::{Digest, Sha256};
use wire::v1::{
    AuditQuery, Refusal,
    audit::{AuditEntry, AuditExport, MAX_AUDIT_EXPORT},
};

use super::{Entry, append, read::Question};
use crate::{accounts::Seated, error::Error, extract::Message, router::Office, trust};

const COLUMNS: [&str; 8] =
    ["chwila w centrali", "chwila na stanowisku", "stanowisko", "kto", "czynność", "pisma", "liczba pism", "zadanie"];

/// Gives all entries that hold the conditions as one signed table, and notes that it left.
///
/// # Errors
/// As [`super::read`]; [`Refusal::TooLarge`] for more than [`MAX_AUDIT_EXPORT`] entries.
pub async fn export(
    State(office): State<Office>,
    clerk: Seated,
    Message(query): Message<AuditQuery>,
) -> Result<Json<AuditExport>, Error> {
    clerk.may(Act::Audit)?;
    let now = office.clock.now();
    let authority = trust::authority(&office.pool, now).await.map_err(|error| {
        tracing::error!(%error, "the office's authority cannot sign");
        Refusal::Retry { after_seconds: 60 }
    })?;
    let mut tx = office.pool.begin().await?;
    let question = Question::of(&mut tx, &office, &query).await?;
    let limit = i64::try_from(MAX_AUDIT_EXPORT).unwrap_or(i64::MAX) + 1;
    let entries = question.page(&mut tx, None, limit).await?;
    if entries.len() > MAX_AUDIT_EXPORT {
        return Err(Refusal::TooLarge.into());
    }
    let entries: Vec<AuditEntry> = entries.into_iter().rev().map(|(_, entry)| entry).collect();
    let csv = table(&entries).map_err(|_| crate::db::damaged("table"))?;
    let signature = authority.sign_bytes(&csv).map_err(|_| crate::db::damaged("signature"))?;
    let noted = Entry::AuditExported {
        desk: clerk.desk.id,
        clerk: clerk.id,
        by: clerk.name.clone(),
        from: question.from,
        to: question.to,
        entries: entries.len() as u64,
        sha256: Sha256::digest(&csv).into(),
    };
    append(&mut tx, now, &noted).await?;
    tx.commit().await?;
    Ok(Json(AuditExport { csv, signature, certificate: authority.certificate_pem() }))
}

/// Semicolons and a byte order mark: so that a Polish spreadsheet opens it by a double click.
fn table(entries: &[AuditEntry]) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for entry in entries {
        writer.write_record([
            calendar::display_moment(entry.at),
            entry.told_at.map(calendar::display_moment).unwrap_or_default(),
            entry.desk.as_ref().map(|symbol| symbol.as_str().to_owned()).unwrap_or_default(),
            harmless(&entry.by),
            entry.what.clone(),
            entry.letters.join(" "),
            entry.letter_count.to_string(),
            entry.reason.clone().unwrap_or_default(),
        ])?;
    }
    let body = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(["\u{feff}".as_bytes(), &body].concat())
}

/// A name that a spreadsheet would take for a formula is text.
fn harmless(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_what_a_spreadsheet_opens() {
        let entry = AuditEntry {
            at: "2026-11-23T08:14:09Z".parse().expect("instant"),
            told_at: None,
            desk: None,
            by: "=HYPERLINK(\"http://example.org\";\"x\")".to_owned(),
            what: "audit_read".to_owned(),
            letters: vec!["WK1-26-000001-50".to_owned(), "WK1-26-000002-47".to_owned()],
            letter_count: 9,
            reason: None,
        };
        let text = String::from_utf8(table(&[entry]).expect("a table")).expect("utf-8");
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("\u{feff}chwila w centrali;"));
        assert_eq!(
            lines[1],
            "23.11.2026 09:14;;;\"'=HYPERLINK(\"\"http://example.org\"\";\"\"x\"\")\";audit_read;\
             WK1-26-000001-50 WK1-26-000002-47;9;"
        );
    }
}
