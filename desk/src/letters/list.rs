//! The register list: newest first, found as the clerk types.

use domain::{ErrorCode, rights::Act, text};

use super::{
    store::{self, ListRow},
    view::{RegisterPage, RegisterQuery, RegisterRow},
};
use crate::{Desk, DeskError, audit, people, session};

/// Rows a page.
const PAGE: u32 = 60;

/// One page of the register. Words are prefixes; all must occur in sender, title, number, reference or identifier.
///
/// # Errors
/// [`ErrorCode::NotSignedIn`]; [`ErrorCode::NotFound`] for a place that no page gave; [`DeskError::Store`].
pub async fn register_page(desk: &Desk, query: RegisterQuery) -> Result<RegisterPage, DeskError> {
    session::may_any(desk, Act::ReadRegister)?;
    let settings = desk.settings();
    let further = query.after.is_some();
    let before = match query.after {
        None => i64::MAX,
        Some(place) => place.parse().map_err(|_| DeskError::Refused(ErrorCode::NotFound))?,
    };
    let mut connection = desk.read().await?;
    let words = people::fts_query(&query.text);
    let is_search = words.is_some();
    let found = match words {
        Some(words) => store::matching(&mut connection, &words, before, PAGE).await?,
        None => store::page(&mut connection, before, PAGE).await?,
    };
    let total = store::count(&mut connection).await?;
    drop(connection);
    let full = found.len() == PAGE as usize;
    let next = found.last().filter(|_| full).map(|row| row.key.to_string());
    let number_is_asked = |row: &ListRow| {
        let typed = text::fold(query.text.trim());
        text::fold(&row.number.display(settings.register_symbol(row.number.register))).contains(&typed)
    };
    let rows: Vec<RegisterRow> = found
        .into_iter()
        // A name that finds a row whose text is hidden would tell as much as the text.
        .filter(|row| session::reads(desk, row.kind) || number_is_asked(row))
        .map(|row| {
            // Number and state for everybody; what the letter says for those whose role it is.
            let outside = !session::reads(desk, row.kind);
            let (sender, title, reference) =
                if outside { (String::new(), String::new(), None) } else { (row.sender, row.title, row.reference) };
            RegisterRow {
                id: row.id,
                number: row.number.display(settings.register_symbol(row.number.register)),
                received_on: row.received_on,
                sender,
                title,
                reference,
                outside,
                erased: row.erased,
                stage: row.stage,
                unit: row.unit,
                cancelled: row.cancelled,
                pages: row.pages,
                label_waits: row.label_waits,
                synced: row.synced,
            }
        })
        .collect();
    if is_search {
        audit::settle_quiet(desk).await?;
        audit::found(desk, rows.iter().filter(|row| !row.outside).map(|row| row.id).collect(), further);
    } else {
        audit::settle(desk).await?;
    }
    Ok(RegisterPage { rows, next, total })
}
