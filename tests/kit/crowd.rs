//! Many letters at once, for measuring: written in bulk, past the use cases, with the same words in the same index.

use desk::Desk;
use domain::{ids::LetterId, text};

/// Invented surnames.
pub const SURNAMES: &[&str] = &[
    "Łozińska",
    "Nowakowski",
    "Wiśniewska",
    "Żółkiewski",
    "Śliwińska",
    "Ćwikliński",
    "Kowalewska",
    "Zielińska",
    "Dąbrowski",
    "Jędrzejczyk",
    "Grześkowiak",
    "Piątkowska",
    "Szczepańska",
    "Wróblewski",
    "Olszańska",
    "Maciejewska",
];

/// Invented matters.
pub const MATTERS: &[&str] = &[
    "wniosek o warunki zabudowy",
    "skarga na hałas",
    "odwołanie od decyzji",
    "podanie o zaświadczenie",
    "zgłoszenie wycinki drzew",
    "deklaracja podatkowa",
    "pismo przewodnie",
    "zaproszenie na zebranie",
];

/// Writes so many letters into the register in one transaction.
///
/// # Panics
/// When the database refuses.
pub async fn fill(desk: &Desk, letters: u32) {
    let facts = r#"{"sender":{"name":{"kind":"person","surname":"Nowak","givenNames":"Jan"},"address":{"country":"Polska"}},
        "title":"t","receivedOn":"2026-11-23","delivery":"ordinary","attachments":0,"access":"non_public","documentType":"Text"}"#;
    let mut tx = desk.begin().await.expect("a transaction");
    for n in 1..=letters {
        let (surname, matter) = (pick(SURNAMES, n, 7), pick(MATTERS, n, 3));
        let number = format!("RPW/{n}/2026");
        let words = text::fold(&format!("{surname} Jan {matter} {number} ABC.{}.2026", n % 900));
        sqlx::query(
            "INSERT INTO letter (key, id, register, symbol, year, n, identifier, registered_at, registered_by, office_day,
                                 facts, sender, title, received_on, stage, stage_changed_on, intake_op)
             VALUES (?1, ?2, 'incoming', '', 2026, ?1, ?3, '2026-11-23T08:14:00Z', 'Anna Lis', '2026-11-23', ?4, ?5, ?6,
                     '2026-11-23', 'registered', '2026-11-23', ?2)",
        )
        .bind(n)
        .bind(LetterId(desk.new_uuid()).0)
        .bind(format!("W0-26-{n:06}-00"))
        .bind(facts)
        .bind(format!("{surname} Jan"))
        .bind(matter)
        .execute(&mut *tx)
        .await
        .expect("a letter");
        sqlx::query("INSERT INTO letter_fts (rowid, words) VALUES (?, ?)")
            .bind(n)
            .bind(words)
            .execute(&mut *tx)
            .await
            .expect("its words");
    }
    tx.commit().await.expect("committed");
}

fn pick(list: &'static [&'static str], n: u32, step: u32) -> &'static str {
    list[(n.wrapping_mul(step) / 2) as usize % list.len()]
}
