//! Senders remembered from earlier letters: type-ahead and the check of identity numbers while they are typed.
//! Called by `src-tauri/src/commands/people.rs` and, inside the register transaction, by `intake` and `letters`.

mod store;
pub mod view;

use domain::{
    identity::Identifier,
    ids::PartyId,
    party::{Party, PartyDraft, PartyKind, PartyName},
    rights::Act,
    text,
};
use jiff::civil::Date;
use sqlx::SqliteConnection;
use view::{IdentifierCheck, IdentifierKind, PartySuggestion};

use crate::{Desk, DeskError};

/// How many senders the list under the field shows.
const SHOWN: usize = 8;

/// Senders whose name, address or identifier begins with the typed words, most frequent first.
///
/// # Errors
/// [`domain::ErrorCode::NotSignedIn`]; [`DeskError::Store`].
pub async fn suggest(desk: &Desk, typed: &str) -> Result<Vec<PartySuggestion>, DeskError> {
    crate::session::may_any(desk, Act::Register)?;
    let Some(query) = fts_query(typed) else { return Ok(Vec::new()) };
    let found = store::matching(&mut *desk.read().await?, &query).await?;
    let mut found: Vec<_> = found.into_iter().map(suggestion).collect();
    found.sort_by(|a, b| b.letters.cmp(&a.letters).then_with(|| b.last_on.cmp(&a.last_on)));
    found.truncate(SHOWN);
    Ok(found)
}

/// What a typed identity number is.
pub fn check_identifier(typed: &str) -> IdentifierCheck {
    if typed.trim().is_empty() || text::says_none(typed) {
        return IdentifierCheck::Empty;
    }
    match Identifier::recognise(typed) {
        Ok(identifier) => IdentifierCheck::Valid { kind: kind_of(&identifier).0 },
        Err(code) => IdentifierCheck::Wrong { code },
    }
}

/// Forgets a sender whom no letter names any more, inside the caller's transaction.
///
/// # Errors
/// [`DeskError::Store`].
pub(crate) async fn forget(db: &mut SqliteConnection, key: i64) -> Result<(), DeskError> {
    Ok(store::forget_unnamed(db, key).await?)
}

/// Remembers a sender and counts the letter; the same name, address and identifier are the same sender.
///
/// Returns the row that the letter points to; `None` for an unknown sender.
///
/// # Errors
/// [`DeskError::Store`].
pub async fn remember(
    desk: &Desk,
    db: &mut SqliteConnection,
    party: &Party,
    on: Date,
) -> Result<Option<i64>, DeskError> {
    if party.name == PartyName::Unknown {
        return Ok(None);
    }
    Ok(Some(store::count_letter(db, PartyId(desk.new_uuid()), party, &same_as(party), on).await?))
}

/// An FTS5 query in which every typed word is a prefix; `None` when nothing can be searched.
pub(crate) fn fts_query(typed: &str) -> Option<String> {
    let folded = text::fold(typed);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(8)
        .map(|word| format!("\"{}\"*", word.chars().take(40).collect::<String>()))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The folded words under which a sender is found.
pub(crate) fn words_of(party: &Party) -> String {
    let address = &party.address;
    let identifier = party.identifier.as_ref().map(|identifier| kind_of(identifier).1.to_owned());
    let words = [
        Some(party.name.display()),
        address.town.clone(),
        address.street.clone(),
        address.building.clone(),
        address.postcode.clone(),
        identifier,
    ];
    text::fold(&words.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn same_as(party: &Party) -> String {
    let kind = match party.name {
        PartyName::Person { .. } => 'p',
        PartyName::Organisation { .. } => 'o',
        PartyName::Unknown => 'u',
    };
    let address = &party.address;
    let flat = address.flat.as_deref().unwrap_or_default();
    text::fold(&format!("{kind} {} / {flat} {}", words_of(party), address.country))
}

fn kind_of(identifier: &Identifier) -> (IdentifierKind, &str) {
    match identifier {
        Identifier::Pesel(value) => (IdentifierKind::Pesel, value),
        Identifier::Nip(value) => (IdentifierKind::Nip, value),
        Identifier::Regon(value) => (IdentifierKind::Regon, value),
        Identifier::Krs(value) => (IdentifierKind::Krs, value),
    }
}

struct Remembered {
    id: PartyId,
    party: Party,
    letters: u32,
    last_on: String,
}

fn suggestion(remembered: Remembered) -> PartySuggestion {
    let Remembered { id, party, letters, last_on } = remembered;
    let address = &party.address;
    let street =
        [address.street.as_deref(), address.building.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let place = [address.town.as_deref().unwrap_or_default(), &street];
    let hint = party.identifier.as_ref().map(|identifier| {
        let (kind, value) = kind_of(identifier);
        let kind = match kind {
            IdentifierKind::Pesel => "pesel",
            IdentifierKind::Nip => "nip",
            IdentifierKind::Regon => "regon",
            IdentifierKind::Krs => "krs",
        };
        (kind.to_owned(), value.chars().skip(value.chars().count().saturating_sub(3)).collect())
    });
    PartySuggestion {
        id,
        name: party.name.display(),
        address: place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        identifier_hint: hint,
        letters,
        last_on: Some(last_on),
        draft: draft_of(Some(id), &party),
    }
}

/// The form's part filled with a sender.
pub(crate) fn draft_of(id: Option<PartyId>, party: &Party) -> PartyDraft {
    let (kind, surname, given_names, name) = match &party.name {
        PartyName::Person { surname, given_names } => {
            (PartyKind::Person, surname.clone(), given_names.clone(), String::new())
        }
        PartyName::Organisation { name } => (PartyKind::Organisation, String::new(), String::new(), name.clone()),
        PartyName::Unknown => (PartyKind::Unknown, String::new(), String::new(), String::new()),
    };
    let address = party.address.clone();
    PartyDraft {
        typed: party.name.display(),
        party_id: id,
        kind,
        surname,
        given_names,
        name,
        postcode: address.postcode.unwrap_or_default(),
        town: address.town.unwrap_or_else(|| text::NONE_MARK.to_owned()),
        street: address.street.unwrap_or_default(),
        building: address.building.unwrap_or_default(),
        flat: address.flat.unwrap_or_default(),
        po_box: address.po_box.unwrap_or_default(),
        country: address.country,
        email: address.email.unwrap_or_default(),
        identifier: party.identifier.as_ref().map(|identifier| kind_of(identifier).1.to_owned()).unwrap_or_default(),
    }
}
