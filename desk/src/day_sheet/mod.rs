//! The sheet that closes a day at this desk (arkusz dnia): numbers, what is still to be done, and where central's audit ended.
//! Called by `src-tauri/src/commands/day_sheet.rs`. Changes nothing.

mod store;

use domain::{calendar, register::Register, rights::Act};
use drivers::paper::{self, DaySheetContent, SheetHead};
use wire::v1::{HeadSeen, bytes::to_hex};

use crate::{Desk, DeskError, audit, outbox, registers, session, sync};

/// Numbers that fit on the sheet.
const NAMED: usize = 60;

/// Draws the sheet of the office day.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`], [`domain::ErrorCode::NotPermitted`]; [`DeskError::Store`];
/// [`DeskError::Unexpected`] when the page cannot be drawn whole.
#[doc(alias = "arkusz dnia")]
#[tracing::instrument(skip_all, err)]
pub async fn pdf(desk: &Desk) -> Result<Vec<u8>, DeskError> {
    let clerk = session::may_any(desk, Act::Register)?;
    let settings = desk.settings();
    let mut db = desk.read().await?;
    let (day, _) = registers::look_at_day(desk, &mut db).await?;
    let told = store::of_day(&mut db, day).await?;
    let acknowledged = sync::acknowledged(&mut db).await?;
    let unsent = outbox::waiting(&mut db, acknowledged).await?;
    let head = audit::head_of(&mut db, day).await?;
    drop(db);

    let symbol = settings.register_symbol(Register::Incoming);
    let numbers = match (told.numbers.first(), told.numbers.last()) {
        (Some(first), Some(last)) if first != last => format!("{} – {}", first.display(symbol), last.display(symbol)),
        (Some(only), _) => only.display(symbol),
        (None, _) => "żaden".to_owned(),
    };
    let mut rows = vec![
        ("Numery nadane tego dnia".to_owned(), numbers),
        ("Pisma przyjęte".to_owned(), told.numbers.len().to_string()),
        ("z tego anulowane".to_owned(), told.cancelled.to_string()),
        ("Numery utracone (cały rok)".to_owned(), told.lost.to_string()),
        ("Pisma tego dnia bez skanu".to_owned(), told.without_scan.len().to_string()),
        ("Etykiety niewyjaśnione".to_owned(), told.labels_in_doubt.to_string()),
        ("Czynności niewysłane do centrali".to_owned(), unsent.to_string()),
    ];
    if told.without_scan.len() > NAMED {
        rows.push(("Bez skanu, niewymienione niżej".to_owned(), (told.without_scan.len() - NAMED).to_string()));
    }
    let content = DaySheetContent {
        office: settings.draft.office_name.trim().to_owned(),
        symbol: settings.symbol.as_str().to_owned(),
        day: calendar::display_date(day),
        made_by: clerk.name,
        rows,
        without_scan: told.without_scan.iter().take(NAMED).map(|number| number.display(symbol)).collect(),
        head: head.map(|seen| head_of(&seen)),
        made_at: desk.now(),
    };
    tokio::task::spawn_blocking(move || paper::day_sheet(&content))
        .await
        .map_err(DeskError::unexpected("draw a day's sheet"))?
        .map_err(DeskError::unexpected("draw a day's sheet"))
}

/// The name under which the sheet is saved: `arkusz-2026-11-23-K1.pdf`.
///
/// # Errors
/// As [`pdf`].
pub async fn file_name(desk: &Desk) -> Result<String, DeskError> {
    session::may_any(desk, Act::Register)?;
    let (day, _) = registers::look_at_day(desk, &mut *desk.read().await?).await?;
    let symbol = desk.settings().symbol;
    let desk = if symbol.as_str().is_empty() { String::new() } else { format!("-{}", symbol.as_str()) };
    Ok(format!("arkusz-{day}{desk}.pdf"))
}

fn head_of(seen: &HeadSeen) -> SheetHead {
    SheetHead {
        heard_on: calendar::display_date(seen.day),
        n: seen.head.n,
        text: format!("{}/{}/{}/{}", seen.day, seen.epoch, seen.head.n, to_hex(&seen.head.hash)),
    }
}
