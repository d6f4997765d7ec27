//! A desk that is gone: its series are closed, and central accounts for what nobody else can.

use domain::{
    calendar,
    ids::{DeviceId, LetterId, OpId},
    letter::{Letter, LetterFacts},
    marks::{DocumentIdentifier, Teryt},
    party::{Address, Party, PartyName},
    register::{PointSymbol, RegisterNumber},
};
use jiff::{Timestamp, civil::Date};
use sqlx::PgConnection;
use uuid::Uuid;
use wire::v1::{LetterState, OpBody};

use super::{
    SymbolError,
    store::{self, NewLost},
};
use crate::{
    admin_log::{self, Administrator, Content, Deed, Run},
    clock::random,
    db::damaged,
    error::Error,
    letters::apply::{self, Origin},
};

/// Whose letters central's own re-entries are: no desk's.
pub const CENTRAL: DeviceId = DeviceId(Uuid::nil());

/// Closes a symbol for good: its desk gives no more numbers, and nobody ever numbers under it again. `highest` are the
/// numbers on the highest labels found, one a series.
///
/// # Errors
/// [`SymbolError`].
pub async fn close(
    administrator: &Administrator<'_>,
    symbol: &PointSymbol,
    highest: &[RegisterNumber],
    by: &str,
    why: &str,
) -> Result<DeviceId, SymbolError> {
    if highest.iter().any(|number| number.symbol != *symbol || number.n == 0) {
        return Err(SymbolError::AnotherSymbol);
    }
    let at = administrator.clock.now();
    let mut tx = administrator.pool.begin().await?;
    let holder = store::holder(&mut tx, symbol).await?.ok_or(SymbolError::NotGranted)?;
    store::close(&mut tx, symbol, by, why, at).await?;
    for number in highest {
        store::close_series(&mut tx, number).await?;
    }
    // The desk hears of it at its next contact, if there is one.
    store::forget_tokens(&mut tx, holder).await?;
    let (symbol, highest, by, why) = (symbol.clone(), highest.to_vec(), by.to_owned(), why.to_owned());
    let deed = Deed::SymbolClosed { symbol, desk: holder, highest, by, why, at };
    admin_log::record(&mut tx, administrator, &deed).await?;
    tx.commit().await?;
    Ok(holder)
}

/// Names numbers of a closed symbol lost, from `first` to `last` of one series; how many are lost then. A letter's number
/// is none of them.
///
/// # Errors
/// [`SymbolError`].
pub async fn lose(
    administrator: &Administrator<'_>,
    first: &RegisterNumber,
    last: u32,
    by: &str,
    why: &str,
) -> Result<u64, SymbolError> {
    let at = administrator.clock.now();
    let mut tx = administrator.pool.begin().await?;
    within_closed(&mut tx, first, last).await?;
    let (register, symbol, year) = (first.register, first.symbol.clone(), first.year);
    let named = &at.to_string();
    let lost = NewLost { register, symbol: &symbol, year, by, at: named, reason: Some(why) };
    let new = store::add_lost(&mut tx, &lost, first.n, last).await?;
    let all = store::count_lost(&mut tx, &lost, first.n, last).await?;
    if !new.is_empty() {
        let (by, why) = (by.to_owned(), why.to_owned());
        let deed = Deed::NumbersLost { register, symbol: symbol.clone(), year, runs: Run::of(&new), by, why, at };
        admin_log::record(&mut tx, administrator, &deed).await?;
    }
    tx.commit().await?;
    Ok(all)
}

/// What a label and the paper under it tell.
#[derive(Clone, Debug)]
pub struct FromLabel {
    /// The number.
    pub number: RegisterNumber,
    /// The sender, as far as the paper tells.
    pub sender: PartyName,
    /// The title.
    pub title: String,
    /// The day of receipt on the label.
    pub received_on: Date,
    /// Who re-enters it.
    pub by: String,
}

/// Enters a letter again whose desk is gone, under the number on its label. Should that desk come back, its own letter
/// takes this one's place.
///
/// # Errors
/// [`SymbolError`]; [`SymbolError::NumberTaken`] when a letter bears the number.
pub async fn reenter(
    administrator: &Administrator<'_>,
    office: &Teryt,
    label: FromLabel,
) -> Result<LetterState, SymbolError> {
    let Administrator { pool, clock, .. } = administrator;
    let now = clock.now();
    let (id, op) = (LetterId(clock.new_id().map_err(Error::from)?), OpId(clock.new_id().map_err(Error::from)?));
    let FromLabel { number, sender, title, received_on, by } = label;
    let mut tx = pool.begin().await?;
    within_closed(&mut tx, &number, number.n).await?;
    let letter = Letter {
        id,
        identifier: DocumentIdentifier::of(office, &number),
        number: number.clone(),
        registered_at: now,
        registered_by: by.clone(),
        facts: facts(sender, title, received_on, calendar::civil_day(now)),
    };
    // The citizen's key was on a slip that nobody has: this one opens nothing.
    let status_hash = random::<32>().map_err(Error::from)?;
    let content = Content::of(OpBody::LetterRegistered { letter: Box::new(letter), unit: None, status_hash });
    let content = content.map_err(Error::from)?;
    reenter_again(&mut tx, office, id, op, content.body(), now).await?;
    let state = apply::state(&mut tx, id).await?.ok_or(SymbolError::NumberTaken)?;
    crate::sync::announce(&mut tx, &[id]).await?;
    let deed = Deed::LetterReentered { letter: id, op, number, commitment: content.commitment(), by, at: now };
    admin_log::record_with(&mut tx, administrator, &deed, id, &content).await?;
    tx.commit().await?;
    Ok(state)
}

/// The registration of a letter that is entered again, or again in a database that lacks it. Nobody is told.
///
/// # Errors
/// Those of the database.
pub(crate) async fn reenter_again(
    tx: &mut PgConnection,
    office: &Teryt,
    id: LetterId,
    op: OpId,
    body: &OpBody,
    at: Timestamp,
) -> sqlx::Result<()> {
    let OpBody::LetterRegistered { letter, .. } = body else { return Err(damaged("a letter entered again")) };
    let symbols = [letter.number.symbol.clone()];
    store::forget_lost(tx, &letter.number).await?;
    apply::lock(tx, office, &[id]).await?;
    apply::keep_act(tx, op, body, at).await?;
    apply::apply(tx, Origin { office, desk: Some((CENTRAL, &symbols)) }, op, body, at).await.map(|_| ())
}

fn facts(sender: PartyName, title: String, received_on: Date, today: Date) -> LetterFacts {
    LetterFacts {
        earlier_reason: (received_on != today).then(|| "odtworzono z etykiety".to_owned()),
        remarks: Some("Odtworzono z etykiety.".to_owned()),
        ..LetterFacts::brief(
            Party {
                name: sender,
                address: Address { country: "Polska".to_owned(), ..Address::default() },
                identifier: None,
            },
            title,
            received_on,
        )
    }
}

async fn within_closed(tx: &mut PgConnection, number: &RegisterNumber, last: u32) -> Result<(), SymbolError> {
    if !store::is_closed(tx, &number.symbol).await? {
        return Err(SymbolError::NotClosed);
    }
    let end = store::ends(tx, &number.symbol).await?;
    let end = end.iter().find(|end| (end.register, end.year) == (number.register, number.year)).map_or(0, |end| end.n);
    if number.n == 0 || last < number.n || last > end {
        return Err(SymbolError::BehindHighest(end));
    }
    Ok(())
}
