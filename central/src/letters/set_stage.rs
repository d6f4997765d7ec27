//! Sets a letter's stage at central itself: for the command line, and later for the secretary's office.

use domain::{
    ids::{LetterId, OpId},
    marks::Teryt,
    register::{PointSymbol, Register, RegisterNumber},
    stage::Stage,
};
use sqlx::PgPool;
use wire::v1::{LetterState, OpBody, UnitChange};

use super::{
    apply::{self, Origin},
    store,
};
use crate::{audit, clock::Clock, error::Error};

/// A change of stage.
#[derive(Clone, Debug)]
pub struct StageChange {
    /// The stage from now on.
    pub stage: Stage,
    /// The unit from now on.
    pub unit: UnitChange,
    /// Who.
    pub by: String,
}

/// Sets the stage of a letter and tells the desks, in one transaction. `None` when there is no such letter.
///
/// # Errors
/// Those of the database and of random bytes.
pub async fn set_stage(
    pool: &PgPool,
    office: &Teryt,
    clock: &Clock,
    letter: LetterId,
    change: StageChange,
) -> Result<Option<LetterState>, Error> {
    let now = clock.now();
    let op_id = OpId(clock.new_id()?);
    let mut tx = pool.begin().await?;
    store::lock(&mut tx, office, &[letter]).await?;
    if !crate::erasure::among(&mut tx, &[letter]).await?.is_empty() {
        return Ok(None);
    }
    let Some(before) = apply::state(&mut tx, letter).await? else { return Ok(None) };
    let body = OpBody::StageSet {
        letter_id: letter,
        based_on: before.last_ops.status,
        stage: change.stage,
        unit: change.unit,
        by: change.by,
        at: now,
    };
    store::add_central_act(&mut tx, op_id, &body.to_canonical_json(), now).await?;
    apply::apply(&mut tx, Origin { office, desk: None }, op_id, &body, now).await?;
    let after = apply::state(&mut tx, letter).await?;
    crate::sync::announce(&mut tx, &[letter]).await?;
    let (what, by) = (body.kind().to_owned(), body.by().to_owned());
    audit::append(&mut tx, now, &audit::Entry::ChangedAtCentral { what, subject: letter, by }).await?;
    tx.commit().await?;
    Ok(after)
}

/// Reads a register number as people write it: `RPW/K1/1234/2026` or `RPW/1234/2026`.
///
/// The registers' abbreviations are the office's own; only the one of outgoing letters is told apart (`RPWych`).
pub fn read_number(text: &str) -> Option<RegisterNumber> {
    let parts: Vec<&str> = text.trim().split('/').map(str::trim).collect();
    let (register, symbol, n, year) = match parts.as_slice() {
        [register, n, year] => (register, "", n, year),
        [register, symbol, n, year] => (register, *symbol, n, year),
        _ => return None,
    };
    let outgoing = register.eq_ignore_ascii_case("RPWych");
    Some(RegisterNumber {
        register: if outgoing { Register::Outgoing } else { Register::Incoming },
        symbol: PointSymbol::try_from(symbol.to_ascii_uppercase()).ok()?,
        year: year.parse().ok()?,
        n: n.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let number = read_number(" RPW/k1/0012/2026 ").expect("number");
        assert_eq!(
            (number.register, number.symbol.as_str(), number.n, number.year),
            (Register::Incoming, "K1", 12, 2026)
        );
        let number = read_number("RPWych/7/2026").expect("number");
        assert_eq!((number.register, number.symbol.as_str(), number.n), (Register::Outgoing, "", 7));
        assert_eq!(read_number("WK1-26-001235-82"), None);
        assert_eq!(read_number("RPW/K1/x/2026"), None);
    }
}
