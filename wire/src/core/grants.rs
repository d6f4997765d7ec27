//! Which symbols a desk may number under: the grant rows that it holds against those that central names.
//!
//! A desk that central has never told of any grants itself the symbol of its settings; central's first word replaces
//! that. From then on only what central granted gives numbers, and a row that ended never gives any again.

use domain::register::PointSymbol;
use uuid::Uuid;

use crate::v1::Grant;

/// How a grant row of the desk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantState {
    /// Numbers are taken from it.
    Held,
    /// The desk released it; the operation is in its log.
    Released,
    /// Central names it no more.
    Withdrawn,
}

impl GrantState {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Held, Self::Released, Self::Withdrawn];

    /// The stable name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Released => "released",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A grant row of the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldGrant {
    /// Central's id of it.
    pub id: Uuid,
    /// The symbol.
    pub symbol: PointSymbol,
    /// How it stands.
    pub state: GrantState,
}

/// What is then written, in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// New rows: their series begin at the first number that they name.
    pub add: Vec<Grant>,
    /// Rows that central names no more.
    pub withdraw: Vec<Uuid>,
    /// Rows to release, with an operation that says where each series ends.
    pub release: Vec<HeldGrant>,
}

/// Compares the desk's rows with central's word.
///
/// `sure`: this log is whole and its numbers are free. One that may be behind itself releases nothing: it would say the
/// wrong last number.
pub fn learn(rows: &[HeldGrant], told: &[Grant], sure: bool) -> Learned {
    let row = |id: &Uuid| rows.iter().find(|row| row.id == *id);
    let mut learned = Learned::default();
    for grant in told {
        let state = row(&grant.id).map(|row| row.state);
        if state.is_none() {
            learned.add.push(grant.clone());
        }
        if grant.release && sure && matches!(state, None | Some(GrantState::Held)) {
            let (id, symbol) = (grant.id, grant.symbol.clone());
            learned.release.push(HeldGrant { id, symbol, state: GrantState::Held });
        }
    }
    let named = |row: &&HeldGrant| told.iter().any(|grant| grant.id == row.id);
    let gone = rows.iter().filter(|row| row.state == GrantState::Held && !named(row));
    learned.withdraw.extend(gone.map(|row| row.id));
    learned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn symbol() -> PointSymbol {
        PointSymbol::try_from("K1".to_owned()).expect("a symbol")
    }

    fn told(n: u128, release: bool) -> Grant {
        Grant { id: id(n), symbol: symbol(), first: Vec::new(), release }
    }

    fn row(n: u128, state: GrantState) -> HeldGrant {
        HeldGrant { id: id(n), symbol: symbol(), state }
    }

    #[test]
    fn what_central_names_is_held_and_what_it_names_no_more_is_not() {
        let learned = learn(&[row(1, GrantState::Held)], &[told(2, false)], true);
        assert_eq!((learned.add, learned.withdraw, learned.release), (vec![told(2, false)], vec![id(1)], Vec::new()));
        assert_eq!(learn(&[row(1, GrantState::Held)], &[told(1, false)], true), Learned::default());
    }

    #[test]
    fn a_row_that_ended_stays_ended_though_central_still_names_it() {
        for ended in [GrantState::Released, GrantState::Withdrawn] {
            assert_eq!(learn(&[row(1, ended)], &[told(1, true)], true), Learned::default());
        }
    }

    #[test]
    fn only_a_desk_that_is_sure_of_its_numbers_releases_them() {
        let rows = [row(1, GrantState::Held)];
        assert_eq!(learn(&rows, &[told(1, true)], false), Learned::default());
        assert_eq!(learn(&rows, &[told(1, true)], true).release, rows.to_vec());
    }
}
